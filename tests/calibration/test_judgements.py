"""Judged units: what is read, and what is wrong of it, all at once."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from examples import framework, indicator, levels, observe

from dxmethod.assessment import assess
from dxmethod.calibration.judgements import check_judgements, read_judgements
from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector
from dxmethod.framework import read_framework

ROOT = Path(__file__).resolve().parents[2]
ITEM = indicator("a", required={"muc-1": 10, "muc-2": 50})
RULES = framework(ITEM, levels=levels("muc-1", "muc-2"))


@pytest.fixture
def read(tmp_path):
    def reading(text, rules=RULES, **options):
        path = tmp_path / "judgements.csv"
        path.write_text(text, encoding="utf-8")
        faults = Collector()
        return read_judgements(path, rules, faults, **options), [str(f) for f in faults.faults]

    return reading


def test_the_shipped_pilot_is_read_as_it_is():
    faults = Collector()
    rules = read_framework(ROOT / "frameworks/mic-2361-2024/commune.yml", faults)
    path = ROOT / "data/pilot/mo-phong-chuyen-gia.csv"
    found = read_judgements(path, rules, faults, simulated=True)
    assert faults.faults == [] and found.simulated
    assert found.rounds == ("2024", "2025") and len(found.judges) == 7
    year = found.of("2025")
    assert year.level.shape == (7, 120) and not np.isnan(year.level).any()
    assert year.frame["level"].between(0, 5).all()
    assert read_catalogue(ROOT / "frameworks/catalogue", faults)
    with pytest.raises(ValueError, match="chọn một đợt"):
        _ = found.level


def test_levels_by_place_id_or_label_in_vietnamese_csv(read):
    text = (
        "Chuyên gia;Đơn vị;Mức;blind;date\nA;u0;MUC-1;có;2025-07-01\nA;u1;2,0;Không;01/7/2025\n"
        "A;u2;Chưa đạt;;\nB;u0;0;có;\n"
    )
    found, faults = read(text)
    assert faults == []
    assert found.frame["level"].tolist() == [1, 2, 0, 0]
    assert found.frame["blind"].tolist() == [True, False, None, True]
    assert found.frame["date"].tolist()[:3] == [dt.date(2025, 7, 1)] * 2 + [None]
    assert np.array_equal(found.level, [[1, 2, 0], [0, np.nan, np.nan]], equal_nan=True)


def test_every_fault_at_once_with_row_and_column(read):
    text = (
        "judge,unit,level,blind,date\nA,u0,3,có,2025-13-01\nA,u9,NaN,maybe,\nA,u0,1,,\n"
        ",u1,1.5,,\nB,u1,,,\n"
    )
    found, faults = read(text, units=["u0", "u1"])
    assert found is None
    wanted = {
        "dòng 2, cột level: không có mức “3”",
        "dòng 2, cột date: có “2025-13-01”",
        "dòng 3, cột unit: đơn vị lạ “u9”",
        "dòng 3, cột level: không có mức “NaN”",
        "dòng 3, cột blind: có “maybe”",
        "dòng 4: “A” đã xếp “u0” ở dòng 2",
        "dòng 5, cột judge: để trống",
        "dòng 5, cột level: không có mức “1.5”",
        "dòng 6, cột level: để trống",
    }
    assert len(faults) == len(wanted)
    assert all(any(part in line for line in faults) for part in wanted)


def test_the_same_unit_in_another_round_is_no_fault(read):
    found, faults = read("judge,unit,level,round\nA,u0,1,2024\nA,u0,2,2025\n")
    assert faults == [] and found.of("2025").level.tolist() == [[2.0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("judge,unit\nA,u0\n", "thiếu cột level"),
        ("judge,unit,level,levels\nA,u0,1,1\n", "cột lạ “levels”"),
        ("judge,unit,level,mức\nA,u0,1,1\n", "lặp lại"),
        ("judge,unit,level\n", "không có dòng số liệu"),
        ("judge,unit,level\nA,u0\n", "có 2 ô"),
    ],
)
def test_a_table_of_another_form_is_refused(read, text, said):
    found, faults = read(text)
    assert found is None and any(said in line for line in faults)


def judged(read, *rows):
    found, faults = read("judge,unit,level,blind\n" + "\n".join(rows))
    assert faults == []
    return found


def test_too_little_to_learn_from_is_said_first(read):
    said = check_judgements(judged(read, "A,u0,1,", "A,u1,1,"))
    assert [fault.severity for fault in said] == ["lỗi", "lỗi", "cảnh báo"]
    assert "mọi đơn vị được xếp “muc-1”" in said[0].found
    assert said[1].found == "có 2 đơn vị được xếp mức"
    assert "chuyên gia A" in said[2].place


def test_levels_nobody_gave_and_judgements_not_blind_are_warned_of(read):
    said = check_judgements(judged(read, "A,u0,1,không", "A,u1,0,không", "B,u2,1,có"))
    assert {fault.severity for fault in said} == {"cảnh báo"}
    assert [fault.place for fault in said] == ["mức muc-2", "chuyên gia A"]


def test_criteria_that_tell_nothing_of_the_judged_units_are_named(read):
    rules = framework(
        *(indicator(name, required={"muc-1": 10}) for name in "abc"),
        levels=levels("muc-1", "muc-2"),
    )
    columns = {"a": [1, 2, 3, 4], "b": [5, 5, 5, 9], "c": [None, None, None, 1]}
    found = judged(read, "A,u0,0,", "A,u1,1,", "A,u2,2,")
    said = check_judgements(found, assess(rules, observe(columns)))
    assert [(fault.place, fault.found) for fault in said] == [
        ("chỉ tiêu b", "mọi đơn vị cùng một giá trị"),
        ("chỉ tiêu c", "không đơn vị nào có số liệu"),
    ]
