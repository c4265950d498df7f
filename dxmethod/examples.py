"""A framework's own examples: what the document says a unit gets, computed and compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .assessment import Assessment, assess
from .concepts import Catalogue
from .faults import Collector, Fault, nearest, quoted
from .framework import Example, Framework
from .observations import Observations, read_cell


def check_examples(framework: Framework, catalogue: Catalogue, file: str = "") -> list[Fault]:
    """Compute every example of a framework and compare it with what the document says.

    Parameters
    ----------
    framework : Framework
        A framework without errors.
    catalogue : mapping of str to Concept
        Every concept known.
    file : str, optional
        The file as the user knows it.

    Returns
    -------
    list of Fault
        An error for each example that cannot be read; a warning for each that comes out otherwise:
        the document then says two things.
    """
    found = Collector(file)
    for number, example in enumerate(framework.examples, 1):
        own = Collector(file)
        where = f"ví dụ {number}"
        observations = _observations(example, framework, catalogue, own, where)
        if observations is not None:
            try:
                _compare(example, assess(framework, observations), own, where)
            except ValueError as error:
                own.add(where, str(error), "các mục unit, reported đủ để tính")
        found.extend(own.faults)
    return found.faults


def _observations(
    example: Example, framework: Framework, catalogue: Catalogue, faults: Collector, where: str
) -> Observations | None:
    """One unit that reports what the example says; None after a fault."""
    cells = {}
    for name, text in example.reported.items():
        if name not in framework.concepts:
            expected = nearest(name, framework.concepts)
            faults.add(f"{where}, mục reported", f"có {quoted(name)}", expected)
            continue
        place = f"{where}, khái niệm {name}"
        written = text if isinstance(text, str) else f"{text:.12g}"
        cells[name] = read_cell(written, catalogue[name], place, faults)
    if faults.errors:
        return None
    attributes = {"name": example.says} | {str(name): text for name, text in example.unit.items()}
    units = pd.DataFrame([attributes], index=pd.Index(["1"]))
    value = np.array([[number for _, number in cells.values()]])
    status = np.array([[kind for kind, _ in cells.values()]], dtype=np.uint8)
    return Observations(units, tuple(catalogue[name] for name in cells), value, status)


def _compare(example: Example, result: Assessment, faults: Collector, where: str) -> None:
    """Note every answer that is not the document's."""
    framework = result.framework
    said: list[tuple[str, object, object]] = []
    if example.total is not None:
        total = float(result.points.total[0]) if result.points else float("nan")
        if not abs(total - example.total) <= example.within:
            said.append(("tổng", round(total, 6), example.total))
    if example.level is not None:
        place = int(result.levels.level[0]) if result.levels else 0
        said.append(("mức độ", ["none", *(lv.id for lv in framework.levels)][place], example.level))
    if example.band is not None:
        band = int(result.points.band[0]) if result.points else -1
        said.append(("xếp loại", framework.bands[band].id if band >= 0 else "none", example.band))
    for what, got, wanted in said:
        if got != wanted:
            expected = f"{wanted} như ví dụ nêu"
            faults.add(f"{where}: {what}", f"tính được {got}", expected, severity="cảnh báo")
