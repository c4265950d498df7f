"""Rows put together: who stands below whom, and sums that are not what is printed."""

from __future__ import annotations

import pytest
from examples import framework, group, indicator
from tables import beside, edit, find, read, said, small, write, write_small


@pytest.fixture
def written(tmp_path):
    _made, known = small()
    return write_small(tmp_path / "t.xlsx"), known


def put(text, header, value):
    def change(book):
        beside(book.worksheets[0], text, header).value = value

    return change


def test_group_inside_itself_is_refused_at_its_cell(written):
    path, known = written
    edit(path, put("Nhóm một", "Thuộc nhóm (mã)", "hai"))
    told = said(edit(path, put("hai", "Thuộc nhóm (mã)", "mot")), known)
    assert [line.partition(": ")[2].partition(";")[0] for line in told] == [
        "trang Chỉ tiêu, hàng 6, cột K: nhóm “Nhóm một” nằm trong chính nó",
        "trang Chỉ tiêu, hàng 8, cột K: nhóm “hai” nằm trong chính nó",
    ]


def test_unknown_group_is_refused_with_the_nearest(written):
    path, known = written
    told = said(edit(path, put("b", "Thuộc nhóm (mã)", "haii")), known)
    assert 'cột K: có “haii”; cần một tên đã biết (gần nhất: "hai")' in told[0]


def test_group_without_indicators_says_what_to_do(written):
    path, known = written

    def change(book):
        sheet = book.worksheets[0]
        sheet.delete_rows(find(sheet, "b").row)

    told = said(edit(path, change), known)
    assert len(told) == 1
    assert "hàng 8: nhóm “hai” không có chỉ tiêu nào; cần hàng chỉ tiêu bên dưới" in told[0]


def test_points_without_a_rule_say_what_to_write(tmp_path):
    _, known = small()
    line = {"kind": "linear", "at": (0, 100), "give": (0, 1)}
    made = framework(group("g", indicator("x", concept="ho-so", points=5.0, value=line)))
    path = write(made, known, tmp_path / "t.xlsx")
    told = said(edit(path, put("x", "Quy tắc tính điểm", None)), known)
    assert len(told) == 1 and "có điểm mà không có quy tắc tính điểm" in told[0]
    assert "{kind: linear, at: [0, 100], give: [0, 1]}" in told[0]


@pytest.mark.parametrize(
    ("value", "said_of_it"),
    [(5, None), ("5 điểm", None), ("=SUM(C6)", None), (6, "ghi 6 điểm, cộng lại được 5")],
)
def test_printed_sum_is_only_compared(tmp_path, value, said_of_it):
    _, known = small()
    line = {"kind": "linear", "at": (0, 100), "give": (0, 1)}
    made = framework(group("g", indicator("x", concept="ho-so", points=5.0, value=line)))
    path = edit(write(made, known, tmp_path / "t.xlsx"), put("g", "Điểm tối đa", value))
    back, faults = read(path, known)
    assert back == made
    assert [fault.found for fault in faults.faults] == ([said_of_it] if said_of_it else [])


def test_fault_of_the_document_is_said_at_its_cell(written):
    path, known = written

    def change(book):
        beside(book["Văn bản"], "validity.since", "Nội dung").value = "tháng 5"

    told = said(edit(path, change), known)
    assert len(told) == 1 and "trang Văn bản, hàng" in told[0]
    assert "có “tháng 5”; cần ngày dạng năm-tháng-ngày" in told[0]


def test_new_rows_of_one_name_get_different_ids(tmp_path):
    made, known = small()
    path = write(made, known, tmp_path / "t.xlsx")

    def change(book):
        for text in ("b", "c"):
            beside(book.worksheets[0], text, "Mã").value = None
            beside(book.worksheets[0], text, "Tiêu chí").value = "Cùng tên"

    back, _ = read(edit(path, change), known)
    assert [item.id for item in back.indicators] == ["a", "cung-ten", "cung-ten-2"]
