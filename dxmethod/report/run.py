"""One command's work: check everything, run the notebooks, write the report, keep the record."""

from __future__ import annotations

import ast
import importlib
import json
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..documents import validate
from ..faults import Collector, Fault, Faults, nearest
from ..revision import Revision, open_revision
from ..vietnamese import number
from ..workspace import show_path
from .assemble import Document, Front, assemble, collect
from .chapters import notices
from .output import check_target, clear_failure, disk_faults, failure_folder, staging
from .record import LOG, RECORD, REPOSITORY, Parameters, Record, make_record, written

if TYPE_CHECKING:
    from .execute import Executed

NOTEBOOKS = REPOSITORY / "notebooks"

# What a notebook may need of a revision: fields of `Revision` that may be absent.
_NEEDS = ("observations", "peers", "reorganisation", "judgements", "overlays")
_RENDERERS = ("docx", "openpyxl", "pypandoc", "typst")


def run_report(
    name: str | Path,
    output: Path | None = None,
    seed: int | None = None,
    draft: str = "",
    notebooks: Path | None = None,
    progress: bool = True,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Make the report of a revision.

    Parameters
    ----------
    name : str or Path
        Name of the revision, or its file.
    output : Path, optional
        Folder of the report; by default ``outputs/NAME`` of the workspace. An earlier report there
        is replaced as a whole once the new one is complete; other files are never deleted.
    seed : int, optional
        By default that of the revision file.
    draft : str
        Id of the draft to compare; by default the first.
    notebooks : Path, optional
        Folder of notebooks, run in the order of their names; by default those of the project.
    progress : bool
        Show a progress bar on stderr.
    more : mapping, optional
        Parameters by name, as typed; they are checked like the others.

    Returns
    -------
    Path
        Folder of the report.

    Raises
    ------
    Faults
        With every fault of the inputs, before anything runs; or with what stopped a notebook, in
        which case it is kept in ``NAME.loi`` beside the place of the report.
    """
    log = _Log()
    given = {"revision": name, "seed": seed, "draft": draft} | dict(more or {})
    with log.step("kiểm tra bản sửa đổi, tham số, sổ tay, nơi ghi"):
        job = _prepare(given, output, notebooks or NOTEBOOKS)
        log.describe(job)
    with log.step("nạp papermill", startup=True):
        from . import execute  # noqa: F401
    with disk_faults(job.target), TemporaryDirectory(prefix="dxmethod-") as scratch:
        with staging(job.target) as folder, _progress(job, progress) as bar:
            executed = _execute(job, Path(scratch), log, bar)
            document = _assemble(job, executed, log)
            _render(document, folder, log, bar)
            _write_notebooks(executed, folder / "notebooks")
            record = job.record.to_json(written(folder))
            (folder / RECORD).write_text(record, encoding="utf-8", newline="\n")
            log.write(folder / LOG)
        clear_failure(job.target)
    return job.target


@dataclass(frozen=True)
class _Job:
    """What is to be done, checked."""

    revision: Revision
    parameters: Parameters
    notebooks: Sequence[Path]
    left_out: Sequence[str]
    target: Path
    record: Record


def _prepare(given: Mapping[str, Any], output: Path | None, folder: Path) -> _Job:
    """Open and check all that the run needs, so that every fault is said at once."""
    faults = Collector()
    revision = _open(given["revision"], faults)
    filled = dict(given)
    filled["revision"] = revision.name if revision else str(given["revision"])
    if filled["seed"] is None:
        filled["seed"] = revision.file.seed if revision else 0
    elif re.fullmatch("-?[0-9]+", str(filled["seed"])):
        filled["seed"] = int(filled["seed"])  # as typed
    if revision:
        filled["draft"] = _draft(revision, str(filled["draft"]), faults)
    own = Collector("tham số")
    parameters = validate(Parameters, filled, own)
    faults.extend(own.faults)
    notebooks, left_out = _find_notebooks(folder, revision, faults)
    target = output or (revision.workspace / "outputs" / revision.name if revision else None)
    if target:
        target = target.resolve()
        with disk_faults(target):
            check_target(target, faults)
    faults.raise_errors()
    assert revision and parameters and target
    record = make_record(revision, parameters, notebooks)
    return _Job(revision, parameters, notebooks, left_out, target, record)


def _open(name: str | Path, faults: Collector) -> Revision | None:
    """Open the revision, and make sure that the notebooks will open the same file by its name."""
    try:
        revision = open_revision(name)
    except Faults as found:
        faults.extend(found.faults)
        return None
    file = revision.inputs[0]
    home = revision.workspace / "frameworks" / "revisions" / f"{revision.name}.yml"
    if not home.is_file() or not home.samefile(file):
        shown = show_path(file, revision.workspace)
        expected = f"tệp đặt tại frameworks/revisions/{revision.name}.yml, hoặc id như tên tệp"
        faults.add("mục id", f"có “{revision.name}”", expected, file=shown)
    return revision


def _draft(revision: Revision, draft: str, faults: Collector) -> str:
    """Name the draft in full, so that the record says which it was."""
    try:
        return revision.draft(draft).id
    except Faults as found:
        faults.extend(found.faults)
        return draft


def _find_notebooks(
    folder: Path, revision: Revision | None, faults: Collector
) -> tuple[list[Path], list[str]]:
    """Find the notebooks to run, and say which are left out for what the revision does not have.

    Every one is checked: that it takes exactly our parameters, that what it needs is known.
    """
    run, left_out = [], []
    for path in sorted(folder.glob("*.ipynb")):
        own = Collector(f"{folder.name}/{path.name}")
        absent: list[str] = []
        try:
            _check_names(_parameter_names(path), own)
            absent = [need for need in _needs(path, own) if not getattr(revision, need, None)]
        except (OSError, ValueError, SyntaxError, AttributeError, KeyError, TypeError) as error:
            own.add("", f"không đọc được sổ tay ({error})", "sổ tay Jupyter")
        faults.extend(own.faults)
        if absent:
            left_out.append(f"{path.name}: bỏ qua, vì bản sửa đổi không có {', '.join(absent)}")
        else:
            run.append(path)
    if not run and (revision or not left_out):
        faults.add("", "không có sổ tay nào chạy được", "ít nhất một tệp .ipynb", file=str(folder))
    return run, left_out


def _needs(path: Path, faults: Collector) -> list[str]:
    """Return what a notebook says in its metadata that a revision must have."""
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    needs: list[str] = metadata.get("dxmethod", {}).get("needs", [])
    for need in needs:
        if need not in _NEEDS:
            faults.add("metadata dxmethod.needs", f"có “{need}”", nearest(need, _NEEDS))
    return [need for need in needs if need in _NEEDS]


def _parameter_names(path: Path) -> list[str]:
    """Return the names that the cells tagged `parameters` assign."""
    sources = [source for source, tags in _code_cells(path) if "parameters" in tags]
    lines = [line for source in sources for line in ast.parse(source).body]
    assigned = [line for line in lines if isinstance(line, ast.Assign)]
    return [ast.unparse(target) for line in assigned for target in line.targets]


def _code_cells(path: Path) -> list[tuple[str, list[str]]]:
    """Return source and tags of each code cell; nbformat would take its seconds to be imported."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell["metadata"].get("tags", []))
        for cell in cells
        if cell["cell_type"] == "code"
    ]


