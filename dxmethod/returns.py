"""Observations from what units send back: one file or a folder of them, strictly or in part."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .concepts import Catalogue
from .documents import has_control_characters
from .entries import CellFault, Checked, Notes
from .faults import Fault, Faults, quoted
from .framework import Framework
from .layout import (
    HEADERS,
    Layout,
    Source,
    body_rows,
    concept_order,
    find_layout,
    form_head,
    long_entries,
    wide_entries,
)
from .observations import ATTRIBUTES, Observations
from .opening import SUFFIXES, Sheet, open_sheets
from .personal import has_personal_number
from .placing import Arrays
from .register import Register
from .rounds import STAGES, Round, Stage
from .scrutiny import check
from .sheets import squeeze
from .vietnamese import nfc

MARKED = "-loi.xlsx"
_OURS = {"đọc trước", "danh mục", "lỗi"}
_IGNORED = {".pdf", ".doc", ".docx", ".jpg", ".jpeg", ".png", ".zip", ".rar", ".txt", ".md", ".yml"}
_COLUMNS = ("tệp", "trang", "hàng", "cột", "đơn vị", "khái niệm", "thấy", "cần", "mức")


@dataclass(frozen=True, eq=False)
class Loaded:
    """What was read, and what was not.

    Attributes
    ----------
    round : Round
        Observations at each stage.
    found : tuple of Fault
        Warnings; with `exclude_faulty` also the errors of what was left out.
    repaired : tuple of Fault
        What was mended: where, what stood there, what was read instead.
    excluded : tuple of str
        Units left out for their errors.
    refused : tuple of str
        Files of which nothing was read.
    absent : tuple of str
        Units of the units table that sent nothing.
    copies : tuple of Path
        Marked copies beside the senders' files.
    """

    round: Round
    found: tuple[Fault, ...] = ()
    repaired: tuple[Fault, ...] = ()
    excluded: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    copies: tuple[Path, ...] = ()

    def observations(self, stage: Stage = "final") -> Observations:
        """Observations as they stand at a stage. See `Round.at`."""
        return self.round.at(stage)

    @property
    def faults(self) -> pd.DataFrame:
        """Table of what was found. See `fault_table`."""
        return fault_table(self.found)


class FaultyReturns(Faults):
    """Faults of what units sent, and the marked copies in which their cells are coloured.

    Parameters
    ----------
    faults : iterable of Fault
    copies : tuple of Path
        Copies written beside the senders' files.
    """

    def __init__(self, faults: Iterable[Fault], copies: tuple[Path, ...]) -> None:
        super().__init__(faults)
        self.copies = copies


def fault_table(faults: Sequence[Fault]) -> pd.DataFrame:
    """Lay faults out as a table.

    Parameters
    ----------
    faults : sequence of Fault

    Returns
    -------
    DataFrame
        Columns tệp, trang, hàng, cột, đơn vị, khái niệm, thấy, cần, mức; "" where nothing is known.
    """
    rows = []
    for fault in faults:
        cell = fault if isinstance(fault, CellFault) else None
        column = fault.place if cell is None else cell.header
        rows.append(
            (fault.file, cell.sheet if cell else "", cell.row or "" if cell else "", column,
             cell.unit if cell else "", cell.concept if cell else "",
             fault.found, fault.expected, fault.severity)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)


def is_wide(path: Path) -> bool:
    """Tell a CSV table of one row a unit from what only `load_observations` reads."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return not path.exists()  # whoever reads it strictly says that it is not there
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        head = {squeeze(cell) for cell in re.split("[;,\t]", stream.readline(100_000))}
    return not {squeeze(name) for name in HEADERS["concept"]} & head


