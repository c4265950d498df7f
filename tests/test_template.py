"""From an empty table to a framework that is checked and assessed."""

from __future__ import annotations

import shutil
from pathlib import Path

import docx
import pytest
from examples import observe
from openpyxl import load_workbook
from tables import edit, find

from dxmethod.assessment import assess
from dxmethod.cli import main
from dxmethod.faults import Collector
from dxmethod.framework import read_framework


@pytest.fixture
def home(tmp_path, repository, monkeypatch) -> Path:
    folder = tmp_path / "ws"
    shutil.copytree(repository / "tests/workspaces/tiny", folder)
    monkeypatch.chdir(folder)
    return folder / "frameworks"


RULE = "{kind: linear, at: [0, 100], give: [0, 1]}"


def fill_document(rows):
    """Fill in what the template leaves blank, whatever kind of file it is."""
    for key, content in rows:
        values = {"id": "moi/commune", "title": "Bộ mới", "issued.document": "1/QĐ"}
        if key in values:
            content(values[key])


def fill_workbook(lines):
    def change(book):
        sheet = book["Chỉ tiêu"]
        for at, line in enumerate(lines, 5):
            for header, value in line.items():
                sheet.cell(at, find(sheet, header).column, value)
        pairs = [(row[2].value, row[1]) for row in book["Văn bản"].iter_rows(min_row=4)]
        fill_document((key, lambda text, c=cell: setattr(c, "value", text)) for key, cell in pairs)

    return change


def fill_word(lines):
    def change(file):
        main_table = file.tables[0]
        headers = [cell.text for cell in main_table.rows[0].cells]
        for at, line in enumerate(lines, 1):
            for header, value in line.items():
                main_table.rows[at].cells[headers.index(header)].text = str(value)
        table = next(t for t in file.tables if t.rows[0].cells[-1].text == "Khóa")
        boxes = [row.cells for row in table.rows]
        fill_document((b[2].text, lambda text, c=b[1]: setattr(c, "text", text)) for b in boxes)

    return change


@pytest.mark.parametrize("suffix", [".xlsx", ".docx"])
def test_sheet_of_points_from_template_to_total(home, suffix, capsys):
    path = home.parent / f"trống{suffix}"
    assert main(["template", str(path), "--levels", "0"]) == 0
    lines = [
        {"Chỉ số": "Chính quyền số"},
        {
            "Chỉ số": "Hồ sơ",
            "Điểm tối đa": "60",
            "Khái niệm (mã)": "online-files",
            "Quy tắc tính điểm": RULE,
        },
    ]
    edit(path, (fill_workbook if suffix == ".xlsx" else fill_word)(lines))
    assert main(["import", str(path)]) == 0, capsys.readouterr().err
    assert main(["check", "frameworks/moi/commune.yml"]) == 0
    made = read_framework(home / "moi/commune.yml", Collector())
    assert made.indicators[0].provenance.fidelity == "official"
    result = assess(made, observe({"online-files": [50.0]}))
    assert result.points.total[0] == pytest.approx(30.0)


@pytest.mark.parametrize("suffix", [".xlsx", ".docx"])
def test_levels_from_template_to_level(home, suffix, capsys):
    path = home.parent / f"trống{suffix}"
    assert main(["template", str(path), "--levels", "2"]) == 0
    lines = [
        {"Tiêu chí": "Nhóm"},
        {
            "Tiêu chí": "Hồ sơ",
            "Mức 1\nTên mức 1": "≥ 50%",
            "Mức 2\nTên mức 2": "80",
            "Khái niệm (mã)": "online-files",
        },
    ]
    edit(path, (fill_workbook if suffix == ".xlsx" else fill_word)(lines))
    assert main(["import", str(path)]) == 0, capsys.readouterr().err
    made = read_framework(home / "moi/commune.yml", Collector())
    assert made.indicators[0].required == {"muc-1": 50.0, "muc-2": 80.0}
    result = assess(made, observe({"online-files": [40.0, 60.0, 90.0]}))
    assert list(result.levels.level) == [0, 1, 2]


def test_empty_template_says_everything_that_is_missing(home, capsys):
    assert main(["template", "t.xlsx"]) == 0
    assert load_workbook("t.xlsx").sheetnames[0] == "Chỉ tiêu"
    assert main(["import", "t.xlsx"]) == 1
    told = capsys.readouterr().err
    assert "thiếu “Mã khung (bộ tiêu chí/loại đơn vị)”" in told and "thiếu “Tên gọi”" in told
    assert not list(home.glob("moi*"))


def test_template_in_word_has_the_columns_that_a_draft_needs(home):
    assert main(["template", "t.docx", "--levels", "0"]) == 0
    headers = [cell.text for cell in docx.Document("t.docx").tables[0].rows[0].cells]
    assert {"Khái niệm (mã)", "Quy tắc tính điểm"} < set(headers)
