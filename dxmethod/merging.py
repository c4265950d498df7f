"""Observations of old units carried to new ones, a rule a concept; the unknown keeps bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .combining import FLOATS, Bools, Cells, Floats, combine
from .concepts import Concept, MergeRule
from .observations import NOTES, Observations, Status
from .units import ASSUMPTIONS, Assumption, Crosswalk, some

Rules = MergeRule | Mapping[str, MergeRule]

MERGE_RULES: Mapping[MergeRule, str] = {
    "ratio": "cộng tử số, cộng mẫu số",
    "sum": "cộng",
    "mean": "trung bình cộng",
    "weighted": "trung bình theo mẫu số",
    "any": "có nếu một đơn vị cũ có",
    "all": "có nếu mọi đơn vị cũ đều có",
    "best": "lấy đơn vị cũ tốt nhất",
    "worst": "lấy đơn vị cũ kém nhất",
    "void": "bỏ, thu thập lại",
}


@dataclass(frozen=True, eq=False)
class Merged:
    """What becomes of old units' observations, with what is not known of it.

    Attributes
    ----------
    observations : Observations
        Of the N new units, C concepts. Statuses: what all predecessors share is kept; otherwise
        missing as soon as one lacks a value, and unproved as soon as one is. Notes carry the
        assumption of every value that rests on one; strata are not carried over.
    low, high : ndarray of float64, shape (N, C)
        Bounds of the value whatever the missing parts are; infinite where the concept has no range,
        NaN where there is nothing to know (not applicable, no occurrence). Equal to the value where
        every part is known.
    touched : ndarray of bool, shape (N, C)
        Values that rest on an assumed or supplied division of an old unit.
    rules : tuple of str, length C
        Rule applied to each concept.
    edges : DataFrame
        One row an old and a new unit: `old`, `new`, `share`, `assumption` (blank: undivided).
    before : Observations
        Of the old units.
    """

    observations: Observations
    low: Floats
    high: Floats
    touched: Bools
    rules: tuple[MergeRule, ...]
    edges: pd.DataFrame = field(repr=False)
    before: Observations = field(repr=False)

    def lineage(self, unit: str, concept: str) -> pd.DataFrame:
        """List what a new unit's value is made of.

        Parameters
        ----------
        unit : str
            Code of the new unit.
        concept : str

        Returns
        -------
        DataFrame
            One row an old unit: `old`, `name`, `share`, `assumption`, `status`, `value`,
            `numerator`, `denominator`. An old unit that reported nothing is missing.

        Raises
        ------
        KeyError
            If there is no such unit or concept.
        """
        column = self.before.position[concept]
        found = self.edges[self.edges["new"] == unit].drop(columns="new")
        if found.empty:
            raise KeyError(unit)
        row = self.before.units.index.get_indexer(pd.Index(found["old"]))
        names = np.append(self.before.names.to_numpy(dtype=object), "")
        found = found.assign(name=names[row])
        for name, blank in (("status", Status.MISSING), ("value", np.nan)):
            cells = getattr(self.before, name)[:, column]
            found[name] = np.append(cells, np.array(blank, dtype=cells.dtype))[row]
        for name in ("numerator", "denominator"):
            cells = getattr(self.before, name)
            found[name] = np.nan if cells is None else np.append(cells[:, column], np.nan)[row]
        order = ["old", "name", "share", "assumption", "status", "value"]
        return found[[*order, "numerator", "denominator"]].reset_index(drop=True)


def rule_of(concept: Concept) -> MergeRule:
    """Return the rule of a concept: as it states, or what suits its measure.

    A score, a grade or an index, told by its unit, is neither added nor averaged unless the concept
    says so: what it was made of is collected again.
    """
    score = re.search(r"\b(điểm|mức|chỉ số)\b", concept.unit.casefold()) is not None
    made = score and concept.measure in ("number", "ratio")
    return "void" if made and concept.merge is None else concept.merge_rule


def merge(
    observations: Observations,
    crosswalk: Crosswalk,
    rule: Rules | None = None,
    *,
    assumption: Assumption = "supplied",
    cover: float = 1.0,
    weights: pd.Series[float] | None = None,
    override: bool = False,
) -> Merged:
    """Carry observations of old units to new ones.

    Parameters
    ----------
    observations : Observations
        Of old units, every one of which stands in the crosswalk.
    crosswalk : Crosswalk
        Mergers and divisions. An old unit of a new one that is not among the observations counts as
        one that lacks data.
    rule : str or mapping of concept id to str, optional
        Instead of the concepts' own rules: for every concept, or for those named. "mean" is the
        plain mean that the agency used for the main indices of merged provinces in 2024.
    assumption : {"supplied", "equal", "default"}
        What stands in for the shares of divided units where the crosswalk gives none.
    cover : float
        Share of the denominators (of the old units, for a plain mean) from which those with data
        speak for the whole; 1: all of them. Sums and yes/no are never extrapolated.
    weights : Series, optional
        By old unit, such as population: for ratios without denominators.
    override : bool
        Put the assumption in place of given shares too.

    Returns
    -------
    Merged
        Of the new units that have at least one predecessor here, in the order of the crosswalk.

    Raises
    ------
    ValueError
        If a unit stands nowhere in the crosswalk, a share is not known, a level or grade would be
        averaged that does not say so, or `cover` is not a share.

    Notes
    -----
    "ratio" sums numerators and denominators. Where a predecessor reported a denominator alone, its
    numerator is the value times it. Where denominators are not all known, the weights stand in for
    all of them; without weights the value is missing, between the least and the greatest part.
    """
    if not 0 < cover <= 1:
        raise ValueError(f"cover là {cover:g}; cần số lớn hơn 0, không quá 1")
    rules = _rules(observations.concepts, rule)
    edges, names = _edges(observations, crosswalk, assumption, override)
    starts = np.flatnonzero(~edges["new"].duplicated())
    row = observations.units.index.get_indexer(pd.Index(edges["old"]))
    share = edges["share"].to_numpy()
    split = edges["assumption"].to_numpy() != ""
    weight = np.full(len(edges), np.nan)
    if weights is not None:
        weight = weights.reindex(edges["old"]).to_numpy(dtype=np.float64)
    made = [
        combine(Cells.of(observations, column, row, share, weight, split, starts), kind, cover)
        for column, kind in enumerate(rules)
    ]
    value, low, high, numerator, denominator, status, touched = (
        np.asfortranarray(np.stack([getattr(item, name) for item in made], axis=1))
        for name in (*FLOATS, "status", "touched")
    )
    result = Observations(
        names.rename("name").to_frame(),
        observations.concepts,
        value,
        status,
        observations.source,
        observations.simulated,
        None if observations.numerator is None else numerator,
        None if observations.denominator is None else denominator,
        _notes(edges, names.index, observations.concepts, touched, assumption),
    )
    return Merged(result, low, high, touched, rules, edges, observations)


def _rules(concepts: tuple[Concept, ...], rule: Rules | None) -> tuple[MergeRule, ...]:
    """Rule of each concept; a level, a grade or a yes is never added or averaged by default."""
    named = rule if isinstance(rule, Mapping) else {}
    strange = [name for name in named if name not in {concept.id for concept in concepts}]
    if strange:
        raise ValueError("quy tắc gộp cho khái niệm không có số liệu: " + ", ".join(strange))
    chosen: list[MergeRule] = []
    for concept in concepts:
        kind = rule if isinstance(rule, str) else named.get(concept.id) or rule_of(concept)
        if kind not in MERGE_RULES:
            raise ValueError(f"quy tắc gộp {kind!r}; cần một trong: {', '.join(MERGE_RULES)}")
        adds = kind in ("ratio", "sum", "mean", "weighted")
        stated = concept.id in named or concept.merge == kind
        if adds and concept.measure in ("yes_no", "category") and not stated:
            said = f"{concept.id} là mức, loại hoặc có/không"
            raise ValueError(f"{said}: không cộng, không lấy trung bình khi khung không nêu")
        chosen.append(kind)
    return tuple(chosen)


def _edges(
    observations: Observations, crosswalk: Crosswalk, assumption: Assumption, override: bool
) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Rows of the crosswalk to new units that are known of here, new units in its order.

    Old units stand in the order of their codes, so that sums do not depend on that of the rows.
    """
    table = crosswalk.table
    strangers = observations.units.index.difference(pd.Index(table["old"]))
    if len(strangers):
        raise ValueError("không có trong bảng chuyển đổi: " + some(strangers))
    share = crosswalk.shares(assumption, override)
    given = ~np.isnan(crosswalk.given) & (not override or assumption == "supplied")
    label = np.where(crosswalk.divided, np.where(given, "supplied", assumption), "")
    edges = pd.DataFrame(
        {"old": table["old"], "new": table["new"], "share": share, "assumption": label}
    )
    near = edges["new"][edges["old"].isin(observations.units.index)].unique()
    names = crosswalk.new_units
    names = names[names.index.isin(near)]
    place = names.index.get_indexer(pd.Index(edges["new"]))
    edges = edges.assign(place=place)[place >= 0].sort_values(["place", "old"], kind="stable")
    unknown = edges["old"][edges["share"].isna()].unique()
    if len(unknown):
        said = f"{len(unknown)} đơn vị cũ bị chia mà chưa rõ tỷ lệ ({some(unknown)})"
        raise ValueError(f"{said}: điền share, hoặc nêu giả định equal hay default")
    return edges.drop(columns="place").reset_index(drop=True), names


