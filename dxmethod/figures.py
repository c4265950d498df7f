"""Figures for print: one function a figure; takes results, returns a matplotlib Figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from textwrap import fill
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from .comparison import Comparison
from .vietnamese import number, signed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart in colour, in grey print and by colour-blind readers: light old, dark new.
OLD, NEW = "#9DB7D5", "#1F4E79"
ROSE, FELL, STILL = "#1B7837", "#B2182B", "#A6A6A6"

_TONES = ("#1F4E79", "#9DB7D5", "#595959", "#D9D9D9", "#1B7837")

SIMULATED = "SỐ LIỆU MÔ PHỎNG"

_WIDTH = 6.3  # inches: the text width of an A4 page with official margins
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.unicode_minus": False,
    "legend.frameon": False,
    # A dollar sign in a name is a dollar sign, not a formula.
    "text.parse_math": False,
    "figure.constrained_layout.use": True,
}


P = ParamSpec("P")


@contextmanager
def _style() -> Iterator[None]:
    """Draw under the project's style alone, and leave the user's settings as they were."""
    import matplotlib as mpl

    settings: Any = mpl.rcParams
    with mpl.rc_context():
        mpl.rcdefaults()
        settings.update(_STYLE)
        yield


def _styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw a figure, and later save it, under the project's style."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with _style():
            figure = draw(*args, **kwargs)
        save = figure.savefig

        def savefig(*to: Any, **how: Any) -> None:
            with _style():  # some sizes are settled only when the figure is saved
                save(*to, **how)

        figure.savefig = savefig  # type: ignore[method-assign]
        return figure

    return styled


def _drawing(height: float, simulated: bool = False) -> tuple[Figure, Axes]:
    """Return a figure of page width with one set of axes; independent of pyplot's state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_subplot()
    if simulated:
        axes.set_title(SIMULATED, fontsize=8, weight="bold", color=FELL)
    return figure, axes


