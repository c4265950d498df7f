"""The points kernel: shares, points and totals by node, rescaled as the document says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .cells import Bools, Floats, lay_out, leave_out, outside
from .composite import COMBINE
from .framework import Band, Framework, Group, Indicator, Rounding, band_bound, full_points
from .observations import Observations
from .values import Curve, Fitted, Parts, Value

# Decimals are printed in tens, computed in twos: 79.95 is stored a hair below.
_HAIR = 1e-9
_DIGITS = 9


@dataclass(frozen=True, eq=False)
class Points:
    """Points of U units.

    Attributes
    ----------
    framework, observations
        What was asked of whom.
    indicators : tuple of Indicator
        Those that earn points, I of them.
    share : ndarray of float, shape (I, U)
        Share of the points earned, 0 to 1; nothing where the value is unknown or excluded.
    excluded : ndarray of bool or float, shape (I, U), or None
        How much of the points leaves the denominator: all where the indicator does not apply, and
        the rest where a unit's class can earn less than another's; bytes when no class does.
    unknown : ndarray of bool, shape (I, U), or None
        Where the points could yet be earned.
    hoped : dict of int to ndarray of float, shape (U,)
        Shares of composed values, by row, with their unknown parts earning everything.
    """

    framework: Framework
    observations: Observations
    indicators: tuple[Indicator, ...]
    share: Floats
    excluded: Bools | Floats | None
    unknown: Bools | None
    hoped: Mapping[int, Floats]

    @cached_property
    def share_best(self) -> Floats:
        """The shares with unknown values earning everything; the same array when there are none."""
        if self.unknown is None and not self.hoped:
            return self.share
        best = self.share.copy() if self.unknown is None else np.maximum(self.share, self.unknown)
        for row, item in enumerate(self.indicators):
            if isinstance(item.points, dict) and self.excluded is not None:
                np.minimum(best[row], 1.0 - self.excluded[row], out=best[row])
        for row, hoped in self.hoped.items():
            best[row] = hoped
        for row, item in enumerate(self.indicators):
            if item.role == "penalty":
                best[row] = self.share[row]  # the best that can happen is no further penalty
        return best

    @cached_property
    def _nodes(self) -> dict[str, tuple[Floats, Floats]]:
        return _evaluate(self.framework, self.indicators, self.share, self.excluded)

    @property
    def earned(self) -> Mapping[str, Floats]:
        """Points earned by every group, by id, each of shape (U,), before rescaling the sheet."""
        return {name: earned for name, (earned, _) in self._nodes.items()}

    @property
    def applicable(self) -> Mapping[str, Floats]:
        """Points that apply in every group, by id, each of shape (U,)."""
        return {name: full for name, (_, full) in self._nodes.items()}

    @cached_property
    def total(self) -> Floats:
        """Total, rescaled to the whole sheet as the policy says; NaN where nothing applies."""
        return _total(self.framework, self._nodes) + self.extra(self.share)

    @cached_property
    def best(self) -> Floats:
        """Total with unknown values earning everything."""
        if self.share_best is self.share:
            return self.total
        nodes = _evaluate(self.framework, self.indicators, self.share_best, self.excluded)
        return _total(self.framework, nodes) + self.extra(self.share_best)

    def extra(self, share: Floats) -> Floats | float:
        """Bonus points less penalty points, shape (U,); 0 when the document has neither."""
        signs = {"scored": 0.0, "bonus": 1.0, "penalty": -1.0}
        signed = np.array([signs[item.role] * item.most for item in self.indicators])
        return np.asarray(signed @ share) if signed.any() else 0.0

    @cached_property
    def band(self) -> NDArray[np.int8]:
        """Place of the band of each total, from 0 (lowest); −1 where there is no total."""
        total = self._rounded("band")
        if self.framework.band_scale == "percent":
            total = np.round(100 * total / self.framework.maximum, _DIGITS)
        return classify(total, self.framework.bands)

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """Rank, 1 the highest total, ties as the policy says; 0 where there is no total."""
        return rank_totals(self._rounded("rank"), self.framework.policy.ties)

    def _rounded(self, before: str) -> Floats:
        rounding = self.framework.rounding
        if rounding is None or before not in rounding.before:
            # Not a rounding that anyone could print: sums that are equal on paper are equal here.
            return np.round(self.total, _DIGITS)
        return round_declared(self.total, rounding)


def assess_points(framework: Framework, observations: Observations) -> Points:
    """Turn reported values into shares of the points.

    Parameters
    ----------
    framework : Framework
        With I indicators that earn points.
    observations : Observations
        Of U units; `Fitted` values are fitted on them.

    Returns
    -------
    Points
    """
    indicators = tuple(item for item in framework.indicators if item.most)
    absent = outside(indicators, observations)
    cells = lay_out([item.concept for item in indicators], observations, framework.policy)
    cells = leave_out(cells, absent)
    excluded = cells.excluded
    signs = {concept.id: concept.sign for concept in observations.concepts}
    asked = _Asked(framework, observations, signs)
    share = np.empty(cells.value.shape)
    hoped: dict[int, Floats] = {}
    for row, item in enumerate(indicators):
        if isinstance(item.value, Parts):
            share[row], hoped[row], out = _ends(item.value, item.concept, asked)
            if excluded is None:
                excluded = np.zeros(share.shape, dtype=bool)
            excluded[row] = out if absent is None else out | absent[row]
        else:
            found = _share(item.value, cells.value[row], signs.get(item.concept, 1.0))
            np.fmax(found, 0.0, out=share[row])  # NaN earns nothing
    if framework.policy.rescale == "none":
        excluded = absent  # the document's own applicability always leaves the denominator
    if absent is not None:
        share[absent] = 0.0
        hoped = {row: np.where(absent[row], 0.0, best) for row, best in hoped.items()}
    left: Bools | Floats | None = excluded
    for row, item in enumerate(indicators):
        if isinstance(item.points, dict):
            part = class_share(item.points, item.id, observations)
            share[row] *= part
            hoped = {**hoped, row: hoped[row] * part} if row in hoped else hoped
            left = np.zeros(share.shape) if left is None else left.astype(np.float64, copy=False)
            np.maximum(left[row], 1.0 - part, out=left[row])
    return Points(framework, observations, indicators, share, left, cells.unknown, hoped)


def class_share(points: Mapping[str, float], name: str, observations: Observations) -> Floats:
    """What each unit's class can earn, as a share of what the best endowed class can.

    Parameters
    ----------
    points : mapping of str to float
        Points by class of unit; "*" for every other class.
    name : str
        Id of the indicator, for the message.
    observations : Observations
        Of U units, with a column `unit_class`.

    Returns
    -------
    ndarray of float, shape (U,)

    Raises
    ------
    ValueError
        If the units have no class, or one that earns nothing is named nowhere.
    """
    if "unit_class" not in observations.units:
        raise ValueError(f"số liệu không có cột unit_class, cần cho chỉ tiêu {name}")
    given = observations.units["unit_class"].map(points).fillna(points.get("*", np.nan))
    if given.isna().any():
        unit = given.index[given.isna()][0]
        raise ValueError(f"chỉ tiêu {name} không nêu điểm cho loại đơn vị của {unit}")
    return np.asarray(given.to_numpy(dtype=np.float64) / max(points.values()))


def _share(value: Value | None, x: Floats, sign: float) -> Floats:
    if isinstance(value, Curve):
        return value(x)
    if isinstance(value, Fitted):
        return value.fit(x, sign)(x)
    raise TypeError(f"không tính được điểm từ {value!r}")


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the parts of composed values are read from."""

    framework: Framework
    observations: Observations
    signs: Mapping[str, float]


