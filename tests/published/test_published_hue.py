"""Huế 2020: points that do not apply leave the denominator (tests/published/data/README.md)."""

from pathlib import Path

import pandas as pd
import pytest
from examples import LINE, catalogue, framework, indicator, observe

from dxmethod.assessment import assess
from dxmethod.framework import Policy

ROWS = pd.read_csv(Path(__file__).parent / "data" / "hue-2020.csv").to_dict("records")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['part']}, {row['unit']}")
def test_points_are_rescaled_as_published(row):
    """The sheet of one district: what applies earned its points, the rest does not apply."""
    applies = row["max_points"] - row["not_applicable"]
    sheet = framework(
        indicator("ap-dung", points=float(applies), value=LINE),
        indicator("khong-ap-dung", points=float(row["not_applicable"]), value=LINE),
        policy=Policy(not_applicable="excluded", rescale="sheet"),
    )
    assert sheet.maximum == row["max_points"]
    columns = {"ap-dung": [row["obtained"] / applies * 100], "khong-ap-dung": ["KAD"]}
    found = assess(sheet, observe(columns, catalogue(*columns)))
    assert found.points.total == pytest.approx([row["rescaled_published"]], abs=0.01)


def test_all_twelve_published_rows_are_tried():
    assert len(ROWS) == 12
    assert sum(row["not_applicable"] > 0 for row in ROWS) == 4
