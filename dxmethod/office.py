"""Word and Excel files are zip archives: write them so that the same content is the same bytes."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
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
