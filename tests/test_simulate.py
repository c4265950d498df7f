"""Simulated pilots: the same for the same seed, plausible, and never to be taken for real ones."""

import random
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import LINE, catalogue, concept, framework, group, indicator, levels

from dxmethod.assessment import assess
from dxmethod.concepts import Concept, read_catalogue
from dxmethod.faults import Collector, Faults
from dxmethod.framework import Framework, read_framework
from dxmethod.observations import Observations, Status
from dxmethod.returns import load_observations
from dxmethod.simulate import (
    Judge,
    Simulation,
    rng,
    simulate,
    simulate_command,
    write_simulation,
)
from dxmethod.simulate.scale import scale_of
from dxmethod.simulate.writing import LONG
from dxmethod.units import read_crosswalk, read_strata

HOME = Path(__file__).resolve().parents[1]
PILOT = HOME / "data" / "pilot"
VERSIONS = ("mic-2516-2023/commune", "mic-2361-2024/commune")
STEPS = {f"muc-{k}": 20.0 * k for k in range(1, 6)}


@cache
def ministry() -> tuple[tuple[Framework, ...], dict[str, Concept]]:
    """The ministry's two versions and the catalogue."""
    faults = Collector()
    known = read_catalogue(HOME / "frameworks" / "catalogue", faults)
    read = [read_framework(HOME / "frameworks" / f"{name}.yml", faults) for name in VERSIONS]
    faults.raise_errors()
    return tuple(item for item in read if item is not None), known


@cache
def pilot(units: int = 120, seed: int = 1) -> Simulation:
    """A pilot of the ministry's two versions."""
    return simulate(*ministry(), units, seed)


def small(*names: str, **fields: object) -> tuple[Framework, dict[str, Concept]]:
    """A framework with five levels that asks for percentages of things that are counted."""
    known = catalogue(*(concept(name, denominator=f"Số hồ sơ {name}") for name in names))
    items = [indicator(name, required=STEPS) for name in names]
    return framework(group("nhom", *items), levels=levels(*STEPS), **fields), known


def column(observations: Observations, name: str) -> np.ndarray:
    return observations.value[:, observations.position[name]]


def same(first: Observations, second: Observations, name: str) -> bool:
    return np.array_equal(column(first, name), column(second, name), equal_nan=True)


def test_generator_depends_on_seed_and_on_every_name():
    assert rng(1, "a", "b").random() == rng(1, "a", "b").random()
    others = [rng(2, "a", "b"), rng(1, "a"), rng(1, "ab"), rng(1, "b", "a"), rng(1, "a", "b", "")]
    drawn = [rng(1, "a", "b").random(), *(other.random() for other in others)]
    assert len(set(drawn)) == len(drawn)


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    asked, known = small("mot", "hai")
    written = {}
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        paths = write_simulation(simulate(asked, known, 15, seed), tmp_path / name)
        written[name] = {path.name: path.read_bytes() for path in paths}
    assert written["a"] == written["b"]
    changed = {name for name, text in written["a"].items() if written["c"][name] != text}
    assert changed == set(written["a"])


def test_one_concept_more_leaves_the_values_of_the_others():
    few, many = small("mot", "hai"), small("mot", "ba", "hai")
    before, after = simulate(*few, 40, 7), simulate(*many, 40, 7)
    for year, one in before.rounds.items():
        for stage in one.stages:
            for name in ("mot", "hai"):
                assert same(one.stages[stage], after.rounds[year].stages[stage], name)
    assert before.units.equals(after.units)
    assert before.crosswalk.equals(after.crosswalk)
    blind = "judge == 'CG4'"
    assert before.judgements.query(blind).level.equals(after.judgements.query(blind).level)


def test_nothing_can_be_taken_for_real(tmp_path):
    simulation = pilot()
    names = [*simulation.units["name"], *simulation.new_units["name"]]
    assert all("mô phỏng" in name for name in names)
    assert all("mô phỏng" in name for name in simulation.units["province"])
    assert all(code.startswith("MP") for code in simulation.units.index)
    assert set(simulation.crosswalk["basis"]) == {"Nghị quyết mô phỏng số 01 (không có thật)"}
    for one in simulation.rounds.values():
        for observations in one.stages.values():
            assert observations.simulated
            assert observations.source == "Số liệu mô phỏng (dxmethod simulate, seed 1)"
    *tables, readme = write_simulation(simulation, tmp_path)
    assert all("mo-phong" in path.name for path in tables)
    assert "SỐ LIỆU MÔ PHỎNG" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("stage", ["self", "verified", "final", "truth"])
