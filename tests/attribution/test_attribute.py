"""Attribution: worked examples, and every fast way against building each variant."""

from __future__ import annotations

import random
from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from examples import (
    LINE,
    catalogue,
    framework,
    indicator,
    levels,
    observe,
    random_levels,
    random_points,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.assessment import assess
from dxmethod.attribution import WHOLE, Attribution, attribute
from dxmethod.attribution.bundles import Bundle, Bundles, NamedBundle, bundles
from dxmethod.attribution.games import Additive, Direct, Question
from dxmethod.attribution.shapley import all_coalitions, exact, sampled
from dxmethod.changes import Conflict
from dxmethod.comparison import Comparison, compare
from dxmethod.faults import Faults
from dxmethod.framework import Framework, Group, Indicator, Level, Policy, Quorum
from dxmethod.observations import Observations

RANDOM = st.randoms(use_true_random=False)


def slow_shapley(worth: dict[frozenset[int], np.ndarray], players: int) -> np.ndarray:
    """The definition: mean marginal worth over every order."""
    total = np.zeros((players, len(worth[frozenset()])))
    for order in permutations(range(players)):
        inside: frozenset[int] = frozenset()
        for player in order:
            total[player] += worth[inside | {player}] - worth[inside]
            inside |= {player}
    return total / factorial(players)


# Two criteria, three units, one level.


def test_two_changes_and_three_units_with_an_interaction() -> None:
    """Both thresholds rise from 50 to 70; every requirement must be met.

    u0 reports 80, 80: passes either way and nothing moves. u1 reports 60, 80: only the first change
    fails it, so −1 is the first one's. u2 reports 60, 60: either change alone fails it, so the two
    share −1: in each order the one that comes first takes it all, −1/2 each.
    Number of units: 3 before, 1 after. Shapley: first −1 − 1/2 = −3/2, second −1/2; sum −2.
    Alone: first −2 (u1, u2), second −1 (u2); they sum to −3, and the −2 of the whole shift is
    missed by the interaction. Last: first −1 (u1; u2 has failed already), second 0.
    """
    found = attribute(raised(old=(50, 50), new=(70, 70)))
    assert found.method == "closed form"
    assert found.shapley[WHOLE, 1].tolist() == [-1.5, -0.5]
    assert found.alone[WHOLE, 1].tolist() == [-2, -1]
    assert found.last[WHOLE, 1].tolist() == [-1, 0]
    assert found.in_order[WHOLE, 1].tolist() == [-2, 0]
    causes = found.at(1)
    assert causes["sole"].tolist() == [1, 0]
    assert causes["few"].tolist() == [1, 1]


def test_a_failure_that_many_changes_cause_is_shared_alike() -> None:
    """Five thresholds rise over a unit's values: it fails five times over.

    Taking any one change back leaves four failures, so adding one last does nothing; each order
    gives the whole loss to whichever comes first: −1/5 each. None is the sole cause, none is one of
    two or three, all are one of many.
    """
    names = [f"i{number}" for number in range(5)]
    observations = observe({name: [60] for name in names})
    sides = [
        framework(
            *(indicator(name, required={"m": at}) for name in names),
            levels=levels("m"),
            id=f"vi-du-{at}/commune",
        )
        for at in (50, 70)
    ]
    found = attribute(compare(*sides, observations))
    assert found.shapley[WHOLE, 1].tolist() == pytest.approx([-0.2] * 5)
    assert found.last[WHOLE, 1].tolist() == [0] * 5
    assert found.at(1)[["sole", "few", "many"]].to_numpy().tolist() == [[0, 0, 1]] * 5


def test_what_lifts_and_what_breaks_the_same_unit_cancels() -> None:
    """One threshold falls below the unit's value and another rises above it.

    Before, the unit fails the first; after, it fails the second. Alone, easing lifts it (+1) and
    raising does nothing. In the order raise, ease nothing ever happens; in the order ease, raise
    the unit is gained and lost: ease +1/2, raise −1/2, sum 0. It never moves, so it has no cause.
    """
    comparison = raised(old=(70, 50), new=(50, 70), columns={"a": [60], "b": [60]})
    found = attribute(comparison)
    assert found.shapley[WHOLE, 1].tolist() == [0.5, -0.5]
    assert found.alone[WHOLE, 1].tolist() == [1, 0]
    assert found.at(1)[["sole", "few", "many"]].to_numpy().sum() == 0


def raised(
    old: tuple[float, float],
    new: tuple[float, float],
    columns: dict[str, list[float]] | None = None,
) -> Comparison:
    columns = columns or {"a": [80, 60, 60], "b": [80, 80, 60]}
    sides = [
        framework(
            *(indicator(name, required={"m": at}) for name, at in zip("ab", cuts, strict=True)),
            levels=levels("m"),
            id=f"vi-du-{place}/commune",
        )
        for place, cuts in enumerate((old, new))
    ]
    return compare(*sides, observe(columns))


# Any pair of frameworks.


def altered(rng: random.Random, given: Framework, rules: bool) -> Framework:
    """Another version: thresholds, points, dropped and added indicators and, if asked, rules."""

    def leaf(item: Indicator) -> Indicator | None:
        kind = rng.random()
        if kind < 0.15:
            return None
        if kind < 0.4:
            return item
        required = {
            level: float(rng.randint(0, 10)) if rng.random() < 0.7 else wanted
            for level, wanted in item.required.items()
        }
        points = float(rng.randint(1, 5)) if item.most else item.points
        return item.model_copy(update={"required": required, "points": points})

    def branch(node: Group) -> Group | None:
        children = [branch(c) if isinstance(c, Group) else leaf(c) for c in node.children]
        kept = tuple(child for child in children if child is not None)
        return node.model_copy(update={"children": kept}) if kept else None

    tree = branch(given.tree) or given.tree
    update: dict[str, object] = {"id": "khac/commune", "tree": tree}
    names = {node.id for node, _, _ in given.model_copy(update={"tree": tree}).nodes()}
    update["levels"] = tuple(
        level.model_copy(
            update={
                "mandatory": tuple(name for name in level.mandatory if name in names),
                "quorum": tuple(q for q in level.quorum if q.of in {*names, "*"})
                or (Quorum(share=1.0),),
            }
        )
        for level in given.levels
    )
    if rules and rng.random() < 0.5:
        update["levels"] = tuple(
            level.model_copy(update={"quorum": (Quorum(share=rng.choice([0.4, 0.6, 1.0])),)})
            for level in given.levels
        )
    return given.model_copy(update=update)


def played_slowly(found: Attribution) -> np.ndarray:
    """Shapley values by building and assessing every variant, over every order."""
    made, count = found.bundles, len(found.bundles.players)
    comparison = found.comparison
    sign = -1 if found.outcome == "rank" else 1
    worth = {}
    for row in all_coalitions(count):
        inside = np.flatnonzero(row)
        variant = assess(made.variant(inside.tolist()), comparison.baseline.observations)
        if found.outcome == "level":
            level = variant.levels.level
            most = max(len(s.framework.levels) for s in (comparison.baseline, comparison.draft))
            value = [(level >= place).sum() for place in range(1, most + 1)]
        elif found.outcome == "total":
            scale = 100 / variant.framework.maximum if comparison.in_percent else 1
            value = variant.points.total * scale
        else:
            value = variant.points.rank
        worth[frozenset(inside.tolist())] = sign * np.array(value, dtype=float)
    return slow_shapley(worth, count)


@settings(max_examples=60, deadline=None)
@given(RANDOM)
def test_levels_of_any_framework(rng: random.Random) -> None:
    old, observations = random_levels(rng)
    comparison = compare(old, altered(rng, old, rules=True), observations)
    found = attribute(comparison)
    if not found.bundles.players or len(found.bundles.players) > 5:
        return
    np.testing.assert_allclose(found.shapley.to_numpy(), played_slowly(found), atol=1e-9)
    np.testing.assert_allclose(found.shapley.sum(), found.shift, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(RANDOM)
def test_the_closed_form_is_the_enumeration(rng: random.Random) -> None:
    names = [f"i{number}" for number in range(rng.randint(2, 6))]
    old = framework(
        *(indicator(n, required={"x": rng.randint(0, 9), "y": rng.randint(0, 9)}) for n in names),
        levels=levels("x", "y"),
        policy=Policy(missing=rng.choice(["unknown", "fails"])),
    )
    cells = [None, *range(0, 11)]
    columns = {name: [rng.choice(cells) for _ in range(12)] for name in names}
    observations = observe(columns, strata=[rng.choice("ab") for _ in range(12)])
    comparison = compare(old, altered(rng, old, rules=False), observations)
    found = attribute(comparison, by="stratum")
    made = found.bundles
    if not made.players:
        return
    assert found.method == "closed form"
    groups = np.column_stack(
        [
            np.ones(12),
            *(observations.units["stratum"].eq(s) for s in sorted(set(observations.strata))),
        ]
    )
    question = Question("level", groups.astype(float), 2, False)
    whole = exact(Additive(made, observations, question)(all_coalitions(len(made.players))))
    for name in ("shapley", "alone", "last", "in_order"):
        expected = getattr(whole, name)
        np.testing.assert_allclose(getattr(found, name).to_numpy(), expected, atol=1e-9)
    np.testing.assert_array_equal(found.end, whole.end)


@settings(max_examples=40, deadline=None)
@given(RANDOM, st.sampled_from(["total", "rank"]))
def test_points_of_any_framework(rng: random.Random, outcome: str) -> None:
    old, observations = random_points(rng)
    comparison = compare(old, altered(rng, old, rules=False), observations)
    found = attribute(comparison, outcome=outcome)
    if not found.bundles.players or len(found.bundles.players) > 5:
        return
    np.testing.assert_allclose(found.shapley.to_numpy(), played_slowly(found), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(RANDOM)
def test_bundles_that_overlap(rng: random.Random) -> None:
    """One bundle for each level's threshold: two bundles share an indicator."""
    old = framework(
        *(indicator(name, required={"x": 4, "y": 6}) for name in "abc"),
        levels=levels("x", "y", quorum=(Quorum(share=rng.choice([0.6, 1.0])),)),
    )
    new = old.model_copy(
        update={
            "id": "khac/commune",
            "tree": old.tree.model_copy(
                update={
                    "children": tuple(
                        item.model_copy(update={"required": {"x": 5, "y": rng.choice([5, 8])}})
                        for item in old.indicators
                    )
                }
            ),
        }
    )
    whole = bundles(old, new)
    split = [
        Bundle(change.target, change.target, (change,))
        for player in whole.players
        for change in player.changes
    ]
    made = Bundles(old, new, whole.changes, tuple(split), whole.silent)
    observations = observe({name: [rng.randint(0, 10) for _ in range(8)] for name in "abc"})
    found = attribute(compare(old, new, observations), made)
    assert found.method == "enumeration"
    np.testing.assert_allclose(found.shapley.to_numpy(), played_slowly(found), atol=1e-9)


def test_sampled_values_agree_with_exact_ones_within_their_error() -> None:
    old, new, observations = many(7)
    made = bundles(old, new)
    question = Question("level", np.ones((40, 1)), 2, False)
    game = Additive(made, observations, question)
    truth = exact(game(all_coalitions(7)))
    found = sampled(game, 7, np.random.default_rng(1), 2_000)
    assert found.error is not None
    score = (found.shapley - truth.shapley)[found.error > 0] / found.error[found.error > 0]
    assert np.abs(score).max() < 4.5
    assert found.error.max() < 0.02 * np.abs(truth.shapley).sum()
    np.testing.assert_allclose(found.shapley.sum(axis=0), truth.end - truth.start, atol=1e-9)
    for name in ("alone", "last", "in_order"):
        np.testing.assert_allclose(getattr(found, name), getattr(truth, name), atol=1e-9)


def test_many_bundles_without_a_closed_form_are_sampled() -> None:
    old, new, observations = many(14)
    found = attribute(compare(old, new, observations), evaluations=500)
    assert found.method == "sampling"
    assert found.error is not None
    np.testing.assert_allclose(found.shapley.sum(), found.shift, atol=1e-9)
    again = attribute(compare(old, new, observations), evaluations=500)
    pd.testing.assert_frame_equal(found.shapley, again.shapley)


def many(count: int) -> tuple[Framework, Framework, Observations]:
    """A quorum of 60 %, and thresholds that rise or fall, one change an indicator."""
    rng = np.random.default_rng(3)
    names = [f"i{number}" for number in range(count)]
    sides = [
        framework(
            *(
                indicator(name, required={"x": 30 + delta, "y": 55 + delta})
                for name, delta in zip(names, shift, strict=True)
            ),
            levels=levels("x", "y", quorum=(Quorum(share=0.6),)),
            id=f"vi-du-{place}/commune",
        )
        for place, shift in enumerate(([0.0] * count, rng.choice([-15.0, 15.0], count).tolist()))
    ]
    columns = {name: rng.uniform(0, 100, 40).round().tolist() for name in names}
    return sides[0], sides[1], observe(columns)


# Bundles.


def test_what_belongs_together_is_one_bundle() -> None:
    old = framework(
        *(indicator(name, required={"x": 5}) for name in ("a", "b", "c", "d")), levels=levels("x")
    )
    new = framework(
        indicator("a", required={"x": 6}, evidence="Văn bản"),
        indicator("moi", required={"x": 5}, replaces=("b", "c")),
        indicator("d", required={"x": 5}, label="Tên khác"),
        levels=levels("x"),
        id="khac/commune",
    )
    made = bundles(old, new)
    assert [player.id for player in made.players] == ["a", "moi"]
    assert made.players[1].nodes == {"moi", "b", "c"}
    assert [item.id for item in made.variant([1]).indicators] == ["a", "moi", "d"]
    assert made.variant([]).indicators[-1].label == "Tên khác"  # what nothing depends on is made


def test_groups_come_and_go_with_what_stands_in_them() -> None:
    old = tree({"mot": ["a", "b"], "hai": ["c"]})
    new = tree({"mot": ["a"], "ba": ["d", "b"]})
    made = bundles(old, new)
    assert sorted(player.id for player in made.players) == ["c", "d"]
    for row in all_coalitions(2):
        inside = [player for player, chosen in zip(made.players, row, strict=True) if chosen]
        found = {item.id for item in made.variant(np.flatnonzero(row).tolist()).indicators}
        gone = {"c"} if any(player.id == "c" for player in inside) else set()
        more = {"d"} if any(player.id == "d" for player in inside) else set()
        assert found == {"a", "b", "c"} - gone | more


def tree(groups: dict[str, list[str]]) -> Framework:
    made = tuple(
        Group(
            id=name,
            label=name,
            children=tuple(indicator(item, required={"x": 5}) for item in items),
        )
        for name, items in groups.items()
    )
    return framework(*made, levels=levels("x"), id=f"{next(iter(groups))}-{len(groups)}/commune")


def test_a_bundle_that_cannot_be_applied_alone_and_one_that_names_nothing_are_refused() -> None:
    old = framework(indicator("a", required={"x": 5}), levels=levels("x"))
    new = framework(
        indicator("a", required={"x": 6, "y": 8}),
        levels=(*levels("x"), Level(id="y", label="y", after="x")),
        id="khac/commune",
    )
    # The threshold at a level that only the draft has goes with that level.
    assert [player.id for player in bundles(old, new).players] == ["y"]
    wanted = [
        NamedBundle(label="Không có", targets=("khong-co",)),
        NamedBundle(label="Một", targets=("a",)),
        NamedBundle(label="Hai", targets=("a",)),
    ]
    with pytest.raises(Faults) as caught:
        bundles(old, new, wanted)
    said = str(caught.value)
    assert "khong-co" in said
    assert "đã thuộc gói “Một”" in said


def test_a_named_bundle_gathers_a_group() -> None:
    old = tree({"mot": ["a", "b"], "hai": ["c"]})
    new = old.model_copy(
        update={
            "id": "khac/commune",
            "tree": old.tree.model_copy(
                update={
                    "children": tuple(
                        part.model_copy(
                            update={
                                "children": tuple(
                                    item.model_copy(update={"required": {"x": 7.0}})
                                    for item in part.children
                                )
                            }
                        )
                        for part in old.tree.children
                    )
                }
            ),
        }
    )
    made = bundles(old, new, [NamedBundle(label="Nhóm một", targets=("mot",))])
    assert made.labels == ["Nhóm một", "c"]
    assert made.players[0].nodes == {"a", "b"}


def test_outcomes_that_the_versions_lack_are_refused() -> None:
    comparison = raised(old=(50, 50), new=(70, 70))
    with pytest.raises(ValueError, match="thứ hạng"):
        attribute(comparison, outcome="rank")
    with pytest.raises(ValueError, match="stratum"):
        attribute(comparison, by="stratum")


def test_direct_and_additive_agree_on_bands() -> None:
    from dxmethod.framework import Band

    bands = (Band(id="thap", label="Thấp"), Band(id="cao", label="Cao", at_least=5))
    sides = [
        framework(
            *(indicator(n, points=p, value=LINE) for n, p in zip("ab", points, strict=True)),
            bands=bands,
            id=f"vi-du-{place}/commune",
        )
        for place, points in enumerate([(6, 4), (3, 7)])
    ]
    observations = observe({"a": [90, 20, 55], "b": [10, 80, None]}, catalogue("a", "b"))
    made = bundles(*sides)
    question = Question("band", np.ones((3, 1)), 1, False)
    rows = all_coalitions(len(made.players))
    np.testing.assert_array_equal(
        Direct(made, observations, question)(rows), Additive(made, observations, question)(rows)
    )
    found = attribute(compare(*sides, observations), outcome="band")
    assert found.shapley.sum().tolist() == pytest.approx(found.shift.tolist())


def test_a_change_that_does_not_fit_is_a_conflict() -> None:
    comparison = raised(old=(50, 50), new=(70, 70))
    made = bundles(comparison.baseline.framework, comparison.draft.framework)
    wrong = made.players[0].changes[0].model_copy(update={"old": 1})
    broken = Bundles(
        made.old, made.new, (wrong,), (Bundle("a", "a", (wrong,)), *made.players[1:]), ()
    )
    with pytest.raises(Conflict):
        broken.variant([0])
