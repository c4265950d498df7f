"""Small frameworks and tables shared by tests."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dxmethod.concepts import Catalogue, Concept
from dxmethod.framework import (
    Band,
    Framework,
    Group,
    Indicator,
    Level,
    Policy,
    Provenance,
    Quorum,
    Rounding,
)
from dxmethod.observations import STATUS_WORDS, Observations, Status
from dxmethod.values import Curve, Fitted, Part, Parts, Value

WRITTEN = Provenance(document="Ví dụ", fidelity="illustrative")
LINE = Curve(kind="linear", at=(0, 100), give=(0, 1))

# Text that some program somewhere takes for more than text.
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "{{x}}",
    "#let x = 1",
    "\\input{/etc/passwd}",
    "../../etc/passwd",
    "ngoặc \" kép ' đơn",
    "dòng một\ndòng hai",
    "phải\u200fsang trái",
    "Nghiêng" * 40,
)


def concept(name: str, **fields: Any) -> Concept:
    """A percentage, more of which is better."""
    given = {"label": name, "measure": "ratio", "unit": "%", **fields}
    if given["measure"] == "ratio":
        given.setdefault("range", (0, 100))
    return Concept(id=name, **given)


def catalogue(*concepts: Concept | str) -> dict[str, Concept]:
    """Concepts by id; a bare name is a percentage."""
    items = [concept(item) if isinstance(item, str) else item for item in concepts]
    return {item.id: item for item in items}


def indicator(name: str, **fields: Any) -> Indicator:
    """An indicator that reads the concept of its own name."""
    return Indicator(id=name, **{"label": name, "concept": name, "provenance": WRITTEN, **fields})


def group(name: str, *children: Group | Indicator, **fields: Any) -> Group:
    """A group that adds points unless told otherwise."""
    return Group(id=name, **{"label": name, "children": children, **fields})


def levels(*names: str, **fields: Any) -> tuple[Level, ...]:
    """Levels, each after the one before."""
    before = (None, *names)
    return tuple(
        Level(id=name, label=name, after=after, **fields)
        for name, after in zip(names, before, strict=False)
    )


def framework(*children: Group | Indicator, **fields: Any) -> Framework:
    """A framework; `combine` and `total` are those of its root."""
    root = {"combine": fields.pop("combine", "sum"), "points": fields.pop("total", None)}
    given = {
        "kind": "framework",
        "format": 1,
        "id": "vi-du/commune",
        "title": "Ví dụ",
        "version": "1",
        "status": "draft",
        "unit_type": "commune",
        **fields,
    }
    given.setdefault("tree", group("goc", *children, **root) if children else None)
    return Framework(**given)


def observe(
    columns: Mapping[str, Sequence[float | str | None]],
    known: Catalogue | None = None,
    strata: Sequence[str | None] | None = None,
) -> Observations:
    """A table of units u0, u1, …: numbers, None, "KAD", "KPS", "KMC" or "KMC 80"."""
    known = known or catalogue(*columns)
    size = len(next(iter(columns.values())))
    codes = [f"u{number}" for number in range(size)]
    units = pd.DataFrame({"name": codes}, index=pd.Index(codes, dtype=object))
    if strata is not None:
        units["stratum"] = list(strata)
    cells = [[_cell(cell) for cell in column] for column in columns.values()]
    value = np.array([[number for _, number in column] for column in cells], dtype=float)
    status = np.array([[kind for kind, _ in column] for column in cells], dtype=np.uint8)
    return Observations(units, tuple(known[name] for name in columns), value.T, status.T)


def _cell(cell: float | str | None) -> tuple[Status, float]:
    if isinstance(cell, str):
        word, _, number = cell.partition(" ")
        return STATUS_WORDS[word], float(number) if number else np.nan
    return (Status.MISSING, np.nan) if cell is None else (Status.OBSERVED, float(cell))


def random_cells(rng: random.Random, size: int) -> list[float | str | None]:
    """Whole numbers from 0 to 10, so that ties with thresholds are common, and every status."""
    words = (None, "KAD", "KPS", "KMC", "KMC 9")
    return [
        rng.choice(words) if rng.random() < 0.35 else float(rng.randint(0, 10)) for _ in range(size)
    ]


def random_policy(rng: random.Random, **fields: Any) -> Policy:
    """Any policy."""
    drawn = {
        "missing": rng.choice(["unknown", "fails"]),
        "not_applicable": rng.choice(["excluded", "fails"]),
        "no_occurrence": rng.choice(["excluded", "fails", "unknown"]),
        "no_evidence": rng.choice(["fails", "counts"]),
        "rescale": rng.choice(["sheet", "group", "none"]),
    }
    return Policy(**{**drawn, **fields})


def random_quorum(rng: random.Random, groups: Iterable[str]) -> Quorum:
    """A share or a count, of everything or of one group."""
    of = rng.choice(["*", *groups])
    if rng.random() < 0.5:
        return Quorum(of=of, count=rng.randint(1, 3))
    return Quorum(of=of, share=rng.choice([0.3, 0.5, 0.7, 1.0]))


def random_levels(rng: random.Random) -> tuple[Framework, Observations]:
    """A small level framework with everything that a level may ask, and what units reported."""
    names = [f"i{number}" for number in range(rng.randint(2, 6))]
    known = catalogue(
        *(concept(name, better=rng.choice(["higher", "higher", "lower"])) for name in names)
    )
    asked = [f"muc-{number}" for number in range(1, rng.randint(2, 4))]
    cut = rng.randint(1, len(names) - 1)
    items = [
        indicator(
            name,
            required=_random_required(rng, asked),
            applies_to=rng.choice([{}, {}, {}, {"unit_class": ("x",)}]),
        )
        for name in names
    ]
    groups = (group("a", *items[:cut]), group("b", *items[cut:]))
    made = tuple(
        Level(
            id=name,
            label=name,
            after=rng.choice([None, asked[place - 1]]) if place else None,
            quorum=tuple(random_quorum(rng, "ab") for _ in range(rng.randint(1, 2))),
            mandatory=tuple(rng.sample(names, rng.randint(0, 1))),
        )
        for place, name in enumerate(asked)
    )
    size = rng.randint(1, 6)
    strata = rng.choice([None, [rng.choice(["x", "y", "z", None]) for _ in range(size)]])
    columns = {name: random_cells(rng, size) for name in names}
    reported = observe(columns, known, strata)
    reported.units["unit_class"] = [rng.choice("xy") for _ in range(size)]
    return framework(*groups, levels=made, policy=random_policy(rng)), reported


def _random_required(
    rng: random.Random, asked: Sequence[str]
) -> dict[str, float | dict[str, float]]:
    required: dict[str, float | dict[str, float]] = {}
    for name in asked:
        kind = rng.random()
        if kind < 0.5:
            required[name] = float(rng.randint(0, 10))
        elif kind < 0.8:
            strata = rng.sample(["*", "x", "y"], rng.randint(1, 3))
            required[name] = {stratum: float(rng.randint(0, 10)) for stratum in strata}
    return required


def random_curve(rng: random.Random, sign: float) -> Curve:
    """A curve that never goes against the concept's direction."""
    kind = rng.choice(["linear", "steps"])
    cuts = sorted(rng.sample(range(11), rng.randint(2, 4)))
    shares = sorted(rng.choice([0.0, 0.25, 0.5, 1.0]) for _ in range(len(cuts) + (kind == "steps")))
    give = shares if sign > 0 else shares[::-1]
    closed = rng.choice(["left", "right"])
    at = tuple(float(cut) for cut in cuts)
    return Curve(kind=kind, at=at, give=tuple(give), closed=closed)


