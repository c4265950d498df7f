"""Checked values put in their places: units × concepts at one stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .entries import Checked
from .layout import TEXTS
from .observations import NOTES, Status


@dataclass(eq=False)
class Arrays:
    """Arrays of one stage while they are filled, shape (units, concepts)."""

    shape: tuple[int, int]
    numerator: NDArray[np.float64] | None = None
    denominator: NDArray[np.float64] | None = None
    notes: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.value = np.full(self.shape, np.nan, order="F")
        self.status = np.full(self.shape, Status.MISSING, dtype=np.uint8, order="F")

    def put(
        self,
        item: Checked,
        mine: NDArray[np.bool_],
        place: Mapping[str, int],
        column: Mapping[str, int],
        stage: str,
    ) -> None:
        """Put in the values of a table for which `mine` holds."""
        entries = item.entries
        rows = np.array([place.get(code, -1) for code in entries.codes], dtype=np.int64)
        columns = np.array([column[concept.id] for concept in entries.concepts], dtype=np.int64)
        if isinstance(entries.columns["value"], np.ndarray) and mine.all() and (rows >= 0).all():
            cells = np.ix_(rows, columns)  # a wide table: all its units have all its concepts
            self.value[cells] = item.value.reshape(len(rows), len(columns))
            self.status[cells] = item.status.reshape(len(rows), len(columns))
            return
        row, col = rows[entries.unit], columns[entries.concept]
        at = mine & (row >= 0)
        flat = (row + len(self.value) * col)[at]
        self.value.ravel("K")[flat] = item.value[at]
        self.status.ravel("K")[flat] = item.status[at]
        for part in ("numerator", "denominator"):
            given = getattr(item, part)
            if given is not None:
                if getattr(self, part) is None:
                    setattr(self, part, np.full(self.shape, np.nan, order="F"))
                getattr(self, part).ravel("K")[flat] = given[at]
        if entries.texts:
            filled = np.zeros(len(mine), dtype=bool)
            for texts in entries.texts.values():
                filled |= np.array([text != "" for text in texts], dtype=bool)
            for n in np.flatnonzero(filled & at).tolist():
                self.notes.append({
                    "unit": entries.codes[entries.unit[n]],
                    "concept": entries.concepts[entries.concept[n]].id,
                    "stage": stage,
                    **{key: texts[n] for key, texts in entries.texts.items()},
                })  # fmt: skip

    def frame(self) -> pd.DataFrame | None:
        """What is said beside single values; None when nothing is."""
        if not self.notes:
            return None
        labels = list(dict.fromkeys((*NOTES, *TEXTS)))
        return pd.DataFrame(self.notes, columns=labels, dtype=object).fillna("")
