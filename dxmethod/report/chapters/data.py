"""Sections IV and IX: what was reported, how far it can be relied on, what it costs to ask."""

from __future__ import annotations

import pandas as pd

from ... import figures_quality as figures
from ...assessment import assess
from ...burden import Burden, burden
from ...concepts import SOURCE_TYPES
from ...framework import Framework
from ...incomplete import bounds, coverage, pending, reads, statuses, to_get_first
from ...observations import Observations
from ...quality import FEW
from ...revision import Revision
from ...verification import sources
from ...vietnamese import number, percent
from ..blocks import Block, Column, bullets, figure, paragraph, subsection, table
from .common import computed, documents, source, version

# Rows of a heat map that fit a page.
_ROWS = 46


def held(revision: Revision) -> Observations:
    """Observations of a revision that has them."""
    if revision.observations is None:
        raise ValueError("bản sửa đổi không có bảng số liệu")
    return revision.observations


def asked_for(framework: Framework, revision: Revision) -> pd.DataFrame:
    """Name what a framework asks for: `code`, `label`, `unit` by (indicator, concept).

    A composed indicator has one row a part, named by its concept.
    """
    rows = {}
    for item in framework.indicators:
        names = reads(item)
        for name in names:
            concept = revision.catalogue[name]
            label = item.label if len(names) == 1 else concept.label
            rows[item.id, name] = (item.code, label, concept.unit)
    index = pd.MultiIndex.from_tuples(list(rows), names=["indicator", "concept"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["code", "label", "unit"])


def excluded(revision: Revision) -> list[Block]:
    """Table B8-3: units left out for the errors of their returns; nothing when there are none."""
    loaded = revision.returned
    if loaded is None or not (loaded.excluded or loaded.refused):
        return []
    frame = loaded.faults
    frame = frame[(frame["mức"] == "lỗi") & (frame["đơn vị"].isin([*loaded.excluded, ""]))]
    columns = [
        Column("đơn vị", "Đơn vị", width=12),
        Column("tệp", "Tệp", width=20),
        Column("hàng", "Hàng", width=8),
        Column("cột", "Cột", width=18),
        Column("thấy", "Có", width=22),
        Column("cần", "Cần", width=22),
    ]
    frame = frame.assign(hàng=frame["hàng"].astype(str))
    units = ", ".join(loaded.excluded) or "không đơn vị nào"
    said = f"Không đưa vào tính toán vì số liệu gửi về có lỗi: {units}."
    if loaded.refused:
        said += f" Tệp không đọc được: {', '.join(loaded.refused)}."
    caption = "Lỗi của các đơn vị không đưa vào"
    return [
        subsection("Đơn vị không đưa vào"),
        paragraph(said),
        table("B8-3", frame, columns, caption, source=source(revision)),
    ]


def data_coverage(framework: Framework, revision: Revision) -> list[Block]:
    """Table B8 and figure H2 under their heading: what is there and what is missing."""
    observations = held(revision)
    found = coverage(framework, observations)
    whole = found[found["stratum"] == ""].set_index(["indicator", "concept"])
    kinds = ["observed", "missing", "not_applicable", "no_occurrence", "no_evidence"]
    total = whole[kinds].sum()
    every = int(total.sum())
    said = (
        f"{version(framework)} hỏi {number(len(whole))} giá trị của mỗi đơn vị; "
        f"{number(len(observations.units))} đơn vị, tổng cộng {number(every)} giá trị: "
        f"{percent(total['observed'] / every)} có số liệu, {percent(total['missing'] / every)} "
        f"thiếu, {percent(total['not_applicable'] / every)} không áp dụng, "
        f"{percent(total['no_occurrence'] / every)} không phát sinh, "
        f"{percent(total['no_evidence'] / every)} không có minh chứng."
    )
    low = int((whole["share"] < 0.5).sum())
    if low:
        said += (
            f" {number(low)} {framework.terms.indicator} có số liệu ở chưa đến một nửa số đơn vị "
            "phải báo cáo."
        )
    blocks: list[Block] = [*excluded(revision), subsection("Độ phủ số liệu"), paragraph(said)]
    blocks.append(coverage_table(found, framework, revision))
    if total["observed"] == every:
        blocks.append(paragraph("Không có giá trị nào thiếu, nên không lập hình về số liệu thiếu."))
        return blocks
    return [*blocks, *missing_figures(framework, revision)]


def coverage_table(found: pd.DataFrame, framework: Framework, revision: Revision) -> Block:
    """Table B8: units by status, and the share with a value in each stratum."""
    keys = ["indicator", "concept"]
    wide = found.pivot(index=keys, columns="stratum", values="share")
    strata = [str(name) for name in wide if name]
    frame = found[found["stratum"] == ""].set_index(keys).join(asked_for(framework, revision))
    for place, name in enumerate(strata):
        frame[f"in{place}"] = wide[name]
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(framework.terms.indicator), width=40),
        Column("observed", "Có", "integer", width=6),
        Column("missing", "Thiếu", "integer", width=6),
        Column("not_applicable", "KAD", "integer", width=6),
        Column("no_occurrence", "KPS", "integer", width=6),
        Column("no_evidence", "KMC", "integer", width=6),
        Column("share", "Độ phủ", "percent", 1, width=9),
        *(Column(f"in{n}", name, "percent", 1, width=9) for n, name in enumerate(strata)),
    ]
    note = (
        "KAD: không áp dụng; KPS: không phát sinh; KMC: không có minh chứng. Độ phủ: số đơn vị có "
        "số liệu trên số đơn vị mà giá trị áp dụng và có phát sinh."
    )
    if strata:
        note += " Các cột cuối: độ phủ theo địa bàn."
    caption = f"Độ phủ số liệu theo {framework.terms.indicator}, {version(framework).lower()}"
    return table(
        "B8",
        frame,
        columns,
        caption,
        unit="đơn vị",
        source=computed(revision),
        note=note,
        landscape=bool(strata),
    )


