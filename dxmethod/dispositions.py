"""What becomes of the criteria of a tier of government that is no more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from .concepts import Competence, Id, Text
from .documents import Model, read_model
from .faults import Collector, Fault, nearest
from .framework import FIDELITY, Framework, FrameworkId

Move = Literal["up", "down", "merge", "drop", "history"]
MOVES: Mapping[Move, str] = {
    "up": "chuyển lên cấp tỉnh",
    "down": "chuyển xuống cấp xã",
    "merge": "gộp vào tiêu chí cấp xã đã có",
    "drop": "bỏ",
    "history": "giữ làm tư liệu lịch sử",
}


class Disposition(Model):
    """What becomes of one criterion, and why.

    Attributes
    ----------
    indicator : id
        Of the framework that lost its units.
    move : {"up", "down", "merge", "drop", "history"}
        To the province, to the commune as a criterion of its own, into one that the commune has,
        nowhere, or nowhere but kept to read earlier results.
    into : id, optional
        Indicator of the target framework that it becomes, or becomes part of.
    reason : str
    competence : Competence, optional
        Who can act on it from now on, by which document, until when; needed wherever it moves to.
    fidelity : str
        Whether an agency decided so, or this is a proposal.
    """

    indicator: Id
    move: Move
    into: Id | None = None
    reason: Text
    competence: Competence | None = None
    fidelity: Literal["official", "reported", "inferred", "illustrative"] = "illustrative"


class Dispositions(Model):
    """What becomes of every criterion of a framework.

    Attributes
    ----------
    framework : framework id
        The one that lost its units.
    target : framework id, optional
        The one for the units that are left.
    """

    kind: Literal["dispositions"]
    format: Literal[1]
    id: Id
    title: Text
    framework: FrameworkId
    target: FrameworkId | None = None
    note: str = ""
    dispositions: tuple[Disposition, ...]

    @property
    def proposed(self) -> int:
        """How many of them no agency decided."""
        return sum(item.fidelity == "illustrative" for item in self.dispositions)


def read_dispositions(path: Path, faults: Collector, name: str = "") -> Dispositions | None:
    """Read a YAML file of kind `dispositions`; None after an error. See `check_dispositions`."""
    return read_model(Dispositions, path, name or path.name, faults)


def check_dispositions(
    found: Dispositions, framework: Framework, target: Framework | None, file: str = ""
) -> list[Fault]:
    """Check that every criterion has one disposition, and that what it names is there.

    Parameters
    ----------
    found : Dispositions
    framework : Framework
        The one that lost its units.
    target : Framework or None
        The one for the units that are left.
    file : str, optional
        The file as the user knows it.

    Returns
    -------
    list of Fault
        Errors: a criterion without a disposition, with two, or unknown; a target that is not there;
        a move without the document of its competence.
    """
    faults = Collector(file)
    known = [item.id for item in framework.indicators]
    left = [] if target is None else [item.id for item in target.indicators]
    named = [item.indicator for item in found.dispositions]
    for name in known:
        if named.count(name) != 1:
            said = f"có {named.count(name)} lần"
            faults.add(f"tiêu chí “{name}”", said, "đúng một lần, kèm lý do")
    for item in found.dispositions:
        where = f"tiêu chí “{item.indicator}”"
        if item.indicator not in known:
            faults.add(where, f"không có trong {framework.id}", nearest(item.indicator, known))
        if item.into is not None and item.into not in left:
            faults.add(f"{where}, mục into", f"có “{item.into}”", nearest(item.into, left))
        if item.move == "merge" and item.into is None:
            faults.add(f"{where}, mục into", "để trống", "tiêu chí mà nó gộp vào")
        if item.move in ("up", "drop", "history") and item.into is not None:
            faults.add(f"{where}, mục into", f"có “{item.into}”", f"bỏ mục này: {MOVES[item.move]}")
        if item.move in ("up", "down", "merge") and not (item.competence and item.competence.basis):
            expected = "cấp có thẩm quyền và căn cứ (level, basis)"
            faults.add(f"{where}, mục competence", "chưa rõ", expected)
    return faults.faults


def fidelity_words(item: Disposition) -> str:
    """Say where a disposition comes from."""
    return "đề xuất" if item.fidelity == "illustrative" else FIDELITY[item.fidelity]
