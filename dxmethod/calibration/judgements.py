"""Levels that experts gave to units: read, checked, laid out by judge and unit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..assessment import Assessment
from ..cells import Floats
from ..documents import has_control_characters, read_text
from ..faults import Collector, Fault, nearest, quoted
from ..framework import Framework
from ..observations import csv_rows
from ..quality import reported
from ..vietnamese import nfc, number

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "judge": ("judge", "chuyên gia", "mã chuyên gia"),
    "unit": ("unit", "đơn vị", "mã đơn vị"),
    "level": ("level", "mức", "mức độ"),
    "blind": ("blind", "không xem dự thảo"),
    "date": ("date", "ngày"),
    "round": ("round", "vòng", "đợt"),
}
_NONE = ("0", "chưa đạt", "không đạt")
_YES, _NO = ("có", "yes", "1", "true"), ("không", "no", "0", "false")
_WHOLE = re.compile(r"(\d+)(?:[.,]0+)?")


@dataclass(frozen=True, eq=False)
class Judgements:
    """Levels that judges gave to units.

    Attributes
    ----------
    frame : DataFrame
        One row a judgement: `judge`, `unit`, `level` (place, 0 for none), `blind` (True, False, or
        None where not said: whether the judge did so without seeing the draft), `date` (date or
        None), `round` (text, "" where there are none).
    labels : tuple of str
        Names of the levels from place 0 on.
    source : str
        For captions.
    simulated : bool
    """

    frame: pd.DataFrame
    labels: tuple[str, ...]
    source: str = ""
    simulated: bool = False

    @property
    def rounds(self) -> tuple[str, ...]:
        """Rounds in which units were judged, in order."""
        return tuple(sorted(set(self.frame["round"])))

    def of(self, number: str) -> Judgements:
        """Judgements of one round alone."""
        kept = self.frame[self.frame["round"] == number].reset_index(drop=True)
        return Judgements(kept, self.labels, self.source, self.simulated)

    @cached_property
    def judges(self) -> list[str]:
        """Judges in the order of the table."""
        return list(dict.fromkeys(self.frame["judge"]))

    @cached_property
    def units(self) -> list[str]:
        """Judged units in the order of the table."""
        return list(dict.fromkeys(self.frame["unit"]))

    @cached_property
    def level(self) -> Floats:
        """Places by judge and unit, shape (J, U); NaN where a judge did not judge a unit.

        Raises
        ------
        ValueError
            If a unit was judged in several rounds: choose one with `of`.
        """
        if self.frame.duplicated(["judge", "unit"]).any():
            raise ValueError(f"có nhiều đợt đánh giá ({', '.join(self.rounds)}): chọn một đợt")
        table = self.frame.pivot(index="judge", columns="unit", values="level")
        table = table.reindex(index=self.judges, columns=self.units)
        return np.asarray(table.to_numpy(dtype=np.float64))


def read_judgements(
    path: Path,
    framework: Framework,
    faults: Collector,
    *,
    units: Collection[str] = (),
    name: str = "",
    source: str = "",
    simulated: bool = False,
) -> Judgements | None:
    """Read judgements of units.

    Parameters
    ----------
    path : Path
        UTF-8 CSV (`,` or `;`) with the columns judge, unit, level (id, label or place of a level; 0
        or “chưa đạt” for none) and, where known, blind (“có”, “không”), date, round.
    framework : Framework
        Whose levels they are.
    faults : Collector
        Where every fault is noted: unknown unit or level, a blank, a judge twice on one unit in one
        round, a date that is none, a word that is neither yes nor no.
    units : collection of str, optional
        Codes that may appear; empty when any may.
    name, source, simulated
        The file as the user knows it; see `Judgements`.

    Returns
    -------
    Judgements or None
        None after an error.
    """
    own = Collector(name or path.name)
    text = read_text(path, own)
    rows = csv_rows(text, own) if text is not None else []
    at = _columns(rows[0][1], own) if rows and not own.errors else {}
    known = _levels_by_name(framework)
    records: list[dict[str, Any]] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, cells in rows[1:] if at and not own.errors else ():
        cell = {column: nfc(cells[place]) for column, place in at.items()}
        record = _record(line, cell, known, units, own)
        key = (record["judge"], record["unit"], record["round"])
        if all(key[:2]) and seen.setdefault(key, line) != line:
            found = f"{quoted(key[0])} đã xếp {quoted(key[1])} ở dòng {seen[key]}"
            wanted = "mỗi chuyên gia xếp một đơn vị một lần trong một đợt"
            own.add(f"dòng {line}", found, wanted)
        records.append(record)
    faults.extend(own.faults)
    if own.errors:
        return None
    frame = pd.DataFrame(records, columns=list(_HEADERS))
    frame["blind"] = frame["blind"].astype(object).where(frame["blind"].notna(), None)
    labels = ("Chưa đạt", *(level.label for level in framework.levels))
    return Judgements(frame.astype({"level": np.int64}), labels, source, simulated)


def _columns(header: list[str], faults: Collector) -> dict[str, int]:
    """Where each column stands."""
    at: dict[str, int] = {}
    for place, label in enumerate(header):
        text = nfc(label).casefold()
        column = next((name for name, also in _HEADERS.items() if text in also), None)
        where = f"dòng 1, cột {place + 1}"
        if column is None:
            faults.add(where, f"cột lạ {quoted(label)}", nearest(label, _HEADERS))
        elif column in at:
            faults.add(where, f"cột {quoted(label)} lặp lại", "mỗi cột một lần")
        else:
            at[column] = place
    absent = [column for column in ("judge", "unit", "level") if column not in at]
    if absent:
        faults.add("dòng 1", f"thiếu cột {', '.join(absent)}", "các cột judge, unit, level")
    return at


def _levels_by_name(framework: Framework) -> dict[str, int]:
    """Place of a level by everything that a person may write for it."""
    known = dict.fromkeys(_NONE, 0)
    for place, level in enumerate(framework.levels, 1):
        known |= {nfc(name).casefold(): place for name in (str(place), level.id, level.label)}
    return known


def _record(
    line: int,
    cell: Mapping[str, str],
    known: Mapping[str, int],
    units: Collection[str],
    faults: Collector,
) -> dict[str, Any]:
    for column in ("judge", "unit", "level"):
        if not cell[column]:
            faults.add(f"dòng {line}, cột {column}", "để trống", "một giá trị")
    if has_control_characters("".join(cell.values())):
        faults.add(f"dòng {line}", "có ký tự điều khiển", "văn bản in được")
    unit = cell["unit"]
    if unit and units and unit not in units:
        faults.add(f"dòng {line}, cột unit", f"đơn vị lạ {quoted(unit)}", nearest(unit, units))
    written = cell["level"].casefold()
    whole = _WHOLE.fullmatch(written)
    level = known.get(whole[1].lstrip("0") or "0" if whole else written)
    if level is None and written:
        found = f"không có mức {quoted(cell['level'])}"
        wanted = f"số từ 0 đến {max(known.values())}, mã hoặc tên của mức"
        faults.add(f"dòng {line}, cột level", found, wanted)
    blind = cell.get("blind", "").casefold()
    if blind and blind not in (*_YES, *_NO):
        found = f"có {quoted(cell['blind'])}"
        faults.add(f"dòng {line}, cột blind", found, "“có”, “không” hoặc để trống")
    return {
        "judge": cell["judge"],
        "unit": unit,
        "level": level if level is not None else -1,
        "blind": None if blind not in (*_YES, *_NO) else blind in _YES,
        "date": _date(cell.get("date", ""), line, faults),
        "round": cell.get("round", ""),
    }


def _date(text: str, line: int, faults: Collector) -> dt.date | None:
    """A date as year-month-day, or as day/month/year."""
    if not text:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
    wanted = "ngày dạng 2025-07-01 hoặc 01/7/2025"
    faults.add(f"dòng {line}, cột date", f"có {quoted(text)}", wanted)
    return None


def check_judgements(
    judgements: Judgements, assessment: Assessment | None = None, file: str = ""
) -> list[Fault]:
    """Say, before any work starts, what judgements of one round cannot tell.

    Parameters
    ----------
    judgements : Judgements
        Of one round.
    assessment : Assessment, optional
        Of the judged units among others: criteria that tell nothing about them are noted too.
    file : str, optional
        The file as the user knows it.

    Returns
    -------
    list of Fault
        Errors: all units at one level, fewer judged units than levels. Warnings: a level that
        nobody gave, a judge who always says the same, judgements that were not blind, a criterion
        without any value or with one value.
    """
    faults, level = Collector(file), judgements.level
    given = np.unique(level[~np.isnan(level)]).astype(int)
    names, size = judgements.labels, len(judgements.labels)
    if len(given) == 1:
        found = f"mọi đơn vị được xếp “{names[given[0]]}”"
        faults.add("", found, "ít nhất hai mức khác nhau: một mức thì không học được ngưỡng nào")
    if len(judgements.units) < size:
        found = f"có {len(judgements.units)} đơn vị được xếp mức"
        faults.add("", found, f"không ít hơn {size} (số mức, kể cả chưa đạt)")
    absent = [names[place] for place in range(size) if place not in given]
    if absent and len(given) > 1:
        wanted = "ngưỡng của mức này không xác định được từ ý kiến chuyên gia"
        for label in absent:
            faults.add(f"mức {label}", "không đơn vị nào được xếp", wanted, severity="cảnh báo")
    for judge, row in zip(judgements.judges, level, strict=True):
        own = np.unique(row[~np.isnan(row)]).astype(int)
        count = int((~np.isnan(row)).sum())
        if len(own) == 1 and count > 1:
            found = f"xếp cả {count} đơn vị “{names[own[0]]}”"
            wanted = "xem lại: ý kiến này không giúp phân biệt đơn vị nào"
            faults.add(f"chuyên gia {judge}", found, wanted, severity="cảnh báo")
    seen = judgements.frame.loc[judgements.frame["blind"].eq(False), "judge"]
    for name, count in seen.value_counts(sort=False).items():
        found = f"{number(count)} ý kiến cho khi đã xem dự thảo"
        wanted = "tách riêng khi so sánh"
        faults.add(f"chuyên gia {name}", found, wanted, severity="cảnh báo")
    if assessment is not None:
        _note_silent_criteria(judgements, assessment, faults)
    return faults.faults


def _note_silent_criteria(
    judgements: Judgements, assessment: Assessment, faults: Collector
) -> None:
    framework = assessment.framework
    judged = assessment.observations.units.index.isin(judgements.units)
    for item, row in zip(framework.asked, reported(assessment, framework.asked), strict=True):
        kinds = np.unique(row[judged & ~np.isnan(row)])
        if len(kinds) < 2:
            found = (
                "không đơn vị nào có số liệu" if not len(kinds) else "mọi đơn vị cùng một giá trị"
            )
            wanted = "giá trị khác nhau: nếu không thì ngưỡng không xác định được"
            faults.add(f"chỉ tiêu {item.id}", found, wanted, severity="cảnh báo")
