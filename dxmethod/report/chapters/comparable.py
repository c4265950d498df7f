"""Section VIII: what can still be compared between provinces with versions of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ... import figures_provinces as figures
from ...overlays.common_core import (
    NationalLevels,
    common_core,
    national_levels,
    score_core,
    why_unsure,
)
from ...overlays.conformity import change_counts
from ...revision import Revision
from ...vietnamese import number
from ..blocks import Block, Column, bullets, figure, paragraph, ref, subsection, table
from .common import computed
from .provinces import adapted_version, adapting_documents, province_name

_KNOWN = {"values": "Số liệu của tỉnh", "result": "Chỉ mức đã công bố"}
_WIDTHS = ["xác định", "lệch 1 mức", "lệch 2 mức", "lệch 3 mức", "lệch từ 4 mức"]


def comparable(revision: Revision) -> list[Block]:
    """Tables B20-5 to B20-7 and figure H20 under their heading: what can still be compared."""
    if not revision.overlays or revision.observations is None:
        return []
    head = subsection("Còn so sánh được gì giữa các tỉnh")
    blocks = [*_levels_still(revision), *_points_still(revision)]
    return [head, *blocks] if blocks else []


def _levels_still(revision: Revision) -> list[Block]:
    found = _bounds(revision)
    if not found:
        return []
    return [
        paragraph(
            "Mức công nhận theo bản riêng của hai tỉnh không cùng nghĩa. Phần này cho biết, từ "
            "những gì tỉnh có, mức theo khung của từng đơn vị chắc chắn nằm trong khoảng nào. Từ "
            "số liệu của tỉnh: chấm lại theo khung trên những gì tỉnh thu thập; tiêu chí mà tỉnh "
            "không hỏi, hoặc thiếu số liệu, tính là không đạt ở cận dưới và đạt ở cận trên. "
            "Chỉ từ mức đã công bố: không có số liệu của đơn vị, suy từ quy định của hai bản. Hai "
            "cận bằng nhau thì mức theo khung là xác định (",
            ref("B20-5"),
            "); đạt mức nào của tỉnh thì suy được mức nào của khung ở ",
            ref("B20-6"),
            "; chỗ không suy được và lý do ở ",
            ref("B20-7"),
            ".",
        ),
        decided_table(found, revision),
        width_figure(found, revision),
        sure_table(found, revision),
        unsure_table(revision),
    ]


def _bounds(revision: Revision) -> dict[str, NationalLevels]:
    """Intervals of national levels by province, where both versions have levels."""
    national, observations = adapted_version(revision), revision.observations
    assert observations is not None
    return {
        province_name(one, revision): national_levels(
            national, one.framework, observations, revision.catalogue
        )
        for one in revision.overlays
        if national.levels and one.framework.levels
    }


def decided_table(found: Mapping[str, NationalLevels], revision: Revision) -> Block:
    """Table B20-5: units whose national level is certain, by province and what is known."""
    frame = pd.concat({name: held.decided() for name, held in found.items()})
    frame = frame.reset_index(names=["province", "known"]).replace({"known": _KNOWN})
    columns = [
        Column("province", "Tỉnh", width=26),
        Column("known", "Căn cứ", width=22),
        Column("units", "Số đơn vị", "integer"),
        Column("decided", "Xác định được", "integer"),
        Column("share", "Tỷ lệ", "percent", 1),
        Column("width", "Khoảng cách bình quân hai cận (mức)", "decimal", 2),
    ]
    caption = "Đơn vị xác định được mức theo khung"
    national, observations = adapted_version(revision), revision.observations
    assert observations is not None
    whole = national_levels(national, national, observations, revision.catalogue).units
    sure = int((whole["low"] == whole["high"]).sum())
    note = (
        f"Tỉnh giữ nguyên khung thì số xác định được từ số liệu là {number(sure)}; phần còn lại "
        "thiếu số liệu, không phải do bản của tỉnh."
    )
    return table("B20-5", frame, columns, caption, "đơn vị", computed(revision), note)


def width_figure(found: Mapping[str, NationalLevels], revision: Revision) -> Block:
    """Figure H20: how far apart the bounds of the national level are."""
    rows = {}
    for name, held in found.items():
        for known, ending in (("values", ""), ("result", "_result")):
            width = held.units[f"high{ending}"] - held.units[f"low{ending}"]
            counts = width.clip(upper=len(_WIDTHS) - 1).value_counts()
            rows[f"{name}: {_KNOWN[known].lower()}"] = counts
    table_of = pd.DataFrame(rows).T.reindex(columns=range(len(_WIDTHS))).fillna(0).astype(int)
    assert revision.observations is not None
    drawing = figures.interval_widths(
        table_of.set_axis(_WIDTHS, axis=1), revision.observations.simulated
    )
    caption = "Hai cận của mức theo khung cách nhau mấy mức"
    return figure("H20", drawing, caption, unit="đơn vị", source=computed(revision))


def sure_table(found: Mapping[str, NationalLevels], revision: Revision) -> Block:
    """Table B20-6: which national level surely follows from a level of the province."""
    labels = ["không", *(level.label for level in adapted_version(revision).levels)]
    rows = []
    for name, held in found.items():
        same = (held.kept == held.kept.loc["*"]).all(axis=1)
        apart = held.kept.index[~same].tolist()
        others = "còn lại" if apart else "mọi địa bàn"
        for stratum in (*apart, "*"):
            sure = [labels[place] for place in held.kept.loc[stratum]]
            row = {"province": name, "stratum": others if stratum == "*" else stratum}
            rows.append(row | dict(zip(map(str, range(len(sure))), sure, strict=True)))
    columns = [
        Column("province", "Tỉnh", width=30),
        Column("stratum", "Địa bàn", width=14),
        *(Column(str(n), f"Đạt {label}", width=12) for n, label in enumerate(labels[1:])),
    ]
    caption = "Đạt mức của tỉnh thì chắc chắn đạt mức nào của khung"
    note = "Không: không suy ra được mức nào của khung."
    frame = pd.DataFrame(rows)
    return table(
        "B20-6",
        frame,
        columns,
        caption,
        source=adapting_documents(revision),
        note=note,
        detail=True,
    )


def unsure_table(revision: Revision) -> Block:
    """Table B20-7: why a level of one side does not always follow from that of the other."""
    national, known = adapted_version(revision), revision.catalogue
    rows = []
    for one in revision.overlays:
        low, high = (
            why_unsure(*pair, known)
            for pair in ((one.framework, national), (national, one.framework))
        )
        row = {"province": province_name(one, revision)}
        rows.append(row | {"low": _reasons(low), "high": _reasons(high)})
    columns = [
        Column("province", "Tỉnh", width=16),
        Column(
            "low", "Đạt mức của tỉnh mà có thể chưa đạt mức cùng bậc của khung, vì tỉnh", width=42
        ),
        Column(
            "high", "Đạt mức của khung mà có thể chưa đạt mức cùng bậc của tỉnh, vì khung", width=42
        ),
    ]
    caption = "Vì sao mức của tỉnh không cho biết mức của khung"
    note = (
        "Cột giữa làm mất cận dưới, cột phải làm mất cận trên, khi chỉ biết mức đã công bố. Cận từ "
        "số liệu của tỉnh luôn đúng, chỉ rộng ra ở tiêu chí mà tỉnh không hỏi hoặc thiếu số liệu."
    )
    frame = pd.DataFrame(rows)
    return table(
        "B20-7",
        frame,
        columns,
        caption,
        source=adapting_documents(revision),
        note=note,
        detail=True,
    )


def _reasons(said: Sequence[str], most: int = 2) -> str:
    """Reasons line by line; of the names in each, the first few."""
    lines = []
    for words in said:
        head, colon, listed = words.removesuffix(".").partition(": ")
        names = listed.split("; ")
        more = "; …" if len(names) > most else ""
        lines.append(head[:1].lower() + head[1:] + colon + "; ".join(names[:most]) + more)
    return "\n".join(lines) or "– (luôn suy ra được)"


def _points_still(revision: Revision) -> list[Block]:
    """Table B20-8: points on what province and framework share, by the rules of each."""
    rows, apart = [], []
    for one in revision.overlays:
        if not (one.base.has_points and one.framework.has_points):
            continue
        assert revision.observations is not None
        try:
            core = common_core(adapted_version(revision), one.framework)
            scores = score_core(core, revision.observations)
        except ValueError as error:
            apart.append(f"{province_name(one, revision)}: {error}.")
            continue
        moved = scores["rank_shift"].abs()
        rows.append(
            {
                "province": province_name(one, revision),
                "shared": len(core.pairs),
                "first": core.first.maximum / one.base.maximum,
                "second": core.second.maximum / one.framework.maximum,
                "total_first": scores["total_first"].mean(),
                "total_second": scores["total_second"].mean(),
                "moved": int((moved > 0).sum()),
                "largest": int(moved.max()),
            }
        )
    if not rows:
        return [bullets(apart)] if apart else []
    columns = [
        Column("province", "Tỉnh", width=24),
        Column("shared", "Chỉ tiêu chung", "integer"),
        Column("first", "Phần điểm của khung", "percent", 1),
        Column("second", "Phần điểm của tỉnh", "percent", 1),
        Column("total_first", "Bình quân, cách chấm của khung", "decimal", 2),
        Column("total_second", "Bình quân, cách chấm của tỉnh", "decimal", 2),
        Column("moved", "Đơn vị đổi hạng", "integer"),
        Column("largest", "Đổi hạng nhiều nhất", "integer"),
    ]
    caption = "Điểm trên phần chung, chấm theo cách của khung và của tỉnh"
    note = "Bình quân tính trên thang 100 của phần chung. Chỉ tiêu chung: đo cùng khái niệm."
    made = table("B20-8", pd.DataFrame(rows), columns, caption, "", computed(revision), note)
    return [made, *([bullets(apart)] if apart else [])]


def province_summary(revision: Revision) -> str:
    """Say in a few lines, without local marks, what provinces changed and what is still known."""
    lines = []
    for one in revision.overlays:
        counts = change_counts(one).loc["Cộng"]
        lines.append(
            f"{one.overlay.id}: {counts['count']} changes, {counts['stricter']} stricter, "
            f"{counts['easier']} easier, {counts['refused']} beyond"
        )
    if revision.observations is not None:
        found = _bounds(revision) if revision.overlays else {}
        for one in revision.overlays:
            if held := found.get(province_name(one, revision)):
                lines += [one.overlay.id, held.decided().round(3).to_string()]
    return "\n".join(lines) or "no overlays"
