"""Faults: one line each, all of them at once, the nearest valid name."""

import pytest

from dxmethod.faults import Collector, Fault, Faults, nearest, quoted


def test_fault_names_file_place_found_and_expected():
    fault = Fault("khung.yml", "dòng 3", "có “x”", "một số")
    assert str(fault) == "Lỗi: khung.yml, dòng 3: có “x”; cần một số."


def test_fault_leaves_out_what_is_not_known():
    assert str(Fault("", "", "tệp rỗng", "")) == "Lỗi: tệp rỗng."
    assert str(Fault("a.yml", "", "tệp rỗng", "", "cảnh báo")) == "Cảnh báo: a.yml: tệp rỗng."


def test_all_faults_are_raised_at_once():
    found = Collector("a.csv")
    found.add("dòng 2", "trống", "một số")
    found.add("dòng 3", "trống", "một số")
    found.add("", "cộng lại được 9", severity="cảnh báo")
    with pytest.raises(Faults) as caught:
        found.raise_errors()
    assert caught.value.faults == tuple(found.faults)
    assert str(caught.value).count("\n") == 2


def test_warnings_alone_stop_nothing():
    found = Collector("a.csv")
    found.add("", "cộng lại được 9", severity="cảnh báo")
    found.raise_errors()
    assert [fault.severity for fault in found.warnings] == ["cảnh báo"]
    assert found.errors == ()


def test_faults_of_another_reader_keep_their_file():
    found = Collector("a.yml")
    found.extend([Fault("b.csv", "dòng 2", "trống", "")])
    found.add("dòng 1", "x", file="c.csv")
    assert [fault.file for fault in found.faults] == ["b.csv", "c.csv"]


def test_nearest_name_is_suggested():
    assert nearest("treshold", ["threshold", "label"]) == 'một tên đã biết (gần nhất: "threshold")'


def test_without_a_near_name_the_valid_ones_are_listed():
    assert nearest("zzz", ["label", "code"]) == 'một trong các tên: "label", "code"'
    many = nearest("zzz", [f"ten-{number}" for number in range(20)])
    assert many.count('"') == 24
    assert many.endswith(", …")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "“x”"),
        (12, "12"),
        (True, "giá trị logic true"),
        ("một\nhai", "“một⏎hai”"),
        ("a" * 100, "“" + "a" * 59 + "…”"),
    ],
)
def test_what_a_user_typed_is_shown_on_one_short_line(value, shown):
    assert quoted(value) == shown
