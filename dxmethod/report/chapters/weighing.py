"""Section X: weights that published totals betray, and weights that experts propose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...assessment import Assessment
from ...calibration.experts import CONSISTENT, compare_pairs, delphi, share_out
from ...calibration.weights import STRONG, Recovered, recover
from ...evidence import Totals
from ...framework import Framework, Group, Indicator, full_points
from ...revision import Revision
from ...vietnamese import number
from ..blocks import Block, Column, paragraph, subsection, table
from .common import version
from .data import capital

_DIGITS = 6  # more than anybody prints of an index


def published_weights(assessment: Assessment, revision: Revision, seed: int = 0) -> list[Block]:
    """Table B24-4: weights of main indices recovered from totals published without them.

    Nothing where the revision names no published totals, or nothing earns points.
    """
    told = revision.published
    if told is None or assessment.points is None:
        return []
    parts = main_parts(assessment)
    share = told.total / assessment.framework.maximum
    half = told.half / assessment.framework.maximum
    known = parts.notna().all(axis=1) & share.notna()
    found = recover(parts[known], share[known], half_parts=_half(parts), half_total=half, seed=seed)
    framework = assessment.framework
    labels = {node.id: node.label for node in framework.tree.children}
    own = declared(framework)
    frame = found.table.assign(
        label=[labels[name] for name in found.table.index], own=own.reindex(found.table.index)
    )
    whole = frame["ratio"].notna().all()
    columns = [
        Column("label", capital(framework.terms.indicator), width=30),
        Column("weight", "Tìm được", "percent", 2),
        Column("low", "Thấp nhất", "percent", 2),
        Column("high", "Cao nhất", "percent", 2),
        *([Column("ratio", "Tỷ lệ số nguyên", "integer")] if whole else []),
        Column("own", f"{version(framework)}", "percent", 2),
        Column("equal", "Đều nhau", "percent", 2),
    ]
    caption = f"Trọng số suy từ {number(int(known.sum()))} dòng kết quả đã công bố"
    source = f"{told.source}; tính toán của báo cáo"
    note = f"Khoảng từ thấp nhất đến cao nhất: {found.method}."
    return [
        subsection("Trọng số mà kết quả công bố nói lên"),
        paragraph(_recovered_said(found, told)),
        table("B24-4", frame, columns, caption, source=source, note=note),
    ]


def main_parts(assessment: Assessment) -> pd.DataFrame:
    """Share of the points that each unit earned in each node directly below the root, (U, m)."""
    points = assessment.points
    assert points is not None
    rows = {item.id: share for item, share in zip(points.indicators, points.share, strict=True)}
    columns = {}
    for node in assessment.framework.tree.children:
        if isinstance(node, Group):
            full = points.applicable[node.id]
            columns[node.id] = points.earned[node.id] / np.where(full > 0, full, np.nan)
        elif node.id in rows:
            columns[node.id] = rows[node.id]
    return pd.DataFrame(columns, index=assessment.observations.units.index)


def declared(framework: Framework) -> pd.Series[float]:
    """Weights that the framework gives to the nodes below its root; the sum is 1."""
    root = framework.tree
    worth = {
        node.id: full_points(node)
        if root.combine == "sum" or isinstance(node, Indicator)
        else node.weight
        for node in root.children
    }
    series = pd.Series(worth, dtype=float)
    return series / series.sum()


def _half(parts: pd.DataFrame) -> float:
    """Half of the last digit to which the parts are given; 0 where they are computed."""
    value = parts.to_numpy(dtype=float)
    for digits in range(1, _DIGITS):
        if np.allclose(value, np.round(value, digits), atol=1e-9, equal_nan=True):
            return 0.5 * 10.0**-digits
    return 0.0


def _recovered_said(found: Recovered, told: Totals) -> str:
    digits = round(-np.log10(2 * told.half)) + 1
    said = (
        "Tổng đã công bố mà trọng số thì chưa. Bình phương tối thiểu với trọng số không âm, tổng "
        "bằng 1, "
        + (
            "cho trọng số khớp từng chữ số đã in của mọi dòng"
            if found.compatible
            else "không khớp được mọi chữ số đã in: cách tính không phải tổng có trọng số của các "
            "cột này, hoặc có dòng sai"
        )
        + f"; sai lệch lớn nhất {number(found.residual, digits)}, trong khi trọng số đều nhau sai "
        f"tới {number(found.residual_equal, digits)}."
    )
    if not found.scale_known:
        said += (
            " Chỉ tỷ lệ giữa các trọng số xác định được; thang điểm (tổng là 100, 940 hay 1.000) "
            "thì không, vì tổng và chỉ số chính đều đã chia cho mức tối đa."
        )
    strong = found.condition > STRONG
    said += (
        f" Chỉ số điều kiện lớn nhất của các cột là {number(found.condition, 1)} "
        f"({'trên' if strong else 'dưới'} {number(STRONG)}): "
    )
    if found.alike.empty:
        return said + "không cặp nào phụ thuộc nhau đến mức không tách được trọng số."
    named = found.table.index
    pairs = "; ".join(f"{a} và {b}" for a, b in found.alike[["first", "second"]].to_numpy())
    count = number(len(found.alike))
    return said + f"{count} cặp trong {number(len(named))} cột khó tách trọng số: {pairs}."


def expert_weights(framework: Framework, revision: Revision) -> list[Block]:
    """Tables B24-5 to B24-7: weights by paired comparisons, by budget, and opinions over rounds.

    Nothing where the revision names no opinions.
    """
    if not revision.opinions:
        return []
    labels = {group.id: group.label for group in framework.groups}
    labels |= {item.id: item.label for item in framework.indicators}
    blocks: list[Block] = [subsection("Trọng số theo ý kiến chuyên gia")]
    if "pairs" in revision.opinions:
        blocks += _pairs(revision.opinions["pairs"], labels)
    if "budget" in revision.opinions:
        blocks.append(_budget(revision.opinions["budget"], labels))
    if "delphi" in revision.opinions:
        blocks += _delphi(revision.opinions["delphi"], labels)
    return blocks


def _pairs(pairs: pd.DataFrame, labels: dict[str, str]) -> list[Block]:
    found = compare_pairs(pairs)
    own = found.experts[found.experts["expert"] != ""]
    bad = own[~own["consistent"]]
    said = (
        f"{number(own['expert'].nunique())} chuyên gia so sánh từng cặp trong "
        f"{number(found.weights['group'].nunique())} nhóm (AHP). Tỷ số nhất quán không quá "
        f"{number(CONSISTENT, 2)} ở {number(int(own['consistent'].sum()))} trên {number(len(own))} "
        "bảng so sánh."
    )
    for row in bad.to_dict("records"):
        pair = " – ".join(labels.get(row[side], row[side]) for side in ("first", "second"))
        said += (
            f" Chuyên gia {row['expert']}: tỷ số {number(row['ratio'], 2)}, nên xem lại cặp "
            f"{pair} (nói {number(row['said'], 2)}, các cặp khác cho {number(row['implied'], 2)})."
        )
    frame = found.weights.assign(label=[labels.get(n, n) for n in found.weights["item"]])
    columns = [
        Column("label", "Mục", width=36),
        Column("judgements", "AHP, gộp so sánh", "percent", 1),
        Column("priorities", "AHP, gộp trọng số", "percent", 1),
        Column("lowest", "Thấp nhất", "percent", 1),
        Column("highest", "Cao nhất", "percent", 1),
        Column("equal", "Đều nhau", "percent", 1),
    ]
    caption = "Trọng số trong nhóm theo so sánh từng cặp, bên cạnh trọng số đều nhau"
    source = "Bảng so sánh của chuyên gia; tính toán của báo cáo"
    return [paragraph(said), table("B24-5", frame, columns, caption, source=source)]


def _budget(budget: pd.DataFrame, labels: dict[str, str]) -> Block:
    frame = share_out(budget).reset_index(names="item")
    frame["label"] = [labels.get(name, name) for name in frame["item"]]
    frame["far"] = [", ".join(map(str, names)) or "–" for names in frame["outliers"]]
    columns = [
        Column("label", "Mục", width=36),
        Column("mean", "Trung bình", "percent", 1),
        Column("median", "Trung vị", "percent", 1),
        Column("lowest", "Thấp nhất", "percent", 1),
        Column("highest", "Cao nhất", "percent", 1),
        Column("equal", "Đều nhau", "percent", 1),
        Column("far", "Ý kiến khác hẳn", width=14),
    ]
    caption = f"Chia 100 điểm: {number(budget['expert'].nunique())} chuyên gia"
    source = "Bảng chia điểm của chuyên gia; tính toán của báo cáo"
    return table("B24-6", frame, columns, caption, source=source)


def _delphi(opinions: pd.DataFrame, labels: dict[str, str]) -> list[Block]:
    found = delphi(opinions)
    rounds = "; ".join(
        f"vòng {row['round']}: {number(row['experts'])} chuyên gia, hệ số đồng thuận Kendall "
        f"{number(row['agreement'], 2)}"
        for row in found.rounds.to_dict("records")
    )
    last = found.items[found.items["round"] == found.items["round"].max()]
    frame = last.assign(label=[labels.get(name, name) for name in last["item"]])
    columns = [
        Column("label", "Mục", width=36),
        Column("n", "Số ý kiến", "integer"),
        Column("median", "Trung vị", "decimal", 2),
        Column("low", "Tứ phân vị dưới", "decimal", 2),
        Column("high", "Tứ phân vị trên", "decimal", 2),
        Column("narrowed", "Hẹp lại", "shift", 2),
        Column("moved", "Đổi ý kiến", "percent"),
    ]
    caption = "Ý kiến ở vòng cuối (Delphi)"
    source = "Phiếu của chuyên gia; tính toán của báo cáo"
    return [
        paragraph(f"Qua các vòng hỏi ý kiến: {rounds}."),
        table("B24-7", frame, columns, caption, source=source),
    ]


def weight_summary(assessment: Assessment, revision: Revision) -> str:
    """One line for the notebook: recovered weights as whole numbers."""
    told = revision.published
    if told is None or assessment.points is None:
        return "no published totals"
    parts = main_parts(assessment)
    half = told.half / assessment.framework.maximum
    found = recover(
        parts, told.total / assessment.framework.maximum, half_parts=_half(parts), half_total=half
    )
    ratio = found.table["ratio"]
    whole = ":".join(f"{value:.0f}" for value in ratio) if ratio.notna().all() else "none"
    return f"weights {whole}, scale known {found.scale_known}"
