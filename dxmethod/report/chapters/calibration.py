"""Section X: what the judged units say of the draft's thresholds, how surely, and at what noise."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from ... import figures_calibration as figures
from ...calibration import DECISIVE, UNPINNED, Statement, narrowing, statements
from ...calibration.validation import MEASURES
from ...vietnamese import number, percent, signed
from ..blocks import Block, Column, bullets, figure, paragraph, ref, section, subsection, table
from .common import computed, version
from .data import capital
from .judged import Judged, Outcome

_SHORT = MappingProxyType({"draft": "dự thảo", "proposal": "đề xuất", "calibration": "hiệu chỉnh"})
_DRAWN = 9
_WANTED = 10
_FAR = 2  # levels between experts and calibration that are worth a look at the data
NAMES = MappingProxyType(
    {
        "draft": "Dự thảo như đang viết",
        "proposal": "Dự thảo với các thay đổi đề xuất",
        "calibration": "Hiệu chỉnh lại mọi ngưỡng",
        "passers": "Mức thấp nhất của đơn vị được xếp đạt",
        "majority": "Luôn đoán mức phổ biến nhất",
        "ordinal": "Logit thứ bậc (cho bù trừ)",
    }
)


def calibrated(found: Outcome) -> list[Block]:
    """Tables B24-9 to B24-14, figures H10-3 and H10-5: thresholds, agreement, what it says."""
    if not isinstance(found, Judged):
        return []
    return [
        subsection("Hiệu chỉnh ngưỡng theo ý kiến chuyên gia"),
        paragraph(_calibrated_said(found), "Mọi ngưỡng: ", ref("B24-9"), "."),
        *_threshold_figure(found),
        agreement_table(found),
        _statement_list(found),
        section("PL VI"),
        threshold_table(found),
        matrix_figure(found),
        stratum_table(found),
        reliability_table(found),
        *difference_table(found),
        wanted_table(found),
        section("X"),
    ]


def _calibrated_said(found: Judged) -> str:
    frame, model = found.thresholds, found.calibration
    pinned = int(frame["pinned"].sum())
    framework = found.assessment.framework
    noise = np.quantile(model.noise.mean(axis=1), [0.05, 0.5, 0.95])
    said = (
        f"Quy tắc xét mức giữ như {version(framework).lower()}; chỉ ngưỡng được học, có tính nhiễu "
        "và độ nghiêm của từng chuyên gia, giá trị chưa biết được lấy mẫu. Nhiễu ước lượng bình "
        f"quân {percent(noise[1])} (khoảng 90% {number(100 * noise[0], 1)}–"
        f"{number(100 * noise[2], 1)}%). Trong {number(len(frame))} ngưỡng, số liệu xác định được "
        f"{number(pinned)} (ít nhất {number(DECISIVE)} đơn vị quyết định và khoảng không quá "
        f"rộng); {number(len(frame) - pinned)} ngưỡng còn lại {UNPINNED}: không đơn vị nào, hoặc "
        "quá ít đơn vị, trượt chỉ vì ngưỡng đó. Với các ngưỡng này chỉ nêu khoảng, không nêu số. "
    )
    if model.interrupted or found.tried.interrupted:
        said += "Phép tính đã bị dừng giữa chừng, kết quả dựa trên phần đã chạy. "
    return said


def _threshold_figure(found: Judged) -> list[Block]:
    """Figure H10-3: thresholds in per cent that are pinned, proposed, or decided by some units."""
    frame = found.labels(found.thresholds)
    items = {item.id: item.concept for item in found.assessment.framework.asked}
    unit = [found.revision.catalogue[items[name]].unit for name in frame["indicator"]]
    told = frame["pinned"] | frame["new"].notna() | (frame["decisive"] > 1)
    frame = frame[told & (np.array(unit) == "%")]
    frame = frame.assign(first=frame["new"].isna())
    order = ["first", "pinned", "decisive"]
    shown = frame.sort_values(order, ascending=[True, False, False], kind="stable").head(_DRAWN)
    if shown.empty:
        return []
    shown = shown.sort_values(["j", "h", "s"])
    shown["label"] = [
        f"{row.code} {row.label}"[:36].rstrip() + f" – mức {row.place}"
        for row in shown.itertuples()
    ]
    drawing = figures.before_and_after(shown, found.judgements.simulated)
    caption = (
        f"Ngưỡng trước và sau hiệu chỉnh: {number(len(shown))} ngưỡng tỷ lệ được đề xuất đổi hoặc "
        "có nhiều đơn vị quyết định nhất"
    )
    return [figure("H10-3", drawing, caption, unit="%", source=computed(found.revision))]


def threshold_table(found: Judged) -> Block:
    """Table B24-9: every threshold, its interval, what stands behind it."""
    frame = found.labels(found.thresholds).sort_values(["j", "h", "s"])
    frame["sure"] = np.where(frame["pinned"], "xác định được", UNPINNED)
    frame["point"] = frame["point"].where(frame["pinned"])
    frame["label"] = frame["label"].where(~frame["indicator"].duplicated(), "")
    columns = [
        Column("code", "Mã", width=6),
        Column("label", capital(found.assessment.framework.terms.indicator), width=40),
        Column("place", "Mức", "integer", width=5),
        *([Column("where", "Địa bàn", width=8)] if (frame["stratum"] != "*").any() else []),
        Column("draft", "Dự thảo", "decimal", 1, width=6),
        Column("point", "Hiệu chỉnh", "decimal", 1, width=6),
        Column("low", "Từ", "decimal", 1, width=6),
        Column("high", "Đến", "decimal", 1, width=6),
        Column("decisive", "Đơn vị quyết định", "integer", width=6),
        Column("sure", "Số liệu nói được không", width=16),
    ]
    caption = "Ngưỡng trước và sau hiệu chỉnh"
    note = (
        "Từ, đến: khoảng 90%. Đơn vị quyết định: trượt mức đó chỉ vì ngưỡng này. Ngưỡng "
        f"{UNPINNED} không có số hiệu chỉnh; khoảng của nó chủ yếu phản ánh giả định ban đầu."
    )
    source = computed(found.revision)
    return table("B24-9", frame, columns, caption, source=source, note=note, landscape=True)


def agreement_table(found: Judged) -> Block:
    """Table B24-10: agreement out of fold of draft, proposal, calibration, simple predictors."""
    frame = found.validation.table().reindex(list(NAMES)).reset_index()
    frame["label"] = frame["predictor"].map(NAMES)
    for measure in MEASURES[:3]:
        scale, digits = (1.0, 2) if measure == "kappa" else (100.0, 0)
        frame[f"{measure}_between"] = [
            f"{number(scale * low, digits)}–{number(scale * high, digits)}"
            for low, high in frame[[f"{measure}_low", f"{measure}_high"]].to_numpy()
        ]
    columns = [
        Column("label", "Cách xếp mức", width=38),
        Column("exact", "Đúng mức", "percent", width=7),
        Column("exact_between", "Khoảng (%)", width=7),
        Column("within_one", "Lệch ≤ 1", "percent", width=7),
        Column("within_one_between", "Khoảng (%)", width=7),
        Column("kappa", "Kappa", "decimal", 2, width=6),
        Column("kappa_between", "Khoảng", width=10),
    ]
    caption = "Đồng thuận với chuyên gia (mức trung vị) trên đơn vị không dùng để hiệu chỉnh"
    options = found.revision.file.calibration
    note = (
        f"Kiểm tra chéo {number(options.folds)} phần, lặp {number(options.repeats)} lần, mọi bước "
        "chọn làm lại trong từng phần; khoảng 90% do lấy mẫu lại đơn vị. Kappa có trọng số bình "
        "phương."
    )
    return table("B24-10", frame, columns, caption, source=computed(found.revision), note=note)


def _statement_list(found: Judged) -> Block:
    """What the judged units say for and against the rule, criteria, the calibration, the data."""
    framework = found.assessment.framework
    labels = {item.id: item.label for item in framework.asked}
    every = statements(found.calibration, found.validation)
    gain = found.validation.gain()
    lines = [
        f"Hiệu chỉnh lại mọi ngưỡng đổi kappa {_interval(gain, 2)} so với dự thảo: {_sure(gain)}."
    ]
    lines.append(_compensatory_said(found, every))
    lines += [
        f"{capital(framework.terms.indicator)} “{labels[one.subject[0]]}” đi ngược chiều đã khai: "
        f"tương quan hạng với mức của chuyên gia {number(one.figures['correlation'], 2)}."
        for one in every
        if one.kind == "against_direction"
    ]
    idle = [labels[one.subject[0]] for one in every if one.kind == "never_decides"]
    if idle:
        named = "; ".join(idle[:3]) + ("; …" if len(idle) > 3 else "")
        lines.append(
            f"{number(len(idle))} trên {number(len(labels))} {framework.terms.indicator} không tự "
            f"quyết định mức của đơn vị nào được xếp ({named})."
        )
    apart = np.abs(found.calibration.level - found.problem.consensus)
    differ, far = (int((apart >= least).sum()) for least in (1, _FAR))
    lines.append(
        f"Ở {number(differ)} trên {number(int(found.problem.judged.sum()))} đơn vị, hiệu chỉnh và "
        f"chuyên gia xếp khác nhau; {number(far)} đơn vị lệch từ {number(_FAR)} mức: nên kiểm tra "
        "lại giá trị của tiêu chí chặn (từng đơn vị, kèm tiêu chí chặn, ở phụ lục VI)."
    )
    return bullets(lines)


def _interval(gain: tuple[float, float, float], digits: int) -> str:
    middle, low, high = gain
    return f"{signed(middle, digits)} (khoảng 90% {number(low, digits)} đến {number(high, digits)})"


def _sure(gain: tuple[float, float, float]) -> str:
    if gain[1] > 0:
        return "khoảng không chứa 0"
    if gain[2] < 0:
        return "kém đi, khoảng không chứa 0"
    return "khoảng chứa 0, chưa chứng tỏ được là tốt hơn"


def _compensatory_said(found: Judged, every: tuple[Statement, ...]) -> str:
    """Whether strengths that make up for weaknesses tell the experts' levels better."""
    exact = found.validation.gain("ordinal", "calibration", "exact")
    squared = found.validation.gain("ordinal", "calibration", "kappa")
    points = tuple(100 * value for value in exact)
    said = (
        f"Mô hình cho bù trừ (logit thứ bậc) so với hiệu chỉnh: đúng mức {_interval(points, 1)} "  # type: ignore[arg-type]
        f"điểm phần trăm, kappa {_interval(squared, 2)}. "
    )
    if any(one.kind == "compensatory" for one in every):
        return said + "Quy tắc đã khai có lẽ không phải cách chuyên gia xếp mức."
    if squared[1] > 0:
        return said + (
            "Nó không đúng mức nhiều hơn, nhưng ít sai xa hơn: theo quy tắc đã khai, một giá trị "
            "sai hoặc thiếu đủ kéo đơn vị xuống nhiều mức, còn chuyên gia thì không xếp như vậy."
        )
    return said + "Không có dấu hiệu chuyên gia xếp mức theo cách bù trừ."


