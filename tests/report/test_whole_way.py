"""A level instrument and an index go the whole way from their files to a report."""

import json
import shutil
from pathlib import Path

import openpyxl
import pypdf
import pytest

from dxmethod.report.run import run_report

WORKSPACES = Path(__file__).parents[1] / "workspaces"


@pytest.fixture(scope="module", params=["small-levels", "small-index"])
def report(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("whole") / request.param
    shutil.copytree(WORKSPACES / request.param, root)
    folder = run_report(root / f"frameworks/revisions/{request.param}.yml", progress=False)
    return request.param, folder


@pytest.mark.slow
def test_every_page_says_illustrative_and_simulated(report):
    _, folder = report
    for page in pypdf.PdfReader(folder / "bao-cao.pdf").pages:
        text = " ".join(page.extract_text().split())
        assert "MINH HỌA, không phải nội dung văn bản" in text
        assert "SỐ LIỆU MÔ PHỎNG" in text


@pytest.mark.slow
def test_the_report_answers_in_the_terms_of_the_instrument(report):
    name, folder = report
    pages = pypdf.PdfReader(folder / "bao-cao.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    if name == "small-levels":
        assert "0 lên mức, 6 xuống mức, 8 giữ nguyên" in text
        assert "Đơn vị đổi mức độ" in text
        assert "Đơn vị đổi thứ hạng" not in text
    else:
        assert "6 đơn vị đổi thứ hạng" in text
        assert "trung bình nhân" in text


@pytest.mark.slow
def test_every_table_stands_in_the_workbook_and_every_file_in_the_record(report):
    _, folder = report
    record = json.loads((folder / "ho-so.json").read_text(encoding="utf-8"))
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {item["path"] for item in record["outputs"]} == names - {"ho-so.json", "nhat-ky.log"}
    book = openpyxl.load_workbook(folder / "bang.xlsx")
    assert len(book.sheetnames) >= 9
