"""Reported values under scrutiny: whole columns at once, and word by word where one looks wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .concepts import Concept
from .entries import CellFault, Checked, Entries, Notes, factor, said_number
from .faults import Fault, quoted
from .observations import STATUS_LABELS, STATUS_WORDS, Status
from .opening import Place, Sheet, Traps
from .sheets import squeeze

_STATUSES = {
    **{squeeze(word): status for word, status in STATUS_WORDS.items() if word.isalpha()},
    **{squeeze(label.partition("(")[0]): status for status, label in STATUS_LABELS.items()},
    **{status.name.casefold(): status for status in Status},
    "": Status.MISSING,
    "chưa có số liệu": Status.MISSING,
    "không có số liệu": Status.MISSING,
}
_YES = {"có": 1.0, "đạt": 1.0, "x": 1.0, "không": 0.0, "chưa": 0.0, "chưa đạt": 0.0}
_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d+)?")
_OBSERVED, _MISSING = np.uint8(Status.OBSERVED), np.uint8(Status.MISSING)


def check(entries: Entries, notes: Notes) -> Checked:
    """Read and check every entry of a table.

    Parameters
    ----------
    entries : Entries
        As they stand in the file.
    notes : Notes
        Where every fault is noted with its cell: what is no number, out of range, a formula,
        a numerator above its denominator, a value that is not their quotient, a number beside a
        status that excludes one.

    Returns
    -------
    Checked
        After a fault the entry is missing.
    """
    before = len(notes.faults)
    sure = np.zeros(len(entries.row), dtype=bool)
    value, status = _numbers(entries, "value", notes, sure)
    top = bottom = None
    if "numerator" in entries.raw:
        top, _ = _numbers(entries, "numerator", notes, sure)
        bottom, _ = _numbers(entries, "denominator", notes, sure)
    if "status" in entries.raw:
        _join_status(entries, value, status, top, bottom, notes)
    if top is not None and bottom is not None:
        _divide(entries, value, status, top, bottom, sure, notes)
    _check_range(entries, value, status, notes)
    _check_traps(entries, notes)
    if len(notes.faults) > before:
        _forget(entries, value, status, notes.faults[before:])
    return Checked(entries, value, status, top, bottom, sure)


def _numbers(
    entries: Entries, part: str, notes: Notes, sure: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Split cells into numbers and words: numbers at once, the rest one by one."""
    raw, nan = entries.raw[part], np.nan
    if not entries.sheet.name:
        raw = [_quick(cell, entries.sheet.comma) for cell in raw]
    value = np.fromiter([cell if type(cell) is float else nan for cell in raw], float, len(raw))
    status = np.zeros(len(raw), dtype=np.uint8)
    rest = np.flatnonzero(np.isnan(value))
    words = [_WORDS.get(raw[at], -1) if type(raw[at]) is str else -1 for at in rest.tolist()]
    found = np.array(words, dtype=np.int16)
    status[rest] = np.where(found < 0, _MISSING, found)
    # A status stands beside the parts of a value, not instead of one.
    odd = rest[(found < 0) | ((found > 1) & (part != "value"))]
    for at in odd.tolist():
        status[at], value[at] = _read_odd(entries, at, part, raw[at], notes, sure)
    if part == "value" and entries.sheet.traps.percents:
        # A cell that shows 80% holds 0.8: a percentage is what the cell shows.
        shown = _among(entries, part, entries.sheet.traps.percents)
        sure |= shown
        percent = np.array([concept.unit == "%" for concept in entries.concepts])
        shown &= percent[entries.concept] & ~np.isnan(value)
        value[shown] = np.round(100 * value[shown], 9)
    return value, status


_WORDS = {word: int(status) for word, status in STATUS_WORDS.items()}


def _quick(cell: Any, comma: bool) -> Any:
    """Read the plainest numbers of a CSV file; all else stays text."""
    if type(cell) is str and cell.isascii():
        digits = cell.replace("," if comma else ".", "", 1)
        if digits.isdigit() and cell[0] not in ".,":
            return float(cell.replace(",", ".")) if comma else float(cell)
    return cell


def _among(entries: Entries, part: str, places: Collection[Place]) -> NDArray[np.bool_]:
    """Which entries' cells are among some places of the sheet."""
    keys = np.fromiter((row * 16_384 + column for row, column in places), np.int64, len(places))
    return np.isin(entries.row.astype(np.int64) * 16_384 + entries.columns[part], keys)


