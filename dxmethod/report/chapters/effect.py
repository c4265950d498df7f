"""Section VI and appendix IV: what a draft does to units."""

from __future__ import annotations

import math

import pandas as pd

from ... import figures
from ...comparison import Comparison, near_ties
from ...framework import Framework
from ...impact import against
from ...revision import Revision
from ...vietnamese import number, signed
from ..blocks import Block, Column, Paragraph, figure, paragraph, subsection, table
from .common import computed, version


def effect_summary(comparison: Comparison) -> Paragraph:
    """Say in one paragraph how totals, ranks and levels move."""
    sentences = []
    if comparison.ranked:
        sentences += _ranks_said(comparison)
    if comparison.levelled:
        moved = comparison.units["level_shift"]
        sentences.append(
            f"Về mức độ, trên {number(len(moved))} đơn vị: {number(int((moved > 0).sum()))} lên "
            f"mức, {number(int((moved < 0).sum()))} xuống mức, "
            f"{number(int((moved == 0).sum()))} giữ nguyên."
        )
        sentences += _doubt_said(comparison)
    return paragraph(" ".join(sentences))


def _doubt_said(comparison: Comparison) -> list[str]:
    """Say for how many units missing values leave the level open, under either version."""
    open_to = [
        int((side.levels.best > side.levels.level).sum())
        for side in (comparison.baseline, comparison.draft)
        if side.levels is not None
    ]
    if not any(open_to):
        return []
    return [
        "Giá trị chưa rõ tính là không đạt; nếu tính là đạt thì còn có thể lên mức: "
        f"{number(open_to[0])} đơn vị theo bản hiện hành, {number(open_to[-1])} theo dự thảo."
    ]


def _ranks_said(comparison: Comparison) -> list[str]:
    found, digits = comparison.rank_summary(), _digits(comparison)
    frame = comparison.units.dropna(subset=["total_shift"])
    sentences = [
        f"Trên {number(found.units)} đơn vị, {number(found.moved)} đơn vị đổi thứ hạng "
        f"({number(found.rose)} tăng, {number(found.fell)} giảm); mức đổi trung bình "
        f"{number(found.mean, 2)} bậc, lớn nhất {number(found.largest)} bậc."
    ]
    if not math.isnan(found.spearman):
        sentences.append(f"Hệ số tương quan hạng Spearman là {number(found.spearman, 4)}.")
    shift = frame["total_shift"]
    sentences.append(
        f"{figures.total_name(comparison)} trung bình chuyển từ "
        f"{number(frame['total_old'].mean(), digits)} sang "
        f"{number(frame['total_new'].mean(), digits)} ({signed(shift.mean(), digits)}); "
        f"{number(int((shift < 0).sum()))} đơn vị giảm, {number(int((shift > 0).sum()))} tăng."
    )
    return sentences


def _digits(comparison: Comparison) -> int:
    """Digits of a total: four of an index from 0 to 1, two of points and of per cent."""
    return 4 if not comparison.in_percent and comparison.draft.framework.maximum <= 5 else 2


def results(comparison: Comparison, revision: Revision) -> list[Block]:
    """Distribution of totals, and transitions between levels or bands, as they have them."""
    frame = comparison.units
    blocks: list[Block] = []
    if "total_old" in frame:
        blocks.append(total_figure(comparison, revision))
    if "level_old" in frame or "band_old" in frame:
        blocks.append(transition_table(comparison, revision))
    if "level_old" in frame:
        blocks.append(level_figure(comparison, revision))
    return [*blocks, *level_against_points(comparison, revision)]


def level_against_points(comparison: Comparison, revision: Revision) -> list[Block]:
    """Table B14-3: levels of one version beside the points of the other, where they differ so."""
    old, new = comparison.baseline, comparison.draft
    if old.levels is not None and new.points is not None and new.levels is None:
        levels, points = old, new
    elif new.levels is not None and old.points is not None and old.levels is None:
        levels, points = new, old
    else:
        return []
    found = against(levels, points)
    frame = found.table.set_axis([f"to{n}" for n in range(len(found.table.columns))], axis=1)
    frame = frame.reset_index(names="held")
    columns = [
        Column("held", f"{version(levels.framework)} ↓", width=24),
        *(Column(f"to{n}", str(name), "integer") for n, name in enumerate(found.table.columns)),
    ]
    caption = (
        f"Mức độ theo {version(levels.framework).lower()} (hàng) và xếp loại theo điểm của "
        f"{version(points.framework).lower()} (cột)"
    )
    note = (
        "Khi không có xếp loại, đơn vị được chia năm nhóm bằng nhau theo hạng, nhóm 5/5 cao nhất. "
        f"Tương quan hạng Spearman giữa mức và điểm: {number(found.correlation, 2)}."
    )
    made = table(
        "B14-3", frame, columns, caption, unit="đơn vị", source=computed(revision), note=note
    )
    return [made]


