"""The levels kernel: which level a unit holds, at worst and at best, and what blocks the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .cells import Bools, Cells, Floats, lay_out, leave_out, outside
from .framework import Framework, Indicator
from .observations import Observations

Bits = NDArray[Any]

# A share of a count of requirements is compared with room for binary fractions.
_HAIR = 1e-9


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels held by U units.

    Attributes
    ----------
    framework, observations
        What was asked of whom.
    indicators : tuple of Indicator
        Those with a requirement at some level, R of them.
    required : ndarray of float, shape (S, L, R)
        Thresholds by stratum, level and indicator; NaN where nothing is asked.
    stratum : ndarray of int, shape (U,)
        Stratum of each unit, a place in the first axis of `required`.
    passed : ndarray of unsigned int, shape (R, U)
        Bit k is set when the unit meets the indicator's requirement at level k, or is not asked.
    held, held_best : ndarray of bool, shape (L, U)
        Levels held, with unknown values failing, and with unknown values passing.
    """

    framework: Framework
    observations: Observations
    indicators: tuple[Indicator, ...]
    required: Floats
    stratum: NDArray[np.intp]
    cells: Cells
    passed: Bits
    held: Bools
    held_best: Bools

    @cached_property
    def level(self) -> NDArray[np.int8]:
        """Place of the highest level held, from 1; 0 for none. Unknown values fail. Shape (U,)."""
        return _highest(self.held)

    @cached_property
    def best(self) -> NDArray[np.int8]:
        """The same with unknown values passing. Shape (U,)."""
        return self.level if self.held_best is self.held else _highest(self.held_best)

    def met(self, level: int) -> Bools:
        """Requirements of one level (from 0) that units meet, or are not asked, shape (R, U)."""
        return np.asarray((self.passed >> level) & 1, dtype=bool)

    def if_passed(self, passed: Bits) -> NDArray[np.int8]:
        """Level that units would hold if they met these requirements instead, shape (U,)."""
        asked = _Asked(
            self.framework, self.indicators, self.required, self.stratum, self.cells.excluded
        )
        return _highest(_held(asked, passed))

    def blockers(self) -> pd.DataFrame:
        """Requirements that a unit fails at the level above the one it holds.

        Returns
        -------
        DataFrame
            One row a failed requirement: `unit`, `level` (sought), `indicator`, `required`, `value`
            (NaN when none counts), `gap` (what is missing, in the concept's unit).
        """
        levels = len(self.framework.levels)
        kind = self.passed.dtype.type
        sought = np.left_shift(kind(1), self.level.astype(kind))
        sought[self.level == levels] = 0
        failed = np.flatnonzero((self.passed & sought) != sought)
        row = failed // len(sought)
        unit = failed - row * len(sought)
        threshold = (self.stratum * levels + self.level) * len(self.passed)
        required = self.required.reshape(-1).take(threshold.take(unit) + row)
        value = self.cells.value.reshape(-1).take(failed)
        return pd.DataFrame(
            {
                "unit": _named(unit, self.observations.units.index),
                "level": _named(
                    self.level.take(unit), [level.id for level in self.framework.levels]
                ),
                "indicator": _named(row, [item.id for item in self.indicators]),
                "required": required,
                "value": value,
                "gap": np.abs(required - value),
            },
            copy=False,
        )


def assess_levels(framework: Framework, observations: Observations) -> Levels:
    """Compare reported values with the requirements of every level.

    Parameters
    ----------
    framework : Framework
        With L levels, and R indicators that have requirements.
    observations : Observations
        Of U units.

    Returns
    -------
    Levels

    Notes
    -----
    Sorting with a profile per level, conjunctive or by quorum. A cell is one small integer with a
    bit for each level, so one reduction over the indicators answers for every level at once.
    """
    indicators = framework.asked
    cells = lay_out([item.concept for item in indicators], observations, framework.policy)
    cells = leave_out(cells, outside(indicators, observations))
    required, stratum = _thresholds(framework, observations)
    signs = _signs(indicators, observations)
    passed = _passed(cells.value, required, stratum, signs)
    everything = passed.dtype.type((1 << len(framework.levels)) - 1)
    if cells.excluded is not None:
        passed |= cells.excluded * everything
    asked = _Asked(framework, indicators, required, stratum, cells.excluded)
    held = best = _held(asked, passed)
    if cells.unknown is not None:
        best = _held(asked, passed | cells.unknown * everything)
    return Levels(framework, observations, indicators, required, stratum, cells, passed, held, best)


def _signs(indicators: tuple[Indicator, ...], observations: Observations) -> Floats:
    """+1 where more is better, −1 where less is, shape (R,)."""
    concepts = {concept.id: concept.sign for concept in observations.concepts}
    return np.array([concepts.get(item.concept, 1.0) for item in indicators])


def _thresholds(
    framework: Framework, observations: Observations
) -> tuple[Floats, NDArray[np.intp]]:
    """Thresholds (S, L, R), NaN where nothing is asked, and the stratum of each unit.

    A unit whose stratum a requirement does not name takes that requirement's "*".
    """
    places = [place for place, _, _ in framework.thresholds]
    rows = [row for _, row, _ in framework.thresholds]
    asked = [required for _, _, required in framework.thresholds]
    known = observations.strata
    named = {name for required in asked for name in required}
    of_category = [name if name in named else "*" for name in [*known.categories, "*"]]
    names = list(dict.fromkeys(of_category if -1 in known.codes else of_category[:-1]))
    table = np.full((len(names), len(framework.levels), len(framework.asked)), np.nan)
    for code, name in enumerate(names):
        table[code, places, rows] = [r.get(name, r.get("*", np.nan)) for r in asked]
    # A unit without a stratum has code −1, which is the last of these places.
    codes = np.array([names.index(name) if name in names else -1 for name in of_category])
    return table, codes[known.codes]


