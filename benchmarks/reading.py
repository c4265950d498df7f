"""A wide workbook through the public call with every check, against calamine handing over cells."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from python_calamine import load_workbook

from dxmethod.concepts import Concept
from dxmethod.returns import load_observations

from . import Case

UNITS, CONCEPTS = 3_321, 66
CATALOGUE = {
    f"c{number}": Concept(
        id=f"c{number}", label=f"Chỉ tiêu {number}", measure="ratio", unit="%", range=(0, 100)
    )
    for number in range(CONCEPTS)
}


def write(path: Path, seed: int = 3) -> None:
    """Simulated values of communes: 5 % empty, 3 % KAD; no faults, nothing to warn of."""
    from openpyxl import Workbook

    rng = np.random.default_rng(seed)
    book = Workbook()
    sheet = book.active
    sheet.append(["unit", "name", "stratum", *CATALOGUE])
    for number in range(UNITS):
        draw, value = rng.random(CONCEPTS), rng.uniform(2, 100, CONCEPTS).round(2).tolist()
        cells = [None if d < 0.05 else "KAD" if d < 0.08 else v
                 for d, v in zip(draw, value, strict=True)]  # fmt: skip
        sheet.append([f"{number:05d}", f"Xã mô phỏng {number}", "khu vực I", *cells])
    result = BytesIO()
    book.save(result)
    path.write_bytes(result.getvalue())


def cases() -> list[Case]:
    """One sheet of 3,321 x 66."""
    path = Path(gettempdir()) / f"dxmethod-benchmark-{UNITS}.xlsx"
    write(path)

    def bare() -> object:
        return load_workbook(str(path)).get_sheet_by_index(0).to_python()

    def work() -> object:
        return load_observations(path, CATALOGUE, mark=False)

    return [Case("XLSX of 3,321 x 66, every check", work, bare, 1.3)]
