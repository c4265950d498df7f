"""Blocks: values rounded at the door, text that stays text, data that survives the notebook."""

import base64
import json

import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

from dxmethod.report import blocks as b


def small_table(**words):
    frame = pd.DataFrame({"n": ["Huế", None], "v": [0.123456, float("nan")]})
    columns = [b.Column("n", "Tên"), b.Column("v", "Giá trị", "decimal", 3)]
    return b.table("B1", frame, columns, **{"caption": "Bảng nhỏ", "source": "đề bài"} | words)


@pytest.mark.parametrize(
    ("kind", "decimals", "value", "kept", "shown"),
    [
        ("decimal", 2, 1234.567, 1234.57, "1.234,57"),
        ("decimal", 1, -0.04, 0.0, "0,0"),
        ("integer", 0, 3.0, 3, "3"),
        ("percent", 1, 0.12345, 0.123, "12,3%"),
        ("percent", 0, 0.126, 0.13, "13%"),
        ("shift", 0, 4, 4, "+4"),
        ("shift", 0, -4, -4, "-4"),
        ("shift", 2, 0.125, 0.12, "+0,12"),
        ("decimal", 2, float("nan"), None, "..."),
        ("decimal", 2, float("inf"), None, "..."),
        ("integer", 0, None, None, "..."),
        ("integer", 0, pd.NA, None, "..."),
        ("text", 0, "Cà Mau", "Cà Mau", "Cà Mau"),
        ("text", 0, float("nan"), None, ""),
        ("text", 0, None, None, ""),
    ],
)
def test_values_are_rounded_as_they_enter(kind, decimals, value, kept, shown):
    column = b.Column("c", "Cột", kind, decimals)
    assert column.rounded(value) == kept
    assert type(column.rounded(value)) is type(kept)
    assert column.show(column.rounded(value)) == shown


def test_rounded_zero_has_no_sign():
    assert str(b.Column("c", "Cột", "decimal", 1).rounded(-0.04)) == "0.0"


def test_table_keeps_numbers_as_numbers():
    data = small_table(unit="điểm", note="ghi chú").to_json()
    assert data["block"] == "table"
    assert json.loads(json.dumps(data))["rows"] == [["Huế", 0.123], [None, None]]


def test_every_block_survives_the_notebook(sample):
    for block in sample.blocks():
        if isinstance(block, b.Prose):
            continue
        bundle = json.loads(json.dumps(block._repr_mimebundle_()))
        png = base64.b64decode(bundle.get("image/png", ""))
        assert b.from_json(bundle[b.MIME], png) == block


def test_jupyter_takes_all_forms(sample):
    data, _ = DisplayFormatter().format(b.figure("H1", sample.drawing(), "Hình", source="nguồn"))
    assert set(data) == {b.MIME, "text/plain", "text/html", "image/png"}
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert set(DisplayFormatter().format(small_table())[0]) == {b.MIME, "text/plain", "text/html"}


def test_shown_text_is_escaped(hostile):
    frame = pd.DataFrame({"n": [hostile]})
    table = b.table("B1", frame, [b.Column("n", hostile)], hostile, hostile, hostile, hostile)
    for block in (table, b.subsection(hostile), b.paragraph(hostile), b.bullets([hostile])):
        shown = block._repr_mimebundle_()["text/html"]
        assert "<script" not in shown
        assert "<!--" not in shown
        assert "<b>" not in shown
        assert 'class="mathjax_ignore' in shown


def test_same_figure_is_same_bytes_without_version(sample):
    one, two = (b.figure("H1", sample.drawing(), "Hình", source="nguồn") for _ in range(2))
    assert one.png == two.png
    assert b"matplotlib" not in one.png
    assert (one.width, one.height) == (152.4, 63.5)
    assert one.alt == "Hình"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x1b\ud800\uffff", "a\ufffdb\ufffd\ufffd\ufffd"),
        ("một\r\nhai\rba\u2028bốn", "một\nhai\nba\nbốn"),
        ("a\tb", "a b"),
        ("Ti\u1ebf\u0302ng e\u0302", "Ti\u1ebf\u0302ng ê"),
    ],
)
def test_clean_keeps_text_printable(text, cleaned):
    assert b.clean(text) == cleaned


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b.section("IIX"), "IIX"),
        (lambda: b.section("PL IX"), "PL I"),
        (lambda: b.Column("c", "Cột", "percentage"), "percent"),
        (lambda: small_table(source=" "), "B1"),
        (lambda: small_table(caption=""), "B1"),
        (lambda: b.table("../x", pd.DataFrame(), [], "a", source="b"), "../x"),
        (lambda: b.table("B1\n", pd.DataFrame(), [], "a", source="b"), "tên"),
        (lambda: b.table("B1", pd.DataFrame({"a": []}), [], "a", source="b"), "B1"),
        (lambda: b.table("B2", pd.DataFrame({"a": []}), [b.Column("z", "")], "a", source="b"), "z"),
        (lambda: b.from_json({"block": "iframe"}), "iframe"),
        (lambda: b.from_json({"block": "subsection"}), "text"),
        (lambda: b.from_json({}), "block"),
    ],
)
def test_faults_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()
