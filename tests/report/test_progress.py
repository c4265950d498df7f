"""Blocks and figures of the way to the next level and of a year's change."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dxmethod as dx
from dxmethod import figures_progress as figures
from dxmethod.decomposition import decompose
from dxmethod.faults import Faults
from dxmethod.report.blocks import Figure, Paragraph, Table
from dxmethod.report.chapters import progress as chapter

REVISION = "frameworks/revisions/small-levels.yml"


@pytest.fixture
def workspace(tmp_path, repository):
    folder = tmp_path / "bo"
    shutil.copytree(repository / "tests/workspaces/small-levels", folder)
    return folder


@pytest.fixture
def two_rounds(workspace):
    """The small level instrument with an earlier round, 5 lower on every percentage."""
    table = pd.read_csv(workspace / "data/communes.csv", dtype=str)
    worse = table["van-ban-ky-so"].astype(float) - 5
    table.assign(**{"van-ban-ky-so": worse}).to_csv(workspace / "data/earlier.csv", index=False)
    path = workspace / REVISION
    earlier = "earlier:\n  file: data/earlier.csv\n  source: Dựng để kiểm thử\n  simulated: true\n"
    path.write_text(path.read_text("utf-8").replace("seed: 1\n", f"{earlier}seed: 1\n"), "utf-8")
    return dx.open_revision(path)


def by_key(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table | Figure)}


def test_tables_of_the_way_agree_with_one_another(two_rounds):
    found = chapter.way(two_rounds.draft(), two_rounds)
    blocks = chapter.next_level(found, two_rounds)
    tables = by_key(blocks)
    assert list(tables) == ["B14-5", "H7-1", "H7", "B14-6", "PL4-3"]
    *strata, whole = tables["B14-5"].rows
    assert whole[0] == "Cộng"
    assert list(whole[1:]) == np.sum([row[1:] for row in strata], axis=0).tolist()
    near = tables["PL4-3"].rows
    assert len(near) == whole[2] == (found.away == 1).sum()
    assert f"{len(near)} đơn vị" in blocks[1].plain()
    # Under all-must-pass, each unit that is one away is kept back by one criterion alone.
    assert sum(row[3] for row in tables["B14-6"].rows) == len(near)


def test_points_left_are_listed_by_indicator_and_by_unit(repository):
    revision = dx.open_revision(repository / "frameworks/revisions/dti-2022-to-2024.yml")
    found = chapter.way(revision.draft(), revision)
    assert chapter.next_level(found, revision) == []
    tables = by_key(chapter.points_to_earn(found, revision))
    assert len(tables["PL4-4"].rows) == 34
    assert sum(row[4] for row in tables["B14-7"].rows) == 34
    framework = revision.draft()
    total = found.assessment.points.total
    left = sum(row[2] for row in tables["B14-7"].rows)
    assert left == pytest.approx(framework.maximum - total.mean(), abs=5e-4)


def test_a_year_is_split_and_said(two_rounds):
    blocks = chapter.better_or_ruler(two_rounds, two_rounds.draft())
    tables = by_key(blocks)
    assert list(tables) == ["B17-5", "B17-6", "H6-5"]
    assert len(tables["B17-5"].rows) == 4
    rows = tables["B17-6"].rows
    whole = np.array(rows[-1][2:], dtype=float)
    for kind in (["Phần của yếu tố"], ["Riêng yếu tố", "Tương tác"]):
        parts = np.sum([row[2:] for row in rows if row[0] in kind], axis=0)
        assert parts == pytest.approx(whole, abs=0.2)  # as printed
    assert "tương tác lớn nhất" in blocks[1].plain()


def test_cells_that_are_not_there_are_named(two_rounds):
    earlier = two_rounds.earlier
    missing = {c.id for c in earlier.concepts} & set(two_rounds.draft().concepts)
    missing -= set(two_rounds.baseline.concepts)
    kept = [at for at, concept in enumerate(earlier.concepts) if concept.id not in missing]
    partial = replace(
        earlier,
        concepts=tuple(earlier.concepts[at] for at in kept),
        value=np.asfortranarray(earlier.value[:, kept]),
        status=np.asfortranarray(earlier.status[:, kept]),
    )
    assert missing
    blocks = chapter.better_or_ruler(replace(two_rounds, earlier=partial), two_rounds.draft())
    cells = by_key(blocks)["B17-5"]
    assert any("không thu thập" in str(row[-1]) for row in cells.rows)
    said = " ".join(block.plain() for block in blocks if isinstance(block, Paragraph))
    assert "chỉ theo thứ tự: kết quả của đơn vị rồi quy định" in said
    # Rules that neither round can be judged by leave single steps only.
    nothing = replace(two_rounds, earlier=partial, observations=partial)
    blocks = chapter.better_or_ruler(nothing, two_rounds.draft())
    assert [row[0] for row in by_key(blocks)["B17-6"].rows] == ["kết quả của đơn vị"]


def test_without_an_earlier_round_nothing_is_said(two_rounds):
    alone = replace(two_rounds, earlier=None)
    assert chapter.better_or_ruler(alone, alone.draft()) == []
    others = two_rounds.earlier.units.set_axis([f"x{n}" for n in range(14)])
    strange = replace(two_rounds, earlier=replace(two_rounds.earlier, units=others))
    blocks = chapter.better_or_ruler(strange, strange.draft())
    assert "không có đơn vị nào chung" in blocks[-1].plain()


def test_faults_of_the_earlier_round_are_named_with_its_file(two_rounds, workspace):
    (workspace / "data/earlier.csv").write_text("unit,la\n90001,1\n", "utf-8")
    with pytest.raises(Faults, match=r"data/earlier\.csv.*cột lạ"):
        dx.open_revision(workspace / REVISION)


@pytest.mark.slow
def test_simulated_pilot_has_every_cell(repository):
    revision = dx.open_revision(repository / "frameworks/revisions/mic-2516-to-2361.yml")
    found = decompose(
        revision.baseline,
        revision.draft(),
        revision.observations,
        revision.earlier,
        revision.reorganisation,
    )
    assert found.complete
    assert found.cells["units"].tolist() == [120, 120, 45, 45] * 2
    for outcome in found.outcomes:
        start, end = found.ends(outcome)
        assert found.parts(outcome).sum() == pytest.approx(end - start, abs=1e-12)
    assert revision.returned.round is not None
    assert revision.observations.source == revision.earlier.source


def words(figure) -> list[str]:
    texts = [text for axes in figure.axes for text in axes.texts]
    return [text.get_text() for text in texts]


def test_waterfall_prints_every_part_and_refuses_parts_that_do_not_add_up():
    parts = pd.Series({"a": 3.0, "b": -5.0})
    drawn = figures.waterfall(10, parts, 8, "trước", "sau", "điểm", 1)
    assert words(drawn) == ["10,0", "+3,0", "-5,0", "8,0"]
    assert drawn.axes[0].get_xlabel() == "điểm"
    near = figures.waterfall(100, parts, 98, "trước", "sau", "điểm")
    assert near.axes[0].get_xlabel().endswith("(trục không bắt đầu từ 0)")
    figures.waterfall(0, parts * 0, 0, "trước", "sau", "điểm", simulated=True)
    with pytest.raises(ValueError, match="≠"):
        figures.waterfall(10, parts, 9, "trước", "sau", "điểm")


def test_blockers_are_counted_in_words_on_the_bars(two_rounds):
    found = chapter.way(two_rounds.draft(), two_rounds)
    table = found.by_criterion()
    labels = {level.id: level.label for level in two_rounds.draft().levels}
    drawn = figures.blockers(table, labels, limit=3, simulated=True)
    assert len(drawn.axes) == table["level"].nunique()
    assert len(drawn.axes[0].get_yticklabels()) == 3
    assert sum("(" in word for word in words(drawn)) <= (table["alone"] > 0).sum()
