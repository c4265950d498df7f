"""A small province: three communes, levels and points, self-assessed, verified and appealed."""

import pandas as pd
import pytest
from examples import LINE, concept, framework, group, indicator, levels, observe

from dxmethod.framework import Band, Rounding
from dxmethod.observations import NOTES, Observations
from dxmethod.rounds import Round
from dxmethod.season.scoring import make_plan
from dxmethod.season.workbook import write_workbook

CATALOGUE = {
    item.id: item
    for item in (
        concept("ho-so", label="Tỷ lệ hồ sơ trực tuyến"),
        concept("mang", label="Có mạng", measure="yes_no", unit="có/không"),
        concept("can-bo", label="Tỷ lệ cán bộ"),
    )
}


@pytest.fixture
def asked():
    return framework(
        group("g", indicator("a", concept="ho-so", points=60.0, value=LINE,
                             required={"co-ban": {"*": 50.0, "vùng cao": 30.0}, "cao": 80.0}),
              indicator("b", concept="mang", required={"co-ban": 1.0})),
        group("h", indicator("c", concept="can-bo", points=40.0, value=LINE,
                             required={"cao": 50.0})),
        levels=levels("co-ban", "cao"),
        bands=(Band(id="k", label="Khá"), Band(id="t", label="Tốt", at_least=70.0)),
        rounding=Rounding(decimals=1),
    )  # fmt: skip


def stage(columns, strata, *notes):
    made = observe(columns, CATALOGUE, strata)
    frame = pd.DataFrame(notes, columns=list(NOTES), dtype=object).fillna("") if notes else None
    return Observations(made.units, made.concepts, made.value, made.status, notes=frame)


@pytest.fixture
def found():
    strata = ["vùng cao", "đồng bằng", "đồng bằng"]
    nothing = [None, None, None]
    self_ = {"ho-so": [40, 85, 90], "mang": [1, 1, 0], "can-bo": [70, "KAD", "KMC 60"]}
    note = {"unit": "u2", "concept": "ho-so", "stage": "verified", "reason": "sai-so-lieu"}
    granted = {"unit": "u2", "concept": "mang", "stage": "final", "reason": "giai-trinh"}
    later = {"ho-so": [None, None, 75], "mang": nothing, "can-bo": nothing}
    final = {"ho-so": nothing, "mang": [None, None, 1], "can-bo": nothing}
    return Round({
        "self": stage(self_, strata),
        "verified": stage(later, strata, note),
        "final": stage(final, strata, granted),
    })  # fmt: skip


@pytest.fixture
def sheet(tmp_path, asked, found):
    """The workbook as written: its formulas are not computed yet."""
    path = tmp_path / "bang.xlsx"
    units = found.at("self").units
    write_workbook(make_plan(asked, CATALOGUE, units), path, found, source="Ví dụ")
    return path
