"""Whether reported values can be relied on: their sources, self against verified, heaping."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .assessment import Assessment, assess
from .cells import Bools, Floats
from .concepts import SOURCE_TYPES, Concept
from .framework import Framework, by_stratum
from .incomplete import reads
from .observations import Observations, Status
from .rounds import STAGES, Round

# Printed digits that a table of values may be rounded to, and how many values must be.
_STEPS = (1.0, 0.1, 0.01)
_ROUNDED = 0.99
_HAIR = 1e-6


def sources(framework: Framework, observations: Observations) -> pd.DataFrame:
    """Share out indicators, requirements, points and reported values by type of source.

    Parameters
    ----------
    framework : Framework
    observations : Observations
        A value whose source the notes give has that source; any other has its concept's.

    Returns
    -------
    DataFrame
        By source type, those that occur: `label`; `indicators`, `requirements`, `points`, `values`
        (observed), and their shares, `indicators_share` and so on (NaN of nothing).
    """
    concepts = {concept.id: concept for concept in observations.concepts}
    held = _values_by_source(framework, observations)
    kinds = [
        concepts[name].source_type if (name := reads(item)[0]) in concepts else "self_report"
        for item in framework.indicators
    ]
    frame = pd.DataFrame(
        {
            "kind": kinds,
            "indicators": 1,
            "requirements": [len(item.required) for item in framework.indicators],
            "points": [item.maximum for item in framework.indicators],
        }
    )
    frame = frame.groupby("kind").sum().join(held.rename("values"), how="outer").fillna(0)
    frame = frame.reindex([kind for kind in SOURCE_TYPES if kind in frame.index])
    for name in ("indicators", "requirements", "points", "values"):
        whole = frame[name].sum()
        frame[f"{name}_share"] = frame[name] / whole if whole else np.nan
    frame.insert(0, "label", [SOURCE_TYPES[kind] for kind in frame.index])
    return frame


def _values_by_source(framework: Framework, observations: Observations) -> pd.Series[int]:
    """Count observed values of the framework's concepts by type of source."""
    asked = {name for item in framework.indicators for name in reads(item)}
    kinds = [concept.source_type for concept in observations.concepts]
    columns = [place for place, c in enumerate(observations.concepts) if c.id in asked]
    observed = observations.status == np.uint8(Status.OBSERVED)
    codes = {kind: code for code, kind in enumerate(SOURCE_TYPES)}
    kind = np.tile(np.array([codes[kind] for kind in kinds], dtype=np.intp), (len(observed), 1))
    notes = observations.notes
    if notes is not None and "source_type" in notes:
        told = notes[notes["source_type"].isin(list(codes)) & notes["concept"].isin(asked)]
        rows = observations.units.index.get_indexer(pd.Index(told["unit"]))
        at = [observations.position[name] for name in told["concept"]]
        kind[rows, at] = told["source_type"].map(codes).to_numpy(dtype=np.intp)
    counts = np.bincount(kind[:, columns][observed[:, columns]], minlength=len(codes))
    held = pd.Series(counts, index=list(codes))
    return held[held > 0]


@dataclass(frozen=True, eq=False)
class Gaps:
    """What units said of themselves beside what was verified.

    Attributes
    ----------
    concepts : DataFrame
        By concept id: `claimed` (units that gave a number), `checked` (those of them that were
        verified), `changed`, `overstated` (verified as worse, or not proved), `understated`,
        `unproved` (no evidence), `overstated_share` of those checked, `mean` and `largest`
        (overstatement in the concept's unit, positive where the unit flattered itself; of the
        pairs of numbers).
    units : DataFrame
        By unit code: `name`, `checked`, `overstated`, `understated`, `overstated_share`; and, with
        levels, `level_self` and `level_verified`; with points, `total_self` and `total_verified`;
        always `met_self` and `met_verified`, share (0 to 1) of the requirements met, or of the
        points earned.
    """

    concepts: pd.DataFrame
    units: pd.DataFrame


def verified(found: Round) -> Observations | None:
    """Values as they stand after verification, or else in the end; None for neither stage."""
    for stage in STAGES[1:]:
        if stage in found.stages:
            return found.at(stage)
    return None


