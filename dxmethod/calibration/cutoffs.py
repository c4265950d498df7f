"""Where thresholds could stand, without anyone's judgement: who reaches what as one of them moves.

The units are a sample: every share has an interval for that, and bounds for what is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ..assessment import Assessment
from ..cells import Bools, Floats
from ..concepts import Catalogue, Concept, Id
from ..documents import Model
from ..faults import Collector, Fault, nearest
from ..framework import Framework, Indicator, by_stratum
from ..incomplete import membership
from ..levels import Bits, Levels

_HAIR = 1e-9
_POINTS = 20  # about so many places for a threshold where nobody declares the step


class Span(Model):
    """Where the thresholds of one indicator may stand, in its concept's unit.

    Attributes
    ----------
    step : float, optional
        Distance between neighbouring places; they are whole multiples of it.
    low, high : float, optional
        Least and greatest threshold allowed; by default what the concept admits.
    """

    step: Annotated[float, Field(gt=0)] | None = None
    low: float | None = None
    high: float | None = None


class Grid(Model):
    """Where thresholds may stand.

    Attributes
    ----------
    step : float
        For concepts in per cent. Yes/no and categories have their places; other numbers a round
        step that gives about twenty.
    indicators : dict of indicator id to Span
        What is declared of single indicators.
    """

    step: Annotated[float, Field(gt=0)] = 5.0
    indicators: dict[Id, Span] = Field(default_factory=dict)


def check_grid(
    grid: Grid, framework: Framework, catalogue: Catalogue, file: str = ""
) -> list[Fault]:
    """Note what is wrong of a grid: unknown indicators, bounds that contradict, no place at all."""
    faults = Collector(file)
    items = {item.id: item for item in framework.asked}
    for name, span in grid.indicators.items():
        where = f"lưới ngưỡng, chỉ tiêu {name}"
        if name not in items:
            faults.add(where, "không có yêu cầu nào trong khung", nearest(name, items))
            continue
        concept = catalogue[items[name].concept]
        low, high = _ends(concept, span)
        if low > high:
            faults.add(where, f"khoảng từ {low:g} đến {high:g}", "số nhỏ trước, lớn sau")
        elif not len(places(grid, items[name], concept)):
            found = f"không có bội nào của bước nhảy trong khoảng {low:g}–{high:g}"
            faults.add(where, found, "khoảng rộng hơn hoặc bước nhảy nhỏ hơn")
    return faults.faults


def places(grid: Grid, item: Indicator, concept: Concept, value: Floats | None = None) -> Floats:
    """Places where a threshold of an indicator may stand, ascending, in the concept's unit.

    Parameters
    ----------
    grid : Grid
    item : Indicator
        With requirements.
    concept : Concept
        That it reads.
    value : ndarray of float, optional
        Reported numbers: they say how far the grid goes where the concept's range has no end.
    """
    span = grid.indicators.get(item.id, Span())
    asked = [t for required in item.required.values() for t in by_stratum(required).values()]
    known = np.array([*asked, *(() if value is None else value[~np.isnan(value)])], dtype=float)
    low, high = _ends(concept, span)
    low = low if math.isfinite(low) else float(known.min())
    high = high if math.isfinite(high) else float(known.max())
    if span.step is not None:
        step = span.step
    elif concept.measure in ("yes_no", "category"):
        step = 1.0
    else:
        step = grid.step if concept.unit == "%" else _round_step(high - low, known)
    first, last = math.ceil(low / step - _HAIR), math.floor(high / step + _HAIR)
    return np.asarray(np.round(np.arange(first, last + 1) * step, 9))


def _ends(concept: Concept, span: Span) -> tuple[float, float]:
    low, high = concept.bounds
    return (
        low if span.low is None else max(low, span.low),
        high if span.high is None else min(high, span.high),
    )


def _round_step(width: float, known: Floats) -> float:
    """1, 2 or 5 times a power of ten; no less than 1 where every number is whole."""
    if width <= 0:
        return 1.0
    raw = width / _POINTS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= raw - _HAIR)
    return max(step, 1.0) if (known == np.round(known)).all() else step


@dataclass(frozen=True, eq=False)
class Cutoffs:
    """What each threshold lets through, wherever it stands.

    Attributes
    ----------
    assessment : Assessment
        By the draft, of U units.
    confidence : float
        Of the intervals.
    draft : DataFrame
        Thresholds as they are: `indicator`, `level` (id), `stratum` (as the requirement names it),
        `threshold`.
    curves : DataFrame
        By `indicator`, `stratum` (of the units; "" for all) and `threshold`: `asked` (units to
        which the indicator applies), `unknown`, `reached`; `share` of those asked when the unknown
        fail and `best` when they pass; `low` and `high`, the lower end of Wilson's interval
        about the first and the upper end about the second.
    moves : DataFrame
        By `indicator`, `level`, `stratum` (both of the requirement that moves) and `threshold`:
        how many `units` then hold each level `held` (0 for none), and `units_best` when the
        unknown pass. All other requirements stay as they are.
    """

    assessment: Assessment
    confidence: float
    draft: pd.DataFrame
    curves: pd.DataFrame
    moves: pd.DataFrame


def cutoffs(assessment: Assessment, grid: Grid | None = None, confidence: float = 0.9) -> Cutoffs:
    """Move every threshold over its grid, one at a time.

    Parameters
    ----------
    assessment : Assessment
        By a framework with levels.
    grid : Grid, optional
        The draft's own thresholds are places too, so that what is stands among what could be.
    confidence : float
        Of the intervals.

    Returns
    -------
    Cutoffs

    Raises
    ------
    ValueError
        If the framework has no levels.

    Notes
    -----
    A unit's level takes at most two values as one threshold moves: what it holds when it passes and
    when it fails. Both come from the kernel's own rule, whatever the quorum, so the distribution at
    every place is exact, and costs one count over the units.
    """
    levels = _levels(assessment)
    at = _all_places(assessment, grid or Grid())
    rows = [
        (levels.indicators[row].id, levels.framework.levels[place].id, stratum, threshold)
        for place, row, required in levels.framework.thresholds
        for stratum, threshold in required.items()
    ]
    draft = pd.DataFrame(rows, columns=["indicator", "level", "stratum", "threshold"])
    return Cutoffs(
        assessment, confidence, draft, _curves(levels, at, confidence), _moves(levels, at)
    )


def _levels(assessment: Assessment) -> Levels:
    if assessment.levels is None:
        raise ValueError(f"{assessment.framework.id} không có mức độ")
    return assessment.levels


def signs(levels: Levels) -> Floats:
    """+1 where more is better, −1 where less is, of the R indicators with requirements."""
    concepts = {concept.id: concept.sign for concept in levels.observations.concepts}
    return np.array([concepts.get(item.concept, 1.0) for item in levels.indicators])


def _all_places(assessment: Assessment, grid: Grid) -> list[Floats]:
    """Places of each row, with the draft's own; none for a concept that nobody reported."""
    levels = _levels(assessment)
    concepts = {concept.id: concept for concept in levels.observations.concepts}
    found = []
    for item, value in zip(levels.indicators, levels.cells.value, strict=True):
        own = [t for asked in item.required.values() for t in by_stratum(asked).values()]
        concept = concepts.get(item.concept)
        found.append(
            np.array([])
            if concept is None
            else np.union1d(places(grid, item, concept, value), np.array(own, dtype=float))
        )
    return found


