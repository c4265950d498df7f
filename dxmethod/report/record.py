"""What a run was made from: hashes of inputs and source, versions, parameters; its id follows."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from ..concepts import Text
from ..documents import Model
from ..revision import Revision
from ..workspace import show_path
from .blocks import Block, Column, Table, paragraph, ref, section, subsection, table

RECORD, LOG = "ho-so.json", "nhat-ky.log"
KIND = "dxmethod-run"

PACKAGE = Path(__file__).resolve().parents[1]
REPOSITORY = PACKAGE.parent
LOCK = "requirements.lock"

_PACKAGES = (
    *("dxmethod", "numpy", "scipy", "pandas", "matplotlib", "papermill", "ipykernel", "nbformat"),
    *("pydantic", "PyYAML", "Babel", "openpyxl", "pypandoc_binary", "python-docx", "typst"),
)
_MEANINGS = {
    "revision": "tên bản sửa đổi",
    "seed": "hạt giống cho các bước ngẫu nhiên",
    "draft": "mã dự thảo được so sánh",
}


class Parameters(Model):
    """What every notebook takes."""

    revision: Text
    seed: Annotated[int, Field(ge=0)]
    draft: str = ""


@dataclass(frozen=True)
class Item:
    """One file: its path relative to its root, with forward slashes; hash and size."""

    path: str
    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path, root: Path) -> Item:
        """Hash a file, byte by byte as it is."""
        content = path.read_bytes()
        return cls(show_path(path, root), hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True)
class Record:
    """What a run was made from.

    Attributes
    ----------
    inputs : tuple of Item
        Files that the revision names, paths relative to the workspace.
    parameters : Parameters
        As given to the notebooks.
    source : tuple of Item
        The lock, the package and the notebooks, paths relative to their own folders.
    versions : mapping of str to str
        Python (minor) and the main packages.
    command : str
        Makes the report again.
    """

    inputs: tuple[Item, ...]
    parameters: Parameters
    source: tuple[Item, ...]
    versions: Mapping[str, str]
    command: str

    @cached_property
    def run_id(self) -> str:
        """Hash of inputs, parameters, lock and source: equal ids, equal reports."""
        parts = [
            self.parameters.model_dump(),
            *([item.path, item.sha256] for item in (*self.inputs, *self.source)),
        ]
        return hashlib.sha256(_json(parts).encode("utf-8")).hexdigest()

    @property
    def short_id(self) -> str:
        """First 16 digits of the run's id, as printed."""
        return self.run_id[:16]

    @property
    def source_hash(self) -> str:
        """One hash for the lock, the package and the notebooks."""
        parts = [[item.path, item.sha256] for item in self.source]
        return hashlib.sha256(_json(parts).encode("utf-8")).hexdigest()

    def to_json(self, outputs: Iterable[Item] = ()) -> str:
        """Return the record as text of `ho-so.json`.

        Parameters
        ----------
        outputs : iterable of Item
            Files of the report, as `written` lists them.

        Returns
        -------
        str
            Keys sorted; no time, no commit, no path of this machine: those stand in the log.
        """
        data = {
            "kind": KIND,
            "format": 1,
            "run": self.run_id,
            "command": self.command,
            "parameters": self.parameters.model_dump(),
            "versions": dict(self.versions),
            "inputs": [asdict(item) for item in self.inputs],
            "source": [asdict(item) for item in self.source],
            "outputs": [asdict(item) for item in outputs],
        }
        return _json(data, indent=1) + "\n"

    def blocks(self) -> list[Block]:
        """Return what the record adds to appendix V of the report."""
        return [
            section("PL V"),
            subsection("Hồ sơ tái lập"),
            paragraph(
                f"Mã lần chạy: {self.short_id}. Mã này tính từ các tệp đầu vào (",
                ref("PL5-1"),
                "), tham số (",
                ref("PL5-2"),
                "), mã nguồn và danh sách gói phần mềm đã khóa phiên bản (",
                ref("PL5-3"),
                "). Cùng mã lần chạy, trên cùng loại máy, báo cáo giống nhau đến từng byte. Thời "
                f"điểm và nơi chạy chỉ ghi trong tệp {LOG}.",
            ),
            paragraph(f"Lệnh lập lại báo cáo, chạy trong thư mục gốc của dự án: {self.command}"),
            self._inputs(),
            self._parameters(),
            self._versions(),
        ]

    def _inputs(self) -> Table:
        columns = [
            Column("path", "Tệp", width=34),
            Column("bytes", "Số byte", "integer", width=9),
            Column("sha256", "Mã băm SHA-256", width=38),
        ]
        rows = [[item.path, item.bytes, grouped(item.sha256)] for item in self.inputs]
        return _table("PL5-1", columns, rows, "Tệp đầu vào")

    def _parameters(self) -> Table:
        columns = [
            Column("name", "Tham số"),
            Column("meaning", "Ý nghĩa"),
            Column("value", "Giá trị"),
        ]
        given = self.parameters.model_dump()
        rows = [[name, _MEANINGS[name], str(value)] for name, value in given.items()]
        return _table("PL5-2", columns, rows, "Tham số của lần chạy")

    def _versions(self) -> Table:
        columns = [
            Column("name", "Phần mềm", width=28),
            Column("version", "Phiên bản hoặc mã băm SHA-256", width=40),
        ]
        lock = [grouped(item.sha256) for item in self.source if item.path == LOCK]
        rows = [
            *self.versions.items(),
            (LOCK, *(lock or ["không có"])),
            ("Mã nguồn dxmethod và sổ tay", grouped(self.source_hash)),
        ]
        return _table("PL5-3", columns, rows, "Phần mềm dùng để lập báo cáo")


