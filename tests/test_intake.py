"""What one edit in a table does, and every slip of one, at its place."""

from __future__ import annotations

import pytest
from examples import framework, group, indicator
from tables import (
    beside,
    document,
    edit,
    find,
    grids,
    read,
    said,
    small,
    workbook,
    write,
    write_small,
)

from dxmethod.changes import diff
from dxmethod.faults import Collector
from dxmethod.intake import read_tables, slug

LEVEL = "Mức 1\nKhởi đầu"


@pytest.fixture
def written(tmp_path):
    made, known = small()
    return write_small(tmp_path / "t.xlsx"), known, made


def changed(path, change, known, made):
    """Targets and new values of what an edit of the first sheet changes."""
    back, faults = read(edit(path, lambda book: change(book.worksheets[0], book)), known)
    assert faults.faults == []
    return {item.target: item.new for item in diff(made, back)}


@pytest.mark.parametrize(
    ("header", "value", "target", "new"),
    [
        (LEVEL, 60, "tree/a/required/muc-1", 60.0),
        (LEVEL, "≥ 60,5 %", "tree/a/required/muc-1", 60.5),
        (LEVEL, "chung: 60; núi: 40", "tree/a/required/muc-1", {"*": 60.0, "núi": 40.0}),
        ("Mức 2\nKhá", 90, "tree/a/required/muc-2", 90.0),
        (LEVEL, None, "tree/a/required/muc-1", None),
        ("Tiêu chí", "Hồ sơ mới", "tree/a/label", "Hồ sơ mới"),
        ("TT", "1.1", "tree/a/code", "1.1"),
        ("Cách tính", "Đếm.", "tree/a/method", "Đếm."),
        ("Minh chứng", "Báo cáo", "tree/a/evidence", "Báo cáo"),
        ("Nguồn", "Sở", "tree/a/source", "Sở"),
    ],
)
def test_one_cell_is_one_change(written, header, value, target, new):
    path, known, made = written

    def change(sheet, _):
        beside(sheet, "Hồ sơ", header).value = value

    assert changed(path, change, known, made) == {target: new}


def test_points_are_one_change(tmp_path):
    _, known = small()
    line = {"kind": "linear", "at": (0, 100), "give": (0, 1)}
    items = [indicator(n, concept="ho-so", points=5.0, value=line) for n in "xy"]
    made = framework(group("g", *items))
    path = write(made, known, tmp_path / "t.xlsx")

    def change(sheet, _):
        beside(sheet, "x", "Điểm tối đa").value = "chung: 6; xã núi: 3,5"

    back, faults = read(edit(path, lambda book: change(book.worksheets[0], book)), known)
    target = {item.target: item.new for item in diff(made, back)}
    assert target == {"tree/x/points": {"*": 6.0, "xã núi": 3.5}}
    assert [fault.found for fault in faults.warnings] == ["ghi 10 điểm, cộng lại được 11"] * 2


def test_moved_row_is_moved_and_deleted_row_is_dropped(written):
    path, known, made = written

    def move(sheet, _):
        row = find(sheet, "Hồ sơ").row
        cells = [cell.value for cell in sheet[row]]
        sheet.delete_rows(row)
        last = find(sheet, "c").row + 1
        sheet.insert_rows(last)
        for place, value in enumerate(cells, 1):
            sheet.cell(last, place, value)

    back, _ = read(edit(path, lambda book: move(book.worksheets[0], book)), known)
    assert [item.id for item in back.below("ba")] == ["c", "a"] and back.below("mot")[0].id == "b"
    assert back.indicators[2] == made.indicators[0]

    def drop(sheet, _):
        sheet.delete_rows(find(sheet, "Hồ sơ").row)

    back, _ = read(edit(path, lambda book: drop(book.worksheets[0], book)), known)
    assert back.indicators == made.indicators[1:]


