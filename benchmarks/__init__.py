"""Speed of the public calls, as ratios to the bare numpy work on the same data, in one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One piece of work, beside the bare work that it is compared with.

    Attributes
    ----------
    name : str
        What is done.
    work, bare : callable
        The public call, and the least that numpy must do on the same data. The same `bare` object
        in several cases is timed once.
    target : float, optional
        Ratio that must be reached; None for a line shown only for comparison.
    """

    name: str
    work: Work
    bare: Work
    target: float | None = None


@dataclass(frozen=True)
class Timing:
    """Medians of a case, in seconds."""

    case: Case
    work: float
    bare: float

    @property
    def ratio(self) -> float:
        """Work over bare work."""
        return self.work / self.bare

    @property
    def verdict(self) -> str:
        """Whether the target is reached."""
        if self.case.target is None:
            return ""
        return "reached" if self.ratio <= self.case.target else "NOT REACHED"


def measure(cases: Sequence[Case], repetitions: int) -> list[Timing]:
    """Time every case in turn, over and over, so that all of them share the machine's moods.

    Parameters
    ----------
    cases : sequence of Case
    repetitions : int
        Rounds; each piece of work runs once a round, after two rounds that do not count.

    Returns
    -------
    list of Timing
    """
    works = list(dict.fromkeys(work for case in cases for work in (case.bare, case.work)))
    seconds: dict[Work, list[float]] = {work: [] for work in works}
    gc.collect()
    gc.disable()
    try:
        for number in range(-2, repetitions):
            for work in works:
                start = clock()
                work()
                taken = clock() - start
                if number >= 0:
                    seconds[work].append(taken)
    finally:
        gc.enable()
    middle = {work: median(times) for work, times in seconds.items()}
    return [Timing(case, middle[case.work], middle[case.bare]) for case in cases]


def _fine(name: str) -> bool:
    return time.get_clock_info(name).resolution < 1e-5


# Processor time does not see the neighbours; where it ticks too slowly (Windows), the wall clock.
clock = time.process_time if _fine("process_time") else time.perf_counter


def table(timings: Sequence[Timing]) -> str:
    """Print timings as a Markdown table."""
    lines = ["| work | ms | bare, ms | ratio | target | |", "|---|---:|---:|---:|---:|---|"]
    for timing in timings:
        target = "" if timing.case.target is None else f"≤ {timing.case.target:g}"
        lines.append(
            f"| {timing.case.name} | {timing.work * 1e3:.2f} | {timing.bare * 1e3:.2f} "
            f"| {timing.ratio:.2f} | {target} | {timing.verdict} |"
        )
    return "\n".join(lines)
