"""Frameworks: read, written and read again the same; what the model refuses."""

from __future__ import annotations

import pytest
from examples import (
    HOSTILE,
    LINE,
    catalogue,
    concept,
    framework,
    group,
    indicator,
    levels,
    random_levels,
    random_points,
    random_version,
)
from hypothesis import given
from hypothesis import strategies as st

from dxmethod.check import check_framework
from dxmethod.faults import Collector
from dxmethod.framework import (
    FIDELITY,
    STATUS,
    UNIT_TYPES,
    Band,
    Framework,
    Group,
    Indicator,
    Provenance,
    by_stratum,
    read_framework,
    write_framework,
)
from dxmethod.values import Parts

RANDOM = st.randoms(use_true_random=False)
TREE = """\
kind: framework
format: 1
id: vi-du/commune
title: Ví dụ
version: "1"
status: draft
unit_type: commune
tree:
  id: goc
  label: Gốc
  children:
    - id: a
      label: A
      concept: ho-so
      points: 10
      value: {kind: linear, at: [0, 100], give: [0, 1]}
      provenance: {document: Ví dụ, fidelity: illustrative}
"""


def read(path, content: str) -> tuple[Framework | None, list[str]]:
    path.write_text(content, encoding="utf-8")
    faults = Collector()
    return read_framework(path, faults), [str(fault) for fault in faults.faults]


@given(
    st.sampled_from(
        [random_version, lambda rng: random_levels(rng)[0], lambda rng: random_points(rng)[0]]
    ),
    RANDOM,
)
def test_framework_is_read_as_it_was_written(tmp_path_factory, make, rng):
    path = tmp_path_factory.mktemp("khung") / "commune.yml"
    made = make(rng)
    write_framework(made, path)
    faults = Collector()
    assert read_framework(path, faults) == made
    assert faults.faults == []


def test_hostile_names_are_written_and_read_as_they_are(tmp_path):
    made = framework(*(indicator(f"i{n}", label=name, code=name) for n, name in enumerate(HOSTILE)))
    write_framework(made, tmp_path / "a.yml")
    assert read_framework(tmp_path / "a.yml", Collector()) == made


def test_values_equal_to_their_default_are_not_written(tmp_path):
    write_framework(framework(indicator("a")), tmp_path / "a.yml")
    text = (tmp_path / "a.yml").read_text(encoding="utf-8")
    assert "process" not in text
    assert "no_occurrence: excluded" in text  # what a status is worth is never left unsaid


