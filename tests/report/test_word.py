"""The Word document: text as text, and the layout that Nghị định 30/2020/NĐ-CP asks."""

import re
import zipfile

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from dxmethod.report.blocks import clean


@pytest.fixture(scope="module")
def word(rendered):
    return Document(rendered / "a.docx")


def parts(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def style_of(word, text):
    (style,) = {line.style.name for line in word.paragraphs if line.text.startswith(text)}
    return word.styles[style]


def table(word, head):
    (found,) = (t for t in word.tables if t.rows[0].cells[0].text == head and len(t.columns) == 5)
    return found


def test_hostile_text_is_text(word, hostile):
    lines = [line.text for line in word.paragraphs]
    assert clean(hostile) in lines
    assert f"-\u00a0{clean(hostile)}" in lines
    heading = clean(hostile).replace("\n", " ")
    assert any(re.fullmatch(rf"\d+\. {re.escape(heading)}", line) for line in lines)
    (names,) = (t for t in word.tables if t.rows[0].cells[0].text == "Tên đơn vị")
    assert clean(hostile) in [row.cells[0].text for row in names.rows]


def test_hostile_front_is_text(biting_front, sample):
    word = Document(biting_front / "a.docx")
    cells = [line.text for t in word.tables for c in t.rows[0].cells for line in c.paragraphs]
    for words in (sample.HOSTILE[4], sample.HOSTILE[1], sample.HOSTILE[5]):
        assert words.upper() in cells
    assert sample.HOSTILE[0] in [line.text for line in word.paragraphs]
    for words in sample.HOSTILE[6:]:
        assert f"- {clean(words)};" in cells


def test_nothing_outside_is_linked(rendered, biting_front):
    for folder in (rendered, biting_front):
        for name, content in parts(folder / "a.docx").items():
            assert b'TargetMode="External"' not in content, name
            assert b"hyperlink r:" not in content
            assert b"instrText" not in content
            fields = set(re.findall(rb'fldSimple w:instr="([^"]*)"', content))
            assert fields <= {b"PAGE"}


def test_nothing_of_the_template_is_left(rendered):
    names = parts(rendered / "a.docx")
    assert not [name for name in names if "thumbnail" in name or "Effects" in name]
    assert b"python-docx" not in b"".join(names.values())


def test_page_and_margins(word):
    first = word.sections[0]
    size = [round(length.mm) for length in (first.page_width, first.page_height)]
    margins = (first.top_margin, first.bottom_margin, first.left_margin, first.right_margin)
    assert size == [210, 297]
    assert [round(length.mm) for length in margins] == [20, 20, 30, 20]


def test_wide_tables_lie_and_appendices_count_from_one(word):
    found = [
        (
            section.orientation == WD_ORIENT.LANDSCAPE,
            section.page_width > section.page_height,
            section.different_first_page_header_footer,
            [n.get(qn("w:start")) for n in section._sectPr.findall(qn("w:pgNumType"))],
        )
        for section in word.sections
    ]
    assert found == [
        (False, False, True, []),
        (True, True, False, []),
        (False, False, False, []),
        (False, False, True, ["1"]),
        (True, True, True, ["1"]),
        (False, False, True, ["1"]),
    ]


def test_number_stands_in_the_top_margin_but_not_on_the_first_page(word):
    header = word.sections[0].header.paragraphs[0]
    assert header._p.find(qn("w:fldSimple")).get(qn("w:instr")) == "PAGE"
    assert header.style.paragraph_format.alignment == 1
    assert header.style.font.size.pt == 14
    assert word.sections[0].first_page_header.is_linked_to_previous
    assert all(section.header.is_linked_to_previous for section in word.sections[1:])


def test_no_empty_paragraph_ends_a_section(word):
    ends = [
        line
        for line in word.paragraphs
        if line._p.pPr is not None and line._p.pPr.sectPr is not None
    ]
    after_table = [line for line in ends if line._p.getprevious().tag == qn("w:tbl")]
    assert all(line.text for line in ends if line not in after_table)


def test_body_is_set_as_the_decree_asks(word):
    style = style_of(word, "Bộ chỉ số được sửa đổi")
    shape = style.paragraph_format
    assert (style.font.size.pt, shape.alignment, shape.line_spacing) == (14, 3, 1.15)
    assert (shape.space_after.pt, round(shape.first_line_indent.mm, 1)) == (6, 12.7)
    heading = style_of(word, "VI. TÁC ĐỘNG ĐẾN KẾT QUẢ")
    assert (heading.name, heading.font.bold, heading.paragraph_format.alignment) == (
        *("Heading 1", True, 1),
    )
    assert style_of(word, "2. Kết quả đầy đủ").name == "Heading 2"


def test_font_is_times_new_roman_in_all_four_slots(rendered):
    styles = parts(rendered / "a.docx")["word/styles.xml"].decode("utf-8")
    fonts = re.findall(r"<w:rFonts[^>]*>", styles)
    slots = ("ascii", "hAnsi", "cs", "eastAsia")
    assert len(fonts) == 2
    assert all(f'w:{slot}="Times New Roman"' in font for font in fonts for slot in slots)
    assert "w:color " not in styles
    assert 'w:lang w:val="vi-VN"' in styles


def test_official_heading(word):
    left, right = word.tables[0].rows[0].cells
    assert [line.text for line in left.paragraphs if line.text.strip()] == [
        "BỘ KHOA HỌC VÀ CÔNG NGHỆ",
        "CỤC CHUYỂN ĐỔI SỐ QUỐC GIA",
        "Số:" + "\u00a0" * 8 + "/BC-CĐSQG",
        "DỰ THẢO",
    ]
    lines = [line for line in right.paragraphs if line.text.strip()]
    assert [line.text for line in lines[:2]] == [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    ]
    assert lines[2].text.startswith("Hà Nội, ngày\u00a0")
    assert [line.style.font.bold for line in lines] == [True, True, False]
    assert lines[2].style.font.italic
    rules = [line for line in left.paragraphs + right.paragraphs if not line.text.strip()]
    assert [line.style.element.find(f".//{qn('w:pBdr')}") is not None for line in rules] == [
        True
    ] * 2
    assert style_of(word, "BÁO CÁO").font.bold


def test_signature_is_left_blank(word):
    (block,) = (t for t in word.tables if t.rows[0].cells[0].text.startswith("Nơi nhận:"))
    left, right = block.rows[0].cells
    assert [line.text for line in left.paragraphs] == [
        "Nơi nhận:",
        "- Bộ trưởng (để báo cáo);",
        "- Các Thứ trưởng;",
        "- Lưu: VT.",
    ]
    assert right.text == "CỤC TRƯỞNG"


def test_captions_stand_around_tables_and_below_figures(word):
    lines = [line.text for line in word.paragraphs]
    place = lines.index("Bảng 1. Thay đổi thứ hạng")
    assert lines[place + 1 : place + 4] == [
        "Đơn vị tính: hạng",
        "Ghi chú: dấu ...",
        "Nguồn: số liệu đã công bố",
    ]
    caption = word.paragraphs[place]
    assert caption._p.getnext().getnext().tag == qn("w:tbl")
    assert word.paragraphs[place + 1].style.paragraph_format.alignment == 2
    place = lines.index("Hình 1. Chỉ số theo nhóm")
    assert word.paragraphs[place]._p.getprevious().find(f".//{qn('w:drawing')}") is not None


def test_table_keeps_rows_whole_and_repeats_its_header(word):
    found = table(word, "Tỉnh, thành phố")
    rows = found._tbl.tr_lst
    assert len(rows) == 35
    assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    headers = [row.trPr.find(qn("w:tblHeader")) is not None for row in rows]
    assert headers == [True] + [False] * 34
    assert [cell.text for cell in found.rows[4].cells] == ["Đắk Lắk 3", "...", "8,8%", "4", "0"]
    aligns = [cell.paragraphs[0].alignment for cell in found.rows[4].cells]
    assert aligns == [None, 2, 2, 2, 2]
    assert all(cell.paragraphs[0].runs[0].bold for cell in found.rows[0].cells)
    sizes = {cell.paragraphs[0].style.font.size.pt for cell in found.rows[4].cells}
    assert sizes == {12}


def test_tables_are_as_wide_as_the_page(word):
    for found in word.tables:
        wide = sum(column.width for column in found.columns)
        cells = sum(cell.width for cell in found.rows[0].cells)
        assert round(wide / 36000) == round(cells / 36000)
        assert round(wide / 36000) in (160, 247)


def test_small_tables_stay_in_one_piece_and_large_ones_do_not(word):
    last = word.tables[-1]
    assert all(line.paragraph_format.keep_with_next for c in last._cells for line in c.paragraphs)
    large = table(word, "Tỉnh, thành phố")
    assert not large.rows[5].cells[0].paragraphs[0].paragraph_format.keep_with_next
    assert large.rows[34].cells[0].paragraphs[0].paragraph_format.keep_with_next


def test_pictures_fit_and_are_described(word):
    found = [(round(s.width.mm), s._inline.docPr.get("descr")) for s in word.inline_shapes]
    assert found == [(152, "Bốn cột"), (152, "<script>alert(1)</script>")]


def test_appendix_has_its_title_and_what_it_belongs_to(word):
    (title,) = (line for line in word.paragraphs if line.text.startswith("Phụ lục V"))
    assert title.text == "Phụ lục V\nGHI CHÚ PHƯƠNG PHÁP VÀ HỒ SƠ TÁI LẬP"
    attached = "".join(title._p.getnext().itertext())
    assert attached.startswith("(Kèm theo Báo cáo số\u00a0")
    assert attached.endswith("của Cục Chuyển đổi số quốc gia)")
