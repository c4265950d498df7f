"""Tables as people keep them in Excel and Word: what goes out, what comes back, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from pathlib import Path

from .faults import Collector, quoted
from .vietnamese import nfc

MAX_BYTES = 20_000_000

Content = str | float | None


@dataclass(frozen=True)
class Column:
    """A column of a table that goes out.

    Attributes
    ----------
    key : str
        What the column holds.
    header : str
        As printed.
    width : float
        In characters.
    also : tuple of str
        Other headers under which people write the same.
    internal : bool
        Whether it stands beside the official columns, for the program and not for print.
    required : bool
        Whether a table without it cannot be read.
    choices : str
        Cells that list what may stand in the column, as Excel names them.
    """

    key: str
    header: str
    width: float = 12
    also: tuple[str, ...] = ()
    internal: bool = False
    required: bool = False
    choices: str = ""


@dataclass(frozen=True)
class Row:
    """A row that goes out: contents by key of column, and how it looks."""

    cells: Mapping[str, Content]
    look: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A table that goes out, with its title and notes above."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A cell that came in.

    Attributes
    ----------
    value : str, float or None
        Text is stripped and composed; nothing is None.
    place : str
        Where the user finds it.
    percent : bool
        Whether the cell shows its number times a hundred.
    odd : {"", "formula", "error", "date", "truth"}
        What else it holds than text or a number: a formula or an error of Excel, with its text in
        `value`, a date, or true or false.
    hidden_id : str
        Mark that a Word row carries unseen.
    """

    value: Content
    place: str
    percent: bool = False
    odd: str = ""
    hidden_id: str = ""

    @property
    def text(self) -> str:
        """What stands there, as text."""
        if self.value is None or isinstance(self.value, str):
            return self.value or ""
        return f"{100 * self.value:.13g}%" if self.percent else f"{self.value:.15g}"


@dataclass(frozen=True)
class Grid:
    """A table that came in, before its header is known.

    Attributes
    ----------
    name : str
        Sheet, or number of the table in a Word file.
    rows : tuple of tuple of Cell
        Every row down to the last that holds anything.
    faults : tuple of (row, place, found, expected)
        What cannot be trusted, each with the row, counted from 0, that it spoils.
    continued : bool
        Whether other tables of the file may go on where this one ends, as they do in Word.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    faults: tuple[tuple[int, str, str, str], ...] = ()
    continued: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is written in it."""
        return all(cell.value is None for line in self.rows for cell in line)


@dataclass(frozen=True)
class Table:
    """A table that came in under known columns: each row by key of column."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Cell], ...]


def squeeze(text: str) -> str:
    """Reduce text to what tells it apart: case, spaces, marks and composition do not."""
    return " ".join(re.sub(r"[^\w%]+", " ", nfc(text).casefold()).split())


def tidy(value: object) -> Content:
    """Make a cell's content plain: composed and stripped text, numbers, nothing."""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, int | float):
        return float(value)
    text = nfc(str(value)) if value else ""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() or None


def find_table(
    grid: Grid, columns: Sequence[Column], faults: Collector, whole: bool = False
) -> Table | None:
    """Find a table by its header.

    Parameters
    ----------
    grid : Grid
        What came in.
    columns : sequence of Column
        What may stand in the header. The first required ones decide whether this is the table.
    faults : Collector
        Where faults of the header and of the rows below it are noted.
    whole : bool
        Whether a table without one of the required columns is another table, not a faulty one.

    Returns
    -------
    Table or None
        None when no row looks like the header. Rows without content are left out.
    """
    found = _header(grid, columns, whole)
    if found is None:
        return None
    top, header = found
    held = _match_header(header, columns, faults)
    for row, place, said, expected in grid.faults:
        if row > top:
            faults.add(place, said, expected)
    rows = []
    for line in grid.rows[top + 1 :]:
        if any(cell.value is not None for cell in line) and not _repeats(line, header):
            empty = Cell(None, line[0].place)
            rows.append({key: line[at] if at < len(line) else empty for key, at in held.items()})
            for at, cell in enumerate(line):
                if cell.value is not None and at not in held.values():
                    wanted = "nội dung nằm dưới một cột có tiêu đề"
                    faults.add(cell.place, f"có {quoted(cell.text)} ngoài các cột", wanted)
    return Table(grid.name, tuple(columns), tuple(rows))


def looks_like(grid: Grid, columns: Sequence[Column]) -> bool:
    """Tell whether a table has every required one of these columns."""
    return _header(grid, columns, whole=True) is not None


def _names(column: Column) -> set[str]:
    return {squeeze(name) for name in (column.header, *column.also)} | {f"@{column.key}"}


