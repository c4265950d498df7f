"""What every chapter of the report says alike: names of versions, sources, notices."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from ... import figures
from ...consultation.sheet import ILLUSTRATIVE as INVENTED
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


def site(source: str) -> str:
    """Shorten a web address to its site: no column is wide enough for the whole."""
    return urlsplit(source).netloc.removeprefix("www.") if "://" in source else source


def notices(revision: Revision) -> tuple[str, ...]:
    """Say what every page must say: illustrative criteria, simulated data."""
    found = []
    drawn_up = any(one.overlay.fidelity == "illustrative" for one in revision.overlays)
    if drawn_up or any(i.is_illustrative for i in (*revision.frameworks, *revision.peers)):
        found.append(ILLUSTRATIVE)
    if revision.observations and revision.observations.simulated:
        found.append(figures.SIMULATED)
    if revision.comments and revision.comments.illustrative:
        found.append(INVENTED)
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
