"""Weights that results betray: from published totals, and from judged levels or ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..cells import Floats

_HAIR = 1e-9
# Belsley, Kuh and Welsch (Regression Diagnostics, 1980): from here on a dependency is strong, when
# it carries more than half of the variance of two weights at least.
STRONG, CARRIED = 30.0, 0.5
# Estimates that move against each other so closely cannot be told apart.
OPPOSED = -0.9
LARGEST_RATIO = 1000


@dataclass(frozen=True, eq=False)
class Recovered:
    """Weights of main indices, from totals that were published without them.

    Attributes
    ----------
    table : DataFrame
        By index: `weight` (least squares), `low`, `high`, `equal` (1/m of the same sum), `ratio`
        (whole numbers, NaN when none up to `LARGEST_RATIO` fit).
    method : str
        Where the intervals come from, in Vietnamese: every digit printed, or resampled rows.
    compatible : bool
        Whether some weights give every printed digit of every row.
    scale_known : bool
        False when the sum was fixed: only the ratios are known, not the points.
    residual, residual_equal : float
        Largest gap between published and computed totals, under these and under equal weights.
    condition : float
        Largest condition index of the columns, each scaled to length 1.
    proportions : DataFrame
        Variance decomposition: one row a dependency, `index` its condition index, then the share of
        the variance of each weight that it carries.
    alike : DataFrame
        Pairs that the rows cannot tell apart: `first`, `second`, `r` (correlation of the columns),
        `r_estimates` (of the two estimates).
    """

    table: pd.DataFrame
    method: str
    compatible: bool
    scale_known: bool
    residual: float
    residual_equal: float
    condition: float
    proportions: pd.DataFrame
    alike: pd.DataFrame


def recover(
    parts: pd.DataFrame,
    totals: pd.Series[float],
    *,
    whole: float | None = 1.0,
    half_parts: float = 0.0,
    half_total: float = 0.0,
    draws: int = 1000,
    seed: int = 0,
) -> Recovered:
    """Recover non-negative weights from published totals by constrained least squares.

    Parameters
    ----------
    parts : DataFrame, shape (n, m)
        Main indices as printed, one column each.
    totals : Series of float
        By the same index.
    whole : float or None
        What the weights add up to; None leaves it free. Where totals and main indices are shares
        of their own maximum, it is 1 and says nothing of the points behind them.
    half_parts, half_total : float
        Half of a printed digit: by how much a printed number may differ from the true one.
    draws, seed : int
        For resampled rows, where no weights fit every digit.

    Returns
    -------
    Recovered

    Raises
    ------
    ValueError
        If a number is missing or not finite, the rows are others, or fewer than two.

    Notes
    -----
    Least squares: Lawson and Hanson, Solving Least Squares Problems (1974), chapters 22 and 23.
    Intervals: with printed digits, the smallest and largest value of each weight in the set of all
    weights that give totals inside the rounding of what was printed, whatever the true parts are
    inside theirs. For weights of no sign but plus that set is a polytope, and each end one linear
    programme: the interval contains the true weight for certain, not with some probability. When
    the set is empty the rule is not a weighted sum of these columns, or a row is wrong; the
    intervals are then the 5th and 95th percentile over resampled rows, and promise less.
    """
    x, y = _numbers(parts, totals)
    weight = _least_squares(x, y, whole)
    fits = _Printed(x, y, whole, half_parts, half_total)
    ends = fits.ends()
    compatible = ends is not None
    if ends is None:
        ends = _resampled(lambda rows: _least_squares(x[rows], y[rows], whole), len(x), draws, seed)
    equal = np.full(x.shape[1], weight.sum() / x.shape[1])
    table = pd.DataFrame(
        {"weight": weight, "low": ends[0], "high": ends[1], "equal": equal},
        index=pd.Index(parts.columns),
    )
    table["ratio"] = fits.whole_numbers(weight) if compatible else np.nan
    condition, proportions = _dependencies(x, parts.columns)
    return Recovered(
        table=table,
        method=(
            "mọi trọng số khớp từng chữ số đã in (quy hoạch tuyến tính)"
            if compatible
            else f"lấy mẫu lại các dòng {draws} lần (bootstrap), phân vị 5–95%"
        ),
        compatible=compatible,
        scale_known=whole is None,
        residual=float(np.abs(x @ weight - y).max()),
        residual_equal=float(np.abs(x @ equal - y).max()),
        condition=condition,
        proportions=proportions,
        alike=_alike(x, parts.columns, whole is not None, proportions),
    )


def _numbers(parts: pd.DataFrame, totals: pd.Series[float]) -> tuple[Floats, Floats]:
    if not parts.index.equals(totals.index):
        raise ValueError("chỉ số chính và tổng không cùng các đơn vị, hoặc khác thứ tự")
    x: Floats = parts.to_numpy(dtype=np.float64)
    y: Floats = np.asarray(totals, dtype=np.float64)
    if len(x) < 2 or not x.shape[1]:
        raise ValueError(f"có {len(x)} dòng, {x.shape[1]} chỉ số; cần ít nhất 2 dòng, 1 chỉ số")
    bad = ~np.isfinite(x).all(axis=1) | ~np.isfinite(y)
    if bad.any():
        raise ValueError(f"số trống hoặc không hữu hạn ở: {', '.join(map(str, parts.index[bad]))}")
    return x, y


def _least_squares(x: Floats, y: Floats, whole: float | None) -> Floats:
    from scipy.optimize import nnls

    if whole is None:
        return np.asarray(nnls(x, y)[0])
    # The sum as one more row, heavier than all others by what double precision bears.
    heavy = 1e6 * max(float(np.abs(x).max()), _HAIR)
    rows, right = np.vstack([x, np.full(x.shape[1], heavy)]), np.append(y, heavy * whole)
    weight = nnls(rows, right)[0]
    return np.asarray(weight * (whole / weight.sum()))


@dataclass(frozen=True, eq=False)
class _Printed:
    """What printed digits say of the weights."""

    x: Floats
    y: Floats
    whole: float | None
    half_parts: float
    half_total: float

    def ends(self) -> Floats | None:
        """Smallest and largest value of each weight, (2, m); None when no weights fit."""
        from scipy.optimize import linprog

        m = self.x.shape[1]
        left, right = self._limits()
        sums = {} if self.whole is None else {"A_eq": np.ones((1, m)), "b_eq": [self.whole]}
        found = np.empty((2, m))
        for at, direction in np.ndindex(2, m):
            goal = np.zeros(m)
            goal[direction] = 1.0 if at == 0 else -1.0
            answer = linprog(goal, left, right, **sums, bounds=(0, None), method="highs")
            if answer.status == 3:  # no end
                found[at, direction] = np.inf
            elif answer.status != 0:
                return None
            else:
                found[at, direction] = answer.x[direction]
        return found

    def _limits(self) -> tuple[Floats, Floats]:
        """Rows A, b of A w ≤ b: the least total not above what was printed, nor the most below."""
        low, high = self.x - self.half_parts, self.x + self.half_parts
        right = np.concatenate([self.y + self.half_total, self.half_total - self.y])
        return np.vstack([low, -high]), right + _HAIR

    def whole_numbers(self, weight: Floats) -> Floats:
        """The smallest whole numbers in whose ratio the weights give every printed digit."""
        left, right = self._limits()
        share = weight / weight.sum()
        for total in range(1, LARGEST_RATIO + 1):
            ratio = np.round(total * share)
            trial = ratio * (weight.sum() / total)
            if ratio.sum() == total and (left @ trial <= right).all():
                return np.asarray(ratio)
        return np.full(len(weight), np.nan)


def _resampled(fit: Callable[[NDArray[np.intp]], Floats], n: int, draws: int, seed: int) -> Floats:
    """5th and 95th percentile of a fit over resampled rows, (2, m)."""
    rng = np.random.default_rng(seed)
    found = [fit(rng.integers(0, n, n)) for _ in range(draws)]
    return np.asarray(np.quantile(found, [0.05, 0.95], axis=0))


def _dependencies(x: Floats, names: pd.Index) -> tuple[float, pd.DataFrame]:
    """Condition indexes of the columns, and the variance proportions of each."""
    length = np.linalg.norm(x, axis=0)
    _, singular, v = np.linalg.svd(x / np.where(length > 0, length, 1.0), full_matrices=False)
    kept = np.maximum(singular, 1e-12 * singular[0])
    index = kept[0] / kept
    part = (v / kept[:, None]) ** 2
    frame = pd.DataFrame(part / part.sum(axis=0), columns=names)
    frame.insert(0, "index", index)
    return float(index[-1]) if len(x) >= x.shape[1] else float("inf"), frame


def _alike(x: Floats, names: pd.Index, fixed: bool, proportions: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose estimates trade one for the other, or share one strong dependency."""
    m = x.shape[1]
    # Under a fixed sum, weights move only along directions that add up to nothing.
    free = np.linalg.svd(np.ones((1, m)))[2][1:].T if fixed and m > 1 else np.eye(m)
    spread = free @ np.linalg.pinv((x @ free).T @ (x @ free), rcond=1e-14) @ free.T
    deviation = np.sqrt(np.maximum(np.diag(spread), 1e-300))
    between = spread / np.outer(deviation, deviation)
    centred = x - x.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    r = centred.T @ centred / np.maximum(np.outer(length, length), 1e-300)
    strong = proportions["index"].to_numpy() > STRONG
    carried = proportions.drop(columns="index").to_numpy()[strong] > CARRIED
    rows = [
        (names[i], names[j], float(r[i, j]), float(between[i, j]))
        for i in range(m)
        for j in range(i + 1, m)
        if between[i, j] <= OPPOSED or (carried[:, i] & carried[:, j]).any()
    ]
    return pd.DataFrame(rows, columns=["first", "second", "r", "r_estimates"])


