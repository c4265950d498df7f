"""Simulated judges: how each comes to a unit's level, and with what error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..concepts import Catalogue
from ..framework import Framework, Group, Indicator, Quorum, by_stratum
from ..levels import assess_levels
from ..observations import Observations
from ..seeds import rng

Floats = NDArray[np.float64]

_SLACK = 1.0  # a blind judge sees level k where maturity is k and this much more
_ENOUGH = 0.85  # share of the requirements that a compensating judge takes for all of them


@dataclass(frozen=True)
class Judge:
    """A simulated judge.

    Attributes
    ----------
    kind : {"rule", "blind", "compensating"}
        Applies the true rule; judges latent maturity without a look at any draft; or lets strong
        indicators make up for weak ones, where the rule asks for all.
    noise : float
        Standard deviation of the judge's error, in levels.
    """

    code: str
    kind: str
    noise: float


JUDGES = (
    Judge("CG1", "rule", 0.2),
    Judge("CG2", "rule", 0.4),
    Judge("CG3", "rule", 0.8),
    Judge("CG4", "blind", 0.3),
    Judge("CG5", "blind", 0.8),
    Judge("CG6", "compensating", 0.3),
    Judge("CG7", "compensating", 0.6),
)


def true_rule(framework: Framework, catalogue: Catalogue, seed: int) -> Framework:
    """The framework with some thresholds of ratios shifted, as judges have them in mind."""

    def shifted(item: Indicator) -> Indicator:
        concept = catalogue[item.concept]
        if concept.unit != "%" or concept.measure != "ratio":
            return item
        step = rng(seed, "true threshold", item.id).choice([-10, -5, 0, 5], p=[0.1, 0.2, 0.5, 0.2])

        def shift(threshold: float) -> float:
            # Next to the ends of the scale there is no room, and a judge has no other number.
            return threshold + float(step) if 20 <= threshold <= 90 else threshold

        required: dict[str, float | dict[str, float]] = {}
        for level, asked in item.required.items():
            by = {stratum: shift(value) for stratum, value in by_stratum(asked).items()}
            required[level] = by if isinstance(asked, dict) else by["*"]
        if not _ordered(required, concept.sign):
            return item
        return item.model_copy(update={"required": required})

    def visit(group: Group) -> Group:
        children = tuple(
            visit(child) if isinstance(child, Group) else shifted(child) for child in group.children
        )
        return group.model_copy(update={"children": children})

    fields = dict(framework)  # cached properties stay behind: they are of the old tree
    return Framework.model_construct(**{**fields, "tree": visit(framework.tree)})


def _ordered(required: Mapping[str, float | dict[str, float]], sign: float) -> bool:
    """Whether no level asks for less than the one before it, in any stratum."""
    before: dict[str, float] = {}
    for asked in required.values():
        for stratum, value in by_stratum(asked).items():
            if sign * value < before.get(stratum, -np.inf):
                return False
            before[stratum] = sign * value
    return True


def moved(printed: Framework, rule: Framework) -> pd.DataFrame:
    """Every threshold where the true rule departs from the printed one."""
    rows = [
        (old.id, old.concept, level, stratum, value, by_stratum(new.required[level])[stratum])
        for old, new in zip(printed.indicators, rule.indicators, strict=True)
        for level, asked in old.required.items()
        for stratum, value in by_stratum(asked).items()
        if value != by_stratum(new.required[level])[stratum]
    ]
    columns = ["indicator", "concept", "level", "stratum", "printed", "true"]
    return pd.DataFrame(rows, columns=columns)


def judge_units(
    rule: Framework,
    judges: Sequence[Judge],
    truths: Mapping[str, Observations],
    maturity: Mapping[str, Mapping[str, Floats]],
    seed: int,
) -> pd.DataFrame:
    """What each judge says of each unit in each round."""
    tables = [pd.DataFrame(columns=["judge", "unit", "level", "round"])]
    count = len(rule.levels)
    lenient = [
        level.model_copy(update={"quorum": (Quorum(share=_ENOUGH),)}) for level in rule.levels
    ]
    softer = Framework.model_construct(**{**dict(rule), "levels": tuple(lenient)})
    for year, truth in truths.items() if count else ():
        groups = [x for name, x in maturity[year].items() if name]
        seen: dict[str, NDArray[Any]] = {
            "rule": assess_levels(rule, truth).level,
            "compensating": assess_levels(softer, truth).level,
            "blind": (np.mean(groups, axis=0) - _SLACK - 0.5) * count / 5,
        }
        for judge in judges:
            error = rng(seed, "judge", judge.code, year).standard_normal(len(truth.units))
            level = np.clip(np.rint(seen[judge.kind] + judge.noise * error), 0, count).astype(int)
            columns = {"judge": judge.code, "unit": truth.units.index, "level": level}
            tables.append(pd.DataFrame({**columns, "round": year}))
    return pd.concat(tables[1:] or tables, ignore_index=True)
