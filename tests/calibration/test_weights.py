"""Weights from results: what is recovered, how surely, and what cannot be known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.calibration.weights import from_levels, recover


def printed(weights, rows=40, digits=3, seed=1, columns=None):
    """Main indices and totals as an agency would print them."""
    rng = np.random.default_rng(seed)
    x = rng.random((rows, len(weights))) if columns is None else columns
    parts = pd.DataFrame(np.round(x, digits), columns=[f"i{n}" for n in range(len(weights))])
    return parts, pd.Series(np.round(x @ weights, digits)), 0.5 * 10.0**-digits


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), m=st.integers(2, 5))
def test_intervals_from_printed_digits_contain_the_true_weights(seed, m):
    true = np.random.default_rng(seed).dirichlet(np.ones(m))
    parts, totals, half = printed(true, seed=seed)
    found = recover(parts, totals, half_parts=half, half_total=half)
    assert found.compatible and not found.scale_known
    assert (found.table["low"] <= true + 1e-6).all() and (true - 1e-6 <= found.table["high"]).all()
    assert found.table["weight"].sum() == pytest.approx(1)
    assert found.table["equal"].to_numpy() == pytest.approx(1 / m)


def test_every_weight_inside_gives_the_printed_digits_and_just_outside_does_not():
    parts, totals, half = printed(np.array([0.2, 0.8]), rows=30)
    table = recover(parts, totals, half_parts=half, half_total=half).table
    for w in np.linspace(0.19, 0.21, 41):
        weight = np.array([w, 1 - w])
        fits = (np.abs(parts @ weight - totals) <= 2 * half + 1e-12).all()
        inside = table["low"].iloc[0] <= w <= table["high"].iloc[0]
        assert fits == inside


def test_the_smallest_whole_numbers_that_give_every_digit_are_named():
    parts, totals, half = printed(np.array([1, 2, 4]) / 7)
    found = recover(parts, totals, half_parts=half, half_total=half)
    assert found.table["ratio"].tolist() == [1, 2, 4]


def test_points_are_known_only_where_the_sum_is_not_given():
    parts, totals, half = printed(np.array([20.0, 30.0]))
    found = recover(parts, totals, whole=None, half_parts=half, half_total=half)
    assert found.scale_known
    np.testing.assert_allclose(found.table["weight"], [20, 30], atol=0.1)


def test_totals_that_are_no_weighted_sum_are_said_to_be_none():
    parts, totals, half = printed(np.array([0.5, 0.5]))
    totals.iloc[3] += 0.2
    found = recover(parts, totals, half_parts=half, half_total=half, draws=50)
    assert not found.compatible and "bootstrap" in found.method
    assert found.table["ratio"].isna().all()
    assert found.residual > 0.1


def test_columns_that_move_together_are_named_as_a_pair():
    rng = np.random.default_rng(2)
    x = rng.random((40, 3))
    x[:, 1] = x[:, 0] + 0.002 * rng.random(40)
    parts, totals, half = printed(np.array([0.3, 0.3, 0.4]), columns=x)
    found = recover(parts, totals, half_parts=half, half_total=half)
    assert found.alike[["first", "second"]].to_numpy().tolist() == [["i0", "i1"]]
    width = found.table["high"] - found.table["low"]
    assert width["i0"] > 0.3 and width["i2"] < 0.05
    assert found.condition > 100
    assert found.proportions.drop(columns="index").sum().to_numpy() == pytest.approx(1)


def test_faulty_tables_are_refused():
    parts, totals, _ = printed(np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="hữu hạn ở: 4"):
        recover(parts.where(parts.index.to_series() != 4), totals)
    with pytest.raises(ValueError, match="không cùng"):
        recover(parts, totals.iloc[::-1])
    with pytest.raises(ValueError, match="ít nhất 2 dòng"):
        recover(parts.iloc[:1], totals.iloc[:1])


def judged(true, n=300, noise=0.03, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.random((n, len(true)))
    score = x @ true + noise * rng.logistic(size=n)
    level = pd.Series(np.digitize(score, [0.35, 0.45, 0.55, 0.65]))
    return pd.DataFrame(x, columns=[f"i{k}" for k in range(len(true))]), level


def test_weights_from_judged_levels():
    true = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    found = from_levels(*judged(true), draws=20)
    np.testing.assert_allclose(found.table["weight"], true, atol=0.05)
    np.testing.assert_allclose(found.cuts, [0.35, 0.45, 0.55, 0.65], atol=0.02)
    assert found.agreement > found.agreement_equal + 0.05
    assert (found.table["low"] <= found.table["high"]).all()


def test_a_unit_of_measurement_changes_the_weights_and_nothing_else():
    parts, level = judged(np.array([0.5, 0.3, 0.2]))
    one, many = (from_levels(p, level, draws=2) for p in (parts, 100 * parts))
    np.testing.assert_allclose(one.table["weight"], many.table["weight"], atol=1e-3)
    np.testing.assert_allclose(100 * one.cuts, many.cuts, rtol=0.02)


def test_perfectly_ordered_ranks_give_finite_weights():
    rng = np.random.default_rng(5)
    parts = pd.DataFrame(rng.random((30, 3)), columns=list("abc"))
    rank = (parts @ np.array([0.6, 0.3, 0.1])).rank().astype(int)
    found = from_levels(parts, rank, draws=5)
    np.testing.assert_allclose(found.table["weight"], [0.6, 0.3, 0.1], atol=0.05)
    assert found.agreement > 0.98


def test_one_level_for_all_teaches_nothing():
    parts, level = judged(np.array([0.5, 0.5]), n=10)
    with pytest.raises(ValueError, match="cùng một mức"):
        from_levels(parts, level * 0)