def _read_odd(
    entries: Entries, at: int, part: str, raw: Any, notes: Notes, sure: NDArray[np.bool_]
) -> tuple[Status, float]:
    """Read a cell that is neither a plain number nor a plain status word."""
    concept = entries.concepts[entries.concept[at]]
    failed = Status.MISSING, float("nan")
    if isinstance(raw, bool):
        if concept.measure == "yes_no" and part == "value":
            return Status.OBSERVED, float(raw)
        notes.cell(entries, at, part, f"có {quoted(raw)}", "một số")
        return failed
    if isinstance(raw, dt.date | dt.time | dt.timedelta):
        expected = "một số (có lẽ Excel đã đổi số thành ngày: định dạng ô là Number rồi gõ lại)"
        notes.cell(entries, at, part, f"có ngày tháng {raw}", expected)
        return failed
    text = str(raw).strip()
    status = Status.OBSERVED
    if part == "value":
        word, _, rest = text.partition(" ")
        known = STATUS_WORDS.get(word.upper() if word else word)
        if known is not None and not rest:
            return known, float("nan")
        if known is Status.NO_EVIDENCE:
            status, text = known, rest.strip()
        number = word_value(concept, text)
        if number is not None:
            return status, number
    signed = concept.unit == "%" and part == "value" and text.endswith("%")
    number = _parse(text.removesuffix("%").rstrip() if signed else text, entries.sheet)
    if number is None:
        notes.cell(entries, at, part, f"có {quoted(text)}", _wanted(concept, part, entries.sheet))
        return failed
    sure[at] |= signed
    return status, number


def word_value(concept: Concept, text: str) -> float | None:
    """Value of a word: yes or no, the name of a category, alone or behind its number."""
    if concept.measure == "yes_no":
        return _YES.get(squeeze(text))
    if concept.measure == "category":
        names = [squeeze(name) for name in concept.categories]
        listed = [squeeze(f"{at} {name}") for at, name in enumerate(concept.categories)]
        for known in (names, listed):
            if known.count(squeeze(text)) == 1:
                return float(known.index(squeeze(text)))
    return None


