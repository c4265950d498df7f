"""Changes: what differs is found, and what is found leads from one version to the other."""

from __future__ import annotations

import pytest
from examples import LINE, framework, group, indicator, levels, random_version
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.changes import KINDS, Change, Conflict, apply, diff
from dxmethod.framework import Band, Framework, Quorum

RANDOM = st.randoms(use_true_random=False)


def said(old: Framework, new: Framework) -> list[tuple[str, str, object, object]]:
    return [(change.kind, change.target, change.old, change.new) for change in diff(old, new)]


@settings(max_examples=300)
@given(RANDOM)
def test_changes_lead_from_one_version_to_the_other(rng):
    old, new = random_version(rng), random_version(rng)
    assert apply(old, diff(old, new)) == new


@given(RANDOM)
def test_a_version_does_not_differ_from_itself(rng):
    version = random_version(rng)
    assert diff(version, version) == ()
    assert apply(version, ()) == version


@given(RANDOM)
def test_changes_back_mirror_the_changes_there(rng):
    """Orders aside: they are told from where the records stand by then."""
    old, new = random_version(rng), random_version(rng)
    other = {"added": "dropped", "dropped": "added"}
    there = [change for change in diff(old, new) if change.kind != "order"]
    back = [change for change in diff(new, old) if change.kind != "order"]
    mirrored = [(other.get(c.kind, c.kind), c.target, c.new, c.old) for c in there]
    key = lambda change: (change[1], change[0])  # noqa: E731
    assert sorted(mirrored, key=key) == sorted(
        ((c.kind, c.target, c.old, c.new) for c in back), key=key
    )


@given(RANDOM)
def test_every_change_has_a_vietnamese_name(rng):
    changes = diff(random_version(rng), random_version(rng))
    assert {change.kind for change in changes} <= set(KINDS)


# One change at a time.

A = indicator("a", points=10.0, value=LINE, required={"muc-1": 50.0})
B = indicator("b", points=20.0, value=LINE)
OLD = framework(group("g", A), group("h", B), levels=levels("muc-1", "muc-2"))


def version(**fields) -> Framework:
    """The old version with some fields of its first indicator changed."""
    return framework(
        group("g", A.model_copy(update=fields)), group("h", B), levels=levels("muc-1", "muc-2")
    )


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"points": 15.0}, ("points", "tree/a/points", 10.0, 15.0)),
        ({"label": "Mới"}, ("label", "tree/a/label", "a", "Mới")),
        ({"code": "1.1"}, ("label", "tree/a/code", "", "1.1")),
        ({"concept": "b"}, ("concept", "tree/a/concept", "a", "b")),
        ({"evidence": "Báo cáo"}, ("evidence", "tree/a/evidence", "", "Báo cáo")),
        ({"required": {"muc-1": 60.0}}, ("threshold", "tree/a/required/muc-1", 50.0, 60.0)),
        ({"required": {}}, ("threshold", "tree/a/required/muc-1", 50.0, None)),
        (
            {"required": {"muc-1": 50.0, "muc-2": {"x": 1.0}}},
            ("threshold", "tree/a/required/muc-2", None, {"x": 1.0}),
        ),
    ],
)
def test_changed_field_is_told_by_its_kind(fields, change):
    assert said(OLD, version(**fields)) == [change]


def test_changed_rule_tells_both_rules():
    ((kind, target, old, new),) = said(OLD, version(value=None))
    assert (kind, target, new) == ("rule", "tree/a/value", None)
    assert old["kind"] == "linear"


def test_indicator_that_went_to_another_group_is_moved():
    new = framework(group("g", B), group("h", A), levels=OLD.levels)
    moved = [change for change in said(OLD, new) if change[0] == "moved"]
    assert moved == [
        ("moved", "tree/b/parent", "h", "g"),
        ("moved", "tree/a/parent", "g", "h"),
    ]


def test_added_and_dropped_indicators_bring_their_content():
    new = framework(group("g", A), group("h", indicator("c")), levels=OLD.levels)
    dropped, added = said(OLD, new)
    assert dropped[:2] == ("dropped", "tree/b")
    assert dropped[2]["points"] == 20
    assert added[:2] == ("added", "tree/c")
    assert added[3]["parent"] == "h"


def test_added_indicator_in_the_middle_is_no_change_of_order():
    old = framework(indicator("a"), indicator("b"))
    new = framework(indicator("a"), indicator("c"), indicator("b"))
    assert [kind for kind, *_ in said(old, new)] == ["added"]


def test_new_order_is_told():
    new = framework(group("h", B), group("g", A), levels=OLD.levels)
    (change,) = said(OLD, new)
    assert change[:2] == ("order", "tree")


def test_level_band_and_document_are_told():
    new = OLD.model_copy(
        update={
            "levels": levels("muc-1", "muc-2", quorum=(Quorum(share=0.7),)),
            "bands": (Band(id="a", label="A"),),
            "title": "Khác",
        }
    )
    assert [(kind, target) for kind, target, *_ in said(OLD, new)] == [
        ("document", "title"),
        ("level", "levels/muc-1/quorum"),
        ("level", "levels/muc-2/quorum"),
        ("added", "bands/a"),
    ]


def test_indicator_that_became_a_group_is_told():
    new = framework(group("g", group("a", indicator("a-1"))), group("h", B), levels=OLD.levels)
    assert apply(OLD, diff(OLD, new)) == new
    assert apply(new, diff(new, OLD)) == OLD
    kinds = [(kind, target) for kind, target, *_ in said(OLD, new)]
    assert kinds[:2] == [("dropped", "tree/a"), ("added", "tree/a")]


def test_part_of_the_changes_may_be_applied():
    new = version(points=15.0, label="Mới")
    (points,) = (change for change in diff(OLD, new) if change.kind == "points")
    assert apply(OLD, [points]) == version(points=15.0)


@pytest.mark.parametrize(
    "change",
    [
        Change(kind="points", target="tree/la/points", old=10, new=15),
        Change(kind="points", target="tree/a/points", old=11, new=15),
        Change(kind="threshold", target="tree/a/required/muc-1", old=40.0, new=60.0),
        Change(kind="dropped", target="tree/la", old={}),
        Change(kind="dropped", target="tree/a", old={"label": "khác"}),
        Change(kind="added", target="tree/a", new={"follows": ""}),
        Change(kind="added", target="tree/c", new={"follows": "", "label": "C"}),
        Change(kind="points", target="tree/a/points", old=10.0, new="nhiều"),
        Change(kind="moved", target="tree/a/parent", old="g", new="la"),
        Change(kind="moved", target="tree/g/parent", old="goc", new="a"),
        Change(kind="moved", target="tree/g/parent", old="goc", new="g"),
        Change(kind="moved", target="tree/a/parent", old="g", new=""),
        Change(kind="document", target="titel", old=None, new="x"),
        Change(kind="level", target="levels/muc-3/label", old="", new="x"),
    ],
)
def test_change_that_does_not_fit_is_refused(change):
    with pytest.raises(Conflict):
        apply(OLD, [change])


def test_dropping_a_group_with_something_in_it_is_refused():
    everything = diff(OLD, framework(group("h", B), levels=OLD.levels))
    group_only = [change for change in everything if change.target == "tree/g"]
    with pytest.raises(Conflict):
        apply(OLD, group_only)
