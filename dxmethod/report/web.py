"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

import html
from importlib.resources import files
from pathlib import Path

from . import pandoc
from .assemble import Document
from .blocks import clean
from .tree import segments

_PAGE = """<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def render_html(document: Document, path: Path) -> None:
    """Write the report as one HTML file: own style, pictures inside, no address it would ask.

    Parameters
    ----------
    document : Document
        The assembled report.
    path : Path
        File to write.
    """
    blocks = [block for segment in segments(document) for block in segment.blocks]
    arguments = ["-f", "json", "-t", "html5", "--wrap=none"]
    body = pandoc.run(arguments, pandoc.model(blocks)).decode("utf-8")
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    title = html.escape(clean(document.front.title).replace("\n", " "))
    page = _PAGE.format(title=title, style=style, body=body.strip())
    path.write_text(page, encoding="utf-8", newline="\n")
