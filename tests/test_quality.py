"""What indicators tell, against slow plain definitions on random instances."""

import random
from itertools import combinations

import numpy as np
import pytest
from examples import (
    LINE,
    catalogue,
    concept,
    framework,
    group,
    indicator,
    levels,
    observe,
    random_levels,
    random_points,
)

from dxmethod.assessment import assess
from dxmethod.burden import burden
from dxmethod.framework import Quorum
from dxmethod.quality import (
    CLASSES,
    blocking,
    contrast,
    correlate,
    functioning,
    mean_scores,
    pairs,
    pass_rates,
    reported,
    scores,
)
from dxmethod.rounds import Round
from dxmethod.verdicts import RULES, VERDICTS, diagnose
from dxmethod.verification import gaps, heaping

NAN = float("nan")


def same(found, wanted):
    assert np.allclose(found, wanted, atol=1e-9, equal_nan=True), (found, wanted)


def facts(assessment, item, unit, level):
    """Whether a requirement is asked of a unit, known, and met: None where it is not asked."""
    found, held = assessment.levels, assessment.observations
    row = found.indicators.index(item)
    required = item.required.get(level.id)
    if isinstance(required, dict):
        stratum = held.strata[unit]
        required = required.get(stratum, required.get("*"))
    cells = found.cells
    if required is None or (cells.excluded is not None and cells.excluded[row, unit]):
        return None
    if cells.unknown is not None and cells.unknown[row, unit]:
        return "unknown"
    sign = held.concepts[held.position[item.concept]].sign
    value = cells.value[row, unit]
    return bool(sign * value >= sign * required)  # NaN fails


@pytest.mark.parametrize("seed", range(30))
def test_rates_and_scores_are_those_of_a_loop_over_units(seed):
    assessment = assess(*random_levels(random.Random(seed)))
    framework_, held = assessment.framework, assessment.observations
    units = range(len(held.units))
    strata = list(held.strata.astype(object))
    found = pass_rates(assessment).set_index(["indicator", "level", "stratum"])
    score = scores(assessment)
    for item in framework_.asked:
        told = {
            u: [facts(assessment, item, u, level) for level in framework_.levels] for u in units
        }
        for place, level in enumerate(framework_.levels):
            for name in ("", *held.strata.categories):
                mine = [told[u][place] for u in units if name in ("", strata[u])]
                wanted = [sum(x is not None for x in mine), sum(x in (True, False) for x in mine)]
                wanted.append(sum(x is True for x in mine))
                if level.id in item.required:
                    row = found.loc[(item.id, level.id, name)]
                    assert row[["asked", "known", "passed"]].tolist() == wanted
                    same(row["rate"], wanted[2] / wanted[1] if wanted[1] else NAN)
        row = score.indicators.index(item)
        for u in units:
            mine = [x for x in told[u] if x is not None]
            known = mine and "unknown" not in mine
            same(score.score[row, u], sum(mine) / len(mine) if known else NAN)


@pytest.mark.parametrize("seed", range(30))
def test_scores_of_points_are_shares_of_what_a_unit_can_earn(seed):
    rules, held = random_points(random.Random(seed), curves_only=True)
    found = scores(assess(rules, held))
    points = assess(rules, held).points
    for row, item in enumerate(points.indicators):
        for unit in range(len(held.units)):
            score = found.score[found.indicators.index(item), unit]
            left = 0 if points.excluded is None else points.excluded[row, unit]
            if left == 1 or (points.unknown is not None and points.unknown[row, unit]):
                assert np.isnan(score)
            else:
                share = points.share[row, unit] / (1 - left)
                same(score, 1 - share if item.role == "penalty" else share)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_the_rest_leaves_the_indicator_itself_out(seed, within):
    found = scores(assess(*random_points(random.Random(seed), curves_only=True)))
    rest = found.rest(within)
    size, units = found.score.shape
    for row in range(size):
        others = [
            k
            for k in range(size)
            if k != row and (not within or found.group[k] == found.group[row])
        ]
        for unit in range(units):
            known = [k for k in others if not np.isnan(found.score[k, unit])]
            weight, full = found.weight[known].sum(), found.weight[others].sum()
            wanted = NAN
            if full > 0 and weight >= 0.5 * full:
                wanted = (found.weight[known] * found.score[known, unit]).sum() / weight
            same(rest[row, unit], wanted)


def random_rows(seed, rows=4, units=30):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 6, (rows, units)).astype(float)
    table[rng.random(table.shape) < 0.2] = NAN
    table[0] = np.where(np.isnan(table[0]), NAN, 3.0)  # one that does not vary
    return table


