"""Draws of thresholds from judged units: what they recover, and what they say of doubt."""

import numpy as np
import pytest

from dxmethod.calibration import Rule, Settings, assemble, calibrate, levels_under, likely
from dxmethod.calibration.learner import Chains
from dxmethod.calibration.prior import FLAT
from dxmethod.calibration.search import along, line
from dxmethod.calibration.unknown import guess

QUICK = Settings(priors=("additive",), chains=4, warm=20, keep=20)


def pilot(seed, size=150, m=5, count=2, noise=0.0, rules=None, held=600):
    """Values with a common factor, thresholds, true levels; judged ones first, then held out."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((size + held, 1)) + 0.7 * rng.standard_normal((size + held, m))
    values = np.round(50 + 15 * values, 1)
    effect = rng.normal(0, 5, m)
    cuts = np.array([35.0 + 14 * h + effect for h in range(count)])[None]
    rules = rules or [Rule()] * count
    truth = levels_under(assemble(values, np.zeros(size + held), rules, draft=cuts), cuts)
    said = truth[:size].astype(float)
    wrong = rng.random(size) < noise
    said[wrong] = np.clip(said[wrong] + rng.choice([-1, 1], wrong.sum()), 0, count)
    return assemble(values[:size], said, rules, draft=cuts), values[size:], truth[size:]


def log_likelihood(chains, j, level, at):
    """Of what was said, with one threshold at a place; by the definition of the link."""
    old = chains.place[j].copy()
    chains.place[j][:, level] = at
    chains._margins()
    reached = 1 / (1 + chains.odds)
    chains.place[j] = old
    chains._margins()
    a = chains.trust
    return np.log(a * reached + (1 - a) * (1 - reached)).sum(axis=(1, 2))


@pytest.mark.parametrize("rule", [Rule(), Rule("share", 0.6), Rule("count", 2)])
def test_table_of_one_threshold_is_the_likelihood_at_every_place(rule):
    problem, _, _ = pilot(1, size=30, m=3, rules=[rule] * 2)
    lines = [line(problem, j, 99) for j in range(3)]
    rng = np.random.default_rng(0)
    seen = np.ones((2, 30), dtype=bool)
    chains = Chains(problem, lines, guess(problem.values, lines), [FLAT] * 2, seen, rng)
    for _ in range(3):
        chains.sweep()
    every = np.arange(2)
    _, gain = chains._rest(1, every, chains._passes(1, every))
    table = along(gain, lines[1])[:, 0, 0]
    slow = np.stack([log_likelihood(chains, 1, 0, at) for at in range(len(lines[1].cuts) + 1)], 1)
    assert np.allclose(table - table[:, :1], slow - slow[:, :1], atol=1e-2)


@pytest.mark.parametrize(
    ("rule", "known"), [(Rule(), True), (Rule("share", 0.6), False), (Rule("count", 3), True)]
)
def test_levels_of_unseen_units_are_told(rule, known):
    problem, values, truth = pilot(2, noise=0.1, rules=[rule] * 2)
    assert (problem.weights is None) or known
    fit = calibrate(problem, settings=QUICK)
    assert (likely(fit.predict(values)) == truth).mean() > 0.85
    assert 0.005 < fit.noise.mean() < 0.12
    assert np.allclose(fit.chances.sum(axis=1), 1) and (fit.chances >= -1e-12).all()
    if not known:
        assert fit.weights is not None and np.allclose(fit.weights.sum(axis=1), 1)


def test_thresholds_are_nested_inside_bounds_and_the_same_for_the_same_seed():
    problem, _, _ = pilot(3, noise=0.1)
    fit, again = (
        calibrate(problem, seed=5, settings=QUICK),
        calibrate(problem, seed=5, settings=QUICK),
    )
    assert (np.diff(fit.thresholds, axis=2) >= 0).all()
    assert np.array_equal(fit.thresholds, again.thresholds)
    assert np.array_equal(fit.chances, again.chances)
    assert (fit.low <= fit.point).all() and (fit.point <= fit.high).all()


def test_prior_is_chosen_by_units_that_the_chains_have_not_seen():
    problem, _, _ = pilot(4)
    fit = calibrate(problem, settings=Settings(chains=4, warm=15, keep=15))
    assert set(fit.prior_scores) == {"additive", "flat", "draft"}
    assert fit.prior == max(fit.prior_scores, key=fit.prior_scores.get)


def test_hidden_labels_have_no_say():
    problem, _, _ = pilot(5)
    hidden = problem.hide(np.arange(30))
    other = assemble(
        problem.values,
        np.where(np.arange(150) < 30, np.nan, problem.labels[0]),
        problem.rules,
        draft=problem.draft,
    )
    first, second = (calibrate(p, settings=QUICK) for p in (hidden, other))
    assert np.array_equal(first.thresholds, second.thresholds)


def test_decisive_units_fail_on_that_criterion_alone():
    problem, _, _ = pilot(6)
    fit = calibrate(problem, settings=QUICK)
    under = np.asarray(problem.values[:, None] >= fit.point[0])
    for level, j in np.ndindex(2, 5):
        units = fit.decisive_units(0, level, j)
        alone = ~under[:, level, j] & np.delete(under[:, level], j, axis=1).all(axis=1)
        assert len(np.intersect1d(units, np.flatnonzero(alone))) >= 0.7 * len(units)
    assert not fit.pinned[fit.decisive < 5].any()


def test_a_criterion_that_never_decides_is_not_pinned():
    problem, _, _ = pilot(7)
    values = np.column_stack([problem.values, np.full(150, 90.0)])
    draft = np.concatenate([problem.draft, [[[10.0], [20.0]]]], axis=2)
    fit = calibrate(assemble(values, problem.labels, problem.rules, draft=draft), settings=QUICK)
    assert fit.pinned[0, :, :5].any() and not fit.pinned[0, :, 5].any()


@pytest.mark.parametrize("rule", [Rule(), Rule("share", 0.6)])
def test_missing_cells_cost_little(rule):
    problem, values, truth = pilot(8, rules=[rule] * 2)
    rng = np.random.default_rng(1)
    holes = np.where(rng.random(problem.values.shape) < 0.05, np.nan, problem.values)
    patchy = assemble(holes, problem.labels, problem.rules, draft=problem.draft)
    right = [
        (likely(calibrate(p, settings=QUICK).predict(values)) == truth).mean()
        for p in (problem, patchy)
    ]
    assert right[1] > right[0] - 0.03


def test_severe_and_careless_judges_are_told_apart():
    problem, _, _ = pilot(9)
    true = problem.labels[0]
    rng = np.random.default_rng(2)
    severe = np.maximum(true - (rng.random(150) < 0.3), 0)
    careless = np.where(rng.random(150) < 0.3, rng.integers(0, 3, 150), true)
    fit = calibrate(
        assemble(problem.values, np.array([true, severe, careless]), problem.rules),
        settings=QUICK,
    )
    noise, severity = fit.noise.mean(axis=0), fit.severity.mean(axis=0)
    assert noise[0] < noise[1] and noise[0] < noise[2]
    assert severity[1] > 0.1 and abs(severity[0]) < 0.1


def test_strata_have_their_own_thresholds_only_where_the_draft_gives_them():
    problem, _, _ = pilot(10, size=200)
    stratum = np.arange(200) % 2
    draft = np.repeat(problem.draft, 2, axis=0)
    draft[1, :, 0] -= 12
    leader = np.zeros(draft.shape, dtype=np.intp)
    leader[1, :, 0] = 1
    fields = {"draft": draft, "leader": leader, "stratum": stratum}
    said = levels_under(assemble(problem.values, np.zeros(200), problem.rules, **fields), draft)
    fit = calibrate(assemble(problem.values, said, problem.rules, **fields), settings=QUICK)
    assert np.array_equal(fit.thresholds[:, 0, :, 1:], fit.thresholds[:, 1, :, 1:])
    assert (fit.point[1, :, 0] < fit.point[0, :, 0]).all()


def test_what_does_not_apply_or_is_not_asked_leaves_the_count():
    problem, _, _ = pilot(11)
    excluded = np.zeros(problem.values.shape, dtype=bool)
    excluded[:40, 0] = True
    draft = problem.draft.copy()
    draft[0, 1, 2] = np.nan
    values = np.where(excluded, np.nan, problem.values)
    fields = {"excluded": excluded, "draft": draft}
    for rule in (Rule(), Rule("share", 0.6)):
        bare = assemble(values, np.zeros(150), [rule] * 2, **fields)
        said = levels_under(bare, draft)
        fit = calibrate(assemble(values, said, [rule] * 2, **fields), settings=QUICK)
        assert np.isnan(fit.point[0, 1, 2])
        assert (fit.level == said).mean() > 0.9
        assert (likely(fit.predict(values, excluded=excluded)) == said).mean() > 0.9


def test_interrupted_work_gives_what_it_has():
    problem, _, _ = pilot(12)
    done = []

    def stop(number, total):
        done.append((number, total))
        if number == 25:
            raise KeyboardInterrupt

    fit = calibrate(problem, settings=QUICK, progress=stop)
    assert fit.interrupted and len(fit.thresholds) == 4 * 5
    assert done[0] == (1, 40)


def test_levels_may_follow_different_rules():
    problem, values, truth = pilot(13, m=30, rules=[Rule("share", 0.7), Rule()], noise=0.05)
    fit = calibrate(problem, settings=QUICK)
    assert (likely(fit.predict(values)) == truth).mean() > 0.8


@pytest.mark.slow
def test_intervals_hold_the_true_thresholds_of_simulated_pilots():
    inside = []
    for seed in range(20, 50):
        problem, _, _ = pilot(seed, size=120, m=8, noise=0.1 * (seed % 2))
        fit = calibrate(problem, seed=seed, settings=Settings(priors=("additive", "flat")))
        many = fit.decisive >= 5
        inside.append(((fit.low <= problem.draft) & (problem.draft <= fit.high))[many])
    assert np.concatenate(inside).mean() > 0.8
