"""The provincial index: totals and ranks as the agency published them (data/dti/README.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dxmethod.assessment import Assessment, assess
from dxmethod.attribution import attribute, weighed
from dxmethod.comparison import compare
from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector
from dxmethod.framework import Framework, read_framework
from dxmethod.merging import merge
from dxmethod.observations import Observations
from dxmethod.points import rank_totals
from dxmethod.units import read_crosswalk

ROOT = Path(__file__).resolve().parents[2]
DTI = ROOT / "data" / "dti"
PRINTED = 1e-4  # four decimals printed, of eight main indices with four decimals each


@pytest.fixture(scope="module")
def catalogue():
    faults = Collector()
    found = read_catalogue(ROOT / "frameworks" / "catalogue", faults)
    assert faults.faults == []
    return found


def version(name: str) -> Framework:
    faults = Collector()
    found = read_framework(ROOT / "frameworks" / name / "province.yml", faults)
    assert faults.faults == []
    return found


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"unit": str, "unit_system": str})


def main_indices(frame: pd.DataFrame, catalogue) -> Observations:
    """Observations of one year."""
    kept = frame.set_index("unit").drop(columns=["year"], errors="ignore")
    return Observations.from_frame(kept, catalogue)


def published(year: int, system: str) -> pd.DataFrame:
    totals = table(DTI / "published-totals.csv")
    return totals[(totals["year"] == year) & (totals["unit_system"] == system)].set_index("unit")


def largest_gap(found: Assessment, wanted: pd.Series) -> float:
    total = pd.Series(found.points.total, index=found.observations.units.index)
    assert len(total) > 0
    return (total - wanted.reindex(total.index)).abs().max()


@pytest.mark.parametrize("year", [2022, 2023])
def test_totals_of_ten_provinces_under_decision_922(catalogue, year):
    frame = table(DTI / "main-indices-2022-2023-partial.csv")
    reported = main_indices(frame[frame["year"] == year], catalogue)
    assert len(reported.units) == 10
    found = assess(version("mic-922-2022"), reported)
    assert largest_gap(found, published(year, "63")["total"]) < PRINTED


@pytest.fixture(scope="module")
def of_2024(catalogue):
    return main_indices(table(DTI / "main-indices-2024.csv"), catalogue)


def test_totals_of_34_provinces_in_2024(of_2024):
    found = assess(version("dti-2024"), of_2024)
    assert len(of_2024.units) == 34
    assert largest_gap(found, published(2024, "34")["total"]) < PRINTED


def test_ranks_of_34_provinces_in_2024_are_the_published_ones(of_2024):
    found = assess(version("dti-2024"), of_2024)
    wanted = published(2024, "34")["rank"].reindex(of_2024.units.index)
    assert found.rank.tolist() == wanted.astype(int).tolist()


@pytest.mark.parametrize(
    ("name", "column"), [("mic-922-2022", "weights_2022"), ("dti-2024", "weights_2024")]
)
def test_ranks_and_totals_under_both_weights_are_exact(of_2024, name, column):
    """Expected figures were computed with exact fractions, outside the package."""
    wanted = table(Path(__file__).parent / "data" / "dti-2024-ranks-two-weights.csv")
    wanted = wanted.set_index("unit").reindex(of_2024.units.index)
    found = assess(version(name), of_2024)
    assert found.rank.tolist() == wanted[f"rank_{column}"].tolist()
    np.testing.assert_allclose(found.points.total, wanted[f"total_{column}"], atol=5.01e-7, rtol=0)


def test_merged_provinces_are_plain_means_of_the_old_ones(catalogue):
    """DTI 2024 published for the 63 provinces, carried to the 34, against what was published."""
    faults = Collector()
    crosswalk = read_crosswalk(ROOT / "data" / "units" / "provinces-2025.csv", faults)
    assert faults.faults == []
    old, new = published(2024, "63"), published(2024, "34")
    concept = next(iter(catalogue))
    frame = old[["name", "total"]].rename(columns={"total": concept})
    merged = merge(Observations.from_frame(frame, catalogue), crosswalk, "mean").observations
    assert merged.units.index.sort_values().tolist() == new.index.sort_values().tolist()
    wanted = new["total"].reindex(merged.units.index).to_numpy()
    np.testing.assert_allclose(merged.value[:, 0], wanted, atol=PRINTED, rtol=0)
    assert merged.names.to_dict() == new["name"].reindex(merged.units.index).to_dict()


def test_mean_of_the_63_provinces_in_2024_is_the_one_in_the_press():
    totals = published(2024, "63")["total"]
    assert len(totals) == 63
    assert totals.mean() == pytest.approx(0.6961, abs=5e-5)


@pytest.mark.parametrize(("year", "twice", "never"), [(2022, 15, 16), (2023, 59, 60)])
def test_equal_provinces_share_the_better_rank_as_published(year, twice, never):
    totals = published(year, "63")
    rank = rank_totals(totals["total"].to_numpy(dtype=float), "competition")
    assert (rank == twice).sum() == 2
    assert (rank == never).sum() == 0
    printed = totals["rank"].notna().to_numpy()
    assert printed.any()
    assert rank[printed].tolist() == totals["rank"][printed].astype(int).tolist()


def test_the_shift_of_every_province_is_explained_by_eight_weights_and_by_four_changes(
    catalogue,
) -> None:
    current = main_indices(table(DTI / "main-indices-2024.csv"), catalogue)
    found = compare(version("mic-922-2022"), version("dti-2024"), current)
    shift = found.units["total_shift"]
    by_weight = weighed(found)
    assert by_weight.drop(columns="do-thi-thong-minh", errors="ignore").shape == (34, 8)
    assert (by_weight.sum(axis=1) - shift).abs().max() < 1e-12
    for outcome, moved in (("total", shift), ("rank", found.units["rank_shift"])):
        made = attribute(found, outcome=outcome)
        assert made.method == "enumeration"
        assert len(made.bundles.players) == 4  # three weights changed, one index dropped
        assert (made.shapley.sum() - moved).abs().max() < 1e-12
