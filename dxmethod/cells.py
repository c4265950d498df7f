"""Reported values laid out for the kernels, each status turned into what the policy makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .framework import Indicator, Policy
from .observations import Observations, Status

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Values of R rows for U units.

    Attributes
    ----------
    value : ndarray of float, shape (R, U)
        Reported numbers; NaN where none counts. It may be a view on the observations.
    excluded, unknown : ndarray of bool, shape (R, U), or None
        Cells that leave requirement and denominator, and cells that could yet turn out well; None
        when there are none. Every other NaN simply fails.
    """

    value: Floats
    excluded: Bools | None
    unknown: Bools | None


def lay_out(concepts: Sequence[str], observations: Observations, policy: Policy) -> Cells:
    """Lay out reported values, one row for each concept asked, in that order.

    Parameters
    ----------
    concepts : sequence of str
        Concept ids; one that nobody reported is missing for everyone.
    observations : Observations
        Of U units.
    policy : Policy
        What each status is worth.

    Returns
    -------
    Cells
    """
    columns = [observations.position.get(concept, -1) for concept in concepts]
    value = _rows(observations.value.T, columns, np.nan)
    status = _rows(observations.status.T, columns, Status.MISSING)
    if not status.any():
        return Cells(value, None, None)
    rules = {
        Status.MISSING: policy.missing,
        Status.NOT_APPLICABLE: policy.not_applicable,
        Status.NO_OCCURRENCE: policy.no_occurrence,
    }
    if policy.no_evidence == "fails":
        unproved = _any_of(status, [Status.NO_EVIDENCE])
        value = value if unproved is None else np.where(unproved, np.nan, value)
    return Cells(
        value,
        _any_of(status, [kind for kind, rule in rules.items() if rule == "excluded"]),
        _any_of(status, [kind for kind, rule in rules.items() if rule == "unknown"]),
    )


def outside(indicators: Sequence[Indicator], observations: Observations) -> Bools | None:
    """Mark the units to which an indicator does not apply, by their attributes.

    Parameters
    ----------
    indicators : sequence of Indicator
        R of them.
    observations : Observations
        Of U units.

    Returns
    -------
    ndarray of bool, shape (R, U), or None
        None when every indicator applies to every unit.

    Raises
    ------
    ValueError
        If the units lack an attribute that decides.
    """
    if not any(item.applies_to for item in indicators):
        return None
    mask = np.zeros((len(indicators), len(observations.units)), dtype=bool)
    for row, item in enumerate(indicators):
        for name, values in item.applies_to.items():
            if name not in observations.units:
                raise ValueError(f"số liệu không có cột {name}, cần cho chỉ tiêu {item.id}")
            mask[row] |= ~observations.units[name].isin(values).to_numpy()
    return mask


def leave_out(cells: Cells, mask: Bools | None) -> Cells:
    """Take cells out of requirement and denominator, whatever was reported in them."""
    if mask is None:
        return cells
    return Cells(
        np.where(mask, np.nan, cells.value),
        mask.copy() if cells.excluded is None else cells.excluded | mask,
        None if cells.unknown is None else cells.unknown & ~mask,
    )


def _rows(rows: NDArray[Any], columns: list[int], absent: float) -> NDArray[Any]:
    """Rows in the order asked: a view when they already stand so."""
    if columns == list(range(len(rows))):
        return rows
    out = np.empty((len(columns), rows.shape[1]), dtype=rows.dtype)
    for place, column in enumerate(columns):
        out[place] = rows[column] if column >= 0 else absent
    return out


def _any_of(status: NDArray[np.uint8], kinds: list[Status]) -> Bools | None:
    found: Bools | None = None
    for kind in kinds:
        here = status == np.uint8(kind)  # an enumeration would make numpy compare as int64
        found = here if found is None else np.logical_or(found, here, out=found)
    return found if found is not None and found.any() else None
