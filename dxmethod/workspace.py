"""The folder that a person works in: where it is, and how its files are called."""

from __future__ import annotations

import os
from pathlib import Path

from .faults import Fault, Faults

WORKSPACE_VARIABLE = "DXMETHOD_WORKSPACE"


def find_workspace(start: Path | None = None) -> Path:
    """Find the folder that holds `frameworks/`.

    Parameters
    ----------
    start : Path, optional
        A file or folder inside the workspace; by default the folder that the environment variable
        DXMETHOD_WORKSPACE names, else the current folder, else the repository of the package.

    Returns
    -------
    Path

    Raises
    ------
    Faults
        If no folder above holds `frameworks/`.
    """
    named = os.environ.get(WORKSPACE_VARIABLE)
    starts = [start] if start else [Path(named)] if named else [Path.cwd(), Path(__file__).parent]
    for here in starts:
        here = here.resolve()
        for folder in (here, *here.parents):
            if folder.name != "frameworks" and (folder / "frameworks").is_dir():
                return folder
    raise Faults(
        [Fault(str(starts[0]), "", "không thấy thư mục frameworks", "một bộ làm việc dxmethod")]
    )


def show_path(path: Path, workspace: Path) -> str:
    """Name a file as the user knows it: relative to the workspace, with forward slashes."""
    try:
        return path.resolve().relative_to(workspace.resolve()).as_posix()
    except ValueError:
        return path.name
