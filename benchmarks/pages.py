"""Commune pages through the public calls, against typst alone on the input already built."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from dxmethod.observations import ATTRIBUTES
from dxmethod.season.pages import page_data, prepare, set_pages, write_pages
from dxmethod.season.scores import Scores
from dxmethod.season.scoring import make_plan
from dxmethod.simulate import simulate
from dxmethod.transfer import open_framework

from . import Case

NAME, UNITS, SETS = "mic-2361-2024/commune", 120, 17


def scored(units: int, seed: int = 1) -> tuple[Scores, Any]:
    """Simulated communes with a filled workbook's content, and the catalogue."""
    import pandas as pd

    _, framework, catalogue, _ = open_framework(NAME)
    one = simulate([framework], catalogue, units, seed).rounds["2025"]
    observed = one.at("final").units
    plan = make_plan(framework, catalogue, observed[[k for k in ATTRIBUTES if k in observed]])
    return Scores(plan, one, pd.DataFrame({"unit": []}), "", True, ()), catalogue


def cases() -> list[Case]:
    """120 communes of one province, a page each; in every round other communes.

    The typesetter remembers what it has set: the same pages again would be nearly free, with us
    and without.
    """
    home = Path(gettempdir()) / "dxmethod-benchmark-pages"
    given, folders = [], []
    for seed in range(SETS):
        given.append(scored(UNITS, seed))
        folders.append(home / str(seed))
        folders[-1].mkdir(parents=True, exist_ok=True)
        prepare(page_data(*scored(UNITS, SETS + seed)), folders[-1])
    built, fresh = cycle(folders), cycle(given)

    def bare() -> object:
        return set_pages(next(built))

    def work() -> object:
        return write_pages(page_data(*next(fresh)), home / "pages.pdf")

    return [Case(f"{UNITS} commune pages as PDF", work, bare, 3.0)]
