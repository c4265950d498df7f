"""What a reorganisation of units does to results, and what other merge rules would make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .assessment import Assessment, assess
from .check import check_units
from .concepts import MergeRule
from .dispositions import Dispositions
from .faults import Collector, Fault
from .framework import Framework
from .merging import MERGE_RULES, Merged, merge
from .observations import Observations
from .units import ASSUMPTIONS, Assumption, Crosswalk, declare_strata
from .vietnamese import percent


@dataclass(frozen=True, eq=False)
class Reorganisation:
    """What a revision knows of a reorganisation, read and checked.

    Attributes
    ----------
    crosswalk : Crosswalk, optional
    strata : DataFrame, optional
        Declared after it, as `read_strata` returns them.
    assumption, cover
        See `merge`.
    weights : str
        Concept, such as population, that weighs ratios reported without denominators.
    dispositions : Dispositions, optional
        Of the criteria of a tier that is no more.
    former, target : Framework, optional
        The frameworks that the dispositions speak of.
    """

    crosswalk: Crosswalk | None = None
    strata: pd.DataFrame | None = None
    assumption: Assumption = "equal"
    cover: float = 1.0
    weights: str = ""
    dispositions: Dispositions | None = None
    former: Framework | None = None
    target: Framework | None = None

    def carry(self, observations: Observations, faults: Collector, **options: Any) -> Merged:
        """Merge as declared, strata declared anew; `options` of `merge` come first."""
        assert self.crosswalk is not None
        given = {"assumption": self.assumption, "cover": self.cover, **options}
        merged = merge(observations, self.crosswalk, weights=self.weigh(observations), **given)
        units = declare_strata(merged.observations.units, self.strata, faults)
        return replace(merged, observations=replace(merged.observations, units=units))

    def weigh(self, observations: Observations) -> pd.Series[float] | None:
        """Weight of each old unit; None where nothing weighs."""
        column = observations.position.get(self.weights)
        if column is None:
            return None
        return pd.Series(observations.value[:, column], index=observations.units.index)


@dataclass(frozen=True, eq=False)
class MergeEffects:
    """What merge rules do to results.

    Attributes
    ----------
    merged : Merged
        As declared.
    assessment : Assessment
        Of the new units, as declared.
    table : DataFrame
        One row a choice, the declared one first: `choice` (label), `known` (values known), and
        beside the declared one `levels_up`, `levels_down`, `totals_moved`, `total_largest`
        (absolute), `ranks_moved`; those that the framework has.
    findings : tuple of Fault
        New units without a stratum or an attribute that the framework asks for.
    """

    merged: Merged
    assessment: Assessment
    table: pd.DataFrame
    findings: tuple[Fault, ...]


def can_carry(reorganisation: Reorganisation | None, observations: Observations | None) -> bool:
    """Whether there are observations of old units, every one of which the crosswalk knows."""
    if reorganisation is None or reorganisation.crosswalk is None or observations is None:
        return False
    olds = pd.Index(reorganisation.crosswalk.table["old"])
    return bool(len(observations.units)) and bool(observations.units.index.isin(olds).all())


def merge_effects(
    framework: Framework, observations: Observations, reorganisation: Reorganisation
) -> MergeEffects:
    """Assess the new units as declared, and under each other choice alone.

    Parameters
    ----------
    framework : Framework
        Under which new units are assessed.
    observations : Observations
        Of the old units.
    reorganisation : Reorganisation
        With a crosswalk.

    Returns
    -------
    MergeEffects
    """
    faults = Collector("đơn vị mới")
    merged = reorganisation.carry(observations, faults)
    units = merged.observations.units
    faults.extend(check_units(framework, units, faults.file))
    base = assess(framework, merged.observations)
    said = "; ".join(
        ["đã khai: theo quy tắc của từng khái niệm", *(ASSUMPTIONS[a] for a in _assumed(merged))]
    )
    rows = [{"choice": said, "known": _known(merged), **_moved(base, base)}]
    for label, options in _choices(merged, reorganisation):
        try:
            other = reorganisation.carry(observations, Collector(), **options)
        except ValueError:  # this crosswalk names no default units, or gives no shares
            continue
        found = assess(framework, other.observations)
        rows.append({"choice": label, "known": _known(other), **_moved(base, found)})
    return MergeEffects(merged, base, pd.DataFrame(rows), tuple(faults.faults))


def _known(merged: Merged) -> int:
    return int(np.isfinite(merged.observations.value).sum())


def _assumed(merged: Merged) -> list[Assumption]:
    """What the shares of divided units rest on."""
    used = set(merged.edges["assumption"])
    return [assumption for assumption in ASSUMPTIONS if assumption in used]


def _choices(
    merged: Merged, reorganisation: Reorganisation
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every other choice, with the options of `merge` that make it."""
    if merged.touched.any():
        for assumption, words in ASSUMPTIONS.items():
            if _assumed(merged) != [assumption]:
                yield f"đơn vị bị chia: {words}", {"assumption": assumption, "override": True}
    cover = 0.8 if reorganisation.cover == 1 else 1.0
    words = "phải đủ số liệu của mọi đơn vị cũ"
    if cover < 1:
        words = f"đơn vị có số liệu đại diện khi chiếm từ {percent(cover, 0)} mẫu số"
    yield words, {"cover": cover}
    ids = [concept.id for concept in merged.observations.concepts]
    for rule, instead in (
        ("mean", ("ratio", "weighted")),
        ("worst", ("ratio", "weighted", "mean", "any", "all", "best")),
        ("best", ("ratio", "weighted", "mean", "any", "all", "worst")),
    ):
        other: MergeRule = rule  # type: ignore[assignment]
        rules = {
            name: other for name, kind in zip(ids, merged.rules, strict=True) if kind in instead
        }
        if rules:
            what = "tỷ lệ" if rule == "mean" else "tỷ lệ, có/không, mức"
            yield f"{what}: {MERGE_RULES[other]} ({len(rules)} khái niệm)", {"rule": rules}


