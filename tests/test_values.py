"""Values: curves open and closed, values fitted on the units, values made of others."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from examples import LINE, random_curve
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dxmethod.values import Curve, Fitted, Part, Parts

RANDOM = st.randoms(use_true_random=False)
NAN = np.nan


def steps(**fields) -> Curve:
    return Curve(kind="steps", at=(50, 80), give=(0, 0.5, 1), **fields)


def give(curve: Curve, *x: float) -> list[float]:
    return curve(np.array(x, dtype=float)).tolist()


def test_line_is_level_outside_its_ends():
    curve = Curve(kind="linear", at=(20, 80), give=(0.2, 1))
    assert give(curve, -5, 20, 50, 80, 120) == pytest.approx([0.2, 0.2, 0.6, 1, 1])


def test_falling_line():
    curve = Curve(kind="linear", at=(0, 10), give=(1, 0))
    assert give(curve, -1, 0, 2.5, 10, 11) == [1, 1, 0.75, 0, 0]


def test_line_with_a_bend():
    curve = Curve(kind="linear", at=(0, 50, 100), give=(0, 0.8, 1))
    assert give(curve, 0, 25, 50, 75, 100) == pytest.approx([0, 0.4, 0.8, 0.9, 1])


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ends_of_a_line_give_exactly_what_is_printed(start, width):
    curve = Curve(kind="linear", at=(start, start + width), give=(0, 1))
    assert give(curve, *curve.at) == [0, 1]


def test_cut_belongs_to_the_step_that_begins_there():
    below, above = np.nextafter(80, 0), np.nextafter(80, 100)
    assert give(steps(), 49, 50, below, 80, above) == [0, 0.5, 0.5, 1, 1]


def test_cut_belongs_to_the_step_that_ends_there():
    below, above = np.nextafter(80, 0), np.nextafter(80, 100)
    assert give(steps(closed="right"), 49, 50, below, 80, above) == [0, 0, 0.5, 0.5, 1]


def test_steps_give_exactly_what_is_printed():
    """Increments of 0.1 would add up to 0.30000000000000004."""
    shares = tuple(number / 10 for number in range(11))
    curve = Curve(kind="steps", at=tuple(map(float, range(10))), give=shares)
    assert give(curve, *range(-1, 10)) == list(shares)


def test_more_steps_than_a_byte_can_count():
    cuts = tuple(map(float, range(300)))
    curve = Curve(kind="steps", at=cuts, give=tuple(n / 300 for n in range(301)))
    assert give(curve, -1, 255, 256, 299) == [0, 256 / 300, 257 / 300, 1]


@pytest.mark.parametrize(
    "curve", [LINE, steps(), Curve(kind="linear", at=(0, 1, 2), give=(0, 1, 1))]
)
def test_no_number_gives_no_share(curve):
    assert np.isnan(curve(np.array([NAN]))).all()


def test_reported_numbers_are_left_alone():
    x = np.array([NAN, 10.0, 200.0])
    for curve in (LINE, steps()):
        curve(x)
    np.testing.assert_equal(x, [NAN, 10, 200])


@given(RANDOM, st.sampled_from([1.0, -1.0]))
def test_share_never_falls_in_the_good_direction(rng, sign):
    curve = random_curve(rng, sign)
    shares = curve(sign * np.sort(sign * np.linspace(-1, 11, 49)))
    assert all(b >= a for a, b in pairwise(shares))
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert curve.monotone == (sign if any(np.diff(curve.give)) else 1)


@pytest.mark.parametrize(("shares", "way"), [((0, 1), 1), ((1, 0), -1), ((0, 1, 0.5), 0)])
def test_direction_of_a_curve(shares, way):
    assert Curve(kind="linear", at=tuple(range(len(shares))), give=shares).monotone == way


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "linear", "at": (0, 1), "give": (0, 1, 1)},
        {"kind": "steps", "at": (0, 1), "give": (0, 1)},
        {"kind": "linear", "at": (1, 0), "give": (0, 1)},
        {"kind": "linear", "at": (1, 1), "give": (0, 1)},
        {"kind": "linear", "at": (1,), "give": (0,)},
        {"kind": "steps", "at": (), "give": (0,)},
        {"kind": "steps", "at": (1,), "give": (0, 1.01)},
        {"kind": "steps", "at": (1,), "give": (-0.01, 1)},
        {"kind": "steps", "at": (NAN,), "give": (0, 1)},
        {"kind": "linear", "at": (0, np.inf), "give": (0, 1)},
        {"kind": "steps", "at": (1,), "give": (0, 1), "closed": "both"},
        {"kind": "spline", "at": (0, 1), "give": (0, 1)},
    ],
)
def test_impossible_curve_is_refused(fields):
    with pytest.raises(ValidationError):
        Curve(**fields)


# Values fitted on the units assessed together.


def fit(to: str, x: list[float], sign: float = 1.0) -> np.ndarray:
    cohort = np.array(x, dtype=float)
    return Fitted(kind="fitted", to=to).fit(cohort, sign)(cohort)


@pytest.mark.parametrize(
    ("to", "sign", "shares"),
    [
        ("best", 1, [0.25, 0.5, 1, NAN]),
        ("best", -1, [1, 0.5, 0.25, NAN]),
        ("min_max", 1, [0, 1 / 3, 1, NAN]),
        ("min_max", -1, [1, 2 / 3, 0, NAN]),
        ("rank", 1, [1 / 3, 2 / 3, 1, NAN]),
        ("rank", -1, [1, 2 / 3, 1 / 3, NAN]),
    ],
)
def test_fitted_value(to, sign, shares):
    np.testing.assert_allclose(fit(to, [2, 4, 8, NAN], sign), shares)


@pytest.mark.parametrize("to", ["best", "min_max", "rank"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("x", [0, 5])
def test_units_that_are_all_alike_get_everything(to, sign, x):
    np.testing.assert_equal(fit(to, [x, x, NAN], sign), [1, 1, NAN])


@pytest.mark.parametrize("to", ["best", "min_max", "rank"])
def test_nothing_reported_fits_nothing(to):
    assert np.isnan(fit(to, [NAN, NAN])).all()


def test_equal_units_share_a_fitted_rank():
    np.testing.assert_allclose(fit("rank", [1, 2, 2, 3]), [0.25, 0.75, 0.75, 1])


@given(st.lists(st.integers(0, 20), min_size=1), st.sampled_from(["best", "min_max", "rank"]))
def test_fitted_shares_stay_between_nothing_and_everything(x, to):
    for sign in (1, -1):
        shares = fit(to, x, sign)
        assert ((shares >= 0) & (shares <= 1)).all()
        order = np.argsort(sign * np.array(x), kind="stable")
        assert (np.diff(shares[order]) >= 0).all()


# Values made of others.


def parts(kind: str, shares=(1.0, 1.0), **fields) -> Parts:
    of = tuple(Part(concept="a", value=LINE, share=share) for share in shares)
    return Parts(kind=kind, of=of, **fields)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (parts("sum", (0.6, 0.4)), [0.6 * 0.5 + 0.4, 0.6]),
        (parts("sum", (1, 1)), [1, 1]),  # never more than everything
        (parts("max"), [1, 1]),
        (parts("min"), [0.5, 0]),
        (parts("max", (0.5, 1)), [1, 0.5]),
        (parts("at_least", k=1), [1, 1]),
        (parts("at_least", k=2), [0, 0]),
    ],
)
def test_value_made_of_others(value, wanted):
    np.testing.assert_allclose(value.combine(np.array([[0.5, 1], [1, 0]])), wanted)


def test_part_that_does_not_apply_drops_out():
    shares = np.array([[0.5], [NAN]])
    assert parts("sum", (0.6, 0.4)).combine(shares) == pytest.approx([0.5])
    assert parts("min").combine(shares) == [0.5]
    assert parts("at_least", k=2).combine(np.array([[1.0], [NAN]])) == [1]


@pytest.mark.parametrize("kind", ["sum", "max", "min", "at_least"])
def test_parts_none_of_which_applies_earn_nothing(kind):
    assert np.nan_to_num(parts(kind).combine(np.array([[NAN], [NAN]]))) == [0]


def test_part_full_on_paper_is_full():
    """Three tenths three times and one are 0.9999999999999999 in binary."""
    assert parts("at_least", k=2).combine(np.array([[0.1 + 0.2 + 0.7 - 1e-16], [1.0]])) == [1]


@pytest.mark.parametrize("fields", [{"shares": ()}, {"k": 0}, {"shares": (1.0, 1.5)}])
def test_impossible_parts_are_refused(fields):
    with pytest.raises(ValidationError):
        parts("at_least", **fields)