MALFORMED = {
    "unknown key of an indicator": (
        TREE.replace("points", "ponts"),
        "dòng 15, mục tree → children[1] → ponts",
        '"points"',
    ),
    "unknown key of the root": (TREE + "leves: []\n", "dòng 18, mục leves", '"levels"'),
    "text for points": (TREE.replace("10\n", "mười\n"), "dòng 15", "cần một số"),
    "negative points": (TREE.replace("points: 10\n", "points: -1\n"), "dòng 15", "không nhỏ hơn 0"),
    "unknown value": (
        TREE.replace("linear", "liner"),
        "dòng 16",
        'có kind “liner”; cần một trong: "linear"',
    ),
    "value without its kind": (TREE.replace("kind: linear, ", ""), "dòng 16", "thiếu mục “kind”"),
    "threshold of a stratum that is text": (
        TREE + "      required: {muc-1: {x: cao}}\n",
        "dòng 18, mục tree → children[1] → required → muc-1 → x",
        "một số",
    ),
    "curve with cuts in disorder": (
        TREE.replace("[0, 100]", "[100, 0]"),
        "children[1] → value:",
        "tăng dần",
    ),
    "curve with too few shares": (TREE.replace("[0, 1]", "[0]"), "dòng 16", "2 giá trị"),
    "share above one": (TREE.replace("[0, 1]", "[0, 1.5]"), "dòng 16", "không lớn hơn 1"),
    "no provenance": (
        TREE.replace("      provenance: {document: Ví dụ, fidelity: illustrative}\n", ""),
        "dòng 12",
        "provenance",
    ),
    "unknown fidelity": (TREE.replace("illustrative", "guessed"), "dòng 17", "inferred"),
    "group without children": (
        TREE[: TREE.index("    - id")].replace("children:", "children: []"),
        "dòng 11",
        "ít nhất một",
    ),
    "unknown status": (TREE.replace("draft", "nháp"), "dòng 6, mục status", '"issued"'),
    "unknown unit type": (TREE.replace("unit_type: commune", "unit_type: xã"), "dòng 7", "commune"),
    "other format": (TREE.replace("format: 1", "format: 2"), "dòng 2, mục format", "1"),
    "version that is a number": (TREE.replace('"1"', "1"), "dòng 5, mục version", "ngoặc kép"),
    "threshold that is text": (
        TREE + "      required: {muc-1: cao}\n",
        "dòng 18, mục tree → children[1] → required → muc-1",
        "một số",
    ),
    "level with an unknown key": (
        TREE + "levels:\n  - {id: muc-1, label: Mức 1, affter: x}\n",
        "dòng 19, mục levels[1] → affter",
        '"after"',
    ),
    "quorum above everything": (
        TREE + "levels:\n  - id: muc-1\n    label: Mức 1\n    quorum: [{share: 1.1}]\n",
        "dòng 21",
        "không lớn hơn 1",
    ),
    "policy that is not known": (TREE + "policy: {missing: ignore}\n", "dòng 18", '"fails"'),
    "too many decimals": (TREE + "rounding: {decimals: 9}\n", "dòng 18", "không lớn hơn 6"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_framework_is_said_with_line_and_key(tmp_path, case):
    content, place, words = MALFORMED[case]
    found, faults = read(tmp_path / "commune.yml", content)
    assert found is None
    assert len(faults) == 1, faults
    for word in ("Lỗi: commune.yml", place, words):
        assert word in faults[0]


def test_good_framework_has_no_fault(tmp_path):
    found, faults = read(tmp_path / "commune.yml", TREE)
    assert faults == []
    assert found.indicators[0].points == 10


def test_whole_number_written_as_a_fraction_is_no_other_version():
    a, b = (framework(indicator("a", points=points)) for points in (10, 10.0))
    assert a == b


# What a framework knows of itself.

NESTED = framework(
    group("g", indicator("a", points=1.0), group("h", indicator("b", points=2.0))),
    indicator("c", points=4.0),
)


def test_tree_is_walked_in_printed_order():
    walked = [(node.id, parent and parent.id, depth) for node, parent, depth in NESTED.nodes()]
    assert walked == [
        ("goc", None, 0),
        ("g", "goc", 1),
        ("a", "g", 2),
        ("h", "g", 2),
        ("b", "h", 3),
        ("c", "goc", 1),
    ]
    assert [item.id for item in NESTED.indicators] == ["a", "b", "c"]
    assert [item.id for item in NESTED.groups] == ["goc", "g", "h"]


@pytest.mark.parametrize(
    ("node", "below"), [("*", "abc"), ("goc", "abc"), ("g", "ab"), ("h", "b"), ("la", "")]
)
def test_indicators_below_a_group(node, below):
    assert [item.id for item in NESTED.below(node)] == list(below)


def test_maximum_adds_up_or_is_stated():
    assert NESTED.maximum == 7
    assert framework(indicator("a", points=50.0), combine="arithmetic", total=1.0).maximum == 1


def test_concepts_are_every_one_read():
    value = Parts.model_validate(
        {"kind": "max", "of": tuple({"concept": name, "value": LINE} for name in ("b", "c"))}
    )
    made = framework(indicator("a", value=value), indicator("d", concept="b"))
    assert made.concepts == ("a", "b", "c")


def test_framework_with_invented_criteria_says_so():
    real = Provenance(document="Quyết định", fidelity="official")
    assert framework(indicator("a")).is_illustrative
    assert not framework(indicator("a", provenance=real)).is_illustrative


def test_copy_with_another_tree_knows_its_own_indicators():
    assert [item.id for item in NESTED.indicators] == ["a", "b", "c"]
    other = NESTED.model_copy(update={"tree": group("goc", indicator("d"))})
    assert [item.id for item in other.indicators] == ["d"]
    assert [item.id for item in NESTED.indicators] == ["a", "b", "c"]


def test_threshold_for_all_stands_under_a_star():
    assert by_stratum(5.0) == {"*": 5.0}
    assert by_stratum({"x": 5.0}) == {"x": 5.0}


def test_every_word_has_a_vietnamese_name():
    fields = Framework.model_fields
    for words, annotation in (
        (STATUS, fields["status"].annotation),
        (UNIT_TYPES, fields["unit_type"].annotation),
        (FIDELITY, Provenance.model_fields["fidelity"].annotation),
    ):
        assert set(words) == set(annotation.__args__)


def test_node_with_children_is_a_group():
    assert isinstance(NESTED.tree.children[0], Group)
    assert isinstance(NESTED.tree.children[1], Indicator)


# Checks that the model alone cannot make.

KNOWN = catalogue("a", "b", concept("it", better="lower"))
GOOD = framework(
    group("g", indicator("a", points=1.0, value=LINE, required={"muc-1": 50.0})),
    indicator("b", required={"muc-1": 10.0}),
    levels=levels("muc-1"),
)


def test_good_framework_passes_the_check():
    assert check_framework(GOOD, KNOWN) == []
    assert Band(id="a", label="A").at_least is None
