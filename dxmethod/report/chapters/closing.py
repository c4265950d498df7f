"""Section XI: conclusions and recommendations."""

from __future__ import annotations

import pandas as pd

from ...comparison import Comparison
from ...framework import Framework
from ...revision import Revision
from ...structure import fate
from ...vietnamese import number, percent
from ..blocks import Block, Bullets, Column, bullets, paragraph, table
from .common import version


def conclusion(revision: Revision, draft: str = "") -> Bullets:
    """Say what a draft does, in sentences that rest on the figures of this run.

    Without observations, say what it changes, and that its effect is not known.
    """
    if revision.observations is None:
        return bullets(_on_structure(revision.baseline, revision.draft(draft)))
    comparison = revision.compare(draft)
    sentences = []
    if comparison.ranked:
        sentences += _on_ranks(comparison)
    if comparison.levelled:
        sentences += _on_levels(comparison)
    return bullets(sentences)


def _on_structure(old: Framework, new: Framework) -> list[str]:
    """Say what is added, dropped, kept, asked by level, and how far the texts can be trusted."""
    name = new.terms.indicator
    found = fate(old, new)
    kept = found["old"] & found["new"]
    sentences = [
        f"{version(new)} có {number(len(new.indicators))} {name}, {version(old).lower()} có "
        f"{number(len(old.indicators))}: giữ {number(int(kept.sum()))} (trong đó "
        f"{number(int(found['changed'].sum()))} đổi ngưỡng), thêm "
        f"{number(int((found['new'] & ~found['old']).sum()))}, bỏ "
        f"{number(int((found['old'] & ~found['new']).sum()))}."
    ]
    for item in (old, new):
        asked = [
            f"{level.label} {number(sum(level.id in i.required for i in item.indicators))}"
            for level in item.levels
        ]
        if asked:
            said = f"Số {item.terms.indicator} phải xét ở từng mức độ theo {version(item).lower()}"
            sentences.append(f"{said}: {'; '.join(asked)}.")
    for item in (old, new):
        written = sum(i.provenance.fidelity == "illustrative" for i in item.indicators)
        if written:
            sentences.append(
                f"{number(written)} trên {number(len(item.indicators))} {item.terms.indicator} của "
                f"{version(item).lower()} ({percent(written / len(item.indicators))}) là minh họa, "
                "không phải nội dung văn bản; nhận xét về từng chỉ tiêu ấy không dùng làm căn cứ."
            )
    sentences.append(
        "Tác động đến kết quả của các đơn vị chưa được đánh giá, vì bản sửa đổi không có bảng số "
        "liệu."
    )
    return sentences


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
