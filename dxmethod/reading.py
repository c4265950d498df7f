"""What people write into one cell: a number, several by name, a word, a list, a line of YAML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .columns import WORDS
from .concepts import Concept
from .documents import parse_yaml
from .faults import Collector, quoted
from .sheets import Cell, squeeze

_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
# A group of three digits never follows a lone zero: "0.500" is a half, not five hundred.
_GROUPED = re.compile(r"[-+]?([1-9]\d{0,2}([.\s]\d{3})+|\d+)(,\d+)?")
_SIGNS = str.maketrans({"−": "-", "≧": "≥", "⩾": "≥", "≦": "≤", "⩽": "≤"})
_YES = {"có": 1.0, "đạt": 1.0, "không": 0.0, "chưa": 0.0, "chưa đạt": 0.0}
_ODD = {
    "formula": ("có công thức {}", "giá trị (chép rồi dán bằng Paste Values)"),
    "error": ("có lỗi của Excel {}", "giá trị đúng, hoặc để trống"),
    "date": ("có ngày tháng {}", "chữ (định dạng ô là Text rồi gõ lại)"),
    "truth": ("có giá trị TRUE, FALSE", "chữ, ví dụ Có, Không"),
}


def plain(cell: Cell, faults: Collector, allowed: Iterable[str] = ()) -> Cell:
    """Take a cell that holds text or a number, or note what else it holds and leave it empty.

    Parameters
    ----------
    cell : Cell
        As it came in.
    faults : Collector
        Where a formula, an error, a date or a truth value is noted.
    allowed : iterable of str
        Which of them may stand there all the same.

    Returns
    -------
    Cell
    """
    if not cell.odd or cell.odd in allowed:
        return cell
    found, expected = _ODD[cell.odd]
    faults.add(cell.place, found.format(quoted(cell.text)), expected)
    return replace(cell, value=None, odd="")


def sign(concept: Concept | None) -> str:
    """The sign before a threshold: which side of it is good."""
    return "≤" if concept is not None and concept.better == "lower" else "≥"


def write_number(value: float) -> str:
    """Write a number as text that `read_number` reads back exactly."""
    text = repr(float(value)).removesuffix(".0")
    return text if "e" in text else text.replace(".", ",")


def read_number(cell: Cell, faults: Collector, unit: str = "", good: str = "") -> float | None:
    """Read a number as people write it: 12,5 or 80% or ≥ 80 or 1.500 người.

    Parameters
    ----------
    cell : Cell
        A number, or text.
    faults : Collector
        Where a fault is noted.
    unit : str
        Unit of the number, which may be written behind it.
    good : {"", "≥", "≤"}
        The sign that may stand before it, if any may.

    Returns
    -------
    float or None
        None for an empty cell or after a fault.
    """
    if cell.value is None:
        return None
    if isinstance(cell.value, float):
        if cell.percent and unit != "%":
            expected = f"số tính bằng {unit}" if unit else "số không có dấu %"
            faults.add(cell.place, f"có {cell.text}", expected)
            return None
        return round(100 * cell.value, 9) if cell.percent else cell.value
    number = _parse(cell.value, unit, good)
    if number is None:
        said = f"một số, ví dụ 12,5{' hoặc 80%' if unit == '%' else ''}"
        said += f", trước số chỉ có thể là dấu {good}" if good else ""
        faults.add(cell.place, f"có {quoted(cell.text)}", said)
    return number


def _parse(text: str, unit: str, good: str) -> float | None:
    """The number that a text is, in the Vietnamese or in the plain way of writing it."""
    text = text.translate(_SIGNS).replace(">=", "≥").replace("<=", "≤")
    text = text.strip().removeprefix(good).strip()
    if unit and text.casefold().endswith(unit.casefold()):
        text = text[: -len(unit)].rstrip()
    text = re.sub(r"^([-+])\s+", r"\1", text)
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[.\s]", "", text).replace(",", ".")
    elif not _PLAIN.fullmatch(text):
        return None
    return float(text) if math.isfinite(float(text)) else None


def read_by_name(
    cell: Cell, faults: Collector, unit: str, concept: Concept | None
) -> float | dict[str, float] | None:
    """Read a number, or numbers by stratum or class: "chung: 80; khu vực III: 50".

    Parameters
    ----------
    cell : Cell
        What was written; YAML where names would not survive otherwise.
    faults : Collector
        Where a fault is noted.
    unit : str
        Unit of the numbers.
    concept : Concept or None
        What is measured: words that stand for its values, and the sign that a threshold has.

    Returns
    -------
    float, dict of str to float or None
        None for an empty cell or after a fault.
    """
    text = cell.text
    if text.startswith("{"):
        return read_yaml_cell(cell, faults)  # type: ignore[no-any-return]
    if isinstance(cell.value, float) or ":" not in text or _word_value(text, concept) is not None:
        return _number(cell, faults, unit, concept)
    numbers: dict[str, float] = {}
    for part in text.split(";"):
        name, colon, rest = part.rpartition(":")
        key = "*" if squeeze(name) == "chung" else name.strip()
        if not colon or not key or not rest.strip() or key in numbers:
            expected = "“chung: số; tên nhóm: số”, mỗi nhóm một lần"
            faults.add(cell.place, f"có {quoted(text)}", expected)
            return None
        number = _number(replace(cell, value=rest.strip()), faults, unit, concept)
        if number is None:
            return None
        numbers[key] = number
    return numbers


def _number(cell: Cell, faults: Collector, unit: str, concept: Concept | None) -> float | None:
    """A number, or the word that stands for one."""
    word = _word_value(cell.text, concept)
    if word is not None:
        return word
    if concept is not None and isinstance(cell.value, str):
        wrong = "≤" if sign(concept) == "≥" else "≥"
        if _parse(cell.value, unit, sign(concept)) is None and _parse(cell.value, unit, wrong):
            expected = f"dấu {sign(concept)}: khái niệm {concept.id} "
            expected += "càng cao càng tốt" if sign(concept) == "≥" else "càng thấp càng tốt"
            faults.add(cell.place, f"có {quoted(cell.text)}", expected)
            return None
        words = _words(concept)
        if words and _parse(cell.value, unit, sign(concept)) is None:
            listed = ", ".join(f"“{item}”" for item in words)
            faults.add(cell.place, f"có {quoted(cell.text)}", f"một trong: {listed}, hoặc để trống")
            return None
    return read_number(cell, faults, unit, sign(concept) if concept else "")


def _words(concept: Concept) -> tuple[str, ...]:
    return ("Có", "Không") if concept.measure == "yes_no" else concept.categories


def _word_value(text: str, concept: Concept | None) -> float | None:
    """The value that a word stands for; two categories that only marks tell apart stay apart."""
    if concept is not None and concept.measure == "category":
        if text in concept.categories:
            return float(concept.categories.index(text))
        names = [squeeze(name) for name in concept.categories]
        if names.count(squeeze(text)) == 1:
            return float(names.index(squeeze(text)))
    if concept is not None and concept.measure == "yes_no":
        return _YES.get(squeeze(text))
    return None


def read_word(key: str, cell: Cell, faults: Collector) -> str:
    """The value that a word stands for; after a fault the first one, for the reader to go on.

    Parameters
    ----------
    key : str
        Which of `WORDS`.
    cell : Cell
        What was written.
    faults : Collector
        Where an unknown word is noted.

    Returns
    -------
    str
    """
    words = WORDS["combine" if key == "tree.combine" else key]
    for value, word in words.items():
        if squeeze(cell.text) in (squeeze(word), squeeze(value)):
            return value
    listed = ", ".join(f"“{word}”" for word in words.values())
    faults.add(cell.place, f"có {quoted(cell.text)}", f"một trong: {listed}")
    return next(iter(words))


def read_yaml_cell(cell: Cell, faults: Collector) -> Any:
    """Read a line of YAML, noting its faults at the cell."""
    own = Collector()
    data, lines = parse_yaml(cell.text, own)
    for fault in own.faults:
        at = re.search(r"cột (\d+)$", fault.place)
        where = f"{cell.place}, ký tự thứ {at.group(1)}" if at else cell.place
        expected = "như hàng khác, ví dụ {kind: linear, at: [0, 100], give: [0, 1]}"
        faults.add(where, fault.found, expected if "cú pháp" in fault.found else fault.expected)
    return data if lines else None


def read_list(cell: Cell) -> list[str]:
    """Items written one after another with ";" between."""
    return [part.strip() for part in cell.text.split(";") if part.strip()]


def whole(value: float | None) -> float | int | None:
    """A number without fraction as an integer."""
    return int(value) if value is not None and value.is_integer() else value
