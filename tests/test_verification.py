"""Sources, self against verified, heaping: by hand and against slow plain definitions."""

import random
from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, indicator, levels, observe, random_cells

from dxmethod.observations import Status
from dxmethod.rounds import Round
from dxmethod.verification import gaps, heaping, holm, sources

NAN = float("nan")


def test_sources_count_indicators_requirements_and_values():
    known = catalogue(concept("a", source_type="automatic"), "b")
    items = (
        indicator("a", required={"muc-1": 50.0, "muc-2": 60.0}),
        indicator("b", required={"muc-1": 50.0}),
    )
    held = observe({"a": [1, None, 3], "b": [1, 2, "KMC 4"]}, known)
    rules = framework(*items, levels=levels("muc-1", "muc-2"))
    found = sources(rules, held)
    assert list(found.index) == ["automatic", "self_report"]
    assert found["requirements"].tolist() == [2, 1]
    assert found["values"].tolist() == [2, 2]
    assert found["values_share"].tolist() == [0.5, 0.5]
    assert found["points_share"].isna().all()
    notes = pd.DataFrame({"unit": ["u1"], "concept": ["b"], "source_type": ["survey"]})
    told = sources(rules, replace(held, notes=notes))
    assert told["values"].to_dict() == {"automatic": 2, "self_report": 1, "survey": 1}
    assert told.loc["survey", "indicators"] == 0


def two_stages(claimed, verified, known=None):
    return Round({"self": observe(claimed, known), "verified": observe(verified, known)})


def test_gaps_by_hand():
    known = catalogue("a", concept("b", better="lower"))
    found = gaps(
        framework(
            indicator("a", required={"muc-1": 50.0}),
            indicator("b", required={"muc-1": 50.0}),
            levels=levels("muc-1"),
        ),
        two_stages(
            {"a": [60, 60, 70, "KMC 80"], "b": [10, 20, None, 40]},
            {"a": [60, 40, None, "KMC"], "b": [30, 15, 5, 40]},
            known,
        ),
    )
    a, b = found.concepts.loc["a"], found.concepts.loc["b"]
    counts = ["claimed", "checked", "changed", "overstated", "understated", "unproved"]
    assert a[counts].tolist() == [4, 4, 2, 2, 0, 1]  # the third was left as it was
    assert (a["overstated_share"], a["mean"], a["largest"]) == (0.5, 20 / 3, 20.0)
    assert b[counts].tolist() == [3, 3, 2, 1, 1, 0]
    assert (b["mean"], b["largest"]) == (5.0, 20.0)
    assert found.units["overstated"].tolist() == [1, 1, 0, 1]
    assert found.units["level_self"].tolist() == [1, 1, 0, 1]
    assert found.units["level_verified"].tolist() == [1, 0, 1, 0]
    assert found.units["met_self"].tolist() == [1.0, 1.0, 0.5, 1.0]
    assert found.units["met_verified"].tolist() == [1.0, 0.5, 1.0, 0.5]


@pytest.mark.parametrize("seed", range(20))
def test_gaps_are_those_of_a_loop_over_cells(seed):
    rng = random.Random(seed)
    names = ["a", "b", "c"]
    known = catalogue(*(concept(name, better=rng.choice(["higher", "lower"])) for name in names))
    stages = [{name: random_cells(rng, 8) for name in names} for _ in range(2)]
    rules = framework(*(indicator(n, required={"m": 5.0}) for n in names), levels=levels("m"))
    held = two_stages(*stages, known)
    found = gaps(rules, held).concepts
    for column, name in enumerate(names):
        tally = dict.fromkeys(("claimed", "checked", "overstated", "understated", "unproved"), 0)
        differences = []
        before, after = held.stages["self"], held.stages["verified"]
        for unit in range(8):
            claim = before.value[unit, column]
            if np.isnan(claim):
                continue
            tally["claimed"] += 1
            status = after.status[unit, column]
            if status == Status.MISSING:
                if any(after.status[unit] != Status.MISSING):
                    tally["checked"] += 1
                    differences.append(0.0)
            elif status == Status.NO_EVIDENCE:
                tally["checked"] += 1
                tally["unproved"] += 1
                tally["overstated"] += 1
            elif status == Status.OBSERVED:
                tally["checked"] += 1
                gap = known[name].sign * (claim - after.value[unit, column])
                differences.append(gap)
                tally["overstated"] += gap > 0
                tally["understated"] += gap < 0
        assert {key: found.loc[name, key] for key in tally} == tally
        assert found.loc[name, "mean"] == pytest.approx(
            np.mean(differences) if differences else NAN, nan_ok=True
        )


