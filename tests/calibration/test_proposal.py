"""Revisions of thresholds, against trying every set of changes; and what becomes of them."""

import csv
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from examples import catalogue, concept, framework, indicator, levels, observe
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.calibrating import propose_revision, summary, write_proposal
from dxmethod.calibration import Rule, Settings, agreement, assemble, calibrate, levels_under
from dxmethod.calibration import frontier as module
from dxmethod.calibration.cutoffs import Grid, Span
from dxmethod.calibration.frontier import Places, frontier, kappa, movable
from dxmethod.calibration.intake import problem
from dxmethod.calibration.proposal import (
    CalibrationOptions,
    data_hash,
    draft_of,
    places_of,
    propose,
    told,
    try_out,
)
from dxmethod.changes import apply
from dxmethod.check import check_framework
from dxmethod.faults import Collector, Faults
from dxmethod.framework import read_framework, write_framework
from dxmethod.levels import assess_levels
from dxmethod.revision import open_revision

QUICK = Settings(priors=("draft",), chains=4, warm=15, keep=15)
FEW = {"folds": 3, "repeats": 1, "chains": 4, "warm": 15, "keep": 15}
TENS = np.arange(10.0, 91, 10)


def judged(seed, kind="all", size=25, strata=1):
    """Units judged by a rule that the draft misses by a step or two, with some error."""
    rng = np.random.default_rng(seed)
    m, rules = int(rng.integers(2, 4)), [Rule(kind, 0.6 if kind == "share" else None)] * 2
    common = rng.normal(size=(size, 1))
    values = np.round(100 / (1 + np.exp(-0.8 * (common + rng.normal(size=(size, m))))))
    true = np.sort(rng.choice(np.arange(20.0, 81, 10), size=(strata, 2, m)), axis=1)
    off = rng.choice([-20, -10, 0, 10, 20], size=true.shape)
    given = {
        "draft": np.sort(np.clip(true + off, 10, 90), axis=1),
        "weights": np.ones(m),
        "bounds": (0, 100),
        "stratum": np.arange(size) % strata,
    }
    right = levels_under(assemble(values, np.zeros(size), rules, **given), true)
    slips = (rng.random((3, size)) < 0.15) * rng.choice([-1, 1], size=(3, size))
    return assemble(values, np.clip(right + slips, 0, 2).astype(float), rules, **given)


def tens(made, values=TENS):
    return Places((values,) * len(made.criteria), np.full(len(made.criteria), 100.0))


def distance(found, thresholds):
    """Expected squared distance of the levels under given thresholds, as defined."""
    at = levels_under(found.problem, thresholds)
    apart = (at[..., None] - np.arange(len(found.problem.levels) + 1)) ** 2
    return (found.chances * apart).sum(axis=-1)[..., found.problem.judged].mean(axis=-1)


def every_revision(found):
    """All thresholds on the grid, in order, between the draft and the far end of the interval."""
    draft, ends = found.problem.draft, np.stack([found.low, found.high])
    low, high = np.fmin(ends[0], draft), np.fmax(ends[1], draft)
    columns = [
        [own, *(place for place in TENS if least <= place <= most and place != own)]
        for own, least, most in zip(draft.ravel(), low.ravel(), high.ravel(), strict=True)
    ]
    made = np.array(list(itertools.product(*columns))).reshape(-1, *draft.shape)
    return made[(np.diff(made, axis=2) >= 0).all(axis=(1, 2, 3))]


