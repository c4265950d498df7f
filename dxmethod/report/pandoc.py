"""Pandoc as a plain process: model in, file out, and markdown read without its raw parts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from .blocks import clean

Node = dict[str, Any]
"""A node of pandoc's document model, as its JSON has it."""

_RULE = "\n\n* * *\n\n"


def run(arguments: Sequence[str], data: bytes) -> bytes:
    """Run pandoc on standard input, without access to files or network it was not given.

    Raises
    ------
    RuntimeError
        If pandoc refuses; its own message is kept.
    """
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--sandbox", *arguments]
    environment = os.environ | {"SOURCE_DATE_EPOCH": "0"}  # the date pandoc writes into files
    done = subprocess.run(command, input=data, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"pandoc: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def model(blocks: Sequence[Node]) -> bytes:
    """Return blocks as a document in pandoc's JSON."""
    document = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": blocks}
    return json.dumps(document, ensure_ascii=False).encode("utf-8")


def node(kind: str, content: Any = None) -> Node:
    """Return one node of the model."""
    return {"t": kind} if content is None else {"t": kind, "c": content}


def text(value: str) -> list[Node]:
    """Return text as inlines that no writer interprets; line ends become line breaks."""
    inlines: list[Node] = []
    for line in clean(value).split("\n"):
        inlines += [node("LineBreak"), node("Str", line)]
    return inlines[1:]


def plain(inlines: Sequence[Node]) -> str:
    """Return the text of inlines."""
    words = []
    for inline in inlines:
        content = inline.get("c")
        words.append(content if isinstance(content, str) else plain(content) if content else " ")
    return "".join(words)


def read_prose(sources: Sequence[str]) -> list[list[Node]]:
    """Read pieces of CommonMark in one go; raw HTML, links and pictures become text.

    Parameters
    ----------
    sources : sequence of str
        Markdown, one piece a cell.

    Returns
    -------
    list of list of dict
        For each piece, blocks made of nothing but Header, Para, BulletList, OrderedList and
        BlockQuote, and of the inlines Str, LineBreak, Emph and Strong.
    """
    if not sources:
        return []
    # Each piece stands in a block quote of its own, which closes whatever the piece left open.
    quoted = ["\n".join(f"> {line}" for line in clean(source).split("\n")) for source in sources]
    found = run(["-f", "commonmark", "-t", "json"], _RULE.join(quoted).encode("utf-8"))
    pieces = [block["c"] for block in json.loads(found)["blocks"] if block["t"] == "BlockQuote"]
    if len(pieces) != len(sources):
        raise RuntimeError("pandoc: không tách được các đoạn văn của sổ tay")
    return [_blocks(piece, top=True) for piece in pieces]


def _blocks(blocks: Sequence[Node], top: bool = False) -> list[Node]:
    return [kept for block in blocks for kept in _block(block, top)]


def _block(block: Node, top: bool) -> list[Node]:
    kind, content = block["t"], block.get("c", [])
    if kind in ("Para", "Plain"):
        return [node("Para", _inlines(content))]
    if kind == "Header" and top:
        return [node("Header", [content[0], ["", [], []], _inlines(content[2])])]
    if kind == "Header":  # inside a list or a quotation it cannot open a subsection
        return [node("Para", [node("Strong", _inlines(content[2]))])]
    if kind == "BulletList":
        return [node("BulletList", [_blocks(item) for item in content])]
    if kind == "OrderedList":
        return [node("OrderedList", [content[0], [_blocks(item) for item in content[1]]])]
    if kind == "BlockQuote":
        return [node("BlockQuote", _blocks(content))]
    if kind in ("CodeBlock", "RawBlock"):
        return [node("Para", text(content[1].strip("\n")))]
    return []  # a horizontal rule


def _inlines(inlines: Sequence[Node]) -> list[Node]:
    return [kept for inline in inlines for kept in _inline(inline)]


def _inline(inline: Node) -> list[Node]:
    kind, content = inline["t"], inline.get("c", [])
    if kind in ("Emph", "Strong"):
        return [node(kind, _inlines(content))]
    if kind in ("Code", "RawInline"):
        return text(content[1])
    if kind == "Link":
        words, address = _inlines(content[1]), content[2][0]
        told = plain(words) in (address, address.removeprefix("mailto:"))
        return words if told else [*words, node("Str", f" ({address})")]
    if kind == "Image":
        return _inlines(content[1])
    if kind in ("Space", "SoftBreak"):
        return [node("Str", " ")]
    return text(content) if kind == "Str" else [inline]
