"""Units: a plain merger of old units into new ones, and what its table may not say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from examples import observe

from dxmethod.faults import Collector
from dxmethod.observations import Status
from dxmethod.units import Crosswalk, merge, read_crosswalk

HEAD = "old,new,new_name\n"


def read(tmp_path, content: str) -> tuple[Crosswalk | None, list[str]]:
    (tmp_path / "sap-nhap.csv").write_text(content, encoding="utf-8")
    faults = Collector()
    found = read_crosswalk(tmp_path / "sap-nhap.csv", faults)
    return found, [str(fault) for fault in faults.faults]


def crosswalk(**went_to: str) -> Crosswalk:
    """Old codes and the new code of each."""
    rows = [{"old": old, "new": new, "new_name": new.upper()} for old, new in went_to.items()]
    return Crosswalk(pd.DataFrame(rows, dtype=object))


def test_table_is_read_with_codes_as_text(tmp_path):
    found, faults = read(tmp_path, HEAD + "01,01,Hà Nội\n02,08,Tuyên Quang\n08,08,Tuyên Quang\n")
    assert faults == []
    assert found.new_units.to_dict() == {"01": "Hà Nội", "08": "Tuyên Quang"}


FAULTY = {
    "old unit twice": (HEAD + "a,x,X\na,y,Y\n", "dòng 3, cột old", "“a” đã có ở dòng 2"),
    "two names": (HEAD + "a,x,X\nb,x,Z\n", "dòng 3, cột new_name", "dòng trước là “X”"),
    "blank code": (HEAD + "a,,X\n", "dòng 2, cột new", "để trống"),
    "split": ("old,new,new_name,share\na,x,X,0.4\n", "dòng 2, cột share", "có “0.4”"),
    "missing columns": ("old,new_name\na,X\n", "dòng 1", "thiếu cột new"),
    "row too short": (HEAD + "a,x\n", "dòng 2", "có 2 ô"),
    "quote left open": (HEAD + '"a,x,X\n', "dòng 2", "dấu ngoặc kép"),
    "empty": ("", "sap-nhap.csv", "không có dòng"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faulty_table_is_said_with_its_row_and_column(tmp_path, case):
    content, place, words = FAULTY[case]
    found, faults = read(tmp_path, content)
    assert found is None
    (fault,) = faults
    assert fault.startswith("Lỗi: sap-nhap.csv")
    assert place in fault
    assert words in fault


def test_missing_table_is_said(tmp_path):
    faults = Collector()
    assert read_crosswalk(tmp_path / "khong-co.csv", faults) is None
    assert "không có tệp này" in str(faults.faults[0])


@pytest.mark.parametrize(("rule", "value"), [("mean", 20), ("sum", 60), ("min", 10), ("max", 30)])
def test_rule_is_applied_to_every_concept(rule, value):
    merged = merge(
        observe({"a": [10, 20, 30], "b": [10, 20, 30]}), crosswalk(u0="x", u1="x", u2="x"), rule
    )
    assert merged.value.tolist() == [[value, value]]
    assert merged.names.to_dict() == {"x": "X"}


def test_new_units_stand_in_the_order_of_the_table():
    merged = merge(observe({"a": [1, 2, 3]}), crosswalk(u2="y", u0="x", u1="y"))
    assert merged.units.index.tolist() == ["y", "x"]
    assert merged.value[:, 0].tolist() == [2.5, 1]


def test_new_unit_without_a_predecessor_here_is_left_out():
    merged = merge(observe({"a": [1]}), crosswalk(u0="x", u9="y"))
    assert merged.units.index.tolist() == ["x"]


def test_unit_that_went_nowhere_is_refused():
    with pytest.raises(ValueError, match="u1"):
        merge(observe({"a": [1, 2]}), crosswalk(u0="x"))


SEEN, MISS, KAD, KPS, KMC = Status
NAN = np.nan


@pytest.mark.parametrize(
    ("cells", "value", "status"),
    [
        ([80, 90], 85, SEEN),
        ([80, None], NAN, MISS),
        ([80, "KAD"], NAN, MISS),
        (["KAD", "KAD"], NAN, KAD),
        (["KPS", "KPS"], NAN, KPS),
        (["KAD", "KPS"], NAN, MISS),
        ([80, "KMC 90"], 85, KMC),
        ([80, "KMC"], NAN, KMC),
        (["KMC 80", "KMC 90"], 85, KMC),
        (["KMC 80", None], NAN, MISS),
    ],
)
def test_status_is_kept_where_predecessors_agree_and_no_claim_becomes_proved(cells, value, status):
    merged = merge(observe({"a": cells}), crosswalk(u0="x", u1="x"))
    np.testing.assert_equal(merged.value, [[value]])
    assert merged.status.tolist() == [[status]]
