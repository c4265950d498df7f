"""The form that a unit fills in: what is asked, where to write it, and nothing else to touch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from .concepts import Catalogue, Concept
from .entries import factor
from .framework import UNIT_TYPES, Framework, Group
from .layout import HEADERS
from .observations import ATTRIBUTES
from .office import fill_cell, lines_needed, write_archive
from .rounds import STAGE_LABELS
from .validations import Validations, range_of
from .values import concepts_of

# One sheet a unit as long as a person can find it among the tabs; then one row a unit.
MOST_SHEETS = 30

_FONT = "Times New Roman"
_NARROW = 1.22  # Times New Roman against the font that Excel counts widths in
_HEAD, _GROUP, _FILL, _GREY = "D9E2F3", "EDEDED", "FFFFE5", "7F7F7F"
_LINE = 14.6
_WIDTHS = {
    "code": 6, "label": 26, "method": 50, "unit_of": 9, "numerator": 11, "denominator": 11,
    "value": 13, "status": 15, "evidence": 22, "note": 15, "concept": 15,
}  # fmt: skip
_FIELDS = ("numerator", "denominator", "value", "status", "evidence", "note")
_TITLES = {
    "code": "TT", "label": "Chỉ tiêu", "method": "Định nghĩa, cách tính", "unit_of": "Đơn vị tính",
    "numerator": "Tử số (a)", "denominator": "Mẫu số (b)", "value": "Giá trị tự đánh giá",
    "status": "Tình trạng", "evidence": "Minh chứng (số, ký hiệu, ngày)", "note": "Ghi chú",
    "concept": "Mã số liệu",
}  # fmt: skip
_LABELS = {"unit": "Mã đơn vị", "name": "Tên đơn vị", "stratum": "Khu vực",
           "province": "Tỉnh, thành phố", "unit_class": "Loại đơn vị"}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One row of the form: a heading, or a number that is asked for."""

    code: str
    label: str
    method: str = ""
    evidence: str = ""
    concept: Concept | None = None


def questions(framework: Framework, catalogue: Catalogue) -> list[Asked]:
    """List what a form asks, in printed order, each concept once.

    Parameters
    ----------
    framework : Framework
    catalogue : mapping of str to Concept
        Every concept of the framework.

    Returns
    -------
    list of Asked
        Groups as headings; an indicator made of several concepts has a row for each.
    """
    rows: list[Asked] = []
    seen: set[str] = set()
    for node, parent, _ in framework.nodes():
        if isinstance(node, Group):
            if parent is not None:
                rows.append(Asked(node.code, node.label))
            continue
        names = dict.fromkeys((*concepts_of(node.value), node.concept))
        names = dict.fromkeys(name for name in names if name in catalogue)
        for name in names:
            if name in seen:
                continue
            seen.add(name)
            concept = catalogue[name]
            own = name == node.concept and len(names) == 1
            label = node.label if own else f"{node.label}: {concept.label}"
            method = node.method if own else ""
            rows.append(Asked(node.code, label, method, node.evidence, concept))
    return rows


def explain(row: Asked) -> str:
    """Say how a number is found: definition, formula, what a and b are."""
    concept = row.concept
    if concept is None:
        return ""
    parts = [concept.definition, row.method]
    if factor(concept) is not None and "a/b" not in row.method:
        times = " × 100" if concept.unit == "%" else ""
        formula = f"Cách tính: a/b{times}."
        parts += [formula, f"a: {concept.numerator}.", f"b: {concept.denominator}."]
    elif concept.measure == "yes_no":
        parts.append("Ghi Có hoặc Không.")
    elif concept.measure == "category" and not re.search(r":\s*0\b", row.method):
        listed = "; ".join(f"{at}: {name}" for at, name in enumerate(concept.categories))
        parts.append(f"Ghi số của một trong các loại: {listed}.")
    if concept.source:
        parts.append(f"Nguồn: {concept.source}.")
    return "\n".join(re.sub(r"\.\.$", ".", part) for part in parts if part)


