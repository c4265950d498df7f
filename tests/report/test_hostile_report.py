"""Names that bite, from the files a person writes through the notebooks into every form."""

import csv
import json
import re
import zipfile
from html import unescape

import docx
import nbformat
import openpyxl
import pypdf
import pytest
from examples import HOSTILE

import dxmethod as dx
from dxmethod.documents import write_yaml
from dxmethod.report.run import run_report


def framework(name: str, version: str, points) -> dict:
    children = [
        {
            "id": f"i{place}",
            "label": label,
            "concept": f"c{place}",
            "points": points(place),
            "value": {"kind": "linear", "at": [0, 100], "give": [0, 1]},
            "provenance": {"document": label, "fidelity": "official"},
        }
        for place, label in enumerate(HOSTILE)
    ]
    return {
        "kind": "framework",
        "format": 1,
        "id": f"{name}/commune",
        "title": HOSTILE[0],
        "version": version,
        "status": "draft",
        "unit_type": "commune",
        "tree": {"id": "all", "label": HOSTILE[3], "children": children},
    }


def write_workspace(root):
    """Ten units and ten indicators, each with a hostile name, in two versions."""
    for folder in ("catalogue", "old", "new", "revisions"):
        (root / "frameworks" / folder).mkdir(parents=True)
    (root / "data").mkdir()
    concepts = [
        {"id": f"c{place}", "label": label, "measure": "ratio", "unit": "%", "range": [0, 100]}
        for place, label in enumerate(HOSTILE)
    ]
    catalogue = {"kind": "concepts", "format": 1, "theme": HOSTILE[1], "concepts": concepts}
    write_yaml(catalogue, root / "frameworks/catalogue/all.yml")
    write_yaml(framework("old", "1", lambda place: 10), root / "frameworks/old/commune.yml")
    draft = framework("new", "2", lambda place: 10 + 5 * place)
    write_yaml(draft, root / "frameworks/new/commune.yml")
    revision = {
        "kind": "revision",
        "format": 1,
        "id": "biting",
        "title": HOSTILE[0],
        "baseline": "old/commune",
        "drafts": ["new/commune"],
        "observations": {"file": "data/units.csv", "source": HOSTILE[1]},
        "agency": {"name": HOSTILE[3], "place": HOSTILE[2]},
        "purpose": list(HOSTILE),
        "recommendations": [{"action": text} for text in HOSTILE],
    }
    write_yaml(revision, root / "frameworks/revisions/biting.yml")
    with (root / "data/units.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "name", *(f"c{place}" for place in range(len(HOSTILE)))])
        for unit, name in enumerate(HOSTILE):
            values = [(37 * unit + 13 * place) % 101 for place in range(len(HOSTILE))]
            writer.writerow([f"{unit:03}", name, *values])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("biting")
    write_workspace(root)
    return run_report(root / "frameworks/revisions/biting.yml", progress=False)


def squeezed(text: str) -> str:
    """Text without what line wrapping and reading direction add or take."""
    return re.sub(r"[\s\u200b\u200e\u200f\u202a-\u202e]+", "", text)


@pytest.mark.slow
def test_every_name_is_text_in_every_form(folder):
    page = (folder / "bao-cao.html").read_text(encoding="utf-8")
    word = docx.Document(folder / "bao-cao.docx")
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    pages = pypdf.PdfReader(folder / "bao-cao.pdf").pages
    printed = squeezed(" ".join(sheet.extract_text() for sheet in pages))
    book = openpyxl.load_workbook(folder / "bang.xlsx")
    written = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    shown = squeezed(unescape(re.sub(r"<[^>]*>", "", page)))
    for name in HOSTILE:
        assert name in cells
        assert name in written
        assert squeezed(name) in shown
        assert squeezed(name) in printed


@pytest.mark.slow
def test_nothing_is_executed_linked_or_written_elsewhere(folder):
    page = (folder / "bao-cao.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"(?:href|src)=\"(?!data:)", page)
    book = openpyxl.load_workbook(folder / "bang.xlsx")
    assert not [
        cell
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f" or cell.hyperlink
    ]
    with zipfile.ZipFile(folder / "bao-cao.docx") as archive:
        relations = archive.read("word/_rels/document.xml.rels").decode()
    assert "hyperlink" not in relations and "passwd" not in relations
    names = [path.name for path in folder.rglob("*")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in names)


@pytest.mark.slow
def test_executed_notebooks_show_names_as_text(folder):
    shown = ""
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            for output in cell.get("outputs", []):
                shown += str(output.get("data", {}).get("text/html", ""))
                assert output.output_type != "error"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown


@pytest.mark.slow
def test_a_reader_gives_the_names_back_unchanged(folder):
    revision = dx.open_revision(folder.parents[1] / "frameworks/revisions/biting.yml")
    assert tuple(revision.observations.names) == HOSTILE
    assert tuple(item.label for item in revision.baseline.indicators) == HOSTILE
    assert json.loads((folder / "ho-so.json").read_text(encoding="utf-8"))["parameters"]
