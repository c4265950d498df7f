"""From the blocks of all notebooks to one numbered document."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..faults import nearest
from ..vietnamese import official_date
from .blocks import (
    MIME,
    SECTIONS,
    Banner,
    Block,
    Bullets,
    Figure,
    Paragraph,
    Prose,
    Ref,
    Section,
    Subsection,
    Table,
    clean,
    from_json,
)
from .pandoc import Node, plain, read_prose

# Rows from which a table of the body stands in the last appendix: most of a page of them.
LONG = 18
DETAILS = "PL VI"

_LETTERS = "abcdđeghiklmnopqrstuvxy"


@dataclass(frozen=True)
class Front:
    """What stands around the body of the report; number, date and signature stay blank.

    Attributes
    ----------
    parent_agency, agency : str
        In ordinary letters; the heading prints capitals.
    symbol : str
        Behind the number, as "BC-CĐSQG".
    place, title, signer : str
        Place of issue; what the report is about; office of the one who signs.
    recipients : sequence of str
        Under "Nơi nhận"; the archive is added.
    notices : sequence of str
        What the first page and the head of every page must say, such as "SỐ LIỆU MÔ PHỎNG".
    paper : str
        What kind of paper this is. One without an agency is attached to others: it has neither the
        heading of a letter nor a signature.
    """

    parent_agency: str
    agency: str
    symbol: str
    place: str
    title: str
    signer: str
    recipients: Sequence[str] = ()
    notices: Sequence[str] = ()
    paper: str = "Báo cáo"

    @property
    def running_head(self) -> str:
        """The notices as one line for the head of every page; empty when there are none."""
        return clean(" · ".join(self.notices)).replace("\n", " ")

    @property
    def number(self) -> str:
        """The line that the clerk fills in."""
        return _blank(f"Số:        /{self.symbol}")

    @property
    def place_and_date(self) -> str:
        """Place and blank date."""
        return _blank(f"{self.place}, {official_date(None).rstrip()}        ")

    @property
    def attached(self) -> str:
        """The line below the title of an appendix."""
        date = official_date(None).rstrip() + "      "
        return _blank(f"(Kèm theo Báo cáo số      /{self.symbol} {date}của {self.agency})")

    @property
    def sent_to(self) -> list[str]:
        """The lines below "Nơi nhận"."""
        others = [f"- {name.rstrip(' .;')};" for name in self.recipients]
        return [*others, "- Lưu: VT."]


def _blank(line: str) -> str:
    """Keep the room left for handwriting: runs of spaces become no-break spaces."""
    return clean(line).replace("  ", "\u00a0\u00a0").replace("\u00a0 ", "\u00a0\u00a0")


@dataclass(frozen=True)
class Heading:
    """A numbered heading: 1 for sections and appendices, 2 and 3 inside them."""

    level: int
    number: str
    text: str


@dataclass(frozen=True)
class Passage:
    """Prose as pandoc read it."""

    nodes: list[Node]


@dataclass(frozen=True)
class Captioned:
    """A table or figure with its number: "Bảng 3", "Hình 2"."""

    label: str
    block: Table | Figure


Item = Heading | Passage | Captioned | Paragraph | Bullets | Banner


@dataclass(frozen=True)
class Part:
    """A section ("I" to "XI") or an appendix ("PL I" to "PL VI") with its content."""

    numeral: str
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        """Title of the part."""
        return SECTIONS[self.numeral]

    @property
    def appendix(self) -> bool:
        """Whether this is an appendix."""
        return self.numeral.startswith("PL")


@dataclass(frozen=True)
class Document:
    """The report, ordered and numbered, ready to be written."""

    front: Front
    parts: tuple[Part, ...]

    @property
    def captioned(self) -> list[Captioned]:
        """Tables and figures in order."""
        items = [item for part in self.parts for item in part.items]
        return [item for item in items if isinstance(item, Captioned)]

    @property
    def tables(self) -> list[tuple[str, Table]]:
        """Tables with their labels, in order."""
        return [
            (item.label, item.block) for item in self.captioned if isinstance(item.block, Table)
        ]

    @property
    def figures(self) -> list[tuple[str, Figure]]:
        """Figures with their labels, in order."""
        return [
            (item.label, item.block) for item in self.captioned if isinstance(item.block, Figure)
        ]


def collect(notebook: Any) -> list[Block | Prose]:
    """Gather the blocks of an executed notebook, in order.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Outputs carry blocks; markdown cells not tagged ``guide`` are prose.

    Raises
    ------
    ValueError
        If a block cannot be read or stands before the first section.
    """
    found: list[Block | Prose] = []
    for cell in notebook.cells:
        guide = "guide" in cell.metadata.get("tags", [])
        if cell.cell_type == "markdown" and not guide and cell.source.strip():
            found.append(Prose(cell.source))
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                found.append(from_json(data[MIME], base64.b64decode(data.get("image/png", ""))))
    if found and not isinstance(found[0], Section):
        raise ValueError(f"chưa mở phần (section) đã có nội dung: {_excerpt(found[0])}")
    return found


def _excerpt(block: Block | Prose) -> str:
    words = block.markdown if isinstance(block, Prose) else block.plain()
    return f"“{' '.join(words.split())[:60]}”"


def assemble(
    front: Front,
    blocks: Iterable[Block | Prose],
    long: int = LONG,
) -> Document:
    """Order blocks by section and number subsections, tables and figures.

    Parameters
    ----------
    front : Front
        What stands around the body.
    blocks : iterable of Block or Prose
        Of all notebooks, one after the other; each opens sections as it needs.
    long : int
        Rows from which a table of the body stands in the last appendix; a detail does anyway.

    Returns
    -------
    Document
        Sections I to XI, then appendices, whatever the order of the notebooks; long tables of the
        sections stand in the last appendix, and a sentence says so in their place. The last line of
        the first section lists the sections that this report does not make.

    Raises
    ------
    ValueError
        For content outside a section, two tables or figures of one key, an unknown reference.
    """
    grouped = _grouped(blocks)
    _move_long_tables(grouped, long)
    made = [numeral for numeral, content in grouped.items() if content]
    main = [numeral for numeral in made if not numeral.startswith("PL")]
    if main and (absent := _absent(main)):
        grouped[main[0]].append(Paragraph((absent,)))
    prose = [block for numeral in made for block in grouped[numeral] if isinstance(block, Prose)]
    read = iter(read_prose([block.markdown for block in prose]))
    labels = _labels(block for numeral in made for block in grouped[numeral])
    parts = [Part(numeral, tuple(_items(grouped[numeral], labels, read))) for numeral in made]
    return Document(front, tuple(parts))


def missing_sections(document: Document) -> list[tuple[str, str]]:
    """Return numeral and title of the sections I to XI that this report does not make."""
    made = {part.numeral for part in document.parts}
    return _missing(made)


def _missing(made: Iterable[str]) -> list[tuple[str, str]]:
    present = set(made)
    return [
        (numeral, title)
        for numeral, title in SECTIONS.items()
        if numeral not in present and not numeral.startswith("PL")
    ]


def _absent(made: Iterable[str]) -> str:
    """Say which sections are not made; their numerals stay reserved."""
    listed = "; ".join(f"{numeral}. {title}" for numeral, title in _missing(made))
    said = f"Báo cáo này không lập các phần sau (số thứ tự được giữ nguyên): {listed}."
    return said if listed else ""


def _grouped(blocks: Iterable[Block | Prose]) -> dict[str, list[Block | Prose]]:
    grouped: dict[str, list[Block | Prose]] = {numeral: [] for numeral in SECTIONS}
    numeral = ""
    for block in blocks:
        if isinstance(block, Section):
            numeral = block.numeral
        elif not numeral:
            raise ValueError(f"chưa mở phần (section) đã có nội dung: {_excerpt(block)}")
        else:
            grouped[numeral].append(block)
    return grouped


def _move_long_tables(grouped: dict[str, list[Block | Prose]], long: int) -> None:
    """Put the long tables of the sections, and their details, into the last appendix."""
    for numeral, blocks in grouped.items():
        for place, block in enumerate(blocks):
            if not isinstance(block, Table) or numeral.startswith("PL"):
                continue
            if block.detail or len(block.rows) >= long:
                what = block.caption[:1].lower() + block.caption[1:]
                where = ("Chi tiết ở ", Ref(block.key), f", phụ lục VI: {what}.")
                blocks[place] = Paragraph(where)
                grouped[DETAILS].append(block)


def _labels(blocks: Iterable[Block | Prose]) -> dict[str, str]:
    """Number tables and figures in the order of the report."""
    labels: dict[str, str] = {}
    counts = {"Bảng": 0, "Hình": 0}
    for block in blocks:
        if isinstance(block, Table | Figure):
            if block.key in labels:
                raise ValueError(f"hai bảng, hình cùng mang tên {block.key!r}")
            word = "Bảng" if isinstance(block, Table) else "Hình"
            counts[word] += 1
            labels[block.key] = f"{word} {counts[word]}"
    return labels


@dataclass
class _Counter:
    """Numbers of the headings inside one part."""

    second: int = 0
    third: int = 0

    def heading(self, level: int, text: str) -> Heading:
        if level <= 2:
            self.second, self.third = self.second + 1, 0
            return Heading(2, f"{self.second}.", text)
        self.third += 1
        return Heading(3, f"{_LETTERS[(self.third - 1) % len(_LETTERS)]})", text)


def _items(
    blocks: Iterable[Block | Prose], labels: Mapping[str, str], read: Iterator[list[Node]]
) -> Iterator[Item]:
    """Number what one part holds and put numbers for its references."""
    counter = _Counter()
    for block in blocks:
        if isinstance(block, Prose):
            yield from _passages(next(read), counter)
        elif isinstance(block, Subsection):
            yield counter.heading(2, block.text)
        elif isinstance(block, Paragraph):
            yield replace(block, parts=("".join(_resolved(part, labels) for part in block.parts),))
        elif isinstance(block, Table | Figure):
            yield Captioned(labels[block.key], block)
        elif isinstance(block, Bullets | Banner):
            yield block


def _passages(nodes: Sequence[Node], counter: _Counter) -> Iterator[Item]:
    """Take headings out of prose, so that they are numbered with the others."""
    kept: list[Node] = []
    for node in nodes:
        if node["t"] != "Header":
            kept.append(node)
            continue
        if kept:
            yield Passage(kept)
        kept = []
        yield counter.heading(node["c"][0], plain(node["c"][2]))
    if kept:
        yield Passage(kept)


def _resolved(part: str | Ref, labels: Mapping[str, str]) -> str:
    if isinstance(part, str):
        return part
    if part.key not in labels:
        raise ValueError(
            f"không có bảng, hình nào tên {part.key!r}; cần {nearest(part.key, labels)}"
        )
    return labels[part.key]
