"""One difference between two versions, as a methodologist says it, and where to find them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from ..changes import Change, diff
from ..concepts import COMPETENCES, SOURCE_TYPES, Catalogue, Concept
from ..framework import Framework, Group, Indicator
from ..structure import bound_words, demand_words
from .matching import Family, Matching
from .strictness import (
    Direction,
    Step,
    by_level,
    joined,
    of_bands,
    of_curves,
    of_levels,
    of_points,
    of_policies,
    of_requirements,
    steps,
)
from .words import Node, Thing, Words, band_words, pair_words

KINDS: Mapping[str, str] = {
    "added": "thêm",
    "dropped": "bỏ",
    "merged": "gộp",
    "split": "tách",
    "recast": "gộp và tách lại",
    "moved": "chuyển nhóm",
    "renamed": "đổi tên",
    "concept": "sửa nội dung đo",
    "threshold": "sửa ngưỡng",
    "rule": "sửa cách tính",
    "points": "đổi điểm",
    "weight": "đổi trọng số",
    "aggregation": "đổi cách tổng hợp",
    "applicability": "đổi phạm vi áp dụng",
    "source": "đổi nguồn, nơi xác minh",
    "evidence": "đổi minh chứng",
    "competence": "đổi thẩm quyền",
    "level": "sửa mức độ",
    "band": "sửa xếp loại",
    "policy": "sửa quy ước tính",
    "rounding": "sửa cách làm tròn",
    "process": "sửa quy trình, kỳ số liệu",
    "targets": "đổi chỉ tiêu giao",
    "validity": "đổi thời hạn hiệu lực",
    "code": "đổi số thứ tự, mã",
    "order": "đổi thứ tự trình bày",
    "provenance": "đổi chỗ trích dẫn",
    "document": "thông tin văn bản",
}
# Differences that change nothing in what is asked.
QUIET = ("code", "order", "provenance", "document")

_FIELDS: Mapping[str, str] = {
    "label": "renamed",
    "code": "code",
    "parent": "moved",
    "concept": "concept",
    "required": "threshold",
    "value": "rule",
    "method": "rule",
    "role": "rule",
    "points": "points",
    "weight": "weight",
    "combine": "aggregation",
    "applies_to": "applicability",
    "source": "source",
    "verified_by": "source",
    "evidence": "evidence",
    "policy": "policy",
    "rounding": "rounding",
    "band_scale": "band",
    "process": "process",
    "targets": "targets",
    "validity": "validity",
    "examples": "provenance",
}
_STRUCTURE = ("renamed", "merged", "split", "recast")


@dataclass(frozen=True)
class Difference:
    """One difference between two versions.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    target : str
        As `Change.target`; of indicators that changed their id, by the new one.
    part : str
        "indicator", "group", "level", "band" or "document".
    old_ids, new_ids : tuple of str
        What differs, on either side; empty where it is not there, and for the document.
    label : str
        Its name, in the new version if it is there.
    field : str
        What differs in it; "" for the whole.
    old, new : object
        Plain values; None where there is none.
    said_as : callable, optional
        Makes `old_words` and `new_words`, the same for a reader, when they are asked for: most
        who count differences never read them.
    direction : {"stricter", "easier", "both", "neither"}
    level : str
        Id of the level where it happens, if it happens at one.
    steps : tuple of Step
        Thresholds by level and stratum, unchanged ones of the same requirement included.
    changes : tuple of Change
        What `changes.diff` says of it. Every change stands in one difference; details of an
        indicator under a new id have none of their own.
    """

    kind: str
    target: str
    part: str
    old_ids: tuple[str, ...]
    new_ids: tuple[str, ...]
    label: str
    field: str = ""
    old: Any = None
    new: Any = None
    said_as: Callable[[], tuple[str, str]] | None = dataclasses.field(
        default=None, repr=False, compare=False
    )
    direction: Direction = "neither"
    level: str = ""
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()

    @cached_property
    def _words(self) -> tuple[str, str]:
        return self.said_as() if self.said_as is not None else ("–", "–")

    @property
    def old_words(self) -> str:
        """What stood before, for a reader; "–" for nothing."""
        return self._words[0]

    @property
    def new_words(self) -> str:
        """What stands now, for a reader; "–" for nothing."""
        return self._words[1]

    @property
    def said(self) -> str:
        """Its kind in words; of a group, that it is one."""
        group = " nhóm" if self.part == "group" and self.kind in ("added", "dropped") else ""
        return KINDS[self.kind] + group

    @property
    def names(self) -> frozenset[str]:
        """Every target by which a reason or an effect may name it."""
        own = {self.target, *self.old_ids, *self.new_ids}
        return frozenset(own | {change.target for change in self.changes})


Key = tuple[str, str]
Fields = dict[str, Any]


class Finder:
    """Turns changes into differences: indicators under new ids are compared as one."""

    def __init__(
        self, old: Framework, new: Framework, matching: Matching, catalogue: Catalogue
    ) -> None:
        self.sides = (old, new)
        self.matching = matching
        self.catalogue = catalogue
        self.names = _renamings(old, new, matching)
        self.aligned = _renamed(old, self.names) if self.names else old
        self.words = Words(old, catalogue), Words(new, catalogue)
        self.before = {self.names.get(name, name): n for name, n in self.words[0].nodes.items()}
        self.after = self.words[1].nodes
        self.common = {level.id for level in old.levels} & {level.id for level in new.levels}
        self.found: list[tuple[set[Key], Fields]] = []

    def rows(self) -> list[Difference]:
        """Every difference, each with the changes that make it."""
        real = diff(*self.sides)
        self._families()
        taken = {key for keys, _ in self.found for key in keys}
        for change in diff(self.aligned, self.sides[1]) if self.names else real:
            if _key(change) not in taken and change.kind != "order":
                self.found.append(({_key(change)}, self._row(change)))
        for change in real:
            if change.kind == "order":
                self.found.append(({_key(change)}, _general("order", change, "")))
        owner = {key: place for place, (keys, _) in enumerate(self.found) for key in keys}
        held: list[list[Change]] = [[] for _ in self.found]
        for change in real:
            place = owner.get(_key(change))
            held[self._renaming(change) if place is None else place].append(change)
        pairs = zip(self.found, held, strict=True)
        return [Difference(**row, changes=tuple(changes)) for (_, row), changes in pairs]

    def _renaming(self, change: Change) -> int:
        """A change that only repeats a new id belongs to whatever got that id."""
        said = repr(change.old)
        return next(
            place
            for place, (_, row) in enumerate(self.found)
            if row["old_ids"] != row["new_ids"]
            and any(repr(name) in said for name in row["old_ids"])
        )

    def _row(self, change: Change) -> Fields:
        section, _, rest = change.target.partition("/")
        name, _, field = rest.partition("/")
        if section == "tree":
            return self._of_field(change, name, field) if field else self._of_node(change, name)
        if section in ("levels", "bands"):
            return self._graded(change, section, name, field)
        row = _general(_FIELDS.get(section, "document"), change, section)
        if section == "policy":
            row["direction"] = of_policies(self.sides[0].policy, self.sides[1].policy)
        return row | _said(*self.sides, section, self.words)

    def _of_node(self, change: Change, name: str) -> Fields:
        """A whole group or indicator that one version lacks."""
        side = int(change.kind == "added")
        node = (self.before, self.after)[side][name]
        row = _between(change.kind, change, *((None, node) if side else (node, None)))
        words: Callable[[], str] = partial(str, "có")
        if isinstance(node, Indicator):
            concept, framework = self.catalogue[node.concept], self.sides[side]
            words = partial(demand_words, node, framework, concept)
            row["steps"] = by_level(node, side, concept)
            if of_requirements([node], framework.levels):
                row["direction"] = ("easier", "stricter")[side]
        return row | {"said_as": lambda: ("–", words()) if side else (words(), "–")}

    def _of_field(self, change: Change, name: str, field: str) -> Fields:
        """A field of a group or an indicator that both versions have."""
        field, _, level = field.partition("/")
        old, new = self.before[name], self.after[name]
        kind = _FIELDS.get(field, "provenance")
        row = _between(kind, change, old, new) | {"field": field}
        if isinstance(old, Indicator) and isinstance(new, Indicator):
            if field == "concept":
                self._of_concepts(old, new)
            if level:
                return row | self._threshold(change, level, old, new)
            row["direction"] = _direction(field, old, new)
        return row | (_said(old, new, field, self.words) if kind != "provenance" else {})

    def _threshold(self, change: Change, level: str, old: Indicator, new: Indicator) -> Fields:
        before, after = self.catalogue[old.concept], self.catalogue[new.concept]
        # What measures something else, or stands at another ladder, is neither stricter nor easier.
        same = old.concept == new.concept and level in self.common
        found = steps(new.id, level, change.old, change.new, after.sign if same else None)
        return {
            "level": level,
            "steps": found,
            "direction": joined(step.direction for step in found),
            "said_as": lambda: (
                required_words(change.old, before),
                required_words(change.new, after),
            ),
        }

    def _of_concepts(self, old: Indicator, new: Indicator) -> None:
        """Who decides and where figures come from are told of the concept, and change with it."""
        sides = self.catalogue[old.concept], self.catalogue[new.concept]
        for kind, say in (("competence", _power), ("source", _source)):
            before, after = map(say, sides)
            if before != after:
                change = Change(
                    kind="concept", target=f"tree/{new.id}/{kind}", old=before, new=after
                )
                words = {"field": kind, "said_as": _fixed(before, after)}
                self.found.append((set(), _between(kind, change, old, new) | words))

    def _graded(self, change: Change, section: str, name: str, field: str) -> Fields:
        """A level or a band."""
        part = section.removesuffix("s")
        things: list[Any] = [
            next((thing for thing in getattr(side, section) if thing.id == name), None)
            for side in self.sides
        ]
        old, new = things
        row = _between(part, change, old, new) | {"field": field}
        if part == "band":
            if old and new and field in ("at_least", "above"):
                row["direction"] = of_bands(old, new)
            return row | {"said_as": _fixed(band_words(old), band_words(new))}
        row["level"] = name
        if not field:
            return row | {"said_as": _fixed("có" if old else "–", "có" if new else "–")}
        # The old level that speaks of the new ids.
        aligned = next(level for level in self.aligned.levels if level.id == name)
        row["direction"] = of_levels(field, aligned, new)
        return row | _said(old, new, field, self.words)

    def _families(self) -> None:
        """Indicators and groups under new ids; indicators merged, split."""
        pairs = [Family((one,), (other,)) for one, other in self.matching.groups.items()]
        for family in (*self.matching.families, *pairs):
            if family.kind not in _STRUCTURE:
                continue
            olds = [self.words[0].nodes[name] for name in family.old]
            news = [self.words[1].nodes[name] for name in family.new]
            keys = {("dropped", f"tree/{name}") for name in family.old if name not in family.new}
            keys |= {("added", f"tree/{name}") for name in family.new if name not in family.old}
            keys |= {("", f"tree/{name}/replaces") for name in family.new}
            before, after = ("; ".join(node.label for node in side) for side in (olds, news))
            kind = family.kind
            if kind == "renamed":
                keys.add(("", f"tree/{family.new[0]}/label"))
                kind = "code" if before == after else "renamed"
            change = Change(kind="label", target=f"tree/{family.new[0]}")
            row = _between(kind, change, olds[0], news[0])
            row |= {"old_ids": family.old, "new_ids": family.new}
            row |= {"said_as": _fixed(before, after)}
            self.found.append((keys, row | {"steps": self._exchanged(family, olds, news)}))

    def _exchanged(
        self, family: Family, olds: Sequence[Node], news: Sequence[Node]
    ) -> tuple[Step, ...]:
        """Requirements of the members that go and of those that come; aligned ones do neither."""
        gone = [node for node in olds if self.names.get(node.id, node.id) not in family.new]
        kept = {*family.old, *self.names.values()}
        come = [node for node in news if node.id not in kept]
        return tuple(
            step
            for side, nodes in enumerate((gone, come))
            for node in nodes
            if isinstance(node, Indicator)
            for step in by_level(node, side, None)
        )


def _general(kind: str, change: Change, field: str) -> Fields:
    """A row of the document itself."""
    row: Fields = {"kind": kind, "target": change.target, "part": "document", "label": ""}
    return row | {
        "old_ids": (), "new_ids": (), "field": field, "old": change.old, "new": change.new,
    }  # fmt: skip


def _between(kind: str, change: Change, old: Thing | None, new: Thing | None) -> Fields:
    """A row of something that stands in one version, or in both."""
    thing: Any = new or old
    target = change.target if old and new else f"{change.target.partition('/')[0]}/{thing.id}"
    return {
        "kind": kind,
        "target": target,
        "part": type(thing).__name__.lower(),
        "old_ids": (old.id,) if old else (),
        "new_ids": (new.id,) if new else (),
        "label": thing.label,
        "old": change.old,
        "new": change.new,
    }


def _said(old: Thing | None, new: Thing | None, field: str, sides: tuple[Words, Words]) -> Fields:
    """The words of a field before and after, as fields of a row."""
    return {"said_as": partial(pair_words, old, new, field, sides)}


def _fixed(before: str, after: str) -> Callable[[], tuple[str, str]]:
    return lambda: (before, after)


def _direction(field: str, old: Indicator, new: Indicator) -> Direction:
    if old.role != new.role or old.concept != new.concept:
        return "neither"
    if field == "value":
        return of_curves(old.value, new.value, new)
    return of_points(old.most, new.most, new) if field == "points" else "neither"


def _key(change: Change) -> tuple[str, str]:
    whole = change.kind if change.kind in ("added", "dropped", "order") else ""
    return whole, change.target


def _renamings(old: Framework, new: Framework, matching: Matching) -> dict[str, str]:
    """New id by old id where one thing has two; ids that both versions use are left alone."""
    names = {one: other for one, other in matching.groups.items() if one != other}
    for family in matching.families:
        if family.kind == "renamed":
            names[family.old[0]] = family.new[0]
    before, after = ({node.id for node, _, _ in side.nodes()} for side in (old, new))
    return {o: n for o, n in names.items() if n not in before and o not in after}


def _renamed(framework: Framework, names: Mapping[str, str]) -> Framework:
    """The framework under other ids."""

    def visit(node: Group | Indicator) -> Group | Indicator:
        update: dict[str, Any] = {"id": names.get(node.id, node.id)}
        if isinstance(node, Group):
            update["children"] = tuple(visit(child) for child in node.children)
        return node.model_copy(update=update)

    levels = tuple(
        level.model_copy(
            update={
                "mandatory": tuple(names.get(name, name) for name in level.mandatory),
                "quorum": tuple(
                    quorum.model_copy(update={"of": names.get(quorum.of, quorum.of)})
                    for quorum in level.quorum
                ),
            }
        )
        for level in framework.levels
    )
    return framework.model_copy(update={"tree": visit(framework.tree), "levels": levels})


def required_words(required: float | dict[str, float] | None, concept: Concept) -> str:
    """Say a requirement with its unit: "≥ 85% (khu vực III ≥ 70%)"; "không yêu cầu"."""
    if required is None:
        return "không yêu cầu"
    if not isinstance(required, dict):
        return at_words(required, concept)
    named = [f"{place} {at_words(at, concept)}" for place, at in required.items() if place != "*"]
    if "*" not in required:
        return "; ".join(named)
    every = at_words(required["*"], concept)
    return f"{every} ({'; '.join(named)})" if named else every


def at_words(value: float, concept: Concept) -> str:
    """Say one threshold with its unit."""
    unit = "" if concept.measure in ("yes_no", "category") else concept.unit
    gap = "" if unit in ("", "%") else "\u00a0"
    return bound_words(value, concept) + gap + unit


def _power(concept: Concept) -> str:
    held = concept.competence
    if held is None:
        return "–"
    until = f"đến {held.valid_until:%d/%m/%Y}" if held.valid_until else ""
    return ", ".join(words for words in (COMPETENCES[held.level], held.basis, until) if words)


def _source(concept: Concept) -> str:
    return SOURCE_TYPES[concept.source_type]
