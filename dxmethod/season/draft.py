"""A plan in the making: the columns that say whose row it is, and those that hold values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..concepts import Concept
from ..framework import Framework, Indicator
from ..observations import ATTRIBUTES
from ..opening import letters
from ..validations import range_of
from . import formulas as f
from .formulas import ROW
from .plan import APPEALS, FIRST, ID_LABELS, RESULTS, VALUES, Column, Sheet, appeals_end


class Draft:
    """Sheets of one framework while their columns are drawn up.

    Parameters
    ----------
    framework : Framework
    concepts : mapping of str to Concept
        Those of the framework, in printed order.
    units : DataFrame
        By code.
    """

    def __init__(
        self, framework: Framework, concepts: Mapping[str, Concept], units: pd.DataFrame
    ) -> None:
        self.framework, self.concepts, self.policy = framework, concepts, framework.policy
        self.given = ["unit", *(name for name in ATTRIBUTES if name in units)]
        self.attributes = {name: f"${letters(at)}{ROW}" for at, name in enumerate(self.given)}
        self.last = FIRST - 1 + len(units)
        self.sheets: dict[str, Sheet] = {}
        self.uncarried: list[str] = []
        self.open(RESULTS, "KẾT QUẢ TỔNG HỢP")
        self.values()

    def open(self, name: str, title: str) -> Sheet:
        """Begin a sheet with the columns that say whose row it is."""
        widths = {"unit": 11.0, "name": 26.0}
        heads = [
            Column((key,), ID_LABELS[key], look="id", width=widths.get(key, 15.0))
            for key in self.given
        ]
        self.sheets[name] = Sheet(name, title, heads)
        return self.sheets[name]

    def values(self) -> None:
        """Four columns a concept: self, verified, reason, final."""
        sheet = self.open(VALUES, "SỐ LIỆU: TỰ CHẤM, THẨM ĐỊNH, KẾT QUẢ CUỐI CÙNG")
        codes = {item.concept: item.code for item in self.framework.indicators}
        end = appeals_end(self.last)
        keys, decided = (f"'{APPEALS}'!${letter}${FIRST}:${letter}${end}" for letter in "HE")
        for name, concept in self.concepts.items():
            label = f"{codes.get(name, '')} {concept.label} ({range_of(concept)})".strip()
            if concept.measure == "category":
                listed = [f"{at}: {word}" for at, word in enumerate(concept.categories)]
                label = f"{label}\n{'; '.join(listed)}"
            yes_no = concept.measure == "yes_no"
            shown = '[=1]"Có";[=0]"Không";General' if yes_no else "General"
            made: dict[str, Any] = {"look": "input", "concept": concept, "shown": shown}
            own = sheet.add(("self", name), label, "Tự chấm", **made)
            later = sheet.add(("verified", name), label, "Thẩm định", **made)
            sheet.add(("reason", name), label, "Lý do", look="reason", width=16.0)
            plain = f'IF({later}<>"",{later},IF({own}="","",{own}))'
            match = f'MATCH($A{ROW}&"|{name}",{keys},0)'
            final = f"IFERROR(INDEX({decided},{match}),{plain})"
            if yes_no:
                final = f'IF({final}="Có",1,IF({final}="Không",0,{final}))'
            sheet.add(("final", name), label, "Cuối cùng", final, shown=shown)

    def value(self, name: str) -> str:
        """Final value of a concept, as a cell."""
        return self.sheets[VALUES].cell("final", name)

    def number(self, name: str) -> str:
        """The number that counts of a concept's final value."""
        return f.number_of(self.value(name), self.policy)

    def out(self, item: Indicator, by_status: bool = True) -> list[str]:
        """Conditions under which an indicator leaves requirement and denominator."""
        words = f.excluded(self.value(item.concept), self.policy) if by_status else []
        return [*words, *f.outside(item, self.attributes)]

    def column(self, letter: str) -> str:
        """Range of a column's units."""
        return f"{letter}${FIRST}:{letter}${self.last}"


def named(item: Indicator) -> str:
    """Code and label of an indicator."""
    return f"{item.code} {item.label}".strip()