def transition_table(comparison: Comparison, revision: Revision) -> Block:
    """Table B14: units by level or band under the old version (rows) and the new (columns)."""
    matrix = comparison.transitions()
    frame = matrix.set_axis([f"to{place}" for place in range(len(matrix.columns))], axis=1)
    frame = frame.assign(held=[str(name) for name in matrix.index])
    columns = [
        Column("held", f"{version(comparison.baseline.framework)} ↓", width=24),
        *(Column(f"to{n}", str(name), "integer") for n, name in enumerate(matrix.columns)),
    ]
    caption = (
        f"Số đơn vị theo kết quả của {version(comparison.baseline.framework).lower()} (hàng) và "
        f"{version(comparison.draft.framework).lower()} (cột)"
    )
    return table("B14", frame, columns, caption, unit="đơn vị", source=computed(revision))


def level_figure(comparison: Comparison, revision: Revision) -> Block:
    """Figure H6-1: units by level, two versions."""
    old, new = comparison.baseline.framework, comparison.draft.framework
    drawing = figures.level_counts(comparison, version(old), version(new))
    caption = "Số đơn vị theo mức độ cao nhất đạt được, hai phiên bản"
    return figure("H6-1", drawing, caption, unit="đơn vị", source=computed(revision))


def movers(comparison: Comparison, revision: Revision, limit: int = 20) -> list[Block]:
    """Tables B15 and B15-2: units that change rank, and units that change level."""
    blocks: list[Block] = []
    if comparison.ranked:
        blocks.append(mover_table(comparison, revision, "rank", limit))
    if comparison.levelled:
        blocks.append(mover_table(comparison, revision, "level", limit))
    return blocks


def mover_table(comparison: Comparison, revision: Revision, by: str, limit: int = 20) -> Block:
    """Table of the units whose rank or level moves, furthest first."""
    frame = comparison.units
    what = {"rank": "thứ hạng", "level": "mức độ"}[by]
    moved = frame[frame[f"{by}_shift"] != 0]
    if moved.empty:
        return paragraph(f"Không có đơn vị nào đổi {what}.")
    moved = moved.assign(far=-moved[f"{by}_shift"].abs())
    moved = _ranks_shown(moved).sort_values(["far", f"{by}_shift", "rank_new"], kind="stable")
    caption = f"Đơn vị đổi {what}"
    if len(moved) > limit:
        caption += f": {limit} đơn vị đổi nhiều nhất trong số {number(len(moved))}"
    rows, columns = moved.head(limit), _unit_columns(comparison)
    key = {"rank": "B15", "level": "B15-2"}[by]
    note, source = _reading(comparison), computed(revision)
    detail = by == "level"  # the matrix of transitions says it in the body
    return table(key, rows, columns, caption, source=source, note=note, detail=detail)


def _reading(comparison: Comparison) -> str:
    """Say how the columns of a table of units are read."""
    note = "Trong ngoặc là phiên bản."
    if comparison.levelled:
        note += " Mức 0: chưa đạt mức nào."
    if comparison.ranked:
        note += " Bậc dương: tăng hạng. Đơn vị bằng nhau chung hạng (1-2-2-4)."
    return note


def unit_table(comparison: Comparison, revision: Revision) -> Block:
    """Table PL4-1: every unit, in the order of the new ranking."""
    frame = _ranks_shown(comparison.units).sort_values(["rank_new", "rank_old"], kind="stable")
    frame = frame.reset_index(names="unit")
    columns = [Column("unit", "Mã", width=8), *_unit_columns(comparison)]
    caption = "Kết quả theo đơn vị, xếp theo phiên bản mới"
    note = (
        f"Kết quả theo {version(comparison.baseline.framework).lower()} được tính lại trong báo "
        "cáo này trên cùng số liệu, không phải kết quả đã công bố."
    )
    return table("PL4-1", frame, columns, caption, source=computed(revision), note=note)


