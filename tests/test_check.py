"""Checks of a framework: what cannot be computed is an error, what contradicts itself a finding."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import LINE, catalogue, concept, framework, group, indicator, levels

from dxmethod.check import check_attributes, check_framework, check_strata, check_units
from dxmethod.framework import Band, Declared, Framework, Level, Quorum
from dxmethod.values import Curve

KNOWN = catalogue("a", "b", concept("it", better="lower"))
FALLING = Curve(kind="linear", at=(0, 100), give=(1, 0))
BENT = Curve(kind="linear", at=(0, 50, 100), give=(0, 1, 0.5))


def asking(**fields) -> Framework:
    """Two indicators asked for at two levels."""
    items = (
        indicator("a", required={"muc-1": 50.0, "muc-2": 80.0}),
        indicator("b", required={"muc-1": 10.0}),
    )
    return framework(*items, **{"levels": levels("muc-1", "muc-2"), **fields})


def scoring(value=LINE, **fields) -> Framework:
    return framework(group("g", indicator("a", points=10.0, value=value)), **fields)


def said(checked: Framework, severity: str = "lỗi") -> list[str]:
    found = check_framework(checked, KNOWN, "commune.yml")
    return [str(fault) for fault in found if fault.severity == severity]


@pytest.mark.parametrize("good", [asking(), scoring()])
def test_good_framework_has_no_fault(good):
    assert check_framework(good, KNOWN) == []


ERRORS = {
    "indicator twice": (
        framework(indicator("a"), group("g", indicator("a"))),
        ["mã trong cây chỉ tiêu: “a” xuất hiện 2 lần"],
    ),
    "group named as an indicator": (
        framework(group("a", indicator("a"))),
        ["mã trong cây chỉ tiêu: “a” xuất hiện 2 lần"],
    ),
    "level twice": (
        asking(
            levels=(
                Level(id="muc-1", label="1"),
                Level(id="muc-1", label="1"),
                Level(id="muc-2", label="2"),
            )
        ),
        ["mã mức độ: “muc-1” xuất hiện 2 lần"],
    ),
    "band twice": (
        scoring(bands=(Band(id="x", label="x"), Band(id="x", label="x", at_least=5))),
        ["mã xếp loại: “x” xuất hiện 2 lần"],
    ),
    "unknown concept": (
        framework(indicator("x", concept="it-hon")),
        ["chỉ tiêu “x”, mục concept: “it-hon” không có trong danh mục", '"it"'],
    ),
    "wrong level name": (
        asking(levels=levels("muc-1", "muc-3")),
        [
            "chỉ tiêu “a”, mục required: có “muc-2”",
            "gần nhất",
            "mức độ “muc-3”: không có yêu cầu nào",
        ],
    ),
    "level after itself": (
        asking(levels=(Level(id="muc-1", label="1", after="muc-1"), Level(id="muc-2", label="2"))),
        ["mức độ “muc-1”, mục after: có “muc-1”"],
    ),
    "level after a later one": (
        asking(levels=(Level(id="muc-1", label="1", after="muc-2"), Level(id="muc-2", label="2"))),
        ["mức độ “muc-1”, mục after: có “muc-2”"],
    ),
    "quorum of nothing": (
        asking(levels=levels("muc-1", "muc-2", quorum=(Quorum(),))),
        ["mức độ “muc-1”, mục quorum: không rõ tỷ lệ hay số lượng", "mức độ “muc-2”, mục quorum"],
    ),
    "quorum of share and count": (
        asking(levels=levels("muc-1", "muc-2", quorum=(Quorum(share=0.5, count=1),))),
        ["mức độ “muc-1”, mục quorum", "mức độ “muc-2”, mục quorum"],
    ),
    "quorum of an unknown group": (
        asking(levels=levels("muc-1", "muc-2", quorum=(Quorum(of="gocs", count=1),))),
        ["mức độ “muc-1”, mục quorum: có “gocs”", 'gần nhất: "goc"'],
    ),
    "quorum of an indicator": (
        asking(levels=levels("muc-1", "muc-2", quorum=(Quorum(of="a", count=1),))),
        ["mức độ “muc-1”, mục quorum: có “a”"],
    ),
    "unknown mandatory indicator": (
        asking(levels=levels("muc-1", "muc-2", mandatory=("c",))),
        ["mức độ “muc-1”, mục mandatory: có “c”"],
    ),
    "threshold out of range": (
        framework(indicator("a", required={"muc-1": 101.0}), levels=levels("muc-1")),
        ["chỉ tiêu “a”, mức độ “muc-1”: có 101", "khoảng 0 đến 100 %"],
    ),
    "threshold of a stratum out of range": (
        framework(indicator("a", required={"muc-1": {"x": -1.0}}), levels=levels("muc-1")),
        ["chỉ tiêu “a”, mức độ “muc-1”: có -1"],
    ),
    "points without a value": (
        framework(indicator("a", points=5.0)),
        ["chỉ tiêu “a”: có điểm mà không có cách tính điểm"],
    ),
    "points against the direction": (scoring(FALLING), ["điểm đi ngược chiều", "càng cao"]),
    "points that rise and fall": (scoring(BENT), ["điểm đi ngược chiều"]),
    "points against a falling direction": (
        framework(indicator("x", concept="it", points=5.0, value=LINE)),
        ["càng thấp"],
    ),
    "mean without a maximum": (
        framework(indicator("a", points=5.0, value=LINE), combine="geometric"),
        ["nhóm “goc”: thiếu mục points"],
    ),
    "sum with a maximum": (
        framework(indicator("a", points=5.0, value=LINE), total=10.0),
        ["nhóm “goc”, mục points"],
    ),
    "lowest band with a bound": (
        scoring(bands=(Band(id="x", label="x", at_least=0),)),
        ["xếp loại “x”: loại thấp nhất"],
    ),
    "band without a bound": (
        scoring(bands=(Band(id="x", label="x"), Band(id="y", label="y"))),
        ["xếp loại “y”: không rõ cận dưới"],
    ),
    "band with two bounds": (
        scoring(bands=(Band(id="x", label="x"), Band(id="y", label="y", at_least=5, above=5))),
        ["xếp loại “y”: không rõ cận dưới"],
    ),
    "bands in disorder": (
        scoring(
            bands=tuple(
                Band(id=i, label=i, at_least=at) for i, at in zip("xyz", (None, 8, 5), strict=True)
            )
        ),
        ["xếp loại: các cận không tăng dần"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_computed_is_an_error(case):
    checked, words = ERRORS[case]
    errors = said(checked)
    assert errors
    assert all(error.startswith("Lỗi: commune.yml") for error in errors)
    for word in words:
        assert any(word in error for error in errors), errors


FINDINGS = {
    "easier threshold at a higher level": (
        framework(
            indicator("a", required={"muc-1": 80.0, "muc-2": 50.0}), levels=levels("muc-1", "muc-2")
        ),
        "ngưỡng 50 dễ hơn ngưỡng 80",
    ),
    "easier threshold where less is better": (
        framework(
            indicator("x", concept="it", required={"muc-1": 5.0, "muc-2": 9.0}),
            levels=levels("muc-1", "muc-2"),
        ),
        "ngưỡng 9 dễ hơn ngưỡng 5",
    ),
    "band above the maximum": (
        scoring(bands=(Band(id="x", label="x"), Band(id="y", label="y", at_least=11))),
        "cận 11 cao hơn điểm tối đa 10",
    ),
    "other total": (scoring(declared=Declared(points=11)), "văn bản ghi 11, cộng lại được 10"),
    "other number of indicators": (
        scoring(declared=Declared(indicators=2)),
        "ghi 2, cộng lại được 1",
    ),
    "other number of groups": (scoring(declared=Declared(groups=3)), "ghi 3, cộng lại được 1"),
    "other number of requirements": (
        asking(declared=Declared(required={"muc-1": 3})),
        "“muc-1”: văn bản ghi 3, cộng lại được 2",
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_what_contradicts_itself_is_a_finding_kept_as_printed(case):
    checked, words = FINDINGS[case]
    assert said(checked) == []
    (finding,) = said(checked, "cảnh báo")
    assert words in finding


def test_levels_that_stand_alone_may_be_easier():
    alone = (Level(id="muc-1", label="1"), Level(id="muc-2", label="2"))
    item = indicator("a", required={"muc-1": 80.0, "muc-2": 50.0})
    assert check_framework(framework(item, levels=alone), KNOWN) == []


def test_main_indices_count_as_groups_when_the_instrument_is_held_no_deeper():
    items = [indicator("a", points=1.0, value=LINE), indicator("b")]
    shallow = framework(*items, depth="main_index", declared=Declared(groups=2, indicators=98))
    assert check_framework(shallow, KNOWN) == []


def test_all_faults_are_found_at_once():
    broken = framework(
        indicator("a", concept="la", points=5.0),
        indicator("a", required={"la": 1.0}),
        levels=levels("muc-1"),
        declared=Declared(points=9),
    )
    assert len(check_framework(broken, KNOWN)) == 6


# Strata that units report and thresholds name.

BY_STRATUM = framework(
    indicator("a", required={"muc-1": {"dong-bang": 80.0, "mien-nui": 50.0}}),
    indicator("b", required={"muc-1": 10.0}),
    levels=levels("muc-1"),
)


def test_strata_that_thresholds_name_are_known():
    assert check_strata(BY_STRATUM, ["mien-nui", "dong-bang"]) == []
    assert check_strata(asking(), ["bất kỳ", None]) == []


def test_unit_of_an_unknown_stratum_would_be_asked_nothing():
    (fault,) = check_strata(BY_STRATUM, ["mien-nui", "miền núi"], "so-lieu.csv")
    assert str(fault).startswith("Lỗi: so-lieu.csv, cột stratum: có “miền núi”")
    assert "mien-nui" in str(fault)


def test_unit_without_a_stratum_would_be_asked_nothing():
    (fault,) = check_strata(BY_STRATUM, ["mien-nui", None, ""])
    assert "có đơn vị để trống" in str(fault)


def test_common_threshold_serves_every_stratum():
    item = indicator("a", required={"muc-1": {"mien-nui": 50.0, "*": 80.0}})
    assert check_strata(framework(item, levels=levels("muc-1")), ["bất kỳ", None]) == []


def test_an_attribute_that_decides_must_stand_in_the_table_of_units():
    asked = framework(
        indicator("a", value=LINE, points=1, applies_to={"unit_class": ("xa",)}),
        indicator("b", value=LINE, points=1, applies_to={"unit_class": ("xa",)}),
    )
    assert check_attributes(asked, ["name", "unit_class"]) == []
    (fault,) = check_attributes(asked, ["name"], "xa.csv")
    assert str(fault).startswith("Lỗi: xa.csv, dòng 1: không có cột “unit_class”; cần cột")


def test_a_penalty_must_grow_as_the_value_gets_worse():
    known = catalogue("tot", concept("xau", better="lower"))
    for name, wrong in (("tot", True), ("xau", False)):
        asked = framework(
            indicator("a", concept="tot", value=LINE, points=1),
            indicator("p", concept=name, value=LINE, points=1, role="penalty"),
        )
        found = [str(fault) for fault in check_framework(asked, known)]
        assert any("điểm trừ không tăng" in text for text in found) == wrong


def test_bonus_points_stand_in_a_group_that_adds():
    bonus = indicator("b", value=LINE, points=1, role="bonus")
    asked = framework(indicator("a", value=LINE, points=1), bonus, combine="arithmetic", total=1)
    found = [str(fault) for fault in check_framework(asked, catalogue("a", "b"))]
    assert any("điểm thưởng, điểm trừ (b)" in text for text in found)


def test_bands_in_per_cent_are_checked_against_one_hundred():
    bands = (Band(id="thap", label="thấp"), Band(id="cao", label="cao", above=101))
    asked = framework(indicator("a", value=LINE, points=500), bands=bands, band_scale="percent")
    (fault,) = check_framework(asked, catalogue("a"))
    assert "cận 101 cao hơn 100%" in str(fault)


def test_levels_and_bands_of_one_name_cannot_be_told_apart():
    bands = (Band(id="x", label="Khá"), Band(id="y", label="Khá", at_least=5))
    twice = asking(
        levels=tuple(level.model_copy(update={"label": "Mức"}) for level in asking().levels)
    )
    assert any("tên mức độ: “Mức” xuất hiện 2 lần" in text for text in said(twice))
    assert any("tên xếp loại: “Khá” xuất hiện 2 lần" in text for text in said(scoring(bands=bands)))


def test_strata_of_one_level_are_not_levels_of_one_another():
    item = indicator("a", required={"muc-1": {"*": 80.0, "núi": 50.0}})
    made = framework(item, levels=(Level(id="muc-0", label="0"), *levels("muc-1")))
    made = made.model_copy(
        update={"levels": (made.levels[0], made.levels[1].model_copy(update={"after": "muc-0"}))}
    )
    said = check_framework(made, catalogue("a"))
    assert not [fault for fault in said if "dễ hơn" in fault.found]


def test_every_class_of_units_has_its_points():
    asked = framework(indicator("a", value=LINE, points={"xã": 20.0, "phường": 10.0}))
    units = pd.DataFrame({"name": ["A", "B"], "unit_class": ["xã", "phuong"]})
    (fault,) = check_units(asked, units, "don-vi.csv")
    assert (fault.file, fault.place) == ("don-vi.csv", "cột unit_class")
    assert "phuong" in fault.found
    assert check_units(asked, units.iloc[:1]) == []
    for_all = framework(indicator("a", value=LINE, points={"xã": 20.0, "*": 10.0}))
    assert check_units(for_all, units) == []
    (fault,) = check_units(asked, units[["name"]])
    assert "unit_class" in fault.found
