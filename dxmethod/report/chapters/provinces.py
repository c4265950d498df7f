"""Section VIII: what provinces made of a version, and what it makes of their units."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...differences.strictness import DIRECTIONS, Direction, joined
from ...framework import Framework
from ...impact import versions
from ...incomplete import reads
from ...overlays.adaptation import Adaptation
from ...overlays.amending import node_of
from ...overlays.common_core import peer_table as beside
from ...overlays.common_core import restrict
from ...overlays.conformity import change_counts, conformity, kept, thresholds_by_stratum
from ...revision import Revision
from ...vietnamese import number
from ..blocks import Block, Column, banner, bullets, paragraph, ref, subsection, table
from .common import computed, documents, version

_NARROW = 3  # provinces that stand side by side on an upright page
_KEPT = "giữ nguyên"


def province_changes(revision: Revision) -> list[Block]:
    """Tables B20-1 to B20-3 under their heading: what each province changed, and whether it may."""
    if not revision.overlays:
        return [paragraph("Bản sửa đổi không nêu bản điều chỉnh nào của tỉnh.")]
    national = adapted_version(revision)
    blocks: list[Block] = [subsection("Bản điều chỉnh của tỉnh")]
    drawn_up = [one for one in revision.overlays if one.overlay.fidelity == "illustrative"]
    if drawn_up:
        who = "các bản" if len(drawn_up) == len(revision.overlays) else _listed(drawn_up, revision)
        said = f"MINH HỌA: {who} điều chỉnh dưới đây viết ra để thử cách làm"
        blocks.append(banner(f"{said}, không phải nội dung văn bản của tỉnh nào."))
    said = (
        f"{number(len(revision.overlays))} bản điều chỉnh {version(national).lower()} "
        f"({documents(national)}) được đối chiếu với khung: "
        f"{_listed(revision.overlays, revision)}. "
    )
    blocks += [
        paragraph(said + _limits_said(revision)),
        count_by_province(revision),
        count_by_kind(revision),
        conformity_table(revision),
    ]
    refused = [
        f"{province_name(one, revision)}, thay đổi {deed.number}: {deed.refused}."
        for one in revision.overlays
        for deed in one.deeds
        if deed.refused
    ]
    return [*blocks, bullets(refused)] if refused else blocks


def _limits_said(revision: Revision) -> str:
    """Say whether changes are justified, and within what the framework lets be adjusted."""
    deeds = [deed for one in revision.overlays for deed in one.deeds]
    unsaid = sum(not (deed.entry.reason and deed.entry.basis) for deed in deeds)
    beyond = sum(bool(deed.refused) for deed in deeds)
    said = f"{number(unsaid)} thay đổi chưa nêu" if unsaid else "Mọi thay đổi đều nêu"
    said += " lý do, căn cứ. "
    if adapted_version(revision).adjustable is None:
        return said + "Khung không giới hạn phần được điều chỉnh."
    told = f"{number(beyond)} thay đổi" if beyond else "không thay đổi nào"
    listed = ", liệt kê ở dưới" if beyond else ""
    return said + f"Khung nêu rõ phần được điều chỉnh; {told} ra ngoài phạm vi đó{listed}."


def count_by_province(revision: Revision) -> Block:
    """Table B20-1: how much each province changed, and how much of the framework it kept."""
    rows = []
    for one in revision.overlays:
        counts = change_counts(one).loc["Cộng"].to_dict()
        whole = kept(one).loc[""].drop("label").to_dict()
        rows.append({"province": province_name(one, revision), **counts, **whole})
    frame = pd.DataFrame(rows)
    columns = [
        Column("province", "Tỉnh", width=26),
        Column("count", "Số thay đổi", "integer"),
        Column("stricter", "Siết", "integer"),
        Column("easier", "Nới", "integer"),
        Column("unchanged", "Giữ nguyên", "integer"),
        Column("changed", "Sửa", "integer"),
        Column("dropped", "Bỏ", "integer"),
        Column("added", "Thêm", "integer"),
    ]
    for name, label in (("unsaid", "Chưa nêu lý do"), ("refused", "Ngoài phạm vi")):
        if frame[name].any():
            columns.append(Column(name, label, "integer"))
    term = adapted_version(revision).terms.indicator
    note = (
        f"Giữ nguyên, sửa, bỏ: số {term} trong {number(frame['national'].iloc[0])} {term} của "
        "khung. Siết: đơn vị khó đạt hơn; nới: dễ đạt hơn; thay đổi về tên gọi, minh chứng, cơ "
        "quan không thuộc hai loại."
    )
    caption = "Mỗi tỉnh thay đổi bao nhiêu, giữ lại bao nhiêu"
    return table("B20-1", frame, columns, caption, source=adapting_documents(revision), note=note)


def count_by_kind(revision: Revision) -> Block:
    """Table B20-2: changes of all provinces by kind."""
    each = [change_counts(one).drop(index="Cộng") for one in revision.overlays]
    frame = pd.concat([one.assign(provinces=1) for one in each]).groupby(level=0, sort=False).sum()
    frame = frame.sort_values("count", ascending=False, kind="stable")
    columns = [
        Column("kind", "Loại thay đổi", width=34),
        Column("provinces", "Số tỉnh", "integer"),
        Column("count", "Số thay đổi", "integer"),
        Column("stricter", "Siết", "integer"),
        Column("easier", "Nới", "integer"),
    ]
    caption = "Thay đổi của các tỉnh theo loại"
    rows = frame.reset_index()
    return table(
        "B20-2",
        rows,
        columns,
        caption,
        unit="thay đổi",
        source=adapting_documents(revision),
        detail=True,
    )


def conformity_table(revision: Revision) -> Block:
    """Table B20-3: every change: what stood there, what stands there, why, whether it may."""
    parts = []
    for one in revision.overlays:
        part = conformity(one, revision.catalogue).reset_index()
        part["province"] = province_name(one, revision)
        place = ("\n(" + part["where"] + ")").mask(part["where"] == "", "")
        part["what"] = part["kind"].str.capitalize() + ": " + part["target"] + place
        part["why"] = part["reason"] + "\nCăn cứ: " + part["basis"].replace("", "chưa nêu")
        parts.append(part)
    columns = [
        Column("province", "Tỉnh", width=13),
        Column("number", "TT", "integer", width=4),
        Column("what", "Nội dung thay đổi", width=36),
        Column("old", "Khung", width=19),
        Column("new", "Tỉnh", width=22),
        Column("direction", "Chiều", width=7),
        Column("why", "Lý do, căn cứ", width=42),
        Column("conformity", "Đối chiếu", width=12),
    ]
    caption = "Đối chiếu từng thay đổi của tỉnh với khung"
    frame = pd.concat(parts)
    return table(
        "B20-3", frame, columns, caption, source=adapting_documents(revision), landscape=True
    )


def province_thresholds(revision: Revision) -> list[Block]:
    """Table B20 under its heading: thresholds by stratum that some province has otherwise."""
    if not revision.overlays or not adapted_version(revision).levels:
        return []
    national = adapted_version(revision)
    made = [one.framework for one in revision.overlays]
    frame = thresholds_by_stratum([national, *made], revision.catalogue)
    changed = frame[[one.id for one in made]].ne(frame[national.id], axis=0)
    rows = frame[changed.any(axis=1)]
    head = subsection("Ngưỡng theo địa bàn")
    if rows.empty:
        said = "Các tỉnh giữ nguyên mọi ngưỡng đặt theo địa bàn của khung."
        return [head, paragraph(said)]
    shown = rows.assign(stratum=rows["stratum"].replace("*", "còn lại"))
    for one in made:
        shown[one.id] = rows[one.id].where(changed.loc[rows.index, one.id], "như khung")
    columns = [
        Column("label", national.terms.indicator.capitalize(), width=34),
        Column("level", "Mức độ", width=11),
        Column("stratum", "Địa bàn", width=12),
        Column(national.id, "Khung", width=9),
        *(
            Column(one.framework.id, province_name(one, revision), width=14)
            for one in revision.overlays
        ),
    ]
    note = (
        f"{number(len(rows))} trong {number(len(frame))} ngưỡng đặt theo địa bàn có tỉnh quy định "
        "khác khung; các ngưỡng chung cho mọi địa bàn xem bảng đối chiếu. –: không yêu cầu."
    )
    caption = "Ngưỡng theo địa bàn: khung và các tỉnh"
    source, wide = adapting_documents(revision), len(made) > _NARROW
    return [
        head,
        table(
            "B20", shown, columns, caption, source=source, note=note, landscape=wide, detail=True
        ),
    ]


def province_effects(revision: Revision) -> list[Block]:
    """Table B20-4 under its heading: what each version makes of the same observations."""
    observations = revision.observations
    if not revision.overlays or observations is None:
        return []
    national = adapted_version(revision)
    term, rows, unasked = national.terms.indicator, [("Khung", national)], []
    for one in revision.overlays:
        made, name = one.framework, province_name(one, revision)
        rows.append((name, made))
        absent = [item for item in made.indicators if {*reads(item)} - {*observations.position}]
        if absent and made.levels:
            left = [item.id for item in made.indicators if item not in absent]
            rows.append((f"{name}, không kể {term} chưa có số liệu", restrict(made, left)))
            unasked.append(f"{'; '.join(item.label for item in absent)} ({name})")
    said = (
        f"Cả {number(len(observations.units))} đơn vị được chấm theo khung và theo từng bản của "
        "tỉnh, như thể đơn vị nào cũng thuộc tỉnh đó. Lên, xuống là so với khung. "
    )
    if unasked:
        said += (
            f"Bảng số liệu không có {term} mà tỉnh thêm: {'; '.join(unasked)}. Ở dòng mang tên "
            f"tỉnh, {term} ấy tính theo quy ước về số liệu thiếu; dòng “không kể” bỏ {term} ấy đi, "
            "để thấy riêng các thay đổi khác."
        )
    frame = versions([made for _, made in rows], observations)
    frame = frame.assign(name=[name for name, _ in rows])
    bounds = [f"Từ {item.label}" for item in (national.levels or national.bands[1:])]
    at = [str(name) for name in frame if str(name).startswith("at_")]
    bounds += [f"Từ bậc {place + 1}" for place in range(len(bounds), len(at))]
    columns = [
        Column("name", "Bản", width=34),
        Column("indicators", f"Số {term}", "integer"),
        *(Column(name, label, "integer") for name, label in zip(at, bounds, strict=False)),
        Column("mean", "Bình quân", "decimal", 2),
        *(
            Column(name, label, "integer")
            for name, label in (("rose", "Lên"), ("fell", "Xuống"))
            if name in frame
        ),
    ]
    caption = "Kết quả trên cùng số liệu, theo khung và theo từng tỉnh"
    note = "Bình quân: của bậc đạt được, 0 là chưa đạt; hoặc của tổng điểm, nếu bản chỉ cho điểm."
    return [
        subsection("Cùng số liệu, mỗi bản cho kết quả nào"),
        paragraph(said),
        table("B20-4", frame, columns, caption, "đơn vị", computed(revision), note),
    ]


def province_peers(revision: Revision) -> list[Block]:
    """Table B20-9 under its heading: provinces by concept, where one differs from the framework."""
    if not revision.overlays:
        return []
    frame = _side_by_side(revision)
    marks = pd.DataFrame({one.framework.id: _marks(frame, one) for one in revision.overlays})
    differs = ~marks.isin([_KEPT, "–"]).all(axis=1)
    said = (
        f"Trong {number(len(frame))} khái niệm mà khung hoặc tỉnh hỏi, "
        f"{number(int((~differs).sum()))} được mọi tỉnh giữ nguyên như khung."
    )
    columns = [
        Column("label", "Khái niệm", width=52),
        *(
            Column(one.framework.id, province_name(one, revision), width=16)
            for one in revision.overlays
        ),
    ]
    shown = frame[["label"]].join(marks)[differs]
    caption = "Khái niệm mà các tỉnh hỏi khác khung"
    note = "Siết, nới: đơn vị khó đạt hơn, dễ đạt hơn. –: cả khung và tỉnh đều không hỏi."
    source, wide = adapting_documents(revision), len(revision.overlays) > _NARROW
    made = table(
        "B20-9", shown, columns, caption, source=source, note=note, landscape=wide, detail=True
    )
    told = paragraph(said, " Quy định của khung và từng tỉnh ở ", ref("B20-10"), ".")
    return [
        subsection("Các tỉnh đặt cạnh nhau theo khái niệm"),
        told,
        *([made] if differs.any() else []),
    ]


def _marks(frame: pd.DataFrame, one: Adaptation) -> pd.Series[str]:
    """What a province made of each concept, in a word or two."""
    concepts = {item.id: item.concept for item in (*one.base.indicators, *one.framework.indicators)}
    ways: dict[str, list[Direction]] = {}
    for deed in one.deeds:
        concept = concepts.get(node_of(deed.effect.target), "")
        ways.setdefault(concept, []).append(deed.way)
    cells = frame[one.framework.id]
    marks = cells.str.partition(":")[0].replace("", "–")
    for name in cells.index[marks == "sửa"]:
        way = joined(ways.get(str(name), []))
        marks[name] = "sửa" if way == "neither" else DIRECTIONS[way]
    return marks


def province_peer_details(revision: Revision) -> list[Block]:
    """Table B20-10, for the appendix: provinces beside the framework, every concept."""
    if not revision.overlays:
        return []
    national, overlays = adapted_version(revision), revision.overlays
    frame = _side_by_side(revision)
    named = [national.id, *(one.framework.id for one in overlays)]
    shown = frame.assign(
        concept=frame["label"] + " (" + frame["unit"] + ")",
        **{name: frame[name].replace("", "–") for name in named},
    )
    columns = [
        Column("concept", "Khái niệm (đơn vị tính)", width=40),
        Column(national.id, "Khung", width=30),
        *(Column(one.framework.id, province_name(one, revision), width=30) for one in overlays),
    ]
    note = "Số trước dấu hai chấm là thứ tự mức độ. –: không hỏi." if national.levels else ""
    caption = "Khung và các tỉnh theo khái niệm"
    source = adapting_documents(revision)
    return [table("B20-10", shown, columns, caption, source=source, note=note, landscape=True)]


def _side_by_side(revision: Revision) -> pd.DataFrame:
    made = [one.framework for one in revision.overlays]
    return beside(adapted_version(revision), made, revision.catalogue)


def adapted_version(revision: Revision) -> Framework:
    """The version that provinces adapt, named as the report names it."""
    base = revision.overlays[0].base
    return next(item for item in revision.frameworks if item.id == base.id)


def province_name(one: Adaptation, revision: Revision) -> str:
    """Name a province, with the id of its version when it has several."""
    province = one.overlay.province
    several = sum(other.overlay.province == province for other in revision.overlays) > 1
    return f"{province} ({one.overlay.id})" if several else province


def _listed(overlays: Sequence[Adaptation], revision: Revision) -> str:
    return "; ".join(province_name(one, revision) for one in overlays)


def adapting_documents(revision: Revision) -> str:
    """The documents of the version and of the provinces, for captions."""
    return documents(adapted_version(revision), *(one.framework for one in revision.overlays))
