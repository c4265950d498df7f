"""Section VIII: old units, new units, and the criteria of a tier that is no more."""

from __future__ import annotations

import pandas as pd

from ...concepts import COMPETENCES
from ...dispositions import MOVES, fidelity_words
from ...framework import Framework
from ...merging import assumption_effect, merge_each
from ...reorganisation import MergeEffects, can_carry, merge_effects, rules_and_maps
from ...revision import Revision
from ...vietnamese import number
from ..blocks import Block, Column, bullets, paragraph, subsection, table
from .common import computed, documents, version

# Rows of a table of concepts that a reader can take in.
_ROWS = 20


def merging(revision: Revision, draft: Framework) -> list[Block]:
    """Tables B21, B21-1 and B21-2 under their heading: what a reorganisation does to results."""
    found, observations = revision.reorganisation, revision.observations
    if found is None or found.crosswalk is None:
        said = "Bản sửa đổi không nêu bảng chuyển đổi đơn vị, nên không gộp số liệu đơn vị cũ."
        return [paragraph(said)]
    head = subsection("Gộp số liệu sau sắp xếp đơn vị")
    if observations is None or not can_carry(found, observations):
        said = (
            "Bảng số liệu không gồm đơn vị trước sắp xếp (hoặc có đơn vị mà bảng chuyển đổi không "
            "có), nên không gộp lại được để so sánh các quy tắc."
        )
        return [head, paragraph(said)]
    effects = merge_effects(draft, observations, found)
    blocks: list[Block] = [head, paragraph(_merged_said(effects, len(observations.units)))]
    if effects.findings:
        blocks.append(bullets([str(fault) for fault in effects.findings]))
    blocks.append(rule_table(effects, revision))
    if all(item.levels for item in (revision.baseline, draft)):
        blocks.append(map_table(effects, revision, draft))
    if effects.merged.touched.any():
        blocks.append(assumption_table(revision))
    return blocks


def _merged_said(effects: MergeEffects, olds: int) -> str:
    """Say how many values of new units are known, and what they rest on."""
    value = effects.merged.observations.value
    known = int(effects.table["known"].iloc[0])
    touched = int(effects.merged.touched.sum())
    return (
        f"{number(olds)} đơn vị cũ có số liệu thành {number(len(value))} đơn vị mới, "
        f"{number(value.size)} giá trị; {number(known)} giá trị gộp được, "
        f"{number(value.size - known)} giá trị không (thiếu số liệu của một đơn vị cũ, không áp "
        "dụng, không phát sinh, hoặc phải thu thập lại) và chỉ biết khoảng. "
        f"{number(touched)} giá trị dựa trên giả định về đơn vị cũ bị chia. Mức độ, điểm không bao "
        "giờ được lấy trung bình: số liệu được gộp theo quy tắc của từng khái niệm rồi chấm lại."
    )


def rule_table(effects: MergeEffects, revision: Revision) -> Block:
    """Table B21: how many new units have another result under another merge rule."""
    columns = [
        Column("choice", "Lựa chọn", width=52),
        Column("known", "Giá trị gộp được", "integer"),
        Column("levels_up", "Đơn vị lên mức", "integer"),
        Column("levels_down", "Đơn vị xuống mức", "integer"),
        Column("totals_moved", "Đơn vị đổi điểm", "integer"),
        Column("total_largest", "Đổi điểm lớn nhất", "decimal", 2),
        Column("ranks_moved", "Đơn vị đổi hạng", "integer"),
    ]
    kept = [column for column in columns if column.name in effects.table]
    framework = effects.assessment.framework
    caption = f"So sánh quy tắc gộp số liệu, {version(framework).lower()}"
    note = (
        f"Trên {number(len(effects.merged.observations.units))} đơn vị mới. Mỗi dòng đổi một lựa "
        "chọn so với dòng đầu, giữ nguyên các lựa chọn khác."
    )
    return table("B21", effects.table, kept, caption, source=computed(revision), note=note)


def map_table(effects: MergeEffects, revision: Revision, draft: Framework) -> Block:
    """Table B21-1: units by level, each version on old and on new units."""
    assert revision.observations is not None
    versions = {version(item): item for item in (revision.baseline, draft)}
    frame = rules_and_maps(versions, revision.observations, effects.merged.observations)
    levels = [name for name in frame if str(name).startswith("level")]
    columns = [
        Column("version", "Phiên bản", width=20),
        Column("map", "Địa bàn", width=14),
        Column("units", "Số đơn vị", "integer"),
        *(
            Column(str(name), f"Mức {place}" if place else "Chưa đạt", "integer")
            for place, name in enumerate(levels)
        ),
    ]
    caption = "Số đơn vị theo mức độ: tách phần do đổi quy định và phần do đổi địa bàn"
    return table(
        "B21-1", frame, columns, caption, unit="đơn vị", source=computed(revision), detail=True
    )