@pytest.mark.parametrize(("kind", "part"), [("all", 1.0), ("share", 0.9)])
@pytest.mark.parametrize("seed", range(5))
def test_frontier_gains_what_the_best_set_of_changes_does(monkeypatch, kind, part, seed):
    """All of it where all must pass; under a share rule, at least nine tenths."""
    monkeypatch.setattr(module, "movable", lambda found: found.problem.asked)
    found = calibrate(judged(seed, kind), seed=seed, settings=QUICK)
    path = frontier(found, tens(found.problem), most=6)
    thresholds = every_revision(found)
    changed = (thresholds != found.problem.draft).sum(axis=(1, 2, 3))
    worth = distance(found, thresholds)
    for count in range(7):
        most = path.points[0].expected - worth[changed <= count].min()
        gain = path.points[0].expected - path.at_most(count).expected
        assert part * most - 1e-5 <= gain <= most + 1e-12


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["all", "share"]), strata=st.integers(1, 2))
def test_every_point_is_a_revision_that_could_be_issued(seed, kind, strata):
    made = judged(seed, kind, 40, strata)
    found = calibrate(made, seed=1, settings=QUICK)
    order = made.strata[::-1]
    path = frontier(found, tens(made), most=5, strata=order)
    for before, point in itertools.pairwise(path.points):
        assert before.count < point.count <= 5 and point.expected < before.expected
    for point in path.points:
        moved = point.thresholds != made.draft
        assert point.count == moved.sum() == len(point.changes)
        assert point.size == pytest.approx(np.abs(point.thresholds - made.draft).sum() / 100)
        assert not (moved & ~movable(found)).any()
        assert np.isin(point.thresholds[moved], TENS).all()
        assert (np.diff(point.thresholds, axis=1) >= 0).all()
        if strata == 2:  # the second is asked most: no less than the first, unless it was
            was = made.draft[1] < made.draft[0]
            assert (was | (point.thresholds[1] >= point.thresholds[0])).all()
        assert point.level.tolist() == levels_under(made, point.thresholds).tolist()
        assert point.expected == pytest.approx(float(distance(found, point.thresholds)))
        said = made.consensus[made.judged]
        own = agreement(point.level[made.judged], said, 2)
        assert (point.exact, point.kappa) == pytest.approx((own.exact, own.kappa), nan_ok=True)


def test_two_thresholds_move_together_where_one_alone_changes_nothing(monkeypatch):
    monkeypatch.setattr(module, "movable", lambda found: found.problem.asked)
    column = np.arange(2.0, 100, 3)
    values = np.column_stack([column, column])
    made = assemble(values, (column >= 50) * 1.0, [Rule()], draft=np.full((1, 2), 80.0))
    found = calibrate(made, settings=QUICK)
    path = frontier(found, tens(made), most=3)
    assert [point.count for point in path.points] == [0, 2]
    assert path.points[1].thresholds.max() == 50 and path.points[1].kappa > 0.9


def test_a_threshold_that_no_unit_decides_stays_where_it_is():
    made = judged(5, size=60)
    values = np.column_stack([made.values, np.full(60, 99.0), np.linspace(1, 99, 60)])
    draft = np.concatenate([made.draft, np.full((1, 2, 1), 90.0), made.draft[..., :1]], axis=2)
    draft[:, :, -1] = 0.5  # everyone passes the last two, wherever they go below this
    wider = assemble(values, made.labels, made.rules, draft=draft, bounds=(0, 100))
    found = calibrate(wider, settings=QUICK)
    assert not movable(found)[..., -2].any()
    path = frontier(found, tens(wider))
    assert path.points[-1].thresholds[0, :, -2].tolist() == [90, 90]
    nowhere = frontier(found, tens(wider, np.zeros(0)))
    assert [point.count for point in nowhere.points] == [0]
    assert nowhere.points[0].changes.empty


def test_kappa_from_moments_is_that_of_the_table_and_undefined_for_one_level():
    rng = np.random.default_rng(0)
    found, said = rng.integers(0, 4, size=(2, 50)).astype(float)
    counts = rng.integers(0, 3, size=50)
    again = np.repeat(np.arange(50), counts)
    assert kappa(found, said) == pytest.approx(agreement(found, said, 3).kappa)
    twice = kappa(found, said, counts[None].astype(float))
    assert twice[0] == pytest.approx(agreement(found[again], said[again], 3).kappa)
    assert np.isnan(kappa(np.ones(5), np.ones(5)))


