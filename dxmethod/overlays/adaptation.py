"""An overlay applied to a framework: one set of changes, or every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

from ..adjustable import VERBS
from ..changes import Change, Conflict, apply, diff
from ..check import check_framework
from ..concepts import Catalogue
from ..differences.strictness import Direction
from ..examples import check_examples
from ..faults import Collector, nearest, quoted
from ..framework import Declared, Fidelity, Framework, Provenance, Step, by_stratum
from .amending import Effect, Ground, Unfit, effect, node_of, told_of, way_of
from .model import Add, Bands, Entry, Overlay, Written

# Fields of the overlay's own document that take the place of the framework's.
_DOCUMENT = ("title", "version", "status", "issued", "supersedes", "note", "examples")


@dataclass(frozen=True)
class Deed:
    """An entry that was applied.

    Attributes
    ----------
    number : int
        Its place in the overlay, from 1.
    entry : Entry
    effect : Effect
    way : str
        Whether units find it stricter or easier.
    refused : str
        Why the framework does not let it be changed so; "" when it does.
    """

    number: int
    entry: Entry
    effect: Effect
    way: Direction
    refused: str

    @property
    def conformity(self) -> str:
        """Whether the change may be made, and is justified, in words."""
        lacks = [word for word, said in _said(self.entry) if not said]
        if self.refused:
            return f"ngoài phạm vi: {self.refused}"
        return f"được phép; chưa nêu {', '.join(lacks)}" if lacks else "được phép"


def _said(entry: Entry) -> tuple[tuple[str, str], ...]:
    return (("lý do", entry.reason), ("căn cứ", entry.basis))


@dataclass(frozen=True)
class Adaptation:
    """A framework with an overlay applied.

    Attributes
    ----------
    overlay : Overlay
    base, framework : Framework
        Before and after; ``apply(base, changes) == framework``.
    deeds : tuple of Deed
        One for each entry of the overlay.
    changes : tuple of Change
        Everything that differs, the document's own fields and provenances included.
    """

    overlay: Overlay
    base: Framework
    framework: Framework
    deeds: tuple[Deed, ...]
    changes: tuple[Change, ...]

    @cached_property
    def touched(self) -> frozenset[str]:
        """Ids of the base's nodes that some entry changes or drops."""
        ground = Ground(self.base)
        names = [node_of(deed.effect.target) for deed in self.deeds]
        return frozenset(at for name in names if name for at in ground.below(name))


def adapt(
    written: Written, base: Framework, catalogue: Catalogue, faults: Collector
) -> Adaptation | None:
    """Apply an overlay to the framework that it extends.

    Parameters
    ----------
    written : Written
        The overlay.
    base : Framework
        What it extends, without errors.
    catalogue : mapping of str to Concept
        Every concept known.
    faults : Collector
        Where every fault of the overlay is noted, all at once: what it names and is not there, what
        it says twice or against itself, what changes nothing, levels and totals that no longer
        work, what the framework does not allow, and changes without reason or basis (warnings).

    Returns
    -------
    Adaptation or None
        None when no framework comes of it. What is only not allowed is in `Deed.refused`.
    """
    return _Adapter(written, base, catalogue, faults).run()