def load_observations(
    path: Path,
    catalogue: Catalogue,
    *,
    framework: Framework | None = None,
    units: pd.DataFrame | None = None,
    stage: Stage = "self",
    round_name: str = "",
    exclude_faulty: bool = False,
    source: str = "",
    simulated: bool = False,
    progress: bool = False,
    mark: bool = True,
) -> Loaded:
    """Read what units sent: filled forms, wide or long tables, XLSX, CSV or Parquet.

    Parameters
    ----------
    path : Path
        A file, or a folder of them. Nothing else is opened; the files stay as they are.
    catalogue : mapping of str to Concept
        Concepts that may be reported; ranges are checked against it.
    framework : Framework, optional
        Whose forms these are: its concepts come first, its window is what values must be of.
    units : DataFrame, optional
        Units that may report, indexed by code, columns `name`, `stratum`, `province`, `unit_class`.
        Without it any code may appear.
    stage : {"self", "verified", "final"}
        Stage of values whose table does not say.
    round_name : str
        Which round to take where a table holds several.
    exclude_faulty : bool
        Whether to go on without the units and files that have errors.
    source, simulated
        See `Observations`.
    progress : bool
        Whether to show a progress bar over the files.
    mark : bool
        Whether to write, beside each file with faults, a copy ``NAME-loi.xlsx`` in which the cells
        are coloured and commented and personal data are blank.

    Returns
    -------
    Loaded

    Raises
    ------
    Faults
        With every fault of every file, when any is an error and faulty units are not excluded, or
        when nothing is left without them.
    """
    path = Path(path)
    load = _Load(catalogue, framework, units, Source(
        catalogue, STAGES.index(stage), framework.id if framework else "", round_name
    ))  # fmt: skip
    files = _files(path, load.notes)
    if progress and len(files) > 1:
        from tqdm import tqdm

        shown = tqdm(files, desc="Đọc số liệu", unit="tệp", leave=False)
    else:
        shown = files
    for file, name in shown:
        with _collector_paused():
            load.read(file, name)
    load.compare()
    notes = load.notes
    notes.faults.sort(key=_order)
    if notes.more:
        notes.add("", f"còn {notes.more} lỗi, cảnh báo khác", "sửa những chỗ đã nêu rồi đọc lại")
    copies = _mark(load, files) if mark else ()
    if notes.errors and not exclude_faulty:
        raise FaultyReturns(notes.faults, copies)
    faulty = notes.faulty
    result = load.join(faulty, source or path.name, simulated)
    if result is None:
        if not notes.errors:
            notes.add("", "không có giá trị nào của đơn vị nào", "bảng số liệu đã điền")
        raise Faults(notes.faults)
    kept = result.stages[next(iter(result.stages))].units.index
    known = list(units.index) if units is not None else []
    return Loaded(
        round=result,
        found=tuple(notes.faults),
        repaired=tuple(notes.repaired),
        excluded=tuple(sorted(faulty & (set(load.seen) | set(known)) - set(kept))),
        refused=tuple(load.refused),
        absent=tuple(code for code in known if code not in load.seen),
        copies=copies,
    )


def _files(path: Path, notes: Notes) -> list[tuple[Path, str]]:
    """Files to read, by the names under which their faults are told."""
    if not path.is_dir():
        return [(path, path.name)]
    found = []
    for item in sorted(path.rglob("*")):
        name = item.relative_to(path).as_posix()
        kind = item.suffix.lower()
        if item.name.startswith(("~$", ".")) or item.name.endswith(MARKED) or item.is_dir():
            continue
        if item.is_symlink():
            notes.add("", "là liên kết tới nơi khác: bỏ qua", "tệp thật", file=name)
        elif kind in SUFFIXES or kind in (".xls", ".xlsm", ".xlsb", ".ods"):
            found.append((item, name))
        else:
            said = "không phải bảng số liệu: bỏ qua"
            severity: Any = "cảnh báo"
            notes.add("", said, "", severity=severity, file=name)
    if not found:
        notes.add("", "thư mục không có bảng số liệu nào", "tệp .xlsx hoặc .csv", file=path.name)
    return found


def _mark(load: _Load, files: Sequence[tuple[Path, str]]) -> tuple[Path, ...]:
    """Write a marked copy of every file in whose cells something is wrong."""
    from .marking import write_marked

    by_file: dict[str, list[CellFault]] = {}
    for fault in load.notes.faults:
        if isinstance(fault, CellFault):
            by_file.setdefault(fault.file, []).append(fault)
    copies = []
    for path, name in files:
        if name in by_file:
            copy = write_marked(path, by_file[name], load.blank.get(name, {}), load.notes, name)
            copies += [copy] if copy else []
    return tuple(copies)