@pytest.fixture(scope="module")
def tried():
    made = judged(3, size=45)
    return try_out(made, tens(made), options=CalibrationOptions(most=4, **FEW), seed=7)


def test_each_fold_is_predicted_without_itself_and_the_same_every_time(tried):
    made = tried.frontier.calibration.problem
    assert (tried.predicted[0, 0] == levels_under(made, made.draft)).all()
    own = tried.fold[0] == 0
    again = calibrate(made.hide(own), seed=8, settings=CalibrationOptions(**FEW).settings)
    path = frontier(again, tens(made), most=4)
    for count in range(5):
        assert (tried.predicted[0, count, own] == path.at_most(count).level[own]).all()
    assert (tried.refit[0, own] == again.level[own]).all()
    row = tried.table.iloc[2]
    direct = agreement(tried.predicted[0, 2], made.consensus, 2)
    assert (row["exact"], row["kappa"]) == pytest.approx((direct.exact, direct.kappa))
    assert row["kappa_low"] <= row["kappa"] <= row["kappa_high"]
    second = try_out(made, tens(made), options=CalibrationOptions(most=4, **FEW), seed=7)
    assert second.table.equals(tried.table)


def test_knee_is_the_fewest_changes_near_the_best_and_gain_says_when_it_is_uncertain(tried):
    said = tried.frontier.calibration.problem.consensus
    none = np.repeat(tried.predicted[:, :1], 5, axis=1)
    kept = replace(tried, predicted=none)
    assert kept.knee == 0 and kept.point.count == 0
    assert kept.gain(3).gain == 0 and not kept.gain(3).certain
    perfect = none.copy()
    perfect[:, 2:] = said
    better = replace(tried, predicted=perfect)
    assert better.knee == 2 and better.gain().certain and better.gain().gain > 0
    assert better.gain().gain == pytest.approx(1 - better.table["kappa"][0])


def test_interrupted_work_gives_what_is_done(tried):
    made = tried.frontier.calibration.problem

    def stop_at(limit):
        def progress(done, total):
            assert total == 4
            if done == limit:
                raise KeyboardInterrupt

        return progress

    options = CalibrationOptions(most=4, **FEW)
    part = try_out(made, tens(made), options=options, seed=7, progress=stop_at(3))
    assert part.interrupted and np.isfinite(part.refit).sum() == (part.fold < 2).sum()
    assert np.isfinite(part.table["kappa"]).all()
    with pytest.raises(KeyboardInterrupt):
        try_out(made, tens(made), options=options, seed=7, progress=stop_at(1))


def by_stratum_problem():
    """A framework with a threshold by stratum, one where less is better, and judged units."""
    known = catalogue(concept("a"), concept("b", better="lower"))
    rules = framework(
        indicator("a", required={"m1": {"*": 60, "x": 60}, "m2": 80}),
        indicator("b", required={"m2": 20}),
        levels=levels("m1", "m2"),
    )
    rng = np.random.default_rng(2)
    columns = {"a": rng.integers(20, 100, 90).tolist(), "b": rng.integers(0, 60, 90).tolist()}
    reported = observe(columns, known, strata=["x", "y", "z"] * 30)
    true = framework(
        indicator("a", required={"m1": {"*": 60, "x": 40}, "m2": 80}),
        indicator("b", required={"m2": 40}),
        levels=levels("m1", "m2"),
    )
    level = assess_levels(true, reported).level
    told_of = [
        (f"j{k}", unit, level[n]) for k in range(2) for n, unit in enumerate(reported.units.index)
    ]
    frame = module.pd.DataFrame(told_of, columns=["judge", "unit", "level"])
    return rules, known, reported, problem(rules, reported, frame)


