"""What stands where in a scoring workbook: one plan, by which it is written and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from ..concepts import Concept
from ..framework import Framework, Indicator, by_stratum
from ..observations import ATTRIBUTES
from ..opening import letters
from .formulas import ROW

GUIDE, RESULTS, VALUES, THRESHOLDS = "Hướng dẫn", "Kết quả", "Số liệu", "Ngưỡng"
PARTS, POINTS, APPEALS = "Thành phần", "Điểm", "Phúc tra"
LABELS, NOTES, CODES, FIRST = 3, 4, 5, 6  # rows of the header; the first unit
SPARE = 200  # rows of the sheet of appeals
DECISIONS = ("Chấp nhận", "Chấp nhận một phần", "Không chấp nhận")
REASONS: Mapping[str, str] = {
    "sai-so-lieu": "số liệu không khớp nguồn",
    "sai-cach-tinh": "tính không đúng cách",
    "bo-sung": "bổ sung số liệu thiếu",
    "khong-minh-chung": "không chứng minh được",
    "giai-trinh": "giải trình được, có minh chứng",
}
APPEAL_COLUMNS = (
    ("unit", "Mã đơn vị", 12), ("concept", "Mã số liệu", 24), ("asked", "Giá trị đề nghị", 12),
    ("decision", "Quyết định", 20), ("value", "Giá trị chấp nhận", 12),
    ("reason", "Mã lý do, căn cứ", 34), ("date", "Ngày", 13), ("key", "Khóa", 30),
)  # fmt: skip
ID_LABELS = {"unit": "Mã đơn vị", "name": "Tên đơn vị", "stratum": "Khu vực",
             "province": "Tỉnh, thành phố", "unit_class": "Loại đơn vị"}  # fmt: skip

_FORMAT = 1  # of the layout: part of every mark

Look = Literal["id", "input", "reason", "formula", "verdict", "value"]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a sheet with one row a unit.

    Attributes
    ----------
    key : tuple of str
        What it holds: ("self", concept), ("met", level, indicator), ("points", indicator), …
    label, note : str
        Header, and below it the unit of measure, the points, the threshold.
    formula : str
        With `ROW` for the number of the row; empty where a value stands.
    look : {"id", "input", "reason", "formula", "verdict", "value"}
    shown : str
        Number format.
    concept : Concept, optional
        What an input counts.
    number : float, optional
        Stands in the row of notes as a number, for formulas: points, weight.
    """

    key: Key
    label: str
    note: str = ""
    formula: str = ""
    look: Look = "formula"
    shown: str = "General"
    width: float = 10
    concept: Concept | None = None
    number: float | None = None

    @property
    def code(self) -> str:
        """Grey code by which the column is found again."""
        return ":".join(self.key)


@dataclass
class Sheet:
    """A sheet with one row a unit."""

    name: str
    title: str
    columns: list[Column] = field(default_factory=list)

    def add(self, key: Key, label: str, note: str = "", formula: str = "", **more: Any) -> str:
        """Add a column; a reference to its cell in the same row."""
        self.columns.append(Column(key, label, note, formula, **more))
        return f"{letters(len(self.columns) - 1)}{ROW}"

    def place(self, *key: str) -> int:
        """Place of a column, from 0."""
        return next(at for at, column in enumerate(self.columns) if column.key == key)

    def cell(self, *key: str) -> str:
        """Reference to a column's cell from another sheet."""
        return f"'{self.name}'!{letters(self.place(*key))}{ROW}"


@dataclass(frozen=True, eq=False)
class Plan:
    """A workbook for a framework and its units.

    Attributes
    ----------
    framework : Framework
    concepts : tuple of Concept
        What is reported, in printed order.
    units : DataFrame
        By code, with the attributes that are known.
    sheets : dict of str to Sheet
        Those with one row a unit, by name.
    uncarried : tuple of str
        Labels of what no formula can say: dxmethod writes values.
    """

    framework: Framework
    concepts: tuple[Concept, ...]
    units: pd.DataFrame
    sheets: Mapping[str, Sheet]
    uncarried: tuple[str, ...]

    @property
    def last(self) -> int:
        """Row of the last unit."""
        return FIRST - 1 + len(self.units)

    @cached_property
    def mark(self) -> str:
        """Fingerprint of layout, framework, concepts and units; it stands on every sheet."""
        return fingerprint(self.framework, self.concepts, self.units)

    @property
    def strata(self) -> tuple[str, ...]:
        """Strata that some requirement names, "*" last."""
        return strata_of(self.framework)


def strata_of(framework: Framework) -> tuple[str, ...]:
    """Strata that some requirement names, in order, "*" last."""
    named = {name: None for _, _, required in framework.thresholds for name in required}
    return (*(name for name in named if name != "*"), "*")


def fingerprint(framework: Framework, concepts: Sequence[Concept], units: pd.DataFrame) -> str:
    """Sixteen digits that change with layout, framework, concepts or units."""
    known = units.reindex(columns=[name for name in ATTRIBUTES if name in units])
    parts = [
        _FORMAT,
        framework.model_dump(mode="json"),
        [concept.model_dump(mode="json") for concept in concepts],
        [[str(code), *row] for code, row in zip(
            units.index, known.astype(object).where(known.notna(), "").to_numpy().tolist(),
            strict=True)],
    ]  # fmt: skip
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def appeals_end(last: int) -> int:
    """Last row of the sheet of appeals: room for several of every unit."""
    return FIRST - 1 + max(SPARE, 3 * (last - FIRST + 1))


def threshold_rows(framework: Framework) -> Iterator[tuple[Indicator, list[float | None]]]:
    """Rows of the sheet of thresholds: one a level and stratum, None where nothing is asked."""
    names = strata_of(framework)
    for item in framework.asked:
        cells: list[float | None] = []
        for level in framework.levels:
            required = by_stratum(item.required[level.id]) if level.id in item.required else {}
            cells += [required.get(name, required.get("*")) for name in names]
        yield item, cells
