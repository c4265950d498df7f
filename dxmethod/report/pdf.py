"""The report as PDF, set by typst with fonts that every machine has."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from .assemble import Document
from .blocks import clean
from .tree import segments


def render_pdf(document: Document, path: Path) -> None:
    """Write the report as PDF.

    The tree travels as JSON and `report.typ` walks it, so no text of the report is ever typst
    markup. Fonts are typst's own and those of matplotlib, so the pages are the same everywhere.

    Parameters
    ----------
    document : Document
        The assembled report.
    path : Path
        File to write.

    Warns
    -----
    UserWarning
        What the typesetter complains of, such as an unknown font.
    """
    import matplotlib
    import typst

    pages = [asdict(segment) for segment in segments(document, lambda figure: f"{figure.key}.png")]
    report = {
        "title": clean(document.front.title).replace("\n", " "),
        "head": document.front.running_head,
        "segments": pages,
    }
    template = files(__package__).joinpath("report.typ").read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for _, figure in document.figures:
            (root / f"{figure.key}.png").write_bytes(figure.png)
        data = json.dumps(report, ensure_ascii=False)
        (root / "report.json").write_text(data, encoding="utf-8", newline="\n")
        (root / "report.typ").write_text(template, encoding="utf-8", newline="\n")
        content, complaints = typst.compile_with_warnings(
            root / "report.typ",
            root=root,
            font_paths=[Path(matplotlib.get_data_path()) / "fonts" / "ttf"],
            ignore_system_fonts=True,
        )
    for complaint in complaints:
        warnings.warn(f"typst: {complaint.message}", stacklevel=2)
    path.write_bytes(content)
