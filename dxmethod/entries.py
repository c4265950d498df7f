"""Reported values as they stand in a table, and how a fault of one of them is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import vietnamese
from .concepts import Concept
from .faults import Collector, Fault, Severity
from .opening import Sheet, letters
from .personal import redact

MOST = 20_000  # faults told one by one

LABELS: Mapping[str, str] = {
    "unit": "mã đơn vị",
    "value": "giá trị",
    "numerator": "tử số",
    "denominator": "mẫu số",
    "status": "tình trạng",
    "reason": "lý do",
    "source_type": "loại nguồn",
    "window": "kỳ số liệu",
    "evidence": "minh chứng",
    "evidence_hash": "mã băm minh chứng",
    "assumption": "giả định",
    "note": "ghi chú",
}


@dataclass(frozen=True)
class CellFault(Fault):
    """A fault of one cell, with all that a table of faults says of it.

    Attributes
    ----------
    sheet : str
    row, column : int
        Row of the file from 1, column from 0; 0 and −1 where the fault is not in one cell.
    header : str
        What the column holds.
    unit, concept : str
        Whose value it is, of what; empty where that is not known.
    """

    sheet: str = ""
    row: int = 0
    column: int = -1
    header: str = ""
    unit: str = ""
    concept: str = ""


@dataclass(eq=False)
class Entries:
    """Reported values of one table, one entry each.

    Attributes
    ----------
    file : str
    sheet : Sheet
    codes : list of str
        Units, and `unit`, shape (N,), the place of each entry's unit among them.
    concepts : list of Concept
        And `concept`, shape (N,).
    row : ndarray of int, shape (N,)
        Place among the sheet's rows.
    stage : ndarray of uint8, shape (N,)
        Place among the stages of a round.
    raw : mapping of str to list
        What stands in the cells of the value, the numerator, the denominator and the status.
    columns : mapping of str to int or ndarray of int
        Column of each of them.
    texts : mapping of str to list of str
        What else is said of each value.
    """

    file: str
    sheet: Sheet
    codes: list[str]
    unit: NDArray[np.int32]
    concepts: Sequence[Concept]
    concept: NDArray[np.int32]
    row: NDArray[np.int32]
    stage: NDArray[np.uint8]
    raw: Mapping[str, Sequence[Any]]
    columns: Mapping[str, int | NDArray[np.int32]]
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def column(self, part: str, at: int) -> int:
        """Column of a part of an entry."""
        place = self.columns.get(part, self.columns["value"])
        return place if isinstance(place, int) else int(place[at])


@dataclass(frozen=True, eq=False)
class Checked:
    """Numbers of a table's entries, each of shape (N,).

    `sure` tells values whose unit is beyond doubt: computed, or written with their sign.
    """

    entries: Entries
    value: NDArray[np.float64]
    status: NDArray[np.uint8]
    numerator: NDArray[np.float64] | None
    denominator: NDArray[np.float64] | None
    sure: NDArray[np.bool_] | None


class Notes(Collector):
    """Faults of reported values, and what was repaired."""

    def __init__(self, file: str = "") -> None:
        super().__init__(file)
        self.repaired: list[CellFault] = []
        self.faulty: set[str] = set()
        self.more = 0

    def keep(self, fault: CellFault) -> None:
        """Note a fault; beyond `MOST` only whose it is and how many there are."""
        if fault.severity == "lỗi" and fault.unit:
            self.faulty.add(fault.unit)
        if len(self.faults) < MOST:
            self.faults.append(fault)
        else:
            self.more += 1

    def cell(
        self,
        entries: Entries,
        at: int,
        part: str,
        found: str,
        expected: str = "",
        severity: Severity = "lỗi",
    ) -> None:
        """Note a fault in a part of one entry."""
        self.keep(describe(entries, at, part, found, expected, severity))

    def at(
        self,
        sheet: Sheet,
        row: int,
        column: int,
        found: str,
        expected: str = "",
        severity: Severity = "lỗi",
        **known: str,
    ) -> None:
        """Note a fault by its place in a sheet; `known` are header, unit and concept."""
        self.keep(cell_fault(self.file, sheet, row, column, found, expected, severity, **known))


def describe(
    entries: Entries,
    at: int,
    part: str,
    found: str = "",
    expected: str = "",
    severity: Severity = "lỗi",
) -> CellFault:
    """Say where a part of an entry stands and what is wrong with it."""
    return cell_fault(
        entries.file,
        entries.sheet,
        int(entries.row[at]),
        entries.column(part, at),
        found,
        expected,
        severity,
        header=LABELS.get(part, part),
        unit=entries.codes[entries.unit[at]],
        concept=entries.concepts[entries.concept[at]].id,
    )


def cell_fault(
    file: str,
    sheet: Sheet,
    row: int,
    column: int,
    found: str,
    expected: str = "",
    severity: Severity = "lỗi",
    *,
    header: str = "",
    unit: str = "",
    concept: str = "",
) -> CellFault:
    """Build the fault of a cell by its place in a sheet; column −1 is the whole row."""
    line = sheet.lines[row] if 0 <= row < len(sheet.lines) else row + 1
    said = header if header == concept or not concept else f"{header} {concept}"
    if sheet.name:
        place = f"trang {sheet.name}, " + (
            f"ô {letters(column)}{line}" if column >= 0 else f"hàng {line}"
        )
    else:
        place = f"dòng {line}" + (f", cột {column + 1}" if column >= 0 else "")
    place += f" ({', '.join(part for part in (said, unit and f'đơn vị {unit}') if part)})"
    found, unit = redact(found), redact(unit)
    place = redact(place)
    return CellFault(
        file, place.removesuffix(" ()"), found, expected, severity,
        sheet=sheet.name, row=line, column=column, header=header, unit=unit, concept=concept,
    )  # fmt: skip


def factor(concept: Concept) -> float | None:
    """What numerator over denominator is multiplied by; None where nothing is divided."""
    if not (concept.numerator and concept.denominator):
        return None
    return 100.0 if concept.unit == "%" else 1.0


def said_number(value: float) -> str:
    """Say a number as a Vietnamese officer writes it, without digits that say nothing."""
    if abs(value) >= 1e15 or (value and abs(value) < 1e-4):
        return f"{value:g}".replace(".", ",")
    text = vietnamese.number(value, 4)
    return text.rstrip("0").rstrip(",") if "," in text else text
