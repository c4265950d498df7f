"""Section IV: what units said of themselves beside what was verified."""

from __future__ import annotations

from ... import figures_quality as figures
from ...framework import Framework
from ...quality import SURE
from ...revision import Revision
from ...verification import Gaps, gaps, heaping, verified
from ...vietnamese import number, percent
from ..blocks import Block, Column, figure, paragraph, subsection, table
from .common import computed, version
from .data import asked_for, capital, held


def data_gaps(framework: Framework, revision: Revision) -> list[Block]:
    """Tables B10 to B10-2 and figure H3: self-assessment against verification, heaping."""
    title = subsection("Tự đánh giá và thẩm định")
    found = None if revision.round is None else gaps(framework, revision.round)
    if found is None or revision.round is None:
        said = (
            "Bảng số liệu chỉ có một giá trị cho mỗi chỉ tiêu, không ghi riêng giá trị tự đánh giá "
            "và giá trị sau thẩm định, nên không so sánh được hai bước này."
        )
        return [title, paragraph(said)]
    blocks: list[Block] = [title, paragraph(_gaps_said(found, framework))]
    if not found.concepts["checked"].sum():
        return blocks
    blocks.append(gap_table(found, framework, revision))
    blocks.append(gap_figure(found, framework, revision))
    blocks.append(gap_units(found, framework, revision))
    return [*blocks, *heaping_blocks(framework, revision)]


def _gaps_said(found: Gaps, framework: Framework) -> str:
    total = found.concepts[["claimed", "checked", "overstated", "understated", "unproved"]].sum()
    if not total["checked"]:
        return "Chưa có giá trị tự đánh giá nào được thẩm định."
    said = (
        f"Trong {number(total['claimed'])} giá trị tự đánh giá, {number(total['checked'])} đã được "
        f"thẩm định: {number(total['overstated'])} "
        f"({percent(total['overstated'] / total['checked'])}) cao hơn kết quả thẩm định, trong đó "
        f"{number(total['unproved'])} không có minh chứng; {number(total['understated'])} "
        f"({percent(total['understated'] / total['checked'])}) thấp hơn."
    )
    if "level_self" in found.units:
        fall = int((found.units["level_self"] > found.units["level_verified"]).sum())
        rise = int((found.units["level_self"] < found.units["level_verified"]).sum())
        said += (
            f" Theo {version(framework).lower()}, thẩm định làm {number(fall)} trên "
            f"{number(len(found.units))} đơn vị xuống mức, {number(rise)} đơn vị lên mức so với tự "
            "đánh giá."
        )
    if "total_self" in found.units:
        means = found.units[["total_self", "total_verified"]].mean()
        digits = 4 if framework.maximum <= 5 else 2
        said += (
            f" {capital(framework.terms.total)} trung bình là {number(means.iloc[0], digits)} "
            f"theo tự đánh giá và {number(means.iloc[1], digits)} sau thẩm định."
        )
    return said


def gap_table(found: Gaps, framework: Framework, revision: Revision, limit: int = 25) -> Block:
    """Table B10: how often and by how much self-assessed values exceed verified ones."""
    named = asked_for(framework, revision).reset_index("indicator", drop=True)
    named = named[~named.index.duplicated()]
    frame = named.join(found.concepts, how="inner")
    frame = frame[frame["checked"] > 0].sort_values(
        "overstated_share", ascending=False, kind="stable"
    )
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(framework.terms.indicator), width=38),
        Column("unit", "Đơn vị tính", width=9),
        Column("checked", "Đã thẩm định", "integer", width=8),
        Column("overstated", "Tự đánh giá cao hơn", "integer", width=8),
        Column("overstated_share", "Tỷ lệ", "percent", 1, width=8),
        Column("unproved", "Không minh chứng", "integer", width=8),
        Column("understated", "Thấp hơn", "integer", width=7),
        Column("mean", "Chênh trung bình", "decimal", 2, width=8),
        Column("largest", "Chênh lớn nhất", "decimal", 2, width=8),
    ]
    note = (
        "Đã thẩm định: mọi giá trị của đơn vị đã được thẩm định; giá trị mà bước thẩm định không "
        "ghi lại coi là giữ nguyên. Chênh: tự đánh giá tốt hơn thẩm định bao nhiêu, theo đơn vị "
        "tính và chiều tốt của chỉ tiêu; chỉ tính các cặp đều có số."
    )
    caption = "Giá trị tự đánh giá so với thẩm định theo chỉ tiêu, chênh nhiều trước"
    if len(frame) > limit:
        caption += f": {number(limit)} trong {number(len(frame))}"
    return table(
        "B10",
        frame.head(limit),
        columns,
        caption,
        source=computed(revision),
        note=note,
        landscape=True,
        detail=True,
    )


