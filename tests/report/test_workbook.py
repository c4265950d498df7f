"""The workbook: numbers as numbers, text as text, one sheet a table."""

import zipfile

import pytest
from openpyxl import load_workbook

from dxmethod.report.blocks import Column, clean
from dxmethod.report.workbook import number_format


@pytest.fixture(scope="module")
def book(rendered):
    return load_workbook(rendered / "a.xlsx")


def test_contents_list_every_table(book, document):
    sheet = book["Mục lục"]
    assert book.sheetnames == ["Mục lục", "Bảng 1", "Bảng 2", "Bảng 3", "Bảng 4", "Bảng 5"]
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows == [[label, t.caption, t.unit, t.source] for label, t in document.tables]


def test_numbers_are_numbers(book):
    sheet = book["Bảng 1"]
    assert [cell.value for cell in sheet[4]] == [
        "Tỉnh, thành phố",
        "Chỉ số",
        "Tỷ lệ",
        "Hạng",
        "Thay đổi",
    ]
    cells = sheet[7]
    assert [cell.value for cell in cells] == ["Lào Cai 2", 0.78, 0.059, 3, -1]
    assert [cell.data_type for cell in cells] == ["s", "n", "n", "n", "n"]
    formats = [cell.number_format for cell in cells[1:]]
    assert formats == ["#,##0.0000", "0.0%", "#,##0", "+#,##0;-#,##0;0"]
    assert sheet["B8"].value is None


@pytest.mark.parametrize(
    ("kind", "decimals", "form"),
    [
        ("decimal", 2, "#,##0.00"),
        ("percent", 0, "0%"),
        ("shift", 1, "+#,##0.0;-#,##0.0;0.0"),
        ("integer", 0, "#,##0"),
    ],
)
def test_formats_show_what_the_report_prints(kind, decimals, form):
    assert number_format(Column("c", "Cột", kind, decimals)) == form


def test_sheet_says_caption_unit_note_and_source(book):
    sheet = book["Bảng 1"]
    words = [sheet.cell(row, 1).value for row in (1, 2, 40, 41)]
    assert words == [
        "Bảng 1. Thay đổi thứ hạng",
        "Đơn vị tính: hạng",
        "Ghi chú: dấu ...",
        "Nguồn: số liệu đã công bố",
    ]
    assert sheet["A1"].font.bold and sheet["A4"].font.bold
    assert sheet.freeze_panes == "B5"
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert book["Bảng 2"].page_setup.orientation == "landscape"


def test_hostile_text_is_text(book, hostile):
    cells = [cell for cell in book["Bảng 3"]["A"] if cell.value == clean(hostile)]
    assert [cell.data_type for cell in cells] == ["s"]
    assert cells[0].quotePrefix == hostile.startswith(("=", "+", "-", "@"))


def test_no_cell_holds_a_formula_and_no_part_a_link(book, rendered, biting_front):
    front = load_workbook(biting_front / "a.xlsx")
    assert front["Mục lục"]["A1"].value == "Các bảng của Báo cáo: <script>alert(1)</script>"
    for sheet in [*book, *front]:
        assert not any(cell.data_type == "f" or cell.hyperlink for row in sheet for cell in row)
    with zipfile.ZipFile(rendered / "a.xlsx") as archive:
        for name in archive.namelist():
            assert b"External" not in archive.read(name)


def test_empty_report_has_a_workbook(biting_front):
    assert load_workbook(biting_front / "a.xlsx").sheetnames == ["Mục lục"]


def test_figures_are_written_by_key(rendered, document):
    found = {path.name: path.read_bytes() for path in (rendered / "hinh").iterdir()}
    assert found == {f"{figure.key}.png": figure.png for _, figure in document.figures}
    assert set(found) == {"H5.png", "H9.png"}
