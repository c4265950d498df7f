"""One vocabulary for what differs between two frameworks: find the changes, apply them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import ValidationError

from .documents import Model
from .framework import Framework

Kind = Literal[
    "added",
    "dropped",
    "moved",
    "order",
    "label",
    "concept",
    "threshold",
    "rule",
    "points",
    "weight",
    "aggregation",
    "applicability",
    "evidence",
    "source",
    "provenance",
    "level",
    "band",
    "policy",
    "document",
]

KINDS: Mapping[str, str] = {
    "added": "thêm",
    "dropped": "bỏ",
    "moved": "chuyển nhóm",
    "order": "đổi thứ tự",
    "label": "sửa tên gọi, mã số",
    "concept": "sửa nội dung đo",
    "threshold": "sửa ngưỡng",
    "rule": "sửa cách tính",
    "points": "đổi điểm",
    "weight": "đổi trọng số",
    "aggregation": "đổi cách tổng hợp",
    "applicability": "đổi phạm vi áp dụng",
    "evidence": "đổi minh chứng",
    "source": "đổi nguồn, nơi xác minh",
    "provenance": "đổi căn cứ",
    "level": "sửa mức độ",
    "band": "sửa xếp loại",
    "policy": "sửa quy ước tính",
    "document": "thông tin văn bản",
}

# Which kind of change a field of a node, a level or the document stands for.
_FIELDS: Mapping[str, Kind] = {
    "code": "label",
    "label": "label",
    "concept": "concept",
    "required": "threshold",
    "value": "rule",
    "role": "rule",
    "applies_to": "applicability",
    "points": "points",
    "weight": "weight",
    "combine": "aggregation",
    "method": "rule",
    "evidence": "evidence",
    "source": "source",
    "verified_by": "source",
    "provenance": "provenance",
    "replaces": "provenance",
    "components": "provenance",
    "policy": "policy",
    "rounding": "policy",
    "band_scale": "band",
    "examples": "provenance",
}


class Change(Model):
    """One change of a framework.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    target : str
        "tree/ID" or "tree/ID/field", "levels/ID/field", "bands/ID/field", or a document's field.
    old, new : object
        Plain values before and after; None where there is none.
    reason, basis : str
        Why, and by which document.
    """

    kind: Kind
    target: str
    old: Any = None
    new: Any = None
    reason: str = ""
    basis: str = ""


class Conflict(ValueError):
    """A change that cannot be applied: its target is absent, or is not what it says it replaces."""


Record = dict[str, Any]


def diff(old: Framework, new: Framework) -> tuple[Change, ...]:
    """Find the changes that lead from one framework to another.

    Parameters
    ----------
    old, new : Framework
        Two versions; nodes, levels and bands match by `id`.

    Returns
    -------
    tuple of Change
        Empty for equal frameworks; ``apply(old, diff(old, new)) == new``.
    """
    before, after = _flatten(old), _flatten(new)
    changes: list[Change] = []
    for section in ("document", "levels", "bands", "tree"):
        changes += _diff_section(section, before[section], after[section])
    return tuple(changes)


def apply(framework: Framework, changes: Iterable[Change]) -> Framework:
    """Apply changes to a framework.

    Parameters
    ----------
    framework : Framework
        The framework they start from.
    changes : iterable of Change
        As `diff` returns them, or part of them.

    Returns
    -------
    Framework

    Raises
    ------
    Conflict
        If a change does not fit: unknown target, another old value, or no valid framework.
    """
    flat = _flatten(framework)
    for change in changes:
        section, _, rest = change.target.partition("/")
        if section in ("levels", "bands", "tree"):
            _apply_to(flat[section], change, rest)
        else:
            _set(flat["document"].setdefault("", {}), change, change.target)
    try:
        return _rebuild(flat)
    except (ValidationError, KeyError) as error:
        raise Conflict(f"các thay đổi không cho ra một khung hợp lệ: {error}") from error


def values(framework: Framework) -> dict[str, Any]:
    """Lay out every value that a change may name.

    Parameters
    ----------
    framework : Framework

    Returns
    -------
    dict of str to object
        Plain values by target, as `Change.old` holds them: whole nodes, levels and bands, their
        fields, the document's fields, and what stands by name in one of these
        ("tree/ID/required/LEVEL", "policy/missing").
    """
    found: dict[str, Any] = {}
    for section, records in _flatten(framework).items():
        for name, record in records.items():
            at = f"{section}/{name}/" if name else ""
            if name:
                found[f"{section}/{name}"] = _placed(records, name)
            for field, value in record.items():
                found[at + field] = value
                inner = value if isinstance(value, dict) else {}
                found |= {f"{at}{field}/{key}": held for key, held in inner.items()}
    return found


def _flatten(framework: Framework) -> dict[str, dict[str, Record]]:
    """Split a framework into records by id, in printed order; a node knows its parent."""
    data = framework.model_dump(mode="json")
    tree: dict[str, Record] = {}

    def visit(node: Record, parent: str) -> None:
        record = {key: value for key, value in node.items() if key != "children"}
        record["is_group"] = "children" in node
        record["parent"] = parent
        tree[node["id"]] = record
        for child in node.get("children", ()):
            visit(child, node["id"])

    visit(data.pop("tree"), "")
    levels = {level["id"]: level for level in data.pop("levels")}
    bands = {band["id"]: band for band in data.pop("bands")}
    return {"document": {"": data}, "levels": levels, "bands": bands, "tree": tree}


def _rebuild(flat: Mapping[str, Mapping[str, Record]]) -> Framework:
    nodes: dict[str, Record] = {}
    roots: list[Record] = []
    for name, record in flat["tree"].items():
        node = {k: v for k, v in record.items() if k not in ("is_group", "parent")}
        if record["is_group"]:
            node["children"] = []
        nodes[name] = node
    for name, record in flat["tree"].items():
        if record["parent"]:
            nodes[record["parent"]]["children"].append(nodes[name])
        else:
            roots.append(nodes[name])
    if len(roots) != 1:
        raise Conflict("cây chỉ tiêu phải có đúng một gốc")
    if _size(roots[0]) != len(nodes):
        raise Conflict("có nhóm nằm trong chính nó")
    data = dict(flat["document"][""])
    data["levels"] = list(flat["levels"].values())
    data["bands"] = list(flat["bands"].values())
    data["tree"] = roots[0]
    return Framework.model_validate_json(json.dumps(data))


def _size(node: Record) -> int:
    return 1 + sum(_size(child) for child in node.get("children", ()))


def _diff_section(
    section: str, before: Mapping[str, Record], after: Mapping[str, Record]
) -> list[Change]:
    """Changes of one section: dropped, added, then fields, then order."""
    prefix = "" if section == "document" else f"{section}/"
    # An indicator that became a group under the same id has nothing left to compare.
    kept = {
        name
        for name in before.keys() & after.keys()
        if before[name].get("is_group") == after[name].get("is_group")
    }
    changes = [
        Change(kind="dropped", target=prefix + name, old=_placed(before, name))
        for name in before
        if name not in kept
    ]
    reached = [name for name in before if name in kept]
    for name in after:
        if name not in kept:
            record = _placed(after, name)
            reached.insert(_place(reached, record["follows"]), name)
            changes.append(Change(kind="added", target=prefix + name, new=record))
    for name, record in after.items():
        if name in kept:
            at = f"{prefix}{name}/" if prefix else ""
            changes += _diff_record(section, at, before[name], record)
    if prefix and reached != list(after):
        changes.append(Change(kind="order", target=section, old=reached, new=list(after)))
    return changes


def _placed(records: Mapping[str, Record], name: str) -> Record:
    """A record with the name that it follows, so that it can be put back in its place."""
    names = list(records)
    place = names.index(name)
    return {**records[name], "follows": names[place - 1] if place else ""}


def _place(names: Sequence[str], follows: str) -> int:
    """Where a record goes that follows another: behind it, or last when that one is not there."""
    return names.index(follows) + 1 if follows in names else len(names) if follows else 0


def _diff_record(section: str, at: str, before: Record, after: Record) -> list[Change]:
    """Changed fields of one record; thresholds one level at a time."""
    changes: list[Change] = []
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        if field == "required" and old is not None and new is not None:
            for level in dict.fromkeys((*old, *new)):
                if old.get(level) != new.get(level):
                    target = f"{at}required/{level}"
                    pair = {"old": old.get(level), "new": new.get(level)}
                    changes.append(Change(kind="threshold", target=target, **pair))
            continue
        changes.append(Change(kind=_kind(section, field), target=at + field, old=old, new=new))
    return changes


def _kind(section: str, field: str) -> Kind:
    if section == "levels":
        return "level"
    if section == "bands":
        return "band"
    if field == "parent":
        return "moved"
    return _FIELDS.get(field, "document")


def _apply_to(records: dict[str, Record], change: Change, rest: str) -> None:
    """Apply one change to a section held by id."""
    name, _, field = rest.partition("/")
    if change.kind == "order" and not rest:
        _reorder(records, change)
    elif change.kind == "added" and not field:
        if name in records:
            raise Conflict(f"{change.target}: đã có, không thêm được")
        names = list(records)
        names.insert(_place(names, change.new["follows"]), name)
        records[name] = {key: value for key, value in change.new.items() if key != "follows"}
        _sort(records, names)
    elif name not in records:
        raise Conflict(f"{change.target}: không có trong khung")
    elif change.kind == "dropped" and not field:
        if records[name] != {k: v for k, v in change.old.items() if k != "follows"}:
            raise Conflict(f"{change.target}: nội dung bỏ không trùng với nội dung đang có")
        del records[name]
    else:
        records[name] = dict(records[name])
        _set(records[name], change, field)


def _set(record: Record, change: Change, field: str) -> None:
    """Set a field, or one level's threshold, if it holds the old value."""
    outer, _, level = field.partition("/")
    holder = record
    if level:
        holder = record[outer] = dict(record[outer])
    key = level or outer
    if holder.get(key) != change.old:
        raise Conflict(f"{change.target}: đang là {holder.get(key)!r}, không phải {change.old!r}")
    if change.new is None and level:
        del holder[key]
    elif key in holder or change.new is not None:
        holder[key] = change.new


def _reorder(records: dict[str, Record], change: Change) -> None:
    """Put records in the new order; those that the change does not know come last."""
    wanted: Sequence[str] = change.new
    _sort(records, [n for n in wanted if n in records] + [n for n in records if n not in wanted])


def _sort(records: dict[str, Record], names: Sequence[str]) -> None:
    ordered = {name: records[name] for name in names}
    records.clear()
    records.update(ordered)