def test_inserted_row_may_name_a_new_concept_of_the_list(written):
    path, known, _made = written

    def insert(book):
        sheet = book["Chỉ tiêu"]
        row = find(sheet, "c").row + 1
        sheet.insert_rows(row)
        sheet.cell(row, 2, "Thẻ")
        beside(sheet, "Thẻ", LEVEL).value = 30
        beside(sheet, "Thẻ", "Khái niệm (mã)").value = "the-moi"
        beside(sheet, "Thẻ", "Căn cứ: độ tin cậy").value = "Văn bản"
        book["Khái niệm"].append(["the-moi", "Thẻ mới", "tỷ lệ", "%", "", "[0, 100]"])

    faults = Collector()
    found = read_tables(grids(edit(path, insert)), known, faults)
    assert faults.faults == []
    assert found.concepts["the-moi"].range == (0, 100)
    assert found.nodes[-1].record == {
        "label": "Thẻ",
        "concept": "the-moi",
        "required": {"muc-1": 30.0},
        "provenance": {"fidelity": "official"},
    }


@pytest.mark.parametrize(
    ("header", "value", "fault"),
    [
        (LEVEL, "khoảng 80", "hàng 7, cột D: có “khoảng 80”; cần một số"),
        (LEVEL, "≤ 80", "hàng 7, cột D: có “≤ 80”; cần dấu ≥"),
        (LEVEL, "x", "hàng 7, cột D: có “x”; cần một số"),
        ("Đơn vị tính", "người", "hàng 7, cột C: có “người”; cần “%”, đơn vị tính của khái niệm"),
        ("Khái niệm (mã)", "ho-s0", 'có “ho-s0”; cần một tên đã biết (gần nhất: "ho-so")'),
        ("Loại dòng", "nhom con", "có “nhom con”; cần “nhóm”, “chỉ tiêu”"),
        ("Vai trò", "phạt", "có “phạt”; cần một trong: “tính điểm”"),
        ("Quy tắc tính điểm", "{kind: linear", "không đúng cú pháp YAML"),
        ("Quy tắc tính điểm", "{kind: bent, at: [1], give: [1]}", "có kind “bent”"),
        ("Phạm vi áp dụng", "{vùng: [a]}", "có “vùng”"),
        ("Mã", "b", "mã “b” đã dùng ở trang Chỉ tiêu, hàng 7; cần để trống để có mã mới"),
        ("Mã", "A b", "có “A b”; cần chữ thường không dấu"),
        ("Thuộc nhóm (mã)", "bốn", "có “bốn”; cần"),
        ("Căn cứ: độ tin cậy", "chắc", "có “chắc”; cần một trong: “văn bản”"),
        ("Số chỉ số thành phần", "0", "cần số không nhỏ hơn 1"),
        ("Tiêu chí", None, "hàng 7, cột B: không có tên"),
    ],
)
def test_slip_is_said_at_its_cell_and_nothing_is_read(written, header, value, fault):
    path, known, _ = written

    def change(book):
        beside(book.worksheets[0], "Hồ sơ", header).value = value

    back, faults = read(edit(path, change), known)
    told = [str(item) for item in faults.errors]
    assert back is None
    assert any(fault in line and line.startswith("Lỗi: trang Chỉ tiêu, hàng") for line in told), (
        told
    )


def test_all_slips_are_said_at_once(written):
    path, known, _ = written

    def change(book):
        sheet = book.worksheets[0]
        beside(sheet, "Hồ sơ", LEVEL).value = "nhiều"
        beside(sheet, "b", "Khái niệm (mã)").value = "ke-hoac"
        beside(sheet, "c", "Mức 2\nKhá").value = "≥ 3"
        find(book["Văn bản"], "status").value = "statu"
        find(book["Văn bản"], "dự thảo").value = "=A1"
        book["Mức độ"]["C4"].value = "[{share: 2}]"
        book["Khái niệm"]["B4"].value = "Tên khác"

    told = said(edit(path, change), known)
    parts = ("cột D: có “nhiều”", "“ke-hoac”", "có “≥ 3”; cần dấu ≤", "khóa lạ “statu”", "“=A1”")
    for part in (*parts, "trang Mức độ, hàng 4, cột C: có 2", "khác danh mục ở khái niệm “ho-so”"):
        assert sum(part in line for line in told) == 1, (part, told)


def test_renamed_sheets_are_known_by_their_columns(written):
    path, known, made = written

    def rename(book):
        for number, sheet in enumerate(book.worksheets):
            sheet.title = f"Trang {number}"

    assert read(edit(path, rename), known)[0] == made


