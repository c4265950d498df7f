"""Criteria that were written to fill a count, replaced by the official text once it is known."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .concepts import Catalogue, Concept
from .faults import Collector
from .framework import FIDELITY, Framework, Group, Indicator
from .intake import Entry, Record, read_tables
from .outline import build
from .sheets import Cell, Grid, squeeze

ALIKE = 0.6


@dataclass(frozen=True)
class Replaced:
    """What became of the criteria of a framework.

    Attributes
    ----------
    framework : Framework
        With the official text.
    pairs : tuple of (Indicator, Indicator)
        Criteria that were matched, before and after.
    dropped, added : tuple of Indicator
        Those that the official table does not have, and those that only it has.
    concepts : tuple of Concept
        New ones that the official tables define.
    """

    framework: Framework
    pairs: tuple[tuple[Indicator, Indicator], ...]
    dropped: tuple[Indicator, ...]
    added: tuple[Indicator, ...]
    concepts: tuple[Concept, ...] = ()

    def lines(self) -> list[str]:
        """Say what was replaced, one line each."""
        lines = []
        for old, new in self.pairs:
            was = FIDELITY[old.provenance.fidelity]
            words = "giữ tên" if old.label == new.label else f"thay “{old.label}”"
            lines.append(f"{new.code} {new.label}: {words} ({was})".strip())
        lines += [f"bỏ: {item.code} {item.label}" for item in self.dropped]
        return [*lines, *(f"thêm: {item.code} {item.label}" for item in self.added)]


def replace_criteria(
    base: Framework, grids: Sequence[Grid], catalogue: Catalogue, source: str, faults: Collector
) -> Replaced | None:
    """Put the official text of a table in the place of a framework's criteria.

    A row stands for the criterion that has its id, its name, or its number in the same group. In
    every group that the table names, criteria that it does not name are dropped; other groups stay.

    Parameters
    ----------
    base : Framework
        The framework whose text was not known.
    grids : sequence of Grid
        Tables of the official document.
    catalogue : mapping of str to Concept
        Every concept known.
    source : str
        The file, for the provenance.
    faults : Collector
        Where every fault is noted.

    Returns
    -------
    Replaced or None
        None after a fault.
    """
    matches: dict[int, Indicator] = {}
    finder = _Finder(base, faults)
    found = read_tables(grids, catalogue, faults, base, finder.concept)
    if found is None:
        return None
    kept = {"levels", "tree"} | ({"bands"} if "bands" in found.document else set())
    document = base.model_dump(mode="json", exclude=kept)
    found.document = document | {"tree": _root(base)} | found.document
    nodes: list[Entry] = []
    named: list[str] = []
    for entry in found.nodes:
        if entry.is_group:
            group = finder.group(entry)
            named += [group.id] if group else []
            nodes.append(_merged(entry, group, base, source))
        else:
            item = finder.indicator(entry)
            if item is not None:
                matches[len(nodes)] = item
            nodes.append(_merged(entry, item, base, source))
    if not named and any(isinstance(child, Group) for child in base.tree.children):
        place = found.nodes[0].place if found.nodes else ""
        faults.add(place, "bảng không có hàng nhóm nào", "hàng nhóm như bảng của khung")
        return None
    found.nodes = _in_place(nodes, base, named)
    framework = build(found, faults)
    if framework is None:
        return None
    after = {item.id: item for item in framework.indicators}
    pairs = tuple((item, after[str(nodes[at].record["id"])]) for at, item in matches.items())
    taken = {old.id for old, _ in pairs}
    held = taken | {item.id for item in framework.indicators}
    dropped = tuple(item for item in base.indicators if item.id not in held)
    before = {item.id for item in base.indicators} | {new.id for _, new in pairs}
    added = tuple(item for item in framework.indicators if item.id not in before)
    return Replaced(framework, pairs, dropped, added, tuple(found.concepts.values()))


class _Finder:
    """Finds what a row of the official table stands for; nothing is taken twice."""

    def __init__(self, base: Framework, faults: Collector) -> None:
        self.base = base
        self.faults = faults
        self.taken: set[str] = set()
        self.above: Group | None = None

    def group(self, entry: Entry) -> Group | None:
        """The group of this row, by id, by name or by number."""
        for group in self.base.groups[1:]:
            if group.id not in self.taken and _same(entry.record, group):
                self.taken.add(group.id)
                self.above = group
                return group
        self.above = None
        return None

    def indicator(self, entry: Entry) -> Indicator | None:
        """The criterion of this row: by id or name anywhere, by number in the same group."""
        free = [item for item in self.base.indicators if item.id not in self.taken]
        near = self.base.below(self.above.id) if self.above else self.base.indicators
        for same, among in ((_same_name, free), (_same_code, [i for i in free if i in near])):
            for item in among:
                if same(entry.record, item):
                    self.taken.add(item.id)
                    return item
        return None

    def concept(self, cells: Mapping[str, Cell]) -> str | None:
        """The concept of the criterion with the row's number, when the names are alike."""
        label, code = cells["label"], cells.get("code")
        for item in self.base.indicators:
            if code is None or squeeze(code.text) != squeeze(item.code) or not item.code:
                continue
            alike = difflib.SequenceMatcher(None, squeeze(label.text), squeeze(item.label)).ratio()
            if alike >= ALIKE:
                said = (
                    f"“{label.text}” được hiểu là đo khái niệm {item.concept}, như “{item.label}”"
                )
                self.faults.add(label.place, said, "đối chiếu lại", severity="cảnh báo")
                return item.concept
        return None


