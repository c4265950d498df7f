"""Rules, map and performance: parts that add up, and cells that are not there."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from examples import LINE, catalogue, framework, indicator, levels, observe, random_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.decomposition import FACTORS, decompose
from dxmethod.framework import Quorum
from dxmethod.reorganisation import Reorganisation
from dxmethod.units import Crosswalk

RANDOM = st.randoms(use_true_random=False)

OLD = framework(indicator("a", required={"dat": 50}), levels=levels("dat"))
NEW = framework(indicator("a", required={"dat": 80}), levels=levels("dat"))


def crosswalk(**pairs: list[str]) -> Reorganisation:
    frame = pd.DataFrame(pairs, dtype=object)
    return Reorganisation(Crosswalk(frame.assign(new_name=frame["new"].str.upper())))


def dividends(found, outcome: str) -> dict[str, float]:
    rows = found.effects[found.effects["outcome"] == outcome]
    return dict(zip(rows["part"], rows["dividend"], strict=True))


def test_two_factors_with_an_interaction():
    """Four units at 40, 60, 60, 90 and a year later at 60, 70, 85, 95.

    Held of four: old rules 3, then 4; new rules (80) 1, then 2. Rules alone −2/4, year alone
    +1/4, together 2/4 − 3/4 = −1/4, so no interaction; and with the third unit at 55 in the
    second year: 4 and 1, so the year gives 1/4 of the old rules and 0 of the new: interaction
    −1/4, Shapley −2/4 − 1/8 and +1/4 − 1/8.
    """
    before = observe({"a": [40, 60, 60, 90]})
    plain = decompose(OLD, NEW, observe({"a": [60, 70, 85, 95]}), before)
    assert dividends(plain, "reach1") == {"rules": -0.5, "year": 0.25, "rules × year": 0.0}
    found = decompose(OLD, NEW, observe({"a": [60, 70, 55, 95]}), before)
    assert found.factors == ("rules", "year")
    assert found.complete
    assert dividends(found, "reach1") == {"rules": -0.5, "year": 0.25, "rules × year": -0.25}
    assert found.parts("reach1").to_dict() == {
        FACTORS["rules"]: -0.625,
        FACTORS["year"]: 0.125,
    }
    assert found.ends("reach1") == (0.75, 0.25)


@settings(max_examples=40)
@given(rng=RANDOM)
def test_parts_of_three_factors_add_up_and_share_the_dividends(rng: random.Random):
    old, earlier = random_levels(rng)
    new = old.model_copy(update={"policy": old.policy.model_copy(update={"missing": "fails"})})
    easier = [level.model_copy(update={"quorum": (Quorum(count=1),)}) for level in new.levels]
    new = new.model_copy(update={"levels": tuple(easier)})
    value = earlier.value.copy()
    value[~np.isnan(value)] = np.minimum(value[~np.isnan(value)] + rng.randint(0, 4), 10)
    later = replace(earlier, value=np.asfortranarray(value))
    units = [str(unit) for unit in earlier.units.index]
    merged = crosswalk(old=units, new=[rng.choice("xy") for _ in units])
    strata = pd.DataFrame({"stratum": ["x", "y"], "unit_class": ["x", "y"]}, index=["x", "y"])
    found = decompose(old, new, later, earlier, replace(merged, strata=strata), cover=0)
    assert found.factors == ("rules", "map", "year")
    assert found.complete
    assert len(found.orders) == 6
    for outcome in found.outcomes:
        start, end = found.ends(outcome)
        shares = dividends(found, outcome)
        assert sum(shares.values()) == pytest.approx(end - start, abs=1e-12)
        assert found.parts(outcome).sum() == pytest.approx(end - start, abs=1e-12)
        for factor in found.factors:
            parts = [(name.split(" × "), share) for name, share in shares.items()]
            expected = sum(share / len(names) for names, share in parts if factor in names)
            assert found.parts(outcome)[FACTORS[factor]] == pytest.approx(expected, abs=1e-12)


def test_what_was_not_collected_leaves_the_order_that_exists():
    """The new rules ask b, which the earlier round did not collect: first the year, then rules."""
    new = framework(
        indicator("a", required={"dat": 50}),
        indicator("b", required={"dat": 10}),
        indicator("c"),  # collected, decides nothing
        levels=levels("dat"),
    )
    known = catalogue("a", "b")
    before = observe({"a": [40, 60]}, known)
    later = observe({"a": [60, 70], "b": [20, 5]}, known)
    found = decompose(OLD, new, later, before)
    assert not found.complete
    reason = found.cells.loc["10", "absent"]
    assert reason == "đợt này không thu thập 1 khái niệm được hỏi: b"
    assert found.orders == (("year", "rules"),)
    assert found.parts("reach1").to_list() == [-0.5, 0.5]
    shares = dividends(found, "reach1")
    assert shares["year"] == 0.5
    assert np.isnan(shares["rules"])
    assert np.isnan(shares["rules × year"])
    steps = found.steps()
    assert steps["factor"].tolist() == ["rules", "year"]
    assert steps["at"].tolist() == ["kết quả của đơn vị mới", "quy định cũ"]
    assert steps["reach1"].tolist() == [-0.5, 0.5]
    assert decompose(OLD, new, later, before, cover=0.5).complete


def test_a_later_round_of_new_units_is_not_taken_apart():
    before = observe({"a": [60, 90, 40]})
    after = observe({"a": [85.0, 30.0]})
    after = replace(after, units=after.units.set_axis(["x", "y"]))
    merged = crosswalk(old=["u0", "u1", "u2"], new=["x", "x", "y"])
    merged = replace(merged, strata=pd.DataFrame({"stratum": ["a", "b"]}, index=["x", "y"]))
    found = decompose(OLD, NEW, after, before, merged)
    absent = found.cells.index[found.cells["absent"] != ""].tolist()
    assert absent == ["001", "101"]
    assert "không tách về đơn vị cũ được" in found.cells.loc["001", "absent"]
    # Every order in which the map comes before the year.
    assert len(found.orders) == 3
    start, end = found.ends("reach1")
    assert found.parts("reach1").sum() == pytest.approx(end - start, abs=1e-12)


def test_units_in_one_round_only_are_left_out_with_what_they_are_made_of():
    before = observe({"a": [60, 90, 40]})
    after = observe({"a": [60, 90]})
    before = replace(before, numerator=before.value / 10, denominator=np.full((3, 1), 10.0))
    found = decompose(OLD, NEW, after, before)
    assert found.units_left_out == 1
    assert found.cells["units"].tolist() == [2, 2, 2, 2]
    other = replace(after, units=after.units.set_axis(["x", "y"]))
    with pytest.raises(ValueError, match="không có đơn vị nào chung"):
        decompose(OLD, NEW, other, before)


def test_totals_are_compared_in_per_cent_of_the_maximum():
    old = framework(indicator("a", points=10, value=LINE))
    new = framework(indicator("a", points=40, value=LINE), indicator("b", points=10, value=LINE))
    found = decompose(old, new, observe({"a": [50, 70], "b": [10, 30]}))
    assert found.factors == ("rules",)
    assert list(found.outcomes) == ["total"]
    assert found.ends("total") == pytest.approx((60, 52))
    assert found.parts("total").to_dict() == pytest.approx({FACTORS["rules"]: -8})
