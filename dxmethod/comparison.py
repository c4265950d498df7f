"""Two frameworks on the same observations: what changed between them, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .assessment import Assessment, assess
from .changes import KINDS, diff
from .framework import Framework, Group, Indicator, full_points
from .observations import Observations


@dataclass(frozen=True)
class RankSummary:
    """How far ranks moved.

    Attributes
    ----------
    units, moved, rose, fell : int
        Units ranked in both, and how many of them changed rank, rose, fell.
    mean, largest : float
        Mean and largest absolute shift, in places.
    spearman : float
        Rank correlation of the two rankings; NaN when one of them does not vary.
    """

    units: int
    moved: int
    rose: int
    fell: int
    mean: float
    largest: int
    spearman: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a draft does to units, beside the baseline.

    Attributes
    ----------
    baseline, draft : Assessment
        Of the same observations.
    """

    baseline: Assessment
    draft: Assessment

    @property
    def in_percent(self) -> bool:
        """Whether totals are compared in per cent of the maximum, because the maxima differ."""
        return abs(self.baseline.framework.maximum - self.draft.framework.maximum) > 1e-9

    @property
    def ranked(self) -> bool:
        """Whether both versions give points, so that ranks tell units apart."""
        return self.baseline.points is not None and self.draft.points is not None

    @property
    def levelled(self) -> bool:
        """Whether both versions have levels."""
        return self.baseline.levels is not None and self.draft.levels is not None

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row a unit, by code.

        Columns `name`; `total_old`, `total_new`, `total_shift`; `rank_old`, `rank_new`,
        `rank_shift` (positive: rose); `level_old`, `level_new`, `level_shift`; `band_old`,
        `band_new` (labels); those that both versions have. Totals are in per cent of the maximum
        when `in_percent`.
        """
        sides = (self.baseline, self.draft)
        columns: dict[str, object] = {"name": self.baseline.observations.names}
        if self.baseline.points is not None and self.draft.points is not None:
            totals = [
                side.points.total * (100 / side.framework.maximum if self.in_percent else 1.0)
                for side in sides
                if side.points is not None
            ]
            columns |= _pair("total", *totals)
        old, new = (side.rank for side in sides)
        columns |= _pair("rank", old, new)
        # Rank 0 is no rank: a unit that has none in one version has neither risen nor fallen.
        columns["rank_shift"] = np.where((old == 0) | (new == 0), 0, old - new)
        if self.baseline.levels is not None and self.draft.levels is not None:
            columns |= _pair("level", *(side.levels.level for side in sides if side.levels))
            moved = self.draft.levels.level.astype(np.int64) - self.baseline.levels.level
            columns["level_shift"] = moved
        frame = pd.DataFrame(columns, copy=False)
        if self.ranked and all(side.framework.bands for side in sides):
            for side, name in zip(sides, ("old", "new"), strict=True):
                frame[f"band_{name}"] = side.to_frame()["band"]
        return frame

    def transitions(self) -> pd.DataFrame:
        """Count units by level held under the baseline (rows) and under the draft (columns).

        Returns
        -------
        DataFrame of int
            By label, "Chưa đạt" first. By band when the versions have no levels.

        Raises
        ------
        ValueError
            If the versions share neither levels nor bands.
        """
        sides = (self.baseline, self.draft)
        if self.levelled:
            labels = [side.level_labels() for side in sides]
            codes = [side.levels.level for side in sides if side.levels]
        elif self.ranked and all(side.framework.bands for side in sides):
            labels = [[band.label for band in side.framework.bands] for side in sides]
            codes = [side.points.band for side in sides if side.points]
        else:
            raise ValueError("hai phiên bản không cùng có mức độ hoặc xếp loại")
        old, new = (code.astype(np.intp) for code in codes)
        known = (old >= 0) & (new >= 0)  # a unit without a total is in no band
        size = (len(labels[0]), len(labels[1]))
        counts = np.bincount(old[known] * size[1] + new[known], minlength=size[0] * size[1])
        return pd.DataFrame(counts.reshape(size), pd.Index(labels[0]), pd.Index(labels[1]))

    def rank_summary(self) -> RankSummary:
        """Say how far ranks moved."""
        frame = self.units
        ranked = frame[(frame["rank_old"] > 0) & (frame["rank_new"] > 0)]
        old, new, shift = (ranked[f"rank_{name}"] for name in ("old", "new", "shift"))
        varies = old.nunique() > 1 and new.nunique() > 1
        return RankSummary(
            units=len(ranked),
            moved=int((shift != 0).sum()),
            rose=int((shift > 0).sum()),
            fell=int((shift < 0).sum()),
            mean=float(shift.abs().mean()) if len(ranked) else 0.0,
            largest=int(shift.abs().max()) if len(ranked) else 0,
            # Spearman's coefficient is Pearson's of the ranks, ties averaged.
            spearman=float(old.rank().corr(new.rank())) if varies else float("nan"),
        )


def _pair(name: str, old: NDArray[Any], new: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Both sides of one column, and the shift between them."""
    return {f"{name}_old": old, f"{name}_new": new, f"{name}_shift": new - old}


