"""The record: equal ids for equal inputs wherever they lie, another id for any other byte."""

import json
import shutil
from pathlib import Path

import pytest

import dxmethod as dx
from dxmethod.report.record import (
    Item,
    Parameters,
    grouped,
    make_record,
    recorded,
    written,
)

PARAMETERS = Parameters(revision="old-to-new", seed=7, draft="new/commune")


@pytest.fixture
def workspace(tmp_path, repository) -> Path:
    folder = tmp_path / "tiny"
    shutil.copytree(repository / "tests/workspaces/tiny", folder)
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "01.ipynb").write_text("{}", encoding="utf-8")
    return folder


def record_of(workspace: Path, parameters: Parameters = PARAMETERS):
    revision = dx.open_revision(workspace / "frameworks/revisions/old-to-new.yml")
    return make_record(revision, parameters, [workspace / "notebooks/01.ipynb"])


def test_id_does_not_depend_on_where_the_files_lie(workspace, tmp_path):
    first = record_of(workspace)
    moved = workspace.rename(tmp_path / "elsewhere")
    assert record_of(moved).to_json() == first.to_json()
    assert len(first.run_id) == 64 and first.run_id.startswith(first.short_id)


def appended(workspace: Path, name: str) -> None:
    with (workspace / name).open("ab") as file:
        file.write(b"\n")


@pytest.mark.parametrize(
    "name",
    [
        "data/communes.csv",
        "frameworks/old/commune.yml",
        "frameworks/catalogue/tiny.yml",
        "frameworks/revisions/old-to-new.yml",
        "notebooks/01.ipynb",
    ],
)
def test_id_depends_on_every_byte_of_every_file(workspace, name):
    before = record_of(workspace)
    appended(workspace, name)
    assert record_of(workspace).run_id != before.run_id


@pytest.mark.parametrize("changed", [{"seed": 8}, {"draft": ""}, {"revision": "other"}])
def test_id_depends_on_every_parameter(workspace, changed):
    other = PARAMETERS.model_copy(update=changed)
    assert record_of(workspace, other).run_id != record_of(workspace).run_id


def test_id_depends_on_lock_and_package(workspace):
    held = {item.path for item in record_of(workspace).source}
    assert {
        "requirements.lock",
        "dxmethod/assessment.py",
        "dxmethod/report/record.py",
        "dxmethod/report/report.typ",
        "notebooks/01.ipynb",
    } <= held
    assert not any("__pycache__" in path for path in held)


@pytest.mark.parametrize(
    ("changed", "command"),
    [
        ({}, "python dx.py report old-to-new"),
        ({"draft": ""}, "python dx.py report old-to-new"),
        ({"seed": 8}, "python dx.py report old-to-new --seed 8"),
        ({"draft": "x"}, "python dx.py report old-to-new --draft x"),
    ],
)
def test_command_says_what_is_not_default(workspace, changed, command):
    assert record_of(workspace, PARAMETERS.model_copy(update=changed)).command == command


def test_json_is_sorted_readable_and_names_python_by_its_minor(workspace):
    text = record_of(workspace).to_json([Item("bao-cao.docx", "ab" * 32, 3)])
    data = json.loads(text)
    assert text == json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    assert data["versions"]["Python"].count(".") == 1
    assert data["outputs"] == [{"path": "bao-cao.docx", "sha256": "ab" * 32, "bytes": 3}]


def test_appendix_prints_every_input_and_the_command(workspace):
    record = record_of(workspace)
    section, *_, inputs, parameters, versions = record.blocks()
    assert section.numeral == "PL V"
    assert [table.key for table in (inputs, parameters, versions)] == ["PL5-1", "PL5-2", "PL5-3"]
    assert [row[0] for row in inputs.rows] == [item.path for item in record.inputs]
    assert inputs.rows[0][2].replace(" ", "") == record.inputs[0].sha256
    assert [row[2] for row in parameters.rows] == ["old-to-new", "7", "new/commune"]
    assert versions.rows[-1][1].replace(" ", "") == record.source_hash
    said = "\n".join(block.plain() for block in record.blocks())
    assert record.short_id in said and record.command in said


def test_hash_is_parted_so_that_it_wraps():
    assert grouped("0123456789abcdef01") == "01234567 89abcdef 01"


def test_a_report_lists_its_files_but_not_record_and_log(tmp_path):
    (tmp_path / "hinh").mkdir()
    for name in ("ho-so.json", "nhat-ky.log", "bang.xlsx", "hinh/H1.png"):
        (tmp_path / name).write_bytes(b"x")
    assert [item.path for item in written(tmp_path)] == ["bang.xlsx", "hinh/H1.png"]


def test_own_record_is_recognised(workspace, tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    text = record_of(workspace).to_json(written(tmp_path / "tiny" / "data"))
    (tmp_path / "ho-so.json").write_text(text, encoding="utf-8")
    assert [item.path for item in recorded(tmp_path) or ()] == ["communes.csv"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "x", "outputs": []}', "\xff"])
def test_foreign_record_is_not_taken_for_ours(tmp_path, text):
    (tmp_path / "ho-so.json").write_text(text, encoding="latin-1")
    assert recorded(tmp_path) is None
    assert recorded(tmp_path / "absent") is None
