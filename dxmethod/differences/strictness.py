"""Whether what is asked became stricter or easier: thresholds, ways of earning points, quorums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..concepts import Concept
from ..framework import Band, Indicator, Level, Policy, by_stratum
from ..values import Curve

Direction = Literal["stricter", "easier", "both", "neither"]

DIRECTIONS: Mapping[str, str] = {
    "stricter": "siết",
    "easier": "nới",
    "both": "vừa siết vừa nới",
    "neither": "–",
}

# How much a policy asks, by status; a status that is unknown earns nothing, like one that fails.
_ASKS = {"excluded": 0, "counts": 0, "unknown": 1, "fails": 1}


@dataclass(frozen=True)
class Step:
    """A threshold of one level for one stratum ("*": every other one), before and after.

    Attributes
    ----------
    indicator, level : str
        Their ids, the new one if there is one.
    old, new : float or None
        In the concept's unit; None where the level does not ask.
    """

    indicator: str
    level: str
    stratum: str
    old: float | None
    new: float | None
    direction: Direction


def joined(directions: Iterable[Direction]) -> Direction:
    """Say several directions as one."""
    said = set(directions) - {"neither"}
    if said == {"stricter"}:
        return "stricter"
    if said == {"easier"}:
        return "easier"
    return "both" if said else "neither"


def towards(amount: float) -> Direction:
    """Direction of a shift that is positive when more is asked."""
    return "stricter" if amount > 0 else "easier" if amount < 0 else "neither"


def steps(
    indicator: str,
    level: str,
    old: float | dict[str, float] | None,
    new: float | dict[str, float] | None,
    sign: float | None,
) -> tuple[Step, ...]:
    """Tell the thresholds of a level apart by stratum.

    Parameters
    ----------
    indicator, level : str
        Their ids.
    old, new : float or dict of stratum to float, or None
        As an indicator requires them; None where the level does not ask.
    sign : float or None
        +1 when more is better, −1 when less is; None when the two sides measure different things,
        so that neither is the stricter.

    Returns
    -------
    tuple of Step
        Every stratum that either side names, whether it changes or not; "*" first.
    """
    before = {} if old is None else by_stratum(old)
    after = {} if new is None else by_stratum(new)
    found = []
    for stratum in sorted(before.keys() | after.keys(), key=lambda name: (name != "*", name)):
        pair = before.get(stratum, before.get("*")), after.get(stratum, after.get("*"))
        found.append(Step(indicator, level, stratum, *pair, _asked(*pair, sign)))
    return tuple(found)


def _asked(old: float | None, new: float | None, sign: float | None) -> Direction:
    if sign is None or old == new:
        return "neither"
    if old is None or new is None:
        return "stricter" if old is None else "easier"
    return towards(sign * (new - old))


def of_curves(old: Any, new: Any, item: Indicator) -> Direction:
    """Whether a new curve gives less for the same number; "neither" for what is no curve.

    Both are linear between their marks, so that marks, and what lies just beside them, decide.
    """
    if not isinstance(old, Curve) or not isinstance(new, Curve):
        return "neither"
    marks = np.array([*old.at, *new.at])
    sides = [np.nextafter(marks, -np.inf), marks, np.nextafter(marks, np.inf)]
    numbers = np.concatenate([*sides, [marks.min() - 1, marks.max() + 1]])
    less = np.sign(np.round(old(numbers) - new(numbers), 9))
    found = joined(towards(float(one)) for one in less)
    # A penalty that is earned less is milder.
    return _mirrored(found) if item.role == "penalty" else found


def _mirrored(direction: Direction) -> Direction:
    other: dict[Direction, Direction] = {"stricter": "easier", "easier": "stricter"}
    return other.get(direction, direction)


def of_points(old: float, new: float, item: Indicator) -> Direction:
    """More points to lose are stricter, more to win beside the sheet easier; the rest is weight."""
    signs = {"penalty": 1.0, "bonus": -1.0}
    return towards(signs.get(item.role, 0.0) * (new - old))


def of_levels(field: str, old: Level, new: Level) -> Direction:
    """Direction of a changed field of a level: its quorum, what is mandatory, what comes first."""
    if field == "mandatory":
        before, after = set(old.mandatory), set(new.mandatory)
        return joined([towards(len(after - before)), towards(-len(before - after))])
    if field == "after":
        marks = [None if at is None else 0.0 for at in (old.after, new.after)]
        return _asked(marks[0], marks[1], 1.0)
    if field != "quorum":
        return "neither"
    first, second = ({(q.of, q.share is None): q for q in side.quorum} for side in (old, new))
    shifts = []
    for key in first.keys() | second.keys():
        shifts.append(_asked(_amount(first.get(key)), _amount(second.get(key)), 1.0))
    return joined(shifts)


def _amount(quorum: Any) -> float | None:
    if quorum is None:
        return None
    return float(quorum.count if quorum.share is None else quorum.share)


def of_bands(old: Band, new: Band) -> Direction:
    """A band whose bound rises, or that no longer holds its bound, is stricter."""
    bounds = [
        (float("-inf"), 0) if band.above is None and band.at_least is None
        else (band.above, 1) if band.at_least is None
        else (band.at_least, 0)
        for band in (old, new)
    ]  # fmt: skip
    return towards((bounds[1] > bounds[0]) - (bounds[1] < bounds[0]))


def of_policies(old: Policy, new: Policy) -> Direction:
    """Direction of what each status is worth; rescaling and ties ask nothing."""
    fields = ("missing", "not_applicable", "no_occurrence", "no_evidence")
    asked = [[_ASKS[getattr(side, field)] for field in fields] for side in (old, new)]
    return joined(towards(after - before) for before, after in zip(*asked, strict=True))


def of_requirements(items: Iterable[Indicator], levels: Iterable[Level]) -> bool:
    """Whether any indicator is asked for by a level that asks for everything."""
    strict = {level.id for level in levels if level.all_must_pass}
    return any(strict & set(item.required) for item in items)


def by_level(item: Indicator, side: int, concept: Concept | None) -> tuple[Step, ...]:
    """Every threshold of an indicator that only the old (0) or the new version (1) has."""
    sign = concept.sign if concept else None
    found: list[Step] = []
    for level, required in item.required.items():
        old, new = (None, required) if side else (required, None)
        found += steps(item.id, level, old, new, sign)
    return tuple(found)
