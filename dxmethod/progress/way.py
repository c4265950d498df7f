"""The way to the next level: what stands in it, by how much, the least that gets there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..assessment import Assessment
from ..cells import Bools, Floats
from ..concepts import Concept
from ..levels import Levels
from ..observations import STATUS_LABELS, Status
from ..structure import competence, threshold_words
from ..wording import figure
from .points_left import PointsLeft, points_left

# A share of a count of requirements is compared with room for binary fractions.
_HAIR = 1e-9

Places = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Progress:
    """What stands between each of U units and the level above the highest it holds.

    Attributes
    ----------
    assessment : Assessment
    criteria : DataFrame
        By indicator id, as `structure.competence` returns it, with `concept` and `outside` (known
        to be beyond the units' own competence).
    blockers : DataFrame
        One row a failed requirement: `unit`, `level`, `indicator`, `required`, `value`, `gap` as
        in `Levels.blockers`; `relative` (gap over the width of the concept's range or, where it
        has none, over the spread among the units; NaN without a value), `status` (a `Status`: why
        no value counts), `outside`, `chosen` (in the smallest set that reaches the level) and
        `alone` (meeting it and nothing else does). Where the level comes after another that is
        not held either, the requirements of that one stand here too.
    away : ndarray of int, shape (U,)
        How many requirements the smallest set has; 0 where the last level is held, −1 where
        nothing applies. All 0 for a framework without levels.

    Notes
    -----
    Under a quorum, requirements may stay failed as long as every quorum is met without them. The
    groups that quorums name lie within one another or apart, so the sets that may stay failed are
    the independent sets of a laminar matroid: leaving out the largest relative gap first, as long
    as room remains, leaves the smallest set to meet and, among the smallest, the one with the
    fewest missing values and the least sum of relative gaps (Edmonds 1971).
    """

    assessment: Assessment
    criteria: pd.DataFrame
    blockers: pd.DataFrame
    away: NDArray[np.int64]

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row a unit, by code.

        Columns `name`, `stratum` ("" where none is known); `level` (place held, 0 for none),
        `next` (label, "" at the top), `away`; and counted over its rows of `blockers`: `failed`,
        `lacking` (no value counts), `chosen_outside` (beyond its competence, in the smallest set);
        `nearest` (indicator of the smallest set, where it has but one).
        """
        assessment, rows = self.assessment, self.blockers
        frame = assessment.observations.units[["name"]].copy()
        strata = assessment.observations.strata
        frame["stratum"] = np.append(strata.categories.astype(object), "")[strata.codes]
        held = assessment.levels.level if assessment.levels else np.zeros(len(frame), np.int8)
        labels = [*assessment.level_labels()[1:], ""]
        frame["level"], frame["away"] = held, self.away
        frame["next"] = [labels[place] for place in held]
        unit = rows["unit"].cat.codes.to_numpy()

        def counted(marks: pd.Series[bool] | Bools) -> NDArray[np.intp]:
            return np.bincount(unit[np.asarray(marks, dtype=bool)], minlength=len(frame))

        frame["failed"] = counted(np.ones(len(rows), dtype=bool))
        frame["lacking"] = counted(rows["status"] != Status.OBSERVED)
        frame["chosen_outside"] = counted(rows["chosen"] & rows["outside"])
        near = np.full(len(frame), "", dtype=object)
        one = (rows["chosen"] & (self.away[unit] == 1)).to_numpy()
        near[unit[one]] = rows["indicator"].to_numpy()[one]
        return frame.assign(nearest=near)

    def of(self, unit: str) -> pd.DataFrame:
        """Rows of `blockers` of one unit, the smallest set and then the smallest gaps first.

        Adds `code`, `label` and `said` (what is missing, in the concept's own words).
        """
        concepts = {concept.id: concept for concept in self.assessment.observations.concepts}
        rows = self.blockers[self.blockers["unit"] == unit]
        rows = rows.sort_values(["chosen", "relative"], ascending=[False, True], kind="stable")
        known = self.criteria.loc[rows["indicator"].to_list()]
        said = [
            gap_words(concepts.get(concept), required, value, Status(status))
            for concept, required, value, status in zip(
                known["concept"], rows["required"], rows["value"], rows["status"], strict=True
            )
        ]
        named = known[["code", "label"]].to_numpy(dtype=object).T
        return rows.assign(code=named[0], label=named[1], said=said).reset_index(drop=True)

    def by_criterion(self) -> pd.DataFrame:
        """Count the units that each criterion stands before, by the level they seek.

        Returns
        -------
        DataFrame
            One row an indicator and a level at which it is failed, in printed order: `indicator`,
            `level` (id), `blocked` (units), `alone` (of them, units that need it and nothing
            else), `chosen` (units in whose smallest set it is), `lacking` (no value counts), then
            the columns of `criteria`, `level` as `competence`.
        """
        names, rows = self.criteria.index, self.blockers
        levels = [level.id for level in self.assessment.framework.levels]
        place = rows["level"].cat.codes.to_numpy().astype(np.intp) * len(names)
        place += (
            rows["indicator"]
            .map(dict(zip(names, range(len(names)), strict=True)))
            .to_numpy(dtype=np.intp)
        )
        marks = {
            "blocked": np.ones(len(rows), dtype=bool),
            "alone": rows["alone"].to_numpy(),
            "chosen": rows["chosen"].to_numpy(),
            "lacking": (rows["status"] != Status.OBSERVED).to_numpy(),
        }
        counts = {
            name: np.bincount(place[mark], minlength=len(levels) * len(names))
            for name, mark in marks.items()
        }
        at = np.flatnonzero(counts["blocked"])
        frame = pd.DataFrame({name: count[at] for name, count in counts.items()})
        frame.insert(0, "indicator", names.to_numpy()[at % len(names)] if len(names) else at)
        frame.insert(1, "level", [levels[spot // len(names)] for spot in at])
        known = self.criteria.rename(columns={"level": "competence"})
        return frame.join(known, on="indicator")

    def distances(self, furthest: int = 3) -> pd.DataFrame:
        """Count units by how many requirements they are away, by stratum, cumulated.

        Parameters
        ----------
        furthest : int
            Up to how many requirements are told apart.

        Returns
        -------
        DataFrame of int
            By stratum, "" for units without one, and last "*" for all: `units`, `top` (the last
            level held), `within1`, `within2`, … (that many requirements away or fewer), `beyond`
            (further, or nothing applies).
        """
        frame = self.units

        def row(away: pd.Series[int]) -> dict[str, int]:
            ahead = away[away > 0]
            within = {f"within{n}": int((ahead <= n).sum()) for n in range(1, furthest + 1)}
            beyond = int((ahead > furthest).sum() + (away < 0).sum())
            return {"units": len(away), "top": int((away == 0).sum()), **within, "beyond": beyond}

        rows = {str(name): row(part) for name, part in frame.groupby("stratum")["away"]}
        return pd.DataFrame.from_dict(rows | {"*": row(frame["away"])}, orient="index")

    @cached_property
    def points(self) -> PointsLeft | None:
        """Where the points still to be earned lie; None when nothing earns points."""
        return points_left(self.assessment.points) if self.assessment.points else None


def gap_words(
    concept: Concept | None, required: float, value: float, status: Status = Status.OBSERVED
) -> str:
    """Say what is missing for a requirement, in the concept's own words.

    Parameters
    ----------
    concept : Concept or None
        None when nobody reported it.
    required, value : float
        In the concept's unit; no value, NaN, is said by its status.

    Returns
    -------
    str
        "tăng thêm 12,5 điểm phần trăm", "giảm 2 vụ", "cần có"; or why there is no value.
    """
    if concept is None:
        return STATUS_LABELS[Status.MISSING]
    asked = threshold_words(required, concept)
    if math.isnan(value):
        return f"{STATUS_LABELS[status]}; yêu cầu {asked}"
    if concept.measure == "yes_no":
        return "cần có" if required == 1 else "cần không có"
    if concept.measure == "category":
        return f"cần {asked}, hiện là {concept.categories[int(value)]}"
    unit = "điểm phần trăm" if concept.unit == "%" else concept.unit
    verb = "tăng thêm" if concept.better == "higher" else "giảm"
    gap = math.ceil(abs(required - value) * 100 - 1e-6) / 100  # as printed, it is enough
    return f"{verb} {figure(gap)} {unit}"


def progress(assessment: Assessment, catalogue: Mapping[str, Concept] | None = None) -> Progress:
    """Find what stands between each unit and its next level, and the least that reaches it.

    Parameters
    ----------
    assessment : Assessment
        Of U units.
    catalogue : mapping of str to Concept, optional
        What is known of concepts that nobody reported.

    Returns
    -------
    Progress
    """
    criteria = _criteria(assessment, catalogue or {})
    levels = assessment.levels
    if levels is None:
        names = ["unit", "level", "indicator", "required", "value", "gap", "relative", "status"]
        empty = pd.DataFrame(columns=[*names, "outside", "chosen", "alone"])
        empty = empty.astype({"unit": "category", "level": "category", "outside": bool})
        empty = empty.astype({"chosen": bool, "alone": bool})
        return Progress(assessment, criteria, empty, np.zeros(len(assessment.rank), np.int64))
    spread = _spread(levels)
    rows, away = _with_sets(levels, spread)
    unit, row = (rows[name].cat.codes.to_numpy() for name in ("unit", "indicator"))
    asked = criteria.index.get_indexer(pd.Index([item.id for item in levels.indicators]))
    outside = criteria["outside"].to_numpy().take(asked)
    rows["relative"] = rows["gap"].to_numpy() / spread.take(row)
    rows["status"] = _status(levels, row, unit)
    rows["outside"] = outside.take(row)
    return Progress(assessment, criteria, rows, away)


def _criteria(assessment: Assessment, catalogue: Mapping[str, Concept]) -> pd.DataFrame:
    """Criteria with who can act on them; a concept that nobody knows says nothing of it."""
    framework = assessment.framework
    known = {
        item.concept: Concept(id=item.concept, label=item.label, measure="number", unit="–")
        for item in framework.indicators
    }
    known |= {concept.id: concept for concept in assessment.observations.concepts}
    frame = competence(framework, known | dict(catalogue))
    frame["concept"] = [item.concept for item in framework.indicators]
    frame["outside"] = (frame["level"].to_numpy() != "") & ~frame["own"].to_numpy()
    return frame


def _spread(levels: Levels) -> Floats:
    """What gaps are measured against, shape (R,): range of the concept, or spread of the units."""
    bounds = {concept.id: concept.bounds for concept in levels.observations.concepts}
    spread = np.ones(len(levels.indicators))
    for row, item in enumerate(levels.indicators):
        low, high = bounds.get(item.concept, (0.0, 1.0))
        if math.isinf(high - low):
            value = levels.cells.value[row]
            low, high = np.fmin.reduce(value), np.fmax.reduce(value)
        if high > low:  # and neither is NaN
            spread[row] = high - low
    return spread


def _status(levels: Levels, row: Places, unit: Places) -> NDArray[np.uint8]:
    """Status behind each failed requirement; the one observed fails by its value."""
    held = levels.observations
    places = [held.position.get(item.concept, -1) for item in levels.indicators]
    column = np.array(places, dtype=np.intp).take(row)
    return np.where(column < 0, np.uint8(Status.MISSING), held.status.T[column, unit])


def _with_sets(levels: Levels, spread: Floats) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Failed requirements with the smallest sets marked, and the sizes of the sets."""
    size = len(levels.level)
    rows = levels.blockers()
    unit, row = (rows[name].cat.codes.to_numpy() for name in ("unit", "indicator"))
    order = {level.id: place for place, level in enumerate(levels.framework.levels)}
    chosen, alone, parts = np.ones(len(rows), dtype=bool), np.ones(len(rows), dtype=bool), []
    sought = rows["level"].cat.codes.to_numpy()
    for place, level in enumerate(levels.framework.levels):
        units = np.flatnonzero(levels.level == place)
        if not level.all_must_pass and len(units):
            at = np.empty(size, dtype=np.intp)
            at[units] = np.arange(len(units))
            here = sought == place
            marks = _least(levels, place, units, spread)
            chosen[here], alone[here] = (m[row[here], at[unit[here]]] for m in marks)
        before = level.after
        while before is not None:
            below = order[before]
            skipped = units[~levels.held[below, units]]
            if len(skipped):
                parts.append(_below(levels, below, skipped, spread))
            before = levels.framework.levels[below].after
    rows["chosen"], rows["alone"] = chosen, alone
    if parts:
        rows = pd.concat([rows, *parts], ignore_index=True)
        unit = rows["unit"].cat.codes.to_numpy()
    away = np.bincount(unit[rows["chosen"].to_numpy()], minlength=size)
    rows["alone"] = rows["alone"].to_numpy() & (away == 1)[unit]
    reached = levels.level < len(levels.framework.levels)
    return rows, np.where(reached & (away == 0), -1, away)


def _below(levels: Levels, place: int, units: Places, spread: Floats) -> pd.DataFrame:
    """Failed requirements of a level that these units skipped, where it is not met of itself."""
    chosen, alone = _least(levels, place, units, spread)
    failed = ~levels.met(place)[:, units] & chosen.any(axis=0)
    row, at = np.nonzero(failed)
    required = levels.required[levels.stratum[units[at]], place, row]
    value = levels.cells.value[row, units[at]]
    names = pd.Index([level.id for level in levels.framework.levels], dtype=object)
    items = pd.Index([item.id for item in levels.indicators], dtype=object)
    return pd.DataFrame(
        {
            "unit": pd.Categorical.from_codes(units[at], levels.observations.units.index),
            "level": pd.Categorical.from_codes(np.full(len(row), place), names),
            "indicator": pd.Categorical.from_codes(row, items),
            "required": required,
            "value": value,
            "gap": np.abs(required - value),
            "chosen": chosen[row, at],
            "alone": alone[row, at],
        }
    )


def _least(levels: Levels, place: int, units: Places, spread: Floats) -> tuple[Bools, Bools]:
    """Smallest set of requirements of one level for each unit, and those that alone would do.

    Both of shape (R, n); the second holds only where the set has one member.
    """
    level = levels.framework.levels[place]
    failed = ~levels.met(place)[:, units]
    if level.all_must_pass:
        return failed, failed
    required = levels.required[levels.stratum[units], place].T
    asked = ~np.isnan(required)
    if levels.cells.excluded is not None:
        asked &= ~levels.cells.excluded[:, units]
    names = [item.id for item in levels.indicators]
    must = np.isin(names, level.mandatory)
    groups, room = [must], [np.zeros(len(units), dtype=np.intp)]
    alone = failed & (must[:, None] | ~(failed & must[:, None]).any(axis=0))
    for quorum in level.quorum:
        below = [item.id for item in levels.framework.below(quorum.of)]
        member = np.isin(names, below)
        total, fails = asked[member].sum(axis=0), failed[member].sum(axis=0)
        if quorum.count is not None:
            needed = np.minimum(quorum.count, total)
        else:
            needed = np.ceil((quorum.share or 0.0) * total - _HAIR).astype(np.intp)
        groups.append(member)
        room.append(total - needed)
        alone &= member[:, None] | (fails <= total - needed)
    gap = np.abs(required - levels.cells.value[:, units]) / spread[:, None]
    gap[np.isnan(gap)] = np.inf  # what is not known is met last
    chosen = _leave_out(failed, gap, np.array(groups), np.array(room))
    return chosen, alone & (chosen.sum(axis=0) == 1)


def _leave_out(failed: Bools, gap: Floats, groups: Bools, room: Places) -> Bools:
    """Leave failed requirements out, the largest gap first, while every group has room.

    `failed`, `gap` (R, n); `groups` (Q, R), those that each quorum counts; `room` (Q, n), how many
    of them may stay failed. Of equal gaps the one printed last is left out.
    """
    chosen, at = failed.copy(), np.arange(failed.shape[1])
    for row in np.argsort(gap, axis=0, kind="stable")[::-1]:
        inside = groups[:, row]
        leave = failed[row, at] & ((room > 0) | ~inside).all(axis=0)
        chosen[row, at] &= ~leave
        room -= inside & leave
    return chosen