@_styled
def weights(table: pd.DataFrame, old: str, new: str) -> Figure:
    """Draw the weight of each group under two versions (H1).

    Parameters
    ----------
    table : DataFrame
        As `comparison.weights` returns it.
    old, new : str
        Names of the two versions.

    Returns
    -------
    matplotlib.figure.Figure
        Paired bars, per cent of the total.
    """
    figure, axes = _drawing(1.2 + 0.42 * len(table))
    rows = np.arange(len(table))[::-1]
    for offset, column, label, colour in (
        (0.2, "share_old", old, OLD),
        (-0.2, "share_new", new, NEW),
    ):
        shares = 100 * table[column].to_numpy(dtype=np.float64)
        bars = axes.barh(rows + offset, np.nan_to_num(shares), 0.38, color=colour, label=label)
        words = ["không có" if np.isnan(share) else number(share, 2) for share in shares]
        axes.bar_label(bars, words, padding=3, fontsize=8)
    axes.set_yticks(rows, [_short(label, 34) for label in table["label"]])
    axes.set_xlabel("Tỷ trọng trong tổng (%)")
    axes.xaxis.set_major_formatter(_printed(0))
    axes.margins(x=0.12)
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@_styled
def rank_shifts(comparison: Comparison, old: str, new: str, limit: int = 70) -> Figure:
    """Draw ranks under two versions, joined unit by unit (H5).

    Parameters
    ----------
    comparison : Comparison
        Units are joined by a line; those that moved are coloured and named in bold.
    old, new : str
        Names of the two versions.
    limit : int
        With more units, only those that moved furthest are drawn, and the axis says how many.

    Returns
    -------
    matplotlib.figure.Figure
    """
    frame = comparison.units
    frame = frame[(frame["rank_old"] > 0) & (frame["rank_new"] > 0)]
    if len(frame) > limit:
        far = frame["rank_shift"].abs().sort_values(ascending=False, kind="stable").index[:limit]
        frame = frame.loc[frame.index.isin(far)]
    figure, axes = _drawing(1.0 + 0.195 * max(len(frame), 4), _simulated(comparison))
    left, right = _places(frame["rank_old"]), _places(frame["rank_new"])
    for (_, unit), y0, y1 in zip(frame.iterrows(), left, right, strict=True):
        shift = int(unit["rank_shift"])
        colour = ROSE if shift > 0 else FELL if shift < 0 else STILL
        style = "-" if shift > 0 else "--" if shift < 0 else "-"
        axes.plot([0, 1], [y0, y1], style, color=colour, lw=2.0 if shift else 1.0, marker="o", ms=4)
        weight = "bold" if shift else "normal"
        name = _short(unit["name"], 26)
        moved = f" ({signed(shift)})" if shift else ""
        axes.text(-0.04, y0, f"{name}  {unit['rank_old']}", ha="right", va="center", weight=weight)
        words = f"{unit['rank_new']}  {name}{moved}"
        axes.text(1.04, y1, words, ha="left", va="center", weight=weight)
    axes.set_xlim(-0.85, 1.95)
    axes.set_ylim(len(frame) + 0.5, -0.9)
    for x, words in ((0, old), (1, new)):
        axes.text(x, -0.3, words, ha="center", va="bottom", weight="bold")
    axes.axis("off")
    handles = [
        axes.plot([], [], style, color=colour, lw=2.0, label=label)[0]
        for style, colour, label in (
            ("-", ROSE, "tăng hạng"),
            ("--", FELL, "giảm hạng"),
            ("-", STILL, "giữ nguyên"),
        )
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _simulated(comparison: Comparison) -> bool:
    return comparison.draft.observations.simulated


def _places(ranks: pd.Series[int]) -> list[int]:
    """One line of the picture for each unit: by rank, units that share a rank one below another."""
    order = np.argsort(ranks.to_numpy(), kind="stable")
    places = np.empty(len(ranks), dtype=int)
    places[order] = np.arange(1, len(ranks) + 1)
    return [int(place) for place in places]


@_styled
def totals(comparison: Comparison, old: str, new: str) -> Figure:
    """Draw the distribution of totals under two versions (H6).

    Parameters
    ----------
    comparison : Comparison
        With totals under both.
    old, new : str
        Names of the two versions.

    Returns
    -------
    matplotlib.figure.Figure
        Counts of units in common classes of the total, and the two means.
    """
    frame = comparison.units
    figure, axes = _drawing(2.9, _simulated(comparison))
    both = [frame["total_old"].to_numpy(), frame["total_new"].to_numpy()]
    edges = np.histogram_bin_edges(np.concatenate(both)[~np.isnan(np.concatenate(both))], "auto")
    middle = (edges[:-1] + edges[1:]) / 2
    width = 0.42 * (edges[1] - edges[0])
    for values, side, label, colour in (
        (both[0], -0.5, old, OLD),
        (both[1], 0.5, new, NEW),
    ):
        held = np.histogram(values[~np.isnan(values)], edges)[0]
        axes.bar(middle + side * width, held, width, color=colour, label=label)
    top = 1.08 * axes.get_ylim()[1]
    for values, label, colour in ((both[0], old, OLD), (both[1], new, NEW)):
        mean = float(np.nanmean(values))
        words = f"trung bình {label[:1].lower() + label[1:]}: {_digits(mean)}"
        axes.plot([mean], [top], "v", color=colour, ms=8, label=words)
    axes.set_xlabel(total_name(comparison))
    axes.set_ylabel("Số đơn vị")
    axes.xaxis.set_major_formatter(_printed(2 if edges[-1] <= 5 else 0))
    axes.yaxis.set_major_locator(_whole_numbers())
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    return figure


@_styled
def level_counts(comparison: Comparison, old: str, new: str) -> Figure:
    """Draw how many units hold each level under two versions.

    Parameters
    ----------
    comparison : Comparison
        With levels under both; levels are named as in the draft.
    old, new : str
        Names of the two versions.

    Returns
    -------
    matplotlib.figure.Figure
    """
    frame = comparison.units
    names = comparison.draft.level_labels()
    rows = max(len(names), len(comparison.baseline.level_labels()))
    names += [f"Mức {place}" for place in range(len(names), rows)]
    figure, axes = _drawing(2.9, _simulated(comparison))
    at = np.arange(rows)
    for column, side, label, colour in (
        ("level_old", -0.2, old, OLD),
        ("level_new", 0.2, new, NEW),
    ):
        held = np.bincount(frame[column], minlength=rows)
        bars = axes.bar(at + side, held, 0.38, color=colour, label=label)
        axes.bar_label(bars, [number(count) for count in held], padding=2, fontsize=8)
    axes.set_xticks(at, [_short(name, 16) for name in names])
    axes.set_ylabel("Số đơn vị")
    axes.yaxis.set_major_locator(_whole_numbers())
    axes.legend()
    return figure


@_styled
def climb(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw what each level asks by group, and how much of it is more than the level below asks.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As `structure.climb` returns them, by the name of the version, the old one first.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a main group: bars by level, filled as far as the requirement is new or stricter.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    labels: dict[str, str] = {}
    for table in list(tables.values())[::-1]:  # as the new version calls them
        for group, label in zip(table["group"], table["label"], strict=True):
            if group:
                labels.setdefault(group, label)
    panels = labels if len(labels) > 1 else {"": "Toàn bộ"}
    columns = min(len(panels), 4 if len(panels) % 4 == 0 else 3)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(_WIDTH, 0.9 + 1.75 * rows))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    width = 0.8 / len(tables)
    for axes, (group, label) in zip(grid.flat, panels.items(), strict=False):
        for side, (table, colour) in enumerate(zip(tables.values(), (OLD, NEW), strict=False)):
            own = table[table["group"] == group]
            at = own["level"] + (side - (len(tables) - 1) / 2) * width
            axes.bar(at, own["requirements"], width, color="white", edgecolor=colour)
            axes.bar(at, own["new"] + own["raised"], width, color=colour, edgecolor=colour)
        axes.set_title(_short(label, 26), fontsize=8)
        axes.xaxis.set_major_locator(_whole_numbers())
        axes.yaxis.set_major_locator(_whole_numbers())
    for axes in list(grid.flat)[len(panels) :]:
        axes.axis("off")
    figure.supxlabel("Mức độ", fontsize=9)
    figure.supylabel("Số yêu cầu", fontsize=9)
    named = zip(tables, (OLD, NEW), strict=False)
    handles = [Patch(color=colour, label=f"{name}: mới hoặc cao hơn") for name, colour in named]
    handles.append(Patch(facecolor="white", edgecolor="black", label="giữ như mức dưới"))
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=8)
    return figure


