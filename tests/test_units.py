"""The crosswalk of a reorganisation: what its table may say, shares, strata declared after it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dxmethod.faults import Collector
from dxmethod.units import Crosswalk, declare_strata, read_crosswalk, read_strata

HEAD = "old,new,new_name\n"
SHARED = "old,new,new_name,share\n"
PARTED = "old,new,new_name,part,is_default\n"


def read(tmp_path, content: str, how=read_crosswalk):
    (tmp_path / "bang.csv").write_text(content, encoding="utf-8")
    faults = Collector()
    found = how(tmp_path / "bang.csv", faults)
    return found, [str(fault) for fault in faults.faults]


def table(content: str, tmp_path) -> Crosswalk:
    found, faults = read(tmp_path, content)
    assert faults == []
    return found


def test_table_is_read_with_codes_as_text(tmp_path):
    found = table(HEAD + "01,01,Hà Nội\n02,08,Tuyên Quang\n08,08,Tuyên Quang\n", tmp_path)
    assert found.new_units.to_dict() == {"01": "Hà Nội", "08": "Tuyên Quang"}
    assert not found.divided.any()
    assert found.shares("supplied").tolist() == [1, 1, 1]


FAULTY = {
    "old unit twice": (HEAD + "a,x,X\na,y,Y\n", "dòng 3, cột old", "“a” đã có ở dòng 2"),
    "pair twice": (SHARED + "a,x,X,\na,x,X,\n", "dòng 3, cột old", "“a” đã có ở dòng 2"),
    "two names": (HEAD + "a,x,X\nb,x,Z\n", "dòng 3, cột new_name", "dòng trước là “X”"),
    "blank code": (HEAD + "a,,X\n", "dòng 2, cột new", "để trống"),
    "lost share": (SHARED + "a,x,X,0.4\n", "dòng 2, cột share", "cộng lại được 0.4"),
    "too much": (SHARED + "a,x,X,0.5\na,y,Y,0.6\n", "dòng 2, cột share", "cộng lại được 1.1"),
    "no share": (SHARED + "a,x,X,nửa\n", "dòng 2, cột share", "có “nửa”"),
    "nothing goes there": (SHARED + "a,x,X,0\n", "dòng 2, cột share", "có “0”"),
    "some shares": (SHARED + "a,x,X,0.5\na,y,Y,\n", "dòng 2, cột share", "chỉ có ở vài dòng"),
    "part of one": (PARTED + "a,x,X,part,1\n", "dòng 2, cột part", "ghi part mà có 1 dòng"),
    "odd part": (PARTED + "a,x,X,nửa,1\n", "dòng 2, cột part", "có “nửa”"),
    "odd default": (PARTED + "a,x,X,whole,x\n", "dòng 2, cột is_default", "có “x”"),
    "two defaults": (
        PARTED + "a,x,X,part,1\na,y,Y,part,1\n",
        "dòng 2, cột is_default",
        "nhiều đơn vị mặc định",
    ),
    "odd date": (
        "old,new,new_name,effective\na,x,X,1/7/2025\n",
        "dòng 2, cột effective",
        "có “1/7/2025”",
    ),
    "missing columns": ("old,new_name\na,X\n", "dòng 1", "thiếu cột new"),
    "row too short": (HEAD + "a,x\n", "dòng 2", "có 2 ô"),
    "quote left open": (HEAD + '"a,x,X\n', "dòng 2", "dấu ngoặc kép"),
    "empty": ("", "bang.csv", "không có dòng"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faulty_table_is_said_with_its_row_and_column(tmp_path, case):
    content, place, words = FAULTY[case]
    found, faults = read(tmp_path, content)
    assert found is None
    assert any(
        fault.startswith("Lỗi: bang.csv") and place in fault and words in fault for fault in faults
    )
    assert len(faults) == (2 if case == "odd part" else 1)


def test_missing_table_is_said(tmp_path):
    faults = Collector()
    assert read_crosswalk(tmp_path / "khong-co.csv", faults) is None
    assert "không có tệp này" in str(faults.faults[0])


def test_given_shares_stand_unless_overridden(tmp_path):
    found = table(SHARED + "a,x,X,0.2\na,y,Y,0.8\nb,y,Y,\n", tmp_path)
    assert found.divided.tolist() == [True, True, False]
    for assumption in ("supplied", "equal", "default"):
        assert found.shares(assumption).tolist() == [0.2, 0.8, 1]
    assert found.shares("equal", override=True).tolist() == [0.5, 0.5, 1]


def test_blank_shares_are_assumed_and_never_guessed(tmp_path):
    found = table(PARTED + "a,x,X,part,0\na,y,Y,part,1\nb,y,Y,whole,1\n", tmp_path)
    assert found.shares("equal").tolist() == [0.5, 0.5, 1]
    assert found.shares("default").tolist() == [0, 1, 1]
    np.testing.assert_array_equal(found.shares("supplied"), [np.nan, np.nan, 1])


def test_without_a_default_unit_the_default_supplies_nothing(tmp_path):
    found = table(SHARED + "a,x,X,\na,y,Y,\nb,y,Y,\n", tmp_path)
    np.testing.assert_array_equal(found.shares("default"), [np.nan, np.nan, 1])


STRATA = "unit,stratum,basis,year\n"


def units() -> pd.DataFrame:
    """New units that carry a stratum from before, which no decision declares."""
    return pd.DataFrame({"name": ["X", "Y"], "stratum": ["khu-vuc-iii"] * 2}, index=["x", "y"])


def test_strata_are_declared_anew_and_the_rest_is_said(tmp_path):
    strata, faults = read(tmp_path, STRATA + "x,khu-vuc-i,QĐ 1,2026\n", read_strata)
    assert faults == []
    said = Collector()
    declared = declare_strata(units(), strata, said)
    assert declared["stratum"].tolist() == ["khu-vuc-i", None]
    (warning,) = said.warnings
    assert "1 đơn vị mới chưa có khu vực (Y)" in str(warning)
    assert said.errors == ()


def test_other_attributes_may_be_declared_beside_the_stratum(tmp_path):
    content = "unit,stratum,basis,year,unit_class,note\nx,khu-vuc-i,QĐ 1,2026,phường,?\n"
    strata, _ = read(tmp_path, content, read_strata)
    declared = declare_strata(units(), strata, Collector())
    assert list(declared) == ["name", "stratum", "unit_class"]
    assert declared["unit_class"].tolist() == ["phường", None]


def test_nothing_declared_is_no_stratum_for_anyone():
    said = Collector()
    assert declare_strata(units(), None, said)["stratum"].tolist() == [None, None]
    assert "2 đơn vị mới" in str(said.warnings[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (STRATA + "x,i,,2026\n", "dòng 2, cột basis: để trống"),
        (STRATA + "x,i,QĐ 1,2026\nx,ii,QĐ 1,2026\n", "“x” đã có ở dòng 2"),
        ("unit,stratum,basis\nx,i,QĐ 1\n", "thiếu cột year"),
    ],
)
def test_a_stratum_without_decision_year_or_twice_is_refused(tmp_path, content, words):
    found, faults = read(tmp_path, content, read_strata)
    assert found is None
    (fault,) = faults
    assert words in fault
