"""What a field of a framework says, in the words of an official document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..concepts import Catalogue
from ..framework import (
    STATUS,
    Band,
    Framework,
    Group,
    Indicator,
    Level,
    Policy,
    Process,
    Quorum,
    Rounding,
    Target,
    Validity,
)
from ..wording import figure, measure_words, method_words

Node = Group | Indicator
Thing = Framework | Group | Indicator | Level | Band

_NOTHING = "–"
_ROLES = {"scored": "điểm chính", "bonus": "điểm thưởng", "penalty": "điểm trừ"}
_COMBINES = {
    "sum": "cộng điểm",
    "arithmetic": "trung bình cộng",
    "geometric": "trung bình nhân",
    "harmonic": "trung bình điều hòa",
    "min": "giá trị thấp nhất",
}
_SCALES = {"points": "theo điểm", "percent": "theo phần trăm tổng điểm"}
_STAGES = {
    "self": "tự đánh giá",
    "verified": "thẩm định",
    "final": "kết luận",
    "recognised": "công nhận",
    "published": "công bố",
}
_POLICIES = {
    "missing": "Thiếu số liệu",
    "not_applicable": "Không áp dụng",
    "no_occurrence": "Không phát sinh",
    "no_evidence": "Không có minh chứng",
    "rescale": "Quy đổi khi có chỉ tiêu không áp dụng",
    "ties": "Đồng hạng",
}
_WORTH = {
    "fails": "tính là chưa đạt",
    "unknown": "chưa tính, nêu khoảng kết quả",
    "excluded": "loại khỏi mẫu số",
    "counts": "tính theo số tự báo cáo",
    "sheet": "trên cả bảng",
    "group": "trong từng nhóm",
    "none": "không quy đổi",
    "competition": "hạng sau cách quãng (1-2-2-4)",
    "dense": "hạng sau liền kề (1-2-2-3)",
}


class Words:
    """What a version says, with its names looked up once.

    Parameters
    ----------
    framework : Framework
    catalogue : mapping of str to Concept
    """

    def __init__(self, framework: Framework, catalogue: Catalogue) -> None:
        self.framework = framework
        self.catalogue = catalogue
        self.nodes: dict[str, Node] = {}
        self.names: dict[str, str] = {level.id: level.label for level in framework.levels}
        self.above: dict[str, str] = {}
        for node, parent, _ in framework.nodes():
            self.nodes[node.id] = node
            self.names[node.id] = node.label
            self.above[node.id] = parent.label if parent else _NOTHING

    def parts(self, thing: Thing | None, field: str) -> dict[str, str]:
        """A field as named parts; one part without a name for most."""
        if thing is None:
            return {}
        if field == "parent":
            return {"": self.above[thing.id]}
        value = getattr(thing, field, None)
        if isinstance(value, Policy):
            return {name: _WORTH[getattr(value, key)] for key, name in _POLICIES.items()}
        if isinstance(value, Process):
            return _process(value)
        if isinstance(thing, Indicator):
            return {"": _of_indicator(thing, field, self.framework, self.catalogue)}
        return {"": _plain(value, self.names)}


def pair_words(
    old: Thing | None, new: Thing | None, field: str, sides: tuple[Words, Words]
) -> tuple[str, str]:
    """Say a field before and after; of a policy or a process, only what differs.

    Parameters
    ----------
    old, new : Framework, Group, Indicator, Level or Band, or None
        What holds the field on either side.
    field : str
        Its name in the file, or "parent" for the group above.
    sides : (Words, Words)
        Of the versions that they stand in.

    Returns
    -------
    (str, str)
        "–" where there is nothing.
    """
    before, after = sides[0].parts(old, field), sides[1].parts(new, field)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    said = [
        "\n".join(
            f"{name}: {side.get(name, _NOTHING)}" if name else side.get(name, _NOTHING)
            for name in names
        )
        for side in (before, after)
    ]
    return said[0] or _NOTHING, said[1] or _NOTHING


def _process(value: Process) -> dict[str, str]:
    chain = [
        f"{_STAGES[step.stage]}: {step.by}{f' ({step.until})' if step.until else ''}"
        for step in value.steps
    ]
    said = {
        "Kỳ số liệu": value.window,
        "Thời hạn": value.deadline,
        "Các bước": "; ".join(chain),
        "Màu theo dõi": "; ".join(value.signals),
    }
    return {name: words for name, words in said.items() if words}


def _of_indicator(item: Indicator, field: str, framework: Framework, catalogue: Catalogue) -> str:
    concept = catalogue.get(item.concept)
    if field == "concept":
        return f"{concept.label} ({concept.unit})" if concept else item.concept
    if field == "value":
        measured = measure_words(concept) if concept else ""
        return method_words(item, catalogue).removeprefix(measured).strip() or "theo số báo cáo"
    if field == "method":
        return item.method or method_words(item, catalogue) or "theo số báo cáo"
    if field == "points":
        given = item.points if isinstance(item.points, dict) else {"*": item.points}
        said = "; ".join(
            figure(points) + ("" if place == "*" else f" ({place})")
            for place, points in given.items()
        )
        plain = item.role == "scored" and framework.tree.combine == "sum"
        whole = (
            f"/{figure(framework.maximum)}" if plain and not isinstance(item.points, dict) else ""
        )
        return f"{said}{whole} {framework.terms.points}"
    if field == "applies_to":
        places = [place for values in item.applies_to.values() for place in values]
        return f"chỉ áp dụng cho {', '.join(places)}" if places else "mọi đơn vị"
    if field == "role":
        return _ROLES[item.role]
    return _plain(getattr(item, field, None), {})


def _quorum(value: Quorum, names: Mapping[str, str]) -> str:
    where = "" if value.of == "*" else f" của {names.get(value.of, value.of)}"
    if value.share is None:
        return f"ít nhất {figure(value.count or 0)} yêu cầu{where}"
    if value.share == 1:
        return f"mọi yêu cầu{where}"
    return f"ít nhất {figure(100 * value.share)}% số yêu cầu{where}"


def _validity(value: Validity, _: Mapping[str, str]) -> str:
    ends = (("từ ngày", value.since), ("đến hết ngày", value.until))
    return " ".join(f"{word} {day:%d/%m/%Y}" for word, day in ends if day) or _NOTHING


def _rounding(value: Rounding, _: Mapping[str, str]) -> str:
    half = "lên" if value.half == "up" else "về số chẵn"
    steps = {"band": "xếp loại", "rank": "xếp hạng"}
    before = ", ".join(steps[step] for step in value.before)
    return f"{value.decimals} chữ số thập phân, nửa đơn vị làm tròn {half}, trước khi {before}"


def _target(value: Target, names: Mapping[str, str]) -> str:
    many = f"{figure(value.units)} đơn vị" if value.units else "các đơn vị"
    level = f" đạt {names.get(value.level, value.level)}" if value.level else ""
    return f"năm {value.year}: {value.unit or many}{level}"


_WORDS: Mapping[type, Callable[[Any, Mapping[str, str]], str]] = {
    Quorum: _quorum,
    Validity: _validity,
    Rounding: _rounding,
    Target: _target,
}


def _plain(value: Any, names: Mapping[str, str]) -> str:
    """Say a value that no field of its own needs words for."""
    if value is None or value in ("", (), {}):
        return _NOTHING
    if isinstance(value, tuple):
        return "; ".join(_plain(item, names) for item in value)
    if isinstance(value, bool | int | float):
        return figure(float(value))
    if type(value) in _WORDS:
        return _WORDS[type(value)](value, names)
    said = value if isinstance(value, str) else _NOTHING
    for known in (_COMBINES, _SCALES, STATUS, names):
        said = known.get(said, said)
    return said


def band_words(band: Band | None) -> str:
    """Say the bound of a band: "từ 80", "trên 80"."""
    if band is None:
        return _NOTHING
    if band.at_least is not None:
        return f"{band.label}: từ {figure(band.at_least)}"
    return f"{band.label}: {f'trên {figure(band.above)}' if band.above is not None else 'còn lại'}"
