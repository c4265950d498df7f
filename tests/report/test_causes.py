"""Section VI: blocks on which change did it, on shipped revisions and small invented ones."""

from __future__ import annotations

import shutil

import pytest
from examples import framework, indicator, levels, observe

import dxmethod as dx
from dxmethod.attribution import WHOLE, attribute, bundles
from dxmethod.comparison import compare
from dxmethod.faults import Faults
from dxmethod.report.blocks import Paragraph, Table
from dxmethod.report.chapters import (
    blocker_shifts,
    bound_effects,
    causes,
    effect_words,
    find_causes,
    group_effects,
    several_drafts,
)


@pytest.fixture(scope="module")
def pilot():
    return dx.open_revision("mic-2516-to-2361")


@pytest.fixture(scope="module")
def index():
    return dx.open_revision("dti-2022-to-2024")


def tables(blocks) -> dict[str, Table]:
    return {block.key: block for block in blocks if isinstance(block, Table)}


def number(cell: object) -> float:
    assert isinstance(cell, int | float)
    return cell


def test_contributions_sum_to_what_the_transitions_say(pilot) -> None:
    comparison = pilot.compare()
    found = find_causes(comparison, pilot)
    made = tables(causes(found, pilot))
    rows = made["B17"].rows
    whole = rows[-1]
    frame = comparison.units
    for place in range(1, 6):
        shift = (frame["level_new"] >= place).sum() - (frame["level_old"] >= place).sum()
        assert whole[place] == shift
        assert sum(number(row[place]) for row in rows[:-1]) == pytest.approx(shift, abs=1.0)
    assert rows[-2][0].endswith("gói còn lại")
    assert len(rows) == 12


def test_highland_communes_and_level_three_are_told_change_by_change(pilot) -> None:
    comparison = pilot.compare()
    found = find_causes(comparison, pilot)
    made = tables(causes(found, pilot))["B17-1"]
    assert "khu vực III" in made.caption
    assert "Cơ bản" in made.caption
    assert len(made.rows) >= 5
    held = found.at(3, "khu vực III")
    # Newly failing units are told even where they fail for other reasons as well.
    assert held["broken"].max() > 0
    old, new = comparison.baseline.levels, comparison.draft.levels
    name = held["broken"].idxmax()
    player = next(p for p in found.bundles.players if p.id == name)
    area = (comparison.baseline.observations.units["stratum"] == "khu vực III").to_numpy()

    def passes(side):
        rows = [r for r, i in enumerate(side.indicators) if i.id in player.nodes]
        held = [side.met(place)[rows].all(axis=0) for place in range(3)]
        return held[0] & held[1] & held[2]

    assert held["broken"].max() == (passes(old) & ~passes(new) & area).sum()


def test_every_rank_shift_is_explained(index) -> None:
    comparison = index.compare()
    found = find_causes(comparison, index)
    made = tables(causes(found, index))
    moved = comparison.units[comparison.units["rank_shift"] != 0]
    rows = made["B17-2"].rows
    assert len(rows) == len(moved) == 15
    for row in rows:
        assert sum(number(cell) for cell in row[4:]) == pytest.approx(number(row[3]), abs=0.05)
    shifts = made["B17-3"].rows
    assert len(shifts) == 34
    for row in shifts:
        assert sum(number(cell) for cell in row[1:-1]) == pytest.approx(number(row[-1]), abs=5e-5)


def test_groups_stages_blockers_and_bounds(pilot) -> None:
    comparison = pilot.compare()
    rows = tables(group_effects(comparison, pilot))["B16"].rows
    whole = next(row for row in rows if row[1] == "Cả mẫu")
    assert whole[2] == 120
    by_area = [row for row in rows if row[0] == "Khu vực"]
    assert sum(number(row[4]) for row in by_area) == whole[4]
    assert [row[1] for row in rows if row[0] == "Số liệu"][-1] == "kết quả cuối cùng"
    blocked = tables(blocker_shifts(comparison, pilot))["B16-4"].rows
    assert blocked[0][1] is not None
    near = tables(bound_effects(comparison, pilot))["B15-3"].rows
    assert all(abs(number(row[5]) - number(row[4])) <= 0.06 for row in near)
    assert several_drafts(pilot) == []


def test_effect_words_name_every_indicator_that_changed(pilot) -> None:
    found = find_causes(pilot.compare(), pilot)
    words = effect_words(found)
    touched = {node for player in found.bundles.players for node in player.nodes}
    assert touched <= set(words)
    assert any("Cơ bản" in said for said in words.values())


def test_equal_versions_have_no_causes(pilot) -> None:
    old = framework(indicator("a", required={"m": 50}), levels=levels("m"))
    same = old.model_copy(update={"id": "khac/commune"})
    found = attribute(compare(old, same, observe({"a": [60, 40]})))
    assert bundles(old, same).players == ()
    assert causes(found, pilot) == []
    assert found.shift[WHOLE].tolist() == [0]


def test_method_is_said_in_words(pilot) -> None:
    said = [
        b for b in causes(find_causes(pilot.compare(), pilot), pilot) if isinstance(b, Paragraph)
    ]
    assert "công thức chính xác" in said[0].plain()


def test_a_focus_or_a_bundle_that_names_nothing_is_refused_at_once(tmp_path, repository) -> None:
    root = tmp_path / "small"
    shutil.copytree(repository / "tests" / "workspaces" / "small-levels", root)
    path = root / "frameworks" / "revisions" / "small-levels.yml"
    text = path.read_text(encoding="utf-8")
    text += "focus: {stratum: khu vực IV, level: muc-9}\n"
    text += "bundles: [{label: Gói lạ, targets: [khong-co]}]\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Faults) as caught:
        dx.open_revision(path)
    said = str(caught.value)
    assert "muc-9" in said
    assert "khu vực IV" in said
    assert "khong-co" in said
