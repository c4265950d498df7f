"""Units, and a plain merger of old units into new ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .documents import read_text
from .faults import Collector, quoted
from .observations import Observations, Status, csv_rows

MergeRule = Literal["mean", "sum", "min", "max"]

_COLUMNS = ("old", "new", "new_name")


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """Which new unit each old unit went to, whole.

    Attributes
    ----------
    table : DataFrame
        Columns `old`, `old_name`, `new`, `new_name`, `effective`, `basis`; one row an old unit.
    """

    table: pd.DataFrame

    @property
    def new_units(self) -> pd.Series[str]:
        """Names of the new units by code, in the order of the table."""
        return self.table.drop_duplicates("new").set_index("new")["new_name"]


def read_crosswalk(path: Path, faults: Collector, name: str = "") -> Crosswalk | None:
    """Read a merger table: CSV with the columns old, new, new_name and, where known, the others.

    Parameters
    ----------
    path : Path
        UTF-8 CSV.
    faults : Collector
        Where faults are noted: missing columns, an old unit that appears twice, a blank code, a
        new unit with two names, a share other than 1 (a split needs a declared assumption).
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    Crosswalk or None
        None after an error.
    """
    own = Collector(name or path.name)
    text = read_text(path, own)
    rows = csv_rows(text, own) if text is not None else []
    records = [(line, dict(zip(rows[0][1], cells, strict=False))) for line, cells in rows[1:]]
    if not own.errors:
        _check_rows(records, own)
    faults.extend(own.faults)
    if own.errors:
        return None
    return Crosswalk(pd.DataFrame([record for _, record in records], dtype=object))


def _check_rows(records: list[tuple[int, dict[str, str]]], faults: Collector) -> None:
    absent = [column for column in _COLUMNS if column not in records[0][1]]
    if absent:
        faults.add("dòng 1", "thiếu cột " + ", ".join(absent), "các cột old, new, new_name")
        return
    seen: dict[str, int] = {}
    names: dict[str, str] = {}
    for line, record in records:
        for column in _COLUMNS:
            if not record[column]:
                faults.add(f"dòng {line}, cột {column}", "để trống", "một giá trị")
        if record["old"] and record["old"] in seen:
            found = f"{quoted(record['old'])} đã có ở dòng {seen[record['old']]}"
            faults.add(f"dòng {line}, cột old", found, "mỗi đơn vị cũ một dòng")
        if names.setdefault(record["new"], record["new_name"]) != record["new_name"]:
            found = f"{quoted(record['new_name'])}, dòng trước là {quoted(names[record['new']])}"
            faults.add(f"dòng {line}, cột new_name", found, "một tên cho một mã")
        if record.get("share", "1") not in ("1", "1.0", ""):
            found = f"có {quoted(record['share'])}"
            faults.add(f"dòng {line}, cột share", found, "1 (nhập nguyên vẹn)")
        seen.setdefault(record["old"], line)


def merge(
    observations: Observations, crosswalk: Crosswalk, rule: MergeRule = "mean"
) -> Observations:
    """Carry observations of old units to new ones.

    Parameters
    ----------
    observations : Observations
        Of old units, every one of which stands in the crosswalk.
    crosswalk : Crosswalk
        Whole mergers.
    rule : {"mean", "sum", "min", "max"}
        Applied to every concept. "mean" is the plain mean that the agency used for the main indices
        of merged provinces in 2024.

    Returns
    -------
    Observations
        Of the new units that have at least one predecessor here. A status that all predecessors
        share is kept; otherwise a value is missing as soon as one of them lacks it, and unproved
        as soon as one of them is.

    Raises
    ------
    ValueError
        If a unit stands nowhere in the crosswalk.
    """
    went_to = crosswalk.table.set_index("old")["new"]
    strangers = observations.units.index.difference(went_to.index)
    if len(strangers):
        raise ValueError("không có trong bảng sáp nhập: " + ", ".join(map(str, strangers)))
    frame = pd.DataFrame(observations.value, index=observations.units.index)
    target = went_to.reindex(frame.index).to_numpy()
    grouped = frame.groupby(target, sort=False)
    merged = grouped.agg(rule).where(grouped.count().eq(grouped.size(), axis=0))
    names = crosswalk.new_units
    merged = merged.reindex([code for code in names.index if code in merged.index])
    value = np.asfortranarray(merged.to_numpy(dtype=np.float64))
    status = _statuses(observations.status, target).reindex(merged.index).to_numpy(dtype=np.uint8)
    units = names.reindex(merged.index).rename("name").to_frame()
    return Observations(
        units,
        observations.concepts,
        value,
        np.asfortranarray(status),
        observations.source,
        observations.simulated,
    )


def _statuses(status: NDArray[np.uint8], target: NDArray[Any]) -> pd.DataFrame:
    """Status of every new unit: the one that all predecessors share, unproved, or missing."""
    kinds = pd.DataFrame(status)
    low, high = (kinds.groupby(target, sort=False).agg(end) for end in ("min", "max"))
    known = kinds.isin([Status.OBSERVED, Status.NO_EVIDENCE]).groupby(target, sort=False).all()
    mixed = known.replace({True: Status.NO_EVIDENCE, False: Status.MISSING})
    return low.where(low == high, mixed)
