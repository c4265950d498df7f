"""Concepts: one fact, one key; what the catalogue refuses."""

import numpy as np
import pytest
from examples import concept
from pydantic import ValidationError

from dxmethod.concepts import Concept, read_catalogue
from dxmethod.faults import Collector

THEME = """\
kind: concepts
format: 1
theme: Chủ đề
concepts:
"""
HO_SO = "  - {id: ho-so, label: Hồ sơ, measure: ratio, unit: '%', range: [0, 100]}\n"


def read(tmp_path, **files):
    for name, content in files.items():
        (tmp_path / f"{name}.yml").write_text(THEME + content, encoding="utf-8")
    faults = Collector()
    found = read_catalogue(tmp_path, faults, "frameworks/catalogue")
    return found, [str(fault) for fault in faults.faults]


def test_themes_make_one_catalogue(tmp_path):
    found, faults = read(tmp_path, a=HO_SO, b=HO_SO.replace("ho-so", "ho-so-2"))
    assert faults == []
    assert list(found) == ["ho-so", "ho-so-2"]
    assert found["ho-so"] == Concept(
        id="ho-so", label="Hồ sơ", measure="ratio", unit="%", range=(0, 100)
    )


FAULTY = {
    "defined twice": (HO_SO + HO_SO, "khái niệm ho-so: định nghĩa hai lần"),
    "range upside down": (HO_SO.replace("[0, 100]", "[100, 0]"), "mục range: có (100.0, 0.0)"),
    "range of a yes/no": (HO_SO.replace("ratio", "yes_no"), "mục range: thừa"),
    "one category": (
        "  - {id: a, label: A, measure: category, unit: loại, categories: [một]}\n",
        "mục categories: 1 loại",
    ),
    "categories of a number": (
        "  - {id: a, label: A, measure: number, unit: loại, categories: [một, hai]}\n",
        "mục categories: 2 loại",
    ),
    "replaces nobody": (
        HO_SO.replace("label", "replaces: [cu], label"),
        "mục replaces: “cu” không có trong danh mục",
    ),
    "unknown measure": (HO_SO.replace("ratio", "rate"), "dòng 5, mục concepts[1] → measure"),
    "unknown key": (HO_SO.replace("label", "lable"), 'gần nhất: "label"'),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faulty_catalogue_is_said(tmp_path, case):
    content, words = FAULTY[case]
    _, faults = read(tmp_path, a=content)
    assert any(words in fault for fault in faults)
    assert all(fault.startswith("Lỗi: frameworks/catalogue") for fault in faults)


def test_concept_of_two_themes_is_said(tmp_path):
    _, faults = read(tmp_path, a=HO_SO, b=HO_SO)
    assert faults == [
        "Lỗi: frameworks/catalogue/b.yml, khái niệm ho-so: định nghĩa hai lần; cần một lần."
    ]


def test_concept_may_replace_one_of_another_theme(tmp_path):
    _, faults = read(
        tmp_path, a=HO_SO.replace("label", "replaces: [b], label"), b=HO_SO.replace("ho-so", "b")
    )
    assert faults == []


@pytest.mark.parametrize(
    ("fields", "bounds"),
    [
        ({"range": (5, 10)}, (5, 10)),
        ({"range": None}, (0, np.inf)),
        ({"measure": "number"}, (-np.inf, np.inf)),
        ({"measure": "yes_no"}, (0, 1)),
        ({"measure": "category", "categories": ("a", "b", "c")}, (0, 2)),
    ],
)
def test_bounds_follow_the_measure(fields, bounds):
    assert concept("a", **fields).bounds == bounds


def test_direction_is_stated_not_guessed():
    assert (concept("a").sign, concept("a", better="lower").sign) == (1, -1)


@pytest.mark.parametrize("end", [np.nan, np.inf, -np.inf])
def test_range_is_finite(end):
    with pytest.raises(ValidationError):
        concept("a", range=(0, end))


def test_concept_cannot_be_changed():
    with pytest.raises(ValidationError):
        concept("a").label = "b"
