"""What differs between two versions: every difference, how many of which kind, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..concepts import Catalogue, Text
from ..documents import Model
from ..faults import Collector, nearest, quoted
from ..framework import UNIT_TYPES, Framework
from .matching import Matching, reading_order
from .rows import KINDS, QUIET, Difference, Finder
from .strictness import Step

_GENERAL = ("document", "level", "band")


class Reason(Model):
    """Why something was changed, and on what document that rests.

    Attributes
    ----------
    target : str
        Id of an indicator, a group or a level of either version; a field of the document, such as
        "policy"; or the target of one change.
    """

    target: Text
    reason: Text
    basis: str = ""


@dataclass(frozen=True, eq=False)
class Differences:
    """What differs between two versions.

    Attributes
    ----------
    old, new : Framework
    matching : Matching
    catalogue : mapping of str to Concept
    rows : tuple of Difference
        The document, levels and bands first; then groups and indicators as `order` reads them.
    """

    old: Framework
    new: Framework
    matching: Matching
    catalogue: Catalogue
    rows: tuple[Difference, ...]

    @cached_property
    def shown(self) -> tuple[Difference, ...]:
        """Rows that change what is asked."""
        return tuple(row for row in self.rows if row.kind not in QUIET)

    @cached_property
    def order(self) -> tuple[tuple[str, str], ...]:
        """Nodes below the root to read: ("new", id) as printed, ("old", id) of what is gone."""
        return reading_order(self.old, self.new, self.matching)

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """Ids of new indicators in which nothing changes that is asked."""
        touched = {name for row in self.shown for name in row.new_ids}
        return tuple(item.id for item in self.new.indicators if item.id not in touched)

    def frame(self) -> pd.DataFrame:
        """One row a difference: kind, said, part, target, label, field, level, old, new, direction.

        `old` and `new` are in words.
        """
        columns = ("kind", "said", "part", "target", "label", "field", "level")
        rows = [
            {name: getattr(row, name) for name in columns}
            | {"old": row.old_words, "new": row.new_words, "direction": row.direction}
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=[*columns, "old", "new", "direction"])

    def counts(self) -> pd.DataFrame:
        """Count what changes what is asked, by kind.

        Returns
        -------
        DataFrame
            By kind in words: `count`; `things` that differ so; `stricter`, `easier`, `both`.
        """
        frame = self.frame()
        frame = frame[~frame["kind"].isin(QUIET)]
        frame["thing"] = [next(iter(row.new_ids or row.old_ids), row.target) for row in self.shown]
        rank = frame["kind"].map(list(KINDS).index)
        frame = frame.iloc[rank.argsort(kind="stable")]
        grouped = frame.groupby("said", sort=False)
        found = grouped.agg(count=("kind", "size"), things=("thing", "nunique"))
        for direction in ("stricter", "easier", "both"):
            found[direction] = (frame["direction"] == direction).groupby(frame["said"]).sum()
        return found

    def by_level(self) -> pd.DataFrame:
        """Count what requirements do, by level and stratum.

        Returns
        -------
        DataFrame
            One row a level (id, of either version) and a stratum ("*": units of no stratum that a
            threshold names): `level`, `label`, `stratum`; `stricter`, `easier` (thresholds of
            requirements that stay); `asked`, `no_longer` (requirements added and gone, by merging
            and splitting as well). The requirements of the old version, plus `asked`, less
            `no_longer`, are those of the new one.
        """
        held = [item for side in (self.old, self.new) for item in side.indicators]
        named = {s for i in held for at in i.required.values() if isinstance(at, dict) for s in at}
        labels = {level.id: level.label for side in (self.old, self.new) for level in side.levels}
        rows = []
        for level, label in labels.items():
            for stratum in ("*", *sorted(named - {"*"})):
                found = [step for row in self.rows for step in _there(row.steps, level, stratum)]
                gone = sum(step.new is None for step in found)
                come = sum(step.old is None for step in found)
                stays = [s.direction for s in found if s.old is not None and s.new is not None]
                counts = {name: stays.count(name) for name in ("stricter", "easier")}
                row = {"level": level, "label": label, "stratum": stratum} | counts
                rows.append(row | {"asked": come, "no_longer": gone})
        names = ["level", "label", "stratum", "stricter", "easier", "asked", "no_longer"]
        return pd.DataFrame(rows, columns=names)


def _there(found: Sequence[Step], level: str, stratum: str) -> Iterator[Step]:
    """Steps that units of a stratum meet at a level: their own, else those of every other unit."""
    met: dict[str, Step] = {}
    for step in found:
        if step.level == level and step.stratum in ("*", stratum):
            met[step.indicator] = step  # "*" comes first
    return (step for step in met.values() if step.old is not None or step.new is not None)


def check_comparable(frameworks: Sequence[Framework], faults: Collector) -> None:
    """Note why instruments have nothing to compare: other types of unit, no common concept.

    Parameters
    ----------
    frameworks : sequence of Framework
        Two versions, for one type of unit; more than two are any instruments.
    faults : Collector
        Where every fault is noted.
    """
    first, *others = frameworks
    for other in others:
        if len(frameworks) == 2 and other.unit_type != first.unit_type:
            found = f"{first.id} dành cho {UNIT_TYPES[first.unit_type]}"
            found += f", {other.id} dành cho {UNIT_TYPES[other.unit_type]}"
            faults.add("mục unit_type", found, "hai phiên bản cho cùng loại đơn vị")
    for place, one in enumerate(frameworks):
        rest = (*frameworks[:place], *frameworks[place + 1 :])
        shared = set(one.concepts) & {name for other in rest for name in other.concepts}
        if not shared and not (len(frameworks) == 2 and place):
            found = f"{one.id} không có khái niệm chung với {', '.join(o.id for o in rest)}"
            faults.add("mục concept", found, "ít nhất một đại lượng cùng đo")


def differences(
    old: Framework, new: Framework, matching: Matching, catalogue: Catalogue
) -> Differences:
    """Find every difference between two versions.

    Parameters
    ----------
    old, new : Framework
        For one type of unit.
    matching : Matching
        As `match` finds it; levels and bands match by `id`.
    catalogue : mapping of str to Concept
        Every concept of both.

    Returns
    -------
    Differences
        Without rows for a version against itself. The other way round every row is mirrored: what
        is added is dropped, what is stricter is easier.

    Raises
    ------
    Faults
        If the versions are for other types of unit or have no concept in common.
    """
    faults = Collector()
    check_comparable((old, new), faults)
    faults.raise_errors()
    rows = Finder(old, new, matching, catalogue).rows()
    order = {node: place for place, node in enumerate(reading_order(old, new, matching))}

    levels = [level.id for level in (*new.levels, *old.levels)]

    def rank(row: Difference) -> tuple[int, int, int]:
        nodes = [("new", name) for name in row.new_ids] + [("old", name) for name in row.old_ids]
        first = _GENERAL.index(row.part) if row.part in _GENERAL else len(_GENERAL)
        place = next((order[node] for node in nodes if node in order), -1)
        return first, place, levels.index(row.level) + 1 if row.level else 0

    return Differences(old, new, matching, catalogue, tuple(sorted(rows, key=rank)))


def check_reasons(
    reasons: Iterable[Reason], found: Differences, file: str, faults: Collector
) -> None:
    """Note reasons for what is not there, and, as a warning, for what does not change.

    Parameters
    ----------
    reasons : iterable of Reason
    found : Differences
    file : str
        Where the reasons stand, as the user knows it.
    faults : Collector
        Where every fault is noted.
    """
    changed = {name for row in found.rows for name in row.names}
    things = {
        thing.id
        for side in (found.old, found.new)
        for thing in (*(node for node, _, _ in side.nodes()), *side.levels, *side.bands)
    } | set(Framework.model_fields)
    for number, reason in enumerate(reasons, 1):
        place = f"mục reasons[{number}] → target"
        if reason.target in changed:
            continue
        if reason.target in things:
            said = f"“{reason.target}” không thay đổi giữa hai phiên bản"
            faults.add(place, said, "", file=file, severity="cảnh báo")
        else:
            expected = nearest(reason.target, sorted(changed | things))
            faults.add(place, f"có {quoted(reason.target)}", expected, file=file)


def reason_words(rows: Sequence[Difference], reasons: Iterable[Reason]) -> str:
    """Say why: every reason that names one of the differences; "Chưa nêu lý do" without one."""
    names = {name for row in rows for name in row.names}
    given = [reason for reason in reasons if reason.target in names]
    told = [
        (change.reason, change.basis) for row in rows for change in row.changes if change.reason
    ]
    said = dict.fromkeys([*((reason.reason, reason.basis) for reason in given), *told])
    lines = [f"{why}{f' (căn cứ: {basis})' if basis else ''}" for why, basis in said]
    return "\n".join(lines) or "Chưa nêu lý do"