def _ends(value: Value, concept: str, asked: _Asked) -> tuple[Floats, Floats, Bools]:
    """Share of a value at worst and at best, and where it does not apply; each of shape (U,)."""
    if isinstance(value, Parts):
        ends = [_ends(part.value, part.concept, asked) for part in value.of]
        left = np.stack([out for _, _, out in ends])
        leaves = left & (asked.framework.policy.rescale != "none")
        worst, best = (
            np.nan_to_num(value.combine(np.where(leaves, np.nan, np.stack(side))))
            for side in list(zip(*ends, strict=True))[:2]
        )
        return worst, best, np.asarray(leaves.all(axis=0))
    cells = lay_out([concept], asked.observations, asked.framework.policy)
    share = np.nan_to_num(_share(value, cells.value[0], asked.signs.get(concept, 1.0)))
    nowhere = np.zeros(share.shape, dtype=bool)
    left = nowhere if cells.excluded is None else cells.excluded[0]
    best = share if cells.unknown is None else np.where(cells.unknown[0], 1.0, share)
    return share, best, left


@dataclass(frozen=True, eq=False)
class _Sheet:
    """What the groups of one framework are evaluated from."""

    framework: Framework
    rows: Mapping[str, int]
    weights: Floats
    share: Floats
    excluded: Bools | Floats | None


def _evaluate(
    framework: Framework,
    indicators: tuple[Indicator, ...],
    share: Floats,
    excluded: Bools | Floats | None,
) -> dict[str, tuple[Floats, Floats]]:
    """Points earned and points that apply, by group id, bottom up."""
    rows = {item.id: place for place, item in enumerate(indicators)}
    weights = np.array([item.maximum for item in indicators])
    nodes: dict[str, tuple[Floats, Floats]] = {}
    _visit(framework.tree, _Sheet(framework, rows, weights, share, excluded), nodes)
    return nodes


