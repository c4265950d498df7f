"""Observations carried to new units: statuses, bounds, lineage, assumptions, what never happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, observe
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.merging import Merged, assumption_effect, merge, merge_each, rule_of
from dxmethod.observations import Observations, Status
from dxmethod.units import Crosswalk

SEEN, MISS, KAD, KPS, KMC = Status
NAN = np.nan


def crosswalk(**went_to: str) -> Crosswalk:
    """Old codes and the new code of each."""
    rows = [{"old": old, "new": new, "new_name": new.upper()} for old, new in went_to.items()]
    return Crosswalk(pd.DataFrame(rows, dtype=object))


def divided(*rows: tuple[str, str, str, str]) -> Crosswalk:
    """Old code, new code, share and whether it is the default."""
    frame = pd.DataFrame(rows, columns=["old", "new", "share", "is_default"], dtype=object)
    return Crosswalk(frame.assign(new_name=frame["new"].str.upper()))


def counted(item, tops, belows) -> Observations:
    """A ratio with what it is made of."""
    top, below = (np.array(numbers, dtype=float)[:, None] for numbers in (tops, belows))
    found = observe({item.id: (100 * top / below)[:, 0].tolist()}, {item.id: item})
    return Observations(
        found.units, found.concepts, found.value, found.status, numerator=top, denominator=below
    )


@pytest.mark.parametrize(
    ("rule", "value"), [("mean", 20), ("sum", 60), ("worst", 10), ("best", 30)]
)
def test_one_rule_may_be_applied_to_every_concept(rule, value):
    made = merge(
        observe({"a": [10, 20, 30], "b": [10, 20, 30]}), crosswalk(u0="x", u1="x", u2="x"), rule
    ).observations
    assert made.value.tolist() == [[value, value]]
    assert made.names.to_dict() == {"x": "X"}


def test_each_concept_has_its_own_rule():
    known = catalogue(
        concept("dem", measure="number", unit="người"),
        concept("co", measure="yes_no", unit="có/không"),
        concept("co-o-mot-noi", measure="yes_no", unit="có/không", merge="any"),
        concept("muc", measure="category", unit="mức", categories=("a", "b", "c")),
        concept("cham", measure="number", unit="ngày", merge="best", better="lower"),
        concept("diem", measure="number", unit="điểm", range=(0, 10)),
        concept("thu-lai", merge="void"),
    )
    columns = {
        "dem": [3, 4],
        "co": [1, 0],
        "co-o-mot-noi": [1, 0],
        "muc": [2, 1],
        "cham": [5, 9],
        "diem": [8, 9],
        "thu-lai": [50, 60],
    }
    made = merge(observe(columns, known), crosswalk(u0="x", u1="x"))
    assert made.rules == ("sum", "all", "any", "worst", "best", "void", "void")
    np.testing.assert_equal(made.observations.value, [[7, 0, 1, 1, 5, NAN, NAN]])
    assert made.low[0, 5:].tolist() == [0, 0]
    assert made.high[0, 5:].tolist() == [10, 100]


def test_a_ratio_is_the_sum_of_numerators_over_the_sum_of_denominators():
    made = merge(counted(concept("a"), [1, 90], [10, 100]), crosswalk(u0="x", u1="x"))
    assert made.observations.value[0, 0] == pytest.approx(100 * 91 / 110)
    assert made.observations.numerator.tolist() == [[91]]
    assert made.observations.denominator.tolist() == [[110]]


def test_a_ratio_per_thousand_stays_one():
    item = concept("a", unit="doanh nghiệp/1.000 dân", range=None)
    found = counted(item, [1, 3], [500, 500])
    made = merge(
        Observations(
            found.units,
            found.concepts,
            found.value * 10,
            found.status,
            numerator=found.numerator,
            denominator=found.denominator,
        ),
        crosswalk(u0="x", u1="x"),
    )
    assert made.observations.value.tolist() == [[4]]


def test_a_ratio_without_denominators_is_missing_between_its_parts_or_weighted():
    reported = observe({"a": [20, 80]})
    made = merge(reported, crosswalk(u0="x", u1="x"))
    assert made.observations.status.tolist() == [[MISS]]
    assert (made.low.tolist(), made.high.tolist()) == ([[20]], [[80]])
    people = pd.Series({"u0": 3, "u1": 1})
    assert merge(reported, crosswalk(u0="x", u1="x"), weights=people).observations.value == [[35]]


@pytest.mark.parametrize(
    ("cells", "value", "status"),
    [
        ([80, 90], 85, SEEN),
        ([80, None], NAN, MISS),
        ([80, "KAD"], 80, SEEN),
        ([80, "KPS"], 80, SEEN),
        (["KAD", "KAD"], NAN, KAD),
        (["KPS", "KPS"], NAN, KPS),
        (["KAD", "KPS"], NAN, KPS),
        (["KAD", None], NAN, MISS),
        ([80, "KMC 90"], 85, KMC),
        ([80, "KMC"], NAN, KMC),
        (["KMC 80", "KMC 90"], 85, KMC),
        (["KMC 80", None], NAN, MISS),
    ],
)
def test_status_is_kept_where_predecessors_agree_and_no_claim_becomes_proved(cells, value, status):
    made = merge(observe({"a": cells}), crosswalk(u0="x", u1="x"), "mean").observations
    np.testing.assert_equal(made.value, [[value]])
    assert made.status.tolist() == [[status]]


YES = {"co": concept("co", measure="yes_no", unit="có/không")}


@pytest.mark.parametrize(
    ("rule", "cells", "value", "status"),
    [
        ("all", [0, None], 0, SEEN),
        ("all", [1, None], NAN, MISS),
        ("any", [1, None], 1, SEEN),
        ("any", [1, "KMC 1"], 1, SEEN),
        ("any", [0, "KMC 1"], 1, KMC),
        ("all", [1, "KMC 1"], 1, KMC),
    ],
)
def test_what_is_missing_or_unproved_does_not_matter_where_the_rest_settles_it(
    rule, cells, value, status
):
    made = merge(observe({"co": cells}, YES), crosswalk(u0="x", u1="x"), rule).observations
    np.testing.assert_equal(made.value, [[value]])
    assert made.status.tolist() == [[status]]


def test_those_with_data_speak_for_the_whole_only_if_they_cover_the_declared_share():
    found = counted(concept("a"), [60, 1, 1], [80, 10, 10])
    value, status = found.value.copy(), found.status.copy()
    value[2], status[2] = NAN, MISS
    reported = Observations(
        found.units,
        found.concepts,
        value,
        status,
        numerator=found.numerator,
        denominator=found.denominator,
    )
    merged = crosswalk(u0="x", u1="x", u2="x")
    strict, lenient = merge(reported, merged), merge(reported, merged, cover=0.9)
    assert strict.observations.status.tolist() == [[MISS]]
    assert lenient.observations.value[0, 0] == pytest.approx(100 * 61 / 90)
    for made in (strict, lenient):
        assert (made.low[0, 0], made.high[0, 0]) == pytest.approx((61, 71))
    assert np.isnan(merge(reported, merged, cover=0.91).observations.value[0, 0])


def test_a_predecessor_that_reported_nothing_at_all_lacks_data():
    made = merge(observe({"a": [80]}), crosswalk(u0="x", u9="x"), "mean")
    assert made.observations.status.tolist() == [[MISS]]
    assert (made.low.tolist(), made.high.tolist()) == ([[40]], [[90]])
    assert made.lineage("x", "a")["status"].tolist() == [SEEN, MISS]


def test_new_units_stand_in_the_order_of_the_table():
    made = merge(observe({"a": [1, 2, 3]}), crosswalk(u2="y", u0="x", u1="y"), "mean").observations
    assert made.units.index.tolist() == ["y", "x"]
    assert made.value[:, 0].tolist() == [2.5, 1]


def test_new_unit_without_a_predecessor_here_is_left_out():
    made = merge(observe({"a": [1]}), crosswalk(u0="x", u9="y"), "mean")
    assert made.observations.units.index.tolist() == ["x"]


def test_strata_are_not_carried_over():
    made = merge(observe({"a": [1]}, strata=["khu-vuc-iii"]), crosswalk(u0="x"))
    assert list(made.observations.units.columns) == ["name"]


REFUSED = {
    "unit that went nowhere": ({}, {"a": [1, 2]}, "u1"),
    "cover that is no share": ({"cover": 0}, {"a": [1]}, "cover"),
    "unknown rule": ({"rule": "median"}, {"a": [1]}, "median"),
    "rule for nothing": ({"rule": {"b": "mean"}}, {"a": [1]}, "b"),
    "mean of yes and no": ({"rule": "mean"}, {"co": [1]}, "có/không: không cộng"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_merger_that_cannot_be_is_refused(case):
    options, columns, words = REFUSED[case]
    known = catalogue("a") | YES
    with pytest.raises(ValueError, match=words):
        merge(observe(columns, known), crosswalk(u0="x"), **options)


def test_a_level_is_averaged_only_when_that_is_said_of_it():
    reported = observe({"co": [1, 0]}, YES)
    made = merge(reported, crosswalk(u0="x", u1="x"), {"co": "mean"})
    assert made.observations.value.tolist() == [[0.5]]


@pytest.mark.parametrize("unit", ["điểm", "phần của điểm tối đa", "chỉ số từ 0 đến 1", "Mức"])
def test_a_score_is_told_by_its_unit_and_never_added_or_averaged_unasked(unit):
    for measure in ("number", "ratio"):
        score = concept("a", measure=measure, unit=unit, range=(0, 10))
        assert rule_of(score) == "void"
        assert rule_of(score.model_copy(update={"merge": "mean"})) == "mean"
    assert rule_of(concept("a", measure="number", unit="người", range=(0, 10))) == "sum"


SPLIT = divided(("u0", "x", "", "0"), ("u0", "y", "", "1"), ("u1", "y", "", ""))


def test_a_division_without_shares_needs_a_declared_assumption():
    reported = observe({"a": [10, 20]}, {"a": concept("a", measure="number", unit="người")})
    with pytest.raises(ValueError, match=r"1 đơn vị cũ bị chia .*\(u0\)"):
        merge(reported, SPLIT)
    equal = merge(reported, SPLIT, assumption="equal")
    default = merge(reported, SPLIT, assumption="default")
    assert equal.observations.value[:, 0].tolist() == [5, 25]
    assert default.observations.value[1, 0] == 30
    assert default.observations.status[:, 0].tolist() == [MISS, SEEN]
    for made in (equal, default):
        assert made.touched.all()
        notes = made.observations.notes
        assert notes[["unit", "concept"]].to_numpy().tolist() == [["x", "a"], ["y", "a"]]
    assert set(equal.observations.notes["assumption"]) == {"chia đều cho các đơn vị mới"}


def test_division_far_from_here_asks_for_nothing():
    far = divided(("u0", "x", "", ""), ("v", "y", "", ""), ("v", "z", "", ""))
    made = merge(observe({"a": [10]}), far)
    assert made.observations.value.tolist() == [[10]]
    assert not made.touched.any()


def test_lineage_lists_every_part_with_its_share():
    found = counted(concept("a"), [1, 3], [10, 10])
    made = merge(found, SPLIT, assumption="equal")
    listed = made.lineage("y", "a")
    assert listed["old"].tolist() == ["u0", "u1"]
    assert listed["share"].tolist() == [0.5, 1]
    assert listed["assumption"].tolist() == ["equal", ""]
    assert listed["numerator"].tolist() == [1, 3]
    assert listed["value"].tolist() == [10, 30]
    for unknown in (("z", "a"), ("y", "b")):
        with pytest.raises(KeyError):
            made.lineage(*unknown)


def test_effect_of_the_assumption_is_shown_by_concept():
    known = catalogue("a", concept("dem", measure="number", unit="người"))
    given = divided(("u0", "x", "0.9", "0"), ("u0", "y", "0.1", "1"), ("u1", "y", "1", ""))
    reported = observe({"a": [50, 50], "dem": [10, 20]}, known)
    merges = merge_each(reported, given)
    assert list(merges) == ["supplied", "equal", "default"]
    effect = assumption_effect(merges)
    assert effect["touched"].tolist() == [2, 2]
    assert effect.loc["dem", ["mean", "largest"]].tolist() == [9, 9]  # y: 21, 25 or 30
    assert effect.loc["a", "differ"] == 1  # x has nobody left when all go to y
    assert list(merge_each(reported, SPLIT)) == ["equal", "default"]


@st.composite
def whole_mergers(draw, top: int = 10**9):
    """Counts of old units and where each went whole."""
    counts = draw(st.lists(st.integers(0, top), min_size=1, max_size=8))
    targets = [draw(st.sampled_from("xyz")) for _ in counts]
    return counts, crosswalk(**{f"u{place}": new for place, new in enumerate(targets)})


@settings(max_examples=50)
@given(whole_mergers())
def test_a_count_is_conserved_to_the_last_unit_under_whole_mergers(case):
    counts, merged = case
    known = catalogue(concept("dem", measure="number", unit="người"))
    made = merge(observe({"dem": counts}, known), merged)
    assert made.observations.value.sum() == sum(counts)
    assert not made.touched.any()


@settings(max_examples=50)
@given(whole_mergers(100), st.data())
def test_a_ratio_lies_between_its_parts(case, data):
    tops, merged = case
    belows = [top + data.draw(st.integers(1, 50)) for top in tops]
    made = merge(counted(concept("a"), tops, belows), merged)
    for unit in made.observations.units.index:
        parts = made.lineage(unit, "a")["value"]
        value = made.observations.value[made.observations.units.index.get_loc(unit), 0]
        assert parts.min() - 1e-9 <= value <= parts.max() + 1e-9


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from([0.0, 12.5, 100.0, None, "KAD", "KPS", "KMC", "KMC 9"]), min_size=1)
)
def test_everyone_staying_alone_changes_nothing(cells):
    reported = observe({"a": cells})
    alone = crosswalk(**{unit: unit for unit in reported.units.index})
    made = merge(reported, alone).observations
    np.testing.assert_array_equal(made.value, reported.value)
    np.testing.assert_array_equal(made.status, reported.status)


@settings(max_examples=50)
@given(whole_mergers(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(case, rng):
    counts, merged = case
    reported = observe({"a": [count / 1e9 * 99.7 for count in counts]})
    rows = list(merged.table.index)
    rng.shuffle(rows)
    shuffled = reported.select(rng.sample(list(reported.units.index), len(counts)))
    one = by_unit(merge(reported, merged, "mean"))
    other = by_unit(merge(shuffled, Crosswalk(merged.table.loc[rows]), "mean"))
    assert one == other


def by_unit(made: Merged) -> dict[str, float]:
    found = made.observations
    return dict(zip(found.units.index, found.value[:, 0], strict=True))
