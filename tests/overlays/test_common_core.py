"""What can still be compared: the common core, and bounds that hold against the truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from examples import (
    LINE,
    catalogue,
    framework,
    group,
    indicator,
    levels,
    observe,
    random_levels,
    random_points,
    random_policy,
    random_quorum,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dxmethod.assessment import assess
from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector
from dxmethod.framework import Framework, Quorum, by_stratum, read_framework
from dxmethod.levels import assess_levels
from dxmethod.observations import Observations, Status
from dxmethod.overlays.adaptation import adapt
from dxmethod.overlays.common_core import (
    common_core,
    national_levels,
    peer_table,
    restrict,
    score_core,
    sure_levels,
    why_unsure,
)
from dxmethod.overlays.model import read_overlay
from dxmethod.simulate import simulate

HOME = Path(__file__).parents[2] / "frameworks"
CATALOGUE = read_catalogue(HOME / "catalogue", Collector())
RANDOM = st.randoms(use_true_random=False)


def adapted_at_random(rng, national: Framework) -> Framework:
    """A province's version: indicators dropped, thresholds moved, rules and policy now and then."""
    items = list(national.indicators)
    kept = [item for item in items if rng.random() < 0.8] or items[:1]
    moved = []
    for item in kept:
        required = {
            name: {key: at + rng.choice([0, 0, 1, -1, 2]) for key, at in need.items()}
            if isinstance(need, dict)
            else need + rng.choice([0, 0, 1, -1, 2])
            for name, need in item.required.items()
        }
        applies = item.applies_to if rng.random() < 0.8 else {}
        moved.append(item.model_copy(update={"required": required, "applies_to": applies}))
    update: dict[str, object] = {"tree": group("goc", *moved)}
    if rng.random() < 0.3:
        update["policy"] = random_policy(rng)
    made = []
    for level in national.levels:
        quorum = (Quorum(share=1.0),) if rng.random() < 0.7 else (random_quorum(rng, "*"),)
        mandatory = tuple(name for name in level.mandatory if name in {i.id for i in moved})
        made.append(level.model_copy(update={"quorum": quorum, "mandatory": mandatory}))
    return national.model_copy(update={**update, "levels": tuple(made)})


def with_holes(rng, truth: Observations) -> Observations:
    """What was reported of the truth: some of it is missing."""
    value, status = truth.value.copy(order="F"), truth.status.copy(order="F")
    holes = np.array([[rng.random() < 0.25 for _ in row] for row in value], dtype=bool)
    value[holes], status[holes] = np.nan, Status.MISSING
    return replace(truth, value=value, status=status)


@settings(max_examples=120, deadline=None)
@given(RANDOM)
def test_the_true_national_level_lies_between_the_bounds(rng):
    national, truth = random_levels(rng)
    if rng.random() < 0.6:
        every = tuple(
            level.model_copy(update={"quorum": (Quorum(share=1.0),)}) for level in national.levels
        )
        national = national.model_copy(update={"levels": every})
    provincial = adapted_at_random(rng, national)
    known = {concept.id: concept for concept in truth.concepts}
    found = national_levels(national, provincial, with_holes(rng, truth), known).units
    level = assess_levels(national, truth).level
    for ending in ("", "_result"):
        assert (found[f"low{ending}"] <= level).all(), found
        assert (found[f"high{ending}"] >= level).all(), found


@settings(max_examples=60, deadline=None)
@given(RANDOM)
def test_when_all_must_pass_the_upper_bound_is_the_level_on_the_core(rng):
    national, truth = random_levels(rng)
    every = tuple(
        level.model_copy(update={"quorum": (Quorum(share=1.0),)}) for level in national.levels
    )
    national = national.model_copy(update={"levels": every})
    dropped = rng.choice(national.indicators).id
    core = [item.id for item in national.indicators if item.id != dropped]
    provincial = restrict(national, core)
    assume(provincial.asked)  # else the core asks nothing, and no level can be held on it
    known = {concept.id: concept for concept in truth.concepts}
    found = national_levels(national, provincial, truth, known).units
    hopeful = national.policy.model_copy(update={"missing": "unknown"})
    alone = assess_levels(provincial.model_copy(update={"policy": hopeful}), truth)
    excluded = alone.cells.excluded
    some = slice(None) if excluded is None else ~excluded.all(axis=0)
    assert (found["high"].to_numpy()[some] == alone.best[some]).all()


def asked(name: str, *at: float, **fields):
    required = {f"muc-{place}": float(number) for place, number in enumerate(at, 1)}
    return indicator(name, required=required, **fields)


NATIONAL = framework(asked("a", 10, 20), asked("b", 10, 20), levels=levels("muc-1", "muc-2"))


