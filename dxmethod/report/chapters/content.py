"""Sections I and III: on what the revision rests, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from urllib.parse import urlsplit

import pandas as pd

from ... import figures
from ...changes import KINDS, Change, diff
from ...comparison import change_counts, counts, weights
from ...framework import FIDELITY, STATUS, UNIT_TYPES, Framework
from ...revision import Revision
from ..blocks import Block, Bullets, Column, Paragraph, bullets, figure, paragraph, table
from .common import documents, version
from .wording import FIELDS, worded


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
            "source": _host(basis.source),
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


def _host(source: str) -> str:
    """Shorten a web address to its site: no column is wide enough for the whole."""
    return urlsplit(source).netloc.removeprefix("www.") if "://" in source else source


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


def change_table(old: Framework, new: Framework) -> Block:
    """Table B7: number of changes by kind."""
    frame = change_counts(old, new)
    columns = [
        Column("label", "Loại thay đổi", width=40),
        Column("count", "Số thay đổi", "integer", width=14),
    ]
    caption = "Tổng hợp thay đổi theo loại"
    return table("B7", frame, columns, caption, unit="thay đổi", source=documents(old, new))


def change_list(old: Framework, new: Framework) -> Block:
    """Table B7-1: every change of indicators, requirements, levels, bands and rules, by target."""
    labels: dict[str, str] = {}
    for item in (old, new):
        labels |= {node.id: node.label for node, _, _ in item.nodes()}
        labels |= {level.id: level.label for level in item.levels}
        labels |= {band.id: band.label for band in item.bands}
    targets: dict[str, list[Change]] = {}
    for change in diff(old, new):
        if change.kind not in ("document", "provenance", "order"):
            section, _, rest = change.target.partition("/")
            targets.setdefault(f"{section}/{rest.partition('/')[0]}", []).append(change)
    rows = [
        {
            "kind": "; ".join(dict.fromkeys(KINDS[change.kind] for change in changes)),
            "target": _target(target, labels),
            "old": _side([(change.target, change.old) for change in changes], labels),
            "new": _side([(change.target, change.new) for change in changes], labels),
        }
        for target, changes in targets.items()
    ]
    columns = [
        Column("kind", "Loại thay đổi", width=20),
        Column("target", "Đối tượng", width=46),
        Column("old", version(old), width=32),
        Column("new", version(new), width=32),
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    caption = "Các thay đổi về nội dung"
    note = "Không liệt kê thay đổi về tên văn bản, căn cứ và thứ tự trình bày."
    source = documents(old, new)
    return table("B7-1", frame, columns, caption, source=source, note=note, landscape=True)


def _target(target: str, labels: Mapping[str, str]) -> str:
    """Name what changed: a node, level or band, or a field of the document."""
    section, _, name = target.partition("/")
    return labels.get(name, name) if name else FIELDS.get(section, section)


def _side(values: Sequence[tuple[str, object]], labels: Mapping[str, str]) -> str:
    """Say one side of a target's changes: thresholds on a line, other fields on lines of theirs."""
    lines, thresholds = [], {}
    for target, value in values:
        _, _, field, *level = target.split("/") if target.count("/") > 1 else ("", "", "")
        if level:
            thresholds[level[0]] = value
        else:
            name = f"{FIELDS.get(field, field)}: " if len(values) > 1 and field else ""
            lines.append(name + worded(value, labels))
    # Levels stand in `labels` in their order, those of the old version first.
    said = [
        f"{labels[level]} {worded(thresholds[level])}"
        for level in labels
        if thresholds.get(level) is not None
    ]
    if thresholds:
        lines.append(f"Ngưỡng: {'; '.join(said) or '–'}")
    return "\n".join(lines)
