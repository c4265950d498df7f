"""Tables back into a framework, with every fault at its sheet, row and column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from .columns import (
    ALL,
    BAND_COLUMNS,
    CONCEPT_COLUMNS,
    DEFAULT,
    DOCUMENT_COLUMNS,
    FIELDS,
    GROUP,
    INDICATOR,
    LEVEL_COLUMNS,
    TOTAL,
    WORDS,
    main_columns,
)
from .concepts import Catalogue, Concept
from .documents import Model, validate
from .exchange import concept_cells, mark
from .faults import Collector, nearest, quoted
from .framework import Framework, Level
from .reading import (
    plain,
    read_by_name,
    read_list,
    read_number,
    read_word,
    read_yaml_cell,
    whole,
)
from .sheets import Cell, Column, Grid, Table, find_table, looks_like, squeeze

M = TypeVar("M", bound=Model)
Record = dict[str, Any]
Cells = Mapping[str, Cell]

EMPTY = Cell(None, "")
_NONE = {"-", "–", "—", "−", "/"}


@dataclass
class Intake:
    """What tables hold, once every cell has been read.

    Attributes
    ----------
    document : dict
        Fields of the framework but the tree, as plain data.
    nodes : list of Entry
        Groups and indicators in printed order.
    levels : tuple of Level
        As the tables have them, or those of the framework that is being replaced.
    concepts : dict of str to Concept
        New concepts.
    """

    document: Record = field(default_factory=dict)
    nodes: list[Entry] = field(default_factory=list)
    levels: tuple[Level, ...] = ()
    concepts: dict[str, Concept] = field(default_factory=dict)
    places: dict[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One row of the circulated table: plain data of its node, and where it stands."""

    record: Record
    cells: Cells
    is_group: bool

    @property
    def place(self) -> str:
        """The row as the user finds it."""
        return re.sub(r", (cột|ô) .*$", "", self.cells["label"].place)


def read_tables(
    grids: Sequence[Grid],
    catalogue: Catalogue,
    faults: Collector,
    base: Framework | None = None,
    guess: Callable[[Cells], str | None] | None = None,
) -> Intake | None:
    """Read the tables of a framework.

    Parameters
    ----------
    grids : sequence of Grid
        Everything that the file holds.
    catalogue : mapping of str to Concept
        Every concept known.
    faults : Collector
        Where every fault is noted.
    base : Framework, optional
        The framework that the tables replace in part: gives the levels that the header names.
    guess : callable, optional
        Concept of a row that names none and whose name is no concept's.

    Returns
    -------
    Intake or None
        None when the circulated table was not found.
    """
    found = Intake()
    left = list(grids)
    table = _take(left, DOCUMENT_COLUMNS, faults)
    if table is not None:
        _read_document(table, found, faults)
    table = _take(left, LEVEL_COLUMNS, faults)
    found.levels = _levels(table, faults) if table else base.levels if base else ()
    table = _take(left, BAND_COLUMNS, faults)
    if table is not None:
        found.document["bands"] = [_band(cells, faults) for cells in table.rows]
    table = _take(left, CONCEPT_COLUMNS, faults)
    if table is not None:
        _read_concepts(table, catalogue, found, faults)
    known = {**catalogue, **found.concepts}
    columns = main_columns(found.levels, points=not found.levels, components=True)
    tables = _take_all(left, (*columns, *_optional(columns)), faults)
    if not tables:
        names = ", ".join(f"“{grid.name}”" for grid in grids) or "không có trang nào"
        expected = "một bảng có cột “Tiêu chí” hoặc “Chỉ số”"
        expected += " và các cột mức độ" if found.levels else " và “Điểm tối đa”"
        faults.add("", f"không thấy bảng chỉ tiêu (có: {names})", expected)
        return None
    for table in tables:
        _read_main(table, _Reader(known, found, faults, guess or (lambda _: None)))
    for grid in left:
        if any(cell.hidden_id for line in grid.rows for cell in line):
            said = "mất hàng tiêu đề nên không đọc được"
            faults.add(_where(grid), said, "hàng tiêu đề như bảng chỉ tiêu, hoặc nối lại hai bảng")
        elif not grid.empty:
            said = "không có bảng nào nhận ra được, không đọc"
            faults.add(_where(grid), said, "", severity="cảnh báo")
    return found


