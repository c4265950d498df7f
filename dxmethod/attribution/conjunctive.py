"""Which change moves a unit when every requirement must be met: a closed form, no enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..framework import Framework
from ..levels import Levels
from .shapley import Floats, Shares

Bits = NDArray[Any]


def is_chained(framework: Framework) -> bool:
    """Whether each level comes after the one before it."""
    return all(after.after == level.id for level, after in pairwise(framework.levels))


def is_conjunctive(framework: Framework) -> bool:
    """Whether each level asks for all of its requirements and for the level before it."""
    return is_chained(framework) and all(level.all_must_pass for level in framework.levels)


@dataclass(frozen=True, eq=False)
class Turns:
    """What each of P bundles, which touch no indicator in common, turns in U units.

    A unit reaches a level exactly when every bundle that lifts a failure is in and none that makes
    one is.

    Attributes
    ----------
    lifts, breaks : ndarray of unsigned int, shape (P, U)
        Bit k: the bundle turns failure into passing at level k (from 0), or passing into failure.
    live : ndarray of unsigned int, shape (U,)
        Bit k: no failure at level k stands before and after alike.
    levels : int
        L.
    """

    lifts: Bits
    breaks: Bits
    live: Bits
    levels: int

    @cached_property
    def counts(
        self,
    ) -> tuple[tuple[NDArray[np.intp], Bits, Bits, NDArray[np.intp], NDArray[np.intp]], ...]:
        """By level: units in play; lifts and breaks there, (P, V); how many of each, (V,)."""
        touched = np.bitwise_or.reduce(self.lifts | self.breaks, axis=0) & self.live
        found = []
        for level in range(self.levels):
            units = np.flatnonzero((touched >> level) & 1)
            lifts = (self.lifts[:, units] >> level) & 1
            breaks = (self.breaks[:, units] >> level) & 1
            found.append((units, lifts, breaks, _sum(lifts), _sum(breaks)))
        return tuple(found)


def turns(before: Levels, after: Levels, touched: Sequence[frozenset[str]]) -> Turns:
    """Find what each bundle turns, from the two ends alone.

    Parameters
    ----------
    before, after : Levels
        Of the same U units, under the two versions, both conjunctive with as many levels.
    touched : sequence of set of str
        Ids of the indicators that each bundle touches; no two share one.

    Returns
    -------
    Turns
    """
    levels = len(before.framework.levels)
    everything = before.passed.dtype.type((1 << levels) - 1)
    sides = [{item.id: row for row, item in enumerate(side.indicators)} for side in (before, after)]
    lifts = np.empty((len(touched), before.passed.shape[1]), dtype=before.passed.dtype)
    breaks = np.empty_like(lifts)
    mine: set[str] = set().union(*touched)
    rest = [row for name, row in sides[0].items() if name not in mine]
    live = _closed(before.passed, rest, levels, everything)
    for place, names in enumerate(touched):
        old = _closed(
            before.passed, [sides[0][n] for n in names if n in sides[0]], levels, everything
        )
        new = _closed(
            after.passed, [sides[1][n] for n in names if n in sides[1]], levels, everything
        )
        lifts[place] = new & ~old
        breaks[place] = old & ~new
        live &= old | new
    return Turns(lifts, breaks, live, levels)


def always_asked(before: Levels, after: Levels, touched: Sequence[frozenset[str]]) -> bool:
    """Whether, in every variant, each unit is asked for something: without that it holds nothing.

    Parameters
    ----------
    before, after, touched
        As for `turns`.

    Returns
    -------
    bool
        False when some unit's requirements may all be excluded by some choice of bundles.
    """
    if before.cells.excluded is None and after.cells.excluded is None:
        return bool(before.indicators) and bool(after.indicators)
    owner = {name: place for place, names in enumerate(touched) for name in names}
    asked = []
    for side in (before, after):
        found = np.zeros((len(touched) + 1, side.passed.shape[1]), dtype=bool)
        excluded = side.cells.excluded
        for row, item in enumerate(side.indicators):
            applies = True if excluded is None else ~excluded[row]
            found[owner.get(item.id, len(touched))] |= applies
        asked.append(found)
    return bool((asked[0] & asked[1]).any(axis=0).all())


def _closed(passed: Bits, rows: Sequence[int], levels: int, everything: Any) -> Bits:
    """Levels at which all of these rows pass, and at every level before, as bits, shape (U,)."""
    if not rows:
        return np.full(passed.shape[1], everything, dtype=passed.dtype)
    every = (
        passed[rows[0]].copy() if len(rows) == 1 else np.bitwise_and.reduce(passed[rows], axis=0)
    )
    kind = passed.dtype.type
    for _ in range(levels - 1):
        every &= (every << kind(1)) | kind(1)
    return np.asarray(every)


def _sum(marks: Bits) -> NDArray[np.intp]:
    kind = np.uint8 if len(marks) < 256 else np.intp
    return np.asarray(np.add.reduce(marks, axis=0, dtype=kind), dtype=np.intp)


def shares(found: Turns, start: Floats, end: Floats, groups: Floats) -> Shares:
    """Shapley values of the number of units at each level or above.

    Parameters
    ----------
    found : Turns
        Of P bundles and U units.
    start, end : ndarray of float, shape (G · L,)
        Units of each group at each level or above before any bundle, and with all.
    groups : ndarray of float, shape (U, G)
        1 where a unit belongs to a group.

    Returns
    -------
    Shares
        Outcomes group by group, and level by level within a group: K = G · L.

    Notes
    -----
    With a bundles that lift a failure and b that make one, each of the first gets
    (a − 1)! b! / (a + b)! and each of the others −a! (b − 1)! / (a + b)!.
    """
    players, size = len(found.lifts), groups.shape[1]
    out = np.zeros((4, players, size, found.levels))
    table = _weights(players)
    for level, (units, lifts, breaks, a, b) in enumerate(found.counts):
        if not len(units):
            continue
        where = groups[units]
        up, down = lifts.astype(np.float64), breaks.astype(np.float64)
        last_lift, first_break = _places(lifts, breaks)
        turned_up = last_lift < first_break
        joining = (
            (table[a, b], table[b, a]),
            (a == 1, a == 0),
            (b == 0, b == 1),
        )
        for kind, (lift, broken) in enumerate(joining):
            out[kind, :, :, level] = up @ (where * lift[:, None]) - down @ (where * broken[:, None])
        for sign, place in ((1, last_lift), (-1, first_break)):
            known = turned_up & (place >= 0) & (place < players)
            np.add.at(out[3, :, :, level], place[known], sign * where[known])
    flat = out.reshape(4, players, size * found.levels)
    shapley, alone, last, in_order = flat
    return Shares(shapley, alone, last, in_order, None, start, end, 0)


def _weights(players: int) -> Floats:
    """(a − 1)! b! / (a + b)! for a and b up to P; 0 for a = 0."""
    table = np.zeros((players + 1, players + 1))
    for a in range(1, players + 1):
        for b in range(players + 1 - a):
            table[a, b] = 1 / (a * comb(a + b, a))
    return table


def _places(lifts: Bits, breaks: Bits) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Place of the last bundle that lifts (−1: none) and of the first that breaks (P: none)."""
    players = len(lifts)
    last = players - 1 - np.argmax(lifts[::-1], axis=0)
    first = np.argmax(breaks, axis=0)
    last[~lifts.any(axis=0)] = -1
    first[~breaks.any(axis=0)] = players
    return last, first
