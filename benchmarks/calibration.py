"""Thresholds and weights learned from judged units: accuracy, coverage and cost, beside peers.

Problems A, C and D as specified in the notes of the method; C and D also with an interaction
between level and criterion, so that a prior of additive form earns nothing for free. All data
are simulated. Seeds below 9,000 were for development; these figures come from others.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from scipy.special import ndtr

from dxmethod.calibration import DECISIVE, Problem, Rule, Settings, assemble, calibrate, likely

FIRST_SEED, HELD_OUT = 9_000, 5_000
SETTINGS = Settings(priors=("additive", "flat"), draws=120)  # nobody wrote a draft here


@dataclass(frozen=True, eq=False)
class Drawn:
    """A simulated problem: what is learned from, what is held out, and the truth."""

    problem: Problem
    values: Any
    levels: Any
    thresholds: Any
    lincs: Any = None


def noisy(levels: Any, top: int, noise: float, rng: np.random.Generator) -> Any:
    """Each label moved by one level with this chance, inward at the ends."""
    step = np.where(rng.random(len(levels)) < 0.5, 1, -1)
    step = np.where(levels == 0, 1, np.where(levels == top, -1, step))
    return levels + step * (rng.random(len(levels)) < noise)


def one_factor(rng: np.random.Generator, size: int, m: int, loading: float) -> Any:
    """Normal values that share one latent maturity."""
    rest = np.sqrt(1 - loading**2) * rng.standard_normal((size, m))
    return loading * rng.standard_normal((size, 1)) + rest


def many_criteria(
    kind: str, n: int, seed: int, noise: float, *, interaction: bool = False,
    m: int = 66, levels: int = 5, held_out: int = HELD_OUT, missing: float = 0.0,
) -> Drawn:  # fmt: skip
    """Problem C (share of 0.7, weights unknown) or D (all must pass)."""
    rng = np.random.default_rng(seed)
    size, top = n + held_out, levels - 1
    share = kind == "C"
    power = 1.0 if share else 0.3
    values = np.round(ndtr(one_factor(rng, size, m, 0.7 if share else 0.8)) ** power, 3)
    weights = rng.dirichlet(np.full(m, 2.0)) if share else np.full(m, 1 / m)
    enough = 0.7 if share else 1 - 1e-9
    steep, shift = (1.0, 0.0) if share else (1.5, -1.5)
    effect = np.tile(steep * rng.normal(0, 0.5, m) + shift, (top, 1))
    if interaction:
        effect += steep * rng.normal(0, 0.5, (top, m))
    cuts = np.zeros((top, m))

    def required(h: int, centre: float) -> Any:
        return np.maximum(ndtr(centre + effect[h]) ** power, cuts[h - 1] if h else 0)

    for h in range(top):
        low, high = -8.0, 8.0
        for _ in range(40):  # so that each level holds the same part of the units
            centre = (low + high) / 2
            reached = ((values >= required(h, centre)) @ weights >= enough).mean()
            low, high = (centre, high) if reached > 1 - (h + 1) / levels else (low, centre)
        cuts[h] = required(h, (low + high) / 2)
    cuts = np.round(np.sort(np.clip(cuts + rng.normal(0, 0.02, cuts.shape), 0, 1), axis=0), 3)
    truth = sum(((values >= cut) @ weights >= enough).astype(int) for cut in cuts)
    given, seen = noisy(truth[:n], top, noise, rng), values.copy()
    seen[:n][rng.random((n, m)) < missing] = np.nan  # of the units that are learned from
    rules = [Rule("share", 0.7) if share else Rule("all")] * top
    problem = assemble(seen[:n], given, rules, bounds=(0.0, 1.0))
    return Drawn(problem, seen[n:], truth[n:], cuts)


def lincs_problem(n: int, seed: int, noise: float) -> Drawn:
    """Problem A: lincs' own generators, 7 criteria, 3 levels, weights and share unknown."""
    import lincs.classification as lc

    asked = lc.generate_problem(7, 3, seed)
    model = lc.generate_mrsort_model(asked, seed + 100)
    made = lc.generate_alternatives(asked, model, n + HELD_OUT, seed + 200, 0.5).alternatives
    rng = np.random.default_rng(seed)
    shuffled = [made[place] for place in rng.permutation(len(made))]
    made, others = shuffled[:n], shuffled[n:]

    def table(units: Any) -> tuple[Any, Any]:
        values = [[item.real.value for item in unit.profile] for unit in units]
        return np.array(values), np.array([unit.category_index for unit in units])

    values, truth = table(made)
    given = noisy(truth, 2, noise, rng)
    problem = assemble(values, given, [Rule("share")] * 2, bounds=(0.0, 1.0))
    held_out, levels = table(others)
    learning = lc.Alternatives(
        asked,
        [
            lc.Alternative(unit.name, unit.profile, int(level))
            for unit, level in zip(made, given, strict=True)
        ],
    )
    cuts = np.array([np.array(v.real_thresholds.thresholds) for v in model.accepted_values]).T
    return Drawn(problem, held_out, levels, cuts, (asked, learning, others))


