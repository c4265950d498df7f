"""One question asked of every framework: levels, points and index go through the same call."""

import numpy as np
import pytest
from examples import LINE, framework, group, indicator, levels, observe

from dxmethod.assessment import assess
from dxmethod.framework import Band

LEVELS = framework(
    indicator("a", required={"muc-1": 50.0, "muc-2": 80.0}), levels=levels("muc-1", "muc-2")
)
POINTS = framework(
    indicator("a", points=10.0, value=LINE),
    bands=(Band(id="d", label="Chưa đạt"), Band(id="c", label="Đạt", at_least=5)),
)
REPORTED = observe({"a": [90, 60, 60, None]})


def test_level_instrument_has_levels_and_no_points():
    found = assess(LEVELS, REPORTED)
    assert found.points is None
    assert found.levels.level.tolist() == [2, 1, 1, 0]


def test_point_instrument_has_points_and_no_levels():
    found = assess(POINTS, REPORTED)
    assert found.levels is None
    assert found.points.total.tolist() == [9, 6, 6, 0]


def test_units_rank_by_points_or_else_by_level():
    assert assess(POINTS, REPORTED).rank.tolist() == [1, 2, 2, 4]
    assert assess(LEVELS, REPORTED).rank.tolist() == [1, 2, 2, 4]


def test_framework_that_judges_nothing_ranks_nobody():
    assert assess(framework(indicator("a")), REPORTED).rank.tolist() == [0, 0, 0, 0]


def test_no_level_has_a_name_of_its_own():
    assert assess(LEVELS, REPORTED).level_labels() == ["Chưa đạt", "muc-1", "muc-2"]


def test_frame_has_what_the_framework_has():
    frame = assess(LEVELS, REPORTED).to_frame()
    assert frame.columns.tolist() == ["name", "level", "level_best", "rank"]
    assert frame.loc["u3"].tolist() == ["u3", 0, 2, 4]
    frame = assess(POINTS, REPORTED).to_frame()
    assert frame.columns.tolist() == ["name", "total", "total_best", "band", "rank"]
    assert frame.loc["u3"].tolist() == ["u3", 0, 10, "Chưa đạt", 4]


def test_index_of_two_sorts_of_mean():
    asked = framework(
        group(
            "g", *(indicator(name, points=1.0, value=LINE) for name in "ab"), combine="geometric"
        ),
        indicator("c", points=3.0, value=LINE),
        combine="arithmetic",
        total=1.0,
    )
    found = assess(asked, observe({"a": [40], "b": [90], "c": [80]}))
    assert found.points.total == pytest.approx([(np.sqrt(0.4 * 0.9) + 3 * 0.8) / 4])


def test_table_of_something_else_is_refused():
    with pytest.raises(ValueError, match="vi-du/commune"):
        assess(LEVELS, observe({"la": [1]}))
