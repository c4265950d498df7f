"""Word and Excel files: the same content is the same bytes, and text in a cell stays text."""

from __future__ import annotations

import math
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    "<cp:coreProperties"
    ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>{title}</dc:title><dc:creator>dxmethod</dc:creator>"
    "<dc:language>vi-VN</dc:language></cp:coreProperties>"
)
_APPLICATION = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'extended-properties"><Application>dxmethod</Application></Properties>'
)


def write_archive(content: bytes, path: Path, title: str) -> None:
    """Write an Office file with its parts in order, without dates, by nobody but dxmethod.

    Parameters
    ----------
    content : bytes
        The file as python-docx or openpyxl saved it.
    path : Path
        Where it goes.
    title : str
        Title among the properties of the file.
    """
    with zipfile.ZipFile(BytesIO(content)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["docProps/core.xml"] = _PROPERTIES.format(title=escape(title)).encode("utf-8")
    parts["docProps/app.xml"] = _APPLICATION.encode("utf-8")
    # The list of content types comes first, as Office itself writes it.
    names = sorted(parts, key=lambda name: (name != "[Content_Types].xml", name))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in names:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0  # by default it names the operating system
            target.writestr(info, parts[name])


def fill_cell(cell: Any, value: str | float | None) -> None:
    """Put a value into a cell of openpyxl; text stays text whatever it begins with."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        # Excel would read "=..." as a formula when the cell is edited or saved as CSV.
        if value.startswith(("=", "+", "-", "@")):
            cell.quotePrefix = True


def lines_needed(words: str, width: float, letters: float = 1.05) -> int:
    """Return how many lines a cell needs, rather too many than too few: Excel does not say.

    Parameters
    ----------
    words : str
        What stands in the cell.
    width : float
        Width of the cell, in characters of Excel's own font.
    letters : float
        How many letters of the cell's font fit where one of Excel's does.

    Returns
    -------
    int
        At most 23.
    """
    room = max(1.0, letters * (width - 1))
    # A row of Excel is at most 409 points high.
    return min(23, sum(max(1, math.ceil(len(line) / room)) for line in words.split("\n")))