def test_a_unit_of_which_nothing_is_said_was_not_verified():
    rules = framework(indicator("a", required={"m": 5.0}), indicator("b"), levels=levels("m"))
    found = gaps(rules, two_stages({"a": [9, 9], "b": [1, 1]}, {"a": [3, None], "b": [None, None]}))
    assert found.concepts["checked"].to_dict() == {"a": 1, "b": 1}
    assert found.units["checked"].tolist() == [2, 0]


def test_one_stage_has_no_gap():
    held = observe({"a": [1, 2]})
    rules = framework(indicator("a", required={"m": 5.0}), levels=levels("m"))
    assert gaps(rules, Round({"final": held})) is None
    assert gaps(rules, Round({"self": held})) is None
    assert gaps(rules, Round({"self": held, "final": held})).concepts.loc["a", "changed"] == 0


def crowd(columns, known=None, required=80.0, strata=None):
    known = known or catalogue(*columns)
    items = [indicator(name, required={"m": required}) for name in columns]
    return heaping(framework(*items, levels=levels("m")), observe(columns, known, strata))


def test_heaping_counts_whole_digits_on_either_side():
    # A window of 2.5 points on whole numbers is three of them: 80, 81, 82 against 77, 78, 79.
    values = [76, 77, 79, 80, 80, 81, 82, 83, None]
    row = crowd({"a": values}).iloc[0]
    assert (row["step"], row["window"]) == (1.0, 3.0)
    assert (row["just_met"], row["just_missed"], row["on"]) == (4, 2, 2)
    assert row["p"] == pytest.approx(sum(comb(6, k) for k in range(4, 7)) / 2**6)
    lower = crowd({"a": [77, 78, 80, 81, 83]}, catalogue(concept("a", better="lower"))).iloc[0]
    assert (lower["just_met"], lower["just_missed"], lower["on"]) == (2, 2, 1)


def test_a_threshold_between_printed_numbers_is_passed_from_the_next():
    row = crowd({"a": [77, 79, *[80] * 3, 81, 82] * 20 + [79.6]}, required=79.5).iloc[0]
    assert (row["just_met"], row["just_missed"], row["on"]) == (100, 41, 60)


def test_smooth_values_are_not_taken_for_heaped_and_heaped_ones_are():
    rng = np.random.default_rng(1)
    smooth = np.clip(np.round(rng.normal(80, 8, 400)), 0, 100)
    pushed = np.where((smooth < 80) & (smooth >= 76), 80, smooth)
    found = crowd({"a": smooth.tolist(), "b": pushed.tolist()}).set_index("concept")
    assert found.loc["a", "p_adjusted"] > 0.05
    assert found.loc["b", "p_adjusted"] < 1e-6


def test_values_that_verification_left_there_are_no_sign():
    rng = np.random.default_rng(2)
    steep = np.where(rng.random(300) < 0.8, rng.integers(80, 83, 300), rng.integers(77, 80, 300))
    held = observe({"a": steep.astype(float).tolist()})
    rules = framework(indicator("a", required={"m": 80.0}), levels=levels("m"))
    alone, beside = heaping(rules, held), heaping(rules, held, held)
    assert alone.loc[0, "p"] < 1e-6 and beside.loc[0, "p"] > 0.3
    met, near = alone.loc[0, "just_met"], 300
    fair = (met + 1) / (near + 2)
    tail = sum(comb(near, k) * fair**k * (1 - fair) ** (near - k) for k in range(met, near + 1))
    assert beside.loc[0, "p"] == pytest.approx(tail)


@pytest.mark.parametrize("required", [0.0, 1.0, 98.0, 100.0])
def test_no_test_where_the_window_reaches_the_end_of_the_range(required):
    assert np.isnan(crowd({"a": [1, 99, 100, 100]}, required=required).iloc[0]["p"])


def test_thresholds_by_stratum_are_tested_on_their_own_units():
    found = crowd(
        {"a": [60, 60, 80, 81, 79]},
        required={"x": 60.0, "*": 80.0},
        strata=["x", "y", "y", "x", None],
    ).set_index("threshold")
    assert found["just_met"].to_dict() == {60.0: 1, 80.0: 1}
    assert found["just_missed"].to_dict() == {60.0: 0, 80.0: 1}


def test_yes_no_is_not_tested():
    known = catalogue(concept("a", measure="yes_no"))
    assert crowd({"a": [1, 0, 1]}, known, required=1.0).empty


def test_holm_by_hand_and_without_what_was_not_tested():
    found = holm(np.array([0.04, NAN, 0.01, 0.03]))
    assert found.tolist() == pytest.approx([0.06, NAN, 0.03, 0.06], nan_ok=True)
