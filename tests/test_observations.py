"""Observations: tables that people send, every fault with its row and column, nothing lost."""

from __future__ import annotations

import csv
import io
import unicodedata

import numpy as np
import pandas as pd
import pytest
from examples import HOSTILE, catalogue, concept, observe
from hypothesis import given
from hypothesis import strategies as st

from dxmethod.faults import Collector
from dxmethod.observations import STATUS_LABELS, Observations, Status, read_observations

KNOWN = catalogue(
    "ho-so",
    concept("so-vu", measure="number"),
    concept("co-cong", measure="yes_no"),
    concept("hang", measure="category", categories=("thấp", "vừa", "cao")),
    concept("am", measure="number", range=(-50, 50)),
    concept("ti-le", range=None),
)


def read(tmp_path, content: str | bytes, **options) -> tuple[Observations | None, list[str]]:
    path = tmp_path / "so-lieu.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults = Collector()
    found = read_observations(path, KNOWN, faults, **options)
    return found, [str(fault) for fault in faults.faults]


def refused(tmp_path, content: str | bytes, **options) -> list[str]:
    found, faults = read(tmp_path, content, **options)
    assert found is None
    assert faults
    return faults


def test_numbers_and_statuses_are_read_apart(tmp_path):
    content = (
        "unit,name,ho-so\n01,A,0\n02,B,\n03,C,...\n04,D,KAD\n05,E,kps\n06,F,KMC\n07,G,KMC 80\n"
    )
    found, faults = read(tmp_path, content)
    assert faults == []
    assert found.status[:, 0].tolist() == [0, 1, 1, 2, 3, 4, 4]
    np.testing.assert_equal(found.value[:, 0], [0] + [np.nan] * 5 + [80])
    assert found.units.index.tolist() == ["01", "02", "03", "04", "05", "06", "07"]


def test_every_status_has_a_name():
    assert set(STATUS_LABELS) == set(Status)


@pytest.mark.parametrize(
    "content",
    [
        "unit,ho-so\nx,80.5\n",
        "\ufeffunit,ho-so\r\nx,80.5\r\n",
        "unit;ho-so\nx;80,5\n",
        "\ufeffunit;ho-so\r\nx;80,5\r\n",
        "\n\nunit,ho-so\n\nx,80.5\n\n",
        'unit,"ho-so"\n"x"," 80.5 "\n',
        "ho-so,unit\n+80.50,x",
        "unit,ho-so\nx,8.05e1\n",
    ],
)
def test_forms_that_spreadsheets_write_are_read_alike(tmp_path, content):
    found, faults = read(tmp_path, content)
    assert faults == []
    assert found.value.tolist() == [[80.5]]


def test_name_is_the_code_when_there_is_none(tmp_path):
    found, _ = read(tmp_path, "unit,ho-so\n01,80\n")
    assert found.names.to_dict() == {"01": "01"}


def test_attributes_of_units_are_kept(tmp_path):
    found, _ = read(tmp_path, "unit,name,stratum,province,ho-so\n01,Xã A,mien-nui,Huế,80\n")
    assert found.units.loc["01"].to_dict() == {
        "name": "Xã A", "stratum": "mien-nui", "province": "Huế",
    }  # fmt: skip


