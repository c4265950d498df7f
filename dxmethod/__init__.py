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
from .questionnaire import write_form
from .register import read_units
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
from .returns import Loaded, load_observations
from .revision import Revision, find_workspace, open_revision
from .rounds import Round
from .transfer import export_framework, import_framework, replace_framework
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
    "Loaded",
    "Merged",
    "Observations",
    "Part",
    "Parts",
    "Revision",
    "Round",
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
    "export_framework",
    "figure",
    "find_workspace",
    "gaps",
    "heaping",
    "import_framework",
    "load_observations",
    "merge",
    "near_ties",
    "open_revision",
    "paragraph",
    "pending",
    "read_catalogue",
    "read_crosswalk",
    "read_framework",
    "read_observations",
    "read_units",
    "ref",
    "replace_framework",
    "roll_up",
    "section",
    "subsection",
    "table",
    "targets_met",
    "to_get_first",
    "weights",
    "write_form",
    "write_framework",
]
