"""Section X: experts who judged units, and what is learned from them of the draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ...assessment import Assessment
from ...calibration import Calibration, Problem, Validation, problem
from ...calibration.judgements import Judgements, check_judgements
from ...calibration.panel import Panel, describe_judges
from ...calibration.proposal import Tried, places_of, try_out
from ...calibration.validation import BASELINES
from ...faults import Faults
from ...revision import Revision
from ...vietnamese import number, percent
from ..blocks import Block, Column, bullets, paragraph, ref, section, subsection, table
from .common import computed

NAMED = 5  # names in a sentence


@dataclass(frozen=True, eq=False)
class Judged:
    """A draft, what experts said of units, and what was learned from it.

    Attributes
    ----------
    revision : Revision
    assessment : Assessment
        By the draft.
    judgements : Judgements
    panel : Panel
    tried : Tried
        Calibration, and revisions by number of changes with their worth out of fold.
    seed : int
    """

    revision: Revision
    assessment: Assessment
    judgements: Judgements
    panel: Panel
    tried: Tried
    seed: int

    @property
    def calibration(self) -> Calibration:
        """On all judged units."""
        return self.tried.frontier.calibration

    @property
    def problem(self) -> Problem:
        """What the calibration works on."""
        return self.calibration.problem

    @cached_property
    def validation(self) -> Validation:
        """Draft, proposal, calibration and simple predictors, on the same folds."""
        fold, given = self.tried.fold, self.problem
        told = {
            "draft": self.tried.predicted[:, 0],
            "proposal": self.tried.predicted[:, self.tried.knee],
            "calibration": self.tried.refit,
        }
        for name in [name for name in BASELINES if name not in told]:
            told[name] = np.full(fold.shape, np.nan)
            for row, part in np.argwhere(np.ones((len(fold), fold.max() + 1))):
                units = np.flatnonzero(fold[row] == part)
                if len(units):
                    seen = given.hide(units)
                    told[name][row, units] = BASELINES[name](seen, units, self.seed)
        return Validation(given, fold, told, self.tried.chances, self.seed)

    @cached_property
    def thresholds(self) -> pd.DataFrame:
        """Thresholds as reported: of the draft, calibrated, how surely.

        `s`, `h`, `j` (places in the problem), `indicator`, `level`, `stratum`, `draft`, `point`,
        `low`, `high`, `decisive`, `pinned`, `new` (by the proposal; NaN where it changes nothing).
        """
        given, found = self.problem, self.calibration
        rows = [
            place
            for place in np.argwhere(given.asked).tolist()
            if given.leader[tuple(place)] == place[0]
        ]
        s, h, j = np.array(rows).T
        ends = np.stack([part[s, h, j] for part in (found.low, found.high)]) * given.sign[j]
        frame = pd.DataFrame({"s": s, "h": h, "j": j})
        frame["indicator"] = [given.criteria[place] for place in j]
        frame["level"] = [given.levels[place] for place in h]
        frame["stratum"] = [given.strata[place] for place in s]
        for name, part in (("draft", given.draft), ("point", found.point)):
            frame[name] = part[s, h, j] * given.sign[j]
        frame["low"], frame["high"] = ends.min(axis=0), ends.max(axis=0)
        frame["decisive"], frame["pinned"] = found.decisive[s, h, j], found.pinned[s, h, j]
        moved = self.tried.point.thresholds[s, h, j] * given.sign[j]
        frame["new"] = np.where(np.isclose(moved, frame["draft"]), np.nan, moved)
        return frame

    def labels(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with `label` and `code` of its indicators, `at` and `place` of its levels."""
        framework = self.assessment.framework
        items = {item.id: item for item in framework.asked}
        order = {level.id: place for place, level in enumerate(framework.levels, 1)}
        return frame.assign(
            label=[items[name].label for name in frame["indicator"]],
            code=[items[name].code for name in frame["indicator"]],
            place=frame["level"].map(order),
            where=frame["stratum"].replace("*", "chung"),
        )


Outcome = Judged | Faults | None


