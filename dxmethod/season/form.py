"""Whether a scoring workbook is still the one that was written: sheets, rows, columns, formulas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..entries import Notes
from ..faults import nearest, quoted
from ..observations import ATTRIBUTES
from ..opening import Sheet as Opened
from ..rounds import Round
from ..sheets import squeeze
from . import plan as p
from .expected import expected
from .plan import CODES, FIRST, LABELS, Column, Plan
from .workbook import ordered

_TOLD = 5  # cells of one column told one by one


class Form:
    """A workbook beside its plan, gathering every fault of its form.

    Attributes
    ----------
    rows, columns : dict of str to dict of str to int
        By sheet: row of each unit, column of each code, both from 0.
    """

    def __init__(
        self, plan: Plan, sheets: Mapping[str, Opened], facts: Mapping[str, str], notes: Notes
    ) -> None:
        self.plan, self.sheets, self.facts, self.notes = plan, sheets, facts, notes
        self.codes = [str(code) for code in plan.units.index]
        self.rows: dict[str, dict[str, int]] = {}
        self.columns: dict[str, dict[str, int]] = {}
        self.blank = True

    def check_sheets(self) -> None:
        """Look at every sheet: is it there, of this workbook, with its rows and columns."""
        wanted = [p.GUIDE, *ordered(self.plan)]
        for name in wanted:
            if name not in self.sheets:
                self.notes.add(f"trang {name}", "không có trang này", "đủ trang như bảng gốc")
        for name, sheet in self.sheets.items():
            if name not in wanted:
                self.notes.at(sheet, 0, -1, "trang lạ: bỏ qua", "", "cảnh báo")
            elif name != p.GUIDE and self.own(sheet) and name in self.plan.sheets:
                self.columns[name] = self.header(sheet)
                self.rows[name] = self.units(sheet)
        if p.THRESHOLDS in self.sheets:
            self.thresholds(self.sheets[p.THRESHOLDS])

    def own(self, sheet: Opened) -> bool:
        """Whether a sheet bears the mark of this workbook."""
        words = str(at_cell(sheet, 1, 0)).split()
        mark = words[2] if len(words) > 2 else ""
        if mark == self.facts.get("Mã bảng"):
            return True
        found = f"trang của bảng khác (mã bảng {quoted(mark)})"
        self.notes.at(sheet, 1, 0, found, f"trang của bảng “{self.facts.get('Mã bảng', '')}”")
        return False

    def header(self, sheet: Opened) -> dict[str, int]:
        """Columns by code; what was inserted, deleted, moved or renamed is a fault."""
        wanted = self.plan.sheets[sheet.name].columns
        codes = [str(cell) for cell in _row(sheet, CODES - 1)]
        while codes and not codes[-1]:
            codes.pop()
        known = {column.code: column for column in wanted}
        held: dict[str, int] = {}
        for at, code in enumerate(codes):
            if code in known and code not in held:
                held[code] = at
            else:
                found = f"cột {quoted(code)} lặp lại" if code else "cột chèn thêm"
                found = found if not code or code in known else f"cột lạ {quoted(code)}"
                self.notes.at(sheet, CODES - 1, at, found, "chỉ các cột của bảng gốc")
        for column in wanted:
            if column.code not in held:
                where = f"cột {quoted(column.code)} ({column.label})"
                self.notes.at(sheet, CODES - 1, -1, f"thiếu {where}", "đủ cột như bảng gốc")
        if len(held) == len(wanted) == len(codes) and list(held) != list(known):
            self.notes.at(sheet, CODES - 1, -1, "các cột đổi thứ tự", "thứ tự như bảng gốc")
        for code, at in held.items():
            self.unchanged(sheet, known[code], at)
        return held

    def unchanged(self, sheet: Opened, column: Column, at: int) -> None:
        """A header says what it said, and the points in it are those of the framework."""
        label, note = at_cell(sheet, LABELS - 1, at), at_cell(sheet, p.NOTES - 1, at)
        if squeeze(str(label)) != squeeze(column.label) and (label != "" or len(column.key) < 2):
            self.notes.at(sheet, LABELS - 1, at, f"tiêu đề {quoted(label)}", f"“{column.label}”")
        if column.number is not None and note != column.number:
            self.notes.at(sheet, p.NOTES - 1, at, f"có {quoted(note)}", f"{column.number:g}")

    def units(self, sheet: Opened) -> dict[str, int]:
        """Rows by unit; what was deleted, added, repeated, moved or renamed is a fault."""
        columns, notes = self.columns[sheet.name], self.notes
        held: dict[str, int] = {}
        if "unit" not in columns:
            return {}
        at = columns["unit"]
        for row in range(FIRST - 1, len(sheet.rows)):
            code = cell_words(at_cell(sheet, row, at))
            if code in held:
                found = f"đơn vị {quoted(code)} đã có ở hàng {held[code] + 1}"
                notes.at(sheet, row, at, found, "mỗi đơn vị một hàng", unit=code)
            elif code in self.plan.units.index:
                held[code] = row
            elif code or any(cell != "" for cell in sheet.rows[row]):
                found = (
                    f"đơn vị lạ {quoted(code)}" if code else "hàng chèn thêm, không có mã đơn vị"
                )
                notes.at(
                    sheet, row, at, found, nearest(code, self.codes) if code else "xóa hàng này"
                )
        for code in self.codes:
            if code not in held:
                found = f"thiếu hàng của đơn vị {quoted(code)} (hàng bị xóa)"
                notes.at(sheet, FIRST - 1, -1, found, "đủ hàng như bảng gốc", unit=code)
        right = {code: FIRST - 1 + number for number, code in enumerate(self.codes)}
        if len(held) == len(right) and held != right:
            said = "đơn vị đổi thứ tự hoặc có hàng trống chen vào"
            notes.at(sheet, FIRST - 1, -1, said, "thứ tự như bảng gốc")
        for key in (name for name in ATTRIBUTES if name in self.plan.units and name in columns):
            for code, row in held.items():
                known: Any = self.plan.units.at[code, key]
                wanted = "" if pd.isna(known) else str(known)
                said = cell_words(at_cell(sheet, row, columns[key]))
                if said != wanted:
                    notes.at(
                        sheet, row, columns[key], f"có {quoted(said)}", f"“{wanted}”", unit=code
                    )
        return held

    def thresholds(self, sheet: Opened) -> None:
        """Thresholds are those of the framework."""
        for row, (item, cells) in enumerate(p.threshold_rows(self.plan.framework), FIRST - 1):
            for at, wanted in enumerate(cells, 4):
                said = at_cell(sheet, row, at)
                if said != ("" if wanted is None else wanted):
                    known = "để trống" if wanted is None else f"{wanted:g}"
                    self.notes.at(sheet, row, at, f"ngưỡng {quoted(said)} của {item.id}", known)

    def formulas(self) -> None:
        """Formulas stand where they stood, and none shows an error."""
        for name, rows in self.rows.items():
            sheet, columns = self.sheets[name], self.columns[name]
            for column in self.plan.sheets[name].columns:
                at = columns.get(column.code)
                if not column.formula or at is None:
                    continue
                for unit, row in rows.items():
                    cell = at_cell(sheet, row, at)
                    self.blank &= cell == ""
                    if (row, at) not in sheet.traps.formulas:
                        found = f"có giá trị {quoted(cell)} dán đè lên công thức"
                        found = found if cell != "" else "công thức bị xóa"
                        self.told(sheet, row, column, at, found, unit)
                    elif (row, at) in sheet.traps.errors:
                        self.told(sheet, row, column, at, "công thức hỏng (lỗi của Excel)", unit)

    def told(
        self, sheet: Opened, row: int, column: Column, at: int, found: str, unit: str,
        expected: str = "công thức như bảng gốc",
    ) -> None:  # fmt: skip
        """Note a fault of a formula."""
        self.notes.at(sheet, row, at, found, expected, unit=unit, header=column.label)

    def compare(self, found: Round) -> None:
        """What the formulas show is what the framework makes of the values."""
        if self.blank:
            said = "chưa có kết quả tính: tệp chưa được mở và lưu bằng LibreOffice hoặc Excel"
            self.notes.add("", said, "", severity="cảnh báo")
            return
        whole = [name for name in self.rows if len(self.rows[name]) == len(self.codes)]
        if p.VALUES not in whole:
            return
        clean = [code not in self.notes.faulty for code in self.codes]
        for (name, column), cells in expected(self.plan, found).items():
            at = self.columns.get(name, {}).get(column.code)
            if name not in whole or at is None or (column.key[0] == "rank" and not all(clean)):
                continue
            self.column(name, column, at, cells, clean)

    def column(
        self, name: str, column: Column, at: int, cells: Sequence[Any], clean: Sequence[bool]
    ) -> None:
        """Compare one column; beyond the first few cells only their number is told."""
        sheet, rows = self.sheets[name], self.rows[name]
        wrong = [
            (code, wanted) for code, wanted, good in zip(self.codes, cells, clean, strict=True)
            if good and (rows[code], at) in sheet.traps.formulas
            and (rows[code], at) not in sheet.traps.errors
            and not same(at_cell(sheet, rows[code], at), wanted)
        ]  # fmt: skip
        for number, (code, wanted) in enumerate(wrong[:_TOLD], 1):
            more = f" (còn {len(wrong) - _TOLD} ô như vậy)" if len(wrong) > _TOLD == number else ""
            found = f"công thức cho {quoted(at_cell(sheet, rows[code], at))}{more}"
            right = f"{quoted(wanted)}: công thức bị sửa, hoặc bảng chưa được tính lại"
            self.told(sheet, rows[code], column, at, found, code, right)


def same(cell: Any, wanted: Any) -> bool:
    """Whether a cell shows what was computed: words alike, numbers to twelve digits."""
    if wanted in ("KAD", "KPS", "KMC"):
        return bool(str(cell).upper().partition(" ")[0] == wanted)
    if isinstance(wanted, str) or wanted is None:
        return str(cell) == (wanted or "") or (cell == "..." and wanted is None)
    if isinstance(wanted, tuple):  # any of them
        return any(same(cell, item) for item in wanted)
    return isinstance(cell, float) and bool(abs(cell - wanted) <= 1e-12 * max(1.0, abs(wanted)))


def _row(sheet: Opened, row: int) -> Sequence[Any]:
    return sheet.rows[row] if row < len(sheet.rows) else []


def at_cell(sheet: Opened, row: int, column: int) -> Any:
    """What stands in a cell; "" beyond the last."""
    cells = _row(sheet, row)
    return cells[column] if column < len(cells) else ""


def day_words(cell: Any) -> str:
    """A date as text."""
    return cell.strftime("%d/%m/%Y") if isinstance(cell, dt.date) else str(cell).strip()


def cell_words(cell: Any) -> str:
    """A cell as text; whole numbers without a point."""
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
