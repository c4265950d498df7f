"""Section X, last part: what to change, what it would do, beside keeping the draft."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ... import figures_calibration as figures
from ...calibration import levels_under
from ...calibration.proposal import propose
from ...changes import Change, apply
from ...comparison import compare
from ...vietnamese import number, signed
from ..blocks import Block, Column, figure, paragraph, subsection, table
from .common import computed
from .data import capital
from .judged import Judged, Outcome
from .wording import worded


def proposal(found: Outcome) -> list[Block]:
    """Tables B24 and B24-15, figure H10-4: options, what the one chosen changes, what it buys."""
    if not isinstance(found, Judged):
        return []
    blocks: list[Block] = [
        subsection("Phương án"),
        paragraph(_chosen_said(found)),
        _frontier_figure(found),
    ]
    if found.tried.knee:
        blocks.append(change_table(found))
    return [*blocks, option_table(found), paragraph(_adopt_said(found))]


def _chosen_said(found: Judged) -> str:
    tried, options = found.tried, found.revision.file.calibration
    gain, count = tried.gain(), len(tried.point.changes)
    said = (
        "Với mỗi số ngưỡng được phép đổi, chọn các thay đổi đưa mức của đơn vị gần với hiệu chỉnh "
        f"nhất: ngưỡng mới nằm trên lưới (bước {number(options.grid.step)} điểm phần trăm), trong "
        "khoảng 90%, giữ thứ tự các mức. "
    )
    if not tried.knee:
        return said + (
            "Không số thay đổi nào hơn dự thảo quá một sai số chuẩn trên đơn vị ngoài mẫu: số liệu "
            "này không đủ căn cứ để đổi ngưỡng nào."
        )
    said += (
        "Điểm chọn là số nhỏ nhất kém mức tốt nhất không quá một sai số chuẩn: đổi nhiều nhất "
        f"{number(tried.knee)} ngưỡng; trên mọi đơn vị, phương án tốt nhất trong giới hạn đó đổi "
        f"{number(count)}. Kappa ngoài mẫu đổi {signed(gain.gain, 3)} so với dự thảo, khoảng 90% "
        f"{number(gain.low, 3)} đến {number(gain.high, 3)}"
    )
    if gain.certain and gain.gain > 0:
        return said + ", không chứa 0."
    return said + (
        ": khoảng này chứa 0, nên chưa chứng tỏ được rằng các thay đổi làm kết quả gần ý kiến "
        "chuyên gia hơn; chỉ nên coi là chỗ cần bàn, hoặc lấy thêm đơn vị được xếp mức."
    )


def _frontier_figure(found: Judged) -> Block:
    """Figure H10-4: agreement by number of changed thresholds."""
    tried = found.tried
    drawing = figures.frontier(tried.table, tried.knee, found.judgements.simulated)
    caption = "Đồng thuận với chuyên gia theo số ngưỡng được phép đổi; vạch đứng là điểm chọn"
    return figure("H10-4", drawing, caption, source=computed(found.revision))


def changes_of(found: Judged) -> tuple[Change, ...]:
    """The proposed changes of the draft."""
    return propose(found.assessment.framework, found.tried.point, found.calibration)


def change_table(found: Judged) -> Block:
    """Table B24-15: each proposed change, why, and what it alone does to the units."""
    framework, seen = found.assessment.framework, found.assessment.observations
    items = {item.id: item.label for item in framework.asked}
    levels = {level.id: level.label for level in framework.levels}
    changes = changes_of(found)
    rows = []
    for change in changes:
        _, name, _, level = change.target.split("/")
        said = _moved(found, (change,))
        ends = (_worded(change.old, change.new), _worded(change.new, change.old))
        where = (items[name], levels[level], *ends)
        rows.append((*where, change.reason.partition(": ")[2] or change.reason, said))
    rows.append(("Cả đề xuất", "", "", "", "", _moved(found, changes)))
    columns = ["label", "level", "old", "new", "reason", "effect"]
    shown = [
        Column("label", capital(framework.terms.indicator), width=40),
        Column("level", "Mức", width=8),
        Column("old", "Dự thảo", width=8),
        Column("new", "Đề xuất", width=8),
        Column("reason", "Lý do", width=36),
        Column("effect", "Tác động", width=9),
    ]
    caption = "Các thay đổi đề xuất, lý do, tác động"
    given = found.problem
    note = (
        f"Lý do: theo đánh giá của {number(len(given.judges))} chuyên gia trên "
        f"{number(int(given.judged.sum()))} đơn vị. Tác động: số đơn vị lên, xuống mức khi chỉ đổi "
        f"ngưỡng đó, so với dự thảo, trên {number(len(seen.units))} đơn vị."
    )
    frame = pd.DataFrame(rows, columns=columns)
    return table("B24-15", frame, shown, caption, source=computed(found.revision), note=note)


def _worded(value: Any, other: Any) -> str:
    """Say a threshold; of several by stratum, those that differ from the other side's."""
    if isinstance(value, dict) and isinstance(other, dict):
        value = {key: item for key, item in value.items() if item != other.get(key)}
    return worded(value)


