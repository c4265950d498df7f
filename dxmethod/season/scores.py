"""A filled scoring workbook read back: three stages, appeals, and every fault with its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..assessment import Assessment, assess
from ..check import check_units
from ..concepts import Catalogue
from ..entries import Checked, Entries, Notes
from ..faults import Fault, nearest, quoted
from ..framework import Framework
from ..observations import ATTRIBUTES, NOTES, Observations, Status
from ..opening import Sheet as Opened
from ..opening import open_sheets
from ..personal import is_personal
from ..rounds import STAGES, Round, Stage
from ..scrutiny import check
from . import plan as p
from .form import Form, at_cell, cell_words, day_words
from .plan import CODES, FIRST, Plan
from .scoring import make_plan
from .workbook import as_held

_TOLD = 5  # cells of one column told one by one
_MISSING = np.uint8(Status.MISSING)


@dataclass(frozen=True, eq=False)
class Scores:
    """What a scoring workbook holds.

    Attributes
    ----------
    plan : Plan
    round : Round
        Self-assessed values; verified ones and those changed after an appeal, where there are any.
    appeals : DataFrame
        One row an appeal: `unit`, `concept`, `asked`, `decision` ("" while it is open), `value`,
        `reason`, `date`; as they were written.
    source : str
    simulated : bool
    found : tuple of Fault
        Warnings.
    """

    plan: Plan
    round: Round
    appeals: pd.DataFrame
    source: str
    simulated: bool
    found: tuple[Fault, ...]

    @property
    def verified(self) -> bool:
        """Whether anything was verified; until then every result is a draft."""
        return "verified" in self.round.stages or "final" in self.round.stages

    def assessment(self, stage: Stage = "final") -> Assessment:
        """What the framework makes of the values at a stage."""
        return assess(self.plan.framework, self.round.at(stage))


def framework_id(path: Path) -> str:
    """Id of the framework that a scoring workbook says it is for.

    Raises
    ------
    Faults
        If the file is no scoring workbook.
    """
    notes = Notes(path.name)
    facts = _facts({sheet.name: sheet for sheet in open_sheets(path, notes)})
    if not notes.errors and not facts.get("Mã khung"):
        notes.add(f"trang {p.GUIDE}", "không có dòng Mã khung", "bảng chấm do dxmethod lập")
    notes.raise_errors()
    return facts["Mã khung"]


def load_scores(
    path: Path, framework: Framework, catalogue: Catalogue, units: pd.DataFrame | None = None
) -> Scores:
    """Read a scoring workbook, checking that it is still the one that was written.

    Parameters
    ----------
    path : Path
        As LibreOffice or Excel saved it.
    framework : Framework
        For which it was written.
    catalogue : mapping of str to Concept
    units : DataFrame, optional
        Units that it must hold, by code; by default those for which it was written.

    Returns
    -------
    Scores

    Raises
    ------
    Faults
        With every fault: sheets, rows, columns, headers, values, reasons, appeals, formulas.
    """
    notes = Notes(path.name)
    sheets = {sheet.name: sheet for sheet in open_sheets(path, notes)}
    notes.raise_errors()
    facts = _facts(sheets)
    if facts.get("Mã khung") != framework.id:
        found = f"bảng của khung {quoted(facts.get('Mã khung', ''))}"
        notes.add(f"trang {p.GUIDE}", found, f"bảng chấm của “{framework.id}”")
        notes.raise_errors()
    known = _units(sheets, framework, catalogue, facts, units, notes)
    for fault in check_units(framework, known, path.name):
        notes.faults.append(fault)
    notes.raise_errors()
    reader = _Reader(make_plan(framework, catalogue, known), sheets, facts, notes)
    return reader.read()


def _facts(sheets: Mapping[str, Opened]) -> dict[str, str]:
    """What the guide says of the workbook."""
    rows = sheets[p.GUIDE].rows[:12] if p.GUIDE in sheets else []
    return {str(row[0]): cell_words(row[1]) for row in rows if len(row) > 1}


def _listed(sheet: Opened) -> pd.DataFrame:
    """Units of a sheet with one row a unit, as its first columns say."""
    head = sheet.rows[CODES - 1] if len(sheet.rows) >= CODES else []
    at = {str(cell): place for place, cell in enumerate(head) if cell in ("unit", *ATTRIBUTES)}
    rows = [row for row in sheet.rows[FIRST - 1 :] if "unit" in at and row[at["unit"]] != ""]
    data = {key: [cell_words(row[place]) for row in rows] for key, place in at.items()}
    frame = pd.DataFrame(data, dtype=object)
    return frame.set_index("unit") if "unit" in frame else pd.DataFrame()


def _units(
    sheets: Mapping[str, Opened], framework: Framework, catalogue: Catalogue,
    facts: Mapping[str, str], units: pd.DataFrame | None, notes: Notes,
) -> pd.DataFrame:  # fmt: skip
    """The units for which the workbook was written: some sheet still lists them all."""
    concepts = [catalogue[name] for name in framework.concepts]
    tables = [table for sheet in sheets.values() if len(table := _listed(sheet))]
    for table in [*([] if units is None else [units]), *tables]:
        if p.fingerprint(framework, concepts, table) == facts.get("Mã bảng"):
            return table
    found = f"mã bảng {quoted(facts.get('Mã bảng', ''))} không khớp khung, danh sách đơn vị"
    wanted = (
        "bảng lập bằng đúng phiên bản khung và danh sách đơn vị này; nếu khung đã sửa, lập bảng mới"
    )
    notes.add(f"trang {p.GUIDE}", found, wanted)
    best = max(tables, key=len, default=pd.DataFrame()) if units is None else units
    if not len(best):
        notes.add("", "không còn danh sách đơn vị ở trang nào", "bảng chấm do dxmethod lập")
        notes.raise_errors()
    return best[~best.index.duplicated()]


class _Reader(Form):
    """Reads the values of one workbook, gathering every fault."""

    def read(self) -> Scores:
        """Check everything and read what is checked."""
        self.check_sheets()
        stages, reasons = self.values()
        appeals, final, why = self.appeals()
        self.formulas()
        found = self.join(stages, final, reasons, why)
        self.compare(found)
        if self.notes.more:
            self.notes.add(
                "", f"còn {self.notes.more} lỗi khác", "sửa những chỗ đã nêu rồi đọc lại"
            )
        self.notes.raise_errors()
        simulated = self.facts.get("Mô phỏng") == "Có"
        source = self.facts.get("Nguồn số liệu", "")
        return Scores(self.plan, found, appeals, source, simulated, tuple(self.notes.faults))

    def entries(
        self, sheet: Opened, cells: Sequence[tuple[int, int, int, int, int]]
    ) -> Checked | None:
        """Check cells given as (unit, concept, stage, row, column); None when there are none."""
        if not cells:
            return None
        unit, concept, stage, row, column = np.array(cells, dtype=np.int32).T
        raw = [at_cell(sheet, r, c) for _, _, _, r, c in cells]
        entries = Entries(
            self.notes.file, sheet, self.codes, unit, self.plan.concepts, concept, row,
            stage.astype(np.uint8), {"value": raw}, {"value": column},
        )  # fmt: skip
        checked = check(entries, self.notes)
        # What the reader understands and the formulas of the workbook do not.
        for at, cell in enumerate(raw):
            words = ("có", "không") if self.plan.concepts[concept[at]].measure == "yes_no" else ()
            plain = isinstance(cell, str) and cell.casefold() in words
            found = ""
            if isinstance(cell, bool) or (isinstance(cell, str) and cell != cell.strip()):
                found = f"có {quoted(cell)}"
            elif isinstance(cell, str) and checked.status[at] == Status.OBSERVED and not plain:
                found = f"có chữ {quoted(cell)}"
            elif cell != "" and (int(row[at]), int(column[at])) in sheet.traps.percents:
                found = "ô định dạng phần trăm"
            if found:
                wanted = "Có, Không" if words else "số (80 cho 80%, định dạng General)"
                self.notes.cell(entries, at, "value", found, f"{wanted}, KAD, KPS hoặc KMC")
        return checked

    def values(self) -> tuple[dict[Stage, Any], dict[tuple[str, str], str]]:
        """Arrays of values and statuses at two stages, and reasons by unit and concept."""
        shape = len(self.codes), len(self.plan.concepts)
        stages: dict[Stage, Any] = {
            name: (np.full(shape, np.nan, order="F"), np.full(shape, _MISSING, order="F"))
            for name in STAGES[:2]
        }
        if p.VALUES not in self.rows:
            return stages, {}
        sheet = self.sheets[p.VALUES]
        rows, columns = self.rows[p.VALUES], self.columns[p.VALUES]
        cells = [
            (unit, at, stage, rows[code], columns[f"{name}:{concept.id}"])
            for unit, code in enumerate(self.codes) if code in rows
            for at, concept in enumerate(self.plan.concepts)
            for stage, name in enumerate(STAGES[:2]) if f"{name}:{concept.id}" in columns
        ]  # fmt: skip
        checked = self.entries(sheet, cells)
        if checked is not None:
            for at, (unit, concept, stage, _, _) in enumerate(cells):
                value, status = stages[STAGES[stage]]
                value[unit, concept] = as_held(checked.value[at])
                status[unit, concept] = checked.status[at]
        return stages, self.reasons(sheet, stages)

    def reasons(self, sheet: Opened, stages: Mapping[Stage, Any]) -> dict[tuple[str, str], str]:
        """Reasons of what was changed; one that is lacking, or unknown, is a fault."""
        found = {}
        (own, was), (later, now) = stages["self"], stages["verified"]
        changed = (now != _MISSING) & ((now != was) | ((own != later) & ~np.isnan(later)))
        rows, columns = self.rows[p.VALUES], self.columns[p.VALUES]
        for at, concept in enumerate(self.plan.concepts):
            column = columns.get(f"reason:{concept.id}")
            for unit, code in enumerate(self.codes):
                if column is None or code not in rows:
                    continue
                text = cell_words(at_cell(sheet, rows[code], column))
                wrong, wanted = "", ""
                if text and text not in p.REASONS:
                    wrong, wanted = f"có {quoted(text)}", nearest(text, p.REASONS)
                elif changed[unit, at] and not text:
                    wrong = "thẩm định khác tự chấm mà không có mã lý do"
                    wanted = "một trong: " + ", ".join(p.REASONS)
                if wrong:
                    self.notes.at(sheet, rows[code], column, wrong, wanted,
                                  header="mã lý do", unit=code, concept=concept.id)  # fmt: skip
                elif text and changed[unit, at]:
                    found[code, concept.id] = text
        return found

    def appeals(self) -> tuple[pd.DataFrame, Any, dict[tuple[str, str], str]]:
        """Appeals as written, the values that they changed, and why."""
        keys = [key for key, _, _ in p.APPEAL_COLUMNS[:-1]]
        shape = len(self.codes), len(self.plan.concepts)
        final = np.full(shape, np.nan, order="F"), np.full(shape, _MISSING, order="F")
        sheet = self.sheets.get(p.APPEALS)
        if sheet is None:
            return pd.DataFrame(columns=keys), final, {}
        units = {code: at for at, code in enumerate(self.codes)}
        names = {concept.id: at for at, concept in enumerate(self.plan.concepts)}
        records, cells = [], []
        why: dict[tuple[str, str], str] = {}
        for row in range(FIRST - 1, len(sheet.rows)):
            told = {
                key: day_words(at_cell(sheet, row, at)) if key == "date"
                else cell_words(at_cell(sheet, row, at)) for at, key in enumerate(keys)
            }  # fmt: skip
            if not any(told.values()):
                continue
            records.append(told)
            unit, name = told["unit"], told["concept"]
            if self.appeal(sheet, row, told, (unit, name) in why):
                cells.append((units[unit], names[name], 2, row, keys.index("value")))
                why[unit, name] = told["reason"]
        checked = self.entries(sheet, cells)
        for number, (place, concept, *_) in enumerate(cells):
            assert checked is not None
            final[0][place, concept] = as_held(checked.value[number])
            final[1][place, concept] = checked.status[number]
        return pd.DataFrame(records, columns=keys, dtype=object), final, why

    def appeal(self, sheet: Opened, row: int, told: Mapping[str, str], twice: bool) -> bool:
        """Check one appeal; whether it changes a value, which another may have changed before."""
        before = len(self.notes.faults)
        unit, name, decision = told["unit"], told["concept"], told["decision"]
        granted = decision in p.DECISIONS[:2]

        def fault(key: str, found: str, expected: str) -> None:
            at = [name for name, _, _ in p.APPEAL_COLUMNS].index(key)
            self.notes.at(sheet, row, at, found, expected, unit=unit)

        if unit not in self.codes:
            fault("unit", f"đơn vị lạ {quoted(unit)}", nearest(unit, self.codes))
        if name not in {concept.id for concept in self.plan.concepts}:
            fault("concept", f"có {quoted(name)}", nearest(name, self.plan.framework.concepts))
        if decision and decision not in p.DECISIONS:
            fault("decision", f"có {quoted(decision)}", nearest(decision, p.DECISIONS))
        if granted and not told["value"]:
            fault("value", "chấp nhận mà không có giá trị", "giá trị được chấp nhận")
        if decision and not granted and told["value"]:
            fault("value", "không chấp nhận mà có giá trị", "để trống")
        if decision and not told["reason"]:
            fault("reason", "có quyết định mà không có lý do", "mã lý do hoặc căn cứ")
        if is_personal(told["reason"]):
            fault("reason", "có dữ liệu cá nhân", "bỏ họ tên, số điện thoại, số định danh")
        if granted and twice:
            fault("unit", "hai quyết định cho một giá trị", "một quyết định chấp nhận")
        return granted and len(self.notes.faults) == before

    def join(
        self, stages: Mapping[Stage, Any], final: Any,
        reasons: Mapping[tuple[str, str], str], why: Mapping[tuple[str, str], str],
    ) -> Round:  # fmt: skip
        """Put the stages that say something together."""
        said = {"verified": reasons, "final": why}
        simulated = self.facts.get("Mô phỏng") == "Có"
        source = self.facts.get("Nguồn số liệu", "")
        made: dict[Stage, Observations] = {}
        every: dict[Stage, Any] = {**stages, "final": final}
        for name, (value, status) in every.items():
            if name != "self" and not (status != _MISSING).any():
                continue
            rows = [{"unit": u, "concept": c, "stage": name, "reason": text}
                    for (u, c), text in said.get(name, {}).items()]  # fmt: skip
            told = (
                pd.DataFrame(rows, columns=list(NOTES), dtype=object).fillna("") if rows else None
            )
            made[name] = Observations(
                self.plan.units, self.plan.concepts, value, status, source, simulated, notes=told
            )
        return Round(made)
