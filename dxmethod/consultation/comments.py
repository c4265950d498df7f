"""Comments on a draft: who said what, what became of it, and what the answer does to units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..assessment import Assessment, assess
from ..changes import Change, Conflict, apply
from ..check import check_framework
from ..comparison import Comparison
from ..concepts import Catalogue, Text
from ..documents import Model
from ..faults import Collector, nearest, quoted
from ..framework import Framework
from ..observations import Observations
from .revised import Revised, short, subject

GROUPS: Mapping[str, str] = {
    "ministry": "bộ, ngành",
    "province": "tỉnh, thành phố",
    "firm": "doanh nghiệp, hiệp hội",
    "expert": "chuyên gia",
    "pilot": "xã thí điểm",
    "citizen": "người dân",
}
DISPOSITIONS: Mapping[str, str] = {
    "accepted": "tiếp thu",
    "partly": "tiếp thu một phần",
    "explained": "giải trình",
}
GENERAL = "chung"
# An accepted comment that something else than the criteria answers: the decision, a guide.
OUTSIDE = "ngoài khung"


class Event(Model):
    """A step on the way to the draft, as section II tells it; `date` is printed as written."""

    date: Text
    step: Text
    document: str = ""
    by: str = ""
    source: str = ""


@dataclass(frozen=True, eq=False)
class Comment:
    """A comment and its answer.

    Attributes
    ----------
    number, by, text, reply : str
        Number in the register, who said it, what, and what is answered.
    group, disposition : str
        Of `GROUPS` and of `DISPOSITIONS`; empty where the register does not say it.
    about : str
        Id or code of a node of the version commented on, or `GENERAL`.
    changes : tuple of str
        Changes that answer it, as written; see `Revised.named`.
    places : mapping of str to str
        Where each of them stands.
    """

    number: str
    by: str
    group: str
    about: str
    text: str
    disposition: str
    reply: str
    changes: tuple[str, ...] = ()
    date: dt.date | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether it was followed, in full or in part."""
        return self.disposition in ("accepted", "partly")


@dataclass(frozen=True, eq=False)
class Asked:
    """How many of a group were asked, replied, and agreed without a comment.

    `asked` is None where the draft was published for anybody to comment on.
    """

    group: str
    asked: int | None
    replied: int = 0
    agreed: int = 0
    place: str = ""


@dataclass(frozen=True, eq=False)
class Reason:
    """Why something was changed that no comment asked for."""

    change: str
    reason: str
    place: str = ""


@dataclass(frozen=True, eq=False)
class Register:
    """The register of a consultation.

    Attributes
    ----------
    commented : str
        Id of the version that was commented on, whose codes `Comment.about` may use.
    illustrative : bool
        Whether the comments are invented, to show how a register works.
    """

    comments: tuple[Comment, ...]
    asked: tuple[Asked, ...]
    reasons: tuple[Reason, ...] = ()
    commented: str = ""
    illustrative: bool = False

    def counts(self) -> pd.DataFrame:
        """Count by group, in the order of `GROUPS`, then "" for the whole.

        Returns
        -------
        DataFrame
            `label`, `asked` (NaN where nobody counted), `replied`, `agreed`, `bodies` (that
            commented), `comments`, and one column for each of `DISPOSITIONS`.
        """
        rows = []
        for group in [*GROUPS, ""]:
            asked = [item for item in self.asked if group in (item.group, "")]
            said = [item for item in self.comments if group in (item.group, "")]
            known = [item.asked for item in asked if item.asked is not None]
            if asked or said:
                rows.append(
                    {
                        "group": group,
                        "label": GROUPS.get(group, "cộng").capitalize(),
                        "asked": sum(known) if known else float("nan"),
                        "replied": sum(item.replied for item in asked),
                        "agreed": sum(item.agreed for item in asked),
                        "bodies": len({(item.group, item.by) for item in said}),
                        "comments": len(said),
                        **{d: sum(c.disposition == d for c in said) for d in DISPOSITIONS},
                    }
                )
        return pd.DataFrame(rows).set_index("group") if rows else pd.DataFrame()


def revised(register: Register, old: Framework, new: Framework) -> Revised:
    """Set a register beside two versions; by default the old one was commented on."""
    return Revised(old, new, new if register.commented == new.id else old)


def answering(side: Revised, comments: Iterable[Comment]) -> tuple[Change, ...]:
    """Changes that answer comments, each once, in the order of the versions' difference."""
    names = {name for comment in comments for name in comment.changes}
    wanted = {change.target for name in names for change in side.named(name)}
    return tuple(change for change in side.every if change.target in wanted)


