"""An overlay carried to the next version of what it extends, and what a person has to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..concepts import Catalogue
from ..framework import Framework
from .adaptation import refusal
from .amending import Effect, Ground, Unfit, effect, node_of, told_of, way_of
from .model import Add, Drop, Entry, Overlay, Unsettled

# What may change of a node that is dropped without anyone having to look again.
_IDLE = ("code", "parent", "follows", "provenance", "replaces")


@dataclass(frozen=True)
class Rebased:
    """What came of carrying an overlay over.

    Attributes
    ----------
    overlay : Overlay
        On the new version: `changes` that went along as they were written, `conflicts` that did
        not. It is a draft that no document carries yet.
    carried : int
        How many changes went along.
    """

    overlay: Overlay
    carried: int


def rebase(
    overlay: Overlay, old: Framework, new: Framework, catalogue: Catalogue, name: str = ""
) -> Rebased:
    """Carry an overlay to another version of what it extends; nothing is assumed silently.

    Parameters
    ----------
    overlay : Overlay
        On `old`, without errors.
    old, new : Framework
        What it extends, and the version to extend from now on.
    catalogue : mapping of str to Concept
        Every concept known.
    name : str, optional
        Id of the new overlay; by default that of the old one and of the new version.

    Returns
    -------
    Rebased

    Raises
    ------
    ValueError
        If the versions are for different types of unit.

    Notes
    -----
    A change goes along only if its target is there, stands as it stood under the change, measures
    the same concept, and is not yet what the change would make of it.
    """
    if old.unit_type != new.unit_type:
        raise ValueError(f"{old.id} và {new.id} dành cho hai loại đơn vị khác nhau")
    before, after = Ground(old, overlay.strata), Ground(new, overlay.strata)
    carried: list[Entry] = []
    conflicts = list(overlay.conflicts)
    for entry in overlay.changes:
        problems = [*_problems(entry, before, after, catalogue)]
        if problems:
            conflicts.append(Unsettled(problem="; ".join(problems), change=entry))
        else:
            carried.append(entry)
    update: dict[str, Any] = {
        "id": name or f"{overlay.id}-{new.id.partition('/')[0]}",
        "status": "draft",
        "issued": None,
        "extends": new.id,
        "supersedes": (f"{overlay.id}/{old.unit_type}",),
        "declared": None,
        "examples": (),
        "conflicts": tuple(conflicts),
        "changes": tuple(carried),
    }
    return Rebased(overlay.model_copy(update=update), len(carried))


def _problems(entry: Entry, before: Ground, after: Ground, catalogue: Catalogue) -> Iterator[str]:
    """Why a change cannot simply go along."""
    was = effect(entry, before)
    try:
        now = effect(entry, after)
    except Unfit as unfit:
        yield _gone(entry, unfit, after)
        return
    if refused := refusal(entry, now, way_of(now, after, catalogue), after):
        yield f"ngoài phạm vi khung mới cho phép: {refused}"
    if isinstance(entry, Add):
        yield from _added(entry, before, after)
        return
    node = node_of(was.target)
    old, new = (ground.values.get(f"tree/{node}/concept") for ground in (before, after))
    if old != new:
        yield f"“{node}” nay đo {new}, trước đo {old}"
    if now.old == now.new:
        yield "khung mới đã đúng như thay đổi này: bỏ được"
    elif _standing(was, before) != _standing(now, after):
        told = f"từ {told_of(was.old)} thành {told_of(now.old)}"
        yield "khung mới đã sửa chính mục này" + ("" if isinstance(entry, Drop) else f" {told}")
    old_label, new_label = (_label(entry, ground) for ground in (before, after))
    if old_label != new_label:
        yield f"mức “{old_label}” nay là “{new_label}”"


def _gone(entry: Entry, unfit: Unfit, after: Ground) -> str:
    """What the new version has no place for, and what stands for it now."""
    name = getattr(entry, unfit.field, entry.name)
    heirs = [item.id for item in after.framework.indicators if name in item.replaces]
    if heirs:
        return f"“{name}” đã được thay bằng {', '.join(f'“{heir}”' for heir in heirs)}"
    if isinstance(entry, Drop):
        return f"khung mới không còn “{name}”: bỏ được"
    if isinstance(entry, Add) and unfit.field == "add":
        return f"khung mới đã có “{entry.add.id}”"
    return f"khung mới không có “{name}”; cần {unfit.expected}"


def _added(entry: Add, before: Ground, after: Ground) -> Iterator[str]:
    """Why an indicator that the province added cannot simply stay added."""
    concept = entry.add.concept
    asks = [item.id for item in after.framework.indicators if item.concept == concept]
    asked = [item.id for item in before.framework.indicators if item.concept == concept]
    if asks and not asked:
        yield f"khung mới đã đo {concept} ở “{asks[0]}”"
    if entry.after in before.names["nodes"] and entry.after not in after.below(entry.under):
        yield f"khung mới không có “{entry.after}” trong “{entry.under}” để đứng sau"
    for level in entry.add.required:
        labels = [ground.values.get(f"levels/{level}/label") for ground in (before, after)]
        if labels[1] is None:
            yield f"khung mới không có mức “{level}”"
        elif labels[0] != labels[1]:
            yield f"mức “{labels[0]}” nay là “{labels[1]}”"


def _standing(one: Effect, ground: Ground) -> Any:
    """What stands under a change, as far as the change is about it."""
    if one.kind != "dropped":
        return one.old
    records = {name: ground.values[f"tree/{name}"] for name in ground.below(node_of(one.target))}
    return {
        name: {key: value for key, value in record.items() if key not in _IDLE}
        for name, record in records.items()
    }


def _label(entry: Entry, ground: Ground) -> str:
    """Name of the level that a change is about; "" when it is about none."""
    level = getattr(entry, "level", "") or (
        entry.name if entry.verb in ("quorum", "mandatory") else ""
    )
    return str(ground.values.get(f"levels/{level}/label", ""))
