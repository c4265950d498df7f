"""The shipped tables of units: counts that the agencies published, and what a merger conserves."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import concept

from dxmethod.faults import Collector
from dxmethod.merging import merge
from dxmethod.observations import Observations
from dxmethod.units import Crosswalk, read_crosswalk

UNITS = Path(__file__).resolve().parents[2] / "data" / "units"
ISLANDS = {"318", "471", "498", "536", "755"}  # districts that had no commune


def crosswalk(name: str) -> Crosswalk:
    faults = Collector()
    found = read_crosswalk(UNITS / name, faults)
    assert faults.faults == []
    return found


@pytest.fixture(scope="module")
def communes() -> Crosswalk:
    return crosswalk("communes-2025.csv")


def test_tables_are_those_that_the_readme_hashes():
    said = dict(
        re.findall(
            r"`([a-z0-9-]+\.csv)` \| `([0-9a-f]{64})`", (UNITS / "README.md").read_text("utf-8")
        )
    )
    assert set(said) == {path.name for path in UNITS.glob("*.csv")}
    for name, digest in said.items():
        assert hashlib.sha256((UNITS / name).read_bytes()).hexdigest() == digest, name


def test_63_provinces_became_34():
    table = crosswalk("provinces-2025.csv").table
    assert (table["old"].nunique(), table["new"].nunique()) == (63, 34)


def test_10_035_former_communes_became_3_321(communes):
    former = communes.table.drop_duplicates("old").set_index("old")
    assert set(former.index[former["old_kind"] == "huyện"]) == ISLANDS
    assert len(former) - len(ISLANDS) == 10_035
    present = communes.table.drop_duplicates("new")
    assert present["new_kind"].value_counts().to_dict() == {
        "xã": 2621,
        "phường": 687,
        "đặc khu": 13,
    }


def test_every_former_commune_stays_in_the_province_that_its_own_went_to(communes):
    provinces = crosswalk("provinces-2025.csv").table.set_index("old")["new"]
    went_to = communes.table["old_province"].map(provinces)
    assert (went_to == communes.table["new_province"]).all()


def test_every_divided_commune_has_one_default_unit(communes):
    rows = communes.table[communes.divided]
    assert rows["old"].nunique() == 451
    assert set(rows["part"]) == {"part"}
    assert (rows.groupby("old")["is_default"].agg(lambda flags: (flags == "1").sum()) == 1).all()


def test_second_reading_agrees_on_at_least_99_5_per_cent(communes):
    """Compared when the tables were built; what differs is listed, and is as the table says."""
    listed = pd.read_csv(UNITS / "communes-2025-differences.csv", dtype=str).fillna("")
    assert listed["old"].is_unique
    assert len(listed) <= 0.005 * communes.table["old"].nunique()
    went_to = communes.table.groupby("old")["new"].agg(set)
    for row in listed.itertuples():
        assert set(row.only_here.split()) <= went_to[row.old]
        assert not set(row.only_second.split()) & went_to[row.old]
        assert row.only_here or row.only_second


def test_a_count_of_the_whole_country_is_conserved(communes):
    """Whole mergers to the last person; divided communes too, whatever is assumed of them."""
    olds = communes.table["old"].unique()
    people = np.random.default_rng(5).integers(100, 60_000, len(olds)).astype(float)
    units = pd.DataFrame({"name": olds}, index=pd.Index(olds, name="unit"))
    counted = concept("dan-so", measure="number", unit="người")
    reported = Observations(
        units, (counted,), people[:, None], np.zeros((len(olds), 1), dtype=np.uint8)
    )
    entire = communes.table.groupby("new")["part"].transform(lambda kinds: (kinds == "whole").all())
    for assumption in ("equal", "default"):
        made = merge(reported, communes, assumption=assumption)
        assert len(made.observations.units) == 3321
        held = pd.Series(
            np.nan_to_num(made.observations.value[:, 0]), made.observations.units.index
        )
        assert held.sum() == pytest.approx(people.sum(), rel=1e-12)
        whole = communes.table[entire]
        before = pd.Series(people, olds)[whole["old"]].sum()
        assert held[whole["new"].unique()].sum() == before
        assert not made.touched[made.observations.units.index.isin(whole["new"])].any()
