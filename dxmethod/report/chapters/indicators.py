"""Section V: what every indicator tells, and what the rules make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from ... import figures_quality as figures
from ...assessment import Assessment, assess
from ...framework import Framework
from ...quality import FEW, SURE, functioning, mean_scores, pairs, pass_rates
from ...revision import Revision
from ...verdicts import RULES, VERDICTS, diagnose
from ...verification import gaps, heaping, verified
from ...vietnamese import number
from ..blocks import Block, Column, Table, figure, paragraph, ref, subsection, table
from .common import computed, version
from .data import capital, few_units, held

# Rows of a heat map that fit a page.
_ROWS = 46
# How far a pair must go together to be listed as redundant, and with how few it may go unsaid.
_TWINS = next(rule.limit for rule in RULES if rule.column == "twin")


@dataclass(frozen=True, eq=False)
class Examined:
    """A framework's indicators on what units reported.

    Attributes
    ----------
    assessment : Assessment
    frame : DataFrame
        As `verdicts.diagnose` returns it.
    revision : Revision
    """

    assessment: Assessment
    frame: pd.DataFrame
    revision: Revision

    @property
    def framework(self) -> Framework:
        """The version that was examined."""
        return self.assessment.framework


def examine(framework: Framework, revision: Revision) -> Examined:
    """Examine the indicators of a version on the observations, and the round, of a revision."""
    assessment = assess(framework, held(revision))
    known = crowded = None
    if revision.round is not None and "self" in revision.round.stages:
        known = gaps(framework, revision.round)
        own = revision.round.stages["self"]
        crowded = heaping(framework, own, verified(revision.round)) if framework.levels else None
    return Examined(assessment, diagnose(assessment, known, crowded), revision)


def verdicts(found: Examined) -> list[Block]:
    """Tables B11 and B11-1: figures and verdict of every indicator, and the rules."""
    frame, name = found.frame, found.framework.terms.indicator
    counts = frame["verdict"].value_counts()
    said = "; ".join(
        f"{words} {number(int(counts.get(verdict, 0)))}" for verdict, words in VERDICTS.items()
    )
    sentence = (
        f", trong {number(len(frame))} {name} của {version(found.framework).lower()} có: {said}. "
        "Quy tắc chỉ nêu chỗ cần xem; quyết định thuộc về người xây dựng bộ, vì một "
        f"{name} có thể cần giữ vì lý do ngoài số liệu."
    )
    blocks: list[Block] = []
    if warning := few_units(len(held(found.revision).units)):
        blocks.append(paragraph(warning))
    blocks.append(paragraph("Theo các quy tắc ở ", ref("B11-1"), sentence))
    return [*blocks, verdict_table(found), rule_table(found)]


def verdict_table(found: Examined, key: str = "B11", caption: str = "") -> Table:
    """Table B11: what each indicator tells, its verdict and why."""
    name = found.framework.terms.indicator
    frame = found.frame.assign(
        said=[VERDICTS[verdict] for verdict in found.frame["verdict"]],
        reason=found.frame["reason"].replace("", "–"),
    )
    columns = [
        Column("code", "Mã", width=6),
        Column("label", capital(name), width=40),
        Column("known", "Đơn vị", "integer", width=7),
        Column("value_mean", "Trung bình", "decimal", 1, width=8),
        Column("value_sd", "Độ lệch chuẩn", "decimal", 1, width=8),
        Column("score", "Mức đạt", "percent", 0, width=7),
        Column("ceiling", "Trần", "percent", 0, width=7),
        Column("floor", "Sàn", "percent", 0, width=7),
        Column("item_group", "r nhóm", "decimal", 2, width=7),
        Column("item_total", "r chung", "decimal", 2, width=7),
        Column("contrast", "Phân biệt", "decimal", 2, width=7),
        Column("said", "Nhận định", width=8),
        Column("reason", "Lý do", width=32),
    ]
    if (frame["value_sd"].dropna() < 2).all():  # an index from 0 to 1
        for place in (3, 4):
            columns[place] = replace(columns[place], decimals=3)
    scored = "tỷ lệ điểm đạt" if found.framework.has_points else "tỷ lệ yêu cầu đạt ở các mức"
    note = (
        f"Đơn vị: số đơn vị có kết quả. Trung bình, độ lệch chuẩn: của giá trị báo cáo. Mức đạt: "
        f"{scored}. Trần, sàn: tỷ lệ đơn vị đạt tất cả, không đạt gì. r nhóm, r chung: tương quan "
        "với phần còn lại của nhóm, của cả bộ. Phân biệt: mức đạt của một phần ba đơn vị có phần "
        "còn lại cao nhất trừ một phần ba thấp nhất."
    )
    caption = caption or f"Chất lượng từng {name}, {version(found.framework).lower()}"
    source = computed(found.revision)
    return table(
        key, frame, columns, caption, source=source, note=note, landscape=True, detail=True
    )


def rule_table(found: Examined) -> Block:
    """Table B11-1: the rules, in the order in which they weigh."""
    rows = [
        (
            VERDICTS[rule.verdict],
            rule.means,
            rule.printed,
            "có" if rule.few else "không",
            rule.advice,
        )
        for rule in RULES
        if rule.column in found.frame
    ]
    rows.append((VERDICTS["keep"], "không quy tắc nào ở trên", "–", "–", "–"))
    frame = pd.DataFrame(rows, columns=["verdict", "means", "limit", "few", "advice"])
    columns = [
        Column("verdict", "Nhận định", width=12),
        Column("means", "Căn cứ", width=40),
        Column("limit", "Khi", width=11),
        Column("few", f"Xét cả khi dưới {FEW} đơn vị", width=13),
        Column("advice", "Xem lại", width=26),
    ]
    note = "Nhiều quy tắc cùng đúng thì lấy nhận định đứng trước; mọi lý do đều được nêu."
    caption = "Quy tắc nhận định"
    return table(
        "B11-1", frame, columns, caption, source="Quy ước của báo cáo", note=note, detail=True
    )


def left_behind(found: Examined, new: Framework) -> list[Block]:
    """Table B11-2 under its heading: indicators of the old version that the draft drops."""
    kept = {item.id for item in new.indicators}
    kept |= {old for item in new.indicators for old in item.replaces}
    gone = found.frame[~found.frame.index.isin(kept)]
    if gone.empty:
        return []
    name = found.framework.terms.indicator
    caption = (
        f"{capital(name)} của {version(found.framework).lower()} không còn trong "
        f"{version(new).lower()}: số liệu nói gì"
    )
    counts = gone["verdict"].value_counts()
    kept_by_rule = int(counts.get("keep", 0))
    said = (
        f"{version(new)} bỏ {number(len(gone))} {name} của {version(found.framework).lower()}. "
        f"Theo cùng quy tắc, số liệu không nêu lý do gì phải bỏ hay sửa đối với "
        f"{number(kept_by_rule)} {name} trong số đó."
    )
    return [
        subsection(f"{capital(name)} bị bỏ"),
        paragraph(said),
        verdict_table(replace(found, frame=gone), "B11-2", caption),
    ]


def pass_figures(found: Examined) -> list[Block]:
    """Figure H4 in as many parts as fit pages, and table B11-3 of rates by level.

    Nothing for points without strata: the table of verdicts says as much.
    """
    framework = found.framework
    strata = held(found.revision).strata.categories
    if found.assessment.levels is None and strata.empty:
        return []
    labels = (found.frame["code"] + " " + found.frame["label"]).str.strip()
    if found.assessment.levels is None:
        panels = {"Tỷ lệ điểm đạt": _cells(mean_scores(found.assessment), "mean")}
        what, blocks = "Tỷ lệ điểm đạt", []
    else:
        table_ = pass_rates(found.assessment)
        panels = {
            level.label: _cells(table_[table_["level"] == level.id], "rate")
            for level in framework.levels
        }
        what, blocks = "Tỷ lệ đơn vị đạt", [rate_table(found, table_)]
    order = found.frame.index
    parts = -(-len(order) // _ROWS)
    size = -(-len(order) // parts)
    simulated = held(found.revision).simulated
    for part in range(parts):
        rows = order[part * size : (part + 1) * size]
        chosen = {name: cells.reindex(rows) for name, cells in panels.items()}
        drawing = figures.rates(chosen, list(labels[rows]), simulated)
        caption = (
            f"{what} theo {framework.terms.indicator} và địa bàn, {version(framework).lower()}"
        )
        caption += f" (phần {part + 1})" if parts > 1 else ""
        alt = "Bản đồ nhiệt: mỗi hàng một chỉ tiêu, mỗi cột một địa bàn, càng đậm càng cao."
        key = "H4" if not part else f"H4-{part + 1}"
        source = computed(found.revision)
        blocks.append(figure(key, drawing, caption, unit="%", source=source, alt=alt))
    return [
        subsection("Tỷ lệ đạt theo mức độ và địa bàn"),
        paragraph(
            "Màu càng đậm, tỷ lệ càng cao; ô trắng là không yêu cầu, hoặc có dưới "
            f"{number(figures.FEWEST)} đơn vị biết kết quả."
        ),
        *blocks,
    ]


def _cells(found: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rates by indicator (rows) and stratum (columns, all units first)."""
    shown = found.assign(cell=found[column].where(found["known"] >= figures.FEWEST))
    wide = shown.pivot(index="indicator", columns="stratum", values="cell")
    return wide[list(dict.fromkeys(found["stratum"]))]


