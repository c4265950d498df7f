"""The statement: what it says of each difference, in its order, and the papers it stands in."""

import pytest
from examples import catalogue, concept, framework, group, indicator, levels

import dxmethod as dx
from dxmethod.differences.matching import match
from dxmethod.differences.table import Reason, differences
from dxmethod.faults import Faults
from dxmethod.report import chapters
from dxmethod.report.blocks import Bullets, Paragraph, Table
from dxmethod.report.chapters.statement import (
    changes,
    consulted_table,
    side_by_side,
    statement,
    statement_table,
)
from dxmethod.report.statement import compare_command, write_statement

KNOWN = catalogue(
    "a", "b", "c", "d", "e", concept("so", unit="vụ", measure="number", better="lower")
)
OLD = framework(
    group(
        "g",
        indicator("a", code="1.1", required={"muc-1": 50.0, "muc-2": 70.0}),
        indicator("b", code="1.2", required={"muc-1": 40.0}),
        indicator("c", code="1.3", required={"muc-1": 30.0}),
        code="1",
    ),
    group("h", indicator("so", code="2.1", required={"muc-1": 5.0}), indicator("d"), code="2"),
    levels=levels("muc-1", "muc-2"),
    title="Bộ cũ",
)
NEW = framework(
    group(
        "g",
        indicator(
            "a", code="1.1", required={"muc-1": {"*": 60.0, "vùng cao": 40.0}, "muc-2": 70.0}
        ),
        indicator("e", code="1.2", replaces=("b", "c"), required={"muc-1": 45.0}),
        code="1",
        label="Nhóm g mới",
    ),
    group("h", indicator("so", code="2.1", required={"muc-1": 2.0}), code="2"),
    group("k", indicator("moi", concept="b", required={"muc-2": 10.0}), code="3"),
    levels=levels("muc-1", "muc-2"),
    id="moi/commune",
    title="Bộ mới",
)


@pytest.fixture(scope="module")
def found():
    return differences(OLD, NEW, match(OLD, NEW), KNOWN)


def test_statement_reads_in_the_order_of_the_draft_under_its_groups(found):
    rows = statement_table(found).rows
    assert [(row[0], *(cell.split("\n")[0] for cell in row[1:3])) for row in rows] == [
        ("", "1. G", "1. NHÓM G MỚI"),
        ("1", "1.1. a", "1.1. a"),
        ("2", "1.2. b", "Gộp thành:"),
        ("", "2. H", "2. H"),
        ("3", "2.1. so", "2.1. so"),
        ("4", "d", "Bỏ"),
        ("", "(chưa quy định)", "3. K"),
        ("5", "Chưa quy định", "moi"),
    ]


def test_thresholds_stand_side_by_side_with_what_is_tightened_where(found):
    rows = {row[0]: row for row in statement_table(found).rows}
    assert rows["1"][1:3] == (
        "1.1. a\nmuc-1: ≥\u00a050%",
        "1.1. a\nmuc-1: ≥\u00a060% (vùng cao ≥\u00a040%) ▲ siết; vùng cao ▼ nới",
    )
    assert rows["3"][1:3] == (
        "2.1. so\nmuc-1: ≤\u00a05\u00a0vụ",
        "2.1. so\nmuc-1: ≤\u00a02\u00a0vụ ▲ siết",
    )
    assert rows["2"][1] == "1.2. b\nmuc-1:\u00a0≥\u00a040 (%)\n1.3. c\nmuc-1:\u00a0≥\u00a030 (%)"


def test_reason_and_measured_effect_stand_beside_what_they_name(found):
    reasons = [
        Reason(target="g", reason="Gọn tên", basis="Báo cáo 1"),
        Reason(target="tree/so/required/muc-1", reason="Đã đạt"),
        Reason(target="b", reason="Trùng nhau"),
    ]
    table = statement_table(found, reasons, {"so": "bớt 3 xã đạt", "khac": "không có"})
    rows = {row[0] or row[2]: row for row in table.rows}
    assert rows["1. NHÓM G MỚI"][3] == "Đổi tên nhóm: gọn tên (căn cứ: Báo cáo 1)"
    assert rows["3"][3:] == ("Đã đạt", "bớt 3 xã đạt")
    assert rows["2"][3:] == ("Trùng nhau", "")
    assert rows["1"][3] == "Chưa nêu lý do"
    assert [column.name for column in statement_table(found).columns][-1] == "reason"


def test_what_stays_is_only_counted():
    new = OLD.model_copy(update={"title": "Khác", "levels": levels("muc-1", "muc-2", "muc-3")})
    found = differences(OLD, new, match(OLD, new), KNOWN)
    rows = statement_table(found).rows
    assert rows[1][1:3] == ("Chưa quy định", "Mức độ muc-3")
    assert [row[3] for row in rows[2:]] == ["Giữ nguyên 3 chỉ tiêu", "Giữ nguyên 2 chỉ tiêu"]
    assert "5 trên 5 chỉ tiêu" in statement_table(found).note


def test_letter_lists_every_changed_indicator_once_and_short(found):
    table = consulted_table(found, answers=True)
    assert [row[1:4] for row in table.rows] == [
        ("1.1. a", "Nhóm g mới", "Vừa siết vừa nới ngưỡng: muc-1"),
        ("1.2. e", "Nhóm g mới", "Gộp"),
        ("2.1. so", "h", "Siết ngưỡng: muc-1"),
        ("d", "h", "Bỏ"),
        ("moi", "k", "Thêm"),
    ]
    assert table.columns[-1].label == "Ý kiến góp ý" and table.rows[0][-1] == ""


