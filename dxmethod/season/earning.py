"""Columns and formulas of points: parts of composed values, indicators, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..framework import Group, Indicator, full_points
from ..opening import letters
from ..values import Curve, Fitted, Part, Parts
from . import formulas as f
from .draft import Draft, named
from .formulas import literal
from .plan import NOTES, PARTS, POINTS, VALUES, Column, Key, Look, Sheet

_SHOWN = "0.####"
_ROLES = {"scored": "", "bonus": " (thưởng)", "penalty": " (trừ)"}
_KINDS = {"sum": "cộng", "max": "cao nhất", "min": "thấp nhất", "at_least": "đủ số phần"}


def add_points(draft: Draft) -> None:
    """Add points of every indicator and group; shares of composed values on a sheet before."""
    composed = [i for i in draft.framework.indicators if i.most and isinstance(i.value, Parts)]
    if composed:
        parts = draft.open(PARTS, "THÀNH PHẦN CỦA CHỈ TIÊU GỘP (TỶ LỆ ĐIỂM, 0–1)")
        for item in composed:
            assert isinstance(item.value, Parts)
            _add_parts(draft, parts, item, item.value, (item.id,))
    sheet = draft.open(POINTS, "ĐIỂM TỪNG CHỈ TIÊU")
    _add_group(draft, sheet, draft.framework.tree, None)


def _add_parts(draft: Draft, sheet: Sheet, item: Indicator, value: Parts, path: Key) -> str:
    """Add a composed value: its parts side by side, then itself; the cell of the whole."""
    below = [
        _add_parts(draft, sheet, item, part.value, (*path, str(at)))
        if isinstance(part.value, Parts)
        else _part(draft, item, part)
        for at, part in enumerate(value.of, 1)
    ]
    start = len(sheet.columns)
    for at, (part, formula) in enumerate(zip(value.of, below, strict=True), 1):
        if value.kind in ("max", "min") and part.share != 1.0:
            formula = f'IF(ISNUMBER({formula}),({formula})*{literal(part.share)},"{f.OUT}")'
        label = draft.concepts[part.concept].label if part.concept else "gồm nhiều phần"
        label = f"{item.code} {label}".strip()
        sheet.add(("part", *path, str(at)), label, "", formula, number=part.share, shown=_SHOWN)
    places = range(start, len(sheet.columns))
    (cells,), (weights,) = f.runs(places), f.runs(places, f"${NOTES}")
    formula = f.combined(value, cells, weights)
    return sheet.add(("whole", *path), named(item), _KINDS[value.kind], formula, shown=_SHOWN)


def _part(draft: Draft, item: Indicator, part: Part) -> str:
    """Share that one part earns; nothing where there is no number, KAD where it leaves."""
    assert not isinstance(part.value, Parts)
    # Parts are fitted on every unit, whatever the indicator applies to.
    if not f.carried(part.value, item.model_copy(update={"applies_to": {}}), draft.policy):
        draft.uncarried.append(item.label)
        return ""
    share = _share(draft, part.value, part.concept)
    leaves = [] if draft.policy.rescale == "none" else f.excluded(
        draft.value(part.concept), draft.policy
    )  # fmt: skip
    formula = f"IF(ISNUMBER({draft.number(part.concept)}),{share},0)"
    return f.guarded(f.either(leaves), formula)


def _share(draft: Draft, value: Curve | Fitted, name: str) -> str:
    """Share of the points that a number earns."""
    if isinstance(value, Curve):
        return f.curve(value, draft.number(name))
    column = draft.column(letters(draft.sheets[VALUES].place("final", name)))
    sign = draft.concepts[name].sign
    return f.fitted(value, draft.number(name), f"'{VALUES}'!{column}", sign)


def _add_group(draft: Draft, sheet: Sheet, group: Group, parent: Group | None) -> None:
    """Add a group: points earned, points that apply, then what is below it."""
    if not any(item.most for item in draft.framework.below(group.id)):
        return
    label = f"{group.code} {group.label}".strip() if parent else "Toàn bộ"
    start = len(sheet.columns)
    for key, note in (("earned", "điểm đạt"), ("full", "điểm áp dụng")):
        sheet.add((key, group.id), label, note)
    if parent is not None and parent.combine != "sum":
        earned, full = (f.runs([at])[0] for at in (start, start + 1))
        ratio = f'IF({full}>0,{earned}/{full},"{f.OUT}")'
        sheet.add(("ratio", group.id), label, "", ratio, number=group.weight, shown=_SHOWN)
    for child in group.children:
        if isinstance(child, Group):
            _add_group(draft, sheet, child, group)
        elif child.most:
            _add_indicator(draft, sheet, group, child)
    for at, formula in enumerate(_sums(draft, sheet, group), start):
        old = sheet.columns[at]
        look: Look = "formula" if formula else "value"
        sheet.columns[at] = Column(old.key, old.label, old.note, formula, look, _SHOWN)


def _add_indicator(draft: Draft, sheet: Sheet, group: Group, item: Indicator) -> None:
    """Add an indicator: its points or, below a mean, its share."""
    worth = f"{letters(len(sheet.columns))}${NOTES}"
    if isinstance(item.points, dict):
        worth = _by_class(draft, item.points)
    formula, out = _earned(draft, item)
    if isinstance(item.points, dict) and group.combine != "sum":
        out, worth = [*out, f"{worth}=0"], f"({worth}/{literal(item.most)})"
    if formula and (group.combine == "sum" or isinstance(item.points, dict)):
        formula = f"({formula})*{worth}"
    if formula and not isinstance(item.value, Parts):
        formula = f"IF(ISNUMBER({draft.number(item.concept)}),{formula},0)"
    formula = f.guarded(f.either(out), formula) if formula else ""
    if not formula or not f.fits(formula):
        draft.uncarried.append(item.label)
        formula = ""
    label, look = named(item) + _ROLES[item.role], "formula" if formula else "value"
    key = ("points", item.id)
    sheet.add(key, label, "", formula, look=look, shown=_SHOWN, number=item.most)


def _earned(draft: Draft, item: Indicator) -> tuple[str, list[str]]:
    """Share of an indicator, empty where no formula says it, and when it leaves the sheet."""
    if isinstance(item.value, Parts):
        whole = draft.sheets[PARTS].cell("whole", item.id)
        return whole, [*f.outside(item, draft.attributes), f"NOT(ISNUMBER({whole}))"]
    out = draft.out(item, by_status=draft.policy.rescale != "none")
    if item.value is None or not f.carried(item.value, item, draft.policy):
        return "", out
    return _share(draft, item.value, item.concept), out


def _by_class(draft: Draft, points: Mapping[str, float]) -> str:
    """Points that a unit's class can earn."""
    formula = literal(points.get("*", 0.0))
    for name, worth in points.items():
        if name != "*":
            cell = draft.attributes["unit_class"]
            formula = f"IF({cell}={literal(name)},{literal(worth)},{formula})"
    return formula


