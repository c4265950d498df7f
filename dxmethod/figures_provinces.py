"""Figures on provinces' own versions: how far national levels are still known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .figures import NEW, OLD, ROSE, _drawing, _printed, _short, _styled
from .vietnamese import number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_TONES = (ROSE, NEW, "#5B8DB8", OLD, "#D9D9D9")


@_styled
def interval_widths(table: pd.DataFrame, simulated: bool = False) -> Figure:
    """Draw between how many levels the national level of units lies, province by province.

    Parameters
    ----------
    table : DataFrame of int
        Units by province and what is known (rows, by label) and by the words for how many levels
        lie between the bounds (columns, none first, at most five).
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        One bar a row, shares of its units; counts stand inside.
    """
    figure, axes = _drawing(1.15 + 0.34 * len(table), simulated)
    rows, left = np.arange(len(table)), np.zeros(len(table))
    for colour, name in zip(_TONES, table, strict=False):
        counts = table[name].to_numpy()
        width = 100 * counts / table.sum(axis=1).to_numpy()
        axes.barh(rows, width, 0.66, left, color=colour, edgecolor="white", label=str(name))
        ink = "black" if colour in _TONES[3:] else "white"
        for row in np.flatnonzero(width >= 4):
            at = (left[row] + width[row] / 2, row)
            axes.annotate(number(counts[row]), at, ha="center", va="center", size=7.5, color=ink)
        left += width
    axes.set_yticks(rows, [_short(str(name), 46) for name in table.index])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("Tỷ lệ đơn vị (%)")
    axes.xaxis.set_major_formatter(_printed(0))
    figure.legend(loc="outside lower center", ncols=5, fontsize=8, handlelength=1.0)
    return figure
