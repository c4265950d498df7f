"""Effect of a draft: by group, at the bounds, and beside other drafts."""

from __future__ import annotations

import numpy as np
import pytest
from examples import LINE, framework, indicator, levels, observe

from dxmethod.assessment import assess
from dxmethod.comparison import Comparison, compare
from dxmethod.framework import Band, Framework, Rounding
from dxmethod.impact import against, blockers, by_group, by_stage, near_bounds, versions
from dxmethod.rounds import Round


def asked(number: int, a: float, b: float) -> Framework:
    items = (indicator("a", required={"m": a, "n": 90}), indicator("b", required={"m": b}))
    return framework(*items, levels=levels("m", "n"), id=f"vi-du-{number}/commune")


def drafted() -> Comparison:
    columns = {"a": [55, 70, 95, 40], "b": [80, 80, 80, 80]}
    observations = observe(columns, strata=["x", "x", "y", None])
    return compare(asked(1, 50, 50), asked(2, 60, 50), observations)


def test_winners_and_losers_by_group() -> None:
    found = by_group(drafted(), "stratum")
    assert list(found.index) == ["chưa rõ", "x", "y", "Cả mẫu"]
    assert found["units"].tolist() == [1, 2, 1, 4]
    assert found["fell"].tolist() == [0, 1, 0, 1]
    assert found["rose"].sum() == 0
    assert found.loc["x", ["mean_old", "mean_new"]].tolist() == [1.0, 0.5]
    with pytest.raises(ValueError, match="province"):
        by_group(drafted(), "province")


def test_by_who_assesses() -> None:
    said = observe({"a": [65, 65], "b": [80, 80]})
    verified = observe({"a": [55, None], "b": [None, None]})
    found = by_stage(
        asked(1, 50, 50), asked(2, 60, 50), Round({"self": said, "verified": verified})
    )
    assert found.index.tolist() == ["self", "verified"]
    assert found["fell"].tolist() == [0, 1]  # what was not verified anew stands as it was said


def test_what_blocks_before_and_after() -> None:
    found = blockers(drafted())
    assert found.index[0] == "a"
    assert found.loc["a", ["blocked_old", "blocked_new"]].tolist() == [3, 3]
    draft_only = compare(
        asked(1, 50, 50),
        framework(indicator("c", required={"m": 1}), levels=levels("m"), id="khac/commune"),
        observe({"a": [10], "b": [10], "c": [0]}),
    )
    found = blockers(draft_only)
    assert np.isnan(found.loc["c", "blocked_old"])
    assert found.loc["c", "blocked_new"] == 1


def test_values_within_half_a_printed_digit_of_a_threshold() -> None:
    observations = observe({"a": [49.96, 50.04, 50.0, 49.94], "b": [80, 10, 80, 80]})
    found = near_bounds(assess(asked(1, 50, 50), observations), decimals=1)
    assert found["unit"].tolist() == ["u0", "u1"]
    assert found["passes"].tolist() == [False, True]
    assert found["decides"].tolist() == [True, False]  # u1 fails the other requirement anyway
    # Two values of one unit are each looked at alone.
    both = observe({"a": [49.96], "b": [49.96]})
    assert near_bounds(assess(asked(1, 50, 50), both))["decides"].tolist() == [False, False]


def test_totals_near_the_bound_of_a_band() -> None:
    given = framework(
        indicator("a", points=100, value=LINE),
        bands=(Band(id="thap", label="Thấp"), Band(id="cao", label="Cao", at_least=80)),
        rounding=Rounding(decimals=1, before=()),
    )
    found = near_bounds(assess(given, observe({"a": [79.96, 79.9, 80.0, 80.02]})))
    assert found["unit"].tolist() == ["u0", "u3"]
    assert found["passes"].tolist() == [False, True]
    assert near_bounds(assess(asked(1, 50, 50), observe({"a": [1], "b": [1]}))).empty


def test_levels_against_points() -> None:
    points = framework(indicator("a", points=100, value=LINE), id="diem/commune")
    observations = observe({"a": [10, 55, 70, 95, 60], "b": [80] * 5})
    found = against(assess(asked(1, 50, 50), observations), assess(points, observations))
    assert found.table.to_numpy().sum() == 5
    assert found.table.loc["Chưa đạt"].tolist() == [1, 0, 0, 0, 0]
    assert found.table.loc["n"].tolist() == [0, 0, 0, 0, 1]
    assert found.correlation > 0.8
    with pytest.raises(ValueError, match="có mức độ"):
        against(assess(points, observations), assess(points, observations))


def test_several_drafts_beside_the_version_in_force() -> None:
    observations = drafted().baseline.observations
    found = versions([asked(1, 50, 50), asked(2, 60, 50), asked(3, 30, 50)], observations)
    assert found["at_1"].tolist() == [3, 2, 4]
    assert found["none"].tolist() == [1, 2, 0]
    assert found["rose"].tolist() == [0, 0, 1]
    assert found["fell"].tolist() == [0, 1, 0]
    points = framework(indicator("a", points=100, value=LINE), id="diem/commune")
    alone = versions([points], observations)
    assert alone["mean"].tolist() == [65.0]
