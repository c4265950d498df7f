"""What units send, read strictly or in part: every fault at its cell, every value in its place."""

from __future__ import annotations

import datetime as dt
import random
import re
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, group, indicator
from openpyxl import Workbook, load_workbook

from dxmethod.faults import Collector, Faults
from dxmethod.framework import Process
from dxmethod.observations import Status, read_observations
from dxmethod.opening import MAX_CELLS, letters, look, open_sheets
from dxmethod.personal import is_named_so, redact
from dxmethod.register import read_units
from dxmethod.returns import fault_table, is_wide, load_observations

KNOWN = catalogue(
    concept("ty-le", label="Tỷ lệ hồ sơ", numerator="a", denominator="b"),
    "ho-so",
    concept("so-nguoi", measure="number", unit="người", range=(0, 5000)),
    concept("co-ke-hoach", measure="yes_no", unit="có/không"),
    concept("muc", measure="category", unit="mức", categories=("thấp", "vừa", "cao")),
)
UNITS = pd.DataFrame(
    {"name": ["Xã Một", "Xã Hai", "Xã Ba"], "stratum": "khu vực I"},
    index=["00123", "00456", "00789"],
)
LONG = "unit,concept,stage,status,value,numerator,denominator,window,evidence,note\n"


def write_sheet(path: Path, rows, change=None) -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = "Bảng"
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    book.save(path)
    return path


def wide(path: Path, *rows, head=("unit", *KNOWN), change=None) -> Path:
    return write_sheet(path, [head, *rows], change)


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def load(path: Path, **options):
    return load_observations(path, KNOWN, **options)


def faults(path: Path, **options) -> list[str]:
    with pytest.raises(Faults) as caught:
        load(path, **options)
    return [str(fault) for fault in caught.value.faults]


def test_a_wide_sheet_is_what_its_cells_say(tmp_path):
    path = wide(
        tmp_path / "a.xlsx",
        ("00123", 80, 81.5, None, "Có", 2),
        ("00456", "KAD", "KMC 30", "KPS", "KMC", "1"),
    )
    loaded = load(path, units=UNITS, source="thử", simulated=True)
    got = loaded.observations()
    assert list(got.units.index) == ["00123", "00456"]
    assert list(got.units["stratum"]) == ["khu vực I", "khu vực I"]
    assert np.array_equal(
        got.value, [[80, 81.5, np.nan, 1, 2], [np.nan, 30, np.nan, np.nan, 1]], equal_nan=True
    )
    assert got.status.tolist() == [[0, 0, 1, 0, 0], [2, 4, 3, 4, 0]]
    assert (got.source, got.simulated) == ("thử", True)
    assert loaded.absent == ("00789",)
    assert list(loaded.round.stages) == ["self"]
    assert not loaded.found and not list(tmp_path.glob("*-loi.xlsx"))


@pytest.mark.parametrize("comma", [False, True])
def test_wide_csv_reads_as_the_strict_reader_does(tmp_path, comma):
    rng = random.Random(4)
    rows = [["unit", "name", *KNOWN]]
    for number in range(30):
        cells = [f"{rng.uniform(2, 99):.2f}", rng.choice(["", "KAD", "5.5", "KMC 7.5"]),
                 str(rng.randint(0, 5000)), rng.choice("01"), rng.choice("012")]  # fmt: skip
        rows.append([f"{number:05d}", f"Xã {number}", *cells])
    if comma:
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    content = "\n".join((";" if comma else ",").join(row) for row in rows)
    path = text(tmp_path / "a.csv", content, "utf-8-sig")
    noted = Collector()
    expected = read_observations(path, KNOWN, noted)
    assert expected is not None and not noted.faults
    got = load(path).observations()
    assert np.array_equal(got.value, expected.value, equal_nan=True)
    assert np.array_equal(got.status, expected.status)
    assert got.units.equals(expected.units)
    assert is_wide(path)