@pytest.mark.parametrize(
    ("items", "rule", "sure"),
    [
        ([asked("a", 10, 20), asked("b", 10, 25)], {}, [1, 2]),
        ([asked("a", 20, 20), asked("b", 20, 30)], {}, [2, 2]),
        ([asked("a", 10, 15), asked("b", 10, 20)], {}, [1, 1]),
        ([asked("a", 10, 20)], {}, [0, 0]),
        ([asked("a", 10, 20), asked("b", 10, 20)], {"quorum": (Quorum(share=0.5),)}, [0, 0]),
        (
            [asked("a", 10, 20), asked("b", 10, 20)],
            {"quorum": (Quorum(share=0.5),), "mandatory": ("a", "b")},
            [1, 2],
        ),
        ([asked("a", 10, 20, applies_to={"unit_class": ("x",)}), asked("b", 10, 20)], {}, [0, 0]),
    ],
)
def test_a_level_follows_from_what_is_kept_at_equal_or_stricter_thresholds(items, rule, sure):
    provincial = framework(*items, levels=levels("muc-1", "muc-2", **rule))
    known = catalogue("a", "b")
    assert sure_levels(provincial, NATIONAL, known).loc["*"].tolist() == sure


def test_lower_is_stricter_where_less_is_better():
    known = {"a": catalogue("a")["a"].model_copy(update={"better": "lower"})}
    national = framework(asked("a", 10), levels=levels("muc-1"))
    easier = framework(asked("a", 12), levels=levels("muc-1"))
    assert sure_levels(easier, national, known).loc["*"].tolist() == [0]
    assert sure_levels(national, easier, known).loc["*"].tolist() == [1]


def test_a_status_that_passes_only_in_the_province_makes_nothing_sure():
    policy = NATIONAL.policy.model_copy(update={"no_evidence": "counts"})
    generous = NATIONAL.model_copy(update={"policy": policy})
    assert sure_levels(generous, NATIONAL, catalogue("a", "b")).to_numpy().tolist() == [[0, 0]]
    assert sure_levels(NATIONAL, generous, catalogue("a", "b")).loc["*"].tolist() == [1, 2]


def test_why_a_level_does_not_follow_is_said():
    assert why_unsure(NATIONAL, NATIONAL, catalogue("a", "b")) == ()
    provincial = framework(
        asked("a", 5, 20), levels=levels("muc-1", "muc-2", quorum=(Quorum(share=0.5),))
    )
    policy = provincial.policy.model_copy(update={"no_evidence": "counts"})
    provincial = provincial.model_copy(update={"policy": policy})
    said = why_unsure(provincial, NATIONAL, catalogue("a", "b"))
    starts = ("Quy ước", "Không yêu cầu đạt toàn bộ ở mức: muc-1, muc-2", "Không hỏi 1 chỉ tiêu: b")
    assert all(one.startswith(start) for one, start in zip(said, starts, strict=False))
    assert said[3] == "Yêu cầu thấp hơn ở 1 chỉ tiêu: a."


@given(RANDOM)
@settings(max_examples=80, deadline=None)
def test_where_nothing_is_said_against_it_the_same_level_follows(rng):
    national, truth = random_levels(rng)
    provincial = adapted_at_random(rng, national)
    known = {concept.id: concept for concept in truth.concepts}
    sure = sure_levels(provincial, national, known)
    if not why_unsure(provincial, national, known):
        for place, level in enumerate(national.levels):
            wanted = any(level.id in item.required for item in national.asked)
            at = sure.loc["*"].iloc[place]
            full = any("*" in by_stratum(i.required.get(level.id, {})) for i in national.asked)
            assert at >= place + 1 or not (wanted and full)


def test_bounds_by_values_and_by_the_result_alone():
    provincial = framework(asked("a", 10, 15), levels=levels("muc-1", "muc-2"))
    reported = observe({"a": [5.0, 12.0, 30.0], "b": [30.0, 30.0, 0.0]})
    found = national_levels(NATIONAL, provincial, reported, catalogue("a", "b"))
    assert found.units["provincial"].tolist() == [0, 1, 2]
    assert found.units["low"].tolist() == [0, 0, 0]  # b is not collected
    assert found.units["high"].tolist() == [0, 1, 2]
    assert found.units["high_result"].tolist() == [0, 1, 2]
    assert found.decided()["decided"].tolist() == [1, 1]