def test_section_counts_by_kind_level_and_stratum_and_says_it_in_words(found):
    kinds, graded, points, _ = changes(found)
    assert isinstance(kinds, Table) and isinstance(graded, Table) and isinstance(points, Bullets)
    assert ("Sửa ngưỡng", 2, 2, 1, 1) in kinds.rows
    assert graded.rows[:2] == (
        ("muc-1", "còn lại", 2, 0, 1, 2),
        ("muc-1", "vùng cao", 1, 1, 1, 2),
    )
    assert "Gộp 1 chỉ tiêu: e (từ 2)." in points.items
    assert "Sửa ngưỡng 2 chỉ tiêu: siết 1, vừa siết vừa nới 1." in points.items


def test_versions_that_ask_the_same_have_a_sentence_and_no_table():
    same = differences(OLD, OLD, match(OLD, OLD), KNOWN)
    (said,) = statement(same)
    assert isinstance(said, Paragraph) and "không khác nhau" in said.plain()


@pytest.mark.parametrize("name", ["mic-2516-to-2361", "dti-2022-to-2024"])
def test_shipped_revisions_have_a_whole_statement(name):
    revision = dx.open_revision(name)
    old, new = revision.baseline, revision.draft()
    found = differences(old, new, match(old, new), revision.catalogue)
    table, letter = chapters.statement(found)
    numbered = [row for row in table.rows if row[0]]
    assert [row[0] for row in numbered] == [str(place) for place in range(1, len(numbered) + 1)]
    assert all(row[1] and row[2] and row[3] for row in numbered)
    gone = sum(row[-1] == "Bỏ" for row in letter.rows)
    assert gone == sum(row.kind == "dropped" for row in found.rows)


def test_several_instruments_stand_side_by_side_by_concept():
    third = framework(indicator("x", concept="a", points=5.0), id="ba/commune", title="Bộ ba")
    table = side_by_side([OLD, NEW, third], KNOWN)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["a (%)"][:2] == (3, "khác") and rows["a (%)"][-1] == "5 điểm"
    assert set(rows) == {"a (%)", "b (%)", "so (vụ)"}


def test_papers_are_the_same_bytes_and_carry_no_letterhead(found, tmp_path):
    from docx import Document
    from openpyxl import load_workbook

    first, again = (write_statement(found, tmp_path / name) for name in ("a", "b"))
    assert [path.name for path in first] == ["ban-so-sanh.docx", "ban-so-sanh.xlsx"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [p.name for p in first]
    word = Document(str(first[0]))
    said = [line.text for line in word.paragraphs]
    assert said[0] == "BẢN SO SÁNH, THUYẾT MINH"
    assert not any("CỘNG HÒA" in line or "Nơi nhận" in line for line in said)
    assert word.sections[0].page_width > word.sections[0].page_height
    sheet = load_workbook(first[1]).worksheets[0]
    assert sheet["A1"].value.startswith("Các bảng của Bản so sánh, thuyết minh: Bộ mới")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with two versions whose last indicators look alike, and a third instrument."""
    from dxmethod.documents import write_yaml
    from dxmethod.framework import write_framework

    home = tmp_path / "frameworks"
    names = ("a", "b")
    made = [
        framework(
            indicator("a"), indicator("x", label="Hộ có Internet", concept="b"), id="cu/commune"
        ),
        framework(
            indicator("a"), indicator("y", label="Hộ có Internet", concept="b"), id="moi/commune"
        ),
        framework(indicator("z", concept="b"), id="ba/commune"),
        framework(indicator("w", concept="c"), id="la/district", unit_type="district"),
    ]
    concepts = [
        {"id": n, "label": n, "measure": "ratio", "unit": "%", "range": [0, 100]}
        for n in (*names, "c")
    ]
    (home / "catalogue").mkdir(parents=True)
    theme = {"kind": "concepts", "format": 1, "theme": "t", "concepts": concepts}
    write_yaml(theme, home / "catalogue" / "t.yml")
    for item in made:
        path = home / f"{item.id}.yml"
        path.parent.mkdir()
        write_framework(item, path)
    monkeypatch.setenv("DXMETHOD_WORKSPACE", str(tmp_path))
    return tmp_path


def test_command_proposes_matches_and_uses_them_once_confirmed(workspace):
    folder = workspace / "ra"
    lines = compare_command(["cu/commune", "moi/commune"], folder)
    assert "bỏ: 1" in lines and "thêm: 1" in lines
    proposals = folder / "ghep-chi-tieu.yml"
    assert lines[-1] == f"Đã ghi {proposals}"
    text = proposals.read_text(encoding="utf-8")
    proposals.write_text(text.replace("confirmed: false", "confirmed: true"), encoding="utf-8")
    lines = compare_command(["cu/commune", "moi/commune"], folder)
    assert lines[0] == "giữ nguyên: 2 chỉ tiêu" and not any("ghep" in line for line in lines)


def test_command_sets_more_than_two_side_by_side(workspace):
    lines = compare_command(["cu/commune", "moi/commune", "ba/commune"], workspace / "ra")
    assert lines[0] == "2 khái niệm được từ hai bộ trở lên hỏi"
    assert (workspace / "ra" / "bang-doi-chieu.docx").is_file()


def test_command_says_every_fault_and_writes_nothing(workspace):
    matches = workspace / "ghep.yml"
    matches.write_text("kind: matches\nformat: 1\nold: cu/commune\nnew: x\n", encoding="utf-8")
    with pytest.raises(Faults) as raised:
        compare_command(["cu/commune", "la/district"], workspace / "ra", matches)
    places = [fault.place for fault in raised.value.faults]
    assert places == ["mục unit_type", "mục concept", "mục new"]
    with pytest.raises(Faults):
        compare_command(["cu/commune"], workspace / "ra")
    assert not (workspace / "ra").exists()