def test_ratios_are_whole_counts_over_whole_counts(stage):
    simulation = pilot()
    for year, one in simulation.rounds.items():
        found = simulation.truth.values[year] if stage == "truth" else one.stages[stage]
        assert found.numerator is not None and found.denominator is not None
        top, below = found.numerator, found.denominator
        made = ~np.isnan(top)
        assert made.any()
        assert np.array_equal(made, ~np.isnan(below) & ~np.isnan(top))
        assert (top[made] >= 0).all() and (top[made] <= below[made]).all()
        assert (top[made] % 1 == 0).all() and (below[made] % 1 == 0).all()
        assert np.array_equal(found.value[made], np.round(100 * top[made] / below[made], 2))
        for at, item in enumerate(found.concepts):
            known = found.value[~np.isnan(found.value[:, at]), at]
            low, high = item.bounds
            assert (known >= low).all() and (known <= high).all(), item.id
            if item.measure in ("yes_no", "category"):
                assert (known % 1 == 0).all()


def test_concepts_that_count_parts_of_the_same_have_the_same_denominators():
    found = pilot().truth.values["2025"]
    assert found.denominator is not None
    first: dict[str, np.ndarray] = {}
    shared = 0
    for at, item in enumerate(found.concepts):
        if np.isfinite(found.denominator[:, at]).all():
            shared += item.denominator in first
            earlier = first.setdefault(item.denominator, found.denominator[:, at])
            assert np.array_equal(earlier, found.denominator[:, at])
    assert shared > 5


def test_nothing_to_count_only_where_the_documents_speak_of_it():
    frameworks, _ = ministry()
    simulation = pilot()
    for one in simulation.rounds.values():
        for observations in one.stages.values():
            for at, item in enumerate(observations.concepts):
                methods = [
                    i.method for f in frameworks for i in f.indicators if i.concept == item.id
                ]
                said = " ".join([item.definition, *methods]).lower()
                status = observations.status[:, at]
                if "không áp dụng" not in said:
                    assert Status.NOT_APPLICABLE not in status, item.id
                if "không phát sinh" not in said:
                    assert Status.NO_OCCURRENCE not in status, item.id
    final = simulation.rounds["2025"].at("final").status
    assert {Status.MISSING, Status.NOT_APPLICABLE, Status.NO_OCCURRENCE, Status.NO_EVIDENCE} <= set(
        final.ravel().tolist()
    )


def test_strength_goes_together_within_a_group():
    simulation = pilot(600)
    found = simulation.truth.values["2025"]
    frameworks, _ = ministry()
    group_concepts = [
        [item.concept for item in frameworks[1].below(node.id)]
        for node in frameworks[1].tree.children
    ]
    table = pd.DataFrame(found.value, columns=list(found.position))
    better = pd.Series({item.id: item.sign for item in found.concepts})
    table = (table * better).loc[:, table.nunique() > 30]
    related = table.corr("spearman")
    for names in group_concepts:
        kept = [name for name in names if name in related]
        inside = related.loc[kept, kept].to_numpy()[np.triu_indices(len(kept), 1)]
        assert len(inside) and inside.min() > 0.1 and inside.mean() > 0.4


def test_self_assessment_flatters_most_where_evidence_is_weak():
    one = pilot(600).rounds["2024"]
    claimed, checked = one.at("self"), one.at("verified")
    gaps: dict[str, list[float]] = {}
    for at, item in enumerate(claimed.concepts):
        both = (claimed.status[:, at] == 0) & (checked.status[:, at] == 0)
        if item.measure == "ratio":
            difference = item.sign * (claimed.value[both, at] - checked.value[both, at])
            assert difference.mean() >= 0, item.id
            gaps.setdefault(item.source_type, []).append(float(difference.mean()))
    mean = {source: np.mean(gap) for source, gap in gaps.items()}
    assert mean["self_report"] > 2 * mean["statistics"] > 2 * mean["automatic"] > 0


def test_claims_heap_just_above_thresholds():
    frameworks, _ = ministry()
    simulation = pilot(3321)
    claimed, true = simulation.rounds["2024"].at("self"), simulation.truth.values["2024"]
    above = {"claimed": 0, "true": 0}
    for item in frameworks[1].indicators:
        if "dan" not in item.concept or not item.required:
            continue
        for cut in {cut for cut in item.required.values() if isinstance(cut, float) and cut < 100}:
            for kind, found in (("claimed", claimed), ("true", true)):
                value = column(found, item.concept)
                above[kind] += int(((value >= cut) & (value < cut + 0.25)).sum())
    assert above["claimed"] > 2 * above["true"]


