"""Tables of experts' opinions: what they say, and every fault of them at once."""

import pytest
from openpyxl import Workbook

from dxmethod.calibration.opinions import read_budget, read_delphi, read_pairs
from dxmethod.faults import Collector


@pytest.fixture
def read(tmp_path):
    def reading(reader, text, **options):
        path = tmp_path / "y-kien.csv"
        path.write_text(text, encoding="utf-8")
        faults = Collector()
        return reader(path, faults, **options), [str(fault) for fault in faults.faults]

    return reading


def test_pairs_in_both_hands_of_writing(read):
    text = "Chuyên gia;Nhóm;Mục thứ nhất;Mục thứ hai;Giá trị\nA;g;x;y;1/3\nA;g;y;z;0,5\nA;g;x;z;2\n"
    found, faults = read(read_pairs, text)
    assert faults == []
    assert found["value"].tolist() == [pytest.approx(1 / 3), 0.5, 2]
    assert found["group"].tolist() == ["g"] * 3


def test_the_other_direction_may_be_given_too(read):
    found, faults = read(read_pairs, "expert,first,second,value\nA,x,y,3\nA,y,x,0.33\n")
    assert faults == [] and len(found) == 1


def test_every_fault_of_pairs_at_once(read):
    text = "expert,first,second,value\nA,x,y,10\nA,x,x,1\nA,y,zz,ba\nA,,y,2\nA,x,z,0\nA,y,z,1/0\n"
    found, faults = read(read_pairs, text, items=["x", "y", "z"])
    assert found is None
    said = "\n".join(faults)
    for part in ("có 10,000", "x” so với chính nó", "mục lạ “zz”", "có “ba”", "để trống", "“1/0”"):
        assert part in said
    assert "dòng 4, cột second" in said


def test_pairs_that_contradict_repeat_or_lack(read):
    text = "expert,first,second,value\nA,x,y,3\nA,y,x,3\nA,x,y,3\nB,x,y,2\nB,x,z,2\nB,y,z,1\n"
    found, faults = read(read_pairs, text)
    assert found is None
    assert any("nghịch đảo" in line and "0,333" in line for line in faults)
    assert any("đã so x, y ở dòng 2" in line for line in faults)
    _, faults = read(read_pairs, "expert,first,second,value\nA,x,y,3\nB,x,y,2\nB,x,z,2\nB,y,z,1\n")
    assert len(faults) == 1 and "“A”" in faults[0] and "thiếu 2 cặp: x với z; y với z" in faults[0]


def test_more_than_nine_in_a_group_are_refused(read):
    names = [f"m{k}" for k in range(10)]
    rows = [f"A,{a},{b},1" for i, a in enumerate(names) for b in names[i + 1 :]]
    _, faults = read(read_pairs, "expert,first,second,value\n" + "\n".join(rows))
    assert len(faults) == 1 and "có 10 mục" in faults[0]


def test_a_budget_adds_up_for_everyone_over_the_same_items(read):
    found, faults = read(read_budget, "expert,item,points\nA,x,60\nA,y,40\nB,x,33.3\nB,y,66.7\n")
    assert faults == [] and found["points"].sum() == 200
    text = "expert,item,points\nA,x,60\nA,y,30\nB,x,100\n"
    _, faults = read(read_budget, text)
    assert len(faults) == 2
    assert "tổng số điểm là 90,00" in faults[0] and "không cho điểm: y" in faults[1]
    _, faults = read(read_budget, "expert,item,points\nA,x,120\nA,x,-20\n")
    assert len(faults) == 3 and "A, x đã có ở dòng 2" in faults[2]


def test_rounds_follow_one_another(read):
    found, faults = read(read_delphi, "expert,item,round,value\nA,x,1,3\nA,x,2,4\n")
    assert faults == [] and found["round"].tolist() == [1, 2]
    _, faults = read(read_delphi, "expert,item,round,value\nA,x,1,3\nA,x,3,4\n")
    assert len(faults) == 1 and "vòng 2" in faults[0]
    _, faults = read(read_delphi, "expert,item,round,value\nA,x,1.5,3\nA,y,1,\n")
    assert len(faults) == 2 and "số nguyên từ 1" in faults[1]


def test_a_table_without_its_columns_or_rows_is_refused(read):
    _, faults = read(read_budget, "expert,points\nA,3\n")
    assert len(faults) == 1 and "thiếu cột item" in faults[0]
    _, faults = read(read_budget, "expert,item,points\n")
    assert len(faults) == 1 and "không có dòng ý kiến" in faults[0]
    _, faults = read(read_budget, "")
    assert len(faults) == 1


def test_a_workbook_with_a_formula_is_not_trusted(tmp_path):
    book = Workbook()
    for row in (["Chuyên gia", "Mục", "Điểm"], ["A", "x", 40], ["A", "y", "=100-40"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    faults = Collector()
    assert read_budget(tmp_path / "a.xlsx", faults) is None
    assert any("ô C3 có công thức" in fault.found for fault in faults.faults)
    book.active["C3"] = 60
    book.save(tmp_path / "b.xlsx")
    found = read_budget(tmp_path / "b.xlsx", faults := Collector())
    assert faults.faults == [] and found["points"].tolist() == [40, 60]
