"""Workbench for the frameworks that say when a commune is digitally transformed."""

from .assessment import Assessment, assess, roll_up, targets_met
from .burden import Burden, burden
from .changes import Change, Conflict, apply, diff
from .check import check_framework
from .comparison import Comparison, compare, counts, near_ties, weights
from .concepts import Concept, read_catalogue
from .faults import Collector, Fault, Faults
from .framework import Framework, read_framework, write_framework
from .incomplete import bounds, coverage, pending, to_get_first
from .merging import Merged, merge
from .observations import Observations, Status, read_observations
from .report import chapters
from .report.blocks import (
    Column,
    banner,
    bullets,
    figure,
    paragraph,
    ref,
    section,
    subsection,
    table,
)
from .revision import Revision, find_workspace, open_revision
from .units import Crosswalk, read_crosswalk
from .values import Curve, Fitted, Part, Parts
from .verdicts import diagnose
from .verification import Gaps, gaps, heaping

__all__ = [
    "Assessment",
    "Burden",
    "Change",
    "Collector",
    "Column",
    "Comparison",
    "Concept",
    "Conflict",
    "Crosswalk",
    "Curve",
    "Fault",
    "Faults",
    "Fitted",
    "Framework",
    "Gaps",
    "Merged",
    "Observations",
    "Part",
    "Parts",
    "Revision",
    "Status",
    "apply",
    "assess",
    "banner",
    "bounds",
    "bullets",
    "burden",
    "chapters",
    "check_framework",
    "compare",
    "counts",
    "coverage",
    "diagnose",
    "diff",
    "figure",
    "find_workspace",
    "gaps",
    "heaping",
    "merge",
    "near_ties",
    "open_revision",
    "paragraph",
    "pending",
    "read_catalogue",
    "read_crosswalk",
    "read_framework",
    "read_observations",
    "ref",
    "roll_up",
    "section",
    "subsection",
    "table",
    "targets_met",
    "to_get_first",
    "weights",
    "write_framework",
]