def test_a_later_stage_says_why_it_differs():
    for one in pilot().rounds.values():
        before = one.stages["self"]
        for stage in ("verified", "final"):
            after = one.stages[stage]
            moved = ~(np.isclose(before.value, after.value, equal_nan=True)) | (
                before.status != after.status
            )
            assert after.notes is not None and moved.any()
            noted = np.zeros(moved.shape, dtype=bool)
            rows = after.units.index.get_indexer(pd.Index(after.notes["unit"]))
            noted[rows, after.notes["concept"].map(after.position).to_numpy()] = True
            assert not (moved & ~noted).any()
            before = after


def test_a_year_brings_growth_and_regression_to_the_mean():
    maturity = pilot(3321).truth.maturity
    first, second = (maturity[maturity["round"] == year]["overall"] for year in ("2024", "2025"))
    gain = second.to_numpy() - first.to_numpy()
    assert gain.mean() > 0.2
    best = first.to_numpy() > first.quantile(0.9)
    assert gain[best].mean() < gain[~best].mean()


@pytest.mark.parametrize("year", ["2024", "2025"])
def test_levels_are_all_held_and_mostly_low(year):
    simulation = pilot()
    loose, strict = ministry()[0][1], ministry()[0][0]
    final = simulation.rounds[year].at("final")
    held = {f.id: np.bincount(assess(f, final).levels.level, minlength=6) for f in (loose, strict)}
    for counts in held.values():
        assert (counts > 0).all()
        assert counts[:3].sum() > counts.sum() / 2 and counts[5] < counts.sum() / 15
    assert held[strict.id][4:].sum() <= held[loose.id][4:].sum()


def test_judges_agree_with_the_truth_the_less_the_noisier():
    frameworks, known = ministry()
    kinds = ("rule", "blind", "compensating")
    panel = [Judge(f"{kind}-{noise}", kind, noise) for kind in kinds for noise in (0.0, 0.5, 1.5)]
    simulation = simulate(frameworks, known, 600, 1, panel)
    said = simulation.judgements.pivot(index=["round", "unit"], columns="judge", values="level")
    level = {
        year: assess(simulation.truth.rule, values).levels.level
        for year, values in simulation.truth.values.items()
    }
    truth = np.concatenate([level[year] for year in sorted(level)])
    assert (said["rule-0.0"].to_numpy() == truth).all()
    for kind in kinds:
        agreed = [said[f"{kind}-{noise}"].corr(said["rule-0.0"]) for noise in (0.0, 0.5, 1.5)]
        assert agreed[0] > agreed[1] > agreed[2] > 0.2
    chance = sum((truth == k).mean() ** 2 for k in range(6))
    assert (said["rule-0.5"] == said["rule-0.0"]).mean() > chance + 0.2
    # Who lets the strong make up for the weak never sees less than who asks for everything.
    assert (said["compensating-0.0"] >= said["rule-0.0"]).all()
    assert said["compensating-0.0"].mean() > said["rule-0.0"].mean()


def test_the_true_rule_departs_from_the_printed_one_where_it_says_so():
    truth = pilot().truth
    printed = ministry()[0][1]
    moved = truth.thresholds
    assert len(moved) and set((moved["true"] - moved["printed"]).abs()) <= {5.0, 10.0}
    changed = {
        old.id
        for old, new in zip(printed.indicators, truth.rule.indicators, strict=True)
        if old.required != new.required
    }
    assert changed == set(moved["indicator"])
    assert len(changed) < len(printed.indicators)
    for item in truth.rule.indicators:
        cuts = [cut for cut in item.required.values() if isinstance(cut, float)]
        sign = ministry()[1][item.concept].sign
        assert cuts == sorted(cuts, reverse=sign < 0), item.id


@pytest.mark.parametrize("size", [1, 2, 7, 120, 997])
def test_reorganisation_conserves_units(size):
    simulation = simulate(*small("mot"), size, 5)
    table, new = simulation.crosswalk, simulation.new_units
    assert np.allclose(table.groupby("old")["share"].sum(), 1)
    assert set(table["old"]) == set(simulation.units.index)
    assert set(table["new"]) == set(new["unit"]) and new["unit"].is_unique
    province = simulation.units["province"]
    went = new.set_index("unit")["province"]
    assert (table["new"].map(went) == table["old"].map(province)).all()
    assert table.merge(new, left_on="new", right_on="unit").eval("new_name == name").all()
    split = (table["share"] < 1).sum() / 2
    assert split == 3 if size == 120 else split <= max(3, len(new) / 50)


@pytest.mark.parametrize("size", [120, 3321, 10599])
def test_sizes(size):
    simulation = simulate(*small("mot", "hai", "ba"), size, 1)
    for one in simulation.rounds.values():
        assert one.at("final").value.shape == (size, 3)
    assert len(simulation.judgements) == 2 * 7 * size
    assert simulation.units["name"].is_unique


