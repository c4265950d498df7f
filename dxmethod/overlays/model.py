"""What a province changes of a framework, as a person writes it: changes with their reasons."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ..adjustable import VERBS, Verb
from ..concepts import Id, Text
from ..documents import Address, Model, place, read_yaml, validate, write_yaml
from ..faults import Collector
from ..framework import (
    Band,
    Combine,
    Declared,
    Example,
    Fidelity,
    FrameworkId,
    Indicator,
    Issue,
    NotNegative,
    Provenance,
    Quorum,
    Rounding,
)
from ..values import Value


class Entry(Model):
    """One change. Its first key says what is done, and to what; `was` is checked if written."""

    was: Any = None
    reason: str = ""
    basis: str = ""

    @property
    def verb(self) -> Verb:
        """What is done."""
        return next(verb for verb in VERBS if verb in type(self).model_fields)

    @property
    def name(self) -> str:
        """Id, or name, of what it is done to; "" for the whole document."""
        target = getattr(self, self.verb)
        if self.verb == "window":
            return ""
        return target if isinstance(target, str) else getattr(target, "id", "")


class Threshold(Entry):
    """Another threshold, of all units or of one stratum; null asks no more."""

    threshold: Id
    level: Id
    stratum: str = ""
    to: float | dict[str, float] | None


class Points(Entry):
    """Other points of an indicator."""

    points: Id
    to: NotNegative | dict[str, NotNegative]


class Rule(Entry):
    """Another way of earning the points."""

    rule: Id
    to: Value


class Rename(Entry):
    """Another name of an indicator, a group or a level."""

    rename: Id
    to: Text


class Evidence(Entry):
    """Other evidence for an indicator."""

    evidence: Id
    to: str


class NewIndicator(Indicator):
    """An indicator that a province adds; without a provenance, it has that of the overlay."""

    provenance: Provenance | None = None  # type: ignore[assignment]


class Add(Entry):
    """A new indicator, below a group, behind one of its children or last."""

    add: NewIndicator
    under: Id
    after: Id | None = None


class Drop(Entry):
    """An indicator less, or a group with all that stands below it."""

    drop: Id


class Weight(Entry):
    """Another weight of a group."""

    weight: Id
    to: Annotated[float, Field(gt=0)]


class Aggregation(Entry):
    """Another way of combining the children of a group."""

    aggregation: Id
    to: Combine


class QuorumRule(Entry):
    """How many requirements a level wants met."""

    quorum: Id
    to: Annotated[tuple[Quorum, ...], Field(min_length=1)]


class Mandatory(Entry):
    """Which requirements a level wants met whatever the quorum."""

    mandatory: Id
    to: tuple[Id, ...]


class Bands(Entry):
    """All bands anew."""

    bands: tuple[Band, ...]


class PolicyRule(Entry):
    """What a status of a value is worth."""

    policy: str
    to: Text


class RoundingRule(Entry):
    """Another rounding of the total; null for none."""

    rounding: Rounding | None


class Window(Entry):
    """Another period of the data."""

    window: Text


class Evaluator(Entry):
    """Another agency for a stage of the evaluation."""

    evaluator: Literal["self", "verified", "final", "recognised", "published"]
    to: Text


def _verb(data: Any) -> str:
    if isinstance(data, Entry):
        return f"change:{data.verb}"
    found = [key for key in data if key in VERBS] if isinstance(data, dict) else []
    return f"change:{found[0] if found else 'threshold'}"


AnyEntry = Annotated[
    Annotated[Threshold, Tag("change:threshold")]
    | Annotated[Points, Tag("change:points")]
    | Annotated[Rule, Tag("change:rule")]
    | Annotated[Rename, Tag("change:rename")]
    | Annotated[Evidence, Tag("change:evidence")]
    | Annotated[Add, Tag("change:add")]
    | Annotated[Drop, Tag("change:drop")]
    | Annotated[Weight, Tag("change:weight")]
    | Annotated[Aggregation, Tag("change:aggregation")]
    | Annotated[QuorumRule, Tag("change:quorum")]
    | Annotated[Mandatory, Tag("change:mandatory")]
    | Annotated[Bands, Tag("change:bands")]
    | Annotated[PolicyRule, Tag("change:policy")]
    | Annotated[RoundingRule, Tag("change:rounding")]
    | Annotated[Window, Tag("change:window")]
    | Annotated[Evaluator, Tag("change:evaluator")],
    Discriminator(_verb),
]


class Unsettled(Model):
    """A change that could not be carried to another version: a person decides."""

    problem: Text
    change: AnyEntry


class Overlay(Model):
    """What a province changes of a framework.

    Attributes
    ----------
    extends : str
        Id of the framework ("mic-2361-2024/commune"), or of another overlay.
    province : str
        Who adapts it.
    supersedes : tuple of framework id
        Frameworks of the province that this one takes the place of.
    strata : tuple of str
        Strata that the province tells apart, beside those that the framework names.
    declared : Declared, optional
        Counts and totals that the province's own document states. By default only the total of
        points that the framework declares still holds.
    fidelity : str
        How faithful the changes are to the province's document.
    conflicts : tuple of Unsettled
        What `rebase` left to a person; nothing is adapted before all are settled.
    """

    kind: Literal["overlay"]
    format: Literal[1]
    id: Id
    title: Text
    version: Text
    status: Literal["draft", "issued", "provisional", "repealed"]
    issued: Issue | None = None
    extends: FrameworkId
    province: Text
    supersedes: tuple[FrameworkId, ...] = ()
    fidelity: Fidelity = "official"
    note: str = ""
    strata: tuple[Text, ...] = ()
    declared: Declared | None = None
    examples: tuple[Example, ...] = ()
    conflicts: tuple[Unsettled, ...] = ()
    changes: tuple[AnyEntry, ...] = ()

    @property
    def document(self) -> str:
        """The document that carries the changes."""
        return self.issued.document if self.issued else self.title


@dataclass(frozen=True)
class Written:
    """An overlay as it stands in a file.

    Attributes
    ----------
    overlay : Overlay
    file : str
        The file as the user knows it.
    lines : dict
        Line of every address in the file; empty when it was not read from one.
    """

    overlay: Overlay
    file: str = ""
    lines: Mapping[Address, int] | None = None

    def place(self, number: int, *field: str) -> str:
        """Name the place of a change, counted from 0."""
        verb = self.overlay.changes[number].verb
        return place(("changes", number, *(field or (verb,))), dict(self.lines or {}))


def read_overlay(path: Path, faults: Collector, name: str = "") -> Written | None:
    """Read a YAML file of kind `overlay`; None after an error. What it changes is not checked."""
    own = Collector(name or path.name)
    data, lines = read_yaml(path, own)
    entries: Any = data.get("changes") if isinstance(data, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        verbs = [key for key in entry if key in VERBS] if isinstance(entry, dict) else [""]
        if len(verbs) != 1:
            near = [word for key in entry for word in difflib.get_close_matches(key, VERBS, 1)]
            guess = f" (gần nhất: “{near[0]}”)" if near else ""
            found = f"có {', '.join(verbs)}" if verbs else "không rõ sửa gì"
            expected = f"đúng một trong các mục: {', '.join(VERBS)}{'' if verbs else guess}"
            own.add(place(("changes", number), lines), found, expected)
            entries[number] = {"window": "-"}  # what else is wrong with it would only mislead
    overlay = validate(Overlay, data, own, lines) if lines else None
    faults.extend(own.faults)
    return None if overlay is None or own.errors else Written(overlay, own.file, lines)


def plain(entry: Entry) -> dict[str, Any]:
    """An entry as a person writes it: what is done first, why last; defaults are left out."""
    held = entry.model_dump(mode="json", exclude_unset=True)
    last = ("was", "to", "reason", "basis")
    first: dict[str, Any] = {entry.verb: held.pop(entry.verb)}
    tail = {key: held.pop(key) for key in last if key in held}
    return {key: _whole(value) for key, value in {**first, **held, **tail}.items()}


def _whole(value: Any) -> Any:
    """Numbers as people write them: 50, not 50.0."""
    if isinstance(value, dict):
        return {key: _whole(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_whole(held) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def write_overlay(overlay: Overlay, path: Path, head: str = "") -> None:
    """Write an overlay so that reading it gives the same overlay.

    Parameters
    ----------
    overlay : Overlay
    path : Path
        YAML file.
    head : str, optional
        Lines of comment to begin with.
    """
    data = overlay.model_dump(mode="json", exclude_defaults=True, exclude={"changes", "conflicts"})
    if overlay.conflicts:
        data["conflicts"] = [
            {"problem": item.problem, "change": plain(item.change)} for item in overlay.conflicts
        ]
    data["changes"] = [plain(entry) for entry in overlay.changes]
    write_yaml(data, path, head)
