"""Tables in which experts give their opinion of weights, as CSV or XLSX."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from ..faults import Collector, nearest, quoted
from ..opening import Sheet, letters, open_sheets
from ..sheets import squeeze
from ..vietnamese import nfc, number
from .experts import MOST

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "expert": ("expert", "chuyên gia", "mã chuyên gia", "judge"),
    "group": ("group", "nhóm", "nhóm chỉ tiêu"),
    "first": ("first", "chỉ tiêu thứ nhất", "mục thứ nhất"),
    "second": ("second", "chỉ tiêu thứ hai", "mục thứ hai"),
    "value": ("value", "giá trị", "mức quan trọng", "điểm đánh giá"),
    "item": ("item", "chỉ tiêu", "mục"),
    "points": ("points", "điểm"),
    "round": ("round", "vòng"),
}
_FRACTION = re.compile(r"(\d+)\s*/\s*(\d+)")
_DECIMAL = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_ROUNDED = 0.02  # 0,33 for a third, with what twice rounding does to a product
_CENT = 0.01

Record = dict[str, Any]


def read_pairs(
    path: Path, faults: Collector, *, items: Collection[str] = (), name: str = ""
) -> pd.DataFrame | None:
    """Read paired comparisons, one row each.

    Parameters
    ----------
    path : Path
        CSV (UTF-8) or XLSX with the columns expert, group (may be absent), first, second, value: a
        number or a fraction from 1/9 to 9.
    faults : Collector
        Where every fault is noted: a value that is none, a pair missing, twice or with itself, two
        directions that do not match, more than nine items in a group, an unknown item.
    items : collection of str, optional
        Items that may be compared; any when empty.
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    DataFrame or None
        `expert`, `group`, `first`, `second`, `value`, every pair once; None after an error.
    """
    own = Collector(name or path.name)
    rows = _records(path, own, ("expert", "first", "second", "value"), ("group",), ("value",))
    for row in rows:
        _known(row, ("first", "second"), items, own)
        if row["first"] == row["second"] != "":
            own.add(row["place"], f"{quoted(row['first'])} so với chính nó", "hai mục khác nhau")
        if row["value"] is not None and not 1 / 9 - _CENT <= row["value"] <= 9:
            found = f"có {number(row['value'], 3)}"
            own.add(f"{row['place']}, cột value", found, "từ 1/9 đến 9 (thang Saaty)")
    kept = _both_ways(rows, own) if not own.errors else []
    if not own.errors:
        _check_pairs(kept, own)
    return _handed_over(kept, ["expert", "group", "first", "second", "value"], own, faults)


def _both_ways(rows: Sequence[Record], faults: Collector) -> list[Record]:
    """Keep every pair once; the same twice, or two directions that do not match, are faults."""
    seen: dict[tuple[str, ...], Record] = {}
    for row in rows:
        key = (row["expert"], row["group"], *sorted((row["first"], row["second"])))
        old = seen.setdefault(key, row)
        if old is row:
            continue
        pair = f"{row['first']}, {row['second']}"
        if old["first"] == row["first"]:
            found = f"chuyên gia {quoted(row['expert'])} đã so {pair} ở {old['place']}"
            faults.add(row["place"], found, "mỗi cặp một lần")
        elif abs(old["value"] * row["value"] - 1) > _ROUNDED * max(old["value"], row["value"]):
            said = f"{number(row['value'], 3)}, ở {old['place']} là {number(old['value'], 3)}"
            wanted = f"nghịch đảo của nhau: {number(1 / old['value'], 3)}"
            faults.add(row["place"], f"cặp {pair} có {said}", wanted)
    return list(seen.values())


def _check_pairs(rows: Sequence[Record], faults: Collector) -> None:
    """Every expert compares all pairs of a group's items, of which there are at most nine."""
    groups: dict[str, dict[str, None]] = {}
    held: dict[tuple[str, str], set[frozenset[str]]] = {}
    for row in rows:
        groups.setdefault(row["group"], {}).update({row["first"]: None, row["second"]: None})
        pairs = held.setdefault((row["expert"], row["group"]), set())
        pairs.add(frozenset((row["first"], row["second"])))
    for group, known in groups.items():
        if len(known) > MOST:
            wanted = f"không quá {MOST} mục trong một nhóm"
            faults.add(f"nhóm {quoted(group)}", f"có {len(known)} mục", wanted)
    for (expert, group), pairs in held.items():
        lacking = [p for p in combinations(groups[group], 2) if frozenset(p) not in pairs]
        if lacking:
            shown = "; ".join(f"{a} với {b}" for a, b in lacking[:5])
            where = f"chuyên gia {quoted(expert)}" + (f", nhóm {quoted(group)}" if group else "")
            more = "; …" if len(lacking) > 5 else ""
            faults.add(where, f"thiếu {len(lacking)} cặp: {shown}{more}", "mọi cặp trong nhóm")


