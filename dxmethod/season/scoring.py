"""What stands where in a scoring workbook, drawn up from a framework: levels, totals, ranks."""

from __future__ import annotations

import pandas as pd

from ..concepts import Catalogue
from ..entries import said_number
from ..framework import Framework, Indicator, Level, by_stratum
from ..opening import letters
from ..structure import threshold_words
from . import formulas as f
from .draft import Draft, named
from .earning import add_points
from .formulas import ROW, literal
from .plan import FIRST, NOTES, POINTS, RESULTS, THRESHOLDS, VALUES, Plan, Sheet, strata_of

_PASS = '[=1]"Đạt";[=0]"Chưa";General'


def make_plan(framework: Framework, catalogue: Catalogue, units: pd.DataFrame) -> Plan:
    """Lay out the scoring workbook of a framework for some units.

    Parameters
    ----------
    framework : Framework
        With levels, points or neither: then values are gathered and nothing is scored.
    catalogue : mapping of str to Concept
        Every concept of the framework.
    units : DataFrame
        By code; columns of `ATTRIBUTES`.

    Returns
    -------
    Plan
    """
    concepts = tuple(catalogue[name] for name in framework.concepts)
    draft = Draft(framework, {concept.id: concept for concept in concepts}, units)
    for place, level in enumerate(framework.levels):
        _add_level(draft, place, level)
    if framework.has_points:
        add_points(draft)
    _add_results(draft)
    return Plan(framework, concepts, units, draft.sheets, tuple(dict.fromkeys(draft.uncarried)))


def _may_leave(draft: Draft) -> bool:
    """Whether anything can leave the requirements."""
    policy = draft.policy
    by_status = "excluded" in (policy.not_applicable, policy.no_occurrence)
    return by_status or any(item.applies_to for item in draft.framework.asked)


def _level_name(place: int) -> str:
    return f"Mức {place + 1}"


def _held(draft: Draft, level: str) -> str:
    """The cell that says whether a level is held."""
    place = [item.id for item in draft.framework.levels].index(level)
    return draft.sheets[_level_name(place)].cell("held", level)


def _add_level(draft: Draft, place: int, level: Level) -> None:
    """Add the sheet of a level: every requirement met or not, and whether the level is held."""
    framework = draft.framework
    sheet = draft.open(_level_name(place), f"MỨC {place + 1}: {level.label.upper()}")
    names = strata_of(framework)
    stratum = ""
    if len(names) > 1 and "stratum" in draft.attributes:
        listed = ",".join(literal(name) for name in names[:-1])
        known = f"MATCH({draft.attributes['stratum']},{{{listed}}},0)"
        formula = f"IFERROR({known},{len(names)})"
        stratum = sheet.add(("stratum-row",), "Cột ngưỡng", "", formula)
    base = len(sheet.columns) + 3
    asked = [item for item in framework.asked if level.id in item.required]
    at = {item.id: base + number for number, item in enumerate(asked)}
    cells = ",".join(f.runs(list(at.values())))
    for key, label, name in (("asked", "Số yêu cầu", "COUNT"), ("good", "Số đạt", "SUM")):
        sheet.add((key,), label, "", f"{name}({cells})" if at else "0", width=9.0)
    inside = [framework.below(rule.of) for rule in level.quorum]
    counted = [f.runs([at[item.id] for item in items if item.id in at]) for items in inside]
    mandatory = f.runs([at[name] for name in level.mandatory if name in at])
    after = _held(draft, level.after) if level.after else ""
    # The first column of results: a unit to which nothing applies holds no level.
    applicable = f"'{RESULTS}'!{letters(len(draft.given))}{ROW}" if _may_leave(draft) else ""
    formula = f.holds(level, counted, mandatory, after, applicable)
    shown = '[=1]"Đạt";[=0]"Chưa đạt";General'
    held = ("held", level.id)
    sheet.add(held, f"Mức {level.label}", "", formula, look="verdict", shown=shown, width=11.0)
    rows = {item.id: FIRST + number for number, item in enumerate(framework.asked)}
    first, end = (letters(4 + (place + more) * len(names) - more) for more in (0, 1))
    for item in asked:
        cut = f"'{THRESHOLDS}'!${end}${rows[item.id]}"
        if stratum:
            row = rows[item.id]
            cut = f"INDEX('{THRESHOLDS}'!${first}${row}:${end}${row},${stratum})"
        _add_requirement(draft, sheet, level.id, item, cut)


