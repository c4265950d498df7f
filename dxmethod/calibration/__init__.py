"""Calibration: thresholds and weights learned from judged units, and how surely."""

from .intake import check_problem, problem
from .problem import Problem, Rule, assemble, levels_under
from .result import DECISIVE, UNPINNED, Calibration, Settings, calibrate, levels_from, likely
from .validation import (
    Agreement,
    Statement,
    Validation,
    agreement,
    cross_validate,
    folds,
    narrowing,
    statements,
)

__all__ = [
    "DECISIVE",
    "UNPINNED",
    "Agreement",
    "Calibration",
    "Problem",
    "Rule",
    "Settings",
    "Statement",
    "Validation",
    "agreement",
    "assemble",
    "calibrate",
    "check_problem",
    "cross_validate",
    "folds",
    "levels_from",
    "levels_under",
    "likely",
    "narrowing",
    "problem",
    "statements",
]