def _sums(draft: Draft, sheet: Sheet, group: Group) -> tuple[str, str]:
    """Points earned by a group and points that apply in it."""
    known = {column.key for column in sheet.columns}
    leaves = [item for item in group.children if isinstance(item, Indicator) and item.most]
    inner = [g for g in group.children if isinstance(g, Group) and ("earned", g.id) in known]
    if group.combine != "sum":
        return _mean(draft, sheet, group, leaves, inner)
    at = {i.id: sheet.place("points", i.id) for i in leaves if i.role == "scored"}
    earned = [f"SUM({','.join(f.runs(list(at.values())))})"] * bool(at)
    full = []
    plain = [at[item.id] for item in leaves if item.id in at and not isinstance(item.points, dict)]
    for cells, weights in zip(f.runs(plain), f.runs(plain, f"${NOTES}"), strict=True):
        full.append(f"SUMPRODUCT(ISNUMBER({cells})*{weights})")
    for item in leaves:
        if item.id in at and isinstance(item.points, dict):
            cell = f.runs([at[item.id]])[0]
            full.append(f"IF(ISNUMBER({cell}),{_by_class(draft, item.points)},0)")
    earned += [f.runs([sheet.place("earned", g.id)])[0] for g in inner]
    full += [f.runs([sheet.place("full", g.id)])[0] for g in inner]
    whole, sum_ = "+".join(full) or "0", "+".join(earned) or "0"
    direct = any(isinstance(child, Indicator) for child in group.children)
    if draft.policy.rescale != "group" or not direct:
        return sum_, whole
    worth = literal(full_points(group))
    return f"IF(({whole})>0,({sum_})*({worth}/({whole})),0)", f"IF(({whole})>0,{worth},0)"


def _mean(
    draft: Draft, sheet: Sheet, group: Group, leaves: Sequence[Indicator], inner: Sequence[Group]
) -> tuple[str, str]:
    """The same of a group that takes a mean of its children's shares."""
    places = [sheet.place("points", item.id) for item in leaves]
    places += [sheet.place("ratio", g.id) for g in inner]
    cells, weights = ([f.runs([at], row)[0] for at in places] for row in (f.ROW, f"${NOTES}"))
    mean, worth = f.mean(group.combine, cells, weights), literal(full_points(group))
    if not f.fits(mean) or any(item.role != "scored" for item in leaves):
        draft.uncarried.append(group.label)
        return "", ""
    applies = f"COUNT({','.join(cells)})>0"
    return f"IF({applies},({mean})*{worth},0)", f"IF({applies},{worth},0)"