def _optional(columns: Iterable[Column]) -> list[Column]:
    """Columns that either kind of official table may have besides its own."""
    held = {column.key for column in columns}
    others = (*main_columns((), points=False), *main_columns((Level(id="m", label="m"),), True))
    extra: dict[str, Column] = {}
    for column in others:
        if column.key not in held and not column.key.startswith("level:"):
            extra.setdefault(column.key, replace(column, required=False))
    return list(extra.values())


def _take(left: list[Grid], columns: Sequence[Column], faults: Collector) -> Table | None:
    """Find the one table with these columns among the grids left, and take it out."""
    fitting = [grid for grid in left if looks_like(grid, columns)]
    for grid in fitting:
        left.remove(grid)
    _refuse_second(fitting, faults)
    return find_table(fitting[0], columns, faults, whole=True) if fitting else None


def _take_all(left: list[Grid], columns: Sequence[Column], faults: Collector) -> list[Table]:
    """Find every table with these columns: a Word annex may have one a group."""
    taken, tables = [], []
    for grid in list(left):
        table = find_table(grid, columns, faults)
        if table is not None:
            left.remove(grid)
            taken.append(grid)
            tables.append(table)
    if not all(grid.continued for grid in taken):
        _refuse_second(taken, faults)
    return tables


def _refuse_second(grids: Sequence[Grid], faults: Collector) -> None:
    """Two tables where one is meant: which of them counts, only the user knows."""
    for grid in grids[1:]:
        said = f"cùng loại bảng với “{grids[0].name}”"
        faults.add(_where(grid), said, "một bảng mỗi loại: xóa hoặc chuyển bảng thừa sang tệp khác")


def _where(grid: Grid) -> str:
    return grid.name if grid.continued else f"trang {grid.name}"


_DATES = ("issued.date", "validity.since", "validity.until")


def _read_document(table: Table, found: Intake, faults: Collector) -> None:
    kinds = {key: kind for key, _, kind in FIELDS} | {DEFAULT: "word"}
    for cells in table.rows:
        key = plain(cells["key"], faults).text
        content = plain(cells["content"], faults, ("date",) if key in _DATES else ())
        if key not in kinds:
            said = (
                f"khóa lạ {quoted(key)}" if key else f"có {quoted(content.text)} mà không có khóa"
            )
            faults.add(cells["key"].place, said, nearest(key, kinds))
            continue
        if content.value is None:
            continue
        found.places[key] = content
        value: Any = content.text
        if kinds[key] == "number":
            value = whole(read_number(content, faults))
        elif kinds[key] == "word":
            value = read_word(key, content, faults)
        elif kinds[key] in ("yaml", "list"):
            value = read_yaml_cell(content, faults)
        holder = found.document
        *path, last = key.split(".")
        for part in path:
            holder = holder.setdefault(part, {})
        if kinds[key] == "list":
            holder.setdefault(last, []).append(value)
        elif last in holder:
            faults.add(content.place, f"khóa “{key}” lặp lại", "mỗi khóa một hàng")
        else:
            holder[last] = value


def _levels(table: Table, faults: Collector) -> tuple[Level, ...]:
    levels = []
    for line in table.rows:
        cells = {key: plain(cell, faults) for key, cell in line.items()}
        quorum = cells["quorum"]
        record: Record = {"id": cells["id"].text, "label": cells["label"].text}
        if quorum.value is not None and squeeze(quorum.text) != squeeze(ALL):
            record["quorum"] = read_yaml_cell(quorum, faults)
        if cells.get("after", EMPTY).value is not None:
            record["after"] = cells["after"].text
        if cells.get("mandatory", EMPTY).value is not None:
            record["mandatory"] = read_list(cells["mandatory"])
        record["id"] = record["id"] or slug(cells["label"].text)
        level = checked(Level, record, cells, faults)
        # A faulty level keeps its column, so that the rest of the table is read all the same.
        levels.append(level or Level(id=slug(record["label"]), label=record["label"] or "?"))
    return tuple(levels)


