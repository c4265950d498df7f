"""What each weight, rather than each change, adds to a unit's shift: exact for weighted sums."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assessment import Assessment
from ..comparison import Comparison
from ..framework import Framework, Indicator


def is_weighed(framework: Framework) -> bool:
    """Whether the total is a sum, or one weighted mean, of what the indicators earn."""
    root = framework.tree
    if any(item.role != "scored" for item in framework.indicators):
        return False
    if root.combine == "arithmetic":
        return all(isinstance(child, Indicator) for child in root.children)
    sums = all(group.combine == "sum" and group.points is None for group in framework.groups)
    return sums and framework.policy.rescale != "group"


def weighed(comparison: Comparison) -> pd.DataFrame:
    """Split each unit's shift in total by indicator: new weight less old, times what it earns.

    Parameters
    ----------
    comparison : Comparison
        Of two versions whose totals are weighted sums; see `is_weighed`.

    Returns
    -------
    DataFrame of float
        Units by indicator id, in the unit of `comparison.units`: rows sum to `total_shift`.

    Raises
    ------
    ValueError
        If a version's total is no weighted sum.

    Notes
    -----
    A weight is a share of the points that apply to the unit, so that dropping one indicator raises
    the weight of every other: unlike the changes of `attribute`, these parts cannot be switched on
    alone.
    """
    parts = [
        _parts(side, comparison.in_percent) for side in (comparison.baseline, comparison.draft)
    ]
    old, new = (
        part.reindex(columns=parts[1].columns.union(parts[0].columns, sort=False), fill_value=0.0)
        for part in parts
    )
    return new - old


def _parts(found: Assessment, in_percent: bool) -> pd.DataFrame:
    framework, points = found.framework, found.points
    if points is None or not is_weighed(framework):
        raise ValueError(f"tổng của {framework.id} không phải một tổng có trọng số")
    most = np.array([item.maximum for item in points.indicators])[:, None]
    left = 0.0 if points.excluded is None else points.excluded.astype(np.float64)
    applies = (most * (1.0 - left)).sum(axis=0)
    whole = 100.0 if in_percent else framework.maximum
    share = np.divide(whole, applies, out=np.full(applies.shape, np.nan), where=applies > 0)
    return pd.DataFrame(
        (most * points.share * share).T,
        index=found.observations.units.index,
        columns=pd.Index([item.id for item in points.indicators]),
    )