def write_form(
    framework: Framework, catalogue: Catalogue, units: pd.DataFrame, path: Path, each: bool = False
) -> tuple[Path, ...]:
    """Write the form of a framework for some units.

    Parameters
    ----------
    framework : Framework
        What is asked.
    catalogue : mapping of str to Concept
    units : DataFrame
        Indexed by code; columns `name`, `stratum`, `province`, `unit_class` are written in advance.
    path : Path
        The workbook; with `each` the folder of workbooks.
    each : bool
        Whether every unit gets a file of its own, named by its code.

    Returns
    -------
    tuple of Path
        What was written. Up to `MOST_SHEETS` units of one file have a sheet each; more of them
        have a row each on one sheet, to be filled in by those who hold their data together.
    """
    rows = questions(framework, catalogue)
    if not each:
        _write(framework, rows, units, path)
        return (path,)
    path.mkdir(parents=True, exist_ok=True)
    written = []
    for code in units.index:
        target = path / f"{re.sub(r'[^0-9A-Za-z_-]', '_', str(code))}.xlsx"
        if target in written:
            raise ValueError(f"two units would be written to {target.name}")
        _write(framework, rows, units.loc[[code]], target)
        written.append(target)
    return tuple(written)


def _write(framework: Framework, rows: Sequence[Asked], units: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    first = book.active
    first.title = "Đọc trước"
    many = len(units) > MOST_SHEETS
    _write_guide(first, framework, many)
    if many:
        _write_grid(book.create_sheet("Bảng tổng hợp"), framework, rows, units)
    else:
        for code in units.index:
            name = re.sub(r"[\\/*?:\[\]']", "_", f"Phiếu {code}")[:31]
            _write_sheet(book.create_sheet(name), framework, rows, str(code), units.loc[code])
    book.active = 0 if many or len(units) > 1 else 1
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet is book.active
    result = BytesIO()
    book.save(result)
    write_archive(result.getvalue(), path, f"Phiếu số liệu – {framework.title}")


def _guide(framework: Framework, many: bool) -> Iterator[tuple[str, bool]]:
    """Lines to read first, and whether each is a heading."""
    process = framework.process
    yield "HƯỚNG DẪN ĐIỀN PHIẾU", True
    kind = UNIT_TYPES[framework.unit_type]
    yield f"{framework.title} ({kind}, phiên bản {framework.version})", True
    yield "1. Điền vào đâu", True
    if many:
        yield ("Trang “Bảng tổng hợp”: mỗi hàng một đơn vị, mỗi cột một chỉ tiêu. Chỉ điền ô "
               "nền vàng nhạt; các ô khác đã khóa."), False  # fmt: skip
        yield (
            "Chỉ tiêu tỷ lệ: ghi kết quả theo đơn vị tính ghi dưới tên, ví dụ 80,5 cho 80,5%.",
            False,
        )
    else:
        yield "Mỗi đơn vị một trang “Phiếu …”. Chỉ điền ô nền vàng nhạt; các ô khác đã khóa.", False
        yield ("Chỉ tiêu tỷ lệ: điền tử số (a) và mẫu số (b), kết quả được tính khi đọc phiếu. "
               "Nếu ghi thêm ô Giá trị thì phải khớp với a/b."), False  # fmt: skip
        said = "Chỉ tiêu khác: điền ô Giá trị. Tỷ lệ ghi theo %, ví dụ 80,5 chứ không ghi 0,805."
        yield said, False
        yield ("Minh chứng: ghi số, ký hiệu, ngày của văn bản hoặc tên hệ thống; "
               "không dán ảnh, không chèn tệp."), False  # fmt: skip
    yield "2. Khi không có số", True
    where = "ghi vào chính ô đó" if many else "chọn ở ô Tình trạng"
    yield f"KAD – không áp dụng: chỉ tiêu không dành cho đơn vị ({where}).", False
    yield "KPS – không phát sinh: trong kỳ không có gì để đếm (mẫu số bằng 0).", False
    yield ("KMC – không minh chứng: đơn vị có số nhưng chưa có tài liệu chứng minh; vẫn ghi số"
           + (", ví dụ “KMC 80”." if many else ".")), False  # fmt: skip
    yield "Để trống – chưa có số liệu. Số 0 là một số liệu, không có nghĩa là để trống.", False
    yield "3. Lưu ý", True
    yield ("Ghi giá trị, không ghi công thức. Không thêm, xóa, gộp, ẩn hàng và cột; không đổi tên "
           "trang; không sửa mã màu xám."), False  # fmt: skip
    yield ("Không ghi dữ liệu cá nhân (họ tên, số điện thoại, số định danh, thư điện tử) "
           "ở bất kỳ ô nào."), False  # fmt: skip
    yield "4. Thời hạn, liên hệ", True
    yield f"Kỳ số liệu: {process.window or '………………………………'}", False
    own = next((step for step in process.steps if step.stage == "self" and step.until), None)
    until = own.until if own else process.deadline
    yield f"Thời hạn gửi: {until or '………………………………'}", False
    yield "Đầu mối giải đáp: ………………………………", False
    if framework.is_illustrative:
        yield "MINH HỌA: phiếu có chỉ tiêu tự viết, không phải nội dung văn bản.", True


def _write_guide(sheet: Any, framework: Framework, many: bool) -> None:
    from openpyxl.styles import Alignment

    sheet.column_dimensions["A"].width = 72
    for at, (text, heading) in enumerate(_guide(framework, many), 1):
        cell = _put(sheet, at, 1, text, bold=heading, size=14 if at < 3 else 13)
        cell.alignment = Alignment("center" if at < 3 else "left", "top", wrap_text=True)
        sheet.row_dimensions[at].height = 17.5 * lines_needed(text, 70, _NARROW) + (
            6 if heading else 0
        )
    _protect(sheet)
    _print(sheet, "portrait")


def _write_sheet(
    sheet: Any, framework: Framework, rows: Sequence[Asked], code: str, unit: pd.Series[Any]
) -> None:
    """Write the form of one unit."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    keys = list(_WIDTHS)
    for place, width in enumerate(_WIDTHS.values(), 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    title = _put(sheet, 1, 1, f"PHIẾU SỐ LIỆU\n{framework.title}", bold=True, size=14)
    title.alignment = Alignment("center", "center", wrap_text=True)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(keys))
    sheet.row_dimensions[1].height = 42
    top = _write_unit(sheet, framework, code, unit) + 1
    for place, key in enumerate(keys, 1):
        cell = _put(sheet, top, place, _TITLES[key], bold=True)
        _frame(cell, _HEAD)
        cell.alignment = Alignment("center", "center", wrap_text=True)
    sheet.row_dimensions[top].height = 3 * _LINE
    checks = Validations(sheet)
    for at, row in enumerate(rows, top + 1):
        _write_row(sheet, at, keys, row, checks)
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    sheet.print_title_rows = f"{top}:{top}"
    sheet.print_area = f"A1:{get_column_letter(len(keys))}{top + len(rows)}"
    _protect(sheet)
    _print(sheet, "landscape")


def _write_unit(sheet: Any, framework: Framework, code: str, unit: pd.Series[Any]) -> int:
    """Write who answers, about when, at which stage; the last row used."""
    known = {key: str(unit[key]) for key in ATTRIBUTES if key in unit.index and pd.notna(unit[key])}
    left = [(_LABELS["name"], known.get("name", code), False), (_LABELS["unit"], code, False)]
    left += [(_LABELS[key], known[key], False) for key in ATTRIBUTES[1:] if known.get(key)]
    window = framework.process.window
    right = [
        ("Mã khung", framework.id, False),
        ("Giai đoạn", STAGE_LABELS["self"], True),
        ("Kỳ số liệu", window, not window),
    ]
    for column, fields in ((2, left), (7, right)):
        for at, (label, text, open_) in enumerate(fields, 2):
            _put(sheet, at, column, label, bold=True)
            cell = _put(sheet, at, column + 1, text or None)
            if label == "Mã khung":
                _grey(cell, 11)
            if open_:
                _open(cell)
            if label == "Giai đoạn":
                stages = Validations(sheet).list(
                    list(STAGE_LABELS.values()), "Giai đoạn của số liệu"
                )
                stages.add(cell.coordinate)
    return 2 + max(len(left), len(right))


def _write_row(sheet: Any, at: int, keys: Sequence[str], row: Asked, checks: Validations) -> None:
    from openpyxl.styles import Alignment

    concept = row.concept
    texts = {"code": row.code, "label": row.label, "method": explain(row)}
    if concept is not None:
        texts |= {"unit_of": concept.unit, "concept": concept.id}
    for place, key in enumerate(keys, 1):
        cell = _put(sheet, at, place, texts.get(key) or None, bold=concept is None)
        _frame(cell, _GROUP if concept is None else "")
        side = "center" if key in ("code", "unit_of") else "left"
        cell.alignment = Alignment(side, "top", wrap_text=True)
        if key == "concept" and concept is not None:
            _grey(cell, 9)
        divided = concept is not None and factor(concept) is not None
        if concept is None or key not in _FIELDS:
            continue
        if key in ("numerator", "denominator") and not divided:
            cell.fill = _solid(_GROUP)
            continue
        _open(cell)
        check = checks.of(key, concept, row.evidence, at)
        if check is not None:
            check.add(cell.coordinate)
        if key in ("numerator", "denominator", "value"):
            cell.alignment = Alignment("right", "top")
            cell.number_format = "General" if key == "value" else "#,##0"
    lines = max(
        lines_needed(texts[key] or "", _WIDTHS[key], _NARROW) for key in ("label", "method")
    )
    sheet.row_dimensions[at].height = _LINE * max(lines, 1 if concept is None else 2)


def _write_grid(
    sheet: Any, framework: Framework, rows: Sequence[Asked], units: pd.DataFrame
) -> None:
    """Write one row a unit; the grey row of codes is what is read back."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    asked = [(row, row.concept) for row in rows if row.concept is not None]
    given = [key for key in ATTRIBUTES if key in units.columns]
    heads = ["unit", *given]
    _put(sheet, 1, 1, f"BẢNG SỐ LIỆU TỔNG HỢP – {framework.title}", bold=True, size=14)
    _put(
        sheet,
        2,
        1,
        "Ô nền vàng: ghi số, hoặc KAD, KPS, KMC; để trống nếu chưa có. Xem “Đọc trước”.",
    )
    labels = [_LABELS[key] for key in heads] + [f"{r.code} {r.label}".strip() for r, _ in asked]
    kinds = [""] * len(heads) + [range_of(concept) for _, concept in asked]
    names = heads + [concept.id for _, concept in asked]
    for place, texts in enumerate(zip(labels, kinds, names, strict=True), 1):
        wide = 24 if place == 2 else 14
        sheet.column_dimensions[get_column_letter(place)].width = wide
        for at, text in enumerate(texts, 3):
            cell = _put(sheet, at, place, text or None, bold=at == 3, size=9 if at == 5 else 11)
            _frame(cell, _HEAD if at < 5 else "")
            cell.alignment = Alignment("center", "center", wrap_text=True)
            if at == 5:
                _grey(cell, 9)
    for at, height in ((3, 8 * _LINE), (4, 3 * _LINE), (5, 3 * 12)):
        sheet.row_dimensions[at].height = height
    for at, (code, unit) in enumerate(zip(units.index, units.to_dict("records"), strict=True), 6):
        for place, text in enumerate([str(code), *(unit[key] for key in given)], 1):
            _frame(_put(sheet, at, place, None if pd.isna(text) else str(text)), "")
        for place in range(len(heads) + 1, len(names) + 1):
            cell = sheet.cell(at, place)
            _frame(cell, "")
            _open(cell)
    last = 5 + len(units)
    checks = Validations(sheet)
    for place, (row, concept) in enumerate(asked, len(heads) + 1):
        letter = get_column_letter(place)
        checks.cell_or_word(concept, row.label, f"{letter}6").add(f"{letter}6:{letter}{last}")
    sheet.freeze_panes = sheet.cell(6, min(3, len(heads) + 1))
    sheet.print_title_rows = "3:5"
    sheet.print_title_cols = "A:B"
    _protect(sheet)
    _print(sheet, "landscape", wide=True)


def _put(sheet: Any, row: int, column: int, value: Any, bold: bool = False, size: int = 11) -> Any:
    """Write a value; text stays text whatever it begins with."""
    from openpyxl.styles import Font

    cell = sheet.cell(row, column)
    cell.font = Font(name=_FONT, size=size, bold=bold)
    fill_cell(cell, value)
    return cell


def _solid(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=colour)


def _frame(cell: Any, colour: str) -> None:
    from openpyxl.styles import Border, Side

    line = Side(style="thin", color="808080")
    cell.border = Border(line, line, line, line)
    if colour:
        cell.fill = _solid(colour)


def _open(cell: Any) -> None:
    """Let a cell be filled in."""
    from openpyxl.styles import Font, Protection

    cell.protection = Protection(locked=False)
    cell.fill = _solid(_FILL)
    cell.font = Font(name=_FONT, size=11)


def _grey(cell: Any, size: int) -> None:
    """Print what is for the program and not for the reader, visibly."""
    from openpyxl.styles import Font

    cell.font = Font(name=_FONT, size=size, color=_GREY)


def _protect(sheet: Any) -> None:
    """Lock what is not to be changed, without a password: whoever must can undo it."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def _print(sheet: Any, orientation: str, wide: bool = False) -> None:
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = orientation
    sheet.page_setup.fitToHeight = 0
    sheet.page_setup.fitToWidth = 0 if wide else 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = not wide
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom = 0.8, 0.6
    sheet.oddHeader.center.text = "&P"


assert set(_TITLES.values()) <= {name for names in HEADERS.values() for name in names}
