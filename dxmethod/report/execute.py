"""One notebook through papermill, in a kernel of its own; what comes back holds no trace of where.

This module imports papermill, which takes seconds: import it where notebooks are about to run.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from ..workspace import WORKSPACE_VARIABLE

START_TIMEOUT = 120  # seconds
CELL_TIMEOUT = 1800

_ENGINE = "dxmethod"
_INJECTED = "injected-parameters"
_ONE_THREAD = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
)


@dataclass(frozen=True)
class Failure:
    """Why a notebook stopped.

    Attributes
    ----------
    cell : int
        Which code cell of the executed notebook, counted from 1; 0 when none had started.
    reason : str
        In Vietnamese, or as Python says it.
    """

    cell: int
    reason: str


@dataclass(frozen=True)
class Executed:
    """A notebook that ran, or ran until it failed.

    Attributes
    ----------
    name : str
        File name.
    notebook : NotebookNode
        With its outputs, and without times, paths and anything else that differs between runs.
    seconds : mapping of str to float
        What its kernel needed to start, its cells tagged `imports` and its other cells took.
    warnings : tuple of str
        What it wrote on stderr.
    failure : Failure, optional
    """

    name: str
    notebook: Any
    seconds: Mapping[str, float]
    warnings: tuple[str, ...]
    failure: Failure | None


class _Kernel(AsyncKernelManager):
    """The kernel of this very Python, whatever kernels the user has installed beside it."""

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


class _Engine(NBClientEngine):  # type: ignore[misc] # papermill has no types
    """Papermill's own engine, with our kernel and a kernel's end whatever happens."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        folder: Path = Path(),
        environment: Mapping[str, str] | None = None,
        advance: Callable[[], None] = lambda: None,
        **ignored: Any,
    ) -> None:
        """Execute a notebook that already holds its parameters."""
        client = PapermillNotebookClient(
            nb_man,
            kernel_manager_class=_Kernel,
            kernel_name=kernel_name,
            startup_timeout=START_TIMEOUT,
            timeout=CELL_TIMEOUT,
            # Every ipykernel says at its start that it talks without encryption: errors only.
            extra_arguments=["--IPKernelApp.log_level=40"],
            shutdown_kernel="immediate",  # all that it had to give is in the notebook
            on_cell_executed=lambda **_: advance(),
            log=logging.getLogger("papermill"),
        )
        try:
            client.execute(cwd=str(folder), env=dict(environment or {}))
        finally:
            provisioner = getattr(client.km, "provisioner", None)
            process = getattr(provisioner, "process", None)
            if process is not None and process.poll() is None:
                process.kill()  # after Ctrl-C, nbclient may not have come to it
                process.wait()


papermill_engines.register(_ENGINE, _Engine)


def execute(
    path: Path,
    parameters: Mapping[str, Any],
    workspace: Path,
    folder: Path,
    advance: Callable[[], None] = lambda: None,
) -> Executed:
    """Execute one notebook.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    parameters : mapping
        Names as in its cell tagged `parameters`.
    workspace : Path
        What `open_revision` in the notebook shall find; goes through the environment, so that no
        path enters the notebook.
    folder : Path
        Empty folder in which the kernel runs and may leave files.
    advance : callable
        Called after every code cell.

    Returns
    -------
    Executed
        With `failure` set when a cell raised, timed out or killed its kernel.
    """
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what fails is said once, by us
    (folder / "matplotlibrc").touch()  # found first: nobody's own settings change a figure
    executed = folder / path.name
    kernel = {"folder": folder, "environment": _environment(workspace, folder), "advance": advance}
    failure = _papermill(path, executed, parameters, kernel)
    if type(failure) is RuntimeError:  # no kernel; its ports may have been taken a moment before
        failure = _papermill(path, executed, parameters, kernel)
    notebook, source = _read(executed), _read(path)
    cells = [cell for cell in notebook.cells if "papermill-error-cell-tag" not in _tags(cell)]
    return Executed(
        path.name,
        _cleaned(source, cells, parameters, keep_stderr=failure is not None),
        _seconds(notebook, cells),
        tuple(_stderr(cells)),
        _failure(failure, notebook, cells),
    )


