"""Checks of a framework that its model alone cannot make."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from .concepts import Catalogue
from .faults import Collector, Fault, nearest, quoted
from .framework import Framework, Group, Indicator, band_bound, by_stratum
from .values import Curve, concepts_of, leaves

if TYPE_CHECKING:
    import pandas as pd


def check_framework(framework: Framework, catalogue: Catalogue, file: str = "") -> list[Fault]:
    """Check what the model alone cannot: ids, references, directions, declared counts.

    Parameters
    ----------
    framework : Framework
        The framework.
    catalogue : mapping of str to Concept
        Every concept known.
    file : str, optional
        The file as the user knows it.

    Returns
    -------
    list of Fault
        Errors (cannot be computed) and warnings (the document contradicts itself).
    """
    found = Collector(file)
    _check_ids(framework, found)
    _check_references(framework, catalogue, found)
    _check_adjustable(framework, found)
    _check_requirements(framework, catalogue, found)
    _check_values(framework, catalogue, found)
    _check_bands(framework, found)
    _check_declared(framework, found)
    return found.faults


def check_attributes(
    framework: Framework, attributes: Iterable[str], file: str = ""
) -> list[Fault]:
    """Check that the table of units says what decides whether an indicator applies.

    Parameters
    ----------
    framework : Framework
        The framework.
    attributes : iterable of str
        Columns that the table of units has.
    file : str, optional
        The table of units as the user knows it.

    Returns
    -------
    list of Fault
        One for each attribute that some indicator's `applies_to` needs and the table lacks.
    """
    found = Collector(file)
    known = set(attributes)
    for item in framework.indicators:
        by_class = ["unit_class"] if isinstance(item.points, dict) else []
        for name in (*item.applies_to, *by_class):
            if name not in known:
                known.add(name)
                expected = f"cột “{name}”, vì chỉ tiêu “{item.id}” áp dụng, cho điểm theo cột này"
                found.add("dòng 1", f"không có cột “{name}”", expected)
    return found.faults


def check_strata(framework: Framework, strata: Iterable[object], file: str = "") -> list[Fault]:
    """Check that no unit escapes a requirement because its stratum is misspelt or not given.

    Parameters
    ----------
    framework : Framework
        The framework.
    strata : iterable of str or None
        Strata of the units; blank or None where none is known.
    file : str, optional
        The table of units as the user knows it.

    Returns
    -------
    list of Fault
        One for each stratum that no threshold names, where some threshold has no "*".
    """
    found = Collector(file)
    asked = [by_stratum(r) for item in framework.indicators for r in item.required.values()]
    if all("*" in required for required in asked):
        return found.faults
    named = list(dict.fromkeys(name for required in asked for name in required if name != "*"))
    for stratum in dict.fromkeys(item if isinstance(item, str) else "" for item in strata):
        if stratum not in named:
            said = f"có {quoted(stratum)}" if stratum else "có đơn vị để trống"
            found.add("cột stratum", said, nearest(stratum, named))
    return found.faults


def check_units(framework: Framework, units: pd.DataFrame, file: str = "") -> list[Fault]:
    """Check that a table of units says all that the framework needs to know of them.

    Parameters
    ----------
    framework : Framework
        The framework.
    units : DataFrame
        By unit code; attributes of the units.
    file : str, optional
        The table of units as the user knows it.

    Returns
    -------
    list of Fault
        Those of `check_strata` and `check_attributes`, and one for each class of units for which
        some indicator names no points.
    """
    found = Collector(file)
    found.extend(check_strata(framework, units.get("stratum", [None] * len(units)), file))
    found.extend(check_attributes(framework, units.columns, file))
    by_class = [i.points for i in framework.indicators if isinstance(i.points, dict)]
    named = [set(points) for points in by_class if "*" not in points]
    classes: Iterable[object] = units.get("unit_class", ())
    for name in dict.fromkeys(item if isinstance(item, str) else "" for item in classes):
        lacking = [known for known in named if name not in known]
        if lacking:
            said = f"có {quoted(name)}" if name else "có đơn vị để trống"
            found.add("cột unit_class", said, nearest(name, sorted(lacking[0])))
    return found.faults


def _check_ids(framework: Framework, found: Collector) -> None:
    for name, items in (
        ("mã trong cây chỉ tiêu", [node.id for node, _, _ in framework.nodes()]),
        ("mã mức độ", [level.id for level in framework.levels]),
        ("mã xếp loại", [band.id for band in framework.bands]),
        ("tên mức độ", [level.label for level in framework.levels]),
        ("tên xếp loại", [band.label for band in framework.bands]),
    ):
        for item in sorted({item for item in items if items.count(item) > 1}):
            found.add(
                name, f"“{item}” xuất hiện {items.count(item)} lần", "mỗi mã, mỗi tên một lần"
            )


def _check_references(framework: Framework, catalogue: Catalogue, found: Collector) -> None:
    levels = [level.id for level in framework.levels]
    groups = [group.id for group in framework.groups]
    leaves = [indicator.id for indicator in framework.indicators]
    for number, target in enumerate(framework.targets, 1):
        where = f"chỉ tiêu giao thứ {number}"
        if target.level is not None and target.level not in levels:
            found.add(f"{where}, mục level", f"có “{target.level}”", nearest(target.level, levels))
        if (target.units is None) == (not target.unit):
            found.add(where, "không rõ giao cho bao nhiêu đơn vị", "đúng một trong units, unit")
    for place, level in enumerate(framework.levels):
        where = f"mức độ “{level.id}”"
        if level.after is not None and level.after not in levels[:place]:
            expected = "một mức độ đứng trước mức này"
            found.add(f"{where}, mục after", f"có “{level.after}”", expected)
        for quorum in level.quorum:
            if (quorum.share is None) == (quorum.count is None):
                expected = "đúng một trong share, count"
                found.add(f"{where}, mục quorum", "không rõ tỷ lệ hay số lượng", expected)
            if quorum.of != "*" and quorum.of not in groups:
                found.add(f"{where}, mục quorum", f"có “{quorum.of}”", nearest(quorum.of, groups))
        for item in level.mandatory:
            if item not in leaves:
                found.add(f"{where}, mục mandatory", f"có “{item}”", nearest(item, leaves))
    for indicator in framework.indicators:
        where = f"chỉ tiêu “{indicator.id}”"
        for name in dict.fromkeys([indicator.concept, *concepts_of(indicator.value)]):
            if name not in catalogue:
                said = f"“{name}” không có trong danh mục"
                found.add(f"{where}, mục concept", said, nearest(name, catalogue))
        for name in indicator.required:
            if name not in levels:
                found.add(f"{where}, mục required", f"có “{name}”", nearest(name, levels))


def _check_adjustable(framework: Framework, found: Collector) -> None:
    """What may be changed is named as it stands, so that a slip of the pen frees nothing."""
    if framework.adjustable is None:
        return
    leaves = [item.id for item in framework.indicators]
    nodes = [*(node.id for node, _, _ in framework.nodes()), *(i.id for i in framework.levels)]
    limits = framework.adjustable
    named = {"fixed": limits.fixed, "mandatory": limits.mandatory, "thresholds": limits.thresholds}
    for field, names in named.items():
        known = nodes if field == "fixed" else leaves
        for name in names:
            if name not in known:
                found.add(f"mục adjustable → {field}", f"có “{name}”", nearest(name, known))
    for name, (low, high) in limits.thresholds.items():
        if low > high:
            said = f"có {low:g} đến {high:g}"
            found.add(f"mục adjustable → thresholds → {name}", said, "số nhỏ trước, lớn sau")


def _check_requirements(framework: Framework, catalogue: Catalogue, found: Collector) -> None:
    for level in framework.levels:
        if not any(level.id in indicator.required for indicator in framework.indicators):
            found.add(
                f"mức độ “{level.id}”", "không có yêu cầu nào", "ít nhất một chỉ tiêu có ngưỡng"
            )
    for indicator in framework.indicators:
        concept = catalogue.get(indicator.concept)
        if concept is None:
            continue
        where = f"chỉ tiêu “{indicator.id}”"
        low, high = concept.bounds
        previous: dict[str, float] = {}
        for level in framework.levels:
            required = indicator.required.get(level.id, {})
            lower = dict(previous)  # strata of one level are not levels of one another
            for stratum, threshold in by_stratum(required).items():
                if not low <= threshold <= high:
                    expected = f"ngưỡng trong khoảng {low:g} đến {high:g} {concept.unit}"
                    found.add(f"{where}, mức độ “{level.id}”", f"có {threshold:g}", expected)
                before = lower.get(stratum, lower.get("*"))
                if level.after and before is not None and concept.sign * (threshold - before) < 0:
                    say = f"ngưỡng {threshold:g} dễ hơn ngưỡng {before:g} của mức thấp hơn"
                    place = f"{where}, mức độ “{level.id}”"
                    found.add(place, say, "ngưỡng chặt dần theo mức", severity="cảnh báo")
                previous[stratum] = threshold


def _check_values(framework: Framework, catalogue: Catalogue, found: Collector) -> None:
    for indicator in framework.indicators:
        where = f"chỉ tiêu “{indicator.id}”"
        if indicator.most and indicator.value is None:
            found.add(where, "có điểm mà không có cách tính điểm", "mục value")
        # What costs points must fall as the value gets better.
        way = -1.0 if indicator.role == "penalty" else 1.0
        for name, value in leaves(indicator.value, indicator.concept):
            concept = catalogue.get(name)
            if concept is None or not isinstance(value, Curve):
                continue
            if value.monotone * concept.sign * way < 0 or value.monotone == 0:
                good = "cao" if concept.sign > 0 else "thấp"
                change = "trừ không tăng" if way < 0 else "không giảm"
                expected = f"giá trị càng {good} thì điểm {change}"
                found.add(f"{where}, mục value", "điểm đi ngược chiều của khái niệm", expected)
        if isinstance(indicator.points, dict) and not indicator.most:
            found.add(f"{where}, mục points", "mọi loại đơn vị đều 0 điểm", "ít nhất một số dương")
    for group in framework.groups:
        extra = [c.id for c in group.children if isinstance(c, Indicator) and c.role != "scored"]
        by_class = [
            c.id for c in group.children if isinstance(c, Indicator) and isinstance(c.points, dict)
        ]
        if group.combine != "sum" and by_class:
            said = f"điểm theo loại đơn vị ({', '.join(by_class)}) trong nhóm lấy trung bình"
            found.add(f"nhóm “{group.id}”", said, "đặt trong nhóm cộng điểm")
        if group.combine != "sum" and extra:
            said = f"điểm thưởng, điểm trừ ({', '.join(extra)}) trong nhóm lấy trung bình"
            found.add(f"nhóm “{group.id}”", said, "đặt trong nhóm cộng điểm")
        if group.combine != "sum" and group.points is None and group is framework.tree:
            found.add(
                f"nhóm “{group.id}”", "thiếu mục points", "điểm tối đa (1 cho chỉ số từ 0 đến 1)"
            )
        if group.combine == "sum" and group.points is not None:
            found.add(
                f"nhóm “{group.id}”, mục points", "nhóm cộng điểm", "bỏ mục này: điểm là tổng"
            )


def _check_bands(framework: Framework, found: Collector) -> None:
    bounds: list[float] = []
    for place, band in enumerate(framework.bands):
        both = (band.at_least is None) + (band.above is None)
        where = f"xếp loại “{band.id}”"
        if place == 0 and both != 2:
            found.add(where, "loại thấp nhất có cận dưới", "loại đầu không có at_least hay above")
        if place and both != 1:
            found.add(where, "không rõ cận dưới", "đúng một trong at_least, above")
        if place and both == 1:
            bounds.append(band_bound(band))
    if any(b <= a for a, b in pairwise(bounds)):
        found.add("xếp loại", "các cận không tăng dần", "liệt kê từ loại thấp đến loại cao")
    top = 100.0 if framework.band_scale == "percent" else framework.maximum
    if bounds and bounds[-1] > top:
        what = "100%" if framework.band_scale == "percent" else f"điểm tối đa {top:g}"
        say = f"cận {bounds[-1]:g} cao hơn {what}"
        found.add("xếp loại", say, "loại cao nhất có thể đạt được", severity="cảnh báo")


def _check_declared(framework: Framework, found: Collector) -> None:
    declared = framework.declared
    sums: list[tuple[str, float | None, float]] = [
        ("tổng điểm", declared.points, sum(i.maximum for i in framework.indicators)),
    ]
    if framework.depth == "indicators":
        # What is collected and not assessed is not among the indicators that documents count.
        counted = [item.id for item in framework.indicators if item.most or item.required]
        tops = [child for child in framework.tree.children if isinstance(child, Group)]
        held = [g for g in tops if any(item.id in counted for item in framework.below(g.id))]
        sums.append(("số chỉ tiêu", declared.indicators, len(counted)))
        sums.append(("số nhóm", declared.groups, len(held)))
    else:
        sums.append(("số nhóm", declared.groups, len(framework.tree.children)))
    components = [item.components for item in framework.indicators]
    if declared.components is not None and None not in components:
        held_below = sum(number or 0 for number in components)
        sums.append(("số chỉ số thành phần", declared.components, held_below))
    for level, wanted in declared.required.items():
        asked = sum(level in indicator.required for indicator in framework.indicators)
        sums.append((f"số chỉ tiêu của mức độ “{level}”", wanted, asked))
    for what, stated, summed in sums:
        if stated is not None and abs(stated - summed) > 1e-9:
            found.add(
                what, f"văn bản ghi {stated:g}, cộng lại được {summed:g}", "", severity="cảnh báo"
            )
