"""A framework as the tables that a ministry circulates, and as those needed to lose nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .columns import (
    ALL,
    BAND_COLUMNS,
    BANDS,
    CONCEPT_COLUMNS,
    CONCEPTS,
    DEFAULT,
    DOCUMENT,
    DOCUMENT_COLUMNS,
    FIELDS,
    GROUP,
    ILLUSTRATIVE,
    INDICATOR,
    LEVEL_COLUMNS,
    LEVELS,
    MAIN,
    TOTAL,
    WORDS,
    main_columns,
)
from .concepts import SOURCE_TYPES, Catalogue, Concept
from .documents import inline_yaml
from .framework import FIDELITY, STATUS, Framework, Group, Indicator, full_points
from .reading import sign, write_number
from .sheets import Content, Page, Row, squeeze
from .wording import method_words


def to_pages(framework: Framework, catalogue: Catalogue) -> list[Page]:
    """Lay a framework out as tables.

    Parameters
    ----------
    framework : Framework
        What to lay out.
    catalogue : mapping of str to Concept
        Every concept known.

    Returns
    -------
    list of Page
        The circulated table first, then those that hold the rest, then the concepts.
    """
    weighed = any(group.points for group in framework.groups[1:])
    columns = main_columns(
        framework.levels,
        framework.has_points or weighed,
        any(item.components for item in framework.indicators),
        any(item.verified_by for item in framework.indicators),
    )
    rows = [_node_row(*found, framework, catalogue) for found in _placed(framework)]
    if framework.has_points:
        total: dict[str, Content] = {"label": TOTAL, "points": framework.maximum, "kind": "tổng"}
        rows.append(Row(total, "total"))
    notes = [_issued(framework)]
    if framework.is_illustrative:
        notes.append(ILLUSTRATIVE)
    return [
        Page(MAIN, framework.title.upper(), columns, tuple(rows), tuple(notes)),
        Page(DOCUMENT, "Thông tin về văn bản", DOCUMENT_COLUMNS, tuple(_document(framework))),
        Page(LEVELS, "Các mức độ", LEVEL_COLUMNS, tuple(_levels(framework))),
        Page(BANDS, "Các loại", BAND_COLUMNS, tuple(_bands(framework))),
        Page(
            CONCEPTS,
            "Danh mục khái niệm (khái niệm mới: thêm hàng với mã mới ở cuối)",
            CONCEPT_COLUMNS,
            tuple(Row(concept_cells(concept)) for concept in catalogue.values()),
        ),
    ]


def _issued(framework: Framework) -> str:
    issued = framework.issued
    named = f"{issued.document}, {issued.by}".strip(", ") if issued else ""
    words = [f"Phiên bản {framework.version}", STATUS[framework.status], named]
    return "; ".join(word for word in words if word)


def _placed(framework: Framework) -> Iterator[tuple[Group | Indicator, str]]:
    """Nodes below the root, each with its parent where its place does not already tell it."""
    above = framework.tree.id
    for node, parent, depth in framework.nodes():
        if parent is None or not depth:
            continue
        told = framework.tree.id if isinstance(node, Group) else above
        yield node, "" if told == parent.id else parent.id
        if isinstance(node, Group):
            above = node.id


def _node_row(
    node: Group | Indicator, parent: str, framework: Framework, catalogue: Catalogue
) -> Row:
    provenance = node.provenance
    cells: dict[str, Content] = {
        "code": node.code,
        "label": node.label,
        "id": node.id,
        "parent": parent,
    }
    if provenance is not None:
        cells |= {
            "document": provenance.document,
            "place": provenance.place,
            "fidelity": FIDELITY[provenance.fidelity],
            "note": provenance.note,
        }
    if isinstance(node, Group):
        shown = full_points(node) if framework.has_points else None
        worth = shown if node.combine == "sum" else node.points
        cells |= {"kind": GROUP, "points": worth or None}
        cells |= {"combine": "" if node.combine == "sum" else WORDS["combine"][node.combine]}
        cells |= {"weight": None if node.weight == 1 else node.weight}
        return Row(_filled(cells), "group")
    formats = _fill_indicator(cells, node, framework, catalogue)
    look = "illustrative" if node.provenance.fidelity == "illustrative" else ""
    return Row(_filled(cells), look, formats)


def _filled(cells: Mapping[str, Content]) -> dict[str, Content]:
    return {key: value for key, value in cells.items() if value not in ("", None)}


def _fill_indicator(
    cells: dict[str, Content], item: Indicator, framework: Framework, catalogue: Catalogue
) -> dict[str, str]:
    """Fill the cells of an indicator; return the formats of its numbers."""
    concept = catalogue.get(item.concept)
    told = {
        "method": item.method or method_words(item, catalogue),
        "source": item.source or (concept.source if concept else ""),
    }
    cells |= told
    cells |= {
        "kind": INDICATOR,
        "unit": concept.unit if concept else "",
        "points": by_name(item.points) if isinstance(item.points, dict) else item.points or None,
        "evidence": item.evidence,
        "verified_by": item.verified_by,
        "concept": item.concept,
        "value": rule_text(item),
        "role": "" if item.role == "scored" else WORDS["role"][item.role],
        "applies_to": inline_yaml({name: list(values) for name, values in item.applies_to.items()})
        if item.applies_to
        else "",
        "components": item.components,
        "replaces": "; ".join(item.replaces),
        "auto": "; ".join(
            f"{name} {mark(told[name])}" for name in told if told[name] and not getattr(item, name)
        ),
    }
    formats = {}
    for level in framework.levels:
        if level.id in item.required:
            key = f"level:{level.id}"
            cells[key] = threshold_content(item.required[level.id], concept)
            formats[key] = f'"{sign(concept)} "General'
    if item.role != "scored":
        formats["points"] = '"+"General' if item.role == "bonus" else '"−"General'
    return formats


def rule_text(item: Indicator) -> str:
    """The rule of an indicator as one line of YAML; empty when there is none."""
    if item.value is None:
        return ""
    return inline_yaml(item.value.model_dump(mode="json", exclude_defaults=True))


def threshold_content(required: float | dict[str, float], concept: Concept | None) -> Content:
    """What stands in a level's cell: a number, a word, or one of them by stratum."""
    if isinstance(required, dict):
        return by_name(required, concept)
    return _word_for(required, concept) or required


