"""Section III and appendix III: what versions ask, on what grounds, beside other instruments."""

from __future__ import annotations

import pandas as pd

from ... import figures
from ...concepts import COMPETENCES, SOURCE_TYPES, Catalogue
from ...framework import UNIT_TYPES, Framework, Indicator
from ...revision import Revision
from ...structure import (
    by_fidelity,
    by_source,
    climb,
    competence,
    concept_matrix,
    demand_words,
    ladder,
    outline,
    span,
)
from ...vietnamese import number
from ...wording import method_words
from ..blocks import Block, Column, bullets, figure, paragraph, subsection, table
from .common import documents, version


def contents(old: Framework, new: Framework, revision: Revision) -> list[Block]:
    """What each version asks, indicator by indicator, and how its levels climb.

    Levels are shown by their thresholds, points by the tree; a list of main indices that the
    weights have shown already is not shown again.
    """
    blocks: list[Block] = []
    for ladder_key, tree_key, item in (("B6-2", "B6-4", old), ("B6-3", "B6-5", new)):
        if item.levels:
            blocks.append(ladder_table(item, revision.catalogue, ladder_key))
        if len(item.groups) > 1 and (item.has_points or not item.levels):
            blocks.append(tree_table(item, tree_key))
    if old.levels or new.levels:
        graded = [item for item in (old, new) if item.levels]
        blocks.append(bullets([_climb_said(item, revision.catalogue) for item in graded]))
        blocks.append(climb_figure(old, new, revision.catalogue))
    return [subsection("Nội dung từng phiên bản"), *blocks] if blocks else []


def tree_table(framework: Framework, key: str) -> Block:
    """Table of every group and indicator of a version: code, name, points, levels."""
    frame = _indented(outline(framework))
    frame["levels"] = frame["levels"].map(span)
    terms = framework.terms
    columns = [
        Column("code", "Mã", width=9),
        Column("label", f"{_capital(terms.group)}, {terms.indicator}", width=50),
    ]
    if framework.has_points:
        digits = 0 if (frame["points"] % 1 == 0).all() else 2
        columns.append(Column("points", _capital(terms.points), "decimal", digits))
    if framework.levels:
        columns.append(Column("levels", "Mức độ yêu cầu", width=12))
    caption = f"Cấu trúc của {version(framework).lower()}"
    note = "" if framework.tree.combine == "sum" else "Trọng số là trong phạm vi nhóm trực tiếp."
    return table(key, frame, columns, caption, source=documents(framework), note=note)


def _indented(frame: pd.DataFrame) -> pd.DataFrame:
    """Groups in capitals at the top, nodes below moved in; no-break spaces hold in every form."""
    top = frame["is_group"] & (frame["depth"] == 1)
    inner = ["\u00a0" * 3 * (depth - 1) for depth in frame["depth"]] + frame["label"]
    return frame.assign(label=inner.mask(top, frame["label"].str.upper()))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def ladder_table(framework: Framework, catalogue: Catalogue, key: str) -> Block:
    """Table of the thresholds of a version: indicators by levels."""
    frame = ladder(framework, catalogue)
    groups = frame["is_group"]
    frame["label"] = frame["label"].mask(groups, frame["label"].str.upper())
    frame.loc[~groups, [level.id for level in framework.levels]] = frame.loc[
        ~groups, [level.id for level in framework.levels]
    ].replace("", "–")
    columns = [
        Column("code", "Mã", width=6),
        Column("label", _capital(framework.terms.indicator), width=54),
        Column("unit", "Đơn vị tính", width=10),
        *(Column(level.id, level.label, width=10) for level in framework.levels),
    ]
    caption = f"Ngưỡng phải đạt ở từng mức độ, {version(framework).lower()}"
    note = "≥: không thấp hơn; ≤: không vượt quá; –: mức độ không yêu cầu."
    return table(
        key, frame, columns, caption, source=documents(framework), note=note, landscape=True
    )


def _climb_said(framework: Framework, catalogue: Catalogue) -> str:
    """Say level by level how many requirements are new and how many thresholds rise."""
    rows = climb(framework, catalogue)
    rows = rows[rows["group"] == ""]
    labels = {level.id: level.label for level in framework.levels}
    said = []
    for level, (_, row) in zip(framework.levels, rows.iterrows(), strict=True):
        asked = f"{level.label} {number(row['requirements'])}"
        if level.after:
            more = (
                f"mới {number(row['new'])}, cao hơn {labels[level.after]} {number(row['raised'])}"
            )
            asked += f" ({more})"
        said.append(asked)
    return f"Số yêu cầu theo {version(framework).lower()}: {'; '.join(said)}."


def climb_figure(old: Framework, new: Framework, catalogue: Catalogue) -> Block:
    """Figure H1-1: how many requirements each level has, and how many rise, by group."""
    tables = {version(item): climb(item, catalogue) for item in (old, new) if item.levels}
    caption = "Số yêu cầu theo nhóm và mức độ; phần mới hoặc có ngưỡng cao hơn mức dưới"
    drawing = figures.climb(tables)
    return figure("H1-1", drawing, caption, unit="yêu cầu", source=documents(old, new))