def _parse(text: str, sheet: Sheet) -> float | None:
    """Read a number written as text; "1.234" is read only where the file tells what it is."""
    text = text.replace("−", "-").replace("\u00a0", "")
    if sheet.comma:
        return float(text.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(text) else None
    if _PLAIN.fullmatch(text):
        grouped = sheet.name and re.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d{3}", text)
        return None if grouped else float(text)
    if sheet.name and _COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    return None


def _wanted(concept: Concept, part: str, sheet: Sheet) -> str:
    mark = "phẩy" if sheet.comma else "chấm"
    number = "một số" if sheet.name else f"một số (dấu {mark} thập phân)"
    if part != "value":
        return f"{number} không âm, hoặc để trống"
    if concept.measure == "yes_no":
        number = "Có hoặc Không"
    elif concept.measure == "category":
        number = f"số thứ tự của loại, từ 0 đến {len(concept.categories) - 1}"
    return f"{number}, hoặc để trống, KAD, KPS, KMC"


def _join_status(
    entries: Entries,
    value: NDArray[np.float64],
    status: NDArray[np.uint8],
    top: NDArray[np.float64] | None,
    bottom: NDArray[np.float64] | None,
    notes: Notes,
) -> None:
    """Bring the status beside a value and what stands in its cell together."""
    has = ~np.isnan(value)
    if top is not None and bottom is not None:
        has |= ~np.isnan(top) & ~np.isnan(bottom)
    raw = entries.raw["status"]
    meant = {word: _status_of(word) for word in set(raw)}
    said = np.array([meant[word] for word in raw], dtype=np.int16)
    written = np.array([word != "" for word in raw], dtype=bool)
    for at in np.flatnonzero(said < 0).tolist():
        expected = "để trống, Có số liệu, KAD, KPS hoặc KMC"
        notes.cell(entries, at, "status", f"có {quoted(str(raw[at]))}", expected)
    written &= said >= 0
    other = written & (status > 1) & (status != said)
    for at in np.flatnonzero(other).tolist():
        label = STATUS_LABELS[Status(status[at])]
        found = f"tình trạng {STATUS_LABELS[Status(said[at])]}, ô giá trị lại ghi {label}"
        notes.cell(entries, at, "status", found, "một tình trạng")
    written &= ~other
    empty = written & (said == Status.OBSERVED) & ~has
    for at in np.flatnonzero(empty).tolist():
        notes.cell(entries, at, "value", "để trống, tình trạng lại là có số liệu", "một số")
    both = written & (said > 0) & (said != Status.NO_EVIDENCE) & ~np.isnan(value)
    for at in np.flatnonzero(both).tolist():
        found = (
            f"có số {said_number(value[at])}, tình trạng lại là {STATUS_LABELS[Status(said[at])]}"
        )
        notes.cell(entries, at, "value", found, "chỉ số, hoặc chỉ tình trạng")
    written &= ~empty & ~both
    status[written] = said[written]


def _status_of(raw: Any) -> int:
    """Status that a word means; −1 when it means none."""
    head = re.split(r"[(–:]| - ", str(raw))[0]
    return int(_STATUSES.get(squeeze(head), _STATUSES.get(str(raw).strip(), -1)))


def _divide(
    entries: Entries,
    value: NDArray[np.float64],
    status: NDArray[np.uint8],
    top: NDArray[np.float64],
    bottom: NDArray[np.float64],
    sure: NDArray[np.bool_],
    notes: Notes,
) -> None:
    """Compute ratios from their parts, and hold a value that was typed against them."""
    times = np.array([factor(concept) or np.nan for concept in entries.concepts])[entries.concept]
    capped = np.array([c.measure == "ratio" and c.bounds[1] <= (factor(c) or 0) for c in
                       entries.concepts])[entries.concept]  # fmt: skip
    said = ~np.isnan(top) | ~np.isnan(bottom)
    stopped = (status == Status.NOT_APPLICABLE) | (status == Status.NO_OCCURRENCE)
    good = (top >= 0) & (bottom > 0) & np.isfinite(top) & np.isfinite(bottom) & ~np.isnan(times)
    good &= ~stopped & ~(capped & (top > bottom))
    for at in np.flatnonzero(said & ~good).tolist():
        _explain_parts(entries, at, float(top[at]), float(bottom[at]), int(status[at]), notes)
    quotient = np.full(len(top), np.nan)
    quotient[good] = times[good] * top[good] / bottom[good]
    for at in np.flatnonzero(good & (np.abs(value - quotient) > 1e-9)).tolist():
        _compare(entries, at, float(value[at]), float(quotient[at]), notes)
    status[good & (status == _MISSING)] = _OBSERVED
    value[good], sure[good] = quotient[good], True


def _explain_parts(
    entries: Entries, at: int, a: float, b: float, status: int, notes: Notes
) -> None:
    """Say what is wrong with a numerator and a denominator."""
    if np.isnan(a) or np.isnan(b):
        part, name = ("numerator", "tử số") if np.isnan(a) else ("denominator", "mẫu số")
        if not _noted(entries, at, part, notes):
            notes.cell(entries, at, part, f"thiếu {name}", "cả tử số và mẫu số, hoặc để trống")
    elif min(a, b) < 0 or np.isinf(a) or np.isinf(b):
        part, wrong = ("numerator", a) if a < 0 or np.isinf(a) else ("denominator", b)
        notes.cell(entries, at, part, f"có {said_number(wrong)}", "số không âm")
    elif a > b and status != Status.NOT_APPLICABLE:
        found = f"tử số {said_number(a)} lớn hơn mẫu số {said_number(b)}"
        notes.cell(entries, at, "numerator", found, "tử số không lớn hơn mẫu số")
    elif b == 0 and status not in (Status.NO_OCCURRENCE, Status.NOT_APPLICABLE):
        found = "mẫu số bằng 0, không tính được tỷ lệ"
        notes.cell(entries, at, "denominator", found, "tình trạng KPS (không phát sinh)")
    elif b > 0 and status in (Status.NO_OCCURRENCE, Status.NOT_APPLICABLE):
        found = f"mẫu số {said_number(b)}, tình trạng lại là {STATUS_LABELS[Status(status)]}"
        notes.cell(entries, at, "denominator", found, "chỉ số, hoặc chỉ tình trạng")
    elif b > 0:
        found = "có tử số, mẫu số ở chỉ tiêu không tính bằng tỷ lệ"
        notes.cell(entries, at, "numerator", found, "chỉ ghi giá trị")


def _noted(entries: Entries, at: int, part: str, notes: Notes) -> bool:
    """Whether the cell itself is the reason why there is no number."""
    cell = int(entries.row[at]), entries.column(part, at)
    return bool(entries.raw[part][at] != "") or cell in entries.sheet.traps.formulas


def _compare(entries: Entries, at: int, typed: float, quotient: float, notes: Notes) -> None:
    """A typed value may be the quotient rounded or cut off at its last digit, nothing else."""
    unit = 10.0 ** -len(f"{typed:.6f}".rstrip("0").partition(".")[2])
    if not -0.5 * unit - 1e-9 <= quotient - typed < unit - 1e-9:
        concept = entries.concepts[entries.concept[at]]
        found = f"có {said_number(typed)}, tử số chia mẫu số lại là {said_number(quotient)}"
        expected = f"{said_number(quotient)} ({concept.unit}), hoặc sửa tử số, mẫu số"
        notes.cell(entries, at, "value", found, expected)


def _check_range(
    entries: Entries, value: NDArray[np.float64], status: NDArray[np.uint8], notes: Notes
) -> None:
    bounds = np.array([concept.bounds for concept in entries.concepts])
    whole = np.array([c.measure in ("yes_no", "category") for c in entries.concepts])
    which = entries.concept
    # Mostly every range is the same; then nothing has to be gathered for each value.
    same = (bounds == bounds[0]).all()
    low, high = bounds[0] if same else bounds[which].T
    wrong = (value < low) | (value > high) | np.isinf(value)
    if whole.any():
        wrong |= whole[which] & (value != np.floor(value)) & ~np.isnan(value)
    for at in np.flatnonzero(wrong).tolist():
        concept = entries.concepts[which[at]]
        low, high = concept.bounds
        kind = "số nguyên" if whole[which[at]] else "số"
        expected = f"{kind} {_between(low, high)} ({concept.unit})"
        notes.cell(entries, at, "value", f"có {said_number(value[at])}", expected)


def _between(low: float, high: float) -> str:
    """Bounds in words."""
    if np.isinf(high):
        return "bất kỳ" if np.isinf(low) else f"không nhỏ hơn {said_number(low)}"
    return f"từ {said_number(low)} đến {said_number(high)}"


def _check_traps(entries: Entries, notes: Notes) -> None:
    """Formulas, merged and hidden cells among those that were read."""
    traps = entries.sheet.traps
    if traps == Traps(percents=traps.percents):
        return
    paste = "giá trị (chép rồi dán bằng Paste Values)"
    merged = np.zeros((len(entries.sheet.rows), max(map(len, entries.sheet.rows), default=0)), bool)
    for a, b, c, d in traps.merged:
        merged[a : c + 1, b : d + 1] = True
    hidden_rows = np.isin(entries.row, list(traps.rows))
    for part, raw in entries.raw.items():
        columns = np.broadcast_to(np.asarray(entries.columns[part]), entries.row.shape)
        written = np.array([cell != "" for cell in raw], dtype=bool)
        formula = _among(entries, part, traps.formulas)
        error = _among(entries, part, traps.errors) & ~formula
        inside = columns < merged.shape[1]
        joined = inside & merged[entries.row, np.where(inside, columns, 0)] & ~formula
        hidden = written & ~formula & ~joined
        for which, found, expected in (
            (formula, "có công thức, không phải giá trị", paste),
            (error, "có lỗi của Excel (#DIV/0!, #N/A…)", "giá trị đúng, hoặc để trống"),
            (joined, "ô bị gộp với ô khác", "tách ô (Unmerge Cells), ghi lại từng ô"),
            (hidden & hidden_rows, "hàng bị ẩn", "cho hiện hàng (bỏ lọc, Unhide)"),
            (hidden & np.isin(columns, list(traps.columns)), "cột bị ẩn", "cho hiện cột (Unhide)"),
        ):
            for at in np.flatnonzero(which).tolist():
                notes.cell(entries, at, part, found, expected)


def _forget(
    entries: Entries,
    value: NDArray[np.float64],
    status: NDArray[np.uint8],
    faults: Sequence[Fault],
) -> None:
    """Leave no half-read value behind: an entry with an error is missing."""
    bad = {(f.row, f.concept) for f in faults if isinstance(f, CellFault) and f.severity == "lỗi"}
    lines = {entries.sheet.lines[row]: row for row in np.unique(entries.row).tolist()}
    names = [concept.id for concept in entries.concepts]
    for line, name in bad:
        if line in lines and name in names:
            mine = (entries.row == lines[line]) & (entries.concept == names.index(name))
            value[mine], status[mine] = np.nan, _MISSING