def unprompted(side: Revised, register: Register) -> dict[str, str]:
    """Changes of content that answer no accepted comment, by target, with reasons as given."""
    accepted = [item for item in register.comments if item.accepted]
    answered = {change.target for change in answering(side, accepted)}
    given: dict[str, list[str]] = {}
    for item in register.reasons:
        for change in side.named(item.change):
            given.setdefault(change.target, []).append(item.reason)
    targets = [change.target for change in side.changes if change.target not in answered]
    return {target: "; ".join(dict.fromkeys(given.get(target, ()))) for target in targets}


def check_register(register: Register, old: Framework, drafts: Sequence[Framework]) -> Collector:
    """Check a register against the versions that it lies between.

    Parameters
    ----------
    register : Register
    old : Framework
        The baseline.
    drafts : sequence of Framework
        A change that answers a comment must be made in one of them.

    Returns
    -------
    Collector
        Errors: an unanswered comment, a change that was not made, a criterion that is not there, a
        comment twice, more replies than asked. Warnings: changes without comment or reason.
    """
    faults = Collector()
    sides = [revised(register, old, draft) for draft in drafts]
    _check_twice(register, faults)
    _check_asked(register, faults)
    for comment in register.comments:
        _check_about(comment, sides[0], faults)
        _check_answer(comment, sides, faults)
    for reason in register.reasons:
        _check_change(reason.change, reason.place, sides, faults)
    unsaid: dict[str, list[str]] = {}
    reasons = unprompted(sides[0], register)
    for change in sides[0].changes:
        if reasons.get(change.target) == "":
            unsaid.setdefault(subject(change), []).append(short(change))
    for name, targets in unsaid.items():
        found = f"chưa có góp ý hay lý do: {', '.join(targets)}"
        expected = "góp ý được tiếp thu nêu thay đổi này, hoặc lý do ở trang Thay đổi"
        where = f"thay đổi của {quoted(sides[0].labels.get(name, name))}"
        faults.add(where, found, expected, severity="cảnh báo")
    return faults


def _check_twice(register: Register, faults: Collector) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for item in register.comments:
        same = ("", item.by.casefold(), " ".join(item.text.casefold().split()))
        for key, part, said in (
            ((item.number,), "number", f"số {quoted(item.number)}"),
            (same, "text", "cùng một góp ý của cùng một chủ thể"),
        ):
            place = item.places.get(part, "")
            if key in seen and key[-1]:
                faults.add(place, f"{said} đã có ở {seen[key]}", "mỗi góp ý một hàng, một số")
            seen.setdefault(key, place)


def _check_asked(register: Register, faults: Collector) -> None:
    held: dict[str, Asked] = {}
    for item in register.asked:
        if item.group in held:
            found = f"nhóm {quoted(GROUPS[item.group])} đã có ở {held[item.group].place}"
            faults.add(item.place, found, "mỗi nhóm một hàng")
        held.setdefault(item.group, item)
        if item.asked is not None and item.replied > item.asked:
            found = f"{item.replied} trả lời, chỉ {item.asked} được lấy ý kiến"
            faults.add(item.place, found, "số trả lời không quá số được lấy ý kiến")
        bodies = len({c.by for c in register.comments if c.group == item.group})
        if item.agreed + bodies > item.replied:
            found = (
                f"{item.agreed} thống nhất và {bodies} chủ thể góp ý, chỉ {item.replied} trả lời"
            )
            faults.add(item.place, found, "số trả lời gồm cả người thống nhất và người góp ý")
    for comment in register.comments:
        if comment.group and (comment.group not in held or held[comment.group].asked == 0):
            found = f"nhóm {quoted(GROUPS[comment.group])} không được lấy ý kiến"
            expected = "nhóm có số ở trang Cơ quan được lấy ý kiến"
            faults.add(comment.places.get("group", ""), found, expected)


def _check_about(comment: Comment, side: Revised, faults: Collector) -> None:
    about, place = comment.about, comment.places.get("about", "")
    if not about or about.casefold() == GENERAL:
        if not about and not comment.places.get("about!"):
            faults.add(place, "thiếu chỉ tiêu được góp ý", f"mã chỉ tiêu, hoặc “{GENERAL}”")
        return
    known = [node for node, _, _ in side.commented.nodes()]
    node = side.node(about)
    if node in {item.id for item in known}:
        return
    version = f"phiên bản {side.commented.version}"
    found = f"{quoted(about)} không có trong {version} (phiên bản được góp ý)"
    if node:
        found = f"{quoted(about)} chỉ có ở phiên bản khác, không có trong {version}"
    spellings = [text for item in known for text in (item.id, item.code) if text]
    faults.add(place, found, nearest(about, [*spellings, GENERAL]))


