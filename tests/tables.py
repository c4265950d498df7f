"""Tables out and back again, shared by tests of the exchange with Excel and Word."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docx
from examples import (
    HOSTILE,
    LINE,
    catalogue,
    concept,
    framework,
    group,
    indicator,
    random_levels,
    random_points,
    random_version,
)
from openpyxl import Workbook, load_workbook

from dxmethod.annex import read_annex, write_annex
from dxmethod.concepts import Catalogue
from dxmethod.excel import read_workbook, write_workbook
from dxmethod.exchange import to_pages
from dxmethod.faults import Collector
from dxmethod.framework import (
    Band,
    Declared,
    Example,
    Framework,
    Group,
    Indicator,
    Issue,
    Level,
    Process,
    Provenance,
    Rounding,
    Step,
    Target,
    Terms,
)
from dxmethod.intake import read_tables
from dxmethod.outline import build
from dxmethod.sheets import Cell, Grid

SUFFIXES = (".xlsx", ".docx")

# Text that a table may take for a number, a sign or nothing, besides what is hostile anyway.
TEXTS = (
    *HOSTILE,
    "007",
    "1.500",
    "1.5e5",
    "12,5",
    "80%",
    "+1",
    "-1",
    "–",
    "@a",
    "'nháy",
    "a\tb",
    "a\n\nb",
    "a\u00a0b",
    "zero\u200bwidth",
    "_x0041_",
    "#REF!",
    "TRUE",
    "null",
    "~",
    "{a: 1}",
    "[1]",
    "a; b: c",
    "Tổng cộng",
    "chung",
    "Chung",
    "Tiêu chí",
    "2024-01-31",
    "𝄞",
    "dài " * 300 + "hết",
)


def write(made: Framework, known: Catalogue, path: Path) -> Path:
    """Write a framework as the kind of file that the path names."""
    writer = write_workbook if path.suffix == ".xlsx" else write_annex
    writer(to_pages(made, known), path, made.title)
    return path


def grids(path: Path, faults: Collector | None = None) -> list[Grid]:
    """Read every table of a file."""
    reader = read_workbook if path.suffix == ".xlsx" else read_annex
    return reader(path, faults if faults is not None else Collector())


def read(path: Path, known: Catalogue) -> tuple[Framework | None, Collector]:
    """Read a framework back, and what was noted on the way."""
    faults = Collector()
    held = grids(path, faults)
    found = read_tables(held, known, faults) if not faults.errors else None
    return (build(found, faults) if found is not None else None), faults


def said(path: Path, known: Catalogue) -> list[str]:
    """What is noted while a framework is read: place, found and expected on one line."""
    return [str(fault) for fault in read(path, known)[1].faults]


def grid(*rows: Sequence[object], name: str = "T", **fields: Any) -> Grid:
    """A grid of plain contents, placed as in a sheet."""
    lines = tuple(
        tuple(
            Cell(value, f"trang {name}, hàng {at}, cột {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[place]}")  # type: ignore[arg-type]
            for place, value in enumerate(row)
        )
        for at, row in enumerate(rows, 1)
    )
    return Grid(name, lines, **fields)


def workbook(path: Path, **sheets: Iterable[Sequence[object]]) -> Path:
    """A workbook of plain rows, one sheet for each name."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def edit(path: Path, change: Callable[[Any], object]) -> Path:
    """Change a workbook, or a Word document, as its user would."""
    file = load_workbook(path) if path.suffix == ".xlsx" else docx.Document(str(path))
    change(file)
    file.save(str(path))
    return path


def find(sheet: Any, text: str) -> Any:
    """The cell of a sheet that holds this text."""
    return next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)


def beside(sheet: Any, text: str, header: str, skip: int = 0) -> Any:
    """The cell in the row of a text, under a header."""
    row = find(sheet, text).row
    return sheet.cell(row, find(sheet, header).column + skip)


def document(**fields: str) -> list[tuple[str, str, str]]:
    """Rows of the sheet of the document: what every framework needs, and some more."""
    given = {
        "id": "vi-du/commune",
        "title": "Ví dụ",
        "version": "1",
        "status": "dự thảo",
        "unit_type": "cấp xã",
        "default.fidelity": "văn bản",
        **fields,
    }
    return [("Mục", "Nội dung", "Khóa"), *((key, value, key) for key, value in given.items())]


def small(**fields: Any) -> tuple[Framework, Catalogue]:
    """Two levels, two groups, one of them nested, a word and a number to be met."""
    known = catalogue(
        concept("ho-so", label="Hồ sơ trực tuyến", source="Cổng dịch vụ công"),
        concept("ke-hoach", label="Có kế hoạch", measure="yes_no", unit="Có/Không"),
        concept("su-co", label="Sự cố", measure="number", unit="vụ", better="lower"),
    )
    steps = (Level(id="muc-1", label="Khởi đầu"), Level(id="muc-2", label="Khá", after="muc-1"))
    made = framework(
        group(
            "mot",
            indicator("a", code="1", label="Hồ sơ", concept="ho-so", required={"muc-1": 50.0}),
            group("hai", indicator("b", code="2", concept="ke-hoach", required={"muc-1": 1.0})),
            label="Nhóm một",
        ),
        group(
            "ba",
            indicator("c", code="3", concept="su-co", required={"muc-2": {"*": 3.0, "núi": 5.0}}),
            label="Nhóm ba",
        ),
        **{"levels": steps, **fields},
    )
    return made, known


