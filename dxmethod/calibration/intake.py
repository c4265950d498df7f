"""A calibration problem made of a framework, what units reported and what judges said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..cells import lay_out, leave_out, outside
from ..faults import Collector, nearest, quoted
from ..framework import Framework, Level
from ..levels import assess_levels
from ..observations import Observations
from .problem import Floats, Ints, Problem, Rule


def problem(
    framework: Framework,
    observations: Observations,
    judgements: pd.DataFrame,
    weights: Floats | None = None,
    faults: Collector | None = None,
) -> Problem:
    """Build the problem; everything that is wrong with it is said at once.

    Parameters
    ----------
    framework : Framework
        Whose levels come one after the other.
    observations : Observations
    judgements : DataFrame
        Columns `judge`, `unit`, `level`: the id of a level or its place, 0 or "none" for none.
    weights : ndarray of float, shape (m,), optional
        Weights of the requirements under a share rule below 1; equal ones by default, as the
        framework says; NaN throughout when they are to be learned.
    faults : Collector, optional
        Where findings are noted, warnings too.

    Returns
    -------
    Problem

    Raises
    ------
    Faults
        If the work cannot start.
    """
    faults = Collector() if faults is None else faults
    rules = _rules(framework, faults)
    labels, judges = _labels(framework, observations, judgements, faults)
    faults.raise_errors()
    assessed = assess_levels(framework, observations)
    concepts = {concept.id: concept for concept in observations.concepts}
    known = [concepts.get(item.concept) for item in framework.asked]
    sign = np.array([1.0 if concept is None else concept.sign for concept in known])
    ranges = [(-np.inf, np.inf) if concept is None else concept.bounds for concept in known]
    ends = np.sort(np.array(ranges).reshape(-1, 2) * sign[:, None], axis=1)
    codes, draft = assessed.stratum, assessed.required * sign
    made = Problem(
        **_cells(framework, observations, sign),
        labels=labels,
        stratum=codes,
        draft=draft,
        leader=_leaders(framework, observations, codes, draft),
        rules=rules,
        weights=_given(weights, len(known), rules),
        lower=np.broadcast_to(ends[:, 0], draft.shape),
        upper=np.broadcast_to(ends[:, 1], draft.shape),
        whole=np.array([c is not None and c.measure in ("yes_no", "category") for c in known]),
        sign=sign,
        units=observations.units.index,
        criteria=tuple(item.id for item in framework.asked),
        levels=tuple(level.id for level in framework.levels),
        judges=judges,
        strata=_stratum_names(observations, codes, len(draft)),
    )
    check_problem(made, faults)
    faults.raise_errors()
    return made


def _cells(
    framework: Framework, observations: Observations, sign: Floats
) -> dict[str, NDArray[Any]]:
    """Values, and what they are at worst and at best by the framework's policy."""
    indicators = framework.asked
    cells = lay_out([item.concept for item in indicators], observations, framework.policy)
    cells = leave_out(cells, outside(indicators, observations))
    blank = np.zeros(cells.value.shape, dtype=bool)
    unknown = (blank if cells.unknown is None else cells.unknown).T
    excluded = (blank if cells.excluded is None else cells.excluded).T
    value = np.where(excluded | unknown, np.nan, cells.value.T * sign)
    low = np.where(np.isnan(value), -np.inf, value)
    high = np.where(unknown, np.inf, low)
    return {"values": value, "low": low, "high": high, "excluded": excluded.copy()}


def check_problem(problem: Problem, faults: Collector) -> None:
    """Note everything that keeps the work from starting, or makes its result doubtful."""
    count, judged = len(problem.rules), problem.judged
    if (
        problem.labels.size
        and ((problem.labels < 0) | (problem.labels > count) | (problem.labels % 1 > 0)).any()
    ):
        faults.add("đánh giá của chuyên gia", "có mức không tồn tại", f"số nguyên từ 0 đến {count}")
    for place, judge in zip(problem.judges, problem.labels, strict=True):
        said = judge[~np.isnan(judge)]
        if len(problem.judges) > 1 and len(said) > 1 and (said == said[0]).all():
            found = f"chuyên gia {quoted(place)} luôn cho một mức ({said[0]:.0f})"
            faults.add("đánh giá của chuyên gia", found, severity="cảnh báo")
    given = np.unique(problem.consensus[judged])
    if len(given) < 2:
        found = "không có đơn vị nào được đánh giá" if not len(given) else "mọi đơn vị cùng một mức"
        faults.add("đánh giá của chuyên gia", found, "ít nhất hai mức khác nhau")
    if judged.sum() < count:
        found = f"chỉ {judged.sum()} đơn vị được đánh giá"
        faults.add("đánh giá của chuyên gia", found, f"ít nhất {count}, bằng số mức")
    for j, name in enumerate(problem.criteria):
        known = problem.values[judged, j]
        known = known[~np.isnan(known)]
        if not len(known) and problem.asked[..., j].any():
            found = "không đơn vị nào được đánh giá có số liệu"
            faults.add(f"chỉ tiêu {quoted(name)}", found, "ít nhất một giá trị")
        elif len(known) and (known == known[0]).all():
            found = "mọi đơn vị cùng một giá trị: không thể nói gì về ngưỡng"
            faults.add(f"chỉ tiêu {quoted(name)}", found, severity="cảnh báo")
        lower, upper = problem.lower[..., j], problem.upper[..., j]
        # Rising levels need room: the lower bounds so far must not pass the next upper bound.
        if not (np.maximum.accumulate(lower, axis=1) <= upper).all():  # NaN neither
            faults.add(
                f"chỉ tiêu {quoted(name)}", "cận dưới và cận trên của ngưỡng trái nhau",
                "cận dưới không lớn hơn cận trên, ở mức sau không nhỏ hơn mức trước",
            )  # fmt: skip