def _moved(base: Assessment, other: Assessment) -> dict[str, float]:
    """How many units have another result."""
    found: dict[str, float] = {}
    if base.levels is not None and other.levels is not None:
        shift = other.levels.level.astype(int) - base.levels.level.astype(int)
        found |= {"levels_up": (shift > 0).sum(), "levels_down": (shift < 0).sum()}
    if base.points is not None and other.points is not None:
        old, new = base.points.total, other.points.total
        gap = np.abs(new - old)
        # A total known under one choice alone has moved too, by nobody knows how much.
        found["totals_moved"] = int(((gap > 1e-9) | (np.isnan(old) != np.isnan(new))).sum())
        found["total_largest"] = float(np.nanmax(gap)) if np.isfinite(gap).any() else np.nan
        found["ranks_moved"] = int((other.rank != base.rank).sum())
    return found


def rules_and_maps(
    frameworks: Mapping[str, Framework], before: Observations, after: Observations
) -> pd.DataFrame:
    """Count units by level under each version, on old and on new units: rules and map apart.

    Parameters
    ----------
    frameworks : mapping of name to Framework
        Versions, each with levels.
    before, after : Observations
        Of old and of new units.

    Returns
    -------
    DataFrame
        One row a version and a map: `version`, `map`, `units`, then `level0`, `level1`, …: how many
        hold that level and no higher one.
    """
    rows = []
    for name, framework in frameworks.items():
        for words, observations in (("đơn vị cũ", before), ("đơn vị mới", after)):
            levels = assess(framework, observations).levels
            assert levels is not None
            held = np.bincount(levels.level, minlength=len(framework.levels) + 1)
            counts = {f"level{place}": int(count) for place, count in enumerate(held)}
            rows.append({"version": name, "map": words, "units": len(observations.units)} | counts)
    return pd.DataFrame(rows)
