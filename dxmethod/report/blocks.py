"""Blocks: what a notebook cell shows and the report is made of.

A block shows itself in the cell and carries its own data in the same output bundle, so the report
is made of what the executed notebooks show. All of it is plain text: never markup, never
interpreted.
"""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ..faults import nearest
from ..vietnamese import nfc, number, percent, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing
    from pandas import DataFrame

MIME = "application/vnd.dxmethod.block+json"

Value = str | int | float | None

SECTIONS: Mapping[str, str] = {
    "I": "Căn cứ, sự cần thiết, phạm vi",
    "II": "Quá trình xây dựng, lấy ý kiến, thí điểm",
    "III": "Nội dung thay đổi",
    "IV": "Số liệu và chất lượng số liệu",
    "V": "Chất lượng chỉ tiêu",
    "VI": "Tác động đến kết quả",
    "VII": "Tính vững",
    "VIII": "Địa bàn đặc thù, sắp xếp đơn vị hành chính",
    "IX": "Chi phí tuân thủ",
    "X": "Ý kiến khác nhau, phương án",
    "XI": "Kết luận, kiến nghị, lộ trình",
    "PL I": "Bản so sánh, thuyết minh",
    "PL II": "Tổng hợp, tiếp thu, giải trình",
    "PL III": "Phiếu chỉ tiêu",
    "PL IV": "Kết quả theo đơn vị",
    "PL V": "Ghi chú phương pháp và hồ sơ tái lập",
    "PL VI": "Bảng chi tiết",
}

