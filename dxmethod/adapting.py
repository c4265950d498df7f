"""Commands of a province: write its version of a framework, carry its changes to the next one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from .adjustable import VERBS
from .concepts import Concept
from .excel import write_workbook
from .faults import Collector, Fault, Faults, nearest
from .framework import read_framework, write_framework
from .overlays.adaptation import Adaptation
from .overlays.conformity import change_counts, conformity, kept
from .overlays.model import Written, read_overlay, write_overlay
from .overlays.rebasing import rebase
from .sheets import Column, Content, Page, Row
from .shelf import Shelf
from .transfer import open_catalogue, replace_files
from .workspace import show_path

_CHANGES = (
    Column("number", "STT", 5),
    Column("kind", "Loại thay đổi", 13),
    Column("target", "Nội dung thay đổi", 28),
    Column("where", "Mức độ, địa bàn", 15),
    Column("old", "Quy định của khung", 20),
    Column("new", "Quy định của tỉnh", 20),
    Column("direction", "Chiều", 8),
    Column("reason", "Lý do", 28),
    Column("basis", "Căn cứ", 20),
    Column("conformity", "Đối chiếu", 12),
)
_COUNTS = (
    Column("kind", "Loại thay đổi", 30),
    Column("count", "Số thay đổi", 14),
    Column("stricter", "Siết", 12),
    Column("easier", "Nới", 12),
    Column("unsaid", "Chưa nêu lý do hoặc căn cứ", 18),
    Column("refused", "Ngoài phạm vi được phép", 18),
)
_KEPT = (
    Column("label", "Nhóm", 34),
    Column("national", "Theo khung", 12),
    Column("unchanged", "Giữ nguyên", 12),
    Column("changed", "Có sửa", 12),
    Column("dropped", "Bỏ", 12),
    Column("added", "Thêm", 12),
)
_HEAD = "# Do dxmethod adapt lập từ {file}: sửa ở tệp đó rồi lập lại, không sửa ở đây.\n"
_REBASED = """# yaml-language-server: $schema=../schemas/overlay.json
# Do dxmethod rebase chuyển từ {file} sang {onto}: {carried} thay đổi chuyển được, {left} chờ xử lý.
# Mục conflicts: sửa từng thay đổi rồi chuyển xuống mục changes, hoặc bỏ đi.
"""


@dataclass(frozen=True)
class Adapted:
    """An overlay of the workspace, applied.

    Attributes
    ----------
    workspace : Path
    catalogue : mapping of str to Concept
    written : Written
        The overlay as it stands in its file.
    adaptation : Adaptation
    faults : tuple of Fault
        Warnings, and what the framework does not allow.
    """

    workspace: Path
    catalogue: Mapping[str, Concept]
    written: Written
    adaptation: Adaptation
    faults: tuple[Fault, ...]


def open_overlay(name: str | Path) -> Adapted:
    """Open an overlay by id or by file, and apply it.

    Parameters
    ----------
    name : str or Path
        Id of an overlay in ``frameworks/overlays``, or a YAML file of kind `overlay`.

    Returns
    -------
    Adapted
        Also when some changes go beyond what the framework allows: see `Deed.refused`.

    Raises
    ------
    Faults
        With every fault of the overlay and of what it extends.
    """
    workspace, home, catalogue = open_catalogue()
    path = Path(name)
    if path.suffix not in (".yml", ".yaml"):
        path = home / "overlays" / f"{name}.yml"
        if not path.is_file():
            known = sorted(item.stem for item in path.parent.glob("*.yml"))
            expected = nearest(str(name), known) if known else "một tệp trong frameworks/overlays"
            raise Faults([Fault("", "mã bản điều chỉnh", f"có “{name}”", expected)])
    faults = Collector()
    written = read_overlay(path, faults, show_path(path, workspace))
    adaptation = Shelf(home, catalogue, faults).adapted(written) if written else None
    if written is None or adaptation is None:
        raise Faults(faults.faults)
    return Adapted(workspace, catalogue, written, adaptation, tuple(faults.faults))


def adapt_command(name: str, to: Path | None = None) -> None:
    """Write the framework of a province and its conformity tables, and say so.

    Parameters
    ----------
    name : str
        Id or file of an overlay.
    to : Path, optional
        Folder, by default `outputs/` and the id of the overlay.

    Raises
    ------
    Faults
        Of the overlay, what it extends, what it may not change, or a file that is not its own.
    """
    found = open_overlay(name)
    if any(fault.severity == "lỗi" for fault in found.faults):
        raise Faults(found.faults)
    done, overlay = found.adaptation, found.adaptation.overlay
    folder = to or found.workspace / "outputs" / overlay.id
    target, table = folder / f"{done.framework.unit_type}.yml", folder / "doi-chieu.xlsx"
    _refuse_foreign(target, found)
    folder.mkdir(parents=True, exist_ok=True)
    head = _HEAD.format(file=found.written.file)
    pages, title = conformity_pages(done, found.catalogue), f"Đối chiếu {overlay.title}"
    replace_files(
        {
            target: lambda made: write_framework(done.framework, made, head),
            table: lambda made: write_workbook(pages, made, title),
        }
    )
    for fault in found.faults:
        typer.echo(f"  {fault}")
    typer.echo(summary(done))
    for path in (target, table):
        typer.echo(f"Đã ghi {show_path(path, found.workspace)}")


def summary(done: Adaptation) -> str:
    """Say in one line what a province changed and kept."""
    total, whole = change_counts(done).loc["Cộng"], kept(done).loc[""]
    item = done.base.terms.indicator
    return (
        f"{done.framework.id}: {total['count']} thay đổi so với {done.base.id} "
        f"(siết {total['stricter']}, nới {total['easier']}); trong {whole['national']} {item} của "
        f"khung giữ nguyên {whole['unchanged']}, sửa {whole['changed']}, bỏ {whole['dropped']}; "
        f"thêm {whole['added']}"
    )


def conformity_pages(done: Adaptation, catalogue: Mapping[str, Concept]) -> list[Page]:
    """Pages that set a province's version beside the framework: what changed, what stays."""
    overlay, base = done.overlay, done.base
    notes = [f"So với {base.title} ({base.id})"]
    if overlay.fidelity == "illustrative":
        notes.append("MINH HỌA, không phải nội dung văn bản")
    tables = (
        ("Thay đổi", "Bảng đối chiếu các thay đổi", _CHANGES, conformity(done, catalogue)),
        ("Số lượng", "Số thay đổi theo loại", _COUNTS, change_counts(done)),
        ("Phần giữ lại", "Chỉ tiêu giữ lại theo nhóm", _KEPT, kept(done)),
    )
    pages = []
    for name, title, columns, frame in tables:
        rows = []
        for record in frame.reset_index().to_dict("records"):
            cells: dict[str, Content] = {
                column.key: value if isinstance(value := record[column.key], str) else float(value)
                for column in columns
            }
            look = "total" if "Cộng" in cells.values() else ""
            rows.append(Row(cells, look))
        title = f"{title}: {overlay.province}"
        pages.append(Page(name, title, columns, tuple(rows), tuple(notes)))
    return pages


