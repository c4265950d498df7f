"""Levels: the kernel against a slow definition, and what no rule may break."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from examples import catalogue, concept, framework, group, indicator, levels, observe, random_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.framework import Framework, Indicator, Level, Policy, Quorum
from dxmethod.levels import Levels, assess_levels
from dxmethod.observations import Observations, Status

RANDOM = st.randoms(use_true_random=False)


# The definition, one cell at a time.


def threshold(item: Indicator, level: str, stratum: object) -> float | None:
    required = item.required.get(level)
    if not isinstance(required, dict):
        return required
    return required.get(stratum, required.get("*"))


def stratum_of(unit: int, reported: Observations) -> object:
    return reported.units["stratum"].iloc[unit] if "stratum" in reported.units else None


def judged(
    item: Indicator, wanted: float, unit: int, reported: Observations, policy: Policy
) -> str:
    """ "met", "failed", "unknown" or "excluded"."""
    for name, values in item.applies_to.items():
        if reported.units[name].iloc[unit] not in values:
            return "excluded"
    column = reported.position[item.concept]
    status, value = Status(reported.status[unit, column]), reported.value[unit, column]
    if status == Status.NO_EVIDENCE and policy.no_evidence == "fails":
        return "failed"
    if status in (Status.OBSERVED, Status.NO_EVIDENCE):
        sign = reported.concepts[column].sign
        return "met" if sign * value >= sign * wanted else "failed"  # NaN fails
    rule = getattr(policy, status.name.lower())
    return {"fails": "failed"}.get(rule, rule)


def asked_of(asked: Framework, level: Level, unit: int, reported: Observations) -> dict[str, str]:
    """How the unit stands to every requirement of one level."""
    found = {}
    for item in asked.indicators:
        wanted = threshold(item, level.id, stratum_of(unit, reported))
        if wanted is not None:
            found[item.id] = judged(item, wanted, unit, reported, asked.policy)
    return found


def reaches(asked: Framework, level: Level, stand: dict[str, str], good: set[str]) -> bool:
    counted = {name: how for name, how in stand.items() if how != "excluded"}
    if any(how not in good for name, how in counted.items() if name in level.mandatory):
        return False
    for quorum in level.quorum:
        inside = {item.id for item in asked.below(quorum.of)}
        here = [how in good for name, how in counted.items() if name in inside]
        if quorum.count is not None and sum(here) < min(quorum.count, len(here)):
            return False
        if quorum.share is not None and sum(here) < Fraction(str(quorum.share)) * len(here):
            return False
    return True


def slow_levels(asked: Framework, unit: int, reported: Observations, hopeful: bool) -> list[bool]:
    good = {"met", "unknown"} if hopeful else {"met"}
    held: dict[str, bool] = {}
    for level in asked.levels:
        stand = asked_of(asked, level, unit, reported)
        below = True if level.after is None else held[level.after]
        held[level.id] = below and reaches(asked, level, stand, good)
    required = [item for item in asked.indicators if item.required]
    stands = [judged(item, 0.0, unit, reported, asked.policy) for item in required]
    nothing_applies = all(how == "excluded" for how in stands)
    return [has and not nothing_applies for has in held.values()]


def slow_blockers(
    asked: Framework, unit: int, reported: Observations, level: int
) -> dict[str, float | None]:
    """Requirements failed at the level above, with their thresholds."""
    if level == len(asked.levels):
        return {}
    sought = asked.levels[level]
    stand = asked_of(asked, sought, unit, reported)
    return {
        item.id: threshold(item, sought.id, stratum_of(unit, reported))
        for item in asked.indicators
        if stand.get(item.id) in ("failed", "unknown")
    }


def highest(held: list[bool]) -> int:
    return max((place for place, has in enumerate(held, 1) if has), default=0)


@pytest.mark.parametrize("block", range(10))
def test_kernel_agrees_with_the_definition(block):
    for seed in range(60 * block, 60 * (block + 1)):
        asked, reported = random_levels(random.Random(seed))
        agrees_with_the_definition(asked, reported, f"seed {seed}")


def agrees_with_the_definition(asked: Framework, reported: Observations, said: str) -> None:
    found = assess_levels(asked, reported)
    blockers = found.blockers()
    for unit, code in enumerate(reported.units.index):
        worst = slow_levels(asked, unit, reported, hopeful=False)
        best = slow_levels(asked, unit, reported, hopeful=True)
        assert found.held[:, unit].tolist() == worst, said
        assert found.held_best[:, unit].tolist() == best, said
        assert (found.level[unit], found.best[unit]) == (highest(worst), highest(best)), said
        mine = blockers[blockers["unit"] == code]
        blocking = dict(zip(mine["indicator"], mine["required"], strict=True))
        assert blocking == slow_blockers(asked, unit, reported, highest(worst)), said


def test_a_unit_to_which_nothing_applies_holds_no_level():
    asked, reported = random_levels(random.Random(0))
    status = np.full(reported.status.shape, Status.NOT_APPLICABLE, dtype=np.uint8, order="F")
    nothing = replace(reported, value=np.full(status.shape, np.nan, order="F"), status=status)
    found = assess_levels(asked, nothing)
    assert not found.held.any() and not found.held_best.any()
    assert found.blockers().empty


@given(RANDOM)
def test_a_level_implies_the_level_it_comes_after(rng):
    asked, reported = random_levels(rng)
    found = assess_levels(asked, reported)
    places = {level.id: place for place, level in enumerate(asked.levels)}
    for place, level in enumerate(asked.levels):
        if level.after is not None:
            assert not (found.held[place] & ~found.held[places[level.after]]).any()


@given(RANDOM)
def test_worst_level_is_never_above_the_best(rng):
    asked, reported = random_levels(rng)
    found = assess_levels(asked, reported)
    assert (found.level <= found.best).all()


@settings(max_examples=300)
@given(RANDOM)
def test_a_better_value_never_lowers_a_level(rng):
    asked, reported = random_levels(rng)
    before = assess_levels(asked, reported)
    unit = rng.randrange(len(reported.units))
    column = rng.randrange(len(reported.concepts))
    value = reported.value.copy(order="F")
    value[unit, column] += reported.concepts[column].sign * rng.choice([0.5, 1, 5])
    better = Observations(reported.units, reported.concepts, value, reported.status)
    after = assess_levels(asked, better)
    assert (after.level >= before.level).all()
    assert (after.best >= before.best).all()


# Cases that a reader can follow.


def assess_one(item: Indicator, cells: list, **fields) -> Levels:
    known = fields.pop("known", catalogue(item.concept))
    strata = fields.pop("strata", None)
    asked = framework(item, levels=fields.pop("levels", levels("muc-1")), **fields)
    return assess_levels(asked, observe({item.concept: cells}, known, strata))


def test_threshold_itself_is_enough():
    item = indicator("a", required={"muc-1": 80.0})
    assert assess_one(item, [79.99, 80, 80.01]).level.tolist() == [0, 1, 1]


def test_lower_is_better_when_the_concept_says_so():
    item = indicator("a", required={"muc-1": 5.0})
    known = catalogue(concept("a", better="lower"))
    assert assess_one(item, [4, 5, 6], known=known).level.tolist() == [1, 1, 0]


def test_missing_value_fails_at_worst_and_passes_at_best():
    found = assess_one(indicator("a", required={"muc-1": 80.0}), [None])
    assert (found.level.tolist(), found.best.tolist()) == ([0], [1])


def test_claim_without_evidence_counts_only_where_the_policy_says_so():
    item = indicator("a", required={"muc-1": 80.0})
    assert assess_one(item, ["KMC 90", "KMC"]).level.tolist() == [0, 0]
    counts = Policy(no_evidence="counts")
    assert assess_one(item, ["KMC 90", "KMC"], policy=counts).level.tolist() == [1, 0]


def test_stratum_has_its_own_threshold_and_others_take_the_common_one():
    item = indicator("a", required={"muc-1": {"mien-nui": 50.0, "*": 80.0}})
    found = assess_one(item, [60, 60, 60], strata=["mien-nui", "dong-bang", None])
    assert found.level.tolist() == [1, 0, 0]


def test_what_does_not_apply_leaves_the_share():
    items = [indicator(name, required={"muc-1": 1.0}) for name in "abcd"]
    asked = framework(*items, levels=levels("muc-1", quorum=(Quorum(share=0.7),)))
    reported = observe({"a": [1, 1], "b": [1, 1], "c": [0, 0], "d": [0, "KAD"]})
    assert assess_levels(asked, reported).level.tolist() == [0, 0]
    reported = observe({"a": [1], "b": [1], "c": [1], "d": ["KAD"]})
    assert assess_levels(asked, reported).level.tolist() == [1]


@pytest.mark.parametrize(("share", "of"), [(0.7, 10), (0.55, 20), (0.56, 25), (0.07, 100)])
def test_share_counts_as_on_paper(share, of):
    """55 % of 20 is 11, not 11.000000000000002 as binary fractions have it."""
    wanted = round(share * of)
    items = [indicator(f"i{number}", required={"muc-1": 1.0}) for number in range(of)]
    asked = framework(*items, levels=levels("muc-1", quorum=(Quorum(share=share),)))
    columns = {
        item.id: [float(number < wanted), float(number < wanted - 1)]
        for number, item in enumerate(items)
    }
    assert assess_levels(asked, observe(columns)).level.tolist() == [1, 0]


def test_quorum_of_a_group_counts_that_group_only():
    a, b = (indicator(name, required={"muc-1": 1.0}) for name in "ab")
    quorum = (Quorum(of="chinh", share=1.0),)
    asked = framework(group("chinh", a), group("phu", b), levels=levels("muc-1", quorum=quorum))
    found = assess_levels(asked, observe({"a": [1, 0], "b": [0, 1]}))
    assert found.level.tolist() == [1, 0]


def test_mandatory_requirement_beats_the_quorum():
    items = [indicator(name, required={"muc-1": 1.0}) for name in "abc"]
    made = levels("muc-1", quorum=(Quorum(count=2),), mandatory=("a",))
    asked = framework(*items, levels=made)
    found = assess_levels(asked, observe({"a": [0, 1], "b": [1, 1], "c": [1, 0]}))
    assert found.level.tolist() == [0, 1]


def test_level_that_stands_alone_needs_no_lower_one():
    a = indicator("a", required={"muc-1": 1.0})
    b = indicator("b", required={"muc-2": 1.0})
    alone = (Level(id="muc-1", label="1"), Level(id="muc-2", label="2"))
    reported = observe({"a": [0], "b": [1]})
    assert assess_levels(framework(a, b, levels=alone), reported).level.tolist() == [2]
    chained = levels("muc-1", "muc-2")
    assert assess_levels(framework(a, b, levels=chained), reported).level.tolist() == [0]


def test_blockers_say_what_is_missing_in_the_unit_of_the_concept():
    items = [
        indicator("a", required={"muc-1": 80.0}),
        indicator("b", required={"muc-1": {"x": 5.0, "*": 3.0}}),
        indicator("c", required={"muc-1": 1.0}),
    ]
    known = catalogue("a", concept("b", better="lower"), "c")
    asked = framework(*items, levels=levels("muc-1"))
    reported = observe({"a": [75], "b": [9], "c": [None]}, known, strata=["x"])
    frame = assess_levels(asked, reported).blockers()
    assert frame["unit"].tolist() == ["u0", "u0", "u0"]
    assert frame["level"].tolist() == ["muc-1", "muc-1", "muc-1"]
    assert frame["indicator"].tolist() == ["a", "b", "c"]
    assert frame["required"].tolist() == [80, 5, 1]
    np.testing.assert_equal(frame["value"].to_numpy(), [75, 9, np.nan])
    np.testing.assert_equal(frame["gap"].to_numpy(), [5, 4, np.nan])


def test_nothing_blocks_a_unit_at_the_highest_level():
    found = assess_one(indicator("a", required={"muc-1": 80.0}), [80])
    assert found.blockers().empty


def test_met_shows_the_requirements_of_one_level():
    found = assess_one(
        indicator("a", required={"muc-2": 5.0}), [3, 5], levels=levels("muc-1", "muc-2")
    )
    assert found.met(0).tolist() == [[True, True]]  # not asked
    assert found.met(1).tolist() == [[False, True]]


def test_ten_levels_need_more_than_a_byte():
    names = [f"muc-{number}" for number in range(1, 11)]
    item = indicator("a", required={name: float(place) for place, name in enumerate(names, 1)})
    found = assess_one(item, [0, 1, 9, 10], levels=levels(*names))
    assert found.level.tolist() == [0, 1, 9, 10]


def test_more_than_255_requirements_are_counted():
    items = [indicator(f"i{number}", required={"muc-1": 1.0}) for number in range(300)]
    asked = framework(*items, levels=levels("muc-1", quorum=(Quorum(count=290),)))
    columns = {item.id: [float(n < 290), float(n < 289)] for n, item in enumerate(items)}
    assert assess_levels(asked, observe(columns)).level.tolist() == [1, 0]


def test_no_units_have_no_levels():
    found = assess_one(indicator("a", required={"muc-1": 80.0}), [])
    assert found.level.tolist() == []
    assert found.blockers().empty