def gaps(framework: Framework, found: Round) -> Gaps | None:
    """Compare self-assessed with verified values, by concept and by unit.

    Parameters
    ----------
    framework : Framework
        Its concepts are compared.
    found : Round
        With the stage "self", and "verified" or "final".

    Returns
    -------
    Gaps or None
        None when the round does not have both. A unit of which the later stage says nothing was
        not verified; of any other unit, a value of which it says nothing was left as it was, and
        counts as checked. In the results under "self" a number that was claimed counts.
    """
    stage = next((name for name in STAGES[1:] if name in found.stages), None)
    before = found.stages.get("self")
    if stage is None or before is None:
        return None
    asked = {name for item in framework.indicators for name in reads(item)}
    columns = [at for at, concept in enumerate(before.concepts) if concept.id in asked]
    told = _Pairs(before, found.stages[stage], columns)
    by_unit = _by_unit(framework, found, told)
    return Gaps(told.by_concept(), before.units[["name"]].join(by_unit))


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Claims of some concepts and what became of them, arrays of shape (U, C)."""

    before: Observations
    after: Observations
    columns: list[int]

    @property
    def claim(self) -> Floats:
        return self.before.value[:, self.columns]

    def marks(self) -> dict[str, Floats]:
        """Zeros and ones: claimed, checked, overstated and so on; and the overstatement."""
        status = self.after.status[:, self.columns]
        told = self.after.status != np.uint8(Status.MISSING)
        signs = np.array([self.before.concepts[at].sign for at in self.columns])
        claimed = ~np.isnan(self.claim)
        unproved = claimed & (status == np.uint8(Status.NO_EVIDENCE))
        kept = claimed & told.any(axis=1)[:, None] & ~told[:, self.columns]
        paired = claimed & (status == np.uint8(Status.OBSERVED))
        gap = np.where(paired, (self.claim - self.after.value[:, self.columns]) * signs, np.nan)
        gap[kept] = 0.0
        return {
            "claimed": claimed,
            "checked": paired | kept | unproved,
            "changed": unproved | (np.abs(gap) > _HAIR),
            "overstated": unproved | (gap > _HAIR),
            "understated": gap < -_HAIR,
            "unproved": unproved,
            "gap": gap,
        }

    def by_concept(self) -> pd.DataFrame:
        marks = self.marks()
        gap = marks.pop("gap")
        frame = pd.DataFrame({name: mark.sum(axis=0) for name, mark in marks.items()})
        frame.index = pd.Index([self.before.concepts[at].id for at in self.columns])
        frame["overstated_share"] = frame["overstated"] / frame["checked"].where(
            frame["checked"] > 0
        )
        pairs = (~np.isnan(gap)).sum(axis=0)
        frame["mean"] = np.nansum(gap, axis=0) / np.where(pairs, pairs, np.nan)
        top = np.where(np.isnan(gap), -np.inf, gap).max(axis=0, initial=-np.inf)
        frame["largest"] = np.where(pairs, top, np.nan)
        return frame


def _by_unit(framework: Framework, found: Round, told: _Pairs) -> pd.DataFrame:
    marks = told.marks()
    names = ("checked", "overstated", "understated")
    frame = pd.DataFrame({name: marks[name].sum(axis=1) for name in names})
    frame["overstated_share"] = frame["overstated"] / frame["checked"].where(frame["checked"] > 0)
    trusting = framework.policy.model_copy(update={"no_evidence": "counts"})
    own = assess(framework.model_copy(update={"policy": trusting}), found.at("self"))
    after = verified(found)
    assert after is not None
    proved = assess(framework, after)
    for side, result in (("self", own), ("verified", proved)):
        if result.levels is not None:
            frame[f"level_{side}"] = result.levels.level
        if result.points is not None:
            frame[f"total_{side}"] = result.points.total
        frame[f"met_{side}"] = _met(result)
    frame.index = found.at("self").units.index
    return frame


def _met(result: Assessment) -> Floats:
    """Share of the points earned or, without points, of the requirements met, shape (U,)."""
    if result.points is not None:
        return np.asarray(result.points.total / result.framework.maximum)
    levels = result.levels
    assert levels is not None
    good, asked = (np.zeros(len(levels.stratum)) for _ in range(2))
    for place in range(len(levels.framework.levels)):
        counted = ~np.isnan(levels.required[levels.stratum, place]).T
        if levels.cells.excluded is not None:
            counted &= ~levels.cells.excluded
        good += (levels.met(place) & counted).sum(axis=0)
        asked += counted.sum(axis=0)
    return np.asarray(np.divide(good, asked, out=np.full(good.shape, np.nan), where=asked > 0))


def heaping(
    framework: Framework,
    observations: Observations,
    after: Observations | None = None,
    width: float = 0.025,
) -> pd.DataFrame:
    """Test whether values crowd just on the good side of a threshold.

    Parameters
    ----------
    framework : Framework
        With requirements; those on yes/no and categories are left out.
    observations : Observations
        What units say of themselves: heaping there is a sign of figures made to fit.
    after : Observations, optional
        The same units and concepts after verification, to tell such figures from a distribution
        that is steep by itself.
    width : float
        Width of the window on either side, as a share of the concept's range, or of the threshold
        where the range has no end; at least one printed digit.

    Returns
    -------
    DataFrame
        One row a threshold (levels and strata that share it go together): `indicator`, `concept`,
        `threshold`, `step` (printed digit), `window`, `just_met` and `just_missed` (values in the
        two windows), `on` (those of the worst printed number that passes), `met_after` and
        `missed_after` (0 without `after`), `p` and `p_adjusted` (NaN where a window would reach
        the end of the concept's range, where values pile up anyway).

    Notes
    -----
    Under a smooth distribution a value near the threshold is as likely on one side as on the
    other, so the number just met among those near is binomial(n, 1/2); where more than half of the
    verified values near it are on the good side, that share (one of each added) takes the place of
    1/2. `p` is the one-sided exact probability of as many or more, `p_adjusted` is Holm's for all
    thresholds tested. The windows are whole printed digits from the worst that passes, or rounding
    alone would put more numbers on one side. It is the simplest form of McCrary's test (Journal of
    Econometrics 142, 2008).
    """
    rows = []
    for item in framework.asked:
        column = observations.position.get(item.concept)
        concept = None if column is None else observations.concepts[column]
        if concept is None or column is None or concept.measure in ("yes_no", "category"):
            continue
        value = observations.value[:, column]
        later = np.full(value.shape, np.nan) if after is None else after.value[:, column]
        for threshold, units in _cuts(item.required, observations).items():
            window = _Window.at(threshold, concept, value, width)
            met, missed, on = window.count(value[units])
            met_after, missed_after, _ = window.count(later[units])
            found = (met, missed, on, met_after, missed_after)
            size = window.step * window.steps
            row = (item.id, concept.id, threshold, window.step, size, *found, window.inside)
            rows.append(row)
    names = ["indicator", "concept", "threshold", "step", "window", "just_met", "just_missed", "on"]
    frame = pd.DataFrame(rows, columns=[*names, "met_after", "missed_after", "inside"])
    p = np.where(frame.pop("inside").astype(bool), _binomial(frame), np.nan)
    return frame.assign(p=p, p_adjusted=holm(p))


@dataclass(frozen=True)
class _Window:
    """Printed numbers on either side of a threshold: `steps` of them on each."""

    threshold: float
    concept: Concept
    step: float
    steps: int

    @classmethod
    def at(cls, threshold: float, concept: Concept, value: Floats, width: float) -> _Window:
        low, high = concept.bounds
        step = _printed_step(value[~np.isnan(value)])
        whole = high - low if np.isfinite(high - low) else 2 * abs(threshold)
        return cls(threshold, concept, step, max(1, math.ceil(round(width * whole / step, 6))))

    @property
    def passing(self) -> int:
        """The worst printed number that passes, in printed digits, more being better."""
        return math.ceil(round(self.concept.sign * self.threshold / self.step, 6))

    @property
    def inside(self) -> bool:
        """Whether both sides end before the concept's range does."""
        low, high = self.concept.bounds
        ends = (self.passing - self.steps, self.passing + self.steps - 1)
        first, last = sorted(self.concept.sign * self.step * end for end in ends)
        return low < first - _HAIR and last + _HAIR < high

    def count(self, value: Floats) -> tuple[int, int, int]:
        """Values just on the good side, just on the bad side, and of the worst that passes."""
        known = value[~np.isnan(value)]
        beyond = np.floor(self.concept.sign * known / self.step + _HAIR) - self.passing
        met = int(((beyond >= 0) & (beyond < self.steps)).sum())
        missed = int(((beyond < 0) & (beyond >= -self.steps)).sum())
        return met, missed, int((beyond == 0).sum())


