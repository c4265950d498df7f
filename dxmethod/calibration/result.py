"""Thresholds and weights that agree with the judges, how surely, and what stands behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .draws import Draws, sample
from .learner import SHARP, Chains
from .prior import ADDITIVE, DRAFT, FLAT
from .problem import Bools, Floats, Ints, Problem
from .search import Line, line
from .special import ndtr
from .unknown import Guess, guess, quantiles

UNPINNED = "không xác định được"
DECISIVE = 5  # units without which a threshold is not pinned
WIDE = 0.6  # an interval that covers so much of the units says hardly more than no data at all
MANY = 500  # judged units, from which on the prior hardly matters
FEW = 100  # thresholds
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Settings:
    """How much work the sampler does; None: by the number of units.

    Attributes
    ----------
    priors : tuple of str
        Priors among which cross-validation inside the sample chooses; the first where there are
        so many units that it does not matter.
    chains, warm, keep : int, optional
        Chains, sweeps to warm up, sweeps kept.
    folds : int
        Of the choice among priors.
    draws : int
        Draws that the result holds at most.
    """

    priors: tuple[str, ...] = (ADDITIVE, FLAT, DRAFT)
    chains: int | None = None
    warm: int | None = None
    keep: int | None = None
    folds: int = 3
    draws: int = 240


DEFAULTS = Settings()


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the judged units say of thresholds and weights.

    Thresholds are direction-corrected like the problem's; `reported` turns them back.

    Attributes
    ----------
    thresholds : ndarray of float, shape (D, S, L, m)
        Draws; NaN where nothing is asked.
    point, low, high : ndarray of float, shape (S, L, m)
        Median and 90 % interval of the draws.
    pivots : ndarray of float, shape (m, L, U)
        In which part of the draws a unit is decisive: it fails on that criterion alone, or the
        criterion puts it on one side of the share's limit or the other.
    chances : ndarray of float, shape (U, L + 1)
        Probability of each level, none first.
    weights : ndarray of float, shape (D, m), or None
        Draws of the weights, of sum 1, where they were unknown.
    limit : ndarray of float, shape (D, L)
        Share limit of each level that has one.
    noise, severity : ndarray of float, shape (D, J)
        How often a judge errs at one boundary; levels by which the judge stands below the truth.
    prior : str
        The prior chosen; `prior_scores` are mean held-out log scores of each.
    chains_agree : float
        Spread of the chains' mean log likelihood over that within chains (R-hat; 1 is good).
    """

    problem: Problem
    thresholds: Floats
    point: Floats
    low: Floats
    high: Floats
    pivots: Floats
    chances: Floats
    weights: Floats | None
    limit: Floats
    noise: Floats
    severity: Floats
    prior: str
    prior_scores: dict[str, float]
    chains_agree: float
    seed: int
    settings: Settings
    interrupted: bool
    lines: tuple[Line, ...]
    guess: Guess
    raw: Floats
    scale: Floats

    @cached_property
    def level(self) -> Ints:
        """Level of each unit: the highest reached with chance one half. Shape (U,)."""
        return likely(self.chances)

    def decisive_units(self, stratum: int, level: int, criterion: int) -> Ints:
        """Judged units that are decisive for one threshold in at least half of the draws."""
        problem = self.problem
        shared = problem.leader[:, level, criterion] == problem.leader[stratum, level, criterion]
        own = shared[problem.stratum] & problem.judged
        return np.flatnonzero(own & (self.pivots[criterion, level] >= 0.5))

    @cached_property
    def decisive(self) -> Ints:
        """How many units are decisive for each threshold, shape (S, L, m)."""
        counts = np.zeros(self.point.shape, dtype=np.intp)
        for place in np.argwhere(self.problem.asked).tolist():
            counts[tuple(place)] = len(self.decisive_units(*place))
        return counts

    @cached_property
    def pinned(self) -> Bools:
        """Whether the data hold the threshold, shape (S, L, m); elsewhere it is `UNPINNED`.

        They do with enough decisive units and an interval that does not cover most units.
        """
        wide = np.zeros(self.point.shape)
        for j, item in enumerate(self.lines):
            if len(item.cuts):
                rank = np.concatenate([[0.0], ndtr(item.edges[1:-1]), [1.0]])
                at = [
                    np.searchsorted(item.cuts, end[:, :, j], "left")
                    for end in (self.low, self.high)
                ]
                wide[:, :, j] = rank[np.minimum(at[1] + 1, len(rank) - 1)] - rank[at[0]]
        return self.problem.asked & (self.decisive >= DECISIVE) & (wide < WIDE)

    def reported(self, thresholds: Floats) -> Floats:
        """Thresholds (..., m) in the unit and direction in which values are reported."""
        return thresholds * self.problem.sign

    def predict(
        self, values: Floats, stratum: Ints | None = None, excluded: Bools | None = None
    ) -> Floats:
        """Probability of each level for other units.

        Parameters
        ----------
        values : ndarray of float, shape (n, m)
            Direction-corrected; NaN where unknown (drawn anew for every draw), −inf fails.
        stratum : ndarray of int, shape (n,), optional
        excluded : ndarray of bool, shape (n, m), optional

        Returns
        -------
        ndarray of float, shape (n, L + 1)
        """
        n, rng = len(values), np.random.default_rng(self.seed)
        stratum = np.zeros(n, dtype=np.intp) if stratum is None else stratum
        unknown = np.isnan(values) if excluded is None else np.isnan(values) & ~excluded
        rows, columns = np.nonzero(unknown)
        scores = quantiles(np.where(np.isinf(values), np.nan, values), self.lines)
        known = ~np.isnan(scores)
        mean = np.where(known, scores, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        centre = (mean[:, None] * self.guess.slope)[rows, columns]
        reached = np.zeros((n, self.point.shape[1]))
        filled = values.copy()
        for draw in range(len(self.thresholds)):
            if len(rows):
                z = centre + self.guess.spread[columns] * rng.standard_normal(len(rows))
                filled[rows, columns] = _from_quantiles(z, columns, self.lines)
            reached += self._reached(draw, filled, stratum, excluded)
        return levels_from(reached / len(self.thresholds))

    def _reached(self, d: int, values: Floats, stratum: Ints, excluded: Bools | None) -> Floats:
        """Chance of each level or above under one draw, shape (n, L)."""
        problem, chances = self.problem, np.empty((len(values), self.point.shape[1]))
        for h, rule in enumerate(problem.rules):
            margin = np.empty(len(values))
            for s in range(problem.draft.shape[0]):
                rows = stratum == s
                required = self.thresholds[d, s, h]
                asked = ~np.isnan(required)
                passes = (values[rows][:, asked] >= required[asked]).astype(float)
                left = None if excluded is None else ~excluded[rows][:, asked]
                if rule.kind == "share":
                    worth = self.raw[d, asked]
                    if left is not None:
                        passes = (passes - self.limit[d, h]) * left
                        margin[rows] = passes @ worth
                    else:
                        margin[rows] = passes @ worth - self.limit[d, h] * worth.sum()
                    continue
                total = asked.sum() if left is None else left.sum(axis=1)
                met = passes.sum(axis=1) if left is None else (passes * left).sum(axis=1)
                least = total if rule.limit is None else np.minimum(rule.limit, total)
                steep = SHARP if rule.kind == "all" else self.scale[d] / problem.draft.shape[2]
                margin[rows] = steep * (met - least + 0.5)
            chances[:, h] = 1 / (1 + np.exp(-np.clip(margin, -200, 200)))
        return np.minimum.accumulate(chances, axis=1)


def _from_quantiles(z: Floats, columns: Ints, lines: tuple[Line, ...]) -> Floats:
    values = np.full(len(z), np.nan)
    for j in np.unique(columns):
        here = columns == j
        values[here] = np.interp(z[here], lines[j].edges[1:-1], lines[j].cuts)
    return values


def levels_from(reached: Floats) -> Floats:
    """Probability of each level, none first, from that of each level or above; (n, L + 1)."""
    padded = np.pad(reached, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
    return np.asarray(-np.diff(padded, axis=1))


def likely(chances: Floats) -> Ints:
    """Median level: the highest that is reached with chance one half or more."""
    above = chances[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.asarray((above[:, 1:] >= 0.5).sum(axis=1))


def calibrate(
    problem: Problem,
    *,
    seed: int = 0,
    settings: Settings = DEFAULTS,
    progress: Progress | None = None,
) -> Calibration:
    """Draw thresholds, weights and noise that agree with the judges.

    Parameters
    ----------
    problem : Problem
    seed : int
        The same seed gives the same result.
    settings : Settings
    progress : callable, optional
        Called with sweeps done and sweeps in all.

    Returns
    -------
    Calibration
        With `interrupted` when the keyboard stopped it while draws were kept.
    """
    rng = np.random.default_rng(seed)
    judged = int(problem.judged.sum())
    # Where thresholds are few, work is cheap and chains part easily: more of it.
    few = problem.asked.sum() <= FEW
    conjunctive = all(rule.kind == "all" for rule in problem.rules)
    most = 10**9 if judged < MANY else (1024 if few or conjunctive else 128)
    lines = tuple(line(problem, j, most) for j in range(problem.values.shape[1]))
    guessed = guess(np.where(problem.excluded, np.nan, problem.values), lines)
    many = judged >= MANY
    chains = settings.chains or (16 if few else max(4, min(16, 4000 // max(judged, 1))))
    usual = (80, 80) if few and conjunctive else (40, 40)
    if many:  # every sweep is dear under a share rule, and little uncertain
        usual = (200, 40) if few else ((60, 60) if conjunctive else (24, 24))
    warm, keep = settings.warm or usual[0], settings.keep or usual[1]
    choose = not many and len(settings.priors) > 1
    inside = warm + keep // 2 if choose else 0
    tick = _ticker(progress, inside + warm + keep)
    scores: dict[str, float] = {}
    if choose:
        scores = _scores(problem, lines, guessed, settings, (warm, keep // 2), rng, tick)
    prior = max(scores, key=lambda name: scores[name]) if scores else settings.priors[0]
    seen = np.ones((chains, len(problem.units)), dtype=bool)
    state = Chains(problem, lines, guessed, [prior] * chains, seen, rng)
    draws = sample(state, np.zeros(chains, dtype=np.intp), warm, keep, tick)
    return _result(problem, lines, guessed, draws, prior, scores, seed, settings, rng)


def _ticker(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return tick


def _scores(
    problem: Problem, lines: tuple[Line, ...], guessed: Guess, settings: Settings,
    sweeps: tuple[int, int], rng: np.random.Generator, tick: Callable[[], None],
) -> dict[str, float]:  # fmt: skip
    """Mean held-out log score of each prior: every fold is a few chains that do not see it."""
    each = 4
    names = [name for name in settings.priors for _ in range(settings.folds * each)]
    groups = np.arange(len(names)) // each
    fold = rng.permutation(len(problem.units)) % settings.folds
    hidden = fold == (groups % settings.folds)[:, None]
    state = Chains(problem, lines, guessed, names, ~hidden, rng)
    draws = sample(state, groups, *sweeps, tick)
    if draws.interrupted:  # nothing of the work itself is done yet
        raise KeyboardInterrupt
    reached = np.clip(draws.reached, 0.02, 0.98)
    mean = reached.reshape(-1, each, *reached.shape[1:]).mean(axis=1)
    yes, no = state.said.sum(axis=1)
    score = ((yes * np.log(mean) + no * np.log(1 - mean)) * hidden[::each, None]).sum(axis=(1, 2))
    by_prior = score.reshape(len(settings.priors), -1).sum(axis=1) / max((yes + no).sum(), 1)
    return dict(zip(settings.priors, by_prior.tolist(), strict=True))


def _values(
    problem: Problem, lines: tuple[Line, ...], place: Ints, rng: np.random.Generator
) -> Floats:
    """Thresholds at drawn places, anywhere between the two candidates; shape (D, S, L, m)."""
    out = np.empty((len(place), *problem.draft.shape))
    for j, item in enumerate(lines):
        at = place[:, j].transpose(0, 2, 1)
        cuts = item.cuts if len(item.cuts) else np.zeros(1)
        gap = (cuts[-1] - cuts[0]) / len(cuts) + 1e-9
        ends = np.concatenate([[cuts[0] - gap], cuts, [cuts[-1] + gap]])
        lower, upper = problem.lower[..., j], problem.upper[..., j]
        low = np.maximum(np.where((at == 0) & np.isfinite(lower), lower, ends[at]), lower)
        above = ends[np.minimum(at + 1, len(ends) - 1)]
        high = np.minimum(
            np.where((at == len(item.cuts)) & np.isfinite(upper), upper, above), upper
        )
        drawn = high - rng.random(at.shape) * np.maximum(high - low, 0)
        if problem.whole[j]:
            drawn = np.ceil(drawn - 1e-9)
        # Places never fall from level to level; inside one gap the values are put in order.
        asked = problem.asked[..., j]
        order = np.sort(np.where(asked, drawn, np.inf), axis=2)
        rank = np.maximum(np.cumsum(asked, axis=1) - 1, 0)
        drawn = np.take_along_axis(order, np.broadcast_to(rank, order.shape), axis=2)
        out[..., j] = np.where(asked, drawn, np.nan)
    _, level, criterion = np.indices(problem.draft.shape)
    return np.where(problem.asked, out[:, problem.leader, level, criterion], np.nan)


def _result(
    problem: Problem, lines: tuple[Line, ...], guessed: Guess, draws: Draws, prior: str,
    scores: dict[str, float], seed: int, settings: Settings, rng: np.random.Generator,
) -> Calibration:  # fmt: skip
    keep = np.linspace(0, len(draws.raw) - 1, min(settings.draws, len(draws.raw))).astype(int)
    thresholds = _values(problem, lines, draws.place[keep], rng)
    asked = problem.asked
    low, point, high = np.full((3, *asked.shape), np.nan)
    low[asked], point[asked], high[asked] = np.quantile(
        thresholds[:, asked], [0.05, 0.5, 0.95], axis=0
    )
    learned = problem.weights is None and any(rule.kind == "share" for rule in problem.rules)
    raw = draws.raw[keep]
    half = draws.fit[:, -max(2, draws.fit.shape[1] // 3) :]
    within = half.var(axis=1, ddof=1).mean()
    spread = np.sqrt(1 + half.mean(axis=1).var() / within) if within > 0 else 1.0
    fields: dict[str, Any] = {
        "weights": raw / raw.sum(axis=1, keepdims=True) if learned else None,
        "limit": draws.limit[keep],
        "noise": draws.error[keep].mean(axis=1),
        "severity": draws.severity[keep],
        "chains_agree": float(spread),
        "interrupted": draws.interrupted,
    }
    chances = levels_from(draws.reached.mean(axis=0).T)
    return Calibration(
        problem, thresholds, point, low, high, draws.pivots, chances,
        prior=prior, prior_scores=scores, seed=seed, settings=settings,
        lines=lines, guess=guessed, raw=raw, scale=draws.scale[keep], **fields,
    )  # fmt: skip