def _check_names(names: Sequence[str], faults: Collector) -> None:
    wanted = list(Parameters.model_fields)
    for name in names:
        if name not in wanted:
            faults.add("ô gắn thẻ parameters", f"tham số lạ “{name}”", nearest(name, wanted))
    for name in wanted:
        if names.count(name) != 1:
            found = f"tham số “{name}” gán {names.count(name)} lần"
            faults.add("ô gắn thẻ parameters", found, "mỗi tham số một lần gán")


def _execute(job: _Job, scratch: Path, log: _Log, bar: Any) -> list[Executed]:
    """Run the notebooks one after the other, each in a fresh kernel and a fresh folder."""
    from .execute import execute

    parameters = job.parameters.model_dump()
    executed: list[Executed] = []
    for path in job.notebooks:
        _say(bar, f"Đang chạy sổ tay {path.stem}")
        folder = scratch / path.stem
        folder.mkdir()
        start = time.perf_counter()
        result = execute(path, parameters, job.revision.workspace, folder, bar.update)
        log.add_notebook(result, time.perf_counter() - start)
        executed.append(result)
        if result.failure:
            raise _stopped(job, result, log)
    return executed


def _stopped(job: _Job, result: Executed, log: _Log) -> Faults:
    """Keep the notebook that failed and the log; say what happened and where they are."""
    assert result.failure
    kept = failure_folder(job.target)
    with disk_faults(kept):
        clear_failure(job.target)
        _write_notebooks([result], kept)
        log.write(kept / LOG)
    place = f"ô lệnh thứ {result.failure.cell}" if result.failure.cell else ""
    expected = f"sửa rồi chạy lại; sổ tay đã chạy và nhật ký được giữ ở {kept}"
    return Faults([Fault(result.name, place, result.failure.reason, expected)])


def _assemble(job: _Job, executed: Sequence[Executed], log: _Log) -> Document:
    """Gather the blocks of all notebooks, add the record, number everything."""
    agency = job.revision.file.agency
    front = Front(
        parent_agency=agency.parent,
        agency=agency.name,
        symbol=agency.symbol,
        place=agency.place,
        title=job.revision.file.title,
        signer=agency.signer,
        recipients=agency.recipients,
        notices=notices(job.revision),
    )
    blocks = []
    name = ""
    with log.step("ghép các phần của báo cáo"):
        try:
            for result in executed:
                name = result.name
                blocks += collect(result.notebook)
            name = "sổ tay"
            return assemble(front, [*blocks, *job.record.blocks()])
        except ValueError as error:
            raise Faults([Fault(name, "", str(error), "sửa ô tạo ra phần này")]) from error


