"""What a province changed of a framework, in words: each change, how many, what it kept."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..adjustable import VERBS
from ..changes import Change, apply, values
from ..concepts import Catalogue
from ..differences.strictness import DIRECTIONS
from ..differences.words import Thing, Words, band_words, pair_words
from ..framework import Framework, Group, Indicator, by_stratum
from ..rounds import STAGE_LABELS
from ..structure import demand_words, threshold_words
from .adaptation import Adaptation, Deed, put
from .amending import node_of
from .model import Bands, Drop, Entry, Evaluator, PolicyRule, Threshold

_NOTHING = "–"
_STAGES: dict[str, str] = {"recognised": "công nhận", "published": "công bố"}
_STAGES |= {str(stage): label for stage, label in STAGE_LABELS.items()}
_COLUMNS = [
    *("number", "kind", "target", "where", "old", "new"),
    *("direction", "reason", "basis", "conformity"),
]


def conformity(adaptation: Adaptation, catalogue: Catalogue) -> pd.DataFrame:
    """List what a province changed, and whether it may.

    Parameters
    ----------
    adaptation : Adaptation
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        By number of the change in the overlay's file: `kind`, `target` (name of what changes),
        `where` (level, stratum or stage), `old`, `new` (in words), `direction` (stricter or
        easier, in words), `reason`, `basis`, `conformity`.
    """
    rows = []
    for deed in adaptation.deeds:
        old, new = _sides(deed, adaptation, catalogue)
        rows.append(
            {
                "number": deed.number,
                "kind": VERBS[deed.entry.verb],
                "target": _target(deed, adaptation),
                "where": _where(deed.entry, adaptation.base),
                "old": old,
                "new": new,
                "direction": DIRECTIONS[deed.way],
                "reason": deed.entry.reason,
                "basis": deed.entry.basis,
                "conformity": deed.conformity,
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS).set_index("number")


def change_counts(adaptation: Adaptation) -> pd.DataFrame:
    """Count the changes of an overlay by kind.

    Returns
    -------
    DataFrame of int
        By kind, those that occur, then "Cộng": `count`, `stricter`, `easier` (changes that do both
        or neither are in none of them), `unsaid` (without reason or basis), `refused`.
    """
    rows = [
        {
            "kind": VERBS[deed.entry.verb],
            "count": 1,
            "stricter": deed.way == "stricter",
            "easier": deed.way == "easier",
            "unsaid": not (deed.entry.reason and deed.entry.basis),
            "refused": bool(deed.refused),
        }
        for deed in adaptation.deeds
    ]
    columns = ["kind", "count", "stricter", "easier", "unsaid", "refused"]
    frame = pd.DataFrame(rows, columns=columns).groupby("kind", sort=False).sum().astype(int)
    frame.loc["Cộng"] = frame.sum()
    return frame


def kept(adaptation: Adaptation) -> pd.DataFrame:
    """Count what a province kept of the framework, by main group.

    Returns
    -------
    DataFrame
        By id of the main group, then "" for the whole: `label`, `national`, `unchanged`,
        `changed`, `dropped`, `added` (indicators).
    """
    base, made = adaptation.base, adaptation.framework
    left = {item.id for item in made.indicators}
    tops = [node for node in base.tree.children if isinstance(node, Group)]
    rows = []
    for name, label in (*((top.id, top.label) for top in tops), ("", "Cộng")):
        before = [item.id for item in base.below(name or "*")]
        dropped = [at for at in before if at not in left]
        changed = [at for at in before if at in left and at in adaptation.touched]
        added = {item.id for item in made.below(name or "*")} - set(before)
        rows.append(
            {
                "group": name,
                "label": label,
                "national": len(before),
                "unchanged": len(before) - len(dropped) - len(changed),
                "changed": len(changed),
                "dropped": len(dropped),
                "added": len(added),
            }
        )
    return pd.DataFrame(rows).set_index("group")


def thresholds_by_stratum(frameworks: Sequence[Framework], catalogue: Catalogue) -> pd.DataFrame:
    """Set thresholds side by side where some framework tells strata apart (table B20).

    Parameters
    ----------
    frameworks : sequence of Framework
        With levels of the same ids; indicators match by id.
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        One row an indicator, level and stratum ("*": every other): `indicator`, `label`, `level`
        (its label), `stratum`, `unit`, and for each framework, by its id, the threshold in words;
        "–" where it asks nothing.
    """
    items = {item.id: item for made in reversed(frameworks) for item in made.asked}
    levels = {level.id: level.label for made in reversed(frameworks) for level in made.levels}
    held = [{item.id: item for item in made.asked} for made in frameworks]
    rows = []
    for name, item in items.items():
        asks = [side[name].required if name in side else {} for side in held]
        for level, label in levels.items():
            needs = [by_stratum(ask[level]) if level in ask else {} for ask in asks]
            strata = sorted({s for need in needs for s in need}, key=lambda s: (s != "*", s))
            if strata in ([], ["*"]):
                continue
            concept = catalogue[item.concept]
            for stratum in strata:
                row = {"indicator": name, "label": item.label, "level": label, "stratum": stratum}
                at = [need.get(stratum, need.get("*")) for need in needs]
                words = [_NOTHING if x is None else threshold_words(x, concept) for x in at]
                cells = {made.id: said for made, said in zip(frameworks, words, strict=True)}
                rows.append({**row, "unit": concept.unit, **cells})
    columns = ["indicator", "label", "level", "stratum", "unit", *(made.id for made in frameworks)]
    return pd.DataFrame(rows, columns=columns)


def _target(deed: Deed, adaptation: Adaptation) -> str:
    """Name of what a change is about, with its number as printed."""
    name = node_of(deed.effect.target)
    things = [node for node, _, _ in adaptation.base.nodes()]
    things += [node for node, _, _ in adaptation.framework.nodes()]
    for thing in things:
        if thing.id == name:
            return f"{thing.code} {thing.label}".strip()
    return next((level.label for level in adaptation.base.levels if level.id == name), "cả văn bản")


def _where(entry: Entry, base: Framework) -> str:
    """Level and stratum, or stage, that a change is about."""
    if isinstance(entry, Threshold):
        level = next(level.label for level in base.levels if level.id == entry.level)
        rest = "địa bàn còn lại" if entry.stratum == "*" else entry.stratum
        return f"{level}, {rest}" if rest else level
    return _STAGES[entry.evaluator] if isinstance(entry, Evaluator) else ""


def _sides(deed: Deed, adaptation: Adaptation, catalogue: Catalogue) -> tuple[str, str]:
    """What stood there and what stands there, in words."""
    base, made, one = adaptation.base, adaptation.framework, deed.effect
    name = node_of(one.target)
    items = {item.id: item for item in (*made.indicators, *base.indicators)}
    if isinstance(deed.entry, Threshold):
        concept = catalogue[items[name].concept]
        old, new = (
            _NOTHING if x is None else threshold_words(x, concept) for x in (one.old, one.new)
        )
        return old, new
    if one.kind == "added":
        return _NOTHING, _demand(items[name], made, catalogue)
    if isinstance(deed.entry, Drop):
        if name in items:
            return _demand(items[name], base, catalogue), "bỏ"
        return f"nhóm có {len(base.below(name))} {base.terms.indicator}", "bỏ"
    if isinstance(deed.entry, Bands):
        old, new = (
            "; ".join(band_words(b) for b in bands) for bands in (base.bands, deed.entry.bands)
        )
        return old or _NOTHING, new or _NOTHING
    if isinstance(deed.entry, Evaluator):
        return one.old or _NOTHING, one.new
    old_value = values(base)[one.target]
    change = Change(kind=one.kind, target=one.target, old=old_value, new=put(old_value, one))
    alone = apply(base, [change])
    field = one.target.rpartition("/")[2] if name else one.target.partition("/")[0]
    field = "policy" if isinstance(deed.entry, PolicyRule) else field
    pair = _thing(base, name), _thing(alone, name)
    return pair_words(*pair, field, (Words(base, catalogue), Words(alone, catalogue)))


def _demand(item: Indicator, framework: Framework, catalogue: Catalogue) -> str:
    said = demand_words(item, framework, catalogue[item.concept])
    return f"mức {said}" if item.required else said


def _thing(framework: Framework, name: str) -> Thing:
    """The node or level of that id, or the whole framework."""
    nodes: list[Group | Indicator] = [node for node, _, _ in framework.nodes()]
    found = [thing for thing in (*nodes, *framework.levels) if thing.id == name]
    return found[0] if found else framework