def _same_name(record: Record, node: Group | Indicator) -> bool:
    return record.get("id") == node.id or squeeze(record["label"]) == squeeze(node.label)


def _same_code(record: Record, node: Group | Indicator) -> bool:
    return bool(node.code) and squeeze(str(record.get("code", ""))) == squeeze(node.code)


def _same(record: Record, node: Group | Indicator) -> bool:
    return _same_name(record, node) or _same_code(record, node)


def _merged(entry: Entry, old: Group | Indicator | None, base: Framework, source: str) -> Entry:
    """The official row, with what only the program needs taken from what it replaces."""
    record = dict(entry.record)
    if old is not None:
        kept = {"id", "combine", "weight"} if entry.is_group else {"id", "value", "role"}
        known = old.model_dump(mode="json", include=kept, exclude_defaults=True)
        record = {**known, **record, "id": old.id}
    document = base.issued.document if base.issued else base.title
    official = {"document": document, "place": f"{source}, {entry.place}", "fidelity": "official"}
    record["provenance"] = official | record.get("provenance", {})
    return Entry(record, entry.cells, entry.is_group)


def _root(base: Framework) -> Record:
    return base.tree.model_dump(mode="json", exclude={"children"}, exclude_defaults=True)


def _in_place(nodes: Sequence[Entry], base: Framework, named: Sequence[str]) -> list[Entry]:
    """The official rows, and where they stood, the groups that they say nothing about."""
    tops: dict[str, str] = {}  # the uppermost group of every group
    kept: dict[str, list[Entry]] = {"": []}  # untouched groups, by the named one before them
    last = ""
    for top in base.tree.children:
        inside = [group.id for group in base.groups if group.id == top.id or _holds(top, group.id)]
        tops |= dict.fromkeys(inside, top.id)
        if set(inside) & set(named):
            last = top.id
        elif isinstance(top, Group):
            kept.setdefault(last, []).extend(_entries(top, base.tree.id))
    placed, current = kept.pop(""), ""
    for entry in nodes:
        top_id = tops.get(str(entry.record.get("id")), "") if entry.is_group else ""
        if top_id and top_id != current:
            placed += kept.pop(current, [])
            current = top_id
        placed.append(entry)
    return [*placed, *(entry for rest in kept.values() for entry in rest)]


def _holds(top: Group | Indicator, name: str) -> bool:
    inner = top.children if isinstance(top, Group) else ()
    return any(child.id == name or _holds(child, name) for child in inner)


def _entries(node: Group | Indicator, parent: str) -> list[Entry]:
    """A node of a framework, as if it had been read from a table."""
    place = f"khung hiện có, “{node.id}”"
    cells = {"label": Cell(node.label, place), "parent": Cell(parent, place)}
    record = node.model_dump(mode="json", exclude={"children"}, exclude_defaults=True)
    below = node.children if isinstance(node, Group) else ()
    first = Entry(record, cells, isinstance(node, Group))
    return [first, *(entry for child in below for entry in _entries(child, node.id))]
