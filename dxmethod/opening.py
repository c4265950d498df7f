"""Tables that others send, opened with suspicion: what stands in every cell, and what is hidden."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from .faults import Collector
from .sheets import refuse_file
from .vietnamese import nfc

MAX_BYTES = 20_000_000
MAX_TEXT = 100_000_000
MAX_UNPACKED = 120_000_000
MAX_PARTS = 1_000
MAX_CELLS = 5_000_000
SUFFIXES = (".xlsx", ".csv", ".parquet")

Place = tuple[int, int]

_LEFT_OUT = re.compile(
    r"(?i)\.bin$|^(docProps|customXml)/|/(externalLinks|drawings|charts|media|_rels/sheet)|/vba"
)
_PERCENT = re.compile(rb'<numFmt\s[^>]*?numFmtId="(\d+)"[^>]*?formatCode="[^"]*%')
_SPELT = re.compile(rb"&#(?:[xX]0*[3-5].|0*[4-9]\d);")  # a digit or capital in other words
_FORMATS = re.compile(rb"<xf\s[^>]*")


@dataclass(frozen=True)
class Traps:
    """What a cell's value does not tell, rows and columns counted from 0.

    Attributes
    ----------
    formulas, errors, percents : frozenset of (row, column)
        Cells that hold a formula; an error such as #DIV/0!, which calamine takes for nothing; cells
        that show their number times a hundred.
    rows, columns : frozenset of int
        What nobody sees.
    merged : tuple of (row, column, row, column)
        First and last cell of cells that were merged.
    """

    formulas: frozenset[Place] = frozenset()
    errors: frozenset[Place] = frozenset()
    percents: frozenset[Place] = frozenset()
    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet as it came in.

    Attributes
    ----------
    name : str
        Its name; empty for a CSV file.
    rows : list of lists
        Contents of the cells from the first row and column on: text, float, bool, date or "".
    lines : list of int
        Line of the file, or row of the sheet, on which each row stands.
    comma : bool
        Whether numbers in text are written with a decimal comma for certain.
    """

    name: str
    rows: Sequence[Sequence[Any]]
    lines: Sequence[int]
    hidden: bool = False
    comma: bool = False
    traps: Traps = field(default_factory=Traps)


def open_sheets(path: Path, faults: Collector) -> list[Sheet]:
    """Read every sheet of a workbook, or the one table of a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        A file that somebody sent; nothing else is opened, nothing in it is executed.
    faults : Collector
        Where it is noted that the file is none, is too large, is damaged, or carries macros,
        links or definitions that no table needs.

    Returns
    -------
    list of Sheet
        Empty after an error.
    """
    kind = path.suffix.lower()
    try:
        if kind in (".csv", ".txt"):
            return _open_csv(path, faults)
        if kind == ".parquet":
            return _open_parquet(path, faults)
        if kind == ".xlsm":
            faults.add("", "tệp có macro (.xlsm)", "lưu lại dạng .xlsx, không có macro")
            return []
        parts = safe_parts(path, faults)
        return _sheets(parts, faults) if parts else []
    except (OSError, MemoryError, RecursionError) as error:
        faults.add("", f"không đọc được tệp ({type(error).__name__})", "tệp đọc được")
        return []