def rate_table(found: Examined, held_rates: pd.DataFrame) -> Block:
    """Table B11-3: share of units that meet each requirement, by level."""
    whole = held_rates[held_rates["stratum"] == ""]
    wide = whole.pivot(index="indicator", columns="level", values="rate")
    frame = found.frame[["code", "label"]].join(wide, how="inner")
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(found.framework.terms.indicator), width=46),
        *(
            Column(level.id, level.label, "percent", 1, width=10)
            for level in found.framework.levels
            if level.id in wide
        ),
    ]
    frame = frame.astype({level.id: object for level in found.framework.levels if level.id in wide})
    caption = f"Tỷ lệ đơn vị đạt yêu cầu theo mức độ, {version(found.framework).lower()}"
    note = "Trên số đơn vị áp dụng và biết kết quả; “...”: mức độ không yêu cầu."
    source = computed(found.revision)
    return table("B11-3", frame, columns, caption, unit="%", source=source, note=note)


def blockers(found: Examined, limit: int = 20) -> list[Block]:
    """Table B11-4 under its heading: which indicators stop units from the next level."""
    if found.assessment.levels is None:
        return []
    name = found.framework.terms.indicator
    title = subsection(f"{capital(name)} chặn mức độ kế tiếp")
    frame = found.frame[found.frame["blocked"] > 0]
    below = int((found.assessment.levels.level < len(found.framework.levels)).sum())
    if frame.empty:
        return [title, paragraph(f"Không {name} nào chặn đơn vị lên mức kế tiếp.")]
    frame = frame.sort_values(["alone", "few", "blocked"], ascending=False, kind="stable")
    frame = frame.assign(share=frame["blocked"] / below)
    said = (
        f"{number(below)} đơn vị chưa ở mức cao nhất. {number(int(frame['alone'].sum()))} lượt đơn "
        f"vị chỉ cần đạt thêm đúng một {name} là lên mức; có "
        f"{number(int((frame['alone'] > 0).sum()))} {name} một mình chặn ít nhất một đơn vị."
    )
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(name), width=44),
        Column("blocked", "Đơn vị không đạt", "integer", width=9),
        Column("share", "Tỷ lệ", "percent", 1, width=8),
        Column("alone", "Chặn một mình", "integer", width=9),
        Column("few", "Cùng 1–2 cái khác", "integer", width=9),
        Column("many", "Cùng nhiều cái", "integer", width=9),
    ]
    caption = f"{capital(name)} chặn đơn vị lên mức kế tiếp"
    if len(frame) > limit:
        caption += f": {number(limit)} trong {number(len(frame))}"
    note = (
        "Không đạt: ở mức liền trên mức đang giữ, trên số đơn vị chưa ở mức cao nhất. Chặn một "
        "mình: đạt thêm đúng yêu cầu này thì lên mức. Giá trị thiếu tính là không đạt."
    )
    source = computed(found.revision)
    made = table("B11-4", frame.head(limit), columns, caption, source=source, note=note)
    return [title, paragraph(said), made]


