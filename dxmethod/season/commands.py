"""The commands of a scoring season: write the workbook, and make everything of the filled one."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ..check import check_units
from ..concepts import Catalogue
from ..faults import Collector, Fault, Faults
from ..register import read_units
from ..returns import load_observations
from ..transfer import open_framework
from .lists import write_lists
from .pages import page_data, write_pages
from .scores import Scores, framework_id, load_scores
from .scoring import make_plan
from .workbook import write_workbook

_SIMULATED = "mo-phong"  # every file of a simulation begins so


def sheet_command(name: str, units: Path, output: Path, data: Path | None = None) -> Path:
    """Write the scoring workbook of a framework for some units.

    Parameters
    ----------
    name : str
        Id or file of a framework.
    units : Path
        Table of units.
    output : Path
        The workbook, .xlsx.
    data : Path, optional
        What units reported: tables or forms; self-assessed, verified and final values.

    Returns
    -------
    Path

    Raises
    ------
    Faults
        Of the framework, the units, the data, or when the file cannot be written.
    """
    _, framework, catalogue, _ = open_framework(name)
    known = read_units(units)
    faults = Collector(units.name)
    faults.extend(check_units(framework, known, units.name))
    if output.suffix.lower() != ".xlsx":
        faults.add("", f"có “{output.name}”", "tên tệp .xlsx", file="--output")
    faults.raise_errors()
    simulated = any(p.name.startswith(_SIMULATED) for p in (units, data) if p is not None)
    found, source = None, ""
    if data is not None:
        found = load_observations(
            data, catalogue, framework=framework, units=known, simulated=simulated, mark=False
        ).round
        source = f"{'Số liệu mô phỏng' if simulated else 'Số liệu các đơn vị gửi'} ({data.name})"
    plan = make_plan(framework, catalogue, known)
    output.parent.mkdir(parents=True, exist_ok=True)
    draft = output.with_name(f".{output.name}.tam")
    try:
        write_workbook(plan, draft, found, source=source, simulated=simulated)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
    return output


def season_command(
    sheet: Path, output: Path, each: bool = False, framework: Path | None = None
) -> tuple[tuple[Path, ...], tuple[Fault, ...]]:
    """Make lists, annexes and commune pages of a filled scoring workbook.

    Parameters
    ----------
    sheet : Path
        As LibreOffice or Excel saved it.
    output : Path
        Folder; files of an earlier run are replaced.
    each : bool
        Whether every unit also gets a PDF of its own.
    framework : Path, optional
        File of the framework, where it stands outside the workspace, as `adapt` writes it.

    Returns
    -------
    (tuple of Path, tuple of Fault)
        What was written, and warnings.

    Raises
    ------
    Faults
        With every fault of the workbook; nothing is then written.
    """
    scores, catalogue = _open(sheet, framework)
    if output.exists() and not output.is_dir():
        raise Faults([Fault(str(output), "", "đây là tệp, không phải thư mục", "thư mục để ghi")])
    pages = page_data(scores, catalogue)
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as name:
        draft = Path(name)  # what is half made is never seen
        made = [*write_lists(scores, draft), *write_pages(pages, draft / "trang-don-vi.pdf")]
        if each:
            made += write_pages(pages, draft / "tung-don-vi", each=True)
        written = [output / path.relative_to(draft) for path in made]
        for path, target in zip(made, written, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    return tuple(written), scores.found


def _open(sheet: Path, file: Path | None) -> tuple[Scores, Catalogue]:
    """The workbook, read by the framework that it names."""
    name = framework_id(sheet)
    try:
        _, framework, catalogue, _ = open_framework(file or name)
    except Faults as error:
        if file is not None or error.faults[0].place != "mã khung":
            raise
        said = f"bảng chấm này của khung {name}, không có trong frameworks/"
        hint = "thêm --framework TỆP, là tệp khung mà lệnh adapt đã ghi"
        raise Faults([Fault(str(sheet), "", said, hint)]) from error
    if framework.id != name:
        said = f"bảng chấm này của khung {name}, không phải {framework.id}"
        raise Faults([Fault(str(sheet), "", said, f"tệp của khung {name}")])
    return load_scores(sheet, framework, catalogue), catalogue
