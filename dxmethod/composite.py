"""Means of shares by node: one vector function a formula; what does not apply (NaN) drops out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def arithmetic(shares: Floats, weights: Floats) -> Floats:
    """Weighted arithmetic mean.

    Parameters
    ----------
    shares : ndarray of float, shape (K, U)
        Shares of K children, 0 to 1; NaN where a child does not apply.
    weights : ndarray of float, shape (K,)
        Positive weights; they need not sum to one.

    Returns
    -------
    ndarray of float, shape (U,)
        NaN where no child applies.

    References
    ----------
    OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 7.
    """
    applies = _applicable(shares, weights)
    return _ratio(weights @ np.nan_to_num(shares), applies)


def geometric(shares: Floats, weights: Floats) -> Floats:
    """Weighted geometric mean; a child at zero makes it zero. See `arithmetic` for shapes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(shares)
        terms = np.where(np.isnan(shares), 0.0, weights[:, None] * logs)
        return np.exp(_ratio(terms.sum(axis=0), _applicable(shares, weights)))


def harmonic(shares: Floats, weights: Floats) -> Floats:
    """Weighted harmonic mean; a child at zero makes it zero. See `arithmetic` for shapes."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        terms = weights[:, None] / (shares + 0.0)  # −0 would divide into minus infinity
        inverse = np.where(np.isnan(shares), 0.0, terms).sum(axis=0)
        return np.asarray(_applicable(shares, weights) / inverse)


def minimum(shares: Floats, weights: Floats) -> Floats:
    """Worst child that applies, whatever the weights. See `arithmetic` for shapes."""
    worst = np.where(np.isnan(shares), np.inf, shares).min(axis=0)
    return np.where(np.isinf(worst), np.nan, worst)


COMBINE: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
    "min": minimum,
}


def _applicable(shares: Floats, weights: Floats) -> Floats:
    """Sum of the weights that apply, shape (U,)."""
    absent = np.isnan(shares)
    if not absent.any():
        return np.full(shares.shape[1], weights.sum())
    return np.asarray(weights.sum() - weights @ absent)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, NaN where there is nothing to divide by."""
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