class _Adapter:
    """Applies one overlay, noting every fault with the line of its entry."""

    def __init__(
        self, written: Written, base: Framework, catalogue: Catalogue, faults: Collector
    ) -> None:
        self.written, self.overlay = written, written.overlay
        self.base, self.catalogue = base, catalogue
        self.ground = Ground(base, self.overlay.strata)
        self.found = Collector(written.file)
        self.faults = faults

    def run(self) -> Adaptation | None:
        effects = self.effects()
        whole = not self.found.errors  # else what is left out makes totals and examples come wrong
        fits = self.consistent(effects)
        adapted = self.applied(effects, whole) if fits else None
        self.justified()
        self.faults.extend(self.found.faults)
        return adapted

    def note(self, number: int, found: str, expected: str, *field: str) -> None:
        self.found.add(self.written.place(number, *field), found, expected)

    def effects(self) -> dict[int, Effect]:
        """What each entry does; those that do not fit or do nothing are noted."""
        found: dict[int, Effect] = {}
        for number, entry in enumerate(self.overlay.changes):
            try:
                if isinstance(entry, Add):
                    self._after(entry)
                found[number] = one = effect(entry, self.ground)
            except Unfit as unfit:
                self.note(number, unfit.found, unfit.expected, unfit.field)
                continue
            if one.old == one.new:
                said = f"đang là {told_of(one.old)}, không đổi gì"
                self.note(number, said, "giá trị khác, hoặc bỏ")
                del found[number]
                continue
            lost = isinstance(one.old, dict) and one.kind == "threshold" and not one.part
            if lost and not isinstance(one.new, dict):
                said = f"thay cả ngưỡng theo địa bàn {told_of(one.old)}"
                hope = 'stratum: "*" nếu chỉ sửa ngưỡng chung'
                at = self.written.place(number, "to")
                self.found.add(at, said, hope, severity="cảnh báo")
            stated = "was" in entry.model_fields_set
            if stated and one.kind not in ("added", "dropped") and entry.was != one.old:
                said = f"ghi {told_of(entry.was)}, khung đang là {told_of(one.old)}"
                self.note(number, said, "giá trị của khung, hoặc bỏ mục was", "was")
        return found

    def _after(self, entry: Add) -> None:
        """What a new node stands behind is below the same group."""
        known = [n.id for n, parent, _ in self.base.nodes() if parent and parent.id == entry.under]
        known += [
            other.name
            for other in self.overlay.changes
            if isinstance(other, Add) and other.under == entry.under
        ]
        if entry.after is not None and entry.after not in known:
            raise Unfit("after", f"có {quoted(entry.after)}", nearest(entry.after, known))

    def consistent(self, effects: Mapping[int, Effect]) -> bool:
        """Note two changes of one thing, changes of what is dropped, and groups left empty."""
        before = len(self.found.errors)
        gone = self._gone(effects)
        seen: dict[str, dict[str, int]] = {}
        for number, one in effects.items():
            others = seen.setdefault(one.target, {})
            whole = others.get("") if one.part else next(iter(others.values()), None)
            other = others.setdefault(one.part, number)
            other = other if other != number or whole is None else whole
            if other != number and one.kind != "dropped":
                self.note(number, f"thay đổi thứ {other + 1} đã sửa mục này", "mỗi mục một lần")
            at = one.new["parent"] if one.kind == "added" else node_of(one.target)
            if gone.get(at, number) != number and one.kind != "dropped":
                said = f"mâu thuẫn: thay đổi thứ {gone[at] + 1} bỏ “{at}”"
                self.note(number, said, "hoặc bỏ, hoặc sửa")
        filled = {one.new["parent"] for one in effects.values() if one.kind == "added"}
        for group in self.base.groups:
            if group.id not in {*gone, *filled} and all(c.id in gone for c in group.children):
                number = max(gone[child.id] for child in group.children)
                self.note(number, f"nhóm “{group.id}” không còn chỉ tiêu nào", "bỏ cả nhóm")
        return len(self.found.errors) == before

    def _gone(self, effects: Mapping[int, Effect]) -> dict[str, int]:
        """Nodes that are dropped, each with the entry that does it."""
        gone: dict[str, int] = {}
        for number, one in effects.items():
            if one.kind == "dropped":
                below = self.ground.below(node_of(one.target))
                twice = next((gone[name] for name in below if name in gone), None)
                if twice is not None:
                    self.note(number, f"thay đổi thứ {twice + 1} cũng bỏ mục này", "bỏ một lần")
                gone |= dict.fromkeys(below, number)
        return gone

    def applied(self, effects: Mapping[int, Effect], whole: bool) -> Adaptation | None:
        """The framework that comes of it, checked as any framework is."""
        changes = [*self._document(effects), *self._added(effects), *self._set(effects)]
        for one in effects.values():
            if one.kind == "dropped":
                reason = self._why(effects, one.target)
                for name in self.ground.below(node_of(one.target)):
                    old = self.ground.values[f"tree/{name}"]
                    changes.append(Change(kind="dropped", target=f"tree/{name}", old=old, **reason))
        try:
            framework = apply(self.base, changes)
        except Conflict as conflict:
            self.found.add("mục changes", str(conflict), "các thay đổi cho ra một khung")
            return None
        deeds = tuple(self._deed(number, one) for number, one in effects.items())
        sources = tuple(self._sources(deeds, framework))
        framework = apply(framework, sources)
        self.checked(framework, effects, whole)
        broken = bool(self.found.errors)
        for deed in deeds:
            if deed.refused:
                self.note(deed.number - 1, deed.refused, "thay đổi mà khung cho phép")
        return (
            None
            if broken
            else Adaptation(self.overlay, self.base, framework, deeds, (*changes, *sources))
        )

    def _why(self, effects: Mapping[int, Effect], target: str) -> dict[str, str]:
        """Reason and basis of every entry that makes a change, joined."""
        entries = [self.overlay.changes[n] for n, one in effects.items() if one.target == target]
        reasons = dict.fromkeys(entry.reason for entry in entries if entry.reason)
        bases = dict.fromkeys(entry.basis for entry in entries if entry.basis)
        return {"reason": "; ".join(reasons), "basis": "; ".join(bases)}

    def _document(self, effects: Mapping[int, Effect]) -> Iterator[Change]:
        """The document's own fields, and bands: written anew, told as changes."""
        overlay, base = self.overlay, self.base
        update = {field: getattr(overlay, field) for field in _DOCUMENT}
        update |= {"id": f"{overlay.id}/{base.unit_type}", "extends": base.id}
        update["declared"] = overlay.declared or Declared(points=base.declared.points)
        for entry in overlay.changes:
            if isinstance(entry, Bands):
                update["bands"] = entry.bands
        for change in diff(base, base.model_copy(update=update)):
            why = self._why(effects, "bands") if change.target.startswith("bands") else {}
            yield change.model_copy(update=why)

    def _added(self, effects: Mapping[int, Effect]) -> Iterator[Change]:
        """New nodes, each behind the one it is to follow, in the order that they are written."""
        last = {group.id: group.children[-1].id for group in self.base.groups}
        behind: dict[str, str] = {}
        for one in effects.values():
            if one.kind == "added":
                record, under = dict(one.new), one.new["parent"]
                after = record["follows"] or last[under]
                record["follows"] = behind.get(after, after)
                behind[after] = record["id"]
                record["provenance"] = record["provenance"] or self._source().model_dump()
                why = self._why(effects, one.target)
                yield Change(kind="added", target=one.target, new=record, **why)

    def _set(self, effects: Mapping[int, Effect]) -> Iterator[Change]:
        """Fields with other values; strata and stages of one field are one change."""
        targets = [one.target for one in effects.values() if one.kind not in ("added", "dropped")]
        for target in dict.fromkeys(targets):
            if target == "bands":
                continue
            ones = [one for one in effects.values() if one.target == target]
            old = new = self.ground.values.get(target)
            for one in ones:
                new = put(new, one)
            why = self._why(effects, target)
            yield Change(kind=ones[0].kind, target=target, old=old, new=new, **why)

    def _source(self, worst: Fidelity = "official", note: str = "") -> Provenance:
        """Where a text of the overlay comes from: no more faithful than what it rests on."""
        order: list[Fidelity] = ["official", "reported", "inferred", "illustrative"]
        return Provenance(
            document=self.overlay.document,
            place=f"bản điều chỉnh {self.overlay.id}",
            fidelity=max(worst, self.overlay.fidelity, key=order.index),
            note=note or self.overlay.note,
        )

    def _sources(self, deeds: Sequence[Deed], framework: Framework) -> Iterator[Change]:
        """Indicators that changed name the overlay, and what they were before."""
        base = {item.id: item for item in self.base.indicators}
        for item in framework.indicators:
            done = [deed for deed in deeds if node_of(deed.effect.target) == item.id]
            if item.id in base and done:
                words = ", ".join(dict.fromkeys(VERBS[deed.entry.verb] for deed in done))
                before = base[item.id].provenance
                note = f"{words} so với {self.base.id}. {before.note}".strip()
                new = self._source(before.fidelity, note)
                target = f"tree/{item.id}/provenance"
                old, dumped = self.ground.values[target], new.model_dump(mode="json")
                yield Change(kind="provenance", target=target, old=old, new=dumped)

    def _deed(self, number: int, one: Effect) -> Deed:
        entry = self.overlay.changes[number]
        way = way_of(one, self.ground, self.catalogue)
        refused = refusal(entry, one, way, self.ground)
        return Deed(number + 1, entry, one, way, refused)

    def checked(self, framework: Framework, effects: Mapping[int, Effect], whole: bool) -> None:
        """What a check finds in the framework and not in its base, at the entry that does it."""
        file = self.written.file
        known = {(f.place, f.found) for f in check_framework(self.base, self.catalogue, file)}
        found = check_framework(framework, self.catalogue, file)
        if whole and all(fault.severity != "lỗi" for fault in found):
            found += check_examples(framework, self.catalogue, file)
        for fault in found:
            if (fault.place, fault.found) in known or (fault.place == "tổng điểm" and not whole):
                continue
            where = self._cause(fault.place, effects)
            if fault.place == "tổng điểm":
                said = "sửa điểm cho đủ, hoặc ghi tổng mới ở mục declared"
                fault = replace(fault, expected=said, severity="lỗi")
            self.found.extend([replace(fault, place=where + fault.place)])

    def _cause(self, place: str, effects: Mapping[int, Effect]) -> str:
        """The entry that names most of what a fault is about, with a colon; "" for none."""
        named = {
            n: sum(f"“{part}”" in place for part in one.target.split("/"))
            for n, one in effects.items()
        }
        first = max(named, key=lambda n: named[n], default=None)
        return f"{self.written.place(first)}: " if first is not None and named[first] else ""

    def justified(self) -> None:
        """Every change has a reason and a basis; nothing is left over from a rebase."""
        for number, entry in enumerate(self.overlay.changes):
            for word, said in _said(entry):
                if not said:
                    at = self.written.place(number)
                    self.found.add(
                        at, f"chưa nêu {word}", f"{word} của thay đổi", severity="cảnh báo"
                    )
        for number, item in enumerate(self.overlay.conflicts, 1):
            said = "sửa rồi chuyển lên mục changes, hoặc bỏ đi"
            self.found.add(f"mục conflicts[{number}]", item.problem, said)


