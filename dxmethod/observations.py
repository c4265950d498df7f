"""What units reported: units × concepts, each value with its status."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .concepts import Catalogue, Concept
from .documents import has_control_characters, read_text
from .faults import Collector, nearest, quoted

# What may be known of one value, beside the value.
NOTES = (
    "unit",
    "concept",
    "stage",
    "reason",
    "source_type",
    "formula",
    "window",
    "evidence",
    "evidence_hash",
    "assumption",
)
ATTRIBUTES = ("name", "stratum", "province", "unit_class")


class Status(IntEnum):
    """What stands behind a cell; zero is a value, not a status."""

    OBSERVED = 0
    MISSING = 1
    NOT_APPLICABLE = 2
    NO_OCCURRENCE = 3
    NO_EVIDENCE = 4


# What a person writes in a cell instead of a number.
STATUS_WORDS = {
    "": Status.MISSING,
    "...": Status.MISSING,
    "KAD": Status.NOT_APPLICABLE,
    "KPS": Status.NO_OCCURRENCE,
    "KMC": Status.NO_EVIDENCE,
}
STATUS_LABELS = {
    Status.OBSERVED: "có số liệu",
    Status.MISSING: "thiếu số liệu",
    Status.NOT_APPLICABLE: "không áp dụng (KAD)",
    Status.NO_OCCURRENCE: "không phát sinh (KPS)",
    Status.NO_EVIDENCE: "không có minh chứng (KMC)",
}


@dataclass(frozen=True, eq=False)
class Observations:
    """Reported values of units.

    Attributes
    ----------
    units : DataFrame
        Indexed by unit code (text); columns `name` and, where known, `stratum` and `province`.
    concepts : tuple of Concept
        What each column of `value` counts.
    value : ndarray of float64, shape (U, C), Fortran order
        Reported numbers in the concepts' units; NaN where there is none. One concept's units lie
        side by side, because every kernel works one concept at a time.
    status : ndarray of uint8, shape (U, C), Fortran order
        A `Status` for each value.
    source : str
        Where the table comes from, for captions.
    simulated : bool
        Whether the values are simulated; every page that uses them then says so.
    numerator, denominator : ndarray of float64, shape (U, C), or None
        What ratios are made of, where it was reported; NaN elsewhere.
    notes : DataFrame or None
        What is known of single values, one row each, columns of `NOTES`; most values have none.
    """

    units: pd.DataFrame
    concepts: tuple[Concept, ...]
    value: NDArray[np.float64]
    status: NDArray[np.uint8]
    source: str = ""
    simulated: bool = False
    numerator: NDArray[np.float64] | None = None
    denominator: NDArray[np.float64] | None = None
    notes: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        shape = (len(self.units), len(self.concepts))
        if self.value.shape != shape or self.status.shape != shape:
            raise ValueError(f"value {self.value.shape}, status {self.status.shape}; need {shape}")
        for part in (self.numerator, self.denominator):
            if part is not None and part.shape != shape:
                raise ValueError(f"numerator or denominator {part.shape}; need {shape}")
        if not self.units.index.is_unique:
            raise ValueError("a unit stands twice")
        claimed = self.status == np.uint8(Status.NO_EVIDENCE)
        observed = self.status == np.uint8(Status.OBSERVED)
        if np.isinf(self.value).any() or ((np.isnan(self.value) == observed) & ~claimed).any():
            raise ValueError("a finite value is wanted where the status is observed, NaN elsewhere")

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        catalogue: Catalogue,
        *,
        source: str = "",
        simulated: bool = False,
    ) -> Observations:
        """Build observations from a table of numbers; NaN is missing.

        Parameters
        ----------
        frame : DataFrame
            Indexed by unit code; columns `name`, `stratum`, `province` are attributes of the
            unit, every other column is the id of a concept.
        catalogue : mapping of str to Concept
            Concepts that the columns name.
        source, simulated
            See the class.

        Returns
        -------
        Observations
        """
        attributes = [name for name in ATTRIBUTES if name in frame.columns]
        columns = [name for name in frame.columns if name not in attributes]
        units = frame[attributes].copy()
        if "name" not in units:
            units.insert(0, "name", units.index.astype(str))
        value = np.asfortranarray(frame[columns].to_numpy(dtype=np.float64))
        status = np.asfortranarray(np.isnan(value).astype(np.uint8) * Status.MISSING)
        concepts = tuple(catalogue[name] for name in columns)
        return cls(units, concepts, value, status, source, simulated)

    @cached_property
    def position(self) -> dict[str, int]:
        """Column of each concept id."""
        return {concept.id: column for column, concept in enumerate(self.concepts)}

    @property
    def names(self) -> pd.Series[str]:
        """Names of the units by code."""
        return self.units["name"]

    @cached_property
    def strata(self) -> pd.Categorical:
        """Stratum of each unit; code −1 where none is known."""
        names = self.units["stratum"] if "stratum" in self.units else [None] * len(self.units)
        return pd.Categorical(names)

    def select(self, units: Sequence[str]) -> Observations:
        """Keep the given units, in that order; a KeyError names one that is not there."""
        rows = self.units.index.get_indexer(pd.Index(units))
        if (rows < 0).any():
            raise KeyError(", ".join(str(unit) for unit in pd.Index(units)[rows < 0]))
        value = np.asfortranarray(self.value[rows])
        status = np.asfortranarray(self.status[rows])
        return Observations(
            self.units.iloc[rows], self.concepts, value, status, self.source, self.simulated
        )


def read_observations(
    path: Path,
    catalogue: Catalogue,
    faults: Collector,
    *,
    name: str = "",
    known_units: Collection[str] = (),
    source: str = "",
    simulated: bool = False,
) -> Observations | None:
    """Read a wide CSV table: one row a unit, one column a concept.

    Parameters
    ----------
    path : Path
        UTF-8 CSV; `,` with decimal point, or `;` with decimal comma as Vietnamese Excel writes it.
    catalogue : mapping of str to Concept
        Concepts that a column may name; ranges are checked against it.
    faults : Collector
        Every fault of the table is noted: row, column, found, expected.
    name : str, optional
        The file as the user knows it.
    known_units : collection of str, optional
        Codes that may appear; empty when any may.
    source, simulated
        See `Observations`.

    Returns
    -------
    Observations or None
        None after an error.
    """
    own = Collector(name or path.name)
    text = read_text(path, own)
    rows = csv_rows(text, own) if text is not None else []
    if not own.errors:
        header, body = rows[0][1], rows[1:]
        comma = ";" in text.split("\n", 1)[0] if text else False
        columns = _columns(header, catalogue, own)
        units = _units(header, body, known_units, own)
        value, status = _cells(columns, catalogue, body, own, decimal_comma=comma)
    faults.extend(own.faults)
    if own.errors:
        return None
    concepts = tuple(catalogue[concept] for concept in columns.values())
    return Observations(units, concepts, value, status, source, simulated)


def csv_rows(text: str, faults: Collector) -> list[tuple[int, list[str]]]:
    """Split CSV text into (line number, cells), the header first; ragged rows are faults."""
    delimiter = ";" if text.split("\n", 1)[0].count(";") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(f"dòng {line}", f"không đúng dạng CSV ({error})", "dấu ngoặc kép đóng mở đủ")
        return []
    if len(rows) < 2:
        faults.add("", "bảng không có dòng số liệu", "một dòng tiêu đề và ít nhất một dòng nữa")
        return []
    width = len(rows[0][1])
    for line, cells in rows[1:]:
        if len(cells) != width:
            faults.add(f"dòng {line}", f"có {len(cells)} ô", f"{width} ô như dòng tiêu đề")
    return rows


def _columns(header: list[str], catalogue: Catalogue, faults: Collector) -> dict[int, str]:
    """Concept of each column, by position."""
    if "unit" not in header:
        faults.add("dòng 1", "không có cột “unit”", "cột mã đơn vị tên là unit")
    for label in sorted({label for label in header if header.count(label) > 1}):
        faults.add("dòng 1", f"cột {quoted(label)} lặp lại", "mỗi cột một lần")
    columns: dict[int, str] = {}
    for position, label in enumerate(header):
        if label in catalogue:
            columns[position] = label
        elif label not in ("unit", *ATTRIBUTES):
            known = [*ATTRIBUTES, *catalogue]
            faults.add(
                f"dòng 1, cột {position + 1}", f"cột lạ {quoted(label)}", nearest(label, known)
            )
    if not columns:
        faults.add("dòng 1", "không có cột số liệu nào", "ít nhất một mã khái niệm trong danh mục")
    return columns


def _units(
    header: list[str],
    body: list[tuple[int, list[str]]],
    known: Collection[str],
    faults: Collector,
) -> pd.DataFrame:
    """Table of units; duplicate, unknown and unprintable ones are faults."""
    position = {label: header.index(label) for label in ("unit", *ATTRIBUTES) if label in header}
    seen: dict[str, int] = {}
    records = []
    for line, cells in body:
        record = {label: cells[at] for label, at in position.items() if at < len(cells)}
        code = record.get("unit")
        if code is None:
            continue  # no such column, or a row too short: noted already
        if not code:
            faults.add(f"dòng {line}, cột unit", "để trống", "mã đơn vị")
        elif code in seen:
            expected = "mỗi đơn vị một dòng"
            faults.add(
                f"dòng {line}, cột unit", f"{quoted(code)} đã có ở dòng {seen[code]}", expected
            )
        elif known and code not in known:
            faults.add(f"dòng {line}, cột unit", f"đơn vị lạ {quoted(code)}", nearest(code, known))
        for label, text in record.items():
            if has_control_characters(text):
                faults.add(f"dòng {line}, cột {label}", "có ký tự điều khiển", "văn bản in được")
        seen.setdefault(code, line)
        records.append(record)
    frame = pd.DataFrame(records, columns=list(position), dtype=object)
    if "name" not in frame and "unit" in frame:
        frame["name"] = frame["unit"]
    return frame.set_index("unit") if "unit" in frame else frame


def _cells(
    columns: dict[int, str],
    catalogue: Catalogue,
    body: list[tuple[int, list[str]]],
    faults: Collector,
    *,
    decimal_comma: bool,
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Numbers and statuses; every cell that is neither is a fault."""
    value = np.full((len(body), len(columns)), np.nan, order="F")
    status = np.full((len(body), len(columns)), Status.MISSING, dtype=np.uint8, order="F")
    for column, (position, concept_id) in enumerate(columns.items()):
        concept = catalogue[concept_id]
        for row, (line, cells) in enumerate(body):
            if position >= len(cells):
                continue
            place = f"dòng {line}, cột {concept_id}"
            kind, number = read_cell(cells[position], concept, place, faults, decimal_comma)
            status[row, column], value[row, column] = kind, number
    return value, status


