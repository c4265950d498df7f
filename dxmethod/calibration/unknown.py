"""Unknown values: what each may be, given the other values of its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .problem import Floats
from .search import Line


@dataclass(frozen=True, eq=False)
class Guess:
    """What an unknown value may be, given the unit's others, as a normal quantile of the units.

    Attributes
    ----------
    slope, spread : ndarray of float, shape (m,)
        Quantile of a criterion = slope times the mean of the unit's known ones, give or take
        `spread`.
    centre : ndarray of float, shape (U, m)
        Expected quantile for the units at hand.
    """

    slope: Floats
    spread: Floats
    centre: Floats


def guess(values: Floats, lines: Sequence[Line]) -> Guess:
    """Fit each criterion on the mean of the unit's other criteria, by least squares."""
    scores = quantiles(values, lines)
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0)
    count, total = known.sum(axis=1)[:, None], filled.sum(axis=1)[:, None]
    others = np.where(known, (total - filled) / np.maximum(count - 1, 1), 0.0)
    slope = (others * filled).sum(axis=0) / np.maximum((others**2).sum(axis=0), 1.0)
    rest = np.where(known, filled - slope * others, 0.0)
    spread = np.sqrt(((rest**2).sum(axis=0) + 1) / (known.sum(axis=0) + 1))
    return Guess(slope, spread, slope * total / np.maximum(count, 1))


def quantiles(values: Floats, lines: Sequence[Line]) -> Floats:
    """Values as normal quantiles of the units that the lines were made of; NaN stays."""
    return np.column_stack(
        [
            np.interp(column, item.cuts, item.edges[1:-1]) if len(item.cuts) else column * np.nan
            for column, item in zip(values.T, lines, strict=True)
        ]
    )
