"""Figures on change: what it is made of, what stands before the next level, how far units are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .figures import (
    FELL,
    NEW,
    OLD,
    ROSE,
    SIMULATED,
    STILL,
    _drawing,
    _printed,
    _short,
    _styled,
)
from .vietnamese import number, signed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@_styled
def waterfall(
    start: float,
    parts: pd.Series[float],
    end: float,
    start_label: str,
    end_label: str,
    what: str,
    decimals: int = 0,
    simulated: bool = False,
) -> Figure:
    """Draw how one figure becomes another, part by part.

    Parameters
    ----------
    start, end : float
        The two figures.
    parts : Series of float
        By label, in the order to draw; they add up to `end` less `start`.
    start_label, end_label : str
        Names of the two figures.
    what : str
        What is drawn, with its unit, for the axis.
    decimals : int
        Digits printed.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        One line a part, read downwards; falls are hatched. The axis says so when it does not begin
        at 0.

    Raises
    ------
    ValueError
        If the parts do not add up.
    """
    values = parts.to_numpy(dtype=np.float64)
    if not np.isclose(start + values.sum(), end, rtol=0, atol=1e-6 * max(1.0, abs(end))):
        raise ValueError(f"{start} + {values.sum()} ≠ {end}")
    reached = start + np.concatenate([[0.0], np.cumsum(values)])
    low, high = min(reached.min(), 0.0), max(reached.max(), 0.0)
    moved = float(np.ptp(reached))
    cut = low == 0 and moved > 0 and reached.min() > 5 * moved  # parts too small beside the whole
    low = reached.min() - 0.25 * moved if cut else low
    figure, axes = _drawing(0.9 + 0.27 * (len(values) + 2), simulated)
    last = len(values) + 1
    axes.barh([0, last], [start - low, end - low], 0.62, low, color=NEW)
    for place, (part, before) in enumerate(zip(values, reached, strict=False), 1):
        fell = part < 0
        colour = FELL if fell else ROSE
        bar = axes.barh(place, part, 0.62, before, color=colour, alpha=0.85)
        for patch in bar if fell else ():
            patch.set(hatch="////", edgecolor="white", linewidth=0)
        axes.plot([before, before], [place - 1.31, place + 0.31], color=STILL, lw=0.8, zorder=0)
    axes.plot([end, end], [last - 1.31, last + 0.31], color=STILL, lw=0.8, zorder=0)
    words = [
        number(start, decimals),
        *(signed(v, decimals) for v in values.tolist()),
        number(end, decimals),
    ]
    tips = [start, *np.maximum(reached[:-1], reached[1:]), end]
    for place, (tip, word) in enumerate(zip(tips, words, strict=True)):
        axes.annotate(word, (tip, place), (3, 0), textcoords="offset points", va="center", size=8)
    labels = [start_label, *parts.index, end_label]
    axes.set_yticks(range(last + 1), [_short(label, 44) for label in labels])
    axes.invert_yaxis()
    axes.set_xlim(low, max(high, low) + 0.14 * (max(high, low) - low or 1.0))
    axes.set_xlabel(f"{what} (trục không bắt đầu từ 0)" if cut else what)
    axes.xaxis.set_major_formatter(_printed(decimals))
    return figure


@_styled
def blockers(
    table: pd.DataFrame,
    levels: Mapping[str, str],
    what: str = "tiêu chí",
    limit: int = 15,
    simulated: bool = False,
) -> Figure:
    """Draw how many units each criterion stands before, level by level (H7).

    Parameters
    ----------
    table : DataFrame
        As `Progress.by_criterion` returns it.
    levels : mapping of id to str
        Labels of the levels, lowest first.
    what : str
        What the document calls its criteria.
    limit : int
        With more criteria, those before most units are drawn.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a level at which something is failed; the dark part of a bar, and the number in
        brackets, are units that need this criterion and nothing else.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    order = table.groupby("indicator", sort=False)[["blocked", "alone"]].sum()
    order = order.sort_values(["blocked", "alone"], ascending=False, kind="stable").head(limit)
    known = table.drop_duplicates("indicator").set_index("indicator").loc[order.index]
    labels = [" ".join(pair) for pair in zip(known["code"], known["label"], strict=True)]
    drawn = {place: name for place, name in levels.items() if (table["level"] == place).any()}
    figure = Figure(figsize=(6.3, 1.1 + 0.19 * len(order)))
    grid = figure.subplots(1, len(drawn), sharey=True, sharex=True, squeeze=False)[0]
    rows = np.arange(len(order))
    for axes, (level, name) in zip(grid, drawn.items(), strict=True):
        own = table[table["level"] == level].set_index("indicator").reindex(order.index)
        blocked, alone = (own[c].fillna(0).to_numpy(dtype=np.float64) for c in ("blocked", "alone"))
        axes.barh(rows, blocked, 0.7, color=OLD)
        axes.barh(rows, alone, 0.7, color=NEW)
        for row in np.flatnonzero(blocked):
            word = number(blocked[row]) + (f" ({number(alone[row])})" if alone[row] else "")
            at = (blocked[row], row)
            axes.annotate(word, at, (2, 0), textcoords="offset points", va="center", size=6)
        axes.set_title(_short(name, 60 // len(drawn)), fontsize=8)
        axes.locator_params(axis="x", nbins=3, integer=True)
        axes.tick_params(labelsize=7)
        axes.tick_params(axis="y", length=0)
    grid[0].set_xlim(0, 1.6 * max(float(table["blocked"].max()), 1.0))
    grid[0].set_yticks(rows, [_short(label, 44) for label in labels], fontsize=7)
    grid[0].set_ylim(len(order) - 0.4, -0.6)
    handles = [
        Patch(color=NEW, label=f"số đơn vị chỉ thiếu {what} này"),
        Patch(color=OLD, label=f"số đơn vị thiếu cả {what} khác"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=8)
    if simulated:
        figure.suptitle(SIMULATED, fontsize=8, weight="bold", color=FELL)
    return figure


@_styled
def distances(table: pd.DataFrame, simulated: bool = False) -> Figure:
    """Draw how far units are from the next level, by stratum.

    Parameters
    ----------
    table : DataFrame
        As `Progress.distances` returns it.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        One bar a stratum, shares of its units; counts stand inside.
    """
    figure, axes = _drawing(1.15 + 0.34 * len(table), simulated)
    within = [str(name) for name in table if str(name).startswith("within")]
    parts = table[within].diff(axis=1).fillna(table[within[:1]]).astype(int)
    parts = parts.set_axis([f"cách {n}" for n in range(1, len(within) + 1)], axis=1)
    parts["xa hơn"], parts["đã ở mức cao nhất"] = table["beyond"], table["top"]
    rows, left = np.arange(len(table)), np.zeros(len(table))
    for colour, name in zip((NEW, "#5B8DB8", OLD, "#D9D9D9", ROSE), parts, strict=True):
        counts = parts[name].to_numpy()
        width = 100 * counts / table["units"].to_numpy()
        axes.barh(rows, width, 0.66, left, color=colour, edgecolor="white", label=name)
        ink = "white" if colour in (NEW, "#5B8DB8", ROSE) else "black"
        for row in np.flatnonzero(width >= 4):
            at = (left[row] + width[row] / 2, row)
            axes.annotate(number(counts[row]), at, ha="center", va="center", size=7.5, color=ink)
        left += width
    names = {"*": "Cộng", "": "không rõ"}
    words = [
        f"{_short(names.get(name, name), 28)} ({number(units)})"
        for name, units in zip(table.index, table["units"], strict=True)
    ]
    axes.set_yticks(rows, words)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("Tỷ lệ đơn vị (%)")
    axes.xaxis.set_major_formatter(_printed(0))
    figure.legend(loc="outside lower center", ncols=5, fontsize=8, handlelength=1.0)
    return figure
