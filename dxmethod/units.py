"""Units, and the crosswalk of a reorganisation: which new units each old one went to, how far."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .documents import read_text
from .faults import Collector, quoted
from .observations import csv_rows

Assumption = Literal["supplied", "equal", "default"]
ASSUMPTIONS: Mapping[Assumption, str] = {
    "supplied": "theo tỷ lệ khai trong bảng chuyển đổi",
    "equal": "chia đều cho các đơn vị mới",
    "default": "tính cả cho đơn vị mới mặc định",
}

_COLUMNS = ("old", "new", "new_name")
_STRATA = ("unit", "stratum", "basis", "year")
_EXACT = 1e-6  # how far shares may add up to other than 1: six printed digits


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """Which new units each old unit went to.

    Attributes
    ----------
    table : DataFrame
        Columns `old`, `new`, `new_name` and, where known, `old_name`, `share`, `is_default`,
        `part`, `new_province`, `basis`, `effective`. One row an old and a new unit; an old unit in
        several rows was divided. Shares are text or numbers, blank where none was published.
    """

    table: pd.DataFrame

    @property
    def new_units(self) -> pd.Series[str]:
        """Names of the new units by code, in the order of the table."""
        return self.table.drop_duplicates("new").set_index("new")["new_name"]

    @cached_property
    def divided(self) -> NDArray[np.bool_]:
        """Rows of the table that are one part of a divided old unit."""
        return self.table["old"].duplicated(keep=False).to_numpy()

    @cached_property
    def given(self) -> NDArray[np.float64]:
        """Share of the old unit that each row takes, as given: 1 if whole, NaN where blank."""
        share = self._numbers("share")
        return np.where(~self.divided & np.isnan(share), 1.0, share)

    def shares(self, assumption: Assumption, override: bool = False) -> NDArray[np.float64]:
        """Share of the old unit that each row takes.

        Parameters
        ----------
        assumption : {"supplied", "equal", "default"}
            What stands in for shares that nobody published: nothing, so that the table must give
            them; each new unit alike; or all to the default one.
        override : bool
            Put the assumption in place of given shares too, to see what they do.

        Returns
        -------
        ndarray of float64, shape (rows,)
            NaN where the assumption does not supply what the table leaves blank.
        """
        if assumption == "supplied":
            return self.given
        rows = self.table.groupby("old", sort=False)["old"].transform("size").to_numpy()
        assumed = 1.0 / rows if assumption == "equal" else self._to_default(rows)
        return np.where(self.divided & (np.isnan(self.given) | override), assumed, self.given)

    def _to_default(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """1 for the default new unit of each old one, 0 for its others; NaN where none is named."""
        default = np.nan_to_num(self._numbers("is_default"))
        named = pd.Series(default).groupby(self.table["old"].to_numpy(), sort=False)
        only = named.transform("sum").to_numpy() == 1
        return np.where(rows == 1, 1.0, np.where(only, default, np.nan))

    def _numbers(self, column: str) -> NDArray[np.float64]:
        """Numbers in a column; NaN where it is blank or not there."""
        if column not in self.table:
            return np.full(len(self.table), np.nan)
        return pd.to_numeric(self.table[column], errors="coerce").to_numpy(dtype=np.float64)


def some(names: Iterable[object], limit: int = 8) -> str:
    """Name a few, and say that there are more."""
    shown = [str(name) for name in names]
    return ", ".join(shown[:limit]) + (", …" if len(shown) > limit else "")


def read_crosswalk(path: Path, faults: Collector, name: str = "") -> Crosswalk | None:
    """Read a table of a reorganisation: CSV with the columns old, new, new_name and others known.

    Parameters
    ----------
    path : Path
        UTF-8 CSV; see `Crosswalk` for the columns. An old unit may stand in several rows only if a
        column `share` or `part` (whole, part) says that it was divided.
    faults : Collector
        Where faults are noted: missing columns, a pair that appears twice, a blank code, a new unit
        with two names, shares that are no shares or do not add up to 1, a part that is whole, two
        default units, a date that is none.
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    Crosswalk or None
        None after an error.
    """
    own = Collector(name or path.name)
    records = _records(path, own, _COLUMNS)
    if not own.errors:
        _check_rows(records, own)
        _check_divisions(records, own)
    faults.extend(own.faults)
    if own.errors:
        return None
    return Crosswalk(pd.DataFrame([record for _, record in records], dtype=object))


Records = list[tuple[int, dict[str, str]]]


def _records(path: Path, faults: Collector, needed: Sequence[str]) -> Records:
    """Rows of a CSV table by column, with their lines; columns that are not there are a fault."""
    text = read_text(path, faults)
    rows = csv_rows(text, faults) if text is not None else []
    if faults.errors:
        return []
    header = rows[0][1]
    absent = [column for column in needed if column not in header]
    if absent:
        expected = "các cột " + ", ".join(needed)
        faults.add("dòng 1", "thiếu cột " + ", ".join(absent), expected)
        return []
    return [(line, dict(zip(header, cells, strict=True))) for line, cells in rows[1:]]


def _check_rows(records: Records, faults: Collector) -> None:
    """Note what is wrong of single rows, and of names."""
    seen: dict[tuple[str, ...], int] = {}
    names: dict[str, str] = {}
    for line, record in records:
        for column in _COLUMNS:
            if not record[column]:
                faults.add(f"dòng {line}, cột {column}", "để trống", "một giá trị")
        divisible = "share" in record or "part" in record
        pair = (record["old"], record["new"]) if divisible else (record["old"],)
        if record["old"] and pair in seen:
            found = f"{quoted(record['old'])} đã có ở dòng {seen[pair]}"
            expected = "mỗi cặp đơn vị cũ, mới một dòng"
            if not divisible:
                expected = "mỗi đơn vị cũ một dòng (đơn vị bị chia thì thêm cột share hoặc part)"
            faults.add(f"dòng {line}, cột old", found, expected)
        if names.setdefault(record["new"], record["new_name"]) != record["new_name"]:
            found = f"{quoted(record['new_name'])}, dòng trước là {quoted(names[record['new']])}"
            faults.add(f"dòng {line}, cột new_name", found, "một tên cho một mã")
        if record.get("share") and not 0 < _number(record["share"]) <= 1:
            expected = "số lớn hơn 0, không quá 1 (dấu chấm thập phân), hoặc để trống"
            faults.add(f"dòng {line}, cột share", f"có {quoted(record['share'])}", expected)
        for column, allowed in (("part", ("whole", "part", "")), ("is_default", ("0", "1", ""))):
            if record.get(column, "") not in allowed:
                expected = "một trong: " + ", ".join(item for item in allowed if item)
                faults.add(f"dòng {line}, cột {column}", f"có {quoted(record[column])}", expected)
        if record.get("effective") and not _is_date(record["effective"]):
            expected = "ngày dạng năm-tháng-ngày, ví dụ 2025-07-01"
            faults.add(f"dòng {line}, cột effective", f"có {quoted(record['effective'])}", expected)
        seen.setdefault(pair, line)


def _check_divisions(records: Records, faults: Collector) -> None:
    """Note what is wrong of the rows of one old unit together."""
    held: dict[str, Records] = {}
    for line, record in records:
        held.setdefault(record["old"], []).append((line, record))
    for old, rows in held.items():
        line = rows[0][0]
        shares = [record.get("share", "") for _, record in rows]
        kept = [float(share) for share in shares if 0 < _number(share) <= 1]
        if any(shares) and not all(shares):
            expected = "cả các dòng của một đơn vị cũ có share, hoặc cả các dòng để trống"
            faults.add(f"dòng {line}, cột share", f"{quoted(old)} chỉ có ở vài dòng", expected)
        elif len(kept) == len(rows) and abs(math.fsum(kept) - 1) > _EXACT:
            found = f"các phần của {quoted(old)} cộng lại được {math.fsum(kept):g}"
            faults.add(f"dòng {line}, cột share", found, "1")
        wanted = "part" if len(rows) > 1 else "whole"
        for line, record in rows:
            if record.get("part", "") not in ("", wanted):
                found = f"{quoted(old)} ghi {record['part']} mà có {len(rows)} dòng"
                expected = "whole khi một dòng, part khi nhiều dòng"
                faults.add(f"dòng {line}, cột part", found, expected)
        if sum(record.get("is_default") == "1" for _, record in rows) > 1:
            found = f"{quoted(old)} có nhiều đơn vị mặc định"
            faults.add(f"dòng {rows[0][0]}, cột is_default", found, "một đơn vị mặc định")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_strata(path: Path, faults: Collector, name: str = "") -> pd.DataFrame | None:
    """Read which stratum each unit was declared to be in, by which decision, for which year.

    Parameters
    ----------
    path : Path
        UTF-8 CSV with the columns unit, stratum, basis, year, and other attributes of units.
    faults : Collector
        Where faults are noted: a missing column, a unit twice, a blank.
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    DataFrame or None
        By unit, columns `stratum`, `basis`, `year` and, where given, `province`, `unit_class`; None
        after an error.
    """
    own = Collector(name or path.name)
    records = _records(path, own, _STRATA)
    seen: dict[str, int] = {}
    for line, record in records:
        for column in _STRATA:
            if not record[column]:
                expected = "một giá trị (khu vực do quyết định nêu, không suy ra)"
                own.add(f"dòng {line}, cột {column}", "để trống", expected)
        if record["unit"] in seen:
            found = f"{quoted(record['unit'])} đã có ở dòng {seen[record['unit']]}"
            own.add(f"dòng {line}, cột unit", found, "mỗi đơn vị một dòng")
        seen.setdefault(record["unit"], line)
    faults.extend(own.faults)
    if own.errors:
        return None
    frame = pd.DataFrame([record for _, record in records], dtype=object)
    kept = [name for name in (*_STRATA[1:], "province", "unit_class") if name in frame]
    return frame.set_index("unit")[kept]


def declare_strata(
    units: pd.DataFrame, strata: pd.DataFrame | None, faults: Collector
) -> pd.DataFrame:
    """Give units the strata that a decision declares; what old units were in counts for nothing.

    Parameters
    ----------
    units : DataFrame
        By unit code, column `name`.
    strata : DataFrame or None
        As `read_strata` returns it; None when nothing was declared.
    faults : Collector
        Where a warning is noted for the units of which no decision speaks.

    Returns
    -------
    DataFrame
        The units with a column `stratum`, and the other attributes declared; None where nothing
        was.
    """
    known = pd.DataFrame({"stratum": []}) if strata is None else strata
    silent = units.index[~units.index.isin(known.index)]
    if len(silent):
        found = f"{len(silent)} đơn vị mới chưa có khu vực ({some(units['name'][silent])})"
        expected = "khu vực do quyết định nêu sau sắp xếp, kèm căn cứ và năm"
        faults.add("cột stratum", found, expected, severity="cảnh báo")
    declared = known.drop(columns=["basis", "year"], errors="ignore").reindex(units.index)
    declared = declared.astype(object).where(declared.notna(), None)
    return units.drop(columns=list(declared), errors="ignore").join(declared)
