"""The levels kernel: which level a unit holds, at worst and at best, and what blocks the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .cells import Bools, Cells, Floats, lay_out
from .framework import Framework, Indicator, Level, by_stratum
from .observations import Observations

Bits = NDArray[Any]


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

    def blockers(self) -> pd.DataFrame:
        """Requirements that a unit fails at the level above the one it holds.

        Returns
        -------
        DataFrame
            One row a failed requirement: `unit`, `level` (sought), `indicator`, `required`, `value` (NaN
            when none counts), `gap` (what is missing, in the concept's unit).
        """
        kind = self.passed.dtype.type
        sought = np.left_shift(kind(1), self.level.astype(kind))
        sought[self.level == len(self.framework.levels)] = 0
        row, unit = np.divmod(np.flatnonzero((self.passed & sought) != sought), len(self.level))
        place = self.level[unit]
        required = self.required[self.stratum[unit], place, row]
        value = self.cells.value[row, unit]
        return pd.DataFrame(
            {
                "unit": _named(unit, self.observations.units.index),
                "level": _named(place, [level.id for level in self.framework.levels]),
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
    Sorting with a profile per level, conjunctive or by quorum. A cell is one small integer with a bit
    for each level, so one reduction over the indicators answers for every level at once.
    """
    indicators = tuple(item for item in framework.indicators if item.required)
    cells = lay_out([item.concept for item in indicators], observations, framework.policy)
    required, stratum = _thresholds(framework, indicators, observations)
    signs = _signs(indicators, observations)
    passed = _passed(cells.value, required, stratum, signs)
    everything = passed.dtype.type((1 << len(framework.levels)) - 1)
    if cells.excluded is not None:
        passed |= cells.excluded * everything
    held = _held(framework, indicators, required, stratum, passed, cells.excluded)
    best = held
    if cells.unknown is not None:
        hopeful = passed | cells.unknown * everything
        best = _held(framework, indicators, required, stratum, hopeful, cells.excluded)
    return Levels(framework, observations, indicators, required, stratum, cells, passed, held, best)


def _signs(indicators: tuple[Indicator, ...], observations: Observations) -> Floats:
    """+1 where more is better, −1 where less is, shape (R,)."""
    concepts = {concept.id: concept.sign for concept in observations.concepts}
    return np.array([concepts.get(item.concept, 1.0) for item in indicators])


def _thresholds(
    framework: Framework, indicators: tuple[Indicator, ...], observations: Observations
) -> tuple[Floats, NDArray[np.intp]]:
    """Thresholds (S, L, R), NaN where nothing is asked, and the stratum of each unit.

    A unit whose stratum a requirement does not name takes that requirement's "*".
    """
    shape = (len(framework.levels), len(indicators))
    table: dict[str, Floats] = {"*": np.full(shape, np.nan)}
    for item in indicators:
        for required in item.required.values():
            table.update((s, np.full(shape, np.nan)) for s in by_stratum(required) if s != "*")
    for stratum, thresholds in table.items():
        for row, item in enumerate(indicators):
            for place, level in enumerate(framework.levels):
                asked = by_stratum(item.required.get(level.id, {}))
                thresholds[place, row] = asked.get(stratum, asked.get("*", np.nan))
    names = list(table)
    codes = np.zeros(len(observations.units), dtype=np.intp)
    if len(names) > 1 and "stratum" in observations.units:
        codes = pd.Index(names).get_indexer(pd.Index(observations.units["stratum"]))
        codes = np.maximum(codes, 0)
    return np.stack(list(table.values())), codes


def _passed(value: Floats, required: Floats, stratum: NDArray[np.intp], signs: Floats) -> Bits:
    """Bit k of each cell: requirement at level k met, or not asked. Shape (R, U)."""
    kind = np.min_scalar_type((1 << required.shape[1]) - 1)
    passed = np.zeros(value.shape, dtype=kind)
    for code in range(len(required)):
        if len(required) == 1:
            _compare(value, required[0], signs, passed)
            break
        units = np.flatnonzero(stratum == code)
        if units.size:
            part = np.zeros((len(value), units.size), dtype=kind)
            _compare(np.take(value, units, axis=1), required[code], signs, part)
            passed[:, units] = part
    return passed


def _compare(value: Floats, required: Floats, signs: Floats, passed: Bits) -> None:
    """Set the bits of one stratum: required is (L, R), value and passed are (R, U)."""
    met = np.empty(value.shape, dtype=bool)
    falling = np.flatnonzero(signs < 0)
    for place, thresholds in enumerate(required):
        np.greater_equal(value, thresholds[:, None], out=met)
        for row in falling:
            np.less_equal(value[row], thresholds[row], out=met[row])
        met[np.isnan(thresholds)] = True
        passed |= np.left_shift(met, place, dtype=passed.dtype)


def _held(
    framework: Framework,
    indicators: tuple[Indicator, ...],
    required: Floats,
    stratum: NDArray[np.intp],
    passed: Bits,
    excluded: Bools | None,
) -> Bools:
    """Levels held, shape (L, U): own quorum, mandatory requirements, and the level it comes after."""
    every = np.bitwise_and.reduce(passed, axis=0)
    held = np.empty((len(framework.levels), passed.shape[1]), dtype=bool)
    order = {level.id: place for place, level in enumerate(framework.levels)}
    for place, level in enumerate(framework.levels):
        if level.all_must_pass:
            held[place] = (every >> place) & 1
        else:
            asked = ~np.isnan(required[:, place])
            met = ((passed >> place) & 1).astype(np.float32)
            held[place] = _quorum(framework, level, indicators, asked, stratum, met, excluded)
        if level.after is not None:
            held[place] &= held[order[level.after]]
    return held


def _quorum(
    framework: Framework,
    level: Level,
    indicators: tuple[Indicator, ...],
    asked: Bools,
    stratum: NDArray[np.intp],
    met: NDArray[np.float32],
    excluded: Bools | None,
) -> Bools:
    """Whether every quorum of one level is reached, shape (U,).

    `asked` is (S, R). In `met` (R, U) a requirement that is not asked, or is excluded, stands as
    met; both are taken off again, from the requirements met and from the requirements counted.
    """
    names = [item.id for item in indicators]
    reached = np.ones(met.shape[1], dtype=bool)
    if excluded is not None:
        here = asked[0][:, None] if len(asked) == 1 else asked[stratum].T
        excluded = np.logical_and(excluded, here)
    for quorum in level.quorum:
        below = {item.id for item in framework.below(quorum.of)}
        rows = np.array([name in below for name in names], dtype=np.float32)
        left = 0.0 if excluded is None else rows @ excluded.astype(np.float32)
        total = (asked @ rows)[stratum] - left
        good = rows @ met - (~asked @ rows)[stratum] - left
        if quorum.count is not None:
            reached &= good >= np.minimum(quorum.count, total)
        elif quorum.share is not None:
            # Room for binary fractions: 0.7 of 10 is 7, not 7.000000000000001.
            reached &= good >= quorum.share * total - 1e-4
    mandatory = np.array([name in level.mandatory for name in names])
    reached &= met[mandatory].all(axis=0)
    return reached


def _highest(held: Bools) -> NDArray[np.int8]:
    places = np.arange(1, len(held) + 1, dtype=np.int8)[:, None]
    return np.asarray((held * places).max(axis=0, initial=0), dtype=np.int8)


def _named(codes: NDArray[Any], names: Any) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names), validate=False)
