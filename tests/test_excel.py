"""Workbooks: what spoils a table is said with its sheet, row and column."""

from __future__ import annotations

import zipfile
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from tables import edit, said, small, workbook, write_small

from dxmethod import excel
from dxmethod.excel import read_workbook, write_workbook
from dxmethod.faults import Collector
from dxmethod.sheets import Column, Page, Row


@pytest.fixture
def written(tmp_path):
    _made, known = small()
    return write_small(tmp_path / "t.xlsx"), known


def first(path, row=1, column=1):
    """One cell of the first sheet, as it is read."""
    return read_workbook(path, Collector())[0].rows[row - 1][column - 1]


def cell(tmp_path, value, number_format=""):
    book = Workbook()
    book.active["A1"] = value
    if number_format:
        book.active["A1"].number_format = number_format
    book.save(tmp_path / "c.xlsx")
    return first(tmp_path / "c.xlsx")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "'a", "007", "1.500", "#REF!", "TRUE"])
def test_text_stays_text_whatever_it_begins_with(tmp_path, text):
    page = Page("T", "t", (Column("a", "A"),), (Row({"a": text}),))
    write_workbook([page], tmp_path / "t.xlsx", "t")
    assert (first(tmp_path / "t.xlsx", 4).value, first(tmp_path / "t.xlsx", 4).odd) == (text, "")
    held = load_workbook(tmp_path / "t.xlsx")["T"]["A4"]
    assert held.quotePrefix == text.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("value", "odd", "text"),
    [
        ("=A2+1", "formula", "=A2+1"),
        (ArrayFormula("A1:A2", "=B1:B2"), "formula", "=B1:B2"),
        (DataTableFormula("A1:A2"), "formula", "="),
        ("#REF!", "error", "#REF!"),
        (date(2024, 2, 1), "date", "2024-02-01"),
        (True, "truth", "Có"),
        (12.5, "", "12.5"),
    ],
)
def test_what_is_no_plain_content_is_marked(tmp_path, value, odd, text):
    held = cell(tmp_path, value)
    assert (held.odd, held.text) == (odd, text)


@pytest.mark.parametrize(
    ("shown", "percent"),
    [("0%", True), ("0.00%", True), ('0"%"', False), ("0\\%", False), ('"≥ "General', False)],
)
def test_per_cent_is_what_the_format_does_to_the_number(tmp_path, shown, percent):
    assert cell(tmp_path, 80, shown).percent is percent


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda s: s.merge_cells("A5:A6"), "trang Chỉ tiêu, các ô A5:A6: các ô gộp qua nhiều hàng"),
        (
            lambda s: setattr(s.row_dimensions[6], "hidden", True),
            "hàng 6: hàng bị ẩn; cần cho hiện",
        ),
        (
            lambda s: setattr(s.column_dimensions["B"], "hidden", True),
            "trang Chỉ tiêu, cột B: cột bị ẩn",
        ),
        (lambda s: setattr(s, "sheet_state", "hidden"), "trang Chỉ tiêu: trang bị ẩn"),
        (lambda s: setattr(s["B6"], "value", "=A1"), "hàng 6, cột B: có công thức “=A1”"),
        (lambda s: setattr(s["B6"], "value", "#N/A"), "hàng 6, cột B: có lỗi của Excel “#N/A”"),
        (
            lambda s: setattr(s["A6"], "value", date(2024, 1, 2)),
            "cột A: có ngày tháng “2024-01-02”",
        ),
        (lambda s: setattr(s["B6"], "value", True), "hàng 6, cột B: có giá trị TRUE, FALSE"),
        (
            lambda s: setattr(s["B6"], "comment", Comment("sửa?", "x")),
            "có ghi chú “sửa?”, không đọc",
        ),
    ],
)
def test_what_spoils_a_table_is_said_at_its_place(written, change, fault):
    path, known = written
    told = said(edit(path, lambda book: change(book["Chỉ tiêu"])), known)
    assert sum(fault in line for line in told) == 1, told


def test_filtered_row_is_a_hidden_one(written):
    path, known = written

    def filtered(book):
        book["Chỉ tiêu"].auto_filter.ref = "A4:H9"
        book["Chỉ tiêu"].row_dimensions[7].hidden = True

    assert any(
        "hàng 7: hàng bị ẩn; cần cho hiện hàng (bỏ lọc" in x
        for x in said(edit(path, filtered), known)
    )


def test_empty_rows_and_columns_with_formats_do_not_count(tmp_path):
    book = Workbook()
    book.active["A1"] = "a"
    book.active.cell(1_000_000, 16_000).number_format = "0.0"  # would be 16 billion cells
    book.active.column_dimensions["XFD"].hidden = True
    book.save(tmp_path / "t.xlsx")
    grid = read_workbook(tmp_path / "t.xlsx", Collector())[0]
    assert [[c.value for c in row] for row in grid.rows] == [["a"]] and not grid.faults


def test_too_many_rows_are_a_fault_of_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "MAX_ROWS", 3)
    path = workbook(tmp_path / "t.xlsx", T=[["a"]] * 5)
    assert read_workbook(path, Collector())[0].faults == (
        (5, "trang T", "trang có 5 hàng, 1 cột", "không quá 3 hàng, 200 cột"),
    )


def test_archive_that_is_no_workbook_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "t.xlsx"
    for members, fault in (
        ({"word/document.xml": "x"}, "không phải tệp Excel dù có đuôi .xlsx"),
        ({"xl/workbook.xml": "x"}, "tệp hỏng, không mở được"),
        ({"xl/workbook.xml": "x" * 2000}, "tệp mở ra quá lớn"),
    ):
        monkeypatch.setattr(excel, "MAX_UNPACKED", 1000)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        faults = Collector()
        assert read_workbook(path, faults) == [] and fault in str(faults.faults[0])
    path.write_bytes(b"PK\x03\x04" + b"0" * 50)
    assert read_workbook(path, faults) == [] and "tệp hỏng" in str(faults.faults[1])


def test_workbook_of_charts_has_no_table(tmp_path):
    book = Workbook()
    book.create_chartsheet("Biểu đồ")
    book.remove(book.worksheets[0])
    book.save(tmp_path / "t.xlsx")
    assert read_workbook(tmp_path / "t.xlsx", Collector()) == []


def test_concepts_are_offered_for_choice_and_the_page_prints_official_columns(written):
    book = load_workbook(written[0])
    sheet = book["Chỉ tiêu"]
    offered = sheet.data_validations.dataValidation
    assert [item.formula1 for item in offered] == ["'Khái niệm'!$A$4:$A$1000"]
    head = next(c for c in sheet[5] if c.value == "Khái niệm (mã)")
    assert str(offered[0].sqref).startswith(f"{head.column_letter}6:")
    assert book["Khái niệm"]["A4"].value == "ho-so"
    last = next(c for c in sheet[5] if c.value == "Minh chứng").column_letter
    assert sheet.print_area == f"'Chỉ tiêu'!$A$1:${last}$11"