def _add_requirement(draft: Draft, sheet: Sheet, level: str, item: Indicator, cut: str) -> None:
    """Add a column: 1 where the requirement is met, 0 where not, or why it does not count."""
    concept, required = draft.concepts[item.concept], by_stratum(item.required[level])
    formula = f.met(draft.number(item.concept), cut, concept)
    if "*" not in required:
        formula = f'IF({cut}="","–",{formula})'
    formula = f.guarded(f.either(draft.out(item)), formula)
    words = " / ".join(dict.fromkeys(threshold_words(cut, concept) for cut in required.values()))
    if concept.measure in ("ratio", "number"):
        words += f" {concept.unit}"
    key = ("met", level, item.id)
    sheet.add(key, named(item), words, formula, look="verdict", shown=_PASS, width=11.0)


def _add_results(draft: Draft) -> None:
    """Add level, total, band and rank of every unit, and how far it was looked at."""
    sheet, framework = draft.sheets[RESULTS], draft.framework
    if framework.levels and _may_leave(draft):
        _add_applicable(draft, sheet)
    compared = ""
    if framework.levels:
        cells = [_held(draft, level.id) for level in framework.levels]
        highest = f"MAX({','.join(f'{place}*{cell}' for place, cell in enumerate(cells, 1))})"
        compared = sheet.add(("level",), "Mức", "0: chưa đạt", highest, width=9.0)
        labels = ",".join(literal(level.label) for level in framework.levels)
        formula = f'CHOOSE({compared}+1,"Chưa đạt",{labels})'
        sheet.add(("level-label",), "Mức độ", "", formula, look="verdict", width=16.0)
    if framework.has_points:
        compared = _add_total(draft, sheet)
    if compared:
        _add_rank(draft, sheet, compared)
    first, last = letters(len(draft.given)), letters(len(draft.sheets[VALUES].columns) - 1)
    for key, label, said, test in (
        ("missing", "Chưa có số liệu", "Cuối cùng", '=""'),
        ("checked", "Giá trị thẩm định", "Thẩm định", '<>""'),
    ):
        heads, row = (f"'{VALUES}'!{first}{at}:{last}{at}" for at in (f"${NOTES}", ROW))
        formula = f'SUMPRODUCT(({heads}="{said}")*({row}{test}))'
        sheet.add((key,), label, "số ô", formula, width=11.0)


def _add_applicable(draft: Draft, sheet: Sheet) -> None:
    """Count the requirements of every level that apply."""
    asked, left = 0, ""
    for place in range(len(draft.framework.levels)):
        name = _level_name(place)
        columns = draft.sheets[name].columns
        places = [at for at, column in enumerate(columns) if column.key[0] == "met"]
        asked += len(places)
        for cells in f.runs(places):
            left += f"-COUNTIF('{name}'!{cells},\"{f.OUT}\")"
    sheet.add(("applicable",), "Số yêu cầu áp dụng", "mọi mức", f"{asked}{left}", width=11.0)


def _add_total(draft: Draft, sheet: Sheet) -> str:
    """Add total, what is compared, and band; the cell that is ranked."""
    framework, points = draft.framework, draft.sheets[POINTS]
    earned, full = (points.cell(key, framework.tree.id) for key in ("earned", "full"))
    whole = literal(framework.maximum)
    total = f"IF({full}={whole},{earned},{earned}*{whole}/{full})"
    for item in framework.indicators:
        if item.most and item.role != "scored":
            sign = "+" if item.role == "bonus" else "-"
            total += f"{sign}SUM({points.cell('points', item.id)})"
    note = f"tối đa {said_number(framework.maximum)}"
    total = f'IF({full}=0,"",{total})'
    at = sheet.add(("total",), "Tổng điểm", note, total, shown="0.00##", width=11.0)

    def known(formula: str) -> str:
        return f'IF({at}="","",{formula})'

    rounded = known(f.rounded(at, framework.rounding, "rank"))
    compared = sheet.add(("compared",), "Điểm xếp hạng", "đã làm tròn", rounded, width=11.0)
    if framework.bands:
        score = f.rounded(at, framework.rounding, "band")
        if framework.band_scale == "percent":
            score = f"ROUND(100*{score}/{whole},9)"
        score = sheet.add(("classified",), "Điểm xếp loại", "", known(score), width=11.0)
        formula = known(f.banded(score, framework.bands))
        sheet.add(("band",), "Xếp loại", "", formula, look="verdict", width=18.0)
    return compared


def _add_rank(draft: Draft, sheet: Sheet, compared: str) -> None:
    """Add the rank; where ranks go on 1-2-2-3, among results of which each stands once."""
    letter, dense = compared.removesuffix(ROW), draft.policy.ties == "dense"
    if dense:
        first = f'IF(COUNTIF({letter}${FIRST}:{compared},{compared})=1,{compared},"")'
        formula = f'IF({compared}="","",{first})'
        letter = sheet.add(("distinct",), "Kết quả khác nhau", "", formula).removesuffix(ROW)
    formula = f'IF({compared}="","",RANK({compared},{draft.column(letter)}))'
    sheet.add(("rank",), "Hạng", "1-2-2-3" if dense else "1-2-2-4", formula, width=8.0)