def _check_answer(comment: Comment, sides: Sequence[Revised], faults: Collector) -> None:
    where = comment.places
    for part, said, expected in (
        ("text", "thiếu nội dung góp ý", "lời góp ý"),
        ("by", "thiếu chủ thể góp ý", "tên cơ quan, tổ chức hoặc người góp ý"),
        ("group", "thiếu nhóm chủ thể", "một nhóm chủ thể"),
        ("disposition", "góp ý chưa được phân loại", ", ".join(DISPOSITIONS.values())),
        ("reply", "góp ý chưa được trả lời", "nội dung tiếp thu, giải trình"),
    ):
        # What cannot be read was said when it was read.
        if not getattr(comment, part) and not where.get(f"{part}!"):
            faults.add(where.get(part, ""), said, expected)
    place = where.get("changes", "")
    if comment.accepted and not comment.changes:
        said = f"{DISPOSITIONS[comment.disposition]} mà không nêu thay đổi nào"
        faults.add(place, said, f"một thay đổi trong trang Thay đổi, hoặc “{OUTSIDE}”")
    if comment.disposition == "explained" and comment.changes:
        said = "giải trình (không tiếp thu) mà nêu thay đổi"
        faults.add(place, said, "để trống, hoặc phân loại tiếp thu, tiếp thu một phần")
    for name in comment.changes:
        if name.casefold() != OUTSIDE:
            _check_change(name, place, sides, faults)


def _check_change(name: str, place: str, sides: Sequence[Revised], faults: Collector) -> None:
    if not any(side.named(name) for side in sides):
        known = [item for side in sides for item in side.names()]
        found = f"không có thay đổi {quoted(name)} giữa hai phiên bản"
        faults.add(place, found, nearest(name, known) if known else "một thay đổi có thật")


@dataclass(frozen=True)
class Shift:
    """What changes do to units: how many rise and fall a level, the mean shift of totals."""

    up: int | None
    down: int | None
    total: float | None


@dataclass(frozen=True)
class Effect:
    """Measured effect of the answer to a comment.

    Attributes
    ----------
    alone : Shift or None
        Baseline with its changes alone, against the baseline; None when they cannot stand alone.
    last : Shift or None
        The draft against the draft without them; None when they cannot be taken out alone.
    """

    alone: Shift | None
    last: Shift | None


def effects(
    side: Revised, comments: Sequence[Comment], observations: Observations, catalogue: Catalogue
) -> dict[str, Effect]:
    """Measure what the answer to each accepted comment does, first and last.

    Parameters
    ----------
    side : Revised
    comments : sequence of Comment
        Those that name no change of content are left out.
    observations : Observations
    catalogue : mapping of str to Concept

    Returns
    -------
    dict of str to Effect
        By number of the comment, then "" for all of them at once. Two comments answered by one
        change have its effect each, so effects do not add up.
    """
    before, after = assess(side.old, observations), assess(side.new, observations)
    accepted = [comment for comment in comments if comment.accepted]
    bundles = {comment.number: answering(side, [comment]) for comment in accepted}
    bundles[""] = answering(side, accepted)
    found = {}
    for number, bundle in bundles.items():
        if bundle:
            targets = {change.target for change in bundle}
            rest = [change for change in side.every if change.target not in targets]
            first = _variant(side.old, bundle, catalogue)
            last = _variant(side.old, rest, catalogue)
            found[number] = Effect(
                _shift(before, assess(first, observations)) if first else None,
                _shift(assess(last, observations), after) if last else None,
            )
    return found


def _variant(
    framework: Framework, changes: Iterable[Change], catalogue: Catalogue
) -> Framework | None:
    """Apply changes where that leaves a framework that can be assessed."""
    try:
        made = apply(framework, changes)
    except Conflict:
        return None
    wrong = any(fault.severity == "lỗi" for fault in check_framework(made, catalogue))
    return None if wrong else made


def _shift(before: Assessment, after: Assessment) -> Shift:
    comparison = Comparison(before, after)
    units = comparison.units
    levels = units["level_shift"] if comparison.levelled else None
    return Shift(
        None if levels is None else int((levels > 0).sum()),
        None if levels is None else int((levels < 0).sum()),
        float(units["total_shift"].mean()) if comparison.ranked else None,
    )