def read_budget(
    path: Path, faults: Collector, *, items: Collection[str] = (), name: str = ""
) -> pd.DataFrame | None:
    """Read how experts share out a hundred points: columns expert, item, points.

    Faults: a number below 0 or above 100, an expert whose points do not add up to 100, an item
    twice, an item that only some experts rate. See `read_pairs` for the parameters.

    Returns
    -------
    DataFrame or None
        `expert`, `item`, `points`; None after an error.
    """
    own = Collector(name or path.name)
    rows = _records(path, own, ("expert", "item", "points"), (), ("points",))
    for row in rows:
        _known(row, ("item",), items, own)
        if row["points"] is not None and not 0 <= row["points"] <= 100:
            own.add(f"{row['place']}, cột points", f"có {number(row['points'], 2)}", "từ 0 đến 100")
    _once(rows, ("expert", "item"), own)
    if not own.errors:
        everything = list(dict.fromkeys(row["item"] for row in rows))
        for expert in dict.fromkeys(row["expert"] for row in rows):
            mine = {row["item"]: row["points"] for row in rows if row["expert"] == expert}
            total, lacking = sum(mine.values()), [i for i in everything if i not in mine]
            if abs(total - 100) > _CENT:
                found = f"tổng số điểm là {number(total, 2)}"
                own.add(f"chuyên gia {quoted(expert)}", found, "tổng bằng 100")
            if lacking:
                found = f"không cho điểm: {', '.join(lacking[:5])}"
                own.add(
                    f"chuyên gia {quoted(expert)}", found, "đủ mọi mục (0 nếu không quan trọng)"
                )
    return _handed_over(rows, ["expert", "item", "points"], own, faults)


def read_delphi(
    path: Path, faults: Collector, *, items: Collection[str] = (), name: str = ""
) -> pd.DataFrame | None:
    """Read opinions over rounds: columns expert, item, round (1, 2, …), value.

    Faults: a round that is no whole number from 1, a round left out, an expert twice on one item in
    one round. See `read_pairs` for the parameters.

    Returns
    -------
    DataFrame or None
        `expert`, `item`, `round`, `value`; None after an error.
    """
    own = Collector(name or path.name)
    needed = ("expert", "item", "round", "value")
    rows = _records(path, own, needed, (), ("round", "value"))
    for row in rows:
        _known(row, ("item",), items, own)
        turn = row["round"]
        if turn is not None and not (turn >= 1 and turn == int(turn)):
            own.add(f"{row['place']}, cột round", f"có {number(turn, 2)}", "số nguyên từ 1")
    _once(rows, ("expert", "item", "round"), own)
    if not own.errors:
        turns = {int(row["round"]) for row in rows}
        for turn in sorted(set(range(1, max(turns))) - turns):
            own.add(f"vòng {turn}", "không có ý kiến nào", "các vòng liền nhau từ 1")
        rows = [{**row, "round": int(row["round"])} for row in rows]
    return _handed_over(rows, list(needed), own, faults)


def _handed_over(
    rows: Sequence[Record], columns: list[str], own: Collector, faults: Collector
) -> pd.DataFrame | None:
    faults.extend(own.faults)
    if own.errors:
        return None
    return pd.DataFrame([{c: row[c] for c in columns} for row in rows], columns=columns)


