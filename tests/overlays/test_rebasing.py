"""An overlay carried to the next version: what stands as it stood goes along, no more."""

from __future__ import annotations

import pytest
from examples import LINE, catalogue, framework, group, indicator, levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.adjustable import Adjustable
from dxmethod.documents import parse_yaml, validate
from dxmethod.faults import Collector
from dxmethod.framework import Framework
from dxmethod.overlays.adaptation import adapt
from dxmethod.overlays.model import Overlay, Written, plain, read_overlay, write_overlay
from dxmethod.overlays.rebasing import Rebased, rebase

KNOWN = catalogue("a", "b", "c", "d", "e")
A = indicator("a", value=LINE, required={"muc-1": 50.0, "muc-2": {"*": 80.0, "x": 60.0}})
B = indicator("b", required={"muc-2": 40.0})
C = indicator("c", required={"muc-1": 10.0})
OLD = framework(group("g", A, B), group("h", C), levels=levels("muc-1", "muc-2"))


def new(*children, **fields) -> Framework:
    """The next version: some children of the first group instead of A and B."""
    given = {"levels": levels("muc-1", "muc-2"), "id": "moi-2026/commune", **fields}
    return framework(group("g", *(children or (A, B))), group("h", C), **given)


def overlay(text: str) -> Overlay:
    head = """
kind: overlay
format: 1
id: tinh
title: Bộ của tỉnh
version: "1"
status: issued
issued: {document: 1/QĐ-UBND}
extends: vi-du/commune
province: Tỉnh
changes:
"""
    faults = Collector()
    data, lines = parse_yaml(head + text, faults)
    found = validate(Overlay, data, faults, lines)
    assert found, faults.faults
    return found


def carried(text: str, onto: Framework) -> Rebased:
    given = overlay(f"  - {text}\n    reason: vì\n")
    return rebase(given, OLD, onto, KNOWN)


LOWER = "threshold: a\n    level: muc-1\n    to: 40"


@pytest.mark.parametrize(
    ("text", "onto", "said"),
    [
        (LOWER, new(), ""),
        (LOWER, new(A.model_copy(update={"label": "Tên khác"}), B), ""),
        (LOWER, new(B), "khung mới không có “a”"),
        (
            LOWER,
            new(B, indicator("e", replaces=("a",))),
            "“a” đã được thay bằng “e”",
        ),
        (
            LOWER,
            new(A.model_copy(update={"required": {"muc-1": 55.0}}), B),
            "đã sửa chính mục này từ 50 thành 55",
        ),
        (
            LOWER,
            new(A.model_copy(update={"required": {"muc-1": 40.0}}), B),
            "đã đúng như thay đổi này",
        ),
        (LOWER, new(A.model_copy(update={"concept": "e"}), B), "nay đo e, trước đo a"),
        (LOWER, new(levels=levels("muc-2")), "không có “muc-1”"),
        (
            LOWER,
            new(levels=tuple(level.model_copy(update={"label": "Khác"}) for level in OLD.levels)),
            "mức “muc-1” nay là “Khác”",
        ),
        (LOWER, new(adjustable=Adjustable(mandatory=("a",))), "ngoài phạm vi khung mới cho phép"),
        (
            "threshold: a\n    level: muc-2\n    stratum: x\n    to: 50",
            new(A.model_copy(update={"required": {"muc-2": {"*": 90.0, "x": 60.0}}}), B),
            "",
        ),
        ("drop: b", new(A), "không còn “b”: bỏ được"),
        ("drop: b", new(A, B.model_copy(update={"code": "9.9"})), ""),
        ("drop: b", new(A, B.model_copy(update={"required": {}})), "đã sửa chính mục này"),
        ("drop: g", new(A, B.model_copy(update={"required": {}})), "đã sửa chính mục này"),
        ("add: {id: d, label: D, concept: d}\n    under: g", new(), ""),
        (
            "add: {id: d, label: D, concept: d}\n    under: g",
            new(A, B, indicator("d")),
            "khung mới đã có “d”",
        ),
        (
            "add: {id: d, label: D, concept: d}\n    under: g",
            new(A, B, indicator("e", concept="d")),
            "khung mới đã đo d ở “e”",
        ),
        (
            "add: {id: d, label: D, concept: d}\n    under: g\n    after: b",
            new(A),
            "không có “b” trong “g” để đứng sau",
        ),
        (
            "add: {id: d, label: D, concept: d, required: {muc-1: 5}}\n    under: g",
            new(levels=levels("muc-2")),
            "không có mức “muc-1”",
        ),
        ("quorum: muc-1\n    to: [{share: 0.5}]", new(), ""),
        ("policy: missing\n    to: fails", new(), ""),
    ],
)
def test_a_change_goes_along_only_when_what_it_rests_on_is_as_it_was(text, onto, said):
    done = carried(text, onto)
    if said:
        assert done.carried == 0
        assert said in done.overlay.conflicts[0].problem
        assert plain(done.overlay.conflicts[0].change)["reason"] == "vì"
    else:
        assert (done.carried, done.overlay.conflicts) == (1, ())


def test_the_new_overlay_is_a_draft_that_says_what_it_takes_the_place_of(tmp_path):
    done = rebase(overlay(f"  - {LOWER}\n  - drop: b\n"), OLD, new(A), KNOWN).overlay
    assert (done.id, done.extends) == ("tinh-moi-2026", "moi-2026/commune")
    assert (done.status, done.issued, done.supersedes) == ("draft", None, ("tinh/commune",))
    assert [entry.verb for entry in done.changes] == ["threshold"]
    write_overlay(done, tmp_path / "o.yml", "# tự ghi\n")
    again = read_overlay(tmp_path / "o.yml", Collector())
    assert again and again.overlay == done
    assert "to: 40\n" in (tmp_path / "o.yml").read_text(encoding="utf-8")


def test_what_an_earlier_rebase_left_over_is_still_left_over():
    once = rebase(overlay("  - drop: b\n"), OLD, new(A), KNOWN).overlay
    twice = rebase(once, new(A), new(A), KNOWN).overlay
    assert twice.conflicts == once.conflicts


def test_versions_for_other_units_are_refused():
    with pytest.raises(ValueError, match="hai loại đơn vị"):
        carried(LOWER, new(unit_type="district"))


@settings(max_examples=60, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_what_goes_along_does_the_same_to_the_new_version(rng):
    """Nothing that was carried is refused by the version that it was carried to."""
    texts = [LOWER, "drop: b", "rename: c\n    to: C", "evidence: a\n    to: m"]
    texts += ["threshold: b\n    level: muc-2\n    to: 45"]
    chosen = rng.sample(texts, rng.randint(1, 3))
    if "drop: b" in chosen and texts[-1] in chosen:
        chosen.remove("drop: b")
    given_overlay = overlay("".join(f"  - {text}\n" for text in chosen))
    kept = [item for item in (A, B) if rng.random() < 0.8] or [A]
    moved = [
        item.model_copy(update={"required": {"muc-1": 1.0}}) if rng.random() < 0.3 else item
        for item in kept
    ]
    onto = new(*moved, indicator("e", required={"muc-2": 5.0}))
    done = rebase(given_overlay, OLD, onto, KNOWN)
    assert done.carried + len(done.overlay.conflicts) == len(chosen)
    faults = Collector()
    settled = done.overlay.model_copy(update={"conflicts": ()})
    assert adapt(Written(settled), onto, KNOWN, faults) is not None, faults.faults