def _visit(
    group: Group, sheet: _Sheet, nodes: dict[str, tuple[Floats, Floats]]
) -> tuple[Floats, Floats]:
    """Evaluate a group after the groups below it."""
    leaves = [child.id for child in group.children if isinstance(child, Indicator)]
    rows = [sheet.rows[name] for name in leaves if name in sheet.rows]
    at = slice(rows[0], rows[-1] + 1) if rows and _consecutive(rows) else rows
    weights, share = sheet.weights[at], sheet.share[at]
    excluded = None if sheet.excluded is None else sheet.excluded[at]
    below = [_visit(child, sheet, nodes) for child in group.children if isinstance(child, Group)]
    if group.combine == "sum":
        earned = weights @ share
        full = np.full(earned.shape, weights.sum())
        if excluded is not None:
            full -= weights @ excluded.astype(np.float64, copy=False)
        for part, whole in below:
            earned, full = earned + part, full + whole
        nodes[group.id] = _rescale_group(sheet.framework, group, earned, full)
    else:
        shares = share if excluded is None else np.where(excluded >= 1, np.nan, share)
        nodes[group.id] = _combine(group, weights, shares, below)
    return nodes[group.id]


def _consecutive(rows: list[int]) -> bool:
    return rows[-1] - rows[0] == len(rows) - 1


def _rescale_group(
    framework: Framework, group: Group, earned: Floats, full: Floats
) -> tuple[Floats, Floats]:
    """Under rescaling within the group, what does not apply is made up for by its neighbours."""
    direct = any(isinstance(child, Indicator) for child in group.children)
    if framework.policy.rescale != "group" or not direct:
        return earned, full
    whole = full_points(group)
    scale = np.divide(whole, full, out=np.zeros_like(full), where=full > 0)
    return earned * scale, np.where(full > 0, whole, 0.0)


def _combine(
    group: Group, weights: Floats, shares: Floats, groups: list[tuple[Floats, Floats]]
) -> tuple[Floats, Floats]:
    """Mean of the children's shares, worth the group's points or, inside a mean, its weight."""
    inner = [child for child in group.children if isinstance(child, Group)]
    parts = [
        np.divide(earned, full, out=np.full(full.shape, np.nan), where=full > 0)
        for earned, full in groups
    ]
    table = np.vstack([shares, *parts]) if parts else shares
    mean = COMBINE[group.combine](table, np.array([*weights, *(child.weight for child in inner)]))
    worth = full_points(group)
    applies = ~np.isnan(mean)
    return np.where(applies, mean * worth, 0.0), np.where(applies, worth, 0.0)


def _total(framework: Framework, nodes: Mapping[str, tuple[Floats, Floats]]) -> Floats:
    earned, applicable = nodes[framework.tree.id]
    whole = framework.maximum
    out = np.full(earned.shape, np.nan)
    # Points that all apply are left untouched, so that a plain sum stays exactly that sum.
    np.copyto(out, earned, where=applicable == whole)
    part = (applicable > 0) & (applicable != whole)
    np.divide(earned * whole, applicable, out=out, where=part)
    return out


def round_declared(x: Floats, rounding: Rounding) -> Floats:
    """Round as the document declares.

    Parameters
    ----------
    x : ndarray of float
        Totals.
    rounding : Rounding
        Digits, and where halves go.

    Returns
    -------
    ndarray of float
        A total within 1e-9 of a printed half counts as that half: 79.95 has no exact binary form.
    """
    scaled = x * 10.0**rounding.decimals
    whole = np.floor(scaled)
    rest = scaled - whole
    half = np.abs(rest - 0.5) < _HAIR * np.maximum(1.0, np.abs(scaled))
    up = (rest > 0.5) & ~half
    up |= half & ((whole % 2 == 1) if rounding.half == "even" else True)
    return np.asarray((whole + up) / 10.0**rounding.decimals)


def classify(total: Floats, bands: tuple[Band, ...]) -> NDArray[np.int8]:
    """Place of the band that each total falls in, from 0; −1 for NaN or when there are no bands."""
    if not bands:
        return np.full(total.shape, -1, dtype=np.int8)
    bounds = [
        np.nextafter(band_bound(band), np.inf) if band.at_least is None else band.at_least
        for band in bands[1:]
    ]
    place = np.searchsorted(np.array(bounds), total, side="right").astype(np.int8)
    return np.where(np.isnan(total), np.int8(-1), place)


def rank_totals(total: Floats, ties: str) -> NDArray[np.int64]:
    """Rank totals, highest first; 0 for NaN. Equal totals share a rank.

    Parameters
    ----------
    total : ndarray of float, shape (U,)
    ties : {"competition", "dense"}
        Whether ranks go on 1-2-2-4 or 1-2-2-3 after a tie.

    Returns
    -------
    ndarray of int, shape (U,)
    """
    if ties == "dense":
        known = ~np.isnan(total)
        rank = np.zeros(total.shape, dtype=np.int64)
        rank[known] = np.unique(-total[known], return_inverse=True)[1] + 1
        return rank
    order = np.argsort(-total)
    ranked = total[order]
    place = np.arange(1, total.size + 1)
    place[1:][ranked[1:] == ranked[:-1]] = 0  # tied with the one before: takes its place
    rank = np.empty(total.shape, dtype=np.int64)
    rank[order] = np.maximum.accumulate(place)
    rank[np.isnan(total)] = 0
    return rank
