"""Assembly: sections in order, numbers in a row, references resolved or refused."""

import nbformat.v4 as nb
import pandas as pd
import pytest

from dxmethod.report import blocks as b
from dxmethod.report.assemble import (
    Captioned,
    Heading,
    Passage,
    assemble,
    collect,
    missing_sections,
)
from dxmethod.report.pandoc import plain


def table(key):
    return b.table(key, pd.DataFrame({"n": ["a"]}), [b.Column("n", "Tên")], key, source="nguồn")


def headings(document, numeral):
    (part,) = (part for part in document.parts if part.numeral == numeral)
    return [(h.level, h.number, h.text) for h in part.items if isinstance(h, Heading)]


def paragraphs(document):
    items = [item for part in document.parts for item in part.items]
    return [item.parts[0] for item in items if isinstance(item, b.Paragraph)]


def test_parts_come_in_order_and_numbers_run_through(document):
    assert [part.numeral for part in document.parts] == [
        "I",
        "III",
        "VI",
        "PL III",
        "PL IV",
        "PL V",
    ]
    labels = [(item.label, item.block.key) for item in document.captioned]
    assert labels == [
        ("Bảng 1", "B15"),
        ("Hình 1", "H5"),
        ("Bảng 2", "B16"),
        ("Bảng 3", "X1"),
        ("Hình 2", "H9"),
        ("Bảng 4", "P4"),
        ("Bảng 5", "PL5-1"),
    ]


def test_notebooks_may_come_in_any_order():
    first = [b.section("VI"), table("B2"), b.section("I"), b.paragraph(b.ref("B2"), b.ref("B1"))]
    second = [b.section("III"), table("B1"), b.section("I"), b.paragraph("Hết.")]
    document = assemble(None, [*first, *second])
    assert paragraphs(document)[:2] == ["Bảng 2Bảng 1", "Hết."]


def test_references_print_numbers(document):
    assert any(text.endswith("Xem Bảng 1 và Hình 1.") for text in paragraphs(document))


def test_headings_are_numbered_with_those_in_prose(document):
    assert headings(document, "I") == [
        (2, "1.", "Căn cứ"),
        (3, "a)", "Chi tiết"),
        (2, "2.", "Phạm vi"),
    ]
    assert [number for _, number, _ in headings(document, "VI")] == ["1.", "2."]


def test_letters_are_vietnamese():
    prose = b.Prose("## x\n\n" + "### y\n\n" * 7 + "## z\n\n### y")
    document = assemble(None, [b.section("V"), b.subsection("s"), prose])
    numbers = [number for _, number, _ in headings(document, "V")]
    assert numbers == ["1.", "2.", *["a)", "b)", "c)", "d)", "đ)", "e)", "g)"], "3.", "a)"]


def test_absent_sections_are_named_once_in_the_first_section(document):
    assert [numeral for numeral, _ in missing_sections(document)] == [
        *("II", "IV", "V", "VII", "VIII", "IX", "X", "XI")
    ]
    said = document.parts[0].items[-1].parts[0]
    assert "II. Quá trình xây dựng, lấy ý kiến, thí điểm; IV. Số liệu" in said
    assert said.endswith("XI. Kết luận, kiến nghị, lộ trình.")
    assert " III. " not in said
    assert sum("không lập các phần" in text for text in paragraphs(document)) == 1


def test_opened_but_empty_section_is_not_made():
    document = assemble(None, [b.section("II"), b.section("III"), b.paragraph("x")])
    assert [part.numeral for part in document.parts] == ["III"]
    assert ("II", "Quá trình xây dựng, lấy ý kiến, thí điểm") in missing_sections(document)


def test_full_report_lists_nothing():
    numerals = [n for n in b.SECTIONS if not n.startswith("PL")]
    blocks = [x for n in numerals for x in (b.section(n), b.paragraph("x"))]
    document = assemble(None, blocks)
    assert missing_sections(document) == []
    assert paragraphs(document) == ["x"] * 11


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([b.section("I"), b.paragraph(b.ref("B71")), table("B7")], "'B71'.*B7"),
        ([b.section("I"), table("B7"), b.section("VI"), table("B7")], "'B7'"),
        ([b.paragraph("mồ côi"), b.section("I")], "mồ côi"),
        ([b.Prose("mồ côi")], "mồ côi"),
    ],
)
def test_faults_are_named(blocks, words):
    with pytest.raises(ValueError, match=words):
        assemble(None, blocks)


def code(*blocks):
    outputs = [nb.new_output("stream", text="nhật ký")]
    outputs += [nb.new_output("display_data", data=x._repr_mimebundle_()) for x in blocks]
    return nb.new_code_cell("show()", outputs=outputs)


def test_blocks_are_collected_from_outputs(sample):
    figure = b.figure("H1", sample.drawing(), "Hình", source="nguồn")
    guide = nb.new_markdown_cell("# Sổ tay", metadata={"tags": ["guide"]})
    cells = [guide, code(b.section("I")), nb.new_markdown_cell("## Văn *xuôi*"), code(figure)]
    notebook = nb.new_notebook(cells=[*cells, nb.new_markdown_cell(" \n")])
    assert collect(notebook) == [b.Section("I"), b.Prose("## Văn *xuôi*"), figure]


def test_content_before_a_section_is_refused():
    notebook = nb.new_notebook(cells=[nb.new_markdown_cell("Lời dẫn"), code(b.section("I"))])
    with pytest.raises(ValueError, match="Lời dẫn"):
        collect(notebook)


def test_front_leaves_room_for_number_and_date(sample):
    front = sample.front()
    assert front.number.startswith("Số:\u00a0\u00a0")
    assert front.number.endswith("\u00a0/BC-CĐSQG")
    assert not any(letter.isdigit() for letter in front.number + front.place_and_date)
    assert front.place_and_date.startswith("Hà Nội, ngày\u00a0\u00a0")
    assert front.attached.endswith("của Cục Chuyển đổi số quốc gia)")
    assert front.sent_to == ["- Bộ trưởng (để báo cáo);", "- Các Thứ trưởng;", "- Lưu: VT."]


def test_prose_stays_between_its_headings():
    document = assemble(None, [b.section("X"), b.Prose("trước\n\n## giữa\n\nsau"), table("B1")])
    before, heading, after, captioned, *_ = document.parts[0].items
    assert isinstance(before, Passage) and isinstance(after, Passage)
    assert plain(before.nodes[0]["c"]) == "trước"
    assert (heading, plain(after.nodes[0]["c"])) == (Heading(2, "1.", "giữa"), "sau")
    assert isinstance(captioned, Captioned)


def test_long_tables_stand_in_the_appendix_of_details():
    def rows(key, count):
        frame = pd.DataFrame({"n": ["a"] * count})
        return b.table(key, frame, [b.Column("n", "Tên")], key, source="nguồn")

    blocks = [b.section("III"), rows("B1", 17), rows("B2", 18), b.section("PL IV"), rows("B3", 99)]
    document = assemble(None, blocks)
    held = {
        part.numeral: [i.label for i in part.items if isinstance(i, Captioned)]
        for part in document.parts
    }
    assert held == {"III": ["Bảng 1"], "PL IV": ["Bảng 2"], "PL VI": ["Bảng 3"]}
    assert document.captioned[-1].block.key == "B2"
    assert "Chi tiết ở Bảng 3, phụ lục VI: b2." in paragraphs(document)