def gap_units(found: Gaps, framework: Framework, revision: Revision, limit: int = 15) -> Block:
    """Table B10-1: the units that overstate most often."""
    frame = found.units[found.units["checked"] > 0].reset_index(names="unit")
    frame = frame.sort_values(["overstated_share", "overstated"], ascending=False, kind="stable")
    columns = [
        Column("unit", "Mã", width=8),
        Column("name", "Đơn vị", width=26),
        Column("checked", "Giá trị đã thẩm định", "integer"),
        Column("overstated", "Tự đánh giá cao hơn", "integer"),
        Column("overstated_share", "Tỷ lệ", "percent", 1),
    ]
    for name, label, kind in (
        ("level", "Mức", "integer"),
        ("total", capital(framework.terms.total), "decimal"),
    ):
        digits = 0 if name == "level" else 4 if framework.maximum <= 5 else 2
        for side, words in (("self", "tự đánh giá"), ("verified", "thẩm định")):
            if f"{name}_{side}" in frame:
                columns.append(Column(f"{name}_{side}", f"{label} ({words})", kind, digits))
    caption = "Đơn vị có tỷ lệ giá trị tự đánh giá cao hơn thẩm định lớn nhất"
    if len(frame) > limit:
        caption += f": {number(limit)} trong {number(len(frame))} đơn vị"
    return table("B10-1", frame.head(limit), columns, caption, source=computed(revision))


def gap_figure(found: Gaps, framework: Framework, revision: Revision) -> Block:
    """Figure H3: every unit by what it said of itself and what was verified."""
    what = "Tỷ lệ điểm" if framework.has_points else "Tỷ lệ yêu cầu đạt"
    drawing = figures.self_and_verified(found.units, what, held(revision).simulated)
    caption = f"{what} theo tự đánh giá và theo thẩm định, mỗi điểm một đơn vị"
    return figure("H3", drawing, caption, unit="%", source=computed(revision))


def heaping_blocks(framework: Framework, revision: Revision, limit: int = 20) -> list[Block]:
    """Table B10-2, or a sentence: thresholds just above which self-assessed values crowd."""
    if revision.round is None or not framework.levels:
        return []
    tested = heaping(framework, revision.round.stages["self"], verified(revision.round))
    asked = tested["p"].notna()
    crowded = tested[tested["p_adjusted"] < SURE].sort_values("p", kind="stable")
    said = (
        f"Với {number(int(asked.sum()))} ngưỡng, báo cáo so số giá trị tự đánh giá nằm sát trên "
        "ngưỡng với số nằm sát dưới: nếu số liệu không bị chọn cho vừa ngưỡng thì hai số này xấp "
        "xỉ nhau, hoặc chia như số đã thẩm định. "
        f"Có {number(len(crowded))} ngưỡng mà chênh lệch khó là ngẫu nhiên (xác suất đã điều "
        f"chỉnh theo số ngưỡng xét, dưới {number(SURE, 2)})."
    )
    near = tested["just_met"] + tested["just_missed"]
    if asked.any() and (near[asked] < 10).mean() > 0.5:
        said += (
            " Phần lớn ngưỡng có chưa đến 10 giá trị ở gần, nên phép thử chỉ thấy được chênh lớn."
        )
    if crowded.empty:
        return [paragraph(said)]
    labels = {item.id: (item.code, item.label) for item in framework.indicators}
    frame = crowded.head(limit).assign(
        code=[labels[name][0] for name in crowded["indicator"].head(limit)],
        label=[labels[name][1] for name in crowded["indicator"].head(limit)],
    )
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(framework.terms.indicator), width=32),
        Column("threshold", "Ngưỡng", "decimal", 1, width=8),
        Column("window", "Bề rộng xét", "decimal", 1, width=8),
        Column("just_met", "Sát trên", "integer", width=7),
        Column("just_missed", "Sát dưới", "integer", width=7),
        Column("met_after", "Sát trên (thẩm định)", "integer", width=9),
        Column("missed_after", "Sát dưới (thẩm định)", "integer", width=9),
        Column("p_adjusted", "Xác suất", "decimal", 3, width=8),
    ]
    note = (
        "Sát trên, sát dưới: phía đạt và phía không đạt của ngưỡng. Đây là dấu hiệu để kiểm tra, "
        "không phải bằng chứng về một đơn vị; ngưỡng là số tròn cũng hút các số làm tròn."
    )
    caption = "Ngưỡng có giá trị tự đánh giá dồn sát phía đạt"
    if len(crowded) > limit:
        caption += f": {number(limit)} ngưỡng rõ nhất trong {number(len(crowded))}"
    made = table("B10-2", frame, columns, caption, source=computed(revision), note=note)
    return [paragraph(said), made]
