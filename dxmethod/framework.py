"""A framework: groups, indicators, requirements, levels, bands, and where each is printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from .adjustable import Adjustable
from .concepts import Id, Text
from .documents import Model, read_model, write_yaml
from .faults import Collector
from .values import Value, concepts_of

FrameworkId = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9-]+)?$")]
Attribute = Literal["stratum", "province", "unit_class"]
Combine = Literal["sum", "arithmetic", "geometric", "harmonic", "min"]
Fidelity = Literal["official", "reported", "inferred", "illustrative"]

FIDELITY: Mapping[str, str] = {
    "official": "văn bản",
    "reported": "báo chí, cổng thông tin",
    "inferred": "suy ra",
    "illustrative": "minh họa",
}
STATUS: Mapping[str, str] = {
    "draft": "dự thảo",
    "issued": "đã ban hành",
    "provisional": "tạm thời",
    "repealed": "đã bãi bỏ",
}
UNIT_TYPES: Mapping[str, str] = {
    "province": "cấp tỉnh",
    "district": "cấp huyện",
    "commune": "cấp xã",
    "department": "sở, cơ quan chuyên môn",
    "ministry": "bộ, cơ quan ngang bộ",
    "national": "quốc gia",
}


NotNegative = Annotated[float, Field(ge=0)]


class Provenance(Model):
    """Where a text or a figure comes from, and how faithful it is."""

    document: Text
    place: str = ""
    fidelity: Fidelity
    note: str = ""


class Issue(Model):
    """The document that carries the framework."""

    document: Text
    date: dt.date | None = None
    by: str = ""


class Validity(Model):
    """From when to when the framework is in force."""

    since: dt.date | None = None
    until: dt.date | None = None


class Terms(Model):
    """What this document calls its groups and its indicators."""

    group: Text = "nhóm chỉ tiêu"
    indicator: Text = "chỉ tiêu"
    total: Text = "tổng điểm"
    points: Text = "điểm"


class Declared(Model):
    """Counts and totals that the document states of itself; checked, never corrected.

    `components` counts the component indicators of a document that is held at main-index depth.
    """

    groups: int | None = None
    indicators: int | None = None
    components: int | None = None
    points: float | None = None
    required: dict[Id, int] = Field(default_factory=dict)


class Step(Model):
    """One step of the evaluation: a unit scores itself, someone verifies, someone recognises."""

    stage: Literal["self", "verified", "final", "recognised", "published"]
    by: Text
    until: str = ""
    note: str = ""


class Process(Model):
    """On data of which period, by whom and by when units are assessed.

    Attributes
    ----------
    window, deadline : str
        Period of the data and last day of the whole round, as the document says them.
    steps : tuple of Step
        The chain of evaluators, in order.
    signals : tuple of str
        Colours by which progress is followed during the year, worst first; not a result.
    """

    window: str = ""
    deadline: str = ""
    steps: tuple[Step, ...] = ()
    signals: tuple[str, ...] = ()


class Target(Model):
    """What is assigned for a year (giao chỉ tiêu): a number of units, or one unit, and a level.

    Attributes
    ----------
    year : int
    level : id, optional
        Level to be held; the first level when none is named.
    units : int, optional
        How many units are to hold it, all years before included.
    unit : str
        Code of the one unit that is to hold it.
    """

    year: Annotated[int, Field(ge=2000, le=2100)]
    level: Id | None = None
    units: Annotated[int, Field(ge=1)] | None = None
    unit: str = ""
    provenance: Provenance | None = None


class Quorum(Model):
    """How many of a level's requirements must be met: a share or a count, of all or of a group."""

    of: str = "*"
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    count: Annotated[int, Field(ge=1)] | None = None


class Level(Model):
    """A level of digital transformation.

    Attributes
    ----------
    after : id, optional
        Level that must be held first. A level that declares none stands alone.
    quorum : tuple of Quorum
        All of them must be satisfied. By default every requirement must be met.
    mandatory : tuple of id
        Indicators whose requirement must be met whatever the quorum.
    """

    id: Id
    label: Text
    after: Id | None = None
    quorum: tuple[Quorum, ...] = (Quorum(share=1.0),)
    mandatory: tuple[Id, ...] = ()

    @property
    def all_must_pass(self) -> bool:
        """Whether the level asks for every one of its requirements."""
        return any(q.of == "*" and q.share == 1.0 for q in self.quorum)


class Band(Model):
    """A class of totals; its lower bound says on which side it falls.

    Attributes
    ----------
    at_least : float, optional
        The bound itself belongs to this band (≥).
    above : float, optional
        The bound itself belongs to the band below (>).
    """

    id: Id
    label: Text
    at_least: float | None = None
    above: float | None = None


class Rounding(Model):
    """Rounding of the total, declared by the document: digits, halves, before which step."""

    decimals: Annotated[int, Field(ge=0, le=6)]
    half: Literal["up", "even"] = "up"
    before: tuple[Literal["band", "rank"], ...] = ("band", "rank")