FAULTY = {
    "duplicate unit": ("unit,ho-so\na,1\nb,2\na,3\n", "dòng 4, cột unit", "“a” đã có ở dòng 2"),
    "unit left blank": ("unit,ho-so\n,1\n", "dòng 2, cột unit", "mã đơn vị"),
    "no unit column": ("name,ho-so\na,1\n", "dòng 1", "không có cột “unit”"),
    "no column of numbers": ("unit,name\na,A\n", "dòng 1", "không có cột số liệu nào"),
    "duplicate column": ("unit,ho-so,ho-so\na,1,2\n", "dòng 1", "“ho-so” lặp lại"),
    "unknown column": ("unit,am,ho-xo\na,1,1\n", "dòng 1, cột 3", 'gần nhất: "ho-so"'),
    "column without a label": ("unit,ho-so,\na,1,2\n", "dòng 1, cột 3", "cột lạ"),
    "above the range": ("unit,ho-so\na,100.01\n", "dòng 2, cột ho-so", "từ 0 đến 100"),
    "below the range": ("unit,ho-so\na,-0.01\n", "dòng 2, cột ho-so", "từ 0 đến 100"),
    "negative ratio": ("unit,ti-le\na,-1\n", "dòng 2, cột ti-le", "từ 0"),
    "text for a number": ("unit,ho-so\na,nhiều\n", "dòng 2, cột ho-so", "có “nhiều”"),
    "per cent sign": ("unit,ho-so\na,80%\n", "dòng 2, cột ho-so", "có “80%”"),
    "status with a number": ("unit,ho-so\na,KAD 5\n", "dòng 2, cột ho-so", "có “KAD 5”"),
    "claim that is no number": ("unit,ho-so\na,KMC có\n", "dòng 2, cột ho-so", "có “có”"),
    "claim out of range": ("unit,ho-so\na,KMC 101\n", "dòng 2, cột ho-so", "từ 0 đến 100"),
    "decimal comma among commas": ('unit,ho-so\na,"80,5"\n', "dòng 2, cột ho-so", "dấu chấm"),
    "decimal point among semicolons": ("unit;ho-so\na;80.5\n", "dòng 2, cột ho-so", "dấu phẩy"),
    "thousands dot": ("unit;so-vu\na;1.234\n", "dòng 2, cột so-vu", "có “1.234”"),
    "thousands dot and comma": ("unit;so-vu\na;1.234,5\n", "dòng 2, cột so-vu", "“1.234,5”"),
    "thousands comma": ('unit,so-vu\na,"1,234"\n', "dòng 2, cột so-vu", "có “1,234”"),
    "thousands space": ("unit,so-vu\na,1 234\n", "dòng 2, cột so-vu", "có “1 234”"),
    "not a number": ("unit,so-vu\na,nan\n", "dòng 2, cột so-vu", "có “nan”"),
    "infinite": ("unit,so-vu\na,inf\n", "dòng 2, cột so-vu", "có “inf”"),
    "too large for a number": ("unit,so-vu\na,1e999\n", "dòng 2, cột so-vu", "có “1e999”"),
    "too large for a ratio": ("unit,ti-le\na,1e999\n", "dòng 2, cột ti-le", "có “1e999”"),
    "half of a yes": ("unit,co-cong\na,0.5\n", "dòng 2, cột co-cong", "số nguyên từ 0 đến 1"),
    "unknown category": ("unit,hang\na,3\n", "dòng 2, cột hang", "số nguyên từ 0 đến 2"),
    "formula": ("unit,ho-so\na,=1+1\n", "dòng 2, cột ho-so", "có “=1+1”"),
    "row too short": ("unit,name,ho-so\na,A\n", "dòng 2", "có 2 ô; cần 3 ô"),
    "row too long": ("unit,ho-so\na,1,2\n", "dòng 2", "có 3 ô; cần 2 ô"),
    "quote left open": ('unit,ho-so\n"a,1\n', "dòng 2", "dấu ngoặc kép"),
    "quote inside a cell": ('unit,ho-so\n"a"b,1\n', "dòng 2", "dấu ngoặc kép"),
    "control character": ("unit,name,ho-so\na,A\x07B,1\n", "dòng 2, cột name", "điều khiển"),
    "header only": ("unit,ho-so\n", "so-lieu.csv", "không có dòng số liệu"),
    "empty file": ("", "so-lieu.csv", "không có dòng số liệu"),
    "unreadable encoding": ("unit,ho-so\nHuế,1\n".encode("utf-16"), "byte thứ 1", "UTF-8"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faulty_table_is_said_with_its_row_and_column(tmp_path, case):
    content, place, words = FAULTY[case]
    (fault,) = refused(tmp_path, content)
    assert fault.startswith("Lỗi: so-lieu.csv")
    assert place in fault
    assert words in fault


def test_missing_file_is_said(tmp_path):
    faults = Collector()
    assert read_observations(tmp_path / "khong-co.csv", KNOWN, faults, name="data/a.csv") is None
    assert [str(fault) for fault in faults.faults] == [
        "Lỗi: data/a.csv: không có tệp này; cần một tệp đọc được."
    ]


def test_unknown_unit_is_said_with_the_nearest_code(tmp_path):
    (fault,) = refused(tmp_path, "unit,ho-so\nxa-02,1\n", known_units=["xa-01", "phuong-9"])
    assert "dòng 2, cột unit: đơn vị lạ “xa-02”" in fault
    assert 'gần nhất: "xa-01"' in fault


def test_all_faults_of_a_table_are_said_at_once(tmp_path):
    content = "unit,ho-so,co-cong,la\na,nhiều,2,0\na,101,1,0\n"
    assert len(refused(tmp_path, content)) == 5


def test_line_numbers_count_lines_of_the_file(tmp_path):
    content = 'unit,name,ho-so\n\na,"hai\ndòng",1\n\nb,B,x\n'
    (fault,) = refused(tmp_path, content)
    assert "dòng 6, cột ho-so" in fault


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_hostile_names_are_kept_as_they_are(tmp_path, delimiter):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["unit", "name", "ho-so"])
    for name in HOSTILE:
        writer.writerow([name, name, "1"])
    found, faults = read(tmp_path, stream.getvalue())
    assert faults == []
    assert found.names.tolist() == list(HOSTILE)
    assert found.units.index.tolist() == list(HOSTILE)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), min_size=1))
