"""Whether reported values agree with one another: across tables, units and stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .entries import Checked, Entries, Notes, describe, said_number
from .faults import Severity, quoted
from .framework import Framework
from .observations import Status
from .rounds import STAGE_LABELS, STAGES
from .sheets import squeeze

# A verified value may be better than the one claimed, but hardly by more than this part of the
# admissible range: whoever verifies takes off, or finds a slip.
JUMP = 0.2
# So many of a unit's percentages, and at least half of them, are 1 or less: it means shares.
SHARES = 3


def check_window(checked: Sequence[Checked], framework: Framework | None, notes: Notes) -> None:
    """Values are of the framework's window; where it says none, all of one window."""
    asked = framework.process.window if framework is not None else ""
    first = asked
    for item in checked:
        told: set[tuple[int, str]] = set()
        for at, text in enumerate(item.entries.texts.get("window", ())):
            first = first or text
            unit = int(item.entries.unit[at])
            if text and squeeze(text) != squeeze(first) and (unit, text) not in told:
                told.add((unit, text))
                severity: Severity = "lỗi" if asked else "cảnh báo"
                found, wanted = f"kỳ số liệu {quoted(text)}", f"“{first}”"
                notes.cell(item.entries, at, "window", found, wanted, severity)


def check_twice(checked: Sequence[Checked], notes: Notes) -> None:
    """A unit gives one value of a concept at a stage."""
    if len(checked) == 1 and isinstance(checked[0].entries.columns["value"], np.ndarray):
        return  # the rows of one wide table are told apart already
    which, entry, key = _keys(checked)
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(key[order][1:] == key[order][:-1]) + 1
    told: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for at in order[again].tolist():
        item = checked[which[at]].entries
        before = int(order[np.searchsorted(key[order], key[at])])
        group = (int(which[at]), int(item.unit[entry[at]]), int(which[before]))
        told.setdefault(group, []).append((at, before))
    for pairs in told.values():
        at, before = pairs[0]
        item, other = checked[which[at]].entries, checked[which[before]].entries
        code = item.codes[item.unit[entry[at]]]
        where = describe(other, int(entry[before]), "value")
        here = f"{where.file}, {where.place.partition(' (')[0]}"
        found = f"đơn vị {quoted(code)} đã có số liệu này ở {here}"
        if len(pairs) > 1:
            found = f"đơn vị {quoted(code)} đã có ở {here} ({len(pairs)} số liệu trùng)"
        notes.cell(item, int(entry[at]), "value", found, "mỗi số liệu của đơn vị một lần")


