"""The smallest revisions: which few thresholds to move, on a grid, so that levels agree best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .problem import Bools, Floats, Ints
from .result import Calibration

COLUMNS = (
    "indicator", "level", "stratum", "old", "new", "size", "point", "low", "high", "decisive",
)  # fmt: skip
SURE = 0.9  # of the draws, on one side of the draft's threshold, before it may move there
EVIDENCE = 1.0  # judged units that decide a threshold, on average over the draws
_HAIR = 1e-9
_SMALL = 1e-6  # what a whole range of movement costs: it only settles ties
_ROUNDS = 4  # of swaps and of repeated line searches; they end by themselves long before


@dataclass(frozen=True, eq=False)
class Places:
    """Where thresholds may be put.

    Attributes
    ----------
    grid : tuple of ndarray of float
        Of each of the m criteria, ascending, as values are reported.
    scale : ndarray of float, shape (m,)
        What a move is measured by: the range of the concept.
    """

    grid: tuple[Floats, ...]
    scale: Floats


@dataclass(frozen=True, eq=False)
class Point:
    """The best revision found with so many changes.

    Attributes
    ----------
    count : int
        Thresholds changed.
    size : float
        Sum of the moves, each as a share of the concept's range.
    thresholds : ndarray of float, shape (S, L, m)
        Of all, changed or not, direction-corrected as in the problem.
    level : ndarray of int, shape (U,)
        Level of each unit under them, unknown values failing.
    expected : float
        Expected squared distance, in levels, between the level under these thresholds and the
        unit's own, a mean over the judged units.
    exact, kappa : float
        Agreement with what the judges said of the same units: it flatters.
    changes : DataFrame
        A row a changed threshold, as reported: `indicator`, `level`, `stratum` (one of those that
        share the threshold), `old`, `new`, `size`, `point`, `low`, `high` (posterior median and
        90 % interval), `decisive` (units).
    """

    count: int
    size: float
    thresholds: Floats
    level: Ints
    expected: float
    exact: float
    kappa: float
    changes: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Frontier:
    """Revisions by number of changes; each is better than all with fewer.

    Attributes
    ----------
    calibration : Calibration
    places : Places
    points : tuple of Point
        The draft first.
    """

    calibration: Calibration
    places: Places
    points: tuple[Point, ...]

    def at_most(self, count: int) -> Point:
        """The best revision with at most so many changes."""
        return [point for point in self.points if point.count <= count][-1]


def frontier(
    calibration: Calibration, places: Places, *, most: int = 12, strata: Sequence[str] = ()
) -> Frontier:
    """Find, for 0, 1, 2, … changes, those that bring levels closest to the calibrated ones.

    Parameters
    ----------
    calibration : Calibration
    places : Places
    most : int
        Changes at most.
    strata : sequence of str, optional
        Strata from the one asked most to the one asked least: thresholds never rise along it.

    Returns
    -------
    Frontier

    Notes
    -----
    What is minimised is the expected squared distance between the level that the revised draft
    gives a unit and the unit's level under the draws. It is the part of the quadratic weighted
    kappa that thresholds can change; and one misjudged unit hardly moves it, for the draws have
    already weighed judges' errors. A threshold moves only where the data speak of it (`movable`),
    towards its posterior and never beyond its 90 % interval, nor across neighbouring levels.
    Ties go to the smaller move.

    Under "all must pass" several thresholds may have to move before anything gets better. So a
    path goes backwards from the rounded posterior, dropping what is missed least, beside the one
    that goes forward by exact search along every threshold; at each number the better of both is
    kept, and improved by swaps. Against all sets of changes, on random problems of up to 30 units,
    3 criteria and 2 levels: none of 271 points was missed where all must pass, 2 of 275 under a
    share rule.
    """
    board = _Board(calibration, places, strata)
    dropped = board.backward(most)
    found = [np.zeros(len(board.of), dtype=np.intp)]
    for count in range(1, most + 1):
        tried = [board.added(found[-1]), *board.two_added(found[-2:-1]), *dropped.get(count, ())]
        found.append(max((found[-1], *map(board.swapped, tried)), key=board.worth))
    kept: list[Ints] = []
    for one in found[::-1]:  # the last is the best: of the others, those with fewer changes
        if not kept or board.changed(one).sum() < board.changed(kept[-1]).sum():
            kept.append(one)
    return Frontier(calibration, places, tuple(map(board.point, kept[::-1])))


def kappa(found: Floats, said: Floats, weights: Floats | None = None) -> Floats:
    """Quadratic weighted kappa from moments; leading dimensions of the weights are kept.

    Parameters
    ----------
    found, said : ndarray of float, shape (n,)
        Levels.
    weights : ndarray of float, shape (..., n), optional
        How often each pair counts.

    Returns
    -------
    ndarray of float, shape (...)
        One minus the mean squared distance over the one expected of independent levels; NaN where
        all levels are the same.
    """
    weight = np.ones(len(found)) if weights is None else weights
    total = weight.sum(axis=-1)
    moments = [weight @ part for part in (found, said, found**2 + said**2, (found - said) ** 2)]
    first, second, squares, apart = (part / total for part in moments)
    chance = squares - 2 * first * second
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(chance > 0, 1 - apart / chance, np.nan))


class _Board:
    """Thresholds of the draft and their places, and what each costs in agreement.

    Attributes
    ----------
    of : ndarray of int, shape (A, 3)
        Stratum, level and criterion of each threshold, identical ones counted once.
    stands : ndarray of float, shape (A, P)
        Places of each: the draft's first, then of the grid; NaN after the last.
    free : ndarray of int
        Thresholds that may move.
    """

    def __init__(self, calibration: Calibration, places: Places, strata: Sequence[str]) -> None:
        self.calibration, self.problem, self.places = calibration, calibration.problem, places
        problem = self.problem
        own = problem.leader == np.arange(len(problem.draft))[:, None, None]
        self.of = np.argwhere(own & problem.asked)
        self.atom = np.full(problem.draft.shape, -1)
        self.atom[tuple(self.of.T)] = np.arange(len(self.of))
        h, j = np.indices(problem.draft.shape)[1:]
        self.atom = np.where(problem.asked, self.atom[problem.leader, h, j], -1)
        self.draft = problem.draft[tuple(self.of.T)]
        self.pairs = self._pairs(strata)
        self.stands = self._stands()
        self.free = np.flatnonzero(~np.isnan(self.stands[:, 1:]).all(axis=1))
        _, h, j = self.of[self.free].T
        scale = places.scale[j][:, None]
        self.size = np.abs(self.stands[self.free] - self.draft[self.free][:, None]) / scale
        member = self.atom[problem.stratum[None], h[:, None], j[:, None]] == self.free[:, None]
        self.member = member & ~problem.excluded.T[j]
        value = problem.low.T[j]
        with np.errstate(invalid="ignore"):
            passes = value[:, None] >= self.stands[self.free][..., None] - _HAIR
        self.passes = (passes & self.member[:, None]).astype(float)  # (F, P, U)
        self._rules()
        self.payoff = self._payoff()

    def _rules(self) -> None:
        """Weights of the criteria and what each level needs, shape (L, U)."""
        problem = self.problem
        self.weight = np.ones(len(problem.criteria)) if problem.weights is None else problem.weights
        asked = problem.asked[problem.stratum] & ~problem.excluded[:, None]  # (U, L, m)
        drafted = problem.draft[problem.stratum]
        with np.errstate(invalid="ignore"):
            met = asked & (problem.low[:, None] >= drafted - _HAIR)
        self.met = (met @ self.weight).T
        self.need = np.empty(self.met.shape)
        for level, rule in enumerate(problem.rules):
            count, worth = asked[:, level].sum(axis=1), asked[:, level] @ self.weight
            if rule.kind == "share":
                limit = rule.limit or float(np.median(self.calibration.limit[:, level]))
                self.need[level] = limit * worth
            else:
                self.met[level] = met[:, level].sum(axis=1)
                limit = count if rule.limit is None else np.minimum(rule.limit, count)
                self.need[level] = limit
        share = np.array([rule.kind == "share" for rule in problem.rules])
        level, criterion = self.of[self.free, 1], self.of[self.free, 2]
        self.worth_of = np.where(share[level], self.weight[criterion], 1.0)[:, None]

    def _payoff(self) -> Floats:
        """Minus the expected squared distance of each unit from each level, shape (U, L + 1)."""
        levels = np.arange(len(self.problem.levels) + 1)
        apart = (levels[:, None] - levels) ** 2.0
        judged = self.problem.judged
        apart = self.calibration.chances @ apart
        return np.asarray(-apart * (judged / max(judged.sum(), 1))[:, None])

    def _pairs(self, strata: Sequence[str]) -> Ints:
        """Thresholds of which one must not exceed the next, if it does not in the draft."""
        found: list[tuple[int, int]] = []
        for rows in self.atom:
            for column in rows.T:
                asked = column[column >= 0].tolist()
                found += pairwise(asked)
        known = self.problem.strata  # one that has no threshold of its own is among "*"
        named = [name if name in known else "*" for name in strata]
        order = [known.index(name) for name in named if name in known]
        for above, below in pairwise(order):
            both = (self.atom[above] >= 0) & (self.atom[below] >= 0)
            found += zip(self.atom[below][both], self.atom[above][both], strict=True)
        pairs = np.array(sorted({pair for pair in found if pair[0] != pair[1]}), dtype=np.intp)
        pairs = pairs.reshape(-1, 2)
        return pairs[self.draft[pairs[:, 0]] <= self.draft[pairs[:, 1]] + _HAIR]

    def _stands(self) -> Floats:
        may, problem = movable(self.calibration), self.problem
        found = []
        for (s, h, j), own in zip(self.of, self.draft, strict=True):
            grid = np.sort(problem.sign[j] * self.places.grid[j])
            low, high = self.calibration.low[s, h, j], self.calibration.high[s, h, j]
            low, high = min(low, own), max(high, own)
            low, high = max(low, problem.lower[s, h, j]), min(high, problem.upper[s, h, j])
            inside = (grid >= low - _HAIR) & (grid <= high + _HAIR) & (np.abs(grid - own) > _HAIR)
            found.append([own, *grid[inside & bool(may[s, h, j])]])
        width = max(map(len, found), default=1)
        return np.array([[*row, *[np.nan] * (width - len(row))] for row in found])

    def thresholds(self, at: Ints) -> Floats:
        """Thresholds of all strata, shape (S, L, m)."""
        now = np.append(self.stands[np.arange(len(at)), at], np.nan)
        return np.asarray(now[self.atom])

    def room(self, at: Ints) -> Bools:
        """Places of the free thresholds that their neighbours leave open, shape (F, P)."""
        now = self.stands[np.arange(len(at)), at]
        least, most = np.full(len(at), -np.inf), np.full(len(at), np.inf)
        np.maximum.at(least, self.pairs[:, 1], now[self.pairs[:, 0]])
        np.minimum.at(most, self.pairs[:, 0], now[self.pairs[:, 1]])
        stands = self.stands[self.free]
        with np.errstate(invalid="ignore"):
            inside = stands >= least[self.free, None] - _HAIR
            return np.asarray(inside & (stands <= most[self.free, None] + _HAIR))

    def now(self, at: Ints) -> tuple[Floats, Floats]:
        """What units meet, shape (L, U), and which pass the free thresholds, shape (F, U)."""
        index = np.arange(len(self.free))
        passing = self.passes[index, at[self.free]]
        met = self.met.copy()
        moved = (passing - self.passes[:, 0]) * self.worth_of
        np.add.at(met, self.of[self.free, 1], moved)
        return met, passing

    def levels(self, at: Ints) -> Ints:
        """Level of each unit, shape (U,)."""
        reached = self.now(at)[0] >= self.need - _HAIR
        return np.asarray(np.logical_and.accumulate(reached).sum(axis=0))

    def worth(self, at: Ints) -> float:
        """Agreement expected, less next to nothing for the size of the moves."""
        agreed = self.payoff[np.arange(len(self.payoff)), self.levels(at)].sum()
        return float(agreed - _SMALL * self.size[np.arange(len(self.free)), at[self.free]].sum())

    def search(self, at: Ints) -> Floats:
        """Worth with one threshold at another place and all others as they are, shape (F, P).

        A unit's level takes two values as one threshold moves: passing and failing it.
        """
        met, passing = self.now(at)
        reached = met >= self.need - _HAIR
        level = np.logical_and.accumulate(reached).sum(axis=0)
        run = np.zeros((len(reached) + 1, reached.shape[1]), dtype=np.intp)
        for h in range(len(reached) - 1, -1, -1):
            run[h] = np.where(reached[h], run[h + 1] + 1, 0)
        place, units = np.arange(len(reached))[:, None], np.arange(len(level))
        at_it = np.where(level >= place, place + 1 + run[1:], level)
        good = self.payoff[units, at_it]
        poor = self.payoff[units, np.minimum(level, place)]
        h = self.of[self.free, 1]
        rest, need = met[h] - self.worth_of * passing, self.need[h] - _HAIR
        if_fails = np.where(rest >= need, good[h], poor[h])
        gain = np.where(rest + self.worth_of >= need, good[h], poor[h]) - if_fails
        fixed = np.where(self.member, if_fails, self.payoff[units, level]).sum(axis=1)
        found = fixed[:, None] + np.einsum("fpu,fu->fp", self.passes, gain * self.member)
        sizes = self.size[np.arange(len(self.free)), at[self.free]]
        found -= _SMALL * (self.size + (sizes.sum() - sizes)[:, None])
        return np.where(self.room(at), found, -np.inf)

    def changed(self, at: Ints) -> Bools:
        """Whether each free threshold stands elsewhere than in the draft, shape (F,)."""
        return np.asarray(at[self.free] > 0)

    def put(self, at: Ints, found: Floats) -> Ints:
        """The best of one move; as before where none is left."""
        if not np.isfinite(found).any():
            return at
        one, place = np.unravel_index(np.argmax(found), found.shape)
        at = at.copy()
        at[self.free[one]] = place
        return at

    def refined(self, at: Ints, only: Bools | None = None) -> Ints:
        """Move one threshold after another to where it serves best, until none gains."""
        for _ in range(_ROUNDS * len(self.free)):
            found = self.search(at)
            found[~(self.changed(at) if only is None else only)] = -np.inf
            better = self.put(at, found)
            if np.array_equal(better, at) or self.worth(better) <= self.worth(at) + 1e-12:
                break
            at = better
        return at

    def added(self, at: Ints) -> Ints:
        """One more change, where it serves best; then all changes moved anew."""
        found = self.search(at)
        found[self.changed(at)] = -np.inf
        return self.refined(self.put(at, found))

    def two_added(self, start: Sequence[Ints]) -> list[Ints]:
        """Two more changes, each threshold in turn the first, even if alone it loses."""
        found = []
        for at in start:
            table = self.search(at)
            table[self.changed(at)] = -np.inf
            table[:, 0] = -np.inf
            for one in np.flatnonzero(np.isfinite(table).any(axis=1)):
                first = at.copy()
                first[self.free[one]] = np.argmax(table[one])
                found.append(self.added(first))
        return [max(found, key=self.worth)] if found else []

    def swapped(self, at: Ints) -> Ints:
        """Trade changes for others as long as that gains."""
        for _ in range(_ROUNDS):
            best = at
            for one in self.free[self.changed(at)]:
                without = at.copy()
                without[one] = 0
                if self.orderly(without):
                    best = max(best, self.added(self.refined(without)), key=self.worth)
            if self.worth(best) <= self.worth(at) + 1e-12:
                break
            at = best
        return at

    def orderly(self, at: Ints) -> bool:
        now = self.stands[np.arange(len(at)), at]
        return bool((now[self.pairs[:, 0]] <= now[self.pairs[:, 1]] + _HAIR).all())

    def backward(self, most: int) -> dict[int, list[Ints]]:
        """From everything at its posterior median, drop what is missed least; by number left."""
        s, h, j = self.of[self.free].T
        goal = self.calibration.point[s, h, j][:, None]
        at = np.zeros(len(self.of), dtype=np.intp)
        for _ in range(3):  # again, since neighbours make room for one another
            room = np.abs(np.where(self.room(at), self.stands[self.free], np.inf) - goal)
            for one, nearest in zip(self.free, np.argmin(room, axis=1), strict=True):
                trial = at.copy()
                trial[one] = nearest
                at = trial if self.orderly(trial) else at
        at = self.refined(at)
        found: dict[int, list[Ints]] = {}
        while count := int(self.changed(at).sum()):
            if count <= most:
                found[count] = [at]
            table = self.search(at)[:, :1]
            table[~self.changed(at)] = -np.inf
            if not np.isfinite(table).any():
                break
            at = self.put(at, table)
            at = self.refined(at) if count <= 2 * most else at
        return found

    def point(self, at: Ints) -> Point:
        judged, said = self.problem.judged, self.problem.consensus
        every = self.levels(at)
        level = every[judged].astype(float)
        index = np.arange(len(self.free))
        size = float(self.size[index, at[self.free]].sum())
        return Point(
            count=int(self.changed(at).sum()),
            size=size,
            thresholds=self.thresholds(at),
            level=every,
            expected=-self.worth(at) - _SMALL * size,
            exact=float((level == said[judged]).mean()),
            kappa=float(kappa(level, said[judged])),
            changes=self.table(at),
        )

    def table(self, at: Ints) -> pd.DataFrame:
        problem, found = self.problem, self.calibration
        rows: list[dict[str, Any]] = []
        for one in np.flatnonzero(self.changed(at)):
            atom = self.free[one]
            s, h, j = place = tuple(self.of[atom].tolist())
            ends = [found.low[place], found.point[place], found.high[place]]
            low, middle, high = sorted(float(problem.sign[j] * end) for end in ends)
            rows.append(
                {
                    "indicator": problem.criteria[j],
                    "level": problem.levels[h],
                    "stratum": problem.strata[s],
                    "old": float(problem.sign[j] * self.draft[atom]),
                    "new": float(problem.sign[j] * self.stands[atom, at[atom]]),
                    "size": float(self.size[one, at[atom]]),
                    "point": middle,
                    "low": low,
                    "high": high,
                    "decisive": int(found.decisive[place]),
                }
            )
        return pd.DataFrame(rows, columns=list(COLUMNS))


def movable(calibration: Calibration) -> Bools:
    """Thresholds of which the data say enough to move them.

    Parameters
    ----------
    calibration : Calibration

    Returns
    -------
    ndarray of bool, shape (S, L, m)
        At least `SURE` of the draws stand on one side of the draft's threshold; and it is the
        judged units that say so, not the prior: on average over the draws, at least `EVIDENCE` of
        them are decided by this threshold. That is less than for a threshold to be pinned: which
        way to move is known sooner than where exactly the threshold stands.
    """
    problem, draws = calibration.problem, calibration.thresholds
    with np.errstate(invalid="ignore"):
        sides = [(draws > problem.draft).mean(axis=0), (draws < problem.draft).mean(axis=0)]
    mass = np.empty(problem.draft.shape)
    for s, leader in enumerate(problem.leader):
        own = (problem.leader[problem.stratum] == leader) & problem.judged[:, None, None]
        mass[s] = np.einsum("jlu,ulj->lj", calibration.pivots, own)
    return np.asarray(problem.asked & (np.maximum(*sides) >= SURE) & (mass >= EVIDENCE))
