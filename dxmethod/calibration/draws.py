"""Runs of the sampler: warming up, starting stuck chains again, keeping draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .learner import NOISIEST, Chains
from .problem import Floats, Ints


@dataclass(frozen=True, eq=False)
class Draws:
    """Kept states, one a row: D = chains times sweeps kept.

    Attributes
    ----------
    place : ndarray of int, shape (D, m, L, S)
    raw : ndarray of float, shape (D, m)
        Margin that each criterion is worth under the share rule.
    limit, scale : ndarray of float, shapes (D, L), (D,)
    error : ndarray of float, shape (D, 2, J)
    severity : ndarray of float, shape (D, J)
        Levels by which a judge stands below what the draw takes for true, on average.
    reached : ndarray of float, shape (K, L, U)
        Chance of each level or above, mean over the sweeps, by chain.
    pivots : ndarray of float, shape (m, L, U)
        In which part of the draws a unit is decisive for a threshold.
    fit : ndarray of float, shape (K, sweeps)
        Log likelihood.
    """

    place: Ints
    raw: Floats
    limit: Floats
    scale: Floats
    error: Floats
    severity: Floats
    reached: Floats
    pivots: Floats
    fit: Floats
    interrupted: bool = False


def sample(
    chains: Chains,
    groups: Ints,
    warm: int,
    keep: int,
    progress: Callable[[], None] = lambda: None,
) -> Draws:
    """Warm up, start stuck chains again, and keep draws.

    Parameters
    ----------
    chains : Chains
    groups : ndarray of int, shape (K,)
        A chain that is stuck goes on from a better one of its group.
    warm, keep : int
        Sweeps that only warm up, and sweeps that are kept.
    progress : callable
        Called after every sweep.

    Returns
    -------
    Draws
        Fewer than asked when interrupted while draws are kept.
    """
    fits: list[Floats] = []
    kept: list[tuple[Floats | Ints, ...]] = []
    reached, pivots = np.zeros(()), np.zeros(())
    summed = looked = 0
    interrupted = False
    again = {round(warm * part) for part in (0.4, 0.6, 0.7, 0.8, 0.9)}
    try:
        for number in range(warm + keep):
            early = number < 0.9 * warm
            # All must pass: to fail everyone is a place too, wide and far from the truth, where
            # noise explains the judges; at first there is no noise. A share: much, then less.
            floor = max(1e-5, 0 if chains.conjunctive else 0.25 * (1 - number / (0.6 * warm)))
            noisiest = 0.003 if chains.conjunctive and early else NOISIEST
            chains.sweep(floor, (1 + number / 5) ** -0.6 if number < warm else 0.0, noisiest)
            fits.append(chains.fit())
            if number in again:
                chains.copy(_better(np.mean(fits[-3:], axis=0), groups))
            if number >= warm:
                if (number - warm) % 4 == 0:
                    pivots, looked = pivots + chains.pivots(), looked + 1
                reached, summed = reached + chains.reached(), summed + 1
                kept.append(chains.snapshot())
            progress()
    except KeyboardInterrupt:
        if not kept:
            raise
        interrupted = True
    place, raw, limit, scale, error, severity = (
        np.concatenate(part) for part in zip(*kept, strict=True)
    )
    return Draws(
        place, raw, limit, scale, error, severity, reached / summed, pivots / looked,
        np.transpose(fits), interrupted,
    )  # fmt: skip


def _better(fit: Floats, groups: Ints) -> Ints:
    """For each chain itself, or for the worse half of a group, one of its better half."""
    of = np.arange(len(fit))
    for name in np.unique(groups):
        ranked = of[groups == name]
        ranked = ranked[np.argsort(-fit[ranked], kind="stable")]
        half = len(ranked) // 2
        of[ranked[len(ranked) - half :]] = ranked[:half]
    return of
