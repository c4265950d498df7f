"""Shapley values of a cooperative game: exact from a table of all coalitions, or from orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Coalitions = NDArray[np.bool_]

# Rows of coalitions (B, P) to their worth (B, K).
Worth = Callable[[Coalitions], Floats]


@dataclass(frozen=True, eq=False)
class Shares:
    """What each of P players is worth for K outcomes.

    Attributes
    ----------
    shapley, alone, last, in_order : ndarray of float, shape (P, K)
        Mean over all orders; joining first; joining last; joining in the order given.
    error : ndarray of float, shape (P, K), or None
        Standard error of `shapley` where it was sampled.
    start, end : ndarray of float, shape (K,)
        Worth of nobody and of everybody.
    evaluations : int
        Coalitions whose worth was asked.
    """

    shapley: Floats
    alone: Floats
    last: Floats
    in_order: Floats
    error: Floats | None
    start: Floats
    end: Floats
    evaluations: int


def all_coalitions(players: int) -> Coalitions:
    """Return every coalition, shape (2^P, P): row s holds player p when bit p of s is set."""
    rows = np.arange(1 << players)[:, None]
    return np.asarray((rows >> np.arange(players)) & 1, dtype=bool)


def exact(worth: Floats) -> Shares:
    """Shapley values from the worth of every coalition.

    Parameters
    ----------
    worth : ndarray of float, shape (2^P, K)
        In the order of `all_coalitions`.

    Returns
    -------
    Shares

    Notes
    -----
    L. S. Shapley (1953): a player's marginal worth, weighted by |S|! (P − |S| − 1)! / P!.
    """
    members = all_coalitions((len(worth) - 1).bit_length())
    players = members.shape[1]
    size = members.sum(axis=1)
    joins = np.array(
        [1 / (players * comb(players - 1, s - 1)) if s else 0.0 for s in range(players + 1)]
    )
    stays = np.array(
        [1 / (players * comb(players - 1, s)) if s < players else 0.0 for s in range(players + 1)]
    )
    weight = np.where(members, joins[size][:, None], -stays[size][:, None])
    everyone = len(worth) - 1
    bits = 1 << np.arange(players)
    prefixes = worth[np.cumsum([0, *bits])]
    return Shares(
        shapley=weight.T @ worth,
        alone=worth[bits] - worth[0],
        last=worth[everyone] - worth[everyone - bits],
        in_order=np.diff(prefixes, axis=0),
        error=None,
        start=worth[0],
        end=worth[everyone],
        evaluations=len(worth),
    )


def sampled(worth: Worth, players: int, rng: np.random.Generator, evaluations: int) -> Shares:
    """Shapley values estimated from random orders, each walked forwards and backwards.

    Parameters
    ----------
    worth : callable
        Worth of rows of coalitions.
    players : int
        P of them.
    rng : numpy Generator
    evaluations : int
        Most coalitions to ask for; at least one pair of orders is walked.

    Returns
    -------
    Shares
        Unbiased; parts sum to the whole. The error is that of the mean of pairs of orders.

    Notes
    -----
    Castro, Gómez and Tejada (2009), with antithetic pairs (Mitchell et al., 2022).
    """
    ends = worth(np.array([[False] * players, [True] * players]))
    one, all_but_one = np.eye(players, dtype=bool), ~np.eye(players, dtype=bool)
    alone, last = worth(one) - ends[0], ends[1] - worth(all_but_one)
    walked = worth(np.tri(players + 1, players, -1, dtype=bool))
    spent = 3 * players + 3
    pairs = max(2, (evaluations - spent) // (2 * (players - 1) or 1))
    total = np.zeros_like(alone)
    square = np.zeros_like(alone)
    for _ in range(pairs):
        order = rng.permutation(players)
        found = (_walk(worth, order, ends) + _walk(worth, order[::-1], ends)) / 2
        total += found
        square += found**2
    mean = total / pairs
    variance = np.maximum(square / pairs - mean**2, 0.0) * pairs / (pairs - 1)
    return Shares(
        shapley=mean,
        alone=alone,
        last=last,
        in_order=np.diff(walked, axis=0),
        error=np.sqrt(variance / pairs),
        start=ends[0],
        end=ends[1],
        evaluations=spent + pairs * 2 * (players - 1),
    )


def _walk(worth: Worth, order: NDArray[np.intp], ends: Floats) -> Floats:
    """Marginal worth of each player when they join in this order, shape (P, K)."""
    joined = np.zeros((len(order) - 1, len(order)), dtype=bool)
    joined[:, order] = np.tri(len(order) - 1, len(order), 0, dtype=bool)
    steps = np.diff(np.vstack([ends[:1], worth(joined), ends[1:]]), axis=0)
    out = np.empty_like(steps)
    out[order] = steps
    return out