def _band(line: Cells, faults: Collector) -> Record:
    cells = {key: plain(cell, faults) for key, cell in line.items()}
    record: Record = {"id": cells["id"].text or slug(cells["label"].text)}
    record["label"] = cells["label"].text
    for key in ("at_least", "above"):
        number = read_number(cells[key], faults)
        if number is not None:
            record[key] = number
    return record


def _read_concepts(table: Table, catalogue: Catalogue, found: Intake, faults: Collector) -> None:
    """Take new concepts; a known one is not changed here."""
    for line in table.rows:
        cells = {key: plain(cell, faults) for key, cell in line.items()}
        name = cells["id"].text
        if name in catalogue:
            held = concept_cells(catalogue[name])
            for key, cell in cells.items():
                if cell.value != held.get(key) and cell.text != held.get(key):
                    said = f"khác danh mục ở khái niệm “{name}”, không đọc"
                    expected = "một mã mới nếu là khái niệm mới"
                    faults.add(cell.place, said, expected, severity="cảnh báo")
            continue
        if name in found.concepts:
            faults.add(cells["id"].place, f"mã “{name}” lặp lại", "mỗi khái niệm một hàng")
        record: Record = {"id": name or slug(cells["label"].text)}
        for key, cell in cells.items():
            if key == "id" or cell.value is None:
                continue
            if key in WORDS:
                record[key] = read_word(key, cell, faults)
            elif key == "range":
                record[key] = read_yaml_cell(cell, faults)
            else:
                record[key] = read_list(cell) if key == "categories" else cell.text
        concept = checked(Concept, record, cells, faults)
        if concept is not None:
            found.concepts[concept.id] = concept


@dataclass(frozen=True)
class _Reader:
    """What every row of the circulated table is read with."""

    known: Catalogue
    found: Intake
    faults: Collector
    guess: Callable[[Cells], str | None]


def _read_main(table: Table, reader: _Reader) -> None:
    """Read the circulated table row by row; sums printed in it are only compared."""
    found, faults = reader.found, reader.faults
    for line in table.rows:
        if all(cell.value is None for key, cell in line.items() if key not in _PREFILLED):
            continue
        kind = _kind(line, faults)
        cells = {
            key: plain(cell, faults, ("formula",) if key == "points" and kind != INDICATOR else ())
            if not key.startswith("level:")
            else plain(cell, faults, ("truth",))
            for key, cell in line.items()
        }
        if kind == _SUM:
            found.places["total"] = cells.get("points", EMPTY)
            continue
        record = _node_record(cells, faults)
        if kind == INDICATOR:
            record |= _indicator_record(cells, reader)
        found.nodes.append(Entry(record, cells, kind == GROUP))


_TOTALS = {squeeze(TOTAL), "tổng điểm", "tổng số", "tổng", "tổng cộng điểm"}
_PREFILLED = {"fidelity", "kind", "document"}
_SUM = "tổng"


def _kind(cells: Cells, faults: Collector) -> str:
    """What a row says that it is; otherwise a group has a name and nothing to be measured."""
    cell = cells.get("kind", EMPTY)
    if cell.value is not None:
        for kind in (GROUP, INDICATOR, _SUM):
            if squeeze(cell.text) == squeeze(kind):
                return kind
        expected = f"“{GROUP}”, “{INDICATOR}”, “{_SUM}” hoặc để trống"
        faults.add(cell.place, f"có {quoted(cell.text)}", expected)
    if squeeze(cells["label"].text) in _TOTALS:
        return _SUM
    asked = ("method", "evidence", "source", "unit", "concept", "value")
    levels = [key for key in cells if key.startswith("level:")]
    told = any(cells.get(key, EMPTY).value is not None for key in (*asked, *levels))
    return INDICATOR if told else GROUP


def _node_record(cells: Cells, faults: Collector) -> Record:
    """What a group and an indicator have alike."""
    record: Record = {"label": cells["label"].text}
    if not record["label"]:
        faults.add(cells["label"].place, "không có tên", "tên của nhóm hoặc chỉ tiêu")
        record["label"] = "?"
    for key in ("id", "code"):
        if cells.get(key, EMPTY).value is not None:
            record[key] = cells[key].text
    keys = ("document", "place", "fidelity", "note")
    told = {key: cells[key].text for key in keys if cells.get(key, EMPTY).value is not None}
    if "fidelity" in told:
        told["fidelity"] = read_word("fidelity", cells["fidelity"], faults)
    if told:
        record["provenance"] = told
    points = cells.get("points", EMPTY)
    if points.value is not None and not points.odd:
        record["points"] = read_by_name(points, faults, "điểm", None)
    if cells.get("weight", EMPTY).value is not None:
        record["weight"] = read_number(cells["weight"], faults)
    if cells.get("combine", EMPTY).value is not None:
        record["combine"] = read_word("combine", cells["combine"], faults)
    return record


