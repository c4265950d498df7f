"""Which table a sheet holds: a filled form, one row a unit, or one row a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np

from .concepts import SOURCE_TYPES, Catalogue, Concept
from .entries import Entries, Notes
from .faults import nearest, quoted
from .observations import ATTRIBUTES
from .opening import Sheet
from .personal import is_named_so, is_personal, mostly_personal
from .rounds import STAGE_LABELS, STAGES
from .sheets import squeeze
from .vietnamese import nfc

Kind = Literal["form", "wide", "long"]

# What people and programs call the columns; the first name is that of the long table.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "unit": ("unit", "Mã đơn vị", "Mã xã", "Mã ĐVHC", "Mã đơn vị hành chính"),
    "name": ("name", "Tên đơn vị", "Đơn vị", "Tên xã", "Xã, phường, đặc khu"),
    "stratum": ("stratum", "Khu vực", "Địa bàn"),
    "province": ("province", "Tỉnh, thành phố", "Tỉnh"),
    "unit_class": ("unit_class", "Loại đơn vị"),
    "concept": ("concept", "Mã số liệu", "Mã khái niệm"),
    "stage": ("stage", "Giai đoạn"),
    "round": ("round", "Đợt", "Đợt đánh giá"),
    "framework": ("framework", "Mã khung"),
    "status": ("status", "Tình trạng"),
    "value": ("value", "Giá trị", "Giá trị tự đánh giá"),
    "numerator": ("numerator", "Tử số", "Tử số (a)"),
    "denominator": ("denominator", "Mẫu số", "Mẫu số (b)"),
    "reason": ("reason", "Lý do", "Mã lý do"),
    "source_type": ("source_type", "Loại nguồn", "Cách có số liệu"),
    "formula": ("formula", "Phiên bản cách tính"),
    "window": ("window", "Kỳ số liệu"),
    "evidence": ("evidence", "Minh chứng (số, ký hiệu, ngày)", "Minh chứng"),
    "evidence_hash": ("evidence_hash", "Mã băm minh chứng"),
    "assumption": ("assumption", "Giả định"),
    "note": ("note", "Ghi chú"),
    "_": ("TT", "STT", "Chỉ tiêu", "Tiêu chí", "Chỉ số", "Đơn vị tính", "ĐVT", "label",
          "Định nghĩa, cách tính"),
}  # fmt: skip
PARTS = ("value", "numerator", "denominator", "status")
TEXTS = ("reason", "source_type", "formula", "window", "evidence", "evidence_hash", "assumption",
         "note")  # fmt: skip
_KNOWN = {squeeze(name): key for key, names in HEADERS.items() for name in names}
_STAGES = {squeeze(name): at for at, stage in enumerate(STAGES)
           for name in (stage, STAGE_LABELS[stage])}  # fmt: skip
_SOURCES = {squeeze(name): key for key, label in SOURCE_TYPES.items() for name in (key, label)}
_TOP = 40


@dataclass(frozen=True)
class Layout:
    """Where the header of a table stands and what its columns hold.

    Attributes
    ----------
    kind : {"form", "wide", "long"}
    top : int
        Row of the header.
    columns : dict of str to int
        Column by what it holds; first of `HEADERS`.
    concepts : dict of int to str
        Concept of each column of a wide table.
    blank : tuple of int
        Columns that hold personal data.
    """

    kind: Kind
    top: int
    columns: Mapping[str, int]
    concepts: Mapping[int, str]
    blank: tuple[int, ...] = ()


@dataclass(frozen=True)
class Source:
    """What holds for every value of a load unless its row says otherwise."""

    catalogue: Catalogue
    stage: int
    framework: str = ""
    round_name: str = ""


def find_layout(sheet: Sheet, catalogue: Catalogue, notes: Notes) -> Layout | None:
    """Find the header of a sheet.

    Parameters
    ----------
    sheet : Sheet
    catalogue : mapping of str to Concept
        Concepts that a column of a wide table may name, by id or by label.
    notes : Notes
        Where columns that are unknown, twice or personal are noted.

    Returns
    -------
    Layout or None
        None when no row looks like a header.
    """
    best: tuple[int, int, Kind] | None = None
    for at, row in enumerate(sheet.rows[:_TOP]):
        texts = [cell for cell in row if type(cell) is str and cell]
        keys = {_KNOWN.get(squeeze(text)) for text in texts} - {None}
        named = sum(text in catalogue for text in texts)
        if len(texts) < 2:
            continue
        kind: Kind | None = None
        if "concept" in keys and "value" in keys:
            kind = "long" if "unit" in keys else "form"
        elif named or ("unit" in keys and len(texts) > 2 and _labelled(texts, catalogue)):
            kind = "wide"
        score = len(keys) + 2 * named
        if kind and (best is None or score >= best[0]):
            best = (score, at, kind)
    return _describe(sheet, catalogue, best[1], best[2], notes) if best else None


def _labelled(texts: Sequence[str], catalogue: Catalogue) -> bool:
    labels = {squeeze(concept.label) for concept in catalogue.values()}
    return any(squeeze(text) in labels for text in texts)


def _describe(
    sheet: Sheet, catalogue: Catalogue, top: int, kind: Kind, notes: Notes
) -> Layout | None:
    """Say what each column holds, noting those that say nothing or too much."""
    header = sheet.rows[top]
    columns: dict[str, int] = {}
    concepts: dict[int, str] = {}
    blank: list[int] = []
    by_label: dict[str, list[str]] = {}
    if kind == "wide" and not all(c in catalogue or squeeze(str(c)) in _KNOWN for c in header):
        for concept in catalogue.values():
            by_label.setdefault(squeeze(concept.label), []).append(concept.id)
    taken: dict[str, int] = {}
    told = 0

    def fault(at: int, found: str, expected: str, warning: bool = False) -> None:
        notes.at(sheet, top, at, found, expected, "cảnh báo" if warning else "lỗi")

    width = max(map(len, sheet.rows[top:]))
    for at in range(width):
        text = nfc(str(header[at])).strip() if at < len(header) else ""
        key = _KNOWN.get(squeeze(text), "") if text else ""
        if kind == "wide" and not key:
            labelled = by_label.get(squeeze(text), [])
            key = text if text in catalogue else labelled[0] if len(labelled) == 1 else ""
        held = key if key and (kind != "wide" or key not in PARTS) else ""
        if held == "_":
            continue
        if held and held in taken:
            expected = f"bỏ cột này hoặc cột {taken[held] + 1}"
            fault(at, f"cột {quoted(text)} lặp lại", expected)
        elif held:
            taken[held] = at
            if held in catalogue and kind == "wide":
                concepts[at] = held
            else:
                columns[held] = at
        else:
            cells = [row[at] for row in sheet.rows[top + 1 :] if at < len(row) and row[at] != ""]
            if (text and is_named_so(text)) or mostly_personal(cells):
                blank.append(at)
                said = f"cột {quoted(text)} có vẻ là dữ liệu cá nhân: bỏ qua, không lưu"
                fault(at, said, "bảng không có họ tên, điện thoại, số định danh, e-mail", True)
            elif cells or (text and kind == "wide"):
                known = [*ATTRIBUTES, *catalogue] if kind == "wide" else [*HEADERS][:-1]
                told += 1
                fault(at, f"cột lạ {quoted(text)}", nearest(text, known) if told < 20 else "bỏ cột")
    if kind == "wide" and "unit" not in columns:
        fault(-1, "không có cột mã đơn vị", "cột “Mã đơn vị” (unit)")
        return None
    return Layout(kind, top, columns, concepts, tuple(blank))


def body_rows(sheet: Sheet, layout: Layout, notes: Notes) -> list[int]:
    """Rows with content below the header; a short row of a CSV file is a fault."""
    width = len(sheet.rows[layout.top])
    rows = []
    for at in range(layout.top + 1, len(sheet.rows)):
        row = sheet.rows[at]
        if len(row) != width and any(cell != "" for cell in row):
            unit = layout.columns.get("unit", 0)
            code = str(row[unit]) if unit < len(row) else ""
            said, wanted = f"có {len(row)} ô", f"{width} ô như dòng tiêu đề"
            notes.at(sheet, at, -1, said, wanted, unit=code)
        elif row[0] != "" or any(cell != "" for cell in row):
            rows.append(at)
    return rows


def wide_entries(
    sheet: Sheet, layout: Layout, rows: Sequence[int], codes: list[str], source: Source, file: str
) -> Entries:
    """Take a table of one row a unit; `codes` are the units of `rows`."""
    places = list(layout.concepts)
    concepts = [source.catalogue[name] for name in layout.concepts.values()]
    first, last = places[0], places[-1] + 1
    body = [sheet.rows[at] for at in rows]
    if places == list(range(first, last)):
        cells = list(chain.from_iterable([row[first:last] for row in body]))
    else:
        cells = [row[at] for row in body for at in places]
    size, count = len(places), len(rows)
    return Entries(
        file=file,
        sheet=sheet,
        codes=codes,
        unit=np.repeat(np.arange(count, dtype=np.int32), size),
        concepts=concepts,
        concept=np.tile(np.arange(size, dtype=np.int32), count),
        row=np.repeat(np.array(rows, dtype=np.int32), size),
        stage=np.full(size * count, source.stage, dtype=np.uint8),
        raw={"value": cells},
        columns={"value": np.tile(np.array(places, dtype=np.int32), count)},
    )


def long_entries(
    sheet: Sheet,
    layout: Layout,
    rows: Sequence[int],
    codes: Sequence[str],
    source: Source,
    notes: Notes,
    above: Mapping[str, str] | None = None,
) -> Entries:
    """Take a table of one row a value, or a form: then `above` says what holds for all its rows."""
    held = layout.columns
    above = above or {}

    def text(key: str, at: int) -> str:
        cell = sheet.rows[at][held[key]] if key in held else above.get(key, "")
        return cell.strip() if isinstance(cell, str) else str(cell).removesuffix(".0")

    found = list(_values(sheet, layout, rows, codes, source, notes, text))
    kept, kept_codes = [value.row for value in found], [value.unit for value in found]
    names, stages = [value.concept for value in found], [value.stage for value in found]
    unique = list(dict.fromkeys(kept_codes))
    asked = list(dict.fromkeys(names))
    place = {code: number for number, code in enumerate(unique)}
    order = {name: number for number, name in enumerate(asked)}
    parts = {part: [sheet.rows[at][held[part]] for at in kept] for part in PARTS if part in held}
    if ("numerator" in parts) != ("denominator" in parts):
        for part in ("numerator", "denominator"):
            parts.setdefault(part, [""] * len(kept))
    texts = {key: [text(key, at) for at in kept] for key in TEXTS if key in held or key in above}
    entries = Entries(
        file=notes.file,
        sheet=sheet,
        codes=unique,
        unit=np.array([place[code] for code in kept_codes], dtype=np.int32),
        concepts=[source.catalogue[name] for name in asked],
        concept=np.array([order[name] for name in names], dtype=np.int32),
        row=np.array(kept, dtype=np.int32),
        stage=np.array(stages, dtype=np.uint8),
        raw=parts,
        columns={part: held.get(part, held["value"]) for part in (*PARTS, *TEXTS)},
        texts=texts,
    )
    _check_texts(entries, notes)
    return entries


class _Value(NamedTuple):
    """A row of a long table that says something of a known concept, at a known stage."""

    row: int
    unit: str
    concept: str
    stage: int


def _values(
    sheet: Sheet,
    layout: Layout,
    rows: Sequence[int],
    codes: Sequence[str],
    source: Source,
    notes: Notes,
    text: Callable[[str, int], str],
) -> Iterator[_Value]:
    """Pick the rows of the round that is read; what else is wrong with a row is noted."""
    held = layout.columns
    for at, code in zip(rows, codes, strict=True):
        name, said = text("concept", at), text("stage", at)
        if layout.kind == "form" and not name:
            continue  # the heading of a group
        stage = _STAGES.get(squeeze(said), -1) if said else source.stage
        if source.round_name and text("round", at) not in ("", source.round_name):
            continue
        if name not in source.catalogue:
            wanted = nearest(name, source.catalogue) if name else "mã số liệu"
            found = f"mã số liệu lạ {quoted(name)}" if name else "thiếu mã số liệu"
            notes.at(sheet, at, held["concept"], found, wanted, unit=code)
        elif stage < 0:
            wanted = ", ".join(STAGE_LABELS.values())
            found, wanted = f"giai đoạn lạ {quoted(said)}", f"một trong: {wanted}"
            column = held.get("stage", -1)
            notes.at(sheet, at, column, found, wanted, unit=code, concept=name)
        elif code:
            yield _Value(at, code, name, stage)


def _check_texts(entries: Entries, notes: Notes) -> None:
    """What is said beside values: known source types, no personal data."""
    for key, texts in entries.texts.items():
        assert isinstance(texts, list)
        for at, text in enumerate(texts):
            if text and key == "source_type":
                if squeeze(text) not in _SOURCES:
                    wanted = "một trong: " + ", ".join(SOURCE_TYPES.values())
                    notes.cell(entries, at, key, f"loại nguồn lạ {quoted(text)}", wanted)
                texts[at] = _SOURCES.get(squeeze(text), "")
            elif text and key != "evidence_hash" and is_personal(text):
                said = "có vẻ có dữ liệu cá nhân: bỏ qua, không lưu"
                wanted = "không ghi họ tên, điện thoại, số định danh, e-mail"
                notes.cell(entries, at, key, said, wanted, "cảnh báo")
                texts[at] = ""


def form_head(sheet: Sheet, layout: Layout) -> dict[str, str]:
    """What a form says above its table: the unit, the stage, the window."""
    found: dict[str, str] = {}
    for row in sheet.rows[: layout.top]:
        key = ""
        for cell in row:
            text = str(cell).removesuffix(".0") if isinstance(cell, float) else str(cell).strip()
            name = _KNOWN.get(squeeze(text), "") if text else ""
            if name and name != "_":
                key = name
            elif text and key:
                found.setdefault(key, nfc(text))
                key = ""
    return found


def concept_order(concepts: Sequence[Concept], framework: Sequence[str]) -> list[Concept]:
    """Concepts once each, those of the framework first and in its order."""
    known = {concept.id: concept for concept in concepts}
    return [known[name] for name in dict.fromkeys([*framework, *known]) if name in known]