def _ranks_shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Units without a rank show none, and come last."""
    ranks = frame[["rank_old", "rank_new"]]
    return frame.assign(**ranks.where(ranks > 0))


def _unit_columns(comparison: Comparison) -> list[Column]:
    """Columns of a table of units: those that both versions have."""
    frame = comparison.units
    old, new = comparison.baseline.framework, comparison.draft.framework
    columns = [Column("name", "Đơn vị", width=24)]
    if "level_old" in frame:
        columns += [
            Column("level_old", f"Mức ({old.version})", "integer"),
            Column("level_new", f"Mức ({new.version})", "integer"),
        ]
    if "total_old" in frame:
        decimals = _digits(comparison)
        named = figures.total_name(comparison)
        columns += [
            Column("total_old", f"{named} ({old.version})", "decimal", decimals),
            Column("total_new", f"{named} ({new.version})", "decimal", decimals),
            Column("total_shift", "Chênh lệch", "shift", decimals),
        ]
    if comparison.ranked:
        columns += _rank_columns(old, new)
    return columns


def _rank_columns(old: Framework, new: Framework) -> list[Column]:
    return [
        Column("rank_old", f"Hạng ({old.version})", "integer"),
        Column("rank_new", f"Hạng ({new.version})", "integer"),
        Column("rank_shift", "Bậc thay đổi", "shift"),
    ]


def ranking(comparison: Comparison, revision: Revision) -> list[Block]:
    """Figure H5 under its own heading, where ranks tell units apart."""
    if not comparison.ranked:
        return []
    return [subsection("Thứ hạng của mọi đơn vị"), rank_figure(comparison, revision)]


def rank_figure(comparison: Comparison, revision: Revision) -> Block:
    """Figure H5: ranks under two versions, joined unit by unit."""
    old, new = comparison.baseline.framework, comparison.draft.framework
    drawing = figures.rank_shifts(comparison, version(old), version(new))
    caption = "Thứ hạng của từng đơn vị theo hai phiên bản"
    return figure("H5", drawing, caption, unit="thứ hạng", source=computed(revision))


def total_figure(comparison: Comparison, revision: Revision) -> Block:
    """Figure H6: distribution of totals, two versions."""
    old, new = comparison.baseline.framework, comparison.draft.framework
    drawing = figures.totals(comparison, version(old), version(new))
    caption = f"Phân bố {new.terms.total} theo hai phiên bản"
    return figure("H6", drawing, caption, unit="đơn vị", source=computed(revision))


def ties(comparison: Comparison, revision: Revision) -> list[Block]:
    """Neighbours in the ranking that the printed digits cannot tell apart, under a heading."""
    if not comparison.ranked:
        return []
    said = paragraph(
        "Khi hai đơn vị liền kề chênh nhau ít hơn mức mà các chữ số đã in phân biệt được, thứ tự "
        "giữa chúng không nên dùng làm căn cứ khen thưởng hay phê bình."
    )
    return [subsection("Đơn vị sát nhau"), said, tie_table(comparison, revision)]


def tie_table(comparison: Comparison, revision: Revision) -> Block:
    """Table B15-1: neighbours too close for the printed digits to tell apart."""
    sides = (comparison.baseline, comparison.draft)
    # Totals made of numbers printed to d digits may each be off by half a digit.
    margin = max(10.0 ** -_printed_digits(side.framework) for side in sides)
    frame = pd.concat(
        [near_ties(side, margin).assign(version=version(side.framework)) for side in sides]
    )
    printed = number(margin, round(-math.log10(margin)))
    if frame.empty:
        return paragraph(f"Không có hai đơn vị liền kề nào chênh nhau từ {printed} trở xuống.")
    columns = [
        Column("version", "Phiên bản", width=16),
        Column("rank_higher", "Hạng", "integer"),
        Column("higher", "Đơn vị xếp trên", width=22),
        Column("rank_lower", "Hạng", "integer"),
        Column("lower", "Đơn vị xếp dưới", width=22),
        Column("difference", "Chênh lệch", "decimal", 5 if margin < 1e-3 else 3),
    ]
    caption = f"Các cặp đơn vị liền kề chênh nhau không quá {printed}"
    note = "Ở mức chênh này, thứ tự có thể chỉ do làm tròn số liệu đầu vào."
    return table("B15-1", frame, columns, caption, source=computed(revision), note=note)


def _printed_digits(framework: Framework) -> int:
    """Digits to which totals are told apart: as declared, else four of the whole."""
    if framework.rounding is not None:
        return framework.rounding.decimals
    return 4 if framework.maximum <= 5 else 2
