"""Kept summaries: a few rounded figures that the notebook tests compare."""

from __future__ import annotations

from ...comparison import Comparison, change_counts
from ...framework import Framework
from ...revision import Revision


def framework_summary(old: Framework, new: Framework) -> str:
    """Say in a few lines, without local marks, what two versions hold."""
    lines = [
        f"{item.id}: {len(item.indicators)} indicators, {len(item.levels)} levels, "
        f"{sum(i.maximum for i in item.indicators):g} points"
        for item in (old, new)
    ]
    kinds = change_counts(old, new)
    lines.append("changes: " + ", ".join(f"{k} {n}" for k, n in kinds["count"].items()))
    return "\n".join(lines)


def conclusion_summary(revision: Revision, draft: str = "") -> str:
    """Say what a draft does to units; without observations, what it holds."""
    if revision.observations is None:
        return framework_summary(revision.baseline, revision.draft(draft))
    return comparison_summary(revision.compare(draft))


def comparison_summary(comparison: Comparison) -> str:
    """Say in a few lines, without local marks, what a draft does."""
    found = comparison.rank_summary()
    lines = [
        f"{found.units} units, {found.moved} moved, {found.rose} rose, {found.fell} fell",
        f"mean shift {found.mean:.3f}, largest {found.largest}",
    ]
    frame = comparison.units
    if "total_old" in frame:
        means = frame[["total_old", "total_new"]].mean()
        lines.append(f"mean total {means.iloc[0]:.4f} -> {means.iloc[1]:.4f}")
    if "level_old" in frame:
        lines.append(comparison.transitions().to_string())
    return "\n".join(lines)
