"""Blocks of section VIII: what a merger does, criteria disposed of, a revision without either."""

from dataclasses import replace

import pandas as pd
import pytest

import dxmethod as dx
from dxmethod.reorganisation import Reorganisation
from dxmethod.report import chapters
from dxmethod.report.blocks import Paragraph, Table
from dxmethod.units import Crosswalk


@pytest.fixture(scope="module")
def levels(repository):
    path = repository / "tests/workspaces/small-levels/frameworks/revisions/small-levels.yml"
    return dx.open_revision(path)


def merged(revision, **columns):
    """The revision with its units merged two by two; the first one divided."""
    units = list(revision.observations.units.index)
    rows = [(unit, f"m{place // 2}", "", "1") for place, unit in enumerate(units)]
    rows.append((units[0], "m1", "", "0"))
    frame = pd.DataFrame(rows, columns=["old", "new", "share", "is_default"], dtype=object)
    crosswalk = Crosswalk(frame.assign(new_name=frame["new"].str.upper()))
    return replace(revision, reorganisation=Reorganisation(crosswalk, **columns))


def tables(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table)}


def test_merge_rules_are_compared_and_rules_told_from_the_map(levels):
    blocks = chapters.merging(merged(levels), levels.draft())
    found = tables(blocks)
    assert "B21" in found
    choices = [row[0] for row in found["B21"].rows]
    assert choices[0].startswith("đã khai")
    assert choices[1].startswith("đơn vị bị chia: tính cả")
    maps = found["B21-1"]
    units = len(levels.observations.units)
    assert [row[2] for row in maps.rows] == [units, (units + 1) // 2] * 2
    assert all(sum(row[3:]) == row[2] for row in maps.rows)
    assert "Mức độ, điểm không bao giờ được lấy trung bình" in blocks[1].plain()


def test_observations_of_other_units_are_not_merged(levels):
    revision = merged(levels)
    others = revision.reorganisation.crosswalk.table.iloc[1:2]
    found = replace(revision, reorganisation=Reorganisation(Crosswalk(others)))
    blocks = chapters.merging(found, levels.draft())
    assert [type(block).__name__ for block in blocks] == ["Subsection", "Paragraph"]
    assert "2 new" not in chapters.reorganisation_summary(found, levels.draft())


def test_a_revision_without_a_reorganisation_says_so(levels):
    (block,) = chapters.merging(levels, levels.draft())
    assert isinstance(block, Paragraph)
    assert chapters.dispositions(levels) == []
    assert chapters.reorganisation_summary(levels, levels.draft()) == "no reorganisation"


def test_every_district_criterion_is_listed_with_reason_and_competence():
    revision = dx.open_revision("mic-2516-to-2361")
    _, said, table = chapters.dispositions(revision)
    assert "36 trong số đó là đề xuất của báo cáo" in said.plain()
    assert "4 tiêu chí dựa vào thẩm quyền có thời hạn" in said.plain()
    assert len(table.rows) == len(revision.reorganisation.former.indicators) == 36
    row = next(row for row in table.rows if row[0] == "2.1")
    assert row[2] == (
        "gộp vào tiêu chí cấp xã đã có: 2.10 Tỷ lệ xử lý văn bản, hồ sơ công việc (trừ mật) trên "
        "môi trường mạng"
    )
    assert row[4].startswith("cấp xã. Nghị định 132/2025/NĐ-CP")
    assert row[5] == "01/03/2027"
    assert all(cell for row in table.rows for cell in row)
    assert "merge 27" in chapters.reorganisation_summary(revision, revision.draft())
