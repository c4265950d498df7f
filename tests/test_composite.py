"""Means by node: each formula by hand, and what every mean must keep."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxmethod.composite import COMBINE, arithmetic, geometric, harmonic, minimum

WEIGHTS = np.array([1.0, 2.0, 1.0])
COLUMN = np.array([[0.25], [0.5], [1.0]])


def test_each_mean_by_hand():
    assert arithmetic(COLUMN, WEIGHTS) == pytest.approx([(0.25 + 1 + 1) / 4])
    assert geometric(COLUMN, WEIGHTS) == pytest.approx([(0.25 * 0.5 * 0.5 * 1) ** 0.25])
    assert harmonic(COLUMN, WEIGHTS) == pytest.approx([4 / (1 / 0.25 + 2 / 0.5 + 1)])
    assert minimum(COLUMN, WEIGHTS) == [0.25]


@pytest.mark.parametrize("combine", COMBINE)
def test_child_that_does_not_apply_drops_out(combine):
    absent = np.array([[0.25], [np.nan], [1.0]])
    present = np.delete(absent, 1, axis=0)
    mean = COMBINE[combine]
    assert mean(absent, WEIGHTS) == pytest.approx(mean(present, np.array([1.0, 1.0])))


@pytest.mark.parametrize("combine", COMBINE)
def test_nothing_that_applies_has_no_mean(combine):
    assert np.isnan(COMBINE[combine](np.full((3, 1), np.nan), WEIGHTS)).all()


@pytest.mark.parametrize("combine", ["geometric", "harmonic", "min"])
def test_child_at_zero_makes_the_mean_zero(combine):
    assert COMBINE[combine](np.array([[0.0], [0.5], [1.0]]), WEIGHTS) == [0]


@pytest.mark.parametrize("combine", COMBINE)
def test_zero_has_no_sign(combine):
    """(2 − 2) / (0 − 2) is −0 in binary; on paper it is 0."""
    assert COMBINE[combine](np.array([[0.0], [-0.0]]), np.ones(2)) == [0]


@given(
    st.lists(st.floats(0.01, 1), min_size=1, max_size=5),
    st.lists(st.floats(0.1, 10), min_size=5, max_size=5),
)
def test_means_lie_in_their_order_between_worst_and_best(shares, weights):
    column, weights = np.array(shares)[:, None], np.array(weights[: len(shares)])
    low, harm, geo, arith = (
        COMBINE[name](column, weights).item()
        for name in ("min", "harmonic", "geometric", "arithmetic")
    )
    hair = 1e-9
    assert low - hair <= harm <= geo + hair
    assert geo <= arith + hair
    assert arith <= max(shares) + hair


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.floats(0, 1))
def test_a_better_child_never_lowers_a_mean(shares, more):
    column = np.array(shares)[:, None]
    better = column.copy()
    better[0] += (1 - better[0]) * more
    weights = np.ones(len(shares))
    for mean in COMBINE.values():
        assert mean(better, weights).item() >= mean(column, weights).item() - 1e-12


def test_weights_need_not_add_up_to_one():
    for mean in COMBINE.values():
        assert mean(COLUMN, WEIGHTS * 7) == pytest.approx(mean(COLUMN, WEIGHTS))


def test_units_are_taken_one_by_one():
    table = np.array([[0.2, 0.4, np.nan], [0.8, np.nan, np.nan]])
    np.testing.assert_allclose(arithmetic(table, np.ones(2)), [0.5, 0.4, np.nan])
    np.testing.assert_allclose(geometric(table, np.ones(2)), [math.sqrt(0.16), 0.4, np.nan])
