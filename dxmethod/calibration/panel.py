"""What can be said of those who judged units, before anything is fitted to what they said."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..assessment import Assessment
from ..cells import Floats
from ..levels import Levels
from ..quality import reported
from .judgements import Judgements

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Panel:
    """What judgements of one round tell of the judges.

    Attributes
    ----------
    coverage : DataFrame
        By number of `judges`: how many `units` were judged by so many.
    judges : DataFrame
        By judge: `units`, one column a level (units that the judge put there, by its label),
        `shared` (units that others judged too), `severity` (mean of the others' level less the
        judge's own on those, in levels: positive for a strict judge), `error` (its standard error),
        `kappa` (mean of the pairs with other judges), `breaks` (pairs that break dominance), and
        `blind` (share of the judgements made without seeing the draft; NaN where not said).
    pairs : DataFrame
        By `first` and `second` judge: `n` (units of both), `exact`, `within_one` (shares) and
        `kappa` (quadratic weights; NaN where neither varies).
    blind : DataFrame
        "blind" and "not_blind": `judgements`, `units`, `mean` level, `with_draft` and `kappa`
        (exact agreement and weighted kappa with the draft's own level).
    blind_gap : float
        Mean level of the non-blind less that of the blind, on units that have both; NaN of none.
    dominance : DataFrame
        `judge`, `better`, `worse` (units), `level_better`, `level_worse`, `criteria` (on which
        `better` is strictly better): it is at least as good on all and was yet put lower.
    comparable : int
        Pairs of judged units of which one is at least as good on all criteria: what was tested.
    """

    coverage: pd.DataFrame
    judges: pd.DataFrame
    pairs: pd.DataFrame
    blind: pd.DataFrame
    blind_gap: float
    dominance: pd.DataFrame
    comparable: int


def describe_judges(judgements: Judgements, assessment: Assessment) -> Panel:
    """Describe the judges of one round before anything is fitted.

    Parameters
    ----------
    judgements : Judgements
        Of one round.
    assessment : Assessment
        By the draft, of the judged units among others.

    Returns
    -------
    Panel

    Raises
    ------
    ValueError
        If there are several rounds, the draft has no levels, or a judged unit has no data.
    """
    if assessment.levels is None:
        raise ValueError(f"{assessment.framework.id} không có mức độ")
    codes = assessment.observations.units.index
    rows = codes.get_indexer(pd.Index(judgements.units))
    if (rows < 0).any():
        lost = [u for u, row in zip(judgements.units, rows, strict=True) if row < 0]
        raise ValueError(f"không có số liệu của đơn vị được xếp mức: {', '.join(lost[:5])}")
    level, size = judgements.level, len(judgements.labels)
    better = _dominates(assessment, assessment.levels, rows)
    broken = _broken(judgements, better)
    pairs = _pairs(judgements, size)
    many = pd.Series((~np.isnan(level)).sum(axis=0)).value_counts().sort_index()
    coverage = pd.DataFrame({"judges": many.index, "units": many.to_numpy()})
    draft = assessment.levels.level[rows].astype(np.float64)
    blind, gap = _blind(judgements, draft, size)
    judges = _by_judge(judgements, pairs, broken)
    comparable = int((better > 0).sum())
    return Panel(coverage, judges, pairs, blind, gap, broken, comparable)


def weighted_kappa(first: Floats, second: Floats, size: int) -> float:
    """Cohen's kappa with quadratic weights.

    Parameters
    ----------
    first, second : ndarray of float, shape (n,)
        Places 0 … size − 1 of the same units; those where either is NaN are left out.
    size : int
        Number of places.

    Returns
    -------
    float
        NaN where chance alone would agree fully, or nothing is shared. J. Cohen, Psychological
        Bulletin 70 (1968).
    """
    known = ~np.isnan(first) & ~np.isnan(second)
    if not known.any():
        return float("nan")
    a, b = first[known], second[known]
    seen = ((a - b) ** 2).mean()
    places = np.arange(size)
    shares = [np.bincount(x.astype(np.intp), minlength=size) / len(x) for x in (a, b)]
    chance = float(shares[0] @ (places[:, None] - places) ** 2 @ shares[1])
    return float(1 - seen / chance) if chance > 0 else float("nan")


def _pairs(judgements: Judgements, size: int) -> pd.DataFrame:
    level, rows = judgements.level, []
    for i, j in combinations(range(len(level)), 2):
        gap = np.abs(level[i] - level[j])
        gap = gap[~np.isnan(gap)]
        near = [float((gap <= most).mean()) if len(gap) else np.nan for most in (0, 1)]
        kappa = weighted_kappa(level[i], level[j], size)
        rows.append((judgements.judges[i], judgements.judges[j], len(gap), *near, kappa))
    return pd.DataFrame(rows, columns=["first", "second", "n", "exact", "within_one", "kappa"])


def _by_judge(judgements: Judgements, pairs: pd.DataFrame, broken: pd.DataFrame) -> pd.DataFrame:
    level, names = judgements.level, pd.Index(judgements.judges, name="judge")
    known = ~np.isnan(level)
    others = known.sum(axis=0) - known
    total = np.nansum(level, axis=0) - np.nan_to_num(level)
    gap = np.where(known & (others > 0), total / np.maximum(others, 1) - level, np.nan)
    shared = (~np.isnan(gap)).sum(axis=1)
    frame = pd.DataFrame({"units": known.sum(axis=1)}, index=names)
    for place, label in enumerate(judgements.labels):
        frame[label] = (level == place).sum(axis=1)
    frame["shared"] = shared
    safe = np.where(shared > 0, shared, np.nan)
    frame["severity"] = np.nansum(gap, axis=1) / safe
    squared = np.nansum((gap - frame["severity"].to_numpy()[:, None]) ** 2, axis=1)
    frame["error"] = np.sqrt(squared / np.where(shared > 1, shared - 1, np.nan) / safe)
    both = pd.concat([pairs.rename(columns={side: "judge"}) for side in ("first", "second")])
    frame["kappa"] = both.groupby("judge")["kappa"].mean().reindex(names)
    frame["breaks"] = broken["judge"].value_counts().reindex(names).fillna(0).astype(np.int64)
    blind = judgements.frame["blind"].map({True: 1.0, False: 0.0}).astype(float)
    frame["blind"] = blind.groupby(judgements.frame["judge"].to_numpy()).mean().reindex(names)
    return frame


def _blind(judgements: Judgements, draft: Floats, size: int) -> tuple[pd.DataFrame, float]:
    """Blind and non-blind judgements beside the draft, and beside each other."""
    frame = judgements.frame
    at = pd.Series(draft, index=judgements.units).reindex(frame["unit"]).to_numpy()
    level = frame["level"].to_numpy(dtype=np.float64)
    rows, means = [], []
    for value in (True, False):
        own = frame["blind"].eq(value).to_numpy(dtype=bool)
        exact = float((level[own] == at[own]).mean()) if own.any() else np.nan
        mean = float(level[own].mean()) if own.any() else np.nan
        kappa = weighted_kappa(level[own], at[own].astype(np.float64), size)
        rows.append((own.sum(), frame.loc[own, "unit"].nunique(), mean, exact, kappa))
        means.append(pd.Series(level[own]).groupby(frame.loc[own, "unit"].to_numpy()).mean())
    columns = ["judgements", "units", "mean", "with_draft", "kappa"]
    gap = (means[1] - means[0]).dropna()
    table = pd.DataFrame(rows, columns=columns, index=["blind", "not_blind"])
    return table, float(gap.mean()) if len(gap) else float("nan")


def _dominates(assessment: Assessment, levels: Levels, rows: NDArray[np.intp]) -> Counts:
    """On how many criteria each judged unit is better than each other, 0 unless it dominates.

    Both must be known, or neither asked, on every criterion; and the units must be held to the
    same thresholds, or the judge may rightly ask less of one of them.
    """
    value = reported(assessment, levels.indicators)[:, rows].T
    left = levels.cells.excluded
    out = np.zeros(value.shape, dtype=bool) if left is None else left[:, rows].T
    better = np.zeros((len(rows), len(rows)), dtype=np.int64)
    for one, (own, free) in enumerate(zip(value, out, strict=True)):
        both_out = out & free
        no_worse = ((own >= value) | both_out).all(axis=1)
        alike = levels.stratum[rows] == levels.stratum[rows[one]]
        better[one] = np.where(no_worse & alike, ((own > value) & ~both_out).sum(axis=1), 0)
    return better


def _broken(judgements: Judgements, better: Counts) -> pd.DataFrame:
    """Pairs of units that a judge put in the order opposite to what all criteria say."""
    level, units = judgements.level, np.array(judgements.units, dtype=object)
    first, second = np.nonzero(better)
    frames = []
    for judge, row in zip(judgements.judges, level, strict=True):
        wrong = row[first] < row[second]
        i, j = first[wrong], second[wrong]
        columns = {
            "judge": judge,
            "better": units[i],
            "worse": units[j],
            "level_better": row[i].astype(np.int64),
            "level_worse": row[j].astype(np.int64),
            "criteria": better[i, j],
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)