def _rules(framework: Framework, faults: Collector) -> tuple[Rule, ...]:
    before = None
    rules = []
    if not framework.levels:
        faults.add(f"bộ {framework.id}", "không có mức nào", "ít nhất một mức")
    for level in framework.levels:
        if level.after != before:
            found = f"mức {quoted(level.id)} không đặt sau mức liền trước"
            faults.add(f"bộ {framework.id}", found, "các mức nối tiếp nhau (after)")
        before = level.id
        rules.append(_rule(level, faults))
    return tuple(rules)


def _rule(level: Level, faults: Collector) -> Rule:
    if level.all_must_pass:
        return Rule("all")
    quorum = level.quorum[0]
    if len(level.quorum) > 1 or quorum.of != "*" or level.mandatory:
        found = f"mức {quoted(level.id)} có định mức theo nhóm hoặc chỉ tiêu bắt buộc"
        faults.add("cách xét mức", found, "đạt tất cả, hoặc một tỷ lệ, hoặc một số yêu cầu")
    if quorum.count is not None:
        return Rule("count", quorum.count)
    return Rule("share", quorum.share)


def _given(weights: Floats | None, m: int, rules: tuple[Rule, ...]) -> Floats | None:
    if weights is None:
        return np.ones(m)
    learned = np.isnan(weights).all() and any(rule.kind == "share" for rule in rules)
    return None if learned else weights


def _labels(
    framework: Framework, observations: Observations, judgements: pd.DataFrame, faults: Collector
) -> tuple[Floats, tuple[str, ...]]:
    names = {"none": 0, **{level.id: place for place, level in enumerate(framework.levels, 1)}}
    judges = tuple(sorted(judgements["judge"].astype(str).unique()))
    labels = np.full((len(judges), len(observations.units)), np.nan)
    place = {unit: number for number, unit in enumerate(observations.units.index)}
    for row, (judge, unit, level) in enumerate(
        judgements[["judge", "unit", "level"]].itertuples(index=False), 1
    ):
        where = f"đánh giá thứ {row}"
        number = names.get(level) if isinstance(level, str) else level
        if number is None and str(level).strip().isdigit():
            number = int(level)
        if unit not in place:
            faults.add(where, f"đơn vị lạ {quoted(unit)}", nearest(str(unit), map(str, place)))
        if isinstance(level, float) and np.isnan(level):
            faults.add(where, "mức để trống", "một mức, hoặc bỏ dòng này")
        elif number is None or not 0 <= number <= len(framework.levels) or number % 1:
            faults.add(where, f"mức không tồn tại {quoted(level)}", nearest(str(level), names))
        elif unit in place:
            at = judges.index(str(judge)), place[unit]
            if not np.isnan(labels[at]):
                found = f"chuyên gia {quoted(judge)} đã đánh giá đơn vị {quoted(unit)}"
                faults.add(where, found, "mỗi đơn vị một lần")
            labels[at] = number
    return labels, judges


def _leaders(
    framework: Framework, observations: Observations, codes: Ints, required: Floats
) -> Ints:
    """First stratum with which each shares a threshold by the wording of the requirement."""
    strata = len(required)
    leader = np.broadcast_to(np.arange(strata)[:, None, None], required.shape).copy()
    names = _stratum_names(observations, codes, strata)
    for level, row, asked in framework.thresholds:
        keys = [name if name in asked else "*" for name in names]
        leader[:, level, row] = [keys.index(key) for key in keys]
    return leader


def _stratum_names(observations: Observations, codes: Ints, strata: int) -> tuple[str, ...]:
    """What the strata of the thresholds are called; "*" for every other one."""
    held = observations.strata
    names = []
    for code in range(strata):
        inside = {str(name) for name in held[codes == code]}
        names.append(inside.pop() if len(inside) == 1 and inside != {"nan"} else "*")
    return tuple(names)
