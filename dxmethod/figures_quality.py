"""Figures on data and on indicators: what is missing, what was verified, who passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .figures import FELL, NEW, SIMULATED, STILL, _drawing, _printed, _short, _styled
from .observations import STATUS_LABELS, Status
from .vietnamese import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart in grey print too: what is there is nearly white, what is missing is darkest.
_STATUS_TONES = {
    Status.OBSERVED: "#EEF3F8",
    Status.MISSING: "#1F4E79",
    Status.NOT_APPLICABLE: "#C9C9C9",
    Status.NO_OCCURRENCE: "#9A9A9A",
    Status.NO_EVIDENCE: "#D6604D",
}
# With more units, single columns of a heat map are thinner than a printed line.
UNITS_DRAWN = 400
# With fewer units, a rate is a guess: its cell is left blank.
FEWEST = 5


@_styled
def missing(
    table: pd.DataFrame, labels: Sequence[str], groups: pd.Series[str], simulated: bool = False
) -> Figure:
    """Draw what is there and what is missing, indicator by indicator (H2).

    Parameters
    ----------
    table : DataFrame of uint8, shape (R, U)
        Statuses as `incomplete.statuses` returns them.
    labels : sequence of str
        Names of the rows.
    groups : Series of str
        Stratum of each unit, "" where none is known.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        One column a unit, by stratum and then by how much it lacks; with very many units, one
        column a stratum, darker the more is missing.
    """
    figure, axes = _drawing(1.5 + 0.15 * len(table), simulated)
    if table.shape[1] > UNITS_DRAWN:
        _missing_shares(axes, table, groups)
    else:
        _missing_cells(figure, axes, table, groups)
    axes.set_yticks(range(len(table)), [_short(label, 44) for label in labels], fontsize=7)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _missing_cells(figure: Figure, axes: Axes, table: pd.DataFrame, groups: pd.Series[str]) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    lacks = (table == np.uint8(Status.MISSING)).sum(axis=0)
    known = groups.reindex(table.columns)
    names = sorted(known.unique())
    order = np.lexsort((-lacks.to_numpy(), known.map(names.index).to_numpy()))
    kinds = list(_STATUS_TONES)
    colours = ListedColormap([_STATUS_TONES[kind] for kind in kinds])
    cells = table.to_numpy()[:, order]
    axes.imshow(cells, colours, aspect="auto", vmin=-0.5, vmax=4.5, interpolation="nearest")
    sizes = np.bincount(known.map(names.index), minlength=len(names))
    ends = np.cumsum(sizes)
    for end in ends[:-1]:
        axes.axvline(end - 0.5, color="black", lw=0.8)
    words = [f"{_short(n or 'đơn vị', 16)}\n({size})" for n, size in zip(names, sizes, strict=True)]
    narrow = len(names) > 1 and sizes.min() < 0.15 * sizes.sum()  # names would run into each other
    axes.set_xticks(ends - sizes / 2 - 0.5, words, fontsize=7, rotation=60 if narrow else 0)
    shown = [kind for kind in kinds if (cells == kind).any()]
    handles = [
        Patch(facecolor=_STATUS_TONES[kind], edgecolor="#777777", label=STATUS_LABELS[kind])
        for kind in shown
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7)


def _missing_shares(axes: Axes, table: pd.DataFrame, groups: pd.Series[str]) -> None:
    known = groups.reindex(table.columns)
    lacking = table.isin([Status.MISSING, Status.NO_EVIDENCE]).T
    share = lacking.groupby(known.to_numpy()).mean().T
    _shaded(axes, share.to_numpy(), share.shape[1])
    axes.set_xticks(range(share.shape[1]), [_short(name or "đơn vị", 16) for name in share])


def _shaded(axes: Axes, cells: NDArray[np.float64], in_all: int) -> None:
    """Shade a table of shares, 0 to 1, and print them where there is room."""
    import matplotlib as mpl

    colours = mpl.colormaps["Blues"].with_extremes(bad="white")
    axes.imshow(np.ma.masked_invalid(cells), colours, aspect="auto", vmin=0, vmax=1.1)
    if in_all <= 12:
        for (row, column), share in np.ndenumerate(cells):
            words = "–" if np.isnan(share) else percent(share, 0)
            ink = "white" if share > 0.6 else "black"
            axes.text(column, row, words, ha="center", va="center", fontsize=6, color=ink)


@_styled
def self_and_verified(units: pd.DataFrame, what: str, simulated: bool = False) -> Figure:
    """Draw every unit by what it said of itself and by what was verified (H3).

    Parameters
    ----------
    units : DataFrame
        As `verification.gaps` returns it: `name`, `met_self`, `met_verified` (0 to 1).
    what : str
        What the two shares are, for the axes.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        Units below the line rated themselves higher; the three furthest are named.
    """
    figure, axes = _drawing(4.2, simulated)
    held = units.dropna(subset=["met_self", "met_verified"])
    x, y = 100 * held["met_self"].to_numpy(), 100 * held["met_verified"].to_numpy()
    higher = x > y + 1e-9
    for part, colour, mark, label in (
        (higher, FELL, "v", "tự đánh giá cao hơn thẩm định"),
        (~higher, NEW, "o", "không cao hơn"),
    ):
        axes.scatter(
            x[part], y[part], s=16, color=colour, marker=mark, alpha=0.6, lw=0, label=label
        )
    ends = [min(x.min(), y.min()), max(x.max(), y.max())] if len(held) else [0, 100]
    axes.plot(ends, ends, color=STILL, lw=1, zorder=0)
    for place in np.argsort(y - x, kind="stable")[:3]:
        if higher[place]:
            name = _short(held["name"].iloc[place], 24)
            axes.annotate(
                name, (x[place], y[place]), (5, -3), textcoords="offset points", fontsize=7
            )
    axes.set_xlabel(f"{what} theo tự đánh giá (%)")
    axes.set_ylabel(f"{what} theo thẩm định (%)")
    axes.xaxis.set_major_formatter(_printed(0))
    axes.yaxis.set_major_formatter(_printed(0))
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    return figure


@_styled
def rates(
    panels: Mapping[str, pd.DataFrame], labels: Sequence[str], simulated: bool = False
) -> Figure:
    """Draw the pass rate of every indicator, by level and stratum (H4).

    Parameters
    ----------
    panels : mapping of str to DataFrame
        By level (or what else is rated): rows are indicators, columns strata, cells shares from 0
        to 1; NaN where nothing is asked or too few units are known.
    labels : sequence of str
        Names of the rows.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a level, side by side; darker is a higher rate.
    """
    from matplotlib.figure import Figure

    columns = max(frame.shape[1] for frame in panels.values())
    figure = Figure(figsize=(6.3, 1.3 + 0.15 * len(labels) + 0.05 * columns))
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (name, frame) in zip(grid, panels.items(), strict=True):
        cells = frame.to_numpy(dtype=np.float64)
        _shaded(axes, cells, len(panels) * columns)
        axes.set_title(_short(name, 60 // max(len(panels), 1)), fontsize=8)
        tilt = 90 if len(panels) * columns > 6 else 0
        words = [_short(column or "chung", 16) for column in frame]
        axes.set_xticks(range(frame.shape[1]), words, rotation=tilt, fontsize=6.5)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    grid[0].set_yticks(range(len(labels)), [_short(label, 40) for label in labels], fontsize=7)
    if simulated:
        figure.suptitle(SIMULATED, fontsize=8, weight="bold", color=FELL)
    return figure
