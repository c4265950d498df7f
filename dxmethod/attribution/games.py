"""What any set of changes would be worth: the games behind attribution, without assessing anew.

Indicators that different bundles touch add up independently, so what a variant gives is a sum over
components: sets of bundles that touch an indicator in common. Bundles that change the rules
themselves (levels, bands, conventions, groups) are switched outside that sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..assessment import Assessment, assess
from ..framework import Framework, Indicator
from ..levels import Levels
from ..observations import Observations
from ..points import Points, classify, rank_totals, round_declared
from .bundles import Bundle, Bundles
from .conjunctive import is_chained
from .shapley import Coalitions, Floats

Outcome = Literal["level", "band", "total", "rank"]

_HAIR = 1e-9
_BLOCK = 1 << 21  # numbers in one block of coalitions × units: it stays in the cache
_STATES = 6  # bundles of one component whose states are tabled


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every variant.

    Attributes
    ----------
    outcome : {"level", "band", "total", "rank"}
    groups : ndarray of float, shape (U, G)
        Levels and bands: units of each group at or above each place are counted. Totals and ranks
        are asked of every unit.
    places : int
        L levels, or bands but the lowest.
    percent : bool
        Whether totals are in per cent of the variant's maximum.
    """

    outcome: Outcome
    groups: Floats
    places: int
    percent: bool

    def counted(self, place: NDArray[np.integer]) -> Floats:
        """Units of each group at each place (from 1) or above, from places (B, U): (B, G · L)."""
        sums = [(place >= k).astype(np.float64) @ self.groups for k in range(1, self.places + 1)]
        return np.stack(sums, axis=-1).reshape(len(place), -1)

    def answer(self, found: Assessment) -> Floats:
        """What one assessment gives, shape (K,)."""
        if self.outcome == "level":
            assert found.levels is not None
            return np.asarray(self.counted(found.levels.level[None])[0])
        assert found.points is not None
        if self.outcome == "band":
            return np.asarray(self.counted(found.points.band[None])[0])
        if self.outcome == "rank":
            return found.points.rank.astype(np.float64)
        scale = 100 / found.framework.maximum if self.percent else 1.0
        return np.asarray(found.points.total * scale)


class Direct:
    """Every variant is built and assessed: right for any framework, and slow."""

    def __init__(self, bundles: Bundles, observations: Observations, question: Question) -> None:
        self.bundles, self.observations, self.question = bundles, observations, question
        self.known: dict[bytes, Floats] = {}

    def __call__(self, coalitions: Coalitions) -> Floats:
        """Worth of rows of coalitions, shape (B, K)."""
        return np.stack([self._worth(row) for row in coalitions])

    def _worth(self, row: NDArray[np.bool_]) -> Floats:
        key = np.packbits(row).tobytes()
        if key not in self.known:
            framework = self.bundles.variant(np.flatnonzero(row).tolist())
            self.known[key] = self.question.answer(assess(framework, self.observations))
        return self.known[key]


# Rows of sums that add up over components, by name; each of shape (U,).
Sums = dict[str, Floats]


