"""One concept's values of old units combined into new ones: the kernel of a merger.

A new unit's value is made of the cells of its predecessors. A cell is *known* (a number was
reported), *lacking* (missing, claimed without a number, or a unit that reported nothing at all), or
left out: what does not apply to an old unit, or did not occur in it, adds nothing to the new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .concepts import Concept, MergeRule
from .observations import Observations, Status

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of one concept, one an edge; those of a new unit lie side by side from `starts` on."""

    concept: Concept
    value: Floats
    numerator: Floats
    denominator: Floats
    status: NDArray[np.uint8]
    share: Floats
    weight: Floats
    split: Bools
    starts: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        observations: Observations,
        column: int,
        row: NDArray[np.int64],
        share: Floats,
        weight: Floats,
        split: Bools,
        starts: NDArray[np.int64],
    ) -> Cells:
        """Take a column; row −1, a unit that is not there, is missing."""

        def cells(name: str) -> Floats:
            held = getattr(observations, name)
            return (
                np.full(len(row), np.nan)
                if held is None
                else np.append(held[:, column], np.nan)[row]
            )

        status = np.append(observations.status[:, column], np.uint8(Status.MISSING))[row]
        return cls(
            observations.concepts[column],
            cells("value"),
            cells("numerator"),
            cells("denominator"),
            status,
            share,
            weight,
            split,
            starts,
        )

    @cached_property
    def asked(self) -> Bools:
        """Cells in which there is something to know."""
        nothing = (np.uint8(Status.NOT_APPLICABLE), np.uint8(Status.NO_OCCURRENCE))
        found: Bools = (self.status != nothing[0]) & (self.status != nothing[1])
        return found

    @cached_property
    def known(self) -> Bools:
        """Cells that count and hold a number."""
        return self.asked & (self.share > 0) & ~np.isnan(self.value)

    @cached_property
    def lacking(self) -> Bools:
        """Cells that count and hold no number."""
        return self.asked & (self.share > 0) & np.isnan(self.value)

    def without_claims(self) -> Cells:
        """The same, where what was claimed without proof is not known."""
        claimed = self.status == np.uint8(Status.NO_EVIDENCE)
        return replace(self, value=np.where(claimed, np.nan, self.value))

    def total(self, numbers: Floats, where: Bools) -> Floats:
        """Sum by new unit."""
        return np.add.reduceat(np.where(where, numbers, 0.0), self.starts)

    def any(self, where: Bools) -> Bools:
        """Whether any cell of a new unit is so."""
        found: Bools = np.logical_or.reduceat(where, self.starts)
        return found

    def extreme(self, largest: bool) -> tuple[Floats, Floats]:
        """Bounds of the largest or of the smallest value; infinite where nothing is asked."""
        pick = np.maximum if largest else np.minimum
        lacks = self.any(self.lacking)
        found = pick.reduceat(
            np.where(self.known, self.value, -np.inf if largest else np.inf), self.starts
        )
        low, high = (np.where(lacks, pick(found, bound), found) for bound in self.concept.bounds)
        return low, high


FLOATS = ("value", "low", "high", "numerator", "denominator")


@dataclass(frozen=True, eq=False)
class Column:
    """One concept of the new units, arrays of shape (N,)."""

    value: Floats
    low: Floats
    high: Floats
    numerator: Floats
    denominator: Floats
    status: NDArray[np.uint8]
    touched: Bools