_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?\d+(?:,\d+)?")


def read_cell(
    text: str, concept: Concept, place: str, faults: Collector, decimal_comma: bool = False
) -> tuple[Status, float]:
    """Read one cell: a status word, a number, or "KMC" followed by the number claimed.

    Parameters
    ----------
    text : str
        What stands in the cell.
    concept : Concept
        What the cell reports; its range is checked.
    place : str
        The cell as the user finds it.
    faults : Collector
        Where a fault is noted.
    decimal_comma : bool
        Whether numbers are written with a comma.

    Returns
    -------
    (Status, float)
        NaN where there is no number.
    """
    word, _, rest = text.partition(" ")
    status = STATUS_WORDS.get(word.upper())
    if status is not None and (not rest or status is Status.NO_EVIDENCE):
        if not rest:
            return status, math.nan
        text = rest.strip()
    else:
        status = Status.OBSERVED
    low, high = concept.bounds
    if not (_COMMA if decimal_comma else _PLAIN).fullmatch(text):
        mark = "dấu phẩy" if decimal_comma else "dấu chấm"
        expected = f"một số ({mark} thập phân), hoặc để trống, KAD, KPS, KMC"
        faults.add(place, f"có {quoted(text)}", expected)
        return status, math.nan
    number = float(text.replace(",", "."))
    whole = concept.measure in ("yes_no", "category")
    if not low <= number <= high or math.isinf(number) or (whole and number != int(number)):
        kind = "số nguyên" if whole else "số"
        expected = f"{kind} từ {low:g} đến {high:g} ({concept.unit})"
        faults.add(place, f"có {quoted(text)}", expected)
        return status, math.nan
    return status, number
