"""What instruments are made of: thresholds by level, sources, competence, what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from .concepts import SOURCE_TYPES, Catalogue, Concept
from .framework import FIDELITY, Framework, Group, Indicator, by_stratum, full_points
from .values import concepts_of
from .wording import figure

Required = float | dict[str, float]

# On which level of government the units of a type decide; others decide on their own.
_DECIDES = {"department": "province", "ministry": "central", "national": "central"}


def threshold_words(required: Required, concept: Concept) -> str:
    """Say a threshold without its unit: "≥ 80", "có", "≥ 60 (khu-vuc-iii); ≥ 80 (còn lại)".

    No-break spaces keep a sign on the line of its number.
    """
    by_place = by_stratum(required)
    if list(by_place) == ["*"]:
        return bound_words(by_place["*"], concept)
    named = [(place, at) for place, at in by_place.items() if place != "*"]
    rest = [("còn lại", by_place["*"])] if "*" in by_place else []
    return "; ".join(f"{bound_words(at, concept)} ({place})" for place, at in (*named, *rest))


def bound_words(value: float, concept: Concept) -> str:
    """Say one threshold without its unit: "≥ 80", "≤ 2", "có", "≥ Phó Chủ tịch"."""
    if concept.measure == "yes_no":
        return "có" if value == 1 else "không"
    sign = "≥" if concept.better == "higher" else "≤"
    if concept.categories and float(value).is_integer():
        return f"{sign}\u00a0{concept.categories[int(value)]}"
    return f"{sign}\u00a0{figure(value)}"


def outline(framework: Framework) -> pd.DataFrame:
    """Lay the tree out, one row a node below the root, in printed order.

    Parameters
    ----------
    framework : Framework

    Returns
    -------
    DataFrame
        By node id: `code`, `label`, `depth` (1 below the root), `is_group`, `points` (weight
        inside a parent that takes a mean), `levels` (places of the levels that ask for the node
        or for something below it, from 1).
    """
    places = {level.id: place for place, level in enumerate(framework.levels, 1)}
    rows = []
    for node, parent, depth in framework.nodes():
        if parent is None:
            continue
        items = framework.below(node.id) if isinstance(node, Group) else (node,)
        weighed = parent.combine != "sum" and isinstance(node, Group)
        rows.append(
            {
                "id": node.id,
                "code": node.code,
                "label": node.label,
                "depth": depth,
                "is_group": isinstance(node, Group),
                "points": _worth(node, weighed),
                "levels": tuple(sorted({places[name] for i in items for name in i.required})),
            }
        )
    return pd.DataFrame(rows).set_index("id")


def _worth(node: Group | Indicator, weighed: bool) -> float:
    if isinstance(node, Group):
        return node.weight if weighed else full_points(node)
    return node.most


def ladder(framework: Framework, catalogue: Catalogue) -> pd.DataFrame:
    """Say what every level asks of every indicator.

    Parameters
    ----------
    framework : Framework
        With levels.
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        By node id, groups without a requirement left out: `code`, `label`, `is_group`, `unit`, and
        for each level, by its id, the threshold in words; "" where nothing is asked.
    """
    frame = outline(framework)
    frame = frame[frame["levels"].map(bool)]
    asked = {item.id: item for item in framework.asked}
    concepts = [catalogue[asked[i].concept] if i in asked else None for i in frame.index]
    frame = frame[["code", "label", "is_group"]].assign(
        unit=["" if concept is None else concept.unit for concept in concepts]
    )
    for level in framework.levels:
        frame[level.id] = [
            ""
            if concept is None or level.id not in asked[name].required
            else threshold_words(asked[name].required[level.id], concept)
            for name, concept in zip(frame.index, concepts, strict=True)
        ]
    return frame


def climb(framework: Framework, catalogue: Catalogue) -> pd.DataFrame:
    """Count how the ladder climbs: what each level asks more than the level it comes after.

    Parameters
    ----------
    framework : Framework
        With levels.
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        One row a main group and level: `group` (id; "" for the whole), `label`, `level` (place
        from 1), `requirements`, `new` (not asked below), `raised` (stricter than below for some
        unit), `held` (the rest).
    """
    tops = [node for node in framework.tree.children if isinstance(node, Group)]
    parts = [(group.id, group.label, framework.below(group.id)) for group in tops]
    rows = []
    for name, label, items in (*parts, ("", "Cộng", framework.indicators)):
        for place, level in enumerate(framework.levels, 1):
            asked = [item for item in items if level.id in item.required]
            new = [item for item in asked if level.after not in item.required]
            raised = [
                item
                for item in asked
                if level.after in item.required
                and _stricter(
                    item.required[level.id], item.required[level.after], catalogue[item.concept]
                )
            ]
            row = {"group": name, "label": label, "level": place, "requirements": len(asked)}
            held = len(asked) - len(new) - len(raised)
            rows.append(row | {"new": len(new), "raised": len(raised), "held": held})
    return pd.DataFrame(rows)


def _stricter(above: Required, below: Required, concept: Concept) -> bool:
    """Whether some stratum is asked more above than below; "*" stands for every other one."""
    high, low = by_stratum(above), by_stratum(below)
    for place in (*high, *low):
        pair = high.get(place, high.get("*")), low.get(place, low.get("*"))
        if pair[0] is not None and (
            pair[1] is None or concept.sign * pair[0] > concept.sign * pair[1]
        ):
            return True
    return False


def by_fidelity(framework: Framework) -> pd.DataFrame:
    """Share out indicators and points by how faithful their text is. See `by_source`."""
    kinds = [item.provenance.fidelity for item in framework.indicators]
    return _shared_out(framework, kinds, FIDELITY)


def by_source(framework: Framework, catalogue: Catalogue) -> pd.DataFrame:
    """Share out indicators and points by where their figures come from.

    Parameters
    ----------
    framework : Framework
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        By kind, those that occur: `label`, `count`, `share` of the indicators, `points`,
        `points_share`, 0 to 1; NaN without points.
    """
    kinds = [catalogue[item.concept].source_type for item in framework.indicators]
    return _shared_out(framework, kinds, SOURCE_TYPES)


def _shared_out(
    framework: Framework, kinds: Sequence[str], labels: Mapping[str, str]
) -> pd.DataFrame:
    points = [item.maximum for item in framework.indicators]
    frame = pd.DataFrame({"kind": kinds, "count": 1, "points": points})
    frame = frame.groupby("kind").sum()
    frame = frame.reindex([kind for kind in labels if kind in frame.index])
    whole = sum(points)
    frame.insert(0, "label", [labels[kind] for kind in frame.index])
    frame["share"] = frame["count"] / len(kinds)
    frame["points_share"] = frame["points"] / whole if whole else float("nan")
    return frame


def competence(framework: Framework, catalogue: Catalogue) -> pd.DataFrame:
    """Say of every indicator who can act on it, by which document, until when.

    Returns
    -------
    DataFrame
        By indicator id, in printed order: `code`, `label`, `level` ("" when the catalogue does
        not say), `own` (whether it is the units' own), `basis`, `valid_until` (date or None).
    """
    own = _DECIDES.get(framework.unit_type, framework.unit_type)
    rows = []
    for item in framework.indicators:
        held = catalogue[item.concept].competence
        rows.append(
            {
                "id": item.id,
                "code": item.code,
                "label": item.label,
                "level": held.level if held else "",
                "own": held is not None and held.level == own,
                "basis": held.basis if held else "",
                "valid_until": held.valid_until if held else None,
            }
        )
    return pd.DataFrame(rows).set_index("id").astype({"valid_until": object})


def concept_matrix(frameworks: Sequence[Framework], catalogue: Catalogue) -> pd.DataFrame:
    """Set instruments side by side, concept by concept.

    Parameters
    ----------
    frameworks : sequence of Framework
        Any instruments, for any type of unit.
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        By concept id, most asked first and otherwise in the order of the frameworks: `label`,
        `unit`, `asked_by` (how many frameworks), and for each framework, by its id, its thresholds
        and points in words; "" where it does not ask.
    """
    cells = {item.id: _cells(item, catalogue) for item in frameworks}
    names = list(dict.fromkeys(name for item in frameworks for name in item.concepts))
    frame = pd.DataFrame(
        {
            "label": [catalogue[name].label for name in names],
            "unit": [catalogue[name].unit for name in names],
            "asked_by": [sum(name in held for held in cells.values()) for name in names],
            **{key: [held.get(name, "") for name in names] for key, held in cells.items()},
        },
        index=pd.Index(names),
    )
    return frame.sort_values("asked_by", ascending=False, kind="stable")


def _cells(framework: Framework, catalogue: Catalogue) -> dict[str, str]:
    """What a framework asks, by concept; indicators of one concept on lines of their own."""
    cells: dict[str, list[str]] = {name: [] for name in framework.concepts}
    for item in framework.indicators:
        said = demand_words(item, framework, catalogue[item.concept])
        for name in dict.fromkeys((item.concept, *concepts_of(item.value))):
            if said not in cells[name]:
                cells[name].append(said)
    return {name: "\n".join(said) for name, said in cells.items()}


def demand_words(item: Indicator, framework: Framework, concept: Concept) -> str:
    """Say what an indicator asks: "1–2: ≥ 50; 3: ≥ 70" by place of the level, "20 điểm", both.

    Returns
    -------
    str
        "có hỏi" when it neither asks for a level nor earns points.
    """
    runs: list[tuple[str, list[int]]] = []
    for place, level in enumerate(framework.levels, 1):
        said = (
            threshold_words(item.required[level.id], concept) if level.id in item.required else ""
        )
        if runs and runs[-1][0] == said:
            runs[-1][1].append(place)
        else:
            runs.append((said, [place]))
    asked = [f"{span(places)}:\u00a0{said}" for said, places in runs if said]
    terms = framework.terms.points
    points = [f"{figure(item.most)} {terms}"] if item.most else []
    return "; ".join([*asked, *points]) or "có hỏi"


def span(places: Sequence[int]) -> str:
    """Print increasing places: "1–3, 5"."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def fate(old: Framework, new: Framework) -> pd.DataFrame:
    """Say what became of every indicator, matched by id; levels match by their place.

    Returns
    -------
    DataFrame of bool
        By indicator id: `old`, `new` (whether the version has it), `changed` (in both, with other
        thresholds).
    """
    before, after = _by_place(old), _by_place(new)
    names = list(dict.fromkeys((*after, *before)))
    return pd.DataFrame(
        {
            "old": [name in before for name in names],
            "new": [name in after for name in names],
            "changed": [
                name in before and name in after and before[name] != after[name] for name in names
            ],
        },
        index=pd.Index(names),
    )


def _by_place(framework: Framework) -> dict[str, dict[int, dict[str, float]]]:
    places = {level.id: place for place, level in enumerate(framework.levels)}
    return {
        item.id: {places[level]: by_stratum(at) for level, at in item.required.items()}
        for item in framework.indicators
    }
