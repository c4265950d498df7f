"""The PDF: every word there as text, fonts of its own, pages as the decree asks."""

import re
import warnings

import pandas as pd
import pytest
from pypdf import PdfReader

from dxmethod.report import pdf
from dxmethod.report.assemble import assemble
from dxmethod.report.blocks import Column, clean, paragraph, section, table


@pytest.fixture(scope="module")
def reader(rendered):
    return PdfReader(rendered / "a.pdf")


@pytest.fixture(scope="module")
def pages(reader):
    return [page.extract_text() for page in reader.pages]


def dense(text):
    """Text without what wrapping changes."""
    return re.sub(r"[\s\u00a0\u202e\u200f]", "", text)


def test_hostile_text_is_text(pages, hostile):
    words = dense(clean(hostile))
    if "\u202e" in hostile:  # shown from right to left, so read in that order
        words = words[::-1]
    assert dense("\n".join(pages)).count(words) >= 3  # list, heading, paragraph


def test_hostile_front_is_text(biting_front, sample):
    reader = PdfReader(biting_front / "a.pdf")
    text = dense("".join(page.extract_text() for page in reader.pages))
    capitals = [sample.HOSTILE[place].upper() for place in (4, 1, 5)]
    for words in (*capitals, *sample.HOSTILE[2:4], sample.HOSTILE[0]):
        assert dense(words) in text
    assert reader.metadata.title == sample.HOSTILE[0]


def test_long_words_break_instead_of_leaving_the_page(pages, sample):
    long = max(sample.HOSTILE, key=len)
    assert not any(long in page for page in pages)
    assert any(long in page.replace("\n", "") for page in pages)


def test_nothing_is_executed_or_linked(reader):
    root = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    assert not set(root.get("/Names", {})) & {"/JavaScript", "/EmbeddedFiles"}
    assert not any(page.get("/Annots") for page in reader.pages)


def test_pages_are_a4_and_wide_tables_lie(reader):
    sizes = [tuple(round(float(x) / 72 * 25.4) for x in page.mediabox[2:]) for page in reader.pages]
    assert set(sizes) == {(210, 297), (297, 210)}
    assert sizes[0] == (210, 297)


def test_page_numbers_restart_with_each_appendix(pages):
    def number(text):
        first = text.strip().split("\n")[0].strip()
        return int(first) if first.isdigit() else None

    start = next(place for place, text in enumerate(pages) if "Phụ lục III" in text)
    body = [number(text) for text in pages[:start]]
    assert body == [None, *range(2, start + 1)]
    numbers = [number(text) for text in pages[start:]]
    assert numbers.count(None) == 3  # the first page of each appendix
    assert numbers[:2] == [None, 2]


def test_header_row_is_repeated(pages):
    with_rows = [text for text in pages if re.search(r"Tuyên Quang \d+", text)]
    assert len(with_rows) > 3
    assert all("Tỉnh, thành phố" in text for text in with_rows)


def test_no_page_begins_with_the_source_of_a_table(sample, tmp_path):
    blocks = []
    for place, numeral in enumerate(("PL I", "PL II", "PL III", "PL IV", "PL V")):
        rows = pd.DataFrame({"n": [f"dòng {number}" for number in range(34 + place)]})
        columns = [Column("n", "Tên")]
        blocks += [section(numeral), paragraph("x")]
        blocks += [table(f"B{place}", rows, columns, "Bảng", source="nguồn", note="ghi chú")]
    pdf.render_pdf(assemble(sample.front(), blocks), tmp_path / "a.pdf")
    pages = [page.extract_text() for page in PdfReader(tmp_path / "a.pdf").pages]
    assert len(pages) > 7  # some tables do not fit on their page
    for text in pages:
        assert "dòng" in text or not ("Nguồn:" in text or "Ghi chú:" in text)


def test_bookmarks_language_and_description(reader):
    titles = [item.title for item in reader.outline if not isinstance(item, list)]
    assert titles[:2] == ["I. CĂN CỨ, SỰ CẦN THIẾT, PHẠM VI", "III. NỘI DUNG THAY ĐỔI"]
    root = reader.trailer["/Root"]
    assert root["/Lang"].startswith("vi")
    assert root["/MarkInfo"]["/Marked"]
    assert alternatives(root["/StructTreeRoot"]) == ["Bốn cột", "<script>alert(1)</script>"]


def alternatives(element):
    """Descriptions of pictures in the tree of tags, in order."""
    element = element.get_object()
    if isinstance(element, list):
        return [alt for child in element for alt in alternatives(child)]
    if not isinstance(element, dict):
        return []
    own = [element["/Alt"]] if "/Alt" in element else []
    return own + (alternatives(element["/K"]) if "/K" in element else [])


def test_no_date_and_only_our_fonts(reader):
    assert not {"/CreationDate", "/ModDate"} & set(reader.metadata)
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2].split("-")[0]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert "LibertinusSerif" in fonts
    assert fonts <= {"LibertinusSerif", "DejaVuSans", "DejaVuSerif", "LastResortHE"}


def test_complaints_of_the_typesetter_are_told(document, tmp_path, monkeypatch):
    template = pdf.files("dxmethod.report").joinpath("report.typ").read_text(encoding="utf-8")
    assert "Libertinus Serif" in template
    strange = template.replace("Libertinus Serif", "Times New Toman")
    (tmp_path / "report.typ").write_text(strange, encoding="utf-8")
    monkeypatch.setattr(pdf, "files", lambda package: tmp_path)
    with pytest.warns(UserWarning, match="unknown font family"):
        pdf.render_pdf(document, tmp_path / "a.pdf")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.undo()
        pdf.render_pdf(document, tmp_path / "a.pdf")
