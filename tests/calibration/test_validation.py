"""Levels told out of fold, what stands beside them, and what that says of rule and judges."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from dxmethod.calibration import (
    Rule,
    Settings,
    agreement,
    assemble,
    calibrate,
    cross_validate,
    folds,
    levels_under,
    narrowing,
    statements,
)
from dxmethod.calibration.baselines import _ordinal_loss, majority, ordinal, passers

QUICK = Settings(priors=("additive",), chains=4, warm=12, keep=12)


def pilot(seed=0, size=120, noise=0.05, compensating=False):
    rng = np.random.default_rng(seed)
    values = 50 + 12 * rng.standard_normal((size, 1)) + 10 * rng.standard_normal((size, 4))
    cuts = np.array([[[30.0, 32, 36, 34], [42.0, 48, 45, 44]]])
    said = levels_under(assemble(values, np.zeros(size), [Rule()] * 2), cuts)
    if compensating:
        said = np.digitize(values.mean(axis=1), [42, 55])
    wrong = rng.random(size) < noise
    said[wrong] = rng.integers(0, 3, wrong.sum())
    return assemble(values, said, [Rule()] * 2, draft=cuts + 12.0)


def test_kappa_is_cohens():
    said, found = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 1, 0])
    table = np.zeros((3, 3))
    np.add.at(table, (said, found), 1)
    chance = np.outer(table.sum(1), table.sum(0)) / 6
    for power, name in ((2, "kappa"), (1, "kappa_linear")):
        cost = np.abs(np.subtract.outer(range(3), range(3))) ** power
        expected = 1 - (cost * table).sum() / (cost * chance).sum()
        assert getattr(agreement(found, said, 2), name) == pytest.approx(expected)
    both = agreement(found, said, 2)
    assert (both.exact, both.within_one) == (pytest.approx(3 / 6), pytest.approx(5 / 6))
    assert np.isnan(agreement(said * 0, said * 0, 2).kappa)


def test_folds_deal_every_level_evenly():
    problem = pilot().hide(np.arange(10))
    for row in folds(problem, 4, 3, seed=1):
        assert (row[:10] == -1).all() and (row[10:] >= 0).all()
        for level in range(3):
            inside = np.bincount(row[problem.consensus == level], minlength=4)
            assert np.ptp(inside) <= 1


def test_gradient_of_the_ordinal_logit_is_right():
    rng = np.random.default_rng(0)
    x, said = rng.standard_normal((20, 3)), rng.integers(0, 4, 20)
    at = rng.standard_normal(6) / 2
    loss, slope = (lambda v, k=k: _ordinal_loss(v, x, said, 3)[k] for k in (0, 1))
    assert check_grad(loss, slope, at) < 1e-4


def test_baselines_do_what_they_say():
    problem = pilot(noise=0)
    every = np.arange(120)
    said = problem.consensus
    assert (passers(problem, every) >= said).all()
    assert set(majority(problem, every)) == {np.bincount(said.astype(int)).argmax()}
    assert (
        ordinal(pilot(compensating=True, noise=0), every)
        == pilot(compensating=True, noise=0).consensus
    ).mean() > 0.9


def test_calibration_beats_a_draft_that_asks_too_much_and_says_so():
    problem = pilot()
    seen = []
    found = cross_validate(
        problem,
        k=3,
        repeats=1,
        settings=QUICK,
        others={"mine": lambda train, units, seed: train.judged[units] * 1},
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (3, 3)
    assert (found.predicted["mine"] == 0).all()  # held-out labels were hidden
    table = found.table()
    assert table.loc["calibration", "kappa"] > table.loc["draft", "kappa"] + 0.2
    assert (table["exact_low"] <= table["exact"]).all()
    gain, low, high = found.gain()
    assert 0 < low < gain < high
    assert gain == pytest.approx(table.loc["calibration", "kappa"] - table.loc["draft", "kappa"])
    assert list(found.by_stratum().index.get_level_values("stratum").unique()) == ["s0"]
    curve = found.reliability()
    assert curve["cases"].sum() == 240
    assert (curve["came"] - curve["said"]).abs().mul(curve["cases"]).sum() / 240 < 0.1
    said = statements(calibrate(problem, settings=QUICK), found)
    assert not {s.kind for s in said} & {"no_gain", "compensatory", "against_direction"}


def test_statements_name_what_speaks_against_the_rule_a_criterion_and_a_judge():
    base = pilot(compensating=True, size=200)
    values = np.column_stack([base.values, -base.values.mean(axis=1), np.full(200, 5.0)])
    draft = np.concatenate([base.draft, [[[-90.0, 0.0], [-80.0, 1.0]]]], axis=2)
    said = base.labels[0].copy()
    best = int(base.values.min(axis=1).argmax())
    said[best] = 0
    values[best, 4] = 0
    problem = assemble(values, said, base.rules, draft=draft)
    fit = calibrate(problem, settings=QUICK)
    found = statements(fit, cross_validate(problem, k=3, repeats=1, settings=QUICK))
    kinds = {s.kind: s for s in found}
    assert kinds["compensatory"].figures["gain"] > 0.02
    assert kinds["against_direction"].subject == ("c4",)
    assert ("c5",) in [s.subject for s in found if s.kind == "never_decides"]
    pairs = [s for s in found if s.kind == "dominance"]
    assert any(s.subject[:2] == ("j0", f"u{best}") for s in pairs)


def test_more_units_are_wanted_where_fewer_are_decisive():
    fit = calibrate(pilot(), settings=QUICK)
    table = narrowing(fit)
    assert len(table) == 8 and (table["wanted"] >= 1).all()
    row = table.iloc[0]
    wanted = max(5 - row.decisive, row.decisive) * (row.near + 1) / (row.decisive + 0.5)
    assert row.wanted == np.ceil(wanted)
