"""Section XI: conclusions and recommendations."""

from __future__ import annotations

import pandas as pd

from ...comparison import Comparison
from ...revision import Revision
from ...vietnamese import number, percent
from ..blocks import Block, Bullets, Column, bullets, paragraph, table


def conclusion(comparison: Comparison) -> Bullets:
    """Say what the draft does, in sentences that rest on the figures of this run."""
    found = comparison.rank_summary()
    frame = comparison.units
    share = found.moved / found.units if found.units else 0.0
    sentences = [
        f"Thay đổi được xét làm {number(found.moved)} trên {number(found.units)} đơn vị "
        f"({percent(share)}) đổi thứ hạng, nhiều nhất {number(found.largest)} bậc."
    ]
    if found.moved:
        far = frame[frame["rank_shift"].abs() == found.largest].sort_values("rank_new")
        for sign, words in ((1, "Tăng nhiều nhất"), (-1, "Giảm nhiều nhất")):
            here = far[far["rank_shift"] * sign > 0]
            if len(here):
                names = ", ".join(here["name"].head(6)) + (
                    " và các đơn vị khác" if len(here) > 6 else ""
                )
                sentences.append(f"{words} ({number(found.largest)} bậc): {names}.")
    top = frame[(frame["rank_old"] <= 5) & (frame["rank_new"] <= 5)]
    wanted = int((frame["rank_new"].between(1, 5)).sum())
    sentences.append(
        f"Trong {number(wanted)} đơn vị dẫn đầu theo phiên bản mới, {number(len(top))} đơn vị "
        "cũng ở nhóm năm hạng đầu theo phiên bản cũ."
    )
    return bullets(sentences)


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
