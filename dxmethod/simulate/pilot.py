"""Simulated pilots: invented units, what they would report, and the truth behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..concepts import Catalogue, Concept
from ..framework import Framework, Group
from ..observations import NOTES, Observations, Status
from ..rounds import STAGES, Round, Stage
from ..seeds import rng
from ..values import concepts_of
from .judges import JUDGES, Judge, judge_units, moved, true_rule
from .scale import Scale, scale_of
from .units import FACTS, denominators, invent_traits, invent_units, reorganise

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

YEARS = ("2024", "2025")

# How much a value of a source can be made to look better, and how often a verifier sees it.
_WEAK = {"automatic": 0.02, "published": 0.0, "statistics": 0.3, "survey": 0.4, "self_report": 1.0}
_SEEN = {"automatic": 0.98, "published": 1.0, "statistics": 0.85, "survey": 0.8, "self_report": 0.7}

# Latent maturity runs on a scale where k is about what the requirements of level k ask.
_MEAN, _SPREAD, _COMMON = 2.65, 1.15, 0.7
_KEPT, _GROWTH = 0.92, 0.45  # of the distance to the mean after a year; and what everyone gains


@dataclass(frozen=True, eq=False)
class Truth:
    """What no reader of observations may know.

    Attributes
    ----------
    maturity : DataFrame
        Latent maturity: columns `round`, `unit`, `overall`, then one for each group below a root.
    values : mapping of str to Observations
        True values of each round.
    rule : Framework
        The last framework with the thresholds that the judges of kind "rule" really apply.
    thresholds : DataFrame
        `indicator`, `concept`, `level`, `stratum`, `printed`, `true`: where `rule` departs.
    judges : tuple of Judge
    """

    maturity: pd.DataFrame
    values: Mapping[str, Observations]
    rule: Framework
    thresholds: pd.DataFrame
    judges: tuple[Judge, ...]


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulated pilot; nothing in it is about any real unit.

    Attributes
    ----------
    seed : int
    frameworks : tuple of Framework
        What was asked.
    units : DataFrame
        Indexed by code: `name`, `stratum`, `province`, `unit_class`, `population`, `households`,
        `villages`, `staff`.
    rounds : mapping of str to Round
        By year; each with the stages self, verified and final.
    judgements : DataFrame
        `judge`, `unit`, `level` (place from 1; 0 for none), `round`; empty without levels.
    crosswalk, new_units : DataFrame
        An invented reorganisation: `old`, `new`, `new_name`, `share`, `basis`, `effective`; and
        `unit`, `name`, `stratum`, `province`, `unit_class`, `basis`, `year` of the new units, whose
        strata are declared anew.
    truth : Truth
    """

    seed: int
    frameworks: tuple[Framework, ...]
    units: pd.DataFrame
    rounds: Mapping[str, Round]
    judgements: pd.DataFrame
    crosswalk: pd.DataFrame
    new_units: pd.DataFrame
    truth: Truth

    @property
    def source(self) -> str:
        """Source for captions: it says that the data are simulated."""
        return source_of(self.seed)


def source_of(seed: int) -> str:
    """Source text of every simulated table."""
    return f"Số liệu mô phỏng (dxmethod simulate, seed {seed})"