@pytest.mark.parametrize("name", ["Chỉ tiêu", "Văn bản", "Mức độ", "Khái niệm"])
def test_second_table_of_a_kind_is_an_error(written, name):
    path, known, _ = written

    def double(book):
        book.copy_worksheet(book[name]).title = "Bản sao"

    told = said(edit(path, double), known)
    assert sum(f"trang Bản sao: cùng loại bảng với “{name}”" in line for line in told) == 1


def test_sheet_that_is_no_table_is_named(written):
    path, known, made = written
    edit(path, lambda book: book.create_sheet("Nháp").append(["ghi chú"]))
    back, faults = read(path, known)
    assert back == made
    assert [str(fault) for fault in faults.faults] == [
        "Cảnh báo: trang Nháp: không có bảng nào nhận ra được, không đọc."
    ]


def test_missing_column_and_missing_table_are_named(written):
    path, known, _ = written
    edit(path, lambda book: book.worksheets[0].delete_cols(4))
    assert any("hàng 5, cột A: thiếu cột “Mức 1 Khởi đầu”" in line for line in said(path, known))
    edit(path, lambda book: book.remove(book.worksheets[0]))
    told = "\n".join(said(path, known))
    assert "không thấy bảng chỉ tiêu (có: “Văn bản”, “Mức độ”, “Xếp loại”, “Khái niệm”)" in told


def test_indicator_may_be_named_like_a_sum(tmp_path):
    made, known = small()
    named = made.indicators[0].model_copy(update={"label": "Tổng điểm"})
    made = framework(group("g", named), levels=made.levels[:1])
    assert read(write(made, known, tmp_path / "t.xlsx"), known)[0] == made


def test_official_table_is_read_without_marks(tmp_path):
    _, known = small()
    rows = [
        ("STT", "Chỉ số", "Điểm", "Cách đánh giá", "Quy tắc tính điểm"),
        ("(1)", "(2)", "(3)", "(4)", "(5)"),
        ("I", "Nhóm một", "=SUM(C4)", None, None),
        (
            "1",
            "Hồ sơ  trực tuyến",
            "12,5 điểm",
            "Đếm",
            "{kind: linear, at: [0, 100], give: [0, 1]}",
        ),
        (None, "TỔNG ĐIỂM", "12,5"),
    ]
    back, faults = read(workbook(tmp_path / "t.xlsx", A=rows, B=document()), known)
    assert faults.faults == []
    assert (back.indicators[0].points, back.indicators[0].concept) == (12.5, "ho-so")
    assert [node.id for node in back.groups] == ["goc", "nhom-mot"]


def test_tampered_marks_do_no_harm(written):
    path, known, _made = written

    def change(book):
        beside(book.worksheets[0], "Hồ sơ", "Ô điền tự động").value = "method e3b0c442; id 00; x"

    back, faults = read(edit(path, change), known)
    assert faults.faults == [] and back.indicators[0].source == "Cổng dịch vụ công"


def test_document_says_each_thing_once(written):
    path, known, _ = written

    def change(book):
        book["Văn bản"].append(["x", "Tên hai", "title"])
        book["Văn bản"].append(["x", "mồ côi", None])

    told = "\n".join(said(edit(path, change), known))
    assert "khóa “title” lặp lại; cần mỗi khóa một hàng" in told
    assert "có “mồ côi” mà không có khóa" in told


@pytest.mark.parametrize(
    ("text", "name"),
    [("Hạ tầng số", "ha-tang-so"), ("Đ–Đ", "d-d"), ("…", "muc"), ("a" * 99, "a" * 60)],
)
def test_slug(text, name):
    assert slug(text) == name


def test_dates_are_dates_where_dates_belong(written):
    import datetime as dt

    path, known, _ = written

    def change(book):
        sheet = book["Văn bản"]
        beside(sheet, "issued.document", "Nội dung").value = "1/QĐ"
        beside(sheet, "issued.date", "Nội dung").value = dt.date(2024, 2, 1)

    back, faults = read(edit(path, change), known)
    assert faults.faults == [] and back.issued.date == dt.date(2024, 2, 1)
