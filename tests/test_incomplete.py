"""What is not known: counts, bounds and decisive values against slow plain definitions."""

import random
from itertools import product

import numpy as np
import pytest
from examples import (
    catalogue,
    framework,
    group,
    indicator,
    levels,
    observe,
    random_levels,
    random_points,
)

from dxmethod.assessment import assess
from dxmethod.framework import Policy, Quorum
from dxmethod.incomplete import bounds, coverage, pending, rank_interval, statuses, to_get_first
from dxmethod.observations import Observations, Status
from dxmethod.values import Curve, Part, Parts


def filled(observations: Observations, unknown, values) -> Observations:
    """The same table with some unknown cells given numbers."""
    value, status = observations.value.copy(order="F"), observations.status.copy(order="F")
    for (unit, column), number in zip(unknown, values, strict=True):
        value[unit, column], status[unit, column] = number, Status.OBSERVED
    return Observations(observations.units, observations.concepts, value, status)


def test_coverage_counts_by_hand():
    held = observe(
        {"a": [1, None, "KAD", "KMC"], "b": [1, "KPS", 2, 3]}, strata=["x", "x", "y", None]
    )
    found = coverage(framework(indicator("a"), indicator("b"), indicator("c")), held)
    rows = found.set_index(["concept", "stratum"])
    kinds = ["units", "observed", "missing", "not_applicable", "no_occurrence", "no_evidence"]
    assert list(rows.loc[("a", ""), kinds]) == [4, 1, 1, 1, 0, 1]
    assert rows.loc[("a", ""), "share"] == pytest.approx(1 / 3)
    assert list(rows.loc[("a", "x"), kinds]) == [2, 1, 1, 0, 0, 0]
    assert np.isnan(rows.loc[("a", "y"), "share"])
    assert list(rows.loc[("b", ""), kinds]) == [4, 3, 0, 0, 1, 0]
    assert list(rows.loc[("c", ""), kinds]) == [4, 0, 4, 0, 0, 0]  # nobody reported it


def test_statuses_follow_the_parts_and_the_frameworks_own_applicability():
    line = Curve(kind="linear", at=(0, 100), give=(0, 1))
    parts = Parts(kind="sum", of=(Part(concept="a", value=line), Part(concept="b", value=line)))
    item = indicator("c", value=parts, points=5.0, applies_to={"unit_class": ("x",)})
    held = observe({"a": [1, 2], "b": [None, 3]})
    held.units["unit_class"] = ["x", "y"]
    found = statuses(framework(item), held)
    assert list(found.index) == [("c", "a"), ("c", "b")]
    assert found.to_numpy().tolist() == [
        [Status.OBSERVED, Status.NOT_APPLICABLE],
        [Status.MISSING, Status.NOT_APPLICABLE],
    ]


def plain_ranks(totals, dense):
    kept = set(totals) if dense else totals
    return [1 + sum(other > own for other in kept) for own in totals]


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_rank_intervals_are_those_of_every_choice_inside_the_bounds(seed, dense):
    rng = random.Random(seed)
    low = [rng.randint(0, 4) for _ in range(4)]
    high = [start + rng.choice([0, 0, 1, 2]) for start in low]
    # Quarters stand for the numbers between whole ones: enough to part four units.
    choices = [np.arange(start, end + 0.125, 0.25) for start, end in zip(low, high, strict=True)]
    ranks = np.array([plain_ranks(totals, dense) for totals in product(*choices)])
    found = rank_interval(np.array(low, float), np.array(high, float), dense=dense)
    assert found.tolist() == [ranks.min(axis=0).tolist(), ranks.max(axis=0).tolist()]


def test_a_unit_without_a_total_has_no_rank_and_takes_none():
    low, high = np.array([1.0, np.nan, 2.0]), np.array([3.0, np.nan, 2.0])
    assert rank_interval(low, high).tolist() == [[1, 0, 1], [2, 0, 2]]


@pytest.mark.parametrize("draw", [random_levels, random_points])
@pytest.mark.parametrize("seed", range(15))
def test_bounds_hold_the_result(draw, seed):
    rng = random.Random(seed)
    assessment = assess(*draw(rng))
    frame = bounds(assessment)
    assert (frame["rank_best"] <= frame["rank"]).all()
    known = frame["rank"] > 0
    if assessment.framework.policy.ties == "competition":
        assert (frame["rank"] <= frame["rank_worst"])[known].all()
    assert (frame["rank_worst"][~known] == 0).all()