def redundant(found: Examined, limit: int = 25) -> list[Block]:
    """Table B12 under its heading: pairs that tell the same."""
    name = found.framework.terms.indicator
    title = subsection(f"Các {name} trùng lặp")
    every = pairs(found.assessment)
    enough = every[every["n"] >= FEW]
    close = enough[enough["same_concept"] | (enough["r"] >= _TWINS)]
    if enough.empty:
        words = f"Không cặp {name} nào có số liệu ở từ {number(FEW)} đơn vị trở lên để xét."
        return [title, paragraph(words)]
    said = (
        f"Xét {number(len(enough))} cặp có số liệu chung ở từ {number(FEW)} đơn vị trở lên: "
        f"{number(len(close))} cặp có hệ số tương quan từ {number(_TWINS, 2)} trở lên hoặc cùng đo "
        "một khái niệm."
    )
    shown, caption = close, f"Các cặp {name} gần trùng nhau"
    if close.empty:
        shown, limit = enough, 5
        caption = f"Năm cặp {name} đi cùng nhau nhiều nhất"
        said += " Bảng sau chỉ nêu năm cặp gần nhau nhất."
    shown = shown.sort_values("r", ascending=False, kind="stable")
    if len(shown) > limit and not close.empty:
        caption += f": {number(limit)} trong {number(len(shown))} cặp"
    shown = shown.head(limit)
    labels = (found.frame["code"] + " " + found.frame["label"]).str.strip()
    shown = shown.assign(
        one=shown["first"].map(labels),
        two=shown["second"].map(labels),
        group=shown["same_group"].map({True: "có", False: "không"}),
    )
    columns = [
        Column("one", "Một bên", width=34),
        Column("two", "Bên kia", width=34),
        Column("group", "Cùng nhóm", width=8),
        Column("n", "Số đơn vị", "integer", width=8),
        Column("r", "Tương quan", "decimal", 2, width=9),
    ]
    if "agreement" in shown:
        columns.append(Column("agreement", "Cùng đạt hoặc cùng không đạt", "percent", 1, width=12))
    made = table("B12", shown, columns, caption, source=computed(found.revision))
    return [title, paragraph(said), made]


