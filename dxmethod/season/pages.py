"""One page a commune: result, what blocks, the way to the next level, the place among its peers."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..assessment import Assessment
from ..concepts import Catalogue, Concept
from ..framework import Framework, Group
from ..observations import STATUS_LABELS, Status
from ..points import rank_totals
from ..progress.way import Progress, gap_words, progress
from ..report.blocks import clean
from ..structure import threshold_words
from ..vietnamese import number, percent
from ..wording import figure
from .lists import decimals_of, page_notices, printed_totals, source_of
from .scores import Scores

LINES = 26  # of the tables of a page: it stays one page
CHUNK = 1_000  # pages set at once: the typesetter holds some 0.7 MB of each
_WIDE = 44  # letters of a criterion on one line

Floats = NDArray[np.float64]


def page_data(scores: Scores, catalogue: Catalogue) -> dict[str, Any]:
    """Gather what the pages say, every number already in words.

    Parameters
    ----------
    scores : Scores
    catalogue : mapping of str to Concept

    Returns
    -------
    dict
        `head` for every page and `units`, one entry a unit in the order of the workbook; plain
        data for JSON, every text printable.
    """
    assessment = scores.assessment()
    pages = _Pages(scores, assessment, progress(assessment, catalogue))
    framework = scores.plan.framework
    head = {
        "title": clean(framework.title),
        "version": clean(framework.version),
        "notices": [clean(words) for words in page_notices(scores)],
        "draft": not scores.verified,
        "foot": clean(f"Nguồn: {source_of(scores)}. Mã bảng chấm {scores.plan.mark}."),
    }
    return {"head": head, "units": [pages.page(at) for at in range(len(scores.plan.units))]}


def write_pages(data: Mapping[str, Any], target: Path, each: bool = False) -> tuple[Path, ...]:
    """Set pages as PDF.

    Parameters
    ----------
    data : mapping
        As `page_data` gives it.
    target : Path
        The PDF; with `each` the folder of PDF files named by the units' codes.
    each : bool
        Whether every unit gets a file of its own.

    Returns
    -------
    tuple of Path
        What was written. Beyond `CHUNK` pages there are several files, numbered.

    Warns
    -----
    UserWarning
        What the typesetter complains of.
    """
    units = data["units"]
    if each:
        target.mkdir(parents=True, exist_ok=True)
        names = [re.sub(r"[^0-9A-Za-z_-]", "_", unit["code"]) for unit in units]
        if len(set(names)) < len(names):
            raise ValueError("two units would be written to one file")
        jobs = [([unit], target / f"{name}.pdf") for unit, name in zip(units, names, strict=True)]
    else:
        parts = [units[at : at + CHUNK] for at in range(0, len(units), CHUNK)]
        many = len(parts) > 1
        jobs = [
            (part, target.with_stem(f"{target.stem}-{at}") if many else target)
            for at, part in enumerate(parts, 1)
        ]
    with TemporaryDirectory() as folder:
        for part, path in jobs:
            prepare({**data, "units": part}, Path(folder))
            path.write_bytes(set_pages(Path(folder)))
    return tuple(path for _, path in jobs)


def prepare(data: Mapping[str, Any], folder: Path) -> None:
    """Put the typesetter's input into a folder."""
    template = files(__package__).joinpath("pages.typ").read_text(encoding="utf-8")
    (folder / "pages.typ").write_text(template, encoding="utf-8", newline="\n")
    text = json.dumps(data, ensure_ascii=False)
    (folder / "pages.json").write_text(text, encoding="utf-8", newline="\n")


def set_pages(folder: Path) -> bytes:
    """Run the typesetter on a prepared folder, with fonts that every machine has."""
    import matplotlib
    import typst

    fonts = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
    content, complaints = typst.compile_with_warnings(
        folder / "pages.typ", root=folder, font_paths=fonts, ignore_system_fonts=True
    )
    for complaint in complaints:
        warnings.warn(f"typst: {complaint.message}", stacklevel=2)
    return bytes(content)