def combine(cells: Cells, rule: MergeRule, cover: float) -> Column:
    """Combine one concept's cells.

    Parameters
    ----------
    cells : Cells
        Of all edges between old and new units.
    rule : str
        How; see `Concept`.
    cover : float
        Share of the whole from which cells that are known speak for it, in a mean.

    Returns
    -------
    Column
    """
    blank = np.full(len(cells.starts), np.nan)
    value, top, below, proved = blank, blank, blank, np.zeros(len(blank), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        if rule == "void":
            low, high = (np.full(len(blank), bound) for bound in cells.concept.bounds)
        elif rule == "sum":
            low, high = _sum(cells)
        elif rule in ("ratio", "mean", "weighted"):
            value, low, high, top, below = _average(cells, rule, cover)
        else:
            good = cells.concept.sign > 0
            largest = {"any": True, "all": False}.get(rule, good == (rule == "best"))
            low, high = cells.extreme(largest)
            least, most = cells.without_claims().extreme(largest)
            proved = least == most
    asked = cells.any(cells.known | cells.lacking)
    low, high = np.where(asked, low, np.nan), np.where(asked, high, np.nan)
    # What is missing makes no difference where the bounds meet: one "no" settles "all".
    value = np.where(np.isnan(value) & (low == high) & np.isfinite(low), low, value)
    value = np.where(asked, value, np.nan)
    touched = cells.any(cells.split & cells.asked) & (rule != "void")
    return Column(value, low, high, top, below, _status(cells, value, proved), touched)


def _sum(cells: Cells) -> tuple[Floats, Floats]:
    """Bounds of a sum of shares; what is missing is never extrapolated."""
    known = cells.total(cells.share * cells.value, cells.known)
    part = cells.total(cells.share, cells.lacking)
    low, high = (np.where(part > 0, known + part * bound, known) for bound in cells.concept.bounds)
    return low, high


def _average(
    cells: Cells, rule: MergeRule, cover: float
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Mean by denominators, weights or shares: value, bounds, numerator, denominator.

    The mean is by the first weighting that all known cells have; what share of the whole they are,
    by the first that all cells have.
    """
    known, lacking = cells.known, cells.lacking
    whole = _whole(cells.concept)
    top = cells.share * np.where(
        np.isnan(cells.numerator), cells.value * cells.denominator / whole, cells.numerator
    )
    below = cells.share * cells.denominator
    weighings = [(below, whole * top if rule == "ratio" else below * cells.value)]
    weighings.append((cells.share * cells.weight, cells.share * cells.weight * cells.value))
    if rule == "mean":
        weighings = [(cells.share, cells.share * cells.value)]
    mean, held, left = (np.full(len(cells.starts), np.nan) for _ in range(3))
    by_parts = np.zeros(len(cells.starts), dtype=bool)
    for place, (weight, weighted) in enumerate(weighings):
        amount, rest = cells.total(weight, known), cells.total(weight, lacking)
        usable = ~cells.any(known & np.isnan(weight)) & (amount > 0)
        by_parts |= usable & (place == 0) & (rule != "mean")
        mean = np.where(np.isnan(mean) & usable, cells.total(weighted, known) / amount, mean)
        measured = usable & ~cells.any(lacking & np.isnan(weight)) & np.isnan(held)
        held, left = np.where(measured, amount, held), np.where(measured, rest, left)
    enough = ~cells.any(lacking) | (held >= cover * (held + left))
    value = np.where(enough, mean, np.nan)
    least, most = cells.extreme(False)[0], cells.extreme(True)[1]
    low, high = (
        np.where(
            np.isnan(mean) | np.isnan(held),
            outer,
            np.where(left > 0, (held * mean + left * bound) / (held + left), mean),
        )
        for outer, bound in zip((least, most), cells.concept.bounds, strict=True)
    )
    shown = by_parts & ~np.isnan(value)
    top, below = (np.where(shown, cells.total(part, known), np.nan) for part in (top, below))
    return value, low, high, top, below


def _whole(concept: Concept) -> float:
    """How many units of its own make a ratio of one: 100 of "%", 1.000 of "máy/1.000 dân"."""
    if concept.unit == "%":
        return 100.0
    per = re.search(r"/(\d[\d.]*)", concept.unit)
    return float(per.group(1).replace(".", "")) if per else 1.0


def _status(cells: Cells, value: Floats, proved: Bools) -> NDArray[np.uint8]:
    """Status of each new unit: nothing to know, a number, claimed alone, or missing."""
    active = cells.share > 0
    asked = cells.any(cells.asked & active)
    occurs = cells.any(active & (cells.status == np.uint8(Status.NO_OCCURRENCE)))
    unproved = cells.any(active & (cells.status == np.uint8(Status.NO_EVIDENCE))) & ~proved
    missing = cells.any(active & (cells.status == np.uint8(Status.MISSING)))
    return np.select(
        [
            ~cells.any(active),
            ~asked & occurs,
            ~asked,
            unproved & (~missing | ~np.isnan(value)),
            np.isnan(value),
        ],
        [
            Status.MISSING,
            Status.NO_OCCURRENCE,
            Status.NOT_APPLICABLE,
            Status.NO_EVIDENCE,
            Status.MISSING,
        ],
        Status.OBSERVED,
    ).astype(np.uint8)