def _papermill(
    path: Path, executed: Path, parameters: Mapping[str, Any], kernel: Mapping[str, Any]
) -> Exception | None:
    """Run papermill; return what stopped the notebook."""
    try:
        papermill.execute_notebook(
            _literal(path),
            _literal(executed),
            parameters=dict(parameters),
            engine_name=_ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            **kernel,
        )
    except (papermill.PapermillExecutionError, CellTimeoutError, RuntimeError) as error:
        return error  # a dead kernel is a RuntimeError, too
    return None


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _literal(path: Path) -> str:
    """Papermill fills in braces in a path as a format string does."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _environment(workspace: Path, folder: Path) -> dict[str, str]:
    """Return the environment of a kernel: the same numbers, under nobody's personal settings."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONSTARTUP"}
    return kept | {
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "MPLBACKEND": "agg",
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        WORKSPACE_VARIABLE: str(workspace),
    }


def _tags(cell: Any) -> list[str]:
    tags: list[str] = cell.metadata.get("tags", [])
    return tags


def _cleaned(
    source: Any, cells: list[Any], parameters: Mapping[str, Any], keep_stderr: bool
) -> Any:
    """Put the outputs into a copy of the source: nothing else of the run can come along."""
    notebook = deepcopy(source)
    notebook.nbformat_minor = 5
    notebook.cells = []
    own = iter(source.cells)
    for number, cell in enumerate(cells, 1):
        kept = _injected(parameters) if _INJECTED in _tags(cell) else deepcopy(next(own))
        kept.setdefault("id", f"cell-{number}")
        if cell.cell_type == "code":
            kept.execution_count = cell.execution_count
            kept.outputs = _merged(cell.outputs, keep_stderr)
        notebook.cells.append(kept)
    return notebook


def _injected(parameters: Mapping[str, Any]) -> Any:
    """Return the cell that papermill injected, as a person would write it."""
    lines = [f"{name} = {value!r}" for name, value in parameters.items()]
    text = "\n".join(["# Tham số của lần chạy này", *lines])
    metadata = {"tags": [_INJECTED]}
    cell = {"cell_type": "code", "id": _INJECTED, "metadata": metadata, "source": text}
    return nbformat.NotebookNode(cell, outputs=[], execution_count=None)


def _merged(outputs: list[Any], keep_stderr: bool) -> list[Any]:
    """Join what a cell printed, which arrives in pieces of chance; warnings go to the log."""
    merged: list[Any] = []
    for output in outputs:
        stream = output.get("name") if output.output_type == "stream" else None
        if stream == "stderr" and not keep_stderr:
            continue
        if stream and merged and merged[-1].get("name") == stream:
            merged[-1].text += output.text
        else:
            merged.append(deepcopy(output))
    return merged


def _stderr(cells: list[Any]) -> Iterator[str]:
    for cell in cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                yield output.text.rstrip()


def _seconds(notebook: Any, cells: list[Any]) -> dict[str, float]:
    """Take from papermill's metadata how long kernel, imports and other cells took."""
    began = [cell.metadata.papermill.start_time for cell in cells]
    start = notebook.metadata.papermill.start_time
    ready = began[0] if began and began[0] else notebook.metadata.papermill.end_time
    seconds = {"start": _time(ready) - _time(start), "imports": 0.0, "cells": 0.0}
    for cell in cells:
        kind = "imports" if "imports" in _tags(cell) else "cells"
        seconds[kind] += cell.metadata.papermill.duration or 0.0
    return seconds


def _time(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _failure(error: Exception | None, notebook: Any, cells: list[Any]) -> Failure | None:
    """Say which cell failed and why."""
    started = [cell for cell in cells if cell.metadata.papermill.start_time]
    number = sum(cell.cell_type == "code" for cell in started)
    if error is None:  # papermill takes exit() in a cell for an end, not for half a notebook
        stopped = notebook.metadata.papermill.get("exception")
        return Failure(number, "sổ tay tự dừng giữa chừng") if stopped else None
    if isinstance(error, papermill.PapermillExecutionError):
        return Failure(number, _reason(error.ename, error.evalue.strip()))
    if isinstance(error, CellTimeoutError):
        return Failure(number, f"chạy quá {CELL_TIMEOUT} giây")
    if isinstance(error, DeadKernelError):
        return Failure(number, "nhân Python dừng đột ngột, thường do hết bộ nhớ")
    return Failure(number, f"nhân Python không khởi động được ({error})")


def _reason(name: str, said: str) -> str:
    """Return the last line of an error; of our own faults, each on its line."""
    lines = said.split("\n")
    if name == "Faults":
        return "dừng vì\n" + "\n".join(f"  {line}" for line in lines)
    return f"{name}: {lines[-1]}" if said else name