class _Pages:
    """What is known of all units, from which each page takes its own."""

    def __init__(self, scores: Scores, assessment: Assessment, way: Progress) -> None:
        self.scores, self.assessment, self.way = scores, assessment, way
        self.framework: Framework = scores.plan.framework
        self.units = assessment.observations.units
        self.decimals = decimals_of(assessment)
        if assessment.points is not None:
            self.totals = printed_totals(assessment.points)
        strata = assessment.observations.strata
        names = np.append(strata.categories.astype(object), "")
        self.stratum = names[strata.codes]
        self.peers = self._peers()
        self.groups = self._groups()
        self.ladder = self._ladder()
        self.concepts = {concept.id: concept for concept in scores.plan.concepts}
        rows = way.blockers
        unit = rows["unit"].cat.codes.to_numpy()
        order = np.lexsort((rows["relative"], ~rows["chosen"].to_numpy(dtype=bool), unit))
        self.rows = rows.iloc[order]
        self.criteria: dict[str, Any] = way.criteria.to_dict("index")  # type: ignore[assignment]
        self.ends = np.searchsorted(unit[order], np.arange(len(self.units) + 1))
        left = way.points.to_frame(12) if way.points else None
        self.left = {} if left is None else dict(tuple(left.groupby("unit", sort=False)))
        own, later = (scores.round.at(stage) for stage in ("self", "verified"))
        other = ~np.isclose(own.value, later.value, equal_nan=True) | (own.status != later.status)
        self.changed = other.sum(axis=1)
        self.appeals: dict[str, int] = Counter(scores.appeals["unit"])

    def page(self, at: int) -> dict[str, Any]:
        """Everything that one page says."""
        code = str(self.units.index[at])
        row = self.units.iloc[at]
        known = [str(row[key]) for key in ("unit_class", "stratum", "province")
                 if key in row and row[key] == row[key] and row[key]]  # fmt: skip
        return {
            "code": clean(code),
            "name": clean(str(row["name"])),
            "where": clean(" · ".join(known)),
            "boxes": self.boxes(at),
            "ladder": self.ladder[at],
            "groups": [
                {"label": label, "share": float(own[at]), "peers": float(middle[at]),
                 "said": f"{percent(own[at], 0)} (trung vị nhóm {percent(middle[at], 0)})"}
                for label, own, middle in self.groups if own[at] == own[at]
            ],
            "ways": self.ways(at, code),
            "remarks": self.remarks(at, code),
        }  # fmt: skip

    def boxes(self, at: int) -> list[dict[str, str]]:
        """Level, total, band, and ranks among all and among peers."""
        found, boxes = self.assessment, []
        if found.levels is not None:
            label = found.level_labels()[found.levels.level[at]]
            boxes.append({"label": "Mức độ", "value": clean(label), "note": self._next(at)})
        if found.points is not None:
            total, whole = self.totals[at], figure(self.framework.maximum)
            boxes.append({"label": "Tổng điểm", "value": number(total, self.decimals),
                          "note": f"trên {whole}"})  # fmt: skip
            band = found.points.band[at]
            if self.framework.bands and band >= 0:
                boxes.append({"label": "Xếp loại", "value": clean(self.framework.bands[band].label),
                              "note": self._short(at)})  # fmt: skip
        rank, place, size = found.rank[at], *self.peers[at]
        if rank:
            boxes.append({"label": "Hạng chung", "value": f"{rank}/{len(self.units)}", "note": ""})
        if place and size < len(self.units):
            boxes.append({"label": "Hạng trong nhóm", "value": f"{place}/{size}",
                          "note": clean(str(self.stratum[at]))})  # fmt: skip
        return boxes

    def _next(self, at: int) -> str:
        away = int(self.way.away[at])
        sought = self.way.units["next"].iloc[at]
        return f"còn {away} yêu cầu để lên {sought}" if away > 0 else "mức cao nhất" * (away == 0)

    def _short(self, at: int) -> str:
        short = self.way.points.short[at] if self.way.points else np.nan
        return f"còn {number(short, 2)} điểm để lên loại" if short == short else ""

    def _peers(self) -> list[tuple[int, int]]:
        """Place and number of units in each unit's stratum."""
        found = self.assessment
        if found.points is None and found.levels is None:
            return [(0, 0)] * len(self.units)
        # Ranks are compared, so that what ties in the whole list ties among peers.
        score = np.where(found.rank > 0, -found.rank.astype(float), np.nan)
        places = np.zeros(len(self.units), dtype=int)
        sizes = np.zeros(len(self.units), dtype=int)
        for name in set(self.stratum):
            mine = self.stratum == name
            places[mine] = rank_totals(score[mine], self.framework.policy.ties)
            sizes[mine] = mine.sum()
        return list(zip(places.tolist(), sizes.tolist(), strict=True))

    def _groups(self) -> list[tuple[str, Floats, Floats]]:
        """Share earned in each group below the root, and the median of the unit's stratum."""
        result = []
        for group in self.framework.tree.children:
            if not isinstance(group, Group):
                continue
            share = self._share(group)
            middle = np.full(len(share), np.nan)
            for name in set(self.stratum):
                mine = self.stratum == name
                if not np.isnan(share[mine]).all():
                    middle[mine] = np.nanmedian(share[mine])
            if not np.isnan(share).all():
                result.append((clean(f"{group.code} {group.label}".strip()), share, middle))
        return result

    def _share(self, group: Group) -> Floats:
        """Points earned of those that apply or, without points, requirements met, every level."""
        found = self.assessment
        good, asked = np.zeros(len(self.units)), np.zeros(len(self.units))
        if found.points is not None:
            good = found.points.earned.get(group.id, good)
            asked = found.points.applicable.get(group.id, asked)
        elif found.levels is not None:
            levels = found.levels
            names = {item.id for item in self.framework.below(group.id)}
            rows = np.array([item.id in names for item in levels.indicators], dtype=bool)
            for place in range(len(self.framework.levels)):
                counted = self._asked(place)[rows]
                good = good + (levels.met(place)[rows] & counted).sum(axis=0)
                asked = asked + counted.sum(axis=0)
        return np.asarray(np.divide(good, asked, out=np.full(len(good), np.nan), where=asked > 0))

    def _asked(self, place: int) -> NDArray[np.bool_]:
        """Requirements of a level that count for each unit, shape (R, U)."""
        levels = self.assessment.levels
        assert levels is not None
        asked = ~np.isnan(levels.required[levels.stratum, place]).T
        return np.asarray(asked if (out := levels.cells.excluded) is None else asked & ~out)

    def _ladder(self) -> list[list[dict[str, Any]]]:
        """Requirements met at each level, by unit."""
        levels = self.assessment.levels
        if levels is None:
            return [[] for _ in range(len(self.units))]
        steps = []
        for place, level in enumerate(self.framework.levels):
            counted = self._asked(place)
            good, asked = (levels.met(place) & counted).sum(axis=0), counted.sum(axis=0)
            label = clean(level.label)
            steps.append([
                {"label": label, "said": f"{g}/{a}", "share": g / a if a else 0.0, "held": bool(h)}
                for g, a, h in zip(good.tolist(), asked.tolist(), levels.held[place], strict=True)
            ])  # fmt: skip
        return [list(unit) for unit in zip(*steps, strict=True)]

    def ways(self, at: int, code: str) -> list[dict[str, Any]]:
        """Tables of what is missing: requirements of the next level, points still to be earned."""
        tables, room = [], LINES
        if self.ends[at + 1] > self.ends[at]:
            share = room if code not in self.left else room // 2
            tables.append(self.requirements(at, share))
            room -= tables[0].pop("lines")
        if code in self.left:
            tables.append(self.points(self.left[code], at, room))
            tables[-1].pop("lines")
        found = self.assessment
        return tables if found.levels or found.points else [self.plain(at)]

    def plain(self, at: int) -> dict[str, Any]:
        """What was reported, where nothing is scored."""
        held = self.assessment.observations
        cells = [
            [clean(concept.label), _now(concept, held.value[at, place], held.status[at, place])]
            + [""] * 4
            for place, concept in enumerate(held.concepts[: LINES // 2])
        ]
        rest = len(held.concepts) - len(cells)
        return {
            "title": "Số liệu đã ghi nhận (khung không chấm điểm, không xét mức)", "lead": "",
            "rows": cells, "head": ["Số liệu", "Giá trị", "", "", ""],
            "rest": f"và {rest} số liệu khác." if rest else "", "kind": "plain",
        }  # fmt: skip

    def requirements(self, at: int, room: int) -> dict[str, Any]:
        """Failed requirements, the smallest set first and the smallest gaps first in it."""
        rows = self.rows.iloc[self.ends[at] : self.ends[at + 1]]
        levels = self.assessment.levels
        assert levels is not None
        sought = self.framework.levels[levels.level[at]].label
        least = not rows["chosen"].all()
        cells, lines = [], 0
        for row in rows.to_dict("records"):
            known = self.criteria[str(row["indicator"])]
            label = f"{known['code']} {known['label']}".strip()
            lines += -(-len(label) // _WIDE)
            if lines > room:
                break
            concept = self.concepts.get(known["concept"])
            cells.append([
                clean(label), _now(concept, row["value"], row["status"]),
                _asked_words(concept, row["required"]),
                clean(gap_words(concept, row["required"], row["value"], Status(row["status"]))),
                ("cần" if row["chosen"] else "có thể bù") if least else "",
                "ngoài thẩm quyền" if row["outside"] else "",
            ])  # fmt: skip
        away = int(self.way.away[at])
        lead = f"Còn {away} yêu cầu." if not least else (
            f"{len(rows)} yêu cầu chưa đạt; chỉ cần đạt thêm {away} (dòng ghi “cần”)."
        )  # fmt: skip
        rest = len(rows) - len(cells)
        return {
            "title": clean(f"Để đạt mức {sought}"),
            "lead": lead if away >= 0 else "", "rows": cells,
            "head": ["Yêu cầu chưa đạt", "Hiện có", "Yêu cầu", "Còn thiếu", "Ghi chú"],
            "rest": f"và {rest} yêu cầu khác." if rest else "", "lines": min(lines, room) + 3,
            "kind": "requirements",
        }  # fmt: skip

    def points(self, rows: pd.DataFrame, at: int, room: int) -> dict[str, Any]:
        """Indicators with most points still to be earned."""
        left = self.way.points
        assert left is not None
        digits = max(2, self.decimals)
        named = {item.id: f"{item.code} {item.label}".strip() for item in self.framework.indicators}
        cells, lines = [], 0
        for row in rows.to_dict("records"):
            label = named[str(row["indicator"])]
            lines += -(-len(label) // _WIDE)
            if lines > room:
                break
            gain = [number(value, digits) for value in (row["left"], row["cumulated"])]
            lacking = "chưa có số liệu" if row["lacking"] else ""
            cells.append([clean(label), *gain, lacking, "", ""])
        steps = int(left.steps[at])
        lead = f"Đạt đủ {steps} chỉ tiêu đầu là lên loại trên." if steps > 0 else ""
        return {
            "title": "Còn nhiều điểm nhất ở", "lead": lead, "rows": cells, "rest": "",
            "head": ["Chỉ tiêu", "Còn có thể thêm", "Cộng dồn", "Ghi chú", ""], "lines": lines + 3,
            "kind": "points",
        }  # fmt: skip

    def remarks(self, at: int, code: str) -> list[str]:
        """What was lacking, changed, appealed."""
        said = []
        final = self.assessment.observations
        missing = int((final.status[at] == np.uint8(Status.MISSING)).sum())
        if missing:
            said.append(f"Chưa có số liệu: {missing} trên {len(final.concepts)}.")
        if "verified" in self.scores.round.stages:
            count = self.changed[at] or "không"
            said.append(f"Thẩm định sửa {count} giá trị tự đánh giá.")
        count = self.appeals[code]
        if count:
            said.append(f"Phúc tra: {count} đề nghị (xem bảng phúc tra).")
        return said


def _now(concept: Concept | None, value: float, status: int) -> str:
    """What the unit has, in the concept's words."""
    if concept is None or value != value:
        return STATUS_LABELS[Status(status)].partition(" (")[0]
    if concept.measure == "yes_no":
        return "có" if value else "không"
    if concept.measure == "category":
        return clean(concept.categories[int(value)])
    # Cut off to the worse side, so that no value is printed as the one that it falls short of.
    worse = math.floor if concept.sign > 0 else math.ceil
    return _measured(figure(worse(value * 100 + concept.sign * 1e-6) / 100), concept)


def _asked_words(concept: Concept | None, required: float) -> str:
    if concept is None:
        return figure(required)
    words = threshold_words(required, concept)
    return _measured(words, concept) if concept.measure in ("ratio", "number") else clean(words)


def _measured(words: str, concept: Concept) -> str:
    return clean(f"{words} {concept.unit}".replace(" %", "%"))
