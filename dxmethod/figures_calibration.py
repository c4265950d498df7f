"""Figures on where thresholds could stand: who reaches them, what the levels become, by stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from .calibration.cutoffs import Cutoffs, TradeOff
from .figures import FELL, NEW, OLD, STILL, _drawing, _printed, _short, _styled
from .vietnamese import number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by line and marker too, in grey print and by colour-blind readers.
_STRATA = (
    ("#1F4E79", "-", "o"),
    ("#B2182B", "--", "s"),
    ("#1B7837", "-.", "^"),
    ("#8C6D1F", ":", "D"),
    ("#595959", "--", "v"),
    ("#9DB7D5", "-", "P"),
)
_LEVELS = ("#D9D9D9", "#DCE6F1", "#B4CBE3", "#7FA6CE", "#3F77AE", "#1F4E79", "#0B2545")
_GENERAL = "#444444"
ALL = "tất cả đơn vị"


@_styled
def reach(
    found: Cutoffs,
    indicator: str,
    label: str,
    levels: Mapping[str, str],
    strata: Sequence[str] = ("",),
    unit: str = "%",
) -> Figure:
    """Draw the share of units that reaches a threshold, wherever it stands.

    Parameters
    ----------
    found : Cutoffs
    indicator : id
    label : str
        Its name, under the picture.
    levels : mapping of id to str
        Names of the levels, for the draft's own thresholds.
    strata : sequence of str
        Strata to draw, "" for all units together; up to six.
    unit : str
        The concept's.

    Returns
    -------
    matplotlib.figure.Figure
        A curve a stratum in the band of its interval and of what is unknown; the thresholds of the
        draft as vertical lines, those of one stratum in its colour.
    """
    figure, axes = _drawing(3.3, found.assessment.observations.simulated)
    curves = found.curves[found.curves["indicator"] == indicator]
    colours = {}
    for (colour, line, marker), stratum in zip(_STRATA, strata, strict=False):
        own = curves[curves["stratum"] == stratum]
        x, share = own["threshold"], 100 * own["share"]
        name = f"{stratum or ALL} ({number(own['asked'].max())})"
        axes.fill_between(x, 100 * own["low"], 100 * own["high"], color=colour, alpha=0.12, lw=0)
        axes.plot(x, share, line, marker=marker, ms=3, color=colour, lw=1.6, label=name)
        colours[stratum] = colour
    draft = found.draft[found.draft["indicator"] == indicator]
    _mark(axes, draft, levels, colours)
    axes.set_ylim(0, 103)
    axes.set_ylabel("Tỷ lệ đơn vị đạt (%)")
    axes.set_xlabel(_axis(label, unit))
    axes.xaxis.set_major_formatter(_printed(0))
    axes.margins(x=0.01)
    figure.legend(loc="outside upper center", ncols=min(len(strata), 3), fontsize=8)
    return figure


def _mark(
    axes: Axes, draft: pd.DataFrame, levels: Mapping[str, str], colours: Mapping[str, str]
) -> None:
    """Mark thresholds of the draft; levels and strata that share one go together."""
    order = list(levels)
    before, raised = -np.inf, False
    room = 0.035 * float(np.ptp(axes.get_xlim()))
    for threshold, rows in draft.groupby("threshold"):
        at, words = float(str(threshold)), []
        for stratum, own in rows.groupby("stratum", sort=False):
            places = sorted(order.index(level) + 1 for level in own["level"])
            mine = "" if stratum == "*" else f" ({_short(stratum, 14)})"
            words.append("mức " + ", ".join(map(str, places)) + mine)
        named = set(rows["stratum"])
        colour = colours.get(named.pop(), _GENERAL) if len(named) == 1 else _GENERAL
        axes.axvline(at, color=colour, lw=0.9, ls=(0, (4, 2)), zorder=1)
        raised = at - before < room and not raised  # or two names would stand in one place
        style: dict[str, Any] = {"fontsize": 7, "rotation": 90, "ha": "right", "zorder": 1.5}
        back = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6}
        axes.text(
            at, 48 if raised else 3, "; ".join(words), bbox=back, va="bottom", color=colour, **style
        )
        before = at


def _axis(label: str, unit: str, width: int = 84) -> str:
    """Name a threshold in two lines at most."""
    return fill(_short(f"Ngưỡng: {label} ({unit})", 2 * width - 8), width)


@_styled
def level_moves(
    found: Cutoffs,
    indicator: str,
    level: str,
    label: str,
    names: Sequence[str],
    stratum: str = "*",
    unit: str = "%",
) -> Figure:
    """Draw how many units hold each level as one threshold moves and all others stay.

    Parameters
    ----------
    found : Cutoffs
    indicator, level : id
        The requirement that moves.
    label : str
        Its name.
    names : sequence of str
        Names of the levels from place 0 on.
    stratum : str
        As the requirement names it.
    unit : str
        The concept's.

    Returns
    -------
    matplotlib.figure.Figure
        Layers of units by level, and the draft's threshold.
    """
    figure, axes = _drawing(3.2, found.assessment.observations.simulated)
    keys = {"indicator": indicator, "level": level, "stratum": stratum}
    rows = found.moves
    draft = found.draft
    for column, value in keys.items():
        rows, draft = rows[rows[column] == value], draft[draft[column] == value]
    table = rows.pivot(index="threshold", columns="held", values="units")
    tones = _LEVELS[: len(names)]
    stacked = axes.stackplot(table.index, table.to_numpy().T, colors=tones)
    for layer, name in zip(stacked, names, strict=True):
        layer.set_label(_short(name, 18))
        layer.set_edgecolor("white")
        layer.set_linewidth(0.6)
    at = float(draft["threshold"].iloc[0])
    axes.axvline(at, color=FELL, lw=1.4, ls=(0, (4, 2)), label=f"dự thảo: {number(at, 0)}")
    axes.set_ylim(0, table.to_numpy().sum(axis=1).max())
    axes.set_xlim(table.index.min(), table.index.max())
    axes.set_ylabel("Số đơn vị")
    axes.set_xlabel(_axis(label, unit, 62))
    axes.xaxis.set_major_formatter(_printed(0))
    figure.legend(loc="outside right upper", fontsize=8, reverse=True)
    return figure


@_styled
def strata(found: TradeOff, label: str, simulated: bool = False, unit: str = "%") -> Figure:
    """Draw who reaches a level in each stratum under one threshold for all.

    Parameters
    ----------
    found : TradeOff
    label : str
        Name of the requirement.
    simulated : bool
        Whether the picture must say so.
    unit : str
        The concept's.

    Returns
    -------
    matplotlib.figure.Figure
        A curve a stratum, the spread between them below, and what the draft gives (hollow marks
        where its thresholds stand).
    """
    from matplotlib.figure import Figure

    from .figures import _WIDTH, SIMULATED

    figure = Figure(figsize=(_WIDTH, 4.0))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    if simulated:
        upper.set_title(SIMULATED, fontsize=8, weight="bold", color=FELL)
    names = [name for name in found.draft["stratum"] if name]
    drafted = found.draft.set_index("stratum")
    for (colour, line, marker), name in zip(_STRATA, names, strict=False):
        own = found.curve[found.curve["stratum"] == name]
        shown = f"{name} ({number(own['units'].max())})"
        upper.plot(own["threshold"], 100 * own["share"], line, color=colour, lw=1.6, label=shown)
        now = drafted.loc[name]
        upper.plot(
            now["threshold"], 100 * now["share"], marker, mfc="white", color=colour, ms=6, mew=1.4
        )
    everyone = found.curve[found.curve["stratum"] == ""]
    lower.fill_between(
        everyone["threshold"], 100 * everyone["spread"], color=STILL, alpha=0.6, lw=0
    )
    words = f"dự thảo: {number(100 * found.drafted_spread, 1)} điểm %"
    lower.axhline(100 * found.drafted_spread, color=NEW, lw=1.2, ls=(0, (4, 2)), label=words)
    lower.legend(loc="best", fontsize=8)
    upper.set_ylabel("Tỷ lệ đạt mức (%)")
    lower.set_ylabel("Chênh lệch\n(điểm %)")
    lower.set_ylim(0, None)
    upper.set_ylim(bottom=0)
    lower.set_xlabel(_axis(label, unit))
    for axes in (upper, lower):
        axes.yaxis.set_major_formatter(_printed(0))
        axes.margins(x=0.01)
    lower.xaxis.set_major_formatter(_printed(0))
    figure.legend(
        *upper.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8
    )
    return figure


@_styled
def reach_panels(found: Cutoffs, shown: Mapping[str, tuple[str, str]]) -> Figure:
    """Draw the curves of several indicators, two beside each other.

    Parameters
    ----------
    found : Cutoffs
    shown : mapping of id to (str, str)
        Label and unit of each indicator.

    Returns
    -------
    matplotlib.figure.Figure
        A curve a stratum, all units with the band of their interval; the thresholds of the draft as
        vertical lines with the numbers of their levels.
    """
    from matplotlib.figure import Figure

    from .figures import _WIDTH, SIMULATED

    rows = -(-len(shown) // 2)
    figure = Figure(figsize=(_WIDTH, 0.6 + 1.7 * rows))
    every = figure.subplots(rows, 2, sharey=True, squeeze=False).ravel()
    names = [name for name in dict.fromkeys(found.curves["stratum"])][: len(_STRATA)]
    order = [level.id for level in found.assessment.framework.levels]
    for axes, (name, (label, unit)) in zip(every, shown.items(), strict=False):
        curves = found.curves[found.curves["indicator"] == name]
        for (colour, line, _), stratum in zip(_STRATA, names, strict=False):
            own = curves[curves["stratum"] == stratum]
            width = 1.0 if stratum else 2.0
            words = f"{stratum or ALL} ({number(own['asked'].max())})"
            axes.plot(
                own["threshold"], 100 * own["share"], line, color=colour, lw=width, label=words
            )
        whole = curves[curves["stratum"] == ""]
        ends = (100 * whole["low"], 100 * whole["high"])
        axes.fill_between(whole["threshold"], *ends, color=_STRATA[0][0], alpha=0.15, lw=0)
        draft = found.draft[found.draft["indicator"] == name]
        for at, own in draft.groupby("threshold"):
            places = sorted({order.index(level) + 1 for level in own["level"]})
            axes.axvline(float(str(at)), color=_GENERAL, lw=0.7, ls=(0, (4, 2)), zorder=1)
            axes.text(float(str(at)), 104, ",".join(map(str, places)), fontsize=7, ha="center")
        axes.set_ylim(0, 103)
        axes.margins(x=0.01)
        axes.set_xlabel(fill(_short(f"{label} ({unit})", 84), 46), fontsize=8)
        axes.xaxis.set_major_formatter(_printed(0))
    for axes in every[len(shown) :]:
        axes.set_visible(False)
    for axes in every[::2]:
        axes.set_ylabel("Đơn vị đạt (%)")
    title = SIMULATED if found.assessment.observations.simulated else ""
    if title:
        figure.suptitle(title, fontsize=8, weight="bold", color=FELL)
    handles = every[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, fontsize=8)
    return figure


@_styled
def before_and_after(table: pd.DataFrame, simulated: bool = False) -> Figure:
    """Draw thresholds of the draft beside what the judged units say of them.

    Parameters
    ----------
    table : DataFrame
        By row: `label`, `draft`, `point`, `low`, `high` (per cent), `pinned`, and `new`, where a
        proposal puts it (NaN where it stays).
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        A bar from end to end of each interval, pale where the data do not pin the threshold; the
        draft as a hollow mark, the proposal as a diamond.
    """
    figure, axes = _drawing(1.0 + 0.21 * len(table), simulated)
    rows = np.arange(len(table))[::-1]
    for pinned, colour, name in (
        (True, NEW, "khoảng 90% của ngưỡng hiệu chỉnh"),
        (False, STILL, "khoảng 90%, số liệu không xác định được ngưỡng"),
    ):
        own = table["pinned"].to_numpy(dtype=bool) == pinned
        held = table[own]
        if len(held):
            axes.hlines(rows[own], held["low"], held["high"], color=colour, lw=5, label=name)
        if pinned:
            axes.plot(held["point"], rows[own], "|", color="white", ms=6, mew=1.4)
    axes.plot(table["draft"], rows, "o", mfc="white", color=FELL, ms=5, mew=1.3, label="dự thảo")
    axes.plot(table["new"], rows, "D", color="#1B7837", ms=4.5, label="đề xuất")
    axes.set_yticks(rows, [_short(label, 44) for label in table["label"]], fontsize=7.5)
    axes.set_xlim(0, 102)
    axes.set_xlabel("Ngưỡng (%)")
    axes.grid(axis="x", lw=0.3)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return figure


@_styled
def frontier(table: pd.DataFrame, knee: int, simulated: bool = False) -> Figure:
    """Draw what changes buy: agreement by number of changed thresholds.

    Parameters
    ----------
    table : DataFrame
        As `Tried.table`, the full refit last.
    knee : int
        The number chosen.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        Weighted kappa out of fold with its interval, kappa in the sample, the refit at the right,
        the knee marked.
    """
    figure, axes = _drawing(2.3, simulated)
    steps, whole = table.iloc[:-1], table.iloc[-1]
    x = np.arange(len(steps))
    axes.fill_between(x, steps["kappa_low"], steps["kappa_high"], color=OLD, alpha=0.35, lw=0)
    axes.plot(x, steps["kappa"], "o-", color=NEW, ms=4, label="ngoài mẫu, khoảng 90%")
    axes.plot(x, steps["in_sample_kappa"], "--", color=STILL, label="trong mẫu (lạc quan)")
    last = len(steps) + 0.5
    ends = [[whole["kappa"] - whole["kappa_low"]], [whole["kappa_high"] - whole["kappa"]]]
    axes.errorbar([last], [whole["kappa"]], yerr=ends, fmt="s", color=NEW, ms=4, capsize=3)
    axes.axvline(knee, color=FELL, lw=1, ls=(0, (4, 2)), label=f"chọn: nhiều nhất {number(knee)}")
    axes.set_xticks([*x, last], [*(str(count) for count in x), "hiệu chỉnh\nlại tất cả"])
    axes.set_xlabel("Số ngưỡng thay đổi nhiều nhất")
    axes.set_ylabel("Kappa có trọng số")
    axes.yaxis.set_major_formatter(_printed(2))
    figure.legend(loc="outside upper center", ncols=3, fontsize=8)
    return figure


@_styled
def agreement_matrices(
    matrices: Mapping[str, np.ndarray], names: Sequence[str], simulated: bool = False
) -> Figure:
    """Draw how levels of the judges and levels of some rules go together, side by side.

    Parameters
    ----------
    matrices : mapping of str to ndarray, shape (L + 1, L + 1)
        By name of the rule: units by level of the judges (rows) and by the rule (columns).
    names : sequence of str
        Names of the levels from place 0 on.
    simulated : bool
        Whether the picture must say so.

    Returns
    -------
    matplotlib.figure.Figure
        A square of numbers for each, darker for more units.
    """
    from matplotlib.figure import Figure

    from .figures import _WIDTH, SIMULATED

    figure = Figure(figsize=(_WIDTH, 3.1))
    every = figure.subplots(1, len(matrices), sharey=True, squeeze=False)[0]
    most = max(1.0, *(float(matrix.max()) for matrix in matrices.values()))
    for axes, (title, matrix) in zip(every, matrices.items(), strict=True):
        axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1.3 * most)
        for (row, column), units in np.ndenumerate(matrix):
            if units:
                colour = "white" if units > 0.8 * most else "black"
                words = number(units, 0 if units == round(units) else 1)
                axes.text(column, row, words, ha="center", va="center", fontsize=7, color=colour)
        axes.set_title(title, fontsize=8)
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", fontsize=7)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.tick_params(length=0)
    every[0].set_ylabel("Chuyên gia (trung vị)", fontsize=8)
    if simulated:
        figure.suptitle(SIMULATED, fontsize=8, weight="bold", color=FELL)
    return figure
