"""What the cells of a scoring workbook must show, by the kernels rather than by formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..assessment import Assessment, assess
from ..levels import Levels
from ..observations import Observations, Status
from ..points import Points
from ..rounds import Round
from .formulas import OUT
from .plan import Column, Plan

_WORDS = {Status.NOT_APPLICABLE: "KAD", Status.NO_OCCURRENCE: "KPS", Status.NO_EVIDENCE: "KMC"}


def expected(plan: Plan, found: Round) -> dict[tuple[str, Column], list[Any]]:
    """Compute what formulas must give.

    Parameters
    ----------
    plan : Plan
    found : Round
        Values read from the workbook.

    Returns
    -------
    dict of (name of sheet, Column) to list
        One entry a unit: a number, a word, or a tuple of those that will do. Columns whose cells
        nothing else is read from (counts, parts) are left out, and totals that rest on values
        which no formula carries.
    """
    observations = found.at("final")
    result = assess(plan.framework, observations)
    cells = {}
    for name, sheet in plan.sheets.items():
        for column in sheet.columns:
            if column.formula:
                given = _column(column, plan, observations, result)
                if given is not None:
                    cells[name, column] = given
    return cells


def uncarried(plan: Plan, found: Round) -> dict[str, list[Any]]:
    """What no formula says, computed: cells by the code of their column."""
    if not plan.uncarried or not set(plan.units.index) <= set(found.at("final").units.index):
        return {}
    points = assess(plan.framework, found.at("final").select(list(plan.units.index))).points
    columns = [c for sheet in plan.sheets.values() for c in sheet.columns if c.look == "value"]
    made = {c.code: _of_points(c, points) or [] for c in columns if points is not None}
    return {
        code: [cell[0] if isinstance(cell, tuple) else cell for cell in cells]
        for code, cells in made.items()
        if cells
    }


def _column(
    column: Column, plan: Plan, observations: Observations, result: Assessment
) -> list[Any] | None:
    kind, *names = column.key
    if kind == "final":
        return _final(observations, names[0])
    if result.levels is not None and kind in ("met", "held", "level", "level-label"):
        return _of_levels(column, result.levels)
    if result.points is not None and not plan.uncarried:
        return _of_points(column, result.points)
    if kind == "rank" and result.points is None:
        return [float(place) for place in result.rank]
    return None


def _final(observations: Observations, name: str) -> list[Any]:
    at = observations.position[name]
    cells: list[Any] = []
    for value, status in zip(observations.value[:, at], observations.status[:, at], strict=True):
        word = _WORDS.get(Status(status))
        cells.append(word or (None if np.isnan(value) else float(value)))
    return cells


def _of_levels(column: Column, levels: Levels) -> list[Any] | None:
    kind, *names = column.key
    framework = levels.framework
    if kind == "level":
        return [float(place) for place in levels.level]
    if kind == "level-label":
        labels = ["Chưa đạt", *(level.label for level in framework.levels)]
        return [labels[place] for place in levels.level]
    place = [level.id for level in framework.levels].index(names[0])
    if kind == "held":
        return [float(held) for held in levels.held[place]]
    row = [item.id for item in levels.indicators].index(names[1])
    cells: list[Any] = levels.met(place)[row].astype(float).tolist()
    out = levels.cells.excluded
    for unit, required in enumerate(levels.required[levels.stratum, place, row]):
        if out is not None and out[row, unit]:
            cells[unit] = OUT
        elif np.isnan(required):
            cells[unit] = "–"
    return cells


def _of_points(column: Column, points: Points) -> list[Any] | None:
    kind, *names = column.key
    framework = points.framework
    if kind == "points":
        row = [item.id for item in points.indicators].index(names[0])
        item = points.indicators[row]
        inside = next(g for g in framework.groups if item in g.children)
        worth = item.most if inside.combine == "sum" else 1.0
        out = None if points.excluded is None else points.excluded[row] >= 1
        return [
            # A class that can earn nothing is worth nothing either way.
            ((OUT, 0.0) if isinstance(item.points, dict) else OUT) if gone else float(share * worth)
            for share, gone in zip(points.share[row], _none(out, points), strict=True)
        ]
    if kind in ("earned", "full"):
        return list((points.earned if kind == "earned" else points.applicable)[names[0]])
    totals = {
        "total": points.total,
        "compared": points._rounded("rank"),
        "rank": np.where(points.rank > 0, points.rank.astype(float), np.nan),
    }
    if kind in totals:
        return [None if np.isnan(value) else float(value) for value in totals[kind]]
    if kind == "band":
        return [framework.bands[at].label if at >= 0 else None for at in points.band]
    return None


def _none(out: Any, points: Points) -> Any:
    return np.zeros(len(points.total), dtype=bool) if out is None else out
