"""Sections IV and IX: blocks on data, with and without a round, strata, levels, points."""

import itertools
import shutil
from dataclasses import replace

import numpy as np
import pytest
from examples import LINE, catalogue, concept, framework, indicator, levels, observe

import dxmethod as dx
from dxmethod.faults import Faults
from dxmethod.observations import Status
from dxmethod.report import chapters
from dxmethod.report.blocks import Figure, Subsection, Table
from dxmethod.report.chapters.data import excluded
from dxmethod.revision import open_revision
from dxmethod.rounds import Round
from dxmethod.workspace import WORKSPACE_VARIABLE

REVISIONS = {
    "small-levels": "small-levels",
    "small-index": "small-index",
    "tiny": "old-to-new",
}


def revision_of(repository, name):
    if name not in REVISIONS:
        return dx.open_revision(name)
    folder = repository / "tests/workspaces" / name / "frameworks/revisions"
    return dx.open_revision(folder / f"{REVISIONS[name]}.yml")


@pytest.fixture(params=[*REVISIONS, "dti-2022-to-2024"])
def revision(request, repository):
    return revision_of(repository, request.param)


@pytest.fixture
def small(repository):
    return revision_of(repository, "small-levels")


def by_key(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table | Figure)}


def said(blocks):
    return " ".join(block.plain() for block in blocks)


def section_four(revision):
    new = revision.draft()
    return [
        *chapters.data_coverage(new, revision),
        *chapters.data_sources(new, revision),
        *chapters.data_gaps(new, revision),
        *chapters.data_bounds(new, revision),
    ]


def flattered(revision):
    """The same revision with a round in which the first three units had claimed more."""
    held = revision.observations
    value = held.value.copy(order="F")
    for column, item in enumerate(held.concepts):
        low, high = item.bounds
        ends = (low, high) if np.isfinite(high) else (0.0, 100.0)
        known = ~np.isnan(value[:3, column])
        value[:3, column][known] = ends[1] if item.sign > 0 else ends[0]
    found = Round({"self": replace(held, value=value), "verified": held})
    return replace(revision, round=found)


def test_every_block_says_something_and_no_key_stands_twice(revision):
    blocks = [
        *section_four(revision),
        *chapters.compliance_cost(revision.baseline, revision.draft(), revision),
    ]
    keys = [block.key for block in blocks if isinstance(block, Table | Figure)]
    assert len(keys) == len(set(keys)) and {"B8", "B9-1", "B23"} <= set(keys)
    assert all(block.rows for block in blocks if isinstance(block, Table))
    for here, after in itertools.pairwise(blocks):
        assert not (isinstance(here, Subsection) and isinstance(after, Subsection))


def test_without_a_round_one_sentence_stands_for_what_cannot_be_compared(revision):
    blocks = chapters.data_gaps(revision.draft(), revision)
    assert len(blocks) == 2
    assert "không so sánh được hai bước này" in blocks[1].plain()


def test_coverage_of_the_small_levels_by_hand(small):
    blocks = chapters.data_coverage(small.draft(), small)
    shown = by_key(blocks)
    assert "14 đơn vị, tổng cộng 112 giá trị" in said(blocks)
    row = next(row for row in shown["B8"].rows if row[1] == "Hồ sơ sức khỏe điện tử")
    assert row[2:8] == (12, 2, 0, 0, 0, 0.857)
    assert row[8:] == (0.875, 0.833)  # đồng bằng, miền núi
    assert shown["B8"].landscape
    assert isinstance(shown["H2"], Figure)


def test_complete_data_have_no_picture_of_what_is_missing():
    revision = dx.open_revision("dti-2022-to-2024")
    blocks = chapters.data_coverage(revision.draft(), revision)
    assert "H2" not in by_key(blocks)
    assert "Không có giá trị nào thiếu" in said(blocks)
    assert "Không có giá trị thiếu nào có thể làm đổi kết quả" in said(
        chapters.data_bounds(revision.draft(), revision)
    )


def test_what_a_round_shows(revision):
    blocks = chapters.data_gaps(revision.draft(), flattered(revision))
    shown = by_key(blocks)
    assert {"B10", "B10-1", "H3"} <= set(shown)
    names = [row[1] for row in shown["B10-1"].rows[:3]]
    assert set(names) == set(revision.observations.names.iloc[:3])
    assert all(row[-1] is not None for row in shown["B10"].rows)


def test_verification_takes_levels_away(small):
    text = said(chapters.data_gaps(small.draft(), flattered(small)))
    assert "thẩm định làm 4 trên 14 đơn vị xuống mức, 0 đơn vị lên mức" in text


def built(values, verified=None, **fields):
    """A revision of one indicator, as far as the chapter on gaps reads it."""
    revision = dx.open_revision("dti-2022-to-2024")
    known = catalogue(concept("a"))
    rules = framework(indicator("a", required={"m": 80.0}, **fields), levels=levels("m"))
    held = observe({"a": values}, known)
    checked = observe({"a": verified or values}, known)
    found = Round({"self": held, "verified": checked})
    given = {"drafts": (rules,), "observations": checked, "catalogue": known, "round": found}
    return replace(revision, **given)


