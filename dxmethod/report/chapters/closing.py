"""Section XI: conclusions and recommendations."""

from __future__ import annotations

import pandas as pd

from ...comparison import Comparison
from ...revision import Revision
from ...vietnamese import number, percent
from ..blocks import Block, Bullets, Column, bullets, paragraph, table


def conclusion(comparison: Comparison) -> Bullets:
    """Say what the draft does, in sentences that rest on the figures of this run."""
    sentences = []
    if comparison.ranked:
        sentences += _on_ranks(comparison)
    if comparison.levelled:
        sentences += _on_levels(comparison)
    return bullets(sentences)


def _on_ranks(comparison: Comparison) -> list[str]:
    found, frame = comparison.rank_summary(), comparison.units
    share = found.moved / found.units if found.units else 0.0
    sentences = [
        f"Thay đổi được xét làm {number(found.moved)} trên {number(found.units)} đơn vị "
        f"({percent(share)}) đổi thứ hạng, nhiều nhất {number(found.largest)} bậc."
    ]
    far = frame[(frame["rank_shift"].abs() == found.largest) & (found.moved > 0)]
    far = far.sort_values("rank_new", kind="stable")
    for sign, words in ((1, "Tăng nhiều nhất"), (-1, "Giảm nhiều nhất")):
        names = list(far["name"][far["rank_shift"] * sign > 0])
        if names:
            more = " và các đơn vị khác" if len(names) > 6 else ""
            listed = ", ".join(names[:6]) + more
            sentences.append(f"{words} ({number(found.largest)} bậc): {listed}.")
    first = frame["rank_new"].between(1, 5)
    kept = int((first & frame["rank_old"].between(1, 5)).sum())
    sentences.append(
        f"Trong {number(int(first.sum()))} đơn vị dẫn đầu theo phiên bản mới, {number(kept)} đơn "
        "vị cũng ở nhóm năm hạng đầu theo phiên bản cũ."
    )
    return sentences


def _on_levels(comparison: Comparison) -> list[str]:
    """Say how many units reach each level or a higher one, before and after."""
    frame, names = comparison.units, comparison.draft.level_labels()
    same = len(names) == len(comparison.baseline.level_labels())
    return [
        f"Số đơn vị đạt “{name}” trở lên: {number(int((frame['level_old'] >= place).sum()))} theo "
        f"phiên bản cũ, {number(int((frame['level_new'] >= place).sum()))} theo phiên bản mới."
        for place, name in enumerate(names)
        if place and same
    ]


def recommendation_table(revision: Revision) -> Block:
    """Table B25: what to do, by whom, when."""
    if not revision.file.recommendations:
        return paragraph("Tệp sửa đổi không nêu kiến nghị.")
    rows = [item.model_dump() for item in revision.file.recommendations]
    columns = [
        Column("action", "Nội dung kiến nghị", width=52),
        Column("owner", "Đơn vị thực hiện", width=26),
        Column("time", "Thời gian", width=22),
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return table("B25", frame, columns, "Kiến nghị", source="Tệp sửa đổi của báo cáo")
