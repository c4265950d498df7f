"""What every page must say stands on every page of every form."""

import zipfile
from dataclasses import replace

import docx
import openpyxl
import pypdf
import pytest

from dxmethod.report.assemble import assemble
from dxmethod.report.pdf import render_pdf
from dxmethod.report.web import render_html
from dxmethod.report.word import render_docx
from dxmethod.report.workbook import write_workbook

from .conftest import front, the_blocks

NOTICES = ("MINH HỌA, không phải nội dung văn bản", "SỐ LIỆU MÔ PHỎNG")


@pytest.fixture(scope="module")
def document():
    return assemble(replace(front(), notices=NOTICES), the_blocks())


def test_every_page_of_the_pdf_says_it(document, tmp_path):
    render_pdf(document, tmp_path / "a.pdf")
    pages = pypdf.PdfReader(tmp_path / "a.pdf").pages
    assert len(pages) > 3
    for page in pages:
        text = " ".join(page.extract_text().split())
        assert all(notice in text for notice in NOTICES)


def test_both_headers_of_the_word_file_say_it(document, tmp_path):
    render_docx(document, tmp_path / "a.docx")
    section = docx.Document(tmp_path / "a.docx").sections[0]
    for header in (section.header, section.first_page_header):
        assert " · ".join(NOTICES) in [line.text for line in header.paragraphs]
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        body = archive.read("word/document.xml").decode()
    assert all(notice in body for notice in NOTICES)


def test_the_web_page_opens_with_it(document, tmp_path):
    render_html(document, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert all(page.index(notice) < page.index("CĂN CỨ") for notice in NOTICES)


def test_every_sheet_says_it(document, tmp_path):
    write_workbook(document, tmp_path / "a.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "a.xlsx"):
        cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
        assert " · ".join(NOTICES) in cells


def test_nothing_is_said_where_nothing_must_be(tmp_path):
    quiet = assemble(front(), the_blocks())
    render_docx(quiet, tmp_path / "a.docx")
    header = docx.Document(tmp_path / "a.docx").sections[0].header
    assert len(header.paragraphs) == 1
