"""Ready-made blocks: what they say of the shipped revision, and of one that says little."""

from dataclasses import replace

import pytest

import dxmethod as dx
from dxmethod.faults import Fault
from dxmethod.report import chapters
from dxmethod.report.blocks import Bullets, Paragraph, Table


@pytest.fixture(scope="module")
def revision():
    return dx.open_revision("dti-2022-to-2024")


@pytest.fixture(scope="module")
def comparison(revision):
    return revision.compare()


@pytest.fixture
def quiet(revision):
    """The same revision with nothing said about it."""
    said = ("basis", "purpose", "scope", "limits", "recommendations")
    return replace(revision, file=revision.file.model_copy(update=dict.fromkeys(said, ())))


def test_section_one_says_what_is_measured_and_what_is_not(revision):
    said = " ".join(
        block.plain()
        for block in (
            chapters.purpose(revision),
            chapters.scope(revision),
            chapters.limits(revision),
        )
    )
    assert "đặt lại trọng số trên cùng tám chỉ số chính" in said
    assert "từ 98 xuống 47" in said
    assert "không phải thứ hạng đã công bố" in said
    assert "940 điểm là quy ước" in said


def test_weights_say_which_values_are_inferred(revision):
    table = chapters.weight_table(revision.baseline, revision.draft())
    assert "8 giá trị của phiên bản 2024 là suy ra" in table.note
    row = next(row for row in table.rows if row[0] == "Hạ tầng số")
    assert row[1:] == (100, 0.1, 140, 0.1489, 4.89)


def test_effect_rests_on_the_figures_of_the_run(comparison):
    said = chapters.effect_summary(comparison).plain()
    assert "15 đơn vị đổi thứ hạng (8 tăng, 7 giảm)" in said
    assert "từ 0,7187 sang 0,7005 (-0,0182)" in said


def test_movers_come_furthest_first_and_say_how_many_are_left_out(comparison, revision):
    table = chapters.mover_table(comparison, revision, "rank", limit=4)
    assert [abs(row[-1]) for row in table.rows] == [2, 2, 2, 2]
    assert "4 đơn vị đổi nhiều nhất trong số 15" in table.caption


def test_appendix_lists_every_unit_by_its_code_as_text(comparison, revision):
    table = chapters.unit_table(comparison, revision)
    assert len(table.rows) == 34
    assert table.rows[0][:2] == ("01", "TP. Hà Nội")
    assert "không phải kết quả đã công bố" in table.note


def test_neighbours_that_four_digits_cannot_tell_apart_are_listed(comparison, revision):
    table = chapters.tie_table(comparison, revision)
    assert [row[2] for row in table.rows] == ["Hưng Yên"]
    assert "0,0001" in table.caption


def test_conclusion_names_those_that_moved_furthest(revision):
    said = chapters.conclusion(revision).plain()
    assert "Khánh Hòa, Tây Ninh, Đắk Lắk" in said
    assert "Bắc Ninh, TP. Đà Nẵng, Quảng Ngãi, An Giang" in said


def test_a_source_on_the_web_is_named_by_its_site(revision):
    said = revision.file.basis[0].model_copy(update={"source": "https://www.a.vn/b?c=d"})
    file = revision.file.model_copy(update={"basis": (said,)})
    (row,) = chapters.legal_basis(replace(revision, file=file)).rows
    assert row[0] == "922/QĐ-BTTTT\n20/05/2022" and row[-1] == "a.vn"


@pytest.mark.parametrize(
    "chapter", ["legal_basis", "purpose", "scope", "limits", "recommendation_table"]
)
def test_what_the_file_does_not_say_is_said_to_be_missing(chapter, quiet):
    block = getattr(chapters, chapter)(quiet)
    assert isinstance(block, Paragraph)
    assert "không nêu" in block.plain()


def test_findings_are_a_sentence_or_a_table(revision):
    assert isinstance(chapters.findings(revision), Paragraph)
    fault = Fault("a.yml", "tổng điểm", "văn bản ghi 1000, cộng lại được 990", "", "cảnh báo")
    table = chapters.findings(replace(revision, findings=(fault,)))
    assert isinstance(table, Table)
    assert table.rows == (("a.yml", "tổng điểm", "văn bản ghi 1000, cộng lại được 990"),)


def test_one_paragraph_stands_alone_and_several_are_a_list(revision):
    assert isinstance(chapters.scope(revision), Paragraph)
    assert isinstance(chapters.limits(revision), Bullets)


def test_every_source_of_simulated_data_says_so(revision, comparison):
    held = revision.observations
    simulated = replace(revision, observations=replace(held, simulated=True))
    assert chapters.notices(revision) == ()
    assert chapters.notices(simulated) == ("SỐ LIỆU MÔ PHỎNG",)
    for chapter in ("tie_table", "unit_table", "total_figure", "rank_figure"):
        assert "số liệu mô phỏng" in getattr(chapters, chapter)(comparison, simulated).source


def test_a_unit_without_a_rank_comes_last_and_shows_none(comparison, revision):
    frame = comparison.units.copy()
    frame.loc["01", ["rank_new", "rank_shift"]] = 0
    unranked = replace(comparison)
    unranked.__dict__["units"] = frame
    last = chapters.unit_table(unranked, revision).rows[-1]
    assert last[0] == "01" and None in last