class Additive:
    """Variants are sums over components; nothing is assessed but each component's states."""

    def __init__(self, bundles: Bundles, observations: Observations, question: Question) -> None:
        self.bundles, self.observations, self.question = bundles, observations, question
        self.outer = [p for p, b in enumerate(bundles.players) if _is_rule(b, bundles)]
        inner = [p for p in range(len(bundles.players)) if p not in self.outer]
        self.components = _components(bundles, inner)
        self.known: dict[tuple[int, ...], _Table] = {}

    @staticmethod
    def fits(bundles: Bundles, outcome: Outcome) -> bool:
        """Whether the result is such a sum, and every component small enough to be tabled."""
        inner = [p for p, b in enumerate(bundles.players) if not _is_rule(b, bundles)]
        small = all(len(part) <= _STATES for part in _components(bundles, inner))
        if outcome == "level":
            return small
        flat = all(_is_plain_sum(side) for side in (bundles.old, bundles.new))
        return flat and small

    def __call__(self, coalitions: Coalitions) -> Floats:
        """Worth of rows of coalitions, shape (B, K)."""
        rules = coalitions[:, self.outer]
        kinds, which = np.unique(rules, axis=0, return_inverse=True)
        found: list[tuple[NDArray[np.intp], Floats]] = []
        for number, rule in enumerate(kinds):
            rows = np.flatnonzero(which.reshape(-1) == number)
            chosen = tuple(np.array(self.outer)[rule].tolist()) if self.outer else ()
            found.append((rows, self._table(chosen).worth(coalitions[rows])))
        out = np.empty((len(coalitions), found[0][1].shape[1]))
        for rows, worth in found:
            out[rows] = worth
        return out

    def _table(self, chosen: tuple[int, ...]) -> _Table:
        if chosen not in self.known:
            self.known[chosen] = _Table(self, chosen)
        return self.known[chosen]


class _Table:
    """States of every component under one set of rules."""

    def __init__(self, game: Additive, chosen: tuple[int, ...]) -> None:
        self.game, self.question = game, game.question
        most = max((1 << len(part) for part in game.components), default=1)
        self.framework = game.bundles.variant(chosen)
        sums = []
        for state in range(most):
            inner = [
                player
                for part in game.components
                for bit, player in enumerate(part)
                if (state % (1 << len(part))) >> bit & 1
            ]
            variant = game.bundles.variant([*chosen, *inner])
            found = assess(variant, game.observations)
            sums.append(_level_rows(found.levels) if self._of_levels else _point_rows(found.points))
        owner = {
            name: number
            for number, part in enumerate(game.components)
            for player in part
            for name in game.bundles.players[player].nodes
        }
        self.base: Sums = {}
        self.steps: Sums = {}  # what each further state of a component adds, (states, U)
        for key, rows in sums[0].items():
            first = [_sum_of(rows, owner, number) for number in range(len(game.components))]
            self.base[key] = _sum_of(rows, owner, None) + sum(first)
            self.steps[key] = np.array(
                [
                    _sum_of(sums[state][key], owner, number) - first[number]
                    for number, part in enumerate(game.components)
                    for state in range(1, 1 << len(part))
                ]
            ).reshape(-1, len(self.base[key]))

    @property
    def _of_levels(self) -> bool:
        return self.question.outcome == "level"

    def worth(self, coalitions: Coalitions) -> Floats:
        """Worth of coalitions that share these rules, shape (B, K)."""
        width = len(self._open) if self._of_levels else len(self.question.groups)
        step = max(1, _BLOCK // max(1, width))
        return np.concatenate(
            [
                self._block(coalitions[start : start + step])
                for start in range(0, len(coalitions), step)
            ]
        )

    def _block(self, coalitions: Coalitions) -> Floats:
        picked = self._picked(coalitions)
        if not self._of_levels:
            sums = {key: base + picked @ self.steps[key] for key, base in self.base.items()}
            return _from_totals(self.framework, sums, self.question)
        sums = {
            key: base + picked @ steps if steps.any() else base
            for key, (base, steps) in self._narrow.items()
        }
        reached = _reached(self.framework, sums)
        counts = [
            np.broadcast_to(
                held.astype(np.float32) @ self._groups,
                (len(picked), len(self._settled) // self.question.places),
            )
            for held in reached
        ]
        rest = [np.zeros(counts[0].shape)] * (self.question.places - len(counts))
        found = np.stack([*counts, *rest], axis=-1).reshape(len(coalitions), -1)
        return np.asarray(found + self._settled)

    def _picked(self, coalitions: Coalitions) -> Floats:
        """1 where a component is in a state other than its first, shape (B, states)."""
        columns = [np.zeros((len(coalitions), 0))]
        for part in self.game.components:
            state = coalitions[:, part] @ (1 << np.arange(len(part)))
            columns.append((state[:, None] == np.arange(1, 1 << len(part))).astype(np.float64))
        return np.concatenate(columns, axis=1)

    @cached_property
    def _bounds(self) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.bool_]]]:
        """Levels reached in the worst and in the best coalition: more of a sum never hurts."""
        low, high = dict(self.base), dict(self.base)
        start = 0
        for part in self.game.components:
            stop = start + (1 << len(part)) - 1
            for key, steps in self.steps.items():
                low[key] = low[key] + np.minimum(steps[start:stop].min(axis=0), 0.0)
                high[key] = high[key] + np.maximum(steps[start:stop].max(axis=0), 0.0)
            start = stop
        return _reached(self.framework, low), _reached(self.framework, high)

    @cached_property
    def _open(self) -> NDArray[np.intp]:
        """Units that some coalition moves."""
        low, high = self._bounds
        return np.flatnonzero(
            np.logical_or.reduce([a != b for a, b in zip(low, high, strict=True)])
        )

    @cached_property
    def _narrow(self) -> dict[str, tuple[Floats, Floats]]:
        return {
            key: (base[self._open], np.ascontiguousarray(self.steps[key][:, self._open]))
            for key, base in self.base.items()
        }

    @cached_property
    def _groups(self) -> NDArray[np.float32]:
        return self.question.groups[self._open].astype(np.float32)

    @cached_property
    def _settled(self) -> Floats:
        """Units of each group at each level or above that no coalition moves, shape (G · L,)."""
        still = np.ones(len(self.question.groups), dtype=bool)
        still[self._open] = False
        counts = [(held & still) @ self.question.groups for held in self._bounds[0]]
        rest = [np.zeros(counts[0].shape)] * (self.question.places - len(counts))
        return np.stack([*counts, *rest], axis=-1).reshape(-1)