def wilson(hits: Floats, n: Floats, confidence: float) -> Floats:
    """Wilson's interval of a share, shape (2, …): lower and upper end; NaN where n is zero.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927).
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    size = np.where(n > 0, n, np.nan)
    share = hits / size
    middle = share + z * z / (2 * size)
    half = z * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    ends = np.stack([middle - half, middle + half]) / (1 + z * z / size)
    return np.asarray(np.clip(ends, 0.0, 1.0))


def _curves(levels: Levels, at: list[Floats], confidence: float) -> pd.DataFrame:
    groups = membership(levels.observations)
    members, names = groups.to_numpy(), np.array(groups.columns, dtype=object)
    sign = signs(levels)
    nothing = np.zeros(levels.cells.value.shape, dtype=bool)
    excluded = nothing if levels.cells.excluded is None else levels.cells.excluded
    unknown = nothing if levels.cells.unknown is None else levels.cells.unknown
    frames = []
    for row, item in enumerate(levels.indicators):
        met = sign[row] * levels.cells.value[row] >= (sign[row] * at[row])[:, None]
        reached = (met & ~excluded[row]) @ members
        asked = np.broadcast_to(~excluded[row] @ members, reached.shape)
        open_ = np.broadcast_to((unknown[row] & ~excluded[row]) @ members, reached.shape)
        counts = {"asked": asked, "unknown": open_, "reached": reached}
        frame = pd.DataFrame({key: part.ravel().astype(np.int64) for key, part in counts.items()})
        frame.insert(0, "indicator", item.id)
        frame.insert(1, "stratum", np.tile(names, len(at[row])))
        frame.insert(2, "threshold", np.repeat(at[row], len(names)))
        frames.append(frame)
    out = pd.concat(frames, ignore_index=True)
    asked, reached, open_ = (out[k].to_numpy(float) for k in ("asked", "reached", "unknown"))
    size = np.where(asked > 0, asked, np.nan)
    out["share"], out["best"] = reached / size, (reached + open_) / size
    out["low"] = wilson(reached, asked, confidence)[0]
    out["high"] = wilson(reached + open_, asked, confidence)[1]
    return out


def _either(levels: Levels, passed: Bits, row: int, place: int, fixed: Bools) -> NDArray[np.int8]:
    """Levels if one requirement failed and if it passed, shape (2, U); `fixed` cells stay."""
    bit = passed.dtype.type(1 << place)
    trial = passed.copy()
    trial[row] = np.where(fixed, passed[row], passed[row] & ~bit)
    failing = levels.if_passed(trial)
    trial[row] = np.where(fixed, passed[row], passed[row] | bit)
    return np.stack([failing, levels.if_passed(trial)])


def _cases(levels: Levels, row: int, place: int) -> list[NDArray[np.int8]]:
    """As `_either`, with the unknown failing and with the unknown passing."""
    cells = levels.cells
    free = np.zeros(len(levels.stratum), dtype=bool)
    fixed = free if cells.excluded is None else cells.excluded[row]
    worst = _either(levels, levels.passed, row, place, fixed)
    if cells.unknown is None:
        return [worst, worst]
    everything = levels.passed.dtype.type((1 << len(levels.framework.levels)) - 1)
    best = levels.passed | cells.unknown * everything
    return [worst, _either(levels, best, row, place, fixed | cells.unknown[row])]


def _moves(levels: Levels, at: list[Floats]) -> pd.DataFrame:
    strata = np.asarray(levels.observations.strata, dtype=object)
    kinds = len(levels.framework.levels) + 1
    frames = []
    for place, row, required in levels.framework.thresholds:
        cases = _cases(levels, row, place)
        met = _met(levels, row, at[row])
        for stratum, units in asked_of(required, strata).items():
            # Of whom this threshold is not asked, the level stays what it is.
            worst, best = (
                _counts(np.where(units, case, now), met, kinds)
                for case, now in zip(cases, (levels.level, levels.best), strict=True)
            )
            frame = pd.DataFrame(
                {
                    "indicator": levels.indicators[row].id,
                    "level": levels.framework.levels[place].id,
                    "stratum": stratum,
                    "threshold": np.repeat(at[row], kinds),
                    "held": np.tile(np.arange(kinds), len(at[row])),
                    "units": worst.ravel(),
                    "units_best": best.ravel(),
                }
            )
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _met(levels: Levels, row: int, at: Floats) -> Bools:
    """Whether each unit's value meets a threshold at each place, shape (places, U)."""
    sign = signs(levels)[row]
    return np.asarray(sign * levels.cells.value[row] >= (sign * at)[:, None])


