"""The way to the next level: smallest sets against enumeration, what is said of every gap."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
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
from hypothesis import given, settings
from hypothesis import strategies as st
from test_levels import asked_of, reaches, threshold

from dxmethod.assessment import assess
from dxmethod.concepts import Competence
from dxmethod.framework import Band, Framework, Level, Policy, Quorum, Rounding
from dxmethod.observations import Observations, Status
from dxmethod.progress.way import Progress, gap_words, progress

RANDOM = st.randoms(use_true_random=False)


def pending(asked: Framework, place: int, held: list[bool]) -> list[Level]:
    """The level sought, and those it comes after that are not held."""
    by_id = {level.id: (level, has) for level, has in zip(asked.levels, held, strict=True)}
    found, level = [asked.levels[place]], asked.levels[place]
    while level.after is not None:
        level, has = by_id[level.after]
        found += [] if has else [level]
    return found


def slow_away(asked: Framework, unit: int, reported: Observations, held: list[bool]) -> int | None:
    """Try every set of failed requirements, smallest first; None at the top or beyond reach."""
    place = max((n for n, has in enumerate(held, 1) if has), default=0)
    if place == len(held):
        return 0
    sought = pending(asked, place, held)
    stands = {level.id: asked_of(asked, level, unit, reported) for level in sought}
    failed = [
        (level, item)
        for level, stand in stands.items()
        for item, how in stand.items()
        if how in ("failed", "unknown")
    ]
    for size in range(len(failed) + 1):
        for chosen in combinations(failed, size):
            trial = {
                name: {i: "met" if (name, i) in chosen else how for i, how in stand.items()}
                for name, stand in stands.items()
            }
            if all(reaches(asked, level, trial[level.id], {"met"}) for level in sought):
                return size
    raise AssertionError


@pytest.mark.parametrize("block", range(2))
@settings(max_examples=50)
@given(rng=RANDOM)
def test_smallest_sets_are_those_of_enumeration(block: int, rng: random.Random):
    asked, reported = random_levels(rng)
    before = [None, None, *(level.id for level in asked.levels)]  # further back, levels are skipped
    asked = asked.model_copy(
        update={
            "levels": tuple(
                level.model_copy(update={"after": rng.choice([level.after, before[place]])})
                for place, level in enumerate(asked.levels)
            )
        }
    )
    found = progress(assess(asked, reported))
    held = found.assessment.levels.held
    for unit, code in enumerate(reported.units.index):
        own = held[:, unit].tolist()
        least = slow_away(asked, unit, reported, own)
        rows = found.blockers[found.blockers["unit"] == code]
        if found.away[unit] < 0:  # no requirement at all applies to the unit
            assert not any(own)
            assert rows.empty
            continue
        assert found.away[unit] == least == rows["chosen"].sum()
        # Each requirement that alone would do, and no other, is said to.
        sought = pending(asked, found.units["level"].iloc[unit] % len(own), own)
        for row in rows.itertuples():
            trial = {level.id: asked_of(asked, level, unit, reported) for level in sought}
            trial[row.level][row.indicator] = "met"
            alone = all(reaches(asked, level, trial[level.id], {"met"}) for level in sought)
            assert row.alone == alone
            item = next(item for item in asked.indicators if item.id == row.indicator)
            stratum = reported.units["stratum"].iloc[unit] if "stratum" in reported.units else None
            assert row.required == threshold(item, row.level, stratum)


ITEMS = ("a1", "a2", "a3", "b1", "b2")
KNOWN = catalogue(*ITEMS)


def nested(**fields: object) -> Framework:
    """Group a has three requirements, group b two; every threshold is 50."""
    items = {name: indicator(name, required={"dat": 50}) for name in ITEMS}
    groups = (
        group("a", *(items[name] for name in ITEMS[:3])),
        group("b", *(items[name] for name in ITEMS[3:])),
    )
    return framework(*groups, levels=(Level(id="dat", label="Đạt", **fields),))


def chosen(found: Progress, unit: str = "u0") -> set[str]:
    rows = found.blockers
    return set(rows.loc[(rows["unit"] == unit) & rows["chosen"], "indicator"])


def test_quorums_take_the_smallest_gaps_that_every_group_leaves_open():
    # a is 10, 20, 30 short and b 5, 40: three of all, two of a; what is unknown comes last.
    asked = nested(quorum=(Quorum(count=3), Quorum(of="a", count=2)))
    short = dict(zip(ITEMS, ([40], [30], [20], [45], [10]), strict=True))
    assert chosen(progress(assess(asked, observe(short, KNOWN)))) == {"a1", "a2", "b1"}
    unknown = observe({**short, "a1": [None], "b1": [None]}, KNOWN)
    assert chosen(progress(assess(asked, unknown))) == {"a2", "a3", "b2"}
    must = nested(quorum=(Quorum(share=0.4),), mandatory=("b2",))
    assert chosen(progress(assess(must, observe(short, KNOWN)))) == {"b2", "b1"}


def test_of_equal_sets_the_sum_of_relative_gaps_is_least():
    """Against every set of the smallest size, on random gaps."""
    rng = random.Random(7)
    for _ in range(30):
        share = rng.choice([0.4, 0.6, 0.8])
        asked = nested(
            quorum=(Quorum(share=share), Quorum(of="a", count=rng.randint(1, 3))),
            mandatory=tuple(rng.sample(ITEMS, rng.randint(0, 1))),
        )
        reported = observe({name: [float(rng.randint(0, 60))] for name in ITEMS}, KNOWN)
        found = progress(assess(asked, reported))
        rows = found.blockers.set_index("indicator")["relative"]
        stand = asked_of(asked, asked.levels[0], 0, reported)
        best = min(
            (
                rows[list(some)].sum()
                for some in combinations(rows.index, int(found.away[0]))
                if reaches(asked, asked.levels[0], stand | dict.fromkeys(some, "met"), {"met"})
            ),
            default=0.0,
        )
        assert rows[list(chosen(found))].sum() == pytest.approx(best)


def test_tables_name_who_is_near_and_whose_competence_it_is():
    known = catalogue(
        concept("ky-so", competence=Competence(level="commune", valid_until=date(2027, 3, 1))),
        concept("phu-song", competence=Competence(level="enterprise")),
        concept("su-co", measure="number", unit="vụ", better="lower"),
    )
    asked = framework(
        indicator("ky-so", required={"mot": 50, "hai": 80}),
        indicator("phu-song", required={"mot": 20, "hai": 90}),
        indicator("su-co", required={"hai": 2}),
        indicator("chua-co", required={"hai": 1}, applies_to={"unit_class": ("phường",)}),
        levels=levels("mot", "hai"),
    )
    columns = {"ky-so": [90, 70, 40], "phu-song": [60, 95, 10], "su-co": [1, 6, None]}
    reported = observe(columns, known, ["x", "x", "y"])
    reported.units["unit_class"] = "xã"
    found = progress(assess(asked, reported))
    assert found.away.tolist() == [1, 2, 2]
    assert found.units["nearest"].tolist() == ["phu-song", "", ""]
    assert found.units["chosen_outside"].tolist() == [1, 0, 1]
    assert found.units["next"].tolist() == ["hai", "hai", "mot"]
    assert found.criteria["outside"].tolist() == [False, True, False, False]
    assert found.criteria["valid_until"].iloc[0] == date(2027, 3, 1)
    distances = found.distances()
    assert distances.loc["x"].tolist() == [2, 0, 1, 2, 2, 0]
    assert distances.loc["*"].tolist() == [3, 0, 1, 3, 3, 0]
    table = found.by_criterion().set_index(["level", "indicator"])
    assert table.loc[("hai", "phu-song"), ["blocked", "alone", "outside"]].tolist() == [1, 1, True]
    assert table.loc[("mot", "phu-song"), ["blocked", "alone"]].tolist() == [1, 0]
    # Without a range, a gap is measured against the spread of the units: 4 of 5.
    own = found.of("u1")
    assert own["said"].tolist() == ["tăng thêm 10 điểm phần trăm", "giảm 4 vụ"]
    assert own["relative"].tolist() == [0.1, 0.8]


def test_a_skipped_level_that_the_next_one_comes_after_counts_too():
    asked = framework(
        indicator("a1", required={"mot": 50}),
        indicator("a2", required={"hai": 50, "ba": 80}),
        levels=(
            Level(id="mot", label="Một"),
            Level(id="hai", label="Hai"),
            Level(id="ba", label="Ba", after="mot"),
        ),
    )
    found = progress(assess(asked, observe({"a1": [10], "a2": [60]})))
    assert found.assessment.levels.level.tolist() == [2]
    assert found.away.tolist() == [2]
    assert found.of("u0")[["level", "indicator"]].to_numpy().tolist() == [
        ["ba", "a2"],
        ["mot", "a1"],
    ]


def test_missing_and_unproved_values_are_told_from_failing_ones():
    asked = framework(
        *(indicator(name, required={"dat": 50}) for name in ("a1", "a2", "a3", "a4")),
        levels=levels("dat"),
    )
    reported = observe({"a1": [20], "a2": [None], "a3": ["KMC 90"]})
    rows = progress(assess(asked, reported)).blockers
    assert rows["status"].tolist() == [
        Status.OBSERVED,
        Status.MISSING,
        Status.NO_EVIDENCE,
        Status.MISSING,  # nobody reported it
    ]
    assert progress(assess(asked, reported)).units["lacking"].tolist() == [3]


def test_gaps_are_said_in_the_concepts_own_words():
    assert gap_words(concept("ty-le"), 80, 67.456) == "tăng thêm 12,55 điểm phần trăm"
    yes = concept("co", measure="yes_no", unit="có/không")
    assert gap_words(yes, 1, 0) == "cần có"
    grade = concept("bac", measure="category", unit="bậc", categories=("Thấp", "Vừa", "Cao"))
    assert gap_words(grade, 2, 0) == "cần ≥\u00a0Cao, hiện là Thấp"
    said = gap_words(concept("ty-le"), 80, np.nan, Status.NO_EVIDENCE)
    assert said == "không có minh chứng (KMC); yêu cầu ≥\u00a080"
    assert gap_words(None, 80, np.nan) == "thiếu số liệu"


# Points.


def slow_steps(asked: Framework, reported: Observations) -> list[int]:
    """Smallest number of indicators that, earned in full, reach a higher band: every set tried."""
    points = assess(asked, reported).points
    full = np.ones_like(points.share)
    for row, item in enumerate(points.indicators):
        full[row] = 0.0 if item.role == "penalty" else max(item.value.give)
    if points.excluded is not None:
        full = np.where(full > 0, np.minimum(full, 1 - points.excluded), full)
    found = []
    for unit in range(len(reported.units)):
        if points.band[unit] in (-1, len(asked.bands) - 1):
            found.append(0)
            continue
        sizes = []
        for size in range(1, len(full) + 1):
            for rows in combinations(range(len(full)), size):
                share = points.share.copy()
                share[list(rows), unit] = full[list(rows), unit]
                if replace(points, share=share).band[unit] > points.band[unit]:
                    sizes.append(size)
        found.append(min(sizes, default=-1))
    return found


@settings(max_examples=40)
@given(rng=RANDOM)
def test_fewest_indicators_to_the_next_band_are_those_of_enumeration(rng: random.Random):
    names = [f"i{number}" for number in range(rng.randint(2, 5))]
    items = [
        indicator(
            name,
            points=float(rng.randint(1, 5)),
            value=LINE,
            role=rng.choice(["scored", "scored", "bonus", "penalty"]),
            applies_to=rng.choice([{}, {"unit_class": ("x",)}]),
        )
        for name in names
    ]
    items[0] = items[0].model_copy(update={"role": "scored"})
    bands = (Band(id="c", label="C"), Band(id="b", label="B", at_least=4.0))
    asked = framework(
        *items,
        bands=(*bands, Band(id="a", label="A", above=7.0)),
        policy=Policy(rescale=rng.choice(["sheet", "none"])),
        rounding=rng.choice([None, Rounding(decimals=0)]),
    )
    cells = [None, 0.0, 35.0, 80.0, 100.0]
    reported = observe({name: [rng.choice(cells) for _ in range(3)] for name in names})
    reported.units["unit_class"] = ["x", "y", "x"]
    left = progress(assess(asked, reported)).points
    assert left.steps.tolist() == slow_steps(asked, reported)
    assert np.allclose(left.climb[-1], np.nan_to_num(left.left.sum(axis=0)))


@settings(max_examples=40)
@given(rng=RANDOM)
def test_points_left_are_never_negative_and_all_of_them_are_climbed(rng: random.Random):
    asked, reported = random_points(rng)
    left = progress(assess(asked, reported)).points
    assert (left.left >= 0).all()
    frame = left.to_frame()
    assert (frame["left"] > 0).all()
    for _, own in frame.groupby("unit"):
        assert own["left"].is_monotonic_decreasing
    assert (left.to_frame(1).groupby("unit").size() <= 1).all()


def test_points_left_are_those_of_the_rescaled_sheet():
    asked = framework(
        indicator("a1", points=4, value=LINE),
        indicator("a2", points=4, value=LINE),
        indicator("a3", points=2, value=LINE),
        bands=(Band(id="k", label="Kém"), Band(id="t", label="Tốt", at_least=9.0)),
    )
    left = progress(assess(asked, observe({"a1": [50], "a2": ["KAD"], "a3": [None]}))).points
    assert left.left[:, 0] == pytest.approx([10 / 3, 0, 10 / 3])
    assert left.short == pytest.approx([9 - 10 / 3])
    frame = left.to_frame()
    assert frame["indicator"].tolist() == ["a1", "a3"]
    assert frame["lacking"].tolist() == [False, True]
    assert frame["needed"].tolist() == [True, True]
    assert frame["cumulated"].to_numpy() == pytest.approx([10 / 3, 20 / 3])


def test_without_levels_nothing_blocks():
    found = progress(assess(framework(indicator("a1", points=1, value=LINE)), observe({"a1": [5]})))
    assert found.blockers.empty
    assert found.units["failed"].tolist() == [0]
    assert found.by_criterion().empty
    assert found.points.steps.tolist() == [0]


def test_levels_that_ask_nothing_block_nobody():
    asked = framework(indicator("a1", points=1, value=LINE), levels=levels("mot"))
    found = progress(assess(asked, observe({"a1": [5, None]})))
    assert found.blockers.empty
    assert found.away.tolist() == [-1, -1]  # nothing applies to them, so no level is held
