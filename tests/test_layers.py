"""Modules import downwards only: from their own layer or an earlier one, and never in a circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "dxmethod"

# Lowest first. "report" stands for every module of that room.
LAYERS = (
    ("faults", "vietnamese", "documents", "office", "seeds", "workspace"),
    ("concepts", "values", "adjustable"),
    ("framework",),
    ("check", "changes", "observations", "rounds", "units", "dispositions"),
    ("combining", "merging"),
    ("cells", "composite", "levels", "points", "assessment"),
    (
        "comparison",
        "examples",
        "attribution",
        "robustness",
        "incomplete",
        "verification",
        "quality",
        "verdicts",
        "burden",
        "reorganisation",
        "decomposition",
        "impact",
        "simulate",
    ),
    ("wording",),
    ("structure",),
    ("differences", "progress"),
    ("overlays",),
    ("sheets", "excel", "annex", "columns", "reading"),
    ("exchange", "intake", "outline", "replacing"),
    ("opening", "personal", "entries", "scrutiny", "layout", "register", "agreement", "marking"),
    ("placing", "returns"),
    ("calibration", "consultation"),
    ("validations", "questionnaire"),
    ("figures", "figures_quality", "figures_progress", "figures_calibration", "figures_provinces"),
    ("revision_file", "shelf"),
    ("evidence",),
    (
        "report",
        "revision",
        "transfer",
        "adapting",
        "calibrating",
        "template",
        "describe",
        "season",
        "commands",
        "cli",
        "__main__",
        "__init__",
    ),
)
HEIGHT = {room: height for height, rooms in enumerate(LAYERS, 1) for room in rooms}


def modules(package: Path) -> dict[str, Path]:
    """Modules by dotted name below the package: "faults", "report.blocks", "report.__init__"."""
    return {
        ".".join(path.relative_to(package).with_suffix("").parts): path
        for path in sorted(package.rglob("*.py"))
    }


def imported(module: str, source: str, known: set[str], package: str) -> set[str]:
    """Modules of the package that a source imports, at any depth of its code."""

    def find(*parts: str) -> str | None:
        name = ".".join(part for part in parts if part)
        names = (name, f"{name}.__init__".lstrip("."))
        return next((candidate for candidate in names if candidate in known), None)

    found: set[str | None] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            paths = [alias.name.partition(".") for alias in node.names]
            found |= {find(rest) for top, _, rest in paths if top == package}
        elif isinstance(node, ast.ImportFrom):
            top, _, base = (node.module or "").partition(".")
            if node.level:
                above = module.split(".")[: -node.level]
                base = ".".join([*above, node.module] if node.module else above)
            elif top != package:
                continue
            found |= {find(base, alias.name) or find(base) for alias in node.names}
    return {name for name in found if name}


def violations(package: Path) -> list[str]:
    """Say which imports of a package go upwards, in a circle, or from a room without a layer."""
    paths = modules(package)
    imports = {
        name: imported(name, path.read_text(encoding="utf-8"), set(paths), package.name) - {name}
        for name, path in paths.items()
    }
    height = {name: HEIGHT.get(name.partition(".")[0]) for name in paths}
    problems = [f"{name} has no layer" for name in paths if height[name] is None]
    problems += [
        f"{name} imports {other}, which is above it"
        for name, others in imports.items()
        for other in sorted(others)
        if (height[name] or 0) < (height[other] or 0)
    ]
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as circle:
        problems.append("imports in a circle: " + " < ".join(circle.args[1]))
    return problems


def test_package_imports_downwards_only():
    assert modules(PACKAGE), "no module found"
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("module", "line", "problem"),
    [
        ("values", "from .framework import Framework", "values imports framework, which is above"),
        ("values", "def f():\n    from dxmethod import figures", "values imports figures"),
        ("values", "import dxmethod.report.blocks as b", "values imports report.blocks"),
        ("values", "import dxmethod as dx", "values imports __init__, which is above it"),
        ("figures", "from .report import blocks", "figures imports report.blocks"),
        ("report.blocks", "from ..cli import main", "imports in a circle"),
        ("report.blocks", "from . import pdf", "imports in a circle"),
        ("gossip", "import json", "gossip has no layer"),
    ],
)
def test_upward_import_is_seen(tmp_path, module, line, problem):
    package = tmp_path / "dxmethod"
    sources = {
        "__init__": "from .values import Curve",
        "values": "import numpy",
        "framework": "from .values import Curve",
        "figures": "from . import framework",
        "report.__init__": "",
        "report.blocks": "from ..figures import plot",
        "report.pdf": "from .blocks import Block",
        "cli": "from .report import blocks",
    }
    write(package, sources)
    assert violations(package) == []
    write(package, {module: line})
    assert any(found.startswith(problem) for found in violations(package))


def write(package: Path, sources: dict[str, str]) -> None:
    for name, source in sources.items():
        path = package.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
