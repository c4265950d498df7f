"""Two versions and what changed between them, found by the names that people write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..changes import KINDS, Change, diff
from ..concepts import Catalogue
from ..framework import Framework, Indicator
from ..structure import threshold_words

THRESHOLDS = "ngưỡng"

# What a reader may ask for; papers, sources of texts and order of print need no reason.
_NO_CONTENT = ("document", "provenance", "order")


@dataclass(frozen=True, eq=False)
class Revised:
    """Two versions and what changed between them, found by the names that people write.

    Attributes
    ----------
    old, new : Framework
    commented : Framework
        The one of them that was commented on: its codes are meant.
    """

    old: Framework
    new: Framework
    commented: Framework

    @cached_property
    def every(self) -> tuple[Change, ...]:
        """Every change, as `diff` finds them."""
        return diff(self.old, self.new)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Changes of content: what a comment may have asked for."""
        return tuple(
            change
            for change in self.every
            if change.kind not in _NO_CONTENT and not change.target.endswith("/code")
        )

    @cached_property
    def labels(self) -> dict[str, str]:
        """Names by id of nodes and levels; the new one's where both versions have it."""
        found: dict[str, str] = {}
        for item in (self.old, self.new):
            found |= {node.id: node.label for node, _, _ in item.nodes()}
            found |= {level.id: level.label for level in item.levels}
        return found

    @cached_property
    def spelt(self) -> dict[str, str]:
        """Ids of nodes by what people call them: the id, or the code in the commented version."""
        ids = {node.id: node.id for item in (self.old, self.new) for node, _, _ in item.nodes()}
        codes = {node.code.casefold(): node.id for node, _, _ in self.commented.nodes()}
        return {code: name for code, name in codes.items() if code} | ids

    @cached_property
    def order(self) -> dict[str, int]:
        """Place of each node: as the commented version prints it, what is new after that."""
        versions = (self.commented, self.old, self.new)
        names = (node.id for item in versions for node, _, _ in item.nodes())
        return {name: place for place, name in enumerate(dict.fromkeys(names), 1)}

    @cached_property
    def levels(self) -> dict[str, str]:
        """Ids of levels by id, by label and by number: "mức 3"."""
        found: dict[str, str] = {}
        for item in (self.new, self.old):
            for place, level in enumerate(item.levels, 1):
                words = (level.id, level.label.casefold(), f"mức {place}")
                found |= dict.fromkeys(words, level.id)
        return found

    def node(self, about: str) -> str:
        """Id of the node that a comment is about; "" for a general one, or for none known."""
        return self.spelt.get(about.casefold(), "")

    def names(self) -> list[str]:
        """One name a change, short where it can be: "ke-hoach-nam muc-3"."""
        return [short(change) for change in self.changes]

    def named(self, name: str) -> tuple[Change, ...]:
        """Find the changes of content that a name stands for.

        Parameters
        ----------
        name : str
            A target ("tree/a/required/muc-3"), a node ("a", or its code) for all that changed of
            it, a level ("muc-5"), a node and a level ("a muc-3", "1.4 mức 3"), or all thresholds
            of a node ("a ngưỡng").

        Returns
        -------
        tuple of Change
            Empty when nothing of that name changed.
        """
        at = self._target(name.strip())
        if at in ("tree", "levels", "bands"):
            return ()
        return tuple(c for c in self.changes if c.target == at or c.target.startswith(f"{at}/"))

    def _target(self, name: str) -> str:
        first, _, rest = name.partition(" ")
        node, level = self.node(first), self.levels.get(rest.strip().casefold())
        if node and not rest:
            return f"tree/{node}"
        if node and rest.strip().casefold() == THRESHOLDS:
            return f"tree/{node}/required"
        if node and level:
            return f"tree/{node}/required/{level}"
        level = self.levels.get(name.casefold())
        return f"levels/{level}" if level else name

    def words(
        self, changes: Sequence[Change], catalogue: Catalogue, own: str | None = None
    ) -> list[str]:
        """Say changes, one line a node: what was there and is there now.

        With `own`, that node goes unnamed, and of the others more than two changes are counted.
        """
        lines: dict[str, list[Change]] = {}
        for change in changes:
            lines.setdefault(subject(change), []).append(change)
        said = []
        for name, held in lines.items():
            if own not in (None, name) and len(held) > 2:
                kinds = Counter(KINDS[change.kind] for change in held)
                parts = [f"{kind} ({n})" if n > 1 else kind for kind, n in kinds.items()]
            else:
                parts = [self._said(change, catalogue) for change in sorted(held, key=self._rank)]
            label = "" if name == own else f"{self.labels.get(name, name)}: "
            said.append(label + "; ".join(parts))
        return said

    def _rank(self, change: Change) -> int:
        """Place of the level of a threshold; other changes come before."""
        levels = list(dict.fromkeys(self.levels.values()))
        level = change.target.rpartition("/")[2]
        return levels.index(level) if level in levels else -1

    def _said(self, change: Change, catalogue: Catalogue) -> str:
        if change.kind in ("added", "dropped"):
            return KINDS[change.kind]
        if change.kind == "moved":
            return f"chuyển sang nhóm {self.labels[change.new]}"
        if change.kind == "threshold" and change.target.count("/") == 3:
            _, name, _, level = change.target.split("/")
            versions = (self.old, self.new)
            items = [item for v in versions for item in v.indicators if item.id == name]
            old, new = (
                _threshold(value, item, catalogue)
                for value, item in zip((change.old, change.new), items, strict=True)
            )
            return f"{self.labels[level]} {old} → {new}"
        if change.kind in ("label", "level") and change.target.endswith("/label"):
            return f"“{change.old}” thành “{change.new}”"
        return KINDS[change.kind]


def _threshold(value: object, item: Indicator, catalogue: Catalogue) -> str:
    """Say a threshold; "không đặt" where the level asks for nothing."""
    if isinstance(value, float | int | dict):
        return threshold_words(value, catalogue[item.concept]).replace("; ", ", ")
    return "không đặt"


def subject(change: Change) -> str:
    """The node, level or field of the document that a change is about."""
    section, _, rest = change.target.partition("/")
    return rest.partition("/")[0] or section


def short(change: Change) -> str:
    """Name a change as a person would: "a muc-3" for a threshold, "a" for a whole node."""
    section, _, rest = change.target.partition("/")
    if section == "tree" and change.kind == "threshold" and rest.count("/") == 2:
        name, _, level = rest.split("/")
        return f"{name} {level}"
    return rest if section in ("tree", "levels") and "/" not in rest else change.target
