"""What is counted: one fact, one key, whatever framework asks for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from .documents import Model, read_model
from .faults import Collector, Fault

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]

SourceType = Literal["automatic", "statistics", "self_report", "survey", "published"]

SOURCE_TYPES: Mapping[str, str] = {
    "automatic": "đo tự động",
    "statistics": "thống kê",
    "self_report": "đơn vị tự báo cáo",
    "survey": "điều tra xã hội học",
    "published": "kết quả đã công bố",
}
COMPETENCES: Mapping[str, str] = {
    "commune": "cấp xã",
    "district": "cấp huyện",
    "province": "cấp tỉnh",
    "central": "trung ương",
    "enterprise": "doanh nghiệp",
}


MergeRule = Literal["ratio", "sum", "mean", "weighted", "any", "all", "best", "worst", "void"]

# What becomes of old units' values when units merge, unless the concept says otherwise.
_MERGES: Mapping[str, MergeRule] = {
    "ratio": "ratio",
    "number": "sum",
    "yes_no": "all",
    "category": "worst",
}


class Competence(Model):
    """Who can act on what is counted, by which document, until when."""

    level: Literal["commune", "district", "province", "central", "enterprise"]
    basis: str = ""
    valid_until: dt.date | None = None


class Concept(Model):
    """One thing that is counted.

    Attributes
    ----------
    measure : {"ratio", "number", "yes_no", "category"}
        A ratio is given in `unit`; yes/no is 1 or 0; a category is its place in `categories`.
    better : {"higher", "lower"}
        Which direction is good. Stated, never guessed from a sign printed in a document.
    range : (low, high), optional
        Admissible reported values, in `unit`.
    merge : str, optional
        What becomes of old units' values when units merge: numerators and denominators are summed
        ("ratio"), or the values are; a plain mean, or one weighted by the denominators; yes if any
        or if all say yes; the best or the worst; or nothing, and it is collected again ("void").
        By default what suits the measure.
    replaces : tuple of id
        A concept cited by an issued framework never changes: a new definition is a new id.
    """

    id: Id
    label: Text
    measure: Literal["ratio", "number", "yes_no", "category"]
    unit: Text
    better: Literal["higher", "lower"] = "higher"
    range: tuple[float, float] | None = None
    definition: str = ""
    numerator: str = ""
    denominator: str = ""
    categories: tuple[str, ...] = ()
    source: str = ""
    source_type: SourceType = "self_report"
    competence: Competence | None = None
    merge: MergeRule | None = None
    replaces: tuple[Id, ...] = ()

    @property
    def merge_rule(self) -> MergeRule:
        """Rule by which values of old units become a value of a new one."""
        return self.merge or _MERGES[self.measure]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest admissible value, in the concept's unit."""
        if self.range is not None:
            return self.range
        if self.measure == "yes_no":
            return (0.0, 1.0)
        if self.measure == "category":
            return (0.0, float(len(self.categories) - 1))
        return (0.0, float("inf")) if self.measure == "ratio" else (float("-inf"), float("inf"))

    @property
    def sign(self) -> float:
        """+1 when more is better, −1 when less is."""
        return 1.0 if self.better == "higher" else -1.0


class Theme(Model):
    """One file of the catalogue: the concepts of one theme."""

    kind: Literal["concepts"]
    format: Literal[1]
    theme: Text
    concepts: tuple[Concept, ...]


Catalogue = Mapping[str, Concept]


def read_themes(folder: Path, faults: Collector, name: str = "") -> dict[Path, Theme]:
    """Read every file of a catalogue by its path. See `read_catalogue` for the parameters."""
    shown = name or folder.name
    read = {
        path: read_model(Theme, path, f"{shown}/{path.name}", faults)
        for path in sorted(folder.glob("*.yml"))
    }
    return {path: theme for path, theme in read.items() if theme is not None}


def read_catalogue(folder: Path, faults: Collector, name: str = "") -> dict[str, Concept]:
    """Read every theme of a catalogue.

    Parameters
    ----------
    folder : Path
        Folder of YAML files of kind `concepts`.
    faults : Collector
        Where faults are noted; a concept defined twice is one.
    name : str, optional
        The folder as the user knows it.

    Returns
    -------
    dict of str to Concept
    """
    return join_themes(read_themes(folder, faults, name), faults, name or folder.name)


def join_themes(themes: Mapping[Path, Theme], faults: Collector, name: str) -> dict[str, Concept]:
    """Join themes into one catalogue, noting what they contradict."""
    catalogue: dict[str, Concept] = {}
    for path, theme in themes.items():
        shown = f"{name}/{path.name}"
        for concept in theme.concepts:
            if concept.id in catalogue:
                faults.add(f"khái niệm {concept.id}", "định nghĩa hai lần", "một lần", file=shown)
            faults.extend(_contradictions(concept, shown))
            catalogue[concept.id] = concept
    for concept in catalogue.values():
        for old in concept.replaces:
            if old not in catalogue:
                place = f"khái niệm {concept.id}, mục replaces"
                faults.add(place, f"“{old}” không có trong danh mục", "mã đã có", file=name)
    return catalogue


def _contradictions(concept: Concept, file: str) -> list[Fault]:
    found = Collector(file)
    if concept.range is not None and not concept.range[0] < concept.range[1]:
        found.add(
            f"khái niệm {concept.id}, mục range", f"có {concept.range}", "số nhỏ trước, lớn sau"
        )
    if concept.range is not None and concept.measure in ("yes_no", "category"):
        found.add(f"khái niệm {concept.id}, mục range", "thừa", "bỏ mục này: giá trị đã rõ")
    if (concept.measure == "category") != (len(concept.categories) > 1):
        expected = "từ hai loại trở lên, chỉ khi measure là category"
        found.add(
            f"khái niệm {concept.id}, mục categories", f"{len(concept.categories)} loại", expected
        )
    return found.faults
