"""What one entry of an overlay does to a framework: where, from what to what, which way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ..changes import Kind, values
from ..concepts import Catalogue
from ..differences.strictness import Direction, joined, of_levels, of_policies, steps
from ..faults import nearest, quoted
from ..framework import Framework, Level, Policy, by_stratum
from ..wording import figure
from .model import (
    Add,
    Bands,
    Drop,
    Entry,
    Evaluator,
    Mandatory,
    PolicyRule,
    QuorumRule,
    RoundingRule,
    Threshold,
    Window,
)

# Kind of the change, field that changes, and of what: where an entry only sets a field.
_SET: Mapping[str, tuple[Kind, str, str]] = {
    "points": ("points", "points", "indicators"),
    "rule": ("rule", "value", "indicators"),
    "evidence": ("evidence", "evidence", "indicators"),
    "rename": ("label", "label", "nodes"),
    "weight": ("weight", "weight", "groups"),
    "aggregation": ("aggregation", "combine", "groups"),
}


class Unfit(ValueError):
    """An entry that the framework has no place for: its field, what stands there, what should."""

    def __init__(self, field: str, found: str, expected: str) -> None:
        super().__init__(found)
        self.field, self.found, self.expected = field, found, expected


@dataclass(frozen=True)
class Effect:
    """What an entry does to a framework.

    Attributes
    ----------
    kind, target : str
        Of the change that it is, or is part of.
    part : str
        Stratum or stage inside the target's value; "" for all of it.
    old, new : object
        Plain values before and after, of the part.
    """

    kind: Kind
    target: str
    part: str
    old: Any
    new: Any


class Ground:
    """A framework as entries see it: every value by target, and the names that there are."""

    def __init__(self, framework: Framework, strata: Sequence[str] = ()) -> None:
        self.framework = framework
        self.values = values(framework)
        asked = [by_stratum(need) for item in framework.asked for need in item.required.values()]
        named = [name for need in asked for name in need]
        self.names: dict[str, list[str]] = {
            "indicators": [item.id for item in framework.indicators],
            "groups": [group.id for group in framework.groups],
            "levels": [level.id for level in framework.levels],
            "strata": list(dict.fromkeys([*named, *strata, "*"])),
        }
        self.names["nodes"] = self.names["groups"] + self.names["indicators"]

    def find(self, field: str, name: str, among: str) -> str:
        """The name, if there is such a thing.

        Raises
        ------
        Unfit
        """
        if name not in self.names[among]:
            raise Unfit(field, f"có {quoted(name)}", nearest(name, self.names[among]))
        return name

    def below(self, name: str) -> list[str]:
        """A node and every node below it, in printed order."""
        rows = self.framework.nodes()
        found: list[str] = []
        for node, parent, _ in rows:
            if node.id == name or (parent is not None and parent.id in found):
                found.append(node.id)
        return found


def effect(entry: Entry, ground: Ground) -> Effect:
    """Say what one entry does to a framework, whatever other entries do.

    Raises
    ------
    Unfit
        If it names what the framework does not have.
    """
    data = entry.model_dump(mode="json")
    if isinstance(entry, Threshold):
        return _threshold(entry, ground)
    if isinstance(entry, Add):
        return _addition(entry, ground, data["add"])
    if isinstance(entry, Drop):
        name = ground.find("drop", entry.drop, "nodes")
        if name == ground.framework.tree.id:
            raise Unfit("drop", "là cả bảng", "một nhóm hoặc chỉ tiêu")
        return Effect("dropped", f"tree/{name}", "", ground.values[f"tree/{name}"], None)
    if isinstance(entry, QuorumRule | Mandatory):
        target = f"levels/{ground.find(entry.verb, entry.name, 'levels')}/{entry.verb}"
        return Effect("level", target, "", ground.values[target], data["to"])
    if isinstance(entry, PolicyRule):
        return _policy(entry, ground)
    if isinstance(entry, Evaluator):
        steps = {step["stage"]: step["by"] for step in ground.values["process/steps"]}
        old = steps.get(entry.evaluator)
        return Effect("document", "process/steps", entry.evaluator, old, entry.to)
    if isinstance(entry, Bands):
        old = [band.model_dump(mode="json") for band in ground.framework.bands]
        return Effect("band", "bands", "", old, data["bands"])
    if isinstance(entry, RoundingRule):
        return Effect("policy", "rounding", "", ground.values["rounding"], data["rounding"])
    if isinstance(entry, Window):
        target = "process/window"
        return Effect("document", target, "", ground.values[target], entry.window)
    kind, field, among = _SET[entry.verb]
    if entry.verb == "rename" and entry.name in ground.names["levels"]:
        target = f"levels/{entry.name}/label"
        return Effect("level", target, "", ground.values[target], data["to"])
    target = f"tree/{ground.find(entry.verb, entry.name, among)}/{field}"
    return Effect(kind, target, "", ground.values[target], data["to"])


def _threshold(entry: Threshold, ground: Ground) -> Effect:
    item = ground.find("threshold", entry.threshold, "indicators")
    target = f"tree/{item}/required/{ground.find('level', entry.level, 'levels')}"
    old, new = ground.values.get(target), entry.to
    for name in new if isinstance(new, dict) else ():
        ground.find("to", name, "strata")
    if entry.stratum:
        ground.find("stratum", entry.stratum, "strata")
        if not isinstance(new, float):
            said = "để trống" if new is None else "chia theo địa bàn"
            raise Unfit("to", said, "một số; sửa cả ngưỡng thì bỏ mục stratum")
        here = {} if old is None else by_stratum(old)
        old = here.get(entry.stratum, here.get("*"))
    return Effect("threshold", target, entry.stratum, old, new)


def _addition(entry: Add, ground: Ground, data: dict[str, Any]) -> Effect:
    """A record as `Change` wants it; whom it follows is settled among all that are added."""
    ground.find("under", entry.under, "groups")
    if data["id"] in ground.names["nodes"]:
        raise Unfit("add", f"đã có “{data['id']}” trong khung", "một mã chưa dùng")
    record = {**data, "is_group": False, "parent": entry.under, "follows": entry.after or ""}
    return Effect("added", f"tree/{data['id']}", "", None, record)


def _policy(entry: PolicyRule, ground: Ground) -> Effect:
    fields = Policy.model_fields
    if entry.policy not in fields:
        raise Unfit("policy", f"có {quoted(entry.policy)}", nearest(entry.policy, fields))
    allowed = get_args(fields[entry.policy].annotation)
    if entry.to not in allowed:
        raise Unfit("to", f"có {quoted(entry.to)}", nearest(entry.to, allowed))
    target = f"policy/{entry.policy}"
    return Effect("policy", target, "", ground.values[target], entry.to)


def node_of(target: str) -> str:
    """Id of the node or level that a target is about; "" for the document."""
    section, _, rest = target.partition("/")
    return rest.partition("/")[0] if section in ("tree", "levels") else ""


def way_of(one: Effect, ground: Ground, catalogue: Catalogue) -> Direction:
    """Whether units find it stricter or easier."""
    section, _, rest = one.target.partition("/")
    name, _, field = rest.partition("/")
    if one.kind == "threshold":
        item = next(item for item in ground.framework.indicators if item.id == name)
        sign = catalogue[item.concept].sign
        found = steps(name, field.partition("/")[2], one.old, one.new, sign)
        return joined(step.direction for step in found)
    if one.kind == "added":
        return "stricter" if one.new["required"] else "neither"
    if one.kind == "dropped":
        asked = {item.id for item in ground.framework.asked}
        return "easier" if asked & set(ground.below(name)) else "neither"
    if section == "levels" and field in ("quorum", "mandatory"):
        old = next(level for level in ground.framework.levels if level.id == name)
        new = Level.model_validate_json(json.dumps({**old.model_dump(mode="json"), field: one.new}))
        if old.all_must_pass != new.all_must_pass:
            return "easier" if old.all_must_pass else "stricter"
        return of_levels(field, old, new)
    if section == "policy":
        policy = ground.framework.policy
        return of_policies(policy, policy.model_copy(update={rest: one.new}))
    return "neither"


def told_of(value: Any) -> str:
    """A plain value in a message."""
    if value is None or value == "":
        return "trống"
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, dict):
        inner = {"chung" if key == "*" else key: told_of(held) for key, held in value.items()}
        return "; ".join(f"{key}: {held}" for key, held in inner.items())
    return f"{len(value)} mục" if isinstance(value, list) else quoted(value, 40)
