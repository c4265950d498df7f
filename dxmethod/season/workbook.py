"""The scoring workbook: values to fill in, formulas that score them, and nothing else to touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..faults import Fault, Faults
from ..observations import Observations, Status
from ..office import fill_cell, lines_needed, write_archive
from ..opening import letters
from ..rounds import STAGES, Round
from ..validations import Validations
from .expected import uncarried
from .formulas import ROW
from .guide import guide_lines, notices
from .plan import (
    APPEAL_COLUMNS,
    APPEALS,
    CODES,
    DECISIONS,
    FIRST,
    GUIDE,
    LABELS,
    NOTES,
    REASONS,
    RESULTS,
    THRESHOLDS,
    Column,
    Plan,
    Sheet,
    appeals_end,
    threshold_rows,
)

_FONT = "Times New Roman"
_NARROW = 1.22  # Times New Roman against the font that Excel counts widths in
_LINE = 14.6
_FILLS = {"input": "FFFFE5", "reason": "FFFFE5", "id": "", "formula": "", "verdict": "",
          "value": "EDEDED",
          "head": "D9E2F3", "code": "F7F7F7"}  # fmt: skip
_RED, _AMBER, _GREY = "F8CBAD", "FFE699", "7F7F7F"
_WORDS = {Status.NOT_APPLICABLE: "KAD", Status.NO_OCCURRENCE: "KPS", Status.NO_EVIDENCE: "KMC"}


def as_held(value: float) -> float:
    """A value with fourteen digits: one fewer than Excel's, which compares with a little room."""
    return float(f"{value:.14g}")


def write_workbook(
    plan: Plan,
    path: Path,
    found: Round | None = None,
    *,
    source: str = "",
    simulated: bool = False,
) -> None:
    """Write the scoring workbook of a plan.

    Parameters
    ----------
    plan : Plan
    path : Path
        The workbook.
    found : Round, optional
        Values to begin with: self-assessed, verified, and those changed after an appeal.
    source : str
        Where the values come from.
    simulated : bool
        Whether they are simulated; every sheet then says so.
    """
    from openpyxl import Workbook

    book = Workbook()
    looks = _Looks(book.active)
    said = " · ".join(notices(plan.framework, simulated))
    _guide(book.create_sheet(GUIDE), plan, source, simulated)
    filled = _filled(plan, found) | uncarried(plan, found) if found else {}
    for name in ordered(plan):
        page = book.create_sheet(name)
        if name == THRESHOLDS:
            _thresholds(page, plan, looks, said)
        elif name == APPEALS:
            _appeals(page, plan, looks, said, _appealed(plan, found))
        else:
            _table(page, plan, plan.sheets[name], looks, said, filled)
    book.remove(book.worksheets[0])
    book.active = 0
    book.calculation.fullCalcOnLoad = True
    content = BytesIO()
    book.save(content)
    write_archive(content.getvalue(), path, f"Bảng chấm – {plan.framework.title}")


def ordered(plan: Plan) -> list[str]:
    """Names of the sheets behind the guide, in the order of the tabs."""
    names = list(plan.sheets)
    return [*names[:2], APPEALS, *[THRESHOLDS] * bool(plan.framework.levels), *names[2:]]


class _Looks:
    """Styles made once and handed to every cell of their kind."""

    def __init__(self, sheet: Any) -> None:
        self.cell = sheet.cell(1, 1)
        self.made: dict[tuple[Any, ...], Any] = {}

    def put(self, cell: Any, look: str, shown: str = "General", size: int = 11) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

        key = look, shown, size
        if key not in self.made:
            line = Side(style="thin", color="A6A6A6")
            head, place = look in ("head", "code"), self.cell
            colour = _FILLS[look]
            place.fill = PatternFill("solid", fgColor=colour) if colour else PatternFill()
            grey = _GREY if look == "code" else "000000"
            place.font = Font(name=_FONT, size=size, bold=look == "head", color=grey)
            place.border = Border(line, line, line, line)
            sides = {"id": "left", "reason": "left", "head": "center", "code": "center"}
            side = sides.get(look, "center" if look == "verdict" else "right")
            place.alignment = Alignment(side, "center", wrap_text=head or look == "id")
            place.protection = Protection(locked=look not in ("input", "reason"))
            place.number_format = shown
            self.made[key] = copy(place._style)
        cell._style = copy(self.made[key])


