"""What thresholds and weights may be learned from, as a revision names it: read, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from .calibration.cutoffs import check_grid
from .calibration.judgements import Judgements, check_judgements, read_judgements
from .calibration.opinions import read_budget, read_delphi, read_pairs
from .concepts import Concept
from .documents import read_text
from .faults import Collector, nearest, quoted
from .framework import Framework
from .observations import Observations, csv_rows
from .revision_file import Published, RevisionFile
from .vietnamese import nfc

_READERS = {"pairs": read_pairs, "budget": read_budget, "delphi": read_delphi}


@dataclass(frozen=True, eq=False)
class Totals:
    """Totals that somebody published.

    Attributes
    ----------
    total : Series of float
        By unit.
    half : float
        Half of the last digit printed.
    source : str
    """

    total: pd.Series[float]
    half: float
    source: str


@dataclass(frozen=True, eq=False)
class Evidence:
    """What thresholds and weights may be learned from; nothing where the revision names none.

    Attributes
    ----------
    judgements : Judgements, optional
        Of the round of the observations, of units that are in them.
    opinions : mapping of str to DataFrame
        "pairs", "budget", "delphi", as the readers in `opinions` give them.
    published : Totals, optional
    """

    judgements: Judgements | None = None
    opinions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    published: Totals | None = None


def check_wishes(
    file: RevisionFile,
    draft: Framework,
    observations: Observations | None,
    catalogue: Mapping[str, Concept],
    faults: Collector,
) -> None:
    """Note what the revision asks of thresholds that the draft or the units do not have."""
    faults.extend(check_grid(file.calibration.grid, draft, catalogue, faults.file))
    levels = [level.id for level in draft.levels]
    known = [] if observations is None else list(map(str, observations.strata.categories))

    def check(where: str, name: str, names: list[str], otherwise: str) -> None:
        if name and name not in names:
            faults.add(where, f"có “{name}”", nearest(name, names) if names else otherwise)

    for wish in file.reach:
        check("mục reach → level", wish.level, levels, "dự thảo có mức độ")
        check("mục reach → stratum", wish.stratum, known, "để trống")
    for name in file.calibration.strata:
        check("mục calibration → strata", name, [*known, "*"], "để trống")


def read_evidence(
    file: RevisionFile,
    draft: Framework,
    observations: Observations | None,
    locate: Callable[[str], Path],
    faults: Collector,
    left_out: tuple[str, ...] = (),
) -> Evidence:
    """Read what a revision names.

    Parameters
    ----------
    file : RevisionFile
    draft : Framework
        The first draft: its levels are judged, its indicators weighed.
    observations : Observations, optional
    locate : callable
        Path of a file that the revision names.
    faults : Collector
        Where every fault is noted, of all the files.
    left_out : tuple of str
        Units that the observations leave out for their faults.

    Returns
    -------
    Evidence
    """
    found = Evidence()
    if file.opinions is not None:
        known = {group.id for group in draft.groups} | {item.id for item in draft.indicators}
        tables = {
            kind: _READERS[kind](locate(name), faults, items=known, name=name)
            for kind, name in file.opinions
            if name
        }
        kept = {kind: frame for kind, frame in tables.items() if frame is not None}
        found = replace(found, opinions=kept)
    if (file.judgements or file.published) and observations is None:
        expected = "mục observations: số liệu của các đơn vị được xếp mức, được công bố tổng điểm"
        faults.add("mục judgements, published", "không có bảng số liệu", expected)
        return found
    if observations is None:
        return found
    if file.judgements:
        judged = _judgements(file, draft, observations, locate, faults, left_out)
        found = replace(found, judgements=judged)
    if file.published is not None:
        totals = _totals(file.published, observations, locate, faults)
        found = replace(found, published=totals)
    return found


def _judgements(
    file: RevisionFile,
    draft: Framework,
    observations: Observations,
    locate: Callable[[str], Path],
    faults: Collector,
    left_out: tuple[str, ...],
) -> Judgements | None:
    assert file.observations is not None
    name, units = file.judgements, observations.units.index
    if not draft.levels:
        faults.add("mục judgements", f"{draft.id} không có mức độ", "dự thảo xếp theo mức độ")
        return None
    told = read_judgements(
        locate(name),
        draft,
        faults,
        units={*map(str, units), *left_out},
        name=name,
        source=file.observations.source,
        simulated=file.observations.simulated,
    )
    if told is None:
        return None
    number = file.observations.round
    if len(told.rounds) > 1 and number not in told.rounds:
        expected = "mục observations → round: " + " hoặc ".join(told.rounds)
        faults.add("cột round", "nhiều đợt, không rõ đợt nào ứng với số liệu", expected, file=name)
        return None
    if number in told.rounds:
        told = told.of(number)
    here = told.frame["unit"].isin(units)
    kept = replace(told, frame=told.frame[here].reset_index(drop=True))
    errors = [fault for fault in check_judgements(kept, None, name) if fault.severity == "lỗi"]
    faults.extend(errors)
    return None if errors else kept


def _totals(
    named: Published,
    observations: Observations,
    locate: Callable[[str], Path],
    faults: Collector,
) -> Totals | None:
    own = Collector(named.file)
    text = read_text(locate(named.file), own)
    rows = csv_rows(text, own) if text is not None else []
    header = [nfc(label) for label in rows[0][1]] if rows else []
    for column in ("unit", named.column, *named.rows):
        if rows and column not in header:
            own.add("dòng 1", f"thiếu cột {quoted(column)}", nearest(column, header))
    total: dict[str, float] = {}
    digits = 0
    for line, cells in rows[1:] if not own.errors else ():
        cell = dict(zip(header, map(nfc, cells), strict=True))
        if any(cell[column] != str(value) for column, value in named.rows.items()):
            continue
        unit, written = cell["unit"], cell[named.column].replace(",", ".")
        if unit in total:
            own.add(f"dòng {line}", f"{quoted(unit)} có hai dòng", "mỗi đơn vị một dòng")
        try:
            total[unit] = float(written)
        except ValueError:
            own.add(f"dòng {line}, cột {named.column}", f"có {quoted(written)}", "một số")
        digits = max(digits, len(written.partition(".")[2]))
    lacking = [str(unit) for unit in observations.units.index if unit not in total]
    if rows and not own.errors and lacking:
        found = f"không có {len(lacking)} đơn vị của bảng số liệu: {', '.join(lacking[:5])}"
        own.add("", found, "mỗi đơn vị một dòng; xem lại mục published → rows")
    faults.extend(own.faults)
    if own.errors or not rows:
        return None
    series = pd.Series(total, dtype=float).reindex(observations.units.index)
    return Totals(series, 0.5 * 10.0**-digits, named.source or named.file)
