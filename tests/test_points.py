"""Points: the kernel against a slow definition, rounding, bands, ranks."""

from __future__ import annotations

import gc
import math
import random
import weakref

import numpy as np
import pytest
from examples import (
    LINE,
    catalogue,
    concept,
    framework,
    group,
    indicator,
    observe,
    random_points,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.framework import Band, Framework, Group, Indicator, Policy, Rounding, full_points
from dxmethod.observations import Observations, Status
from dxmethod.points import assess_points, classify, rank_totals, round_declared
from dxmethod.values import Curve, Fitted, Part, Parts

RANDOM = st.randoms(use_true_random=False)

# The definition, one cell at a time. A cell is a number, or one of these.
NOTHING, UNKNOWN, EXCLUDED = "nothing", "unknown", "excluded"


def cell(name: str, unit: int, reported: Observations, policy: Policy) -> float | str:
    column = reported.position[name]
    status, value = Status(reported.status[unit, column]), reported.value[unit, column]
    if status == Status.OBSERVED or (
        status == Status.NO_EVIDENCE and policy.no_evidence == "counts" and not math.isnan(value)
    ):
        return float(value)
    if status == Status.NO_EVIDENCE:
        return NOTHING
    rule = getattr(policy, status.name.lower())
    if rule == "excluded":
        return EXCLUDED if policy.rescale != "none" else NOTHING
    return {"fails": NOTHING, "unknown": UNKNOWN}[rule]


def on_curve(curve: Curve, x: float) -> float:
    if curve.kind == "steps":
        passed = [x >= cut if curve.closed == "left" else x > cut for cut in curve.at]
        return curve.give[sum(passed)]
    if x <= curve.at[0]:
        return curve.give[0]
    for x0, x1, y0, y1 in zip(curve.at, curve.at[1:], curve.give, curve.give[1:], strict=False):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve.give[-1]


def fitted(value: Fitted, x: float, cohort: list[float], sign: float) -> float:
    best = max(cohort, key=lambda other: sign * other)
    worst = min(cohort, key=lambda other: sign * other)
    if value.to == "rank":
        return sum(sign * other <= sign * x for other in cohort) / len(cohort)
    if value.to == "min_max":
        return 1.0 if best == worst else (x - worst) / (best - worst)
    part, whole = (x, best) if sign > 0 else (best, x)
    return 1.0 if part == whole == 0 else min(part / whole, 1.0) if whole else 0.0


def outside(item: Indicator, unit: int, reported: Observations) -> bool:
    return any(
        reported.units[name].iloc[unit] not in values for name, values in item.applies_to.items()
    )


def share(item: Indicator, unit: int, reported: Observations, policy: Policy, good: bool) -> object:
    """Share of an indicator's points, or EXCLUDED; unknown values turn out well if `good`."""
    if outside(item, unit, reported):
        return EXCLUDED
    if isinstance(item.value, Parts):
        return combined(item.value, unit, reported, policy, good)
    found = cell(item.concept, unit, reported, policy)
    if isinstance(found, str):
        return EXCLUDED if found == EXCLUDED else float(found == UNKNOWN and good)
    if isinstance(item.value, Curve):
        return on_curve(item.value, found)
    concerned = [o for o in range(len(reported.units)) if not outside(item, o, reported)]
    everyone = [cell(item.concept, other, reported, policy) for other in concerned]
    cohort = [x for x in everyone if not isinstance(x, str)]
    sign = reported.concepts[reported.position[item.concept]].sign
    return fitted(item.value, found, cohort, sign)


def combined(value: Parts, unit: int, reported: Observations, policy: Policy, good: bool) -> object:
    parts = []
    for part in value.of:
        found = cell(part.concept, unit, reported, policy)
        if found != EXCLUDED:
            worth = {NOTHING: 0.0, UNKNOWN: float(good)}
            parts.append(
                (worth[found] if found in worth else on_curve(part.value, found), part.share)
            )
    if not parts:
        return EXCLUDED
    weighted = [x * weight for x, weight in parts]
    if value.kind == "at_least":
        return float(sum(x >= 1 for x, _ in parts) >= min(value.k, len(parts)))
    if value.kind == "sum":
        whole = sum(part.share for part in value.of) / sum(weight for _, weight in parts)
        return min(1.0, sum(weighted) * whole)
    return max(weighted) if value.kind == "max" else min(weighted)


def mean(combine: str, pairs: list[tuple[float, float]]) -> float:
    whole = sum(weight for _, weight in pairs)
    if combine == "min":
        return min(x for x, _ in pairs)
    if combine == "arithmetic":
        return sum(weight * x for x, weight in pairs) / whole
    if any(x == 0 for x, _ in pairs):
        return 0.0
    if combine == "geometric":
        return math.exp(sum(weight * math.log(x) for x, weight in pairs) / whole)
    return whole / sum(weight / x for x, weight in pairs)


def worth_to(item: Indicator, unit: int, reported: Observations) -> float:
    """Points that a unit's class can earn."""
    if not isinstance(item.points, dict):
        return item.points
    return item.points.get(reported.units["unit_class"].iloc[unit], item.points.get("*"))


def node(
    at: Group | Indicator, unit: int, reported: Observations, asked: Framework, good: bool
) -> tuple[float, float]:
    """Points earned and points that apply; bonus and penalty stand apart."""
    if isinstance(at, Indicator):
        if at.role != "scored":
            return 0.0, 0.0
        found = share(at, unit, reported, asked.policy, good)
        worth = worth_to(at, unit, reported)
        return (0.0, 0.0) if found == EXCLUDED else (found * worth, worth)
    below = [node(child, unit, reported, asked, good) for child in at.children]
    if at.combine == "sum":
        earned, full = sum(e for e, _ in below), sum(f for _, f in below)
        direct = any(isinstance(child, Indicator) for child in at.children)
        if asked.policy.rescale == "group" and direct and full > 0:
            return earned * full_points(at) / full, full_points(at)
        return earned, full
    weights = [c.points if isinstance(c, Indicator) else c.weight for c in at.children]
    pairs = [(e / f, weight) for (e, f), weight in zip(below, weights, strict=True) if f > 0]
    return (mean(at.combine, pairs) * full_points(at), full_points(at)) if pairs else (0.0, 0.0)


def slow_total(asked: Framework, unit: int, reported: Observations, good: bool) -> float:
    earned, full = node(asked.tree, unit, reported, asked, good)
    extra = 0.0
    for item in asked.indicators:
        if item.role != "scored":
            hoped = good and item.role == "bonus"  # no penalty is hoped for
            found = share(item, unit, reported, asked.policy, hoped)
            sign = 1 if item.role == "bonus" else -1
            extra += 0.0 if found == EXCLUDED else sign * item.points * float(found)
    return earned / full * asked.maximum + extra if full > 0 else math.nan


@pytest.mark.parametrize("block", range(10))
def test_kernel_agrees_with_the_definition(block):
    for seed in range(200 * block, 200 * (block + 1)):
        asked, reported = random_points(random.Random(seed))
        found = assess_points(asked, reported)
        units = range(len(reported.units))
        for total, good in ((found.total, False), (found.best, True)):
            wanted = [slow_total(asked, unit, reported, good) for unit in units]
            np.testing.assert_allclose(
                total, wanted, rtol=1e-9, atol=1e-9, err_msg=f"seed {seed}, good {good}"
            )


@given(RANDOM)
def test_total_is_never_above_the_best_nor_the_best_above_the_maximum(rng):
    asked, reported = random_points(rng)
    found = assess_points(asked, reported)
    some = ~np.isnan(found.total)
    base = found.total - found.extra(found.share)
    assert (base[some] >= -1e-9).all()
    assert (found.total[some] <= found.best[some] + 1e-9).all()
    assert ((found.best - found.extra(found.share_best))[some] <= asked.maximum + 1e-9).all()


@settings(max_examples=300)
@given(RANDOM)
def test_a_better_value_never_lowers_a_total(rng):
    asked, reported = random_points(rng, curves_only=True)
    before = assess_points(asked, reported)
    unit, column = rng.randrange(len(reported.units)), rng.randrange(len(reported.concepts))
    value = reported.value.copy(order="F")
    value[unit, column] += reported.concepts[column].sign * rng.choice([0.5, 1, 5])
    better = Observations(reported.units, reported.concepts, value, reported.status)
    after = assess_points(asked, better)
    some = ~np.isnan(before.total)
    assert (after.total[some] >= before.total[some] - 1e-9).all()
    assert (after.best[some] >= before.best[some] - 1e-9).all()


# Cases that a reader can follow.


def two_of_ten(rescale: str) -> Framework:
    """Two groups of points 10 + 30 and 60."""
    a, b, c = (
        indicator(name, points=points, value=LINE)
        for name, points in (("a", 10.0), ("b", 30.0), ("c", 60.0))
    )
    return framework(group("g", a, b), group("h", c), policy=Policy(rescale=rescale))


@pytest.mark.parametrize(
    ("rescale", "total"),
    [
        ("sheet", (5 + 45) / 70 * 100),  # the 30 points of b leave the sheet
        ("group", 5 / 10 * 40 + 45),  # a stands for the 40 points of its group
        ("none", 5 + 45),  # b earns nothing
    ],
)
def test_what_does_not_apply_is_rescaled_as_the_document_says(rescale, total):
    found = assess_points(two_of_ten(rescale), observe({"a": [50], "b": ["KAD"], "c": [75]}))
    assert found.total == pytest.approx([total])


@given(st.lists(st.integers(1, 9), min_size=3, max_size=6), st.data())
def test_what_does_not_apply_leaves_the_weights_of_the_others_to_one_another(worth, data):
    names = [f"i{place}" for place in range(len(worth))]
    items = [
        indicator(name, value=LINE, points=float(points))
        for name, points in zip(names, worth, strict=True)
    ]
    cut = data.draw(st.integers(1, len(worth) - 1))
    asked = framework(group("a", *items[:cut]), group("b", *items[cut:]))
    gone = data.draw(st.integers(0, len(worth) - 1))
    columns: dict[str, list[float | str | None]] = {
        name: ["KAD" if row == gone else 100.0 * (row == unit) for unit in range(len(worth))]
        for row, name in enumerate(names)
    }
    points = assess_points(asked, observe(columns))
    alone = [total for unit, total in enumerate(points.total) if unit != gone]
    weights = [float(points) for row, points in enumerate(worth) if row != gone]
    scale = sum(worth) / sum(weights)
    assert alone == pytest.approx([weight * scale for weight in weights])


@given(RANDOM)
def test_without_bonus_no_total_is_above_what_applies(rng):
    asked, reported = random_points(rng)
    points = assess_points(asked, reported)
    root = asked.tree.id
    assert np.all(points.earned[root] <= points.applicable[root] + 1e-9)
    scored = points.total - points.extra(points.share)
    assert not np.any(scored > asked.maximum + 1e-9)


def test_nothing_that_applies_gives_no_total_and_no_rank():
    found = assess_points(two_of_ten("sheet"), observe({key: ["KAD", 100] for key in "abc"}))
    np.testing.assert_equal(found.total, [np.nan, 100])
    assert found.rank.tolist() == [0, 1]


def test_missing_value_earns_nothing_at_worst_and_everything_at_best():
    found = assess_points(two_of_ten("sheet"), observe({"a": [100], "b": [None], "c": [100]}))
    assert (found.total.tolist(), found.best.tolist()) == ([70], [100])


def test_points_by_group_are_shown():
    found = assess_points(two_of_ten("sheet"), observe({"a": [50], "b": ["KAD"], "c": [75]}))
    assert {name: points.tolist() for name, points in found.earned.items()} == {
        "g": [5], "h": [45], "goc": [50],
    }  # fmt: skip
    assert {name: points.tolist() for name, points in found.applicable.items()} == {
        "g": [10], "h": [60], "goc": [70],
    }  # fmt: skip


def test_indicators_without_points_are_left_out():
    items = [indicator("a", points=10.0, value=LINE), indicator("b")]
    found = assess_points(framework(*items), observe({"a": [50], "b": [None]}))
    assert (found.total.tolist(), found.best.tolist()) == ([5], [5])


def composed(kind: str, **fields) -> Framework:
    """One indicator of 10 points made of two shares of the points."""
    of = [Part(concept=name, value=LINE, share=0.5 if kind == "sum" else 1.0) for name in "ab"]
    value = Parts(kind=kind, of=tuple(of), **fields)
    return framework(indicator("ca", concept="a", points=10.0, value=value))


@pytest.mark.parametrize(
    ("kind", "total", "best"),
    [("sum", 2, 7), ("max", 4, 10), ("min", 0, 4), ("at_least", 0, 10)],
)
def test_unknown_part_is_worth_nothing_at_worst_and_everything_at_best(kind, total, best):
    found = assess_points(composed(kind), observe({"a": [40], "b": [None]}))
    assert (found.total.tolist(), found.best.tolist()) == ([total], [best])


@pytest.mark.parametrize("kind", ["sum", "max", "min"])
def test_part_that_does_not_apply_drops_out(kind):
    found = assess_points(composed(kind), observe({"a": [40, "KAD"], "b": ["KAD", "KAD"]}))
    np.testing.assert_allclose(found.total, [4, np.nan])


@pytest.mark.parametrize("kind", ["sum", "max", "min", "at_least"])
def test_value_none_of_whose_parts_applies_leaves_the_sheet(kind):
    asked = framework(
        composed(kind).indicators[0], indicator("c", points=30.0, value=LINE), policy=Policy()
    )
    found = assess_points(asked, observe({"a": ["KAD"], "b": ["KAD"], "c": [50]}))
    assert found.total == pytest.approx([20])


def test_no_more_parts_are_asked_for_than_apply():
    found = assess_points(composed("at_least", k=2), observe({"a": [100, 99], "b": ["KAD"] * 2}))
    assert found.total.tolist() == [10, 0]


def test_fitted_value_looks_at_all_units():
    value = Fitted(kind="fitted", to="best")
    known = catalogue(concept("a", range=None))
    asked = framework(indicator("a", points=10.0, value=value))
    assert assess_points(asked, observe({"a": [20, 40, None]}, known)).total.tolist() == [5, 10, 0]


def test_memory_is_given_back_at_once():
    """Arrays caught in a circle of references would wait for the garbage collector."""
    gc.disable()
    try:
        found = assess_points(two_of_ten("sheet"), observe({key: [1, 2] for key in "abc"}))
        assert found.total.size == 2
        share = weakref.ref(found.share)
        del found
        assert share() is None
    finally:
        gc.enable()


# Rounding as declared.

HALVES = [79.95, 79.85, 0.05, 2.5, 2.675, 99.995, 0.77205, 1.0]


@pytest.mark.parametrize(
    ("value", "decimals", "up", "even"),
    [
        (79.95, 1, 80.0, 80.0),
        (79.85, 1, 79.9, 79.8),
        (79.949, 1, 79.9, 79.9),
        (79.951, 1, 80.0, 80.0),
        (2.5, 0, 3, 2),
        (3.5, 0, 4, 4),
        (2.675, 2, 2.68, 2.68),  # stored a hair below
        (1.005, 2, 1.01, 1.00),  # stored a hair below
        (0.77205, 4, 0.7721, 0.7720),
        (0.66495, 4, 0.6650, 0.6650),
        (0, 1, 0, 0),
        (100, 2, 100, 100),
    ],
)
def test_halves_go_where_the_document_says(value, decimals, up, even):
    found = {
        half: round_declared(np.array([value]), Rounding(decimals=decimals, half=half)).item()
        for half in ("up", "even")
    }
    assert found == {"up": up, "even": even}


def test_rounding_leaves_no_total_alone():
    assert np.isnan(round_declared(np.array([np.nan]), Rounding(decimals=1))).all()


def test_rounding_is_declared_for_one_step():
    """79.96 is below 80 for the band, and 80.0 for the rank."""
    asked = framework(
        indicator("a", points=100.0, value=LINE),
        rounding=Rounding(decimals=1, before=("rank",)),
        bands=(Band(id="duoi", label="dưới"), Band(id="tren", label="trên", at_least=80)),
    )
    found = assess_points(asked, observe({"a": [79.96, 80.0, 80.04]}))
    assert found.band.tolist() == [0, 1, 1]
    assert found.rank.tolist() == [1, 1, 1]


def test_totals_that_are_equal_on_paper_share_band_and_rank():
    """0.1 + 0.2 is a hair above 0.3 in binary; on paper it is 0.3."""
    items = [indicator(name, points=0.1, value=LINE) for name in "abc"]
    asked = framework(
        *items,
        bands=(Band(id="duoi", label="dưới"), Band(id="tren", label="trên", above=0.3)),
        combine="sum",
    )
    found = assess_points(asked, observe({key: [100] for key in "abc"}))
    assert found.total[0] > 0.3  # the hair is there
    assert found.band.tolist() == [0]
    thirds = [
        indicator(name, points=points, value=LINE)
        for name, points in zip("abc", (0.1, 0.2, 0.3), strict=True)
    ]
    reported = observe({"a": [100, 0], "b": [100, 0], "c": [0, 100]})
    assert assess_points(framework(*thirds), reported).rank.tolist() == [1, 1]


# Bands and ranks.


def test_bound_falls_on_the_side_that_the_band_says():
    bands = (
        Band(id="d", label="D"),
        Band(id="c", label="C", at_least=50),
        Band(id="b", label="B", above=80),
    )
    total = np.array([0, 49.9, 50, 80, 80.1, np.nan])
    assert classify(total, bands).tolist() == [0, 0, 1, 1, 2, -1]


@given(st.lists(st.integers(0, 5)))
def test_dense_rank_counts_the_better_totals_that_differ(totals):
    wanted = [1 + len({other for other in totals if other > total}) for total in totals]
    assert rank_totals(np.array(totals, dtype=float), "dense").tolist() == wanted


def test_a_total_that_is_not_there_has_no_dense_rank():
    assert rank_totals(np.array([5, np.nan, 7]), "dense").tolist() == [2, 0, 1]


@pytest.mark.parametrize("column", [None, ["lạ"]])
def test_a_class_for_which_no_points_are_named_is_said(column):
    asked = framework(indicator("a", value=LINE, points={"xã": 10.0}))
    reported = observe({"a": [50]})
    if column:
        reported.units["unit_class"] = column
    with pytest.raises(ValueError, match=r"unit_class|loại đơn vị"):
        assess_points(asked, reported)


def test_without_bands_there_is_no_band():
    assert classify(np.array([1.0]), ()).tolist() == [-1]


@pytest.mark.parametrize(
    ("total", "rank"),
    [
        ([9, 8, 8, 7], [1, 2, 2, 4]),
        ([7, 8, 8, 9], [4, 2, 2, 1]),
        ([5, 5, 5], [1, 1, 1]),
        ([np.nan, 3, 4], [0, 2, 1]),
        ([np.nan], [0]),
        ([], []),
        ([0.0, -0.0], [1, 1]),
    ],
)
def test_equal_totals_share_the_better_rank(total, rank):
    assert rank_totals(np.array(total, dtype=float), "competition").tolist() == rank


@given(st.lists(st.integers(0, 5)))
def test_rank_is_one_more_than_the_number_of_better_totals(totals):
    wanted = [1 + sum(other > total for other in totals) for total in totals]
    assert rank_totals(np.array(totals, dtype=float), "competition").tolist() == wanted