def by_stratum(found: Examined) -> list[Block]:
    """Table B11-5 under its heading: where like units of different strata do not do alike."""
    held_gaps = functioning(found.assessment)
    if held_gaps.empty:
        return []
    name = found.framework.terms.indicator
    title = subsection(f"{capital(name)} lệch theo địa bàn")
    asked = held_gaps["p_adjusted"].notna()
    sure = held_gaps[held_gaps["p_adjusted"] < SURE]
    said = (
        "Các đơn vị có phần còn lại của bộ như nhau được so giữa một địa bàn và các địa bàn khác. "
        f"Xét {number(int(asked.sum()))} trường hợp có từ {number(FEW)} đơn vị mỗi bên: "
        f"{number(len(sure))} trường hợp chênh lệch khó là ngẫu nhiên."
    )
    if sure.empty:
        return [title, paragraph(said)]
    frame = sure.assign(size=-sure["gap"].abs()).sort_values("size", kind="stable")
    frame = frame.assign(
        code=frame["indicator"].map(found.frame["code"]),
        label=frame["indicator"].map(found.frame["label"]),
        gap=100 * frame["gap"],
        error=100 * frame["error"],
    )
    columns = [
        Column("code", "Mã", width=7),
        Column("label", capital(name), width=38),
        Column("stratum", "Địa bàn", width=18),
        Column("n", "Đơn vị của địa bàn", "integer", width=9),
        Column("others", "Đơn vị khác", "integer", width=9),
        Column("gap", "Chênh mức đạt", "shift", 1, width=9),
        Column("error", "Sai số chuẩn", "decimal", 1, width=9),
        Column("p_adjusted", "Xác suất", "decimal", 3, width=9),
    ]
    note = (
        "Chênh mức đạt: địa bàn trừ các địa bàn khác, giữa các đơn vị có phần còn lại như nhau "
        "(năm lớp). Xác suất đã điều chỉnh theo số trường hợp xét. Bộ bất lợi đều cho một địa bàn "
        "thì phép so này không thấy được."
    )
    caption = f"{capital(name)} có kết quả lệch theo địa bàn"
    source = computed(found.revision)
    made = table("B11-5", frame, columns, caption, unit="điểm phần trăm", source=source, note=note)
    return [title, paragraph(said), made]


def indicator_summary(found: Examined) -> str:
    """Say in a few lines, without local marks, what the rules find."""
    counts = found.frame["verdict"].value_counts()
    lines = [
        f"{len(found.frame)} indicators: "
        + ", ".join(f"{verdict} {int(counts.get(verdict, 0))}" for verdict in VERDICTS),
        f"mean item-rest correlation {found.frame['item_total'].mean():.3f}",
    ]
    if "alone" in found.frame:
        lines.append(f"stopped by one alone {int(found.frame['alone'].sum())}")
    return "\n".join(lines)