def put(value: Any, one: Effect) -> Any:
    """A target's value with what an effect changes of it."""
    if not one.part:
        return one.new
    if one.target == "process/steps":
        order = get_args(Step.model_fields["stage"].annotation)
        others = {step["stage"]: step for step in value}
        known = others.get(one.part, {"stage": one.part, "until": "", "note": ""})
        steps = {**others, one.part: {**known, "by": one.new}}
        if one.part in others:
            return list(steps.values())
        return sorted(steps.values(), key=lambda step: order.index(step["stage"]))
    strata = {**({} if value is None else by_stratum(value)), one.part: one.new}
    return strata["*"] if list(strata) == ["*"] else strata


def refusal(entry: Entry, one: Effect, way: Direction, ground: Ground) -> str:
    """Why the framework does not let this be changed; "" when it does."""
    limits = ground.framework.adjustable
    if limits is None:
        return ""
    if limits.changes is not None and entry.verb not in limits.changes:
        return f"khung không cho {VERBS[entry.verb]}"
    name = one.new["parent"] if one.kind == "added" else node_of(one.target)
    fixed = next((at for at in limits.fixed if name == at or name in ground.below(at)), None)
    if fixed is not None:
        return f"“{fixed}” giữ nguyên theo khung"
    held = set(ground.below(name)) & set(limits.mandatory)
    if held and one.kind == "dropped":
        return f"“{min(held)}” là chỉ tiêu bắt buộc, không được bỏ"
    if held and way in ("easier", "both"):
        return f"“{name}” là chỉ tiêu bắt buộc, không được hạ ngưỡng"
    if one.kind == "threshold" and name in limits.thresholds and one.new is not None:
        low, high = limits.thresholds[name]
        off = [at for at in by_stratum(one.new).values() if not low <= at <= high]
        if off:
            return f"ngưỡng {off[0]:g} ngoài khoảng {low:g} đến {high:g} của khung"
    return ""