def _is_rule(bundle: Bundle, bundles: Bundles) -> bool:
    """Whether a bundle changes more than indicators."""
    leaves = {item.id for side in (bundles.old, bundles.new) for item in side.indicators}
    return any(
        not change.target.startswith("tree/") or change.target.split("/")[1] not in leaves
        for change in bundle.changes
    )


def _components(bundles: Bundles, players: Sequence[int]) -> list[list[int]]:
    """Players that touch a node in common, directly or through others."""
    parts: list[tuple[set[str], list[int]]] = []
    for player in players:
        nodes, members = set(bundles.players[player].nodes), [player]
        apart = []
        for other in parts:
            if other[0] & nodes:
                nodes |= other[0]
                members = [*other[1], *members]
            else:
                apart.append(other)
        parts = [*apart, (nodes, members)]
    return [members for _, members in parts]


def _is_plain_sum(framework: Framework) -> bool:
    flat = all(group.combine == "sum" and group.points is None for group in framework.groups)
    return flat and framework.policy.rescale != "group"


def _sum_of(rows: dict[str, Floats], owner: dict[str, int], number: int | None) -> Floats:
    """Sum of the rows of one component, or of those that no bundle touches."""
    mine = [row for name, row in rows.items() if owner.get(name) == number and name]
    return np.sum(mine, axis=0) if mine else np.zeros_like(rows[""])