def _table(
    page: Any, plan: Plan, sheet: Sheet, looks: _Looks, said: str, filled: Mapping[str, Any]
) -> None:
    """Write a sheet with one row a unit."""
    _top(page, plan, sheet.title, said)
    heads = [
        (c.label, c.note if c.number is None else c.number, c.code, c.width) for c in sheet.columns
    ]
    _heads(page, looks, heads)
    for at, column in enumerate(sheet.columns, 1):
        _cells(page, plan, column, at, looks, filled.get(column.code))
    _heights(page, sheet)
    _helped(page, plan, sheet)
    ids = sum(column.look == "id" for column in sheet.columns)
    page.freeze_panes = page.cell(FIRST, min(ids, 3) + 1)
    _set_up(page, f"{LABELS}:{CODES}", "A:B", wide=sheet.name != RESULTS)


def _heads(page: Any, looks: _Looks, heads: Sequence[tuple[str, str | float, str, float]]) -> None:
    """Write the three rows above a table: label, note, grey code; and the widths."""
    for at, (label, note, code, width) in enumerate(heads, 1):
        page.column_dimensions[letters(at - 1)].width = width
        for row, text in ((LABELS, label), (NOTES, note), (CODES, code)):
            cell = page.cell(row, at)
            fill_cell(cell, None if text == "" else text)
            looks.put(cell, "code" if row == CODES else "head", size=8 if row == CODES else 10)


def _cells(
    page: Any, plan: Plan, column: Column, at: int, looks: _Looks, given: Sequence[Any] | None
) -> None:
    """Write the cells of one column below its header."""
    if column.look == "id":
        known = plan.units.index if column.code == "unit" else plan.units[column.code]
        given = ["" if value is None or value != value else str(value) for value in known]
    for number in range(len(plan.units)):
        cell = page.cell(FIRST + number, at)
        if column.formula:
            cell.value = "=" + column.formula.replace(ROW, str(FIRST + number))
        elif given is not None and given[number] not in ("", None):
            fill_cell(cell, given[number])
        looks.put(cell, column.look, column.shown)


def _heights(page: Any, sheet: Sheet) -> None:
    """Join the header of the four columns of a value; make room for the longest header."""
    lines = 1
    at = 0
    while at < len(sheet.columns):
        column, wide = sheet.columns[at], 1
        if column.key[0] == "self":
            wide = 4
            first, last = (f"{letters(place)}{LABELS}" for place in (at, at + 3))
            page.merge_cells(f"{first}:{last}")
        width = sum(item.width for item in sheet.columns[at : at + wide])
        lines = max(lines, lines_needed(column.label, width, _NARROW))
        at += wide
    page.row_dimensions[LABELS].height = _LINE * min(lines, 9) + 4
    notes = max(lines_needed(c.note, c.width, _NARROW) for c in sheet.columns)
    page.row_dimensions[NOTES].height = _LINE * min(notes, 4) + 2
    page.row_dimensions[CODES].height = 24


def _helped(page: Any, plan: Plan, sheet: Sheet) -> None:
    """What may be typed, and colours that say where to look."""
    from openpyxl.formatting.rule import CellIsRule, FormulaRule
    from openpyxl.styles import PatternFill

    red, amber = (PatternFill(bgColor=colour) for colour in (_RED, _AMBER))
    checks = Validations(page)
    for at, column in enumerate(sheet.columns):
        cells = f"{letters(at)}{FIRST}:{letters(at)}{plan.last}"
        here, left, own = (f"{letters(max(at - back, 0))}{FIRST}" for back in (0, 1, 2))
        if column.look == "input" and column.concept is not None:
            if column.concept.measure == "yes_no":
                checks.list(("Có", "Không", "KAD", "KPS", "KMC"), column.label).add(cells)
            else:
                checks.cell_or_word(column.concept, column.label, here).add(cells)
        if column.key[0] == "verified":
            rule = FormulaRule([f'AND({here}<>"",{here}<>{left})'], fill=amber)
            page.conditional_formatting.add(cells, rule)
        elif column.key[0] == "reason":
            checks.list(tuple(REASONS), "Mã lý do").add(cells)
            rule = FormulaRule([f'AND({left}<>"",{left}<>{own},{here}="")'], fill=red)
            page.conditional_formatting.add(cells, rule)
        elif column.key[0] in ("met", "held", "points"):
            page.conditional_formatting.add(
                cells, FormulaRule([f"AND(ISNUMBER({here}),{here}=0)"], fill=red)
            )
        elif column.key[0] == "missing":
            page.conditional_formatting.add(cells, CellIsRule("greaterThan", ["0"], fill=amber))


