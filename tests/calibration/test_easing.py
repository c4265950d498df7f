"""The least change by which enough units reach a level, against every combination there is."""

import random
from itertools import product

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, indicator, levels, observe, random_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.assessment import assess
from dxmethod.calibration.cutoffs import Grid, Span
from dxmethod.calibration.easing import ease, threshold_changes
from dxmethod.changes import apply
from dxmethod.framework import Level, Quorum

GRID = Grid(step=25)


def drawn(seed, quorum=None):
    """Three criteria, two levels, eight units in two strata; one threshold set by stratum."""
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    known = catalogue(*(concept(n, better=rng.choice(["higher", "lower"])) for n in names))
    items = []
    for name in names:
        low, high = (25.0, 75.0) if known[name].better == "higher" else (75.0, 25.0)
        first = {"*": low, "y": float(rng.choice([low, 50.0]))} if name == "a" else low
        items.append(indicator(name, required={"muc-1": first, "muc-2": high}))
    made = levels("muc-1", "muc-2", **({"quorum": (quorum,)} if quorum else {}))
    values = {name: rng.integers(0, 101, 8).astype(float).tolist() for name in names}
    rules = framework(*items, levels=made)
    return assess(rules, observe(values, known, [*"xxxxxyyy"]))


def every_way(result, wanted):
    """Fewest changed thresholds, then the smallest sum, over all combinations in order."""
    rules, best = result.framework, (np.inf, np.inf)
    sign = {c.id: c.sign for c in result.observations.concepts}
    keys = [
        (item.id, level, stratum, t)
        for item in rules.asked
        for level, asked in item.required.items()
        for stratum, t in (asked if isinstance(asked, dict) else {"*": asked}).items()
    ]
    ways = []
    for name, _, _, t in keys:
        worst = 0 if sign[name] > 0 else 100
        easier = [p for p in range(0, 101, 25) if sign[name] * (t - p) > 0 and p != worst]
        ways.append([t, *easier])
    for chosen in product(*ways):
        moved = [(*k[:3], p) for k, p in zip(keys, chosen, strict=True) if p != k[3]]
        cost = (len(moved), sum(abs(p - k[3]) for k, p in zip(keys, chosen, strict=True)) / 100)
        if cost >= best:
            continue
        new = with_(rules, moved)
        if in_order(new, sign):
            reached = (assess(new, result.observations).levels.level >= 2).sum()
            best = cost if reached >= wanted else best
    return best


def with_(rules, moved):
    if not moved:
        return rules
    table = pd.DataFrame(moved, columns=["indicator", "level", "stratum", "new"])
    return apply(rules, threshold_changes(rules, table))


def in_order(rules, sign):
    for item in rules.asked:
        first, second = (
            asked if isinstance(asked, dict) else {"*": asked} for asked in item.required.values()
        )
        for stratum in {*first, *second}:
            low, high = (by.get(stratum, by["*"]) for by in (first, second))
            if sign[item.id] * (high - low) < 0:
                return False
    return True


@pytest.mark.parametrize("quorum", [None, Quorum(share=0.6)])
def test_few_changes_as_if_every_combination_had_been_tried(quorum):
    more = []
    for seed in range(6):
        result = drawn(seed, quorum)
        for wanted in (3, 5):
            least = every_way(result, wanted)
            found = ease(result, "muc-2", wanted / 8, GRID)
            assert found.met == np.isfinite(least[0])
            if found.met:
                more.append(len(found.changes) - least[0])
                assert more[-1] > 0 or found.changes["size"].sum() >= least[1] - 1e-9
    assert len(more) > 4 and min(more) == 0
    assert max(more) <= 1 and np.mean(more) <= 0.2


@pytest.mark.parametrize("seed", range(5))
def test_the_changes_do_in_the_framework_what_they_promise(seed):
    result = drawn(seed)
    found = ease(result, "muc-2", {"": 0.6, "y": 0.5}, GRID)
    new = apply(result.framework, threshold_changes(result.framework, found.changes, "vì", "cứ"))
    after = assess(new, result.observations).levels.level >= 2
    assert found.asked["after"].tolist() == [after.sum(), after[5:].sum()]
    sign = {c.id: c.sign for c in result.observations.concepts}
    assert in_order(new, sign)
    assert (found.asked["after"] <= found.asked["most"]).all()


def test_no_change_where_enough_units_pass_already():
    rules = framework(indicator("a", required={"muc": 50}), levels=levels("muc"))
    found = ease(assess(rules, observe({"a": [60, 70]})), "muc", 0.5)
    assert found.met and found.changes.empty
    assert threshold_changes(rules, found.changes) == []


def test_what_no_place_of_the_grid_gives_is_said_with_how_far_it_goes():
    yes = concept("b", measure="yes_no", unit="có/không")
    rules = framework(
        indicator("a", required={"muc": 50}),
        indicator("b", required={"muc": 1}),
        levels=levels("muc"),
    )
    reported = observe({"a": [60, 40, 20, 90], "b": [1, 1, 1, 0]}, catalogue("a", yes))
    found = ease(assess(rules, reported), "muc", 1.0, Grid(step=10, indicators={"a": Span(low=30)}))
    assert not found.met
    row = found.asked.iloc[0]
    assert (row["before"], row["after"], row["most"], row["wanted"]) == (1, 2, 2, 4)
    assert found.changes[["indicator", "new"]].to_numpy().tolist() == [["a", 40.0]]
    dropped = ease(assess(rules, reported), "muc", 1.0, Grid(indicators={"b": Span(low=0)}))
    assert dropped.met  # only a declared bound lets a requirement stand at its worst value


def test_unknown_values_fail_and_are_counted_apart():
    rules = framework(indicator("a", required={"muc": 50}), levels=levels("muc"))
    found = ease(assess(rules, observe({"a": [None, 40, 60]})), "muc", 2 / 3)
    assert found.met
    assert found.asked[["after", "after_best"]].to_numpy().tolist() == [[2, 3]]


@pytest.mark.parametrize(
    ("level", "share", "said"),
    [("muc-9", 0.5, "muc-9"), ("muc-2", {"z": 0.5}, "z"), ("muc-2", 1.5, "tỷ lệ 1.5")],
)
def test_what_cannot_be_asked_is_refused(level, share, said):
    with pytest.raises(ValueError, match=said):
        ease(drawn(0), level, share)


def test_a_level_that_stands_alone_is_eased_without_the_one_below():
    made = (Level(id="x", label="x"), Level(id="y", label="y"))
    rules = framework(
        indicator("a", required={"x": 90}), indicator("b", required={"y": 50}), levels=made
    )
    found = ease(assess(rules, observe({"a": [10.0], "b": [30.0]})), "y", 1.0)
    assert found.met
    assert found.changes[["indicator", "new"]].to_numpy().tolist() == [["b", 30.0]]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_whatever_the_rule_and_the_statuses_the_eased_framework_gives_what_is_said(seed):
    rng = random.Random(seed)
    rules, reported = random_levels(rng)
    if not rules.thresholds:
        return
    place = rng.randrange(len(rules.levels))
    found = ease(assess(rules, reported), rules.levels[place].id, rng.random(), Grid(step=2))
    new = apply(rules, threshold_changes(rules, found.changes))
    again = assess(new, reported).levels
    row = found.asked.iloc[0]
    assert row["before"] == (assess(rules, reported).levels.level > place).sum()
    assert row["before"] <= row["after"] == (again.level > place).sum() <= row["most"]
    assert row["after_best"] == (again.best > place).sum()
    assert found.met or row["after"] < row["wanted"]
