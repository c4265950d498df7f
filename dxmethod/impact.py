"""What a draft does to units: by group, by stage, at the bounds, and beside other drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .assessment import Assessment, assess
from .comparison import Comparison, compare
from .framework import Framework, band_bound
from .levels import Levels
from .observations import Observations
from .quality import blocking
from .rounds import STAGES, Round


def by_group(comparison: Comparison, column: str) -> pd.DataFrame:
    """Tell winners and losers apart by an attribute of the units.

    Parameters
    ----------
    comparison : Comparison
    column : str
        "stratum", "province" or "unit_class"; units without one stand under "chưa rõ".

    Returns
    -------
    DataFrame
        One row a group, in the order of the alphabet, then "Cả mẫu": `units`; of levels `rose`,
        `fell`, `mean_old`, `mean_new`; of totals `gained`, `lost`, `total_old`, `total_new` (means)
        and `rank_shift` (mean places risen); those that both versions have.

    Raises
    ------
    ValueError
        If the units have no such attribute.
    """
    known = comparison.baseline.observations.units
    if column not in known:
        raise ValueError(f"số liệu không có cột {column}")
    group = known[column].astype(object).where(known[column].notna(), "chưa rõ")
    frame = comparison.units
    rows = {str(name): _summed(frame.loc[part.index]) for name, part in group.groupby(group)}
    rows["Cả mẫu"] = _summed(frame)
    return pd.DataFrame(rows).T


def _summed(frame: pd.DataFrame) -> dict[str, float]:
    out: dict[str, float] = {"units": len(frame)}
    if "level_old" in frame:
        moved = frame["level_shift"]
        out |= {"rose": int((moved > 0).sum()), "fell": int((moved < 0).sum())}
        out |= {f"mean_{side}": float(frame[f"level_{side}"].mean()) for side in ("old", "new")}
    if "total_old" in frame:
        moved = frame["total_shift"]
        out |= {"gained": int((moved > 0).sum()), "lost": int((moved < 0).sum())}
        out |= {f"total_{side}": float(frame[f"total_{side}"].mean()) for side in ("old", "new")}
        out["rank_shift"] = float(frame["rank_shift"].mean())
    return out


def by_stage(old: Framework, new: Framework, told: Round) -> pd.DataFrame:
    """Tell the effect by who assesses: on what units say of themselves, and on what was verified.

    Parameters
    ----------
    old, new : Framework
    told : Round

    Returns
    -------
    DataFrame
        By stage that the round has ("self", "verified", "final"), columns of `by_group`.
    """
    rows = {
        stage: _summed(compare(old, new, told.at(stage)).units)
        for stage in STAGES
        if stage in told.stages
    }
    return pd.DataFrame(rows).T


def blockers(comparison: Comparison) -> pd.DataFrame:
    """Set what blocks the next level before beside what blocks it after.

    Parameters
    ----------
    comparison : Comparison
        Of two versions with levels.

    Returns
    -------
    DataFrame
        By indicator id, most blocking under the draft first: `label`; `blocked_old`, `blocked_new`
        (units whose next level it fails), `alone_old`, `alone_new` (of these, units that it alone
        stops): see `quality.blocking`; missing where a version does not ask for it.
    """
    sides = (comparison.baseline, comparison.draft)
    old, new = (blocking(side)[["blocked", "alone"]] for side in sides)
    frame = new.add_suffix("_new").join(old.add_suffix("_old"), how="outer")
    labels = {item.id: item.label for side in sides for item in side.framework.indicators}
    frame.insert(0, "label", [labels[name] for name in frame.index])
    filled = frame.fillna(0).sort_values(
        ["blocked_new", "blocked_old"], ascending=False, kind="stable"
    )
    return frame.loc[filled.index]


def near_bounds(assessment: Assessment, decimals: int = 1) -> pd.DataFrame:
    """List values that rounding could carry over a bound: where appeals come from.

    Parameters
    ----------
    assessment : Assessment
    decimals : int, optional
        Digits of a reported number that are printed; totals have the declared ones, else two.

    Returns
    -------
    DataFrame
        One row a value within half a printed digit of a threshold or of a band's bound, but not on
        it: `unit`, `name`, `what` (indicator or band label), `level` (label, or ""), `bound`,
        `value`, `passes`, and `decides`: whether the unit's level or band hangs on it.
    """
    parts = [_near_thresholds(assessment, decimals), _near_bands(assessment)]
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["decides", "unit"], ascending=[False, True], ignore_index=True)


_NEAR = ["unit", "name", "what", "level", "bound", "value", "passes", "decides"]


def _near_thresholds(assessment: Assessment, decimals: int) -> pd.DataFrame:
    levels = assessment.levels
    empty = pd.DataFrame(columns=_NEAR)
    if levels is None:
        return empty
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)
    exact = {c.id for c in assessment.observations.concepts if c.measure in ("yes_no", "category")}
    rows = [r for r, item in enumerate(levels.indicators) if item.concept not in exact]
    required = levels.required[levels.stratum][:, :, rows]  # (U, L, R)
    value = levels.cells.value[rows].T[:, None, :]
    far = np.abs(value - required)
    unit, level, column = np.nonzero((far <= half) & (far > 0))
    if not len(unit):
        return empty
    row = np.array(rows)[column]
    units = assessment.observations.units
    return pd.DataFrame(
        {
            "unit": units.index[unit],
            "name": units["name"].to_numpy()[unit],
            "what": [levels.indicators[r].label for r in row],
            "level": [assessment.framework.levels[k].label for k in level],
            "bound": required[unit, level, column],
            "value": value[unit, 0, column],
            "passes": [
                bool(levels.passed[r, u] >> k & 1) for r, u, k in zip(row, unit, level, strict=True)
            ],
            "decides": _decides(levels, row, unit, level),
        }
    )[_NEAR]


def _decides(levels: Levels, row: np.ndarray, unit: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Whether a unit's level changes when one requirement turns; one a unit at a time."""
    turn = pd.Series(unit).groupby(unit).cumcount().to_numpy()
    out = np.zeros(len(unit), dtype=bool)
    for number in range(turn.max() + 1):
        now = np.flatnonzero(turn == number)
        passed = levels.passed.copy()
        passed[row[now], unit[now]] ^= (1 << level[now]).astype(passed.dtype)
        out[now] = (levels.if_passed(passed) != levels.level)[unit[now]]
    return out


