"""The document as pandoc's model: the one tree that Word, PDF and HTML are written from.

Every piece of text is a ``Str``, which no writer interprets. Divisions and tables carry one class
each; each writer knows how they look. The heading of the letter and the signature are
tables of class ``frame``, without lines; other tables may be ``small`` (kept in one piece) or
``long`` (with a cell so long that its row may have to break).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .assemble import (
    Captioned,
    Document,
    Front,
    Heading,
    Item,
    Part,
    Passage,
)
from .blocks import Banner, Bullets, Figure, Paragraph, Table
from .pandoc import Node, node, text

# A picture is no larger than this, in millimetres: A4 between its margins, less the caption.
_PICTURE_WIDTH, _PICTURE_HEIGHT = 160.0, 200.0
# Characters: a line of a table, upright and lying; the most a column asks for; a word kept whole.
_LINE, _LYING_LINE, _WIDEST, _WORD = 72, 111, 40, 12
_FEW_ROWS, _LONG_CELL = 12, 400
# Lines of a table that still stand on one page with the headings above it, upright and lying.
_LINES, _LYING_LINES = 22, 14


_EMPTY: list[Any] = ["", [], []]

STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


@dataclass
class Segment:
    """Pages of one orientation; `appendix` marks the first pages of one, numbered from 1."""

    landscape: bool = False
    appendix: bool = False
    blocks: list[Node] = field(default_factory=list)


def _data_uri(figure: Figure) -> str:
    return f"data:image/png;base64,{figure.base64}"


def segments(document: Document, address: Callable[[Figure], str] = _data_uri) -> list[Segment]:
    """Lay the document out: heading, sections, signature, appendices.

    Parameters
    ----------
    document : Document
        The report.
    address : callable
        Where a writer finds the picture of a figure; by default the picture itself, as a data URI.
    """
    if not document.front.agency:
        return _attached(document, address)
    found = [Segment(blocks=_opening(document.front))]
    for part in document.parts:
        if not part.appendix:
            _lay(part, found, address)
    if found[-1].landscape:
        found.append(Segment())
    found[-1].blocks.append(_signature(document.front))
    for part in document.parts:
        if part.appendix:
            found.append(Segment(appendix=True, blocks=_appendix_title(part, document.front)))
            _lay(part, found, address)
    return found


def _attached(document: Document, address: Callable[[Figure], str]) -> list[Segment]:
    """Lay out a paper attached to others: its title on the pages of its first table."""
    found = [Segment(appendix=True, blocks=_title(document.front))]
    for part in document.parts:
        _lay(part, found, address)
    return found


def _lay(part: Part, found: list[Segment], address: Callable[[Figure], str]) -> None:
    """Add a part; a wide table opens lying pages and takes the headings above it along."""
    headings = [] if part.appendix else [_header(1, f"{part.numeral}. {part.title.upper()}")]
    untouched = part.appendix  # its title lies with the first table, if that lies
    for item in part.items:
        if isinstance(item, Heading):
            headings.append(_header(item.level, f"{item.number} {item.text}"))
            continue
        if untouched:
            found[-1].landscape, untouched = _lies(item), False
        elif _lies(item) != found[-1].landscape:
            found.append(Segment(_lies(item)))
        found[-1].blocks += [*headings, *_blocks(item, address)]
        headings = []
    found[-1].blocks += headings


def _lies(item: Item) -> bool:
    table = item.block if isinstance(item, Captioned) else None
    return isinstance(table, Table) and table.landscape


def division(name: str, blocks: Sequence[Node]) -> Node:
    """Return blocks of one class."""
    return node("Div", [["", [name], []], list(blocks)])


def paragraph(words: str, strong: bool = False) -> Node:
    """Return a paragraph of plain text."""
    inlines = text(words)
    return node("Para", [node("Strong", inlines)] if strong else inlines)


def _opening(front: Front) -> list[Node]:
    """Return the heading of the letter and the title of the report."""
    left = [
        division("parent", [paragraph(front.parent_agency.upper())]),
        division("agency", [paragraph(front.agency.upper())]),
        division("short-rule", [paragraph("\u00a0")]),
        division("number", [paragraph(front.number)]),
        division("draft", [paragraph("DỰ THẢO")]),
    ]
    right = [
        division("state", [paragraph(STATE)]),
        division("motto", [paragraph(MOTTO)]),
        division("long-rule", [paragraph("\u00a0")]),
        division("date", [paragraph(front.place_and_date)]),
    ]
    return [_frame(left, right, 0.44), *_title(front)]


def _title(front: Front) -> list[Node]:
    return [
        division("title", [paragraph(front.paper.upper())]),
        division("subject", [paragraph(front.title)]),
        division("title-rule", [paragraph("\u00a0")]),
        *(division("banner", [paragraph(notice)]) for notice in front.notices),
    ]


def _signature(front: Front) -> Node:
    left = [division("copies-title", [paragraph("Nơi nhận:")])]
    left.append(division("copies", [paragraph(line) for line in front.sent_to]))
    return _frame(left, [division("signer", [paragraph(front.signer.upper())])], 0.5)


def _frame(left: list[Node], right: list[Node], share: float) -> Node:
    """Put two groups of lines side by side."""
    columns = [[node("AlignDefault"), node("ColWidth", width)] for width in (share, 1 - share)]
    body = [_EMPTY, 0, [], [_row([left, right], "AlignDefault")]]
    name = ["", ["frame"], [["role", "presentation"]]]
    return node("Table", [name, [None, []], columns, [_EMPTY, []], [body], [_EMPTY, []]])


def _appendix_title(part: Part, front: Front) -> list[Node]:
    name = part.numeral.replace("PL", "Phụ lục")
    title = _header(1, f"{name}\n{part.title.upper()}", "appendix")
    return [title, division("attached", [paragraph(front.attached)])]


def _header(level: int, words: str, *names: str) -> Node:
    return node("Header", [level, ["", list(names), []], text(words)])


def _blocks(item: Item, address: Callable[[Figure], str]) -> Iterator[Node]:
    if isinstance(item, Passage):
        yield from item.nodes
    elif isinstance(item, Paragraph):
        yield paragraph("".join(str(part) for part in item.parts))
    elif isinstance(item, Bullets):
        yield node("BulletList", [[paragraph(words)] for words in item.items])
    elif isinstance(item, Banner):
        yield division("banner", [paragraph(item.text)])
    elif isinstance(item, Captioned) and isinstance(item.block, Table):
        yield from _table(item.label, item.block)
    elif isinstance(item, Captioned) and isinstance(item.block, Figure):
        yield from _figure(item.label, item.block, address(item.block))


def _table(label: str, table: Table) -> Iterator[Node]:
    yield division("caption", [paragraph(f"{label}. {table.caption}")])
    if table.unit:
        yield division("unit", [paragraph(f"Đơn vị tính: {table.unit}")])
    below = [division("note", [paragraph(f"Ghi chú: {table.note}")])] if table.note else []
    below.append(division("source", [paragraph(f"Nguồn: {table.source}")]))
    yield division("table", [division("scroll", [_grid(label, table)]), *below])


def _figure(label: str, figure: Figure, address: str) -> Iterator[Node]:
    scale = min(1.0, _PICTURE_WIDTH / figure.width, _PICTURE_HEIGHT / figure.height)
    size = [["width", f"{figure.width * scale:.1f}mm"]]
    image = node("Image", [["", [], size], text(figure.alt), [address, ""]])
    yield division("picture", [node("Para", [image])])
    unit = f"Đơn vị tính: {figure.unit}. " if figure.unit else ""
    yield division("figure-caption", [paragraph(f"{label}. {figure.caption}")])
    yield division("figure-source", [paragraph(f"{unit}Nguồn: {figure.source}")])


def _grid(label: str, table: Table) -> Node:
    """Return the table itself: a header row, numbers to the right, widths as shares."""
    sides = ["AlignLeft" if column.kind == "text" else "AlignRight" for column in table.columns]
    widths = [node("ColWidth", share) for share in shares(table)]
    columns = [[node(side), width] for side, width in zip(sides, widths, strict=True)]
    labels = [[paragraph(column.label, strong=True)] for column in table.columns]
    rows = [[[paragraph(cell)] for cell in row] for row in table.shown()]
    head = [_EMPTY, [_row(labels, "AlignCenter")]]
    body = [_EMPTY, 0, [], [_row(row, "AlignDefault") for row in rows]]
    name = ["", _sizes(table), [["aria-label", f"{label}. {table.caption}"]]]
    return node("Table", [name, [None, []], columns, head, [body], [_EMPTY, []]])


def _sizes(table: Table) -> list[str]:
    """Say whether the table fits on a page ("small") and whether a row may not ("long")."""
    lengths = [len(cell) for row in table.shown() for cell in row]
    room = _LYING_LINES if table.landscape else _LINES
    small = len(table.rows) <= _FEW_ROWS and _height(table) <= room
    return ["small"] * small + ["long"] * (max(lengths, default=0) > _LONG_CELL)


def _height(table: Table) -> int:
    """Lines that the rows take, about."""
    line = _LYING_LINE if table.landscape else _LINE
    room = [max(1.0, share * line) for share in shares(table)]
    return sum(
        max(
            sum(math.ceil(max(1, len(part)) / width) for part in cell.split("\n"))
            for cell, width in zip(row, room, strict=True)
        )
        for row in table.shown()
    )


def _row(cells: Sequence[Sequence[Node]], align: str) -> list[Any]:
    return [_EMPTY, [[_EMPTY, node(align), 1, 1, list(blocks)] for blocks in cells]]


def shares(table: Table) -> list[float]:
    """Return the share of the width that each column gets.

    Widths come from the columns, or from what stands in them; but no column is so narrow that a
    number or an ordinary word has to break.
    """
    rows = [[column.label for column in table.columns], *table.shown()]
    weights, least = [], []
    for place, column in enumerate(table.columns):
        lines = [line for row in rows[1:] for line in row[place].split("\n")]
        longest = max([len(column.label) / 3, *map(len, lines)])
        weights.append(column.width or min(_WIDEST, longest) + 2)
        word = max((len(word) for row in rows for word in row[place].split()), default=0)
        least.append((min(_WORD, word) + 2) / (_LYING_LINE if table.landscape else _LINE))
    if sum(least) >= 1:
        return [share / sum(least) for share in least]
    raised: set[int] = set()
    while True:
        rest = 1 - sum(least[place] for place in raised)
        whole = sum(weight for place, weight in enumerate(weights) if place not in raised)
        found = [
            least[place] if place in raised else rest * weight / whole
            for place, weight in enumerate(weights)
        ]
        narrow = {place for place, share in enumerate(found) if share < least[place]}
        if not narrow:
            return found
        raised |= narrow