@pytest.mark.parametrize("seed", range(10))
def test_correlations_and_contrasts_are_those_of_a_loop_over_rows(seed):
    x, y = random_rows(seed), random_rows(seed + 100)
    r, d = correlate(x, y), contrast(x, y)
    assert np.isnan(r[0])
    for row in range(len(x)):
        known = ~np.isnan(x[row]) & ~np.isnan(y[row])
        a, b = x[row][known], y[row][known]
        if a.std() and b.std():
            same(r[row], np.corrcoef(a, b)[0, 1])
        low, high = np.quantile(b, [1 / 3, 2 / 3])
        same(d[row], a[b >= high].mean() - a[b <= low].mean() if low < high else NAN)


@pytest.mark.parametrize("seed", range(25))
def test_blocking_is_found_by_mending_one_requirement_after_another(seed):
    rules, held = random_levels(random.Random(seed))
    assessment = assess(rules, held)
    found, listed = blocking(assessment), assessment.levels.blockers()
    tally = {item.id: dict.fromkeys(("alone", "few", "many"), 0) for item in rules.asked}
    for unit, code in enumerate(held.units.index):
        failed = listed[listed["unit"] == code]
        for name, level in zip(failed["indicator"], failed["level"], strict=True):
            item = next(i for i in rules.asked if i.id == name)
            passed = assessment.levels.passed.copy()
            place = [one.id for one in rules.levels].index(level)
            passed[rules.asked.index(item), unit] |= 1 << place
            if assessment.levels.if_passed(passed)[unit] > assessment.levels.level[unit]:
                tally[name]["alone"] += 1
            else:
                tally[name]["few" if len(failed) <= 3 else "many"] += 1
    assert found[["alone", "few", "many"]].to_dict("index") == tally
    blocked = listed.groupby("indicator", observed=False).size()
    assert found["blocked"].to_dict() == blocked.to_dict()


def test_under_a_quorum_any_of_several_may_be_the_only_one_lacking():
    items = [indicator(name, required={"m": 50.0}) for name in "abc"]
    rules = framework(*items, levels=levels("m", quorum=(Quorum(count=2),)))
    found = blocking(assess(rules, observe({"a": [60], "b": [10], "c": [10]})))
    assert found["alone"].to_dict() == {"a": 0, "b": 1, "c": 1}


@pytest.mark.parametrize("seed", range(15))
def test_pairs_are_those_of_a_loop_over_pairs(seed):
    assessment = assess(*random_levels(random.Random(seed)))
    found = pairs(assessment).set_index(["first", "second"])
    items = scores(assessment).indicators
    value = reported(assessment, items)
    for (i, one), (j, two) in combinations(enumerate(items), 2):
        row = found.loc[(one.id, two.id)]
        known = ~np.isnan(value[i]) & ~np.isnan(value[j])
        a, b = value[i][known], value[j][known]
        assert row["n"] == known.sum()
        varies = len(a) > 1 and a.std() > 0 and b.std() > 0
        same(row["r"], np.corrcoef(a, b)[0, 1] if varies else NAN)
        told = [
            [facts(assessment, item, u, level) for item in (one, two)]
            for u in range(value.shape[1])
            for level in assessment.framework.levels
        ]
        both = [pair for pair in told if None not in pair and "unknown" not in pair]
        assert row["asked"] == len(both)
        same(row["agreement"], np.mean([x == y for x, y in both]) if both else NAN)


