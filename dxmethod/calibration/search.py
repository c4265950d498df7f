"""Exact search along one threshold: the loss at every place where it could stand, in one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .problem import HAIR, Bools, Floats, Ints, Problem, Rule

Bins = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Line:
    """Where the thresholds of one criterion can stand.

    A threshold at place i, from 0 to B, lies above i of the B candidate values and not above the
    others: a unit passes when its bin, the number of candidates not above its value, is more
    than i.

    Attributes
    ----------
    cuts : ndarray of float, shape (B,)
        Candidate values, rising.
    edges : ndarray of float, shape (B + 2,)
        The candidates as normal quantiles of the units, between −inf and +inf: place i stands
        for thresholds between edges i and i + 1.
    bins : ndarray of int, shape (U,)
        Of each unit at worst; 0 never passes.
    missing : ndarray of int
        Units whose value is unknown.
    runs : tuple of (ndarray of int, ndarray of int)
        Of each stratum: its units with a known value from the highest value down, and how many
        of them pass at each place, shape (B + 1,).
    allowed : ndarray of bool, shape (L, S, B + 1)
        Places inside the bounds.
    levels : ndarray of int
        Levels that ask something.
    """

    cuts: Floats
    edges: Floats
    bins: Bins
    missing: Ints
    runs: tuple[tuple[Ints, Ints], ...]
    allowed: Bools
    levels: Ints


def line(problem: Problem, criterion: int, most: int) -> Line:
    """Lay out the candidates of one criterion.

    Parameters
    ----------
    problem : Problem
    criterion : int
    most : int
        Candidates kept: all distinct values, or so many of their quantiles.

    Returns
    -------
    Line
    """
    from scipy.special import ndtri

    j = criterion
    known = ~np.isnan(problem.values[:, j]) & ~problem.excluded[:, j]
    given = np.sort(problem.values[known, j])
    cuts = np.unique(given)
    if len(cuts) > most:
        cuts = np.unique(given[np.linspace(0, len(given) - 1, most).round().astype(int)])
    below = np.searchsorted(given, cuts, "left") + np.searchsorted(given, cuts, "right")
    edges = np.concatenate([[-np.inf], ndtri(below / (2 * max(len(given), 1))), [np.inf]])
    bins = np.searchsorted(cuts, problem.low[:, j], "right").astype(np.int32)
    strata = problem.draft.shape[0]
    runs = []
    for s in range(strata):
        rows = np.flatnonzero(known & (problem.stratum == s))
        order = rows[np.argsort(-bins[rows], kind="stable")]
        ends = np.searchsorted(-bins[order], -np.arange(len(cuts) + 1), "left")
        runs.append((order, ends))
    unknown = (problem.high[:, j] == np.inf) & (problem.low[:, j] == -np.inf)
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    lower, upper = problem.lower[:, :, j].T[..., None], problem.upper[:, :, j].T[..., None]
    return Line(
        cuts,
        edges,
        bins,
        np.flatnonzero(unknown & ~problem.excluded[:, j]),
        tuple(runs),
        (ends[:-1] < upper) & (ends[1:] >= lower),
        np.flatnonzero(problem.asked[:, :, j].any(axis=0)),
    )


def along(gain: Floats, line: Line) -> Floats:
    """Sum, at every place of a threshold, what is gained by the units that pass there.

    Parameters
    ----------
    gain : ndarray of float, shape (K, L, U)
        What is gained when a unit passes the criterion rather than fails.
    line : Line

    Returns
    -------
    ndarray of float, shape (K, L, S, B + 1)
        One cumulative sum over the units in the order of their values.
    """
    table = np.empty((*gain.shape[:-1], len(line.runs), len(line.cuts) + 1))
    for s, (order, ends) in enumerate(line.runs):
        sums = np.zeros((*gain.shape[:-1], len(order) + 1))
        gain.take(order, axis=-1).cumsum(axis=-1, out=sums[..., 1:])
        sums.take(ends, axis=-1, out=table[..., s, :], mode="clip")
    return table


def draw_nested(table: Floats, rng: np.random.Generator) -> Ints:
    """Draw places of thresholds that rise with the level, jointly and exactly.

    Parameters
    ----------
    table : ndarray of float, shape (..., L, B + 1)
        Log weight of every place of every level; −inf where it may not stand.

    Returns
    -------
    ndarray of int, shape (..., L)
        A draw from the product of the weights restricted to places that never fall: weights are
        summed forwards over the levels, and places drawn backwards.
    """
    levels, size = table.shape[-2:]
    forward = np.empty_like(table)
    below: Floats | float = 1.0
    for h in range(levels):
        weight = table[..., h, :] + np.log(below)
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight.cumsum(axis=-1, out=forward[..., h, :])
        below = np.maximum(forward[..., h, :], 1e-300)
    drawn = np.empty((*table.shape[:-2], levels), dtype=np.intp)
    last = forward[..., -1, -1:]
    for h in range(levels - 1, -1, -1):
        aim = rng.random(last.shape) * last
        drawn[..., h] = (forward[..., h, :] <= aim).sum(axis=-1)
        np.minimum(
            drawn[..., h], size - 1 if h == levels - 1 else drawn[..., h + 1], out=drawn[..., h]
        )
        if h:
            last = np.take_along_axis(forward[..., h - 1, :], drawn[..., h, None], axis=-1)
    return drawn


def passing(table: Floats) -> Floats:
    """Sums over the bins above each place: what passes when the threshold stands there."""
    above = np.zeros_like(table)
    above[..., :-1] = table[..., :0:-1].cumsum(axis=-1)[..., ::-1]
    return above


def draw_places(table: Floats, allowed: Bools, leader: Ints, rng: np.random.Generator) -> Ints:
    """Draw the places of one criterion's thresholds, strata with one threshold taken together.

    Parameters
    ----------
    table : ndarray of float, shape (K, L, S, B + 1)
        Log weight of every place; changed.
    allowed : ndarray of bool, shape (L, S, B + 1)
    leader : ndarray of int, shape (L, S)
        Stratum whose threshold each one follows.
    rng : numpy Generator

    Returns
    -------
    ndarray of int, shape (K, L, S)
    """
    for h, s in np.argwhere(leader != np.arange(leader.shape[1])):
        table[:, h, leader[h, s]] += table[:, h, s]
    table[:, ~allowed] = -np.inf
    drawn = draw_nested(table.transpose(0, 2, 1, 3), rng).transpose(0, 2, 1)
    return np.take_along_axis(drawn, np.broadcast_to(leader, drawn.shape), axis=2)


@dataclass(frozen=True, eq=False)
class Found:
    """Thresholds of least loss that a search met.

    Attributes
    ----------
    thresholds : ndarray of float, shape (S, L, m)
    loss : int
        Judged units and boundaries where "this level or above" is told wrongly.
    """

    thresholds: Floats
    loss: int


def search(problem: Problem, *, starts: int = 64, sweeps: int = 60, seed: int = 0) -> Found:
    """Look for thresholds that contradict the judges least, weights given, unknown values failing.

    Parameters
    ----------
    problem : Problem
        With known weights; the median judge counts.
    starts, sweeps : int
        Searches side by side, and how often each moves every threshold.
    seed : int

    Returns
    -------
    Found

    Notes
    -----
    Exact search along one threshold after another. Every place of least loss is equally likely;
    at first worse ones are likely too, so that searches leave local optima.
    """
    rng = np.random.default_rng(seed)
    several = _Searches(problem, starts, rng)
    best, least = [place.copy() for place in several.place], several.wrong()
    for number in range(sweeps):
        cold = 8.0 if number >= 0.8 * sweeps else 0.5 * 16 ** (number / sweeps)
        for j in rng.permutation(len(best)).tolist():
            several.move(j, cold)
        loss = several.wrong()
        for held, place in zip(best, several.place, strict=True):
            held[loss < least] = place[loss < least]
        least = np.minimum(loss, least)
    first = int(least.argmin())
    ends = [np.append(item.cuts, np.inf) for item in several.lines]
    chosen = [above[place[first]].T for above, place in zip(ends, best, strict=True)]
    thresholds = np.where(problem.asked, np.stack(chosen, axis=2), np.nan)
    return Found(thresholds, int(least[first]))


class _Searches:
    """Searches side by side, K of them: `place` holds (K, L, S) of each criterion."""

    def __init__(self, problem: Problem, starts: int, rng: np.random.Generator) -> None:
        strata, count, m = problem.draft.shape
        known = np.where(np.isnan(problem.values), -np.inf, problem.values)
        self.problem, self.rng = replace(problem, values=known), rng
        self.lines = [line(self.problem, j, len(known)) for j in range(m)]
        counts = problem.asked[problem.stratum] & ~problem.excluded[:, None]
        weight = np.ones(m) if problem.weights is None else problem.weights
        worth = np.array([weight if r.kind == "share" else np.ones(m) for r in problem.rules])
        self.worth = (counts * worth).transpose(2, 1, 0)  # (m, L, U); 0 where it does not count
        total = self.worth.sum(axis=0)
        self.needed = np.array([_needed(*pair) for pair in zip(problem.rules, total, strict=True)])
        self.said = problem.consensus > np.arange(count)[:, None]
        self.sign = np.where(problem.judged, 2.0 * self.said - 1, 0.0)
        shape = (starts, count, strata)
        self.place: list[Ints] = [
            np.sort(rng.integers(0, len(item.cuts) + 1, shape), axis=1) for item in self.lines
        ]

    def margin(self, but: int = -1) -> Floats:
        """What is met above what is needed, one criterion failing; (K, L, U)."""
        margin: Floats = np.zeros((len(self.place[0]), *self.needed.shape)) - self.needed
        for j, item in enumerate(self.lines):
            if j != but:
                above = self.place[j].take(self.problem.stratum, axis=2)
                margin += (item.bins > above) * self.worth[j]
        return margin

    def wrong(self) -> Ints:
        """Judged units and boundaries told wrongly, shape (K,)."""
        wrong = ((self.margin() >= 0) != self.said)[..., self.problem.judged]
        return np.asarray(wrong.sum(axis=(1, 2)))

    def move(self, j: int, cold: float) -> None:
        """Draw the thresholds of one criterion, an error less being exp(cold) times likelier."""
        others = self.margin(but=j)
        decides = (others < 0) & (others + self.worth[j] >= 0)
        table = cold * along(decides * self.sign, self.lines[j])
        leader = self.problem.leader[..., j].T
        self.place[j] = draw_places(table, self.lines[j].allowed, leader, self.rng)


def _needed(rule: Rule, total: Floats) -> Floats:
    if rule.kind == "share":
        return np.asarray((rule.limit or 0.5) * total - HAIR)
    return np.asarray(total if rule.limit is None else np.minimum(rule.limit, total))
