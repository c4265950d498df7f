"""A round of assessment: what units said of themselves, what was verified, what became final."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .observations import Observations, Status

Stage = Literal["self", "verified", "final"]
STAGES: tuple[Stage, ...] = ("self", "verified", "final")
STAGE_LABELS: Mapping[Stage, str] = {
    "self": "tự đánh giá",
    "verified": "thẩm định",
    "final": "kết quả cuối cùng",
}


@dataclass(frozen=True, eq=False)
class Round:
    """Observations of the same units and concepts at each stage of one round.

    Attributes
    ----------
    stages : mapping of stage to Observations
        At least one; all of the same shape, units and concepts in the same order.
    """

    stages: Mapping[Stage, Observations]

    def __post_init__(self) -> None:
        first, *others = self.stages.values()
        for other in others:
            same_units = other.units.index.equals(first.units.index)
            if not same_units or list(other.position) != list(first.position):
                raise ValueError("the stages of a round have other units or concepts")

    def at(self, stage: Stage = "final") -> Observations:
        """Observations as they stand at a stage: a value not looked at again stays what it was.

        Parameters
        ----------
        stage : {"self", "verified", "final"}

        Returns
        -------
        Observations
            Where the stage says nothing of a value, that of the latest stage before it. What was
            claimed and not proved (`no_evidence`) counts as claimed at the stage "self" only.
        """
        known = [
            self.stages[name] for name in STAGES[: STAGES.index(stage) + 1] if name in self.stages
        ]
        if not known:
            raise ValueError(f"the round has no stage up to {stage}")
        result, *later = known
        for other in later:
            result = _overlaid(result, other)
        return result


def _overlaid(before: Observations, after: Observations) -> Observations:
    """What a later stage says, and elsewhere what an earlier one said."""
    said = after.status != np.uint8(Status.MISSING)
    parts = {}
    for name in ("numerator", "denominator"):
        old, new = getattr(before, name), getattr(after, name)
        if old is None or new is None:
            parts[name] = new if old is None else old
        else:
            parts[name] = np.asfortranarray(np.where(said, new, old))
    return replace(
        after,
        value=np.asfortranarray(np.where(said, after.value, before.value)),
        status=np.asfortranarray(np.where(said, after.status, before.status)),
        **parts,
    )
