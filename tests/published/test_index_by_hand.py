"""The tree takes any depth, and any mean at any node: two indices computed by hand."""

import pytest
from examples import LINE, framework, group, indicator, observe

from dxmethod.assessment import assess


def leaf(name: str, weight: float):
    return indicator(name, points=float(weight), value=LINE)


def test_geometric_mean_of_three():
    """Health 0.9, education 0.6, income 0.4, of equal weight, as in the HDI.

    0.9 × 0.6 × 0.4 = 0.216, and 0.6 × 0.6 × 0.6 = 0.216: the mean is 0.6. Had the means been
    arithmetic, it would be 1.9 / 3 = 0.6333.
    """
    index = framework(*(leaf(name, 1) for name in "abc"), combine="geometric", total=1.0)
    found = assess(index, observe({"a": [90], "b": [60], "c": [40]}))
    assert found.points.total == pytest.approx([0.6])


def test_weighted_mean_of_three_levels():
    """Four weighted means, one inside the other.

    Subpillar:  a 0.20 weight 1, b 0.80 weight 3:   (0.20 + 2.40) / 4 = 0.65
    Pillar:     subpillar weight 2, c 0.35 weight 1: (1.30 + 0.35) / 3 = 0.55
    Pillar:     d 0.50 weight 4, e 1.00 weight 1:    (2.00 + 1.00) / 5 = 0.60
    Index:      0.55 weight 3, 0.60 weight 2:        (1.65 + 1.20) / 5 = 0.57
    """
    subpillar = group("ab", leaf("a", 1), leaf("b", 3), combine="arithmetic", weight=2.0)
    first = group("abc", subpillar, leaf("c", 1), combine="arithmetic", weight=3.0)
    second = group("de", leaf("d", 4), leaf("e", 1), combine="arithmetic", weight=2.0)
    index = framework(first, second, combine="arithmetic", total=1.0)
    found = assess(index, observe({"a": [20], "b": [80], "c": [35], "d": [50], "e": [100]}))
    assert found.points.total == pytest.approx([0.57])


def test_a_different_mean_at_every_node():
    """Worst of two inside a harmonic mean inside a geometric one, all worth 100 points.

    Worst:      a 0.90, b 0.50:                        0.50
    Harmonic:   0.50 weight 1, c 0.25 weight 1:        2 / (1/0.50 + 1/0.25) = 2 / 6 = 1/3
    Geometric:  1/3 weight 1, d 0.75 weight 1:         √(1/3 × 3/4) = √(1/4) = 0.50, or 50 points
    """
    worst = group("ab", leaf("a", 1), leaf("b", 1), combine="min")
    inner = group("abc", worst, leaf("c", 1), combine="harmonic")
    index = framework(inner, leaf("d", 1), combine="geometric", total=100.0)
    found = assess(index, observe({"a": [90], "b": [50], "c": [25], "d": [75]}))
    assert found.points.total == pytest.approx([50.0])
