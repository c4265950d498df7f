"""What every chapter of the report says alike: names of versions, sources, notices."""

from __future__ import annotations

from collections.abc import Iterable

from ... import figures
from ...framework import Framework
from ...revision import Revision
from ..blocks import Block

ILLUSTRATIVE = "MINH HỌA, không phải nội dung văn bản"


def version(framework: Framework) -> str:
    """Name a version in a table or a figure: "Phiên bản 2022"."""
    return f"Phiên bản {framework.version}"


def documents(*frameworks: Framework) -> str:
    """Name the documents that frameworks stand in, each once, for captions."""
    named = [item.issued.document if item.issued else item.title for item in frameworks]
    return "; ".join(dict.fromkeys(named))


def notices(revision: Revision) -> tuple[str, ...]:
    """Say what every page must say: illustrative criteria, simulated data."""
    found = []
    if any(item.is_illustrative for item in (*revision.frameworks, *revision.peers)):
        found.append(ILLUSTRATIVE)
    if revision.observations and revision.observations.simulated:
        found.append(figures.SIMULATED)
    return tuple(found)


def source(revision: Revision) -> str:
    """Source of the observations, for captions."""
    if revision.observations is None:
        return "không có bảng số liệu"
    named = revision.observations.source
    mark = figures.SIMULATED.lower()
    told = not revision.observations.simulated or mark in named.lower()
    return named if told else f"{named} ({mark})"


def computed(revision: Revision) -> str:
    """Source line of what is computed here from the observations."""
    return f"{source(revision)}; tính toán của báo cáo"


def show(blocks: Iterable[Block]) -> None:
    """Show several blocks in a cell, or none."""
    from IPython.display import display

    for block in blocks:
        display(block)
