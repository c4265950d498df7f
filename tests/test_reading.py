"""One cell read as people write it: numbers, words, several by name; all else is refused."""

from __future__ import annotations

import pytest
from examples import concept
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.faults import Collector
from dxmethod.reading import (
    plain,
    read_by_name,
    read_number,
    read_word,
    read_yaml_cell,
    write_number,
)
from dxmethod.sheets import Cell, tidy

RATIO = concept("r")
LOWER = concept("l", better="lower", measure="number", unit="vụ")
YES = concept("y", measure="yes_no", unit="Có/Không")
RANKED = concept("c", measure="category", unit="loại", categories=("A-", "A+", "Loại B: kém; xấu"))


def cell(value: object, **fields: object) -> Cell:
    return Cell(tidy(value), "trang T, hàng 5, cột E", **fields)  # type: ignore[arg-type]


def number(value: object, unit: str = "", good: str = "", **fields: object) -> object:
    """The number that is read, or what is said instead."""
    faults = Collector("t.xlsx")
    found = read_number(cell(value, **fields), faults, unit, good)
    return str(faults.faults[0]) if faults.faults else found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (80, 80.0),
        ("80", 80.0),
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("1.500", 1500.0),
        ("1 500", 1500.0),
        ("1\u00a0500,25", 1500.25),
        ("1.234.567,5", 1234567.5),
        ("0.500", 0.5),
        ("0.125", 0.125),
        ("80%", 80.0),
        ("80 %", 80.0),
        ("≥ 80", 80.0),
        (">= 80 %", 80.0),
        ("≥\u00a080", 80.0),
        ("⩾80", 80.0),
        ("−5", -5.0),
        ("1e-07", 1e-7),
        (None, None),
    ],
)
def test_number_is_read_as_people_write_it(written, read):
    assert number(written, "%", "≥") == read


@pytest.mark.parametrize(
    "written", ["khoảng 80", "8O", "5 10", "80 90%", "> 80", "1.50.0", "12,5,0", "1e999", "≥", "x"]
)
def test_what_is_no_number_is_refused_at_its_place(written):
    assert number(written, "%", "≥") == (
        f"Lỗi: t.xlsx, trang T, hàng 5, cột E: có “{written}”; "
        "cần một số, ví dụ 12,5 hoặc 80%, trước số chỉ có thể là dấu ≥."
    )


def test_per_cent_is_read_where_the_unit_is_per_cent():
    assert number(0.8, "%", percent=True) == 80.0
    assert number(0.07, "%", percent=True) == 7.0
    assert "có 80%; cần số tính bằng người" in str(number(0.8, "người", percent=True))
    assert "có “80%”" in str(number("80%", "người"))


def test_unit_may_stand_behind_its_number():
    assert number("1.500 người", "người") == 1500.0
    assert number("10 điểm", "điểm") == 10.0
    assert "có “10 điểm”" in str(number("10 điểm", "người"))


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200)
def test_number_written_is_read_back_exactly(value):
    assert number(write_number(value)) == value


def by_name(text: object, asked: object = RATIO) -> object:
    faults = Collector("t.xlsx")
    found = read_by_name(cell(text), faults, asked.unit, asked)  # type: ignore[attr-defined, arg-type]
    return str(faults.faults[0]) if faults.faults else found


@pytest.mark.parametrize(
    ("written", "asked", "read"),
    [
        ("chung: ≥ 80; khu vực III: 50", RATIO, {"*": 80.0, "khu vực III": 50.0}),
        ("Chung : 80%", RATIO, {"*": 80.0}),
        ('{"a: b": 5}', RATIO, {"a: b": 5}),
        ("có", YES, 1.0),
        ("ĐẠT", YES, 1.0),
        ("Không", YES, 0.0),
        (True, YES, 1.0),
        ("chung: Có; núi: Không", YES, {"*": 1.0, "núi": 0.0}),
        ("A+", RANKED, 1.0),
        ("A-", RANKED, 0.0),
        ("Loại B: kém; xấu", RANKED, 2.0),
        ("≤ 3", LOWER, 3.0),
        ("<=3 vụ", LOWER, 3.0),
    ],
)
def test_threshold_is_a_number_a_word_or_several_by_name(written, asked, read):
    assert by_name(written, asked) == read


@pytest.mark.parametrize(
    ("written", "asked", "said"),
    [
        ("≤ 80", RATIO, "cần dấu ≥: khái niệm r càng cao càng tốt"),
        (">= 3", LOWER, "cần dấu ≤: khái niệm l càng thấp càng tốt"),
        ("x", YES, "có “x”; cần một trong: “Có”, “Không”, hoặc để trống"),
        ("A", RANKED, "có “A”; cần một trong: “A-”, “A+”"),
        ("a: 5; a: 6", RATIO, "“chung: số; tên nhóm: số”, mỗi nhóm một lần"),
        ("a: 5; ", RATIO, "mỗi nhóm một lần"),
        ("a: ; b: 5", RATIO, "mỗi nhóm một lần"),
        ("a: nhiều", RATIO, "có “nhiều”"),
        ("{a: 5", RATIO, "không đúng cú pháp YAML"),
    ],
)
def test_wrong_threshold_is_refused(written, asked, said):
    told = by_name(written, asked)
    assert isinstance(told, str) and said in told and "hàng 5, cột E" in told


@pytest.mark.parametrize(
    ("odd", "value", "said"),
    [
        ("formula", "=SUM(A1)", "có công thức “=SUM(A1)”; cần giá trị (chép rồi dán"),
        ("error", "#REF!", "có lỗi của Excel “#REF!”"),
        ("date", "2024-02-01", "có ngày tháng “2024-02-01”; cần chữ"),
        ("truth", "Có", "có giá trị TRUE, FALSE; cần chữ"),
    ],
)
def test_odd_content_is_refused_unless_allowed(odd, value, said):
    faults = Collector()
    assert plain(cell(value, odd=odd), faults).value is None
    assert said in str(faults.faults[0])
    assert plain(cell(value, odd=odd), faults, (odd,)).text == value
    assert len(faults.faults) == 1


def test_word_is_read_in_either_language_whatever_its_case():
    faults = Collector()
    assert read_word("status", cell("DỰ  THẢO"), faults) == "draft"
    assert read_word("tree.combine", cell("geometric"), faults) == "geometric"
    assert not faults.faults
    read_word("status", cell("nháp"), faults)
    assert "có “nháp”; cần một trong: “dự thảo”, “đã ban hành”" in str(faults.faults[0])


def test_broken_yaml_says_where_in_the_cell():
    faults = Collector()
    assert read_yaml_cell(cell("{kind: linear, at: [0, 100}"), faults) is None
    assert "cột E, ký tự thứ 27: không đúng cú pháp YAML" in str(faults.faults[0])