def _level_rows(found: Levels | None) -> dict[str, dict[str, Floats]]:
    """Rows that add up to every clause of every level, by clause and by indicator.

    A share asks that Σ(met − share · counted) ≥ 0; a count that Σ met ≥ count or that nothing
    counted fails; a mandatory requirement that no failure is counted.
    """
    assert found is not None
    zero = np.zeros(found.passed.shape[1])
    out: dict[str, dict[str, Floats]] = {"applies": {"": zero}}
    excluded = found.cells.excluded
    applies = np.ones(found.passed.shape) if excluded is None else 1.0 - excluded
    for row, item in enumerate(found.indicators):
        out["applies"][item.id] = applies[row]
    for place, level in enumerate(found.framework.levels):
        met = found.met(place)
        asked = ~np.isnan(found.required[:, place])[found.stratum].T & (applies > 0)
        good, counted = (met & asked).astype(np.float64), asked.astype(np.float64)
        for q, quorum in enumerate(level.quorum):
            inside = {item.id for item in found.framework.below(quorum.of)}
            rows = [(r, i.id) for r, i in enumerate(found.indicators) if i.id in inside]
            key = f"{place}/{q}"
            if quorum.share is not None:
                out[f"{key}/share"] = {"": zero} | {
                    name: good[r] - quorum.share * counted[r] for r, name in rows
                }
            if quorum.count is not None:
                out[f"{key}/met"] = {"": zero} | {name: good[r] for r, name in rows}
                out[f"{key}/all"] = {"": zero} | {name: good[r] - counted[r] for r, name in rows}
        if level.mandatory:
            out[f"{place}/mandatory"] = {"": zero} | {
                item.id: good[r] - counted[r]
                for r, item in enumerate(found.indicators)
                if item.id in level.mandatory
            }
    return out


def _reached(framework: Framework, sums: Sums) -> list[NDArray[np.bool_]]:
    """Whether each level or one above it is held, from the sums of the clauses, each (…, U)."""
    held: dict[str, NDArray[np.bool_]] = {}
    some = sums["applies"] > 0.5
    for place, level in enumerate(framework.levels):
        reached = some
        if level.mandatory:
            reached = reached & (sums[f"{place}/mandatory"] > -0.5)
        for q, quorum in enumerate(level.quorum):
            key = f"{place}/{q}"
            if quorum.share is not None:
                reached = reached & (sums[f"{key}/share"] >= -_HAIR)
            if quorum.count is not None:
                enough = sums[f"{key}/met"] > quorum.count - 0.5
                reached = reached & (enough | (sums[f"{key}/all"] > -0.5))
        if level.after is not None:
            reached = reached & held[level.after]
        held[level.id] = reached
    at_least = list(held.values())
    if not is_chained(framework):
        for place in range(len(at_least) - 2, -1, -1):
            at_least[place] = at_least[place] | at_least[place + 1]
    return at_least


def _point_rows(found: Points | None) -> dict[str, dict[str, Floats]]:
    """Rows that add up to points earned, applying, in the whole sheet, and beyond it."""
    assert found is not None
    zero = np.zeros(found.share.shape[1])
    out: dict[str, dict[str, Floats]] = {
        key: {"": zero} for key in ("earned", "applies", "whole", "extra")
    }
    for row, item in enumerate(found.indicators):
        left = 0.0 if found.excluded is None else found.excluded[row].astype(np.float64)
        out["earned"][item.id] = item.maximum * found.share[row]
        out["applies"][item.id] = zero + item.maximum * (1.0 - left)
        out["whole"][item.id] = zero + item.maximum
        out["extra"][item.id] = zero + _sign(item) * item.most * found.share[row]
    return out


def _sign(item: Indicator) -> float:
    return {"scored": 0.0, "bonus": 1.0, "penalty": -1.0}[item.role]


def _from_totals(framework: Framework, sums: Sums, question: Question) -> Floats:
    """Totals, ranks or bands from the sums of points, as `Points` makes them."""
    earned, applies, whole = sums["earned"], sums["applies"], sums["whole"]
    scale = np.divide(whole, applies, out=np.full(applies.shape, np.nan), where=applies > _HAIR)
    total = earned * scale + sums["extra"]
    if question.outcome == "total":
        return np.asarray(total * 100 / whole if question.percent else total)
    step = "rank" if question.outcome == "rank" else "band"
    rounding = framework.rounding
    if rounding is None or step not in rounding.before:
        total = np.round(total, 9)
    else:
        total = round_declared(total, rounding)
    if step == "rank":
        ties = framework.policy.ties
        return np.stack([rank_totals(row, ties) for row in total]).astype(np.float64)
    if framework.band_scale == "percent":
        total = np.round(100 * total / whole, 9)
    return question.counted(classify(total, framework.bands))
