"""Overlays: written as people write them, applied as changes, every fault at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from examples import LINE, catalogue, framework, group, indicator, levels
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.adjustable import VERBS, Adjustable
from dxmethod.changes import apply, diff, values
from dxmethod.check import check_framework
from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector
from dxmethod.framework import Band, Declared, Framework, Quorum, read_framework
from dxmethod.overlays.adaptation import Adaptation, adapt
from dxmethod.overlays.model import AnyEntry, Overlay, read_overlay, write_overlay

HOME = Path(__file__).parents[2] / "frameworks"
SHIPPED = sorted((HOME / "overlays").glob("*.yml"))
HEAD = """kind: overlay
format: 1
id: tinh
title: Bộ của tỉnh
version: "1"
status: draft
extends: vi-du/commune
province: Tỉnh
changes:
"""
KNOWN = catalogue("a", "b", "c", "d")
BASE = framework(
    group(
        "g",
        indicator(
            "a", points=60.0, value=LINE, required={"muc-1": 50.0, "muc-2": {"*": 80.0, "x": 60.0}}
        ),
        indicator("b", points=40.0, value=LINE, required={"muc-2": 40.0}),
    ),
    group("h", indicator("c", required={"muc-1": 10.0})),
    levels=levels("muc-1", "muc-2"),
    bands=(Band(id="kem", label="Kém"), Band(id="tot", label="Tốt", at_least=50.0)),
    declared=Declared(points=100.0),
)


def applied(
    text: str, tmp_path: Path, base: Framework = BASE
) -> tuple[Adaptation | None, list[str]]:
    """Adapt the base by entries written under `changes`; the faults in words."""
    path = tmp_path / "tinh.yml"
    path.write_text(HEAD + text, encoding="utf-8")
    faults = Collector()
    written = read_overlay(path, faults)
    done = adapt(written, base, KNOWN, faults) if written else None
    return done, [str(fault) for fault in faults.faults]


WHY = "\n    reason: vì\n    basis: theo"


def entry(text: str) -> str:
    return f"  - {text}{WHY}\n"


def made(text: str, tmp_path: Path, base: Framework = BASE) -> Framework:
    done, faults = applied(entry(text), tmp_path, base)
    assert done, faults
    assert not faults
    assert apply(base, done.changes) == done.framework
    return done.framework


def item(made: Framework, name: str):
    return next(item for item in made.indicators if item.id == name)


# Every kind of change does what it says.


@pytest.mark.parametrize(
    ("text", "target", "new"),
    [
        ("threshold: a\n    level: muc-1\n    to: 40", "tree/a/required/muc-1", 40),
        ("threshold: b\n    level: muc-2\n    to: null", "tree/b/required", {}),
        (
            "threshold: a\n    level: muc-2\n    stratum: x\n    was: 60\n    to: 55",
            "tree/a/required/muc-2",
            {"*": 80, "x": 55},
        ),
        (
            'threshold: a\n    level: muc-2\n    stratum: "*"\n    to: 90',
            "tree/a/required/muc-2",
            {"*": 90, "x": 60},
        ),
        ("rename: a\n    to: Tên mới", "tree/a/label", "Tên mới"),
        ("rename: muc-1\n    to: Bậc một", "levels/muc-1/label", "Bậc một"),
        ("evidence: a\n    to: Báo cáo", "tree/a/evidence", "Báo cáo"),
        (
            "rule: a\n    to: {kind: fitted, to: rank}",
            "tree/a/value",
            {"kind": "fitted", "to": "rank"},
        ),
        ("weight: g\n    to: 2", "tree/g/weight", 2),
        ("mandatory: muc-1\n    to: [a]", "levels/muc-1/mandatory", ["a"]),
        ("policy: missing\n    to: fails", "policy/missing", "fails"),
        ("rounding: {decimals: 1}", "rounding/decimals", 1),
        ("window: cả năm", "process/window", "cả năm"),
        ("bands: []", "bands/tot", None),
    ],
)
def test_a_change_does_what_it_says(text, target, new, tmp_path):
    assert values(made(text, tmp_path)).get(target) == new


def test_a_level_rule_and_an_evaluator(tmp_path):
    quorum = made("quorum: muc-1\n    to: [{of: g, share: 1}, {count: 1}]", tmp_path)
    assert quorum.levels[0].quorum == (Quorum(of="g", share=1.0), Quorum(count=1))
    steps = made("evaluator: verified\n    to: Sở", tmp_path).process.steps
    assert [(step.stage, step.by) for step in steps] == [("verified", "Sở")]


def test_what_is_added_stands_where_it_is_put(tmp_path):
    text = entry("add: {id: d, label: D, concept: d}\n    under: g\n    after: a")
    text += entry("add: {id: e, label: E, concept: d}\n    under: g\n    after: a")
    text += entry("add: {id: f, label: F, concept: d}\n    under: g")
    done, faults = applied(text, tmp_path)
    assert done, faults
    assert [one.id for one in done.framework.indicators] == ["a", "d", "e", "b", "f", "c"]
    assert item(done.framework, "d").provenance.document == "Bộ của tỉnh"


def test_an_indicator_or_a_whole_group_is_dropped(tmp_path):
    dropped = entry("drop: b") + entry("points: a\n    to: 100")
    done, faults = applied(dropped, tmp_path)
    assert done, faults
    assert [one.id for one in done.framework.indicators] == ["a", "c"]
    assert [g.id for g in made("drop: h", tmp_path).groups] == ["goc", "g"]


def test_what_changed_names_the_overlay_and_what_did_not_is_as_it_was(tmp_path):
    new = made("threshold: a\n    level: muc-1\n    to: 40", tmp_path)
    source = item(new, "a").provenance
    assert (source.document, source.place) == ("Bộ của tỉnh", "bản điều chỉnh tinh")
    assert source.note.startswith("sửa ngưỡng so với vi-du/commune")
    assert item(new, "b") == item(BASE, "b")
    assert (new.id, new.extends, new.title) == ("tinh/commune", "vi-du/commune", "Bộ của tỉnh")


def test_the_way_of_each_change_is_told(tmp_path):
    text = "".join(
        map(
            entry,
            (
                "threshold: a\n    level: muc-1\n    to: 60",
                "threshold: a\n    level: muc-2\n    to: {'*': 70, x: 65}",
                "drop: c",
                "add: {id: d, label: D, concept: d, required: {muc-2: 5}}\n    under: h",
                "quorum: muc-1\n    to: [{share: 0.5}]",
                "rename: b\n    to: B mới",
            ),
        )
    )
    done, faults = applied(text, tmp_path)
    assert done, faults
    ways = [deed.way for deed in done.deeds]
    assert ways == ["stricter", "both", "easier", "stricter", "easier", "neither"]


# Bad input.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "threshold: aa\n    level: muc-1\n    to: 1",
            "dòng 10, mục changes[1] → threshold: có “aa”",
        ),
        ("threshold: a\n    level: muc-9\n    to: 1", "→ level: có “muc-9”; cần một tên đã biết"),
        ("threshold: a\n    level: muc-2\n    stratum: xx\n    to: 1", "→ stratum: có “xx”"),
        ("threshold: a\n    level: muc-1\n    to: {xx: 1}", "→ to: có “xx”"),
        ("threshold: a\n    level: muc-2\n    stratum: x\n    to: {x: 1}", "bỏ mục stratum"),
        ("threshold: a\n    level: muc-1\n    to: 50", "đang là 50, không đổi gì"),
        (
            "threshold: a\n    level: muc-1\n    was: 55\n    to: 60",
            "→ was: ghi 55, khung đang là 50",
        ),
        (
            "threshold: a\n    level: muc-1\n    to: 101",
            "có 101; cần ngưỡng trong khoảng 0 đến 100",
        ),
        ("points: a\n    to: 70", "văn bản ghi 100, cộng lại được 110; cần sửa điểm cho đủ"),
        ("drop: c", "nhóm “h” không còn chỉ tiêu nào"),
        ("drop: goc", "là cả bảng"),
        ("add: {id: a, label: A, concept: a}\n    under: g", "đã có “a” trong khung"),
        ("add: {id: e, label: E, concept: zz}\n    under: g", "“zz” không có trong danh mục"),
        ("add: {id: e, label: E, concept: d}\n    under: k", "→ under: có “k”"),
        ("add: {id: e, label: E, concept: d}\n    under: g\n    after: c", "→ after: có “c”"),
        ("policy: mising\n    to: fails", 'gần nhất: "missing"'),
        ("policy: missing\n    to: excluded", "→ to: có “excluded”"),
        ("weight: a\n    to: 2", "→ weight: có “a”"),
        ("treshold: a\n    level: muc-1\n    to: 1", "(gần nhất: “threshold”)"),
        ("drop: a\n    rename: b\n    to: B", "có drop, rename; cần đúng một trong các mục"),
        ("threshold: a\n    level: muc-1", "thiếu mục “to”"),
        ("just text", "cần các cặp “khóa: giá trị”"),
    ],
)
def test_a_fault_is_said_with_its_place(text, said, tmp_path):
    done, faults = applied(entry(text) if ":" in text else f"  - {text}\n", tmp_path)
    assert done is None
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("rename: a\n    to: A1", "rename: a\n    to: A2", "thay đổi thứ 1 đã sửa mục này"),
        (
            "threshold: a\n    level: muc-2\n    to: 50",
            "threshold: a\n    level: muc-2\n    stratum: x\n    to: 40",
            "thay đổi thứ 1 đã sửa mục này",
        ),
        (
            "threshold: a\n    level: muc-2\n    stratum: x\n    to: 40",
            "threshold: a\n    level: muc-2\n    to: 50",
            "thay đổi thứ 1 đã sửa mục này",
        ),
        ("drop: b", "rename: b\n    to: B", "mâu thuẫn: thay đổi thứ 1 bỏ “b”"),
        ("rename: b\n    to: B", "drop: g", "mâu thuẫn: thay đổi thứ 2 bỏ “b”"),
        ("drop: b", "drop: g", "thay đổi thứ 1 cũng bỏ mục này"),
        (
            "drop: h",
            "add: {id: d, label: D, concept: d}\n    under: h",
            "mâu thuẫn: thay đổi thứ 1 bỏ “h”",
        ),
    ],
)
def test_changes_that_contradict_each_other_are_refused(first, second, said, tmp_path):
    done, faults = applied(entry(first) + entry(second), tmp_path)
    assert done is None
    assert any(said in fault for fault in faults), faults


def test_strata_of_one_threshold_are_changed_side_by_side(tmp_path):
    text = entry("threshold: a\n    level: muc-2\n    stratum: x\n    to: 50")
    text += entry('threshold: a\n    level: muc-2\n    stratum: "*"\n    to: 70')
    done, faults = applied(text, tmp_path)
    assert done, faults
    assert item(done.framework, "a").required["muc-2"] == {"*": 70, "x": 50}
    assert [deed.effect.old for deed in done.deeds] == [60, 80]


def test_a_level_left_without_requirements_and_an_unknown_name_are_said_at_once(tmp_path):
    text = entry("threshold: a\n    level: muc-1\n    to: null")
    text += entry("threshold: c\n    level: muc-1\n    to: null")
    text += entry("drop: zz") + entry("evidence: yy\n    to: x")
    done, faults = applied(text, tmp_path)
    assert done is None
    for said in ("mức độ “muc-1”: không có yêu cầu nào", "có “zz”", "có “yy”"):
        assert any(said in fault for fault in faults), faults


def test_warnings_do_not_stop(tmp_path):
    text = "  - threshold: a\n    level: muc-2\n    to: 45\n"
    done, faults = applied(text, tmp_path)
    assert done is not None
    for said in (
        "chưa nêu lý do",
        "chưa nêu căn cứ",
        "thay cả ngưỡng theo địa bàn",
        "dễ hơn ngưỡng 50",
    ):
        assert any(said in fault for fault in faults), faults
    assert all(fault.startswith("Cảnh báo") for fault in faults)
    assert done.deeds[0].conformity == "được phép; chưa nêu lý do, căn cứ"


def test_a_conflict_left_by_a_rebase_has_to_be_settled(tmp_path):
    text = HEAD.replace("changes:\n", "conflicts:\n  - problem: xem lại\n    change: {drop: c}\n")
    path = tmp_path / "tinh.yml"
    path.write_text(text, encoding="utf-8")
    faults = Collector()
    written = read_overlay(path, faults)
    assert written
    adapt(written, BASE, KNOWN, faults)
    assert "xem lại" in str(faults.errors[0])


# What may be changed.

LIMITED = BASE.model_copy(
    update={
        "adjustable": Adjustable(
            changes=("threshold", "drop", "rename"),
            fixed=("h",),
            mandatory=("a",),
            thresholds={"b": (30.0, 50.0)},
        )
    }
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("points: a\n    to: 60.5", "khung không cho đổi điểm"),
        ("rename: c\n    to: C", "“h” giữ nguyên theo khung"),
        ("drop: a", "“a” là chỉ tiêu bắt buộc, không được bỏ"),
        ("drop: g", "“a” là chỉ tiêu bắt buộc, không được bỏ"),
        ("threshold: a\n    level: muc-1\n    to: 40", "không được hạ ngưỡng"),
        ("threshold: b\n    level: muc-2\n    to: 55", "ngưỡng 55 ngoài khoảng 30 đến 50"),
        ("threshold: a\n    level: muc-1\n    to: 60", ""),
        ("threshold: b\n    level: muc-2\n    to: 45", ""),
        ("rename: a\n    to: A", ""),
    ],
)
def test_changes_are_held_against_what_the_framework_allows(text, said, tmp_path):
    base = LIMITED.model_copy(update={"declared": Declared()})
    done, faults = applied(entry(text), tmp_path, base)
    if said == "":
        assert done, faults
        assert not faults
        assert done.deeds[0].conformity == "được phép"
    else:
        assert any(said in fault for fault in faults), faults
        if done:  # it can be computed, and is shown as what it is
            assert said in done.deeds[0].conformity


def test_what_is_adjustable_names_what_is_there():
    limits = Adjustable(fixed=("hh",), mandatory=("g",), thresholds={"a": (5.0, 1.0)})
    found = check_framework(BASE.model_copy(update={"adjustable": limits}), KNOWN)
    assert [fault.place for fault in found] == [
        "mục adjustable → fixed",
        "mục adjustable → mandatory",
        "mục adjustable → thresholds → a",
    ]


# Random overlays.


def random_overlay(rng) -> Overlay:
    """Entries that may fit, clash or do nothing."""
    drawn: list[dict[str, object]] = []
    for _ in range(rng.randint(1, 5)):
        name = rng.choice(["a", "b", "c", "g", "zz"])
        drawn.append(
            rng.choice(
                [
                    {
                        "threshold": name,
                        "level": rng.choice(["muc-1", "muc-2"]),
                        "stratum": rng.choice(["", "", "x", "*"]),
                        "to": rng.choice([50, 60, 120, None]),
                    },
                    {"drop": name},
                    {"points": name, "to": rng.choice([40, 60])},
                    {"rename": name, "to": rng.choice(["a", "mới"])},
                    {"add": {"id": rng.choice("de"), "label": "x", "concept": "d"}, "under": "g"},
                    {"quorum": "muc-1", "to": [{"share": 0.5}]},
                ]
            )
        )
    head = {"kind": "overlay", "format": 1, "id": "t", "title": "t", "version": "1"}
    head |= {"status": "draft", "extends": "vi-du/commune", "province": "T"}
    return Overlay.model_validate_json(json.dumps({**head, "changes": drawn}))


@settings(max_examples=150, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_an_overlay_gives_a_sound_framework_or_says_why_not(rng, tmp_path_factory):
    overlay = random_overlay(rng)
    path = tmp_path_factory.getbasetemp() / "o.yml"
    write_overlay(overlay, path)
    faults = Collector()
    written = read_overlay(path, faults)
    assert written
    assert written.overlay == overlay
    done = adapt(written, BASE, KNOWN, faults)
    assert (done is None) == bool(faults.errors)
    if done is not None:
        assert apply(BASE, done.changes) == done.framework
        assert all(f.severity == "cảnh báo" for f in check_framework(done.framework, KNOWN))
        same = [one for one in BASE.indicators if one.id not in done.touched]
        assert all(one in done.framework.indicators for one in same)
        assert apply(BASE, diff(BASE, done.framework)) == done.framework


# Shipped.


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_overlays_are_clean_invented_and_say_so(path, tmp_path):
    known = read_catalogue(HOME / "catalogue", Collector())
    base = read_framework(HOME / "mic-2361-2024" / "commune.yml", Collector())
    faults = Collector()
    written = read_overlay(path, faults)
    assert written and base
    done = adapt(written, base, known, faults)
    assert done and not faults.faults, faults.faults
    assert 8 <= len(written.overlay.changes) <= 15
    assert written.overlay.fidelity == "illustrative"
    for text in (written.overlay.id.replace("-", " "), written.overlay.province):
        assert "minh họa" in text or "minh hoa" in text
    assert all(check.severity == "cảnh báo" for check in check_framework(done.framework, known))
    write_overlay(written.overlay, tmp_path / "lai.yml")
    again = read_overlay(tmp_path / "lai.yml", faults)
    assert again and again.overlay == written.overlay


def test_three_are_shipped_and_every_verb_has_a_name():
    assert len(SHIPPED) == 3
    tags = [get_args(one)[1].tag for one in get_args(get_args(AnyEntry)[0])]
    assert sorted(tags) == sorted(f"change:{verb}" for verb in VERBS)
