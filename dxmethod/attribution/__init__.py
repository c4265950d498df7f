"""Which change did it: bundles of changes, and what each of them is worth."""

from .attribute import METHODS, WHOLE, Attribution, attribute
from .bundles import Bundle, Bundles, NamedBundle, bundles
from .weighing import is_weighed, weighed

__all__ = [
    "METHODS",
    "WHOLE",
    "Attribution",
    "Bundle",
    "Bundles",
    "NamedBundle",
    "attribute",
    "bundles",
    "is_weighed",
    "weighed",
]
