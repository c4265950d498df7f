"""One question, asked of every framework: what these observations give under these rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .framework import Framework
from .levels import Levels, assess_levels
from .observations import Observations
from .points import Points, assess_points, rank_totals


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a framework makes of observations.

    Attributes
    ----------
    framework, observations
        What was asked of whom; U units.
    levels : Levels or None
        None when the framework has no levels.
    points : Points or None
        None when nothing earns points.
    """

    framework: Framework
    observations: Observations
    levels: Levels | None
    points: Points | None

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """Rank, shape (U,): by total, or by level if there are no points; ties by the policy."""
        if self.points is not None:
            return self.points.rank
        if self.levels is not None:
            return rank_totals(self.levels.level.astype(np.float64), self.framework.policy.ties)
        return np.zeros(len(self.observations.units), dtype=np.int64)

    def level_labels(self) -> list[str]:
        """Names of the levels, "Chưa đạt" first, so that place 0 is no level."""
        return ["Chưa đạt", *(level.label for level in self.framework.levels)]

    def to_frame(self) -> pd.DataFrame:
        """One row a unit: name, level with bounds, total with bounds, band, rank.

        Returns
        -------
        DataFrame
            Indexed by unit code. Columns `name`; `level`, `level_best` (0 for none); `total`,
            `total_best`; `band` (label); `rank`; those that the framework has.
        """
        frame = self.observations.units[["name"]].copy()
        if self.levels is not None:
            frame["level"] = self.levels.level
            frame["level_best"] = self.levels.best
        if self.points is not None:
            frame["total"] = self.points.total
            frame["total_best"] = self.points.best
            if self.framework.bands:
                labels = pd.Index([band.label for band in self.framework.bands])
                frame["band"] = pd.Categorical.from_codes(
                    self.points.band, categories=labels, ordered=True
                )
        frame["rank"] = self.rank
        return frame


def assess(framework: Framework, observations: Observations) -> Assessment:
    """Assess units under a framework: levels, points, bands and ranks.

    Parameters
    ----------
    framework : Framework
        A checked framework.
    observations : Observations
        Of U units; a concept that nobody reported is missing for everyone.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        If the observations hold none of the framework's concepts.
    """
    if not set(framework.concepts) & set(observations.position):
        raise ValueError(f"số liệu không có khái niệm nào của {framework.id}")
    levels = assess_levels(framework, observations) if framework.levels else None
    points = assess_points(framework, observations) if framework.has_points else None
    return Assessment(framework, observations, levels, points)


def roll_up(assessment: Assessment, level: str, parents: pd.Series[str]) -> pd.Series[float]:
    """Share of the lower units of each parent that hold a level.

    Parameters
    ----------
    assessment : Assessment
        Of the lower units, by a framework with levels.
    level : str
        Id of the level that counts.
    parents : Series of str
        Parent of each lower unit, by its code.

    Returns
    -------
    Series of float
        By parent, 0 to 1: what a parent's indicator such as "tỷ lệ xã đạt" reports.

    Raises
    ------
    ValueError
        If the framework has no such level, or a unit has no parent.
    """
    names = [item.id for item in assessment.framework.levels]
    if assessment.levels is None or level not in names:
        raise ValueError(f"{assessment.framework.id} không có mức độ {level}")
    held = pd.Series(
        assessment.levels.held[names.index(level)], index=assessment.observations.units.index
    )
    above = parents.reindex(held.index)
    if above.isna().any():
        missing = ", ".join(map(str, held.index[above.isna()][:5]))
        raise ValueError(f"không rõ đơn vị cấp trên của: {missing}")
    return held.groupby(above.to_numpy()).mean()


def targets_met(assessment: Assessment) -> pd.DataFrame:
    """Set what was assigned for each year beside what is held now.

    Parameters
    ----------
    assessment : Assessment
        By a framework with levels.

    Returns
    -------
    DataFrame
        One row a target: `year`, `level` (label), `unit` (code, or "" for a number of units),
        `assigned` and `held` (units), `met`.

    Raises
    ------
    ValueError
        If the framework assigns targets and has no levels, or names a unit that is not there.
    """
    framework, codes = assessment.framework, assessment.observations.units.index
    if framework.targets and assessment.levels is None:
        raise ValueError(f"{framework.id} giao chỉ tiêu mà không có mức độ")
    names = [level.id for level in framework.levels]
    rows = []
    for target in framework.targets:
        assert assessment.levels is not None
        place = names.index(target.level) if target.level else 0
        held = pd.Series(assessment.levels.held[place], index=codes)
        if target.unit and target.unit not in codes:
            raise ValueError(f"số liệu không có đơn vị {target.unit} được giao chỉ tiêu")
        count = int(held.loc[target.unit] if target.unit else held.sum())
        assigned = target.units or 1
        label = framework.levels[place].label
        rows.append((target.year, label, target.unit, assigned, count, count >= assigned))
    return pd.DataFrame(rows, columns=["year", "level", "unit", "assigned", "held", "met"])
