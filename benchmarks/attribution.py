"""Differences, effect and attribution of a draft, against one full assessment."""

from __future__ import annotations

from functools import partial

import numpy as np

from dxmethod.attribution import Bundle, Bundles, NamedBundle, attribute, bundles
from dxmethod.comparison import compare
from dxmethod.concepts import Concept
from dxmethod.differences.matching import match
from dxmethod.differences.table import differences
from dxmethod.framework import Framework, Indicator, Quorum
from dxmethod.observations import Observations

from . import Case, levels

UNITS = 3_321
ALL, SHARE = Quorum(share=1.0), Quorum(share=0.7)
CATALOGUE = {
    name: Concept(id=name, label=name, measure="ratio", unit="%", range=(0, 100))
    for name in (f"c{number}" for number in range(levels.INDICATORS))
}


def drafted(framework: Framework, changed: int, seed: int = 1) -> Framework:
    """The same framework with this many indicators' thresholds moved by up to a few points."""
    rng = np.random.default_rng(seed)
    chosen = set(rng.choice(len(framework.indicators), changed, replace=False).tolist())

    def moved(item: Indicator) -> Indicator:
        by = float(rng.normal(0, 6))
        return item.model_copy(update={"required": {k: v + by for k, v in item.required.items()}})

    children = tuple(
        moved(item) if place in chosen else item for place, item in enumerate(framework.indicators)
    )
    tree = framework.tree.model_copy(update={"children": children})
    return framework.model_copy(update={"id": "draft/commune", "tree": tree})


def paired(made: Bundles, size: int) -> Bundles:
    """The changed indicators gathered into bundles of this many."""
    players = made.players
    named = [
        NamedBundle(label=f"b{at}", targets=tuple(player.id for player in players[at : at + size]))
        for at in range(0, len(players), size)
    ]
    return bundles(made.old, made.new, named)


def overlapping(made: Bundles) -> Bundles:
    """Each indicator's changes cut in two: its lower levels, and its upper ones."""
    players = []
    for player in made.players:
        for part in (player.changes[:2], player.changes[2:]):
            players.append(Bundle(part[0].target, part[0].target, part))
    return Bundles(made.old, made.new, made.changes, tuple(players), made.silent, made.groups)


def with_rule(framework: Framework, quorum: Quorum) -> Framework:
    """The same framework with another rule at every level."""
    changed = tuple(level.model_copy(update={"quorum": (quorum,)}) for level in framework.levels)
    return framework.model_copy(update={"levels": changed})


def ruled(made: Bundles) -> Bundles:
    """The rule of all levels as one bundle."""
    named = [NamedBundle(label="rule", targets=tuple(level.id for level in made.new.levels))]
    return bundles(made.old, made.new, named)


def effect(old: Framework, new: Framework, reported: Observations) -> None:
    """What the report shows first: every difference, and every unit under both versions."""
    _ = differences(old, new, match(old, new), CATALOGUE)
    found = compare(old, new, reported)
    _ = found.units, found.transitions()


def cases() -> list[Case]:
    """Everything at 3,321 communes, 66 indicators, 5 levels."""
    reported = levels.observations(units=UNITS)
    old = levels.framework(ALL)

    def assessment() -> None:
        levels.whole(old, reported)

    twelve, sixty = drafted(old, 24), drafted(old, 60)
    found = [Case("differences and effect", partial(effect, old, sixty, reported), assessment, 5.0)]

    def asked(name: str, made: Bundles, target: float | None) -> None:
        comparison = compare(made.old, made.new, reported)
        method = attribute(comparison, made).method
        work = partial(attribute, comparison, made)
        found.append(Case(f"{name} ({method})", work, assessment, target))

    asked("12 bundles of 2 indicators", paired(bundles(old, twelve), 2), 8.0)
    asked("60 changes", bundles(old, sixty), 20.0)
    asked("12 overlapping bundles", overlapping(bundles(old, drafted(old, 6))), 40.0)
    asked("11 changes and the rule", ruled(bundles(old, with_rule(drafted(old, 11), SHARE))), 40.0)
    share = with_rule(old, SHARE)
    asked("share rule, 12 changes", bundles(share, with_rule(drafted(old, 12), SHARE)), 40.0)
    return found


def sampling() -> str:
    """Say how sure the sampled values of 40 changes under a share rule are."""
    reported = levels.observations(units=UNITS)
    old = with_rule(levels.framework(ALL), SHARE)
    new = with_rule(drafted(levels.framework(ALL), 40), SHARE)
    found = attribute(compare(old, new, reported))
    assert found.error is not None
    worst = (found.error.max() / found.shapley.abs().sum()).max()
    return (
        f"sampling, share rule, 40 changes: {found.evaluations} evaluations, largest standard "
        f"error {100 * worst:.2f} % of the sum of absolute contributions (target ≤ 2 %)"
    )