def _near_bands(assessment: Assessment) -> pd.DataFrame:
    framework, points = assessment.framework, assessment.points
    empty = pd.DataFrame(columns=_NEAR)
    if points is None or len(framework.bands) < 2:
        return empty
    scale = 100 / framework.maximum if framework.band_scale == "percent" else 1.0
    total = points.total * scale
    half = 0.5 * 10.0 ** -(framework.rounding.decimals if framework.rounding else 2) * (1 + 1e-9)
    parts = []
    for place, band in enumerate(framework.bands[1:], 1):
        bound = band_bound(band)
        far = np.abs(total - bound)
        near = np.flatnonzero((far <= half) & (far > 0))
        units = assessment.observations.units
        parts.append(
            pd.DataFrame(
                {
                    "unit": units.index[near],
                    "name": units["name"].to_numpy()[near],
                    "what": f"Xếp loại {band.label}",
                    "level": "",
                    "bound": bound,
                    "value": total[near],
                    "passes": points.band[near] >= place,
                    "decides": True,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, eq=False)
class Against:
    """Levels of one version beside the points of another.

    Attributes
    ----------
    table : DataFrame of int
        Units by level (rows, "Chưa đạt" first) and by band, or by fifth of the ranking when the
        points have no bands (columns).
    correlation : float
        Spearman's between level and total; NaN when one does not vary.
    """

    table: pd.DataFrame
    correlation: float


def against(levels: Assessment, points: Assessment) -> Against:
    """Set levels against points, through ranks and a cross table.

    Parameters
    ----------
    levels, points : Assessment
        Of the same units; the first has levels, the second points.

    Returns
    -------
    Against

    Raises
    ------
    ValueError
        If the first has no levels or the second no points.
    """
    if levels.levels is None or points.points is None:
        raise ValueError("cần một phiên bản có mức độ và một phiên bản có điểm")
    total = pd.Series(points.points.total, index=points.observations.units.index)
    level = pd.Series(levels.levels.level.astype(float), index=total.index)
    if points.framework.bands:
        labels = [band.label for band in points.framework.bands]
        place = points.points.band.astype(np.intp)
    else:
        labels = [f"Nhóm {n}/5" for n in range(1, 6)]
        order = total.rank(method="first").fillna(0).to_numpy(dtype=np.float64)
        place = np.floor((order - 1) * 5 / max(1, total.notna().sum())).astype(np.intp)
    known = place >= 0
    rows = levels.level_labels()
    counts = np.bincount(
        level.to_numpy(dtype=np.intp)[known] * len(labels) + place[known],
        minlength=len(rows) * len(labels),
    ).reshape(len(rows), len(labels))
    varies = level.nunique() > 1 and total.nunique() > 1
    found = float(level.rank().corr(total.rank())) if varies else float("nan")
    return Against(pd.DataFrame(counts, pd.Index(rows), pd.Index(labels)), found)


def versions(frameworks: Sequence[Framework], observations: Observations) -> pd.DataFrame:
    """Set several drafts beside the first of them, on the same observations.

    Parameters
    ----------
    frameworks : sequence of Framework
        The version in force first, then drafts or provinces' versions, for one type of unit.
    observations : Observations

    Returns
    -------
    DataFrame
        By framework id: `version`, `indicators`, `units`; `none` and one column a place ("at_1",
        …: units at that level, or band, or above); `mean` (place, or total); `rose`, `fell`: units
        that move against the first version.
    """
    first = assess(frameworks[0], observations)
    rows: list[dict[str, object]] = []
    for framework in frameworks:
        found = compare(frameworks[0], framework, observations) if rows else None
        made = found.draft if found else first
        row: dict[str, object] = {
            "version": framework.version,
            "indicators": len(framework.indicators),
            "units": len(observations.units),
        }
        place = _place(made)
        if place is not None:
            most = max(len(framework.levels), len(framework.bands) - 1)
            row["none"] = int((place < 1).sum())
            row |= {f"at_{k}": int((place >= k).sum()) for k in range(1, most + 1)}
        row["mean"] = _mean(made)
        before = _place(first)
        if place is not None and before is not None:
            row |= {"rose": int((place > before).sum()), "fell": int((place < before).sum())}
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index([item.id for item in frameworks]))


def _place(found: Assessment) -> np.ndarray | None:
    if found.levels is not None:
        return found.levels.level.astype(np.intp)
    if found.points is not None and found.framework.bands:
        return found.points.band.astype(np.intp)
    return None


def _mean(found: Assessment) -> float:
    if found.levels is not None:
        return float(found.levels.level.mean())
    return float(np.nanmean(found.points.total)) if found.points is not None else float("nan")
