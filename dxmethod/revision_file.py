"""What a person writes to ask for a revision: one YAML file, checked key by key."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from .attribution import NamedBundle
from .calibration.proposal import CalibrationOptions
from .concepts import Id, Text
from .consultation.comments import Event
from .differences.table import Reason
from .documents import Model
from .framework import FrameworkId
from .rounds import Stage
from .units import Assumption


class Agency(Model):
    """Who issues the report; number, date and signature stay blank."""

    parent: str = ""
    name: Text
    symbol: str = ""
    place: str = ""
    signer: str = ""
    recipients: tuple[str, ...] = ()


class Basis(Model):
    """A document that the revision rests on."""

    document: Text
    date: dt.date | None = None
    by: str = ""
    about: str = ""
    status: str = ""
    source: str = ""


class Table(Model):
    """A table of observations.

    Attributes
    ----------
    file : str
        A wide CSV table; or what units sent back: a long table, a workbook, a folder of forms.
    stage : {"self", "verified", "final"}
        Stage at which values are taken, where the table tells stages apart.
    round : str
        Which round, where a table holds several.
    units : str
        Units that may report, and what is known of them, where `file` does not say it.
    exclude_faulty : bool
        Whether to go on without the units whose returns have errors; the report lists them.
    """

    file: Text
    source: Text
    simulated: bool = False
    stage: Stage = "final"
    round: str = ""
    units: str = ""
    exclude_faulty: bool = False


class ReorganisationFiles(Model):
    """What is known of a reorganisation of units.

    Attributes
    ----------
    crosswalk : str
        Table of old and new units; see `read_crosswalk`.
    strata : str
        Table of the strata declared of the new units; see `read_strata`.
    assumption : {"supplied", "equal", "default"}
        What stands in for the shares of divided units that the table leaves blank.
    cover : float
        Share of the denominators from which old units with data speak for the whole new one.
    weights : str
        Concept, such as population, that weighs ratios reported without denominators.
    dispositions : str
        File of kind `dispositions`: what becomes of the criteria of a tier that is no more.
    """

    crosswalk: str = ""
    strata: str = ""
    assumption: Assumption = "equal"
    cover: Annotated[float, Field(gt=0, le=1)] = 1.0
    weights: str = ""
    dispositions: str = ""


class Focus(Model):
    """Whose loss, of which level, the report explains change by change."""

    stratum: str = ""
    level: str = ""


class Published(Model):
    """Totals that somebody published, from which weights may be recovered.

    Attributes
    ----------
    file : str
        CSV with a column `unit`.
    column : str
        Where the totals stand.
    rows : mapping of str to str
        What other columns must hold, where the file has several years: {year: "2024"}.
    source : str
        For captions; by default the file.
    """

    file: Text
    column: str = "total"
    rows: dict[str, str] = Field(default_factory=dict)
    source: str = ""


class OpinionFiles(Model):
    """Tables in which experts say how much indicators or groups of the draft weigh.

    Attributes
    ----------
    pairs, budget, delphi : str
        Paired comparisons, a hundred points shared out, opinions over rounds; see `read_pairs`,
        `read_budget`, `read_delphi`.
    """

    pairs: str = ""
    budget: str = ""
    delphi: str = ""


class Reach(Model):
    """A share of the units that ought to hold a level: the report says what must be eased for it.

    Attributes
    ----------
    level : str
    share : float
        Of the units of the stratum, 0 to 1.
    stratum : str
        Empty for all units.
    """

    level: Id
    share: Annotated[float, Field(gt=0, le=1)]
    stratum: str = ""


class Recommendation(Model):
    """What should be done with the result, by whom, when."""

    action: Text
    owner: str = ""
    time: str = ""


class RevisionFile(Model):
    """What a person writes in `frameworks/revisions/NAME.yml`.

    Attributes
    ----------
    baseline, drafts : framework ids
        The version in force, and one or more drafts.
    observations : Table, optional
        What units reported; without it, the report speaks of what the versions are made of alone.
    earlier : Table, optional
        What units reported in the round before, to tell better results from another ruler.
    units : str
        Table of the units that may report; empty when any may.
    peers : framework ids
        Other instruments, for any type of unit, set side by side with the versions.
    overlays : overlay ids
        What provinces change of one of the versions, in `frameworks/overlays`.
    reorganisation : ReorganisationFiles, optional
        How old units became new ones, and what becomes of criteria that lost their units.
    matches : str
        File of kind `matches`: indicators of the baseline and the first draft that are one.
    bundles : tuple of NamedBundle
        Changes that the report attributes as one; all others by indicator.
    focus : Focus, optional
        Whose loss, of which level, is explained change by change.
    timeline : tuple of Event
        How the draft came about, earliest first.
    comments : str
        Register of the consultation, an .xlsx file; see `read_register`.
    judgements : str
        Levels that experts gave to units in the round of the observations; see `read_judgements`.
    calibration : CalibrationOptions
        Where thresholds may stand, and how much work is done to calibrate them.
    reach : tuple of Reach
        Shares of units that ought to hold a level.
    published : Published, optional
        Totals that were published of the same units.
    opinions : OpinionFiles, optional
        What experts say of weights.
    reasons : tuple of Reason
        Why something changes, printed in the statement (appendix I).
    purpose, scope, limits : tuple of str
        Paragraphs of section I: why, what is measured, what is not.
    """

    kind: Literal["revision"]
    format: Literal[1]
    id: Id
    title: Text
    baseline: FrameworkId
    drafts: Annotated[tuple[FrameworkId, ...], Field(min_length=1)]
    observations: Table | None = None
    earlier: Table | None = None
    units: str = ""
    peers: tuple[FrameworkId, ...] = ()
    overlays: tuple[Id, ...] = ()
    reorganisation: ReorganisationFiles | None = None
    agency: Agency
    basis: tuple[Basis, ...] = ()
    matches: str = ""
    bundles: tuple[NamedBundle, ...] = ()
    focus: Focus | None = None
    timeline: tuple[Event, ...] = ()
    comments: str = ""
    judgements: str = ""
    calibration: CalibrationOptions = CalibrationOptions()
    reach: tuple[Reach, ...] = ()
    published: Published | None = None
    opinions: OpinionFiles | None = None
    purpose: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    reasons: tuple[Reason, ...] = ()
    seed: Annotated[int, Field(ge=0)] = 0
