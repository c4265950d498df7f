"""Thresholds moved one at a time, against assessing the moved framework itself."""

import random

import numpy as np
import pandas as pd
import pytest
from examples import LINE, catalogue, concept, framework, indicator, levels, observe, random_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.assessment import assess
from dxmethod.calibration.cutoffs import Grid, Span, check_grid, cutoffs, places, trade_off, wilson
from dxmethod.calibration.easing import threshold_changes
from dxmethod.changes import apply

GRID = Grid(step=2)


def moved(rules, indicator, level, stratum, threshold):
    row = {"indicator": indicator, "level": level, "stratum": stratum, "new": threshold}
    return apply(rules, threshold_changes(rules, pd.DataFrame([row])))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_levels_as_a_threshold_moves_are_those_of_the_moved_framework(seed):
    rng = random.Random(seed)
    rules, reported = random_levels(rng)
    if not rules.thresholds:
        return
    found = cutoffs(assess(rules, reported), GRID)
    keys = ["indicator", "level", "stratum", "threshold"]
    groups = list(found.moves.groupby(keys))
    for (*place, threshold), rows in rng.sample(groups, min(4, len(groups))):
        again = assess(moved(rules, *place, threshold), reported).levels
        counts = np.bincount(again.level, minlength=len(rows))
        assert rows["units"].tolist() == counts.tolist()
        best = np.bincount(again.best, minlength=len(rows))
        assert rows["units_best"].tolist() == best.tolist()


def test_share_that_reaches_counts_who_passes_is_unknown_or_left_out():
    rules = framework(indicator("a", required={"muc": 50}), levels=levels("muc"))
    reported = observe(
        {"a": [80, 50, 20, None, "KAD", "KMC"]}, strata=["x", "x", "y", "y", "y", "x"]
    )
    curves = cutoffs(assess(rules, reported), Grid(step=25)).curves
    row = curves[(curves["stratum"] == "") & (curves["threshold"] == 50)].iloc[0]
    assert row[["asked", "unknown", "reached"]].tolist() == [5, 1, 2]
    assert (row["share"], row["best"]) == (0.4, 0.6)
    assert row["low"] < 0.4 < 0.6 < row["high"]
    y = curves[(curves["stratum"] == "y") & (curves["threshold"] == 0)].iloc[0]
    assert y[["asked", "unknown", "reached"]].tolist() == [2, 1, 1]


def test_where_less_is_better_a_lower_threshold_is_the_stricter_one():
    known = catalogue(concept("a", better="lower"))
    rules = framework(indicator("a", required={"muc": 50}), levels=levels("muc"))
    found = cutoffs(assess(rules, observe({"a": [10, 60]}, known)), Grid(step=50))
    held = found.moves[found.moves["held"] == 1].set_index("threshold")["units"]
    assert held.to_dict() == {0: 0, 50: 1, 100: 2}
    curve = found.curves.set_index("threshold")["reached"]
    assert curve.to_dict() == {0: 0, 50: 1, 100: 2}


def test_wilson_is_the_printed_example_and_knows_nothing_of_nobody():
    # 5 of 10 at 95 %: 0.2366, 0.7634 (A. Agresti and B. Coull, The American Statistician 52, 1998).
    low, high = wilson(np.array([5.0, 0.0]), np.array([10.0, 0.0]), 0.95)
    assert (round(low[0], 4), round(high[0], 4)) == (0.2366, 0.7634)
    assert np.isnan(low[1]) and np.isnan(high[1])


def test_places_follow_the_step_the_bounds_and_the_kind_of_number():
    item = indicator("a", required={"muc": 30})
    assert places(Grid(step=25), item, concept("a")).tolist() == [0, 25, 50, 75, 100]
    own = Grid(indicators={"a": Span(step=10, low=25, high=55)})
    assert places(own, item, concept("a")).tolist() == [30, 40, 50]
    yes_no = concept("a", measure="yes_no", unit="có/không")
    assert places(Grid(), item, yes_no).tolist() == [0, 1]
    grades = concept("a", measure="category", unit="loại", categories=("x", "y", "z"))
    assert places(Grid(), item, grades).tolist() == [0, 1, 2]
    counted = concept("a", measure="number", unit="lần")
    at = places(Grid(), item, counted, np.array([3.0, 97.0, np.nan]))
    assert at.tolist() == list(range(5, 100, 5))


def test_a_grid_that_contradicts_itself_is_said_before_the_work():
    rules = framework(indicator("a", required={"muc": 30}), levels=levels("muc"))
    spans = {"a": Span(low=80, high=20), "b": Span()}
    said = check_grid(Grid(indicators=spans), rules, catalogue("a"))
    assert [fault.found for fault in said] == [
        "khoảng từ 80 đến 20",
        "không có yêu cầu nào trong khung",
    ]
    narrow = Grid(indicators={"a": Span(step=5, low=31, high=34)})
    assert len(check_grid(narrow, rules, catalogue("a"))) == 1
    assert check_grid(Grid(), rules, catalogue("a")) == []


def test_one_threshold_for_all_strata_shows_what_it_does_to_each():
    required = {"muc": {"*": 60, "y": 20}}
    rules = framework(
        indicator("a", required=required),
        indicator("b", required={"muc": 50}),
        levels=levels("muc"),
    )
    columns = {"a": [70, 40, 30, 10], "b": [60, 60, 60, 60]}
    result = assess(rules, observe(columns, strata=["x", "x", "y", "y"]))
    found = trade_off(result, "a", "muc", Grid(step=20))
    draft = found.draft.set_index("stratum")
    assert draft["share"].to_dict() == {"": 0.5, "x": 0.5, "y": 0.5}
    assert draft["threshold"].loc[["x", "y"]].tolist() == [60, 20]
    assert found.drafted_spread == 0
    table = found.curve.pivot(index="threshold", columns="stratum", values="reached")
    assert table.loc[40].to_dict() == {"": 2, "x": 2, "y": 0}
    assert found.curve.set_index("threshold")["spread"].loc[40].tolist() == [1.0] * 3
    with pytest.raises(ValueError, match="không yêu cầu c"):
        trade_off(result, "c", "muc")


def test_a_framework_without_levels_is_refused():
    rules = framework(indicator("a", points=1, value=LINE))
    with pytest.raises(ValueError, match="không có mức độ"):
        cutoffs(assess(rules, observe({"a": [1]})))
