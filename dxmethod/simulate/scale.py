"""How a latent maturity becomes a reported number: the scale of one concept in a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..concepts import Concept
from ..framework import Framework, Indicator, by_stratum
from ..observations import Status
from ..seeds import rng
from ..values import Curve

Floats = NDArray[np.float64]

# Levels of a framework lie on this stretch of the scale of maturity, however many there are.
_FIRST, _LAST = 1.0, 5.0
_DECIMAL = ("điểm", "phần của", "chỉ số", "Mb/s", "/100 ", "/1.000 ")
_FIRM = 600.0  # how closely a share follows maturity (pseudo-count of a beta distribution)


@dataclass(frozen=True, eq=False)
class Scale:
    """Scale of one concept.

    Attributes
    ----------
    at, value : ndarray of float
        Maturity, rising, and the number that goes with it.
    cuts : ndarray of float
        Every threshold printed for the concept.
    ease : float
        Maturity that the concept makes units look to have beyond what they have.
    noise : float
        Spread of a unit's own strength in this concept, on the scale of maturity.
    shared : float
        Share of that spread which is common to concepts that count parts of the same whole.
    tight : bool
        Whether those concepts say nearly the same, in whatever group they stand.
    none : Status or None
        What is reported where there is nothing to count; None where there always is.
    """

    at: Floats
    value: Floats
    cuts: Floats
    ease: float
    noise: float
    shared: float
    tight: bool
    none: Status | None

    def curve(self, latent: Floats) -> Floats:
        """Number that goes with a maturity."""
        return np.interp(latent, self.at, self.value)

    def share(
        self, concept: Concept, latent: Floats, extra: Floats, draw: np.random.Generator
    ) -> Floats:
        """Share in the concept's unit: beta about the curve; `extra` is what a claim adds."""
        low, high = concept.bounds
        top = high if np.isfinite(high) else 100.0
        plain = self.curve(latent)
        mean = np.clip(plain / top, 0.0, 1.0)
        inside = (mean > 0.0) & (mean < 1.0)
        safe = np.where(inside, mean, 0.5)
        drawn = np.where(inside, draw.beta(_FIRM * safe, _FIRM * (1 - safe)), mean)
        return np.clip(top * drawn + self.curve(latent + extra) - plain, low, top)

    def number(
        self, concept: Concept, latent: Floats, extra: Floats, draw: np.random.Generator
    ) -> Floats:
        """Count, yes or no, or place of a category."""
        low, high = concept.bounds
        if concept.measure in ("yes_no", "category"):
            return np.searchsorted(self.at, latent + extra, side="right").astype(np.float64)
        drawn = self.curve(latent + extra) * draw.lognormal(0.0, 0.12, len(latent))
        plain = (
            concept.measure == "ratio"
            or high <= 1.0
            or any(word in concept.unit for word in _DECIMAL)
        )
        return np.clip(np.round(drawn, 2 if plain else 0), max(low, 0.0), high)


def scale_of(frameworks: Sequence[Framework], concept: Concept, seed: int) -> Scale:
    """Scale of a concept: about level k at maturity k, easier or harder by its own draw.

    Parameters
    ----------
    frameworks : sequence of Framework
        Whose thresholds, or value curves, say which numbers are good ones.
    concept : Concept
    seed : int

    Returns
    -------
    Scale
    """
    items = [(f, item) for f in frameworks for item in f.indicators if item.concept == concept.id]
    cuts, asked = _asked(items, concept)
    at, value = _anchors(concept, asked, [item for _, item in items])
    if concept.measure not in ("yes_no", "category"):
        at, value = _ends(concept, at, value)
    draw = rng(seed, "difficulty", concept.id)
    # Concepts that count parts of the same whole come from the same book: some books say it twice.
    book = rng(seed, "book", concept.denominator or concept.id)
    tight, kind = book.random() < 0.55, book.random()
    odd = 2.0 if kind < 0.15 else -0.8 if kind > 0.9 else 0.0
    ease = book.normal(1.5, 0.3) + odd + draw.normal(0.0, 0.05 if tight else 0.3)
    noise = book.uniform(0.5, 0.95)
    shared = 0.985 if tight else draw.uniform(0.0, 0.5)
    words = " ".join([concept.definition, *(item.method for _, item in items)]).lower()
    said = {Status.NOT_APPLICABLE: "không áp dụng", Status.NO_OCCURRENCE: "không phát sinh"}
    none = next((status for status, phrase in said.items() if phrase in words), None)
    return Scale(at, value, cuts, float(ease), float(noise), float(shared), tight, none)


def _asked(
    items: Sequence[tuple[Framework, Indicator]], concept: Concept
) -> tuple[Floats, dict[float, float]]:
    """Every threshold; and the usual one at each place of the scale, mean over frameworks."""
    cuts: set[float] = set()
    asked: dict[float, list[float]] = {}
    for framework, item in items:
        order = [level.id for level in framework.levels]
        for level, required in item.required.items():
            by = by_stratum(required)
            cuts |= set(by.values())
            steps = max(len(order) - 1, 1)
            place = _FIRST + (_LAST - _FIRST) * order.index(level) / steps
            middle = place if len(order) > 1 else (_FIRST + _LAST) / 2
            asked.setdefault(middle, []).append(by.get("*", float(np.mean(list(by.values())))))
    means = {place: float(np.mean(asked[place])) for place in sorted(asked)}
    return np.array(sorted(cuts)), means


def _anchors(
    concept: Concept, asked: dict[float, float], items: Sequence[Indicator]
) -> tuple[Floats, Floats]:
    """Places of the scale and their numbers, better and better; for categories, places alone."""
    if concept.measure in ("yes_no", "category"):
        most = int(concept.bounds[1])
        spread = np.linspace(_FIRST, _LAST, most + 2)[1:-1]
        first = [
            min((place for place, cut in asked.items() if cut >= kind), default=usual)
            for kind, usual in enumerate(spread, 1)
        ]
        return np.maximum.accumulate(np.array(first)), np.arange(1.0, most + 1)
    if asked:
        best = np.maximum.accumulate(concept.sign * np.array(list(asked.values())))
        return np.array(list(asked)), concept.sign * best
    curve = next((item.value for item in items if isinstance(item.value, Curve)), None)
    if curve is not None and len(curve.at) > 1:
        wide = 1.5 if curve.kind == "linear" else 0.0
        value = np.array(curve.at)
        at = np.linspace(_FIRST - wide, _LAST + wide, len(value))
        return at, value if concept.sign > 0 else value[::-1]
    low, high = concept.bounds
    if np.isfinite(low) and np.isfinite(high):
        value = low + (high - low) * np.array([0.2, 0.4, 0.6, 0.8, 0.95])
    else:
        value = np.array([2.0, 5.0, 10.0, 20.0, 40.0])
    return np.linspace(_FIRST, _LAST, 5), value if concept.sign > 0 else value[::-1]


def _ends(concept: Concept, at: Floats, value: Floats) -> tuple[Floats, Floats]:
    """The scale drawn out below the first number and beyond the last."""
    low, high = concept.bounds
    slope = (value[-1] - value[0]) / (at[-1] - at[0]) if len(at) > 1 else 0.1 * value[-1]
    worst = 0.15 * value[0] if concept.sign > 0 else 3 * value[0] + 2
    best = value[-1] + 2 * concept.sign * max(abs(slope), 0.03 * abs(value[-1]))
    ends = np.clip([worst, best], max(low, 0.0), high)
    return np.array([at[0] - 4, *at, at[-1] + 2]), np.array([ends[0], *value, ends[1]])
