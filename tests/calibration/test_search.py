"""Exact search along one threshold, and the least loss that it meets, against slow oracles."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from dxmethod.calibration import Rule, assemble, levels_under
from dxmethod.calibration.search import along, draw_nested, line, passing, search

SMALL = st.integers(0, 2**32 - 1)


@settings(max_examples=40)
@given(SMALL)
def test_along_a_line_every_place_is_the_sum_over_the_units_that_pass_there(seed):
    rng = np.random.default_rng(seed)
    size, strata = int(rng.integers(1, 12)), int(rng.integers(1, 3))
    values = rng.integers(0, 5, (size, 1)).astype(float)
    values[rng.random(size) < 0.3] = np.nan
    problem = assemble(
        values,
        np.zeros(size),
        [Rule()] * 2,
        draft=np.zeros((strata, 2, 1)),
        stratum=rng.integers(0, strata, size),
    )
    item = line(problem, 0, size)
    gain = rng.standard_normal((2, 2, size))
    table = along(gain, item)
    ends = np.append(item.cuts, np.inf)
    for s, place in np.ndindex(strata, len(ends)):
        passes = (problem.stratum == s) & (values[:, 0] >= ends[place])
        assert np.allclose(table[..., s, place], gain[..., passes].sum(axis=-1))


def test_sums_above_each_place():
    assert passing(np.array([5.0, 1.0, 2.0])).tolist() == [3.0, 2.0, 0.0]


def test_nested_places_are_drawn_from_their_joint_distribution():
    rng = np.random.default_rng(3)
    table = rng.standard_normal((3, 4))
    table[1, 2] = -np.inf
    chance = {
        places: np.exp(sum(table[h, i] for h, i in enumerate(places)))
        for places in itertools.product(range(4), repeat=3)
        if list(places) == sorted(places)
    }
    total = sum(chance.values())
    drawn = draw_nested(np.broadcast_to(table, (40_000, 3, 4)), rng)
    assert (np.diff(drawn, axis=1) >= 0).all()
    seen = {places: 0.0 for places in chance}
    for places in map(tuple, drawn.tolist()):
        seen[places] += 1 / len(drawn)
    assert all(abs(seen[p] - chance[p] / total) < 0.015 for p in chance)


def least_by_milp(problem):
    """Least number of wrong (unit, boundary) pairs, proved by a mixed integer programme.

    Binaries: passes[u, j, h], which rise with the value and fall with the level, and wrong[u, h].
    """
    size, m = problem.values.shape
    count = len(problem.rules)
    passes = np.arange(size * m * count).reshape(size, m, count)
    wrong = passes.size + np.arange(size * count).reshape(size, count)
    total = passes.size + wrong.size
    rows, least = [], []

    def at_least(terms, bound):
        row = np.zeros(total)
        for place, factor in terms:
            row[place] += factor
        rows.append(row)
        least.append(bound)

    for j in range(m):
        order = np.argsort(problem.values[:, j], kind="stable")
        for low, high in itertools.pairwise(order):
            same = problem.values[low, j] == problem.values[high, j]
            for h in range(count):
                at_least([(passes[high, j, h], 1), (passes[low, j, h], -1)], 0)
                if same:
                    at_least([(passes[low, j, h], 1), (passes[high, j, h], -1)], 0)
        for u, h in np.ndindex(size, count - 1):
            at_least([(passes[u, j, h], 1), (passes[u, j, h + 1], -1)], 0)
    for h, rule in enumerate(problem.rules):
        needed = m if rule.kind == "all" else rule.limit
        for u in range(size):
            met = [(passes[u, j, h], 1) for j in range(m)]
            if problem.consensus[u] > h:  # enough are met, or it is wrong
                at_least([*met, (wrong[u, h], needed)], needed)
            else:  # at most needed − 1 are met, or it is wrong
                at_least([(p, -1) for p, _ in met] + [(wrong[u, h], m)], 1 - needed)
    cost = np.zeros(total)
    cost[wrong.ravel()] = 1
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), np.array(least), np.inf),
        integrality=np.ones(total),
        bounds=Bounds(0, 1),
    )
    assert found.success
    return round(found.fun)


@pytest.mark.parametrize("seed", range(24))
def test_search_meets_the_least_loss_that_an_exact_programme_proves(seed):
    rng = np.random.default_rng(seed)
    size, m, count = int(rng.integers(5, 41)), int(rng.integers(1, 5)), int(rng.integers(1, 3))
    values = np.round(rng.random((size, m)) + rng.random((size, 1)), 1)
    truth = levels_under(
        assemble(values, np.zeros(size), [Rule()] * count),
        np.sort(rng.uniform(0.2, 1.2, (1, count, m)), axis=1),
    )
    said = np.where(rng.random(size) < 0.2, rng.integers(0, count + 1, size), truth)
    rule = Rule() if seed % 2 else Rule("count", int(rng.integers(1, m + 1)))
    problem = assemble(values, said, [rule] * count)
    found = search(problem, seed=seed)
    levels = levels_under(problem, found.thresholds)
    assert found.loss == np.abs(levels - said).sum() == least_by_milp(problem)