def _passed(value: Floats, required: Floats, stratum: NDArray[np.intp], signs: Floats) -> Bits:
    """Bit k of each cell: requirement at level k met, or not asked. Shape (R, U)."""
    strata, levels, _ = required.shape
    kind = np.min_scalar_type((1 << levels) - 1)
    bits = (1 << np.arange(levels, dtype=np.uint64)).astype(kind)[:, None]
    free = (np.isnan(required) * bits).sum(axis=1, dtype=kind)
    # Units of one stratum side by side, so that each is compared with its own thresholds only.
    order = np.argsort(stratum.astype(np.min_scalar_type(strata)), kind="stable")
    ends = np.cumsum([0, *np.bincount(stratum, minlength=strata)]).tolist()
    cuts = np.ascontiguousarray(required.transpose(2, 0, 1))[..., None]
    passed = np.empty(value.shape, dtype=kind)
    grouped = np.empty(len(stratum))
    met = np.empty((levels, len(stratum)), dtype=bool)
    marks = np.empty(met.shape, dtype=kind)
    for row, numbers in enumerate(value):  # a row at a time stays in the processor's cache
        compare = np.less_equal if signs[row] < 0 else np.greater_equal
        if strata > 1:
            numbers = numbers.take(order, out=grouped, mode="clip")
        for code, (start, end) in enumerate(pairwise(ends)):
            compare(numbers[start:end], cuts[row, code], out=met[:, start:end])
        np.multiply(met.view(np.uint8), bits, out=marks)
        np.bitwise_or.reduce(marks, axis=0, out=passed[row])
    if strata > 1:
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        passed = passed.take(back, axis=1, mode="clip")
    if free.any():
        passed |= free[stratum].T
    return passed


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the levels ask: thresholds (S, L, R), and which of them leave the count, (R, U)."""

    framework: Framework
    indicators: tuple[Indicator, ...]
    required: Floats
    stratum: NDArray[np.intp]
    excluded: Bools | None

    @cached_property
    def below(self) -> dict[str, Bools]:
        """Indicators that each quorum counts, shape (R,), by the node it names."""
        names = {quorum.of for level in self.framework.levels for quorum in level.quorum}
        inside = {name: {item.id for item in self.framework.below(name)} for name in names}
        return {
            name: np.array([item.id in ids for item in self.indicators], dtype=bool)
            for name, ids in inside.items()
        }


def _held(asked: _Asked, passed: Bits) -> Bools:
    """Levels held, shape (L, U): own quorum, mandatory requirements, the level it comes after.

    A unit to which no requirement at all applies holds no level.
    """
    levels = asked.framework.levels
    order = {level.id: place for place, level in enumerate(levels)}
    every = np.bitwise_and.reduce(passed, axis=0)
    held = np.empty((len(levels), passed.shape[1]), dtype=bool)
    for place, level in enumerate(levels):
        if level.all_must_pass:
            held[place] = (every >> place) & 1
        else:
            met = ((passed >> place) & 1).astype(np.uint8, copy=False)
            held[place] = _quorum(asked, place, met)
        if level.after is not None:
            held[place] &= held[order[level.after]]
    if not len(passed):
        held[:] = False
    elif asked.excluded is not None:
        held &= ~asked.excluded.all(axis=0)
    return held


def _quorum(asked: _Asked, place: int, met: NDArray[np.uint8]) -> Bools:
    """Whether one level's quorums and mandatory requirements are met, shape (U,).

    In `met` (R, U) a requirement that is excluded stands as met: it is taken off again, from the
    requirements met and from the requirements counted.
    """
    level = asked.framework.levels[place]
    mandatory = np.array([i.id in level.mandatory for i in asked.indicators], dtype=bool)
    reached = np.asarray(met[mandatory].all(axis=0))
    rows_asked = ~np.isnan(asked.required[:, place])
    if (rows_asked == rows_asked[:1]).all():  # of every stratum the same
        groups = [(rows, slice(None)) for rows in rows_asked[:1]]
    else:
        groups = [(rows, asked.stratum == code) for code, rows in enumerate(rows_asked)]
    for rows, units in groups:
        for quorum in level.quorum:
            counted = rows & asked.below[quorum.of]
            good, total = _count(met[:, units], counted), counted.sum()
            if asked.excluded is not None:
                left = _count(asked.excluded[:, units].view(np.uint8), counted)
                good, total = good - left, total - left
            if quorum.count is not None:
                reached[units] &= good >= np.minimum(quorum.count, total)
            elif quorum.share is not None:
                # Room for binary fractions: 0.7 of 10 is 7, not 7.000000000000001.
                reached[units] &= good >= quorum.share * total - _HAIR
    return reached


def _count(marks: NDArray[np.uint8], rows: Bools) -> NDArray[np.intp]:
    """Sum of 0 and 1 over the rows chosen, shape (U,)."""
    chosen = marks if rows.all() else marks[rows]
    # Bytes add up several times faster, and 255 of them without overflow.
    kind = np.uint8 if len(chosen) < 256 else np.intp
    return np.asarray(np.add.reduce(chosen, axis=0, dtype=kind), dtype=np.intp)


def _highest(held: Bools) -> NDArray[np.int8]:
    places = np.arange(1, len(held) + 1, dtype=np.int8)[:, None]
    return np.asarray((held * places).max(axis=0, initial=0), dtype=np.int8)


def _named(codes: NDArray[Any], names: pd.Index | list[str]) -> pd.Categorical:
    """Categories by place; an index that is one already keeps what it knows of itself."""
    index = names if isinstance(names, pd.Index) else pd.Index(names, dtype=object)
    return pd.Categorical.from_codes(codes, categories=index, validate=False)