def test_other_instruments_and_units_are_simulated_too():
    known = catalogue(
        concept("ty-le"),
        concept("thap", better="lower", denominator="Số hộ"),
        concept("so-lan", measure="number", unit="lần", range=None),
        concept("co", measure="yes_no", unit="có/không"),
        concept("loai", measure="category", unit="mức", categories=("a", "b", "c")),
    )
    items = [indicator(name, points=5.0, value=LINE) for name in known]
    classes = {"xã miền núi": 3.0, "*": 5.0}
    items[0] = items[0].model_copy(update={"points": classes})
    asked = framework(group("a", *items[:2]), *items[2:], unit_type="province")
    simulation = simulate(asked, known, 50, 2)
    assert simulation.judgements.empty
    assert set(simulation.units["unit_class"]) == {"", "xã miền núi"}
    found = simulation.rounds["2025"].at("final")
    total = assess(asked, found).points.total
    assert len(np.unique(total)) > 25


@pytest.mark.parametrize("seed", range(30))
def test_better_maturity_never_gives_a_worse_number(seed):
    draw = random.Random(seed)
    better = draw.choice(["higher", "lower"])
    cuts = sorted((float(draw.randint(0, 100)) for _ in range(5)), reverse=better == "lower")
    asked = {name: cut for name, cut in zip(STEPS, cuts, strict=True) if draw.random() < 0.7}
    item = concept("x", better=better, denominator="Số hộ")
    made = framework(indicator("x", required=asked), levels=levels(*STEPS))
    scale = scale_of([made], item, seed)
    latent = np.linspace(-6, 12, 200)
    number = item.sign * scale.curve(latent)
    assert (np.diff(number) >= 0).all()
    for place, cut in zip(range(1, 6), STEPS, strict=True):
        if cut in asked:
            assert scale.curve(np.array([float(place)]))[0] == pytest.approx(asked[cut])


def test_nonsense_is_refused(tmp_path):
    asked, known = small("mot")
    other, _ = small("mot", unit_type="province")
    for arguments in ((asked, known, 0), ([asked, other], known, 5), ([], known, 5)):
        with pytest.raises(ValueError):
            simulate(*arguments)
    with pytest.raises(Faults) as caught:
        simulate_command(["khong-co/commune"], 0, -1, tmp_path / "ra", HOME)
    assert len(caught.value.faults) >= 3
    assert not (tmp_path / "ra").exists()


@pytest.mark.parametrize("year", ["2024", "2025"])
def test_the_shipped_pilot_is_read_without_a_fault_and_gives_the_stages(year):
    table = PILOT / f"mo-phong-so-lieu-{year}.csv"
    with table.open(encoding="utf-8") as file:
        assert tuple(file.readline().strip().split(",")) == LONG
    units = pd.read_csv(PILOT / "mo-phong-don-vi.csv", dtype=str).set_index("unit")
    read = load_observations(table, ministry()[1], units=units, simulated=True, mark=False)
    assert read.found == () and read.repaired == () and read.absent == ()
    for stage in ("self", "verified", "final"):
        found, made = read.observations(stage), pilot().rounds[year].at(stage)
        at = [found.position[name] for name in made.position]
        assert found.units.index.equals(made.units.index)
        assert np.array_equal(found.status[:, at], made.status)
        # The reader divides again; the table has two decimals.
        assert np.allclose(found.value[:, at], made.value, rtol=0, atol=0.0051, equal_nan=True)
        assert np.array_equal(found.numerator[:, at], made.numerator, equal_nan=True)


def test_the_shipped_reorganisation_is_read_without_a_fault():
    faults = Collector()
    crosswalk = read_crosswalk(PILOT / "mo-phong-sap-xep.csv", faults)
    strata = read_strata(PILOT / "mo-phong-don-vi-moi.csv", faults)
    assert faults.faults == []
    assert crosswalk is not None and strata is not None
    assert set(crosswalk.new_units.index) == set(strata.index)
    assert crosswalk.divided.sum() == 6 and len(strata) == 45


def test_the_shipped_pilot_is_what_the_command_makes(tmp_path):
    made = simulate_command(VERSIONS, 120, 1, tmp_path, HOME)
    assert {path.name for path in made} == {path.name for path in PILOT.iterdir()}
    assert [
        path.name for path in made if (PILOT / path.name).read_bytes() != path.read_bytes()
    ] == []
    assert sum(path.stat().st_size for path in made) < 3_000_000
    assert re.search(r"--units 120 --seed 1 ", (PILOT / "README.md").read_text(encoding="utf-8"))
