"""Every table of the report in one Excel workbook, numbers as numbers; every figure as PNG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ..office import fill_cell, lines_needed, write_archive
from .assemble import Document
from .blocks import Column, Table, Value, clean

_FONT = "Times New Roman"
_WIDEST = 60  # characters
_LINE = 16.5  # points


def write_figures(document: Document, folder: Path) -> None:
    """Write every figure as ``<key>.png``.

    Parameters
    ----------
    document : Document
        The assembled report.
    folder : Path
        Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for _, figure in document.figures:
        (folder / f"{figure.key}.png").write_bytes(figure.png)


def write_workbook(document: Document, path: Path) -> None:
    """Write a list of the tables and one sheet a table, named as the report numbers it.

    Parameters
    ----------
    document : Document
        The assembled report.
    path : Path
        File to write.
    """
    from openpyxl import Workbook

    book = Workbook()
    contents = book.active
    _write_contents(contents, document)
    for label, table in document.tables:
        sheet = book.create_sheet(label)
        _write_table(sheet, label, table)
        if document.front.notices:
            _write_line(sheet, 3, document.front.running_head, bold=True)
    result = BytesIO()
    book.save(result)
    write_archive(result.getvalue(), path, clean(document.front.title).replace("\n", " "))


def _write_contents(sheet: Any, document: Document) -> None:
    columns = [Column(name, name) for name in ("Bảng", "Tên bảng", "Đơn vị tính", "Nguồn")]
    rows: list[Sequence[Value]] = [
        (label, table.caption, table.unit, table.source) for label, table in document.tables
    ]
    sheet.title = "Mục lục"
    _write_grid(sheet, 3, columns, rows)
    _write_line(sheet, 1, f"Các bảng của {document.front.paper}: {document.front.title}", bold=True)
    if document.front.notices:
        _write_line(sheet, 2, document.front.running_head, bold=True)
    _set_up(sheet, 3, landscape=True)


def _write_table(sheet: Any, label: str, table: Table) -> None:
    top, below = 4, 6 + len(table.rows)
    _write_grid(sheet, top, table.columns, table.rows)
    _write_line(sheet, 1, f"{label}. {table.caption}", bold=True)
    if table.unit:
        _write_line(sheet, 2, f"Đơn vị tính: {table.unit}", italic=True)
    if table.note:
        _write_line(sheet, below, f"Ghi chú: {table.note}", italic=True)
        below += 1
    _write_line(sheet, below, f"Nguồn: {table.source}", italic=True)
    _set_up(sheet, top, table.landscape)


def _write_grid(
    sheet: Any, top: int, columns: Sequence[Column], rows: Sequence[Sequence[Value]]
) -> None:
    """Write header and rows with lines around the cells, formats, widths and heights."""
    from openpyxl.styles import Alignment, Border, PatternFill, Side
    from openpyxl.utils import get_column_letter

    line = Side(style="thin", color="000000")
    border = Border(line, line, line, line)
    shade = PatternFill("solid", fgColor="EEEEEE")
    heights = [1] * (len(rows) + 1)  # in lines: Excel does not measure them by itself
    for place, column in enumerate(columns, 1):
        width = _width(column, [row[place - 1] for row in rows])
        sheet.column_dimensions[get_column_letter(place)].width = width
        head = _put(sheet, top, place, column.label, bold=True)
        head.border, head.fill = border, shade
        head.alignment = Alignment("center", "center", wrap_text=True)
        heights[0] = max(heights[0], lines_needed(column.label, width, 0.9))
        text = column.kind == "text"
        side = Alignment("left" if text else "right", "top", wrap_text=text)
        for offset, row in enumerate(rows, 1):
            value = row[place - 1]
            cell = _put(sheet, top + offset, place, value)
            cell.border, cell.alignment = border, side
            if text:
                heights[offset] = max(heights[offset], lines_needed(column.show(value), width, 0.9))
            else:
                cell.number_format = number_format(column)
    for offset, lines in enumerate(heights):
        sheet.row_dimensions[top + offset].height = _LINE * lines


def _write_line(sheet: Any, row: int, words: str, bold: bool = False, italic: bool = False) -> None:
    """Write a line across all columns of the table, as high as it needs."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    columns = range(1, sheet.max_column + 1)
    width = sum(sheet.column_dimensions[get_column_letter(place)].width for place in columns)
    _put(sheet, row, 1, words, bold, italic).alignment = Alignment(vertical="top", wrap_text=True)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=sheet.max_column)
    sheet.row_dimensions[row].height = _LINE * lines_needed(words, width, 0.9)


def number_format(column: Column) -> str:
    """Return the Excel format that shows what the report prints, in the reader's own locale."""
    digits = "." + "0" * column.decimals if column.decimals else ""
    if column.kind == "percent":
        return f"0{digits}%"
    if column.kind == "shift":
        return f"+#,##0{digits};-#,##0{digits};0{digits}"
    return f"#,##0{digits}"


def _put(
    sheet: Any, row: int, column: int, value: Value, bold: bool = False, italic: bool = False
) -> Any:
    """Write a value; text stays text whatever it begins with."""
    from openpyxl.styles import Font

    cell = sheet.cell(row, column)
    cell.font = Font(name=_FONT, size=12, bold=bold, italic=italic)
    fill_cell(cell, clean(value) or None if isinstance(value, str) else value)
    return cell


def _width(column: Column, values: Sequence[Value]) -> float:
    lines = [line for value in values for line in column.show(value).split("\n")]
    longest = max(map(len, lines), default=0)
    words = max((len(word) for word in column.label.split()), default=0)
    natural = max(9, longest, words, math.ceil(len(column.label) / 3))
    return min(_WIDEST, math.ceil(1.15 * natural)) + 2.0


def _set_up(sheet: Any, top: int, landscape: bool) -> None:
    """Freeze what stands above the rows and make the sheet print on A4, one page wide."""
    sheet.freeze_panes = sheet.cell(top + 1, 2)
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.center.text = "&P"