class Policy(Model):
    """What each status of a value is worth.

    "fails": nothing earned. "unknown": nothing earned, and everything in the best case.
    "excluded": leaves the requirement and the denominator. "counts": the claimed value is taken.
    A ratio whose denominator is zero is `no_occurrence`. Units that tie share a rank, and the rank
    after them is 1-2-2-4 ("competition") or 1-2-2-3 ("dense").
    """

    missing: Literal["unknown", "fails"] = "unknown"
    not_applicable: Literal["excluded", "fails"] = "excluded"
    no_occurrence: Literal["excluded", "fails", "unknown"] = "excluded"
    no_evidence: Literal["fails", "counts"] = "fails"
    rescale: Literal["sheet", "group", "none"] = "sheet"
    ties: Literal["competition", "dense"] = "competition"


class Indicator(Model):
    """A leaf of the framework: a concept, asked for in this document's words.

    Attributes
    ----------
    required : dict of level id to float or dict of stratum to float
        Threshold on the reported number, in the concept's unit.
    value, points
        How the number earns points, and how many. In a group combined by a mean, the points are
        the indicator's weight. Where the document says so, points differ by class of unit, "*"
        being every other class: ``{"*": 20, "xã miền núi": 10}``.
    method, evidence, source, verified_by : str
        Columns of the official sheet, in this document's words; without a method, it is told from
        the concept and the value, and without a source, it is the concept's.
    components : int, optional
        How many component indicators the document has below this one, when they are not held.
    role : {"scored", "bonus", "penalty"}
        Bonus points are added and penalty points taken off after rescaling; neither is part of
        the maximum. A penalty falls only where something was reported.
    applies_to : dict of str to tuple of str
        Attributes of a unit and the values for which the indicator applies, such as
        ``{"unit_class": ["xã"]}``; elsewhere it leaves requirement and denominator.
    replaces : tuple of id
        Indicators of an earlier version that this one stands for.
    """

    id: Id
    code: str = ""
    label: Text
    concept: Id
    required: dict[Id, float | dict[str, float]] = Field(default_factory=dict)
    value: Value | None = None
    points: NotNegative | dict[str, NotNegative] = 0.0
    role: Literal["scored", "bonus", "penalty"] = "scored"
    applies_to: dict[Attribute, tuple[str, ...]] = Field(default_factory=dict)
    method: str = ""
    evidence: str = ""
    source: str = ""
    verified_by: str = ""
    components: Annotated[int, Field(ge=1)] | None = None
    replaces: tuple[Id, ...] = ()
    provenance: Provenance

    @property
    def most(self) -> float:
        """Points for a full share, in the class of units that can earn most."""
        return max(self.points.values()) if isinstance(self.points, dict) else self.points

    @property
    def maximum(self) -> float:
        """Points that count towards the maximum of the sheet."""
        return self.most if self.role == "scored" else 0.0


class Group(Model):
    """A node of the framework, of any depth.

    Attributes
    ----------
    combine : {"sum", "arithmetic", "geometric", "harmonic", "min"}
        "sum" adds points; the others take a mean of the children's shares, 0 to 1.
    weight : float
        Weight inside a parent that takes a mean.
    points : float, optional
        What a group combined by a mean is worth in full (1 for an index from 0 to 1).
    """

    id: Id
    code: str = ""
    label: Text
    combine: Combine = "sum"
    weight: Annotated[float, Field(gt=0)] = 1.0
    points: Annotated[float, Field(gt=0)] | None = None
    provenance: Provenance | None = None
    children: Annotated[tuple[Node, ...], Field(min_length=1)]


def _node_kind(data: Any) -> str:
    if isinstance(data, dict):
        return "group" if "children" in data else "indicator"
    return "group" if isinstance(data, Group) else "indicator"


Node = Annotated[
    Annotated[Group, Tag("group")] | Annotated[Indicator, Tag("indicator")],
    Discriminator(_node_kind),
]


class Example(Model):
    """A case that the document implies or publishes; `check` computes it and compares.

    Attributes
    ----------
    says : str
        What the case shows, with its source.
    unit : dict of attribute to str
        Attributes of the unit, where thresholds or applicability depend on them.
    reported : dict of concept id to float or str
        Reported numbers, or KAD, KPS, KMC; a concept not named is missing.
    total : float, optional
        Total that the document gives, to be met `within` (printed digits).
    level, band : id, optional
        Highest level held ("none" for no level); band of the total.
    """

    says: Text
    unit: dict[Attribute, str] = Field(default_factory=dict)
    reported: Annotated[dict[Id, float | str], Field(min_length=1)]
    total: float | None = None
    within: Annotated[float, Field(gt=0)] = 1e-9
    level: str | None = None
    band: Id | None = None