def matrix_figure(found: Judged) -> Block:
    """Figure H10-5: levels of the experts beside those of draft, proposal and calibration."""
    said, size = found.problem.consensus, len(found.judgements.labels)
    matrices = {}
    for name, words in _SHORT.items():
        told = found.validation.predicted[name]
        rows, units = np.nonzero(~np.isnan(told) & ~np.isnan(said))
        matrix = np.zeros((size, size))
        np.add.at(matrix, (said[units].astype(int), told[rows, units].astype(int)), 1 / len(told))
        matrices[capital(words)] = matrix
    drawing = figures.agreement_matrices(
        matrices, found.judgements.labels, found.judgements.simulated
    )
    caption = (
        "Ma trận đồng thuận: mức của chuyên gia (hàng) và mức được xếp ngoài mẫu (cột), trung bình "
        "các lần lặp"
    )
    return figure("H10-5", drawing, caption, unit="đơn vị", source=computed(found.revision))


def stratum_table(found: Judged) -> Block:
    """Table B24-12: agreement out of fold by stratum."""
    strata = found.assessment.observations.strata
    held = np.array(["chưa rõ" if pd.isna(name) else str(name) for name in strata])
    rows = []
    for stratum in sorted(set(held)):
        units = np.flatnonzero(found.problem.judged & (held == stratum))
        if not len(units):
            continue
        own = found.validation.table(units)
        for name, words in _SHORT.items():
            one = own.loc[name].to_dict()
            rows.append(
                (
                    stratum if name == "draft" else "",
                    number(len(units)) if name == "draft" else "",
                    words,
                    *(one[measure] for measure in MEASURES[:3]),
                    f"{number(one['kappa_low'], 2)}–{number(one['kappa_high'], 2)}",
                )
            )
    names = ["stratum", "units", "by", "exact", "within_one", "kappa", "ends"]
    columns = [
        Column("stratum", "Địa bàn", width=18),
        Column("units", "Số đơn vị", width=8),
        Column("by", "Cách xếp mức", width=14),
        Column("exact", "Đúng mức", "percent"),
        Column("within_one", "Lệch ≤ 1", "percent"),
        Column("kappa", "Kappa", "decimal", 2),
        Column("ends", "Khoảng", width=12),
    ]
    frame = pd.DataFrame(rows, columns=names)
    caption = "Đồng thuận ngoài mẫu theo địa bàn"
    note = "Địa bàn ít đơn vị thì khoảng rộng; “...” là không tính được."
    return table("B24-12", frame, columns, caption, source=computed(found.revision), note=note)