def _keys(checked: Sequence[Checked]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Table and entry of every value, and a number that is the same for the same value."""
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    which, entry, key = [np.zeros(0, int)], [np.zeros(0, int)], [np.zeros(0, int)]
    for number, item in enumerate(checked):
        entries = item.entries
        unit = np.array([codes.setdefault(code, len(codes)) for code in entries.codes], int)
        concept = np.array([names.setdefault(c.id, len(names)) for c in entries.concepts], int)
        size = len(entries.row)
        which.append(np.full(size, number))
        entry.append(np.arange(size))
        if size:
            place = unit[entries.unit] * 100_000 + concept[entries.concept]
            key.append(place * len(STAGES) + entries.stage)
    return np.concatenate(which), np.concatenate(entry), np.concatenate(key)


def check_scales(checked: Sequence[Checked], notes: Notes) -> None:
    """Per cent is not to be mixed with shares: 80 and 0.8 in one column are suspicious.

    A unit most of whose percentages are 1 or less is an error; single small cells in a column of
    large ones are a warning, for 0.8 % does occur.
    """
    columns: dict[str, list[NDArray[np.float64]]] = {}
    small: list[tuple[Checked, int]] = []
    faulty: set[tuple[int, int]] = set()
    for item in checked:
        entries = item.entries
        percent = np.array([c.unit == "%" and c.bounds[1] >= 100 for c in entries.concepts])
        if not percent.any():
            continue
        typed = percent[entries.concept] & (item.value > 0)
        if item.sure is not None:
            typed &= ~item.sure
        low = typed & (item.value <= 1)
        if not low.any():
            continue
        every = np.bincount(entries.unit[typed], minlength=len(entries.codes))
        some = np.bincount(entries.unit[low], minlength=len(entries.codes))
        shares = (some >= SHARES) & (2 * some >= every)
        for at in np.flatnonzero(low).tolist():
            if shares[entries.unit[at]]:
                found = f"có {said_number(item.value[at])}, có vẻ là tỷ lệ chưa nhân 100"
                wanted = f"{said_number(100 * item.value[at])} (đơn vị tính là %)"
                notes.cell(entries, at, "value", found, wanted)
                faulty.add((id(item), at))
            else:
                small.append((item, at))
    if not small:
        return
    asked = {item.entries.concepts[item.entries.concept[at]].id for item, at in small}
    for item in checked:
        for number, concept in enumerate(item.entries.concepts):
            if concept.id in asked:
                mine = item.value[(item.entries.concept == number) & (item.value > 1)]
                columns.setdefault(concept.id, []).append(mine)
    by_concept: dict[str, list[tuple[Checked, int]]] = {}
    for item, at in small:
        by_concept.setdefault(item.entries.concepts[item.entries.concept[at]].id, []).append(
            (item, at)
        )
    for name, cells in by_concept.items():
        large = np.concatenate(columns.get(name, [np.zeros(0)]))
        if len(large) >= max(3, 2 * len(cells)) and np.median(large) >= 10:
            _warn_of_scale(cells, large, notes)


def _warn_of_scale(
    cells: Sequence[tuple[Checked, int]], large: NDArray[np.float64], notes: Notes
) -> None:
    """Tell the first few cells each, and of more than that only how many."""
    middle = said_number(round(float(np.median(large)), 1))
    for number, (item, at) in enumerate(cells[:5], 1):
        more = f"; còn {len(cells) - 5} ô như vậy" if number == 5 and len(cells) > 5 else ""
        value = float(item.value[at])
        found = f"có {said_number(value)} trong khi các đơn vị khác ở khoảng {middle}{more}"
        wanted = f"{said_number(100 * value)} nếu ý là {said_number(100 * value)}%"
        notes.cell(item.entries, at, "value", found, wanted, "cảnh báo")


def check_stages(checked: Sequence[Checked], notes: Notes) -> None:
    """A value that gets much better from one stage to the next deserves a second look."""
    ends = {int(end(item.entries.stage)) for item in checked for end in (np.min, np.max)}
    if len(ends) < 2:
        return
    which, entry, key = _keys(checked)
    claimed = np.concatenate([np.zeros(0), *(item.value for item in checked)])
    status = np.concatenate([np.zeros(0, np.uint8), *(item.status for item in checked)])
    known = np.flatnonzero(~np.isnan(claimed) & (status == Status.OBSERVED))
    order = known[np.argsort(key[known], kind="stable")]
    same = key[order][1:] // len(STAGES) == key[order][:-1] // len(STAGES)
    later = key[order][1:] != key[order][:-1]
    for before, at in zip(order[:-1][same & later], order[1:][same & later], strict=True):
        item = checked[which[at]].entries
        concept = item.concepts[item.concept[entry[at]]]
        low, high = concept.bounds
        room = high - low if np.isfinite(high - low) else abs(claimed[before])
        if concept.sign * (claimed[at] - claimed[before]) > JUMP * max(room, 1e-9):
            old = checked[which[before]].entries
            stages = [_stage(old, entry[before]), _stage(item, entry[at])]
            found = f"{stages[1]} {said_number(claimed[at])}, {stages[0]} chỉ "
            found += said_number(claimed[before])
            wanted = "xem lại: thẩm định hiếm khi tốt hơn tự đánh giá nhiều như vậy"
            notes.cell(item, int(entry[at]), "value", found, wanted, "cảnh báo")


def _stage(entries: Entries, at: int) -> str:
    return STAGE_LABELS[STAGES[entries.stage[at]]]
