"""Figures on where thresholds could stand: what they show."""

import matplotlib as mpl
import numpy as np
import pytest
from examples import framework, indicator, levels, observe

from dxmethod import figures_calibration as figures
from dxmethod.assessment import assess
from dxmethod.calibration.cutoffs import Grid, cutoffs, trade_off
from dxmethod.figures import SIMULATED

NAMES = {"muc-1": "Khởi động", "muc-2": "Kết nối"}


def words(figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text))


@pytest.fixture(scope="module")
def result():
    from dataclasses import replace

    required = {"muc-1": {"*": 50, "y": 20}, "muc-2": 80}
    rules = framework(indicator("a", required=required), levels=levels(*NAMES))
    reported = observe({"a": [10, 30, 60, 90, 100, 20]}, strata=[*"xxxxyy"])
    return assess(rules, replace(reported, simulated=True))


def test_curves_stand_with_the_thresholds_of_the_draft(result):
    label = "Tỷ lệ $a$ " + "rất dài " * 30
    figure = figures.reach(cutoffs(result, Grid(step=10)), "a", label, NAMES, ["", "x", "y"])
    lines = figure.axes[0].lines
    curve = next(line for line in lines if line.get_label() == "x (4)")
    at = dict(zip(*curve.get_data(), strict=True))
    assert (at[0], at[60], at[100]) == (100, 50, 0)
    shown = words(figure)
    assert "mức 1 (y)" in shown and "mức 2" in shown and SIMULATED in shown
    assert "tất cả đơn vị (6)" in shown and "…" in shown


def test_layers_add_up_to_all_units_wherever_the_threshold_stands(result):
    found = cutoffs(result, Grid(step=10))
    names = ["Chưa đạt", *NAMES.values()]
    figure = figures.level_moves(found, "a", "muc-1", "Tỷ lệ a", names)
    tops = figure.axes[0].collections[-1].get_paths()[0].vertices[:, 1]
    assert tops.max() == 6
    assert "dự thảo: 50" in words(figure) and "Kết nối" in words(figure)


def test_strata_stand_with_their_spread_under_the_draft_and_under_one_threshold(result):
    found = trade_off(result, "a", "muc-1", Grid(step=10))
    figure = figures.strata(found, "Tỷ lệ a", simulated=True)
    upper, lower = figure.axes
    y = next(line for line in upper.lines if line.get_label() == "y (2)")
    assert dict(zip(*y.get_data(), strict=True))[20] == 100
    hollow = [line for line in upper.lines if line.get_markerfacecolor() == "white"]
    assert sorted(float(line.get_xdata()[0]) for line in hollow) == [20, 50]
    assert np.isclose(lower.lines[0].get_ydata()[0], 50)
    assert "50,0 điểm %" in words(figure) and SIMULATED in words(figure)
