"""Numbers, dates, order and terms as a Vietnamese official report prints them."""

from __future__ import annotations

import math
import unicodedata
from datetime import date

# Signs of the statistics yearbook: "…" occurs but was not collected.
MISSING = "..."

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng


def nfc(text: str) -> str:
    """Normalise text to composed Unicode (TCVN 6909:2001 is Unicode; NFC is its usual form)."""
    return unicodedata.normalize("NFC", text)


def number(value: float | None, decimals: int = 0) -> str:
    """Print a number with decimal comma and thousands dot.

    Parameters
    ----------
    value : float or None
        None, NaN and infinities print as "...".
    decimals : int
        Digits after the comma; halves are rounded to even, as Python's ``format`` does.

    Returns
    -------
    str

    Examples
    --------
    >>> number(1234.5, 1), number(0.8241, 4), number(None)
    ('1.234,5', '0,8241', '...')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")  # a rounded "-0,00" is zero
    return text.translate(str.maketrans(",.", ".,"))


def signed(value: float | None, decimals: int = 0) -> str:
    """Print a change with its sign: "+3", "-2", "0".

    Examples
    --------
    >>> signed(3), signed(-0.25, 2), signed(0)
    ('+3', '-0,25', '0')
    """
    text = number(value, decimals)
    if text == MISSING or text.startswith("-") or not text.strip("0.,"):
        return text
    return "+" + text


def percent(share: float | None, decimals: int = 1) -> str:
    """Print a share (0 to 1) as per cent: "12,3%".

    Examples
    --------
    >>> percent(0.1234)
    '12,3%'
    """
    text = number(None if share is None else share * 100, decimals)
    return text if text == MISSING else text + "%"


def official_date(day: date | None) -> str:
    """Print a date as Nghị định 30/2020/NĐ-CP asks; blank for the clerk when `day` is None.

    Days below 10 and months 1 and 2 take a leading zero.

    Examples
    --------
    >>> official_date(date(2025, 4, 3)), official_date(date(2024, 2, 19))
    ('ngày 03 tháng 4 năm 2025', 'ngày 19 tháng 02 năm 2024')
    """
    if day is None:
        return "ngày      tháng      năm      "
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Key that sorts Vietnamese text: base letters first (a ă â b c d đ …), tones as tie-break.

    Examples
    --------
    >>> sorted(["Đà Nẵng", "Dương", "Ấn", "An Giang", "Cần Thơ"], key=sort_key)
    ['An Giang', 'Ấn', 'Cần Thơ', 'Dương', 'Đà Nẵng']
    """
    letters: list[int] = []
    tones: list[int] = []
    for word in nfc(text).casefold():
        tone = 0
        base = ""
        for mark in unicodedata.normalize("NFD", word):
            if mark in _TONES:
                tone = _TONES[mark]
            else:
                base += mark
        base = nfc(base)
        if not base:  # a tone without a composed form belongs to the letter before it
            tones[-1:] = [tone]
            continue
        place = _LETTERS.find(base) if len(base) == 1 else -1
        letters.append(
            1000 + place if place >= 0 else ord(base[0]) if ord(base[0]) < 1000 else 2000
        )
        tones.append(tone)
    return tuple(letters), tuple(tones), text


def count(amount: int, noun: str) -> str:
    """Print a count with its noun: "34 tỉnh, thành phố"."""
    return f"{number(amount)} {noun}"
