"""Figures: what they show, and that names in them stay names."""

import io

import matplotlib as mpl
import pandas as pd
import pytest

import dxmethod as dx
from dxmethod import figures
from dxmethod.comparison import compare, weights


@pytest.fixture(scope="module")
def revision():
    return dx.open_revision("dti-2022-to-2024")


@pytest.fixture(scope="module")
def comparison(revision):
    return compare(revision.baseline, revision.draft(), revision.observations)


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def png(figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def test_weights_print_vietnamese_numbers_and_say_what_is_absent(revision):
    table = weights(revision.baseline, revision.draft())
    shown = words(figures.weights(table, "Phiên bản 2022", "Phiên bản 2024"))
    assert {"14,89", "5,32", "không có", "Phiên bản 2022", "Hạ tầng số"} <= set(shown)


def test_rank_shifts_name_every_unit_and_how_far_it_moved(comparison):
    shown = words(figures.rank_shifts(comparison, "cũ", "mới"))
    assert "16  Khánh Hòa (+2)" in shown
    assert "TP. Đà Nẵng  15" in shown
    assert len([text for text in shown if "TP. Hà Nội" in text]) == 2


def test_rank_shifts_of_many_units_keep_those_that_moved_furthest(comparison):
    shown = words(figures.rank_shifts(comparison, "cũ", "mới", limit=7))
    moved = comparison.units.loc[comparison.units["rank_shift"].abs() == 2, "name"]
    assert len(moved) == 7
    assert all(any(name in text for text in shown) for name in moved)
    assert not any("TP. Hà Nội" in text for text in shown)


def test_totals_give_both_means(comparison):
    shown = words(figures.totals(comparison, "Phiên bản 2022", "Phiên bản 2024"))
    assert "trung bình phiên bản 2022: 0,7187" in shown
    assert "trung bình phiên bản 2024: 0,7005" in shown


def test_the_same_figure_is_the_same_bytes_whatever_the_user_set(comparison):
    first = png(figures.totals(comparison, "a", "b"))
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "pink", "lines.linewidth": 9}):
        second = png(figures.totals(comparison, "a", "b"))
        assert mpl.rcParams["font.size"] == 20
    assert first == second


def test_climb_has_a_panel_for_each_group_as_the_new_version_calls_it():
    rows = [
        ("a", "Nhóm cũ", 1, 3, 3, 0),
        ("b", "Khác", 1, 2, 2, 0),
        ("", "Cộng", 1, 5, 5, 0),
        ("a", "Nhóm cũ", 2, 4, 1, 2),
    ]
    names = ["group", "label", "level", "requirements", "new", "raised"]
    old = pd.DataFrame(rows, columns=names)
    new = old.replace("Nhóm cũ", "Nhóm mới")
    figure = figures.climb({"Phiên bản 1": old, "Phiên bản 2": new})
    assert [axes.get_title() for axes in figure.axes if axes.axison] == ["Nhóm mới", "Khác"]
    heights = sorted({bar.get_height() for bar in figure.axes[0].patches})
    assert heights == [3, 4]  # what is new or rises is drawn inside what is asked
    assert "Phiên bản 2: mới hoặc cao hơn" in words(figure)


def test_shares_are_drawn_whole_and_named_once():
    table = pd.DataFrame({"label": ["tự động", "báo cáo"], "share": [0.25, 0.75]}, index=list("ab"))
    figure = figures.shares({"Nguồn": {"Phiên bản 1": table, "Phiên bản 2": table.iloc[1:]}})
    shown = words(figure)
    assert shown.count("tự động") == 1 and "25%" in shown and "75%" in shown


@pytest.mark.parametrize("name", ["$x^2$", "$\\frac{", "\\alpha", "<b>", "tên\nhai dòng"])
def test_a_name_is_text_not_a_formula(name):
    table = pd.DataFrame({"label": [name], "share_old": [0.4], "share_new": [0.6]})
    figure = figures.weights(table, name, name)
    assert png(figure)
    assert " ".join(name.split()) in words(figure)


def test_simulated_data_is_said_in_the_picture(revision):
    held = revision.observations
    simulated = dx.Observations(
        held.units, held.concepts, held.value, held.status, held.source, simulated=True
    )
    comparison = compare(revision.baseline, revision.draft(), simulated)
    for draw in (figures.totals, figures.rank_shifts):
        assert figures.SIMULATED in words(draw(comparison, "a", "b"))