def make_record(revision: Revision, parameters: Parameters, notebooks: Sequence[Path]) -> Record:
    """Hash what a run is about to be made from.

    Parameters
    ----------
    revision : Revision
        The opened revision.
    parameters : Parameters
        As given to the notebooks.
    notebooks : sequence of Path
        Notebooks that will run.

    Returns
    -------
    Record
    """
    inputs = sorted((Item.of(path, revision.workspace) for path in revision.inputs), key=_path)
    code = [path for path in (REPOSITORY / LOCK,) if path.is_file()]
    code += [path for path in PACKAGE.rglob("*") if _is_source(path)]
    source = sorted((Item.of(path, REPOSITORY) for path in code), key=_path)
    held = [Item.of(path, path.parent) for path in notebooks]
    source += [Item(f"notebooks/{item.path}", item.sha256, item.bytes) for item in held]
    command = _command(revision, parameters)
    return Record(tuple(inputs), parameters, tuple(source), _installed(), command)


def written(folder: Path) -> list[Item]:
    """List the files of a report, all but the record itself and the log."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted((Item.of(p, folder) for p in paths if p.name not in (RECORD, LOG)), key=_path)


def recorded(folder: Path) -> list[Item] | None:
    """Read which files an earlier run wrote into a folder; None if no run of ours did."""
    try:
        data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return [Item(**item) for item in data["outputs"]] if data["kind"] == KIND else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def grouped(sha256: str) -> str:
    """Part a hash into groups of eight, so that it fits a narrow column."""
    return " ".join(sha256[start : start + 8] for start in range(0, len(sha256), 8))


def _command(revision: Revision, parameters: Parameters) -> str:
    """Return the command that gives these parameters, what is default left out."""
    words = ["python dx.py report", parameters.revision]
    if parameters.seed != revision.file.seed:
        words.append(f"--seed {parameters.seed}")
    if parameters.draft not in ("", revision.drafts[0].id):
        words.append(f"--draft {parameters.draft}")
    return " ".join(words)


def _installed() -> dict[str, str]:
    """Return versions; of Python the minor alone, which is all that the results depend on."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "không cài dưới dạng gói"
    return found


def _is_source(path: Path) -> bool:
    parts = path.relative_to(PACKAGE).parts
    return path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts)


def _path(item: Item) -> str:
    return item.path


def _table(
    key: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]], caption: str
) -> Table:
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return table(key, frame, columns, caption, source=f"Tệp {RECORD} kèm theo báo cáo")


def _json(data: Any, indent: int | None = None) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=indent)
