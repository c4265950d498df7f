"""Better, or another ruler? A change between two rounds by rules, by map, by performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .assessment import assess
from .faults import Collector
from .framework import Framework
from .observations import Observations, Status
from .reorganisation import Reorganisation, can_carry
from .units import some
from .values import concepts_of

FACTORS: Mapping[str, str] = {
    "rules": "quy định",
    "map": "sắp xếp đơn vị",
    "year": "kết quả của đơn vị",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """How the change of an outcome between two rounds comes about.

    Attributes
    ----------
    factors : tuple of str
        Those of `FACTORS` that differ, F of them.
    outcomes : mapping of str to str
        What is decomposed, by column: `reach1`, `reach2`, … (share of units that hold that level
        or a higher one), `level` (mean place of the level held), `total` (mean total, in per cent
        of the maximum, of the units that have one); those that both versions have.
    cells : DataFrame
        One row a combination, by a text of 0 (old) and 1 (new), one a factor: `units`,
        `known` (share of the values asked that were reported), `absent` (why there is no
        such result, "" where there is), and the outcomes.
    effects : DataFrame
        One row a set of factors, single ones first: `part` (factors joined by " × "), `outcome`,
        `dividend` (single: its change alone, the others as before; several: what they do together
        beyond what smaller sets do) and, for single factors, `shapley` (mean over every order of
        the factors). NaN where a cell that it takes is absent. Either column adds up to the whole
        change.
    orders : tuple of tuples of str
        The orders over which `shapley` is the mean: all of them when no cell is absent, otherwise
        those whose every step exists; none when no order does.
    units_left_out : int
        Units in one round only, left out of both.

    Notes
    -----
    Dividends are those of Harsanyi (inclusion and exclusion over the sets of factors), and the
    Shapley value gives each factor its dividend and an equal part of those that it shares.
    """

    factors: tuple[str, ...]
    outcomes: Mapping[str, str]
    cells: pd.DataFrame
    effects: pd.DataFrame
    orders: tuple[tuple[str, ...], ...]
    units_left_out: int

    @property
    def complete(self) -> bool:
        """Whether every cell exists."""
        return not self.cells["absent"].any()

    def ends(self, outcome: str) -> tuple[float, float]:
        """The outcome with everything old, and with everything new."""
        return float(self.cells[outcome].iloc[0]), float(self.cells[outcome].iloc[-1])

    def parts(self, outcome: str) -> pd.Series[float]:
        """Shares of the factors in the change of an outcome, by their names; see `orders`."""
        rows = self.effects[self.effects["outcome"] == outcome].head(len(self.factors))
        return rows.set_index("part")["shapley"].rename(FACTORS)

    def steps(self) -> pd.DataFrame:
        """Every change of one factor that can be computed.

        Returns
        -------
        DataFrame
            One row a pair of cells that exist: `factor`, `at` (the others, in words), and the
            change of each outcome.
        """
        rows = []
        for place, factor in enumerate(self.factors):
            for before in self.cells.index[self.cells["absent"] == ""]:
                after = f"{before[:place]}1{before[place + 1 :]}"
                if before[place] == "1" or self.cells.loc[after, "absent"]:
                    continue
                others = [
                    f"{FACTORS[name]} {'mới' if side == '1' else 'cũ'}"
                    for name, side in zip(self.factors, before, strict=True)
                    if name != factor
                ]
                old, new = self.cells.loc[[before, after], list(self.outcomes)].to_numpy(float)
                changes = dict(zip(self.outcomes, new - old, strict=True))
                rows.append({"factor": factor, "at": ", ".join(others), **changes})
        return pd.DataFrame(rows, columns=["factor", "at", *self.outcomes])


def decompose(
    old: Framework,
    new: Framework,
    later: Observations,
    earlier: Observations | None = None,
    reorganisation: Reorganisation | None = None,
    cover: float = 1.0,
) -> Decomposition:
    """Split the change between two rounds into rules, map and performance.

    Parameters
    ----------
    old, new : Framework
        Rules before and after.
    later, earlier : Observations
        Of the later round and, where there was one, of the earlier; the earlier of old units.
        Where the later round is of old units too, units that are not in both are left out.
    reorganisation : Reorganisation, optional
        How old units become new ones. Results of new units are those of merged values.
    cover : float
        Share of the concepts that a version asks for which a round must have collected for its
        result to count; below it the cell is absent.

    Returns
    -------
    Decomposition
    """
    rounds, why, left_out = _rounds(later, earlier, reorganisation)
    factors = ["rules"]
    factors += ["map"] if any(moved for moved, _ in rounds) else []
    factors += ["year"] if earlier is not None else []
    outcomes = _outcomes(old, new)
    rows = {}
    for rules, moved, year in product((0, 1), repeat=3):
        cell = "".join(
            str(side)
            for name, side in (("rules", rules), ("map", moved), ("year", year))
            if name in factors
        )
        if ("map" not in factors and moved) or ("year" not in factors and not year):
            continue
        known = rounds.get((moved, year))
        reason = why.get((moved, year), "")
        rows[cell] = _result((old, new)[rules], known, outcomes, reason, cover)
    cells = pd.DataFrame.from_dict(rows, orient="index")
    orders = tuple(order for order in permutations(factors) if _exists(order, factors, cells))
    effects = _effects(tuple(factors), list(outcomes), cells, orders)
    return Decomposition(tuple(factors), outcomes, cells, effects, orders, left_out)


def _rounds(
    later: Observations, earlier: Observations | None, known: Reorganisation | None
) -> tuple[dict[tuple[int, int], Observations], dict[tuple[int, int], str], int]:
    """Observations by map and year (0 old, 1 new), why some are not there, units left out."""
    carried = can_carry(known, later)
    left_out = 0
    if earlier is not None and (carried or not can_carry(known, earlier)):
        both = earlier.units.index.intersection(later.units.index, sort=False)
        left_out = len(earlier.units) + len(later.units) - 2 * len(both)
        if both.empty:
            raise ValueError("hai đợt không có đơn vị nào chung và không có bảng chuyển đổi")
        earlier, later = _only(earlier, both), _only(later, both)
    rounds: dict[tuple[int, int], Observations] = {}
    why: dict[tuple[int, int], str] = {}
    of_new = not carried and earlier is not None and can_carry(known, earlier)
    rounds[(int(of_new), 1)] = later
    if of_new:
        why[(0, 1)] = "số liệu đợt sau do đơn vị mới báo cáo, không tách về đơn vị cũ được"
    if earlier is not None:
        rounds[(0, 0)] = earlier
    for year, reported in ((0, earlier), (1, later)):
        if known is not None and reported is not None and can_carry(known, reported):
            rounds[(1, year)] = known.carry(reported, Collector()).observations
    return rounds, why, left_out


def _only(observations: Observations, units: pd.Index) -> Observations:
    """Keep the given units, in that order, with what their ratios are made of."""
    if observations.units.index.equals(units):
        return observations
    at = observations.units.index.get_indexer(units)
    kept = {
        name: None if part is None else np.asfortranarray(part[at])
        for name, part in (
            ("value", observations.value),
            ("status", observations.status),
            ("numerator", observations.numerator),
            ("denominator", observations.denominator),
        )
    }
    return replace(observations, units=observations.units.iloc[at], notes=None, **kept)  # type: ignore[arg-type]


def _outcomes(old: Framework, new: Framework) -> dict[str, str]:
    found = {}
    if old.levels and new.levels:
        for place in range(1, min(len(old.levels), len(new.levels)) + 1):
            found[f"reach{place}"] = f"Từ mức {place}"
        found["level"] = "Mức bình quân"
    if old.has_points and new.has_points:
        found["total"] = "Tổng điểm bình quân (% điểm tối đa)"
    return found


def _result(
    framework: Framework,
    observations: Observations | None,
    outcomes: Mapping[str, str],
    reason: str,
    cover: float,
) -> dict[str, object]:
    """One cell: the outcomes, or why there are none."""
    nothing: dict[str, object] = {
        "units": 0,
        "known": np.nan,
        "absent": reason or "không có đợt này",
    }
    nothing |= dict.fromkeys(outcomes, np.nan)
    if observations is None:
        return nothing
    concepts = _read_by(framework)
    columns = [observations.position.get(name) for name in concepts]
    reported = observations.status != np.uint8(Status.MISSING)
    asked = [np.False_ if at is None else reported[:, at] for at in columns]
    collected = np.array([np.any(column) for column in asked])
    known = float(np.mean([np.mean(column) for column in asked]))
    if collected.mean() < cover:
        lost = [n for n, has in zip(concepts, collected, strict=True) if not has]
        absent = f"đợt này không thu thập {len(lost)} khái niệm được hỏi: {some(lost, 5)}"
        return {**nothing, "units": len(reported), "known": known, "absent": absent}
    found: dict[str, object] = {"units": len(reported), "known": known, "absent": ""}
    result = assess(framework, observations)
    if "level" in outcomes and result.levels is not None:
        held = result.levels.level
        for name in outcomes:
            if name.startswith("reach"):
                found[name] = float((held >= int(name.removeprefix("reach"))).mean())
        found["level"] = float(held.mean())
    if "total" in outcomes and result.points is not None:
        total = result.points.total[~np.isnan(result.points.total)]
        found["total"] = 100 * float(total.mean()) / framework.maximum if total.size else np.nan
    return found


def _read_by(framework: Framework) -> list[str]:
    """Concepts that decide a result; what is collected without points or threshold does not."""
    names: dict[str, None] = {}
    for item in framework.indicators:
        parts = concepts_of(item.value) if item.most else ()
        if item.required or (item.most and not parts):
            names[item.concept] = None
        names.update(dict.fromkeys(parts))
    return list(names)


def _cell(factors: Sequence[str], changed: Sequence[str]) -> str:
    return "".join(str(int(name in changed)) for name in factors)


def _exists(order: Sequence[str], factors: Sequence[str], cells: pd.DataFrame) -> bool:
    """Whether every cell on the way from all old to all new exists, in this order."""
    way = [_cell(factors, order[:taken]) for taken in range(len(order) + 1)]
    return not any(cells.loc[cell, "absent"] for cell in way)


def _subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(names) + 1):
        yield from combinations(names, size)


def _effects(
    factors: tuple[str, ...],
    outcomes: Sequence[str],
    cells: pd.DataFrame,
    orders: Sequence[tuple[str, ...]],
) -> pd.DataFrame:
    """Dividends of every set of factors, and the mean of the steps of each over the orders."""
    numbers = cells[list(outcomes)].to_numpy(dtype=np.float64)
    value = dict(zip(cells.index, numbers, strict=True))
    none = value[_cell(factors, ())]
    dividend: dict[tuple[str, ...], Floats] = {}
    rows = []
    for part in _subsets(factors):
        smaller = [dividend[inner] for inner in _subsets(part) if inner != part]
        dividend[part] = value[_cell(factors, part)] - none - sum(smaller)
        shapley = np.full(len(outcomes), np.nan)
        if len(part) == 1 and orders:
            steps = []
            for order in orders:
                taken = order.index(part[0])
                before, after = (_cell(factors, order[:n]) for n in (taken, taken + 1))
                steps.append(value[after] - value[before])
            shapley = np.mean(steps, axis=0)
        label = " × ".join(part)
        rows += [
            {"part": label, "outcome": name, "dividend": d, "shapley": s}
            for name, d, s in zip(outcomes, dividend[part], shapley, strict=True)
        ]
    return pd.DataFrame(rows, columns=["part", "outcome", "dividend", "shapley"])