def simulated(seed=1, units=160, unfair=0.0):
    """Six percentages that follow one ability; the first is harder in stratum y by `unfair`."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(0, 1, units)
    strata = np.where(rng.random(units) < 0.4, "y", "x")
    table = 50 + 15 * (ability + rng.normal(0, 0.5, (6, units)))
    table[0] -= unfair * (strata == "y")
    columns = {f"i{k}": np.clip(row, 0, 100).tolist() for k, row in enumerate(table)}
    items = [indicator(name, points=1.0, value=LINE) for name in columns]
    rules = framework(group("a", *items[:3]), group("b", *items[3:]))
    return rules, observe(columns, strata=strata.tolist())


def test_functioning_is_that_of_a_loop_over_classes():
    assessment = assess(*simulated(units=60))
    found, rest = scores(assessment), scores(assessment).rest()
    told = functioning(assessment).set_index(["indicator", "stratum"])
    strata = assessment.observations.units["stratum"].to_numpy()
    for row, item in enumerate(found.indicators):
        edges = np.sort(rest[row])[[60 * k // CLASSES for k in range(1, CLASSES)]]
        place = np.searchsorted(edges, rest[row], side="right")
        for name in "xy":
            gap = size = 0.0
            for k in range(CLASSES):
                own = found.score[row][(place == k) & (strata == name)]
                others = found.score[row][(place == k) & (strata != name)]
                if own.size and others.size:
                    gap += own.size * (own.mean() - others.mean())
                    size += own.size
            same(told.loc[(item.id, name), "gap"], gap / size)
            assert told.loc[(item.id, name), "n"] == size


def test_an_indicator_that_is_harder_for_one_stratum_is_seen_and_no_other():
    told = functioning(assess(*simulated(unfair=20.0)))
    sure = told[(told["p_adjusted"] < 0.05) & (told["gap"].abs() > 0.1)]
    assert set(sure["indicator"]) == {"i0"}
    assert sure.set_index("stratum")["gap"].loc["y"] < 0
    assert (functioning(assess(*simulated()))["p_adjusted"] > 0.05).all()


def test_without_strata_there_is_nothing_to_compare():
    rules, held = simulated()
    alone = held.units.drop(columns="stratum")
    plain = assess(rules, type(held)(alone, held.concepts, held.value, held.status))
    assert functioning(plain).empty
    assert set(mean_scores(plain)["stratum"]) == {""}
    assert "gap" not in diagnose(plain)


def verdict_of(rules, held, name):
    row = diagnose(assess(rules, held)).loc[name]
    return row["verdict"], row["reason"]


def altered(change):
    """The simulated table with one column put in another's place, or changed."""
    rules, held = simulated()
    value, status = held.value.copy(order="F"), held.status.copy(order="F")
    change(value, status)
    return rules, type(held)(held.units, held.concepts, value, status)


def test_verdicts_follow_from_the_rules():
    rules, held = simulated()
    assert set(diagnose(assess(rules, held))["verdict"]) == {"keep"}

    def all_full(value, _):
        value[:, 1] = 100.0

    assert verdict_of(*altered(all_full), "i1")[0] == "drop"

    def twin(value, _):
        value[:, 1] = value[:, 2]

    rules, held = altered(twin)
    assert verdict_of(rules, held, "i1") == ("merge", "gần trùng với i2 (r = 1,00)")
    assert verdict_of(rules, held, "i2")[0] == "merge"

    def noise(value, _):
        value[:, 1] = np.random.default_rng(5).uniform(0, 100, len(value))

    verdict, reason = verdict_of(*altered(noise), "i1")
    assert verdict == "mend" and reason.startswith("không đi cùng các chỉ tiêu khác")

    def lacking(value, status):
        value[10:, 1], status[10:, 1] = np.nan, 1

    verdict, reason = verdict_of(*altered(lacking), "i1")
    assert verdict == "mend"
    assert reason == "độ phủ chỉ 6,2%; chỉ 10 đơn vị, chưa đủ để kết luận"


def test_few_units_give_no_verdict_but_on_what_is_lacking():
    held = observe({"a": [100.0] * 19, "b": [None] * 19})
    rules = framework(*(indicator(name, points=1.0, value=LINE) for name in "ab"))
    found = diagnose(assess(rules, held))
    assert found["verdict"].to_dict() == {"a": "keep", "b": "mend"}


def test_every_rule_speaks_of_a_figure_that_diagnose_gives():
    rng = random.Random(3)
    items = [indicator(name, required={"m": 50.0}) for name in "abc"]
    rules = framework(*items, levels=levels("m"))
    columns = {name: [float(rng.randint(0, 100)) for _ in range(40)] for name in "abc"}
    held = observe(columns, strata=[rng.choice("xy") for _ in range(40)])
    found = Round({"self": held, "verified": held})
    frame = diagnose(assess(rules, held), gaps(rules, found), heaping(rules, held))
    assert {rule.column for rule in RULES} <= set(frame)
    assert {rule.verdict for rule in RULES} < set(VERDICTS)


def test_items_are_counted_once_by_their_words():
    known = catalogue(
        concept("a", numerator="Số hồ sơ trực tuyến", denominator="Tổng số hồ sơ"),
        concept("b", numerator="Số hồ sơ đúng hạn", denominator="tổng số  hồ sơ."),
        concept("c", source_type="automatic"),
        concept("d", measure="yes_no"),
    )
    rules = framework(*(indicator(name) for name in "abcd"))
    peer = framework(indicator("x", concept="a"), id="khac/commune")
    found = burden(rules, known, [peer])
    assert found.concepts["items"].to_dict() == {"a": 2, "b": 1, "c": 2, "d": 1}
    assert [found.count(which) for which in ("", "held", "shared", "new")] == [6, 2, 2, 2]
    assert found.indicators == 4
