"""What LibreOffice recalculates is what the kernels compute."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from examples import random_levels, random_points

from dxmethod.check import check_units
from dxmethod.framework import Band, Rounding, framework_files
from dxmethod.observations import ATTRIBUTES
from dxmethod.rounds import Round
from dxmethod.season import scores
from dxmethod.season.scoring import make_plan
from dxmethod.season.workbook import write_workbook
from dxmethod.simulate.pilot import simulate
from dxmethod.transfer import open_catalogue, open_framework

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed"),
]


def recalculated(folder: Path, paths: list[Path]) -> list[Path]:
    """Open workbooks in LibreOffice and save them again, all in one run."""
    home = (folder / "office").as_uri()
    given = ["--headless", "--convert-to", "xlsx", "--outdir", str(folder / "saved")]
    command = [str(SOFFICE), f"-env:UserInstallation={home}", *given, *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=500)
    return [folder / "saved" / path.name for path in paths]


def random_case(seed: int):
    rng = random.Random(seed)
    asked, reported = random_points(rng) if seed % 2 else random_levels(rng)
    given = {
        "bands": (Band(id="d", label="Đạt"), Band(id="k", label="Khá", above=3.0),
                  Band(id="t", label="Tốt", at_least=5.0)) if seed % 2 else (),
        "rounding": rng.choice([None, Rounding(decimals=1), Rounding(decimals=0, half="even")]),
        "band_scale": rng.choice(["points", "percent"]),
        "policy": asked.policy.model_copy(update={"ties": rng.choice(["competition", "dense"])}),
    }  # fmt: skip
    return asked.model_copy(update=given), reported


def test_random_frameworks_agree_with_the_kernels(tmp_path, monkeypatch):
    monkeypatch.setattr(scores, "check_units", lambda *_: [])  # of units invented at random
    cases, paths = [], []
    for seed in range(40):
        asked, reported = random_case(seed)
        known = {concept.id: concept for concept in reported.concepts}
        plan = make_plan(asked, known, reported.units)
        paths.append(tmp_path / f"{seed}.xlsx")
        write_workbook(plan, paths[-1], Round({"self": reported}))
        cases.append((asked, known))
    for path, (asked, known) in zip(recalculated(tmp_path, paths), cases, strict=True):
        scores.load_scores(
            path, asked, known
        )  # it compares every formula with what the kernels give


def test_shipped_frameworks_agree_with_the_kernels(tmp_path):
    _, home, catalogue = open_catalogue()
    cases, paths = [], []
    for path in framework_files(home):
        name = path.relative_to(home).with_suffix("").as_posix()
        _, asked, known, _ = open_framework(name)
        simulation = simulate([asked], catalogue, 20, 1)
        units = simulation.units[[key for key in ATTRIBUTES if key in simulation.units]]
        if check_units(asked, units):  # the simulation knows nothing of this document's classes
            units = units[units["unit_class"] != ""]
        plan = make_plan(asked, known, units)
        assert not plan.uncarried
        paths.append(tmp_path / f"{name.replace('/', '-')}.xlsx")
        write_workbook(plan, paths[-1], simulation.rounds["2025"], simulated=True)
        cases.append((asked, known, simulation.rounds["2025"]))
    for path, (asked, known, one) in zip(recalculated(tmp_path, paths), cases, strict=True):
        found = scores.load_scores(path, asked, known)
        wanted = one.at("final").select(found.plan.units.index)
        columns = [wanted.position[concept.id] for concept in found.plan.concepts]
        assert (found.round.at("final").status == wanted.status[:, columns]).all()
