"""A framework's own examples: computed, compared, and every slip in them said."""

from __future__ import annotations

import pytest
from examples import LINE, catalogue, concept, framework, indicator, levels

from dxmethod.examples import check_examples
from dxmethod.framework import Band, Example, Framework

KNOWN = catalogue("a", "b", concept("w", measure="yes_no", unit="có, không"))


def asked(*examples: Example, **fields) -> Framework:
    """Points on a and b, a level on a by stratum, a band from 50."""
    items = (
        indicator("a", value=LINE, points=60, required={"dat": {"*": 50, "nui": 30}}),
        indicator("b", value=LINE, points=40, applies_to=fields.pop("applies_to", {})),
        indicator("w"),
    )
    bands = (Band(id="thap", label="thấp"), Band(id="cao", label="cao", at_least=50))
    given = {"levels": levels("dat"), "bands": bands, "examples": examples, **fields}
    return framework(*items, **given)


def said(*examples: Example, **fields) -> list[str]:
    return [str(fault) for fault in check_examples(asked(*examples, **fields), KNOWN, "a.yml")]


def example(reported, **fields) -> Example:
    return Example(says="ví dụ của văn bản", reported=reported, **fields)


def test_examples_that_hold_say_nothing():
    assert said() == []
    assert (
        said(
            example({"a": 50, "b": 100}, total=70, level="dat", band="cao"),
            example({"a": 40, "b": 0}, total=24, level="none", band="thap"),
            example({"a": 40, "b": 0}, unit={"stratum": "nui"}, level="dat"),
            example({"a": 50, "b": "KAD"}, total=50),
            example({"a": 33.3, "b": 0}, total=20, within=0.05),
        )
        == []
    )


def test_an_example_that_comes_out_otherwise_is_a_finding_with_both_answers():
    found = said(example({"a": 50, "b": 100}, total=71, level="none", band="thap"))
    assert found == [
        "Cảnh báo: a.yml, ví dụ 1: tổng: tính được 70.0; cần 71.0 như ví dụ nêu.",
        "Cảnh báo: a.yml, ví dụ 1: mức độ: tính được dat; cần none như ví dụ nêu.",
        "Cảnh báo: a.yml, ví dụ 1: xếp loại: tính được cao; cần thap như ví dụ nêu.",
    ]


@pytest.mark.parametrize(
    ("reported", "words"),
    [
        ({"a": 50, "aa": 1}, "mục reported: có “aa”; cần một tên đã biết"),
        ({"a": 101}, "khái niệm a: có “101”; cần số từ 0 đến 100"),
        ({"a": "năm mươi"}, "khái niệm a: có “năm mươi”; cần một số"),
        ({"w": 0.5}, "khái niệm w: có “0.5”; cần số nguyên từ 0 đến 1"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(reported, words):
    (fault,) = said(example(reported, total=1))
    assert fault.startswith("Lỗi: a.yml, ví dụ 1") and words in fault


def test_every_example_is_tried_even_behind_a_wrong_one():
    found = said(example({"x": 1}, total=1), example({"a": 50, "b": 100}, total=1))
    assert [text.split(":")[1].split(", ")[1] for text in found] == ["ví dụ 1", "ví dụ 2"]


def test_an_attribute_that_decides_must_be_given():
    (fault,) = said(example({"a": 1, "b": 1}, total=1), applies_to={"unit_class": ("x",)})
    assert "không có cột unit_class" in fault
