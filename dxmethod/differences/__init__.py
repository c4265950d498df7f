"""What two versions say differently: matched by id, told in a methodologist's terms."""

from .matching import Matching, match, propose
from .table import Differences, Reason, check_comparable, check_reasons, differences, reason_words

__all__ = [
    "Differences",
    "Matching",
    "Reason",
    "check_comparable",
    "check_reasons",
    "differences",
    "match",
    "propose",
    "reason_words",
]
