"""The weights of the provincial index of 2024, which nobody published, from its printed results."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dxmethod.calibration.weights import from_levels, recover

DTI = Path(__file__).resolve().parents[2] / "data" / "dti"
RATIO = np.array([5, 5, 14, 10, 10, 20, 15, 15])
HALF = 5e-5  # four decimals printed


@pytest.fixture(scope="module")
def published():
    parts = pd.read_csv(DTI / "main-indices-2024.csv", dtype={"unit": str}).set_index("unit")
    totals = pd.read_csv(DTI / "published-totals.csv", dtype={"unit": str, "unit_system": str})
    own = totals[(totals["year"] == 2024) & (totals["unit_system"] == "34")].set_index("unit")
    return parts.drop(columns="name"), own.reindex(parts.index)


def test_shares_of_2024_come_out_of_34_rows(published):
    parts, own = published
    found = recover(parts, own["total"], half_parts=HALF, half_total=HALF)
    assert len(parts) == 34 and found.compatible
    assert found.residual < 7e-5 < 0.05 < found.residual_equal
    share = RATIO / 94
    assert (found.table["low"] <= share).all() and (share <= found.table["high"]).all()
    assert (found.table["high"] - found.table["low"]).max() < 0.0015
    np.testing.assert_allclose(found.table["weight"], share, atol=2e-4)
    assert not found.scale_known and found.alike.empty


def test_no_smaller_whole_numbers_give_every_printed_digit(published):
    parts, own = published
    found = recover(parts, own["total"], half_parts=HALF, half_total=HALF)
    assert found.table["ratio"].tolist() == RATIO.tolist()


def test_shares_of_2024_are_not_those_of_2022(published):
    parts, own = published
    old = np.array([100, 100, 100, 100, 100, 200, 150, 150]) / 1000
    table = recover(parts, own["total"], half_parts=HALF, half_total=HALF).table
    outside = (old < table["low"]) | (table["high"] < old)
    assert outside.sum() == 8


def test_one_wrong_row_is_seen(published):
    parts, own = published
    total = own["total"].copy()
    total.iloc[5] += 1e-3  # one digit mistyped
    found = recover(parts, total, half_parts=HALF, half_total=HALF, draws=200)
    assert not found.compatible


def test_printed_ranks_alone_come_near(published):
    parts, own = published
    found = from_levels(parts, -own["rank"].astype(int), draws=2)
    np.testing.assert_allclose(found.table["weight"], RATIO / 94, atol=0.01)
    assert found.agreement > 0.99 > 0.95 > found.agreement_equal
