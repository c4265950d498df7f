"""Every criterion of a tier that is no more has one disposition, with reason and competence."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import framework, indicator

from dxmethod.concepts import Competence
from dxmethod.dispositions import (
    Disposition,
    Dispositions,
    check_dispositions,
    fidelity_words,
    read_dispositions,
)
from dxmethod.faults import Collector
from dxmethod.framework import read_framework

HOME = Path(__file__).parents[1] / "frameworks"
FORMER = framework(indicator("a"), indicator("b"), id="cu/district")
TARGET = framework(indicator("x"), id="cu/commune")
COMMUNE = Competence(level="commune", basis="Nghị định 1")


def disposed(*items: Disposition) -> Dispositions:
    return Dispositions(
        kind="dispositions",
        format=1,
        id="cu",
        title="Cũ",
        framework=FORMER.id,
        target=TARGET.id,
        dispositions=items,
    )


def dispose(name: str, move: str = "drop", **fields) -> Disposition:
    return Disposition(indicator=name, move=move, reason="vì thế", **fields)


def test_what_is_complete_has_no_fault():
    found = disposed(dispose("a", "merge", into="x", competence=COMMUNE), dispose("b"))
    assert check_dispositions(found, FORMER, TARGET) == []
    assert found.proposed == 2
    assert fidelity_words(found.dispositions[0]) == "đề xuất"
    assert fidelity_words(dispose("a", fidelity="official")) == "văn bản"


FAULTY = {
    "forgotten": ((dispose("a"),), "tiêu chí “b”: có 0 lần"),
    "twice": ((dispose("a"), dispose("a"), dispose("b")), "tiêu chí “a”: có 2 lần"),
    "unknown": ((dispose("a"), dispose("b"), dispose("c")), "không có trong cu/district"),
    "no such target": (
        (dispose("a", "merge", into="y", competence=COMMUNE), dispose("b")),
        "mục into: có “y”",
    ),
    "merged into nothing": (
        (dispose("a", "merge", competence=COMMUNE), dispose("b")),
        "mục into: để trống",
    ),
    "dropped into something": ((dispose("a", into="x"), dispose("b")), "bỏ mục này: bỏ"),
    "nobody competent": ((dispose("a", "up"), dispose("b")), "mục competence: chưa rõ"),
    "no document": (
        (dispose("a", "down", competence=Competence(level="commune")), dispose("b")),
        "mục competence: chưa rõ",
    ),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_fault_is_said(case):
    items, words = FAULTY[case]
    (fault,) = check_dispositions(disposed(*items), FORMER, TARGET)
    assert words in str(fault)


@pytest.mark.parametrize(
    "path", sorted((HOME / "dispositions").glob("*.yml")), ids=lambda p: p.stem
)
def test_shipped_dispositions_speak_of_every_criterion(path):
    faults = Collector()
    found = read_dispositions(path, faults)
    assert found is not None, faults.faults
    former = read_framework(HOME / f"{found.framework}.yml", faults)
    target = read_framework(HOME / f"{found.target}.yml", faults)
    assert check_dispositions(found, former, target) == []
    assert found.id == path.stem
