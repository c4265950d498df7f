"""Word annexes: hidden marks, tracked changes, cells that are not what they look like."""

from __future__ import annotations

import copy
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from tables import edit, grids, read, said, small, write_small

from dxmethod.annex import read_annex
from dxmethod.faults import Collector

W = nsdecls("w")


@pytest.fixture
def written(tmp_path):
    made, known = small()
    return write_small(tmp_path / "t.docx"), known, made


def box(file, row, column, table=0):
    return file.tables[table].rows[row].cells[column]


def run(text, tag="w:t", wrap="{}"):
    inner = f'<w:r {W}><{tag} xml:space="preserve">{text}</{tag}></w:r>'
    return parse_xml(wrap.format(inner))


def test_tracked_changes_are_read_as_accepted(written):
    path, known, _made = written

    def revise(file):
        line = box(file, 2, 1).paragraphs[0]._p
        line.remove(line.findall(qn("w:r"))[0])
        for tag, wrap, text in (
            ("w:delText", "w:del", "cũ"),
            ("w:t", "w:ins", "mới"),
            ("w:t", "w:moveFrom", "đi"),
            ("w:t", "w:moveTo", " đến"),
        ):
            line.append(run(text, tag, f"<{wrap} {W}>{{}}</{wrap}>"))
        for dropped in (3, 4):
            settings = file.tables[0].rows[dropped]._tr.get_or_add_trPr()
            settings.append(parse_xml(f"<w:del {W}/>"))

    back, faults = read(edit(path, revise), known)
    assert [item.label for item in back.indicators] == ["mới đến", "c"]
    assert [fault.found[:30] for fault in faults.warnings][:1] == ["còn sửa đổi đang theo dõi (Tra"]


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<w:r><w:noBreakHyphen/><w:t>a</w:t></w:r>", "-a"),
        ("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r>", "a\nb\tc"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/><w:t> 80</w:t></w:r>', "≥ 80"),
        ("<w:hyperlink><w:r><w:t>nối</w:t></w:r></w:hyperlink>", "nối"),
        ("<w:sdt><w:sdtContent><w:r><w:t>ô điền</w:t></w:r></w:sdtContent></w:sdt>", "ô điền"),
        ('<w:fldSimple w:instr="DATE"><w:r><w:t>2024</w:t></w:r></w:fldSimple>', "2024"),
    ],
)
def test_all_that_is_typed_in_a_cell_is_read(written, xml, text):
    path, _, _ = written
    whole = parse_xml(f"<w:p {W}>{xml}</w:p>")

    def put(file):
        cell = box(file, 2, 1)._tc
        cell.remove(cell.p_lst[0])
        cell.append(whole)

    assert grids(edit(path, put))[0].rows[2][1].text == text


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


@pytest.mark.parametrize(
    ("xml", "fault"),
    [
        (f'<w:p {W}><m:oMath xmlns:m="{MATH}"/></w:p>', "có công thức toán (Equation)"),
        (
            f'<w:p {W}><w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>',
            "Symbol không đọc",
        ),
        (f"<w:p {W}><w:pPr><w:numPr/></w:pPr></w:p>", "chỉ có số tự động (Numbering)"),
        (
            f"<w:tbl {W}><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>",
            "có bảng hoặc khung chữ nằm trong",
        ),
    ],
)
def test_what_is_seen_but_cannot_be_read_is_a_fault(written, xml, fault):
    path, known, _ = written

    def put(file):
        cell = box(file, 2, 0)._tc
        for line in cell.p_lst:
            cell.remove(line)
        cell.append(parse_xml(xml))

    told = said(edit(path, put), known)
    assert any("bảng 1, hàng 3, ô 1: " in line and fault in line for line in told)


def test_cells_merged_downwards_are_a_fault_and_sideways_are_none(written):
    path, known, made = written
    edit(path, lambda file: box(file, 2, 6).merge(box(file, 2, 7)))
    assert read(path, known)[0] == made
    edit(path, lambda file: box(file, 2, 2).merge(box(file, 3, 2)))
    assert any("bảng 1, hàng 4, ô 3: ô gộp qua nhiều hàng" in line for line in said(path, known))


def test_table_and_rows_in_content_controls_are_read(written):
    path, known, made = written

    def wrap(file):
        for part in (file.tables[0].rows[2]._tr, file.tables[0]._tbl):
            control = parse_xml(f"<w:sdt {W}><w:sdtContent/></w:sdt>")
            part.addprevious(control)
            control[0].append(part)

    assert read(edit(path, wrap), known)[0] == made


def test_row_put_in_at_the_top_leaves_the_others_as_they_are(written):
    path, known, made = written

    def insert(file):
        table = file.tables[0]
        new = copy.deepcopy(table.rows[1]._tr)
        for line in new.iter(qn("w:r")):
            line.getparent().remove(line)
        table.rows[0]._tr.addnext(new)
        table.rows[1].cells[1].text = "Hồ sơ trực tuyến"
        table.rows[1].cells[2].text = "%"
        table.rows[1].cells[3].text = "≥ 10"

    _, faults = read(edit(path, insert), known)
    assert ["không rõ độ tin cậy" in fault.found for fault in faults.errors] == [True]
    assert faults.errors[0].place.startswith("bảng 1, hàng 2")

    def default(file):
        table = next(t for t in file.tables if t.rows[0].cells[-1].text == "Khóa")
        table.rows[-1].cells[1].text = "văn bản"

    back, faults = read(edit(path, default), known)
    assert [item.id for item in back.indicators] == ["ho-so-truc-tuyen", "a", "b", "c"]
    assert back.indicators[1:] == made.indicators and faults.errors == ()


def test_copied_row_is_a_new_one(written):
    path, known, _made = written

    def double(file):
        line = file.tables[0].rows[2]._tr
        line.addnext(copy.deepcopy(line))

    told = said(edit(path, double), known)
    assert [line for line in told if "hàng 4" in line and "đo khái niệm nào" in line], told


def test_table_without_its_header_is_an_error(written):
    path, known, _ = written

    def split(file):
        table = file.tables[0]._tbl
        rest = copy.deepcopy(table)
        for line in table.tr_lst[5:]:
            table.remove(line)
        for line in rest.tr_lst[:5]:
            rest.remove(line)
        table.addnext(rest)
        table.addnext(parse_xml(f"<w:p {W}/>"))

    assert any("bảng 2: mất hàng tiêu đề" in line for line in said(edit(path, split), known))


def test_header_of_two_rows_is_read(written):
    path, known, made = written

    def split(file):
        table = file.tables[0]
        upper = copy.deepcopy(table.rows[0]._tr)
        for cell in (upper.tc_lst[3], upper.tc_lst[4]):
            for text in cell.iter(qn("w:t")):
                text.text = "Mức độ"
        table.rows[0]._tr.addprevious(upper)

    assert read(edit(path, split), known)[0] == made


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"xl/workbook.xml": "x"}, "không phải tệp Word dù có đuôi .docx"),
        ({"word/document.xml": "x"}, "tệp hỏng, không mở được"),
    ],
)
def test_archive_that_is_no_document_is_refused(tmp_path, members, fault):
    with zipfile.ZipFile(tmp_path / "t.docx", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    faults = Collector()
    assert read_annex(tmp_path / "t.docx", faults) == [] and fault in str(faults.faults[0])


def test_document_without_a_table_has_none(tmp_path):
    docx.Document().save(str(tmp_path / "t.docx"))
    assert read_annex(tmp_path / "t.docx", Collector()) == []
