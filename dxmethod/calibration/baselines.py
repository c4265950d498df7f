"""Simple ways to tell a unit's level, beside which a calibration must stand."""

from __future__ import annotations

import numpy as np

from .problem import Floats, Ints, Problem, levels_under

RIDGE = 1.0  # of standardised criteria


def draft(problem: Problem, units: Ints, seed: int = 0) -> Ints:
    """Levels under the draft as it is."""
    return levels_under(problem.take(units), problem.draft)


def passers(problem: Problem, units: Ints, seed: int = 0) -> Ints:
    """Thresholds at the least that any unit judged to be at the level has: one slip moves them."""
    required = np.full(problem.draft.shape, np.nan)
    said = problem.consensus
    for s, level, j in np.argwhere(problem.asked).tolist():
        inside = (said >= level + 1) & (
            problem.leader[problem.stratum, level, j] == problem.leader[s, level, j]
        )
        values = problem.values[inside, j]
        values = values[~np.isnan(values)]
        required[s, level, j] = values.min() if len(values) else problem.draft[s, level, j]
    return levels_under(problem.take(units), np.fmax.accumulate(required, axis=1))


def majority(problem: Problem, units: Ints, seed: int = 0) -> Ints:
    """The level that judges gave most often."""
    said = problem.consensus[problem.judged].astype(int)
    return np.full(len(units), np.bincount(said).argmax())


def ordinal(problem: Problem, units: Ints, seed: int = 0) -> Ints:
    """Ordinal logit of the judged level on all criteria: strengths make up for weaknesses.

    Proportional odds with a ridge penalty on standardised criteria; unknown values at their mean.
    """
    from scipy.optimize import minimize

    judged = np.flatnonzero(problem.judged)
    said, count = problem.consensus[judged].astype(int), len(problem.rules)
    x = _standard(problem.values, judged)
    start = np.concatenate([np.zeros(x.shape[1]), [0.0], np.zeros(count - 1)])
    found = minimize(
        _ordinal_loss, start, (x[judged], said, count), jac=True, method="L-BFGS-B"
    ).x  # fmt: skip
    slopes, cuts = found[: x.shape[1]], _cuts(found[x.shape[1] :])
    return np.asarray(((x[units] @ slopes)[:, None] >= cuts).sum(axis=1))


def _standard(values: Floats, judged: Ints) -> Floats:
    known = ~np.isnan(values[judged])
    count = np.maximum(known.sum(axis=0), 1)
    given = np.where(known, values[judged], 0.0)
    mean = given.sum(axis=0) / count
    spread = np.sqrt(np.where(known, (given - mean) ** 2, 0.0).sum(axis=0) / count)
    scores = (values - mean) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.where(np.isnan(values), 0.0, scores))


def _cuts(free: Floats) -> Floats:
    """Rising cut-offs from free numbers: the first one, then logs of the steps."""
    steps = np.exp(np.clip(free[1:], -20, 20))
    return np.asarray(free[0] + np.concatenate([[0.0], steps.cumsum()]))


def _ordinal_loss(free: Floats, x: Floats, said: Ints, count: int) -> tuple[float, Floats]:
    m = x.shape[1]
    slopes, cuts = free[:m], _cuts(free[m:])
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    score = x @ slopes
    with np.errstate(invalid="ignore"):
        above, below = _logistic(ends[said + 1] - score), _logistic(ends[said] - score)
    chance = np.maximum(above - below, 1e-12)
    loss = -np.log(chance).sum() + RIDGE / 2 * slopes @ slopes
    d_above, d_below = above * (1 - above) / chance, below * (1 - below) / chance
    gradient = x.T @ (d_above - d_below) + RIDGE * slopes
    at_cut = np.bincount(said, -d_above, count + 1)[:count]
    at_cut += np.bincount(said, d_below, count + 1)[1:]
    onwards = at_cut[::-1].cumsum()[::-1]
    steps = np.exp(np.clip(free[m + 1 :], -20, 20))
    return float(loss), np.concatenate([gradient, onwards[:1], onwards[1:] * steps])


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -500, 500))))
