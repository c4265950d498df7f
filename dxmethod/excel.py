"""Excel workbooks of tables: written to be circulated, read with every trap looked for."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from .faults import Collector, quoted
from .office import fill_cell, lines_needed, write_archive
from .sheets import Cell, Column, Content, Grid, Page, Row, refuse_file, tidy

MAX_UNPACKED = 100_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_TEXT = 32_767  # characters that Excel keeps in a cell

_FONT = "Times New Roman"
_LINE = 15.6  # points
_FILLS = {
    "head": "D9E2F3",
    "internal": "F2F2F2",
    "group": "EDEDED",
    "illustrative": "FFF8DC",
    "total": "EDEDED",
}
_BOLD = {"group", "total"}


def write_workbook(pages: Sequence[Page], path: Path, title: str) -> None:
    """Write tables as sheets, official columns in the print area, the others beside it.

    Parameters
    ----------
    pages : sequence of Page
        Tables, the circulated one first.
    path : Path
        File to write.
    title : str
        Title among the properties of the file.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for page in pages:
        _write_page(book.create_sheet(page.name), page)
    result = BytesIO()
    book.save(result)
    write_archive(result.getvalue(), path, title.replace("\n", " "))


def _write_page(sheet: Any, page: Page) -> None:
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    shown = sum(not column.internal for column in page.columns)
    width = sum(column.width for column in page.columns[:shown])
    for place, column in enumerate(page.columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    for at, words in enumerate((page.title, *page.notes), 1):
        cell = _put(sheet, at, 1, words, bold=at == 1, italic=at > 1)
        cell.alignment = Alignment("center", "center", wrap_text=True)
        sheet.merge_cells(start_row=at, end_row=at, start_column=1, end_column=shown)
        sheet.row_dimensions[at].height = _LINE * lines_needed(words, width)
    top = len(page.notes) + 3
    for place, column in enumerate(page.columns, 1):
        cell = _put(sheet, top, place, column.header, bold=True)
        _frame(cell, "internal" if column.internal else "head")
        cell.alignment = Alignment("center", "center", wrap_text=True)
    lines = max(lines_needed(column.header, column.width) for column in page.columns)
    sheet.row_dimensions[top].height = _LINE * lines
    styles: dict[object, Any] = {}
    for at, row in enumerate(page.rows, top + 1):
        _write_row(sheet, at, page.columns, row, styles)
    _offer_choices(sheet, page, top)
    _set_up(sheet, top, len(page.rows), shown)


def _write_row(
    sheet: Any, at: int, columns: Sequence[Column], row: Row, styles: dict[object, Any]
) -> None:
    """Write a row; a look that came before is taken over, for openpyxl is slow to work it out."""
    from openpyxl.styles import Alignment

    lines = 1
    for place, column in enumerate(columns, 1):
        value = row.cells.get(column.key)
        number = isinstance(value, int | float)
        short = number or column.key in ("code", "unit") or column.key.startswith("level:")
        look = (short, column.internal, row.look)
        cell = sheet.cell(at, place)
        if look in styles:
            cell._style = copy(styles[look])
        else:
            cell.font = _font(row.look in _BOLD and not column.internal, False)
            _frame(cell, "" if column.internal else row.look)
            side = "center" if short else "left"
            cell.alignment = Alignment(side, "top", wrap_text=not column.internal)
            styles[look] = copy(cell._style)
        fill_cell(cell, value)
        if column.key in row.formats:
            cell.number_format = row.formats[column.key]
        if isinstance(value, str) and not column.internal:
            lines = max(lines, lines_needed(value, column.width))
    sheet.row_dimensions[at].height = _LINE * lines


def _put(
    sheet: Any, row: int, column: int, value: Content, bold: bool = False, italic: bool = False
) -> Any:
    """Write a value under a font; text stays text whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.font = _font(bold, italic)
    fill_cell(cell, value)
    return cell


def _frame(cell: Any, look: str) -> None:
    cell.border = _border()
    if look in _FILLS:
        cell.fill = _fill(look)


# Styles are made once: openpyxl hashes each anew, and a sheet has thousands of cells.
@cache
def _font(bold: bool, italic: bool) -> Any:
    from openpyxl.styles import Font

    return Font(name=_FONT, size=12, bold=bold, italic=italic)


@cache
def _border() -> Any:
    from openpyxl.styles import Border, Side

    line = Side(style="thin", color="808080")
    return Border(line, line, line, line)


@cache
def _fill(look: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=_FILLS[look])


def _offer_choices(sheet: Any, page: Page, top: int) -> None:
    """Let the user pick from a list where one is named, and write something else all the same."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for place, column in enumerate(page.columns, 1):
        if column.choices:
            offered = DataValidation("list", formula1=column.choices, showErrorMessage=False)
            letter = get_column_letter(place)
            offered.add(f"{letter}{top + 1}:{letter}{top + len(page.rows) + 100}")
            sheet.add_data_validation(offered)


def _set_up(sheet: Any, top: int, rows: int, shown: int) -> None:
    """Freeze the header and print the official columns alone, on A4, one page wide."""
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = sheet.cell(top + 1, 3)
    sheet.print_title_rows = f"{top}:{top}"
    sheet.print_area = f"A1:{get_column_letter(shown)}{top + max(rows, 1)}"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddHeader.center.text = "&P"


def read_workbook(path: Path, faults: Collector) -> list[Grid]:
    """Read every sheet of a workbook, with the places of what cannot be trusted.

    Parameters
    ----------
    path : Path
        An .xlsx file.
    faults : Collector
        Where it is noted that the file is none, is too large or is damaged.

    Returns
    -------
    list of Grid
        Formulas, merged cells and hidden rows are noted in each grid.
    """
    from openpyxl import load_workbook

    if refuse_file(path, faults, (".xlsx",)):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                expected = "bảng chỉ gồm chữ và số, xóa các hàng, cột trống có định dạng"
                faults.add("", "tệp mở ra quá lớn", expected)
                return []
            if not any(name.startswith("xl/") for name in archive.namelist()):
                faults.add("", "không phải tệp Excel dù có đuôi .xlsx", "một tệp .xlsx")
                return []
        with warnings.catch_warnings():  # openpyxl's, in English, about what no table holds
            warnings.simplefilter("ignore")
            book = load_workbook(path, rich_text=False)
    except Exception as error:
        faults.add("", f"tệp hỏng, không mở được ({type(error).__name__})", "tệp .xlsx mở được")
        return []
    return [_grid(sheet, faults) for sheet in book.worksheets]


def _grid(sheet: Any, faults: Collector) -> Grid:
    """Take a sheet's cells as they are; what spoils a table is noted with its row."""
    written = {at: cell for at, cell in sheet._cells.items() if cell.value is not None}
    height = max((row for row, _ in written), default=0)
    width = max((column for _, column in written), default=0)
    rows = tuple(
        tuple(
            _cell(sheet.title, row, column, written.get((row, column)))
            for column in range(1, min(width, MAX_COLUMNS) + 1)
        )
        for row in range(1, min(height, MAX_ROWS) + 1)
    )
    for cell in written.values():
        if cell.comment is not None:
            place = _place(sheet.title, cell.row, cell.column)
            said = f"có ghi chú {quoted(cell.comment.text)}, không đọc"
            faults.add(place, said, "", severity="cảnh báo")
    spoilt = [*_merged(sheet), *_hidden(sheet, rows)]
    where = f"trang {sheet.title}"
    if sheet.sheet_state != "visible":
        expected = "cho hiện trang (Unhide), hoặc xóa hẳn"
        spoilt.append((height, where, "trang bị ẩn", expected))
    if height > MAX_ROWS or width > MAX_COLUMNS:
        found = f"trang có {height} hàng, {width} cột"
        expected = f"không quá {MAX_ROWS} hàng, {MAX_COLUMNS} cột"
        spoilt.append((height, where, found, expected))
    return Grid(sheet.title, rows, tuple(spoilt))


def _place(title: str, row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"trang {title}, hàng {row}, cột {get_column_letter(column)}"


_ODD = {"f": "formula", "e": "error", "d": "date", "b": "truth"}


def _cell(title: str, row: int, column: int, cell: Any) -> Cell:
    place = _place(title, row, column)
    if cell is None:
        return Cell(None, place)
    value, odd = cell.value, _ODD.get(cell.data_type, "")
    if odd == "formula" and not isinstance(value, str):  # of an array, or of a table of data
        value = "=" + str(getattr(value, "text", "") or "").removeprefix("=")
    if hasattr(value, "isoformat"):
        value, odd = value.isoformat().removesuffix("T00:00:00"), "date"
    shown = re.sub(r'"[^"]*"|\\.', "", str(cell.number_format))  # what it does to the number
    number = isinstance(value, float | int) and not isinstance(value, bool)
    return Cell(tidy(value), place, number and "%" in shown, odd)


def _merged(sheet: Any) -> Iterator[tuple[int, str, str, str]]:
    """Cells merged downwards stand for several rows: which, only their writer knows."""
    for area in sheet.merged_cells.ranges:
        if area.max_row > area.min_row:
            place = f"trang {sheet.title}, các ô {area.coord}"
            expected = "tách ô (Unmerge Cells), ghi nội dung vào từng hàng"
            yield area.max_row - 1, place, "các ô gộp qua nhiều hàng", expected


def _hidden(sheet: Any, rows: Sequence[Sequence[Cell]]) -> Iterator[tuple[int, str, str, str]]:
    """Rows and columns that nobody sees, with content that would count."""
    from openpyxl.utils import get_column_letter

    for number, line in enumerate(rows, 1):
        seen = number not in sheet.row_dimensions or not sheet.row_dimensions[number].hidden
        if not seen and any(cell.value is not None for cell in line):
            expected = "cho hiện hàng (bỏ lọc, Unhide), hoặc xóa hẳn"
            yield number - 1, f"trang {sheet.title}, hàng {number}", "hàng bị ẩn", expected
    for look in [look for look in sheet.column_dimensions.values() if look.hidden]:
        for column in range(look.min or 1, min(look.max or 1, len(rows[0]) if rows else 0) + 1):
            if any(line[column - 1].value is not None for line in rows):
                expected = "cho hiện cột (Unhide), hoặc xóa hẳn"
                place = f"trang {sheet.title}, cột {get_column_letter(column)}"
                yield len(rows), place, "cột bị ẩn", expected
