"""Which indicator of one version is which of the other: by id, `replaces`, or a person's word."""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ..concepts import Id
from ..documents import Model, read_model, write_yaml
from ..faults import Collector, nearest, quoted
from ..framework import Framework, FrameworkId, Group, Indicator

LIKELY = 0.6
_HEAD = """\
# Các cặp chỉ tiêu có tên hoặc đại lượng đo giống nhau. Cặp nào đúng là một chỉ tiêu thì sửa
# confirmed: false thành confirmed: true; cặp nào không phải thì để nguyên.
# likeness: độ giống của tên gọi.
"""

Links = frozenset[tuple[str, str]]


class Pair(Model):
    """An old and a new indicator that may be the same; only a person confirms it."""

    old: Id
    new: Id
    likeness: Annotated[float, Field(ge=0, le=1)] = 0.0
    confirmed: bool = False


class Matches(Model):
    """What a person says of indicators that neither `id` nor `replaces` brings together."""

    kind: Literal["matches"] = "matches"
    format: Literal[1] = 1
    old: FrameworkId
    new: FrameworkId
    matches: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Family:
    """Indicators of two versions that stand for each other; ids in printed order."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def kind(self) -> str:
        """One of added, dropped, same, renamed, merged, split, recast (several into several)."""
        if not self.old:
            return "added"
        if not self.new:
            return "dropped"
        if len(self.old) == len(self.new) == 1:
            return "same" if self.old == self.new else "renamed"
        return "merged" if len(self.new) == 1 else "split" if len(self.old) == 1 else "recast"


@dataclass(frozen=True)
class Matching:
    """Which indicator and which group of one version is which of the other.

    Attributes
    ----------
    families : tuple of Family
        Every indicator of either version once; in the new order, those that are gone last.
    groups : mapping of str to str
        New group by old group, the root included.
    """

    families: tuple[Family, ...]
    groups: Mapping[str, str]

    @cached_property
    def by_old(self) -> dict[str, Family]:
        """Family of every old indicator."""
        return {name: family for family in self.families for name in family.old}

    @cached_property
    def by_new(self) -> dict[str, Family]:
        """Family of every new indicator."""
        return {name: family for family in self.families for name in family.new}


def match(old: Framework, new: Framework, confirmed: Iterable[Pair] = ()) -> Matching:
    """Match two versions by `id`, by `replaces` and by confirmed pairs.

    Printed codes, group numbers and labels are never looked at: between the draft and the final
    text of a set of criteria, groups 1 and 3 have been known to swap numbers.

    Parameters
    ----------
    old, new : Framework
        Two versions, or two instruments; either may be the later one.
    confirmed : iterable of Pair
        One-to-one, of indicators that nothing else matches; those not confirmed are passed over.

    Returns
    -------
    Matching
        A group is matched by `id`, or when more than half of the links below it, on both sides,
        lead to one group of the same depth.

    Raises
    ------
    Faults
        If confirmed pairs do not fit; see `check_matches`.
    """
    pairs, faults = [pair for pair in confirmed if pair.confirmed], Collector()
    check_matches(pairs, old, new, faults)
    faults.raise_errors()
    links = _links(old, new) | {(pair.old, pair.new) for pair in pairs}
    return Matching(_families(old, new, links), _groups(old, new, links))


def _links(old: Framework, new: Framework) -> Links:
    """Pairs that share an id or of which one replaces the other, whichever is the later version."""
    before = {item.id: item.replaces for item in old.indicators}
    after = {item.id: item.replaces for item in new.indicators}
    said = {(one, name) for name, replaced in after.items() for one in replaced if one in before}
    said |= {(name, one) for name, replaced in before.items() for one in replaced if one in after}
    # Where both versions hold both, what one replaces became of it before either of them.
    told = {(one, other) for one, other in said if one not in after or other not in before}
    return frozenset(told | {(name, name) for name in before.keys() & after.keys()})


def _families(
    old: Framework, new: Framework, links: Iterable[tuple[str, str]]
) -> tuple[Family, ...]:
    """Indicators that links hold together, by growing sets."""
    sets: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for side, framework in (("new", new), ("old", old)):
        for item in framework.indicators:
            sets[side, item.id] = {(side, item.id)}
    for one, other in links:
        joined = sets["old", one] | sets["new", other]
        for member in joined:
            sets[member] = joined
    found: dict[int, Family] = {}
    for members in sets.values():
        if id(members) not in found:
            kept = [
                tuple(i.id for i in framework.indicators if (side, i.id) in members)
                for side, framework in (("old", old), ("new", new))
            ]
            found[id(members)] = Family(*kept)
    return tuple(found.values())


def _groups(old: Framework, new: Framework, links: Iterable[tuple[str, str]]) -> dict[str, str]:
    before, after = _above(old), _above(new)
    depths = [{n.id: d for n, _, d in side.nodes() if isinstance(n, Group)} for side in (old, new)]
    found = {name: name for name in depths[0] if name in depths[1]}
    found.setdefault(old.tree.id, new.tree.id)
    together: dict[tuple[str, str], int] = {}
    whole: dict[tuple[str, str], int] = {}
    for one, other in links:
        for group in before[one]:
            whole["old", group] = whole.get(("old", group), 0) + 1
            for peer in after[other]:
                together[group, peer] = together.get((group, peer), 0) + 1
        for peer in after[other]:
            whole["new", peer] = whole.get(("new", peer), 0) + 1
    for (group, peer), count in sorted(together.items()):
        free = group not in found and peer not in found.values()
        most = 2 * count > whole["old", group] and 2 * count > whole["new", peer]
        if free and most and depths[0][group] == depths[1][peer]:
            found[group] = peer
    return found


def _above(framework: Framework) -> dict[str, list[str]]:
    """Groups above every indicator."""
    above: dict[str, list[str]] = {framework.tree.id: []}
    for node, parent, _ in framework.nodes():
        if parent is not None:
            above[node.id] = [*above[parent.id], parent.id]
    return {item.id: above[item.id] for item in framework.indicators}


def reading_order(
    old: Framework, new: Framework, matching: Matching
) -> tuple[tuple[str, str], ...]:
    """Put the nodes of both versions in one order to read.

    Parameters
    ----------
    old, new : Framework
    matching : Matching

    Returns
    -------
    tuple of (side, id)
        Below the root: ("new", id) as printed; ("old", id) of what is gone, in its group, behind
        what it stood behind.
    """
    inside: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for group in new.groups:
        inside["new", group.id] = [("new", child.id) for child in group.children]
    for group in old.groups:
        now = matching.groups.get(group.id)
        here = ("new", now) if now else ("old", group.id)
        listed, last = inside.setdefault(here, []), -1
        for child in group.children:
            kept = _now(child, matching)
            if kept is None:
                last += 1
                listed.insert(last, ("old", child.id))
            elif ("new", kept) in listed:
                last = listed.index(("new", kept))
    found: list[tuple[str, str]] = []

    def visit(node: tuple[str, str]) -> None:
        for child in inside.get(node, ()):
            found.append(child)
            visit(child)

    visit(("new", new.tree.id))
    return tuple(found)


def _now(node: Group | Indicator, matching: Matching) -> str | None:
    if isinstance(node, Group):
        return matching.groups.get(node.id)
    return next(iter(matching.by_old[node.id].new), None)


def propose(old: Framework, new: Framework, matching: Matching) -> tuple[Pair, ...]:
    """Propose which unmatched indicators may be the same, for a person to confirm.

    Parameters
    ----------
    old, new : Framework
    matching : Matching
        What is matched already.

    Returns
    -------
    tuple of Pair
        In the order of `new`, nothing twice: those that measure the same concept, else those whose
        labels are alike, from `LIKELY`; likeness is difflib's ratio of the words.
    """
    free = [
        [item for item in side.indicators if families[item.id].kind == kind]
        for side, families, kind in (
            (old, matching.by_old, "dropped"),
            (new, matching.by_new, "added"),
        )
    ]
    likely = []
    for place, item in enumerate(free[1]):
        for one in free[0]:
            same, alike = item.concept == one.concept, likeness(one.label, item.label)
            if same or alike >= LIKELY:
                likely.append((not same, -alike, place, one.id, item.id))
    taken: set[tuple[str, str]] = set()
    kept = []
    for _, alike, place, before, after in sorted(likely):
        if ("old", before) not in taken and ("new", after) not in taken:
            taken |= {("old", before), ("new", after)}
            kept.append((place, Pair(old=before, new=after, likeness=round(-alike, 2))))
    return tuple(pair for _, pair in sorted(kept, key=lambda entry: entry[0]))


def likeness(one: str, other: str) -> float:
    """Compare two labels, 0 to 1: their words without marks, case and the opening "tỷ lệ"."""
    # The matcher is not symmetric; the order of its sides must not decide.
    first, second = sorted((_words(one), _words(other)))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def _words(label: str) -> list[str]:
    letters = unicodedata.normalize("NFD", label.casefold()).replace("đ", "d")
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    return re.findall(r"\w+", re.sub(r"^t[yi] le ", "", plain))


def read_matches(
    path: Path, old: Framework, new: Framework, faults: Collector, name: str = ""
) -> Matches | None:
    """Read a file of kind `matches` and check it against the two versions.

    Parameters
    ----------
    path : Path
        YAML file.
    old, new : Framework
        The versions that it must speak of.
    faults : Collector
        Where every fault is noted; see `check_matches`.
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    Matches or None
        None after an error.
    """
    own = Collector(name or path.name)
    found = read_model(Matches, path, own.file, own)
    if found is not None:
        for key, said, side in (("old", found.old, old), ("new", found.new, new)):
            if said != side.id:
                own.add(f"mục {key}", f"có “{said}”", f"“{side.id}”, khung đang so sánh")
        check_matches(found.matches, old, new, own)
    faults.extend(own.faults)
    return None if own.errors else found


def check_matches(pairs: Iterable[Pair], old: Framework, new: Framework, faults: Collector) -> None:
    """Note unknown ids, and confirmed pairs that match something twice or contradict the files.

    Parameters
    ----------
    pairs : iterable of Pair
        Confirmed or not.
    old, new : Framework
    faults : Collector
        Where every fault is noted, by the number of the pair.
    """
    links = _links(old, new)
    known = {"old": [i.id for i in old.indicators], "new": [i.id for i in new.indicators]}
    taken: dict[tuple[str, str], int] = {}
    for number, pair in enumerate(pairs, 1):
        place, ends = f"mục matches[{number}]", {"old": pair.old, "new": pair.new}
        unknown = [side for side, name in ends.items() if name not in known[side]]
        for side in unknown:
            expected = nearest(ends[side], known[side])
            faults.add(f"{place} → {side}", f"có {quoted(ends[side])}", expected)
        if unknown or not pair.confirmed:
            continue
        for side, name in ends.items():
            if (side, name) in taken:
                found = f"“{name}” đã ghép ở matches[{taken[side, name]}]"
                faults.add(f"{place} → {side}", found, "mỗi chỉ tiêu ghép một lần")
            taken[side, name] = number
        others = links - {(pair.old, pair.new)}
        against = sorted(link for link in others if pair.old == link[0] or pair.new == link[1])
        if against:
            said = "; ".join(f"“{one}” với “{other}”" for one, other in against)
            found = f"ghép “{pair.old}” với “{pair.new}”, trái với id hoặc replaces: {said}"
            faults.add(place, found, "bỏ xác nhận này, hoặc sửa replaces trong tệp khung")


def write_matches(matches: Matches, path: Path) -> None:
    """Write a file of kind `matches`, whole or not at all."""
    data = matches.model_dump(mode="json")
    made = path.with_name(f".{path.name}.tam")
    try:
        write_yaml(data, made, _HEAD)
        os.replace(made, path)
    finally:
        made.unlink(missing_ok=True)


def proposed(old: Framework, new: Framework, read: Matches | None) -> Matches:
    """What a person said already, and the likely pairs that nobody has judged.

    Parameters
    ----------
    old, new : Framework
    read : Matches, optional
        The file as it stands.
    """
    held = read.matches if read else ()
    fresh = propose(old, new, match(old, new, held))
    seen = {(pair.old, pair.new) for pair in held}
    added = tuple(pair for pair in fresh if (pair.old, pair.new) not in seen)
    return Matches(old=old.id, new=new.id, matches=(*held, *added))
