"""Frameworks out to Excel and Word, and back: whole files, checked before anything is written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .annex import read_annex, write_annex
from .changes import KINDS, Change, diff
from .check import check_framework
from .concepts import Concept, Theme, read_catalogue
from .documents import has_control_characters, read_model, write_yaml
from .examples import check_examples
from .excel import MAX_TEXT, read_workbook, write_workbook
from .exchange import to_pages
from .faults import Collector, Fault, Faults, nearest, quoted
from .framework import (
    UNIT_TYPES,
    Framework,
    framework_files,
    read_framework,
)
from .framework import write_framework as _write
from .intake import Entry, read_tables, slug
from .outline import build
from .replacing import Replaced, replace_criteria
from .report.chapters.wording import worded
from .sheets import Grid, Page
from .workspace import find_workspace, show_path

_SECTIONS = ("tree", "levels", "bands", "required")
_RESERVED = ("catalogue", "dispositions", "overlays", "revisions", "schemas")
SUFFIXES = (".xlsx", ".docx")
_HEAD = "# yaml-language-server: $schema=../schemas/framework.json\n"
_THEME_HEAD = "# yaml-language-server: $schema=../schemas/concepts.json\n"


@dataclass(frozen=True)
class Transfer:
    """What came of reading a table.

    Attributes
    ----------
    framework : Framework
        As read.
    path : Path
        Its file in the workspace.
    changes : tuple of Change
        What differs from the framework that stood there; empty for a new one.
    warnings : tuple of Fault
        What the user should look at again.
    concepts : tuple of Concept
        New ones, now in the catalogue.
    replaced : Replaced or None
        What official text took whose place.
    written : bool
        Whether anything was written: an unchanged file is left alone.
    """

    framework: Framework
    path: Path
    changes: tuple[Change, ...]
    warnings: tuple[Fault, ...]
    concepts: tuple[Concept, ...] = ()
    replaced: Replaced | None = None
    written: bool = True

    def lines(self) -> list[str]:
        """Say what changed, one line each."""
        new = [f"khái niệm mới: {item.id}: {item.label}" for item in self.concepts]
        if self.replaced is not None:
            return [*self.replaced.lines(), *new]
        return [*change_lines(self.framework, self.changes), *new]


def change_lines(framework: Framework, changes: Iterable[Change]) -> list[str]:
    """Say changes in words, one line each: what kind, of what, from what to what."""
    labels = {node.id: node.label for node, _, _ in framework.nodes()}
    labels |= {level.id: level.label for level in framework.levels}
    lines = []
    for change in changes:
        named = [labels.get(part, part) for part in change.target.split("/")]
        where = " → ".join(part for part in named if part not in _SECTIONS)
        told = f"{worded(change.old, labels)} → {worded(change.new, labels)}"
        lines.append(f"{KINDS[change.kind]}: {where}: {told}")
    return lines


def export_framework(name: str | Path, target: Path | None = None, word: bool = False) -> Path:
    """Write a framework as an Excel workbook or a Word annex.

    Parameters
    ----------
    name : str or Path
        Id of a framework, or its file.
    target : Path, optional
        File to write, .xlsx or .docx; by default in the folder ``outputs`` of the workspace.
    word : bool
        Whether the default is a Word annex.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    Faults
        If there is no such framework, or it has errors.
    """
    workspace, framework, catalogue, _ = open_framework(name)
    stem = framework.id.replace("/", "-")
    path = target or workspace / "outputs" / f"{stem}{SUFFIXES[word]}"
    write_pages(to_pages(framework, catalogue), path, framework.title)
    return path


def import_framework(source: Path, name: str = "", overwrite: bool = False) -> Transfer:
    """Read a framework from an Excel workbook or a Word annex into the workspace.

    Parameters
    ----------
    source : Path
        File of tables.
    name : str, optional
        Id under which to keep it; by default the one that the file states.
    overwrite : bool
        Whether another framework of that id may be replaced.

    Returns
    -------
    Transfer

    Raises
    ------
    Faults
        With every fault of the file; nothing is written then.
    """
    workspace, home, catalogue = open_catalogue()
    faults = Collector(source.name)
    found = read_tables(_read_grids(source, faults), catalogue, faults)
    framework = None
    if found is not None:
        if name:
            found.document["id"] = name
        framework = build(found, faults)
    new = found.concepts if found else {}
    framework = _checked(framework, {**catalogue, **new}, faults, found.nodes if found else ())
    path = _path(home, framework, faults)
    old = read_framework(path, Collector()) if path.exists() else None
    if path.exists() and not overwrite and old != framework:
        _refuse_overwriting(show_path(path, workspace), old, framework, faults)
    faults.raise_errors()
    changed = old != framework  # an unchanged file keeps its comments
    _keep(framework if changed else None, path, new, home / "catalogue", faults)
    changes = diff(old, framework) if old is not None else ()
    concepts = tuple(new.values())
    written = changed or bool(new)
    return Transfer(framework, path, changes, faults.warnings, concepts, written=written)


def replace_framework(name: str | Path, source: Path) -> Transfer:
    """Put official text in the place of a framework's illustrative criteria.

    Parameters
    ----------
    name : str or Path
        Id of the framework, or its file.
    source : Path
        The official table, .xlsx or .docx.

    Returns
    -------
    Transfer

    Raises
    ------
    Faults
        With every fault of the file; nothing is written then.
    """
    workspace, base, catalogue, path = open_framework(name)
    faults = Collector(source.name)
    grids = _read_grids(source, faults)
    replaced = replace_criteria(base, grids, catalogue, source.name, faults)
    new = {concept.id: concept for concept in replaced.concepts} if replaced else {}
    framework = _checked(replaced.framework if replaced else None, {**catalogue, **new}, faults)
    _keep(framework, path, new, workspace / "frameworks" / "catalogue", faults)
    changes = diff(base, framework)
    return Transfer(framework, path, changes, faults.warnings, tuple(new.values()), replaced)


def write_revision(baseline: str, draft: str) -> Path:
    """Write the file of a revision that sets a draft against a baseline, to be filled in further.

    Parameters
    ----------
    baseline, draft : str
        Ids of frameworks for one type of unit.

    Returns
    -------
    Path
        ``frameworks/revisions/OLD-to-NEW.yml``.

    Raises
    ------
    Faults
        If there is no such framework, the types of unit differ, or the file exists.
    """
    workspace, old, _, _ = open_framework(baseline)
    new = open_framework(draft)[1]
    name = f"{slug(old.id)}-to-{slug(new.id)}"
    path = workspace / "frameworks" / "revisions" / f"{name}.yml"
    faults = Collector(show_path(path, workspace))
    if old.unit_type != new.unit_type:
        said = f"{old.id} dành cho {UNIT_TYPES[old.unit_type]}"
        faults.add("", f"{said}, {new.id} dành cho {UNIT_TYPES[new.unit_type]}", "cùng loại đơn vị")
    if path.exists():
        faults.add("", "đã có tệp này", "sửa tiếp tệp đó, hoặc chạy báo cáo")
    faults.raise_errors()
    data = {
        "kind": "revision",
        "format": 1,
        "id": name,
        "title": f"Đánh giá, thuyết minh việc sửa đổi {old.title}",
        "baseline": old.id,
        "drafts": [new.id],
        "agency": {"name": "TÊN CƠ QUAN", "symbol": "BC"},
        "purpose": ["Ghi lý do sửa đổi ở đây."],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "# yaml-language-server: $schema=../schemas/revision.json\n"
    replace_files({path: lambda made: write_yaml(data, made, head)})
    return path


def open_catalogue() -> tuple[Path, Path, Mapping[str, Concept]]:
    """Find the workspace, its folder of frameworks and every concept, without errors."""
    workspace = find_workspace()
    home = workspace / "frameworks"
    faults = Collector()
    catalogue = read_catalogue(home / "catalogue", faults, "frameworks/catalogue")
    faults.raise_errors()
    return workspace, home, catalogue


def open_framework(name: str | Path) -> tuple[Path, Framework, Mapping[str, Concept], Path]:
    """Open a framework by id or by file.

    Parameters
    ----------
    name : str or Path
        Id of a framework, or its file.

    Returns
    -------
    (Path, Framework, mapping of str to Concept, Path)
        The workspace, the framework, the catalogue, and the file of the framework.

    Raises
    ------
    Faults
        If there is no such framework, or it has errors.
    """
    workspace, home, catalogue = open_catalogue()
    path = Path(name)
    if path.suffix not in (".yml", ".yaml"):
        path = home / f"{name}.yml"
        known = [p.relative_to(home).with_suffix("").as_posix() for p in framework_files(home)]
        if str(name) not in known:
            expected = nearest(str(name), known)
            raise Faults([Fault("", "mã khung", f"có “{name}”", expected)])
    faults = Collector(show_path(path, workspace))
    framework = read_framework(path, faults, faults.file)
    if framework is not None:
        faults.extend(check_framework(framework, catalogue, faults.file))
    faults.raise_errors()
    assert framework is not None
    return workspace, framework, catalogue, path


def write_pages(pages: list[Page], path: Path, title: str) -> None:
    """Write tables as the kind of file that the path names.

    Parameters
    ----------
    pages : list of Page
        What to write.
    path : Path
        File to write, .xlsx or .docx.
    title : str
        Title among the properties of the file.

    Raises
    ------
    Faults
        If the file cannot hold a text, or cannot be written; nothing is written then.
    """
    faults = Collector(path.name)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        faults.add("", f"có đuôi “{path.suffix}”", "tệp .xlsx hoặc .docx")
    limit = MAX_TEXT if suffix == ".xlsx" else None
    for page in pages:
        for row in page.rows:
            for content in row.cells.values():
                if isinstance(content, str):
                    _refuse_text(content, f"trang {page.name}", limit, faults)
    faults.raise_errors()
    write = write_workbook if suffix == ".xlsx" else write_annex
    new = not path.parent.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files({path: lambda made: write(pages, made, title)})
    except OSError as error:
        if new and path.parent.exists():
            path.parent.rmdir()
        raise Faults([_unwritten(path, error)]) from error


def _refuse_text(text: str, place: str, limit: int | None, faults: Collector) -> None:
    """Note a text that the file cannot hold as it is."""
    if has_control_characters(text):
        faults.add(place, f"{quoted(text)} có ký tự điều khiển", "văn bản in được")
    elif limit is not None and len(text) > limit:
        said = f"{quoted(text)} dài {len(text)} ký tự"
        faults.add(place, said, f"không quá {limit} ký tự một ô Excel; hoặc xuất ra .docx")


def _unwritten(path: Path, error: OSError) -> Fault:
    said = f"không ghi được ({error.strerror})"
    return Fault(path.name, "", said, "đóng tệp nếu đang mở, và chọn thư mục ghi được")


def _read_grids(source: Path, faults: Collector) -> list[Grid]:
    suffix = source.suffix.lower()
    if suffix not in SUFFIXES:
        faults.add("", f"có đuôi “{source.suffix}”", "tệp .xlsx hoặc .docx")
    else:
        grids = (read_workbook if suffix == ".xlsx" else read_annex)(source, faults)
        if grids:
            return grids
    if not faults.errors:
        faults.add("", "không có bảng nào", "bảng chỉ tiêu")
    raise Faults(faults.faults)


def _checked(
    framework: Framework | None,
    catalogue: Mapping[str, Concept],
    faults: Collector,
    entries: Iterable[Entry] = (),
) -> Framework:
    """A framework without errors, or every fault at once, each with the row that it is about."""
    if framework is not None and not faults.errors:
        found = check_framework(framework, catalogue, faults.file)
        if all(fault.severity != "lỗi" for fault in found):
            found += check_examples(framework, catalogue, faults.file)
        rows = {str(entry.record["id"]): entry.place for entry in entries}
        for fault in found:
            name = re.match(r"(?:chỉ tiêu|nhóm) “(.+?)”", fault.place)
            row = rows.get(name.group(1), "") if name else ""
            told = f"{row}, {fault.place}" if row else fault.place
            faults.extend([replace(fault, place=told)])
    faults.raise_errors()
    assert framework is not None
    return framework


def _path(home: Path, framework: Framework, faults: Collector) -> Path:
    """Where a framework of this id stands; not where other kinds of files do."""
    folder, slash, _ = framework.id.partition("/")
    if not slash or folder in _RESERVED:
        expected = "mã dạng bộ-tiêu-chí/loại-đơn-vị, ví dụ tay-ninh-2025/commune"
        faults.add("mã khung", f"có “{framework.id}”", expected)
    faults.raise_errors()
    return home / f"{framework.id}.yml"


def _refuse_overwriting(
    shown: str, old: Framework | None, new: Framework, faults: Collector
) -> None:
    """Say what would be lost: another framework is not overwritten unasked."""
    if old is None:
        said = f"đã có {shown}, nhưng tệp đó không đọc được"
    else:
        changes = diff(old, new)
        first = "; ".join(change_lines(new, changes[:3]))
        more = "; …" if len(changes) > 3 else ""
        said = f"đã có {shown}, khác ở {len(changes)} chỗ ({first}{more})"
    expected = "thêm --overwrite để ghi đè, hoặc --as MÃ để ghi thành khung khác"
    faults.add("", said, expected)


def _keep(
    framework: Framework | None,
    path: Path,
    concepts: Mapping[str, Concept],
    folder: Path,
    faults: Collector,
) -> None:
    """Write the framework, and new concepts: both whole, or neither."""
    wanted: dict[Path, Callable[[Path], None]] = {}
    if concepts:
        place = folder / f"{path.parent.name}.yml"
        old = read_model(Theme, place, place.name, faults) if place.exists() else None
        faults.raise_errors()
        held = [*(old.concepts if old else ()), *concepts.values()]
        theme = old.theme if old else f"Khái niệm của {path.parent.name}"
        made = Theme(kind="concepts", format=1, theme=theme, concepts=tuple(held))
        data = made.model_dump(mode="json", exclude_defaults=True)
        wanted[place] = lambda path: write_yaml(data, path, _head(place, _THEME_HEAD))
    if framework is not None:
        head = _head(path, _HEAD)
        wanted[path] = lambda made: _write(framework, made, head)
    new = not path.parent.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files(wanted)
    except OSError as error:
        if new and path.parent.exists():
            path.parent.rmdir()
        faults.extend([_unwritten(path, error)])
    faults.raise_errors()


def _head(path: Path, default: str) -> str:
    """Lines of comment that a file begins with."""
    if not path.exists():
        return default
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = []
    for line in lines:
        if not line.startswith("#"):
            break
        kept.append(line)
    return "".join(kept)


def replace_files(wanted: Mapping[Path, Callable[[Path], None]]) -> None:
    """Write every file beside its place, then let all take their places, or none."""
    with ExitStack() as stack:
        made: dict[Path, Path] = {}
        for path, write in wanted.items():
            scratch = stack.enter_context(TemporaryDirectory(dir=path.parent, prefix=".dxmethod-"))
            made[path] = Path(scratch) / path.name
            write(made[path])
        before = {path: path.read_bytes() if path.exists() else None for path in wanted}
        done: list[Path] = []
        try:
            for path, new in made.items():
                os.replace(new, path)
                done.append(path)
        except OSError:
            for path in done:
                _restore(path, before[path])
            raise


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