def _refuse_foreign(target: Path, found: Adapted) -> None:
    """A framework that no overlay made is not written over."""
    if target.exists():
        old = read_framework(target, Collector())
        if old is None or old.extends is None or old.id != found.adaptation.framework.id:
            said = "đã có tệp khác, không do bản điều chỉnh này lập ra"
            shown = show_path(target, found.workspace)
            raise Faults([Fault(shown, "", said, "thư mục khác ở -o")])


def rebase_command(name: str, onto: str, to: Path | None = None) -> None:
    """Write an overlay carried to a new version, and say what a person has to decide.

    Parameters
    ----------
    name : str
        Id or file of an overlay.
    onto : str
        Id of the new version.
    to : Path, optional
        The new overlay, by default in `frameworks/overlays`.

    Raises
    ------
    Faults
        Of the overlay or either version, or when there is such a file already.
    """
    found = open_overlay(name)
    faults = Collector()
    home = found.workspace / "frameworks"
    new = Shelf(home, found.catalogue, faults).framework(onto, Fault("", "--onto", "", ""))
    old = found.adaptation.base
    if new is not None and new.unit_type != old.unit_type:
        faults.add("--onto", f"có “{onto}”", f"khung cho cùng loại đơn vị như {old.id}")
    if new is not None and new.id == old.id:
        faults.add("--onto", f"có “{onto}”", "khung khác khung đang dùng")
    if to and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.ya?ml", to.name):
        expected = "tên tệp .yml gồm chữ thường không dấu, chữ số, dấu “-”, vì tên tệp là mã"
        faults.add("-o", f"có “{to.name}”", expected)
    faults.raise_errors()
    assert new is not None
    stem = to.stem if to else ""
    done = rebase(found.written.overlay, old, new, found.catalogue, stem)
    path = to or home / "overlays" / f"{done.overlay.id}.yml"
    if path.exists():
        shown = show_path(path, found.workspace)
        raise Faults([Fault(shown, "", "đã có tệp này", "tên khác ở -o")])
    left = done.overlay.conflicts
    told = {"carried": done.carried, "left": len(left), "onto": new.id}
    head = _REBASED.format(file=found.written.file, **told)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_files({path: lambda made: write_overlay(done.overlay, made, head)})
    typer.echo(f"Chuyển được {done.carried} thay đổi, {len(left)} thay đổi chờ xử lý")
    for item in left:
        typer.echo(f"  {VERBS[item.change.verb]} {item.change.name}".rstrip() + f": {item.problem}")
    typer.echo(f"Đã ghi {show_path(path, found.workspace)}")
