"""The set-up a newcomer relies on: the lock, the environment that dx.py makes, files in git."""

import ast
import errno
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
import unicodedata
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = [line for line in LOCK.replace("\\\n", " ").splitlines() if line.strip()]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SOURCE = (ROOT / "dx.py").read_text(encoding="utf-8")
BINARY = {".docx", ".gif", ".ico", ".jpg", ".parquet", ".pdf", ".png", ".xlsx", ".zip"}


def kept_files() -> list[Path]:
    """Files that git keeps or would keep; in a copy without git, all but those made by runs."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if (ROOT / ".git").exists():
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        paths = [ROOT / name for name in listed.stdout.decode("utf-8").split("\0") if name]
    else:
        made = {".venv", "outputs", "__pycache__", ".hypothesis"}
        paths = [
            path
            for path in ROOT.rglob("*")
            if not any(
                part in made or part.endswith("_cache") for part in path.relative_to(ROOT).parts
            )
        ]
    return sorted(path for path in paths if path.is_file())


# The lock


def test_every_requirement_is_pinned_and_hashed():
    assert len(PINS) > 100
    form = re.compile(r"[a-z0-9._-]+==\S+( ;[^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [pin for pin in PINS if not form.fullmatch(pin)] == []


@pytest.mark.parametrize("address", ["://", "--index", "--extra-index", "--find-links", " @ "])
def test_lock_names_no_address(address):
    assert address not in LOCK


def test_lock_satisfies_every_dependency():
    locked = [Requirement(pin.partition("--hash")[0]) for pin in PINS]
    project = tomllib.loads(PROJECT)
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        versions = [str(pin.specifier)[2:] for pin in locked if canonicalize_name(pin.name) == name]
        assert versions, f"{name} is not in the lock"
        assert all(requirement.specifier.contains(version) for version in versions), name


def test_every_dependency_has_its_reason():
    lists = re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", PROJECT, re.DOTALL | re.MULTILINE)
    lines = [line for text in lists for line in text.splitlines()]
    assert len(lines) > 20
    assert [line for line in lines if not re.fullmatch(r'    "[^"]+", +# .{5,}', line)] == []


def test_conda_environment_keeps_no_versions_of_its_own():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *packages, pip = environment["dependencies"]
    assert [re.split("[=<>]", package)[0] for package in packages] == ["python", "pip"]
    assert pip["pip"] == ["--require-hashes", "--only-binary :all:", "-r requirements.lock"]


# Files in git


def test_text_files_are_composed_utf8_with_unix_lines():
    problems = []
    for path in kept_files():
        if path.suffix in BINARY:
            continue
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            problems.append(f"{path}: not UTF-8")
            continue
        if not unicodedata.is_normalized("NFC", text):
            problems.append(f"{path}: not NFC")
        if "\r\n" in text or text.startswith("\ufeff"):
            problems.append(f"{path}: Windows line ends or a byte order mark")
    assert problems == []


def stray_outputs(notebook: nbformat.NotebookNode) -> list[str]:
    """Cells that hold outputs without being tagged to keep them."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and "keep_output" not in cell.metadata.get("tags", [])
        and (cell.outputs or cell.execution_count is not None)
    ]


def test_notebooks_hold_outputs_only_where_tagged():
    for path in kept_files():
        if path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            assert stray_outputs(notebook) == [], path.name


def test_stray_output_is_seen():
    output = nbformat.v4.new_output("stream", text="1")
    stray = nbformat.v4.new_code_cell("print(1)", outputs=[output])
    kept = nbformat.v4.new_code_cell(
        "print(2)", outputs=[output], metadata={"tags": ["keep_output"]}
    )
    notebook = nbformat.v4.new_notebook(cells=[stray, kept])
    assert stray_outputs(notebook) == ["print(1)"]


# dx.py


@pytest.fixture
def dx(tmp_path, monkeypatch) -> ModuleType:
    """dx.py, its environment moved into a folder of the test's own."""
    spec = importlib.util.spec_from_file_location("dx_under_test", ROOT / "dx.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", str(venv))
    monkeypatch.setattr(module, "MARK", str(venv / "dx-ready.json"))
    monkeypatch.setattr(module, "PYTHON", str(venv / "python"))
    return module


@pytest.fixture
def built(dx, monkeypatch) -> list[str]:
    """Let dx.py "build" without installing; the steps it ran. A step named "fail" fails."""
    steps = []

    def run_step(step):
        steps.append(step)
        if "fail" in step:
            raise dx.Stop("không được")
        Path(dx.VENV).mkdir(exist_ok=True)
        Path(dx.PYTHON).touch()

    monkeypatch.setattr(dx, "run_step", run_step)
    monkeypatch.setattr(dx, "installers", lambda: iter([None]))
    monkeypatch.setattr(dx, "recipe", lambda uv: ["make", "install"])
    return steps


