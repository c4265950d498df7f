"""The kernel of a merger against its plain definition, cell by cell."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest
from examples import concept, observe, random_cells

from dxmethod.concepts import Concept
from dxmethod.merging import MERGE_RULES, Merged, merge
from dxmethod.observations import Observations, Status
from dxmethod.units import Crosswalk

SKIPPED = (Status.NOT_APPLICABLE, Status.NO_OCCURRENCE)


def random_case(rng: random.Random) -> tuple[Observations, Crosswalk, pd.Series | None, float]:
    """Ratios, numbers, yes/no and grades of a few old units, some divided, some silent."""
    size = rng.randint(1, 6)
    known = [
        concept("ty-le", better=rng.choice(["higher", "lower"])),
        concept("dem", measure="number", unit="người", range=(0, 50), merge="sum"),
        concept("co", measure="yes_no", unit="có/không"),
        concept("muc", measure="category", unit="mức", categories=tuple("abcdefghijkl")),
    ]
    columns = {item.id: random_cells(rng, size) for item in known}
    columns["co"] = [cell if isinstance(cell, str | None) else cell % 2 for cell in columns["co"]]
    columns["co"] = [None if cell == "KMC 9" else cell for cell in columns["co"]]
    found = observe(columns, {item.id: item for item in known})
    below = np.array([[rng.choice([math.nan, 1, 2, 5]) for _ in known] for _ in range(size)])
    if rng.random() < 0.5:
        below = np.where(np.isnan(below), 3, below)
    top = np.array([[rng.choice([math.nan, 0, 1]) for _ in known] for _ in range(size)])
    found = Observations(
        found.units, found.concepts, found.value, found.status, numerator=top, denominator=below
    )
    rows = []
    for old in [*found.units.index, "v"]:  # nobody heard of v
        news = rng.sample(["x", "y", "z"], rng.choice([1, 1, 1, 2, 3]))
        shares = {1: ["1"], 2: ["0.25", "0.75"], 3: ["0.5", "0.25", "0.25"]}[len(news)]
        default = rng.choice(news)
        rows += [
            (old, new, new.upper(), share, str(int(new == default)))
            for new, share in zip(news, shares, strict=True)
        ]
    rng.shuffle(rows)
    names = ["old", "new", "new_name", "share", "is_default"]
    table = Crosswalk(pd.DataFrame(rows, columns=names, dtype=object))
    weights = pd.Series({old: rng.choice([1.0, 4.0, math.nan]) for old in found.units.index})
    return found, table, rng.choice([None, weights]), rng.choice([1.0, 0.6])


def slowly(made: Merged, new: str, item: Concept, weights: pd.Series | None, cover: float):
    """Value, bounds and status of one cell, from what its lineage lists."""
    rule = made.rules[list(made.before.position).index(item.id)]
    parts = [part for part in made.lineage(new, item.id).itertuples() if part.share > 0]
    asked = [part for part in parts if part.status not in SKIPPED]
    if not asked:
        kinds = {part.status for part in parts}
        status = Status.NO_OCCURRENCE if Status.NO_OCCURRENCE in kinds else min(kinds, default=1)
        return math.nan, math.nan, math.nan, status
    known = [part for part in asked if not math.isnan(part.value)]
    lacking = [part for part in asked if math.isnan(part.value)]
    low, high = item.bounds
    value = math.nan
    if rule == "sum":
        held = math.fsum(part.share * part.value for part in known)
        left = math.fsum(part.share for part in lacking)
        low, high = held + left * low, held + left * high
    elif rule in ("ratio", "mean", "weighted"):
        value, low, high = slow_mean(rule, known, lacking, weights, cover, item)
    elif rule != "void":
        pick = {"any": max, "all": min}.get(rule)
        pick = pick or (max if (item.sign > 0) == (rule == "best") else min)
        low, high = (
            pick([*(part.value for part in known), *([end] if lacking else [])])
            for end in (low, high)
        )
    if math.isnan(value) and low == high:
        value = low
    claimed = [part for part in asked if part.status == Status.NO_EVIDENCE]
    if rule in ("any", "all", "best", "worst") and claimed:
        proved = [part.value for part in known if part not in claimed]
        ends = [pick([*proved, end]) for end in item.bounds]
        claimed = claimed if ends[0] != ends[1] else []
    if math.isnan(value):
        silent = any(part.status == Status.MISSING for part in parts)
        return value, low, high, Status.NO_EVIDENCE if claimed and not silent else Status.MISSING
    return value, low, high, Status.NO_EVIDENCE if claimed else Status.OBSERVED


def slow_mean(rule, known, lacking, weights, cover, item):
    def by_share(part):
        return part.share

    def by_denominator(part):
        return part.share * part.denominator

    def by_weight(part):
        return part.share * (math.nan if weights is None else weights.get(part.old, math.nan))

    def weighed(part, weigh):
        if rule == "ratio" and weigh is by_denominator and not math.isnan(part.numerator):
            return part.share * 100 * part.numerator
        return weigh(part) * part.value

    ways = [by_share] if rule == "mean" else [by_denominator, by_weight]
    usable = [way for way in ways if known and not any(math.isnan(way(part)) for part in known)]
    measured = [way for way in usable if not any(math.isnan(way(part)) for part in lacking)]
    ends = [part.value for part in known] + (list(item.bounds) if lacking else [])
    if not usable:
        return math.nan, min(ends), max(ends)
    way = usable[0]
    mean = math.fsum(weighed(part, way) for part in known) / math.fsum(map(way, known))
    if not lacking:
        return mean, mean, mean
    if not measured:
        return math.nan, min(ends), max(ends)
    held, left = (math.fsum(map(measured[0], side)) for side in (known, lacking))
    low, high = ((held * mean + left * end) / (held + left) for end in item.bounds)
    return mean if held >= cover * (held + left) else math.nan, low, high


@pytest.mark.parametrize("seed", range(150))
def test_kernel_agrees_with_the_plain_definition(seed):
    rng = random.Random(seed)
    reported, crosswalk, weights, cover = random_case(rng)
    rule = rng.choice([None, {"ty-le": rng.choice(list(MERGE_RULES))}])
    assumption = rng.choice(["supplied", "equal", "default"])
    made = merge(
        reported,
        crosswalk,
        rule,
        assumption=assumption,
        cover=cover,
        weights=weights,
        override=rng.random() < 0.5,
    )
    found = made.observations
    for row, new in enumerate(found.units.index):
        for column, item in enumerate(found.concepts):
            value, low, high, status = slowly(made, new, item, weights, cover)
            place = f"{new}, {item.id}, {made.rules[column]}"
            got = (found.value[row, column], made.low[row, column], made.high[row, column])
            np.testing.assert_allclose(got, (value, low, high), atol=1e-9, err_msg=place)
            assert found.status[row, column] == status, place
