"""Points with rescaling, bands and ranks through the public call, against copy and product."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dxmethod.assessment import assess
from dxmethod.concepts import Concept
from dxmethod.framework import Band, Framework, Group, Indicator, Provenance
from dxmethod.observations import Observations, Status
from dxmethod.values import Curve

from . import Case

UNITS, GROUPS = 10_599, 8
WRITTEN = Provenance(document="Benchmark", fidelity="illustrative")
RATIO = Curve(kind="linear", at=(0, 80), give=(0, 1))
STEPS = Curve(kind="steps", at=(50, 70, 90), give=(0, 0.4, 0.7, 1))
BANDED = Curve(kind="steps", at=(20, 40, 60, 80), give=(0, 0.25, 0.5, 0.75, 1), closed="right")
CATEGORY = Curve(kind="steps", at=(1, 2, 3), give=(0, 0.3, 0.6, 1))
BINARY = Curve(kind="steps", at=(1,), give=(0, 1))
KINDS = [(RATIO, 26), (STEPS, 14), (BANDED, 8), (CATEGORY, 8), (BINARY, 10)]
CURVES = [curve for curve, count in KINDS for _ in range(count)]


def concept(number: int, curve: Curve) -> Concept:
    """What an indicator with this curve counts."""
    named = {"id": f"c{number}", "label": f"c{number}", "unit": "%"}
    if curve is CATEGORY:
        return Concept(measure="category", categories=("0", "1", "2", "3"), **named)
    if curve is BINARY:
        return Concept(measure="yes_no", **named)
    return Concept(measure="ratio", range=(0, 100), **named)


def observations(seed: int = 2) -> Observations:
    """Simulated values of communes: 5 % missing and 3 % not applicable."""
    rng = np.random.default_rng(seed)
    value = np.empty((UNITS, len(CURVES)), order="F")
    for row, curve in enumerate(CURVES):
        if curve in (CATEGORY, BINARY):
            value[:, row] = rng.integers(0, len(curve.give), UNITS)
        else:
            value[:, row] = rng.uniform(0, 100, UNITS)
    draw = rng.random(value.shape)
    status = np.zeros(value.shape, dtype=np.uint8, order="F")
    status[draw < 0.05] = Status.MISSING
    status[(draw >= 0.05) & (draw < 0.08)] = Status.NOT_APPLICABLE
    value[status > 0] = np.nan
    codes = pd.Index([f"{number:05d}" for number in range(UNITS)], dtype=object)
    units = pd.DataFrame({"name": codes}, index=codes)
    concepts = tuple(concept(number, curve) for number, curve in enumerate(CURVES))
    return Observations(units, concepts, value, status)


def framework() -> Framework:
    """Eight groups of indicators, five bands, the sheet rescaled for what does not apply."""
    indicators = [
        Indicator(
            id=f"i{number}", label=f"i{number}", concept=f"c{number}",
            points=5.0 + number % 4, value=curve, provenance=WRITTEN,
        )
        for number, curve in enumerate(CURVES)
    ]  # fmt: skip
    groups = tuple(
        Group(id=f"g{place}", label=f"g{place}", children=tuple(part))
        for place, part in enumerate(np.array_split(np.array(indicators, dtype=object), GROUPS))
    )
    total = sum(item.points for item in indicators)
    bounds = (None, *(total * at for at in (0.5, 0.6, 0.7, 0.8)))
    bands = tuple(Band(id=f"b{k}", label=f"b{k}", at_least=at) for k, at in enumerate(bounds))
    return Framework(
        kind="framework", format=1, id="benchmark/commune", title="Benchmark", version="1",
        status="draft", unit_type="commune", bands=bands,
        tree=Group(id="all", label="all", children=groups),
    )  # fmt: skip


def cases() -> list[Case]:
    """Totals with bounds, bands and ranks of one sheet."""
    asked, reported = framework(), observations()
    rows = reported.value.T
    weights = np.zeros((GROUPS, len(CURVES)))
    for place, group in enumerate(np.array_split(np.arange(len(CURVES)), GROUPS)):
        weights[place, group] = 5.0 + group % 4

    def bare() -> object:
        return weights @ np.where(np.isnan(rows), 0.0, rows)

    def work() -> None:
        found = assess(asked, reported).points
        assert found is not None
        _ = found.total, found.band, found.rank

    def with_best() -> None:
        found = assess(asked, reported).points
        assert found is not None
        _ = found.total, found.best, found.band, found.rank

    return [
        Case("total, rescaled, band, rank", work, bare, 3.0),
        Case("the same and the best total", with_best, bare),
    ]