def _word_for(value: float, concept: Concept | None) -> str:
    if concept is not None and concept.measure == "yes_no" and value in (0, 1):
        return "Có" if value else "Không"
    if concept is not None and concept.measure == "category":
        names = concept.categories
        return names[int(value)] if value in range(len(names)) else ""
    return ""


_SIMPLE = re.compile(r"[^\W_][^:;{}\n]*")


def by_name(numbers: Mapping[str, float], concept: Concept | None = None) -> str:
    """Numbers by stratum or class: "chung: ≥ 80; khu vực III: ≥ 50"."""
    words = [_word_for(value, concept) for value in numbers.values()]
    names = [key for key in numbers if key != "*"]
    simple = all(
        _SIMPLE.fullmatch(key) and key == key.strip() and squeeze(key) != "chung" for key in names
    )
    if not numbers or not simple or any(set(word) & set(":;") for word in words):
        return inline_yaml(dict(numbers))
    before = f"{sign(concept)} " if concept is not None else ""
    return "; ".join(
        f"{'chung' if key == '*' else key}: "
        + (_word_for(value, concept) or before + write_number(value))
        for key, value in numbers.items()
    )


def mark(text: str) -> str:
    """A short mark of a text, to see later whether someone changed it."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _document(framework: Framework) -> Iterator[Row]:
    data = framework.model_dump(mode="json")
    bare = framework.model_dump(mode="json", exclude_defaults=True)  # the models fill in the rest
    for key, label, kind in FIELDS:
        value = _at(bare if kind in ("list", "yaml") else data, key)
        if kind == "list":
            contents: list[Content] = [inline_yaml(item) for item in value or ()] or [None]
        elif kind == "yaml":
            contents = [None if value is None else inline_yaml(value)]
        elif kind == "word":
            words = WORDS["combine"] if key == "tree.combine" else WORDS[key]
            contents = [words[value] if value else None]
        else:
            contents = [value]
        for content in contents:
            yield Row({"label": label, "content": content, "key": key})
    yield Row({"label": "Độ tin cậy của hàng mới", "key": DEFAULT})


def _at(data: Any, key: str) -> Any:
    """What stands under a dotted key; None where nothing does."""
    for part in key.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _levels(framework: Framework) -> Iterator[Row]:
    for place, level in enumerate(framework.levels, 1):
        quorum = [q.model_dump(exclude_none=True) for q in level.quorum]
        every = quorum == [{"of": "*", "share": 1.0}]
        yield Row(
            {
                "code": float(place),
                "label": level.label,
                "quorum": ALL if every else inline_yaml(quorum),
                "mandatory": "; ".join(level.mandatory),
                "after": level.after,
                "id": level.id,
            }
        )


def _bands(framework: Framework) -> Iterator[Row]:
    for band in framework.bands:
        yield Row(
            {
                "label": band.label,
                "at_least": band.at_least,
                "above": band.above,
                "id": band.id,
            }
        )


def concept_cells(concept: Concept) -> dict[str, Content]:
    """Cells of a concept in the list of concepts."""
    return _filled(
        {
            "id": concept.id,
            "label": concept.label,
            "measure": WORDS["measure"][concept.measure],
            "unit": concept.unit,
            "better": WORDS["better"][concept.better],
            "range": inline_yaml(list(concept.range)) if concept.range else "",
            "definition": concept.definition,
            "numerator": concept.numerator,
            "denominator": concept.denominator,
            "categories": "; ".join(concept.categories),
            "source": concept.source,
            "source_type": SOURCE_TYPES[concept.source_type],
        }
    )