def missing_figures(framework: Framework, revision: Revision) -> list[Block]:
    """Figure H2, in as many parts as fit pages: statuses of every value."""
    observations = held(revision)
    cells = statuses(framework, observations)
    named = asked_for(framework, revision)
    labels = list((named["code"] + " " + named["label"]).str.strip())
    units = observations.units
    groups = units["stratum"].fillna("") if "stratum" in units else pd.Series("", units.index)
    blocks: list[Block] = []
    parts = -(-len(cells) // _ROWS)
    size = -(-len(cells) // parts)
    for part in range(parts):
        rows = slice(part * size, (part + 1) * size)
        drawing = figures.missing(
            cells.iloc[rows], labels[rows], groups.astype(str), observations.simulated
        )
        caption = "Số liệu có và thiếu theo chỉ tiêu và đơn vị"
        caption += f" (phần {part + 1})" if parts > 1 else ""
        key = "H2" if not part else f"H2-{part + 1}"
        alt = "Bản đồ nhiệt: mỗi hàng một chỉ tiêu, mỗi cột một đơn vị, xếp theo địa bàn."
        blocks.append(figure(key, drawing, caption, source=source(revision), alt=alt))
    return blocks


def data_sources(framework: Framework, revision: Revision) -> list[Block]:
    """Table B9-1 under its heading: where values come from, and how much rests on them."""
    found = sources(framework, held(revision))
    columns = [
        Column("label", "Nguồn số liệu", width=26),
        Column("indicators", "Số chỉ tiêu", "integer"),
        Column("indicators_share", "Tỷ lệ", "percent", 1),
    ]
    if framework.levels:
        columns += [
            Column("requirements", "Số yêu cầu ở các mức", "integer"),
            Column("requirements_share", "Tỷ lệ", "percent", 1),
        ]
    if framework.has_points:
        columns.append(Column("points_share", "Tỷ lệ điểm", "percent", 1))
    columns += [
        Column("values", "Số giá trị đã báo cáo", "integer"),
        Column("values_share", "Tỷ lệ", "percent", 1),
    ]
    what = "points_share" if framework.has_points else "indicators_share"
    own = {name: float(found[name].get("self_report", 0.0)) for name in (what, "values_share")}
    of = "số điểm" if framework.has_points else f"số {framework.terms.indicator}"
    said = (
        f"{percent(own[what])} {of} của {version(framework).lower()} và "
        f"{percent(own['values_share'])} số giá trị đã có dựa vào đơn vị tự báo cáo."
    )
    caption = f"Nguồn của số liệu, {version(framework).lower()}"
    return [
        subsection("Nguồn số liệu"),
        paragraph(said),
        table("B9-1", found, columns, caption, source=computed(revision)),
    ]


def data_bounds(framework: Framework, revision: Revision, limit: int = 20) -> list[Block]:
    """Tables B8-1 and B8-2: how far results hang on missing values, what to get first."""
    assessment = assess(framework, held(revision))
    open_values = pending(assessment)
    title = subsection("Kết quả chắc đến đâu khi số liệu còn thiếu")
    if open_values.empty:
        words = "Không có giá trị thiếu nào có thể làm đổi kết quả theo quy ước của "
        return [title, paragraph(f"{words}{version(framework).lower()}.")]
    ends = bounds(assessment)
    units = open_values["unit"].nunique()
    sentences = [
        f"{number(len(open_values))} giá trị chưa biết ở {number(units)} trên {number(len(ends))} "
        "đơn vị. Trường hợp xấu nhất: mọi giá trị chưa biết đều không đạt; tốt nhất: đều đạt."
    ]
    if assessment.levels is not None:
        sure = int((ends["level"] == ends["level_best"]).sum())
        sentences.append(
            f"{number(sure)} đơn vị có mức độ đã chắc chắn, dù số liệu thiếu ra sao; "
            f"{number(len(ends) - sure)} đơn vị có thể lên mức cao hơn khi có đủ số liệu."
        )
    if assessment.points is not None:
        wide = (ends["total_best"] - ends["total"]).dropna()
        digits = 4 if framework.maximum <= 5 else 2
        sentences.append(
            f"{capital(framework.terms.total)} của một đơn vị có thể tăng thêm trung bình "
            f"{number(wide.mean(), digits)}, nhiều nhất {number(wide.max(), digits)}."
        )
    span = ends["rank_worst"] - ends["rank_best"]
    if span.max() > 0:
        sentences.append(
            f"Khoảng thứ hạng có thể của một đơn vị rộng trung bình {number(span.mean(), 1)} bậc, "
            f"nhiều nhất {number(span.max())} bậc."
        )
    blocks: list[Block] = [title, bullets(sentences)]
    first = to_get_first(assessment)
    if assessment.levels is not None:
        if (ends["level"] < ends["level_best"]).any():
            blocks.append(bounds_table(ends, assessment.level_labels(), revision))
        if assessment.points is None:
            first = first[first["decides"] > 0]
    return [*blocks, first_table(first, framework, revision, limit)] if len(first) else blocks


def bounds_table(ends: pd.DataFrame, labels: list[str], revision: Revision) -> Block:
    """Table B8-1: units by level at worst (rows) and at best (columns)."""
    counts = pd.crosstab(ends["level"], ends["level_best"])
    places = range(len(labels))
    counts = counts.reindex(index=places, columns=places, fill_value=0)
    frame = counts.set_axis([f"to{place}" for place in places], axis=1)
    frame = frame.assign(held=labels)
    columns = [
        Column("held", "Xấu nhất ↓, tốt nhất →", width=26),
        *(Column(f"to{place}", label, "integer") for place, label in enumerate(labels)),
    ]
    caption = "Số đơn vị theo mức độ trong trường hợp xấu nhất (hàng) và tốt nhất (cột)"
    return table("B8-1", frame, columns, caption, unit="đơn vị", source=computed(revision))


def first_table(first: pd.DataFrame, framework: Framework, revision: Revision, limit: int) -> Block:
    """Table B8-2: which missing values to get first."""
    named = asked_for(framework, revision).reset_index("indicator", drop=True)
    frame = first.join(named[~named.index.duplicated()]).head(limit)
    for name in frame.index[frame["label"].isna()]:
        frame.loc[name, ["code", "label"]] = "", revision.catalogue[name].label
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(framework.terms.indicator), width=44),
        Column("units", "Đơn vị thiếu", "integer", width=9),
    ]
    note = "Xếp theo số đơn vị mà giá trị thiếu có thể quyết định kết quả."
    if "decides" in frame:
        columns += [
            Column("decides", "Có thể quyết định mức độ", "integer", width=11),
            Column("alone", "Một mình đủ để lên mức", "integer", width=11),
            Column("needed", "Không thể thiếu cho mức tốt nhất", "integer", width=12),
        ]
        note = (
            "Có thể quyết định mức độ: số đơn vị mà giá trị này một mình, hoặc cùng một nhóm nhỏ "
            "nhất các giá trị thiếu khác, làm đơn vị lên mức; hoặc không có nó thì không đạt được "
            "mức tốt nhất."
        )
    if "points" in frame:
        label = f"{capital(framework.terms.points)} chưa rõ, mọi đơn vị"
        columns.append(Column("points", label, "decimal", 2, width=12))
    caption = "Giá trị thiếu cần lấy trước"
    if len(first) > limit:
        caption += f": {number(limit)} trong {number(len(first))}"
    return table("B8-2", frame, columns, caption, source=computed(revision), note=note)


