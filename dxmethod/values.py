"""How a reported number becomes a share of the points: Curve, Fitted, Parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from .documents import Model

Floats = NDArray[np.float64]

Share = Annotated[float, Field(ge=0, le=1)]

# A share is full when it is full on paper.
_HAIR = 1e-9


class Curve(Model):
    """Share of the points as a function of the reported number.

    Attributes
    ----------
    kind : {"linear", "steps"}
        Straight between the points and level outside them, or level between cuts.
    at : tuple of float
        Reported numbers, increasing, in the concept's unit.
    give : tuple of float
        Shares, 0 to 1. `linear`: one for each of `at`. `steps`: one more than `at`; the first is
        given below the first cut.
    closed : {"left", "right"}
        On which side a cut belongs. "left": the cut itself earns the step that begins there
        (≥); "right": the step that ends there (>).
    """

    kind: Literal["linear", "steps"]
    at: Annotated[tuple[float, ...], Field(min_length=1)]
    give: tuple[Share, ...]
    closed: Literal["left", "right"] = "left"

    @model_validator(mode="after")
    def _consistent(self) -> Curve:
        wanted = len(self.at) + (self.kind == "steps")
        if len(self.give) != wanted:
            raise ValueError(f"mục give có {wanted} giá trị cho {len(self.at)} mốc ở mục at")
        if any(b <= a for a, b in pairwise(self.at)):
            raise ValueError("các mốc ở mục at phải tăng dần")
        if self.kind == "linear" and len(self.at) < 2:
            raise ValueError("ít nhất hai mốc ở mục at")
        return self

    @property
    def monotone(self) -> int:
        """+1 if the share never falls as the number rises, −1 if it never rises, 0 otherwise."""
        steps = np.diff(self.give)
        return 1 if np.all(steps >= 0) else -1 if np.all(steps <= 0) else 0

    def __call__(self, x: Floats) -> Floats:
        """Shares of reported numbers; NaN stays NaN.

        Parameters
        ----------
        x : ndarray of float, shape (U,)

        Returns
        -------
        ndarray of float, shape (U,)
        """
        if self.kind == "steps":
            return self._steps(x)
        if len(self.at) == 2:
            # One clipped line, exact at both ends; several times faster than np.interp.
            (x0, x1), (y0, y1) = self.at, self.give
            y: Floats = np.clip(x, x0, x1)
            y -= x0
            y /= x1 - x0
            if (y0, y1) != (0.0, 1.0):
                y *= y1 - y0
                y += y0
            return y
        return np.asarray(np.interp(x, self.at, self.give))

    def _steps(self, x: Floats) -> Floats:
        """Look the share up by the number of cuts reached."""
        compare = np.greater_equal if self.closed == "left" else np.greater
        reached = compare(x, np.array(self.at)[:, None])
        # Bytes add up fast, and 255 of them without overflow.
        kind = np.uint8 if len(self.at) < 256 else np.intp
        passed = np.add.reduce(reached.view(np.uint8), axis=0, dtype=kind)
        y: Floats = np.array(self.give).take(passed)
        np.copyto(y, np.nan, where=np.isnan(x))
        return y


class Fitted(Model):
    """A curve fitted on the units assessed together, then used like any curve.

    Attributes
    ----------
    to : {"best", "min_max", "rank"}
        Relative to the best value; from the worst to the best; by the share of units not better.
    """

    kind: Literal["fitted"]
    to: Literal["best", "min_max", "rank"]

    def fit(self, x: Floats, sign: float = 1.0) -> Callable[[Floats], Floats]:
        """Fit on a cohort.

        Parameters
        ----------
        x : ndarray of float, shape (U,)
            Reported numbers of the cohort, NaN where none.
        sign : float
            +1 when more is better, −1 when less is.

        Returns
        -------
        callable
            From reported numbers to shares. Where the cohort has no spread every unit gets 1.
        """
        known = np.sort(sign * x[~np.isnan(x)])
        if not known.size:
            return lambda values: np.full(values.shape, np.nan)
        if self.to == "rank":
            return lambda values: _where_known(
                values, np.searchsorted(known, sign * values, side="right") / known.size
            )
        best, worst = sign * known[-1], sign * known[0]
        if self.to == "best":
            return lambda values: _relative(values, best) if sign > 0 else _relative(best, values)
        if best == worst:
            return lambda values: _where_known(values, np.ones(values.shape))
        return lambda values: np.clip((values - worst) / (best - worst), 0.0, 1.0)


def _where_known(x: Floats, y: Floats) -> Floats:
    return np.where(np.isnan(x), np.nan, y)


def _relative(part: Floats | float, whole: Floats | float) -> Floats:
    """Divide, 0 to 1; nothing relative to nothing is the best there is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.asarray(np.divide(part, whole))
    both_zero = np.equal(part, 0) & np.equal(whole, 0)
    return np.clip(np.where(both_zero, 1.0, share), 0.0, 1.0)


class Part(Model):
    """One part of a composed value: its own concept, its own value, its share of the whole.

    A part that is itself composed needs no concept: its own parts have theirs.
    """

    concept: str = ""
    value: Value
    share: Share = 1.0


class Parts(Model):
    """A value composed of others.

    Attributes
    ----------
    kind : {"sum", "max", "min", "at_least"}
        Sum of the parts' shares (at most 1), the best part, the worst part, or 1 when at least `k`
        parts earn their full share and 0 otherwise.
    """

    kind: Literal["sum", "max", "min", "at_least"]
    of: Annotated[tuple[Part, ...], Field(min_length=1)]
    k: Annotated[int, Field(ge=1)] = 1

    def combine(self, parts: Floats) -> Floats:
        """Combine the shares of the parts.

        Parameters
        ----------
        parts : ndarray of float, shape (P, U)
            Value of each part, 0 to 1, before its `share` is applied; NaN where it does not apply:
            a sum is then rescaled, and no more parts are asked for than apply.

        Returns
        -------
        ndarray of float, shape (U,)
            Zero or NaN where no part applies.
        """
        if self.kind == "at_least":
            applies = (~np.isnan(parts)).sum(axis=0)
            full = (parts >= 1.0 - _HAIR).sum(axis=0)
            return np.where(applies > 0, full >= np.minimum(self.k, applies), np.nan)
        weights = np.array([part.share for part in self.of])
        if self.kind == "sum":
            earned = weights @ np.nan_to_num(parts)
            apply = weights @ ~np.isnan(parts)
            whole = np.divide(weights.sum(), apply, out=np.zeros_like(earned), where=apply > 0)
            return np.asarray(np.minimum(earned * whole, 1.0))
        pick = np.fmax if self.kind == "max" else np.fmin
        return np.asarray(pick.reduce(parts * weights[:, None], axis=0))


Value = Annotated[Curve | Fitted | Parts, Field(discriminator="kind")]
Part.model_rebuild()
Parts.model_rebuild()


def leaves(value: Value | None, concept: str) -> Iterator[tuple[str, Curve | Fitted]]:
    """Walk to the curves of a value, each with the concept that it reads."""
    if isinstance(value, Parts):
        for part in value.of:
            yield from leaves(part.value, part.concept)
    elif value is not None:
        yield concept, value


def concepts_of(value: Value | None) -> tuple[str, ...]:
    """Concepts that a composed value reads, in printed order; none for a plain one."""
    return tuple(name for name, _ in leaves(value, "")) if isinstance(value, Parts) else ()
