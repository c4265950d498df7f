"""Command that proposes changed thresholds: a new draft, and the table that says why."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from .calibration.cutoffs import check_grid
from .calibration.frontier import Point
from .calibration.intake import problem
from .calibration.proposal import Gain, Tried, draft_of, places_of, propose, told, try_out
from .changes import Change
from .excel import write_workbook
from .faults import Collector, Fault, Faults, nearest
from .framework import Framework, read_framework, write_framework
from .revision import Revision, open_revision
from .sheets import Column, Page, Row
from .transfer import replace_files
from .vietnamese import number, signed
from .workspace import show_path

_CHANGES = (
    Column("label", "Chỉ tiêu", 40),
    Column("level", "Mức độ", 14),
    Column("stratum", "Địa bàn", 14),
    Column("old", "Ngưỡng dự thảo", 10),
    Column("new", "Ngưỡng đề xuất", 10),
    Column("point", "Ước lượng giữa", 10),
    Column("low", "Cận dưới 90%", 10),
    Column("high", "Cận trên 90%", 10),
    Column("decisive", "Số đơn vị quyết định", 12),
    Column("reason", "Lý do", 50),
)
_FRONTIER = (
    Column("count", "Số ngưỡng sửa, không quá", 12),
    Column("size", "Tổng mức sửa (phần của thang đo)", 14),
    Column("exact", "Trùng mức, ngoài mẫu chọn", 12),
    Column("kappa", "Kappa, ngoài mẫu chọn", 12),
    Column("kappa_low", "Cận dưới 90%", 10),
    Column("kappa_high", "Cận trên 90%", 10),
    Column("gain", "Kappa tăng so với dự thảo", 12),
    Column("gain_low", "Cận dưới 90%", 10),
    Column("gain_high", "Cận trên 90%", 10),
    Column("in_sample_kappa", "Kappa trên chính các đơn vị đã chọn", 14),
)
_HEAD = "# Do dxmethod calibrate {name} lập: sửa bản sửa đổi rồi lập lại, không sửa ở đây.\n"


@dataclass(frozen=True, eq=False)
class Proposal:
    """Changed thresholds that a revision may issue.

    Attributes
    ----------
    draft : Framework
        That was judged.
    tried : Tried
    most : int
        Changes that were allowed.
    point : Point
        The best revision with no more.
    changes : tuple of Change
    framework : Framework
        The draft with the changes.
    """

    draft: Framework
    tried: Tried
    most: int
    point: Point
    changes: tuple[Change, ...]
    framework: Framework

    @property
    def gain(self) -> Gain:
        """Gain in kappa out of fold, with its interval."""
        return self.tried.gain(self.most)


def propose_revision(
    revision: Revision, count: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Proposal:
    """Calibrate the first draft of a revision on the units that experts judged.

    Parameters
    ----------
    revision : Revision
        With observations and judgements; its file says how (`calibration`, `seed`).
    count : int, optional
        Thresholds changed at most; by default the number at the knee.
    progress : callable, optional
        Called with selections done and in all.

    Returns
    -------
    Proposal

    Raises
    ------
    Faults
        With everything that keeps the work from starting.
    """
    file = show_path(revision.inputs[0], revision.workspace)
    faults, options, draft = Collector(file), revision.file.calibration, revision.draft()
    if revision.observations is None or revision.judgements is None:
        faults.add("mục judgements", "không có ý kiến chuyên gia", "tệp ý kiến chuyên gia")
        raise Faults(faults.faults)
    faults.extend(check_grid(options.grid, draft, revision.catalogue, file))
    strata = [*map(str, revision.observations.strata.categories), "*"]
    for name in set(options.strata) - set(strata):
        faults.add("mục calibration → strata", f"có “{name}”", nearest(name, strata))
    if count is not None and not 0 <= count <= options.most:
        faults.add("--changes", f"có {count}", f"số từ 0 đến {options.most} (mục calibration)")
    faults.raise_errors()
    made = problem(draft, revision.observations, revision.judgements.frame, faults=faults)
    grid = places_of(made, options.grid, draft, revision.catalogue)
    tried = try_out(made, grid, options=options, seed=revision.file.seed, progress=progress)
    most = tried.knee if count is None else count
    point = tried.frontier.at_most(most)
    basis = f"Ý kiến chuyên gia: {revision.judgements.source or revision.file.judgements}"
    changes = propose(draft, point, tried.frontier.calibration, basis)
    sources = {basis, f"Số liệu: {revision.observations.source}"}
    note = f"{told(tried, options)} {'. '.join(sorted(sources))}."
    if revision.observations.simulated or revision.judgements.simulated:
        note = f"SỐ LIỆU MÔ PHỎNG. {note}"
    return Proposal(draft, tried, most, point, changes, draft_of(draft, changes, note))


def write_proposal(found: Proposal, folder: Path, name: str) -> tuple[Path, ...]:
    """Write the new draft, and the table of its changes and of the frontier.

    Parameters
    ----------
    found : Proposal
    folder : Path
    name : str
        Of the revision.

    Returns
    -------
    tuple of Path
        The draft (none without changes) and ``de-xuat.xlsx``: both whole, or neither.

    Raises
    ------
    Faults
        If another framework stands there.
    """
    target, table = folder / f"{found.framework.unit_type}.yml", folder / "de-xuat.xlsx"
    if target.exists():
        old = read_framework(target, Collector())
        if old is None or old.id != found.framework.id:
            said = "đã có tệp khác, không do lệnh này lập ra"
            raise Faults([Fault(target.name, "", said, "thư mục khác ở -o")])
    pages, head = proposal_pages(found), _HEAD.format(name=name)
    wanted: dict[Path, Callable[[Path], None]] = {
        table: lambda made: write_workbook(pages, made, f"Đề xuất ngưỡng: {found.draft.title}")
    }
    if found.changes:
        wanted = {target: lambda made: write_framework(found.framework, made, head), **wanted}
    folder.mkdir(parents=True, exist_ok=True)
    replace_files(wanted)
    return tuple(wanted)


def proposal_pages(found: Proposal) -> list[Page]:
    """Pages of ``de-xuat.xlsx``: what changes and why, and what each number of changes gives."""
    items = {item.id: item.label for item in found.draft.asked}
    levels = {level.id: level.label for level in found.draft.levels}
    reasons = {change.target: change.reason for change in found.changes}
    note = found.framework.note.removesuffix(found.draft.note).strip()
    rows = []
    for record in found.point.changes.to_dict("records"):
        target = f"tree/{record['indicator']}/required/{record['level']}"
        told_of = {"label": items[record["indicator"]], "level": levels[record["level"]]}
        rows.append(Row(_cells(_CHANGES, {**record, **told_of, "reason": reasons[target]})))
    table = found.tried.table.assign(
        count=lambda t: t["count"].where(t["count"] != "", "Sửa mọi ngưỡng, không theo lưới")
    )
    tried = [Row(_cells(_FRONTIER, record)) for record in table.to_dict("records")]
    knee = f"{summary(found)}. Điểm gãy: {found.tried.knee} ngưỡng, số nhỏ nhất mà kappa kém mức "
    knee += "tốt nhất không quá một sai số chuẩn của chênh lệch ấy."
    return [
        Page("Đề xuất", "Các ngưỡng đề xuất sửa", _CHANGES, tuple(rows), (note,)),
        Page("Số ngưỡng sửa", "Sửa bao nhiêu ngưỡng", _FRONTIER, tuple(tried), (note, knee)),
    ]


def _cells(columns: tuple[Column, ...], record: dict[Any, Any]) -> dict[str, str | float | None]:
    """Contents of one row; nothing where there is no number."""
    values = {column.key: record[column.key] for column in columns}
    return {
        key: value if isinstance(value, str) else None if value != value else float(value)
        for key, value in values.items()
    }


def summary(found: Proposal) -> str:
    """Say in one line what changes and what it gains; plainly, when that is not certain."""
    gain, size = found.gain, number(found.point.size, 2)
    ends = f"{signed(gain.low, 3)} đến {signed(gain.high, 3)}"
    certain = "" if gain.certain else "; khoảng này chứa 0: chưa chắc tốt hơn dự thảo"
    part = " (mới xong một phần kiểm tra chéo)" if found.tried.interrupted else ""
    return (
        f"{found.framework.id}: sửa {found.point.count} ngưỡng, tổng mức sửa {size} thang đo; "
        f"kappa với chuyên gia tăng {signed(gain.gain, 3)} (khoảng 90% {ends}){certain}{part}"
    )


def calibrate_command(
    name: Annotated[str, typer.Argument(metavar="BẢN_SỬA_ĐỔI", help="Mã bản sửa đổi, hoặc tệp.")],
    to: Annotated[Path, typer.Option("--output", "-o", metavar="THƯ_MỤC", help="Nơi ghi.")],
    changes: Annotated[
        int | None, typer.Option(metavar="SỐ", help="Sửa không quá bao nhiêu ngưỡng.")
    ] = None,
) -> None:
    """Đề xuất ngưỡng theo đánh giá của chuyên gia: dự thảo mới, bảng lý do và hiệu quả."""
    revision = open_revision(name)

    def show(done: int, total: int) -> None:
        typer.echo(f"\rHiệu chỉnh {done}/{total}", nl=done == total, err=True)

    found = propose_revision(revision, changes, show if sys.stderr.isatty() else None)
    for path in write_proposal(found, to, revision.name):
        typer.echo(f"Đã ghi {show_path(path, revision.workspace)}")
    typer.echo(summary(found))