def _notes(
    edges: pd.DataFrame,
    units: pd.Index[str],
    concepts: tuple[Concept, ...],
    touched: Bools,
    assumption: Assumption,
) -> pd.DataFrame:
    """One row a value that rests on the division of an old unit, saying on what."""
    used = edges.groupby("new", sort=False)["assumption"].agg(set)
    words = {
        unit: "; ".join(text for key, text in ASSUMPTIONS.items() if key in kinds)
        for unit, kinds in used.items()
    }
    row, column = np.nonzero(touched)
    ids = np.array([concept.id for concept in concepts], dtype=object)
    said = np.array([words[unit] for unit in units], dtype=object)
    notes = pd.DataFrame("", index=range(len(row)), columns=list(NOTES), dtype=object)
    return notes.assign(unit=units[row], concept=ids[column], assumption=said[row])


def merge_each(
    observations: Observations,
    crosswalk: Crosswalk,
    rule: Rules | None = None,
    *,
    cover: float = 1.0,
    weights: pd.Series[float] | None = None,
) -> dict[Assumption, Merged]:
    """Merge under every assumption on divided units; "supplied" where the table gives all shares.

    See `merge` for the parameters.
    """
    found: dict[Assumption, Merged] = {}
    for assumption in ASSUMPTIONS:
        try:
            found[assumption] = merge(
                observations,
                crosswalk,
                rule,
                assumption=assumption,
                cover=cover,
                weights=weights,
                override=True,
            )
        except ValueError:
            if assumption == "equal":  # it always supplies shares: the fault is another
                raise
    return found


def assumption_effect(merges: Mapping[Assumption, Merged]) -> pd.DataFrame:
    """Say how far the assumption on divided units decides values.

    Parameters
    ----------
    merges : mapping
        As `merge_each` returns it.

    Returns
    -------
    DataFrame
        By concept: `touched`, values that rest on an assumption; `differ`, those that are not the
        same under all; `mean` and `largest` distance between the least and the greatest value,
        over values known under all (NaN without any).
    """
    values = np.stack([merged.observations.value for merged in merges.values()])
    touched = np.logical_or.reduce([merged.touched for merged in merges.values()])
    known = touched & np.isfinite(values).all(axis=0)
    gap = np.where(known, values.max(axis=0) - values.min(axis=0), np.nan)
    unsure = np.isnan(values).any(axis=0) & ~np.isnan(values).all(axis=0)
    frame = pd.DataFrame(gap)
    first = next(iter(merges.values())).observations
    return pd.DataFrame(
        {
            "touched": touched.sum(axis=0),
            "differ": ((gap > 0) | unsure).sum(axis=0),
            "mean": frame.mean().to_numpy(),
            "largest": frame.max().to_numpy(),
        },
        index=pd.Index(list(first.position), name="concept"),
    )
