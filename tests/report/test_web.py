"""The HTML page: one file, nothing executed, nothing fetched, readable alone."""

import re
from html.parser import HTMLParser

import pytest

from dxmethod.report.blocks import clean


class Page(HTMLParser):
    """Gathers the tags, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.open.append(tag)

    def handle_endtag(self, tag):
        self.open.append("/" + tag)
        self.words.append("\n" if tag in ("p", "h1", "h2", "h3") else "")

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    def handle_comment(self, data):
        self.tags.append("!comment")

    @property
    def text(self):
        return "".join(self.words)


@pytest.fixture(scope="module")
def page(rendered):
    return Page((rendered / "a.html").read_text(encoding="utf-8"))


TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "br", "div"),
    *("em", "strong", "ul", "ol", "li", "blockquote", "img"),
    *("table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("lang", "charset", "name", "content", "http-equiv", "class", "style", "src", "alt"),
    *("aria-label", "role", "id", "type", "start"),
}


def test_page_is_made_of_harmless_tags_only(page, biting_front):
    front = Page((biting_front / "a.html").read_text(encoding="utf-8"))
    for found in (page, front):
        assert set(found.tags) <= TAGS
        assert {name for _, name, _ in found.attributes} <= ATTRIBUTES


def test_nothing_is_fetched(page, rendered):
    sources = [value for _, name, value in page.attributes if name == "src"]
    assert len(sources) == 2
    assert all(value.startswith("data:image/png;base64,") for value in sources)
    style = (rendered / "a.html").read_text(encoding="utf-8").partition("</style>")[0]
    assert not re.search(r"url\(|@import|https?:", style)


def test_hostile_text_is_text(page, hostile):
    assert f"\n{clean(hostile)}\n" in page.text
    assert f". {clean(hostile).replace(chr(10), ' ')}\n" in page.text  # as heading


def test_hostile_front_is_text(biting_front, sample):
    text = Page((biting_front / "a.html").read_text(encoding="utf-8")).text
    capitals = [sample.HOSTILE[place].upper() for place in (4, 1, 5)]
    for words in (*capitals, *sample.HOSTILE[2:4], sample.HOSTILE[0]):
        assert words in text
    raw = (biting_front / "a.html").read_text(encoding="utf-8")
    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>" in raw


def test_page_says_its_language_and_coding(rendered):
    raw = (rendered / "a.html").read_bytes()
    assert raw.startswith(b'<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">')
    assert b"\r" not in raw
    assert b"@media print" in raw


def test_content_stands_in_order(page):
    marks = [
        *("BỘ KHOA HỌC VÀ CÔNG NGHỆ", "DỰ THẢO", "Độc lập - Tự do - Hạnh phúc", "BÁO CÁO"),
        *("I. CĂN CỨ", "III. NỘI DUNG", "VI. TÁC ĐỘNG", "Bảng 1. Thay đổi thứ hạng"),
        *("Đơn vị tính: hạng", "0,8000", "Ghi chú: dấu ...", "Nguồn: số liệu đã công bố"),
        *("Hình 1. Chỉ số theo nhóm", "Nơi nhận:", "CỤC TRƯỞNG", "Phụ lục III", "Phụ lục V"),
    ]
    places = [page.text.find(mark) for mark in marks]
    assert -1 not in places
    assert places == sorted(places)


def test_pictures_and_tables_are_described(page):
    alts = [value for tag, name, value in page.attributes if (tag, name) == ("img", "alt")]
    assert alts == ["Bốn cột", "<script>alert(1)</script>"]
    labels = [value for _, name, value in page.attributes if name == "aria-label"]
    assert "Bảng 1. Thay đổi thứ hạng" in labels