def _thresholds(page: Any, plan: Plan, looks: _Looks, said: str) -> None:
    """Write requirements, one row an indicator, one column a level and stratum."""
    _top(page, plan, "NGƯỠNG CỦA TỪNG MỨC", said)
    strata = plan.strata
    rest = "khu vực khác" if len(strata) > 1 else "mọi khu vực"
    heads: list[tuple[str, str | float, str, float]] = [
        ("TT", "", "", 7), ("Chỉ tiêu", "", "", 52), ("Đơn vị tính", "", "", 11),
        ("Chiều", "", "", 7),
    ]  # fmt: skip
    for level in plan.framework.levels:
        heads += [(level.label, rest if name == "*" else name, "", 13) for name in strata]
    _heads(page, looks, [*heads, ("Mã chỉ tiêu", "", "", 22)])
    known = {concept.id: concept for concept in plan.concepts}
    for row, (item, cells) in enumerate(threshold_rows(plan.framework), FIRST):
        concept = known[item.concept]
        sign = "≥" if concept.sign > 0 else "≤"
        texts: list[Any] = [item.code, item.label, concept.unit, sign, *cells, item.id]
        for at, value in enumerate(texts, 1):
            cell = page.cell(row, at)
            fill_cell(cell, value)
            looks.put(cell, "id" if at < 5 else "code" if at == len(texts) else "formula")
        page.row_dimensions[row].height = _LINE * lines_needed(item.label, 52, _NARROW) + 2
    page.row_dimensions[LABELS].height = page.row_dimensions[NOTES].height = 2 * _LINE
    page.freeze_panes = page.cell(FIRST, 3)
    _set_up(page, f"{LABELS}:{CODES}", "A:B", wide=False)