def test_heaping_is_listed_beside_what_verification_left():
    claims = [80.0] * 30 + [70.0 + k % 20 for k in range(40)]
    revision = built(claims, [78.0] * 15 + [80.0] * 15 + claims[30:])
    blocks = chapters.data_gaps(revision.draft(), revision)
    (row,) = by_key(blocks)["B10-2"].rows
    assert row[2:4] == (80, 3)
    assert row[4] - row[6] == 15 and row[7] - row[5] == 15
    assert "không phải bằng chứng về một đơn vị" in by_key(blocks)["B10-2"].note


def test_no_heaping_is_said_in_a_sentence():
    revision = built([70.0 + k % 20 for k in range(60)])
    blocks = chapters.data_gaps(revision.draft(), revision)
    assert "B10-2" not in by_key(blocks)
    assert "Có 0 ngưỡng mà chênh lệch khó là ngẫu nhiên" in said(blocks)


def test_a_round_in_which_nothing_was_verified_says_so():
    revision = built([70.0, 80.0])
    nothing = observe({"a": [None, None]}, catalogue(concept("a")))
    revision = replace(revision, round=Round({**revision.round.stages, "verified": nothing}))
    blocks = chapters.data_gaps(revision.draft(), revision)
    assert "Chưa có giá trị tự đánh giá nào được thẩm định" in said(blocks)
    assert by_key(blocks) == {}


def test_what_could_change_a_level_comes_first_and_nothing_else(small):
    blocks = chapters.data_bounds(small.draft(), small)
    assert "14 đơn vị có mức độ đã chắc chắn" in said(blocks)
    assert by_key(blocks) == {}
    held = small.observations
    value, status = held.value.copy(order="F"), held.status.copy(order="F")
    at = held.position["can-bo-tap-huan"]
    value[:2, at], status[:2, at] = np.nan, Status.MISSING
    open_ = replace(small, observations=replace(held, value=value, status=status))
    shown = by_key(chapters.data_bounds(small.draft(), open_))
    assert [row[1:] for row in shown["B8-2"].rows] == [
        ("Cán bộ được tập huấn", 2, 2, 2, 2),
    ]
    assert sum(sum(row[1:]) for row in shown["B8-1"].rows) == 14


def test_cost_counts_what_peers_ask_too(small):
    alone = by_key(chapters.compliance_cost(*small.frameworks, small))["B23"]
    rows = {row[0].strip(): row[1:] for row in alone.rows}
    assert rows["Số mục số liệu phải có (tử số, mẫu số, giá trị)"] == (15, 15, 0)
    assert rows["Số ô phải điền riêng mỗi kỳ, với 14 đơn vị"] == (70, 70, 0)
    assert not any("bộ khác" in name for name in rows)
    beside = replace(small, peers=(small.baseline.model_copy(update={"id": "khac/commune"}),))
    blocks = chapters.compliance_cost(*beside.frameworks, beside)
    new = {row[0].strip(): row[1:] for row in by_key(blocks)["B23"].rows}
    assert new["trong đó: bộ khác cũng hỏi"] == (15, 13, -2)
    assert new["còn lại: phải thu thập riêng"] == (0, 0, 0)
    assert "mọi số liệu đều đã có ở nguồn khác" in said(blocks)


def test_points_without_levels_are_bounded_by_their_totals():
    revision = built([None, 50.0, 80.0], value=LINE, points=10.0)
    plain = revision.draft().model_copy(update={"levels": ()})
    plain = plain.model_copy(
        update={"tree": plain.tree.model_copy(update={"children": (
            plain.indicators[0].model_copy(update={"required": {}}),
        )})}
    )  # fmt: skip
    blocks = chapters.data_bounds(plain, replace(revision, round=None))
    assert "có thể tăng thêm trung bình 3,33, nhiều nhất 10,00" in said(blocks)
    assert set(by_key(blocks)) == {"B8-2"}
    assert by_key(blocks)["B8-2"].rows == (("", "a", 1, 10.0),)


def test_the_summary_is_short_and_without_local_marks(revision):
    lines = chapters.data_summary(revision.draft(), revision).split("\n")
    assert len(lines) == 3 and lines[0].startswith(f"{len(revision.observations.units)} units")


def test_units_left_out_for_their_errors_are_listed(repository, tmp_path, monkeypatch):
    folder = tmp_path / "small-levels"
    shutil.copytree(repository / "tests/workspaces/small-levels", folder)
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(folder))
    old = open_revision("small-levels")
    name = old.observations.concepts[0].id
    codes = list(old.observations.units.index)
    lines = ["unit,concept,stage,status,value"]
    lines += [f"{code},{name},final,observed,{500 if code == codes[2] else 50}" for code in codes]
    (folder / "data/dai.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    units = old.observations.units.reset_index(names="unit")
    units.to_csv(folder / "data/don-vi.csv", index=False)
    path = folder / "frameworks/revisions/small-levels.yml"
    text = path.read_text(encoding="utf-8").replace("file: data/communes.csv", "file: data/dai.csv")
    text = text.replace("  simulated: true", "  simulated: true\n  units: data/don-vi.csv")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Faults, match="500"):
        open_revision("small-levels")
    path.write_text(
        text.replace("  simulated: true", "  simulated: true\n  exclude_faulty: true"),
        encoding="utf-8",
    )
    revision = open_revision("small-levels")
    assert len(revision.observations.units) == len(codes) - 1
    assert revision.returned.excluded == (codes[2],)
    heading, said, listed = excluded(revision)
    assert heading.text == "Đơn vị không đưa vào"
    assert codes[2] in said.plain()
    assert [row[0] for row in listed.rows] == [codes[2]]
    assert excluded(old) == []