def random_value(rng: random.Random, item: Concept, known: Catalogue, curves_only: bool) -> Value:
    """Any value; only curves when a unit's points must not depend on its neighbours'."""
    kind = "curve" if curves_only else rng.choice(["curve", "curve", "fitted", "parts"])
    if kind == "curve":
        return random_curve(rng, item.sign)
    if kind == "fitted":
        return Fitted(kind="fitted", to=rng.choice(["best", "min_max", "rank"]))
    parts = tuple(
        Part(concept=other.id, value=random_curve(rng, other.sign), share=rng.choice([0.5, 1.0]))
        for other in rng.sample(list(known.values()), 2)
    )
    return Parts(kind=rng.choice(["sum", "max", "min", "at_least"]), of=parts, k=rng.randint(1, 2))


def random_points(rng: random.Random, curves_only: bool = False) -> tuple[Framework, Observations]:
    """A small tree of points, up to three groups deep, and what units reported."""
    names = [f"i{number}" for number in range(rng.randint(2, 6))]
    known = catalogue(
        *(concept(name, better=rng.choice(["higher", "higher", "lower"])) for name in names)
    )
    items = [
        indicator(
            name,
            points=float(rng.randint(1, 5)),
            value=random_value(rng, known[name], known, curves_only),
            applies_to=rng.choice([{}, {}, {}, {"unit_class": ("x",)}]),
        )
        for name in names
    ]
    root = _random_group(rng, "goc", items, 0)
    extras = [_random_extra(rng, f"them-{number}", known) for number in range(rng.randint(0, 2))]
    if extras:
        root = group("tong", root, *extras)
    size = rng.randint(1, 6)
    reported = observe({name: random_cells(rng, size) for name in names}, known)
    reported.units["unit_class"] = [rng.choice("xy") for _ in range(size)]
    return framework(policy=random_policy(rng), tree=root), reported