def _appeals(
    page: Any, plan: Plan, looks: _Looks, said: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Write the sheet on which appeals are recorded, and beside it the codes of the values."""
    _top(page, plan, "PHÚC TRA: ĐỀ NGHỊ VÀ QUYẾT ĐỊNH", said)
    heads = [(label, "", key, width) for key, label, width in APPEAL_COLUMNS]
    listed = [("", 3), ("Mã số liệu", 26), ("Tên số liệu", 60), ("Đơn vị tính", 12)]
    _heads(page, looks, [*heads, *((label, "", "", width) for label, width in listed)])
    end = appeals_end(plan.last)
    if len(rows) > end - FIRST + 1:
        found, wanted = f"có {len(rows)} phúc tra", f"không quá {end - FIRST + 1}"
        raise Faults([Fault("", f"trang {APPEALS}", found, wanted)])
    for number in range(end - FIRST + 1):
        row = FIRST + number
        for at, (key, _, _) in enumerate(APPEAL_COLUMNS, 1):
            cell = page.cell(row, at)
            if key == "key":
                cell.value = f'=IF(AND(LEFT(D{row},9)="Chấp nhận",E{row}<>""),A{row}&"|"&B{row},"")'
            elif number < len(rows):
                fill_cell(cell, rows[number][at - 1])
            looks.put(cell, "code" if key == "key" else "reason", size=9 if key == "key" else 11)
    for row, concept in enumerate(plan.concepts, FIRST):
        for at, text in enumerate((concept.id, concept.label, concept.unit), 10):
            fill_cell(page.cell(row, at), text)
            looks.put(page.cell(row, at), "id")
    checks = Validations(page)
    codes = f"$J${FIRST}:$J${FIRST - 1 + len(plan.concepts)}"
    units = f"'{RESULTS}'!$A${FIRST}:$A${plan.last}"
    said = "Chọn trong danh sách."
    for letter, formula in (("A", units), ("B", codes)):
        checks.make("Mã", said, said, type="list", formula1=formula).add(
            f"{letter}{FIRST}:{letter}{end}"
        )
    checks.list(DECISIONS, "Quyết định").add(f"D{FIRST}:D{end}")
    page.row_dimensions[LABELS].height = 2 * _LINE
    page.freeze_panes = page.cell(FIRST, 3)
    page.print_area = f"A1:G{FIRST + max(len(rows), 20)}"
    _set_up(page, f"{LABELS}:{CODES}", "", wide=False)


def _top(page: Any, plan: Plan, title: str, said: str) -> None:
    """Title, fingerprint and what must be said."""
    from openpyxl.styles import Font

    for at, text, size, bold, colour in (
        (1, f"{title} – {plan.framework.title}", 13, True, "000000"),
        (2, f"Mã bảng {plan.mark}" + (f" · {said}" if said else ""), 10, bool(said), _GREY),
    ):
        cell = page.cell(at, 1)
        fill_cell(cell, text)
        cell.font = Font(
            name=_FONT, size=size, bold=bold, color="C00000" if at == 2 and said else colour
        )


def _set_up(page: Any, rows: str, columns: str, wide: bool = True) -> None:
    """Lock without a password, print on lying A4 with the header on every page."""
    page.protection.sheet = True
    page.protection.formatColumns = page.protection.formatRows = False
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.page_setup.fitToWidth = 0 if wide else 1
    page.sheet_properties.pageSetUpPr.fitToPage = not wide
    page.page_margins.left = page.page_margins.right = 0.4
    page.print_title_rows = rows
    if columns:
        page.print_title_cols = columns
    page.oddHeader.center.text = "&P"


def _guide(page: Any, plan: Plan, source: str, simulated: bool) -> None:
    """Write what to read first; the table at its head is read back."""
    from openpyxl.styles import Alignment, Font, PatternFill

    colours = {"Ô nền vàng": _FILLS["input"], "Nền cam": _AMBER, "Nền đỏ": _RED}
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 24, 76
    for row, (label, text) in enumerate(guide_lines(plan, source, simulated), 1):
        for at, value in enumerate((label, text), 1):
            cell = page.cell(row, at)
            fill_cell(cell, value or None)
            bold = row == 1 or at == 1
            cell.font = Font(name=_FONT, size=14 if row == 1 else 12, bold=bold)
            cell.alignment = Alignment(vertical="top", wrap_text=bool(text))
        page.row_dimensions[row].height = 17 * lines_needed(text, 76, _NARROW) + (row == 1) * 6
        if label in colours:
            page.cell(row, 1).fill = PatternFill("solid", fgColor=colours[label])
    _set_up(page, "1:1", "", wide=False)
    page.page_setup.orientation = "portrait"


def _filled(plan: Plan, found: Round) -> dict[str, list[Any]]:
    """Cells of the inputs by the code of their column."""
    cells: dict[str, list[Any]] = {}
    for stage in STAGES[:2]:
        observations = found.stages.get(stage)
        if observations is None:
            continue
        rows = observations.units.index.get_indexer(plan.units.index).tolist()
        for concept in plan.concepts:
            at = observations.position.get(concept.id)
            if at is None:
                continue
            texts = [cell_text(observations, row, at) if row >= 0 else "" for row in rows]
            if stage == "verified":  # what verification left as it was stays blank
                own = cells.get(f"self:{concept.id}", [""] * len(texts))
                texts = ["" if t == o else t for t, o in zip(texts, own, strict=True)]
            cells[f"{stage}:{concept.id}"] = texts
        for unit, name, reason in _reasons(observations):
            if unit in plan.units.index and name in plan.framework.concepts and stage == "verified":
                column = cells.setdefault(f"reason:{name}", [""] * len(plan.units))
                column[plan.units.index.get_loc(unit)] = reason
    return cells


def _reasons(observations: Observations) -> Iterator[tuple[str, str, str]]:
    notes = observations.notes
    if notes is not None and "reason" in notes:
        named = notes[notes["reason"] != ""]
        yield from zip(named["unit"], named["concept"], named["reason"], strict=True)


def cell_text(observations: Observations, row: int, column: int) -> str | float:
    """A value as its cell shows it: a number, a word, or KMC with the number claimed."""
    status, value = Status(observations.status[row, column]), observations.value[row, column]
    word = _WORDS.get(status, "")
    if np.isnan(value):
        return word
    if word:
        return f"{word} {as_held(float(value)):.14g}".replace(".", ",")
    if observations.concepts[column].measure == "yes_no":
        return "Có" if value else "Không"
    return as_held(float(value))


def _appealed(plan: Plan, found: Round | None) -> list[list[Any]]:
    """Rows of appeals: what changed after verification, and why."""
    final = found.stages.get("final") if found else None
    if found is None or final is None:
        return []
    own = found.at("self")
    rows = []
    for unit, name, reason in _reasons(final):
        if unit in plan.units.index and name in plan.framework.concepts:
            at, column = list(final.units.index).index(unit), final.position[name]
            asked, given = (cell_text(held, at, column) for held in (own, final))
            rows.append([unit, name, asked, DECISIONS[0], given, reason, None])
    return rows