def _counts(case: NDArray[np.int8], met: Bools, kinds: int) -> NDArray[np.int64]:
    """Units by level at each place, shape (places, kinds); `case` as `_either` returns it."""
    held = np.where(met, case[1], case[0]) + kinds * np.arange(len(met))[:, None]
    return np.bincount(held.ravel(), minlength=len(met) * kinds).reshape(-1, kinds)


def asked_of(required: Mapping[str, float], strata: NDArray[np.object_]) -> dict[str, Bools]:
    """Units of whom each threshold of one requirement is asked, by stratum as it is named."""
    others = ~np.isin(strata.astype(str), list(required))
    return {name: others if name == "*" else strata == name for name in required}


@dataclass(frozen=True, eq=False)
class TradeOff:
    """What one threshold, common to all strata, would do to each of them.

    Attributes
    ----------
    indicator, level : id
        Of the requirement that moves.
    draft : DataFrame
        By `stratum` ("" for all units): the draft's own `threshold` (NaN for all units and where
        none is asked), `units`, `reached` (they hold the level or a higher one), `share`.
    curve : DataFrame
        By `threshold` and `stratum`: `units`, `reached`, `share`, its interval `low` and `high`,
        and `spread`, the greatest share of a stratum less the smallest.
    """

    indicator: str
    level: str
    draft: pd.DataFrame
    curve: pd.DataFrame

    @property
    def drafted_spread(self) -> float:
        """Greatest share of a stratum less the smallest, under the draft."""
        own = self.draft.loc[self.draft["stratum"] != "", "share"]
        return float(own.max() - own.min())