def judge(
    assessment: Assessment,
    revision: Revision,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Calibrate a draft by the judged units, and try out revisions of it.

    Parameters
    ----------
    assessment : Assessment
        By the draft.
    revision : Revision
    seed : int
    progress : callable, optional
        Called with selections done and in all.

    Returns
    -------
    Judged, Faults or None
        Faults where the rule of the draft, or what was judged, cannot be calibrated; None where
        nobody judged units, or the draft has no levels.
    """
    told = revision.judgements
    if told is None or assessment.levels is None:
        return None
    framework, options = assessment.framework, revision.file.calibration
    try:
        given = problem(framework, assessment.observations, told.frame)
    except Faults as faults:
        return faults
    panel = describe_judges(told, assessment)
    grid = places_of(given, options.grid, framework, revision.catalogue)
    tried = try_out(given, grid, options=options, seed=seed, progress=progress)
    return Judged(revision, assessment, told, panel, tried, seed)


def judges(found: Outcome) -> list[Block]:
    """Table B24-8 and sentences: who judged, how far they agree, whom they contradict.

    Where nothing can be calibrated, why.
    """
    title = subsection("Ý kiến của chuyên gia về từng đơn vị")
    if isinstance(found, Faults):
        why = paragraph("Không hiệu chỉnh được ngưỡng theo ý kiến chuyên gia:")
        return [title, why, bullets([str(fault) for fault in found.faults])]
    if found is None:
        return []
    blocks: list[Block] = [
        title,
        paragraph(_judges_said(found), " Từng chuyên gia: ", ref("B24-8"), "."),
    ]
    blocks += [paragraph(f"Lưu ý: {said}.")] if (said := _noted(found)) else []
    return [*blocks, section("PL VI"), judge_table(found), section("X")]


def _noted(found: Judged) -> str:
    """What the judgements cannot tell, each kind once with those it concerns."""
    labels = {f"chỉ tiêu {item.id}": item.label for item in found.assessment.framework.asked}
    kinds: dict[str, list[str]] = {}
    for fault in check_judgements(found.judgements, found.assessment):
        kinds.setdefault(fault.found, []).append(labels.get(fault.place, fault.place))
    return "; ".join(
        f"{said}: {', '.join(names[:NAMED])}{', …' if len(names) > NAMED else ''}"
        for said, names in kinds.items()
    )


def _judges_said(found: Judged) -> str:
    panel, told = found.panel, found.judgements
    pairs = panel.pairs
    said = (
        f"{number(len(told.judges))} chuyên gia xếp mức {number(len(told.units))} đơn vị "
        f"({number(len(told.frame))} ý kiến). "
    )
    if not pairs.empty:
        said += (
            f"Hai chuyên gia bất kỳ cho cùng một mức ở {percent(pairs['exact'].mean(), 0)} số đơn "
            f"vị, lệch không quá một mức ở {percent(pairs['within_one'].mean(), 0)}; kappa có "
            f"trọng số trung bình {number(pairs['kappa'].mean(), 2)}. "
        )
    strict = panel.judges["severity"].dropna()
    if len(strict) > 1:
        said += (
            f"Nghiêm nhất là {strict.idxmax()} (thấp hơn người khác {number(strict.max(), 2)} "
            f"mức), rộng nhất là {strict.idxmin()} (cao hơn {number(-strict.min(), 2)} mức). "
        )
    blind, not_blind = panel.blind["judgements"]
    if blind or not_blind:
        said += (
            f"{number(int(blind))} ý kiến cho khi chưa xem dự thảo, {number(int(not_blind))} khi "
            "đã xem: trùng với mức theo dự thảo "
            f"{' và '.join(percent(share, 0) for share in panel.blind['with_draft'])}. "
        )
    else:
        said += "Bảng không ghi chuyên gia đã xem dự thảo hay chưa. "
    broken = panel.dominance
    said += f"Trong {number(panel.comparable)} cặp mà một đơn vị không kém ở tiêu chí nào, "
    if broken.empty:
        return said + "không chuyên gia nào xếp đơn vị tốt hơn thấp hơn."
    told_pairs = "; ".join(
        f"{row.judge} xếp {row.better} mức {row.level_better}, {row.worse} mức {row.level_worse}"
        for row in broken.head(NAMED).itertuples()
    )
    more = "; …" if len(broken) > NAMED else ""
    return said + f"{number(len(broken))} ý kiến xếp ngược: {told_pairs}{more}."


def judge_table(found: Judged) -> Block:
    """Table B24-8: the judges one by one."""
    given, model = found.problem, found.calibration
    frame = found.panel.judges.reset_index(names="judge")
    at = [given.judges.index(str(name)) for name in frame["judge"]]
    noise = np.quantile(model.noise[:, at], [0.05, 0.5, 0.95], axis=0)
    frame["noise"] = noise[1]
    frame["between"] = [
        f"{number(100 * low)}–{number(100 * high)}"
        for low, high in zip(*noise[[0, 2]], strict=True)
    ]
    columns = [
        Column("judge", "Chuyên gia", width=10),
        Column("units", "Số đơn vị", "integer"),
        *(
            Column(name, f"Mức {place}", "integer", width=6)
            for place, name in enumerate(found.judgements.labels)
        ),
        Column("severity", "Độ nghiêm", "shift", 2, width=8),
        Column("kappa", "Kappa", "decimal", 2, width=7),
        Column("noise", "Nhiễu", "percent", width=6),
        Column("between", "Khoảng (%)", width=7),
        Column("breaks", "Xếp ngược", "integer", width=6),
    ]
    note = (
        "Mức 0 là chưa đạt. Kappa: trung bình với từng người khác. Độ nghiêm: mức trung bình của "
        "người khác trừ của chuyên gia này, trên cùng đơn vị; dương là nghiêm. Nhiễu: tỷ lệ ý kiến "
        "sai ở một ranh giới mức, ước lượng khi hiệu chỉnh, kèm khoảng 90%. Xếp ngược: số cặp trái "
        "với quan hệ trội."
    )
    caption = "Chuyên gia: số đơn vị theo mức đã cho, độ nghiêm, đồng thuận, nhiễu"
    source = computed(found.revision)
    return table("B24-8", frame, columns, caption, source=source, note=note)