def test_a_long_table_has_stages_parts_and_notes(tmp_path):
    path = text(
        tmp_path / "a.csv",
        LONG
        + "00123,ty-le,self,observed,,40,50,2026,12/KH-UBND,\n"
        + "00123,ty-le,verified,,70,35,50,2026,,sửa\n"
        + "00123,ho-so,tự đánh giá,KAD,,,,2026,,\n"
        + "00456,ty-le,self,KPS,,0,0,2026,,\n",
    )
    loaded = load(path)
    assert list(loaded.round.stages) == ["self", "verified"]
    first, last = loaded.observations("self"), loaded.observations("final")
    assert first.value[0, 0] == 80 and last.value[0, 0] == 70
    assert first.numerator[0, 0] == 40 and first.denominator[0, 0] == 50
    assert first.status.tolist() == [[0, 2], [3, 1]]
    assert first.notes.iloc[0]["evidence"] == "12/KH-UBND"
    assert not is_wide(path)


def test_a_round_is_chosen_where_there_are_two(tmp_path):
    content = "unit,concept,value,round\nu1,ho-so,10,2024\nu1,ho-so,20,2025\n"
    path = text(tmp_path / "a.csv", content)
    assert any("có 2 đợt" in said for said in faults(path))
    assert load(path, round_name="2025").observations().value.tolist() == [[20.0]]


