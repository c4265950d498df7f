"""Numbers, dates and order as a Vietnamese report prints them."""

import doctest
import unicodedata
from datetime import date

import pytest
from examples import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from dxmethod import vietnamese
from dxmethod.vietnamese import count, number, official_date, percent, signed, sort_key


def test_examples_in_the_docstrings_are_true():
    found = doctest.testmod(vietnamese)
    assert (found.failed, found.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0, 0, "0"),
        (1234567.891, 2, "1.234.567,89"),
        (-1234.5, 1, "-1.234,5"),
        (0.8241, 4, "0,8241"),
        (-0.001, 2, "0,00"),
        (999.999, 2, "1.000,00"),
        (None, 2, "..."),
        (float("nan"), 2, "..."),
        (float("inf"), 2, "..."),
    ],
)
def test_number_has_a_decimal_comma_and_a_thousands_dot(value, decimals, shown):
    assert number(value, decimals) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(3, "+3"), (-3, "-3"), (0, "0"), (0.4, "0"), (None, "...")]
)
def test_change_shows_its_sign(value, shown):
    assert signed(value) == shown


def test_share_is_printed_as_per_cent():
    assert (percent(0.7961), percent(None), percent(1, 0)) == ("79,6%", "...", "100%")


def test_count_goes_with_its_noun():
    assert count(10599, "xã") == "10.599 xã"


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2025, 4, 3), "ngày 03 tháng 4 năm 2025"),
        (date(2024, 1, 31), "ngày 31 tháng 01 năm 2024"),
        (date(2024, 2, 19), "ngày 19 tháng 02 năm 2024"),
        (date(2026, 11, 22), "ngày 22 tháng 11 năm 2026"),
    ],
)
def test_official_date_pads_days_and_the_first_two_months(day, shown):
    assert official_date(day) == shown


def test_date_is_left_blank_for_the_clerk():
    assert official_date(None).split() == ["ngày", "tháng", "năm"]


def test_letters_come_before_tones():
    wanted = [
        "An",
        "Ấn",
        "Ca",
        "Cà",
        "Cả",
        "Cã",
        "Cá",
        "Cạ",
        "Cà Mau",
        "Dương",
        "Đà",
        "E",
        "Ê",
        "Ô",
        "Ơ",
    ]
    assert sorted(reversed(wanted), key=sort_key) == wanted


def test_composed_and_decomposed_text_sort_alike():
    decomposed = unicodedata.normalize("NFD", "Đắk Lắk")
    assert sort_key(decomposed)[:2] == sort_key("Đắk Lắk")[:2]


@given(st.lists(st.text()))
def test_order_does_not_depend_on_where_texts_stood(texts):
    assert sorted(texts, key=sort_key) == sorted(reversed(texts), key=sort_key)


def test_tone_without_a_composed_form_goes_with_its_letter():
    """A dot below an x has no composed form; a lone tone has no letter at all."""
    assert sorted(["xa", "x\u0323", "x", "\u0301"], key=sort_key) == [
        "\u0301",
        "x",
        "x\u0323",
        "xa",
    ]


def test_hostile_text_can_be_sorted():
    assert sorted(sorted(HOSTILE, key=sort_key)) == sorted(HOSTILE)
