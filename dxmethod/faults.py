"""Every fault found in an input: where it stands, what was found, what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["lỗi", "cảnh báo"]


@dataclass(frozen=True)
class Fault:
    """One fault in one place of one input.

    Attributes
    ----------
    file : str
        File as the user knows it; empty when the fault is not in a file.
    place : str
        Line, sheet, row, column or key inside the file, in Vietnamese.
    found, expected : str
        What stands there and what should stand there, in Vietnamese.
    severity : {"lỗi", "cảnh báo"}
        "lỗi": nothing can be computed. "cảnh báo": the document contradicts itself; it is kept
        as printed and reported as a finding.
    """

    file: str
    place: str
    found: str
    expected: str
    severity: Severity = "lỗi"

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place) if part)
        said = "; cần ".join(part for part in (self.found, self.expected) if part)
        return f"{self.severity.capitalize()}: {where + ': ' if where else ''}{said}."


class Faults(Exception):  # it carries many, each to be mended
    """All faults of an input, raised at once.

    Parameters
    ----------
    faults : iterable of Fault
        At least one of them an error.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class Collector:
    """Gathers faults while an input is read, so that the user sees all of them at once."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        self.faults: list[Fault] = []

    def add(
        self,
        place: str,
        found: str,
        expected: str = "",
        *,
        severity: Severity = "lỗi",
        file: str | None = None,
    ) -> None:
        """Note one fault; `file` defaults to the collector's own."""
        name = self.file if file is None else file
        self.faults.append(Fault(name, place, found, expected, severity))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Note faults that another reader found."""
        self.faults.extend(faults)

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Faults that stop the computation."""
        return tuple(fault for fault in self.faults if fault.severity == "lỗi")

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """Findings about the document itself."""
        return tuple(fault for fault in self.faults if fault.severity == "cảnh báo")

    def raise_errors(self) -> None:
        """Raise `Faults` if any error was noted.

        Raises
        ------
        Faults
            With every error and warning noted so far.
        """
        if self.errors:
            raise Faults(self.faults)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Say which valid name the user probably meant.

    Parameters
    ----------
    name : str
        The unknown name.
    valid : iterable of str
        Names that would have been accepted.

    Returns
    -------
    str
        ``'một tên đã biết (gần nhất: "points")'``, or the valid names when none is near.
    """
    names = list(dict.fromkeys(valid))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f'một tên đã biết (gần nhất: "{near[0]}")'
    shown = ", ".join(f'"{item}"' for item in names[:12])
    return f"một trong các tên: {shown}{', …' if len(names) > 12 else ''}"


def quoted(value: object, limit: int = 60) -> str:
    """Show a value that a user typed, on one line and not too long."""
    if isinstance(value, bool):
        return "giá trị logic " + ("true" if value else "false")
    text = str(value).replace("\n", "⏎").replace("\r", "")
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"“{text}”" if isinstance(value, str) else text