def _moved(found: Judged, changes: tuple[Change, ...]) -> str:
    framework, seen = found.assessment.framework, found.assessment.observations
    shift = compare(framework, apply(framework, changes), seen).units["level_shift"]
    rose, fell = int((shift > 0).sum()), int((shift < 0).sum())
    said = [f"{number(n)} {word}" for n, word in ((rose, "lên"), (fell, "xuống")) if n]
    return ", ".join(said) if said else "không đơn vị nào đổi mức"


def option_table(found: Judged) -> Block:
    """Table B24: keep the draft, the proposal, thresholds learned anew; the experts beside."""
    framework, given, tried = found.assessment.framework, found.problem, found.tried
    scored = found.validation.table()
    whole = len(found.thresholds)
    options = [
        ("Giữ nguyên dự thảo", 0, given.draft, "draft"),
        ("Đổi các ngưỡng đề xuất", len(tried.point.changes), tried.point.thresholds, "proposal"),
        ("Hiệu chỉnh lại mọi ngưỡng", whole, found.calibration.point, "calibration"),
    ]
    if not tried.knee:
        del options[1]
    size = len(framework.levels) + 1
    rows = []
    for label, count, required, name in options:
        counts = np.bincount(levels_under(given, required)[given.judged], minlength=size)
        own = scored.loc[name].to_dict()
        ends = f"{number(own['kappa_low'], 2)}–{number(own['kappa_high'], 2)}"
        rows.append((label, count, *counts, own["exact"], own["kappa"], ends))
    said = np.bincount(given.consensus[given.judged].astype(int), minlength=size)
    rows.append(("Chuyên gia (trung vị)", np.nan, *said, np.nan, np.nan, "–"))
    held = [f"at{place}" for place in range(size)]
    frame = pd.DataFrame(rows, columns=["label", "count", *held, "exact", "kappa", "ends"])
    columns = [
        Column("label", "Phương án", width=40),
        Column("count", "Ngưỡng đổi", "integer", width=6),
        *(Column(name, f"Mức {place}", "integer", width=5) for place, name in enumerate(held)),
        Column("exact", "Đúng mức", "percent", width=7),
        Column("kappa", "Kappa", "decimal", 2, width=7),
        Column("ends", "Khoảng", width=9),
    ]
    caption = "So sánh các phương án: số đơn vị theo mức, đồng thuận ngoài mẫu với chuyên gia"
    note = (
        "Mức 0 là chưa đạt; giá trị chưa biết tính là không đạt. Hiệu chỉnh lại mọi ngưỡng lấy "
        "trung vị, kể cả của ngưỡng mà số liệu không xác định được: để so sánh, không để ban hành. "
        "Điểm chọn và đồng thuận dùng chung các phần kiểm tra, nên số của đề xuất có thể hơi lạc "
        "quan."
    )
    return table("B24", frame, columns, caption, source=computed(found.revision), note=note)


def _adopt_said(found: Judged) -> str:
    name = found.revision.name
    if not found.tried.knee:
        return (
            "Đề nghị giữ nguyên các ngưỡng của dự thảo cho đến khi có thêm đơn vị được xếp mức. "
            f"Muốn xem một số thay đổi cụ thể: “dxmethod calibrate {name} --changes SỐ -o THƯ_MỤC”."
        )
    return (
        f"Để dùng phương án này: “dxmethod calibrate {name} -o THƯ_MỤC” ghi các thay đổi và một "
        "khung dự thảo mới, nguồn gốc ghi rõ là hiệu chỉnh; khung đó qua kiểm tra, so sánh, báo "
        "cáo như mọi dự thảo khác. Lấy số thay đổi khác: thêm “--changes SỐ”."
    )


def calibration_summary(found: Outcome) -> str:
    """Two robust lines for the notebook: rounded so that tiny differences do not flip them."""
    if not isinstance(found, Judged):
        return "no judgements" if found is None else f"{len(found.faults)} faults"
    return (
        f"{len(found.judgements.judges)} judges, {len(found.judgements.units)} units, "
        f"{len(found.thresholds)} thresholds\n"
        f"fewer than ten changes: {len(found.tried.point.changes) < 10}"
    )