def grounds(old: Framework, new: Framework, revision: Revision) -> list[Block]:
    """Where texts and figures come from (B9, H1-2), under a heading."""
    parts = {
        "Nội dung chỉ tiêu đọc từ": {version(i): by_fidelity(i) for i in (old, new)},
        "Số liệu lấy từ": {version(i): by_source(i, revision.catalogue) for i in (old, new)},
    }
    rows = []
    for question, (before, after) in zip(parts, map(dict.values, parts.values()), strict=True):
        joined = after.add_suffix("_new").join(before.add_suffix("_old"), how="outer", sort=False)
        joined["label"] = joined["label_new"].fillna(joined["label_old"])
        rows.append(joined.fillna({"count_old": 0, "count_new": 0}).assign(question=question))
    frame = pd.concat(rows)
    columns = [Column("question", "Xét theo", width=18), Column("label", "Loại", width=22)]
    for side, item in (("old", old), ("new", new)):
        columns.append(Column(f"count_{side}", f"Số chỉ tiêu ({item.version})", "integer"))
        columns.append(Column(f"share_{side}", f"Tỷ lệ ({item.version})", "percent", 1))
        if item.has_points and frame[f"points_share_{side}"].notna().any():
            label = f"Tỷ lệ điểm ({item.version})"
            columns.append(Column(f"points_share_{side}", label, "percent", 1))
    for column in columns[2:]:
        if column.kind == "percent":
            frame[column.name] = frame[column.name].fillna(0.0)
    caption = "Độ tin cậy của nội dung và nguồn số liệu, hai phiên bản"
    source = "Tệp khung và danh mục khái niệm"
    drawing = figures.shares(parts)
    return [
        subsection("Độ tin cậy của nội dung và nguồn số liệu"),
        table("B9", frame, columns, caption, unit="chỉ tiêu", source=source),
        figure("H1-2", drawing, f"{caption} (% số chỉ tiêu)", unit="%", source=source),
    ]


def powers(new: Framework, revision: Revision) -> list[Block]:
    """Table B13 under its heading: indicators beyond the units' own power, and powers that expire.

    Nothing when the catalogue says of no indicator who can act on it.
    """
    frame = competence(new, revision.catalogue)
    silent = int((frame["level"] == "").sum())
    if silent == len(frame):
        return []
    counts = [
        f"{COMPETENCES[level]} {number(int((frame['level'] == level).sum()))}"
        for level in COMPETENCES
        if (frame["level"] == level).any()
    ]
    counts += [f"chưa ghi {number(silent)}"] if silent else []
    outside = frame[(frame["level"] != "") & ~frame["own"]]
    dated = frame[frame["valid_until"].notna()]
    said = (
        f"Trong {number(len(frame))} {new.terms.indicator} của {version(new).lower()}, thẩm quyền "
        f"quyết định thuộc: {', '.join(counts)}. {number(len(outside))} {new.terms.indicator} nằm "
        f"ngoài thẩm quyền của {UNIT_TYPES[new.unit_type]}; {number(len(dated))} "
        f"{new.terms.indicator} dựa vào quy định về thẩm quyền có thời hạn."
    )
    blocks: list[Block] = [subsection("Thẩm quyền và thời hạn"), paragraph(said)]
    listed = frame[frame.index.isin(outside.index) | frame.index.isin(dated.index)]
    return [*blocks, competence_table(listed, new)] if len(listed) else blocks


def competence_table(frame: pd.DataFrame, framework: Framework) -> Block:
    """Table B13: who can act on an indicator, by which document, until when."""
    shown = frame.assign(
        level=[COMPETENCES.get(level, "–") for level in frame["level"]],
        basis=frame["basis"].replace("", "–"),
        until=["–" if day is None else f"{day:%d/%m/%Y}" for day in frame["valid_until"]],
    )
    columns = [
        Column("code", "Mã", width=8),
        Column("label", _capital(framework.terms.indicator), width=44),
        Column("level", "Thẩm quyền", width=13),
        Column("basis", "Căn cứ", width=23),
        Column("until", "Hiệu lực đến", width=13),
    ]
    caption = f"Chỉ tiêu ngoài thẩm quyền của {UNIT_TYPES[framework.unit_type]} hoặc có thời hạn"
    return table("B13", shown, columns, caption, source="Danh mục khái niệm")


