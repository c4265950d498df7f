"""What can still be compared when a province has its own version of a framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..assessment import assess
from ..cells import Bools
from ..concepts import Catalogue
from ..framework import Framework, Group, Indicator, Level, by_stratum
from ..incomplete import reads
from ..levels import Levels, assess_levels
from ..observations import Observations
from ..points import rank_totals
from ..structure import concept_matrix


@dataclass(frozen=True)
class Core:
    """What two frameworks share.

    Attributes
    ----------
    first, second : Framework
        Each cut down to what the other has too, with its own rules.
    pairs : tuple of (Indicator, Indicator)
        Indicators that read the same concepts, one of each framework.
    """

    first: Framework
    second: Framework
    pairs: tuple[tuple[Indicator, Indicator], ...]


def common_core(first: Framework, second: Framework) -> Core:
    """Find what two frameworks share: indicators that measure the same concepts.

    Parameters
    ----------
    first, second : Framework
        Of any instruments for one type of unit.

    Returns
    -------
    Core

    Raises
    ------
    ValueError
        If they are for other types of unit, or share nothing.
    """
    if first.unit_type != second.unit_type:
        raise ValueError(f"{first.id} và {second.id} dành cho hai loại đơn vị khác nhau")
    left = {item.id: item for item in second.indicators}
    pairs = []
    for item in first.indicators:
        same = [other for other in left.values() if reads(other) == reads(item)]
        same.sort(key=lambda other: other.id != item.id)  # of several, the one of that id
        if same and same[0].role == item.role:
            pairs.append((item, left.pop(same[0].id)))
    if not pairs:
        raise ValueError(f"{first.id} và {second.id} không có chỉ tiêu nào chung")
    return Core(
        restrict(first, [item.id for item, _ in pairs]),
        restrict(second, [item.id for _, item in pairs]),
        tuple(pairs),
    )


def restrict(framework: Framework, names: Sequence[str]) -> Framework:
    """Cut a framework down to some of its indicators; its rules stay, its bands do not.

    Parameters
    ----------
    framework : Framework
    names : sequence of str
        Ids of the indicators that stay, at least one. Groups left empty go.

    Returns
    -------
    Framework
    """
    kept = set(names)

    def cut(group: Group) -> Group:
        inner = [cut(node) if isinstance(node, Group) else node for node in group.children]
        left = [
            node
            for node in inner
            if (node.children if isinstance(node, Group) else node.id in kept)
        ]
        return group.model_copy(update={"children": tuple(left)})

    tree = cut(framework.tree)
    smaller = framework.model_copy(update={"tree": tree, "bands": (), "examples": ()})
    groups = {"*", *(group.id for group in smaller.groups)}
    levels = tuple(
        level.model_copy(
            update={
                "quorum": tuple(quorum for quorum in level.quorum if quorum.of in groups),
                "mandatory": tuple(name for name in level.mandatory if name in kept),
            }
        )
        for level in framework.levels
    )
    return smaller.model_copy(update={"levels": levels})


def score_core(core: Core, observations: Observations) -> pd.DataFrame:
    """Score units on what two frameworks share, by the rules of each.

    Parameters
    ----------
    core : Core
        Of frameworks that both have points.
    observations : Observations
        Of U units, of one province or of several.

    Returns
    -------
    DataFrame
        By unit code: `name`, `total_first`, `total_second` (per cent of each core's maximum, NaN
        where nothing applies), `rank_first`, `rank_second`, `rank_shift` (positive: better off
        under the second).

    Raises
    ------
    ValueError
        If one of the frameworks gives no points for what is shared.
    """
    frame = observations.units[["name"]].copy()
    for side, framework in (("first", core.first), ("second", core.second)):
        if not framework.has_points:
            raise ValueError(f"{framework.id} không cho điểm ở chỉ tiêu chung nào")
        points = assess(framework, observations).points
        assert points is not None
        frame[f"total_{side}"] = 100 * points.total / framework.maximum
        # Sums that are equal on paper are equal here, whatever the order of adding.
        total = frame[f"total_{side}"].to_numpy().round(9)
        frame[f"rank_{side}"] = rank_totals(total, framework.policy.ties)
    frame["rank_shift"] = frame["rank_first"] - frame["rank_second"]
    return frame


@dataclass(frozen=True, eq=False)
class NationalLevels:
    """Between which national levels units lie, judged by what their province has.

    Attributes
    ----------
    national, provincial : Framework
    units : DataFrame
        By unit code: `name`, `provincial` (place of the level held, 0 for none); `low`, `high`
        (places of national levels) by the values that the province collected; `low_result`,
        `high_result` by the provincial level alone.
    kept : DataFrame
        By stratum ("*": every other): for each provincial level, by its id, the place of the
        highest national level that whoever holds it surely holds; 0 for none.
    """

    national: Framework
    provincial: Framework
    units: pd.DataFrame
    kept: pd.DataFrame

    def decided(self) -> pd.DataFrame:
        """Count the units whose national level is certain.

        Returns
        -------
        DataFrame
            By what is known ("values", "result"): `units`, `decided`, `share` (0 to 1), `width`
            (mean number of levels between the bounds).
        """
        rows = {}
        for name, ending in (("values", ""), ("result", "_result")):
            width = self.units[f"high{ending}"] - self.units[f"low{ending}"]
            rows[name] = {
                "units": len(width),
                "decided": int((width == 0).sum()),
                "share": float((width == 0).mean()),
                "width": float(width.mean()),
            }
        return pd.DataFrame(rows).T.astype({"units": int, "decided": int})


def national_levels(
    national: Framework,
    provincial: Framework,
    observations: Observations,
    catalogue: Catalogue,
) -> NationalLevels:
    """Bound the national level of every unit by what its province collects.

    Parameters
    ----------
    national, provincial : Framework
        Both with levels, for one type of unit.
    observations : Observations
        Of U units; only concepts that the provincial framework reads are used.
    catalogue : mapping of str to Concept
        Of the concepts that both read.

    Returns
    -------
    NationalLevels

    Notes
    -----
    By values: national criteria without a value, and those the province does not ask, fail at worst
    and pass at best. At best this is the level on the core alone when all must pass; it holds for
    any quorum, where leaving criteria out would not (a share of fewer is another share).

    By the result alone: see `sure_levels`, one way for the lower bound and the other way for the
    upper one. Units to which nothing that is known applies keep the whole range.
    """
    collected = _collected(observations, provincial)
    nation, province = (
        assess_levels(_hopeful(framework), collected) for framework in (national, provincial)
    )
    kept = sure_levels(provincial, national, catalogue)
    back = sure_levels(national, provincial, catalogue).loc[kept.index]
    top, strata = len(national.levels), collected.units.get("stratum", pd.Series(dtype=object))
    named = [name if name in kept.index else "*" for name in strata] or ["*"] * len(collected.units)
    rows = kept.index.get_indexer(pd.Index(named))
    low_result = kept.to_numpy()[rows, np.maximum(province.level - 1, 0)] * (province.level > 0)
    reach = np.hstack([np.zeros((len(rows), 1), dtype=int), back.to_numpy()[rows]])
    high_result = ((reach <= province.best[:, None]) * np.arange(top + 1)).max(axis=1)
    low_result[_nothing_known(nation)] = 0
    high_result[_nothing_known(province)] = top
    low, high = nation.level.astype(int), nation.best.astype(int)
    low[_nothing_known(nation)] = 0
    units = collected.units[["name"]].assign(
        provincial=province.level.astype(int),
        low=np.maximum(low, low_result),
        high=np.minimum(high, high_result),
        low_result=low_result,
        high_result=high_result,
    )
    return NationalLevels(national, provincial, units, kept)


def _hopeful(framework: Framework) -> Framework:
    """The framework with missing values that may yet turn out well."""
    policy = framework.policy.model_copy(update={"missing": "unknown"})
    return framework.model_copy(update={"policy": policy})


def _collected(observations: Observations, framework: Framework) -> Observations:
    """What units report of the concepts that a framework reads."""
    asked = [concept.id in framework.concepts for concept in observations.concepts]
    value, status = observations.value[:, asked], observations.status[:, asked]
    return Observations(
        observations.units,
        tuple(concept for concept in observations.concepts if concept.id in framework.concepts),
        np.asfortranarray(value),
        np.asfortranarray(status),
        observations.source,
        observations.simulated,
    )


def _nothing_known(levels: Levels) -> Bools:
    """Units of which no requirement is known to apply: perhaps none does, and they hold nothing."""
    marks = [mark for mark in (levels.cells.excluded, levels.cells.unknown) if mark is not None]
    if not marks:
        return np.zeros(len(levels.level), dtype=bool)
    return np.asarray(np.logical_or.reduce(marks).all(axis=0))


def sure_levels(given: Framework, wanted: Framework, catalogue: Catalogue) -> pd.DataFrame:
    """Say which level of one framework follows from a level of another.

    Parameters
    ----------
    given, wanted : Framework
        Both with levels.
    catalogue : mapping of str to Concept
        Of the concepts that both read.

    Returns
    -------
    DataFrame of int
        By stratum that either names ("*" for every other): for each level of `given`, by its id,
        the place of the highest level of `wanted` that a unit holding it is sure to hold; 0 where
        nothing is sure.

    Notes
    -----
    A level is sure when every requirement of it, and of the levels it comes after, is asked by
    `given` of the same units at an equal or a stricter threshold, and no status is worth more under
    `given`. Of a level that does not ask for everything, only mandatory requirements and groups
    that must be met in full are sure to be met. Assumes that some requirement of `wanted` applies.
    """
    strata = _strata(given, wanted)
    table = np.zeros((len(strata), len(given.levels)), dtype=int)
    if not _generous(given, wanted):
        for row, stratum in enumerate(strata):
            for place in range(len(given.levels)):
                met = _met(given, place, stratum)
                for target in range(len(wanted.levels)):
                    if _follows(met, _needed(wanted, target, stratum), catalogue):
                        table[row, place] = target + 1
    columns = [level.id for level in given.levels]
    return pd.DataFrame(table, index=pd.Index(strata, dtype=object), columns=columns)


def _strata(*frameworks: Framework) -> list[str]:
    """Every stratum that a threshold names, after "*": every other one."""
    items = [item for framework in frameworks for item in framework.asked]
    named = [name for item in items for need in item.required.values() for name in by_stratum(need)]
    return ["*", *sorted({*named} - {"*"})]


def _generous(given: Framework, wanted: Framework) -> bool:
    """Whether some status passes under one policy and may fail under the other."""
    mine, other = given.policy, wanted.policy
    return (
        (mine.not_applicable == "excluded" != other.not_applicable)
        or (mine.no_occurrence == "excluded" != other.no_occurrence)
        or (mine.no_evidence == "counts" != other.no_evidence)
    )


def why_unsure(given: Framework, wanted: Framework, catalogue: Catalogue) -> tuple[str, ...]:
    """Say why levels of one framework do not all follow from those of another.

    Parameters
    ----------
    given, wanted, catalogue
        As for `sure_levels`.

    Returns
    -------
    tuple of str
        One sentence a reason; empty when the k-th level follows from the k-th.
    """
    reasons = []
    if _generous(given, wanted):
        reasons.append(
            "Quy ước về số liệu không áp dụng, không phát sinh, không minh chứng rộng hơn."
        )
    partly = [level.label for level in given.levels if not level.all_must_pass]
    if partly:
        reasons.append(f"Không yêu cầu đạt toàn bộ ở mức: {', '.join(partly)}.")
    asked = {item.concept for item in given.asked}
    absent = [item.label for item in wanted.asked if item.concept not in asked]
    if absent:
        reasons.append(f"Không hỏi {len(absent)} {wanted.terms.indicator}: {'; '.join(absent)}.")
    eased = {
        item.label: None
        for place in range(min(len(given.levels), len(wanted.levels)))
        for stratum in _strata(given, wanted)
        for item, at in _needed(wanted, place, stratum)
        if item.concept in asked
        and not _follows(_needed(given, place, stratum), [(item, at)], catalogue)
    }
    if eased:
        reasons.append(
            f"Yêu cầu thấp hơn ở {len(eased)} {wanted.terms.indicator}: {'; '.join(eased)}."
        )
    return tuple(reasons)


Need = tuple[Indicator, float]


def _needed(framework: Framework, place: int, stratum: str) -> list[Need]:
    """Requirements of a level and of those it comes after, for one stratum."""
    return [
        (item, threshold)
        for level in _chain(framework, place)
        for item in framework.asked
        if (threshold := _threshold(item, level, stratum)) is not None
    ]


def _met(framework: Framework, place: int, stratum: str) -> list[Need]:
    """Requirements that whoever holds a level is sure to meet."""
    met = []
    for level in _chain(framework, place):
        full = [quorum.of for quorum in level.quorum if quorum.share == 1.0]
        sure = {item.id for name in full for item in framework.below(name)} | {*level.mandatory}
        for item in framework.asked:
            threshold = _threshold(item, level, stratum)
            if item.id in sure and threshold is not None:
                met.append((item, threshold))
    return met


def _chain(framework: Framework, place: int) -> list[Level]:
    by_id: Mapping[str, Level] = {level.id: level for level in framework.levels}
    chain = [framework.levels[place]]
    while chain[-1].after is not None:
        chain.append(by_id[chain[-1].after])
    return chain


def _threshold(item: Indicator, level: Level, stratum: str) -> float | None:
    required = by_stratum(item.required.get(level.id, {}))
    return required.get(stratum, required.get("*"))


def _follows(met: Sequence[Need], needed: Sequence[Need], catalogue: Catalogue) -> bool:
    """Whether every requirement needed is implied by one that is met; nothing asked is not sure."""
    return bool(needed) and all(
        any(
            have.concept == item.concept
            and (not have.applies_to or have.applies_to == item.applies_to)
            and catalogue[item.concept].sign * (at - threshold) >= 0
            for have, at in met
        )
        for item, threshold in needed
    )


def peer_table(
    national: Framework, provinces: Sequence[Framework], catalogue: Catalogue
) -> pd.DataFrame:
    """Set provinces beside the framework that they adapt, concept by concept.

    Parameters
    ----------
    national : Framework
    provinces : sequence of Framework
    catalogue : mapping of str to Concept

    Returns
    -------
    DataFrame
        As `structure.concept_matrix`, the provinces' cells telling what became of the national
        demand: "giữ nguyên", "bỏ", "sửa: …" or "thêm: …"; "" where neither asks.
    """
    frame = concept_matrix([national, *provinces], catalogue)
    for item in provinces:
        pairs = zip(frame[national.id], frame[item.id], strict=True)
        frame[item.id] = [
            "giữ nguyên"
            if old == new and new
            else f"sửa: {new}"
            if old and new
            else f"thêm: {new}"
            if new
            else "bỏ"
            if old
            else ""
            for old, new in pairs
        ]
    return frame
