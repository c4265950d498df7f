"""Workbench for the frameworks that say when a commune is digitally transformed."""

from .adapting import open_overlay
from .assessment import Assessment, assess, roll_up, targets_met
from .attribution import Attribution, NamedBundle, attribute, bundles, weighed
from .burden import Burden, burden
from .changes import Change, Conflict, apply, diff
from .check import check_framework
from .comparison import Comparison, compare, counts, near_ties, weights
from .concepts import Concept, read_catalogue
from .decomposition import decompose
from .differences.matching import Matching, match, propose
from .differences.table import Differences, Reason, differences
from .faults import Collector, Fault, Faults
from .framework import Framework, read_framework, write_framework
from .impact import against, by_group, by_stage, near_bounds, versions
from .incomplete import bounds, coverage, pending, to_get_first
from .merging import Merged, merge
from .observations import Observations, Status, read_observations
from .overlays.adaptation import Adaptation, adapt
from .overlays.common_core import national_levels, score_core
from .overlays.rebasing import rebase
from .progress.way import progress
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
from .revision import Revision, open_revision
from .rounds import Round
from .transfer import export_framework, import_framework, replace_framework
from .units import Crosswalk, read_crosswalk
from .values import Curve, Fitted, Part, Parts
from .verdicts import diagnose
from .verification import Gaps, gaps, heaping
from .workspace import find_workspace

__all__ = [
    "Adaptation",
    "Assessment",
    "Attribution",
    "Burden",
    "Change",
    "Collector",
    "Column",
    "Comparison",
    "Concept",
    "Conflict",
    "Crosswalk",
    "Curve",
    "Differences",
    "Fault",
    "Faults",
    "Fitted",
    "Framework",
    "Gaps",
    "Loaded",
    "Matching",
    "Merged",
    "NamedBundle",
    "Observations",
    "Part",
    "Parts",
    "Reason",
    "Revision",
    "Round",
    "Status",
    "adapt",
    "against",
    "apply",
    "assess",
    "attribute",
    "banner",
    "bounds",
    "bullets",
    "bundles",
    "burden",
    "by_group",
    "by_stage",
    "chapters",
    "check_framework",
    "compare",
    "counts",
    "coverage",
    "decompose",
    "diagnose",
    "diff",
    "differences",
    "export_framework",
    "figure",
    "find_workspace",
    "gaps",
    "heaping",
    "import_framework",
    "load_observations",
    "match",
    "merge",
    "national_levels",
    "near_bounds",
    "near_ties",
    "open_overlay",
    "open_revision",
    "paragraph",
    "pending",
    "progress",
    "propose",
    "read_catalogue",
    "read_crosswalk",
    "read_framework",
    "read_observations",
    "read_units",
    "rebase",
    "ref",
    "replace_framework",
    "roll_up",
    "score_core",
    "section",
    "subsection",
    "table",
    "targets_met",
    "to_get_first",
    "versions",
    "weighed",
    "weights",
    "write_form",
    "write_framework",
]
