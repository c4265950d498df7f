"""Every framework that is shipped: counts that its document states, honesty, what must hold."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from examples import observe

from dxmethod.assessment import assess
from dxmethod.changes import apply, diff
from dxmethod.check import check_framework
from dxmethod.concepts import read_catalogue
from dxmethod.examples import check_examples
from dxmethod.faults import Collector
from dxmethod.framework import Framework, Policy, framework_files, read_framework
from dxmethod.observations import Observations
from dxmethod.vietnamese import nfc

HOME = Path(__file__).parents[1] / "frameworks"
FILES = {path.relative_to(HOME).with_suffix("").as_posix(): path for path in framework_files(HOME)}
CATALOGUE = read_catalogue(HOME / "catalogue", Collector())


def shipped(name: str) -> Framework:
    faults = Collector(name)
    found = read_framework(FILES[name], faults)
    assert found is not None, faults.faults
    return found


ALL = {name: shipped(name) for name in FILES}

# What documents and the press state: groups, indicators or components, points, by level.
STATED = {
    "mic-2516-2023/commune": {"groups": 4, "levels": [19, 30, 46, 63, 66]},
    "mic-2516-2023/district": {"groups": 5, "levels": [16, 27, 34, 45, 45]},
    "mic-2361-2024/commune": {"groups": 4},
    "mic-2361-2024/district": {"groups": 4},
    "bac-giang-2937-2022/commune": {"groups": 8, "indicators": 40, "points": 1000},
    "bac-giang-2937-2022/department": {"groups": 6, "components": 41},
    "bac-giang-2937-2022/district": {"groups": 8, "components": 63},
    "dak-nong-151-2023/commune": {"groups": 4, "levels": [25, 16]},
    "tay-ninh-2025/commune": {"groups": 6, "indicators": 62, "points": 960},
    "ha-noi-5279-2025/commune": {"groups": 8, "components": 47},
    "most-405-2025/province": {"groups": 8, "components": 47},
    "most-405-2025/ministry": {"groups": 6, "components": 31},
    "most-405-2025/national": {"components": 12, "points": 1000},
    "lao-cai-2644-2022/district": {"groups": 8, "components": 65, "points": 1000},
    "hau-giang-1949-2022/department": {"components": 24, "points": 245},
    "hau-giang-1949-2022/district": {"components": 33, "points": 360},
    "quang-nam-2326-2021/commune": {"points": 100},
    "mic-922-2022/province": {"groups": 9, "components": 98, "points": 1000},
}


def test_every_instrument_of_the_mission_is_there():
    assert set(STATED) < set(ALL)
    assert {"ha-tinh-2828-2023/commune", "dti-2024/province"} < set(ALL)


@pytest.mark.parametrize("name", STATED)
def test_counts_are_those_that_the_document_states(name):
    framework, stated = ALL[name], STATED[name]
    asked = [
        sum(level.id in item.required for item in framework.indicators)
        for level in framework.levels
    ]
    scored = [item for item in framework.indicators if item.most or item.required]
    held = {
        "groups": framework.declared.groups,
        "indicators": len(scored),
        "components": framework.declared.components,
        "points": sum(item.maximum for item in framework.indicators),
        "levels": asked,
    }
    assert {key: held[key] for key in stated} == stated


def test_groups_of_dak_nong_by_tier():
    framework = ALL["dak-nong-151-2023/commune"]
    tiers = [
        [sum(level.id in item.required for item in framework.below(top.id)) for top in tops]
        for level in framework.levels
        for tops in [framework.tree.children]
    ]
    assert tiers == [[7, 6, 3, 9], [5, 4, 2, 5]]


def test_the_other_reading_of_the_second_tier_is_one_line_away():
    text = FILES["dak-nong-151-2023/commune"].read_text(encoding="utf-8")
    assert ALL["dak-nong-151-2023/commune"].levels[1].after is None
    assert text.count("# after: chuyen-doi-so") == 1


def test_components_of_ha_noi_by_main_index():
    found = [item.components for item in ALL["ha-noi-5279-2025/commune"].indicators]
    assert found == [5, 3, 5, 6, 4, 10, 6, 8]


@pytest.mark.parametrize("name", ALL)
def test_framework_is_clean_and_its_examples_come_out(name):
    framework = ALL[name]
    assert check_framework(framework, CATALOGUE) == []
    assert check_examples(framework, CATALOGUE) == []
    assert framework.examples or not (framework.has_points or framework.levels)


@pytest.mark.parametrize("name", ALL)
def test_what_a_status_is_worth_is_stated_in_the_file(name):
    if not (ALL[name].has_points or ALL[name].levels):
        pytest.skip("nothing is assessed")
    assert ALL[name].policy.model_fields_set == set(Policy.model_fields)


@pytest.mark.parametrize("name", ALL)
def test_no_two_criteria_are_alike(name):
    framework = ALL[name]
    labels = [item.label.casefold() for item in framework.indicators]
    assert len(set(labels)) == len(labels)
    assert all(item.label == nfc(item.label) for item in framework.indicators)
    asked = [(item.concept, tuple(item.required)) for item in framework.indicators]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", ALL)
def test_an_illustrative_criterion_names_its_document_and_says_so(name):
    for item in ALL[name].indicators:
        if item.provenance.fidelity in ("illustrative", "inferred"):
            assert item.provenance.note, item.id


def test_every_version_is_reached_from_every_other():
    by_type: dict[str, list[Framework]] = {}
    for framework in ALL.values():
        by_type.setdefault(framework.unit_type, []).append(framework)
    pairs = [pair for group in by_type.values() for pair in combinations(group, 2)]
    assert len(pairs) > 30
    for old, new in pairs:
        assert apply(old, diff(old, new)) == new
        assert apply(new, diff(new, old)) == old


def band(name: str, total: str, value: float, **attributes: str) -> str:
    """Band that a unit gets for one reported total."""
    framework = ALL[name]
    reported: Observations = observe({total: [value]}, {total: CATALOGUE[total]})
    for key, text in attributes.items():
        reported.units[key] = text
    points = assess(framework, reported).points
    assert points is not None
    return framework.bands[points.band[0]].label


@pytest.mark.parametrize(
    ("unit", "bounds"), [("department", [122, 171, 196, 220]), ("district", [180, 252, 288, 324])]
)
def test_bounds_of_hau_giang_belong_to_the_class_above(unit, bounds):
    name = f"hau-giang-1949-2022/{unit}"
    total = next(item.concept for item in ALL[name].indicators if item.points)
    classes = ["Yếu", "Trung bình", "Khá", "Tốt", "Xuất sắc"]
    assert [band(name, total, bound) for bound in bounds] == classes[1:]
    assert [band(name, total, bound - 0.01) for bound in bounds] == classes[:-1]


def test_bounds_of_lao_cai_belong_to_the_class_below():
    name = "lao-cai-2644-2022/district"
    framework = ALL[name]
    classes = ["Khởi động", "Hình thành", "Nâng cao", "Dẫn dắt"]
    assert [item.label for item in framework.bands] == classes

    def at(share: float) -> str:
        known = {item.concept: CATALOGUE[item.concept] for item in framework.indicators}
        points = assess(framework, observe({key: [share] for key in known}, known)).points
        assert points is not None
        return framework.bands[points.band[0]].label

    assert [at(share) for share in (0.25, 0.5, 0.75)] == classes[:-1]
    assert [at(share + 1e-4) for share in (0.25, 0.5, 0.75)] == classes[1:]