class _Load:
    """Gathers checked tables file by file."""

    def __init__(
        self,
        catalogue: Catalogue,
        framework: Framework | None,
        units: pd.DataFrame | None,
        source: Source,
    ) -> None:
        self.catalogue, self.framework, self.source = catalogue, framework, source
        self.notes = Notes()
        self.register = Register(units)
        self.checked: list[Checked] = []
        self.refused: list[str] = []
        self.blank: dict[str, dict[str, tuple[int, tuple[int, ...]]]] = {}
        self.seen: dict[str, dict[str, str]] = {}

    def read(self, path: Path, name: str) -> None:
        """Read one file; a file without any table is a fault."""
        self.notes.file = name
        before = len(self.checked)
        sheets = open_sheets(path, self.notes)
        for sheet in sheets:
            self.sheet(sheet)
        if sheets and len(self.checked) == before and not self._told(name):
            found = "không nhận ra phiếu hay bảng số liệu nào"
            self.notes.add("", found, "phiếu do dxmethod lập, hoặc bảng có cột “unit” (mã đơn vị)")
        if len(self.checked) == before:
            self.refused.append(name)

    def _told(self, name: str) -> bool:
        return any(fault.file == name for fault in self.notes.errors)

    def sheet(self, sheet: Sheet) -> None:
        """Read one sheet; one that holds no table is said to be left out."""
        if squeeze(sheet.name) in _OURS or not any(any(c != "" for c in r) for r in sheet.rows):
            return
        layout = find_layout(sheet, self.catalogue, self.notes)
        if layout is None:
            if not self._told(self.notes.file):
                said, severity = "không nhận ra bảng số liệu: bỏ qua trang này", "cảnh báo"
                self.notes.add(f"trang {sheet.name}", said, "", severity=severity)  # type: ignore[arg-type]
            return
        if sheet.hidden:
            self.notes.add(f"trang {sheet.name}", "trang bị ẩn", "cho hiện trang, hoặc xóa hẳn")
            return
        if layout.blank:
            held = self.blank.setdefault(self.notes.file, {})
            held[sheet.name] = (layout.top, layout.blank)
        rows = body_rows(sheet, layout, self.notes)
        above = form_head(sheet, layout) if layout.kind == "form" else {}
        codes = self.units(sheet, layout, rows, above)
        if layout.kind == "wide":
            kept = [(at, code) for at, code in zip(rows, codes, strict=True) if code]
            if not layout.concepts:
                return
            entries = wide_entries(
                sheet, layout, [at for at, _ in kept], [code for _, code in kept],
                self.source, self.notes.file,
            )  # fmt: skip
        else:
            self.one_round(sheet, layout, rows, above)
            entries = long_entries(sheet, layout, rows, codes, self.source, self.notes, above)
            if layout.kind == "form":
                self.complete(sheet, layout, above, [c.id for c in entries.concepts], codes)
        if len(entries.row):
            self.checked.append(check(entries, self.notes))
        elif not self._told(self.notes.file):
            found, wanted = "bảng không có hàng số liệu nào", "ít nhất một hàng có mã số liệu"
            self.notes.at(sheet, layout.top, -1, found, wanted)

    def one_round(
        self, sheet: Sheet, layout: Layout, rows: Sequence[int], above: Mapping[str, str]
    ) -> None:
        """Values of several rounds are not mixed unless one was asked for."""
        at = layout.columns.get("round")
        if at is None or self.source.round_name:
            return
        named = sorted({str(sheet.rows[row][at]).removesuffix(".0") for row in rows} - {""})
        if len(named) > 1:
            listed = ", ".join(map(quoted, named[:6]))
            self.notes.add("", f"có {len(named)} đợt: {listed}", "nêu đợt cần đọc (round)")

    def complete(
        self,
        sheet: Sheet,
        layout: Layout,
        above: Mapping[str, str],
        asked: Sequence[str],
        codes: Sequence[str],
    ) -> None:
        """A form is of the framework, and has all its rows."""
        if self.framework is None or not codes or not codes[0]:
            return
        unit = codes[0]
        named = above.get("framework", "")

        if named and named != self.framework.id:
            found = f"phiếu của khung {quoted(named)}"
            wanted = f"phiếu của khung “{self.framework.id}”"
            self.notes.at(sheet, layout.top, -1, found, wanted, unit=unit)
        lacking = [name for name in self.framework.concepts if name not in set(asked)]
        if lacking and (not named or named == self.framework.id):
            listed = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
            found, wanted = f"phiếu thiếu {len(lacking)} hàng: {listed}", "đủ hàng như phiếu gốc"
            self.notes.at(sheet, layout.top, -1, found, wanted, "cảnh báo", unit=unit)

    def units(
        self, sheet: Sheet, layout: Layout, rows: Sequence[int], above: Mapping[str, str]
    ) -> list[str]:
        """Code of each row's unit, "" where it cannot be told; what is said of units is kept."""
        notes, held = self.notes, layout.columns
        if layout.kind == "form":
            places: Sequence[int] = [layout.top]
            at, raw = 0, [above.get("unit", "")]
            said = {key: [above[key]] for key in ATTRIBUTES if key in above}
        else:
            places, at = rows, held["unit"]
            raw = [sheet.rows[row][at] for row in rows]
            said = {key: [_plain(sheet.rows[row][held[key]]) for row in rows]
                    for key in ATTRIBUTES if key in held}  # fmt: skip
        codes = self.register.resolve(sheet, places, at, raw, above.get("name", ""), notes)
        if layout.kind == "wide":
            codes = self.once(sheet, rows, at, codes)
        for key, texts in said.items():
            joined = "|".join(texts)
            if not joined.isprintable() or has_personal_number(joined):
                self.unprintable(sheet, places, held.get(key, 0), codes, texts)
        for number, code in enumerate(codes):
            if code and code not in self.seen:
                told = {key: texts[number] for key, texts in said.items() if texts[number]}
                if self.register.known:
                    told |= self.known(sheet, places[number], code, told)
                self.seen[code] = told
        return codes * len(rows) if layout.kind == "form" else codes

    def once(self, sheet: Sheet, rows: Sequence[int], at: int, codes: list[str]) -> list[str]:
        """A unit has one row; the values of a second one are not read."""
        if len(set(codes)) == len(codes):
            return codes
        first: dict[str, int] = {}
        result = []
        for row, code in zip(rows, codes, strict=True):
            if code and first.setdefault(code, row) != row:
                found = f"đơn vị {quoted(code)} đã có ở dòng {sheet.lines[first[code]]}"
                self.notes.at(sheet, row, at, found, "mỗi đơn vị một dòng", unit=code)
                code = ""
            result.append(code)
        return result

    def unprintable(
        self, sheet: Sheet, rows: Sequence[int], at: int, codes: Sequence[str], texts: list[str]
    ) -> None:
        """Drop what no report may print."""
        for number, (row, code) in enumerate(zip(rows, codes, strict=True)):
            if has_control_characters(texts[number]) or has_personal_number(texts[number]):
                found = "có ký tự điều khiển hoặc dữ liệu cá nhân"
                self.notes.at(sheet, row, at, found, "tên, loại của đơn vị", unit=code)
                texts[number] = ""

    def known(self, sheet: Sheet, row: int, code: str, told: Mapping[str, str]) -> dict[str, str]:
        """What the units table says; another name under the same code is worth a warning."""
        known = self.register.attributes(code)
        name, said = known.get("name", ""), told.get("name", "")
        if name and said and squeeze(name) != squeeze(said):
            wanted = f"“{name}” theo mã {code}"
            self.notes.at(sheet, row, -1, f"tên {quoted(said)}", wanted, "cảnh báo", unit=code)
        return known

    def compare(self) -> None:
        """Look across tables: the same value twice, two scales in one column, odd verifications."""
        from . import agreement

        agreement.check_window(self.checked, self.framework, self.notes)
        agreement.check_twice(self.checked, self.notes)
        agreement.check_scales(self.checked, self.notes)
        agreement.check_stages(self.checked, self.notes)

    def join(self, faulty: set[str], source: str, simulated: bool) -> Round | None:
        """Put every value in its place; None when no unit is left."""
        codes = [code for code in self.register.known or self.seen if code in self.seen]
        codes = [code for code in codes if code not in faulty]
        concepts = concept_order(
            [concept for table in self.checked for concept in table.entries.concepts],
            self.framework.concepts if self.framework else (),
        )
        if not codes or not concepts:
            return None
        said = {
            label: [self.seen[code].get(label, code if label == "name" else None) for code in codes]
            for label in ATTRIBUTES
        }
        kept = {label: texts for label, texts in said.items() if any(texts)}
        units = pd.DataFrame(kept, index=pd.Index(codes, dtype=object), dtype=object)
        place = {code: at for at, code in enumerate(codes)}
        column = {concept.id: at for at, concept in enumerate(concepts)}
        stages: dict[Stage, Arrays] = {}
        for item in self.checked:
            for at, name in enumerate(STAGES):
                mine = item.entries.stage == at
                if mine.any():
                    arrays = stages.setdefault(name, Arrays((len(codes), len(concepts))))
                    arrays.put(item, mine, place, column, name)
        if not stages:
            return None
        return Round({
            name: Observations(
                units, tuple(concepts), arrays.value, arrays.status, source, simulated,
                arrays.numerator, arrays.denominator, arrays.frame(),
            )
            for name, arrays in sorted(stages.items(), key=lambda item: STAGES.index(item[0]))
        })  # fmt: skip


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause Python's collector: a file's cells are new, many and free of circles."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _plain(cell: Any) -> str:
    return nfc(cell).strip() if isinstance(cell, str) else str(cell)


def _order(fault: Fault) -> tuple[str, str, int, int]:
    """Faults of a file in the order of its cells."""
    if isinstance(fault, CellFault):
        return fault.file, fault.sheet, fault.row, fault.column
    return fault.file, "", 0, 0