class Framework(Model):
    """One version of one instrument for one type of unit; `extends` names what it adapts."""

    kind: Literal["framework"]
    format: Literal[1]
    id: FrameworkId
    title: Text
    version: Text
    status: Literal["draft", "issued", "provisional", "repealed"]
    unit_type: Literal["province", "district", "commune", "department", "ministry", "national"]
    issued: Issue | None = None
    validity: Validity = Validity()
    supersedes: tuple[FrameworkId, ...] = ()
    extends: FrameworkId | None = None
    adjustable: Adjustable | None = None
    depth: Literal["indicators", "main_index"] = "indicators"
    note: str = ""
    terms: Terms = Terms()
    declared: Declared = Declared()
    process: Process = Process()
    policy: Policy = Policy()
    rounding: Rounding | None = None
    levels: tuple[Level, ...] = ()
    band_scale: Literal["points", "percent"] = "points"
    bands: tuple[Band, ...] = ()
    targets: tuple[Target, ...] = ()
    examples: tuple[Example, ...] = ()
    tree: Group

    def nodes(self) -> Iterator[tuple[Group | Indicator, Group | None, int]]:
        """Walk the tree in printed order: node, its parent, its depth (0 for the root)."""
        yield from _walk(self.tree, None, 0)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """Leaves in printed order."""
        return tuple(node for node, _, _ in self.nodes() if isinstance(node, Indicator))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Groups in printed order, the root first."""
        return tuple(node for node, _, _ in self.nodes() if isinstance(node, Group))

    @cached_property
    def concepts(self) -> tuple[str, ...]:
        """Every concept that a value or a requirement reads, once, in printed order."""
        names: dict[str, None] = {}
        for indicator in self.indicators:
            names[indicator.concept] = None
            names.update(dict.fromkeys(concepts_of(indicator.value)))
        return tuple(names)

    @cached_property
    def asked(self) -> tuple[Indicator, ...]:
        """Indicators with a requirement at some level, in printed order."""
        return tuple(indicator for indicator in self.indicators if indicator.required)

    @cached_property
    def thresholds(self) -> tuple[tuple[int, int, dict[str, float]], ...]:
        """Every requirement: place of its level, of its indicator in `asked`, value by stratum."""
        order = {level.id: place for place, level in enumerate(self.levels)}
        return tuple(
            (order[level], row, by_stratum(required))
            for row, indicator in enumerate(self.asked)
            for level, required in indicator.required.items()
        )

    @property
    def maximum(self) -> float:
        """Points of the whole sheet when everything applies."""
        return full_points(self.tree)

    @property
    def has_points(self) -> bool:
        """Whether any indicator earns points."""
        return any(indicator.most for indicator in self.indicators)

    @property
    def is_illustrative(self) -> bool:
        """Whether any criterion was written to fill a declared count."""
        return any(item.provenance.fidelity == "illustrative" for item in self.indicators)

    def below(self, node_id: str) -> tuple[Indicator, ...]:
        """Indicators below a group, or every one for "*"."""
        root = (
            next((g for g in self.groups if g.id == node_id), None) if node_id != "*" else self.tree
        )
        if root is None:
            return ()
        return tuple(n for n, _, _ in _walk(root, None, 0) if isinstance(n, Indicator))


def _walk(
    node: Group | Indicator, parent: Group | None, depth: int
) -> Iterator[tuple[Group | Indicator, Group | None, int]]:
    yield node, parent, depth
    if isinstance(node, Group):
        for child in node.children:
            yield from _walk(child, node, depth + 1)


def full_points(node: Group | Indicator) -> float:
    """Points of a node when everything applies: declared, or added up."""
    if isinstance(node, Indicator):
        return node.maximum
    if node.points is not None:
        return node.points
    return sum(full_points(child) for child in node.children)


def framework_files(home: Path) -> list[Path]:
    """Files that stand where a framework stands: one folder below `frameworks`."""
    others = ("catalogue", "dispositions", "overlays", "revisions", "schemas")
    return sorted(p for p in home.glob("*/*.yml") if p.parent.name not in others)


def read_framework(path: Path, faults: Collector, name: str = "") -> Framework | None:
    """Read one framework file.

    Parameters
    ----------
    path : Path
        YAML file of kind `framework`.
    faults : Collector
        Where faults are noted.
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    Framework or None
        None after an error. The framework's content is not checked: see `check_framework`.
    """
    return read_model(Framework, path, name or path.name, faults)


def write_framework(framework: Framework, path: Path, head: str = "") -> None:
    """Write a framework so that reading it gives the same framework.

    Parameters
    ----------
    framework : Framework
        What to write; values equal to their default are left out, but not those of the policy:
        what a status is worth is stated in the file, never by silence.
    path : Path
        YAML file.
    head : str, optional
        Lines of comment to begin with.
    """
    data = framework.model_dump(mode="json", exclude_defaults=True)
    data["policy"] = framework.policy.model_dump(mode="json")
    data["tree"] = data.pop("tree")
    write_yaml(data, path, head)


def by_stratum(required: float | dict[str, float]) -> dict[str, float]:
    """Thresholds by stratum; one threshold for all is under "*"."""
    return required if isinstance(required, dict) else {"*": required}


def band_bound(band: Band) -> float:
    """Lower bound of a band as printed."""
    return next((b for b in (band.at_least, band.above) if b is not None), float("-inf"))
