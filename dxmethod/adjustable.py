"""What whoever adapts a framework may change of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from .concepts import Id
from .documents import Model

Verb = Literal[
    "threshold",
    "points",
    "rule",
    "rename",
    "evidence",
    "add",
    "drop",
    "weight",
    "aggregation",
    "quorum",
    "mandatory",
    "bands",
    "policy",
    "rounding",
    "window",
    "evaluator",
]
VERBS: Mapping[Verb, str] = {
    "threshold": "sửa ngưỡng",
    "points": "đổi điểm",
    "rule": "sửa cách tính điểm",
    "rename": "sửa tên gọi",
    "evidence": "đổi minh chứng",
    "add": "thêm chỉ tiêu",
    "drop": "bỏ",
    "weight": "đổi trọng số",
    "aggregation": "đổi cách tổng hợp",
    "quorum": "đổi số yêu cầu phải đạt",
    "mandatory": "đổi chỉ tiêu bắt buộc của mức",
    "bands": "sửa xếp loại",
    "policy": "sửa quy ước tính",
    "rounding": "sửa cách làm tròn",
    "window": "đổi thời kỳ số liệu",
    "evaluator": "đổi cơ quan đánh giá",
}


class Adjustable(Model):
    """What whoever adapts a framework may change; what is not mentioned here is free.

    Attributes
    ----------
    changes : tuple of verb, optional
        Kinds of change that are allowed; all by default.
    fixed : tuple of id
        Groups, indicators and levels that stay as they are, with everything below them.
    mandatory : tuple of id
        Indicators that may be neither dropped nor eased.
    thresholds : dict of id to (low, high)
        Between which bounds the thresholds of an indicator may lie, in the concept's unit.
    """

    changes: tuple[Verb, ...] | None = None
    fixed: tuple[Id, ...] = ()
    mandatory: tuple[Id, ...] = ()
    thresholds: dict[Id, tuple[float, float]] = Field(default_factory=dict)
