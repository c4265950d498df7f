"""Section II and appendix II: the shipped register, a revision without one, hostile words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from consultation.test_comments import accepted
from examples import HOSTILE

import dxmethod as dx
from dxmethod.consultation.comments import Asked, Register, check_register
from dxmethod.report import chapters
from dxmethod.report.assemble import assemble
from dxmethod.report.blocks import Banner, Table


@pytest.fixture(scope="module")
def revision():
    return dx.open_revision("mic-2516-to-2361")


@pytest.fixture(scope="module")
def answered(revision):
    return tables(chapters.responses(revision, revision.draft()))


@pytest.fixture(scope="module")
def quiet():
    return dx.open_revision("dti-2022-to-2024")


def tables(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table)}


def test_the_shipped_register_is_marked_invented_wherever_it_is_shown(revision):
    register = revision.comments
    assert register.illustrative
    assert all("minh họa" in comment.by for comment in register.comments)
    assert "GÓP Ý MINH HỌA, không có thật" in chapters.notices(revision)
    draft = revision.draft()
    for blocks in (chapters.replies(revision, draft), chapters.responses(revision, draft)):
        assert sum(isinstance(block, Banner) for block in blocks) == 1
        for table in tables(blocks).values():
            assert "minh họa, không có thật" in table.source
    real = replace(revision, comments=replace(register, illustrative=False))
    assert "GÓP Ý MINH HỌA, không có thật" not in chapters.notices(real)
    assert not any(isinstance(block, Banner) for block in chapters.responses(real, draft))


def test_the_shipped_register_shows_every_kind(revision):
    register = revision.comments
    assert 25 <= len(register.comments) <= 35
    assert len({comment.group for comment in register.comments}) >= 5
    assert {c.disposition for c in register.comments} == {"accepted", "partly", "explained"}
    found = check_register(register, revision.baseline, revision.drafts)
    assert not found.errors and len(found.warnings) == 2


def test_the_way_to_the_draft_is_told_in_order(revision):
    (table,) = tables(chapters.timeline(revision)).values()
    assert [row[0] for row in table.rows][2:] == ["30/6/2023", "21/11/2023", "3/2024", "31/12/2024"]
    assert table.rows[4][-1] == "baolaocai.vn"


def test_counts_of_the_text_are_those_of_the_table(revision):
    _, _, said, *_ = blocks = chapters.replies(revision, revision.draft())
    whole = tables(blocks)["B4"].rows[-1]
    assert whole == ("Cộng", 52, 41, 20, 20, 35, 24, 4, 7)
    assert "lấy ý kiến 52" in said.plain() and "Tổng số 35 góp ý: 24 tiếp thu" in said.plain()
    assert tables(blocks)["B4"].rows[-2][1] is None


def test_comments_stand_in_the_order_of_the_version_commented_on(answered):
    about = [row[1] for row in answered["PL2-1"].rows]
    assert about[:5] == ["Vấn đề chung"] * 4 + [about[4]]
    codes = [text.partition(" ")[0] for text in about[4:] if "." in text.partition(" ")[0]]
    order = [tuple(map(int, code.split("."))) for code in codes]
    assert order == sorted(order) and len(order) == 30


def test_every_row_has_its_answer_its_change_and_its_effect(answered, revision):
    rows = {row[0]: row for row in answered["PL2-1"].rows}
    assert rows["6"][4].startswith("Tiếp thu một phần. ")
    assert rows["6"][5] == "Nâng cao ≥\xa00,5 → ≥\xa00,3; Toàn diện ≥\xa01 → ≥\xa00,8"
    assert rows["4"][5:] == ("Ngoài khung tiêu chí", "–")
    assert rows["2"][5:] == ("–", "–")
    assert rows["27"][6] == "Riêng: 6 lên, 0 xuống mức\nCuối: 5 lên, 0 xuống mức"
    said = chapters.replies(revision, revision.draft())[-1].plain()
    moved = [row[0] for row in rows.values() if row[6].startswith("Riêng")]
    assert f"(số {', '.join(sorted(moved, key=int))})" in said
    still = [row for row in rows.values() if row[6] == "Không đơn vị nào đổi kết quả"]
    assert len(still) + len(moved) == 27 and "27 góp ý được tiếp thu" in said


def test_changes_nobody_asked_for_have_a_reason_or_are_said_to_have_none(answered):
    rows = answered["PL2-2"].rows
    unsaid = [row[0] for row in rows if row[2] == "Chưa nêu lý do"]
    assert len(unsaid) == 2 and any("chữ ký số" in label for label in unsaid)
    assert len(rows) > 30


def test_pilot_units_are_counted_by_stratum_and_named_old_and_new(revision):
    found = tables(chapters.pilot(revision))
    *strata, whole = found["B5"].rows
    assert whole[:2] == ("Cộng", 120)
    assert sum(row[1] for row in strata) == 120
    assert [row[0] for row in strata] == ["Khu vực I", "Khu vực II", "Khu vực III", "Ngoài khu vực"]
    first = found["B5-1"].rows[0]
    assert first[1] == "Xã mô phỏng 001" and first[-1] == "Phường mô phỏng mới 01"
    assert "mô phỏng" in found["B5"].source.lower()
    alone = tables(chapters.pilot(replace(revision, reorganisation=None)))
    assert "tên mới" not in alone["B5-1"].caption


def test_a_revision_that_tells_nothing_makes_no_section(quiet):
    assert chapters.timeline(quiet) == chapters.pilot(quiet) == []
    assert chapters.replies(quiet, quiet.draft()) == chapters.responses(quiet, quiet.draft()) == []
    assert chapters.consultation_summary(quiet, quiet.draft()) == "0 steps\nno register"


def test_without_observations_nothing_is_measured(revision):
    blind = replace(revision, observations=None)
    blocks = chapters.replies(blind, revision.draft())
    assert list(tables(blocks)) == ["B4"]
    table = tables(chapters.responses(blind, revision.draft()))["PL2-1"]
    assert "effect" not in [column.name for column in table.columns]


def test_points_move_without_levels(quiet):
    """A register on an index: what is measured is the mean total."""
    draft = quiet.draft()
    side = dx.diff(quiet.baseline, draft)
    target = next(c.target for c in side if c.kind == "points")
    held = Register(
        (accepted("1", target),), (Asked("province", 3, 3, 1),), commented=quiet.baseline.id
    )
    heard = replace(quiet, comments=held)
    (row,) = tables(chapters.responses(heard, draft))["PL2-1"].rows
    assert "điểm trung bình" in row[-1]
    assert "lên" not in row[-1]


def test_an_empty_register_says_so(revision):
    empty = replace(revision, comments=Register((), (), commented=revision.baseline.id))
    said = chapters.replies(empty, revision.draft())
    assert said[-1].plain() == "Sổ góp ý chưa có góp ý nào."
    assert list(tables(chapters.responses(empty, revision.draft()))) == ["PL2-2"]


@pytest.mark.slow
def test_hostile_words_are_set_as_they_are(revision, sample, tmp_path):
    comments = tuple(
        replace(item, text=text, reply=text, by=f"{text} minh họa")
        for item, text in zip(revision.comments.comments, HOSTILE, strict=False)
    )
    biting = replace(revision, comments=replace(revision.comments, comments=comments))
    draft = revision.draft()
    blocks = [dx.section("II"), *chapters.timeline(biting), *chapters.replies(biting, draft)]
    blocks += [dx.section("PL II"), *chapters.responses(biting, draft)]
    document = assemble(sample.front(), blocks)
    folder = sample.render_all(document, tmp_path / "out")
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
