"""Which units may report: their table, and codes that come back without their zeros."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .entries import Notes, cell_fault
from .faults import nearest, quoted
from .layout import HEADERS, Layout, body_rows
from .observations import ATTRIBUTES
from .opening import Sheet, open_sheets
from .personal import has_personal_number
from .sheets import squeeze
from .vietnamese import nfc


class Register:
    """Units that may report, and how their codes come back mended."""

    def __init__(self, units: pd.DataFrame | None) -> None:
        self.table = units
        self.known: dict[str, int] = (
            {} if units is None else {str(code): at for at, code in enumerate(units.index)}
        )
        self.stripped: dict[str, list[str]] = {}
        self.by_name: dict[str, list[str]] = {}
        self.told = 0
        for code in self.known:
            self.stripped.setdefault(code.lstrip("0"), []).append(code)
            self.by_name.setdefault(squeeze(self.attributes(code).get("name", "")), []).append(code)

    def attributes(self, code: str) -> dict[str, str]:
        """What the units table says of a unit."""
        if self.table is None or code not in self.known:
            return {}
        row = self.table.iloc[self.known[code]]
        return {k: nfc(str(row[k])) for k in ATTRIBUTES if k in row.index and pd.notna(row[k])}

    def resolve(
        self,
        sheet: Sheet,
        rows: Sequence[int],
        column: int,
        raw: Sequence[Any],
        name: str,
        notes: Notes,
    ) -> list[str]:
        """Codes as they should be; zeros that Excel dropped are put back, and it is said."""
        plain = [nfc(cell).strip() if type(cell) is str else _digits(cell) for cell in raw]
        if not self.known and "" not in plain and len(set(map(len, plain))) == 1:
            joined = "|".join(plain)
            if len(plain[0]) <= 40 and joined.isprintable() and not has_personal_number(joined):
                return plain  # nothing to mend, nothing to mend it by
        width = 0
        if not self.known:
            digits = {len(code) for code in plain if code.isascii() and code.isdigit()}
            width = max(digits, default=0) if len(digits) > 1 else 0
        mended: dict[str, str] = {}
        result = []
        for row, code in zip(rows, plain, strict=True):
            if code not in mended:
                mended[code] = self._mend(code, width)
            good = mended[code]
            if not good:
                self._refuse(sheet, row, column, code, name, notes)
            elif good != code and code not in result:
                found = f"mã {quoted(code)} mất số 0 ở đầu"
                said = f"đã đọc là “{good}”"
                notes.repaired.append(
                    cell_fault(notes.file, sheet, row, column, found, said, "cảnh báo", unit=good)
                )
            result.append(good)
        return result

    def _mend(self, code: str, width: int) -> str:
        if not 0 < len(code) <= 40 or not code.isprintable() or has_personal_number(code):
            return ""
        if not self.known:
            return code.zfill(width) if width and code.isascii() and code.isdigit() else code
        if code in self.known:
            return code
        near = self.stripped.get(code.lstrip("0"), []) if code.strip("0") else []
        return near[0] if len(near) == 1 and len(near[0]) > len(code) else ""

    def _refuse(
        self, sheet: Sheet, row: int, column: int, code: str, name: str, notes: Notes
    ) -> None:
        self.told += 1
        wanted = "mã đơn vị trong bảng đơn vị"
        same = self.by_name.get(squeeze(name), []) if name else []
        if len(same) == 1:
            wanted = f"“{same[0]}” (mã của {name})"
        elif code and self.known and self.told <= 20:
            wanted = nearest(code, self.known)
        found = f"đơn vị lạ {quoted(code)}" if code else "thiếu mã đơn vị"
        notes.at(sheet, row, column, found, wanted, header="mã đơn vị", unit=code)


def _digits(cell: Any) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)


def attributes_of(sheet: Sheet, row: int, held: Mapping[str, int]) -> dict[str, str]:
    """What a row says of its unit beside the code."""
    return {
        key: nfc(str(sheet.rows[row][held[key]])).strip()
        for key in ATTRIBUTES
        if key in held and sheet.rows[row][held[key]] != ""
    }


def read_units(path: Path, notes: Notes | None = None) -> pd.DataFrame:
    """Read a table of units: unit, name, stratum, province, unit_class; CSV or XLSX.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame
        Indexed by code, as text with its leading zeros.

    Raises
    ------
    Faults
        If a code is missing or twice, or a column is unknown.
    """
    notes = notes or Notes(path.name)
    frame = pd.DataFrame()
    for sheet in open_sheets(path, notes)[:1]:
        columns: dict[str, int] = {}
        for at, cell in enumerate(sheet.rows[0] if sheet.rows else ()):
            key = next((k for k in ("unit", *ATTRIBUTES) if squeeze(str(cell)) in _names(k)), "")
            if key:
                columns.setdefault(key, at)
        if "unit" not in columns:
            notes.add("dòng 1", "không có cột mã đơn vị", "các cột unit, name, stratum, province")
            break
        register, rows = Register(None), list(range(1, len(sheet.rows)))
        layout = Layout("wide", 0, columns, {})
        rows = body_rows(sheet, layout, notes)
        at = columns["unit"]
        codes = register.resolve(sheet, rows, at, [sheet.rows[r][at] for r in rows], "", notes)
        seen: set[str] = set()
        for row, code in zip(rows, codes, strict=True):
            if code in seen:
                notes.at(sheet, row, at, f"{quoted(code)} đã có", "mỗi đơn vị một dòng")
            seen.add(code)
        records = [attributes_of(sheet, row, columns) for row in rows]
        labels = [key for key in ATTRIBUTES if key in columns]
        index = pd.Index(codes, dtype=object, name="unit")
        frame = pd.DataFrame(records, index=index, columns=labels, dtype=object)
    notes.raise_errors()
    if frame.empty and not len(frame.index):
        notes.add("", "bảng không có đơn vị nào", "ít nhất một dòng")
        notes.raise_errors()
    if "name" not in frame:
        frame.insert(0, "name", frame.index.astype(object))
    return frame


def _names(key: str) -> set[str]:
    return {squeeze(name) for name in HEADERS[key]}
