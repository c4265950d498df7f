"""Which indicator is which: by id, by `replaces`, by a person's word; never by what is printed."""

import pytest
from examples import framework, group, indicator, random_version
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.differences.matching import (
    Family,
    Matches,
    Pair,
    likeness,
    match,
    propose,
    proposed,
    read_matches,
    reading_order,
    write_matches,
)
from dxmethod.faults import Collector, Faults
from dxmethod.framework import Framework

RANDOM = st.randoms(use_true_random=False)


def families(old: Framework, new: Framework, *confirmed: Pair) -> set[tuple[str, ...]]:
    found = match(old, new, confirmed).families
    return {(family.kind, *family.old, "→", *family.new) for family in found}


def test_one_replaces_one_several_and_parts_of_one():
    old = framework(*(indicator(name) for name in ("same", "a", "b", "c", "whole", "gone")))
    new = framework(
        indicator("same"),
        indicator("a-2", replaces=("a",)),
        indicator("both", replaces=("b", "c")),
        indicator("half-1", replaces=("whole",)),
        indicator("half-2", replaces=("whole",)),
        indicator("fresh"),
    )
    assert families(old, new) == {
        ("same", "same", "→", "same"),
        ("renamed", "a", "→", "a-2"),
        ("merged", "b", "c", "→", "both"),
        ("split", "whole", "→", "half-1", "half-2"),
        ("added", "→", "fresh"),
        ("dropped", "gone", "→"),
    }


def test_what_takes_in_another_keeps_its_own_id_and_is_a_merger():
    old = framework(indicator("a"), indicator("b"))
    new = framework(indicator("a", replaces=("b",)))
    assert families(old, new) == {("merged", "a", "b", "→", "a")}
    assert families(new, old) == {("split", "a", "→", "a", "b")}


def test_replacing_that_happened_before_both_versions_says_nothing():
    version = framework(indicator("a"), indicator("b", replaces=("a", "long-gone")))
    assert families(version, version) == {("same", n, "→", n) for n in "ab"}


@settings(max_examples=60)
@given(RANDOM)
def test_every_indicator_has_one_family_and_back_is_the_mirror(rng):
    old, new = random_version(rng), random_version(rng)
    there, back = match(old, new), match(new, old)
    assert sorted(n for f in there.families for n in f.old) == sorted(i.id for i in old.indicators)
    assert sorted(n for f in there.families for n in f.new) == sorted(i.id for i in new.indicators)
    assert {(f.old, f.new) for f in there.families} == {(f.new, f.old) for f in back.families}
    assert {(b, a) for a, b in there.groups.items()} == set(back.groups.items())


def rural(first: str, second: str, third: str, ids: tuple[str, str, str]) -> Framework:
    """Three groups of communes, numbered 1 to 3; each holds two indicators that name it."""
    made = []
    for number, (key, name) in enumerate(zip(ids, (first, second, third), strict=True), 1):
        held = [indicator(f"{name}-{place}") for place in (1, 2)]
        made.append(group(key, *held, code=str(number), label=f"Nhóm {number}"))
    return framework(*made)


@pytest.mark.parametrize(
    "ids", [("ven-do", "dong-bang", "vung-cao"), ("n-1", "n-2", "n-3")], ids=["by id", "by content"]
)
def test_groups_that_swapped_numbers_are_matched_by_what_they_hold(ids):
    """NTM 2026–2030: group 1 was the highlands in the draft and the outskirts in the final text."""
    draft = rural("cao", "bang", "ven", ("vung-cao", "dong-bang", "ven-do"))
    final = rural("ven", "bang", "cao", ids)
    found = match(draft, final).groups
    assert [found[name] for name in ("vung-cao", "dong-bang", "ven-do")] == list(ids)[::-1]


def test_a_group_whose_indicators_scattered_is_matched_with_nothing():
    old = framework(group("g", *(indicator(name) for name in "abcd")))
    new = framework(
        group("h", indicator("a"), indicator("b")), group("k", indicator("c"), indicator("d"))
    )
    assert match(old, new).groups == {"goc": "goc"}


def test_a_confirmed_pair_is_one_indicator():
    old, new = framework(indicator("a"), indicator("b")), framework(indicator("c"), indicator("b"))
    pair = Pair(old="a", new="c", confirmed=True)
    assert ("renamed", "a", "→", "c") in families(old, new, pair)
    assert ("dropped", "a", "→") in families(old, new, pair.model_copy(update={"confirmed": False}))