def trade_off(
    assessment: Assessment,
    indicator: str,
    level: str,
    grid: Grid | None = None,
    confidence: float = 0.9,
) -> TradeOff:
    """Ask one threshold of all strata alike, and see who reaches the level in each.

    Parameters
    ----------
    assessment : Assessment
        By a framework with levels; the unknown fail.
    indicator, level : id
        A requirement of it.
    grid, confidence
        See `cutoffs`.

    Raises
    ------
    ValueError
        If the framework asks no such thing.
    """
    levels = _levels(assessment)
    names = [item.id for item in levels.indicators]
    order = [item.id for item in levels.framework.levels]
    asked = {(r, p): required for p, r, required in levels.framework.thresholds}
    wanted = (
        names.index(indicator) if indicator in names else -1,
        order.index(level) if level in order else -1,
    )
    if wanted not in asked:
        raise ValueError(f"{assessment.framework.id} không yêu cầu {indicator} ở {level}")
    row, place = wanted
    at = _all_places(assessment, grid or Grid())[row]
    groups = membership(levels.observations)
    case = _cases(levels, row, place)[0]
    held = np.where(_met(levels, row, at), case[1], case[0]) > place
    curve = _shares(held, groups, confidence)
    curve.insert(0, "threshold", np.repeat(at, groups.shape[1]))
    own = curve["share"].where(curve["stratum"] != "").groupby(curve["threshold"])
    curve["spread"] = own.transform("max") - own.transform("min")
    draft = _shares(levels.level[None] > place, groups, confidence)
    by_name = asked[wanted]
    thresholds = [
        by_name.get(n, by_name.get("*", np.nan)) if n else np.nan for n in map(str, groups)
    ]
    draft.insert(1, "threshold", thresholds)
    return TradeOff(indicator, level, draft, curve)


def _shares(held: Bools, groups: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Share of each group that holds something, by case, shape of `held` (cases, U)."""
    members = groups.to_numpy()
    reached = (held @ members).ravel()
    units = np.tile(members.sum(axis=0), len(held))
    low, high = wilson(reached, units, confidence)
    return pd.DataFrame(
        {
            "stratum": np.tile(np.array(groups.columns, dtype=object), len(held)),
            "units": units.astype(np.int64),
            "reached": reached.astype(np.int64),
            "share": reached / np.where(units > 0, units, np.nan),
            "low": low,
            "high": high,
        }
    )