def _open_csv(path: Path, faults: Collector) -> list[Sheet]:
    if not path.is_file():
        faults.add("", "không có tệp này", "một tệp .csv")
        return []
    if path.stat().st_size > MAX_TEXT:
        faults.add("", "tệp quá lớn", f"tệp không quá {MAX_TEXT // 1_000_000} MB")
        return []
    try:
        text = nfc(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        expected = "tệp lưu dạng “CSV UTF-8” (trong Excel: Save As, CSV UTF-8)"
        faults.add(f"byte thứ {error.start + 1}", "không phải văn bản UTF-8", expected)
        return []
    if "\0" in text:
        faults.add("", "có ký tự rỗng, không phải văn bản", "tệp CSV UTF-8")
        return []
    head = text[: text.find("\n") if "\n" in text else len(text)]
    sign = max(";,\t", key=head.count)
    rows, lines, line = [], [], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        for cells in reader:
            if any(cells):
                rows.append([cell.strip() for cell in cells])
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(f"dòng {line}", f"không đúng dạng CSV ({error})", "dấu ngoặc kép đóng mở đủ")
        return []
    return [Sheet("", rows, lines, comma=sign == ";")]


def _open_parquet(path: Path, faults: Collector) -> list[Sheet]:
    """Read Parquet where pyarrow happens to be installed; it is too large to be asked for."""
    import pandas as pd

    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except ImportError:
        found = "chưa đọc được Parquet: môi trường không có gói pyarrow"
        faults.add("", found, "cài thêm pyarrow, hoặc lưu bảng thành CSV hay XLSX")
        return []
    except Exception as error:
        faults.add("", f"tệp hỏng, không mở được ({type(error).__name__})", "tệp Parquet mở được")
        return []
    if frame.size > MAX_CELLS:
        faults.add("", f"bảng có {frame.size} ô", f"không quá {MAX_CELLS} ô")
        return []
    cells = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
    body = [[float(v) if type(v) is int else v for v in row] for row in cells]
    rows: list[list[Any]] = [[str(name) for name in frame.columns], *body]
    return [Sheet("", rows, range(1, len(rows) + 1))]


def safe_parts(path: Path, faults: Collector) -> dict[str, bytes]:
    """Take from a workbook the parts that hold tables, once nothing in them can do harm.

    Parameters
    ----------
    path : Path
        An .xlsx file.
    faults : Collector
        Where it is noted what the file is instead, or why it is refused.

    Returns
    -------
    dict of str to bytes
        Unpacked parts by name: no macros, links, pictures. Empty after an error.
    """
    if refuse_file(path, faults, (".xlsx",)):
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            items = archive.infolist()
            names = [item.filename for item in items]
            size = sum(item.file_size for item in items)
            if size > MAX_UNPACKED or len(items) > MAX_PARTS:
                found = f"tệp mở ra quá lớn ({size / 1e6:.0f} MB, {len(items)} phần)"
                faults.add("", found, "bảng chỉ gồm chữ và số")
                return {}
            if "xl/workbook.xml" not in names or len(set(names)) < len(names):
                faults.add("", "không phải tệp Excel", "một tệp .xlsx")
                return {}
            kept = [item for item in items if not _LEFT_OUT.search(item.filename)]
        content = path.read_bytes()
        parts = {item.filename: _unpack(content, item) for item in kept}
    except Exception as error:  # a damaged archive fails in many ways
        faults.add("", f"tệp hỏng, không mở được ({type(error).__name__})", "tệp .xlsx mở được")
        return {}
    for sign, what in (("vba", "macro"), ("externalLinks/", "liên kết tới tệp khác")):
        if any(sign in name for name in names):
            faults.add("", f"tệp có {what}: bỏ qua, không mở", "", severity="cảnh báo")
    for name, part in parts.items():
        if _is_odd(part):
            expected = "tệp do Excel hoặc LibreOffice lưu (mở ra rồi lưu lại)"
            faults.add(f"phần {name}", "có định nghĩa XML hoặc bảng mã lạ", expected)
            return {}
    return parts


def _is_odd(part: bytes) -> bool:
    """Tell XML that defines its own entities, or is not UTF-8 and could hide anything."""
    head = part[:200]
    encoding = re.search(rb"encoding\s*=\s*[\"']([^\"']*)", head)
    if b"\0" in head or (encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii")):
        return True
    return b"!" in part and (b"<!DOCTYPE" in part or b"<!ENTITY" in part)


def _sheets(parts: Mapping[str, bytes], faults: Collector) -> list[Sheet]:
    """Let calamine read what was looked at, and nothing else."""
    from python_calamine import SheetVisibleEnum, load_workbook

    formats = _percent_formats(parts.get("xl/styles.xml", b""))
    looks: dict[str, Traps] = {}
    shared = max(map(len, parts.get("xl/sharedStrings.xml", b"").split(b"<si")), default=0)
    try:
        for name, part in parts.items():
            if "worksheets/" in name:
                # The same text in many cells would be copied into each of them.
                if shared * len(part) > 1e10 and shared * part.count(b't="s"') > 1e8:
                    raise _TooLarge(f"chữ quá dài lặp lại quá nhiều lần (phần {name})")
                looks[name] = look(part, formats)
        book = load_workbook(repack(parts))
        result = []
        paths = _sheet_paths(parts)
        for item in book.sheets_metadata:
            sheet = book.get_sheet_by_name(item.name)
            rows = sheet.to_python(skip_empty_area=False)
            hidden = item.visible != SheetVisibleEnum.Visible
            traps = looks.get(paths.get(item.name, ""), Traps())
            lines = range(1, len(rows) + 1)
            result.append(Sheet(nfc(item.name), rows, lines, hidden, traps=traps))
        return result
    except _TooLarge as error:
        faults.add("", str(error), "bảng chỉ gồm chữ và số")
    except BaseException as error:
        # A panic of Rust is not an Exception; what the user or the system asks is not ours.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        faults.add("", f"tệp hỏng, không mở được ({type(error).__name__})", "tệp .xlsx mở được")
    return []


class _TooLarge(Exception):
    pass


def _unpack(content: bytes, item: zipfile.ZipInfo) -> bytes:
    """Unpack a part, never beyond its stated size; twice as fast as zipfile."""
    sign, flags, kind, name, extra = _LOCAL.unpack_from(content, item.header_offset)
    start = item.header_offset + _LOCAL.size + name + extra
    packed = content[start : start + item.compress_size]
    if sign != b"PK\3\4" or flags & 1 or kind not in (0, 8) or kind != item.compress_type:
        raise zipfile.BadZipFile(item.filename)
    part = zlib.decompressobj(-15).decompress(packed, item.file_size + 1) if kind else packed
    if len(part) != item.file_size or zlib.crc32(part) != item.CRC:
        raise zipfile.BadZipFile(item.filename)
    return part


# Fields of a local file header that matter; a whole one; an entry of the directory; its end.
_LOCAL = struct.Struct("<4s2xHH16xHH")
_HEAD = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")


def repack(parts: Mapping[str, bytes]) -> io.BytesIO:
    """Put parts back into an archive without compressing them, in one piece of memory."""
    pieces: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name, part in parts.items():
        label, check, size = name.encode(), zlib.crc32(part), len(part)
        head = _HEAD.pack(b"PK\3\4", 20, 2048, 0, 0, 33, check, size, size, len(label), 0)
        pieces += [head, label, part]
        known = (20, 20, 2048, 0, 0, 33, check, size, size, len(label), 0, 0, 0, 0, 0)
        directory += [_ENTRY.pack(b"PK\1\2", *known, offset), label]
        offset += len(head) + len(label) + size
    size = sum(map(len, directory))
    end = _END.pack(b"PK\5\6", 0, 0, len(parts), len(parts), size, offset, 0)
    return io.BytesIO(b"".join([*pieces, *directory, end]))


def _sheet_paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Part of each sheet by the sheet's name."""
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def link(tag: str, found: dict[str, str]) -> None:
        if _local(tag) == "Relationship":
            target = found.get("Target", "")
            targets[found.get("Id", "")] = (
                target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
            )

    def sheet(tag: str, found: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            key = next((v for k, v in found.items() if _local(k) == "id"), "")
            names[found.get("name", "")] = targets.get(key, "")

    for name, handler in (("xl/_rels/workbook.xml.rels", link), ("xl/workbook.xml", sheet)):
        parser = expat.ParserCreate()
        parser.StartElementHandler = handler
        parser.Parse(parts.get(name, b"<x/>"), True)
    return names


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _percent_formats(styles: bytes) -> frozenset[str]:
    """Numbers of the cell formats that show a number times a hundred."""
    percent = {b"9", b"10", *_PERCENT.findall(styles)}
    inner = styles.partition(b"<cellXfs")[2].partition(b"</cellXfs>")[0]
    found = (re.search(rb'numFmtId="(\d+)"', item) for item in _FORMATS.findall(inner))
    return frozenset(str(at) for at, match in enumerate(found) if match and match[1] in percent)


def look(part: bytes, percent: frozenset[str] = frozenset()) -> Traps:
    """Look for what calamine does not tell of a sheet; most sheets are cleared in a few scans.

    Parameters
    ----------
    part : bytes
        XML of a sheet.
    percent : frozenset of str
        Numbers of the formats that show a number times a hundred.

    Returns
    -------
    Traps

    Raises
    ------
    ValueError or ExpatError
        If the sheet is too large for its content, or is no XML.
    """
    start, end = part.find(b"<sheetData"), part.rfind(b"</sheetData>")
    plain = 0 < start < end and b"'" not in part and b"hidden" not in part
    plain = plain and part.find(b"mergeCell", end) < 0
    # One letter is found ten times as fast as two; "f" occurs neither in numbers nor in Vietnamese.
    plain = plain and (part.find(b"f", start, end) < 0 or part.find(b"<f", start, end) < 0)
    if plain and percent:
        signs = "|".join(sorted(percent))
        plain = not re.search(rf' s="(?:{signs})"'.encode(), part)
    plain = plain and not _has_error(part)
    return Traps() if plain and _is_small(part) else _look_closely(part, percent)


def _has_error(part: bytes) -> bool:
    """Tell a "#" that spells no letter ("&#7871;"): errors begin with one."""
    at = part.find(b"#")
    while at >= 0 and part[at - 1] == 38:
        at = part.find(b"#", at + 1)
    return at >= 0


def _is_small(part: bytes, step: int = 1 << 19) -> bool:
    """Tell whether every cell lies above row 10,000 and left of column AAA.

    One cell far away is enough for calamine to ask for all the cells before it.
    """
    for start in range(0, len(part), step):
        block = np.frombuffer(part, np.uint8, min(step + 8, len(part) - start), start)
        digit = (block - np.uint8(48)) < 10
        upper = (block - np.uint8(65)) < 26
        two = upper[:-1] & upper[1:]
        if (two[:-2] & upper[2:-1] & digit[3:]).any():
            return False
        pair = digit[:-1] & digit[1:]
        if (upper[:-5] & pair[1:-3] & pair[3:-1] & digit[5:]).any():
            return False
    return b"&" not in part or not _SPELT.search(part)


def _look_closely(part: bytes, percent: frozenset[str]) -> Traps:
    """Read the whole sheet tag by tag."""
    formulas: set[Place] = set()
    errors: set[Place] = set()
    percents: set[Place] = set()
    rows: set[int] = set()
    columns: set[int] = set()
    merged: list[tuple[int, int, int, int]] = []
    row, column = -1, -1
    last = [0, 0]

    def start(tag: str, found: dict[str, str]) -> None:
        nonlocal row, column
        tag = _local(tag)
        if tag == "c":
            if "r" in found:
                row, column = _place(found["r"])  # as calamine does, whatever its row says
            else:
                column += 1
            last[:] = max(last[0], row + 1), max(last[1], column + 1)
            if found.get("t") == "e":
                errors.add((row, column))
            if found.get("s") in percent:
                percents.add((row, column))
        elif tag == "row":
            row, column = int(found["r"]) - 1 if "r" in found else row + 1, -1
            if found.get("hidden", "0") in ("1", "true"):
                rows.add(row)
        elif tag == "f":
            formulas.add((row, column))
        elif tag == "col" and found.get("hidden", "0") in ("1", "true"):
            low, high = int(found["min"]) - 1, min(int(found["max"]), 16_384)
            columns.update(range(low, high))
        elif tag == "mergeCell":
            first, _, other = found.get("ref", "A1").partition(":")
            merged.append((*_place(first), *_place(other or first)))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(part, True)
    size = sum((min(c, last[0]) - a + 1) * (min(d, last[1]) - b + 1) for a, b, c, d in merged)
    if len(merged) > 20_000 or size > 10 * MAX_CELLS:
        raise _TooLarge(f"một trang có {len(merged)} vùng ô gộp")
    if last[0] * last[1] > MAX_CELLS or last[1] > 16_384:
        raise _TooLarge(f"một trang trải tới hàng {last[0]}, cột {last[1]}")
    return Traps(
        frozenset(formulas),
        frozenset(errors),
        frozenset(percents),
        frozenset(rows),
        frozenset(columns),
        tuple(merged),
    )


def _place(reference: str) -> Place:
    """Row and column of "B12", counted from 0."""
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", reference)
    if not match:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def letters(column: int) -> str:
    """Name of a column counted from 0: "A", "AB"."""
    name, rest = "", column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        name = chr(65 + place) + name
    return name