def assumption_table(revision: Revision) -> Block:
    """Table B21-2: how far the assumption on divided units decides values, by concept."""
    found, observations = revision.reorganisation, revision.observations
    assert found is not None and found.crosswalk is not None and observations is not None
    merges = merge_each(
        observations, found.crosswalk, cover=found.cover, weights=found.weigh(observations)
    )
    effect = assumption_effect(merges)
    effect = effect[effect["differ"] > 0].sort_values(
        ["differ", "largest"], ascending=False, kind="stable"
    )
    if effect.empty:
        return paragraph("Đổi giả định về đơn vị cũ bị chia không làm giá trị nào thay đổi.")
    concepts = {concept.id: concept for concept in observations.concepts}
    frame = effect.reset_index().assign(
        label=[concepts[name].label for name in effect.index],
        unit=[concepts[name].unit for name in effect.index],
    )
    caption = "Khái niệm có giá trị phụ thuộc giả định về đơn vị cũ bị chia"
    if len(frame) > _ROWS:
        caption += f": {_ROWS} khái niệm phụ thuộc nhiều nhất trong số {number(len(frame))}"
    columns = [
        Column("label", "Khái niệm", width=48),
        Column("unit", "Đơn vị tính", width=12),
        Column("touched", "Giá trị dựa trên giả định", "integer"),
        Column("differ", "Giá trị thay đổi", "integer"),
        Column("mean", "Chênh trung bình", "decimal", 2),
        Column("largest", "Chênh lớn nhất", "decimal", 2),
    ]
    words = {"supplied": "tỷ lệ khai", "equal": "chia đều", "default": "về đơn vị mặc định"}
    note = f"Các giả định được so: {', '.join(words[name] for name in merges)}."
    rows = frame.head(_ROWS)
    return table("B21-2", rows, columns, caption, source=computed(revision), note=note)


def dispositions(revision: Revision) -> list[Block]:
    """Table B22 under its heading: what becomes of the criteria of a tier that is no more."""
    found = revision.reorganisation.dispositions if revision.reorganisation else None
    if found is None:
        return []
    assert revision.reorganisation is not None and revision.reorganisation.former is not None
    counts = pd.Series([item.move for item in found.dispositions]).value_counts()
    parts = [f"{words} {number(counts[move])}" for move, words in MOVES.items() if move in counts]
    ends = [item for item in found.dispositions if item.competence and item.competence.valid_until]
    said = f"{number(len(found.dispositions))} tiêu chí được xử lý: {', '.join(parts)}. "
    if ends:
        said += (
            f"{number(len(ends))} tiêu chí dựa vào thẩm quyền có thời hạn, phải rà soát trước "
            "ngày hết hạn. "
        )
    if found.proposed:
        said += (
            f"{number(found.proposed)} trong số đó là đề xuất của báo cáo, không phải nội dung "
            "văn bản; chưa cơ quan nào quyết định."
        )
    head = subsection("Xử lý tiêu chí của cấp không còn")
    return [head, paragraph(said), disposition_table(revision)]


def disposition_table(revision: Revision) -> Block:
    """Table B22: criterion by criterion, where it goes, why, who is competent until when."""
    known = revision.reorganisation
    assert known is not None and known.dispositions is not None and known.former is not None
    asked = {item.indicator: item for item in known.dispositions.dispositions}
    left = {} if known.target is None else {item.id: item for item in known.target.indicators}
    rows = []
    for indicator in known.former.indicators:
        item = asked[indicator.id]
        into = left.get(item.into or "")
        power = item.competence
        until = power.valid_until if power else None
        rows.append(
            {
                "code": indicator.code,
                "label": indicator.label,
                "move": MOVES[item.move] + (f": {into.code} {into.label}" if into else ""),
                "reason": item.reason,
                "competence": f"{COMPETENCES[power.level]}. {power.basis}" if power else "–",
                "until": until.strftime("%d/%m/%Y") if until else "–",
                "fidelity": fidelity_words(item),
            }
        )
    columns = [
        Column("code", "Mã", width=6),
        Column("label", "Tiêu chí", width=34),
        Column("move", "Xử lý", width=30),
        Column("reason", "Lý do", width=34),
        Column("competence", "Thẩm quyền, căn cứ", width=30),
        Column("until", "Hết hạn", width=11),
        Column("fidelity", "Nguồn", width=9),
    ]
    caption = f"{known.dispositions.title}: từng tiêu chí"
    source = documents(known.former) + "; " + "đề xuất của báo cáo"
    note = known.dispositions.note
    frame = pd.DataFrame(rows)
    return table(
        "B22", frame, columns, caption, source=source, note=note, landscape=True, detail=True
    )


def reorganisation_summary(revision: Revision, draft: Framework) -> str:
    """Say in a few lines, without local marks, what a revision knows of a reorganisation."""
    found = revision.reorganisation
    if found is None:
        return "no reorganisation"
    lines = []
    if found.crosswalk is not None:
        table_of = found.crosswalk.table
        lines.append(f"{table_of['old'].nunique()} old units, {table_of['new'].nunique()} new")
    if revision.observations is not None and can_carry(found, revision.observations):
        effects = merge_effects(draft, revision.observations, found)
        shown = effects.table.drop(columns="choice").round(2)
        lines.append(shown.to_string())
    if found.dispositions is not None:
        moves = pd.Series([item.move for item in found.dispositions.dispositions]).value_counts()
        lines.append(", ".join(f"{move} {moves[move]}" for move in MOVES if move in moves))
    return "\n".join(lines)
