"""Figures on data and indicators: what they show."""

import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from dxmethod import figures_quality as figures
from dxmethod.figures import SIMULATED
from dxmethod.observations import Status


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def png(figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def statuses(units):
    rng = np.random.default_rng(1)
    codes = pd.Index([f"u{k}" for k in range(units)])
    table = pd.DataFrame(rng.integers(0, 2, (2, units)).astype(np.uint8), columns=codes)
    table.iloc[1, :] = np.uint8(Status.NO_EVIDENCE)
    return table, pd.Series(np.where(np.arange(units) % 3, "x", "y"), codes)


def test_missing_cells_stand_by_stratum_those_that_lack_most_first():
    table, groups = statuses(30)
    figure = figures.missing(table, ["1.1 $a$", "1.2 b"], groups, simulated=True)
    (image,) = figure.axes[0].images
    cells = np.asarray(image.get_array())
    assert cells[0, :20].tolist() == sorted(cells[0, :20], reverse=True)
    assert (cells[0, :20] == 1).sum() == (table.loc[0, groups == "x"] == 1).sum()
    shown = words(figure)
    assert {"x\n(20)", "y\n(10)", "1.1 $a$", SIMULATED} <= set(shown)
    assert "thiếu số liệu" in shown and "không áp dụng (KAD)" not in shown


def test_very_many_units_are_drawn_by_stratum():
    table, groups = statuses(figures.UNITS_DRAWN + 2)
    figure = figures.missing(table, ["a", "b"], groups)
    (image,) = figure.axes[0].images
    assert image.get_array().shape == (2, 2)
    assert words(figure).count("100%") == 2


def test_units_that_rated_themselves_higher_are_marked_and_the_furthest_named():
    units = pd.DataFrame(
        {
            "name": ["Xa nhất", "Bằng nhau", "Thấp hơn", "Không rõ"],
            "met_self": [0.9, 0.5, 0.4, np.nan],
            "met_verified": [0.2, 0.5, 0.6, 0.5],
        }
    )
    figure = figures.self_and_verified(units, "Tỷ lệ yêu cầu đạt")
    assert [len(dots.get_offsets()) for dots in figure.axes[0].collections] == [1, 2]
    shown = words(figure)
    assert "Xa nhất" in shown and "Bằng nhau" not in shown
    assert "Tỷ lệ yêu cầu đạt theo tự đánh giá (%)" in shown


@pytest.mark.parametrize(("levels", "printed"), [(2, True), (5, False)])
def test_rates_print_figures_only_where_there_is_room(levels, printed):
    frame = pd.DataFrame({"": [0.5, np.nan], "x": [0.25, 1.0], "y": [0.0, 0.1]})
    figure = figures.rates({f"Mức {k}": frame for k in range(levels)}, ["a", "b"], simulated=True)
    shown = words(figure)
    assert ("25%" in shown, "–" in shown) == (printed, printed)
    assert f"Mức {levels - 1}" in shown and SIMULATED in shown
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["chung", "x", "y"]


def test_the_same_figure_is_the_same_bytes():
    table, groups = statuses(10)
    draw = [png(figures.missing(table, ["a", "b"], groups)) for _ in range(2)]
    assert draw[0] == draw[1]
