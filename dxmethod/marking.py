"""The sender's table once more, with every faulty cell coloured and commented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from .entries import CellFault
from .faults import Collector, Fault
from .office import fill_cell, write_archive
from .opening import look, open_sheets, repack, safe_parts
from .personal import is_personal

Blank = Mapping[str, tuple[int, tuple[int, ...]]]

_FONT = "Times New Roman"
_COLOURS = {"lỗi": "FFC7CE", "cảnh báo": "FFEB9C", "personal": "BFBFBF"}
_MOST = 2_000
_LARGE = 5_000_000
_HEADERS = (("Trang", 18), ("Hàng", 8), ("Đơn vị", 12), ("Số liệu", 30), ("Thấy", 50), ("Cần", 50),
            ("Mức", 11))  # fmt: skip


def write_marked(
    path: Path, faults: Sequence[CellFault], blank: Blank, notes: Collector, name: str
) -> Path | None:
    """Write a marked copy beside a file; the file itself stays as it is.

    Parameters
    ----------
    path : Path
        The sender's file.
    faults : sequence of CellFault
        What is wrong with its cells.
    blank : mapping of str to (int, tuple of int)
        Header row and columns of personal data by sheet; emptied in the copy, as is every cell
        that holds such data.
    notes : Collector
        Where it is noted that nothing could be written there.
    name : str
        The file as the user knows it.

    Returns
    -------
    Path or None
        ``NAME-loi.xlsx``.
    """
    stem = path.stem if path.suffix.lower() == ".xlsx" else path.name.replace(".", "-")
    target = path.with_name(f"{stem}-loi.xlsx")
    book = _open(path)
    for sheet in book.worksheets:
        top, columns = blank.get(sheet.title, blank.get("", (0, ())))
        _clean(sheet, top, columns)
    _mark(book, faults)
    _list(book.create_sheet("Lỗi", 0), faults)
    book.active = 0
    result = BytesIO()
    try:
        book.save(result)
        if target.is_symlink():
            raise OSError("a link leads elsewhere")
        write_archive(result.getvalue(), target, "Bản đánh dấu lỗi")
    except Exception as error:
        said = f"không ghi được bản đánh dấu ({type(error).__name__})"
        notes.add("", said, "quyền ghi cạnh tệp gốc", severity="cảnh báo", file=name)
        return None
    return target


def _open(path: Path) -> Any:
    """Open a workbook without its macros and links, or lay its values out anew."""
    from openpyxl import Workbook, load_workbook

    if path.suffix.lower() == ".xlsx":
        parts = safe_parts(path, Collector())
        try:
            if _is_light(parts):
                return load_workbook(repack(parts), keep_links=False)
        except Exception:
            pass  # calamine reads much that openpyxl refuses
    book = Workbook()
    book.remove(book.active)
    if path.stat().st_size > _LARGE:
        return book  # the list of faults alone
    for source in open_sheets(path, Collector()):
        sheet = book.create_sheet(source.name or "Bảng")
        for line, row in zip(source.lines, source.rows, strict=True):
            for at, value in enumerate(row, 1):
                if value != "":
                    _put(sheet.cell(line, at), value)
    return book


def _is_light(parts: Mapping[str, bytes]) -> bool:
    """Tell a workbook that openpyxl can hold: it makes an object of every cell, merged ones too."""
    sheets = [part for name, part in parts.items() if "worksheets/" in name]
    areas = (area for part in sheets for area in look(part).merged)
    merged = sum((c - a + 1) * (d - b + 1) for a, b, c, d in areas)
    return merged < 100_000 and sum(map(len, sheets)) < 3 * _LARGE


def _put(cell: Any, value: Any) -> None:
    """Write a value; text stays text whatever it begins with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767] if isinstance(value, str) else value
    fill_cell(cell, text)


def _clean(sheet: Any, top: int, columns: Sequence[int]) -> None:
    """Empty what is personal; turn formulas into text, for nobody checked what they would do."""
    from openpyxl.styles import PatternFill

    grey = PatternFill("solid", fgColor=_COLOURS["personal"])
    for row in sheet.iter_rows():
        for cell in row:
            value = cell.value
            if value is None:
                continue
            if cell.data_type == "f":
                text = getattr(value, "text", value)
                _put(cell, str(text))
            private = columns and cell.row > top + 1 and cell.column - 1 in columns
            if private or (isinstance(value, str) and is_personal(value)):
                cell.value = None
                cell.fill = grey


def _mark(book: Any, faults: Sequence[CellFault]) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    names = {sheet.title: sheet for sheet in book.worksheets}
    said: dict[tuple[str, int, int], list[Fault]] = {}
    for fault in faults:
        if fault.row:
            said.setdefault((fault.sheet, fault.row, max(fault.column, 0)), []).append(fault)
    for number, ((name, row, column), mine) in enumerate(said.items()):
        sheet = names.get(name) or (book.worksheets[0] if book.worksheets else None)
        if sheet is None or row > 1_048_576 or column >= 16_384:
            continue
        cell = sheet.cell(row, column + 1)
        worst = "lỗi" if any(fault.severity == "lỗi" for fault in mine) else "cảnh báo"
        cell.fill = PatternFill("solid", fgColor=_COLOURS[worst])
        if number < _MOST and not isinstance(cell, MergedCell):
            text = "\n".join(
                f"{f.severity.capitalize()}: {f.found}; cần {f.expected}" for f in mine
            )
            cell.comment = Comment(text[:2000], "dxmethod", height=110, width=320)


def _list(sheet: Any, faults: Sequence[CellFault]) -> None:
    """List the faults on a sheet of their own."""
    from openpyxl.styles import Alignment, Font, PatternFill

    for at, (header, width) in enumerate(_HEADERS, 1):
        cell = sheet.cell(1, at, header)
        cell.font = Font(name=_FONT, size=12, bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for line, fault in enumerate(faults, 2):
        place = fault.place.partition(" (")[0].rpartition(", ")[2]
        cells = (fault.sheet, place, fault.unit, fault.concept or fault.header, fault.found,
                 fault.expected, fault.severity)  # fmt: skip
        for at, value in enumerate(cells, 1):
            cell = sheet.cell(line, at)
            _put(cell, value)
            cell.font = Font(name=_FONT, size=12)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        sheet.cell(line, 7).fill = PatternFill("solid", fgColor=_COLOURS[fault.severity])
    sheet.freeze_panes = "A2"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
