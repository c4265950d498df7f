"""Annexes of the decision: who is recognised, who ranks where; and what was changed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..assessment import Assessment
from ..entries import said_number
from ..points import Points, round_declared
from ..report.assemble import Captioned, Document, Front, Item, Part
from ..report.blocks import Column, Table, clean, paragraph, table
from ..report.word import render_docx
from ..report.workbook import write_workbook
from ..verification import gaps
from .guide import notices, rounding_words, ties_words
from .plan import DECISIONS, ID_LABELS
from .scores import Scores

DRAFT = "DỰ THẢO, CHƯA THẨM ĐỊNH: kết quả theo số liệu tự đánh giá"


def page_notices(scores: Scores) -> tuple[str, ...]:
    """What every page made of these scores must say."""
    known = notices(scores.plan.framework, scores.simulated)
    return (*known, *[DRAFT] * (not scores.verified))


def source_of(scores: Scores) -> str:
    """Where the values come from, for captions; never empty."""
    return scores.source or "bảng chấm"


def standing(assessment: Assessment) -> pd.DataFrame:
    """Ranked units: attributes, level, total, band, rank; units without a rank come last.

    Parameters
    ----------
    assessment : Assessment
        Of U units.

    Returns
    -------
    DataFrame
        By unit code: the attributes known, `level` (place), `level_label`, `total` (as it is
        compared for the rank), `band`, `rank` (0 for none), those that the framework has.
    """
    units = assessment.observations.units
    frame = units.copy()
    frame["code"] = units.index
    if assessment.levels is not None:
        labels = assessment.level_labels()
        frame["level"] = assessment.levels.level
        frame["level_label"] = [labels[place] for place in assessment.levels.level]
    if assessment.points is not None:
        frame["total"] = printed_totals(assessment.points)
        bands = [*(band.label for band in assessment.framework.bands), ""]
        if assessment.framework.bands:
            frame["band"] = [bands[place] for place in assessment.points.band]
    frame["rank"] = assessment.rank
    order = np.lexsort((np.arange(len(frame)), np.where(frame["rank"] > 0, frame["rank"], np.inf)))
    return frame.iloc[order]


def printed_totals(points: Points) -> NDArray[np.float64]:
    """Totals as the decision prints them: rounded as declared, where that is before the ranks."""
    rounding = points.framework.rounding
    declared = rounding is not None and "rank" in rounding.before
    return round_declared(points.total, rounding) if declared and rounding else points.total


def decimals_of(assessment: Assessment) -> int:
    """Digits that totals are printed with: as declared, else enough to tell ranks apart."""
    points, rounding = assessment.points, assessment.framework.rounding
    if points is None or (rounding is not None and "rank" in rounding.before):
        return rounding.decimals if rounding else 0
    known = points.total[~np.isnan(points.total)]
    told = len(np.unique(np.round(known, 9)))
    return next((d for d in range(2, 6) if len(np.unique(np.round(known, d))) == told), 6)


def decision_annex(scores: Scores) -> Document:
    """Recognition list by level and ranking list, with the declared rules."""
    found = scores.assessment()
    frame, framework = standing(found), scores.plan.framework
    tables = [*_recognised(scores, frame), *_ranking(scores, found, frame)]
    rules = [rounding_words(framework), ties_words(framework)] if len(tables) else []
    words = " ".join(rules) or "Khung không chấm điểm, không xét mức: bảng chỉ tập hợp số liệu."
    title = f"Danh sách công nhận, xếp hạng theo {framework.title}"
    return _document(scores, "Phụ lục", title, tables, words)


def review(scores: Scores) -> Document:
    """Appeals with what was decided, and self-assessed beside verified values."""
    tables = [*_appeals(scores), *_gaps(scores)]
    words = (
        f"{len(scores.appeals)} đề nghị phúc tra; "
        f"{int((scores.appeals['decision'] == '').sum())} chưa có quyết định."
        if len(scores.appeals)
        else "Không có đề nghị phúc tra."
    )
    if not scores.verified:
        words += " Chưa có giá trị thẩm định nào, nên chưa so được với tự đánh giá."
    title = f"Phúc tra, chênh lệch tự đánh giá và thẩm định theo {scores.plan.framework.title}"
    return _document(scores, "Bảng tổng hợp", title, tables, words)


def write_lists(scores: Scores, folder: Path) -> tuple[Path, ...]:
    """Write both papers as Word and Excel; what was written."""
    written = []
    for name, document in (
        ("phu-luc-quyet-dinh", decision_annex(scores)),
        ("phuc-tra-chenh-lech", review(scores)),
    ):
        render_docx(document, folder / f"{name}.docx")
        write_workbook(document, folder / f"{name}.xlsx")
        written += [folder / f"{name}.docx", folder / f"{name}.xlsx"]
    return tuple(written)


def _document(
    scores: Scores, paper: str, title: str, tables: Sequence[Table], words: str
) -> Document:
    front = Front("", "", "", "", clean(title), "", notices=page_notices(scores), paper=paper)
    items: list[Item] = [paragraph(words)]
    items += [Captioned(f"Bảng {number}", item) for number, item in enumerate(tables, 1)]
    return Document(front, (Part("PL IV", tuple(items)),))


def _who(scores: Scores) -> list[Column]:
    """Columns that name a unit."""
    widths = {"name": 26.0, "stratum": 16.0, "province": 20.0}
    given = [name for name in widths if name in scores.plan.units]
    one = [name for name in given[1:] if scores.plan.units[name].nunique() < 2]
    named = [Column(name, ID_LABELS[name], width=widths[name]) for name in given if name not in one]
    return [Column("code", "Mã", width=9.0), *named]


def _recognised(scores: Scores, frame: pd.DataFrame) -> Iterator[Table]:
    """List the units that hold a level, the highest first."""
    if "level" not in frame:
        return
    held = frame[frame["level"] > 0].sort_values("level", ascending=False, kind="stable")
    held = held.assign(place=range(1, len(held) + 1))
    columns = [Column("place", "TT", "integer", width=5.0), *_who(scores),
               Column("level_label", "Mức độ", width=16.0)]  # fmt: skip
    none = len(frame) - len(held)
    counts = held["level_label"].value_counts()
    listed = "; ".join(f"{label}: {counts[label]}" for label in held["level_label"].unique())
    note = f"{listed or 'Không đơn vị nào đạt'}. Chưa đạt mức nào: {none} đơn vị."
    yield table("cong-nhan", held, columns, "Đơn vị được công nhận theo mức độ",
                source=source_of(scores), note=note)  # fmt: skip


def _ranking(scores: Scores, found: Assessment, frame: pd.DataFrame) -> Iterator[Table]:
    if found.points is None and found.levels is None:
        return
    columns = [Column("rank", "Hạng", "integer", width=6.0), *_who(scores)]
    if "total" in frame:
        columns.append(Column("total", "Tổng điểm", "decimal", decimals_of(found), width=10.0))
    if "band" in frame:
        columns.append(Column("band", "Xếp loại", width=14.0))
    if "level" in frame:
        columns.append(Column("level_label", "Mức độ", width=14.0))
    ranked = frame[frame["rank"] > 0]
    without = len(frame) - len(ranked)
    note = f"{without} đơn vị không có chỉ tiêu nào áp dụng nên không xếp hạng." if without else ""
    yield table("xep-hang", ranked, columns, "Xếp hạng các đơn vị", source=source_of(scores),
                note=note)  # fmt: skip


def _appeals(scores: Scores) -> Iterator[Table]:
    appeals = scores.appeals
    if not len(appeals):
        return
    labels = {concept.id: concept.label for concept in scores.plan.concepts}
    frame = appeals.assign(
        name=[scores.plan.units["name"].get(unit, unit) for unit in appeals["unit"]],
        label=[labels.get(name, name) for name in appeals["concept"]],
        decision=[decision or "chưa quyết định" for decision in appeals["decision"]],
    )
    order = {decision: place for place, decision in enumerate(DECISIONS)}
    frame["place"] = [order.get(decision, len(order)) for decision in frame["decision"]]
    columns = [
        Column("name", "Đơn vị", width=20.0), Column("label", "Số liệu", width=30.0),
        Column("asked", "Đề nghị", width=10.0), Column("decision", "Quyết định", width=14.0),
        Column("value", "Giá trị", width=10.0), Column("reason", "Lý do, căn cứ", width=18.0),
        Column("date", "Ngày", width=10.0),
    ]  # fmt: skip
    for name in ("asked", "value"):
        frame[name] = [_short(cell) for cell in frame[name]]
    if not frame["date"].any():
        columns = columns[:-1]
    frame = frame.sort_values("place", kind="stable")
    caption = "Đề nghị phúc tra và quyết định"
    yield table("phuc-tra", frame, columns, caption, source=source_of(scores))


def _short(cell: str) -> str:
    """A value as it is printed: two decimals, and words as they are."""
    word, _, rest = cell.rpartition(" ")
    try:
        return f"{word} {said_number(round(float(rest.replace(',', '.')), 2))}".strip()
    except ValueError:
        return cell or "chưa có"


def _gaps(scores: Scores) -> Iterator[Table]:
    """What verification changed, by value and by unit."""
    framework = scores.plan.framework
    scored = bool(framework.levels) or framework.has_points
    found = gaps(framework, scores.round) if scored else None
    if found is None:
        return
    concepts = {concept.id: concept for concept in scores.plan.concepts}
    frame = found.concepts[found.concepts["changed"] > 0].copy()
    frame = frame.sort_values("overstated", ascending=False, kind="stable")
    frame["label"] = [concepts[name].label for name in frame.index]
    # A share of yes and no is no mean of anything.
    plain = [concepts[name].measure in ("ratio", "number") for name in frame.index]
    frame["mean"] = [
        f"{said_number(round(mean, 2))} {concepts[name].unit}" if number and mean == mean else ""
        for name, mean, number in zip(frame.index, frame["mean"], plain, strict=True)
    ]
    yield table("chenh-lech", frame, [
        Column("label", "Số liệu", width=34.0), Column("checked", "Đã thẩm định", "integer"),
        Column("overstated", "Tự chấm cao hơn", "integer"),
        Column("understated", "Tự chấm thấp hơn", "integer"),
        Column("unproved", "Không minh chứng", "integer"),
        Column("mean", "Chênh bình quân", width=14.0),
    ], "Giá trị tự chấm khác thẩm định, theo số liệu", unit="đơn vị",
        source=source_of(scores))  # fmt: skip
    units = found.units[found.units["overstated"] + found.units["understated"] > 0].copy()
    units = units.sort_values("overstated", ascending=False, kind="stable")
    columns = [Column("name", "Đơn vị", width=26.0), Column("checked", "Đã thẩm định", "integer"),
               Column("overstated", "Tự chấm cao hơn", "integer"),
               Column("understated", "Tự chấm thấp hơn", "integer")]  # fmt: skip
    for key, label in (("level", "Mức"), ("total", "Điểm")):
        for side, said in (("self", "theo tự chấm"), ("verified", "theo thẩm định")):
            if f"{key}_{side}" in units:
                kind = "integer" if key == "level" else "decimal"
                columns.append(
                    Column(f"{key}_{side}", f"{label} {said}", kind, 2 * (kind == "decimal"))
                )
    caption = "Giá trị tự chấm khác thẩm định, theo đơn vị"
    yield table("chenh-lech-don-vi", units, columns, caption, source=source_of(scores))
