"""Which change did it: how much of a shift each bundle of changes caused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..comparison import Comparison
from ..levels import Levels
from .bundles import Bundles, bundles
from .conjunctive import Turns, always_asked, is_conjunctive, shares, turns
from .games import Additive, Direct, Outcome, Question
from .shapley import Floats, Shares, all_coalitions, exact, sampled

Method = Literal["closed form", "enumeration", "sampling"]

METHODS = {
    "closed form": "công thức chính xác",
    "enumeration": "tính mọi tổ hợp thay đổi",
    "sampling": "lấy mẫu thứ tự thay đổi",
}
WHOLE = "Cả mẫu"

_ENUMERATED = 12  # bundles: 4,096 variants
_BUILT = 8  # the same where every variant is built and assessed on its own
_EVALUATIONS = 20_000
_BUILT_EVALUATIONS = 1_000


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each of P bundles contributes to K outcomes.

    Attributes
    ----------
    comparison : Comparison
    bundles : Bundles
    outcome : {"level", "band", "total", "rank"}
    method : {"closed form", "enumeration", "sampling"}
    shapley, alone, last, in_order : DataFrame, shape (P, K)
        By bundle id. Mean marginal effect over all orders, which sums to the whole shift; effect of
        the bundle alone; of adding it last; of adding it in the order of the new version. Columns
        of levels and bands are (group, place from 1): units of a group at that place or above.
        Columns of totals and ranks are units. A rank's contribution is in places risen.
    error : DataFrame or None
        Standard error of `shapley`, where it was sampled.
    start, end : Series, shape (K,)
        The outcomes before and after.
    sizes : Series
        Units of each group; of each unit, 1.
    causes : DataFrame or None
        All-must-pass levels only, one row a bundle, group, level and direction ("up", "down") that
        occurs: `turned`, units for which it turns a failure into passing or passing into a failure,
        whatever else they fail; and of the units that move, those for which it is the `sole` cause,
        one of two or three (`few`), or one of more (`many`).
    evaluations : int
        Variants looked at; 0 for the closed form.
    """

    comparison: Comparison
    bundles: Bundles
    outcome: Outcome
    method: Method
    shapley: pd.DataFrame
    alone: pd.DataFrame
    last: pd.DataFrame
    in_order: pd.DataFrame
    error: pd.DataFrame | None
    start: pd.Series[float]
    end: pd.Series[float]
    sizes: pd.Series[int]
    causes: pd.DataFrame | None
    evaluations: int

    @property
    def shift(self) -> pd.Series[float]:
        """What the whole difference does; ranks count places risen."""
        return (self.end - self.start) * (-1 if self.outcome == "rank" else 1)

    def among(self, group: str = WHOLE, part: str = "shapley") -> pd.DataFrame:
        """Contributions to every level or band of one group, by bundle id and place from 1."""
        return pd.DataFrame(getattr(self, part).xs(group, axis=1, level=0))

    def at(self, place: int, group: str = WHOLE) -> pd.DataFrame:
        """Contributions to the number of units of a group at a place or above.

        Parameters
        ----------
        place : int
            Level or band, from 1.
        group : str, optional
            One of the groups; by default all units.

        Returns
        -------
        DataFrame
            By bundle id, largest Shapley value first: `label`, `shapley`, `alone`, `last`, `error`
            (where sampled), and of the causes `sole`, `few`, `many`, and `lifted`, `broken`: units
            that it turns at that place (where known).
        """
        column = (group, place)
        frame = pd.DataFrame({"label": self.bundles.labels}, index=self.shapley.index)
        for name in ("shapley", "alone", "last"):
            frame[name] = getattr(self, name)[column]
        if self.error is not None:
            frame["error"] = self.error[column]
        if self.causes is not None:
            here = self.causes[(self.causes["group"] == group) & (self.causes["place"] == place)]
            counts = here.groupby("bundle")[["sole", "few", "many"]].sum()
            for way, name in (("up", "lifted"), ("down", "broken")):
                counts[name] = here[here["direction"] == way].set_index("bundle")["turned"]
            frame = frame.join(counts.fillna(0).astype(np.int64).reindex(frame.index, fill_value=0))
        order = frame["shapley"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[order]


def attribute(
    comparison: Comparison,
    players: Bundles | None = None,
    *,
    outcome: Outcome = "level",
    by: str | None = None,
    rng: np.random.Generator | None = None,
    evaluations: int | None = None,
) -> Attribution:
    """Say how much of a draft's effect each bundle of its changes caused.

    Parameters
    ----------
    comparison : Comparison
        Of U units under two versions.
    players : Bundles, optional
        P bundles; by default the smallest that can stand alone.
    outcome : {"level", "band", "total", "rank"}
        Number of units at each level, or band, or above; total or rank of each unit. Unknown values
        fail.
    by : str, optional
        Attribute of the units ("stratum", "province") by whose values levels and bands are also
        counted.
    rng : numpy Generator, optional
        For sampling.
    evaluations : int, optional
        Most variants to look at when sampling.

    Returns
    -------
    Attribution

    Raises
    ------
    ValueError
        If the two versions do not both have the outcome, or units lack the attribute.

    Notes
    -----
    Exact by a closed form under all-must-pass rules whose bundles touch no indicator in common; by
    enumeration up to 12 bundles (8 where totals are not plain sums); otherwise sampled.
    """
    _check(comparison, outcome)
    old, new = comparison.baseline, comparison.draft
    made = players or bundles(old.framework, new.framework)
    names, groups = _groups(comparison, by if outcome in ("level", "band") else None)
    question = Question(outcome, groups, _places(comparison, outcome), comparison.in_percent)
    found = causes = None
    method: Method = "closed form"
    if outcome == "level" and old.levels is not None and new.levels is not None:
        turned = _turned(old.levels, new.levels, made)
        if turned is not None:
            found = shares(turned, question.answer(old), question.answer(new), groups)
            causes = _causes(turned, made, names, groups)
    if found is None:
        method, found = _played(comparison, made, question, rng, evaluations)
    columns = _columns(comparison, question, names)
    ids = pd.Index([player.id for player in made.players], name="bundle")
    sign = -1.0 if outcome == "rank" else 1.0

    def table(values: Floats) -> pd.DataFrame:
        return pd.DataFrame(sign * values + 0.0, index=ids, columns=columns)  # no −0

    sizes = groups.sum(axis=0) if outcome in ("level", "band") else np.ones(len(columns))
    return Attribution(
        comparison=comparison,
        bundles=made,
        outcome=outcome,
        method=method,
        shapley=table(found.shapley),
        alone=table(found.alone),
        last=table(found.last),
        in_order=table(found.in_order),
        error=None if found.error is None else table(found.error).abs(),
        start=pd.Series(found.start, index=columns),
        end=pd.Series(found.end, index=columns),
        sizes=pd.Series(sizes, index=names if outcome in ("level", "band") else columns).astype(
            int
        ),
        causes=causes,
        evaluations=found.evaluations,
    )


def _check(comparison: Comparison, outcome: Outcome) -> None:
    have = {
        "level": comparison.levelled,
        "band": comparison.ranked
        and bool(comparison.baseline.framework.bands and comparison.draft.framework.bands),
        "total": comparison.ranked,
        "rank": comparison.ranked,
    }
    if not have[outcome]:
        words = {"level": "mức độ", "band": "xếp loại", "total": "điểm", "rank": "thứ hạng"}
        raise ValueError(f"hai phiên bản không cùng có {words[outcome]}")


def _groups(comparison: Comparison, by: str | None) -> tuple[list[str], Floats]:
    """Names of the groups, the whole first, and to which each unit belongs, (U, G)."""
    units = comparison.baseline.observations.units
    if by is None:
        return [WHOLE], np.ones((len(units), 1))
    if by not in units:
        raise ValueError(f"số liệu không có cột {by}")
    names = sorted(units[by].dropna().astype(str).unique())
    member = units[by].astype(str).to_numpy()[:, None] == np.array(names, dtype=object)
    return [WHOLE, *names], np.column_stack([np.ones(len(units)), member.astype(np.float64)])


def _places(comparison: Comparison, outcome: Outcome) -> int:
    sides = (comparison.baseline.framework, comparison.draft.framework)
    if outcome == "level":
        return max(len(side.levels) for side in sides)
    return max(len(side.bands) - 1 for side in sides)


def _columns(comparison: Comparison, question: Question, names: list[str]) -> pd.Index:
    if question.outcome in ("total", "rank"):
        return comparison.baseline.observations.units.index
    places = range(1, question.places + 1)
    return pd.MultiIndex.from_product([names, places], names=["group", "place"])


def _turned(old: Levels, new: Levels, made: Bundles) -> Turns | None:
    """What each bundle turns, where the closed form holds: else None."""
    same = len(old.framework.levels) == len(new.framework.levels)
    if not (same and is_conjunctive(old.framework) and is_conjunctive(new.framework)):
        return None
    nodes = [player.nodes for player in made.players]
    leaves = {item.id for side in (made.old, made.new) for item in side.indicators}
    apart = len(set().union(*nodes)) == sum(map(len, nodes)) if nodes else True
    plain = all(player.nodes <= leaves for player in made.players) and all(
        change.target.startswith("tree/") for player in made.players for change in player.changes
    )
    if not (apart and plain and always_asked(old, new, nodes)):
        return None
    return turns(old, new, nodes)


def _played(
    comparison: Comparison,
    made: Bundles,
    question: Question,
    rng: np.random.Generator | None,
    evaluations: int | None,
) -> tuple[Method, Shares]:
    """Enumerate the coalitions while bundles are few; sample orders beyond."""
    count, observations = len(made.players), comparison.baseline.observations
    summed = Additive.fits(made, question.outcome)
    game = (Additive if summed else Direct)(made, observations, question)
    if count <= (_ENUMERATED if summed else _BUILT):
        return "enumeration", exact(game(all_coalitions(count)))
    most = evaluations or (_EVALUATIONS if summed else _BUILT_EVALUATIONS)
    return "sampling", sampled(game, count, rng or np.random.default_rng(0), most)


def _causes(turned: Turns, made: Bundles, names: list[str], groups: Floats) -> pd.DataFrame:
    """For how many units each bundle is the sole cause, one of a few, or one of many."""
    ids = np.array([player.id for player in made.players], dtype=object)
    parts = []
    for place, (units, lifts, breaks, a, b) in enumerate(turned.counts, 1):
        sides = (("up", lifts, a, b, turned.lifts), ("down", breaks, b, a, turned.breaks))
        for direction, marks, mine, other, every in sides:
            alone = other == 0  # a unit that one bundle lifts and another breaks does not move
            kinds = {"sole": mine == 1, "few": (mine == 2) | (mine == 3), "many": mine > 3}
            counted = {"turned": ((every >> (place - 1)) & 1).astype(np.float64) @ groups} | {
                name: marks.astype(np.float64) @ (groups[units] * (alone & kind)[:, None])
                for name, kind in kinds.items()
            }
            rows, columns = np.nonzero(counted["turned"])
            parts.append(
                pd.DataFrame(
                    {
                        "bundle": ids[rows],
                        "group": np.array(names, dtype=object)[columns],
                        "place": place,
                        "direction": direction,
                        **{k: v[rows, columns].astype(np.int64) for k, v in counted.items()},
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
