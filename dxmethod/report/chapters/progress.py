"""Section VI: the way to the next level, and whether a year's change is better or another ruler."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ... import figures_progress as figures
from ...assessment import assess
from ...concepts import COMPETENCES
from ...decomposition import FACTORS, Decomposition, decompose
from ...framework import Framework
from ...progress.points_left import PointsLeft
from ...progress.way import Progress, progress
from ...revision import Revision
from ...vietnamese import number, percent, signed
from ..blocks import Block, Column, figure, paragraph, ref, subsection, table
from .common import computed, version
from .data import capital, held

# How many requirements away are told apart.
_FAR = 3


def way(framework: Framework, revision: Revision) -> Progress:
    """Find what stands between each unit and its next level, by a version of a revision."""
    return progress(assess(framework, held(revision)), revision.catalogue)


def next_level(found: Progress, revision: Revision, limit: int = 8) -> list[Block]:
    """Tables B14-5, B14-6 and PL4-3, figures H7 and H7-1: how far units are, what keeps them.

    Nothing for a version without levels.
    """
    framework = found.assessment.framework
    if found.assessment.levels is None:
        return []
    head = subsection("Đường lên mức độ kế tiếp")
    if found.blockers.empty:
        return [head, paragraph("Không đơn vị nào còn yêu cầu chưa đạt ở mức kế tiếp.")]
    simulated = found.assessment.observations.simulated
    far = figures.distances(found.distances(_FAR), simulated)
    labels = {level.id: level.label for level in framework.levels}
    name = framework.terms.indicator
    drawing = figures.blockers(found.by_criterion(), labels, name, simulated=simulated)
    said = f"Số đơn vị mà từng {name} chặn, theo mức đang tìm đạt; trong ngoặc: chặn một mình"
    blocks = [
        head,
        paragraph(_distance_said(found)),
        distance_table(found, revision),
        figure("H7-1", far, f"Đơn vị cách mức kế tiếp bao nhiêu {name}", source=computed(revision)),
        figure("H7", drawing, said, unit="đơn vị", source=computed(revision)),
    ]
    if found.blockers["alone"].any():
        blocks.append(alone_table(found, revision, limit))
    if (found.away == 1).any():
        blocks.append(near_table(found, revision))
    return blocks


def _distance_said(found: Progress) -> str:
    """Say how many units are near, and how much of it is in their own hands."""
    name, units = found.assessment.framework.terms.indicator, found.units
    near, below = units[units["away"] == 1], int((units["away"] != 0).sum())
    beyond = int((near["chosen_outside"] > 0).sum())
    rows = found.blockers
    lacking = int((rows["status"] != 0).sum())
    said = (
        f"Trong {number(below)} đơn vị chưa ở mức cao nhất, {number(len(near))} đơn vị "
        f"({percent(len(near) / below)}) chỉ cách mức kế tiếp một {name}; ở {number(beyond)} đơn "
        f"vị trong số đó, {name} ấy nằm ngoài thẩm quyền của đơn vị."
    )
    if lacking:
        said += (
            f" {number(lacking)} trong {number(len(rows))} lượt chưa đạt "
            f"({percent(lacking / len(rows))}) là do không có giá trị được tính (thiếu số liệu, "
            "không có minh chứng), chưa hẳn là kém."
        )
    return said


def distance_table(found: Progress, revision: Revision) -> Block:
    """Table B14-5: units by how many requirements they are from the next level, cumulated."""
    name = found.assessment.framework.terms.indicator
    frame = found.distances(_FAR).reset_index(names="stratum")
    frame["stratum"] = frame["stratum"].replace({"*": "Cộng", "": "Không rõ"})
    within = [f"within{place}" for place in range(1, _FAR + 1)]
    words = ["1", *(f"{place} trở xuống" for place in range(2, _FAR + 1))]
    columns = [
        Column("stratum", "Địa bàn", width=20),
        Column("units", "Số đơn vị", "integer"),
        *(Column(key, f"Cách {word}", "integer") for key, word in zip(within, words, strict=True)),
        Column("beyond", "Xa hơn", "integer"),
        Column("top", "Ở mức cao nhất", "integer"),
    ]
    caption = f"Số đơn vị theo số {name} ít nhất còn phải đạt để lên mức kế tiếp"
    note = "Các cột “trở xuống” cộng dồn. Giá trị thiếu tính là chưa đạt."
    source = computed(revision)
    return table(
        "B14-5", frame, columns, caption, unit="đơn vị", source=source, note=note, detail=True
    )


def _competence(frame: pd.DataFrame) -> list[str]:
    """Who can act, marked where it is not the unit itself or holds only until a day."""
    said = []
    for level, outside, until in zip(
        frame["competence"], frame["outside"], frame["valid_until"], strict=True
    ):
        words = COMPETENCES.get(level, "–")
        words = f"{words} (ngoài)" if outside else words
        said.append(f"{words}, đến {until:%d/%m/%Y}" if until else words)
    return said


def alone_table(found: Progress, revision: Revision, limit: int = 8) -> Block:
    """Table B14-6: criteria that alone keep most units from the next level, and whose they are."""
    framework = found.assessment.framework
    name = framework.terms.indicator
    labels = {level.id: level.label for level in framework.levels}
    frame = found.by_criterion()
    frame = frame[frame["alone"] > 0]
    frame = frame.sort_values(["alone", "blocked"], ascending=False, kind="stable")
    shown = frame.head(limit)
    shown = shown.assign(sought=shown["level"].map(labels), who=_competence(shown))
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(name), width=44),
        Column("sought", "Mức đang tìm đạt", width=12),
        Column("alone", "Chặn một mình", "integer", width=9),
        Column("blocked", "Đơn vị chưa đạt", "integer", width=9),
        Column("lacking", "Do không có giá trị", "integer", width=9),
        Column("who", "Thẩm quyền", width=18),
    ]
    caption = f"{capital(name)} một mình giữ đơn vị lại"
    if len(frame) > limit:
        caption += f": {number(limit)} trong {number(len(frame))} trường hợp"
    note = (
        "Chặn một mình: đạt thêm đúng yêu cầu này thì lên mức; khi mức chỉ đòi một phần các yêu "
        "cầu, mỗi yêu cầu đủ để lên mức đều được đếm. (ngoài): ngoài thẩm quyền của đơn vị."
    )
    return table(
        "B14-6", shown, columns, caption, source=computed(revision), note=note, detail=True
    )


def near_table(found: Progress, revision: Revision) -> Block:
    """Table PL4-3: units one criterion away, which one, and what is missing."""
    framework = found.assessment.framework
    labels = found.assessment.level_labels()
    near = found.units[found.units["away"] == 1]
    rows = []
    for unit, own in near.iterrows():
        first = found.of(str(unit)).iloc[0]
        rows.append(
            {
                "unit": unit,
                "name": own["name"],
                "held": labels[own["level"]],
                "next": own["next"],
                "criterion": f"{first['code']} {first['label']}".strip(),
                "said": first["said"],
                "id": first["indicator"],
            }
        )
    known = found.criteria.rename(columns={"level": "competence"})
    frame = pd.DataFrame(rows)
    frame["who"] = _competence(known.loc[frame["id"]])
    columns = [
        Column("unit", "Mã", width=8),
        Column("name", "Đơn vị", width=20),
        Column("held", "Mức đang giữ", width=11),
        Column("next", "Mức kế tiếp", width=11),
        Column("criterion", f"{capital(framework.terms.indicator)} còn phải đạt", width=42),
        Column("said", "Còn thiếu", width=24),
        Column("who", "Thẩm quyền", width=15),
    ]
    name = framework.terms.indicator
    caption = f"Đơn vị chỉ cách mức kế tiếp một {name}, {version(framework).lower()}"
    note = (
        "Khi một trong nhiều yêu cầu đều đủ, bảng nêu yêu cầu còn thiếu ít nhất so với khoảng giá "
        "trị của nó."
    )
    return table(
        "PL4-3", frame, columns, caption, source=computed(revision), note=note, landscape=True
    )


def points_to_earn(found: Progress, revision: Revision) -> list[Block]:
    """Tables B14-7 and PL4-4 under their heading: where the points still to be earned lie.

    Nothing for a version without points.
    """
    left = found.points
    if left is None:
        return []
    framework = found.assessment.framework
    mean = left.left.mean(axis=1)
    first = int(np.argmax(mean))
    digits = _digits(framework)
    total, points, name = framework.terms.total, framework.terms.points, framework.terms.indicator
    said = (
        f"Tính trên {number(left.left.shape[1])} đơn vị, nhiều {points} còn chưa đạt nhất nằm ở "
        f"“{left.points.indicators[first].label}”: nếu đạt tối đa thì {total} của một đơn vị tăng "
        f"bình quân {number(mean[first], digits)}."
    )
    if framework.bands:
        some = int((left.steps == 1).sum())
        said += f" {number(some)} đơn vị chỉ cần đạt tối đa thêm một {name} là lên loại trên."
    blocks = [subsection("Nơi còn nhiều điểm"), paragraph(said), left_table(left, revision)]
    return [*blocks, unit_left_table(left, revision)]


def _digits(framework: Framework) -> int:
    return 4 if framework.maximum <= 5 else 2


def left_table(left: PointsLeft, revision: Revision, limit: int = 12) -> Block:
    """Table B14-7: points still to be earned by indicator."""
    framework, digits = left.points.framework, _digits(left.points.framework)
    frame = pd.DataFrame(
        {
            "code": [item.code for item in left.points.indicators],
            "label": [item.label for item in left.points.indicators],
            "most": [item.most for item in left.points.indicators],
            "mean": left.left.mean(axis=1),
            "largest": left.left.max(axis=1),
            "first": np.bincount(left.order[0], minlength=len(left.left)),
        }
    )
    frame = frame.sort_values("mean", ascending=False, kind="stable")
    caption = f"{capital(framework.terms.points)} còn có thể đạt theo {framework.terms.indicator}"
    if len(frame) > limit:
        caption += f": {number(limit)} trong {number(len(frame))}"
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(framework.terms.indicator), width=40),
        Column("mean", "Bình quân một đơn vị", "decimal", digits),
        Column("largest", "Lớn nhất", "decimal", digits),
        Column("first", "Số đơn vị còn nhiều nhất ở đây", "integer"),
    ]
    terms, source = framework.terms, computed(revision)
    note = f"Phần {terms.total} tăng thêm nếu riêng {terms.indicator} này đạt tối đa."
    return table("B14-7", frame.head(limit), columns, caption, source=source, note=note)


def unit_left_table(left: PointsLeft, revision: Revision) -> Block:
    """Table PL4-4: of every unit, the three indicators with most points left, and the next band."""
    framework, digits = left.points.framework, _digits(left.points.framework)
    labels = {item.id: f"{item.code} {item.label}".strip() for item in left.points.indicators}
    top = left.to_frame(3)
    top["said"] = [
        f"{labels[item]} (+{number(value, digits)})"
        for item, value in zip(top["indicator"], top["left"], strict=True)
    ]
    wide = top.pivot(index="unit", columns="place", values="said").reindex(columns=[1, 2, 3])
    units = left.points.observations.units
    frame = wide.reindex(units.index).set_axis(["first", "second", "third"], axis=1).fillna("–")
    frame = frame.assign(name=units["name"], short=left.short, steps=left.steps.astype(float))
    frame.loc[frame["steps"] <= 0, "steps"] = np.nan
    columns = [
        Column("name", "Đơn vị", width=18),
        Column("first", "Nhiều nhất", width=28),
        Column("second", "Thứ hai", width=28),
        Column("third", "Thứ ba", width=28),
    ]
    if framework.bands:
        columns.append(Column("short", "Còn thiếu đến loại trên", "decimal", digits, width=10))
        columns.append(
            Column("steps", f"Số {framework.terms.indicator} ít nhất", "integer", width=9)
        )
    caption = (
        f"Ba {framework.terms.indicator} còn nhiều {framework.terms.points} nhất của từng đơn vị"
    )
    note = f"Trong ngoặc: phần {framework.terms.total} tăng thêm nếu đạt tối đa."
    source = computed(revision)
    return table("PL4-4", frame, columns, caption, source=source, note=note, landscape=True)


def better_or_ruler(revision: Revision, draft: Framework) -> list[Block]:
    """Tables B17-5 and B17-6, figure H6-5: a year's change by rules, map and performance.

    Nothing for a revision that names no earlier round.
    """
    if revision.earlier is None or revision.observations is None:
        return []
    head = subsection("Tốt lên, hay đổi thước đo")
    try:
        found = decompose(
            revision.baseline,
            draft,
            revision.observations,
            revision.earlier,
            revision.reorganisation,
        )
    except ValueError as error:
        return [head, paragraph(f"Không tách được thay đổi giữa hai đợt: {error}.")]
    if not found.outcomes:
        return [head, paragraph("Hai phiên bản không cùng có mức độ hoặc điểm để so sánh.")]
    blocks = [head, *_change_said(found, revision, draft), cell_table(found, revision, draft)]
    if not found.orders:
        return [*blocks, step_table(found, revision)]
    return [*blocks, effect_table(found, revision), change_figure(found, revision, draft)]


def _headline(found: Decomposition) -> tuple[str, str, int]:
    """What the paragraph and the picture speak of: its column, its name, its digits."""
    if "level" in found.outcomes:
        return "level", "mức độ bình quân", 2
    return "total", "tổng điểm bình quân (% điểm tối đa)", 2


def _ends(revision: Revision, draft: Framework) -> tuple[str, str]:
    """Names of the two rounds, each with its rules."""
    before, after = _rounds(revision)
    rules = [version(item).lower() for item in (revision.baseline, draft)]
    return f"đợt {before}, {rules[0]}", f"đợt {after}, {rules[1]}"


def _rounds(revision: Revision) -> tuple[str, str]:
    """Names of the two rounds."""
    earlier, later = revision.file.earlier, revision.file.observations
    return (earlier.round if earlier else "") or "trước", (later.round if later else "") or "sau"


def _change_said(found: Decomposition, revision: Revision, draft: Framework) -> list[Block]:
    """Say the change in words, each part with its figure, and what cannot be told."""
    outcome, what, digits = _headline(found)
    start, end = found.ends(outcome)
    before, after = _ends(revision, draft)
    parts = found.parts(outcome)
    said = (
        f"Từ {before} đến {after}, {what} chuyển từ {number(start, digits)} sang "
        f"{number(end, digits)} ({signed(end - start, digits)})."
    )
    if found.orders:
        listed = [f"do {name} {signed(part, digits)}" for name, part in parts.items()]
        said += f" Trong đó: {'; '.join(listed)}."
        own = float(parts[FACTORS["year"]])
        turned = "tốt lên" if own > 0 else "kém đi" if own < 0 else "không đổi"
        said += f" Tách riêng phần kết quả thì các đơn vị {turned}; phần còn lại là do thước đo"
        said += " và địa bàn thay đổi." if "map" in found.factors else " thay đổi."
    if found.complete:
        said += " " + _together_said(found, outcome, digits)
    blocks: list[Block] = [paragraph(said)]
    if found.units_left_out:
        blocks.append(
            paragraph(
                f"{number(found.units_left_out)} đơn vị chỉ có ở một đợt, không tính ở cả hai."
            )
        )
    if not found.complete:
        blocks.append(paragraph(_absent_said(found), ref("B17-5"), "."))
    return blocks


def _together_said(found: Decomposition, outcome: str, digits: int) -> str:
    """Name the largest interaction."""
    rows = found.effects[found.effects["outcome"] == outcome].iloc[len(found.factors) :]
    far = rows.iloc[int(rows["dividend"].abs().argmax())]
    return (
        f"Các yếu tố không chỉ cộng với nhau: tương tác lớn nhất là {_named(far['part'])}, "
        f"{signed(far['dividend'], digits)}; phần của mỗi yếu tố nêu trên đã chia đều tương tác."
    )


def _absent_said(found: Decomposition) -> str:
    orders = [" rồi ".join(FACTORS[name] for name in order) for order in found.orders]
    absent = int((found.cells["absent"] != "").sum())
    said = (
        f"{number(absent)} trong {number(len(found.cells))} ô kết hợp không có kết quả, nên không "
        "tính được đủ các tương tác. "
    )
    if not orders:
        return said + "Không có thứ tự nào đi từ đầu đến cuối; chỉ nêu được từng bước có ở "
    return said + f"Các phần nêu trên chỉ theo thứ tự: {'; '.join(orders)}. Lý do ở "


def _named(part: str) -> str:
    return " × ".join(FACTORS[name] for name in part.split(" × "))


def _columns(found: Decomposition, change: bool) -> list[Column]:
    """One column an outcome: shares of units, mean level, mean total."""
    columns = []
    for name, label in found.outcomes.items():
        if name.startswith("reach"):
            kind, digits = ("shift", 1) if change else ("percent", 1)
        else:
            kind, digits = ("shift" if change else "decimal"), 2
        columns.append(Column(name, label, kind, digits))
    return columns


def cell_table(found: Decomposition, revision: Revision, draft: Framework) -> Block:
    """Table B17-5: every combination of rules, map and round, or why it has no result."""
    names = {
        "rules": (revision.baseline.version, draft.version),
        "map": ("cũ", "mới"),
        "year": _rounds(revision),
    }
    frame = found.cells.reset_index(names="cell")
    for place, factor in enumerate(found.factors):
        frame[factor] = [names[factor][int(cell[place])] for cell in frame["cell"]]
    labels = {"rules": "Quy định", "map": "Đơn vị", "year": "Số liệu"}
    columns = [
        *(Column(factor, labels[factor], width=12) for factor in found.factors),
        Column("units", "Số đơn vị", "integer"),
        Column("known", "Giá trị có", "percent", 1),
        *_columns(found, change=False),
    ]
    if not found.complete:
        columns.append(Column("absent", "Vì sao không có kết quả", width=30))
    caption = "Kết quả theo từng kết hợp của quy định, địa bàn và đợt số liệu"
    note = (
        "Từ mức k: tỷ lệ đơn vị đạt mức k trở lên. Giá trị có: tỷ lệ giá trị được hỏi có số liệu."
    )
    return table(
        "B17-5", frame, columns, caption, source=computed(revision), note=note, detail=True
    )


def effect_table(found: Decomposition, revision: Revision) -> Block:
    """Table B17-6: parts of the change, and what factors do together beyond each alone."""
    scale = {name: 100.0 if name.startswith("reach") else 1.0 for name in found.outcomes}
    wide = {
        column: found.effects.pivot(index="part", columns="outcome", values=column).mul(
            pd.Series(scale)
        )
        for column in ("shapley", "dividend")
    }
    rows = []
    order = found.effects["part"].drop_duplicates()
    for part in found.factors:
        rows.append({"what": "Phần của yếu tố", "part": _named(part), **wide["shapley"].loc[part]})
    for part in order:
        what = "Tương tác" if " × " in part else "Riêng yếu tố"
        rows.append({"what": what, "part": _named(part), **wide["dividend"].loc[part]})
    whole = {
        name: scale[name] * (found.ends(name)[1] - found.ends(name)[0]) for name in found.outcomes
    }
    rows.append({"what": "Cộng", "part": "toàn bộ thay đổi", **whole})
    columns = [
        Column("what", "Cách tính", width=14),
        Column("part", "Yếu tố", width=34),
        *_columns(found, change=True),
    ]
    note = (
        "Tỷ lệ đơn vị: điểm phần trăm. Phần của yếu tố: trung bình trên mọi thứ tự thay đổi "
        "(Shapley), cộng lại bằng toàn bộ thay đổi. Riêng yếu tố: khi các yếu tố khác còn như cũ; "
        "cộng với các tương tác cũng bằng toàn bộ. Dấu “...”: không tính được vì thiếu ô."
    )
    caption = "Thay đổi giữa hai đợt do quy định, do sắp xếp đơn vị, do kết quả"
    if "map" not in found.factors:
        caption = "Thay đổi giữa hai đợt do quy định, do kết quả"
    frame = pd.DataFrame(rows)
    return table(
        "B17-6", frame, columns, caption, source=computed(revision), note=note, detail=True
    )


def step_table(found: Decomposition, revision: Revision) -> Block:
    """Table B17-6 where no order leads from end to end: single steps that can be computed."""
    frame = found.steps()
    shares = [name for name in found.outcomes if name.startswith("reach")]
    frame[shares] *= 100
    frame["factor"] = frame["factor"].map(FACTORS)
    columns = [
        Column("factor", "Yếu tố thay đổi", width=18),
        Column("at", "Các yếu tố khác", width=34),
        *_columns(found, change=True),
    ]
    caption = "Thay đổi tính được của từng yếu tố"
    return table("B17-6", frame, columns, caption, source=computed(revision))


def change_figure(found: Decomposition, revision: Revision, draft: Framework) -> Block:
    """Figure H6-5: from one round to the next, part by part."""
    outcome, what, digits = _headline(found)
    start, end = found.ends(outcome)
    before, after = _ends(revision, draft)
    parts = found.parts(outcome).rename(lambda name: f"do {name}")
    simulated = revision.observations is not None and revision.observations.simulated
    drawing = figures.waterfall(
        start, parts, end, capital(before), capital(after), capital(what), digits, simulated
    )
    caption = f"{capital(what)} giữa hai đợt: do đâu mà thay đổi"
    return figure("H6-5", drawing, caption, source=computed(revision))
