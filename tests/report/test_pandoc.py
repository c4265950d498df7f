"""Prose is read without raw parts; no text becomes markup; the process leaves nothing behind."""

import json
import os

import pandas as pd
import pytest

from dxmethod.report import pandoc
from dxmethod.report.assemble import assemble
from dxmethod.report.blocks import Column, Figure, Section, Table, clean, subsection, table
from dxmethod.report.tree import segments, shares

INLINES = {"Str", "LineBreak", "Emph", "Strong"}
BLOCKS = {"Para", "Header", "BulletList", "OrderedList", "BlockQuote"}


def kinds(nodes):
    """All kinds of nodes, at any depth."""
    found = set()
    for item in nodes if isinstance(nodes, list) else nodes.values():
        if isinstance(item, dict) and "t" in item:
            found.add(item["t"])
        if isinstance(item, list | dict):
            found |= kinds(item)
    return found


def find(document, kind, name):
    """Nodes of one kind and class at the top of the document."""
    blocks = [block for page in segments(document) for block in page.blocks]
    return [x for x in blocks if x["t"] == kind and name in x["c"][0][1]]


def words(nodes):
    """All text of a tree."""
    if isinstance(nodes, dict):
        if nodes.get("t") == "LineBreak":
            return "\n"
        return words(nodes["c"]) if "c" in nodes else ""
    return nodes if isinstance(nodes, str) else "".join(map(words, nodes)) if nodes else ""


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a <b>c</b> <!-- d --> e", "a <b>c</b> <!-- d --> e"),
        ("[chữ](http://x.y/z)", "chữ (http://x.y/z)"),
        ("[http://x.y](http://x.y)", "http://x.y"),
        ("<http://x.y/z>", "http://x.y/z"),
        ("![ảnh](../../etc/passwd)", "ảnh"),
        ("`#let x`", "#let x"),
        ("$x^2$ {{x}} @ref \\input{a}", "$x^2$ {{x}} @ref \\input{a}"),
        ("a \x00&#1; b", "a \ufffd\ufffd b"),
        ("    mã\n    lệnh", "mã\nlệnh"),
        ("một\nhai", "một hai"),
        ("một\\\nhai", "một\nhai"),
    ],
)
def test_markdown_becomes_plain_text(markdown, text):
    (blocks,) = pandoc.read_prose([markdown])
    assert kinds(blocks) <= INLINES | BLOCKS
    assert words(blocks[0]["c"]) == text


def test_pieces_do_not_run_into_each_other():
    open_ended = ["```\nmã", "<script>", "<!-- mở", "- a\n  - b", "> trích", "", "***", "x\n---"]
    read = pandoc.read_prose([piece for open_one in open_ended for piece in (open_one, "# Hết")])
    assert len(read) == 2 * len(open_ended)
    assert all(kinds(blocks) == {"Header", "Str"} for blocks in read[1::2])
    assert read[10] == read[12] == []


def test_headings_inside_lists_open_nothing():
    (blocks,) = pandoc.read_prose(["- # a\n\n> ## b"])
    assert "Header" not in kinds(blocks)
    assert {"Strong"} <= kinds(blocks)


def test_no_prose_asks_nothing_of_pandoc(monkeypatch):
    monkeypatch.setattr(pandoc, "run", None)
    assert pandoc.read_prose([]) == []


def test_text_has_no_markup(hostile):
    nodes = pandoc.text(hostile)
    assert kinds(nodes) <= {"Str", "LineBreak"}
    assert words(nodes) == clean(hostile)
    for form in ("html5", "typst", "markdown"):
        done = pandoc.run(["-f", "json", "-t", form], pandoc.model([pandoc.node("Para", nodes)]))
        assert done.strip()


def test_tree_holds_no_raw_parts_or_links(document):
    found = kinds([page.blocks for page in segments(document)])
    aligns = {"AlignLeft", "AlignRight", "AlignCenter", "AlignDefault", "ColWidth"}
    assert found <= INLINES | BLOCKS | aligns | {"Div", "Table", "Image"}


def test_environment_is_left_alone():
    before = dict(os.environ)
    pandoc.read_prose(["chữ"])
    assert dict(os.environ) == before


def test_pandoc_cannot_read_other_files(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("bí mật", encoding="utf-8")
    source = f".. include:: {secret}\n".encode()
    assert b"m\xe1\xba\xadt" not in pandoc.run(["-f", "rst", "-t", "plain"], source)


def test_refusal_is_told():
    with pytest.raises(RuntimeError, match="pandoc"):
        pandoc.run(["-f", "json", "-t", "html5"], json.dumps({"blocks": 1}).encode())


def test_columns_share_the_width_by_what_stands_in_them(document):
    for _, found in document.tables:
        assert sum(shares(found)) == pytest.approx(1)
    name, score, *_ = shares(document.tables[0][1])
    assert name > 2 * score


def test_no_column_is_too_narrow_for_its_words():
    columns = (
        Column("a", "Nội dung", width=60),
        Column("b", "Ngày", width=4),
        Column("c", "Hạng", "integer", width=4),
    )
    made = Table("B1", columns, (("chữ " * 50, "20/05/2022", 1),), "Bảng", source="nguồn")
    found = shares(made)
    assert sum(found) == pytest.approx(1)
    assert found[1] >= 12 / 72 and found[2] >= 6 / 72
    assert found[0] > 0.7
    crowded = Table("B2", columns[1:2] * 9, (("20/05/2022",) * 9,), "Bảng", source="nguồn")
    assert shares(crowded) == pytest.approx([1 / 9] * 9)


@pytest.mark.parametrize(
    ("width", "height", "printed"),
    [(100.0, 50.0, "100.0mm"), (400.0, 100.0, "160.0mm"), (100.0, 400.0, "50.0mm")],
)
def test_pictures_are_printed_no_larger_than_the_page(width, height, printed, sample):
    figure = Figure("H1", "Hình", "", "nguồn", "Hình", width, height, b"")
    document = assemble(sample.front(), [Section("I"), figure])
    (picture,) = find(document, "Div", "picture")
    image = picture["c"][1][0]["c"][0]
    assert image["c"][0][2] == [["width", printed]]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["a"] * 12, ["small"]),
        (["a"] * 13, []),
        (["a" * 300] * 8, []),
        (["a" * 401], ["small", "long"]),
        (["a" * 1600], ["long"]),
    ],
)
def test_tables_say_whether_they_may_break(cells, names, sample):
    frame = pd.DataFrame({"n": cells})
    made = table("B1", frame, [Column("n", "Tên")], "Bảng", source="nguồn")
    (division,) = find(assemble(sample.front(), [Section("I"), made]), "Div", "table")
    scroll = division["c"][1][0]
    assert scroll["c"][1][0]["c"][0][1] == names


def test_wide_tables_lie_and_appendices_start_pages(document):
    pages = [(page.landscape, page.appendix) for page in segments(document)]
    assert pages == [
        (False, False),
        (True, False),
        (False, False),
        (False, True),
        (True, True),
        (False, True),
    ]
    lying = segments(document)[1].blocks
    assert words(lying[0]["c"][2]) == "2. Kết quả đầy đủ"  # the heading lies with its table


def test_title_of_an_appendix_lies_with_its_first_table(sample):
    made = table("B1", pd.DataFrame({"n": ["a"]}), [Column("n", "Tên")], "b", "", "c", "", True)
    for blocks in ([made], [subsection("Mục"), made]):
        document = assemble(sample.front(), [Section("PL IV"), *blocks])
        pages = [(page.landscape, page.appendix) for page in segments(document)]
        assert pages == [(False, False), (True, True)]