def test_any_printable_name_is_kept(tmp_path_factory, names):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["unit", "name", "ho-so"], *([n, name, 1] for n, name in enumerate(names))])
    found, faults = read(tmp_path_factory.mktemp("csv"), stream.getvalue())
    assert faults == []
    assert found.names.tolist() == [unicodedata.normalize("NFC", name).strip() for name in names]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_kept(tmp_path_factory, number):
    found, faults = read(tmp_path_factory.mktemp("csv"), f"unit,so-vu\na,{number!r}\n")
    assert faults == []
    assert found.value.tolist() == [[number]]


def test_frame_of_numbers_becomes_observations():
    frame = pd.DataFrame({"ho-so": [80, np.nan], "stratum": ["x", None]}, index=["a", "b"])
    found = Observations.from_frame(frame, KNOWN, source="nguồn", simulated=True)
    assert found.status.tolist() == [[Status.OBSERVED], [Status.MISSING]]
    assert found.names.tolist() == ["a", "b"]
    assert (found.source, found.simulated) == ("nguồn", True)
    assert found.value.flags.f_contiguous


def test_frame_may_not_hold_infinities_nor_a_unit_twice():
    with pytest.raises(ValueError, match="finite"):
        Observations.from_frame(pd.DataFrame({"ho-so": [np.inf]}, index=["a"]), KNOWN)
    with pytest.raises(ValueError, match="twice"):
        Observations.from_frame(pd.DataFrame({"ho-so": [1, 2]}, index=["a", "a"]), KNOWN)


@pytest.mark.parametrize(
    ("value", "status"),
    [(np.nan, Status.OBSERVED), (1.0, Status.MISSING), (1.0, Status.NOT_APPLICABLE)],
)
def test_value_and_status_may_not_contradict_each_other(value, status):
    units = pd.DataFrame({"name": ["a"]}, index=["a"])
    cells = np.array([[value]]), np.array([[status]], dtype=np.uint8)
    with pytest.raises(ValueError, match="observed"):
        Observations(units, (KNOWN["ho-so"],), *cells)


def test_shapes_must_agree():
    units = pd.DataFrame({"name": ["a"]}, index=["a"])
    with pytest.raises(ValueError, match="need"):
        Observations(units, (KNOWN["ho-so"],), np.zeros((2, 1)), np.zeros((2, 1), dtype=np.uint8))


def test_units_are_selected_in_the_order_asked():
    found = observe({"ho-so": [1, None, 3]}).select(["u2", "u1"])
    assert found.units.index.tolist() == ["u2", "u1"]
    np.testing.assert_equal(found.value, [[3], [np.nan]])
    assert found.status.tolist() == [[Status.OBSERVED], [Status.MISSING]]


def test_unknown_unit_is_not_taken_for_another():
    with pytest.raises(KeyError, match="u9"):
        observe({"ho-so": [1, 2]}).select(["u9"])


def test_strata_are_known_by_code_and_name():
    found = observe({"ho-so": [1, 2, 3]}, strata=["y", None, "x"]).strata
    assert found.categories.tolist() == ["x", "y"]
    assert found.codes.tolist() == [1, -1, 0]
    assert observe({"ho-so": [1]}).strata.codes.tolist() == [-1]
