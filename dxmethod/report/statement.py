"""The statement that compares two versions as a paper of its own: Word and Excel."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..concepts import Catalogue
from ..differences.matching import Matches, match, proposed, read_matches, write_matches
from ..differences.table import Differences, Reason, check_comparable, check_reasons, differences
from ..faults import Collector
from ..framework import Framework
from ..vietnamese import number
from .assemble import Front, assemble
from .blocks import Block, section
from .chapters.causes import measured
from .chapters.common import ILLUSTRATIVE, documents
from .chapters.statement import (
    Effects,
    changes,
    consulted_table,
    count_tables,
    side_by_side,
    statement_table,
)
from .output import disk_faults
from .word import render_docx
from .workbook import write_workbook

STATEMENT, BESIDE, MATCHES = "ban-so-sanh", "bang-doi-chieu", "ghep-chi-tieu.yml"


def write_statement(
    found: Differences,
    folder: Path,
    reasons: Iterable[Reason] = (),
    effects: Effects | None = None,
) -> tuple[Path, ...]:
    """Write the statement and the list for the letter of consultation.

    Parameters
    ----------
    found : Differences
    folder : Path
        Made if it is not there; gets ``ban-so-sanh.docx`` and ``ban-so-sanh.xlsx``.
    reasons : iterable of Reason
    effects : mapping of str to str, optional
        See `chapters.statement.statement`.

    Returns
    -------
    tuple of Path

    Raises
    ------
    Faults
        If the disk refuses.
    """
    if found.shown:
        tables = statement_table(found, reasons, effects), consulted_table(found, answers=True)
        blocks = [*tables, *count_tables(found)]
    else:
        blocks = changes(found)
    versions = f"{documents(found.old)} → {documents(found.new)}"
    title = f"{found.new.title}\n({versions})"
    return _write(
        "Bản so sánh, thuyết minh", title, blocks, (found.old, found.new), folder, STATEMENT
    )


def _write(
    paper: str,
    title: str,
    blocks: Sequence[Block],
    frameworks: Sequence[Framework],
    folder: Path,
    stem: str,
) -> tuple[Path, ...]:
    """Render blocks in both forms, then put them in their place."""
    marked = any(item.is_illustrative for item in frameworks)
    front = Front("", "", "", "", title, "", notices=(ILLUSTRATIVE,) * marked, paper=paper)
    document = assemble(front, [section("PL I"), *blocks])
    paths = tuple(folder / f"{stem}{suffix}" for suffix in (".docx", ".xlsx"))
    with disk_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".tam-") as scratch:
            for path, write in zip(paths, (render_docx, write_workbook), strict=True):
                write(document, Path(scratch) / path.name)
            for path in paths:
                os.replace(Path(scratch) / path.name, path)
    return paths


def compare_command(
    names: Sequence[str], folder: Path, matches: Path | None = None, reasons: str = ""
) -> list[str]:
    """Compare versions, write the papers, and say what was found.

    Parameters
    ----------
    names : sequence of str
        Ids or files of frameworks: two versions, or more instruments set side by side by concept.
    folder : Path
        Where the papers go, and the proposals of matches that a person may confirm.
    matches : Path, optional
        File of confirmed matches; by default the proposals in the folder, once they stand there.
    reasons : str
        Revision whose reasons are printed.

    Returns
    -------
    list of str
        Lines to print.

    Raises
    ------
    Faults
        With every fault of the frameworks, the matches and the reasons; nothing is written then.
    """
    from ..transfer import open_framework

    faults = Collector()
    if len(names) < 2:
        faults.add("", f"có {len(names)} khung", "từ hai khung trở lên")
        faults.raise_errors()
    opened = [open_framework(name) for name in names]
    frameworks, catalogue = [item[1] for item in opened], opened[0][2]
    check_comparable(frameworks, faults)
    if len(frameworks) == 2:
        return _compare_two(frameworks, catalogue, folder, matches, reasons, faults)
    faults.raise_errors()
    block = side_by_side(frameworks, catalogue)
    title = documents(*frameworks)
    paths = _write("Bảng đối chiếu", title, [block], frameworks, folder, BESIDE)
    shared = f"{number(len(block.rows))} khái niệm được từ hai bộ trở lên hỏi"
    return [shared, *(f"Đã ghi {path}" for path in paths)]


def _compare_two(
    frameworks: Sequence[Framework],
    catalogue: Catalogue,
    folder: Path,
    matches: Path | None,
    reasons: str,
    faults: Collector,
) -> list[str]:
    old, new = frameworks
    file = matches or folder / MATCHES
    said = read_matches(file, old, new, faults) if matches or file.is_file() else None
    faults.raise_errors()
    found = differences(old, new, match(old, new, said.matches if said else ()), catalogue)
    given, effects = _reasons(reasons, found, faults)
    faults.raise_errors()
    written = [*write_statement(found, folder, given, effects)]
    written += _propose(found, said, folder / MATCHES)
    lines = [str(fault) for fault in faults.warnings] + _summary(found)
    return [*lines, *(f"Đã ghi {path}" for path in written)]


def _reasons(
    name: str, found: Differences, faults: Collector
) -> tuple[tuple[Reason, ...], dict[str, str] | None]:
    """What a revision says of the changes, and what they do to its units if it is of these two."""
    from ..revision import open_revision

    if not name:
        return (), None
    revision = open_revision(name)
    check_reasons(revision.file.reasons, found, f"{Path(name).stem}.yml", faults)
    same = found.old.id == revision.baseline.id and found.new.id in revision.file.drafts
    return revision.file.reasons, measured(revision, found.new.id) if same else None


def _summary(found: Differences) -> list[str]:
    """Counts by kind, one line each."""
    lines = []
    for said, row in found.counts().iterrows():
        ways = (("siết", "stricter"), ("nới", "easier"), ("vừa siết vừa nới", "both"))
        told = ", ".join(f"{word} {number(row[name])}" for word, name in ways if row[name])
        lines.append(f"{said}: {number(row['count'])}{f' ({told})' if told else ''}")
    kept = f"giữ nguyên: {number(len(found.kept))} {found.new.terms.indicator}"
    return [*lines, kept]


def _propose(found: Differences, said: Matches | None, path: Path) -> list[Path]:
    """Write likely matches that nobody has judged beside the papers, behind those judged."""
    held = proposed(found.old, found.new, said)
    if not held.matches or held == said:
        return []
    with disk_faults(path):
        write_matches(held, path)
    return [path]
