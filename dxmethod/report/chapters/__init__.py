"""Ready-made blocks of the report: one function a table, a figure or a sentence with figures."""

from .closing import conclusion, recommendation_table
from .common import notices, show, version
from .content import (
    change_list,
    change_table,
    count_table,
    findings,
    legal_basis,
    limits,
    purpose,
    scope,
    structure,
    versions,
    weight_figure,
    weight_table,
)
from .effect import (
    effect_summary,
    level_figure,
    mover_table,
    rank_figure,
    results,
    tie_table,
    total_figure,
    transition_table,
    unit_table,
)
from .summary import comparison_summary, framework_summary

__all__ = [
    "change_list",
    "change_table",
    "comparison_summary",
    "conclusion",
    "count_table",
    "effect_summary",
    "findings",
    "framework_summary",
    "legal_basis",
    "level_figure",
    "limits",
    "mover_table",
    "notices",
    "purpose",
    "rank_figure",
    "recommendation_table",
    "results",
    "scope",
    "show",
    "structure",
    "tie_table",
    "total_figure",
    "transition_table",
    "unit_table",
    "version",
    "versions",
    "weight_figure",
    "weight_table",
]