def peers(new: Framework, revision: Revision) -> list[Block]:
    """Other instruments beside the versions (B23-1), under a heading; nothing without peers."""
    if not revision.peers:
        return []
    beside = (revision.baseline, new, *revision.peers)
    matrix = concept_matrix(beside, revision.catalogue)
    others = [item.id for item in revision.peers]
    asked = matrix[[new.id, *others]] != ""
    matrix["asked_by"] = asked.sum(axis=1)
    alone = int((asked[new.id] & ~asked[others].any(axis=1)).sum())
    beyond = asked[others].sum(axis=1)[~asked[new.id]]
    said = (
        f"{version(new)} được đặt cạnh {number(len(others))} bộ khác, đối chiếu theo khái niệm "
        f"(đại lượng được đo), không theo tên gọi. Trong {number(int(asked[new.id].sum()))} khái "
        f"niệm mà phiên bản này hỏi, {number(alone)} không bộ nào khác hỏi. Các bộ khác hỏi thêm "
        f"{number(int((beyond > 0).sum()))} khái niệm, trong đó {number(int((beyond > 1).sum()))} "
        "do từ hai bộ trở lên hỏi."
    )
    # The wide table takes the heading to its lying pages; text between them would stand alone.
    wide = [peer_table(matrix, beside)] if (matrix["asked_by"] > 1).any() else []
    return [subsection("Đối chiếu với các bộ khác"), *wide, paragraph(said)]


def peer_table(matrix: pd.DataFrame, frameworks: tuple[Framework, ...], limit: int = 36) -> Block:
    """Table B23-1: concepts that several instruments ask, the baseline not counted.

    Rows are those asked by at least two, or by as many more as keep the table within the limit
    without emptying it.
    """
    asked_by, least = matrix["asked_by"], 2
    while (asked_by >= least).sum() > limit and (asked_by > least).any():
        least += 1
    matrix = matrix[matrix["asked_by"] >= least]
    matrix = matrix.sort_values("asked_by", ascending=False, kind="stable")
    frame = matrix.assign(
        concept=matrix["label"] + " (" + matrix["unit"] + ")",
        **{item.id: matrix[item.id].replace("", "–") for item in frameworks},
    )
    columns = [
        Column("concept", "Khái niệm (đơn vị tính)", width=46),
        Column("asked_by", "Số bộ hỏi", "integer", width=7),
        *(
            Column(item.id, _named(item, frameworks[0]), width=24 if wide else 16)
            for item in frameworks
            for wide in [len(item.levels) > 2 or not item.issued]
        ),
    ]
    caption = f"Khái niệm được từ {number(least)} bộ trở lên hỏi"
    note = (
        "Số bộ hỏi không kể bản hiện hành. Số trước dấu hai chấm là thứ tự mức độ của bộ đó; “có "
        "hỏi”: hỏi mà không nêu ngưỡng, điểm; –: không hỏi."
    )
    source = documents(*frameworks)
    return table(
        "B23-1", frame, columns, caption, source=source, note=note, landscape=True, detail=True
    )


def _named(framework: Framework, beside: Framework) -> str:
    """Name an instrument in a narrow column: its document and agency, else its title."""
    issued = framework.issued
    name = ", ".join(filter(None, (issued.document, issued.by))) if issued else framework.title
    name = name.replace("Ủy ban nhân dân", "UBND")
    same = framework.unit_type == beside.unit_type
    return name if same else f"{name} ({UNIT_TYPES[framework.unit_type]})"


def sheet_table(framework: Framework, catalogue: Catalogue) -> Block:
    """Table PL3-1: the sheet of every indicator: definition, method, source, competence, demand."""
    rows = [_sheet(item, framework, catalogue) for item in framework.indicators]
    held = {"ngưỡng": framework.levels, framework.terms.points: framework.has_points}
    demand = " và ".join(words for words, present in held.items() if present)
    columns = [
        Column("code", "Mã", width=6),
        Column("label", _capital(framework.terms.indicator), width=24),
        Column("definition", "Định nghĩa", width=36),
        Column("method", "Cách tính (tử số a, mẫu số b)", width=36),
        Column("source", "Nguồn số liệu, minh chứng", width=27),
        *([Column("power", "Thẩm quyền", width=12)] if any(row["power"] for row in rows) else []),
        Column("demand", _capital(demand or "yêu cầu"), width=18),
    ]
    caption = f"Phiếu {framework.terms.indicator}, {version(framework).lower()}"
    levels = "; ".join(
        f"{place} là {level.label}" for place, level in enumerate(framework.levels, 1)
    )
    note = f"Mức độ: {levels}." if levels else ""
    frame = pd.DataFrame(rows)
    return table(
        "PL3-1", frame, columns, caption, source=documents(framework), note=note, landscape=True
    )


def _sheet(item: Indicator, framework: Framework, catalogue: Catalogue) -> dict[str, str]:
    """One indicator's sheet; what the method says already is not said as a definition."""
    concept = catalogue[item.concept]
    held = concept.competence
    until = f", đến {held.valid_until:%d/%m/%Y}" if held and held.valid_until else ""
    power = f"{COMPETENCES[held.level]}{until}" if held else ""
    definition = concept.definition or concept.label
    method = item.method or method_words(item, catalogue).removeprefix(definition).strip()
    source = item.source or concept.source or SOURCE_TYPES[concept.source_type]
    return {
        "code": item.code,
        "label": item.label,
        "definition": f"{definition}\nĐơn vị tính: {concept.unit}",
        "method": method or "theo số báo cáo",
        "source": "\n".join(words for words in (source, item.evidence) if words),
        "power": power,
        "demand": demand_words(item, framework, concept).replace("; ", "\n"),
    }
