"""What calibration works on: values, judged levels, the draft's thresholds and its rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

HAIR = 1e-9  # as in the levels kernel: 0.7 of 10 is 7, not 7.000000000000001


@dataclass(frozen=True)
class Rule:
    """When one level is reached: all requirements, a weighted share of them, or a count.

    Attributes
    ----------
    kind : {"all", "share", "count"}
    limit : float, optional
        Share (0 to 1) or count that is needed; None for "all", or for a share to be learned.
    """

    kind: Literal["all", "share", "count"] = "all"
    limit: float | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """U units with values on m criteria, sorted by judges into L levels above none.

    Values and thresholds are turned so that higher is better: times `sign`.

    Attributes
    ----------
    values : ndarray of float, shape (U, m)
        NaN where no number counts.
    low, high : ndarray of float, shape (U, m)
        What the value is at worst and at best: −inf where a missing value fails, −inf to +inf
        where it is unknown.
    excluded : ndarray of bool, shape (U, m)
        Cells that leave requirement and denominator.
    labels : ndarray of float, shape (J, U)
        Level that each judge gave, 0 (none) to L; NaN where a judge gave none.
    stratum : ndarray of int, shape (U,)
        Place in the first axis of the thresholds.
    draft : ndarray of float, shape (S, L, m)
        The draft's thresholds, NaN where nothing is asked.
    leader : ndarray of int, shape (S, L, m)
        Stratum with whose threshold this one is identical by the draft's wording.
    rules : tuple of Rule
        One a level.
    weights : ndarray of float, shape (m,), or None
        Weights of the share rule; None when they are to be learned.
    lower, upper : ndarray of float, shape (S, L, m)
        Bounds of each threshold.
    whole : ndarray of bool, shape (m,)
        Criteria that take whole numbers only (yes or no, categories).
    """

    values: Floats
    low: Floats
    high: Floats
    excluded: Bools
    labels: Floats
    stratum: Ints
    draft: Floats
    leader: Ints
    rules: tuple[Rule, ...]
    weights: Floats | None
    lower: Floats
    upper: Floats
    whole: Bools
    sign: Floats
    units: pd.Index[Any]
    criteria: tuple[str, ...]
    levels: tuple[str, ...]
    judges: tuple[str, ...]
    strata: tuple[str, ...]

    @property
    def asked(self) -> Bools:
        """Whether a threshold exists, shape (S, L, m)."""
        return ~np.isnan(self.draft)

    @cached_property
    def judged(self) -> Bools:
        """Units that some judge gave a level, shape (U,)."""
        return np.asarray(~np.isnan(self.labels).all(axis=0))

    @cached_property
    def consensus(self) -> Floats:
        """Median level of the judges, the lower one of two; NaN where there is none. Shape (U,)."""
        ranked = np.sort(self.labels, axis=0)  # NaN last
        count = (~np.isnan(self.labels)).sum(axis=0)
        middle = np.maximum(count - 1, 0) // 2
        return np.asarray(np.take_along_axis(ranked, middle[None], axis=0)[0])

    def hide(self, units: Ints | Bools) -> Problem:
        """Forget what judges said of some units; their values stay."""
        labels = self.labels.copy()
        labels[:, units] = np.nan
        return replace(self, labels=labels)

    def take(self, units: Ints | Bools) -> Problem:
        """Keep some units only."""
        rows = {
            name: getattr(self, name)[units]
            for name in ("values", "low", "high", "excluded", "stratum", "units")
        }
        return replace(self, labels=self.labels[:, units], **rows)


def assemble(
    values: Floats,
    labels: Floats,
    rules: Sequence[Rule],
    *,
    draft: Floats | None = None,
    weights: Floats | None = None,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    **fields: Any,
) -> Problem:
    """Build a problem from bare arrays: NaN is unknown, everything asked of everyone.

    Parameters
    ----------
    values : ndarray, shape (U, m)
        Higher is better.
    labels : ndarray, shape (U,) or (J, U)
    rules : sequence of Rule
        One a level above none.
    draft : ndarray, shape (L, m) or (S, L, m), optional
        By default thresholds that nobody wrote: the quantiles of the units.
    fields
        Other attributes of `Problem`.

    Returns
    -------
    Problem
    """
    size, m = values.shape
    labels = np.atleast_2d(np.asarray(labels, dtype=float))
    if draft is None:
        draft = np.nanquantile(values, (np.arange(len(rules)) + 1) / (len(rules) + 1), axis=0)
    draft = draft[None] if draft.ndim == 2 else draft
    shape, missing = draft.shape, np.isnan(values)

    def named(letter: str, count: int) -> tuple[str, ...]:
        return tuple(f"{letter}{number}" for number in range(count))

    given: dict[str, Any] = {
        "units": pd.Index(named("u", size), dtype=object),
        "criteria": named("c", m),
        "levels": named("l", len(rules)),
        "judges": named("j", len(labels)),
        "strata": named("s", shape[0]),
        "low": np.where(missing, -np.inf, values),
        "high": np.where(missing, np.inf, values),
        "excluded": np.zeros(values.shape, dtype=bool),
        "stratum": np.zeros(size, dtype=np.intp),
        "leader": np.broadcast_to(np.arange(shape[0])[:, None, None], shape),
        "lower": np.full(shape, bounds[0]),
        "upper": np.full(shape, bounds[1]),
        "whole": np.zeros(m, dtype=bool),
        "sign": np.ones(m),
    }
    return Problem(
        values=values,
        labels=labels,
        draft=draft,
        rules=tuple(rules),
        weights=weights,
        **{**given, **fields},
    )


def levels_under(problem: Problem, thresholds: Floats, weights: Floats | None = None) -> Ints:
    """Level of every unit under given thresholds, unknown values failing.

    Parameters
    ----------
    problem : Problem
    thresholds : ndarray of float, shape (..., S, L, m)
        Direction-corrected; NaN asks nothing.
    weights : ndarray of float, shape (m,), optional
        Of the share rule; by default the problem's own, or equal ones.

    Returns
    -------
    ndarray of int, shape (..., U)
        0 for none; a level counts only where those below it are reached.
    """
    weights = problem.weights if weights is None else weights
    weights = np.ones(problem.values.shape[1]) if weights is None else weights
    lead = thresholds.shape[:-3]
    flat = thresholds.reshape(-1, *thresholds.shape[-3:])
    level = np.empty((len(flat), len(problem.stratum)), dtype=np.intp)
    for s in range(thresholds.shape[-3]):
        rows = problem.stratum == s
        low, counts = problem.low[rows], ~problem.excluded[rows]
        reached = np.ones((len(flat), len(low)), dtype=bool)
        level[:, rows] = 0
        for h, rule in enumerate(problem.rules):
            for k, required in enumerate(flat[:, s, h]):
                asked = ~np.isnan(required)
                left = counts[:, asked]
                met = (low[:, asked] >= required[asked]) & left
                reached[k] &= _enough(rule, met, left, weights[asked])
            level[:, rows] += reached
    return level.reshape(*lead, -1)


def _enough(rule: Rule, met: Bools, left: Bools, weights: Floats) -> Bools:
    if rule.kind == "share":
        limit = 0.5 if rule.limit is None else rule.limit
        return np.asarray(met @ weights >= limit * (left @ weights) - HAIR)
    total = left.sum(axis=1)
    least = total if rule.limit is None else np.minimum(rule.limit, total)
    return np.asarray(met.sum(axis=1) >= least)