# What stands in a wide sheet's row of unit 00456, and what is said of it.
WRONG = {
    "text": (("abc", 1, 1, 1, 1), "ô B3 (giá trị ty-le, đơn vị 00456): có “abc”"),
    "range": ((101, 1, 1, 1, 1), "có 101; cần số từ 0 đến 100"),
    "negative": ((2, -1, 1, 1, 1), "có -1"),
    "half a yes": ((2, 2, 1, 0.5, 1), "có 0,5; cần số nguyên từ 0 đến 1"),
    "category": ((2, 2, 1, 1, 3), "cần số nguyên từ 0 đến 2"),
    "date": ((dt.date(2026, 5, 12), 2, 1, 1, 1), "có ngày tháng 2026-05-12"),
    "truth": ((True, 2, 1, 1, 1), "giá trị logic true"),
    "ambiguous": (("1.234", 2, 1, 1, 1), "có “1.234”"),
    "error": (("#DIV/0!", 2, 1, 1, 1), "có lỗi của Excel"),
    "strange word": (("KXX", 2, 1, 1, 1), "KAD, KPS, KMC"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_cell_is_named_with_what_it_needs(tmp_path, case):
    cells, said = WRONG[case]
    path = wide(tmp_path / "a.xlsx", ("00123", 80, 80, 5, 1, 1), ("00456", *cells))
    found = faults(path, units=UNITS)
    assert len(found) == 1 and said in found[0]
    kept = load(path, units=UNITS, exclude_faulty=True)
    assert kept.excluded == ("00456",)
    assert list(kept.observations().units.index) == ["00123"]
    row = kept.faults.iloc[0]
    assert (row["tệp"], row["trang"], row["hàng"], row["đơn vị"]) == ("a.xlsx", "Bảng", 3, "00456")


LINES = {
    "numerator above": ("00123,ty-le,,,,60,50,,,", "tử số 60 lớn hơn mẫu số 50"),
    "zero below": ("00123,ty-le,,,,0,0,,,", "mẫu số bằng 0"),
    "half of the parts": ("00123,ty-le,,,,5,,,,", "thiếu mẫu số"),
    "no quotient": ("00123,ty-le,,,90,40,50,,,", "tử số chia mẫu số lại là 80"),
    "status and value": ("00123,ho-so,,KAD,5,,,,,", "tình trạng lại là không áp dụng"),
    "status without value": ("00123,ho-so,,Có số liệu,,,,,,", "để trống, tình trạng"),
    "two statuses": ("00123,ho-so,,KAD,KPS,,,,,", "ô giá trị lại ghi"),
    "status word": ("00123,ho-so,,xong,5,,,,,", "có “xong”"),
    "concept": ("00123,ho-sơ,,,5,,,,,", "mã số liệu lạ"),
    "stage": ("00123,ho-so,sơ bộ,,5,,,,,", "giai đoạn lạ"),
    "unknown unit": ("00124,ho-so,,,5,,,,,", 'gần nhất: "00123"'),
    "twice": ("00123,ho-so,,,5,,,,,\n00123,ho-so,,,6,,,,,", "đã có số liệu này ở a.csv, dòng 2"),
    "short row": ("00123,ho-so,,5", "có 4 ô"),
    "parts of a number": ("00123,so-nguoi,,,,1,2,,,", "không tính bằng tỷ lệ"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_wrong_line_is_named(tmp_path, case):
    line, said = LINES[case]
    found = faults(text(tmp_path / "a.csv", LONG + line + "\n"), units=UNITS)
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    "typed, good", [("83.3", True), ("83", True), ("83.34", False), ("83.4", False), ("84", False)]
)
def test_a_typed_value_may_be_rounded_or_cut_off(tmp_path, typed, good):
    path = text(tmp_path / "a.csv", LONG + f"00123,ty-le,,,{typed},5,6,,,\n")
    if good:
        assert load(path).observations().value[0, 0] == pytest.approx(500 / 6)
    else:
        assert "83,3333" in faults(path)[0]


def test_what_excel_hides_is_a_fault(tmp_path):
    def change(sheet):
        sheet["B2"] = "=40+40"
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["D"].hidden = True
        sheet.merge_cells("E4:F4")

    rows = [(code, 80, 80, 5, 1, 1) for code in UNITS.index]
    found = "\n".join(faults(wide(tmp_path / "a.xlsx", *rows, change=change)))
    assert "ô B2" in found and "có công thức" in found
    assert "hàng bị ẩn" in found and "cột bị ẩn" in found and "ô bị gộp" in found


def test_a_percent_cell_is_what_it_shows(tmp_path):
    def change(sheet):
        sheet["B2"].number_format = "0%"

    path = wide(tmp_path / "a.xlsx", ("00123", 0.8, 80, 5, 1, 1), change=change)
    assert load(path).observations().value[0, 0] == 80


def test_shares_among_percentages_are_seen(tmp_path):
    head = ("unit", "ho-so", "ty-le", "x")
    known = KNOWN | catalogue("x")
    rows = [(f"u{n}", 60 + n, 50 + n, 40 + n) for n in range(8)]
    path = write_sheet(tmp_path / "a.xlsx", [head, *rows, ("u8", 0.8, 0.7, 0.9)])
    with pytest.raises(Faults, match="chưa nhân 100") as caught:
        load_observations(path, known)
    assert len(caught.value.faults) == 3
    path = write_sheet(tmp_path / "b.xlsx", [head, *rows, ("u8", 0.8, 70, 90)])
    loaded = load_observations(path, known)
    assert [fault.severity for fault in loaded.found] == ["cảnh báo"]
    assert "có 0,8" in loaded.found[0].found and "80%" in loaded.found[0].expected


def test_lost_zeros_are_put_back_and_said(tmp_path):
    path = wide(tmp_path / "a.xlsx", (123, 80, 80, 5, 1, 1), ("456", 80, 80, 5, 1, 1))
    loaded = load(path, units=UNITS)
    assert list(loaded.observations().units.index) == ["00123", "00456"]
    assert [fault.found for fault in loaded.repaired] == [
        "mã “123” mất số 0 ở đầu",
        "mã “456” mất số 0 ở đầu",
    ]
    path = wide(tmp_path / "b.xlsx", (123, 80, 80, 5, 1, 1), ("00456", 80, 80, 5, 1, 1))
    assert list(load(path).observations().units.index) == ["00123", "00456"]


def test_decomposed_text_is_the_same_text(tmp_path):
    import unicodedata

    content = unicodedata.normalize("NFD", "Mã đơn vị;Tên đơn vị;Tỷ lệ hồ sơ\n00123;Xã Một;80,5\n")
    loaded = load(text(tmp_path / "a.csv", content), units=UNITS)
    assert loaded.observations().value.tolist() == [[80.5]] and not loaded.found


def test_values_are_of_the_window_of_the_framework(tmp_path):
    asked = framework(group("g", indicator("ho-so")), process=Process(window="năm 2025"))
    path = text(tmp_path / "a.csv", LONG + "00123,ho-so,,,5,,,năm 2024,,\n")
    assert "kỳ số liệu “năm 2024”" in faults(path, framework=asked)[0]


def test_a_leap_between_stages_is_worth_a_warning(tmp_path):
    path = text(
        tmp_path / "a.csv",
        LONG + "a,ho-so,self,,40,,,,,\na,ho-so,verified,,70,,,,,\n"
        "b,ho-so,self,,40,,,,,\nb,ho-so,verified,,45,,,,,\nc,ho-so,self,,90,,,,,\n"
        "c,ho-so,verified,,20,,,,,\n",
    )
    found = load(path).found
    assert len(found) == 1 and "thẩm định 70, tự đánh giá chỉ 40" in found[0].found


def test_personal_data_are_reported_blanked_and_never_stored(tmp_path):
    head = ("unit", "ho-so", "Người lập phiếu", "SĐT", "Số gì đó")
    rows = [("00123", 120, "Nguyễn Văn An", "0912345678", "012345678901")]
    path = write_sheet(tmp_path / "a.xlsx", [head, *rows])
    found = faults(path)
    assert sum("dữ liệu cá nhân" in said for said in found) == 3
    sheet = load_workbook(tmp_path / "a-loi.xlsx")["Bảng"]
    assert [sheet.cell(2, column).value for column in (3, 4, 5)] == [None] * 3
    everything = (tmp_path / "a-loi.xlsx").read_bytes()
    with zipfile.ZipFile(BytesIO(everything)) as archive:
        inside = b"".join(archive.read(name) for name in archive.namelist())
    assert b"0912345678" not in inside and b"012345678901" not in inside and b"An<" not in inside
    path = text(tmp_path / "b.csv", LONG + "00123,ho-so,,,5,,,,,hỏi ông Lê Văn Ba 0912345678\n")
    loaded = load(path)
    assert loaded.observations().notes is None
    assert [fault.severity for fault in loaded.found] == ["cảnh báo"]


@pytest.mark.parametrize("header, personal", [("Họ và tên", True), ("Số CCCD", True),
    ("E-mail", True), ("Tỷ lệ hộ", False), ("Số thuê bao điện tử", False)])  # fmt: skip
def test_headers_of_personal_data(header, personal):
    assert is_named_so(header) is personal


def test_document_numbers_are_not_personal():
    said = "Kế hoạch 12/KH-UBND ngày 09/01/2025, 0.912345678, tỉnh Bà Rịa - Vũng Tàu, 2361/QĐ-BTTTT"
    assert redact(said) == said


def test_the_marked_copy_stands_beside_the_file_which_stays_as_it_was(tmp_path):
    path = wide(tmp_path / "a.xlsx", ("00123", 180, 80, 5, 1, 1))
    before = path.read_bytes()
    faults(path)
    assert path.read_bytes() == before
    book = load_workbook(tmp_path / "a-loi.xlsx")
    cell = book["Bảng"]["B2"]
    assert cell.fill.fgColor.rgb.endswith("FFC7CE") and "có 180" in cell.comment.text
    assert book["Lỗi"]["B2"].value == "ô B2" and book["Lỗi"]["C2"].value == "00123"
    first = (tmp_path / "a-loi.xlsx").read_bytes()
    faults(path)
    assert (tmp_path / "a-loi.xlsx").read_bytes() == first


def test_a_copy_of_csv_shows_formulas_as_text(tmp_path):
    faults(text(tmp_path / "a.csv", "unit,ho-so\n=1+1,abc\n"))
    cell = load_workbook(tmp_path / "a-csv-loi.xlsx")["Bảng"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_folder_is_read_file_by_file(tmp_path):
    folder = tmp_path / "nop"
    (folder / "tinh").mkdir(parents=True)
    wide(folder / "a.xlsx", ("00123", 80, 80, 5, 1, 1))
    text(folder / "tinh" / "b.csv", "unit;ho-so\n00456;81,5\n")
    text(folder / "~$a.xlsx", "x")
    text(folder / "cu-loi.xlsx", "x")
    text(folder / "anh.pdf", "x")
    text(folder / "hong.xlsx", "PK nothing")
    found = faults(folder, progress=True)
    assert any("hong.xlsx" in said and "hỏng" in said for said in found)
    loaded = load(folder, exclude_faulty=True, units=UNITS)
    assert loaded.refused == ("hong.xlsx",)
    assert list(loaded.observations().units.index) == ["00123", "00456"]
    assert [fault.file for fault in loaded.found if "bỏ qua" in fault.found] == ["anh.pdf"]
    assert set(fault_table(loaded.found)["mức"]) == {"lỗi", "cảnh báo"}


def test_the_same_unit_in_two_files_is_said_once(tmp_path):
    for name in "ab":
        wide(tmp_path / f"{name}.xlsx", ("00123", 80, 80, 5, 1, 1))
    found = faults(tmp_path)
    assert len(found) == 1 and "đã có ở a.xlsx" in found[0] and "5 số liệu trùng" in found[0]


def test_two_tables_of_the_same_units_complete_each_other(tmp_path):
    write_sheet(tmp_path / "a.xlsx", [("unit", "ho-so"), ("u1", 5)])
    write_sheet(tmp_path / "b.xlsx", [("unit", "so-nguoi"), ("u1", 7)])
    got = load(tmp_path).observations()
    assert got.value.tolist() == [[5, 7]]


@pytest.mark.parametrize("name, content, said", [
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "dạng cũ"),
    ("a.xlsm", b"PK\3\4", "macro"),
    ("a.xlsx", b"not a zip", "không phải tệp Excel"),
    ("a.csv", "unit,ho-so\nXã,5".encode("cp1258", "replace") + b"\xff", "UTF-8"),
    ("a.csv", b"", "không nhận ra"),
    ("a.csv", b"a,b\n1,2\n", "không nhận ra"),
    ("a.csv", b'unit,ho-so\n"u1,5\n', "dấu ngoặc kép"),
    ("a.csv", b"unit,ho-so,cot-la\nu1,5,6\n", "cột lạ"),
    ("a.csv", b"name,ho-so\nu1,5\n", "không có cột mã đơn vị"),
    ("a.parquet", b"PAR1", "Parquet"),
])  # fmt: skip
def test_what_is_no_table_is_refused_in_words(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    assert any(said in line for line in faults(path))


def test_a_missing_file_is_said(tmp_path):
    assert "không có tệp này" in faults(tmp_path / "khong-co.xlsx")[0]


def test_entities_are_refused(tmp_path):
    path = wide(tmp_path / "a.xlsx", ("00123", 80, 80, 5, 1, 1))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    parts["xl/workbook.xml"] = entity + parts["xl/workbook.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert "định nghĩa XML" in faults(path)[0]


@pytest.mark.parametrize("reference", ["XFD1048576", "A2000000", "AAA1", "A10000"])
def test_one_cell_far_away_does_not_fill_the_memory(tmp_path, reference):
    path = wide(tmp_path / "a.xlsx", ("00123", 80, 80, 5, 1, 1))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b'r="F2"', f'r="{reference}"'.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    noted = Collector()
    sheets = open_sheets(path, noted)
    cells = sum(len(row) for sheet in sheets for row in sheet.rows)
    assert cells <= MAX_CELLS and (bool(sheets) != bool(noted.errors))


def test_the_quick_look_sees_what_the_close_one_sees():
    cell = '<c r="{}" s="{}"><v>1</v></c>'
    for reference, style, extra in (
        ("A1", 0, ""), ("B2", 5, ""), ("AB7", 0, "<f>1</f>"), ("AAA1", 0, ""), ("C10000", 0, ""),
    ):  # fmt: skip
        inside = cell.format(reference, style).replace("<v>", extra + "<v>")
        part = f"<worksheet><sheetData><row>{inside}</row></sheetData></worksheet>".encode()
        odd = part.replace(b"<row>", b"<row hidden='0'>")  # the quick look gives up here
        assert look(part, frozenset({"5"})) == look(odd, frozenset({"5"}))


def test_letters_of_columns():
    assert [letters(at) for at in (0, 25, 26, 701, 702, 16_383)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


def test_units_keep_their_zeros(tmp_path):
    path = text(tmp_path / "u.csv", "unit,name,stratum\n00123,Xã Một,khu vực I\n00456,Xã Hai,\n")
    table = read_units(path)
    assert list(table.index) == ["00123", "00456"] and list(table["name"]) == ["Xã Một", "Xã Hai"]
    with pytest.raises(Faults, match="đã có"):
        read_units(text(tmp_path / "v.csv", "unit,name\na,x\na,y\n"))
    with pytest.raises(Faults, match="mã đơn vị"):
        read_units(text(tmp_path / "w.csv", "ten\nx\n"))


def test_random_tables_survive_the_way_through_three_dialects(tmp_path):
    rng = random.Random(7)
    for number in range(12):
        rows = []
        for unit in range(rng.randint(1, 6)):
            cells = [rng.choice([None, "KAD", "KPS", "KMC", round(rng.uniform(2, 100), 1)])
                     for _ in range(2)]  # fmt: skip
            rows.append((f"u{unit}", *cells))
        known = catalogue("x", "y")
        first = write_sheet(tmp_path / f"{number}.xlsx", [("unit", "x", "y"), *rows])
        plain = [["" if c is None else str(c) for c in row] for row in rows]
        lines = ["unit;x;y", *(";".join(c.replace(".", ",") for c in row) for row in plain)]
        second = text(tmp_path / f"{number}-b.csv", "\r\n".join(lines), "utf-8-sig")
        cells = [(u, name, cell) for u, x, y in plain for name, cell in (("x", x), ("y", y))]
        tidy = ["unit,concept,value", *(",".join(cell) for cell in cells)]
        third = text(tmp_path / f"{number}-c.csv", "\n".join(tidy))
        got = [load_observations(path, known).observations() for path in (first, second, third)]
        for other in got[1:]:
            assert np.array_equal(got[0].value, other.value, equal_nan=True)
            assert np.array_equal(got[0].status, other.status)
        assert got[0].status[0, 0] == {None: Status.MISSING, "KAD": Status.NOT_APPLICABLE,
            "KPS": Status.NO_OCCURRENCE, "KMC": Status.NO_EVIDENCE}.get(rows[0][1], 0)  # fmt: skip


def test_every_fault_of_a_value_has_its_cell(tmp_path):
    path = wide(tmp_path / "a.xlsx", *[(f"u{n}", 101, -1, 9999, 3, 7) for n in range(4)])
    with pytest.raises(Faults) as caught:
        load(path)
    table = fault_table(caught.value.faults)
    assert len(table) == 20 and (table["khái niệm"] != "").all()
    assert all(re.search(r"ô [B-F][2-5] ", fault.place) for fault in caught.value.faults)