def reliability_table(found: Judged) -> Block:
    """Table B24-11: chances told out of fold beside what came."""
    frame = found.validation.reliability()
    frame["between"] = [
        f"{number(100 * low)}–{number(100 * high)}%"
        for low, high in frame[["low", "high"]].to_numpy()
    ]
    columns = [
        Column("between", "Xác suất được nêu", width=16),
        Column("cases", "Số trường hợp", "integer"),
        Column("said", "Xác suất trung bình", "percent"),
        Column("came", "Chuyên gia xếp đạt", "percent"),
    ]
    caption = "Xác suất đạt một mức trở lên theo hiệu chỉnh, và tỷ lệ chuyên gia xếp đạt"
    note = "Ngoài mẫu; mỗi trường hợp là một đơn vị, một mức, một lần lặp."
    return table("B24-11", frame, columns, caption, source=computed(found.revision), note=note)


def difference_table(found: Judged) -> list[Block]:
    """Table B24-13: units where calibration and experts differ, and what blocks them."""
    given, model = found.problem, found.calibration
    said, level = given.consensus, model.level
    rows = np.flatnonzero(given.judged & (said != level)).tolist()
    if not rows:
        return [paragraph("Hiệu chỉnh và chuyên gia xếp mọi đơn vị cùng một mức.")]
    drafted = found.assessment.levels
    assert drafted is not None
    known = found.assessment.observations.units
    records = [
        (
            str(given.units[unit]),
            known["name"].iloc[unit],
            drafted.level[unit],
            int(said[unit]),
            f"{int(np.nanmin(given.labels[:, unit]))}–{int(np.nanmax(given.labels[:, unit]))}",
            int(level[unit]),
            model.chances[unit, level[unit]],
            _why(found, unit),
        )
        for unit in rows
    ]
    columns = ["unit", "name", "draft", "said", "range", "level", "chance", "why"]
    frame = pd.DataFrame(records, columns=columns)
    frame["far"] = -(frame["said"] - frame["level"]).abs()
    frame = frame.sort_values(["far", "unit"], kind="stable")
    shown = [
        Column("unit", "Mã", width=8),
        Column("name", "Đơn vị", width=18),
        Column("draft", "Dự thảo", "integer"),
        Column("said", "Chuyên gia", "integer"),
        Column("range", "Thấp nhất–cao nhất", width=9),
        Column("level", "Hiệu chỉnh", "integer"),
        Column("chance", "Xác suất", "percent"),
        Column("why", "Vì sao", width=60),
    ]
    caption = f"{number(len(frame))} đơn vị mà hiệu chỉnh và chuyên gia xếp khác nhau"
    note = "Mức bằng số thứ tự, 0 là chưa đạt. Vì sao: so với ngưỡng sau hiệu chỉnh."
    source = computed(found.revision)
    return [
        table("B24-13", frame, shown, caption, source=source, note=note, landscape=True),
    ]


