"""Section II and appendix II: how a draft came about, who was asked, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ...changes import Change
from ...consultation.comments import (
    DISPOSITIONS,
    GENERAL,
    OUTSIDE,
    Comment,
    Effect,
    Register,
    Shift,
    answering,
    effects,
    revised,
    unprompted,
)
from ...consultation.revised import Revised, subject
from ...consultation.sheet import ILLUSTRATIVE
from ...framework import Framework
from ...revision import Revision
from ...vietnamese import number, signed
from ..blocks import Block, Column, banner, paragraph, subsection, table
from .common import computed, site, source

_NO_REASON = "Chưa nêu lý do"


def timeline(revision: Revision) -> list[Block]:
    """Table B3 under its heading: how the draft came about; nothing when the file tells nothing."""
    if not revision.file.timeline:
        return []
    frame = pd.DataFrame(
        [event.model_dump() | {"source": site(event.source)} for event in revision.file.timeline]
    )
    columns = [
        Column("date", "Thời gian", width=13),
        Column("step", "Công việc", width=36),
        Column("document", "Văn bản", width=20),
        Column("by", "Cơ quan", width=22),
        Column("source", "Đã đọc từ", width=22),
    ]
    said = "Tệp sửa đổi của báo cáo, nơi ghi địa chỉ đầy đủ của các trang đã đọc"
    blocks = table("B3", frame, columns, "Quá trình xây dựng, lấy ý kiến", source=said)
    return [subsection("Quá trình xây dựng"), blocks]


def replies(revision: Revision, draft: Framework) -> list[Block]:
    """Table B4 under its heading: who was asked, who replied, what the answers do to units."""
    register = revision.comments
    if register is None:
        return []
    counts = register.counts()
    blocks: list[Block] = [subsection("Lấy ý kiến"), *_mark(revision)]
    if counts.empty:
        return [*blocks, paragraph("Sổ góp ý chưa có góp ý nào.")]
    said = _counted(register) + " Từng góp ý và trả lời ở phụ lục II."
    blocks += [paragraph(said), _count_table(revision, counts)]
    found = _effects(revision, draft)
    if found:
        blocks.append(paragraph(_effects_said(found)))
    return blocks


def _mark(revision: Revision) -> list[Block]:
    if revision.comments is None or not revision.comments.illustrative:
        return []
    said = "cơ quan, tổ chức, người góp ý, lời góp ý và trả lời đều do báo cáo đặt ra để làm mẫu"
    return [banner(f"{ILLUSTRATIVE}: {said}.")]


def _counted(register: Register) -> str:
    """Say how many were asked, replied, agreed, commented, and what became of the comments."""
    whole = register.counts().drop(columns="label").astype(float).to_dict("index")[""]
    kinds = [f"{number(whole[kind])} {words}" for kind, words in DISPOSITIONS.items()]
    asked = f"Đã lấy ý kiến {number(whole['asked'])} cơ quan, tổ chức, cá nhân"
    if any(item.asked is None for item in register.asked):
        asked += ", chưa kể việc đăng lấy ý kiến rộng rãi"
    return (
        f"{asked}; {number(whole['replied'])} trả lời, trong đó {number(whole['agreed'])} thống "
        f"nhất, không có ý kiến khác, {number(whole['bodies'])} có góp ý. Tổng số "
        f"{number(whole['comments'])} góp ý: {', '.join(kinds)}."
    )


def _count_table(revision: Revision, counts: pd.DataFrame) -> Block:
    columns = [
        Column("label", "Nhóm chủ thể", width=24),
        Column("asked", "Được lấy ý kiến", "integer"),
        Column("replied", "Trả lời", "integer"),
        Column("agreed", "Thống nhất", "integer"),
        Column("bodies", "Chủ thể góp ý", "integer"),
        Column("comments", "Góp ý", "integer"),
        *(Column(kind, words.capitalize(), "integer") for kind, words in DISPOSITIONS.items()),
    ]
    note = ""
    if counts["asked"].isna().any():
        note = "Dấu ... là đăng lấy ý kiến rộng rãi, không đếm được số được lấy ý kiến."
    caption = "Số cơ quan, tổ chức, cá nhân được lấy ý kiến, trả lời và số góp ý theo nhóm"
    return table("B4", counts, columns, caption, source=_source(revision), note=note)


def _source(revision: Revision) -> str:
    """Source line of what the register says."""
    invented = revision.comments is not None and revision.comments.illustrative
    return f"Sổ góp ý{' (' + ILLUSTRATIVE.lower() + ')' if invented else ''}"


def _side(revision: Revision, draft: Framework) -> Revised:
    assert revision.comments is not None
    return revised(revision.comments, revision.baseline, draft)


def _effects(revision: Revision, draft: Framework) -> Mapping[str, Effect]:
    """Measured effects by number of the comment; nothing without observations."""
    register = revision.comments
    if register is None or revision.observations is None:
        return {}
    side = _side(revision, draft)
    return effects(side, register.comments, revision.observations, revision.catalogue)


def _effects_said(found: Mapping[str, Effect]) -> str:
    """Say what answers do to units, and which of them do something."""
    moving = [name for name, effect in found.items() if name and _moves(effect)]
    return (
        f"{number(len(found) - 1)} góp ý được tiếp thu bằng thay đổi của khung. Với mỗi góp ý, các "
        "thay đổi trả lời góp ý đó được áp dụng riêng vào bản được so sánh rồi chấm lại cùng số "
        f"liệu: {number(len(moving))} góp ý làm ít nhất một đơn vị đổi kết quả"
        + (f" (số {', '.join(moving)})" if moving else "")
        + f". Áp dụng cùng lúc mọi thay đổi trả lời góp ý: {_shift_said(found[''].alone)}."
    )


def _both(revision: Revision) -> str:
    return f"{_source(revision)}; {computed(revision)}"


def _moves(effect: Effect) -> bool:
    shifts = [shift for shift in (effect.alone, effect.last) if shift is not None]
    return any(shift.up or shift.down or shift.total for shift in shifts)


def _shift_said(shift: Shift | None) -> str:
    if shift is None:
        return "không áp dụng riêng được"
    said = []
    if shift.up is not None and shift.down is not None:
        said.append(f"{number(shift.up)} lên, {number(shift.down)} xuống mức")
    if shift.total is not None:
        digits = 2 if abs(shift.total) >= 1 else 4  # an index runs from 0 to 1
        said.append(f"điểm trung bình {signed(shift.total, digits)}")
    return "; ".join(said) or "không đo được"


def _about(comment: Comment, side: Revised) -> str:
    """Name what a comment is about: code and label as the commented version prints them."""
    found = side.node(comment.about)
    nodes = {node.id: node for node, _, _ in side.commented.nodes()}
    if found not in nodes:
        return "Vấn đề chung" if comment.about.casefold() == GENERAL else comment.about
    return " ".join(part for part in (nodes[found].code, nodes[found].label) if part)


def responses(revision: Revision, draft: Framework) -> list[Block]:
    """Tables PL2-1 and PL2-2: every comment with its answer, every other change with its reason."""
    if revision.comments is None:
        return []
    said, tables = [], []
    if revision.comments.comments:
        said.append(_counted(revision.comments))
        tables.append(response_table(revision, draft))
    reasons = _reasons(revision, draft)
    said.append(_reasons_said(reasons))
    if not reasons.empty:
        tables.append(_reason_table(revision, reasons))
    # Both sentences first: a table lies across its own pages.
    return [*_mark(revision), paragraph(" ".join(said)), *tables]


def response_table(revision: Revision, draft: Framework) -> Block:
    """Table PL2-1: comments in the order of the version commented on, answered, with effects."""
    assert revision.comments is not None
    side, found = _side(revision, draft), _effects(revision, draft)
    rows = [
        {
            "number": item.number,
            "about": _about(item, side),
            "by": item.by + (f"\n({item.date:%d/%m/%Y})" if item.date else ""),
            "text": item.text,
            "reply": f"{DISPOSITIONS[item.disposition].capitalize()}. {item.reply}",
            "changes": "\n".join(_changed(item, side, revision)),
            "effect": _effect_said(found.get(item.number)),
        }
        for item in _ordered(revision.comments.comments, side)
    ]
    columns = [
        Column("number", "Số", width=4),
        Column("about", "Nhóm vấn đề hoặc chỉ tiêu", width=26),
        Column("by", "Chủ thể góp ý", width=17),
        Column("text", "Nội dung góp ý", width=40),
        Column("reply", "Nội dung tiếp thu, giải trình", width=36),
        Column("changes", "Thay đổi trả lời góp ý", width=30),
        *([Column("effect", "Tác động đo được", width=18)] if found else []),
    ]
    caption = "Bản tổng hợp ý kiến, tiếp thu, giải trình"
    note = ""
    if found:
        note = (
            "Riêng: bản được so sánh thêm các thay đổi trả lời góp ý, so với chính bản đó. Cuối: "
            "dự thảo so với dự thảo không có các thay đổi ấy. Một thay đổi trả lời nhiều góp ý "
            "thì tính đủ cho từng góp ý, nên các dòng không cộng được."
        )
    where = _both(revision) if found else _source(revision)
    frame = pd.DataFrame(rows)
    return table("PL2-1", frame, columns, caption, source=where, note=note, landscape=True)


def _ordered(comments: Iterable[Comment], side: Revised) -> list[Comment]:
    """By place of the criterion in the version commented on, general ones first, then by number."""

    def place(comment: Comment) -> tuple[int, int, str]:
        digits = comment.number.isdecimal()
        at = side.order.get(side.node(comment.about), 0)
        return at, int(comment.number) if digits else 0, comment.number

    return sorted(comments, key=place)


def _changed(comment: Comment, side: Revised, revision: Revision) -> list[str]:
    lines = side.words(answering(side, [comment]), revision.catalogue, own=side.node(comment.about))
    if not lines and comment.accepted:
        outside = OUTSIDE in [name.casefold() for name in comment.changes]
        return ["Ngoài khung tiêu chí" if outside else "Không có ở dự thảo này"]
    if not lines:
        return ["–"]
    return [_opened(line) for line in lines]


def _opened(words: str) -> str:
    """Begin with a capital, leaving the others: "khu vực III"."""
    return words[:1].upper() + words[1:]


def _effect_said(effect: Effect | None) -> str:
    if effect is None:
        return "–"
    if effect.alone is not None and effect.last is not None and not _moves(effect):
        return "Không đơn vị nào đổi kết quả"
    return f"Riêng: {_shift_said(effect.alone)}\nCuối: {_shift_said(effect.last)}"


def _reasons(revision: Revision, draft: Framework) -> pd.DataFrame:
    """Changes that no comment asked for, one row a node and reason."""
    assert revision.comments is not None
    side = _side(revision, draft)
    reasons = unprompted(side, revision.comments)
    grouped: dict[tuple[str, str], list[Change]] = {}
    for change in side.changes:
        if change.target in reasons:
            grouped.setdefault((subject(change), reasons[change.target]), []).append(change)
    rows = [
        {
            "label": side.labels.get(name, name),
            "changes": _opened("; ".join(side.words(changes, revision.catalogue, own=name))),
            "reason": reason or _NO_REASON,
        }
        for (name, reason), changes in grouped.items()
    ]
    return pd.DataFrame(rows, columns=["label", "changes", "reason"])


def _reasons_said(reasons: pd.DataFrame) -> str:
    if reasons.empty:
        return "Mọi thay đổi về nội dung đều do góp ý."
    unsaid = int((reasons["reason"] == _NO_REASON).sum())
    said = f"Có {number(len(reasons))} chỉ tiêu, nhóm, mức độ thay đổi không do góp ý"
    return said + (f", {number(unsaid)} chưa nêu lý do." if unsaid else ", đều đã nêu lý do.")


def _reason_table(revision: Revision, reasons: pd.DataFrame) -> Block:
    columns = [
        Column("label", "Chỉ tiêu, nhóm, mức độ", width=46),
        Column("changes", "Thay đổi", width=56),
        Column("reason", "Lý do", width=44),
    ]
    caption = "Thay đổi không do góp ý và lý do"
    where = _source(revision)
    return table("PL2-2", reasons, columns, caption, source=where, landscape=True)


def pilot(revision: Revision) -> list[Block]:
    """Tables B5 and B5-1 under their heading: units by stratum, old names and new ones."""
    observations = revision.observations
    if observations is None or "stratum" not in observations.units:
        return []
    units = observations.units.fillna({"stratum": "không rõ"})
    new = _new_names(revision)
    frame = _strata(units, new)
    classes = list(units["unit_class"].dropna().unique()) if "unit_class" in units else []
    columns = [
        Column("stratum", "Địa bàn", width=24),
        Column("units", "Số đơn vị", "integer"),
        *(Column(f"class{at}", f"Là {word}", "integer") for at, word in enumerate(classes)),
        *([Column("provinces", "Số tỉnh", "integer")] if "provinces" in frame else []),
        *([Column("new", "Đơn vị mới", "integer")] if new is not None else []),
    ]
    note = ""
    if new is not None:
        note = (
            "Đơn vị mới: số đơn vị sau sắp xếp mà các đơn vị của địa bàn thuộc về; một đơn vị mới "
            "có thể gồm đơn vị cũ của nhiều địa bàn, nên cột này không cộng được."
        )
    caption = "Đơn vị thí điểm theo địa bàn"
    where = source(revision)
    said = f"Số liệu lấy từ {number(len(units))} đơn vị; thu từ đâu, đủ đến đâu: xem mục IV."
    shown = table("B5", frame, columns, caption, unit="đơn vị", source=where, note=note)
    return [
        subsection("Đơn vị thí điểm"),
        paragraph(said),
        shown,
        _unit_table(revision, units, new),
    ]


def _new_names(revision: Revision) -> pd.Series[str] | None:
    """Names of the new units of each old one, by its code; None without a reorganisation."""
    found = revision.reorganisation
    if found is None or found.crosswalk is None or revision.observations is None:
        return None
    rows = found.crosswalk.table
    rows = rows[rows["old"].isin(revision.observations.units.index)]
    return None if rows.empty else rows.set_index("old")["new_name"].astype(object)


def _strata(units: pd.DataFrame, new: pd.Series[str] | None) -> pd.DataFrame:
    """Count units by stratum, then the whole."""
    classes = list(units["unit_class"].dropna().unique()) if "unit_class" in units else []
    parts = [(str(name), units[units["stratum"] == name]) for name in _names(units["stratum"])]
    rows = []
    for name, part in [*parts, ("Cộng", units)]:
        row: dict[str, object] = {"stratum": _opened(name), "units": len(part)}
        row |= {f"class{at}": int((part["unit_class"] == c).sum()) for at, c in enumerate(classes)}
        if "province" in units:
            row["provinces"] = part["province"].nunique()
        if new is not None:
            row["new"] = new[new.index.isin(part.index)].nunique()
        rows.append(row)
    return pd.DataFrame(rows)


def _names(strata: pd.Series[str]) -> list[str]:
    return sorted(map(str, strata.unique()))


def _unit_table(revision: Revision, units: pd.DataFrame, new: pd.Series[str] | None) -> Block:
    """Table B5-1: every unit, and the new ones that it went to."""
    frame = units.rename_axis("code").reset_index()
    columns = [
        Column("code", "Mã", width=10),
        Column("name", "Đơn vị", width=34),
        Column("stratum", "Địa bàn", width=18),
        *([Column("province", "Tỉnh, thành phố", width=22)] if "province" in units else []),
    ]
    if new is not None:
        joined = new.groupby(level=0).agg(lambda names: "; ".join(dict.fromkeys(names)))
        frame["new"] = frame["code"].map(joined)
        columns.append(Column("new", "Đơn vị sau sắp xếp", width=40))
    caption = "Đơn vị thí điểm, tên cũ và tên mới" if new is not None else "Đơn vị thí điểm"
    return table("B5-1", frame, columns, caption, source=source(revision))


def consultation_summary(revision: Revision, draft: Framework) -> str:
    """Say in a few lines, without local marks, what a revision knows of a consultation."""
    register = revision.comments
    lines = [f"{len(revision.file.timeline)} steps"]
    if register is None:
        return "\n".join([*lines, "no register"])
    counts = register.counts().drop(columns="label")
    lines.append(counts.rename(index={"": "all"}).to_string())
    for name, effect in _effects(revision, draft).items():
        if not name or _moves(effect):
            sides = (effect.alone, effect.last)
            said = ["–" if side is None else f"+{side.up} -{side.down}" for side in sides]
            lines.append(f"{name or 'all'}: alone {said[0]}, last {said[1]}")
    return "\n".join(lines)
