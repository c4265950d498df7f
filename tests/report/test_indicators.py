"""Section V: blocks on indicators, for levels, points, few units, without strata."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from examples import LINE, catalogue, concept, framework, group, indicator, levels

import dxmethod as dx
from dxmethod.observations import Observations
from dxmethod.report import chapters
from dxmethod.report.blocks import Figure, Subsection, Table

REVISIONS = {"small-levels": "small-levels", "small-index": "small-index", "tiny": "old-to-new"}


def revision_of(repository, name):
    if name not in REVISIONS:
        return dx.open_revision(name)
    folder = repository / "tests/workspaces" / name / "frameworks/revisions"
    return dx.open_revision(folder / f"{REVISIONS[name]}.yml")


def by_key(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table | Figure)}


def said(blocks):
    return " ".join(block.plain() for block in blocks)


def section_five(revision):
    new = revision.draft()
    found = chapters.examine(new, revision)
    return [
        *chapters.verdicts(found),
        *chapters.left_behind(chapters.examine(revision.baseline, revision), new),
        *chapters.pass_figures(found),
        *chapters.blockers(found),
        *chapters.redundant(found),
        *chapters.by_stratum(found),
    ]


@pytest.mark.parametrize("name", [*REVISIONS, "dti-2022-to-2024"])
def test_every_block_says_something_and_no_key_stands_twice(repository, name):
    blocks = section_five(revision_of(repository, name))
    keys = [block.key for block in blocks if isinstance(block, Table | Figure)]
    assert len(keys) == len(set(keys)) and {"B11", "B11-1"} <= set(keys)
    assert all(block.rows for block in blocks if isinstance(block, Table))
    assert not isinstance(blocks[-1], Subsection)
    for here, after in itertools.pairwise(blocks):
        assert not (isinstance(here, Subsection) and isinstance(after, Subsection))


def test_few_units_are_said_first_and_decide_nothing(repository):
    found = chapters.examine(*(lambda r: (r.draft(), r))(revision_of(repository, "small-levels")))
    blocks = chapters.verdicts(found)
    assert blocks[0].plain().startswith("Chỉ có 14 đơn vị")
    assert {row[-2] for row in by_key(blocks)["B11"].rows} == {"giữ"}
    assert "không cặp" in said(chapters.redundant(found)).lower()


def pilot(units=150, strata=("khu-vuc-i", "khu-vuc-iii")):
    """Five percentages that follow one ability, a sixth that copies the fifth; one hard level."""
    revision = dx.open_revision("dti-2022-to-2024")
    rng = np.random.default_rng(3)
    ability = rng.normal(0, 1, units)
    names = [f"i{k}" for k in range(6)]
    table = np.clip(np.round(55 + 15 * (ability + rng.normal(0, 0.5, (6, units)))), 0, 100)
    where = rng.integers(0, 2, units)
    table[0] = np.clip(table[0] - 25 * where, 0, 100)
    table[5] = table[4]
    known = catalogue(*(concept(name) for name in names))
    items = [
        indicator(name, code=str(k), required={"m1": 40.0, "m2": 60.0 if k else 80.0})
        for k, name in enumerate(names, 1)
    ]
    rules = framework(group("a", *items[:3]), group("b", *items[3:]), levels=levels("m1", "m2"))
    frame = pd.DataFrame({"name": [f"Xã mô phỏng {k}" for k in range(units)]})
    frame.index = pd.Index([f"{k:03}" for k in range(units)], dtype=object)
    if strata:
        frame["stratum"] = [strata[at] for at in where]
    value = np.asfortranarray(table.T)
    status = np.zeros(value.shape, dtype=np.uint8, order="F")
    held = Observations(frame, tuple(known.values()), value, status, "Số liệu mô phỏng", True)
    before = rules.model_copy(update={"id": "cu/commune", "version": "0"})
    fewer = framework(group("a", *items[:3]), group("b", *items[3:5]), levels=rules.levels)
    return replace(
        revision, baseline=before, drafts=(fewer, rules), observations=held, catalogue=known
    )


def test_twins_are_merged_and_listed():
    revision = pilot()
    found = chapters.examine(revision.drafts[1], revision)
    table = by_key(chapters.verdicts(found))["B11"]
    verdicts = {row[0]: row[-2:] for row in table.rows}
    assert verdicts["5"][0] == "gộp" and "gần trùng với 6 (r = 1,00)" in verdicts["5"][1]
    (row,) = by_key(chapters.redundant(found))["B12"].rows
    assert row == ("5 i4", "6 i5", "có", 150, 1.0, 1.0)


def test_what_is_harder_in_one_stratum_is_mended_there():
    revision = pilot()
    found = chapters.examine(revision.draft(), revision)
    rows = by_key(chapters.by_stratum(found))["B11-5"].rows
    assert rows[0][0] == "1"
    assert "lệch theo địa bàn" in found.frame.loc["i0", "reason"]


def test_what_the_draft_drops_is_judged_by_the_same_rules():
    revision = pilot()
    before = chapters.examine(revision.baseline, revision)
    blocks = chapters.left_behind(before, revision.draft())
    assert [row[0] for row in by_key(blocks)["B11-2"].rows] == ["6"]
    assert "bỏ 1 chỉ tiêu" in said(blocks)
    assert chapters.left_behind(before, revision.drafts[1]) == []


def test_blockers_agree_with_the_assessment():
    revision = pilot()
    found = chapters.examine(revision.draft(), revision)
    rows = by_key(chapters.blockers(found))["B11-4"].rows
    listed = found.assessment.levels.blockers()
    assert sum(row[2] for row in rows) == len(listed)
    assert all(row[2] == sum(row[4:]) for row in rows)


def test_rates_are_drawn_by_level_and_stratum_and_printed_by_level():
    revision = pilot()
    found = chapters.examine(revision.draft(), revision)
    shown = by_key(chapters.pass_figures(found))
    assert set(shown) == {"B11-3", "H4"}
    passed = (revision.observations.value[:, 0] >= 40).mean()
    assert shown["B11-3"].rows[0][2] == pytest.approx(passed, abs=5e-4)


def test_without_strata_or_levels_what_cannot_be_said_is_left_out():
    revision = pilot(strata=())
    items = [indicator(f"i{k}", points=1.0, value=LINE) for k in range(6)]
    found = chapters.examine(framework(*items), revision)
    assert chapters.pass_figures(found) == []
    assert chapters.blockers(found) == []
    assert chapters.by_stratum(found) == []
    rules = by_key(chapters.verdicts(found))["B11-1"].rows
    assert not any("địa bàn" in row[1] or "chặn" in row[1] for row in rules)
    assert "stopped" not in chapters.indicator_summary(found)


def test_simulated_data_are_said_in_captions_and_pictures():
    revision = pilot()
    for block in by_key(section_five(revision)).values():
        assert "mô phỏng" in block.source or block.key == "B11-1"
