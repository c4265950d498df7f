"""Randomness: one seed, and a generator of its own for every step that is named."""

from __future__ import annotations

import hashlib

import numpy as np


def rng(seed: int, *names: str) -> np.random.Generator:
    """Generator of its own for what is named, so that adding a draw does not change another.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation, 0 or more.
    *names : str
        What is drawn, such as ``"values", concept.id, year``.

    Returns
    -------
    numpy.random.Generator
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, dtype="<u4").tolist()])
