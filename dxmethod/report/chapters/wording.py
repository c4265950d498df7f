"""Values of a framework in words: thresholds, ways of earning points, quorums."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...vietnamese import number

FIELDS: Mapping[str, str] = {
    "policy": "Quy ước về số liệu thiếu, không áp dụng",
    "rounding": "Làm tròn",
    "band_scale": "Thang xếp loại",
    "code": "Mã số",
    "label": "Tên gọi",
    "parent": "Nhóm",
    "concept": "Đại lượng đo",
    "required": "Ngưỡng",
    "value": "Cách tính điểm",
    "method": "Cách tính",
    "role": "Loại điểm",
    "points": "Điểm",
    "weight": "Trọng số",
    "combine": "Cách tổng hợp",
    "applies_to": "Áp dụng cho",
    "evidence": "Minh chứng",
    "source": "Nguồn",
    "verified_by": "Nơi xác minh",
    "after": "Sau mức",
    "quorum": "Số yêu cầu phải đạt",
    "mandatory": "Bắt buộc",
}
_COMBINE = {
    "sum": "cộng điểm",
    "arithmetic": "trung bình cộng",
    "geometric": "trung bình nhân",
    "harmonic": "trung bình điều hòa",
    "min": "giá trị thấp nhất",
}
_FITTED = {
    "best": "so với đơn vị tốt nhất",
    "min_max": "từ đơn vị kém nhất đến tốt nhất",
    "rank": "theo thứ hạng trong nhóm",
}
_PARTS = {"sum": "cộng", "max": "phần cao nhất", "min": "phần thấp nhất", "at_least": "ít nhất"}


def worded(value: Any, labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """Say an old or a new value of a change as a reader of the report would.

    Parameters
    ----------
    value : object
        A plain value, as `Change.old` and `Change.new` hold it.
    labels : mapping of str to str
        Names of ids that a value may hold.

    Returns
    -------
    str
        "–" for nothing; "có" for a whole node, level or band that is added or dropped.
    """
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, int | float):
        return _figure(value)
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return "; ".join(worded(item, labels) for item in value)
    return _COMBINE.get(str(value), labels.get(str(value), str(value)))


def _figure(value: float) -> str:
    """Print a number with the digits it has, at most six."""
    return number(value, len(f"{value:.6f}".rstrip("0").partition(".")[2]))


def _mapping(value: Mapping[str, Any]) -> str:
    if "follows" in value:
        return "có"
    if "of" in value and "share" in value:
        return _quorum(value)
    if value.get("kind") in ("linear", "steps"):
        return _curve(value)
    if value.get("kind") == "fitted":
        return _FITTED[value["to"]]
    if value.get("kind") in _PARTS:
        joined = "; ".join(_mapping(part["value"]) for part in value["of"])
        return f"{_PARTS[value['kind']]} của: {joined}"
    return "; ".join(
        f"{'chung' if key == '*' else key}: {worded(item)}" for key, item in value.items()
    )


def _curve(value: Mapping[str, Any]) -> str:
    """Say a curve by its points or its steps, shares in per cent of the points."""
    shares = [f"{_figure(100 * share)}%" for share in value["give"]]
    marks = [_figure(mark) for mark in value["at"]]
    if value["kind"] == "linear":
        pairs = ", ".join(f"{mark} được {share}" for mark, share in zip(marks, shares, strict=True))
        return f"tuyến tính: {pairs} số điểm"
    sign = "từ" if value["closed"] == "left" else "trên"
    steps = ", ".join(f"{sign} {m} được {s}" for m, s in zip(marks, shares[1:], strict=True))
    return f"theo bậc: {steps}, còn lại {shares[0]} số điểm"


def _quorum(value: Mapping[str, Any]) -> str:
    where = "" if value["of"] == "*" else f" của nhóm {value['of']}"
    if value["share"] is None:
        return f"ít nhất {_figure(value['count'])} yêu cầu{where}"
    if value["share"] == 1:
        return f"mọi yêu cầu{where}"
    return f"ít nhất {_figure(100 * value['share'])}% số yêu cầu{where}"