@dataclass(frozen=True, eq=False)
class Judged:
    """Weights of a compensatory score that explains judged levels or ranks.

    It lets strength on one index make up for weakness on another: a picture of how the judges seem
    to add up, not the rule of a framework in which every requirement must be met.

    Attributes
    ----------
    table : DataFrame
        By index: `weight` (share, the sum is 1), `low`, `high` (5–95 % over resampled units),
        `equal`.
    cuts : ndarray of float
        Score from which each next level is likelier than not.
    agreement, agreement_equal : float
        Somers' d of the score with the judged level, 1 when every pair of units that differ in
        level is in that order; under these and under equal weights.
    """

    table: pd.DataFrame
    cuts: Floats
    agreement: float
    agreement_equal: float


def from_levels(
    parts: pd.DataFrame,
    level: pd.Series[int],
    *,
    ridge: float = 1e-3,
    draws: int = 100,
    seed: int = 0,
) -> Judged:
    """Fit an ordered logit with non-negative weights to judged levels (compensatory).

    Parameters
    ----------
    parts : DataFrame, shape (n, m)
        Indices, more being better.
    level : Series of int
        By the same index, higher being better. Ranks do as well: give the place from the bottom.
    ridge : float
        Penalty on squared coefficients, a unit's share of the log-likelihood; without it perfectly
        ordered data have no finite answer.
    draws, seed : int
        Resampled units for the intervals.

    Raises
    ------
    ValueError
        If a number is missing, or all units are judged alike.

    Notes
    -----
    Proportional odds: P. McCullagh, Journal of the Royal Statistical Society B 42 (1980).
    """
    x, y = _numbers(parts, level.astype(np.float64))
    if len(np.unique(y)) < 2:
        raise ValueError("mọi đơn vị được xếp cùng một mức: không học được trọng số")
    share, cuts = _ordered_logit(x, y, ridge)

    def again(rows: NDArray[np.intp]) -> Floats:
        return share if len(np.unique(y[rows])) < 2 else _ordered_logit(x[rows], y[rows], ridge)[0]

    low, high = _resampled(again, len(x), draws, seed)
    equal = np.full(x.shape[1], 1 / x.shape[1])
    columns = {"weight": share, "low": low, "high": high, "equal": equal}
    table = pd.DataFrame(columns, index=pd.Index(parts.columns))
    return Judged(table, cuts, _somers(x @ share, y), _somers(x @ equal, y))


