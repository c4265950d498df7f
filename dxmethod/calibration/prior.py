"""Where thresholds may stand before anyone is asked, as normal quantiles of the units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .problem import Floats, Ints, Problem
from .search import Line
from .special import log_ndtr, ndtr, ndtri
from .unknown import quantiles

FLAT, ADDITIVE, DRAFT = "flat", "additive", "draft"


class Prior:
    """Normal priors of K chains.

    `FLAT`: any place among the units. `ADDITIVE`: effect of the level, plus effect of the
    criterion, plus effect of the stratum where thresholds differ by stratum, give or take a
    spread; all of them drawn. `DRAFT`: the same about the draft's threshold.

    Attributes
    ----------
    centre : ndarray of float, shape (K, m, L, S)
    spread : ndarray of float, shape (K,)
    """

    def __init__(
        self,
        problem: Problem,
        lines: Sequence[Line],
        names: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        strata, count, m = problem.draft.shape
        k = len(names)
        self.lines, self.rng = lines, rng
        free = (problem.leader == np.arange(strata)[:, None, None]) & problem.asked
        self.free = free.transpose(2, 1, 0)[None]
        self.hierarchy = np.array([name != FLAT for name in names])
        self.base = np.zeros((k, m, count, strata))
        drafts = np.stack([quantiles(asked, lines) for asked in problem.draft], axis=2)
        drafts = np.clip(np.nan_to_num(drafts), -2.5, 2.5).transpose(1, 0, 2)
        self.base[[name == DRAFT for name in names]] = drafts
        self.centre = self.base.copy()
        self.spread, self.own_spread = np.ones(k), np.ones(k)
        self.level = np.zeros((k, 1, count, 1))
        self.own = np.zeros((k, m, 1, 1))
        self.stratum = np.zeros((k, 1, 1, strata))

    def log_mass(self, j: int, levels: Ints) -> Floats:
        """Log mass of each place of one criterion's thresholds, shape (K, levels, S, B + 1)."""
        edges = self.lines[j].edges
        centre = self.centre[:, j, levels, :, None]
        spread = self.spread[:, None, None, None]
        table = np.empty((*centre.shape[:-1], len(edges) - 1))
        middle = ((edges[1:-2] + edges[2:-1]) / 2 - centre) / spread
        table[..., 1:-1] = np.log(np.diff(edges[1:-1]) / 2.5066) - np.log(spread) - middle**2 / 2
        table[..., :1] = log_ndtr((edges[1] - centre) / spread)
        table[..., -1:] = log_ndtr((centre - edges[-2]) / spread)
        return table

    def draw(self, place: Sequence[Ints]) -> None:
        """Draw effects and spreads given where the thresholds stand, (K, L, S) of each criterion.

        Conjugate steps: normal effects; inverse gamma variances, (3/2, 3/10).
        """
        rng = self.rng
        theta = self._quantiles(place) - self.base
        level = self._effect(theta - self.own - self.stratum, (1, 3), 1.5)
        wide = self.own_spread[:, None, None, None]
        own = self._effect(theta - level - self.stratum, (2, 3), wide)
        stratum = self.stratum
        if stratum.shape[-1] > 1:
            stratum = self._effect(theta - level - own, (1, 2), 0.5)
        rest = ((theta - level - own - stratum) ** 2 * self.free).sum(axis=(1, 2, 3))
        spread = (0.3 + rest / 2) / rng.gamma(1.5 + self.free.sum() / 2, size=len(rest))
        squares = (own**2).sum(axis=(1, 2, 3))
        wide = (0.3 + squares / 2) / rng.gamma(1.5 + own.shape[1] / 2, size=len(rest))
        on = self.hierarchy[:, None, None, None]
        self.level, self.own = np.where(on, level, 0), np.where(on, own, 0)
        self.stratum = np.where(on, stratum, 0)
        self.spread = np.where(self.hierarchy, np.clip(np.sqrt(spread), 0.1, 3), 1.0)
        self.own_spread = np.clip(np.sqrt(wide), 0.05, 3)
        self.centre = self.base + self.level + self.own + self.stratum

    def _quantiles(self, place: Sequence[Ints]) -> Floats:
        """A quantile for each threshold, drawn from the prior inside its place."""
        theta = np.empty(self.centre.shape)
        spread = self.spread[:, None, None]
        for j, item in enumerate(self.lines):
            low = ndtr((item.edges[place[j]] - self.centre[:, j]) / spread)
            high = ndtr((item.edges[place[j] + 1] - self.centre[:, j]) / spread)
            at = np.clip(low + self.rng.random(low.shape) * (high - low), 1e-9, 1 - 1e-9)
            theta[:, j] = self.centre[:, j] + spread * ndtri(at)
        return theta

    def _effect(self, rest: Floats, axes: tuple[int, ...], spread: Floats | float) -> Floats:
        precision = (self.spread**-2)[:, None, None, None]
        count = self.free.sum(axis=axes, keepdims=True)
        weight: NDArray[Any] = count * precision + 1 / np.square(spread)
        mean = (rest * self.free).sum(axis=axes, keepdims=True) * precision / weight
        return np.asarray(mean + self.rng.standard_normal(mean.shape) / np.sqrt(weight))

    def copy(self, of: Ints) -> None:
        """Let each chain go on from where another one stands."""
        for name in ("base", "centre", "spread", "own_spread", "level", "own", "stratum"):
            setattr(self, name, getattr(self, name)[of])
