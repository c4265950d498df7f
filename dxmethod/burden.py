"""What a framework asks units to collect, and how much of it somebody holds already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .concepts import Catalogue, Concept
from .framework import Framework
from .incomplete import reads

# Sources that a unit need not be asked for.
HELD = ("automatic", "statistics", "published")


@dataclass(frozen=True, eq=False)
class Burden:
    """Data that one framework asks for.

    Attributes
    ----------
    concepts : DataFrame
        By concept id, in printed order: `label`, `unit`, `source_type`, `items` (new to this row:
        an item that an earlier concept has already asked for counts there), `held` (whether
        measured, published or kept as statistics), `shared` (how many other instruments ask the
        same concept), `new` (neither held nor shared).
    indicators : int
        How many indicators there are.
    """

    concepts: pd.DataFrame
    indicators: int

    def count(self, which: str = "") -> int:
        """Count items: all, or those of concepts that are `held`, `shared` or `new`."""
        frame = self.concepts
        chosen = frame if not which else frame[frame[which].astype(bool)]
        return int(chosen["items"].sum())


def burden(framework: Framework, catalogue: Catalogue, peers: Sequence[Framework] = ()) -> Burden:
    """Count the data items that a framework asks for.

    Parameters
    ----------
    framework : Framework
    catalogue : mapping of str to Concept
    peers : sequence of Framework
        Other instruments that units answer or others report.

    Returns
    -------
    Burden
        A ratio is two items, its numerator and its denominator, anything else one. Two concepts
        with a numerator or denominator in the same words share that item.
    """
    seen: set[str] = set()
    rows = []
    names = dict.fromkeys(name for item in framework.indicators for name in reads(item))
    for name in names:
        concept = catalogue[name]
        items = _items(concept) - seen
        seen |= items
        shared = sum(name in peer.concepts for peer in peers)
        held = concept.source_type in HELD
        rows.append(
            {
                "id": name,
                "label": concept.label,
                "unit": concept.unit,
                "source_type": concept.source_type,
                "items": len(items),
                "held": held,
                "shared": shared,
                "new": not held and not shared,
            }
        )
    return Burden(pd.DataFrame(rows).set_index("id"), len(framework.indicators))


def _items(concept: Concept) -> set[str]:
    """What must be known to report one concept, by its words or else by its id."""
    if concept.measure != "ratio":
        return {concept.id}
    sides = {"a": concept.numerator, "b": concept.denominator}
    return {
        " ".join(words.casefold().rstrip(".").split()) or f"{concept.id}/{side}"
        for side, words in sides.items()
    }
