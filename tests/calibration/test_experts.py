"""Weights from experts, against figures that can be had by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.calibration.experts import RANDOM_INDEX, compare_pairs, delphi, priorities, share_out


def table(**judged):
    """Comparisons of the experts: {"e1": {"ab": 3, ...}} in one group."""
    rows = [
        (expert, "", pair[0], pair[1], value)
        for expert, own in judged.items()
        for pair, value in own.items()
    ]
    return pd.DataFrame(rows, columns=["expert", "group", "first", "second", "value"])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), m=st.integers(1, 9))
def test_consistent_comparisons_give_back_the_weights(seed, m):
    weight = np.random.default_rng(seed).dirichlet(np.ones(m)) + 0.01
    found = priorities(weight[:, None] / weight)
    np.testing.assert_allclose(found.weight, weight / weight.sum(), atol=1e-9)
    assert found.ratio < 1e-9


def test_an_inconsistent_matrix_is_measured_and_its_worst_comparison_named():
    # a over b 2, b over c 2, so a over c should be 4; 1/4 is said.
    found = priorities(np.array([[1, 2, 0.25], [0.5, 1, 2], [4, 0.5, 1]]))
    # Of three items the largest eigenvalue is 1 + t + 1/t, t the cube root of a12 a23 / a13.
    t = 16 ** (1 / 3)
    assert found.ratio == pytest.approx((1 + t + 1 / t - 3) / 2 / RANDOM_INDEX[2])
    assert found.ratio > 0.1
    good = np.array(
        [[1, 2, 4, 8], [1 / 2, 1, 2, 4], [1 / 4, 1 / 2, 1, 1 / 5], [1 / 8, 1 / 4, 5, 1]]
    )
    assert priorities(good).worst == (2, 3)


@pytest.mark.parametrize(
    "matrix", [np.ones((10, 10)), np.ones((2, 3)), np.array([[1, 2], [2, 1.0]]), -np.ones((2, 2))]
)
def test_what_is_no_matrix_of_comparisons_is_refused(matrix):
    with pytest.raises(ValueError):
        priorities(matrix)


def test_experts_are_joined_by_geometric_means():
    found = compare_pairs(table(e1={"ab": 9}, e2={"ab": 1}))
    rows = found.weights.set_index("item")
    assert rows.loc["a", "judgements"] == pytest.approx(3 / 4)  # √9 to 1
    own = np.sqrt([0.9 * 0.5, 0.1 * 0.5])
    assert rows.loc["a", "priorities"] == pytest.approx(own[0] / own.sum())
    assert rows.loc["a", ["equal", "lowest", "highest"]].tolist() == pytest.approx([0.5, 0.5, 0.9])
    assert found.experts["consistent"].all() and found.experts["expert"].tolist() == [
        "e1",
        "e2",
        "",
    ]


def test_weights_of_groups_multiply_down():
    rows = [
        ("e", "", "g", "h", 3),
        ("e", "g", "a", "b", 1),
        ("e", "h", "c", "d", 4),
    ]
    pairs = pd.DataFrame(rows, columns=["expert", "group", "first", "second", "value"])
    whole = compare_pairs(pairs).whole()
    assert whole.to_dict() == pytest.approx({"a": 0.375, "b": 0.375, "c": 0.2, "d": 0.05})
    assert compare_pairs(table(e={"ab": 3})).whole().to_dict() == pytest.approx(
        {"a": 0.75, "b": 0.25}
    )


def test_a_hundred_points_shared_out():
    points = {"e1": (50, 50), "e2": (52, 48), "e3": (49, 51), "e4": (48, 52), "e5": (5, 95)}
    rows = [(e, item, p) for e, own in points.items() for item, p in zip("ab", own, strict=True)]
    found = share_out(pd.DataFrame(rows, columns=["expert", "item", "points"]))
    assert found.loc["a", ["mean", "median", "lowest", "highest", "equal"]].tolist() == (
        pytest.approx([0.408, 0.49, 0.05, 0.52, 0.5])
    )
    assert found["outliers"].tolist() == [("e5",), ("e5",)]


def test_one_who_differs_from_all_who_agree_exactly_is_an_outlier():
    rows = [(f"e{k}", item, 50) for k in range(9) for item in "ab"]
    rows += [("z", "a", 90), ("z", "b", 10)]
    found = share_out(pd.DataFrame(rows, columns=["expert", "item", "points"]))
    assert found["outliers"].tolist() == [("z",), ("z",)]


def opinions(*rounds):
    rows = [
        (expert, item, number, value)
        for number, own in enumerate(rounds, 1)
        for expert, values in own.items()
        for item, value in zip("abc", values, strict=False)
    ]
    return pd.DataFrame(rows, columns=["expert", "item", "round", "value"])


def test_rounds_come_together():
    first = {"e1": (1, 2, 3), "e2": (3, 2, 1), "e3": (5, 2, 4), "e4": (1, 1, 1)}
    second = {"e1": (2, 2, 3), "e2": (2, 2, 3), "e3": (2, 2, 3)}
    found = delphi(opinions(first, second))
    assert found.rounds["left"].tolist() == [0, 1]
    assert found.rounds["agreement"].iloc[1] == pytest.approx(1)
    a = found.items[found.items["item"] == "a"]
    assert a["median"].tolist() == [2, 2] and a["spread"].tolist() == [2.5, 0]
    assert a["narrowed"].iloc[1] == 2.5 and a["moved"].iloc[1] == 1


def test_agreement_is_kendalls():
    # Ranks 1 2 3, 1 3 2, 1 2 3: sums 3, 7, 8, S = 14, W = 12·14 / (9·24).
    found = delphi(opinions({"e1": (1, 2, 3), "e2": (1, 3, 2), "e3": (1, 2, 3)}))
    assert found.rounds["agreement"].iloc[0] == pytest.approx(12 * 14 / (9 * 24))
    assert 0 < found.rounds["p"].iloc[0] < 0.2
    assert np.isnan(
        delphi(opinions({"e1": (1, 1, 1), "e2": (2, 2, 2)})).rounds["agreement"].iloc[0]
    )
