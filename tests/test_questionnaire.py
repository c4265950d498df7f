"""The form: everything asked once, only the cells to fill unlocked, read back as it was filled."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, group, indicator
from openpyxl import load_workbook

from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector, Faults
from dxmethod.framework import read_framework
from dxmethod.observations import Status
from dxmethod.questionnaire import MOST_SHEETS, questions, write_form
from dxmethod.returns import load_observations

KNOWN = catalogue(
    concept("ty-le", numerator="số hồ sơ", denominator="tổng số hồ sơ"),
    concept("so-nguoi", measure="number", unit="người", range=(0, 5000)),
    concept("co", measure="yes_no", unit="có/không"),
    concept("muc", measure="category", unit="mức", categories=("thấp", "vừa", "cao")),
)
ASKED = framework(group("nhom", *(indicator(name, code=f"1.{name}") for name in KNOWN)))
UNITS = pd.DataFrame(
    {"name": ["Xã Một", "=Xã Hai"], "stratum": ["khu vực I", None]}, index=["00123", "00456"]
)
HEAD = 8  # row of the header of a form with these units


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "phieu.xlsx"
    assert write_form(ASKED, KNOWN, UNITS, path) == (path,)
    return path


def test_same_form_same_bytes(form, tmp_path):
    other = tmp_path / "khac.xlsx"
    write_form(ASKED, KNOWN, UNITS, other)
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (form, other)}
    assert len(digests) == 1


def rows_of(sheet):
    return {sheet.cell(row, 11).value: row for row in range(1, 30) if sheet.cell(row, 11).value}


def test_only_the_cells_to_fill_are_open_and_nothing_is_hidden(form):
    book = load_workbook(form)
    assert [sheet.title for sheet in book.worksheets] == [
        "Đọc trước", "Phiếu 00123", "Phiếu 00456",
    ]  # fmt: skip
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible" and sheet.protection.sheet
        assert not any(row.hidden for row in sheet.row_dimensions.values())
        assert not any(column.hidden for column in sheet.column_dimensions.values())
        assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
    sheet = book["Phiếu 00123"]
    rows = rows_of(sheet)
    assert set(KNOWN) < set(rows)
    for name, row in rows.items():
        if name in KNOWN:
            opened = {c.column for c in sheet[row] if not c.protection.locked}
            assert opened == ({5, 6, 7, 8, 9, 10} if name == "ty-le" else {7, 8, 9, 10})
    assert sheet.freeze_panes and sheet.print_title_rows
    assert (
        book["Phiếu 00456"]["C2"].value == "=Xã Hai" and book["Phiếu 00456"]["C2"].data_type == "s"
    )


def test_every_cell_to_fill_is_checked_in_vietnamese(form):
    sheet = load_workbook(form)["Phiếu 00123"]
    rows = rows_of(sheet)
    for name in KNOWN:
        for column in "GH":
            rules = [rule for rule in sheet.data_validations.dataValidation
                     if f"{column}{rows[name]}" in rule.sqref]  # fmt: skip
            assert len(rules) == 1
            assert rules[0].prompt and rules[0].error and rules[0].errorTitle == "Chưa đúng"


def test_a_filled_form_reads_back(form):
    book = load_workbook(form)
    for sheet, values in zip(book.worksheets[1:], ((3000, "Có", 2), (12, "Không", 0)), strict=True):
        rows = rows_of(sheet)
        sheet.cell(rows["ty-le"], 5).value, sheet.cell(rows["ty-le"], 6).value = 30, 40
        for name, value in zip(("so-nguoi", "co", "muc"), values, strict=True):
            sheet.cell(rows[name], 7).value = value
        sheet.cell(rows["muc"], 8).value = "KMC – không minh chứng"
        sheet.cell(rows["co"], 9).value = "12/KH-UBND"
    book.save(form)
    loaded = load_observations(form, KNOWN, framework=ASKED, units=UNITS)
    got = loaded.observations()
    assert got.value.tolist() == [[75, 3000, 1, 2], [75, 12, 0, 0]]
    assert (got.status[:, 3] == Status.NO_EVIDENCE).all() and not got.status[:, :3].any()
    assert got.numerator[0, 0] == 30 and np.isnan(got.numerator[0, 1])
    assert set(got.notes["evidence"]) == {"12/KH-UBND"}
    assert not loaded.found


def test_five_faults_are_named_at_their_cells(form):
    book = load_workbook(form)
    sheet = book["Phiếu 00123"]
    rows = rows_of(sheet)
    sheet.cell(rows["ty-le"], 5).value, sheet.cell(rows["ty-le"], 6).value = 50, 40
    sheet.cell(rows["so-nguoi"], 7).value = 9000
    sheet.cell(rows["co"], 7).value = "có lẽ"
    sheet.cell(rows["muc"], 7).value, sheet.cell(rows["muc"], 8).value = 1, "KAD"
    other = book["Phiếu 00456"]
    other.cell(rows["so-nguoi"], 7).value = "=1+1"
    book.save(form)
    with pytest.raises(Faults) as caught:
        load_observations(form, KNOWN, framework=ASKED, units=UNITS)
    said = [str(fault) for fault in caught.value.faults]
    cells = [f"E{rows['ty-le']}", *(f"G{rows[name]}" for name in ("so-nguoi", "co", "muc"))]
    for cell in cells:
        assert sum(f"Phiếu 00123, ô {cell} " in line for line in said) == 1
    assert sum(f"Phiếu 00456, ô G{rows['so-nguoi']} " in line for line in said) == 1
    assert len(said) == 5
    assert form.with_name("phieu-loi.xlsx").is_file()


def test_a_form_of_another_framework_or_without_rows_is_told(form):
    other = ASKED.model_copy(update={"id": "khac/commune"})
    with pytest.raises(Faults, match="phiếu của khung"):
        load_observations(form, KNOWN, framework=other, units=UNITS)
    book = load_workbook(form)
    sheet = book["Phiếu 00123"]
    sheet.cell(rows_of(sheet)["muc"], 11).value = None
    sheet.cell(rows_of(sheet)["co"], 7).value = "Có"
    book.save(form)
    found = load_observations(form, KNOWN, framework=ASKED, units=UNITS).found
    assert any("phiếu thiếu 1 hàng: muc" in fault.found for fault in found)


def test_one_file_a_unit(tmp_path):
    written = write_form(ASKED, KNOWN, UNITS, tmp_path / "phieu", each=True)
    assert [path.name for path in written] == ["00123.xlsx", "00456.xlsx"]
    loaded = load_observations(tmp_path / "phieu", KNOWN, framework=ASKED, units=UNITS)
    assert (loaded.observations().status == Status.MISSING).all()


def test_many_units_have_a_row_each(tmp_path):
    codes = [f"{number:05d}" for number in range(MOST_SHEETS + 1)]
    units = pd.DataFrame({"name": codes, "stratum": "khu vực I"}, index=codes)
    path = tmp_path / "bang.xlsx"
    write_form(ASKED, KNOWN, units, path)
    book = load_workbook(path)
    sheet = book["Bảng tổng hợp"]
    names = [cell.value for cell in sheet[5]]
    for row in range(6, 6 + len(codes)):
        for name, value in (("ty-le", 80.5), ("co", "Có"), ("muc", "KAD"), ("so-nguoi", 7)):
            sheet.cell(row, names.index(name) + 1).value = value
    assert sheet["D6"].protection.locked is False and sheet["A6"].protection.locked
    assert all(rule.error for rule in sheet.data_validations.dataValidation)
    book.save(path)
    got = load_observations(path, KNOWN, framework=ASKED, units=units).observations()
    assert got.value[:, got.position["ty-le"]].tolist() == [80.5] * len(codes)
    assert (got.status[:, got.position["muc"]] == Status.NOT_APPLICABLE).all()


def test_shipped_frameworks_ask_every_concept_once(repository):
    faults = Collector()
    known = read_catalogue(repository / "frameworks" / "catalogue", faults)
    for name in ("mic-2361-2024/commune", "ha-tinh-2828-2023/commune"):
        asked = read_framework(repository / "frameworks" / f"{name}.yml", faults)
        rows = [row.concept.id for row in questions(asked, known) if row.concept]
        assert sorted(rows) == sorted(asked.concepts)
    assert not faults.errors