def _indicator_record(cells: Cells, reader: _Reader) -> Record:
    """What an indicator has of its own."""
    found, faults = reader.found, reader.faults
    record: Record = {}
    for key in ("method", "evidence", "source", "verified_by"):
        if cells.get(key, EMPTY).value is not None:
            record[key] = cells[key].text
    for key, name in _auto(cells.get("auto", EMPTY)):
        if key in ("method", "source") and mark(record.get(key, "")) == name:
            record.pop(key, None)
    for key in ("value", "applies_to"):
        if cells.get(key, EMPTY).value is not None:
            record[key] = read_yaml_cell(cells[key], faults)
    if cells.get("role", EMPTY).value is not None:
        record["role"] = read_word("role", cells["role"], faults)
    if cells.get("components", EMPTY).value is not None:
        record["components"] = whole(read_number(cells["components"], faults))
    if cells.get("replaces", EMPTY).value is not None:
        record["replaces"] = read_list(cells["replaces"])
    concept = _concept(cells, reader)
    if concept is None:
        return record
    record["concept"] = concept.id
    unit = cells.get("unit", EMPTY)
    if unit.value is not None and squeeze(unit.text) != squeeze(concept.unit):
        expected = f"“{concept.unit}”, đơn vị tính của khái niệm {concept.id}"
        faults.add(unit.place, f"có {quoted(unit.text)}", expected)
    record["required"] = {}
    for level in found.levels:
        cell = cells.get(f"level:{level.id}", EMPTY)
        if cell.value is not None and cell.text not in _NONE:
            required = read_by_name(cell, faults, concept.unit, concept)
            if required is not None:
                record["required"][level.id] = required
    return record


def _concept(cells: Cells, reader: _Reader) -> Concept | None:
    """The concept that a row names, or whose name is the row's; None after a fault."""
    known, faults = reader.known, reader.faults
    cell = cells.get("concept", EMPTY)
    if cell.value is not None:
        if cell.text not in known:
            faults.add(cell.place, f"có {quoted(cell.text)}", nearest(cell.text, known))
        return known.get(cell.text)
    name = squeeze(cells["label"].text)
    for concept in known.values():
        if squeeze(concept.label) == name:
            return concept
    guessed = reader.guess(cells)
    if guessed is not None:
        return known.get(guessed)
    place = cell.place or cells["label"].place
    near = nearest(name, {squeeze(c.label): 0 for c in known.values()}).partition('"')[2]
    ids = [c.id for c in known.values() if squeeze(c.label) == near.rstrip('")')]
    hint = f", gần nhất: {ids[0]}" if ids else ""
    said = f"chưa rõ “{cells['label'].text}” đo khái niệm nào"
    faults.add(place, said, f"mã ở cột “Khái niệm (mã)”, hoặc tên đúng như khái niệm{hint}")
    return None


def _auto(cell: Cell) -> list[tuple[str, str]]:
    """Which cells were filled in for the reader, each with the mark of what was put there."""
    return [(p.split()[0], p.split()[-1]) for p in read_list(cell) if len(p.split()) == 2]


def checked(model: type[M], record: Record, cells: Cells, faults: Collector) -> M | None:
    """Check plain data of one row, noting each fault at its cell."""
    own = Collector()
    value = validate(model, record, own)
    for fault in own.faults:
        first, _, rest = fault.place.removeprefix("mục ").partition(" → ")
        names = (first.partition("[")[0], rest, f"level:{rest.partition(' → ')[0]}", "label")
        cell = next((cells[name] for name in names if name in cells), next(iter(cells.values())))
        faults.add(cell.place, fault.found, fault.expected)
    return value


def slug(text: str) -> str:
    """An id from a name: "Hạ tầng số" becomes "ha-tang-so"."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-") or "muc"
