"""Bundles of changes that can be switched on alone: the players of attribution."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from pydantic import Field

from ..changes import KINDS, Change, Conflict, apply, diff
from ..concepts import Text
from ..documents import Model
from ..faults import Collector, nearest
from ..framework import Framework, Indicator

# Kinds, and fields of any kind, that leave every result as it is.
_SILENT_KINDS = frozenset({"label", "evidence", "source", "provenance"})
_SILENT_FIELDS = frozenset({"method", "label", "code"})
# Fields of the document that results do depend on.
_RULES = ("policy", "rounding", "band_scale")
RULE = "quy-uoc"


class NamedBundle(Model):
    """Changes that a person wants to see as one: everything below these targets.

    Attributes
    ----------
    label : str
        What the report calls them.
    targets : tuple of str
        Ids of indicators, groups, levels or bands; "quy-uoc" for the conventions of computing.
    """

    label: Text
    targets: Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Bundle:
    """Changes that stand or fall together.

    Attributes
    ----------
    id : str
        The target that names it: an indicator, a level, a band, or "quy-uoc".
    label : str
        What a reader calls it.
    changes : tuple of Change
    """

    id: str
    label: str
    changes: tuple[Change, ...]

    @property
    def verb(self) -> str:
        """What it does: "Bỏ", "Thêm", "Thay", or the one kind of change that it makes."""
        kinds = {change.kind for change in self.changes}
        if {"added", "dropped"} <= kinds:
            return "Thay"
        return KINDS[kinds.pop()].capitalize() if len(kinds) == 1 else "Sửa"

    @cached_property
    def nodes(self) -> frozenset[str]:
        """Ids of the nodes of the tree that it touches."""
        return frozenset(node for change in self.changes if (node := _node(change)))


@dataclass(frozen=True, eq=False)
class Bundles:
    """A difference between two versions, cut into bundles.

    Attributes
    ----------
    old, new : Framework
    changes : tuple of Change
        The whole difference, in the order in which it is applied.
    players : tuple of Bundle
        Each leaves a valid framework when it is applied alone.
    silent : tuple of Change
        Changes that no result depends on, made in every variant.
    groups : tuple of Change
        Groups that come and go with what stands in them.
    """

    old: Framework
    new: Framework
    changes: tuple[Change, ...]
    players: tuple[Bundle, ...]
    silent: tuple[Change, ...]
    groups: tuple[Change, ...] = ()

    def variant(self, chosen: Collection[int]) -> Framework:
        """Return the old version with the players at these places switched on.

        Raises
        ------
        Conflict
            If they do not leave a valid framework.
        """
        if len(chosen) == len(self.players):
            return self.new
        made = {id(change) for change in self.silent}
        made |= {id(change) for place in chosen for change in self.players[place].changes}
        self._follow(made)
        return apply(self.old, [change for change in self.changes if id(change) in made])

    def _follow(self, made: set[int]) -> None:
        """Add the groups that now hold something, and drop those that hold nothing any more."""
        while True:
            here = [change for change in self.changes if id(change) in made]
            filled = {_parents(change)[-1] for change in here if change.kind in ("added", "moved")}
            left = {_node(change) for change in here if change.kind in ("dropped", "moved")}
            more = {
                id(change)
                for change in self.groups
                if id(change) not in made
                and (
                    _node(change) in filled
                    if change.kind == "added"
                    else self._inside[_node(change)] <= left
                )
            }
            if not more:
                return
            made |= more

    @cached_property
    def _inside(self) -> dict[str, set[str]]:
        """Ids of what stands directly below each group of the old version."""
        return {group.id: {child.id for child in group.children} for group in self.old.groups}

    @property
    def labels(self) -> list[str]:
        """What a reader calls the players, in their order."""
        return [player.label for player in self.players]


def bundles(
    old: Framework,
    new: Framework,
    named: Sequence[NamedBundle] = (),
    together: Iterable[Collection[str]] = (),
) -> Bundles:
    """Cut the difference between two versions into the smallest bundles that can stand alone.

    Parameters
    ----------
    old, new : Framework
        Two versions for one type of unit.
    named : sequence of NamedBundle
        Bundles that a person asks for; whatever they leave over is cut as usual.
    together : iterable of collections of str
        Ids, old and new, of what is one thing under several ids: see `matching.Family`.

    Returns
    -------
    Bundles
        In the order of the new version; what was dropped comes last.

    Raises
    ------
    Faults
        If a named bundle names nothing that changed, or two name the same, or if one leaves no
        valid framework when it is applied alone: all at once.

    Notes
    -----
    What belongs together: all changes of one indicator; an indicator and those that it replaces; a
    new or dropped group and what stands in it; a level and the thresholds that only it has; all
    conventions of computing.
    """
    found = _Partition(old, new)
    for names in together:
        found.tie(names)
    faults = Collector("mục bundles")
    for place, wanted in enumerate(named, 1):
        found.join(wanted, f"gói {place}", faults)
    faults.raise_errors()
    made = found.bundles()
    if named:  # what the rules cut stands alone by its making; what a person cuts is tried
        for place, player in enumerate(made.players):
            try:
                made.variant([place])
            except Conflict as error:
                said = f"gói “{player.label}” không áp dụng riêng được: {error}"
                faults.add("mục bundles", said, "gói gồm đủ các thay đổi phải đi cùng nhau")
        faults.raise_errors()
    return made


def _node(change: Change) -> str:
    section, _, rest = change.target.partition("/")
    return rest.partition("/")[0] if section == "tree" else ""


def _target(change: Change) -> str:
    """What a change belongs to: "tree/ID", "levels/ID", "bands", or the conventions."""
    section, _, rest = change.target.partition("/")
    if section in ("tree", "levels"):
        return f"{section}/{rest.partition('/')[0]}"
    return "bands" if section == "bands" or section == "band_scale" else RULE


class _Partition:
    """Targets of changes, joined where one cannot stand without the other."""

    def __init__(self, old: Framework, new: Framework) -> None:
        self.old, self.new = old, new
        self.changes = diff(old, new)
        self.additive = _additive(old) and _additive(new)
        self.groups = tuple(c for c in self.changes if self.additive and _is_group(c))
        self.silent = tuple(c for c in self.changes if self._is_silent(c))
        apart = {id(change) for change in (*self.groups, *self.silent)}
        self.loud = [change for change in self.changes if id(change) not in apart]
        self.above = {_target(change): _target(change) for change in self.loud}
        self.names: dict[str, str] = {}
        self._settle()

    def _is_silent(self, change: Change) -> bool:
        """Whether nothing is computed from what changed."""
        section, _, rest = change.target.partition("/")
        if change.kind == "order":
            return section != "levels"
        if change.kind == "moved":
            return self.additive
        if change.kind in _SILENT_KINDS or rest.partition("/")[2] in _SILENT_FIELDS:
            return True
        return section not in ("tree", "levels", "bands", *_RULES)

    def _settle(self) -> None:
        """Join what the two documents themselves tie together."""
        dropped = {_node(change) for change in self.loud if change.kind == "dropped"}
        groups = {_node(change) for change in self.loud if _is_group(change)}
        held = [{level.id for level in side.levels} for side in (self.old, self.new)]
        levels = held[0] ^ held[1]
        for change in self.loud:
            target = _target(change)
            if not target.startswith("tree/"):
                continue
            replaced = change.new.get("replaces") or () if change.kind == "added" else ()
            for name in {*replaced} & dropped:
                self._unite(target, f"tree/{name}")
            for parent in {*_parents(change)} & groups:
                self._unite(target, f"tree/{parent}")
            for level in levels & _levels_of(change):
                self._unite(target, f"levels/{level}")

    def _root(self, target: str) -> str:
        while self.above[target] != target:
            target = self.above[target]
        return target

    def _unite(self, one: str, other: str) -> None:
        if one in self.above and other in self.above:
            self.above[self._root(other)] = self._root(one)

    def tie(self, names: Collection[str]) -> None:
        """Join nodes that are one thing under several ids."""
        first, *others = [f"tree/{name}" for name in names]
        for other in others:
            self._unite(first, other)

    def join(self, wanted: NamedBundle, place: str, faults: Collector) -> None:
        """Join what a person names; a group stands for everything below it, old and new."""
        inside: list[str] = []
        for name in wanted.targets:
            below = [name, *_below(self.old, name), *_below(self.new, name)]
            known = [
                target
                for item in dict.fromkeys(below)
                for target in (f"tree/{item}", f"levels/{item}", item)
                if target in self.above
            ]
            if not known:
                choices = [target.partition("/")[2] or target for target in self.above]
                faults.add(place, f"“{name}” không có thay đổi nào", nearest(name, choices))
            inside += known
        for target in inside:
            root = self._root(target)
            if root in self.names and self.names[root] != wanted.label:
                said = f"“{target.partition('/')[2]}” đã thuộc gói “{self.names[root]}”"
                faults.add(place, said, "mỗi thay đổi ở một gói")
                continue
            self._unite(inside[0], target)
        for target in inside[:1]:
            self.names[self._root(target)] = wanted.label

    def bundles(self) -> Bundles:
        parts: dict[str, list[Change]] = {}
        for change in self.loud:
            parts.setdefault(self._root(_target(change)), []).append(change)
        order = {node.id: place for place, (node, _, _) in enumerate(self.new.nodes())}
        players = [
            self._bundle(self.names.get(root, ""), changes) for root, changes in parts.items()
        ]
        players.sort(key=lambda player: order.get(player.id, len(order)))
        return Bundles(self.old, self.new, self.changes, tuple(players), self.silent, self.groups)

    def _bundle(self, name: str, changes: Iterable[Change]) -> Bundle:
        kept = tuple(changes)
        leads = sorted(kept, key=lambda change: change.kind == "dropped")
        lead = _target(leads[0]).partition("/")[2] or _target(leads[0])
        label = name or _label(lead, self.old, self.new)
        return Bundle(lead, label, kept)


def _is_group(change: Change) -> bool:
    """Whether a group comes or goes."""
    record = {"added": change.new, "dropped": change.old}.get(change.kind)
    return record is not None and change.target.startswith("tree/") and record["is_group"]


def _parents(change: Change) -> list[str]:
    if change.kind in ("added", "dropped"):
        return [(change.new or change.old)["parent"]]
    return [change.old, change.new] if change.kind == "moved" else []


def _levels_of(change: Change) -> set[str]:
    """Levels at which a change asks something, or no longer does."""
    if change.kind == "threshold":
        return {change.target.rpartition("/")[2]}
    records = [side for side in (change.old, change.new) if isinstance(side, Mapping)]
    return {level for record in records for level in record.get("required", ())}


def _additive(framework: Framework) -> bool:
    """Whether it makes no difference in which group an indicator stands."""
    whole = all(group.combine == "sum" for group in framework.groups)
    quorums = all(quorum.of == "*" for level in framework.levels for quorum in level.quorum)
    return whole and quorums and framework.policy.rescale != "group"


def _below(framework: Framework, name: str) -> list[str]:
    groups = {group.id for group in framework.groups}
    return [item.id for item in framework.below(name)] if name in groups else []


def _label(name: str, old: Framework, new: Framework) -> str:
    for framework in (new, old):
        for node, _, _ in framework.nodes():
            if node.id == name:
                code = f"{node.code} " if isinstance(node, Indicator) and node.code else ""
                return f"{code}{node.label}"
        for level in framework.levels:
            if level.id == name:
                return f"Cách xét mức {level.label}"
    return {"bands": "Xếp loại", RULE: "Quy ước tính"}.get(name, name)