def _known(row: Record, columns: Sequence[str], items: Collection[str], faults: Collector) -> None:
    for column in columns:
        if items and row[column] and row[column] not in items:
            found = f"mục lạ {quoted(row[column])}"
            faults.add(f"{row['place']}, cột {column}", found, nearest(row[column], items))


def _once(rows: Sequence[Record], columns: Sequence[str], faults: Collector) -> None:
    seen: dict[tuple[Any, ...], str] = {}
    for row in rows:
        key = tuple(row[column] for column in columns)
        if seen.setdefault(key, row["place"]) != row["place"]:
            said = ", ".join(str(part) for part in key if part is not None)
            faults.add(
                row["place"], f"{said} đã có ở {seen[key]}", "mỗi chuyên gia, mỗi mục một lần"
            )


def _records(
    path: Path,
    faults: Collector,
    needed: Sequence[str],
    optional: Sequence[str],
    numbers: Sequence[str],
) -> list[Record]:
    """Rows of the first sheet by column, with their place; texts that must be there are checked."""
    sheets = [sheet for sheet in open_sheets(path, faults) if not sheet.hidden and sheet.rows]
    if faults.errors or not sheets:
        if not faults.errors:
            faults.add("", "tệp không có bảng nào", "một bảng có dòng tiêu đề")
        return []
    sheet = sheets[0]
    header = [squeeze(str(cell)) for cell in sheet.rows[0]]
    at: dict[str, int] = {}
    for column in (*needed, *optional):
        found = [i for i, text in enumerate(header) if text in map(squeeze, _HEADERS[column])]
        if len(found) > 1:
            faults.add(_place(sheet, 0), f"cột {column} lặp lại", "mỗi cột một lần")
        elif found:
            at[column] = found[0]
        elif column in needed:
            faults.add(_place(sheet, 0), f"thiếu cột {column}", f"các cột: {', '.join(needed)}")
    if not faults.errors and len(sheet.rows) < 2:
        faults.add("", "bảng không có dòng ý kiến nào", "ít nhất một dòng dưới tiêu đề")
    if faults.errors:
        return []
    return [
        _record(sheet, row, at, needed, numbers, faults)
        for row in range(1, len(sheet.rows))
        if any(str(cell).strip() for cell in sheet.rows[row])
    ]


def _record(
    sheet: Sheet,
    row: int,
    at: Mapping[str, int],
    needed: Sequence[str],
    numbers: Sequence[str],
    faults: Collector,
) -> Record:
    record: Record = {"place": _place(sheet, row), "group": ""}
    for column, place in at.items():
        cell = sheet.rows[row][place] if place < len(sheet.rows[row]) else ""
        where = f"{record['place']}, cột {column}"
        if (row, place) in sheet.traps.formulas | sheet.traps.errors:
            faults.add(where, f"ô {letters(place)}{row + 1} có công thức hoặc lỗi", "chữ hoặc số")
        if column in numbers:
            record[column] = _number(cell, where, faults)
        else:
            text = nfc(f"{cell:g}" if isinstance(cell, float) else str(cell)).strip()
            if not text and column in needed:
                faults.add(where, "để trống", "một giá trị")
            record[column] = text
    return record


def _place(sheet: Sheet, row: int) -> str:
    line = f"dòng {sheet.lines[row]}"
    return f"trang {sheet.name}, {line}" if sheet.name else line


def _number(cell: Any, where: str, faults: Collector) -> float | None:
    """A number, with comma or point, or a fraction; None after a fault."""
    if isinstance(cell, float) and not isinstance(cell, bool):
        return cell
    text = str(cell).strip()
    fraction = _FRACTION.fullmatch(text)
    if fraction and int(fraction[2]):
        return int(fraction[1]) / int(fraction[2])
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    found = f"có {quoted(text)}" if text else "để trống"
    faults.add(where, found, "một số, hoặc phân số như 1/3 gõ dạng chữ")
    return None