def test_dx_needs_the_standard_library_only():
    imports = [
        name.name
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.Import)
        for name in node.names
    ] + [node.module for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.ImportFrom)]
    assert len(imports) > 5
    assert {name.partition(".")[0] for name in imports} <= sys.stdlib_module_names


def test_dx_parses_on_an_old_python():
    nodes = list(ast.walk(ast.parse(SOURCE, feature_version=(3, 4))))
    late = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.Nonlocal, ast.YieldFrom)
    assert [node for node in nodes if isinstance(node, late)] == []
    assert not any(node.annotation for node in nodes if isinstance(node, ast.arg))
    assert not any(
        node.kwonlyargs or node.posonlyargs for node in nodes if isinstance(node, ast.arguments)
    )
    assert not any(
        isinstance(node, ast.List) and any(isinstance(e, ast.Starred) for e in node.elts)
        for node in nodes
    )
    assert SOURCE.splitlines()[1] == "# -*- coding: utf-8 -*-"


@pytest.mark.parametrize(
    ("version", "implementation", "bits", "named"),
    [
        ((2, 7, 18), "CPython", 64, "CPython 2.7.18, 64 bit"),
        ((3, 10, 13), "CPython", 64, "CPython 3.10.13, 64 bit"),
        ((3, 14, 0), "CPython", 64, "CPython 3.14.0, 64 bit"),
        ((3, 12, 1), "CPython", 32, "CPython 3.12.1, 32 bit"),
        ((3, 11, 7), "PyPy", 64, "PyPy 3.11.7, 64 bit"),
    ],
)
def test_unsuitable_python_is_told_what_to_install(dx, version, implementation, bits, named):
    message = dx.refusal(version, implementation, bits)
    assert named in message
    assert "Hãy cài Python 3.13" in message


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_suitable_python_is_accepted(dx, version):
    assert dx.refusal(version, "CPython", 64) == ""


def test_unsuitable_python_stops_before_anything_is_made(dx, built, monkeypatch, capsys):
    monkeypatch.setattr(dx.platform, "python_implementation", lambda: "PyPy")
    assert dx.main(["report"]) == 1
    assert "PyPy" in capsys.readouterr().err
    assert built == []


def test_environment_is_built_once(dx, built):
    dx.prepare()
    dx.prepare()
    assert built == ["make", "install"]


@pytest.mark.parametrize("part", ["python", "folder", "requirements.lock", "pyproject.toml"])
def test_environment_is_rebuilt_when_what_it_was_made_for_changed(dx, built, part):
    dx.prepare()
    wanted = dx.wanted_state()
    assert not dx.needs_rebuilding(dx.MARK, dx.PYTHON, wanted)
    assert dx.needs_rebuilding(dx.MARK, dx.PYTHON, {**wanted, part: "other"})


def test_state_follows_the_lock(dx, tmp_path, monkeypatch):
    monkeypatch.setattr(dx, "ROOT", str(tmp_path))
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("one", encoding="utf-8")
    before = dx.wanted_state()
    (tmp_path / "requirements.lock").write_text("two", encoding="utf-8")
    after = dx.wanted_state()
    assert {key for key in before if before[key] != after[key]} == {"requirements.lock"}


@pytest.mark.parametrize("harm", ["no mark", "torn mark", "no python"])
def test_half_made_environment_is_made_anew(dx, built, harm):
    dx.prepare()
    stray = Path(dx.VENV, "stray")
    stray.touch()
    if harm == "torn mark":
        Path(dx.MARK).write_text('{"python": "3.', encoding="utf-8")
    else:
        os.remove(dx.MARK if harm == "no mark" else dx.PYTHON)
    dx.prepare()
    assert built == ["make", "install"] * 2
    assert not stray.exists()


@pytest.mark.parametrize("place", ["rmtree", "run_step"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, PermissionError])
def test_interrupted_install_leaves_no_mark(dx, built, monkeypatch, place, failure):
    dx.prepare()
    Path(dx.MARK).write_text("{}", encoding="utf-8")

    def fail(*_):
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(dx.shutil if place == "rmtree" else dx, place, fail)
        with pytest.raises(failure):
            dx.prepare()
    assert not Path(dx.MARK).exists()
    dx.prepare()
    assert Path(dx.MARK).exists()