def test_a_point_becomes_changes_and_a_draft_that_reads_checks_and_gives_its_levels(tmp_path):
    rules, known, reported, made = by_stratum_problem()
    grid = places_of(made, Grid(step=10), rules, known)
    assert [column.tolist() for column in grid.grid] == [
        [*range(10, 101, 10)],
        [*range(0, 100, 10)],
    ]
    done = try_out(made, grid, options=CalibrationOptions(most=4, **FEW), seed=1)
    point = done.frontier.points[-1]
    changes = propose(rules, point, done.frontier.calibration, "Biên bản")
    news = {change.target: change.new for change in changes}
    assert news == {
        "tree/a/required/m1": {"*": 60, "x": 40},
        "tree/b/required/m2": 40,
    }
    assert {change.basis for change in changes} == {"Biên bản"}
    reason = next(change.reason for change in changes if change.target == "tree/b/required/m2")
    assert reason.startswith("hiệu chỉnh theo đánh giá của 2 chuyên gia trên 90 đơn vị: ")
    assert "đơn vị quyết định ngưỡng này, khoảng 90% từ " in reason
    assert assess_levels(apply(rules, changes), reported).level.tolist() == point.level.tolist()
    note = told(done, CalibrationOptions(**FEW))
    assert data_hash(made)[:16] in note and "seed 1" in note
    draft = draft_of(rules, changes, note)
    assert (draft.id, draft.status, draft.supersedes) == (
        "vi-du-calibrated/commune", "draft", (rules.id,),
    )  # fmt: skip
    assert draft.indicators[0].provenance.document == "Đề xuất hiệu chỉnh vi-du/commune"
    assert check_framework(draft, known) == []
    write_framework(draft, tmp_path / "commune.yml")
    assert read_framework(tmp_path / "commune.yml", Collector()) == draft


def test_declared_bounds_hold_and_may_include_the_worst_value():
    rules, known, _, made = by_stratum_problem()
    spans = {"a": Span(low=0, high=50, step=25), "b": Span(high=100, low=90)}
    grid = places_of(made, Grid(indicators=spans), rules, known)
    assert [column.tolist() for column in grid.grid] == [[0, 25, 50], [90, 95, 100]]


def test_a_revision_that_names_no_judgements_is_refused():
    with pytest.raises(Faults, match="ý kiến chuyên gia"):
        propose_revision(open_revision("dti-2022-to-2024"))


@pytest.mark.slow
def test_shipped_pilot_proposes_fewer_than_ten_changes_and_they_go_towards_the_truth(tmp_path):
    revision = open_revision("mic-2516-to-2361")
    few = revision.file.calibration.model_copy(update={"folds": 3, "repeats": 1})
    revision = replace(revision, file=revision.file.model_copy(update={"calibration": few}))
    found = propose_revision(revision)
    assert 0 < found.point.count < 10
    assert np.isfinite([found.gain.gain, found.gain.low, found.gain.high]).all()
    path = Path(__file__).parents[2] / "data" / "pilot" / "mo-phong-su-that.csv"
    with path.open(encoding="utf-8") as file:
        truth = {
            (r["id"], r["key"]): float(r["value"])
            for r in csv.DictReader(file)
            if r["what"] == "threshold"
        }
    rows = found.tried.frontier.points[-1].changes
    true = [
        truth.get((row.indicator, f"{row.level}/{row.stratum}"), row.old)
        for row in rows.itertuples()
    ]
    nearer = (rows["new"] - true).abs() - (rows["old"] - true).abs()
    assert (nearer < 0).sum() > 2 * (nearer > 0).sum()
    files = write_proposal(found, tmp_path / "moi", revision.name)
    assert [file.name for file in files] == ["commune.yml", "de-xuat.xlsx"]
    assert "SỐ LIỆU MÔ PHỎNG" in found.framework.note
    before = [file.read_bytes() for file in files]
    assert [
        file.read_bytes() for file in write_proposal(found, tmp_path / "moi", revision.name)
    ] == before
    assert f"sửa {found.point.count} ngưỡng" in summary(found)
    write_framework(found.draft, files[0])
    with pytest.raises(Faults, match="đã có tệp khác"):
        write_proposal(found, tmp_path / "moi", revision.name)
