"""Shifts split by weight: parts sum to the whole."""

from __future__ import annotations

import random

import numpy as np
import pytest
from examples import LINE, framework, indicator, observe, random_points
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.attribution import is_weighed, weighed
from dxmethod.comparison import compare


@settings(max_examples=80, deadline=None)
@given(st.randoms(use_true_random=False))
def test_parts_sum_to_the_shift_of_every_unit(rng: random.Random) -> None:
    old, observations = random_points(rng)
    children = tuple(
        node.model_copy(update={"points": float(rng.randint(1, 9))})
        if not hasattr(node, "children")
        else node
        for node in old.tree.children
    )
    tree = old.tree.model_copy(update={"children": children})
    new = old.model_copy(update={"id": "khac/commune", "tree": tree})
    comparison = compare(old, new, observations)
    if not (is_weighed(old) and is_weighed(new)):
        with pytest.raises(ValueError, match="trọng số"):
            weighed(comparison)
        return
    found = weighed(comparison).sum(axis=1, skipna=False)
    expected = comparison.units["total_shift"]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_dropping_one_raises_the_weight_of_the_others() -> None:
    """Weights 1/2, 1/2 become 1, 0: a unit with 80 and 40 gains 40 from a and loses 20 with b."""
    old = framework(*(indicator(n, points=50, value=LINE) for n in "ab"))
    new = framework(indicator("a", points=100, value=LINE), id="khac/commune")
    comparison = compare(old, new, observe({"a": [80], "b": [40]}))
    assert weighed(comparison).loc["u0"].to_dict() == {"a": 40.0, "b": -20.0}
    assert comparison.units.loc["u0", "total_shift"] == 20.0