def level_of(rules, observations, unknown, values):
    return assess(rules, filled(observations, unknown, values)).levels.level


@pytest.mark.parametrize("seed", range(40))
def test_decisive_values_are_found_by_filling_them_in(seed):
    rng = random.Random(seed)
    rules, observations = random_levels(rng)
    policy = rules.policy.model_copy(update={"missing": "unknown", "no_occurrence": "fails"})
    rules = rules.model_copy(update={"policy": policy})
    assessment = assess(rules, observations)
    frame = pending(assessment).set_index(["unit", "concept"])
    good = {c.id: 99.0 if c.sign > 0 else -99.0 for c in observations.concepts}
    asked = {item.concept for item in rules.asked}
    for unit, code in enumerate(observations.units.index):
        cells = [
            (unit, column)
            for column, concept in enumerate(observations.concepts)
            if observations.status[unit, column] == Status.MISSING and concept.id in asked
        ]
        names = [observations.concepts[column].id for _, column in cells]
        best = [good[name] for name in names]
        worst = [-number for number in best]
        base = level_of(rules, observations, cells, worst)[unit]
        top = level_of(rules, observations, cells, best)[unit]
        assert (base, top) == (assessment.levels.level[unit], assessment.levels.best[unit])
        for place, name in enumerate(names):
            row = frame.loc[(code, name)] if (code, name) in frame.index else None
            one_good = [*worst[:place], best[place], *worst[place + 1 :]]
            one_bad = [*best[:place], worst[place], *best[place + 1 :]]
            alone = level_of(rules, observations, cells, one_good)[unit] > base
            needed = level_of(rules, observations, cells, one_bad)[unit] < top
            assert (alone, needed) == ((row["alone"], row["needed"]) if row is not None else (0, 0))
        kept = [
            (code, name) in frame.index and frame.loc[(code, name), "together"] for name in names
        ]
        assert any(kept) == (top > base)
        chosen = [b if k else w for k, b, w in zip(kept, best, worst, strict=True)]
        if any(kept):
            assert level_of(rules, observations, cells, chosen)[unit] > base
        for place, keep in enumerate(kept):
            if keep:  # nothing can be left out
                fewer = [*chosen[:place], worst[place], *chosen[place + 1 :]]
                assert level_of(rules, observations, cells, fewer)[unit] <= base


def test_one_value_that_opens_the_level_of_many_comes_first():
    items = [indicator(name, required={"muc-1": 50.0}) for name in "abc"]
    held = observe({"a": [None, None, None], "b": [60, None, None], "c": [60, 60, 10]})
    found = to_get_first(assess(framework(*items, levels=levels("muc-1")), held))
    assert list(found.index) == ["a", "b"]
    assert found.loc["a"].to_dict() == {"units": 3, "decides": 2, "alone": 1, "needed": 2}


def test_under_a_quorum_units_share_the_value_they_wait_for():
    items = [indicator(name, required={"muc-1": 50.0}) for name in "abc"]
    made = levels("muc-1", quorum=(Quorum(count=1),))
    held = observe({"a": [None, None], "b": [None, 10], "c": [10, 10]})
    frame = pending(assess(framework(*items, levels=made), held))
    told = frame[["unit", "concept", "alone", "needed", "together"]].to_numpy().tolist()
    assert told == [
        ["u0", "a", True, False, True],
        ["u1", "a", True, True, True],
        ["u0", "b", True, False, False],
    ]


def test_open_points_are_what_the_total_could_gain():
    line = Curve(kind="linear", at=(0, 100), give=(0, 1))
    items = [
        indicator(name, value=line, points=float(worth)) for name, worth in (("a", 4), ("b", 6))
    ]
    held = observe({"a": [None, 50], "b": [20, None]}, catalogue("a", "b"))
    assessment = assess(framework(group("g", *items)), held)
    first = to_get_first(assessment)
    assert first["points"].to_dict() == {"b": 6.0, "a": 4.0}
    frame = bounds(assessment)
    assert (frame["total_best"] - frame["total"]).tolist() == [4.0, 6.0]
    assert frame[["rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 2], [1, 2]]


def test_nothing_is_pending_where_missing_values_fail():
    item = indicator("a", required={"muc-1": 50.0})
    rules = framework(item, levels=levels("muc-1"), policy=Policy(missing="fails"))
    assert pending(assess(rules, observe({"a": [None, 60]}))).empty