def _random_extra(rng: random.Random, name: str, known: Catalogue) -> Indicator:
    """Bonus points, or a penalty that grows as the value gets worse."""
    read = rng.choice(list(known.values()))
    role = rng.choice(["bonus", "penalty"])
    value = random_curve(rng, read.sign if role == "bonus" else -read.sign)
    points = float(rng.randint(1, 3))
    return indicator(name, concept=read.id, role=role, value=value, points=points)


def _random_group(rng: random.Random, name: str, items: Sequence[Indicator], depth: int) -> Group:
    """Items split into leaves and smaller groups."""
    combine = rng.choice(["sum", "sum", "arithmetic", "geometric", "harmonic", "min"])
    fields = {"combine": combine, "weight": float(rng.randint(1, 3))}
    if combine != "sum":
        fields["points"] = float(rng.randint(1, 9))
    if depth == 2 or len(items) < 2:
        return group(name, *(_by_class(rng, item, combine) for item in items), **fields)
    cut = rng.randint(0, len(items) - 1)
    items = [*(_by_class(rng, item, combine) for item in items[:cut]), *items[cut:]]
    inner = _random_group(rng, f"{name}-{depth}", items[cut:], depth + 1)
    return group(name, *items[:cut], inner, **fields)


def _by_class(rng: random.Random, item: Indicator, combine: str) -> Indicator:
    """Now and then, other points for other classes of units."""
    if combine != "sum" or rng.random() < 0.7:
        return item
    other = rng.choice(["*", "y"])
    points = {"x": float(rng.randint(1, 5)), other: float(rng.randint(0, 5))}
    return item.model_copy(update={"points": points})


def random_version(rng: random.Random) -> Framework:
    """One version of an instrument: two of them share most ids, and differ in anything else."""
    leaves = rng.sample([f"i{number}" for number in range(8)], rng.randint(1, 6))
    names = [f"muc-{number}" for number in range(1, rng.randint(1, 4))]
    rng.shuffle(names)
    made = tuple(
        Level(
            id=name,
            label=rng.choice(["Mức", "Bậc"]),
            after=names[place - 1] if place and rng.random() < 0.5 else None,
            quorum=(random_quorum(rng, []),),
        )
        for place, name in enumerate(names)
    )
    bands = rng.sample(["a", "b", "c"], rng.randint(0, 3))
    children = [_random_leaf(rng, name, names) for name in leaves]
    for name in rng.sample(["g0", "g1", "g2"], rng.randint(0, 3)):
        cut = rng.randint(0, len(children) - 1)
        end = rng.randint(cut + 1, len(children))
        weight = rng.choice([1.0, 2.0])
        combine = rng.choice(["sum", "min"])
        children[cut:end] = [group(name, *children[cut:end], weight=weight, combine=combine)]
    return framework(
        *children,
        title=rng.choice(["Bộ cũ", "Bộ mới"]),
        levels=made,
        bands=tuple(Band(id=name, label=name, at_least=rng.choice([1.0, 2.0])) for name in bands),
        policy=random_policy(rng),
        rounding=rng.choice([None, Rounding(decimals=1), Rounding(decimals=2, half="even")]),
    )


def _random_leaf(rng: random.Random, name: str, asked: Sequence[str]) -> Indicator:
    return indicator(
        name,
        code=rng.choice(["", "1.1", "1.2"]),
        concept=rng.choice(["ho-so", "chu-ky"]),
        required=_random_required(rng, asked),
        value=rng.choice([None, LINE]),
        points=rng.choice([0.0, 1.0, 2.5]),
    )
