"""What is not known: coverage, results at worst and at best, and what to go and get first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .assessment import Assessment
from .cells import Bools, Floats, outside
from .framework import Framework, Indicator
from .levels import Levels
from .observations import Observations, Status
from .points import Points, round_declared
from .values import concepts_of

STATUS_COLUMNS = {
    "observed": Status.OBSERVED,
    "missing": Status.MISSING,
    "not_applicable": Status.NOT_APPLICABLE,
    "no_occurrence": Status.NO_OCCURRENCE,
    "no_evidence": Status.NO_EVIDENCE,
}
_DIGITS = 9


def reads(item: Indicator) -> tuple[str, ...]:
    """Concepts that an indicator reads: its own, or those of its parts."""
    parts = concepts_of(item.value)
    return tuple(dict.fromkeys(parts if parts and not item.required else (item.concept, *parts)))


def statuses(framework: Framework, observations: Observations) -> pd.DataFrame:
    """Lay out the status of every value that a framework asks for.

    Parameters
    ----------
    framework : Framework
    observations : Observations
        Of U units; a concept that nobody reported is missing for everyone.

    Returns
    -------
    DataFrame of uint8
        One row an indicator and concept that it reads, by (`indicator`, `concept`) in printed
        order; one column a unit. Where an indicator does not apply to a unit by the framework's own
        rule, the status is `NOT_APPLICABLE`.
    """
    pairs = [(item, concept) for item in framework.indicators for concept in reads(item)]
    status = np.full((len(pairs), len(observations.units)), Status.MISSING, dtype=np.uint8)
    for row, (_, concept) in enumerate(pairs):
        if concept in observations.position:
            status[row] = observations.status[:, observations.position[concept]]
    absent = outside([item for item, _ in pairs], observations)
    if absent is not None:
        status[absent] = Status.NOT_APPLICABLE
    names = [(item.id, concept) for item, concept in pairs]
    index = pd.MultiIndex.from_tuples(names, names=["indicator", "concept"])
    return pd.DataFrame(status, index=index, columns=observations.units.index)


def coverage(framework: Framework, observations: Observations) -> pd.DataFrame:
    """Count what was reported, by indicator and stratum.

    Parameters
    ----------
    framework : Framework
    observations : Observations

    Returns
    -------
    DataFrame
        One row an indicator, concept and stratum, "" for all units together and then each stratum
        that is known: `indicator`, `concept`, `stratum`, `units`, then the units by status:
        `observed`, `missing`, `not_applicable`, `no_occurrence`, `no_evidence`; and `share`, of the
        units where the value applies and occurs, those with an observed one (NaN where none).
    """
    table = statuses(framework, observations)
    groups = membership(observations)
    members, names = groups.to_numpy(), [str(name) for name in groups]
    status = table.to_numpy()
    held = {
        name: np.asarray((status == np.uint8(kind)) @ members, dtype=np.intp)
        for name, kind in STATUS_COLUMNS.items()
    }
    frame = table.index.to_frame(index=False)
    frame = frame.loc[frame.index.repeat(len(names))].reset_index(drop=True)
    frame["stratum"] = names * len(table)
    frame["units"] = np.tile(members.sum(axis=0).astype(np.intp), len(table))
    for name, found in held.items():
        frame[name] = found.ravel()
    asked = frame["units"] - frame["not_applicable"] - frame["no_occurrence"]
    frame["share"] = frame["observed"] / asked.where(asked > 0)
    return frame


def membership(observations: Observations) -> pd.DataFrame:
    """Say which group of units each unit is in: all of them, then each stratum.

    Returns
    -------
    DataFrame of float
        Ones and zeros, to be multiplied with: one row a unit, one column a group, "" for all.
    """
    strata = observations.strata
    held = {str(name): strata.codes == code for code, name in enumerate(strata.categories)}
    everyone = np.ones(len(observations.units), dtype=bool)
    return pd.DataFrame({"": everyone} | held, index=observations.units.index).astype(np.float64)


def bounds(assessment: Assessment) -> pd.DataFrame:
    """Give each unit's result at worst and at best, as far as values are unknown.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        By unit code: `name`; `level`, `level_best`; `total`, `total_best`; those that the
        framework has; `rank`, `rank_best`, `rank_worst` (0 for none). At worst every unknown value
        fails or earns nothing, at best it passes or earns everything; a unit's best rank supposes
        its own best case and everyone else's worst, so ranks at best do not all happen together.
        Curves fitted on the cohort stay as fitted on what was reported, and a penalty on a value
        that is unknown is left out of both ends.
    """
    frame = assessment.observations.units[["name"]].copy()
    if assessment.levels is not None:
        frame["level"], frame["level_best"] = assessment.levels.level, assessment.levels.best
        low, high = (frame[name].to_numpy(np.float64) for name in ("level", "level_best"))
    if assessment.points is not None:
        frame["total"], frame["total_best"] = assessment.points.total, assessment.points.best
        low, high = (
            _before_ranking(frame[name].to_numpy(), assessment.framework)
            for name in ("total", "total_best")
        )
    frame["rank"] = assessment.rank
    dense = assessment.framework.policy.ties == "dense"
    frame["rank_best"], frame["rank_worst"] = rank_interval(low, high, dense=dense)
    return frame


def _before_ranking(total: Floats, framework: Framework) -> Floats:
    rounding = framework.rounding
    if rounding is None or "rank" not in rounding.before:
        return np.round(total, _DIGITS)
    return round_declared(total, rounding)


def rank_interval(low: Floats, high: Floats, *, dense: bool = False) -> NDArray[np.int64]:
    """Find the best and the worst rank that each unit could hold.

    Parameters
    ----------
    low, high : ndarray of float, shape (U,)
        Total at worst and at best; NaN for a unit without one.
    dense : bool
        Whether ranks go on 1-2-2-3 after a tie, rather than 1-2-2-4.

    Returns
    -------
    ndarray of int, shape (2, U)
        Best and worst; 0 where there is no total.
    """
    known = ~np.isnan(low)
    bottom, top = low[known], high[known]
    found = np.zeros((2, len(low)), dtype=np.int64)
    open_ended = top > bottom
    if dense:
        above = np.sort(_fewest_values(bottom, top))
        fixed = np.unique(bottom[~open_ended])
        loose = np.sort(top[open_ended])
        worst = _beyond(fixed, bottom) + _beyond(loose, bottom)
    else:
        above = np.sort(bottom)
        worst = _beyond(np.sort(top), bottom)
    found[0, known] = 1 + _beyond(above, top)
    found[1, known] = 1 + worst - open_ended  # not above itself
    return found


def _beyond(ordered: Floats, at: Floats) -> NDArray[np.intp]:
    """How many of some ordered numbers are greater than each of others."""
    return np.asarray(len(ordered) - np.searchsorted(ordered, at, side="right"))


def _fewest_values(low: Floats, high: Floats) -> Floats:
    """Fewest totals on which units could lie: each range holds one of them, found from the top."""
    chosen: list[float] = []
    for bottom, top in sorted(zip(low, high, strict=True), reverse=True):
        if not chosen or top < chosen[-1]:
            chosen.append(bottom)
    return np.array(chosen)


def pending(assessment: Assessment) -> pd.DataFrame:
    """List the unknown values that a result hangs on.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        One row a unit and concept whose value is unknown and asked: `unit`, `concept`. With levels:
        `alone` (a good value, nothing else, gives the unit a higher level), `needed` (without a
        good value the unit cannot reach its best level), `together` (one of a smallest set of
        values that, if all are good, give it a higher level: nothing can be left out of the set).
        With points: `points`, those that the value could yet earn.
    """
    parts = []
    if assessment.levels is not None:
        parts.append(_pending_levels(assessment.levels))
    if assessment.points is not None:
        parts.append(_pending_points(assessment.points))
    frame = parts[0] if len(parts) == 1 else parts[0].merge(parts[1], "outer", ["unit", "concept"])
    for name, empty in (("alone", False), ("needed", False), ("together", False), ("points", 0.0)):
        if name in frame:
            frame[name] = frame[name].where(frame[name].notna(), empty).astype(type(empty))
    return frame


def _pending_points(points: Points) -> pd.DataFrame:
    worth = np.array([item.most for item in points.indicators])[:, None]
    open_points = (points.share_best - points.share) * worth
    row, unit = np.nonzero(open_points > 0)
    frame = pd.DataFrame(
        {
            "unit": points.observations.units.index.take(unit),
            "concept": [points.indicators[place].concept for place in row],
            "points": open_points[row, unit],
        }
    )
    return frame.groupby(["unit", "concept"], sort=False, as_index=False).sum()


def _pending_levels(levels: Levels) -> pd.DataFrame:
    """Try every unknown value good where the others fail, and bad where the others are good."""
    names = list(dict.fromkeys(item.concept for item in levels.indicators))
    units = levels.observations.units.index
    open_cells = np.zeros((len(names), len(units)), dtype=bool)
    alone, needed, together = (open_cells.copy() for _ in range(3))
    if levels.cells.unknown is not None:
        everything = levels.passed.dtype.type((1 << len(levels.framework.levels)) - 1)
        worst = levels.passed
        best = worst | levels.cells.unknown * everything
        asked = levels.cells.unknown & (worst != everything)
        rows = [[r for r, i in enumerate(levels.indicators) if i.concept == n] for n in names]
        open_cells = np.stack([asked[at].any(axis=0) for at in rows])
        for place, at in enumerate(rows):
            if open_cells[place].any():
                alone[place] = levels.if_passed(_with(worst, best, at)) > levels.level
                needed[place] = levels.if_passed(_with(best, worst, at)) < levels.best
        together = _smallest_sets(levels, rows, worst, best) & open_cells
    where = np.nonzero(open_cells)
    return pd.DataFrame(
        {
            "unit": units.take(where[1]),
            "concept": [names[place] for place in where[0]],
            "alone": alone[where],
            "needed": needed[where],
            "together": together[where],
        }
    )


def _with(
    passed: NDArray[np.uint8], other: NDArray[np.uint8], rows: list[int]
) -> NDArray[np.uint8]:
    """Some rows as they stand in another table."""
    trial = passed.copy()
    trial[rows] = other[rows]
    return trial


def _smallest_sets(
    levels: Levels, rows: Sequence[list[int]], worst: NDArray[np.uint8], best: NDArray[np.uint8]
) -> Bools:
    """Mark a set for each unit that lifts it and from which nothing can be left out, (C, U).

    Values are left out one concept at a time, those that fewest units wait for first, so that the
    sets of different units share what they can.
    """
    can_rise = levels.best > levels.level
    waiting = [int((worst[at] != best[at]).any(axis=0).sum()) for at in rows]
    kept = np.tile(can_rise, (len(rows), 1))
    trial = best.copy()
    for place in np.argsort(waiting, kind="stable"):
        at = rows[place]
        before = trial[at]
        trial[at] = worst[at]
        enough = levels.if_passed(trial) > levels.level
        trial[at] = np.where(enough, worst[at], before)
        kept[place] &= ~enough
    return kept


def to_get_first(assessment: Assessment) -> pd.DataFrame:
    """Order concepts by how many units' results their unknown values could decide.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        By concept id: `units` (that lack it), and, with levels, `decides` (units whose level it
        could raise alone or in a smallest set, or whose best level needs it), `alone`, `needed`;
        with points, `points` still open over all units. Most decisive first.
    """
    frame = pending(assessment).assign(units=1)
    if assessment.levels is not None:
        frame["decides"] = frame["alone"] | frame["needed"] | frame["together"]
    columns = [name for name in ("units", "decides", "alone", "needed", "points") if name in frame]
    found = frame.groupby("concept", sort=False)[columns].sum()
    order = [name for name in ("decides", "alone", "points", "units") if name in found]
    return found.sort_values(order, ascending=False, kind="stable")
