"""Sections I and III: on what the revision rests, and what it changes."""

from __future__ import annotations

from itertools import zip_longest

import pandas as pd

from ... import figures
from ...comparison import counts, weights
from ...framework import FIDELITY, STATUS, UNIT_TYPES, Framework
from ...revision import Revision
from ..blocks import Block, Bullets, Column, Paragraph, bullets, figure, paragraph, table
from .common import documents, site, version


def legal_basis(revision: Revision) -> Block:
    """Table B1: legal basis and status of documents."""
    if not revision.file.basis:
        return paragraph("Tệp sửa đổi không nêu căn cứ pháp lý.")
    rows = [
        {
            "document": basis.document + (f"\n{basis.date:%d/%m/%Y}" if basis.date else ""),
            "by": basis.by,
            "about": basis.about,
            "status": basis.status,
            "source": site(basis.source),
        }
        for basis in revision.file.basis
    ]
    columns = [
        Column("document", "Văn bản, ngày", width=16),
        Column("by", "Cơ quan ban hành", width=14),
        Column("about", "Nội dung", width=27),
        Column("status", "Hiệu lực, áp dụng", width=18),
        Column("source", "Đã đọc từ", width=24),
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    caption = "Căn cứ pháp lý và tình trạng văn bản"
    source = "Tệp sửa đổi của báo cáo, nơi ghi địa chỉ đầy đủ của các trang đã đọc"
    return table("B1", frame, columns, caption, source=source)


def purpose(revision: Revision) -> Bullets | Paragraph:
    """Say why the revision is asked."""
    return _said(revision.file.purpose)


def scope(revision: Revision) -> Bullets | Paragraph:
    """Say what the report measures."""
    return _said(revision.file.scope)


def limits(revision: Revision) -> Bullets | Paragraph:
    """Say what the data cannot show."""
    return _said(revision.file.limits)


def _said(paragraphs: tuple[str, ...]) -> Bullets | Paragraph:
    if not paragraphs:
        return paragraph("Tệp sửa đổi không nêu nội dung này.")
    return paragraph(*paragraphs) if len(paragraphs) == 1 else bullets(paragraphs)


def versions(revision: Revision) -> Block:
    """Table: the versions compared, their documents and how far they are held here."""
    rows = [
        {
            "version": version(item),
            "title": item.title,
            "document": item.issued.document if item.issued else "chưa có văn bản",
            "status": STATUS[item.status],
            "unit_type": UNIT_TYPES[item.unit_type],
            "fidelity": _fidelity(item),
        }
        for item in revision.frameworks
    ]
    columns = [
        Column("version", "Phiên bản", width=14),
        Column("title", "Tên gọi", width=30),
        Column("document", "Văn bản", width=18),
        Column("status", "Tình trạng", width=13),
        Column("unit_type", "Áp dụng cho", width=12),
        Column("fidelity", "Độ tin cậy của nội dung", width=22),
    ]
    note = (
        "Độ tin cậy đếm theo chỉ tiêu: văn bản (đọc trong văn bản), báo chí (báo chí, cổng thông "
        "tin), suy ra (từ số liệu hoặc văn bản khác), minh họa (tự viết cho đủ số lượng)."
    )
    caption = "Các phiên bản được so sánh"
    files = "Tệp khung trong thư mục frameworks"
    return table("B1-1", pd.DataFrame(rows), columns, caption, source=files, note=note)


def _fidelity(framework: Framework) -> str:
    kinds = [item.provenance.fidelity for item in framework.indicators]
    return "; ".join(f"{FIDELITY[k]}: {kinds.count(k)}" for k in FIDELITY if k in kinds)


def findings(revision: Revision) -> Block:
    """Table B2: what the documents get wrong of themselves; a sentence when nothing was found."""
    if not revision.findings:
        return paragraph("Kết quả đối chiếu: không phát hiện mâu thuẫn.")
    rows = [
        {"file": fault.file, "place": fault.place, "found": fault.found}
        for fault in revision.findings
    ]
    columns = [
        Column("file", "Tệp", width=28),
        Column("place", "Vị trí", width=26),
        Column("found", "Mâu thuẫn (giữ nguyên như văn bản)", width=46),
    ]
    caption = "Những điểm văn bản tự mâu thuẫn"
    return table("B2", pd.DataFrame(rows), columns, caption, source="Kiểm tra tệp khung")


def structure(old: Framework, new: Framework) -> list[Block]:
    """Tables and figure of what two versions are made of: counts, points, weights."""
    blocks: list[Block] = []
    if any(item.levels or len(item.groups) > 1 for item in (old, new)):
        blocks.append(count_table(old, new))
    if old.has_points and new.has_points:
        blocks += [weight_table(old, new), weight_figure(old, new)]
    return blocks


def weight_table(old: Framework, new: Framework) -> Block:
    """Table B6: points and weight of each main group under two versions."""
    frame = weights(old, new)
    columns = [
        Column("label", new.terms.indicator.capitalize(), width=30),
        Column("points_old", f"Điểm ({old.version})", "decimal", _decimals(frame["points_old"])),
        Column("share_old", f"Tỷ trọng ({old.version})", "percent", 2),
        Column("points_new", f"Điểm ({new.version})", "decimal", _decimals(frame["points_new"])),
        Column("share_new", f"Tỷ trọng ({new.version})", "percent", 2),
        Column("share_shift", "Chênh lệch (điểm %)", "shift", 2),
    ]
    frame["share_shift"] *= 100
    caption = "Điểm và tỷ trọng theo nhóm, hai phiên bản"
    files = documents(old, new)
    return table("B6", frame, columns, caption, source=files, note=_weight_note(new))


def _weight_note(framework: Framework) -> str:
    note = "Tỷ trọng tính trên tổng điểm của từng phiên bản."
    inferred = sum(item.provenance.fidelity == "inferred" for item in framework.indicators)
    if inferred:
        note += (
            f" {inferred} giá trị của {version(framework).lower()} là suy ra, không đọc từ văn bản."
        )
    return note


def _decimals(values: pd.Series[float]) -> int:
    return 0 if (values.dropna() % 1 == 0).all() else 1


def weight_figure(old: Framework, new: Framework) -> Block:
    """Figure H1: weight of each main group, two versions."""
    drawing = figures.weights(weights(old, new), version(old), version(new))
    caption = "Tỷ trọng của từng nhóm trong tổng, hai phiên bản"
    return figure("H1", drawing, caption, unit="%", source=documents(old, new))


def count_table(old: Framework, new: Framework) -> Block:
    """Table of indicators by group and by level, two versions one below the other."""
    parts = []
    for framework in (old, new):
        part = counts(framework).assign(version=version(framework))
        for place, level in enumerate(framework.levels):
            part[f"level{place}"] = part.pop(level.id)
        parts.append(part)
    frame = pd.concat(parts)
    levels = [
        " / ".join(dict.fromkeys(level.label for level in pair if level))
        for pair in zip_longest(old.levels, new.levels)
    ]
    columns = [
        Column("version", "Phiên bản", width=20),
        Column("label", new.terms.group.capitalize(), width=28),
        Column("indicators", "Số chỉ tiêu", "integer", width=8),
        *(
            [Column("points", "Điểm", "decimal", _decimals(frame["points"]))]
            if frame["points"].any() and old.tree.combine == new.tree.combine == "sum"
            else []
        ),
        *(Column(f"level{place}", label, "integer", width=8) for place, label in enumerate(levels)),
    ]
    graded = " và theo mức độ" if levels else ""
    caption = f"Số chỉ tiêu theo nhóm{graded}, hai phiên bản"
    return table("B6-1", frame, columns, caption, unit="chỉ tiêu", source=documents(old, new))
