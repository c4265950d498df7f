"""What may be written into a form's cells: lists, ranges, prompts and error texts in Vietnamese."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .concepts import Concept
from .entries import factor, said_number

STATUSES = ("Có số liệu", "KAD – không áp dụng", "KPS – không phát sinh", "KMC – không minh chứng")


def range_of(concept: Concept) -> str:
    """What may be written, for the head of a column and for prompts."""
    low, high = concept.bounds
    if concept.measure == "yes_no":
        return "Có / Không"
    if concept.measure == "category":
        return f"số từ 0 đến {high:g}"
    if math.isinf(high):
        return concept.unit if math.isinf(low) else f"{concept.unit}, từ {said_number(low)}"
    return f"{concept.unit}, {said_number(low)}–{said_number(high)}"


class Validations:
    """Data validations of one sheet, each kind once."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.made: dict[tuple[Any, ...], Any] = {}

    def make(self, title: str, prompt: str, error: str, **rule: Any) -> Any:
        """Make a rule, or find the same one again."""
        from openpyxl.worksheet.datavalidation import DataValidation

        key = (title, prompt, error, *rule.values())
        if key not in self.made:
            check = DataValidation(allow_blank=True, showErrorMessage=True, **rule)
            check.showInputMessage = True
            check.promptTitle, check.prompt = title[:32], prompt[:255]
            check.errorTitle, check.error = "Chưa đúng", error[:255]
            self.sheet.add_data_validation(check)
            self.made[key] = check
        return self.made[key]

    def list(self, choices: Sequence[str], title: str, error: str = "") -> Any:
        """A choice from a list."""
        listed = '"' + ",".join(choices) + '"'
        error = error or "Chọn một trong danh sách: " + "; ".join(choices) + "."
        return self.make(title, "Chọn trong danh sách.", error, type="list", formula1=listed)

    def of(self, key: str, concept: Concept, evidence: str, at: int) -> Any:
        """What may stand in a cell of a form; None when anything may."""
        if key == "status":
            return self.list(STATUSES, "Tình trạng")
        if key == "numerator":
            over = "" if concept.measure != "ratio" else f",OR(ISBLANK(F{at}),E{at}<=F{at})"
            return self.make(
                "Tử số (a)", concept.numerator, "Tử số là số không âm, không lớn hơn mẫu số.",
                type="custom", formula1=f"AND(ISNUMBER(E{at}),E{at}>=0{over})",
            )  # fmt: skip
        if key == "denominator":
            said = "Bằng 0 thì chọn tình trạng KPS. " + concept.denominator
            return self.make(
                "Mẫu số (b)", said, "Mẫu số là số không âm; bằng 0 thì chọn tình trạng KPS.",
                type="decimal", operator="greaterThanOrEqual", formula1="0",
            )  # fmt: skip
        if key == "evidence":
            said = evidence or "Số, ký hiệu, ngày của văn bản, hoặc tên hệ thống."
            return self.make("Minh chứng", said, "Không quá 500 ký tự.", type="textLength",
                             operator="lessThanOrEqual", formula1="500")  # fmt: skip
        return self.value(concept) if key == "value" else None

    def value(self, concept: Concept) -> Any:
        """What may stand in the cell of a value."""
        low, high = concept.bounds
        if concept.measure == "yes_no":
            return self.list(("Có", "Không"), "Có hoặc Không")
        if concept.measure == "category":
            places = [str(at) for at in range(len(concept.categories))]
            said = "; ".join(f"{at}: {name}" for at, name in enumerate(concept.categories))
            return self.list(places, said[:32] if len(said) < 33 else "Số của loại")
        bounds = {"operator": "between", "formula1": f"{low:g}", "formula2": f"{high:.15g}"}
        if math.isinf(high):
            bounds = {"operator": "greaterThanOrEqual", "formula1": f"{max(low, -1e15):g}"}
        said = f"Số theo đơn vị tính: {range_of(concept)}."
        if factor(concept) is not None:
            said += " Có a và b thì không cần ghi."
        return self.make(
            "Giá trị", said, f"Cần một số: {range_of(concept)}.", type="decimal", **bounds
        )

    def cell_or_word(self, concept: Concept, label: str, first: str) -> Any:
        """A number in range, a status word, or both: for tables without a column of statuses."""
        low, high = concept.bounds
        number = f"ISNUMBER({first})"
        if math.isfinite(low):
            number += f",{first}>={low:g}"
        if math.isfinite(high):
            number += f",{first}<={high:.15g}"
        words = ["KAD", "KPS", "KMC"] + (["Có", "Không"] if concept.measure == "yes_no" else [])
        word = ",".join(f'{first}="{item}"' for item in words)
        rule = f'OR(AND({number}),{word},LEFT({first},4)="KMC ")'
        said = f"{range_of(concept)}; hoặc KAD, KPS, KMC. {label}"
        error = f"Cần {range_of(concept)}; hoặc KAD, KPS, KMC; để trống nếu chưa có."
        return self.make("Số liệu", said, error, type="custom", formula1=rule)