_DPI = 200
_KEY = re.compile(r"[A-Za-z0-9-]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Make any text printable: NFC, plain line ends, U+FFFD for what XML cannot carry."""
    lines = re.sub("\r\n?|[\u2028\u2029]", "\n", text).replace("\t", " ")
    return nfc(_UNPRINTABLE.sub("\ufffd", lines))


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


@dataclass(frozen=True)
class Ref:
    """A reference to a table or figure, printed as "Bảng 3" or "Hình 2" after numbering."""

    key: str


@dataclass(frozen=True)
class Prose:
    """Markdown written by a person in a notebook; `## x` opens a subsection."""

    markdown: str


@dataclass(frozen=True)
class Block:
    """Base of the blocks; every block can be shown by Jupyter and sent as JSON."""

    kind: ClassVar[str]
    tag: ClassVar[str] = "p"

    def to_json(self) -> dict[str, Any]:
        """Return the data of the block as JSON can carry it."""
        return {"block": self.kind} | asdict(self)

    def plain(self) -> str:
        """Return the block as text."""
        return "".join(str(value) for value in asdict(self).values())

    def _html(self) -> str:
        return f"<{self.tag}>{_escaped(self.plain())}</{self.tag}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        # The classes keep JupyterLab from setting "$...$" in somebody's name as a formula.
        shown = f'<div class="mathjax_ignore tex2jax_ignore">{self._html()}</div>'
        return {MIME: self.to_json(), "text/plain": self.plain(), "text/html": shown}


@dataclass(frozen=True)
class Section(Block):
    """Opens a section or an appendix of the report."""

    kind = "section"
    tag = "h2"
    numeral: str

    def plain(self) -> str:
        """Return numeral and title."""
        return f"{self.numeral}. {SECTIONS[self.numeral]}"


@dataclass(frozen=True)
class Subsection(Block):
    """Second-level heading; its number comes at assembly."""

    kind = "subsection"
    tag = "h3"
    text: str


@dataclass(frozen=True)
class Paragraph(Block):
    """Body text with references to tables and figures."""

    kind = "paragraph"
    parts: tuple[str | Ref, ...]

    def plain(self) -> str:
        """Return the text; references show their key until numbers are known."""
        return "".join(f"[{p.key}]" if isinstance(p, Ref) else p for p in self.parts)


@dataclass(frozen=True)
class Bullets(Block):
    """A list."""

    kind = "bullets"
    items: tuple[str, ...]

    def plain(self) -> str:
        """Return one line an item."""
        return "\n".join(f"- {item}" for item in self.items)


@dataclass(frozen=True)
class Banner(Block):
    """A boxed warning."""

    kind = "banner"
    tag = "strong"
    text: str


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Column of the frame.
    label : str
        What the header row prints.
    kind : {"text", "integer", "decimal", "percent", "shift"}
        "percent" takes shares (0 to 1); "shift" prints a sign.
    decimals : int
        Digits kept and printed after the comma.
    width : float, optional
        Relative width, about the characters of a line; by default from the content.
    """

    name: str
    label: str
    kind: str = "text"
    decimals: int = 0
    width: float | None = None

    def __post_init__(self) -> None:
        kinds = ("text", "integer", "decimal", "percent", "shift")
        if self.kind not in kinds:
            raise ValueError(
                f"cột {self.name}: kiểu {self.kind!r}; cần {nearest(self.kind, kinds)}"
            )

    def rounded(self, value: Any) -> Value:
        """Return the value as the report keeps it; None when missing."""
        import pandas as pd

        if value is None or value is pd.NA or value is pd.NaT:
            return None
        if self.kind == "text":
            return None if isinstance(value, float) and math.isnan(value) else clean(str(value))
        if not math.isfinite(value):
            return None
        decimals = self.decimals + 2 * (self.kind == "percent")
        if decimals == 0:
            return round(float(value))
        return round(float(value), decimals) + 0.0  # never -0.0

    def show(self, value: Value) -> str:
        """Return the value as the report prints it."""
        if isinstance(value, str):
            return value
        if self.kind == "text":
            return ""
        printer = {"percent": percent, "shift": signed}.get(self.kind, number)
        return printer(value, self.decimals)


@dataclass(frozen=True)
class Table(Block):
    """A captioned table; rows hold numbers as numbers and missing values as None."""

    kind = "table"
    key: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    caption: str
    unit: str = ""
    source: str = ""
    note: str = ""
    landscape: bool = False
    detail: bool = False

    def shown(self) -> list[list[str]]:
        """Return the rows as printed."""
        return [
            [column.show(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    def plain(self) -> str:
        """Return caption, header and rows, cells parted by tabs."""
        lines = [[column.label for column in self.columns], *self.shown()]
        return "\n".join([self.caption, *("\t".join(line) for line in lines)])

    def _html(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            sides = ["left" if column.kind == "text" else "right" for column in self.columns]
            inner = "".join(
                f'<{tag} style="text-align:{side}">{_escaped(cell)}</{tag}>'
                for side, cell in zip(sides, cells, strict=True)
            )
            return f"<tr>{inner}</tr>"

        head = row([column.label for column in self.columns], "th")
        body = "".join(row(cells, "td") for cells in self.shown())
        return (
            f"<table><caption>{_escaped(self.caption + _measured(self.unit))}</caption>"
            f"<thead>{head}</thead><tbody>{body}</tbody></table>{_below(self.note, self.source)}"
        )


@dataclass(frozen=True)
class Figure(Block):
    """A captioned picture; the PNG travels beside the JSON, as ``image/png``."""

    kind = "figure"
    key: str
    caption: str
    unit: str
    source: str
    alt: str
    width: float
    height: float
    png: bytes = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return all but the picture; width and height are in millimetres."""
        data = super().to_json()
        del data["png"]
        return data

    def plain(self) -> str:
        """Return key and caption."""
        return f"{self.key}: {self.caption}"

    @property
    def base64(self) -> str:
        """The picture as base64 text."""
        return base64.b64encode(self.png).decode("ascii")

    def _html(self) -> str:
        return (
            f'<img src="data:image/png;base64,{self.base64}" alt="{html.escape(self.alt)}" '
            'style="max-width:100%">'
            f"<p>{_escaped(self.caption + _measured(self.unit))}</p>{_below('', self.source)}"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return super()._repr_mimebundle_() | {"image/png": self.base64}


_KINDS: Mapping[str, Any] = {
    kind.kind: kind for kind in (Section, Subsection, Paragraph, Bullets, Banner, Table, Figure)
}


def _measured(unit: str) -> str:
    return f" (đơn vị tính: {unit})" if unit else ""


def _below(note: str, source: str) -> str:
    return f"<p><em>{_escaped(note)}{'<br>' if note else ''}Nguồn: {_escaped(source)}</em></p>"


def section(numeral: str) -> Section:
    """Open section "I" to "XI" or appendix "PL I" to "PL VI".

    Raises
    ------
    ValueError
        If there is no such section.
    """
    if numeral not in SECTIONS:
        raise ValueError(f"không có phần {numeral!r}; cần {nearest(numeral, SECTIONS)}")
    return Section(numeral)


def subsection(text: str) -> Subsection:
    """Open a second-level heading; it is numbered 1., 2. inside its section."""
    return Subsection(clean(text).replace("\n", " "))


def ref(key: str) -> Ref:
    """Refer to the table or figure with this key; prints "Bảng 3" or "Hình 2"."""
    return Ref(key)


def paragraph(*parts: str | Ref) -> Paragraph:
    """Write a paragraph; parts are joined as they are, without spaces between them."""
    return Paragraph(tuple(part if isinstance(part, Ref) else clean(part) for part in parts))


def bullets(items: Sequence[str]) -> Bullets:
    """Write a list."""
    return Bullets(tuple(clean(item) for item in items))


def banner(text: str) -> Banner:
    """Write a boxed warning, such as "SỐ LIỆU MÔ PHỎNG"."""
    return Banner(clean(text))


def table(
    key: str,
    frame: DataFrame,
    columns: Sequence[Column],
    caption: str,
    unit: str = "",
    source: str = "",
    note: str = "",
    landscape: bool = False,
    detail: bool = False,
) -> Table:
    """Show a frame as a captioned table; values are rounded here.

    Parameters
    ----------
    key : str
        Name of the table in this report, as "B14"; letters, digits and hyphens.
    frame : DataFrame
        One row of the table a row.
    columns : sequence of Column
        Which columns of the frame stand in the table, in order.
    caption, unit, source, note : str
        Caption above, unit ("Đơn vị tính"), source ("Nguồn") and note below the table.
    landscape : bool
        Print on a landscape page.
    detail : bool
        Stands with the long tables in the last appendix, however short it is.

    Raises
    ------
    ValueError
        If the key is not safe, caption or source are empty, or the frame lacks a column.
    """
    _check(key, caption, source)
    absent = [column.name for column in columns if column.name not in frame.columns]
    if absent or not columns:
        raise ValueError(f"{key}: bảng số liệu không có cột {', '.join(absent) or 'nào'}")
    series = [[column.rounded(value) for value in frame[column.name]] for column in columns]
    labelled = tuple(replace(column, label=clean(column.label)) for column in columns)
    rows = tuple(zip(*series, strict=True))
    words = (clean(caption), clean(unit), clean(source), clean(note))
    return Table(key, labelled, rows, *words, landscape=landscape, detail=detail)


def figure(
    key: str, fig: Drawing, caption: str, unit: str = "", source: str = "", alt: str = ""
) -> Figure:
    """Show a matplotlib figure as a captioned picture.

    Parameters
    ----------
    key : str
        Name of the figure in this report, as "H5"; letters, digits and hyphens.
    fig : matplotlib.figure.Figure
        Drawn at its own size; printed no wider than the page.
    caption, unit, source : str
        Caption below the picture, unit and source.
    alt : str
        What the picture shows, for those who cannot see it; by default the caption.

    Raises
    ------
    ValueError
        If the key is not safe or caption or source are empty.
    """
    _check(key, caption, source)
    stream = BytesIO()
    # Without the version of matplotlib, the same picture is the same bytes.
    fig.savefig(stream, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    width, height = (round(25.4 * float(inches), 1) for inches in fig.get_size_inches())
    words = (clean(caption), clean(unit), clean(source), clean(alt or caption))
    return Figure(key, *words, width, height, stream.getvalue())


def _check(key: str, caption: str, source: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueError(f"tên {key!r} không dùng được; cần chữ cái không dấu, chữ số, gạch nối")
    if not caption.strip() or not source.strip():
        raise ValueError(f"{key}: thiếu tên (caption) hoặc nguồn (source)")


def from_json(data: Mapping[str, Any], png: bytes = b"") -> Block:
    """Rebuild a block from the data in an executed notebook.

    Parameters
    ----------
    data : mapping
        What `Block.to_json` gave.
    png : bytes
        The ``image/png`` of the same output, for a figure.

    Raises
    ------
    ValueError
        If this is not the data of a block.
    """
    values: dict[str, Any] = dict(data)
    try:
        kind = _KINDS[values.pop("block")]
        if kind is Paragraph:
            values["parts"] = tuple(p if isinstance(p, str) else Ref(**p) for p in values["parts"])
        elif kind is Bullets:
            values["items"] = tuple(values["items"])
        elif kind is Table:
            values["columns"] = tuple(Column(**column) for column in values["columns"])
            values["rows"] = tuple(tuple(row) for row in values["rows"])
        elif kind is Figure:
            values["png"] = png
        return cast(Block, kind(**values))
    except (KeyError, TypeError) as error:
        raise ValueError(f"không đọc được khối trong sổ tay: {error}") from error