def test_every_contradiction_is_refused_at_once():
    old = framework(*(indicator(name) for name in ("a", "b", "c", "d")))
    new = framework(indicator("a"), indicator("b-2", replaces=("b",)), indicator("x"))
    pairs = [
        Pair(old="nope", new="y", confirmed=True),
        Pair(old="a", new="x", confirmed=True),
        Pair(old="c", new="b-2", confirmed=True),
        Pair(old="d", new="x", confirmed=True),
        Pair(old="b", new="b-2", confirmed=True),
    ]
    with pytest.raises(Faults) as raised:
        match(old, new, pairs)
    places = [fault.place for fault in raised.value.faults]
    assert places == [
        "mục matches[1] → old",
        "mục matches[1] → new",
        "mục matches[2]",
        "mục matches[3]",
        "mục matches[4] → new",
        "mục matches[5] → new",
    ]
    assert "trái với id hoặc replaces: “a” với “a”" in str(raised.value)


def test_likeness_is_of_words_whatever_their_marks():
    assert likeness("Tỷ lệ hoà giải THÀNH", "Tỉ lệ hòa giải thành") == 1
    assert likeness("Tỷ lệ hồ sơ", "Tỷ lệ người dân") == 0
    one, other = "Tỷ lệ hộ có mạng cáp quang", "Hộ dùng mạng Internet cáp quang"
    assert likeness(one, other) == likeness(other, one)


def test_likely_pairs_are_proposed_once_each_the_same_concept_first():
    old = framework(
        indicator("a", label="Tỷ lệ hộ có Internet cáp quang"),
        indicator("b", label="Khác", concept="z"),
    )
    new = framework(
        indicator("c", label="Tỷ lệ hộ dùng Internet cáp quang"),
        indicator("d", label="Tỷ lệ hộ có Internet cáp quang", concept="z"),
        indicator("e", label="Không giống gì"),
    )
    pairs = propose(old, new, match(old, new))
    assert [(pair.old, pair.new, pair.confirmed) for pair in pairs] == [
        ("a", "c", False),
        ("b", "d", False),
    ]


def test_file_of_proposals_is_read_as_it_was_written_and_keeps_what_was_said(tmp_path):
    old = framework(indicator("a", label="Hộ có Internet"), indicator("b", label="Trạm y tế số"))
    new = framework(
        indicator("c", label="Hộ có Internet"),
        indicator("d", label="Trạm y tế số"),
        id="moi/commune",
    )
    first = proposed(old, new, None)
    assert [(p.old, p.new, p.likeness) for p in first.matches] == [("a", "c", 1.0), ("b", "d", 1.0)]
    said = first.matches[0].model_copy(update={"confirmed": True})
    held = Matches(old=old.id, new=new.id, matches=(said,))
    path, faults = tmp_path / "ghep.yml", Collector()
    write_matches(held, path)
    assert read_matches(path, old, new, faults) == held and not faults.faults
    assert proposed(old, new, held).matches == (said, first.matches[1])
    assert [item.name for item in tmp_path.iterdir()] == ["ghep.yml"]


def test_file_for_other_versions_is_refused(tmp_path):
    old, new = framework(indicator("a")), framework(indicator("b"), id="moi/commune")
    path, faults = tmp_path / "ghep.yml", Collector()
    write_matches(Matches(old=new.id, new=old.id, matches=(Pair(old="b", new="a"),)), path)
    assert read_matches(path, old, new, faults) is None
    assert [fault.place for fault in faults.faults] == [
        *("mục old", "mục new", "mục matches[1] → old", "mục matches[1] → new")
    ]


def test_what_is_gone_is_read_in_its_group_behind_what_it_followed():
    old = framework(
        group("g", indicator("first"), indicator("a"), indicator("b"), indicator("c")),
        group("lost", indicator("l")),
        group("h", indicator("d")),
    )
    new = framework(
        group("h", indicator("d"), indicator("a")), group("g", indicator("c"), indicator("n"))
    )
    assert reading_order(old, new, match(old, new)) == (
        *(("new", "h"), ("new", "d"), ("new", "a"), ("new", "g")),
        *(("old", "first"), ("old", "b"), ("new", "c"), ("new", "n")),
        *(("old", "lost"), ("old", "l")),
    )


def test_kinds_of_families():
    kinds = [Family(o, n).kind for o, n in (((), ("a",)), (("a", "b"), ("c", "d")), (("a",), ()))]
    assert kinds == ["added", "recast", "dropped"]