def _ordered_logit(x: Floats, y: Floats, ridge: float) -> tuple[Floats, Floats]:
    """Shares of the weights, and cuts on the score that they give."""
    from scipy.optimize import minimize
    from scipy.special import expit, log_expit

    kinds, place = np.unique(y, return_inverse=True)
    n, m, h = len(x), x.shape[1], len(kinds) - 1
    # One scale for all, so that the penalty does not depend on the unit of the indices.
    middle, unit = x.mean(axis=0), float(x.mean(axis=1).std()) or 1.0
    z = (x - middle) / unit
    at = np.eye(h + 2)[place]  # which cuts stand below and above each unit, ends at infinity

    def loss(p: Floats) -> tuple[float, Floats]:
        """Minus log-likelihood a unit, by weights, first cut, and logarithms of the steps."""
        steps = np.exp(p[m + 1 :])
        cuts = np.concatenate([[-np.inf], p[m] + np.append(0.0, np.cumsum(steps)), [np.inf]])
        gap = np.concatenate([[np.inf], steps, [np.inf]])[place]
        over, under = z @ p[:m] - cuts[place], cuts[place + 1] - z @ p[:m]
        chance = log_expit(over) + log_expit(under) + np.log(-np.expm1(-gap))
        near = np.exp(-gap) / -np.expm1(-gap)
        pull, push = expit(-over) + near, expit(-under) + near  # along the cut below, and above
        by_cut = (push @ at[:, : h + 1])[:h] - (pull @ at)[1 : h + 1]
        tail = by_cut[::-1].cumsum()[::-1]
        slope = np.concatenate([z.T @ (pull - push), tail[:1], tail[1:] * steps])
        grown = np.concatenate([2 * ridge * p[:m], np.zeros(h)])
        return float(ridge * p[:m] @ p[:m] - chance.mean()), grown - slope / n

    above = (place[:, None] > np.arange(h)).mean(axis=0)
    first = -np.log(above / (1 - above))
    start = np.concatenate([np.full(m, 1 / m), first[:1], np.log(np.diff(first))])
    limits = [(0, None)] * m + [(None, None)] + [(-20, 20)] * (h - 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits).x
    total = float(found[:m].sum())
    if total <= _HAIR:  # nothing explains the levels
        return np.full(m, 1 / m), np.full(h, np.nan)
    cuts = found[m] + np.append(0.0, np.cumsum(np.exp(found[m + 1 :])))
    return found[:m] / total, (unit * cuts + middle @ found[:m]) / total


def _somers(score: Floats, y: Floats) -> float:
    """Somers' d of a score given a level: units in the right order less those in the wrong one."""
    higher = y[:, None] > y
    order = np.sign(np.round(score[:, None] - score, 12))
    return float(order[higher].mean())