def _why(found: Judged, unit: int) -> str:
    """What blocks a unit below the experts' level, or that nothing does above it."""
    given, model = found.problem, found.calibration
    said, level = int(given.consensus[unit]), int(model.level[unit])
    labels = {item.id: item.label for item in found.assessment.framework.asked}
    if level > said:
        return f"đạt mọi yêu cầu của mức {level}; số liệu không cho thấy vì sao bị xếp thấp hơn"
    required = model.point[given.stratum[unit]][level]
    with np.errstate(invalid="ignore"):
        fails = (given.low[unit] < required) & ~given.excluded[unit] & ~np.isnan(required)
    named = [labels[given.criteria[j]] for j in np.flatnonzero(fails)]
    if not named:
        return f"sát ngưỡng của mức {level + 1}"
    more = f" và {number(len(named) - 3)} tiêu chí khác" if len(named) > 3 else ""
    return f"vướng ở mức {level + 1}: {'; '.join(named[:3])}{more}"


def wanted_table(found: Judged) -> Block:
    """Table B24-14: how many more units, of which kind, would narrow which threshold."""
    frame = narrowing(found.calibration).rename(columns={"criterion": "indicator"})
    frame = frame[frame["decisive"] > 0]
    by = ["decisive", "wanted"]
    frame = frame.sort_values(by, ascending=[False, True], kind="stable").head(_WANTED)
    frame = found.labels(frame)
    frame["kind"] = [
        f"xã chuyên gia xếp mức {place - 1} hoặc {place}"
        + ("" if where == "chung" else f", {where}")
        for place, where in zip(frame["place"], frame["where"], strict=True)
    ]
    columns = [
        Column("label", capital(found.assessment.framework.terms.indicator), width=40),
        Column("place", "Mức", "integer"),
        Column("decisive", "Đơn vị quyết định", "integer"),
        Column("near", "Đã có gần ranh giới", "integer"),
        Column("wanted", "Cần thêm", "integer"),
        Column("kind", "Loại đơn vị cần thêm", width=26),
    ]
    caption = "Cần thêm bao nhiêu đơn vị để khoảng của ngưỡng hẹp lại"
    note = (
        f"Đến khi có {number(DECISIVE)} đơn vị quyết định; ngưỡng đã có đủ thì đến khi gấp đôi "
        "(khoảng hẹp còn một nửa)."
    )
    return table("B24-14", frame, columns, caption, source=computed(found.revision), note=note)
