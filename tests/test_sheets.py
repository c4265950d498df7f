"""A table is found by its header, however official sheets print it."""

from __future__ import annotations

import unicodedata

import pytest
from tables import grid

from dxmethod.columns import main_columns
from dxmethod.faults import Collector
from dxmethod.framework import Level
from dxmethod.sheets import MAX_BYTES, Cell, find_table, refuse_file, tidy

LEVELS = (Level(id="m1", label="Khởi đầu"), Level(id="m2", label="Nguồn"))
COLUMNS = main_columns(LEVELS, points=False)
HEADER = ("TT", "Tiêu chí", "Mức 1", "Mức 2")


def found(*rows, **fields):
    """Rows that are read, as text by key, and what is said."""
    faults = Collector()
    table = find_table(grid(*rows, **fields), COLUMNS, faults)
    lines = [{k: c.text for k, c in row.items()} for row in table.rows] if table else None
    return lines, [str(fault) for fault in faults.faults]


ROW = {"code": "1", "label": "Hồ sơ", "level:m1": "50", "level:m2": "80"}


@pytest.mark.parametrize(
    "head",
    [
        [HEADER],
        [("Phụ lục", None, None, None), (None,) * 4, HEADER],
        [("STT", unicodedata.normalize("NFD", "TIÊU  CHÍ\u00a0"), "Mức độ 1", "MỨC ĐỘ 2")],
        [("TT", "Tiêu chí", "Mức 1\nKhởi đầu", "Mức 2\nNguồn")],
        [("TT", "Tiêu chí", "Mức độ", None), (None, None, "Mức 1", "Mức 2")],
        [("Phụ lục",), ("TT", "Tiêu chí", "Mức độ", None), (None, None, "Mức 1", "Mức 2")],
        [HEADER, ("(1)", "(2)", "(3)", "(4)")],
        [HEADER, ("A", "B", "1", "2")],
        [HEADER, HEADER],
    ],
)
def test_header_is_found_as_it_is_printed(head):
    assert found(*head, ("1", "Hồ sơ", 50.0, 80.0)) == ([ROW], [])


def test_level_may_bear_the_name_of_another_column():
    row = ("1", "Hồ sơ", 50.0, 80.0, "Cổng")
    assert found((*HEADER, "Nguồn"), row) == ([ROW | {"source": "Cổng"}], [])
    head = ("TT", "Tiêu chí", "Mức 1\nKhởi đầu", "Mức 2\nNguồn", "Minh chứng")
    assert found(head, ("1", "Hồ sơ", 50.0, 80.0, "Tệp")) == ([ROW | {"evidence": "Tệp"}], [])


def test_faults_of_a_header_are_said_at_once():
    _, said = found(("TT", "Tiêu chí", "Mức 1", "Mức 1", "Ghi thêm"), ("1", "a", 1.0, 2.0, "b"))
    places = [line.partition(": ")[2].partition("; ")[0] for line in said]
    assert places == [
        "trang T, hàng 1, cột D: tiêu đề “Mức 1” lặp lại",
        "trang T, hàng 1, cột E: cột lạ “Ghi thêm”",
        "trang T, hàng 1, cột A: thiếu cột “Mức 2 Nguồn”",
        "trang T, hàng 2, cột D: có “2” ngoài các cột",
        "trang T, hàng 2, cột E: có “b” ngoài các cột",
    ]
    assert not any("\n" in line for line in said)


def test_fault_counts_only_below_the_header():
    faults = ((0, "các ô A1:B2", "gộp", "tách"), (2, "các ô A3:A4", "gộp", "tách"))
    _, said = found(HEADER, ("1", "a", 1.0, 2.0), ("2", "b", 1.0, 2.0), faults=faults)
    assert said == ["Lỗi: các ô A3:A4: gộp; cần tách."]


def test_table_of_something_else_is_none():
    assert found(("Nơi nhận", "Ký tên"), ("Như trên", "Chủ tịch")) == (None, [])


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (" a\r\nb\rc ", "a\nb\nc"),
        ("e\u0302\u0301", "ế"),
        ("\u00a0 ", None),
        (True, "Có"),
        (3, 3.0),
        ("007", "007"),
    ],
)
def test_content_is_composed_and_stripped(value, kept):
    assert tidy(value) == kept


def test_percentage_reads_as_it_shows():
    assert Cell(0.8, "", percent=True).text == "80%"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "tệp rỗng"),
        (b"a;b;c", "không phải tệp Excel, Word"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 100, "tệp dạng cũ (.xls, .doc) hoặc có mật khẩu"),
        (b"PK" + bytes(MAX_BYTES), "tệp quá lớn (20 MB)"),
    ],
)
def test_file_of_another_kind_is_refused(tmp_path, content, said):
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    faults = Collector(path.name)
    assert refuse_file(path, faults, (".xlsx",))
    assert said in str(faults.faults[0])
    assert refuse_file(tmp_path / "không có.xlsx", faults, (".xlsx",))
    assert "không có tệp này" in str(faults.faults[1])