def _header(
    grid: Grid, columns: Sequence[Column], whole: bool
) -> tuple[int, tuple[Cell, ...]] | None:
    """Find the row that names every required column, or at least most of them.

    Official sheets often split it over two rows: "Mức độ" above, "Mức 1" and so on below.
    """
    required = [column for column in columns if column.required]
    best, found = 0, None
    lines = grid.rows[:40]
    single = list(enumerate(lines))
    double = [(at + 1, _joined(*pair)) for at, pair in enumerate(pairwise(lines))]
    for place, line in (*single, *double):  # two rows only where one does not say as much
        written = {squeeze(cell.text) for cell in line if cell.value is not None}
        score = sum(bool(_names(column) & written) for column in required)
        if score > best:
            best, found = score, (place, line)
    enough = len(required) if whole else max(1, min(2, len(required)))
    return found if best >= enough else None


def _joined(upper: Sequence[Cell], lower: Sequence[Cell]) -> tuple[Cell, ...]:
    """Two rows of a header as one: what stands below is what names the column."""
    pairs = zip_longest(upper, lower)
    return tuple(b if a is None or (b is not None and b.value is not None) else a for a, b in pairs)


def _match_header(
    header: Sequence[Cell], columns: Sequence[Column], faults: Collector
) -> dict[str, int]:
    """Match the header's cells with known columns, noting what is twice, absent or unknown."""
    held: dict[str, int] = {}
    for at, cell in enumerate(header):
        if cell.value is None:
            continue
        key = _key(cell.text, columns)
        if key is None:
            listed = ", ".join(_named(column) for column in columns)
            faults.add(cell.place, f"cột lạ {quoted(cell.text)}", f"một trong các cột: {listed}")
        elif key in held:
            first = header[held[key]].place
            faults.add(
                cell.place, f"tiêu đề {quoted(cell.text)} lặp lại", f"chỉ một cột, đã có ở {first}"
            )
        else:
            held[key] = at
    for column in columns:
        if column.required and column.key not in held:
            faults.add(header[0].place, f"thiếu cột {_named(column)}", "hàng tiêu đề có cột này")
    return held


def _key(text: str, columns: Sequence[Column]) -> str | None:
    """The column that a header names: its own name comes before what others are also called."""
    name = squeeze(text)
    own = (c.key for c in columns if text == f"@{c.key}" or squeeze(c.header) == name)
    also = (c.key for c in columns if name in _names(c))
    return next(own, None) or next(also, None)


def _named(column: Column) -> str:
    return "“" + column.header.replace("\n", " ") + "”"


def _repeats(line: Sequence[Cell], header: Sequence[Cell]) -> bool:
    """Tell whether a row is the header once more, or numbers its columns, as printed sheets do."""
    written = [cell.text for cell in line if cell.value is not None]
    names = [squeeze(c.text) for c in header if c.value is not None and not c.text.startswith("@")]
    if [squeeze(text) for text in written] == names:
        return True
    marks = [text.strip("()[]. ") for text in written]
    letters = [mark for mark in marks if not mark.isdigit()]
    numbers = marks[len(letters) :]
    return (
        len(marks) > 2
        and letters == list("ABCDEFGH"[: len(letters)])
        and numbers == [str(n) for n in range(1, len(numbers) + 1)]
    )


def refuse_file(path: Path, faults: Collector, suffixes: Iterable[str]) -> bool:
    """Note why a file cannot be an Office file of this kind; True if it cannot."""
    listed = ", ".join(suffixes)
    if not path.is_file():
        faults.add("", "không có tệp này", f"một tệp {listed}")
        return True
    if not path.stat().st_size:
        faults.add("", "tệp rỗng", f"một tệp {listed} có nội dung")
        return True
    if path.stat().st_size > MAX_BYTES:
        size = path.stat().st_size / 1e6
        found = f"tệp quá lớn ({size:.0f} MB)"
        faults.add("", found, f"tệp không quá {MAX_BYTES // 1_000_000} MB, chỉ gồm bảng và chữ")
        return True
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        said = f"không đọc được ({error.strerror})"
        faults.add("", said, "đóng tệp nếu đang mở, và tệp đọc được")
        return True
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        expected = f"mở ra, bỏ mật khẩu nếu có, rồi lưu lại dạng {listed}"
        faults.add("", "tệp dạng cũ (.xls, .doc) hoặc có mật khẩu", expected)
        return True
    if not start.startswith(b"PK"):
        faults.add("", "không phải tệp Excel, Word", f"một tệp {listed}")
        return True
    return False