def lincs_accuracy(drawn: Drawn, seed: int) -> tuple[float, float]:
    """Accuracy and seconds of lincs' weights-profiles-breed with its defaults, 10 s at most.

    Seconds of the processor: on a busy machine its own limit, by the clock, would cut it short.
    """
    import lincs.classification as lc

    asked, learning, others = drawn.lincs
    start = time.process_time()
    prepared = lc.PreprocessedLearningSet(asked, learning)
    breed = lc.LearnMrsortByWeightsProfilesBreed
    models = breed.ModelsBeingLearned(prepared, 9, seed)
    begin = lc.InitializeProfilesForProbabilisticMaximalDiscriminationPowerPerCriterion(
        prepared, models
    )
    weigh = lc.OptimizeWeightsUsingGlop(prepared, models)
    improve = lc.ImproveProfilesWithAccuracyHeuristicOnCpu(prepared, models)
    again = lc.ReinitializeLeastAccurate(models, begin, weigh, 4)

    class TenSeconds(breed.TerminationStrategy):  # type: ignore[misc]
        def terminate(self) -> bool:
            return time.process_time() - start > 10

    ends = [lc.TerminateAtAccuracy(models, len(learning.alternatives)), TenSeconds()]
    stop = lc.TerminateWhenAny(ends)
    model = breed(prepared, models, begin, weigh, improve, again, stop).perform()
    taken = time.process_time() - start
    copies = [lc.Alternative(unit.name, unit.profile, None) for unit in others]
    sorted_ = lc.Alternatives(asked, copies)
    lc.classify_alternatives(asked, model, sorted_)
    found = np.array([unit.category_index for unit in sorted_.alternatives])
    return float((found == drawn.levels).mean()), taken


def ours(drawn: Drawn, seed: int) -> tuple[float, float]:
    """Accuracy on the units held out, and processor seconds of the fit."""
    start = time.process_time()
    fit = calibrate(drawn.problem, seed=seed, settings=SETTINGS)
    taken = time.process_time() - start
    return float((likely(fit.predict(drawn.values)) == drawn.levels).mean()), taken


# Problem, units, noise, interaction, missing cells, accuracy to reach, seconds to keep within.
CASES = (
    ("A", 100, 0.1, False, 0.0, 0.885, None),
    ("A", 100, 0.0, False, 0.0, None, None),
    ("A", 1000, 0.1, False, 0.0, 0.98, None),
    ("A", 1000, 0.0, False, 0.0, 0.99, None),
    ("C", 100, 0.0, False, 0.0, 0.80, None),
    ("C", 100, 0.1, False, 0.0, 0.79, None),
    ("C", 1000, 0.0, False, 0.0, 0.885, 3.0),
    ("C", 1000, 0.1, False, 0.0, 0.86, 3.0),
    ("D", 100, 0.0, False, 0.0, 0.755, None),
    ("D", 100, 0.1, False, 0.0, 0.735, None),
    ("D", 1000, 0.0, False, 0.0, 0.96, None),
    ("D", 1000, 0.1, False, 0.0, 0.945, None),
    *(
        (kind, n, noise, True, 0.0, None, None)
        for kind in "CD"
        for n in (100, 1000)
        for noise in (0.0, 0.1)
    ),
    *((kind, n, 0.0, False, 0.05, None, None) for kind in "CD" for n in (100, 1000)),
)


def accuracy(case: tuple[Any, ...], seeds: int) -> str:
    """One row: mean accuracy over fresh seeds with its standard error, median seconds, peers."""
    kind, n, noise, interaction, missing, target, limit = case
    own, peer, logit = [], [], []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        if kind == "A":
            drawn = lincs_problem(n, seed, noise)
            if n == 100:
                peer.append(lincs_accuracy(drawn, seed))
        else:
            drawn = many_criteria(
                kind, n, seed, noise, interaction=interaction, missing=missing
            )  # fmt: skip
        own.append(ours(drawn, seed))
        logit.append(regression(drawn))
    right, taken = np.array(own).T
    said = "interaction" if interaction else "5 % missing" if missing else ""
    reached = "" if target is None else "reached" if right.mean() >= target else "NOT REACHED"
    if limit is not None and median(taken) > limit:
        reached += ", TOO SLOW"
    error = right.std(ddof=1) / np.sqrt(seeds)
    row = f"| {kind} n={n} {said} | {noise:.0%} | {right.mean():.4f} ({error:.4f}) "
    row += f"| {median(taken):.2f} | {target or ''} | {reached} | {np.mean(logit):.3f} | "
    if peer:
        theirs, seconds = np.array(peer).T
        gain = right - theirs
        row += f"{theirs.mean():.4f}: {100 * gain.mean():+.1f} points "
        row += f"(se {100 * gain.std(ddof=1) / np.sqrt(seeds):.1f}, {(gain > 0).sum()} of {seeds} "
        row += f"wins), time 1/{seconds.sum() / taken.sum():.1f}"
    return row + " |"