def simulate(
    frameworks: Framework | Sequence[Framework],
    catalogue: Catalogue,
    units: int = 120,
    seed: int = 1,
    judges: Sequence[Judge] = JUDGES,
) -> Simulation:
    """Simulate a pilot of two rounds a year apart.

    Parameters
    ----------
    frameworks : Framework or sequence of Framework
        Versions for one type of unit; every concept that any of them reads is reported. Judges
        have the last one in mind.
    catalogue : mapping of str to Concept
        Holds their concepts.
    units : int
        Number of invented units.
    seed : int
        Every draw has a generator of its own, seeded by this and by the name of what is drawn, so
        that one concept more leaves the values of the others as they were.
    judges : sequence of Judge

    Returns
    -------
    Simulation

    Raises
    ------
    ValueError
        If the number of units is not positive, or the frameworks are for other types of units.
    """
    asked = (frameworks,) if isinstance(frameworks, Framework) else tuple(frameworks)
    if units < 1 or len({framework.unit_type for framework in asked}) != 1:
        raise ValueError("simulate wants at least one unit, and frameworks for one type of unit")
    table = invent_units(asked, units, seed)
    traits = invent_traits(table, seed)
    world = _World(asked, _concepts(asked, catalogue), table, traits, seed)
    maturity = _maturity(world)
    truths, rounds = {}, {}
    for year in YEARS:
        cells = [_report(world, concept, maturity, year) for concept in world.concepts]
        truths[year] = _stacked(world, [cell.truth for cell in cells])
        rounds[year] = _round(world, cells, year)
    rule = true_rule(asked[-1], catalogue, seed)
    crosswalk, new_units = reorganise(table, seed)
    return Simulation(
        seed,
        asked,
        table,
        rounds,
        judge_units(rule, judges, truths, maturity, seed),
        crosswalk,
        new_units,
        Truth(_tidy(maturity, table.index), truths, rule, moved(asked[-1], rule), tuple(judges)),
    )


@dataclass(frozen=True, eq=False)
class _World:
    """What every draw depends on: who is asked what."""

    frameworks: tuple[Framework, ...]
    concepts: tuple[Concept, ...]
    units: pd.DataFrame
    traits: pd.DataFrame
    seed: int

    def normal(self, *names: str) -> Floats:
        """A standard normal number a unit, from the generator of that name."""
        return rng(self.seed, *names).standard_normal(len(self.units))

    def uniform(self, *names: str) -> Floats:
        """A number from 0 to 1 a unit, from the generator of that name."""
        return rng(self.seed, *names).random(len(self.units))


def _concepts(frameworks: Sequence[Framework], catalogue: Catalogue) -> tuple[Concept, ...]:
    """Every concept asked for, once, in printed order, then what describes a unit."""
    names = [name for framework in frameworks for name in framework.concepts]
    known = [name for name in FACTS if name in catalogue]
    return tuple(catalogue[name] for name in dict.fromkeys([*names, *known]))


def group_of(frameworks: Sequence[Framework], concept: str) -> str:
    """Group below the root, of the first framework that asks for the concept; "" if none does."""
    for framework in frameworks:
        for group in framework.tree.children:
            for item in framework.below(group.id) if isinstance(group, Group) else (group,):
                if concept == item.concept or concept in concepts_of(item.value):
                    return group.id
    return ""


def _maturity(world: _World) -> dict[str, dict[str, Floats]]:
    """Latent maturity by year and group: (U,) each. A few units lead by far, most are alike."""
    names = [group.id for framework in world.frameworks for group in framework.tree.children]
    base = world.traits["ease"].to_numpy(dtype=np.float64)
    common = {
        year: (np.exp(0.35 * z) - 1.0) / 0.35
        for year, z in _two_years(world, _KEPT, "maturity").items()
    }
    found: dict[str, dict[str, Floats]] = {year: {} for year in YEARS}
    for name in dict.fromkeys(["", *names]):
        own = _two_years(world, _KEPT, "maturity", name)
        for place, year in enumerate(YEARS):
            mixed = np.sqrt(_COMMON) * common[year] + np.sqrt(1 - _COMMON) * own[year]
            found[year][name] = _MEAN + place * _GROWTH + base + _SPREAD * mixed
    return found


def _two_years(world: _World, kept: float, *names: str) -> dict[str, Floats]:
    """A standard normal number a unit in each year; the second regresses to the mean."""
    first = world.normal(*names, YEARS[0])
    second = kept * first + np.sqrt(1 - kept**2) * world.normal(*names, YEARS[1])
    return dict(zip(YEARS, (first, second), strict=True))