def write_small(path: Path) -> Path:
    """Write the small framework; it is laid out once for all tests."""
    path.write_bytes(_small_bytes(path.suffix))
    return path


@cache
def _small_bytes(suffix: str) -> bytes:
    with TemporaryDirectory() as folder:
        return write(*small(), Path(folder) / f"t{suffix}").read_bytes()


def random_framework(rng: random.Random) -> tuple[Framework, Catalogue]:
    """Any framework: a random tree, every text hostile, every optional part now and then."""
    made = rng.choice(
        [lambda: random_levels(rng)[0], lambda: random_points(rng)[0], lambda: random_version(rng)]
    )()
    names = {*made.concepts}
    known = {name: _random_concept(rng, name) for name in sorted(names)}
    update: dict[str, Any] = {
        "tree": _spiced(rng, made.tree, [level.id for level in made.levels]),
        "title": rng.choice(TEXTS),
        "note": rng.choice(("", *TEXTS)),
        "levels": tuple(
            level.model_copy(update={"label": f"{rng.choice(TEXTS)} {level.id}"})
            for level in made.levels
        ),
    }
    for name, some in _OPTIONAL.items():
        if rng.random() < 0.5:
            update[name] = some(rng)
    return made.model_copy(update=update), known


def _random_concept(rng: random.Random, name: str) -> Any:
    measure = rng.choice(["ratio", "ratio", "number", "yes_no", "category"])
    names = ("A+", "A-", "Loại B; kém: 1", "7") if measure == "category" else ()
    return concept(
        name,
        label=f"{rng.choice(TEXTS)} {name}",
        measure=measure,
        unit=rng.choice(["%", "người", "Có/Không"]),
        better=rng.choice(["higher", "lower"]),
        categories=names,
        definition=rng.choice(("", *TEXTS)),
        source=rng.choice(("", *TEXTS)),
    )


def _spiced(rng: random.Random, node: Group | Indicator, asked: list[str]) -> Group | Indicator:
    """The same tree under other texts, with other numbers."""
    told: dict[str, Any] = {"label": rng.choice(TEXTS), "code": rng.choice(("", *TEXTS))}
    provenance = Provenance(
        document=rng.choice(TEXTS),
        place=rng.choice(("", *TEXTS)),
        fidelity=rng.choice(["official", "reported", "inferred", "illustrative"]),
        note=rng.choice(("", *TEXTS)),
    )
    if isinstance(node, Group):
        told["children"] = tuple(_spiced(rng, child, asked) for child in node.children)
        return node.model_copy(update={**told, "provenance": rng.choice([None, provenance])})
    numbers = [0.0, 1.0, 0.1, 1e-7, 1e16, 1234.567, 2.0]  # 15 digits: Excel holds no more
    told["required"] = {
        level: rng.choice(numbers)
        if rng.random() < 0.6
        else {name: rng.choice(numbers) for name in rng.sample(("*", "x", *TEXTS), 2)}
        for level in rng.sample(asked, rng.randint(0, len(asked)))
    }
    for name in ("method", "evidence", "source", "verified_by"):
        told[name] = rng.choice(("", *TEXTS))
    if node.points and node.value is None:
        told["value"] = LINE
    told["components"] = rng.choice([None, 3])
    told["replaces"] = rng.choice([(), ("cu", "cu-2")])
    told["applies_to"] = rng.choice([{}, {"stratum": (rng.choice(TEXTS), "x")}])
    return node.model_copy(update={**told, "provenance": provenance})


_OPTIONAL: dict[str, Callable[[random.Random], Any]] = {
    "issued": lambda rng: Issue(document=rng.choice(TEXTS), by=rng.choice(("", *TEXTS))),
    "supersedes": lambda rng: ("cu/commune", "cu-hon/commune"),
    "terms": lambda rng: Terms(group=rng.choice(TEXTS), points=rng.choice(TEXTS)),
    "declared": lambda rng: Declared(groups=2, points=100.5, required={"muc-1": 3}),
    "process": lambda rng: Process(
        window=rng.choice(TEXTS),
        steps=(Step(stage="self", by=rng.choice(TEXTS), note=rng.choice(TEXTS)),) * 2,
        signals=(rng.choice(TEXTS), "xanh"),
    ),
    "rounding": lambda rng: Rounding(
        decimals=2, half=rng.choice(["up", "even"]), before=rng.choice([(), ("rank",)])
    ),
    "band_scale": lambda rng: "percent",
    "bands": lambda rng: (
        Band(id="thap", label=rng.choice(TEXTS)),
        Band(id="cao", label=rng.choice(TEXTS), above=rng.choice([50.0, 0.1])),
    ),
    "targets": lambda rng: (
        Target(year=2025, units=3),
        Target(year=2026, unit=rng.choice(TEXTS), provenance=None),
    ),
    "examples": lambda rng: (
        Example(says=rng.choice(TEXTS), reported={"x": 1.5, "y": "KAD"}, total=3.25),
        Example(says="hai", reported={"x": rng.choice(TEXTS)}, unit={"stratum": "núi"}),
    ),
}