def _cuts(
    required: dict[str, float | dict[str, float]], observations: Observations
) -> dict[float, Bools]:
    """Thresholds of one indicator, each with the units of whom it is asked at some level."""
    strata = np.asarray(observations.strata, dtype=object)
    asked: dict[float, Bools] = {}
    for thresholds in required.values():
        by_name = by_stratum(thresholds)
        for name, threshold in by_name.items():
            of = ~np.isin(strata, list(by_name)) if name == "*" else strata == name
            asked[threshold] = asked.get(threshold, np.zeros(len(strata), dtype=bool)) | of
    return dict(sorted(asked.items()))


def _printed_step(known: Floats) -> float:
    """Digit to which nearly all of some values are rounded."""
    for step in _STEPS:
        rounded = np.abs(known / step - np.round(known / step)) < _HAIR
        if known.size and rounded.mean() >= _ROUNDED:
            return step
    return _STEPS[-1]


def _binomial(frame: pd.DataFrame) -> Floats:
    """Probability of as many or more just met, by chance."""
    from scipy.special import bdtrc

    met, missed = (frame[name].to_numpy(np.intp) for name in ("just_met", "just_missed"))
    after = frame["met_after"].to_numpy(np.float64), frame["missed_after"].to_numpy(np.float64)
    fair = np.maximum(0.5, (after[0] + 1) / (after[0] + after[1] + 2))
    return np.where(met + missed > 0, bdtrc(met - 1, met + missed, fair), 1.0)


def holm(p: Floats) -> Floats:
    """Adjust probabilities for having asked many times; NaN stays out.

    Parameters
    ----------
    p : ndarray of float, shape (T,)

    Returns
    -------
    ndarray of float, shape (T,)
        Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    order = np.argsort(p, kind="stable")  # NaN last
    tests = (~np.isnan(p)).sum()
    stepped = np.maximum.accumulate(p[order] * np.maximum(tests - np.arange(len(p)), 1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
