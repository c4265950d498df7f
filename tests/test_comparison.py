"""Two frameworks on the same observations."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import dxmethod as dx
from dxmethod.comparison import Comparison, change_counts, compare, counts, near_ties, weights
from dxmethod.concepts import Concept
from dxmethod.framework import Framework
from dxmethod.observations import Observations, Status
from dxmethod.report.chapters import transition_table

CATALOGUE = {
    name: Concept(id=name, label=name, measure="ratio", unit="%", range=(0, 100))
    for name in ("files", "teams")
}


def framework(name, points=None, required=None, **more) -> Framework:
    """Two indicators, with points, thresholds at two chained levels, or both."""
    points, required = points or {}, required or {}
    curve = {"kind": "linear", "at": (0.0, 100.0), "give": (0.0, 1.0)}
    children = tuple(
        {
            "id": item,
            "label": item,
            "concept": item,
            "points": points.get(item, 0.0),
            "value": curve if item in points else None,
            "required": required.get(item, {}),
            "provenance": {"document": "d", "fidelity": "official"},
        }
        for item in CATALOGUE
    )
    levels = ({"id": "one", "label": "Một"}, {"id": "two", "label": "Hai", "after": "one"})
    return Framework.model_validate(
        {
            "kind": "framework",
            "format": 1,
            "id": f"{name}/commune",
            "title": name,
            "version": name,
            "status": "draft",
            "unit_type": "commune",
            "levels": more.pop("levels", levels) if required else (),
            "tree": {"id": "all", "label": "all", "children": children},
            **more,
        }
    )


def observations(files, teams) -> Observations:
    frame = pd.DataFrame(
        {"files": files, "teams": teams}, index=[f"u{i}" for i in range(len(files))]
    )
    return Observations.from_frame(frame, CATALOGUE)


def test_a_weight_moved_from_one_indicator_to_the_other_swaps_two_units():
    """Old 60·a + 40·b, new 40·a + 60·b: (100, 0) gives 60 then 40, (0, 100) gives 40 then 60."""
    old = framework("old", {"files": 60.0, "teams": 40.0})
    new = framework("new", {"files": 40.0, "teams": 60.0})
    found = compare(old, new, observations([100, 0, 0], [0, 100, 0]))
    assert found.units["total_shift"].tolist() == pytest.approx([-20, 20, 0])
    assert found.units["rank_shift"].tolist() == [-1, 1, 0]
    summary = found.rank_summary()
    assert (summary.moved, summary.rose, summary.fell, summary.largest) == (2, 1, 1, 1)
    assert summary.spearman == pytest.approx(0.5)


def test_a_version_against_itself_moves_nobody():
    same = framework("old", {"files": 60.0, "teams": 40.0})
    found = compare(same, same, observations([90, 20, 50], [10, 80, 50]))
    summary = found.rank_summary()
    assert (summary.moved, summary.largest, summary.mean) == (0, 0, 0.0)
    assert summary.spearman == pytest.approx(1.0)
    assert change_counts(same, same).empty


def test_totals_of_sheets_with_other_maxima_are_compared_in_per_cent():
    old = framework("old", {"files": 60.0, "teams": 40.0})
    new = framework("new", {"files": 600.0, "teams": 400.0})
    found = compare(old, new, observations([50, 20], [50, 80]))
    assert found.in_percent
    assert found.units["total_shift"].tolist() == pytest.approx([0, 0])
    assert found.units["total_new"].tolist() == pytest.approx([50, 44])


def test_transitions_count_every_unit_once_with_no_level_first():
    old = framework("old", required={"files": {"one": 50.0, "two": 80.0}})
    new = framework("new", required={"files": {"one": 60.0, "two": 80.0}})
    matrix = compare(old, new, observations([40, 55, 70, 90], [0] * 4)).transitions()
    assert list(matrix.index) == list(matrix.columns) == ["Chưa đạt", "Một", "Hai"]
    assert matrix.to_numpy().tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_transitions_need_levels_or_bands_on_both_sides():
    with_levels = framework("old", required={"files": {"one": 50.0, "two": 80.0}})
    with_points = framework("new", {"files": 10.0, "teams": 10.0})
    with pytest.raises(ValueError, match="mức độ hoặc xếp loại"):
        compare(with_levels, with_points, observations([50], [50])).transitions()


def test_units_of_another_type_are_not_compared():
    old = framework("old", {"files": 60.0, "teams": 40.0})
    new = framework("new", {"files": 60.0, "teams": 40.0}, unit_type="district")
    with pytest.raises(ValueError, match="hai loại đơn vị"):
        compare(old, new, observations([50], [50]))


def test_one_unit_has_no_rank_correlation():
    same = framework("old", {"files": 60.0, "teams": 40.0})
    assert np.isnan(compare(same, same, observations([50], [50])).rank_summary().spearman)


def test_weights_are_shares_of_each_version_and_a_dropped_node_has_none():
    revision = dx.open_revision("dti-2022-to-2024")
    table = weights(revision.baseline, revision.draft())
    assert table["share_old"].sum() == pytest.approx(1)
    assert table["share_new"].sum() == pytest.approx(1)
    assert table.loc["ha-tang-so", "share_shift"] == pytest.approx(140 / 940 - 0.1)
    assert np.isnan(table.loc["do-thi-thong-minh", "share_new"])
    assert list(table.index)[-1] == "do-thi-thong-minh"


def test_counts_add_up_by_level():
    required = {"files": {"one": 50.0, "two": 80.0}, "teams": {"two": 10.0}}
    table = counts(framework("old", required=required))
    assert table.loc["", ["indicators", "one", "two"]].tolist() == [2, 1, 2]


def test_near_ties_are_pairs_within_the_margin_bound_included():
    same = framework("old", {"files": 100.0, "teams": 0.0})
    found = compare(same, same, observations([50.0, 50.1, 60.0], [0, 0, 0]))
    pairs = near_ties(found.draft, 0.1)
    assert pairs[["higher", "lower"]].to_numpy().tolist() == [["u1", "u0"]]
    assert near_ties(found.draft, 0.09).empty


def unranked() -> Comparison:
    """The first of three units reports nothing that applies to the draft."""
    old = framework("old", {"files": 100.0})
    new = framework("new", {"teams": 100.0})
    reported = observations([90.0, 50.0, 40.0], [np.nan, 50.0, 60.0])
    status = reported.status.copy(order="F")
    status[0, reported.position["teams"]] = Status.NOT_APPLICABLE
    return compare(old, new, replace(reported, status=status))


def test_a_unit_without_a_total_has_no_shift_of_rank():
    found = unranked()
    assert found.units["rank_new"].tolist() == [0, 2, 1]
    assert found.units["rank_shift"].tolist() == [0, 0, 2]
    assert found.rank_summary().units == 2


def test_levels_that_share_a_label_with_a_column_are_still_told_apart():
    levels = ({"id": "one", "label": "old"}, {"id": "two", "label": "Hai", "after": "one"})
    required = {"files": {"one": 50.0, "two": 80.0}}
    side = framework("old", required=required, levels=levels)
    revision = SimpleNamespace(observations=observations([40, 60, 90], [0, 0, 0]))
    table = transition_table(compare(side, side, revision.observations), revision)
    assert table.rows == (("Chưa đạt", 1, 0, 0), ("old", 0, 1, 0), ("Hai", 0, 0, 1))