def _render(document: Document, folder: Path, log: _Log, bar: Any) -> None:
    """Write the report in every form."""
    with log.step("nạp thư viện trình bày", startup=True):
        for module in _RENDERERS:
            importlib.import_module(module)
        from .pdf import render_pdf
        from .web import render_html
        from .word import render_docx
        from .workbook import write_figures, write_workbook
    for name, write in (
        ("bao-cao.docx", render_docx),
        ("bao-cao.pdf", render_pdf),
        ("bao-cao.html", render_html),
        ("bang.xlsx", write_workbook),
        ("hinh", write_figures),
    ):
        _say(bar, f"Đang ghi {name}")
        with log.step(f"ghi {name}"):
            write(document, folder / name)
        bar.update()


def _write_notebooks(executed: Sequence[Executed], folder: Path) -> None:
    import nbformat

    folder.mkdir(parents=True, exist_ok=True)
    for result in executed:
        text = nbformat.writes(result.notebook, version=nbformat.NO_CONVERT)
        (folder / result.name).write_text(text + "\n", encoding="utf-8", newline="\n")


@contextmanager
def _progress(job: _Job, shown: bool) -> Iterator[Any]:
    """Show on stderr how far the run is and what it is doing; plain lines where it is no screen."""
    from tqdm import tqdm

    cells = [source for path in job.notebooks for source, _ in _code_cells(path) if source.strip()]
    injected, rendered = len(job.notebooks), 5
    total = len(cells) + injected + rendered
    look = "{desc:<36} {bar:24} {percentage:3.0f}% [{elapsed}]"
    screen = shown and sys.stderr.isatty()
    with tqdm(
        total=total, disable=not screen, bar_format=look, file=sys.stderr, leave=False
    ) as bar:
        bar.in_lines = shown and not screen
        yield bar


def _say(bar: Any, words: str) -> None:
    bar.set_description(words)
    if bar.in_lines:
        sys.stderr.write(words + "\n")


class _Log:
    """The only file with time, commit and paths: what was run where, and how long it took."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.head = [f"Bắt đầu: {datetime.now().astimezone().isoformat(' ', 'seconds')}"]
        self.steps: list[tuple[str, float, bool]] = []
        self.notes: list[str] = []

    @contextmanager
    def step(self, name: str, startup: bool = False) -> Iterator[None]:
        """Time a step; `startup` counts it among kernel starts and imports."""
        start = time.perf_counter()
        yield
        self.steps.append((name, time.perf_counter() - start, startup))

    def describe(self, job: _Job) -> None:
        """Say what is run, where, by which software."""
        self.head += [
            f"Bản sửa đổi: {job.revision.name}",
            f"Mã lần chạy: {job.record.short_id}",
            f"Tham số: {job.parameters.model_dump()}",
            f"Bộ làm việc: {job.revision.workspace}",
            f"Nơi ghi: {job.target}",
            f"Sổ tay: {job.notebooks[0].parent}",
            f"Commit: {_commit(job.revision.workspace)}",
            f"Python {platform.python_version()}: {sys.executable}",
            f"Hệ điều hành: {platform.platform()}",
        ]
        self.notes += [str(finding) for finding in job.revision.findings]
        self.notes += job.left_out

    def add_notebook(self, result: Executed, whole: float) -> None:
        """Note the steps of one notebook; the rest is writing files and ending the kernel."""
        took = result.seconds
        self.steps += [
            (f"{result.name}: khởi động nhân", took["start"], True),
            (f"{result.name}: nạp thư viện", took["imports"], True),
            (f"{result.name}: các ô còn lại", took["cells"], False),
            (f"{result.name}: ghi sổ tay, đóng nhân", whole - sum(took.values()), False),
        ]
        self.notes += [f"{result.name}: {warning}" for warning in result.warnings]
        if result.failure:
            reason = result.failure.reason
            self.notes.append(f"{result.name}, ô lệnh thứ {result.failure.cell}: {reason}")

    def write(self, path: Path) -> None:
        """Write the log with its sums."""
        total = time.perf_counter() - self.began
        startup = sum(seconds for _, seconds, counted in self.steps if counted)
        lines = [*self.head, "", "    giây  bước (*: khởi động nhân và nạp thư viện)"]
        for name, seconds, counted in self.steps:
            lines.append(f"{number(seconds, 2):>8}  {name}{' *' if counted else ''}")
        lines += [
            "",
            f"Tổng thời gian: {number(total, 2)} giây",
            f"Trong đó khởi động nhân và nạp thư viện: {number(startup, 2)} giây",
            f"Tỷ lệ: {number(total / startup if startup else None, 2)}",
        ]
        lines += ["", "Cảnh báo:", *self.notes] if self.notes else []
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _commit(folder: Path) -> str:
    """Name the commit of a repository, and whether it has changes; for the log only."""
    git = shutil.which("git")
    if not git:
        return "không có git"
    said = []
    for words in (["rev-parse", "HEAD"], ["status", "--porcelain"]):
        call = [git, "-C", str(folder), *words]
        done = subprocess.run(call, capture_output=True, check=False, timeout=60)
        if done.returncode:
            return "không phải kho git"
        said.append(done.stdout.decode("utf-8", "replace").strip())
    return said[0] + (" và có thay đổi chưa ghi" if said[1] else "")
