"""The columns: no header can be taken for another column's."""

from __future__ import annotations

import pytest

from dxmethod.columns import (
    BAND_COLUMNS,
    CONCEPT_COLUMNS,
    DOCUMENT_COLUMNS,
    FIELDS,
    LEVEL_COLUMNS,
    WORDS,
    main_columns,
)
from dxmethod.framework import Framework, Level
from dxmethod.sheets import squeeze

STEPS = (Level(id="m1", label="Một"), Level(id="m2", label="Hai"))


@pytest.mark.parametrize(
    "columns",
    [
        DOCUMENT_COLUMNS,
        LEVEL_COLUMNS,
        BAND_COLUMNS,
        CONCEPT_COLUMNS,
        main_columns((), points=True, components=True),
        main_columns((), points=True),
        main_columns(STEPS, points=True, verified=True),
        main_columns(STEPS, points=False, components=True),
    ],
)
def test_every_header_and_key_stands_once(columns):
    for names in ([c.key for c in columns], [squeeze(c.header) for c in columns]):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("levels", [(), STEPS])
@pytest.mark.parametrize("components", [False, True])
def test_number_of_components_always_has_a_column(levels, components):
    keys = [c.key for c in main_columns(levels, points=True, components=components)]
    assert keys.count("components") == 1


@pytest.mark.parametrize("key", WORDS)
def test_words_for_one_field_differ(key):
    words = [squeeze(word) for word in WORDS[key].values()]
    assert len(set(words)) == len(words)


def test_every_field_of_a_framework_has_its_place():
    held = {key.partition(".")[0] for key, _, _ in FIELDS}
    elsewhere = {"kind", "format", "levels", "bands", "tree"}
    assert held | elsewhere == set(Framework.model_fields)