def test_strata_are_matched_by_name_in_whatever_order_they_are_written():
    first, second = {"x": 10.0, "y": 20.0, "*": 10.0}, {"*": 30.0, "y": 20.0, "x": 30.0}
    national = framework(
        indicator("a", required={"muc-1": first, "muc-2": 30.0}), levels=levels("muc-1", "muc-2")
    )
    provincial = framework(
        indicator("a", required={"muc-2": second, "muc-1": dict(reversed(first.items()))}),
        levels=levels("muc-1", "muc-2"),
    )
    reported = observe({"a": [15.0, 25.0]}, strata=["x", "y"])
    found = national_levels(national, provincial, reported, catalogue("a")).units
    assert found["provincial"].tolist() == [1, 2]
    assert found[["low_result", "high_result"]].to_numpy().tolist() == [[1, 1], [1, 2]]


def shipped(name: str) -> tuple[Framework, Framework]:
    faults = Collector()
    national = read_framework(HOME / "mic-2361-2024" / "commune.yml", faults)
    written = read_overlay(HOME / "overlays" / f"{name}.yml", faults)
    assert national and written
    done = adapt(written, national, CATALOGUE, faults)
    assert done, faults.faults
    return national, done.framework


def test_a_stricter_province_settles_more_than_one_that_drops_criteria():
    national, strict = shipped("tinh-dong-bang-minh-hoa")
    _, easier = shipped("tinh-mien-nui-minh-hoa")
    assert sure_levels(strict, national, CATALOGUE).loc["*"].tolist() == [1, 2, 3, 4, 5]
    sure = sure_levels(easier, national, CATALOGUE)
    # Its first level wants nine in ten; what it drops is asked from the fourth level on.
    assert sure.loc["*"].tolist() == [0, 1, 3, 3, 3]
    assert sure.loc["khu vực II"].tolist() == [0, 1, 2, 3, 3]
    known = simulate([national, strict, easier], CATALOGUE, units=60, seed=3)
    truth = known.truth.values["2024"]
    level = assess_levels(national, truth).level
    for provincial in (strict, easier):
        found = national_levels(national, provincial, truth, CATALOGUE)
        assert found.units["low"].le(level).all()
        assert found.units["high"].ge(level).all()
    assert national_levels(national, strict, truth, CATALOGUE).decided().loc["values", "share"] == 1


# Points.


def test_points_on_the_core_by_the_rules_of_each():
    first = framework(
        group("g", indicator("a", points=60.0, value=LINE), indicator("b", points=40.0, value=LINE))
    )
    second = framework(
        group(
            "h", indicator("a", points=10.0, value=LINE), indicator("c", points=90.0, value=LINE)
        ),
        group("k", indicator("x", concept="b", points=30.0, value=LINE)),
    )
    core = common_core(first, second)
    assert [(one.id, other.id) for one, other in core.pairs] == [("a", "a"), ("b", "x")]
    assert (core.first.maximum, core.second.maximum) == (100, 40)
    reported = observe({"a": [100.0, 0.0], "b": [0.0, 100.0], "c": [0.0, 0.0]})
    frame = score_core(core, reported)
    assert frame["total_first"].tolist() == [60, 40]
    assert frame["total_second"].tolist() == [25, 75]
    assert frame["rank_shift"].tolist() == [-1, 1]


@settings(max_examples=50, deadline=None)
@given(RANDOM)
def test_a_framework_shares_everything_with_itself(rng):
    made, reported = random_points(rng)
    frame = score_core(common_core(made, made), reported)
    points = assess(made, reported).points
    assert points is not None
    assert np.array_equal(frame["total_first"], 100 * points.total / made.maximum, equal_nan=True)
    assert (frame["rank_shift"] == 0).all()


def test_frameworks_without_anything_in_common_are_refused():
    one = framework(indicator("a", points=1.0, value=LINE))
    other = framework(indicator("b", points=1.0, value=LINE))
    with pytest.raises(ValueError, match="không có chỉ tiêu nào chung"):
        common_core(one, other)
    with pytest.raises(ValueError, match="hai loại đơn vị"):
        common_core(one, other.model_copy(update={"unit_type": "district"}))
    with pytest.raises(ValueError, match="không cho điểm"):
        score_core(common_core(NATIONAL, NATIONAL), observe({"a": [1.0], "b": [1.0]}))


def test_peers_are_set_beside_the_national_demand():
    national, mountain = shipped("tinh-mien-nui-minh-hoa")
    table = peer_table(national, [mountain], CATALOGUE)
    told = table[mountain.id]
    assert told["ke-hoach-chuyen-doi-so-nam"] == "giữ nguyên"
    assert told["ty-le-ho-phu-cap-quang"].startswith("sửa: 1:")
    assert told["ty-le-can-bo-su-dung-tro-ly-ao"] == "bỏ"
    assert told["ty-le-nguoi-dan-ky-nang-cntt"].startswith("thêm: 3:")
