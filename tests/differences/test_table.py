"""Differences: every change once, nothing against itself, mirrored the other way round."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
from examples import (
    LINE,
    concept,
    framework,
    group,
    indicator,
    levels,
    random_curve,
    random_levels,
    random_version,
)
from examples import catalogue as known
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dxmethod.changes import diff
from dxmethod.concepts import Competence
from dxmethod.differences.matching import match
from dxmethod.differences.rows import KINDS
from dxmethod.differences.strictness import DIRECTIONS, of_curves
from dxmethod.differences.table import Reason, check_reasons, differences, reason_words
from dxmethod.faults import Collector, Faults
from dxmethod.framework import Band, Framework, Group, Policy, Quorum, Rounding, Validity
from dxmethod.values import Curve

RANDOM = st.randoms(use_true_random=False)
CATALOGUE = known("ho-so", "chu-ky", "g", "a", "b", "c", "d", "e", concept("loi", better="lower"))
MIRRORED = {"added": "dropped", "dropped": "added", "merged": "split", "split": "merged"}
TURNED = {"stricter": "easier", "easier": "stricter"}


def compare(old: Framework, new: Framework, catalogue=CATALOGUE):
    return differences(old, new, match(old, new), catalogue)


def said(old: Framework, new: Framework, catalogue=CATALOGUE):
    return [(row.kind, row.target, row.direction) for row in compare(old, new, catalogue).rows]


def with_replacing(rng, version: Framework) -> Framework:
    """Some indicators under new ids, some of which say what they replace."""

    def visit(node):
        if isinstance(node, Group):
            name = node.id if rng.random() < 0.7 else f"{node.id}-moi"
            return node.model_copy(
                update={"id": name, "children": tuple(map(visit, node.children))}
            )
        if rng.random() < 0.5:
            return node
        others = rng.sample([f"i{number}" for number in range(8)], rng.randint(0, 2))
        return node.model_copy(update={"id": f"{node.id}-moi", "replaces": (node.id, *others)})

    return version.model_copy(update={"tree": visit(version.tree)})  # fmt: skip


def comparable(rng) -> tuple[Framework, Framework]:
    old, new = random_version(rng), with_replacing(rng, random_version(rng))
    assume(set(old.concepts) & set(new.concepts))
    return old, new


@settings(max_examples=60)
@given(RANDOM)
def test_every_change_stands_in_exactly_one_difference(rng):
    old, new = comparable(rng)
    held = [change for row in compare(old, new).rows for change in row.changes]
    key = lambda change: (change.target, change.kind)  # noqa: E731
    assert sorted(held, key=key) == sorted(diff(old, new), key=key)


@given(RANDOM)
def test_a_version_does_not_differ_from_itself(rng):
    version = with_replacing(rng, random_version(rng))
    found = compare(version, version)
    assert found.rows == () and found.counts().empty
    assert len(found.kept) == len(version.indicators)


@settings(max_examples=60)
@given(RANDOM)
def test_the_other_way_round_is_the_mirror(rng):
    """Orders aside: they are told from where the records stand by then."""
    old, new = comparable(rng)
    there, back = compare(old, new).rows, compare(new, old).rows
    assert Counter(
        (MIRRORED.get(r.kind, r.kind), r.part, r.new_ids, r.old_ids, r.field, r.level, r.new_words,
         r.old_words, TURNED.get(r.direction, r.direction), len(r.changes))
        for r in there if r.kind != "order"
    ) == Counter(
        (r.kind, r.part, r.old_ids, r.new_ids, r.field, r.level, r.old_words, r.new_words,
         r.direction, len(r.changes))
        for r in back if r.kind != "order"
    )  # fmt: skip


@settings(max_examples=50)
@given(RANDOM)
def test_requirements_gone_and_come_lead_from_the_old_count_to_the_new(rng):
    old, new = comparable(rng)
    for _, row in compare(old, new).by_level().iterrows():
        counts = [
            sum(
                isinstance(at, float) or row["stratum"] in at or "*" in at
                for item in side.indicators
                for level, at in item.required.items()
                if level == row["level"]
            )
            for side in (old, new)
        ]
        assert counts[0] + row["asked"] - row["no_longer"] == counts[1]


@given(RANDOM)
def test_words_are_vietnamese_for_every_kind(rng):
    old, new = comparable(rng)
    found = compare(old, new)
    assert {row.kind for row in found.rows} <= set(KINDS)
    assert all(row.old_words and row.new_words for row in found.rows)
    for row in found.shown:
        if row.part != "document" or row.field != "title":
            assert not {"excluded", "unknown", "arithmetic"} & set(row.new_words.split())


# One difference at a time.

A = indicator("a", points=10.0, value=LINE, required={"muc-1": 50.0})
LOW = indicator("loi", required={"muc-1": 5.0})
OLD = framework(group("g", A, LOW), levels=levels("muc-1", "muc-2"))


def version(item=A, low=LOW, **fields) -> Framework:
    return framework(group("g", item, low), levels=fields.pop("levels", OLD.levels), **fields)


def changed(**fields) -> Framework:
    return version(A.model_copy(update=fields))


@pytest.mark.parametrize(
    ("required", "directions"),
    [
        ({"muc-1": 60.0}, ["stricter"]),
        ({"muc-1": 40.0}, ["easier"]),
        ({}, ["easier"]),
        ({"muc-1": 50.0, "muc-2": 70.0}, ["stricter"]),
        ({"muc-1": {"*": 60.0, "vung-cao": 40.0}}, ["both"]),
        ({"muc-1": {"*": 50.0, "vung-cao": 40.0}}, ["easier"]),
        ({"muc-1": {"vung-cao": 50.0}}, ["easier"]),
        ({"muc-1": 60.0, "muc-2": 10.0}, ["stricter", "stricter"]),
    ],
)
def test_threshold_says_whether_more_is_asked(required, directions):
    rows = compare(OLD, changed(required=required)).rows
    assert [(row.kind, row.direction) for row in rows] == [("threshold", d) for d in directions]


def test_less_of_what_is_bad_is_stricter_and_words_carry_sign_unit_and_stratum():
    new = version(low=LOW.model_copy(update={"required": {"muc-1": {"*": 2.0, "vung-cao": 9.0}}}))
    (row,) = compare(OLD, new).rows
    assert [(s.stratum, s.old, s.new, s.direction) for s in row.steps] == [
        ("*", 5, 2, "stricter"),
        ("vung-cao", 5, 9, "easier"),
    ]
    assert (row.old_words, row.new_words) == (
        "≤\u00a05%",
        "≤\u00a02% (vung-cao ≤\u00a09%)",
    )


def test_threshold_on_another_concept_is_neither_stricter_nor_easier():
    new = changed(concept="b", required={"muc-1": 99.0})
    assert sorted(said(OLD, new)) == [
        ("concept", "tree/a/concept", "neither"),
        ("threshold", "tree/a/required/muc-1", "neither"),
    ]


def test_competence_and_source_are_those_of_the_concept():
    catalogue = CATALOGUE | known(
        concept("a", competence=Competence(level="commune")),
        concept("b", competence=Competence(level="province"), source_type="automatic"),
    )
    rows = {row.kind: row for row in compare(OLD, changed(concept="b"), catalogue).rows}
    assert set(rows) == {"concept", "competence", "source"}
    assert (rows["competence"].old_words, rows["competence"].new_words) == ("cấp xã", "cấp tỉnh")
    assert rows["competence"].changes == () and len(rows["concept"].changes) == 1


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"policy": Policy(not_applicable="fails")}, ("policy", "policy", "stricter")),
        ({"policy": Policy(no_evidence="counts")}, ("policy", "policy", "easier")),
        ({"policy": Policy(ties="dense")}, ("policy", "policy", "neither")),
        ({"rounding": Rounding(decimals=2)}, ("rounding", "rounding", "neither")),
        ({"validity": Validity(until=date(2027, 1, 1))}, ("validity", "validity", "neither")),
        ({"bands": (Band(id="x", label="X"),)}, ("band", "bands/x", "neither")),
        ({"title": "Khác"}, ("document", "title", "neither")),
    ],
)
def test_what_a_version_states_of_itself_has_its_own_kind(fields, row):
    assert said(OLD, version(**fields)) == [row]


@pytest.mark.parametrize(
    ("fields", "direction"),
    [
        ({"quorum": (Quorum(share=0.7),)}, "easier"),
        ({"quorum": (Quorum(share=1.0), Quorum(of="g", count=2))}, "stricter"),
        ({"mandatory": ("a",)}, "stricter"),
    ],
)
def test_level_is_stricter_when_more_must_be_met(fields, direction):
    first = OLD.levels[0].model_copy(update=fields)
    (row,) = compare(OLD, version(levels=(first, OLD.levels[1]))).rows
    assert (row.kind, row.level, row.direction) == ("level", "muc-1", direction)


def test_bands_that_rise_or_lose_their_bound_are_stricter():
    bands = [
        (Band(id="x", label="X", **at),)
        for at in ({"at_least": 80}, {"above": 80}, {"at_least": 85})
    ]
    for low, high in ((0, 2), (1, 2)):
        rows = compare(version(bands=bands[low]), version(bands=bands[high])).rows
        assert {row.kind for row in rows} == {"band"}
    (row,) = compare(version(bands=bands[0]), version(bands=bands[2])).rows
    assert row.direction == "stricter" and row.new_words == "X: từ 85"


@settings(max_examples=50)
@given(RANDOM)
def test_direction_of_curves_agrees_with_a_fine_grid(rng):
    old, new = (random_curve(rng, 1.0) for _ in range(2))
    grid = np.round(np.linspace(-1, 12, 1301), 2)
    less = np.round(old(grid) - new(grid), 9)
    expected = {(True, False): "stricter", (False, True): "easier", (True, True): "both"}
    seen = expected.get((bool((less > 0).any()), bool((less < 0).any())), "neither")
    assert of_curves(old, new, A) == seen


def test_points_bands_that_ask_more_are_stricter_and_milder_penalties_easier():
    steps = [Curve(kind="steps", at=at, give=(0, 0.5, 1)) for at in ((50, 80), (60, 90))]
    assert of_curves(steps[0], steps[1], A) == "stricter"
    assert of_curves(steps[0], steps[1], A.model_copy(update={"role": "penalty"})) == "easier"
    bonus = A.model_copy(update={"role": "bonus"})
    more = bonus.model_copy(update={"points": 20.0})
    assert said(version(bonus), version(more)) == [("points", "tree/a/points", "easier")]


def test_renamed_and_merged_indicators_are_one_row_with_details_of_their_own():
    old = framework(
        *(indicator(n, required={"muc-1": 50.0}) for n in "abcd"), levels=levels("muc-1")
    )
    new = framework(
        indicator("e", label="E", concept="a", replaces=("a",), required={"muc-1": 60.0}),
        indicator("b", replaces=("c",), required={"muc-1": 50.0}),
        indicator("d", required={"muc-1": 50.0}),
        levels=levels("muc-1"),
    )
    found = compare(old, new)
    rows = {(row.kind, row.target): row for row in found.shown}
    assert set(rows) == {
        ("renamed", "tree/e"),
        ("threshold", "tree/e/required/muc-1"),
        ("merged", "tree/b"),
    }
    assert [c.kind for c in rows["renamed", "tree/e"].changes] == ["dropped", "added"]
    assert rows["threshold", "tree/e/required/muc-1"].changes == ()
    assert rows["merged", "tree/b"].old_words == "b; c"
    assert found.kept == ("d",)
    table = found.by_level()
    assert table[["stricter", "asked", "no_longer"]].to_numpy().tolist() == [[1, 0, 1]]


def test_group_under_a_new_id_moves_nothing():
    old = framework(group("g", indicator("a"), indicator("b")))
    new = framework(group("h", indicator("a"), indicator("b"), label="Nhóm mới"))
    (row,) = compare(old, new).shown
    assert (row.kind, row.part, row.old_words, row.new_words) == (
        "renamed",
        "group",
        "g",
        "Nhóm mới",
    )
    assert len(row.changes) == 4


def test_versions_that_cannot_be_compared_are_refused_at_once():
    other = framework(indicator("z"), unit_type="district", id="khac/district")
    with pytest.raises(Faults) as raised:
        compare(OLD, other, CATALOGUE | known("z"))
    assert [fault.place for fault in raised.value.faults] == ["mục unit_type", "mục concept"]


def test_counts_are_of_differences_things_and_directions():
    new = changed(required={"muc-1": 60.0, "muc-2": 70.0}, label="Mới", code="9")
    table = compare(OLD, new).counts()
    assert table.loc["sửa ngưỡng"].tolist() == [2, 1, 2, 0, 0]
    assert list(table.index) == ["đổi tên", "sửa ngưỡng"]


def test_reasons_name_a_thing_or_a_change_and_what_is_unknown_is_refused():
    found = compare(OLD, changed(required={"muc-1": 60.0}))
    reasons = [
        Reason(target="a", reason="Đã đạt cao", basis="Báo cáo 1"),
        Reason(target="tree/a/required/muc-1", reason="Theo mục tiêu năm"),
        Reason(target="muc-2", reason="Không đổi"),
        Reason(target="muc-9", reason="Lạ"),
    ]
    assert reason_words(found.rows, reasons) == "Đã đạt cao (căn cứ: Báo cáo 1)\nTheo mục tiêu năm"
    assert reason_words(found.rows, ()) == "Chưa nêu lý do"
    faults = Collector()
    check_reasons(reasons, found, "a.yml", faults)
    assert [(fault.place, fault.severity) for fault in faults.faults] == [
        ("mục reasons[3] → target", "cảnh báo"),
        ("mục reasons[4] → target", "lỗi"),
    ]


@given(RANDOM)
def test_frame_says_directions_that_have_words(rng):
    old, _ = random_levels(rng)
    catalogue = known(*old.concepts)
    new = old.model_copy(update={"title": "Khác"})
    frame = compare(old, new, catalogue).frame()
    assert set(frame["direction"]) <= set(DIRECTIONS) and len(frame) == 1