def test_pip_takes_over_when_uv_fails(dx, built, monkeypatch, capsys):
    monkeypatch.setattr(dx, "installers", lambda: iter([["uv"], None]))
    monkeypatch.setattr(dx, "recipe", lambda uv: ["make", "fail" if uv else "install"])
    dx.prepare()
    assert built == ["make", "fail", "make", "install"]
    assert "bằng pip" in capsys.readouterr().err


@pytest.mark.parametrize("uv", [None, ["uv"]])
def test_recipe_installs_the_lock_by_hash_and_the_package_without_network(dx, uv):
    make, locked, package = dx.recipe(uv)
    assert make[-1] == dx.VENV
    assert {"--require-hashes", "--only-binary", dx.LOCK} <= set(locked)
    assert {"--no-index", "--no-deps", "--no-build-isolation", dx.ROOT} <= set(package)
    assert dx.environment()["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize(
    ("message", "advised"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left", "đầy"),
        ("error: failed to write file (os error 112)", "đầy"),
        ("created successfully because ensurepip is not available", "python3-venv"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "không khớp requirements.lock"),
        ("PermissionError: [WinError 5] Từ chối truy cập", "quyền ghi"),
        ("Temporary failure in name resolution", "kiểm tra mạng"),
        ("error: Failed to fetch: `six`\n  dns error", "kiểm tra mạng"),
        ("ERROR: No matching distribution found for six==1.17.0", "kiểm tra mạng"),
        ("anything else", "xoá thư mục .venv"),
    ],
)
def test_advice_fits_the_message(dx, message, advised):
    assert advised in dx.advice(message)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Đĩa đã đầy"),
        (PermissionError(errno.EACCES, "Permission denied", ".venv"), "quyền ghi"),
        (OSError("điều lạ"), "xoá thư mục .venv"),
    ],
)
def test_failure_ends_in_words(dx, monkeypatch, capsys, raised, said):
    def prepare():
        raise raised

    monkeypatch.setattr(dx, "prepare", prepare)
    assert dx.main(["report"]) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


def test_failing_step_shows_its_last_words_and_advice(dx, monkeypatch):
    code = "import sys; print('a' * 999); print('Permission denied', file=sys.stderr); sys.exit(2)"
    with pytest.raises(dx.Stop) as stop:
        dx.run_step([sys.executable, "-c", code])
    text = str(stop.value)
    assert "Permission denied" in text and "quyền ghi" in text
    assert max(map(len, text.splitlines())) <= 200


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_makes_nothing(dx, built, capsys, arguments):
    assert dx.main(arguments) == 0
    assert "Cách dùng: python dx.py" in capsys.readouterr().out
    assert built == []


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["report", "a", "--output", "b"], [["dxmethod", "report", "a", "--output", "b"]]),
        (["check", "frameworks/"], [["dxmethod", "check", "frameworks/"]]),
        (["anything"], [["dxmethod", "anything"]]),
        (["test", "-m", "slow"], [["pytest", "-m", "slow"]]),
        (["benchmark", "levels"], [["benchmarks", "levels"]]),
        (["lint"], [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]]),
    ],
)
def test_words_are_handed_over(dx, built, monkeypatch, arguments, called):
    calls, codes = [], iter([0, 3, 0])

    def hand_over(call, *others):
        calls.append(call)
        return next(codes)

    monkeypatch.setattr(dx, "hand_over", hand_over)
    assert dx.main(arguments) == (3 if len(called) > 1 else 0)
    assert calls == called


def test_child_gets_a_steady_environment_and_its_exit_code_passes(dx, tmp_path, monkeypatch):
    monkeypatch.setattr(dx, "PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    (tmp_path / "probe.py").write_text(
        "import json, os, sys\n"
        "json.dump(dict(os.environ), open(sys.argv[1], 'w'))\n"
        "sys.exit(int(sys.argv[2]))\n",
        encoding="utf-8",
    )
    before = signal.getsignal(signal.SIGTERM)
    try:
        code = dx.hand_over(["probe", "seen.json", "7"], str(tmp_path))
    finally:
        signal.signal(signal.SIGTERM, before)
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert code == 7
    assert "PYTHONPATH" not in seen
    expected = {
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
    }
    assert expected.items() <= seen.items()


def test_pytest_leaves_out_slow_tests_and_runs_the_notebooks():
    options = tomllib.loads(PROJECT)["tool"]["pytest"]["ini_options"]
    assert {"-m=not slow", "--nbval-lax", "--nbval-current-env"} <= set(options["addopts"])
    assert options["testpaths"] == ["tests", "notebooks"]
