"""Personal data where none belongs: found by what a column is called and by what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .sheets import squeeze

HIDDEN = "[đã che]"

_NAMED = re.compile(
    r"\b(họ (và )?tên|họ tên|ho (va )?ten|người (lập|điền|báo cáo|phụ trách|đầu mối|liên hệ|ký)"
    r"|cán bộ (lập|điền|phụ trách|đầu mối)|(số )?(điện thoại|đt|sđt|sdt)|di động|dien thoai"
    r"|phone|mobile|tel|cccd|cmnd|cmt|căn cước|can cuoc|số định danh|hộ chiếu|e mail|email"
    r"|thư điện tử|ngày sinh|năm sinh|dân tộc|địa chỉ nhà|full name|số tài khoản)\b"
)
_LIKELY = re.compile(r"[@\d](?:(?<=@)|(?:[ .-]?\d){8})")  # quick to tell that there is none
_NUMBERS = (
    r"(?<![\w.,-])0\d{11}(?!\w)"  # identity number
    r"|(?<![\w.,/-])(?:\+84[ .-]?|0084[ .-]?|0[ -]?)[35789](?:[ .-]?\d){8}(?![\w/])"  # mobile phone
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
_NUMBER = re.compile(_NUMBERS)
_HELD = re.compile(
    _NUMBERS + r"|\b(?:[Ôô]ng|[Bb]à(?! Rịa)|[Đđ]/c|[Đđ]ồng chí) (?:[A-ZĐ]\w+ ){1,3}[A-ZĐ]\w+"
)


def is_named_so(header: str) -> bool:
    """Tell a header of personal data: "Họ và tên", "SĐT", "Số CCCD", "Người lập phiếu"."""
    return bool(_NAMED.search(squeeze(header)))


def is_personal(text: str) -> bool:
    """Tell text that holds an identity number, a mobile phone, an e-mail or a person's name."""
    return bool(_HELD.search(text))


def has_personal_number(text: str) -> bool:
    """Tell text with an identity number, a mobile phone or an e-mail; "Bà Điểm" is a commune."""
    return bool(_LIKELY.search(text) and _NUMBER.search(text))


def redact(text: str) -> str:
    """Take personal data out of text that is shown to others.

    Examples
    --------
    >>> redact("hỏi ông Nguyễn Văn An, 0912 345 678")
    'hỏi [đã che], [đã che]'
    """
    return _HELD.sub(HIDDEN, text)


def mostly_personal(cells: Iterable[object]) -> bool:
    """Tell a column most of whose cells hold personal data."""
    texts = [_text(cell) for cell in cells if cell != ""]
    return bool(texts) and 2 * sum(map(is_personal, texts)) > len(texts)


def _text(cell: object) -> str:
    # Excel drops the leading zero of what it takes for a number.
    if isinstance(cell, float) and cell.is_integer() and 1e8 <= cell < 1e12:
        return f"0{cell:.0f}"
    return str(cell)
