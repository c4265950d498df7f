"""Section III and appendix I: what a draft changes, by kind, by level, by indicator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from ...concepts import Catalogue
from ...differences.rows import KINDS, Difference
from ...differences.strictness import DIRECTIONS, Direction, joined
from ...differences.table import Differences, Reason, reason_words
from ...differences.words import band_words
from ...framework import Band, Framework, Group, Indicator, Level
from ...structure import concept_matrix, demand_words
from ...vietnamese import number
from ..blocks import Block, Bullets, Column, Table, bullets, paragraph, table
from .common import documents, version
from .wording import FIELDS

_WAYS: tuple[Direction, ...] = ("stricter", "easier", "both")
_MARKS: Mapping[Direction, str] = {"stricter": "▲ siết", "easier": "▼ nới"}
_MARKED = "▲ siết: khó đạt hơn; ▼ nới: dễ đạt hơn."
_NAMES = {
    **FIELDS,
    "competence": "Thẩm quyền",
    "validity": "Hiệu lực",
    "process": "Quy trình, kỳ số liệu",
    "targets": "Chỉ tiêu giao",
}
_MOST, _MOST_PAIRS = 6, 3  # names of indicators in one line of the body

Effects = Mapping[str, str]
Node = Group | Indicator


def changes(found: Differences) -> list[Block]:
    """What changes, for section III: counts by kind (B7), by level and stratum (B7-2), in words."""
    if not found.shown:
        return [paragraph("Hai phiên bản không khác nhau về nội dung đánh giá.")]
    last = paragraph("Từng thay đổi, kèm lý do, căn cứ, được nêu ở phụ lục I.")
    return [*count_tables(found), change_points(found), last]


def count_tables(found: Differences) -> list[Block]:
    """Tables B7 and, where requirements change, B7-2."""
    graded = found.by_level()
    moved = graded[["stricter", "easier", "asked", "no_longer"]].to_numpy().any()
    return [kind_table(found), *([level_change_table(found)] if moved else [])]


def kind_table(found: Differences) -> Table:
    """Table B7: number of differences by kind, and how many ask more, how many less."""
    frame = found.counts().rename_axis("said").reset_index()
    frame["said"] = frame["said"].map(_capital)
    columns = [
        Column("said", "Loại thay đổi", width=34),
        Column("count", "Số thay đổi", "integer", width=12),
        Column("things", "Số đối tượng", "integer", width=12),
        *(
            Column(name, _capital(DIRECTIONS[name]), "integer", width=12)
            for name in _WAYS
            if frame[name].any()
        ),
    ]
    note = (
        "Một đối tượng (chỉ tiêu, nhóm, mức độ, quy định) có thể có nhiều thay đổi. Siết: khó đạt "
        "hơn; nới: dễ đạt hơn; thêm, bỏ chỉ tiêu mà mức đòi đạt toàn bộ cũng tính."
    )
    if quiet := len(found.rows) - len(found.shown):
        note += f" Không kể {number(quiet)} thay đổi về số thứ tự, trích dẫn, thông tin văn bản."
    caption = "Tổng hợp thay đổi theo loại"
    source = documents(found.old, found.new)
    return table("B7", frame, columns, caption, unit="thay đổi", source=source, note=note)


def level_change_table(found: Differences) -> Table:
    """Table B7-2: requirements that were tightened, loosened, added, dropped, by level, stratum."""
    frame = found.by_level()
    several = frame["stratum"].nunique() > 1
    frame["stratum"] = frame["stratum"].replace("*", "còn lại")
    columns = [
        Column("label", "Mức độ", width=22),
        *([Column("stratum", "Địa bàn", width=18)] if several else []),
        Column("stricter", "Siết ngưỡng", "integer", width=12),
        Column("easier", "Nới ngưỡng", "integer", width=12),
        Column("asked", "Thêm yêu cầu", "integer", width=12),
        Column("no_longer", "Bỏ yêu cầu", "integer", width=12),
    ]
    caption = "Yêu cầu siết, nới, thêm, bỏ theo mức độ" + (" và địa bàn" if several else "")
    note = "Thêm, bỏ yêu cầu kể cả do thêm, bỏ, gộp, tách chỉ tiêu và do chỉ tiêu đổi mức áp dụng."
    source = documents(found.old, found.new)
    return table("B7-2", frame, columns, caption, unit="yêu cầu", source=source, note=note)


def change_points(found: Differences) -> Bullets:
    """What changes in a few lines; names of the first indicators of each kind."""
    term = found.new.terms.indicator
    by_kind: dict[tuple[bool, str], list[Difference]] = {}
    for row in found.shown:
        by_kind.setdefault((row.part != "indicator", row.kind), []).append(row)
    lines = []
    for other, kind in sorted(by_kind, key=lambda key: (key[0], list(KINDS).index(key[1]))):
        rows = by_kind[other, kind]
        if other:
            group = " nhóm" if kind in ("renamed", "moved") else ""
            named = [_named(row) for row in rows if row.part != "document"]
            said = f": {_listed(named, _MOST, 'thay đổi')}" if named else ""
            lines.append(f"{_capital(rows[0].said)}{group}{said}.")
            continue
        told = [_became(row) for row in rows]
        pairs = "→" in told[0]
        names = f": {_listed(told, _MOST_PAIRS if pairs else _MOST, term)}" if told[0] else ""
        count = number(len({row.new_ids or row.old_ids for row in rows}))
        lines.append(f"{_capital(rows[0].said)} {count} {term}{names or _strictly(rows)}.")
    return bullets(lines)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _listed(said: Sequence[str], most: int, noun: str) -> str:
    rest = len(said) - most
    return "; ".join([*said[:most], *([f"{number(rest)} {noun} khác"] if rest > 0 else [])])


def _became(row: Difference) -> str:
    """What became of an indicator, by name; "" where only its content changed."""
    if row.kind in ("added", "dropped"):
        return row.label
    if row.kind == "merged":
        return f"{row.label} (từ {number(len(row.old_ids))})"
    if row.kind == "split":
        return f"{row.old_words} (thành {number(len(row.new_ids))})"
    told = row.kind in ("recast", "moved", "points", "weight")
    return f"{row.label}: {row.old_words} → {row.new_words}" if told else ""


def _strictly(rows: Sequence[Difference]) -> str:
    """How many indicators are asked more, less: ": siết 20, nới 9"."""
    by_thing: dict[tuple[str, ...], list[Direction]] = {}
    for row in rows:
        by_thing.setdefault(row.new_ids, []).append(row.direction)
    whole = [joined(ways) for ways in by_thing.values()]
    told = [f"{DIRECTIONS[way]} {number(whole.count(way))}" for way in _WAYS if way in whole]
    return f": {', '.join(told)}" if told else ""


def _named(row: Difference) -> str:
    """A level, a band or a group that changed."""
    if row.kind == "renamed" or row.field == "label":
        return f"{row.old_words} → {row.new_words}"
    if not row.old_ids or not row.new_ids:
        bare = row.kind in ("added", "dropped")
        return f"{'' if bare else 'thêm ' if row.new_ids else 'bỏ '}{row.label}"
    field = _NAMES.get(row.field, row.field).lower()
    return f"{row.label}, {field} ({row.old_words} → {row.new_words})"


def statement(
    found: Differences, reasons: Iterable[Reason] = (), effects: Effects | None = None
) -> list[Block]:
    """Appendix I: the statement (PL1-1) and the list for the letter of consultation (PL1-2).

    Parameters
    ----------
    found : Differences
    reasons : iterable of Reason
        Why; what has none says so.
    effects : mapping of str to str, optional
        Measured effect in words, by any of `Difference.names`; stands beside the reason.
    """
    if not found.shown:
        return changes(found)
    return [statement_table(found, reasons, effects), consulted_table(found)]


def statement_table(
    found: Differences, reasons: Iterable[Reason] = (), effects: Effects | None = None
) -> Table:
    """Table PL1-1: in force, draft, reason; by group in the order of the draft. See `statement`."""
    maker = _Statement(found, tuple(reasons), effects or {})
    columns = [
        Column("place", "TT", width=5),
        Column("old", f"Hiện hành\n({documents(found.old)})", width=42),
        Column("new", f"Dự thảo\n({documents(found.new)})", width=42),
        Column("reason", "Lý do, căn cứ", width=30),
        *([Column("effect", "Tác động đo được", width=26)] if effects else []),
    ]
    rows = [*maker.general(), *maker.nodes()]
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    kept, every = (number(len(items)) for items in (found.kept, found.new.indicators))
    note = (
        f"{_MARKED} Chỉ ghi nội dung thay đổi; {kept} trên {every} {found.new.terms.indicator} của "
        "dự thảo giữ nguyên, chỉ đếm theo nhóm. Không ghi thay đổi về số thứ tự, trích dẫn."
    )
    caption = "So sánh, thuyết minh từng nội dung thay đổi"
    source = documents(found.old, found.new)
    return table("PL1-1", frame, columns, caption, source=source, note=note, landscape=True)


class _Statement:
    """Rows of the statement, numbered as they come."""

    def __init__(self, found: Differences, reasons: Sequence[Reason], effects: Effects) -> None:
        self.found = found
        self.reasons = reasons
        self.effects = effects
        self.place = 0
        self.sides = {"old": found.old, "new": found.new}
        self.held = {side: {n.id: n for n, _, _ in at.nodes()} for side, at in self.sides.items()}
        self.levels = {side: _level_names(found, side) for side in self.sides}
        self.rows: dict[tuple[str, str], list[Difference]] = {}
        for row in found.shown:
            nodes = [("new", name) for name in row.new_ids] + [
                ("old", name) for name in row.old_ids
            ]
            first = next(
                (node for node in nodes if node in found.order), ("", row.label or row.field)
            )
            self.rows.setdefault(first, []).append(row)

    def general(self) -> list[dict[str, str]]:
        """Levels, bands and what the document states of itself."""
        rows = []
        for held in self.rows.values():
            if held[0].part in ("level", "band"):
                cells = [self._graded(held, "old"), self._graded(held, "new")]
            elif held[0].part == "document":
                cells = [self._line(held[0], "old"), self._line(held[0], "new")]
            else:
                continue
            rows.append(self._row(cells[0], cells[1], held))
        return [_heading("QUY ĐỊNH CHUNG", "QUY ĐỊNH CHUNG"), *rows] if rows else []

    def _graded(self, held: Sequence[Difference], side: str) -> str:
        """A level or a band on one side."""
        ids = held[0].old_ids if side == "old" else held[0].new_ids
        if not ids:
            return _absent(side)
        at = self.sides[side]
        things: list[Level | Band] = [*at.levels, *at.bands]
        part = Level if held[0].part == "level" else Band
        thing = next(item for item in things if item.id == ids[0] and isinstance(item, part))
        if isinstance(thing, Band):
            return f"Xếp loại {band_words(thing)}"
        lines = [self._line(row, side) for row in held if row.field not in ("", "label")]
        return "\n".join([f"Mức độ {thing.label}", *lines])

    def nodes(self) -> list[dict[str, str]]:
        """Groups as headings, indicators that change below them."""
        rows = []
        for side, name in self.found.order:
            node, held = self.held[side][name], self.rows.get((side, name), [])
            if isinstance(node, Group):
                rows.append(self._group(side, node, held))
            elif held:
                rows.append(self._indicator(side, node, held))
        return rows

    def _group(self, side: str, group: Group, held: Sequence[Difference]) -> dict[str, str]:
        """The heading of a group: what it is called on either side, how much of it stays."""
        before = {new: old for old, new in self.found.matching.groups.items()}
        ids = {"old": before.get(group.id) if side == "new" else group.id}
        ids["new"] = group.id if side == "new" else None
        cells = []
        for at, name in ids.items():
            lines = [self._line(row, at) for row in held if row.field not in ("", "label")]
            head = _headed(self.held[at][name]).upper() if name else f"({_absent(at).lower()})"
            cells.append("\n".join([head, *lines]))
        below = {item.id for item in self.found.new.below(group.id)} if side == "new" else set()
        kept = len(below & set(self.found.kept))
        said = [f"Giữ nguyên {number(kept)} {self.found.new.terms.indicator}"] if kept else []
        if held:
            kinds = "; ".join(dict.fromkeys(row.said.removesuffix(" nhóm") for row in held))
            why = reason_words(held, self.reasons)
            said.append(f"{_capital(kinds)} nhóm: {why[:1].lower() + why[1:]}")
        return _heading(cells[0], cells[1], "\n".join(said), self._effect(held))

    def _indicator(self, side: str, node: Indicator, held: Sequence[Difference]) -> dict[str, str]:
        """What was, what shall be; of several merged into one, each with all that it asked."""
        matching = self.found.matching
        family = (matching.by_new if side == "new" else matching.by_old)[node.id]
        ids = {"old": family.old, "new": family.new}
        cells = {}
        for at, names in ids.items():
            items = [item for name in names if isinstance(item := self.held[at][name], Indicator)]
            if len(ids["old"]) == len(ids["new"]) == 1:
                told = [row for row in held if row.field not in ("", "label", "code")]
                lines = [_headed(items[0]), *(self._line(row, at) for row in told)]
            else:
                lines = [self._demanded(item, self.sides[at]) for item in items]
            cells[at] = "\n".join(lines) or _absent(at)
        cells["new"] = self._joined(family.kind, held) + cells["new"]
        return self._row(cells["old"], cells["new"], held)

    def _joined(self, kind: str, held: Sequence[Difference]) -> str:
        """Say that indicators were merged or split, and which way thresholds went."""
        said = {"merged": "Gộp thành", "split": "Tách thành", "recast": "Gộp, tách lại thành"}
        if kind not in said:
            return ""
        marks = [f"{self.levels['new'][r.level]}{_mark(r)}" for r in held if r.kind == "threshold"]
        return f"{said[kind]}{' (' * bool(marks)}{'; '.join(marks)}{')' * bool(marks)}:\n"

    def _demanded(self, item: Indicator, framework: Framework) -> str:
        """An indicator with all that it asks, levels by name."""
        concept = self.found.catalogue[item.concept]
        said = demand_words(item, framework, concept)
        if item.required:
            names = {str(place): level.label for place, level in enumerate(framework.levels, 1)}
            said = "; ".join(_by_name(part, names) for part in said.split("; "))
            said += f" ({concept.unit})" if concept.measure in ("ratio", "number") else ""
        return f"{_headed(item)}\n{said}"

    def _line(self, row: Difference, side: str) -> str:
        """One field on one side; the draft says whether that is stricter, and where."""
        words = row.old_words if side == "old" else row.new_words
        name = self.levels[side][row.level] if row.steps else _NAMES.get(row.field, row.field)
        gap = "\n" if row.field in ("policy", "process") else " "
        return f"{name}:{gap}{words}{_mark(row) if side == 'new' else ''}"

    def _row(self, old: str, new: str, held: Sequence[Difference]) -> dict[str, str]:
        self.place += 1
        row = _heading(old, new, reason_words(held, self.reasons), self._effect(held))
        return row | {"place": str(self.place)}

    def _effect(self, held: Sequence[Difference]) -> str:
        names = {name for row in held for name in row.names}
        return "\n".join(words for name, words in self.effects.items() if name in names)


def _level_names(found: Differences, side: str) -> dict[str, str]:
    """Names of levels as one side has them, and of those that only the other has."""
    both = (found.new, found.old) if side == "old" else (found.old, found.new)
    return {level.id: level.label for framework in both for level in framework.levels}


def _absent(side: str) -> str:
    return "Chưa quy định" if side == "old" else "Bỏ"


def _heading(old: str, new: str, reason: str = "", effect: str = "") -> dict[str, str]:
    return {"place": "", "old": old, "new": new, "reason": reason, "effect": effect}


def _headed(node: Node) -> str:
    return f"{node.code.rstrip('.')}. {node.label}" if node.code else node.label


def _by_name(part: str, names: Mapping[str, str]) -> str:
    """Put the names of levels in the place of their numbers: "Cơ bản–Nâng cao: có"."""
    places, colon, said = part.partition(":")
    named = "–".join(names.get(place, place) for place in places.split("–"))
    return named.replace(" ", "\u00a0") + colon + said


def _mark(row: Difference) -> str:
    """Say which way a threshold went, of each stratum where they differ."""
    if row.direction in _MARKS:
        return f" {_MARKS[row.direction]}"
    moved = [
        f"{'' if step.stratum == '*' else f'{step.stratum} '}{_MARKS[step.direction]}"
        for step in row.steps
        if step.direction in _MARKS
    ]
    return f" {'; '.join(moved)}" if moved else ""


def consulted_table(found: Differences, answers: bool = False) -> Table:
    """Table PL1-2: indicators that change, for the letter that asks for comments.

    Parameters
    ----------
    found : Differences
    answers : bool
        Whether there is an empty column for the comments.
    """
    sides = {"old": _above(found.old), "new": _above(found.new)}
    grouped = len(found.old.groups) > 1 or len(found.new.groups) > 1
    rows: list[dict[str, str]] = []
    for side, name in found.order:
        held = [r for r in found.shown if name in (r.new_ids if side == "new" else r.old_ids)]
        node, group = sides[side][name]
        if held and isinstance(node, Indicator):
            row = {"place": str(len(rows) + 1), "label": _headed(node), "group": group}
            rows.append(row | {"said": _capital(_short(held, found)), "answer": ""})
    columns = [
        Column("place", "TT", width=5),
        Column("label", _capital(found.new.terms.indicator), width=46),
        *([Column("group", _capital(found.new.terms.group), width=22)] if grouped else []),
        Column("said", "Thay đổi", width=42),
        *([Column("answer", "Ý kiến góp ý", width=24)] if answers else []),
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    caption = f"Danh sách {found.new.terms.indicator} thay đổi, gửi lấy ý kiến"
    source = documents(found.old, found.new)
    return table("PL1-2", frame, columns, caption, source=source, landscape=True)


def _above(framework: Framework) -> dict[str, tuple[Node, str]]:
    """Every node with the name of its group."""
    return {
        node.id: (node, parent.label if parent else "") for node, parent, _ in framework.nodes()
    }


def _short(held: Sequence[Difference], found: Differences) -> str:
    """Kinds of what changes in one indicator; thresholds by level."""
    levels = _level_names(found, "new")
    ways: dict[Direction, list[str]] = {}
    for row in held:
        if row.kind == "threshold":
            ways.setdefault(row.direction, []).append(levels[row.level])
    said = list(dict.fromkeys(row.said for row in held if row.kind != "threshold"))
    for way, named in ways.items():
        how = f"{DIRECTIONS[way]} ngưỡng" if way != "neither" else "sửa ngưỡng"
        said.append(f"{how}: {', '.join(named)}")
    return "; ".join(said)


def side_by_side(frameworks: Sequence[Framework], catalogue: Catalogue) -> Table:
    """Table of several instruments by concept: what each asks, and whether they ask alike.

    Parameters
    ----------
    frameworks : sequence of Framework
        See `differences.check_comparable`.
    catalogue : mapping of str to Concept
    """
    matrix = concept_matrix(frameworks, catalogue)
    shared = matrix[matrix["asked_by"] > 1]
    names = [item.id for item in frameworks]
    asked = [{words for words in row if words} for row in shared[names].to_numpy()]
    frame = shared.assign(
        concept=shared["label"] + " (" + shared["unit"] + ")",
        alike=["giống" if len(words) == 1 else "khác" for words in asked],
        **{name: shared[name].replace("", "–") for name in names},
    )
    columns = [
        Column("concept", "Khái niệm (đơn vị tính)", width=40),
        Column("asked_by", "Số bộ hỏi", "integer", width=7),
        Column("alike", "Yêu cầu", width=8),
        *(Column(i.id, f"{documents(i)}\n({version(i).lower()})", width=22) for i in frameworks),
    ]
    note = (
        f"{number(len(matrix) - len(shared))} khái niệm khác chỉ một bộ hỏi. Số trước dấu hai chấm "
        "là thứ tự mức độ của bộ đó; –: không hỏi."
    )
    caption = f"Đối chiếu {number(len(frameworks))} bộ theo đại lượng được đo"
    source = documents(*frameworks)
    return table("DC-1", frame, columns, caption, source=source, note=note, landscape=True)
