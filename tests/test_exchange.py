"""A framework out to tables and back: the same framework, whatever it holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from examples import catalogue, concept, framework, group, indicator
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import SUFFIXES, random_framework, read, write

from dxmethod.concepts import read_catalogue
from dxmethod.exchange import by_name, to_pages
from dxmethod.faults import Collector
from dxmethod.framework import framework_files, read_framework
from dxmethod.reading import read_by_name
from dxmethod.sheets import Cell

HOME = Path(__file__).parents[1] / "frameworks"
FILES = {path.relative_to(HOME).with_suffix("").as_posix(): path for path in framework_files(HOME)}
CATALOGUE = read_catalogue(HOME / "catalogue", Collector())


@pytest.mark.parametrize("name", FILES)
def test_shipped_framework_comes_back_the_same(name, tmp_path):
    made = read_framework(FILES[name], Collector())
    known = {key: CATALOGUE[key] for key in made.concepts}
    for suffix in SUFFIXES:
        back, faults = read(write(made, known, tmp_path / f"t{suffix}"), known)
        assert faults.faults == [] and back == made


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_any_framework_comes_back_the_same(suffix, tmp_path_factory, seed):
    made, known = random_framework(random.Random(seed))
    path = write(made, known, tmp_path_factory.mktemp("t") / f"t{suffix}")
    back, faults = read(path, known)
    assert faults.errors == ()
    assert back == made


NUMBERS = st.dictionaries(
    st.one_of(
        st.sampled_from(["*", "chung", "Chung", "a: b", "{x}", "7"]), st.text("ab ;:-", min_size=1)
    ),
    st.integers(0, 9).map(float),
)


@given(numbers=NUMBERS)
@settings(max_examples=100)
def test_numbers_by_name_come_back_under_the_same_names(numbers):
    numbers = {name: value for name, value in numbers.items() if name == name.strip()}
    faults = Collector()
    back = read_by_name(Cell(by_name(numbers), ""), faults, "điểm", None)
    assert (back, faults.faults) == (numbers, [])


def test_illustrative_rows_are_marked_and_sums_are_printed():
    line = {"kind": "linear", "at": (0, 100), "give": (0, 1)}
    made = framework(group("g", indicator("x", concept="c", points=2.5, value=line)))
    main = to_pages(made, catalogue(concept("c")))[0]
    assert "MINH HỌA" in main.notes[1]
    assert [row.look for row in main.rows] == ["group", "illustrative", "total"]
    assert [row.cells.get("points") for row in main.rows] == [2.5, 2.5, 2.5]
