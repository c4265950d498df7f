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


@pytest.fixture(scope="module")
def structural(tmp_path_factory):
    """The level instrument with a peer and without what units reported."""
    root = tmp_path_factory.mktemp("structural") / "small-levels"
    shutil.copytree(WORKSPACES / "small-levels", root)
    path = root / "frameworks/revisions/small-levels.yml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("observations:"), text.index("seed:")
    path.write_text(
        text[:start] + "peers: [ban-canh/commune]\n" + text[end:], encoding="utf-8", newline="\n"
    )
    source = (root / "frameworks/minh-hoa-muc-2025/commune.yml").read_text(encoding="utf-8")
    (root / "frameworks/ban-canh").mkdir()
    (root / "frameworks/ban-canh/commune.yml").write_text(
        source.replace("minh-hoa-muc-2025/commune", "ban-canh/commune"), encoding="utf-8"
    )
    return run_report(path, progress=False)


@pytest.mark.slow
def test_without_observations_the_report_is_of_the_structure(structural):
    pages = pypdf.PdfReader(structural / "bao-cao.pdf").pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert all("MINH HỌA, không phải nội dung văn bản" in text for text in texts)
    assert not any("SỐ LIỆU MÔ PHỎNG" in text for text in texts)
    whole = " ".join(texts)
    for said in (
        "Ngưỡng phải đạt ở từng mức độ, phiên bản 2026",
        "Khái niệm được từ 2 bộ trở lên hỏi",
        "Phiếu tiêu chí, phiên bản 2026",
        "giữ 7 (trong đó 3 đổi ngưỡng), thêm 1, bỏ 1",
        "chưa được đánh giá, vì bản sửa đổi không có bảng số liệu",
    ):
        assert said in whole
    assert "VI. TÁC ĐỘNG" not in whole and "Phụ lục IV" not in whole


@pytest.mark.slow
def test_a_notebook_whose_needs_are_not_met_is_left_out_and_the_log_says_so(structural):
    names = {path.name for path in (structural / "notebooks").iterdir()}
    assert names == {"01_framework.ipynb", "09_conclusions.ipynb"}
    log = (structural / "nhat-ky.log").read_text(encoding="utf-8")
    assert "04_comparison.ipynb: bỏ qua, vì bản sửa đổi không có observations" in log
    record = json.loads((structural / "ho-so.json").read_text(encoding="utf-8"))
    assert "notebooks/04_comparison.ipynb" not in {item["path"] for item in record["source"]}
