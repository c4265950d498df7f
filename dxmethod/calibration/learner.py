"""Draws of thresholds, weights and noise given what judges say: a Gibbs sampler over thresholds.

The units' values only matter through the order of the thresholds among them, so the conditional
distribution of one threshold, all else fixed, is a table over the units' distinct values, found
exactly by one cumulative sum (`search.along`). Several chains run side by side as the first
dimension of every array; cross-validation runs as further chains to which some labels are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .prior import DRAFT as DRAFT
from .prior import Prior
from .problem import Bools, Floats, Ints, Problem
from .search import Line, along, draw_places, passing
from .special import gammaln, ndtr, ndtri
from .unknown import Guess

SHARP = 20.0  # margin of one requirement where a level asks for all: half of it says yes or no
STEEPEST = 200.0  # of the share rule's scale: exp(200) squared is still a number
NOISIEST = 0.45  # a judge who errs half the time says nothing


class Chains:
    """K chains of the sampler.

    Parameters
    ----------
    problem : Problem
    lines : sequence of Line
        One a criterion.
    guess : Guess
        What unknown values may be.
    prior : sequence of str
        Name of each chain's prior; see `Prior`.
    seen : ndarray of bool, shape (K, U)
        Units whose judgements each chain may see.
    rng : numpy Generator

    Attributes
    ----------
    place : list of ndarray of int, shape (K, L, S)
        Of each criterion, where its thresholds stand on its line.
    state : ndarray, shape (K, L, U)
        Requirements failed where every level asks for all; else odds against being at the level.
    trust, word : ndarray of float, shape (K, L, U)
        How likely the judges' words are if the unit is at the level, over both cases; its logit.
    """

    def __init__(
        self,
        problem: Problem,
        lines: Sequence[Line],
        guess: Guess,
        prior: Sequence[str],
        seen: Bools,
        rng: np.random.Generator,
    ) -> None:
        self.problem, self.lines, self.rng = problem, lines, rng
        self.strata, self.count, self.m = problem.draft.shape
        self.chains, self.size = seen.shape
        labels = problem.labels[:, None, :]
        above, judged = labels > np.arange(self.count)[:, None], ~np.isnan(labels)
        self.said = np.stack([above & judged, ~above & judged]).astype(float)  # (2, J, L, U)
        self.seen = seen.astype(float)[:, None]
        rules = problem.rules
        self.hard = np.array([rule.kind == "all" for rule in rules])
        self.conjunctive = bool(self.hard.all())
        self.shares = np.flatnonzero([rule.kind == "share" for rule in rules])
        self.counted = np.flatnonzero([rule.kind == "count" for rule in rules])
        self.free_limit = np.flatnonzero([r.kind == "share" and r.limit is None for r in rules])
        self.learn = problem.weights is None and len(self.shares) > 0
        asked = problem.asked[problem.stratum] & ~problem.excluded[:, None]
        self.total = asked.sum(axis=2).T
        self.counts = None if asked.all() else np.ascontiguousarray(asked.transpose(2, 1, 0))
        self.prior = Prior(problem, lines, prior, rng)
        self._start(guess)

    def _start(self, guess: Guess) -> None:
        k, problem = self.chains, self.problem
        self.guess = [
            (guess.centre[item.missing, j], guess.spread[j]) for j, item in enumerate(self.lines)
        ]
        self.bins = [np.repeat(item.bins[None, item.missing], k, axis=0) for item in self.lines]
        # Says no of a unit that is at the level, says yes of one that is not; by chain and judge.
        self.error = np.full((2, k, len(problem.labels)), 0.01 if self.conjunctive else 0.1)
        self._trust()
        # Chains start far apart, or all of them stick in the same wrong place.
        start = self.rng.uniform(0.3, 0.95, k)
        self.limit = np.full((k, self.count), 0.5)
        for level in self.shares:
            self.limit[:, level] = problem.rules[level].limit or start
        self.scale = np.full(k, 20.0)
        self.shape, self.rate = np.full(k, 2.0), np.full(k, self.m / 10.0)
        self.step = np.full((k, self.m), 0.7)
        weights = np.ones(self.m) if problem.weights is None else problem.weights
        self.raw = np.tile(20 * weights / weights.sum(), (k, 1))
        if self.learn:
            self.raw *= self.rng.gamma(2.0, 0.5, self.raw.shape)
        # All must pass: nothing fails at first. A share: about as strict as the judges.
        yes, no = self.said.sum(axis=(1, 3))
        below = no / np.maximum(yes + no, 1) * (not self.conjunctive)
        at = np.sort(np.clip(below + 0.2 * self.rng.standard_normal((self.m, k, self.count)), 0, 1))
        at = at if len(self.free_limit) else np.broadcast_to(below, at.shape)
        self.place = [
            np.repeat((at[j] * len(item.cuts)).astype(np.intp)[..., None], self.strata, axis=2)
            for j, item in enumerate(self.lines)
        ]
        self._margins()

    def _slopes(self) -> Floats:
        """Margin that each criterion is worth, shape (K, L, m)."""
        slopes = np.empty((self.chains, self.count, self.m))
        slopes[:] = (self.scale / self.m)[:, None, None]
        slopes[:, self.hard] = SHARP
        slopes[:, self.shares] = self.raw[:, None]
        return slopes

    def _needed(self) -> Floats:
        """Margin at which each unit is halfway into each level, shape (K or 1, L, U)."""
        needed = np.empty((self.chains, self.count, self.size))
        for level, rule in enumerate(self.problem.rules):
            if rule.kind == "share":
                worth = self.raw.sum(axis=1)[:, None]
                if self.counts is not None:
                    worth = self.raw @ self.counts[:, level].astype(float)
                needed[:, level] = self.limit[:, level, None] * worth
            else:
                least = self.total[level] if rule.limit is None else rule.limit
                unit = SHARP if self.hard[level] else (self.scale / self.m)[:, None]
                needed[:, level] = (np.minimum(least, self.total[level]) - 0.5) * unit
        return needed

    def _margins(self) -> None:
        """Work out the state anew; steps in between keep it up by factors."""
        every = np.arange(self.count)
        if self.conjunctive:
            self.state = np.zeros((self.chains, self.count, self.size), dtype=np.int16)
            for j in range(self.m):
                self.state += self._fails(j, every)
            return
        self.slopes = self._slopes()
        margin = -self._needed()
        for j in range(self.m):
            margin += self.slopes[:, :, j, None] * self._passes(j, every)
        self.state = np.exp(-np.clip(margin, -STEEPEST, STEEPEST))

    def _fails(self, j: int, levels: Ints) -> Bools:
        fails = ~self._passes(j, levels)
        return fails if self.counts is None else fails & self.counts[j, levels]

    @property
    def odds(self) -> Floats:
        """Odds against each unit being at each level or above, shape (K, L, U)."""
        if self.conjunctive:
            return np.asarray(np.exp(SHARP * (np.minimum(self.state, 12) - 0.5)))
        return np.asarray(self.state)

    def _passes(self, j: int, levels: Ints) -> Bools:
        """Which units pass a criterion that counts for them, shape (K, levels, U)."""
        item, place = self.lines[j], self.place[j][:, levels]
        at = place if self.strata == 1 else place.take(self.problem.stratum, axis=2)
        passes = item.bins > at
        if len(item.missing):
            own = at if self.strata == 1 else at[..., item.missing]
            passes[..., item.missing] = self.bins[j][:, None] > own
        if self.counts is not None:
            passes &= self.counts[j, levels]
        return passes

    def _rest(self, j: int, levels: Ints, passes: Bools) -> tuple[NDArray[Any], Floats]:
        """State of the units if they fail one criterion, and the log ratio of passing to failing.

        Given odds o against the level, what was said has likelihood (a + (1 - a) o) / (1 + o): a
        ratio of two of these is bounded by those of a, whatever the margins.
        """
        if self.conjunctive:
            rest = self.state[:, levels] + passes
            gain = np.where(rest == 1, self.word[:, levels], 0.0)
        else:
            factor = np.exp(-self.slopes[:, levels, j])[..., None]
            rest = self.state[:, levels]
            rest = np.where(passes, rest / factor, rest)
            gain = _ratio(self.trust[:, levels], rest * factor, rest)
        if self.counts is not None:
            gain *= self.counts[j, levels]
        return rest, gain

    def _put(self, j: int, levels: Ints, rest: NDArray[Any], passes: Bools) -> None:
        if self.conjunctive:
            self.state[:, levels] = rest - passes
        else:
            factor = np.exp(-self.slopes[:, levels, j])[..., None]
            rest = np.where(passes, rest * factor, rest)
            if self.hard.any():  # dozens of failures would leave the range of numbers
                rest = np.clip(rest, np.exp(-STEEPEST), np.exp(STEEPEST))
            self.state[:, levels] = rest

    def _move(self, j: int) -> None:
        """Draw the thresholds of one criterion from their exact conditional distribution."""
        item, levels = self.lines[j], self.lines[j].levels
        rest, gain = self._rest(j, levels, self._passes(j, levels))
        table = along(gain, item)
        if len(item.missing):
            table += self._of_missing(gain[..., item.missing], j)
        # Prior weights: those of a leading stratum count once for all that follow it.
        leader = self.problem.leader[:, levels, j].T
        own = leader == np.arange(self.strata)
        table += np.where(own[..., None], self.prior.log_mass(j, levels), 0.0)
        places = draw_places(table, item.allowed[levels], leader, self.rng)
        self.place[j][:, levels] = places
        self._put(j, levels, rest, self._passes(j, levels))
        if len(item.missing):
            self._impute(j, rest, gain)

    def _of_missing(self, gain: Floats, j: int) -> Floats:
        item = self.lines[j]
        table = np.zeros((*gain.shape[:2], self.strata, len(item.cuts) + 1))
        k, h = np.ogrid[: gain.shape[0], : gain.shape[1]]
        stratum = self.problem.stratum[item.missing]
        np.add.at(table, (k[..., None], h[..., None], stratum, self.bins[j][:, None]), gain)
        return passing(table)

    def _impute(self, j: int, rest: NDArray[Any], gain: Floats) -> None:
        """Draw the unknown values of one criterion given the unit's others and its levels."""
        item, rows = self.lines[j], self.lines[j].missing
        centre, spread = self.guess[j]
        # A value passes the first g levels, from none to all of them, between these chances.
        at = self.place[j][:, item.levels][..., self.problem.stratum[rows]] + 1
        cuts = ndtr((item.edges[at] - centre) / spread)
        ends = np.pad(cuts, ((0, 0), (1, 1), (0, 0)), constant_values=((0, 0), (0, 1), (0, 0)))
        fit = np.pad(gain[..., rows].cumsum(axis=1), ((0, 0), (1, 0), (0, 0)))
        mass = np.diff(ends, axis=1) * np.exp(fit - fit.max(axis=1, keepdims=True))
        mass = mass.cumsum(axis=1)
        drawn = (mass <= self.rng.random(mass[:, -1:].shape) * mass[:, -1:]).sum(axis=1)
        drawn = np.minimum(drawn, len(item.levels))[:, None]
        low = np.take_along_axis(ends, drawn, axis=1)[:, 0]
        high = np.take_along_axis(ends, drawn + 1, axis=1)[:, 0]
        chance = low + self.rng.random(low.shape) * (high - low)
        value = centre + spread * ndtri(np.clip(chance, 1e-12, 1 - 1e-12))
        self.bins[j] = np.searchsorted(item.edges[1:-1], value, "right").astype(np.int32)
        self._put(j, item.levels, rest, self._passes(j, item.levels))

    def _trust(self, floor: float = 1e-5) -> None:
        no, yes = self.error
        said = np.einsum("kj,jlu->klu", np.log((1 - no) / yes), self.said[0])
        said -= np.einsum("kj,jlu->klu", np.log((1 - yes) / no), self.said[1])
        most = np.log((1 - floor) / floor)
        self.word = np.clip(said, -most, most) * self.seen
        self.trust = 1 / (1 + np.exp(-self.word))

    def _errors(self, floor: float, noisiest: float) -> None:
        """Draw how often each judge errs, given levels drawn from what all of them say."""
        yes = self.trust / (self.trust + (1 - self.trust) * self.odds)
        truly = (self.rng.random(yes.shape) < yes) * 1.0
        visible = self.seen
        right = np.einsum("klu,jlu->kj", truly * visible, self.said[0])
        missed = np.einsum("klu,jlu->kj", truly * visible, self.said[1])
        wrong = np.einsum("klu,jlu->kj", (1 - truly) * visible, self.said[0])
        agreed = np.einsum("klu,jlu->kj", (1 - truly) * visible, self.said[1])
        if len(self.problem.labels) == 1:  # one judge's severity is not to be told from thresholds
            both = self.rng.beta(1 + missed + wrong, 15 + right + agreed)
            self.error[:] = both
        else:
            self.error[0] = self.rng.beta(1 + missed, 15 + right)
            self.error[1] = self.rng.beta(1 + wrong, 15 + agreed)
        np.clip(self.error, 1e-4, noisiest, out=self.error)
        self._trust(floor)

    def _weigh(self, adapt: float) -> None:
        """Move each weight by Metropolis; prior Gamma(shape, rate)."""
        rows = self.shares
        limit = self.limit[:, rows, None]
        odds = self.odds[:, rows]
        fit = self._terms(odds, rows)
        for j in range(self.m):
            old = self.raw[:, j]
            jump = np.clip(self.step[:, j] * self.rng.standard_normal(self.chains), -9, 9)
            new = old * np.exp(jump)
            total = self.raw.sum(axis=1) + new - old
            inside = (total < STEEPEST) & (new > 1e-30)
            new = np.where(inside, new, old)
            delta = (new - old)[:, None, None]
            passes = self._passes(j, rows)
            lose, win = np.exp(delta * limit), np.exp(-delta * (1 - limit))
            change = np.where(passes, win, lose)
            if self.counts is not None:
                change = np.where(self.counts[j, rows], change, 1.0)
            moved = odds * change
            then = self._terms(moved, rows)
            gain = (then - fit) + self.shape * jump - self.rate * (new - old)
            accept = (np.log(self.rng.random(self.chains)) < gain) & inside
            self.raw[accept, j] = new[accept]
            odds[accept], fit[accept] = moved[accept], then[accept]
            self.step[:, j] *= np.exp(adapt * (accept - 0.44))
        self.state[:, rows] = odds
        self._shape()

    def _terms(self, odds: Floats, rows: Ints) -> Floats:
        a = self.trust[:, rows]
        return np.asarray(np.log((a + (1 - a) * odds) / (1 + odds)).sum(axis=(1, 2)))

    def _shape(self) -> None:
        """Shape and rate of the Gamma that weights come from."""
        total, logs = self.raw.sum(axis=1), np.log(self.raw).sum(axis=1)
        for _ in range(3):
            jump = 0.4 * self.rng.standard_normal(self.chains)
            new = self.shape * np.exp(jump)

            def density(shape: Floats) -> Floats:
                # The shape about 2, give or take a factor of three.
                fit = self.m * (shape * np.log(self.rate) - gammaln(shape)) + shape * logs
                return np.asarray(fit - np.log(shape / 2) ** 2 / 2)

            accept = np.log(self.rng.random(self.chains)) < density(new) - density(self.shape)
            self.shape = np.where(accept, new, self.shape)
        # Rate: the scale, shape·m/rate, about 30 a priori and hardly held.
        self.rate = self.rng.gamma(0.5 + self.m * self.shape) / (0.5 / self.m + total)

    def _stretch(self) -> None:
        """Move the scales of the margins, of shares and of counts, and an unknown share limit."""
        for rows, of_shares in ((self.shares, True), (self.counted, False)) * 2:
            if not len(rows):
                continue
            jump = np.clip(0.25 * self.rng.standard_normal(self.chains), -1, 1)
            grow, odds = np.exp(jump), self.odds[:, rows]
            power = odds ** grow[:, None, None]
            gain = self._terms(power, rows) - self._terms(odds, rows)
            scale = self.raw.sum(axis=1) if of_shares else self.scale
            if of_shares and self.learn:
                gain += self.m * self.shape * jump - self.rate * scale * (grow - 1)
            else:  # about 30, give or take a factor of three
                gain -= ((np.log(scale / 30) + jump) ** 2 - np.log(scale / 30) ** 2) / 2
            accept = (np.log(self.rng.random(self.chains)) < gain) & (scale * grow < STEEPEST)
            grow = np.where(accept, grow, 1.0)
            if of_shares:
                self.raw *= grow[:, None]
            else:
                self.scale *= grow
            self.state[:, rows] = np.where(accept[:, None, None], power, odds)
        if len(self.free_limit):
            self._shift()

    def _shift(self) -> None:
        rows = self.free_limit
        worth = self.raw.sum(axis=1)[:, None, None]
        if self.counts is not None:
            worth = np.einsum("kj,jlu->klu", self.raw, self.counts[:, rows])
        for size in (0.02, 0.08):
            old = self.limit[:, rows[0]]
            new = old + size * self.rng.standard_normal(self.chains)
            inside = (new > 0.02) & (new < 0.98)
            moved = self.odds[:, rows] * np.exp(
                np.where(inside, new - old, 0)[:, None, None] * worth
            )
            gain = self._terms(moved, rows) - self._terms(self.odds[:, rows], rows)
            accept = (np.log(self.rng.random(self.chains)) < gain) & inside
            self.limit[np.ix_(accept, rows)] = new[accept, None]
            self.state[:, rows] = np.where(accept[:, None, None], moved, self.odds[:, rows])

    def sweep(self, floor: float = 1e-5, adapt: float = 0.0, noisiest: float = NOISIEST) -> None:
        """Renew everything once.

        Parameters
        ----------
        floor : float
            Judges' words count at most as if one in so many were wrong.
        adapt : float
            How fast the steps of the weights learn; 0 once draws are kept.
        noisiest : float
            Most that a judge may err.
        """
        for j in self.rng.permutation(self.m):
            self._move(int(j))
        if self.learn:
            self._weigh(adapt)
        if not self.conjunctive:
            self._stretch()
        self._errors(floor, noisiest)
        self.prior.draw(self.place)
        self._margins()

    def fit(self) -> Floats:
        """Log likelihood of each chain, shape (K,)."""
        return self._terms(self.odds, np.arange(self.count))

    def reached(self) -> Floats:
        """Chance that each unit is at each level or above, shape (K, L, U)."""
        return np.minimum.accumulate(1 / (1 + self.odds), axis=1)

    def snapshot(self) -> tuple[Floats | Ints, ...]:
        """What a draw consists of: places, weights, limits, scale, errors, severity."""
        place = np.stack(self.place, axis=1)
        said = self.said.sum(axis=0)
        true = np.einsum("klu,jlu->kj", 1 / (1 + self.odds), said) - self.said[0].sum(axis=(1, 2))
        severity = true / np.maximum(said[:, 0].sum(axis=1), 1)
        error = self.error.transpose(1, 0, 2).copy()
        return place, self.raw.copy(), self.limit.copy(), self.scale.copy(), error, severity

    def pivots(self) -> Floats:
        """Part of the chains in which one criterion decides a unit's level, shape (m, L, U).

        All must pass: the unit fails on that criterion alone. A share: the unit is on one side
        of the limit with it and on the other without.
        """
        part = np.empty((self.m, self.count, self.size))
        every = np.arange(self.count)
        for j in range(self.m):
            passes = self._passes(j, every)
            if self.conjunctive:
                alone = (self.state == 1) & self._fails(j, every)
            else:
                factor = np.exp(-self.slopes[:, :, j])[..., None]
                rest = np.where(passes, self.state / factor, self.state)
                alone = (rest > 1) & (rest * factor <= 1) & (~passes | ~self.hard[:, None])
                if self.counts is not None:
                    alone &= self.counts[j]
            part[j] = alone.mean(axis=0)
        return part

    def copy(self, of: Ints) -> None:
        """Let each chain go on from where another one stands."""
        self.prior.copy(of)
        for name in ("limit", "scale", "shape", "rate", "step", "raw"):
            setattr(self, name, getattr(self, name)[of])
        self.place = [place[of] for place in self.place]
        self.bins = [bins[of] for bins in self.bins]
        self.error = self.error[:, of]
        self._trust()
        self._margins()


def _ratio(a: Floats, better: NDArray[Any], worse: NDArray[Any]) -> Floats:
    """Log ratio of likelihoods at two odds, as one product of bounded ratios."""
    ratio = (a + (1 - a) * better) * (1 + worse)
    ratio /= (1 + better) * (a + (1 - a) * worse)
    return np.asarray(np.log(ratio))
