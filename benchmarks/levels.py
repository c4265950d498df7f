"""Levels with bounds and blockers through the public call, against the bare comparison."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from dxmethod.assessment import assess
from dxmethod.concepts import Concept
from dxmethod.framework import Framework, Group, Indicator, Level, Provenance, Quorum
from dxmethod.observations import Observations, Status

from . import Case

UNITS, INDICATORS, LEVELS = 10_599, 66, 5
STRATA = ("dong-bang", "trung-du", "mien-nui")
WRITTEN = Provenance(document="Benchmark", fidelity="illustrative")
THRESHOLDS = np.linspace(20.0, 80.0, LEVELS)


def observations(mean: float = 95.0, seed: int = 1, units: int = UNITS) -> Observations:
    """Simulated values of communes: 5 % missing and 3 % not applicable, strewn evenly."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(mean, 15, units)
    value = np.clip(quality[:, None] + rng.normal(0, 6, (units, INDICATORS)), 0, 100)
    draw = rng.random(value.shape)
    status = np.zeros(value.shape, dtype=np.uint8)
    status[draw < 0.05] = Status.MISSING
    status[(draw >= 0.05) & (draw < 0.08)] = Status.NOT_APPLICABLE
    value[status > 0] = np.nan
    table = pd.DataFrame({"stratum": rng.choice(STRATA, units)}, index=_codes(units))
    table.insert(0, "name", table.index)
    concepts = tuple(
        Concept(id=f"c{i}", label=f"c{i}", measure="ratio", unit="%", range=(0, 100))
        for i in range(INDICATORS)
    )
    return Observations(table, concepts, np.asfortranarray(value), np.asfortranarray(status))


def framework(quorum: Quorum, *, strata: bool = False) -> Framework:
    """Five levels, one after the other, each asking something of every indicator."""
    levels = tuple(
        Level(id=f"l{k}", label=f"l{k}", after=f"l{k - 1}" if k else None, quorum=(quorum,))
        for k in range(LEVELS)
    )
    indicators = tuple(
        Indicator(
            id=f"i{i}", label=f"i{i}", concept=f"c{i}", required=_asked(strata), provenance=WRITTEN
        )
        for i in range(INDICATORS)
    )
    tree = Group(id="all", label="all", children=indicators)
    return Framework(
        kind="framework", format=1, id="benchmark/commune", title="Benchmark", version="1",
        status="draft", unit_type="commune", levels=levels, tree=tree,
    )  # fmt: skip


def _asked(strata: bool) -> dict[str, float | dict[str, float]]:
    """Thresholds by level; a stratum's are a few points apart."""
    if not strata:
        return {f"l{k}": float(at) for k, at in enumerate(THRESHOLDS)}
    return {
        f"l{k}": {name: float(at) - 4 * place for place, name in enumerate(STRATA)}
        for k, at in enumerate(THRESHOLDS)
    }


def _codes(count: int) -> pd.Index:
    return pd.Index([f"{number:05d}" for number in range(count)], dtype=object)


def whole(asked: Framework, reported: Observations) -> None:
    """Everything that a report shows of levels: level, both bounds, and what blocks the next."""
    found = assess(asked, reported).levels
    assert found is not None
    _ = found.level, found.best, found.blockers()


def cases() -> list[Case]:
    """All must pass and share rule, with one set of thresholds and with three strata."""
    reported = observations()
    by_unit = np.ascontiguousarray(reported.value)
    by_concept = np.ascontiguousarray(reported.value.T)
    required = np.tile(THRESHOLDS[:, None], INDICATORS)

    def bare() -> object:
        return by_unit[:, None, :] >= required

    def bare_by_concept() -> object:
        return by_concept[:, None, :] >= required.T[:, :, None]

    found = [Case("bare comparison, indicators as rows", bare_by_concept, bare)]
    middling = observations(mean=75.0)
    for rule, quorum, target in (
        ("all must pass", Quorum(share=1.0), 2.5),
        ("share ≥ 0.7", Quorum(share=0.7), 4.0),
    ):
        plain, by_stratum = framework(quorum), framework(quorum, strata=True)
        found += [
            Case(rule, partial(whole, plain, reported), bare, target),
            Case(f"{rule}, three strata", partial(whole, by_stratum, reported), bare, target),
            Case(f"{rule}, middling communes", partial(whole, plain, middling), bare),
        ]
    return found