def regression(drawn: Drawn) -> float:
    """Accuracy of scikit-learn's multinomial logit, a compensatory peer; unknown at the mean."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=2000))
    said = drawn.problem.labels[0].astype(int)
    return float(
        (model.fit(drawn.problem.values, said).predict(drawn.values) == drawn.levels).mean()
    )


def pilot(kind: str, seed: int) -> Drawn:
    """A small pilot of 120 units, 15 to 20 criteria, 5 levels, all must pass."""
    m = int(np.random.default_rng(seed).integers(15, 21))
    drawn = many_criteria("D", 120, seed, 0.1 * (kind == "noise"), m=m, held_out=1000)
    if kind != "judges":
        return drawn
    # Three judges who err in 10 % of the units; the third is content with 85 % of requirements.
    rng, values = np.random.default_rng(seed + 1), drawn.problem.values
    judges = []
    for enough in (1.0, 1.0, 0.85):
        met = [(values >= cut).mean(axis=1) >= enough - 1e-9 for cut in drawn.thresholds]
        judges.append(noisy(np.sum(met, axis=0), 4, 0.1, rng))
    return replace(
        drawn, problem=assemble(values, np.array(judges), [Rule()] * 4, bounds=(0.0, 1.0))
    )


def coverage(pilots: int) -> Iterator[str]:
    """How often 90 % intervals hold the true threshold, by what stands behind the threshold."""
    yield "| judges | pilots | thresholds with 5 decisive units | the rest | pinned |"
    yield "|---|---:|---:|---:|---:|"
    for kind in ("clean", "noise", "judges"):
        held: dict[str, list[Any]] = {"many": [], "few": [], "pinned": []}
        for seed in range(FIRST_SEED, FIRST_SEED + pilots):
            drawn = pilot(kind, seed)
            fit = calibrate(drawn.problem, seed=seed, settings=SETTINGS)
            inside = (fit.low[0] <= drawn.thresholds) & (drawn.thresholds <= fit.high[0])
            many = fit.decisive[0] >= DECISIVE
            held["many"].append(inside[many])
            held["few"].append(inside[~many])
            held["pinned"].append(inside[fit.pinned[0]])
        cells = [np.concatenate(part) for part in held.values()]
        row = " | ".join(f"{part.mean():.3f} ({len(part)})" for part in cells)
        yield f"| {kind} | {pilots} | {row} |"


def cost() -> Iterator[str]:
    """Seconds of ten sweeps over all candidates, and over n log n and criteria times levels."""
    yield "| units | criteria | levels | s | ns a unit, log2 n, criterion and level |"
    yield "|---:|---:|---:|---:|---:|"
    settings = Settings(priors=("additive",), chains=4, warm=6, keep=4)
    sizes = [(n, 16, 5) for n in (250, 1000, 4000, 16000)]
    for n, m, levels in [*sizes, (4000, 8, 5), (4000, 32, 5), (4000, 16, 3), (4000, 16, 9)]:
        drawn = many_criteria("C", n, 1, 0.0, m=m, levels=levels, held_out=10)
        start = time.process_time()
        calibrate(drawn.problem, settings=settings)
        taken = time.process_time() - start
        each = taken / (40 * n * np.log2(n) * m * (levels - 1)) * 1e9
        yield f"| {n} | {m} | {levels} | {taken:.2f} | {each:.2f} |"


def main(arguments: list[str]) -> None:
    """Print the tables: a quick look by default, every figure with ``--full`` (about an hour)."""
    parser = argparse.ArgumentParser(prog="benchmarks calibration", description=__doc__)
    parser.add_argument("--full", action="store_true", help="10 seeds, 201 pilots; needs lincs")
    parser.add_argument("--only", default="", help="A, C, D, interaction, missing, coverage, cost")
    options = parser.parse_args(arguments)
    seeds, pilots = (10, 67) if options.full else (2, 3)
    print("| problem | noise | accuracy (se) | fit, CPU s | target | | logit | lincs |")
    print("|---|---:|---:|---:|---:|---|---:|---|")
    for case in CASES:
        name = "interaction" if case[3] else "missing" if case[4] else case[0]
        quick = options.only or (case[1] == 100 and case[0] != "A")
        if options.only in ("", name) and (options.full or quick):
            print(accuracy(case, seeds), flush=True)
    for name, table in (("coverage", coverage(pilots)), ("cost", cost())):
        if options.only in ("", name):
            print("\n" + "\n".join(table), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