@_styled
def shares(parts: Mapping[str, Mapping[str, pd.DataFrame]]) -> Figure:
    """Draw how the indicators of two versions share out, one panel a question.

    Parameters
    ----------
    parts : mapping of str to mapping of str to DataFrame
        By question, then by the name of the version: `label` and `share` by kind, as
        `structure.by_fidelity` and `structure.by_source` return them.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 0.3 + 1.45 * len(parts)))
    panels = figure.subplots(len(parts), 1, squeeze=False).flat
    for axes, (question, tables) in zip(panels, parts.items(), strict=True):
        kinds = dict.fromkeys(kind for table in tables.values() for kind in table.index)
        for place, table in enumerate(tables.values()):
            left = 0.0
            for colour, kind in zip(_TONES, kinds, strict=False):
                width = 100 * float(table["share"].get(kind, 0.0))
                label = table["label"][kind] if width else None
                bar = axes.barh(-place, width, 0.62, left, color=colour, edgecolor="white")
                bar.set_label(label if label not in axes.get_legend_handles_labels()[1] else None)
                if width >= 6:
                    ink = "white" if colour in _TONES[::2] else "black"
                    words = f"{number(width, 0)}%"
                    axes.text(left + width / 2, -place, words, ha="center", va="center", color=ink)
                left += width
        names = [fill(_short(name, 40), 18) for name in tables]
        axes.set_yticks([-place for place in range(len(tables))], names)
        axes.set_xlim(0, 100)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.set_title(question, loc="left")
        tight = {"handlelength": 1.0, "columnspacing": 1.0, "handletextpad": 0.4, "fontsize": 8}
        axes.legend(loc="upper center", bbox_to_anchor=(0.42, 0), ncols=len(kinds), **tight)
    return figure


def total_name(comparison: Comparison) -> str:
    """Name the total as the draft calls it, and say when it is in per cent of the maximum."""
    name = comparison.draft.framework.terms.total
    name = name[:1].upper() + name[1:]
    return f"{name} (% điểm tối đa)" if comparison.in_percent else name


def _digits(value: float) -> str:
    return number(value, 4 if abs(value) <= 5 else 1)


def _printed(decimals: int) -> Any:
    """Axis labels with Vietnamese marks."""
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: number(value, decimals))


def _whole_numbers() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True)


def _short(text: Any, limit: int) -> str:
    """One line of at most `limit` characters: a picture has no room for more."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
