"""Blocks on what versions ask: for levels, for points, for an index held at its main indices."""

from dataclasses import replace

import pytest

import dxmethod as dx
from dxmethod.concepts import Concept
from dxmethod.report import chapters
from dxmethod.report.blocks import Figure, Subsection, Table
from dxmethod.structure import concept_matrix

WORKSPACES = {"small-levels": "small-levels", "small-index": "small-index", "tiny": "old-to-new"}


def revision_of(repository, workspace):
    folder = repository / "tests/workspaces" / workspace / "frameworks/revisions"
    return dx.open_revision(folder / f"{WORKSPACES[workspace]}.yml")


def tables(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table)}


def test_levels_are_shown_by_their_thresholds_and_how_they_climb(repository):
    revision = revision_of(repository, "small-levels")
    old, new = revision.frameworks
    blocks = chapters.contents(old, new, revision)
    assert [type(block).__name__ for block in blocks] == [
        *("Subsection", "Table", "Table", "Bullets", "Figure")
    ]
    assert "Mức 2 (cơ bản) 7 (mới 2, cao hơn Mức 1 (khởi động) 4)" in blocks[3].plain()
    ladder = tables(blocks)["B6-2"]
    assert ladder.landscape
    assert ladder.rows[0][:2] == ("I", "CHÍNH QUYỀN SỐ")
    assert ladder.rows[4][3:] == ("–", "≥\u00a080", "≥\u00a095")


def test_an_index_is_shown_by_its_tree(repository):
    revision = revision_of(repository, "small-index")
    old, new = revision.frameworks
    tree = tables(chapters.contents(old, new, revision))["B6-4"]
    assert [column.label for column in tree.columns] == [
        *("Mã", "Trụ cột, chỉ số thành phần", "Trọng số")
    ]
    assert [row[1] for row in tree.rows[:3]] == [
        *("HẠ TẦNG SỐ", "\u00a0\u00a0\u00a0Tiếp cận", "\u00a0" * 6 + "Thiết bị thông minh")
    ]


def test_main_indices_that_the_weights_show_are_not_shown_again(repository):
    revision = dx.open_revision("dti-2022-to-2024")
    assert chapters.contents(*revision.frameworks, revision) == []


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_no_block_is_empty_and_every_indicator_has_a_sheet(repository, workspace):
    revision = revision_of(repository, workspace)
    old, new = revision.frameworks
    blocks = [
        *chapters.contents(old, new, revision),
        *chapters.grounds(old, new, revision),
        *chapters.powers(new, revision),
        *chapters.peers(new, revision),
    ]
    assert all(table.rows for table in tables(blocks).values())
    for place, block in enumerate(blocks):
        assert not isinstance(block, Subsection) or place + 1 < len(blocks)
    sheets = chapters.sheet_table(new, revision.catalogue)
    assert len(sheets.rows) == len(new.indicators)
    assert all(row[-1] for row in sheets.rows)


def test_sources_are_counted_for_both_versions(repository):
    revision = revision_of(repository, "small-levels")
    _, table, figure = chapters.grounds(*revision.frameworks, revision)
    assert isinstance(figure, Figure)
    assert ("Số liệu lấy từ", "đo tự động", 4, 0.5, 3, 0.375) in table.rows


def test_powers_name_what_the_units_do_not_decide_and_what_expires(repository):
    revision = revision_of(repository, "small-levels")
    assert chapters.powers(revision.draft(), revision) == []
    given = {
        "ho-so-truc-tuyen": {
            "level": "commune", "basis": "132/2025/NĐ-CP", "valid_until": "2027-03-01"
        },
        "ho-so-qua-han": {"level": "province"},
        "can-bo-tap-huan": {"level": "commune"},
    }  # fmt: skip
    catalogue = {
        name: Concept.model_validate(
            item.model_dump(mode="json") | {"competence": given.get(name)}, strict=False
        )
        for name, item in revision.catalogue.items()
    }
    _, said, table = chapters.powers(revision.draft(), replace(revision, catalogue=catalogue))
    assert "cấp xã 2, cấp tỉnh 1, chưa ghi 5" in said.plain()
    assert "1 tiêu chí nằm ngoài thẩm quyền của cấp xã; 1 tiêu chí dựa vào" in said.plain()
    assert [row[2:] for row in table.rows] == [
        ("cấp xã", "132/2025/NĐ-CP", "01/03/2027"),
        ("cấp tỉnh", "–", "–"),
    ]


def test_peers_are_set_beside_most_asked_first(repository):
    revision = revision_of(repository, "small-levels")
    other = revision_of(repository, "small-index")
    beside = replace(
        revision,
        peers=(revision.baseline.model_copy(update={"id": "ban-sao/commune"}), other.baseline),
        catalogue={**revision.catalogue, **other.catalogue},
    )
    _, table, said = chapters.peers(revision.draft(), beside)
    assert "được đặt cạnh 2 bộ khác" in said.plain()
    assert "Trong 8 khái niệm mà phiên bản này hỏi, 1 không bộ nào khác hỏi" in said.plain()
    assert "hỏi thêm 8 khái niệm" in said.plain()
    assert len(table.rows) == 7 and {row[1] for row in table.rows} == {2}


def test_a_long_table_of_peers_keeps_what_most_of_them_ask_and_is_never_empty(repository):
    revision = revision_of(repository, "small-levels")
    matrix = concept_matrix(revision.frameworks, revision.catalogue)
    assert len(chapters.peer_table(matrix, revision.frameworks, limit=3).rows) == 7
    matrix.loc[matrix.index[:2], "asked_by"] = 3
    short = chapters.peer_table(matrix, revision.frameworks, limit=3)
    assert "từ 3 bộ trở lên" in short.caption and len(short.rows) == 2


def test_conclusion_without_observations_speaks_of_the_structure(repository):
    revision = replace(revision_of(repository, "small-levels"), observations=None)
    said = chapters.conclusion(revision).plain()
    assert "giữ 7 (trong đó 3 đổi ngưỡng), thêm 1, bỏ 1" in said
    assert "Mức 1 (khởi động) 5; Mức 2 (cơ bản) 7; Mức 3 (nâng cao) 8" in said
    assert "8 trên 8 tiêu chí của phiên bản 2026 (100,0%) là minh họa" in said
    assert "chưa được đánh giá, vì bản sửa đổi không có bảng số liệu" in said
    assert chapters.conclusion_summary(revision).startswith("minh-hoa-muc-2025/commune: 8 ind")
