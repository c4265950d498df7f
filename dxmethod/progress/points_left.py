"""Where the points still to be earned lie, and how few indicators reach the next band."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..cells import Floats, lay_out
from ..framework import band_bound
from ..points import Points
from ..values import Curve, Parts, Value

_HAIR = 1e-9


@dataclass(frozen=True, eq=False)
class PointsLeft:
    """Points that U units have still to earn, by I indicators.

    Attributes
    ----------
    points : Points
    left : ndarray of float, shape (I, U)
        What the total of the rescaled sheet would gain if the indicator alone earned in full (a
        penalty: if it fell away).
    order : ndarray of int, shape (I, U)
        Rows of `left`, largest first.
    climb : ndarray of float, shape (I, U)
        What the total would have gained after the first, the first two, … in that order.
    short : ndarray of float, shape (U,)
        Points missing to the bound of the next band; NaN in the highest, and without bands.
    steps : ndarray of int, shape (U,)
        How many indicators of that order reach a higher band: 0 in the highest, and without
        bands; −1 where no number does. The smallest number there is where the sheet adds points;
        where it takes a geometric or harmonic mean or a minimum, no more than a bound on it.
    """

    points: Points
    left: Floats
    order: NDArray[np.intp]
    climb: Floats
    short: Floats
    steps: NDArray[np.int64]

    def to_frame(self, limit: int | None = None) -> pd.DataFrame:
        """One row a unit and an indicator with points left, the most first.

        Parameters
        ----------
        limit : int, optional
            How many indicators of each unit; by default all.

        Returns
        -------
        DataFrame
            Columns `unit`, `place` (from 1), `indicator`, `left`, `cumulated`, `needed` (it is
            among those that reach the next band), `lacking` (no value counts).
        """
        kept = slice(limit)
        order, size = self.order[kept], len(self.steps)
        lacking = np.isnan(_reported(self.points))
        codes = np.tile(np.arange(size), len(order))
        place = np.repeat(np.arange(len(order)), size)
        ids = np.array([item.id for item in self.points.indicators], dtype=object)
        frame = pd.DataFrame(
            {
                "unit": self.points.observations.units.index.to_numpy()[codes],
                "place": place + 1,
                "indicator": ids[order.ravel()],
                "left": np.take_along_axis(self.left, order, axis=0).ravel(),
                "cumulated": self.climb[kept].ravel(),
                "needed": (place < self.steps[codes]),
                "lacking": np.take_along_axis(lacking, order, axis=0).ravel(),
            }
        )
        frame = frame.iloc[np.lexsort((place, codes))]
        return frame[frame["left"] > _HAIR].reset_index(drop=True)


def points_left(points: Points) -> PointsLeft:
    """Find where the points still to be earned lie, and how few indicators reach the next band.

    Parameters
    ----------
    points : Points
        Of U units; fitted values stay fitted on the units as they are.

    Returns
    -------
    PointsLeft
    """
    full = _full(points)
    base = points.total
    share, left = points.share.copy(), np.empty(points.share.shape)
    for row in range(len(share)):
        share[row] = full[row]
        left[row] = replace(points, share=share).total - base
        share[row] = points.share[row]
    left = np.maximum(np.nan_to_num(left), 0.0)
    order = np.argsort(-left, axis=0, kind="stable")
    climb = np.empty(share.shape)
    top = len(points.framework.bands) - 1
    steps = np.where((points.band < 0) | (points.band >= top), 0, -1)
    units = np.arange(len(base))
    for taken, row in enumerate(order, 1):
        share[row, units] = full[row, units]
        trial = replace(points, share=share)
        climb[taken - 1] = np.nan_to_num(trial.total - base)
        steps[(steps < 0) & (trial.band > points.band)] = taken
    return PointsLeft(points, left, order, climb, _short_of(points), steps)


def _short_of(points: Points) -> Floats:
    """Points missing to the bound of the next band as printed, shape (U,)."""
    framework = points.framework
    bounds = np.array([*(band_bound(band) for band in framework.bands[1:]), np.nan])
    if framework.band_scale == "percent":
        bounds = bounds * framework.maximum / 100
    place = np.where(points.band < 0, len(bounds) - 1, points.band)
    return np.asarray(bounds[place] - points.total)


def _full(points: Points) -> Floats:
    """Share that each indicator gives in full, shape (I, U); what is there where none is left."""
    full = np.array([[_most(item.value)] for item in points.indicators]) * np.ones_like(
        points.share
    )
    for row, item in enumerate(points.indicators):
        if item.role == "penalty":
            full[row] = 0.0
    if points.excluded is not None:
        full = np.where(full > 0, np.minimum(full, 1.0 - points.excluded), full)
    concepts = [item.concept for item in points.indicators]
    out = lay_out(concepts, points.observations, points.framework.policy).excluded
    if out is not None:
        plain = np.array([not isinstance(item.value, Parts) for item in points.indicators])
        full = np.where(out & plain[:, None], points.share, full)
    return full


def _most(value: Value | None) -> float:
    """Largest share that a value can give."""
    if isinstance(value, Curve):
        return max(value.give)
    if isinstance(value, Parts):
        return float(value.combine(np.array([[_most(part.value)] for part in value.of]))[0])
    return 1.0


def _reported(points: Points) -> Floats:
    """Values that count, shape (I, U)."""
    concepts = [item.concept for item in points.indicators]
    return lay_out(concepts, points.observations, points.framework.policy).value
