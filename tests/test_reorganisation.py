"""What merge rules do to results: levels that move, totals that move, rules and map apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from examples import LINE, catalogue, concept, framework, indicator, levels, observe

from dxmethod.faults import Collector
from dxmethod.reorganisation import Reorganisation, can_carry, merge_effects, rules_and_maps
from dxmethod.units import Crosswalk

KNOWN = catalogue("ty-le", concept("co", measure="yes_no", unit="có/không"))
ASKED = framework(
    indicator("ty-le", required={"dat": 50}, value=LINE, points=100),
    indicator("co", required={"dat": 1}),
    levels=levels("dat"),
)


def crosswalk(**columns: list[str]) -> Crosswalk:
    frame = pd.DataFrame(columns, dtype=object)
    return Crosswalk(frame.assign(new_name=frame["new"].str.upper()))


WHOLE = crosswalk(old=["u0", "u1", "u2", "u3"], new=["x", "x", "y", "y"])


def reported():
    """One half of x says no; y has one part without data. No denominators: means by weight only."""
    return observe({"ty-le": [60, 60, 80, None], "co": [1, 0, 1, 1]}, KNOWN)


def test_each_choice_stands_beside_the_declared_one():
    effects = merge_effects(ASKED, reported(), Reorganisation(WHOLE))
    assert effects.assessment.levels.level.tolist() == [0, 0]
    table = effects.table.set_index("choice")
    assert table.iloc[0].drop("total_largest").tolist() == [3, 0, 0, 0, 0]
    best = table.loc["tỷ lệ, có/không, mức: lấy đơn vị cũ tốt nhất (2 khái niệm)"]
    assert best["levels_up"] == 1
    assert best["levels_down"] == 0
    assert not any("bị chia" in choice for choice in table.index)


def test_divided_units_bring_the_other_assumptions_in():
    split = crosswalk(
        old=["u0", "u0", "u1", "u2", "u3"],
        new=["x", "y", "x", "y", "y"],
        is_default=["1", "0", "1", "1", "1"],
    )
    effects = merge_effects(ASKED, reported(), Reorganisation(split))
    assert effects.table["choice"][0].endswith("chia đều cho các đơn vị mới")
    asked = [choice for choice in effects.table["choice"] if choice.startswith("đơn vị bị chia")]
    assert asked == ["đơn vị bị chia: tính cả cho đơn vị mới mặc định"]  # no shares are given


def test_a_total_known_under_one_choice_alone_has_moved():
    silent = observe({"ty-le": [60, 80]}, KNOWN)
    asked = framework(indicator("ty-le", value=LINE, points=100))
    found = Reorganisation(crosswalk(old=["u0", "u1"], new=["x", "x"]))
    table = merge_effects(asked, silent, found).table.set_index("choice")
    assert "levels_up" not in table
    row = table.loc["tỷ lệ: trung bình cộng (1 khái niệm)"]
    assert row["known"] == 1
    assert row["totals_moved"] == 1


def test_new_units_without_a_stratum_that_thresholds_ask_for_are_found():
    asked = framework(indicator("ty-le", required={"dat": {"a": 50}}), levels=levels("dat"))
    strata = pd.DataFrame({"stratum": ["a"], "basis": ["QĐ"], "year": ["2026"]}, index=["x"])
    effects = merge_effects(asked, reported(), Reorganisation(WHOLE, strata))
    said = [str(fault) for fault in effects.findings]
    assert any("1 đơn vị mới chưa có khu vực (Y)" in line for line in said)
    assert any("có đơn vị để trống" in line for line in said)
    assert effects.merged.observations.units["stratum"].tolist() == ["a", None]


def test_a_concept_may_weigh_ratios_without_denominators():
    known = catalogue("ty-le", concept("dan-so", measure="number", unit="người"))
    found = observe({"ty-le": [60, 80], "dan-so": [30, 10]}, known)
    table = crosswalk(old=["u0", "u1"], new=["x", "x"])
    for weights, value in (("", np.nan), ("dan-so", 65)):
        merged = Reorganisation(table, weights=weights).carry(found, Collector())
        np.testing.assert_equal(merged.observations.value.tolist(), [[value, 40]])


def test_rules_and_map_are_told_apart():
    easy = framework(indicator("ty-le", required={"dat": 50}), levels=levels("dat"))
    merged = Reorganisation(WHOLE).carry(reported(), Collector(), rule={"ty-le": "mean"})
    table = rules_and_maps({"cũ": easy, "mới": ASKED}, reported(), merged.observations)
    assert table[["version", "map", "units", "level0", "level1"]].to_numpy().tolist() == [
        ["cũ", "đơn vị cũ", 4, 1, 3],
        ["cũ", "đơn vị mới", 2, 1, 1],
        ["mới", "đơn vị cũ", 4, 2, 2],
        ["mới", "đơn vị mới", 2, 2, 0],
    ]


@pytest.mark.parametrize(
    ("reorganisation", "observations", "possible"),
    [
        (Reorganisation(WHOLE), reported(), True),
        (Reorganisation(WHOLE), None, False),
        (Reorganisation(), reported(), False),
        (None, reported(), False),
        (Reorganisation(crosswalk(old=["u0"], new=["x"])), reported(), False),
    ],
)
def test_merging_needs_old_units_that_the_crosswalk_knows(reorganisation, observations, possible):
    assert can_carry(reorganisation, observations) is possible
