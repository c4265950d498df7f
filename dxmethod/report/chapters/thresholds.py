"""Section X, first part: where thresholds stand, and what moving them would do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ... import figures_calibration as figures
from ...assessment import Assessment
from ...calibration.cutoffs import Cutoffs, Grid, cutoffs, trade_off, wilson
from ...calibration.easing import Eased, ease
from ...revision import Revision
from ...vietnamese import number, percent
from ..blocks import Block, Column, bullets, figure, paragraph, ref, section, subsection, table
from .common import computed, version
from .data import capital

_TOLD = 6  # thresholds in the body; all of them stand in the appendix
_DRAWN = 4
_STRATA = 5  # columns of strata that a page holds


def thresholds(assessment: Assessment, revision: Revision) -> list[Block]:
    """Tables B24-1, B24-2, figures H10 to H10-2: what each threshold lets through, and holds back.

    Nothing for a framework without levels.
    """
    if assessment.levels is None:
        return []
    grid = revision.file.calibration.grid
    found = cutoffs(assessment, grid)
    frame = moved(found)
    telling = frame[frame["gain"] > 0]
    blocks: list[Block] = [
        subsection("Ngưỡng của dự thảo đang đứng ở đâu"),
        paragraph(_said(found, frame, grid), "Mọi ngưỡng được nêu ở ", ref("B24-2"), "."),
    ]
    if not telling.empty:
        blocks += [
            _threshold_table("B24-1", telling.head(_TOLD), found, revision),
            _curves(found, telling, revision),
        ]
    moves = [] if telling.empty else _moves(found, telling, revision, grid)
    every = _threshold_table("B24-2", frame, found, revision)
    return [*blocks, section("PL VI"), *moves, every, section("X")]


def moved(found: Cutoffs) -> pd.DataFrame:
    """Say of every threshold who reaches it and its level, and what one step either way does.

    Returns
    -------
    DataFrame
        As `Cutoffs.draft`, those that hold back most first; and `place` of the level; `asked`,
        `share`, `low`, `high` (who reaches the threshold, of the units of which it is asked);
        `reached` (units at the level or above, the unknown fail), and the same at the next `easier`
        and `stricter` place of the grid and, at `most`, at the laxest one.
    """
    framework = found.assessment.framework
    order = {level.id: place for place, level in enumerate(framework.levels, 1)}
    keys = ["indicator", "level", "stratum"]
    at = found.moves[found.moves["held"] >= found.moves["level"].map(order)]
    lines = {
        str(name): own.droplevel([0, 1, 2])
        for name, own in at.groupby([*keys, "threshold"])["units"].sum().groupby(level=[0, 1, 2])
    }
    rows = []
    for name, level, stratum, own in found.draft.to_numpy():
        line = lines.get(str((name, level, stratum)))
        if line is None:
            continue  # of a concept that nobody reported
        units, place = line.to_numpy(), int(line.index.searchsorted(own))
        ends = units[max(place - 1, 0)], units[min(place + 1, len(units) - 1)]
        laxer = 0 if units[0] >= units[-1] else 1
        counts = (units[place], ends[laxer], ends[1 - laxer], units.max())
        rows.append((name, level, stratum, own, order[level], *counts))
    columns = [*keys, "threshold", "place", "reached", "easier", "stricter", "most"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["gain"] = frame["most"] - frame["reached"]
    frame = pd.concat([frame, _met(found, frame)], axis=1)
    by = ["gain", "easier", "place"]
    return frame.sort_values(by, ascending=[False, False, True], kind="stable", ignore_index=True)


def _met(found: Cutoffs, frame: pd.DataFrame) -> pd.DataFrame:
    """Who reaches each threshold, of the units of which it is asked: `share`, `low`, `high`."""
    counts = found.curves.set_index(["indicator", "stratum", "threshold"])
    counts = counts[["asked", "unknown", "reached"]]
    own = frame["stratum"].replace("*", "")
    keys = [frame["indicator"], own, frame["threshold"]]
    held = counts.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy(dtype=float, copy=True)
    # Others than the strata that have a threshold of their own.
    named = frame[own != ""].groupby(["indicator", "level"])["stratum"].unique().to_dict()
    keyed = zip(frame["indicator"], frame["level"], own, frame["threshold"], strict=True)
    for row, (name, level, stratum, at) in enumerate(keyed):
        others = [] if stratum else list(named.get((name, level), ()))
        held[row] -= counts.reindex([(name, other, at) for other in others]).sum().to_numpy()
    asked, unknown, reached = held.T
    low = wilson(reached, asked, found.confidence)[0]
    high = wilson(reached + unknown, asked, found.confidence)[1]
    share = reached / np.where(asked > 0, asked, np.nan)
    return pd.DataFrame({"asked": asked, "share": share, "low": low, "high": high})


def _said(found: Cutoffs, frame: pd.DataFrame, grid: Grid) -> str:
    framework = found.assessment.framework
    alone, most = int((frame["gain"] > 0).sum()), int(frame["gain"].max())
    return (
        f"{version(framework)} đặt {number(len(frame))} ngưỡng. Mỗi ngưỡng lần lượt được đặt vào "
        f"mọi chỗ có thể đứng (bước {number(grid.step)} điểm phần trăm với tỷ lệ), các ngưỡng khác "
        f"giữ nguyên. {number(alone)} ngưỡng tự nó đang giữ lại ít nhất một đơn vị; ngưỡng giữ lại "
        f"nhiều nhất là {number(most)} đơn vị. Nới riêng một trong các ngưỡng còn lại thì không "
        "đơn vị nào đạt thêm mức đó, vì đơn vị còn vướng tiêu chí khác. Các đơn vị là một mẫu, nên "
        f"mọi tỷ lệ có khoảng tin cậy {percent(found.confidence, 0)}; giá trị chưa biết tính là "
        "không đạt. "
    )


def _threshold_table(key: str, frame: pd.DataFrame, found: Cutoffs, revision: Revision) -> Block:
    """Thresholds in rows: who reaches them, who reaches their level as they move."""
    framework = found.assessment.framework
    items = {item.id: item for item in framework.indicators}
    full = key == "B24-2"
    strata = [name for name in dict.fromkeys(found.curves["stratum"]) if name][:_STRATA]
    shown = frame.assign(
        code=[items[name].code for name in frame["indicator"]],
        label=[items[name].label for name in frame["indicator"]],
        where=frame["stratum"].replace("*", "chung"),
        interval=[
            f"{number(100 * low)}–{number(100 * high)}"
            for low, high in zip(frame["low"], frame["high"], strict=True)
        ],
    )
    if full:
        rank = {item.id: place for place, item in enumerate(framework.indicators)}
        shown = shown.assign(at=shown["indicator"].map(rank)).sort_values(["at", "place", "where"])
        # Named once: a line for each of its thresholds.
        shown["label"] = shown["label"].where(~shown["indicator"].duplicated(), "")
        keyed = pd.MultiIndex.from_frame(shown[["indicator", "threshold"]])
        for place, name in enumerate(strata):
            own = found.curves[found.curves["stratum"] == name]
            share = own.set_index(["indicator", "threshold"])["share"].reindex(keyed)
            shown[f"s{place}"] = share.to_numpy()
    several = (frame["stratum"] != "*").any()
    columns = [
        *([Column("code", "Mã", width=6)] if full else []),
        Column("label", capital(framework.terms.indicator), width=50),
        Column("place", "Mức", "integer", width=5),
        *([Column("where", "Địa bàn", width=8)] if several else []),
        Column("threshold", "Ngưỡng", "decimal", _digits(frame), width=6),
        Column("share", "Đạt (%)", "percent", width=6),
        Column("interval", "Khoảng (%)", width=6),
        *(Column(f"s{n}", name, "percent", width=6) for n, name in enumerate(strata) if full),
        Column("reached", "Đạt mức", "integer", width=5),
        *([Column("stricter", "Siết một nấc", "integer", width=5)] if full else []),
        Column("easier", "Nới một nấc", "integer", width=5),
        Column("most", "Không vướng", "integer", width=6),
    ]
    note = (
        "Đạt (%): tỷ lệ đơn vị đạt ngưỡng trên số phải xét, kèm khoảng tin cậy 90%. Các cột cuối: "
        "số đơn vị đạt từ mức ấy trở lên theo dự thảo và khi chỉ ngưỡng này dịch một nấc của lưới, "
        "hoặc về chỗ nhẹ nhất (không vướng)."
    )
    caption = (
        "Mọi ngưỡng của dự thảo: ai đạt, và điều gì xảy ra khi ngưỡng dịch"
        if full
        else f"{number(len(frame))} ngưỡng tự nó giữ lại nhiều đơn vị nhất"
    )
    source = computed(revision)
    return table(key, shown, columns, caption, source=source, note=note, landscape=full)


def _digits(frame: pd.DataFrame) -> int:
    return 0 if (frame["threshold"] == frame["threshold"].round()).all() else 1


def _words(found: Cutoffs, revision: Revision, name: str) -> tuple[str, str]:
    """Label and unit of an indicator, for a figure."""
    item = next(item for item in found.assessment.framework.asked if item.id == name)
    return item.label, revision.catalogue[item.concept].unit


def _curves(found: Cutoffs, telling: pd.DataFrame, revision: Revision) -> Block:
    """Figure H10: who reaches the most telling indicators, wherever their thresholds stand."""
    gains = telling.groupby("indicator", sort=False)["gain"].sum()
    names = [str(name) for name in gains.sort_values(ascending=False, kind="stable").index]
    shown = [name for name in names if _graded(found, name)] or names
    labels = {name: _words(found, revision, name) for name in shown[:_DRAWN]}
    drawing = figures.reach_panels(found, labels)
    caption = (
        "Tỷ lệ đơn vị đạt theo chỗ đặt ngưỡng, từng địa bàn; vạch đứng là ngưỡng của dự thảo (số "
        "là mức), dải nhạt là khoảng tin cậy của mọi đơn vị"
    )
    return figure("H10", drawing, caption, unit="%", source=computed(revision))


def _graded(found: Cutoffs, name: str) -> bool:
    """Whether its curve has more places than yes and no, and falls: else it shows nothing."""
    own = found.curves[(found.curves["indicator"] == name) & (found.curves["stratum"] == "")]
    return own["threshold"].nunique() > 4 and own["share"].min() < 0.5


def _moves(found: Cutoffs, telling: pd.DataFrame, revision: Revision, grid: Grid) -> list[Block]:
    """Figures H10-1 and H10-2: levels, and strata, as the most telling threshold moves."""
    graded = telling[[_graded(found, name) for name in telling["indicator"]]]
    if graded.empty:
        return []
    name, level, stratum = graded.iloc[0][["indicator", "level", "stratum"]]
    label, unit = _words(found, revision, name)
    framework = found.assessment.framework
    names = {item.id: item.label for item in framework.levels}
    held = found.assessment.level_labels()
    drawing = figures.level_moves(found, name, level, label, held, stratum, unit)
    caption = f"Số đơn vị theo mức độ khi ngưỡng “{label}” của mức {names[level]} dịch"
    blocks: list[Block] = [
        figure("H10-1", drawing, caption, unit="đơn vị", source=computed(revision))
    ]
    traded = trade_off(found.assessment, name, level, grid)
    if (traded.draft["stratum"] != "").sum() > 1:
        simulated = found.assessment.observations.simulated
        drawing = figures.strata(traded, label, simulated, unit)
        caption = (
            f"Tỷ lệ đơn vị đạt từ mức {names[level]} trở lên theo địa bàn, khi mọi địa bàn chung "
            f"một ngưỡng “{label}”; dấu rỗng là dự thảo"
        )
        blocks.append(figure("H10-2", drawing, caption, unit="%", source=computed(revision)))
    return blocks


def least_change(assessment: Assessment, revision: Revision) -> list[Block]:
    """Table B24-3: the least changes by which stated shares of units reach their levels.

    Nothing where the revision states no share (`reach`).
    """
    asked = revision.file.reach
    if assessment.levels is None or not asked:
        return []
    grid = revision.file.calibration.grid
    names = {item.id: item.label for item in assessment.framework.levels}
    labels = {item.id: item.label for item in assessment.framework.indicators}
    tables, said = [], []
    for number_, want in enumerate(asked, 1):
        found = ease(assessment, want.level, {want.stratum: want.share}, grid)
        said.append(f"({number_}) {_eased_said(found, names[want.level])}")
        tables.append(found.changes.assign(wish=f"({number_})"))
    blocks: list[Block] = [
        subsection("Muốn một tỷ lệ đơn vị nêu trước đạt mức thì phải nới gì"),
        bullets(said),
    ]
    frame = pd.concat(tables, ignore_index=True)
    if frame.empty:
        return blocks
    frame = frame.assign(
        label=frame["indicator"].map(labels),
        at=frame["level"].map(names),
        where=frame["stratum"].replace("*", "chung"),
    )
    columns = [
        Column("wish", "Muốn", width=6),
        Column("label", capital(assessment.framework.terms.indicator), width=44),
        Column("at", "Mức", width=12),
        Column("where", "Địa bàn", width=14),
        Column("old", "Dự thảo", "decimal", 1),
        Column("new", "Nới còn", "decimal", 1),
    ]
    caption = "Thay đổi ít nhất để đủ đơn vị đạt mức"
    made = table("B24-3", frame, columns, caption, source=computed(revision))
    return [*blocks, section("PL VI"), made, section("X")]


def _eased_said(found: Eased, label: str) -> str:
    parts = [
        f"{row['stratum'] or 'cả mẫu'}: cần {number(row['wanted'])} trong {number(row['units'])} "
        f"đơn vị ({percent(row['share'], 0)}), dự thảo cho {number(row['before'])}, sau khi nới "
        f"{number(row['after'])}"
        for row in found.asked.to_dict("records")
    ]
    said = f"Đơn vị đạt từ mức {label} trở lên: {'; '.join(parts)}. "
    if found.changes.empty:
        ended = "Dự thảo đã đủ." if found.met else "Nới mọi ngưỡng trong lưới vẫn không đủ."
        return said + ended
    said += (
        f"Phải đổi {number(len(found.changes))} ngưỡng, theo phép tìm gần đúng (ít ngưỡng nhất, "
        "rồi ít nới nhất; giữ thứ tự các mức)."
    )
    return said if found.met else said + " Vẫn chưa đủ: đơn vị còn vướng tiêu chí không nới được."