@dataclass(frozen=True, eq=False)
class _Column:
    """One concept's values, each array of shape (U,); numerators are whole, or NaN."""

    value: Floats
    status: NDArray[np.uint8]
    numerator: Floats
    denominator: Floats
    reason: NDArray[Any]

    def where(self, chosen: Bools, other: _Column, reason: str | NDArray[Any] = "") -> _Column:
        """The other column's values where chosen, with a reason of their own."""
        return _Column(
            np.where(chosen, other.value, self.value),
            np.where(chosen, other.status, self.status),
            np.where(chosen, other.numerator, self.numerator),
            np.where(chosen, other.denominator, self.denominator),
            np.where(chosen, reason, self.reason),
        )

    def marked(
        self, chosen: Bools, status: Status, reason: str = "", keep: bool = False
    ) -> _Column:
        """A status instead of an observed value where chosen; the claim may be kept beside it."""
        chosen = chosen & (self.status == np.uint8(Status.OBSERVED))
        hidden = chosen & (not keep)
        return _Column(
            np.where(hidden, np.nan, self.value),
            np.where(chosen, np.uint8(status), self.status),
            np.where(hidden, np.nan, self.numerator),
            np.where(hidden, np.nan, self.denominator),
            np.where(chosen, reason, self.reason),
        )


@dataclass(frozen=True, eq=False)
class _Cells:
    """One concept in one round: the truth, and what each stage makes of it."""

    truth: _Column
    stages: Mapping[Stage, _Column]


def _report(
    world: _World, concept: Concept, maturity: Mapping[str, Mapping[str, Floats]], year: str
) -> _Cells:
    """What is true of one concept, what units claim, what is verified, what becomes final."""
    scale = scale_of(world.frameworks, concept, world.seed)
    group = "" if scale.tight else group_of(world.frameworks, concept.id)
    latent = maturity[year][group] + scale.ease
    shared = _two_years(world, 0.9, "shared", concept.denominator or concept.id)[year]
    own = _two_years(world, 0.9, "own", concept.id)[year]
    latent = latent + scale.noise * (
        np.sqrt(scale.shared) * shared + np.sqrt(1 - scale.shared) * own
    )
    weak = _WEAK[concept.source_type] * world.traits["flatters"].to_numpy()
    extra = 0.45 * weak * np.abs(world.normal("claim", concept.id, year))
    truth = _column(world, concept, scale, (latent, np.zeros(len(latent))), year)
    claim = _column(world, concept, scale, (latent, extra), year)
    claim = _heaped(world, concept, scale, claim, weak, year)
    return _Cells(truth, _stages(world, concept, truth, claim, year))


def _divides(concept: Concept) -> bool:
    """Whether the value is a percentage whose numerator and denominator are counts."""
    return concept.unit == "%" and concept.measure == "ratio" and bool(concept.denominator)


def _column(
    world: _World, concept: Concept, scale: Scale, latent: tuple[Floats, Floats], year: str
) -> _Column:
    """Turn latent maturity, and what is claimed on top of it, into a column of values."""
    draw = rng(world.seed, "values", concept.id, year)
    blank = np.full(len(world.units), np.nan)
    known = FACTS.get(concept.id)
    seldom = scale.none is not None
    below = denominators(world.units, concept, YEARS.index(year), world.seed, seldom)
    if known is not None:
        value, top, below = world.units[known].to_numpy(dtype=np.float64), blank, blank
    elif _divides(concept):
        share = scale.share(concept, *latent, draw) / 100
        with np.errstate(invalid="ignore", divide="ignore"):
            top = np.minimum(np.floor(share * below + draw.random(len(below))), below)
            value = np.round(100 * top / below, 2)
    else:
        value, top, below = scale.number(concept, *latent, draw), blank, blank
    status = np.full(len(blank), np.uint8(Status.OBSERVED))
    column = _Column(value, status, top, below, np.full(len(blank), "", dtype=object))
    return column.marked(np.isnan(value), scale.none or Status.MISSING)


def _heaped(
    world: _World, concept: Concept, scale: Scale, claim: _Column, weak: Floats, year: str
) -> _Column:
    """Lift claims that fall just short of a threshold to just above it, or onto it."""
    if not _divides(concept) or not len(scale.cuts):
        return claim
    sign = concept.sign
    cuts = np.sort(sign * scale.cuts)
    at = np.searchsorted(cuts, sign * claim.value - 1e-9)
    near = cuts[np.minimum(at, len(cuts) - 1)]
    gap = near - sign * claim.value
    tempted = (at < len(cuts)) & (gap > 0) & (gap < 8)
    tempted &= world.uniform("heap", concept.id, year) < 0.5 * weak
    wanted = np.abs(near) * claim.denominator / 100
    top = np.where(sign > 0, np.ceil(wanted - 1e-9), np.floor(wanted + 1e-9))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.round(100 * top / claim.denominator, 2)
    return claim.where(tempted, replace(claim, value=value, numerator=top))