def compare(baseline: Framework, draft: Framework, observations: Observations) -> Comparison:
    """Assess the same observations under two frameworks.

    Parameters
    ----------
    baseline, draft : Framework
        Two versions for the same type of unit.
    observations : Observations
        Of U units.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If the frameworks are for different types of unit.
    """
    if baseline.unit_type != draft.unit_type:
        raise ValueError(f"{baseline.id} và {draft.id} dành cho hai loại đơn vị khác nhau")
    return Comparison(assess(baseline, observations), assess(draft, observations))


def weights(old: Framework, new: Framework) -> pd.DataFrame:
    """Compare the weight of each main group or indicator that stands directly below the root.

    Parameters
    ----------
    old, new : Framework
        Two versions; nodes match by id.

    Returns
    -------
    DataFrame
        By node id, in the new order, dropped nodes last: `label`, `points_old`, `points_new`,
        `share_old`, `share_new` (0 to 1), `share_shift`; NaN where a version lacks the node.
    """
    before, after = _shares(old), _shares(new)
    frame = after.add_suffix("_new").join(before.add_suffix("_old"), how="outer", sort=False)
    order = [*after.index, *before.index.difference(after.index, sort=False)]
    frame = frame.reindex(order)
    frame["label"] = frame["label_new"].fillna(frame["label_old"])
    frame["share_shift"] = frame["share_new"] - frame["share_old"]
    columns = ["label", "points_old", "points_new", "share_old", "share_new", "share_shift"]
    return frame[columns]


def _shares(framework: Framework) -> pd.DataFrame:
    root = framework.tree
    worth = [
        full_points(child)
        if root.combine == "sum" or isinstance(child, Indicator)
        else child.weight
        for child in root.children
    ]
    whole = sum(worth)
    return pd.DataFrame(
        {
            "label": [child.label for child in root.children],
            "points": worth,
            "share": [value / whole if whole else 0.0 for value in worth],
        },
        index=pd.Index([child.id for child in root.children]),
    )


def counts(framework: Framework) -> pd.DataFrame:
    """Count indicators by main group and by level.

    Parameters
    ----------
    framework : Framework

    Returns
    -------
    DataFrame
        One row a main group (by id), then "" for the whole: `label`, `indicators`, `points`, and
        one column for each level (its id) with the indicators required there.
    """
    tops = [child for child in framework.tree.children if isinstance(child, Group)]
    rows = [(group.id, group.label, framework.below(group.id)) for group in tops]
    rows.append(("", "Cộng", framework.indicators))
    records = [
        {
            "label": label,
            "indicators": len(items),
            "points": sum(item.maximum for item in items),
            **{level.id: sum(level.id in i.required for i in items) for level in framework.levels},
        }
        for _, label, items in rows
    ]
    return pd.DataFrame(records, index=pd.Index([name for name, _, _ in rows]))


def change_counts(old: Framework, new: Framework) -> pd.DataFrame:
    """Count the changes between two versions by kind.

    Returns
    -------
    DataFrame
        By kind, in the order of `KINDS`, kinds that occur: `label`, `count`.
    """
    kinds = [change.kind for change in diff(old, new)]
    present = [kind for kind in KINDS if kind in kinds]
    return pd.DataFrame(
        {"label": [KINDS[k] for k in present], "count": [kinds.count(k) for k in present]},
        index=pd.Index(present),
    )


def near_ties(assessment: Assessment, margin: float) -> pd.DataFrame:
    """List neighbours in the ranking whose totals differ by no more than a margin.

    Parameters
    ----------
    assessment : Assessment
        With points.
    margin : float
        In the unit of the total; twice half a printed digit when totals come from printed values.

    Returns
    -------
    DataFrame
        One row a pair: `higher`, `lower` (names), `rank_higher`, `rank_lower`, `difference`.
    """
    frame = assessment.to_frame().dropna(subset=["total"])
    frame = frame.sort_values("total", ascending=False, kind="stable")
    gap = frame["total"].to_numpy()[:-1] - frame["total"].to_numpy()[1:]
    place = np.flatnonzero(gap <= margin * (1 + 1e-9) + 1e-12)
    return pd.DataFrame(
        {
            "higher": frame["name"].to_numpy()[place],
            "lower": frame["name"].to_numpy()[place + 1],
            "rank_higher": frame["rank"].to_numpy()[place],
            "rank_lower": frame["rank"].to_numpy()[place + 1],
            "difference": gap[place],
        }
    )