def compliance_cost(old: Framework, new: Framework, revision: Revision) -> list[Block]:
    """Tables B23 and B23-2: data items asked, held elsewhere, shared and new."""
    peers = tuple(peer for peer in revision.peers if peer.id not in (old.id, new.id))
    before, after = (burden(item, revision.catalogue, peers) for item in (old, new))
    rows = [
        (f"Số {new.terms.indicator}", before.indicators, after.indicators),
        ("Số khái niệm khác nhau", len(before.concepts), len(after.concepts)),
        ("Số mục số liệu phải có (tử số, mẫu số, giá trị)", before.count(), after.count()),
        (
            "  trong đó: đo tự động, thống kê hoặc đã công bố",
            before.count("held"),
            after.count("held"),
        ),
    ]
    if peers:
        rows.append(("  trong đó: bộ khác cũng hỏi", before.count("shared"), after.count("shared")))
    rows.append(("  còn lại: phải thu thập riêng", before.count("new"), after.count("new")))
    if revision.observations is not None:
        size = len(revision.observations.units)
        label = f"Số ô phải điền riêng mỗi kỳ, với {number(size)} đơn vị"
        rows.append((label, size * before.count("new"), size * after.count("new")))
    frame = pd.DataFrame(rows, columns=["what", "old", "new"])
    frame["what"] = frame["what"].str.replace("  ", "\u00a0\u00a0\u00a0")
    frame["shift"] = frame["new"] - frame["old"]
    columns = [
        Column("what", "Nội dung", width=50),
        Column("old", version(old), "integer"),
        Column("new", version(new), "integer"),
        Column("shift", "Thay đổi", "shift"),
    ]
    note = (
        "Tử số hoặc mẫu số cùng lời ở hai khái niệm là một mục. Một mục có thể thuộc cả hai dòng "
        "“trong đó”."
    )
    if peers:
        note += f" Bộ khác: {documents(*peers)}."
    made = table(
        "B23",
        frame,
        columns,
        "Số liệu phải thu thập, hai phiên bản",
        unit="mục",
        source="Tệp khung và danh mục khái niệm",
        note=note,
    )
    return [made, *_collected(after, new)]


