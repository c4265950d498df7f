"""What every indicator tells: who passes, who is stopped, what it adds, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from .assessment import Assessment
from .cells import Bools, Floats, lay_out, leave_out, outside
from .framework import Group, Indicator
from .incomplete import membership
from .levels import Levels
from .verification import holm

# Below this many units a figure is a hint, not a finding.
FEW = 20
# Units are compared with those of like rest score, in this many classes.
CLASSES = 5
# Probability, adjusted for the number of questions, below which chance is no explanation.
SURE = 0.05
_SCORES_ALIKE = 1e-9


@dataclass(frozen=True, eq=False)
class Scores:
    """What a framework makes of every indicator, 0 to 1.

    Attributes
    ----------
    indicators : tuple of Indicator
        Those that earn points or have a requirement, R of them.
    score : ndarray of float, shape (R, U)
        Share of the points earned or, without points, share of the requirements met over all
        levels that ask; NaN where the value is unknown or does not apply. A penalty counts as the
        share that was not taken off.
    weight : ndarray of float, shape (R,)
        Points; 1 each where nothing earns points. Bonus and penalty weigh nothing.
    group : tuple of str
        Id of the main group of each indicator; the root's for one that stands in none.
    """

    indicators: tuple[Indicator, ...]
    score: Floats
    weight: Floats
    group: tuple[str, ...]

    def rest(self, within_group: bool = False) -> Floats:
        """Weighted mean score of the other indicators, shape (R, U).

        Parameters
        ----------
        within_group : bool
            Count only those of the same main group.

        Returns
        -------
        ndarray of float
            NaN where less than half of the others' weight is known, or there are no others.
        """
        known = ~np.isnan(self.score)
        earned = np.nan_to_num(self.score) * self.weight[:, None]
        whole = known * self.weight[:, None]
        rest = np.full(self.score.shape, np.nan)
        names = np.array(self.group)
        for name in dict.fromkeys(self.group):
            rows = names == name if within_group else np.ones(len(names), dtype=bool)
            top = earned[rows].sum(axis=0) - earned[rows]
            bottom = whole[rows].sum(axis=0) - whole[rows]
            full = self.weight[rows].sum() - self.weight[rows]
            enough = (bottom >= 0.5 * full[:, None]) & (full[:, None] > _SCORES_ALIKE)
            rest[rows] = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=enough)
            if not within_group:
                break
        return rest


def scores(assessment: Assessment) -> Scores:
    """Score every indicator of an assessment. See `Scores`."""
    framework = assessment.framework
    found: dict[str, Floats] = {}
    if assessment.levels is not None:
        found |= _requirements_met(assessment.levels)
    points = assessment.points
    if points is not None:
        left = np.zeros(points.share.shape) if points.excluded is None else points.excluded
        known = (points.share_best - points.share < _SCORES_ALIKE) & (left < 1.0)
        if points.unknown is not None:
            known &= ~points.unknown
        share = np.divide(points.share, 1.0 - left, out=np.full(left.shape, np.nan), where=known)
        for row, item in enumerate(points.indicators):
            found[item.id] = 1.0 - share[row] if item.role == "penalty" else share[row]
    items = tuple(item for item in framework.indicators if item.id in found)
    weight = [item.maximum if framework.has_points else 1.0 for item in items]
    main = {
        item.id: group.id
        for group in framework.tree.children
        if isinstance(group, Group)
        for item in framework.below(group.id)
    }
    group = tuple(main.get(item.id, framework.tree.id) for item in items)
    return Scores(items, np.stack([found[item.id] for item in items]), np.array(weight), group)


def _requirements_met(levels: Levels) -> dict[str, Floats]:
    asked, met = np.zeros(levels.passed.shape), np.zeros(levels.passed.shape)
    for place in range(len(levels.framework.levels)):
        counted = _asked(levels, place)
        asked += counted
        met += levels.met(place) & counted
    if levels.cells.unknown is not None:
        asked[levels.cells.unknown] = 0.0
    share = np.divide(met, asked, out=np.full(met.shape, np.nan), where=asked > 0)
    return {item.id: share[row] for row, item in enumerate(levels.indicators)}


def _asked(levels: Levels, place: int) -> Bools:
    """Which requirements of one level are asked of which units, shape (R, U)."""
    asked = ~np.isnan(levels.required[levels.stratum, place]).T
    return np.asarray(asked if levels.cells.excluded is None else asked & ~levels.cells.excluded)


def pass_rates(assessment: Assessment) -> pd.DataFrame:
    """Count who meets each requirement, by indicator, level and stratum.

    Parameters
    ----------
    assessment : Assessment
        By a framework with levels.

    Returns
    -------
    DataFrame
        `indicator`, `level` (id), `stratum` ("" for all units), `asked` (units), `known` (of
        them, those whose value is not unknown), `passed`, `rate` (passed of known; NaN of none),
        `contrast` (for all units: rate of the upper third by the rest score less that of the lower
        third).
    """
    levels = assessment.levels
    if levels is None:
        raise ValueError(f"{assessment.framework.id} không có mức độ")
    groups = membership(assessment.observations)
    found = scores(assessment)
    places = {item.id: row for row, item in enumerate(found.indicators)}
    rest = found.rest()[[places[item.id] for item in levels.indicators]]
    frames = []
    for place, level in enumerate(levels.framework.levels):
        asked = _asked(levels, place)
        known = asked if levels.cells.unknown is None else asked & ~levels.cells.unknown
        met = levels.met(place) & known
        counts = {"asked": asked, "known": known, "passed": met}
        frame = pd.DataFrame(
            {key: (marks @ groups.to_numpy()).ravel() for key, marks in counts.items()}
        )
        told = contrast(np.where(known, met, np.nan), rest)
        frame.insert(0, "indicator", np.repeat([i.id for i in levels.indicators], groups.shape[1]))
        frame.insert(1, "level", level.id)
        frame.insert(2, "stratum", np.tile(np.array(groups.columns, dtype=object), len(met)))
        frame["contrast"] = np.repeat(told, groups.shape[1])
        asked_at_all = np.repeat(
            [level.id in i.required for i in levels.indicators], groups.shape[1]
        )
        frames.append(frame[asked_at_all])
    out = pd.concat(frames, ignore_index=True)
    out[["asked", "known", "passed"]] = out[["asked", "known", "passed"]].astype(np.int64)
    out["rate"] = out["passed"] / out["known"].where(out["known"] > 0)
    out["contrast"] = out["contrast"].where(out["stratum"] == "")
    return out


def mean_scores(assessment: Assessment) -> pd.DataFrame:
    """Mean score of every indicator by stratum.

    Returns
    -------
    DataFrame
        `indicator`, `stratum` ("" for all units), `known` (units), `mean` (0 to 1, see `Scores`).
    """
    found = scores(assessment)
    groups = membership(assessment.observations)
    known = (~np.isnan(found.score)) @ groups.to_numpy()
    total = np.nan_to_num(found.score) @ groups.to_numpy()
    frame = pd.DataFrame(
        {
            "indicator": np.repeat([item.id for item in found.indicators], groups.shape[1]),
            "stratum": np.tile(np.array(groups.columns, dtype=object), len(known)),
            "known": known.ravel().astype(np.int64),
        }
    )
    frame["mean"] = total.ravel() / frame["known"].where(frame["known"] > 0)
    return frame


def contrast(score: Floats, rest: Floats) -> Floats:
    """Mean score of the upper third of units by the rest less that of the lower third.

    Parameters
    ----------
    score, rest : ndarray of float, shape (R, U)

    Returns
    -------
    ndarray of float, shape (R,)
        Units that tie with a cut are in its third; NaN where the rest does not tell thirds apart.
    """
    known = ~np.isnan(score) & ~np.isnan(rest)
    out = np.full(len(score), np.nan)
    some = known.any(axis=1)
    if not some.any():
        return out
    cuts = np.nanquantile(np.where(known, rest, np.nan)[some], [1 / 3, 2 / 3], axis=1)
    low, high = (
        known[some] & side
        for side in (rest[some] <= cuts[0][:, None], rest[some] >= cuts[1][:, None])
    )
    upper, lower = (_mean_of(score[some], part) for part in (high, low))
    out[some] = np.where(cuts[0] < cuts[1], upper - lower, np.nan)
    return out


def _mean_of(x: Floats, part: Bools) -> Floats:
    n = part.sum(axis=1)
    return np.asarray(np.where(part, x, 0.0).sum(axis=1) / np.where(n, n, np.nan))


def correlate(x: Floats, y: Floats) -> Floats:
    """Pearson correlation row by row, over the columns that both rows have.

    Parameters
    ----------
    x, y : ndarray of float, shape (R, U)

    Returns
    -------
    ndarray of float, shape (R,)
        NaN where either does not vary.
    """
    known = ~np.isnan(x) & ~np.isnan(y)
    x, y = (np.where(known, side - _mean_of(side, known)[:, None], 0.0) for side in (x, y))
    spread = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    alike = spread <= _SCORES_ALIKE * np.maximum(known.sum(axis=1), 1)
    return np.asarray((x * y).sum(axis=1) / np.where(alike, np.nan, spread))


def reported(assessment: Assessment, items: Sequence[Indicator]) -> Floats:
    """Numbers that count for each indicator, more being better, shape (R, U); NaN where none."""
    held = assessment.observations
    cells = lay_out([item.concept for item in items], held, assessment.framework.policy)
    value = leave_out(cells, outside(items, held)).value
    signs = {concept.id: concept.sign for concept in held.concepts}
    return np.asarray(value * np.array([signs.get(item.concept, 1.0) for item in items])[:, None])


def blocking(assessment: Assessment) -> pd.DataFrame:
    """Count the units that each indicator stops from the level above the one they hold.

    Parameters
    ----------
    assessment : Assessment
        By a framework with levels.

    Returns
    -------
    DataFrame
        By indicator id: `blocked` (units that fail it at the level they seek, as
        `Levels.blockers` lists them), and of them `alone`, `few`, `many`.

    Notes
    -----
    It stops a unit *alone* when meeting it, and nothing else, would give the unit a higher level.
    Otherwise it is one of a *few* when the unit fails two or three requirements of the level it
    seeks, and one of *many* when it fails four or more. Under a quorum a unit may need no more than
    any one of several requirements: each of them then stops it alone.
    """
    levels = assessment.levels
    if levels is None:
        raise ValueError(f"{assessment.framework.id} không có mức độ")
    kind = levels.passed.dtype.type
    sought = np.left_shift(kind(1), levels.level.astype(kind))
    sought[levels.level == len(levels.framework.levels)] = 0
    failed = (levels.passed & sought) != sought
    alone = np.zeros(failed.shape, dtype=bool)
    for row in np.flatnonzero(failed.any(axis=1)):
        trial = levels.passed.copy()
        trial[row] |= sought
        alone[row] = failed[row] & (levels.if_passed(trial) > levels.level)
    few = failed & ~alone & (failed.sum(axis=0) <= 3)
    parts = {"blocked": failed, "alone": alone, "few": few, "many": failed & ~alone & ~few}
    names = pd.Index([item.id for item in levels.indicators])
    return pd.DataFrame({name: marks.sum(axis=1) for name, marks in parts.items()}, index=names)


@dataclass(frozen=True, eq=False)
class _Paired:
    """Sums over the columns that two rows both have, for every pair of rows, shape (R, R)."""

    n: Floats
    r: Floats

    @classmethod
    def of(cls, x: Floats) -> _Paired:
        known = ~np.isnan(x)
        centred = np.where(known, x - _mean_of(x, known)[:, None], 0.0)
        scale = np.sqrt((centred**2).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
        z = centred / np.where(scale > _SCORES_ALIKE, scale, np.nan)[:, None]
        z = np.nan_to_num(z)
        m = known.astype(np.float64)
        n, s, ss = m @ m.T, z @ m.T, (z * z) @ m.T
        safe = np.where(n, n, np.nan)
        covariance = z @ z.T / safe - (s / safe) * (s.T / safe)
        variance = ss / safe - (s / safe) ** 2
        spread = np.sqrt(np.maximum(variance, 0) * np.maximum(variance.T, 0))
        r = covariance / np.where(spread > _SCORES_ALIKE, spread, np.nan)
        return cls(n, np.clip(r, -1.0, 1.0))


def pairs(assessment: Assessment) -> pd.DataFrame:
    """Set indicators side by side, two by two.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        One row a pair: `first`, `second` (ids), `same_concept`, `same_group`, `n` (units with
        both numbers), `r` (Pearson correlation of the numbers, more being better; NaN where one
        does not vary); and, with levels, `asked` (unit and level by which both are asked and
        known) and `agreement` (share of those in which both pass or both fail; NaN of none).
    """
    found = scores(assessment)
    items = found.indicators
    numbers = _Paired.of(reported(assessment, items))
    at = list(combinations(range(len(items)), 2))
    first, second = np.array(at, dtype=np.intp).reshape(-1, 2).T
    frame = pd.DataFrame(
        {
            "first": [items[i].id for i in first],
            "second": [items[j].id for j in second],
            "same_concept": [items[i].concept == items[j].concept for i, j in at],
            "same_group": [found.group[i] == found.group[j] for i, j in at],
            "n": numbers.n[first, second].astype(np.int64),
            "r": numbers.r[first, second],
        }
    )
    if assessment.levels is not None:
        asked, agreed = _agreement(assessment.levels, [item.id for item in items])
        frame["asked"] = asked[first, second].astype(np.int64)
        frame["agreement"] = agreed[first, second] / frame["asked"].where(frame["asked"] > 0)
    return frame


def _agreement(levels: Levels, ids: list[str]) -> tuple[Floats, Floats]:
    """Over all levels: units asked of both and known, and those who pass or fail both, (R, R)."""
    row = {item.id: place for place, item in enumerate(levels.indicators)}
    asked, agreed = (np.zeros((len(ids), len(ids))) for _ in range(2))
    order = [row.get(name, -1) for name in ids]
    for place in range(len(levels.framework.levels)):
        known = _asked(levels, place)
        if levels.cells.unknown is not None:
            known = known & ~levels.cells.unknown
        met = (levels.met(place) & known).astype(np.float64)
        failed = known - met
        met, failed = (np.vstack([side, np.zeros(side.shape[1])])[order] for side in (met, failed))
        held = met + failed
        asked += held @ held.T
        agreed += met @ met.T + failed @ failed.T
    return asked, agreed


def functioning(assessment: Assessment) -> pd.DataFrame:
    """Ask whether like units of different strata do alike on an indicator.

    Parameters
    ----------
    assessment : Assessment
        Of units with strata; without them, or with one alone, there is nothing to ask.

    Returns
    -------
    DataFrame
        One row an indicator and stratum: `indicator`, `stratum`, `n` (its units that could be
        compared), `others` (units they were compared with), `gap` (mean score of the stratum less
        that of units of like rest score elsewhere: −1 to 1), `error` (its standard error),
        `p_adjusted` (two-sided normal probability, by Holm's method for all that are asked; NaN
        with fewer than `FEW` units on either side).

    Notes
    -----
    Standardised difference of Dorans and Kulick (Journal of Educational Measurement 23, 1986), with
    mean scores for pass rates: units are put in five classes by the rest of the framework, and the
    gaps inside the classes are averaged by the stratum's own numbers. The rest score must mean the
    same in every stratum: a framework that is unfair as a whole does not show here.
    """
    from scipy.special import ndtr

    found = scores(assessment)
    rest = found.rest()
    groups = membership(assessment.observations).iloc[:, 1:]
    known = ~np.isnan(found.score) & ~np.isnan(rest)
    inside = _classes(rest, known)
    frames = [
        _standardised(found, inside, groups[name].to_numpy() > 0).assign(stratum=str(name))
        for name in groups
        if groups.shape[1] > 1
    ]
    names = ["indicator", "stratum", "n", "others", "gap", "error"]
    if not frames:
        return pd.DataFrame(columns=[*names, "p_adjusted"]).astype({"gap": float})
    frame = pd.concat(frames, ignore_index=True)[names]
    enough = frame[["n", "others"]].min(axis=1) >= FEW
    z = (frame["gap"].abs() / frame["error"].where(enough & (frame["error"] > 0))).to_numpy()
    return frame.assign(p_adjusted=holm(2 * ndtr(-z)))


def _classes(rest: Floats, known: Bools) -> list[Bools]:
    """Units in classes of equal rank by the rest score, row by row; ties go together."""
    at = np.where(known, rest, np.inf)
    ordered = np.sort(at, axis=1)
    n = known.sum(axis=1)
    edges = [
        ordered[np.arange(len(at)), np.minimum((n * k) // CLASSES, at.shape[1] - 1)]
        for k in range(1, CLASSES)
    ]
    place = sum((at >= edge[:, None]).astype(np.int8) for edge in edges)
    return [known & (place == k) for k in range(CLASSES)]


def _standardised(found: Scores, classes: Sequence[Bools], stratum: Bools) -> pd.DataFrame:
    n, others, gap, variance = (np.zeros(len(found.indicators)) for _ in range(4))
    for members in classes:
        own, rest = members & stratum, members & ~stratum
        counts = own.sum(axis=1), rest.sum(axis=1)
        used = (counts[0] > 0) & (counts[1] > 0)
        means = [np.nan_to_num(_mean_of(found.score, side)) for side in (own, rest)]
        spreads = [
            np.nan_to_num(_mean_of((found.score - mean[:, None]) ** 2, side))
            for side, mean in zip((own, rest), means, strict=True)
        ]
        weight = np.where(used, counts[0], 0)
        n += weight
        others += np.where(used, counts[1], 0)
        gap += weight * (means[0] - means[1])
        variance += weight**2 * sum(
            spread / np.maximum(count, 1) for spread, count in zip(spreads, counts, strict=True)
        )
    whole = np.where(n, n, np.nan)
    return pd.DataFrame(
        {
            "indicator": [item.id for item in found.indicators],
            "n": n.astype(np.int64),
            "others": others.astype(np.int64),
            "gap": gap / whole,
            "error": np.sqrt(variance) / whole,
        }
    )