def _stages(
    world: _World, concept: Concept, truth: _Column, claim: _Column, year: str
) -> dict[Stage, _Column]:
    """Cover some values, correct or doubt others, and settle what is answered for."""

    def below(chance: float | Floats, step: str) -> Bools:
        return np.asarray(world.uniform(step, concept.id, year) < chance)

    told = (claim.status == np.uint8(Status.OBSERVED)) & (concept.id not in FACTS)
    drawn = rng(world.seed, "coverage", concept.id).gamma(1.0)
    source = {"automatic": 0.4, "survey": 2.0, "statistics": 1.2}.get(concept.source_type, 1.0)
    lacking = told & below(drawn * source * world.traits["gaps"].to_numpy(), "missing")
    weak = _WEAK[concept.source_type]
    wrong = told & (claim.value != truth.value)
    chance = np.where(wrong, 0.07, 0.02) * weak * world.traits["doubt"].to_numpy()
    doubted = told & below(chance, "doubt")
    admitted = doubted & below(0.3, "admitted")
    self_said = claim.marked(lacking, Status.MISSING)
    self_said = self_said.marked(admitted, Status.NO_EVIDENCE, keep=True)

    found = lacking & below(0.6, "found")
    seen = wrong & ~lacking & below(_SEEN[concept.source_type], "seen")
    why = np.where(below(0.6, "why"), "sai-so-lieu", "sai-cach-tinh")
    verified = self_said.where(seen & ~doubted, truth, why).where(found, truth, "bo-sung")
    verified = verified.marked(doubted & ~found, Status.NO_EVIDENCE, "khong-minh-chung", keep=True)

    proved = doubted & ~lacking & below(0.6, "proved")
    late = lacking & ~found & below(0.5, "late")
    final = replace(verified, reason=np.full(len(lacking), "", dtype=object))
    final = final.where(proved, truth, "giai-trinh").where(late, truth, "bo-sung")
    return dict(zip(STAGES, (self_said, verified, final), strict=True))


def _stacked(
    world: _World, columns: Sequence[_Column], notes: pd.DataFrame | None = None
) -> Observations:
    """Columns side by side, as observations that say they are simulated."""

    def side_by_side(name: str) -> NDArray[Any]:
        return np.asfortranarray(np.stack([getattr(item, name) for item in columns]).T)

    return Observations(
        world.units[["name", "stratum", "province", "unit_class"]],
        world.concepts,
        side_by_side("value"),
        side_by_side("status"),
        source_of(world.seed),
        True,
        side_by_side("numerator"),
        side_by_side("denominator"),
        notes,
    )


def _round(world: _World, cells: Sequence[_Cells], year: str) -> Round:
    """One round, with a note on every value that a stage changed."""
    stages = {}
    for stage in STAGES:
        columns = [cell.stages[stage] for cell in cells]
        reason = np.stack([column.reason for column in columns]).T
        unit, concept = np.nonzero(reason != "")
        notes = pd.DataFrame("", index=range(len(unit)), columns=list(NOTES))
        notes["unit"] = world.units.index.to_numpy()[unit]
        notes["concept"] = np.array([item.id for item in world.concepts], dtype=object)[concept]
        notes["stage"], notes["reason"], notes["window"] = stage, reason[unit, concept], year
        sources = np.array([item.source_type for item in world.concepts], dtype=object)
        notes["source_type"] = sources[concept]
        stages[stage] = _stacked(world, columns, notes)
    return Round(stages)


def _tidy(maturity: Mapping[str, Mapping[str, Floats]], units: pd.Index[Any]) -> pd.DataFrame:
    """Latent maturity as one table."""
    parts = []
    for year, groups in maturity.items():
        part = pd.DataFrame({name or "overall": np.round(x, 3) for name, x in groups.items()})
        part.insert(0, "unit", units.to_numpy())
        part.insert(0, "round", year)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