def _collected(after: Burden, new: Framework, limit: int = 30) -> list[Block]:
    """Table B23-2: what nobody else holds or asks."""
    frame = after.concepts[after.concepts["new"]]
    if frame.empty:
        words = "Mọi số liệu đều đã có ở nguồn khác hoặc được bộ khác cùng hỏi."
        return [paragraph(f"{version(new)}: {words[:1].lower()}{words[1:]}")]
    frame = frame.assign(source=frame["source_type"].map(dict(SOURCE_TYPES)))
    columns = [
        Column("label", "Khái niệm", width=56),
        Column("unit", "Đơn vị tính", width=12),
        Column("source", "Nguồn", width=20),
        Column("items", "Số mục", "integer", width=8),
    ]
    caption = f"Số liệu phải thu thập riêng cho {version(new).lower()}"
    if len(frame) > limit:
        caption += f": {number(limit)} trong {number(len(frame))} khái niệm"
    source_line = "Tệp khung và danh mục khái niệm"
    return [table("B23-2", frame.head(limit), columns, caption, unit="mục", source=source_line)]


def data_summary(framework: Framework, revision: Revision) -> str:
    """Say in a few lines, without local marks, how complete the data are."""
    found = coverage(framework, held(revision))
    whole = found[found["stratum"] == ""]
    ends = bounds(assess(framework, held(revision)))
    asked = burden(framework, revision.catalogue, revision.peers)
    lines = [
        f"{len(ends)} units, {len(whole)} values each, {whole['observed'].sum()} observed, "
        f"{whole['missing'].sum()} missing",
        f"rank width {(ends['rank_worst'] - ends['rank_best']).mean():.2f}",
        f"{asked.count()} items, {asked.count('held')} held, {asked.count('new')} new",
    ]
    return "\n".join(lines)


def few_units(units: int) -> str:
    """Warn when a chapter rests on few units; empty otherwise."""
    if units >= FEW:
        return ""
    return (
        f"Chỉ có {number(units)} đơn vị: các tỷ lệ và tương quan dưới đây chỉ để tham khảo, chưa "
        "đủ làm căn cứ."
    )


def capital(word: str) -> str:
    """Begin a sentence or a column with a term."""
    return word[:1].upper() + word[1:]
