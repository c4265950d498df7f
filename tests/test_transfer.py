"""Whole files in a workspace: nothing is overwritten unasked, nothing is half-written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from examples import framework, group, indicator
from tables import beside, edit, small, write

from dxmethod import transfer
from dxmethod.cli import main
from dxmethod.concepts import read_catalogue
from dxmethod.excel import MAX_TEXT
from dxmethod.faults import Collector, Faults
from dxmethod.framework import read_framework, write_framework
from dxmethod.transfer import export_framework, import_framework, replace_framework

HEAD = "# lời dẫn\n# hai dòng\n"


@pytest.fixture
def home(tmp_path, repository, monkeypatch) -> Path:
    """A workspace with one framework of levels and its concepts."""
    folder = tmp_path / "ws"
    shutil.copytree(repository / "tests/workspaces/tiny", folder)
    monkeypatch.chdir(folder)
    made, known = small()
    concepts = [item.model_dump(mode="json", exclude_defaults=True) for item in known.values()]
    theme = {"kind": "concepts", "format": 1, "theme": "Thử", "concepts": concepts}
    transfer.write_yaml(theme, folder / "frameworks/catalogue/vi-du.yml", HEAD)
    (folder / "frameworks/vi-du").mkdir()
    write_framework(made, folder / "frameworks/vi-du/commune.yml", HEAD)
    return folder / "frameworks"


def texts(home: Path) -> dict[str, str]:
    """Every file of the workspace's frameworks, by name."""
    return {str(p.relative_to(home)): p.read_text("utf-8") for p in home.rglob("*") if p.is_file()}


def change(value=60):
    def put(book):
        beside(book.worksheets[0], "Hồ sơ", "Mức 1\nKhởi đầu").value = value

    return put


def add_concept(book):
    book["Khái niệm"].append(["the-moi", "Thẻ mới", "tỷ lệ", "%"])


def test_unchanged_framework_is_left_alone(home, capsys):
    before = texts(home)
    for word in (False, True):
        path = export_framework("vi-du/commune", word=word)
        done = import_framework(path)
        assert (done.changes, done.warnings, done.written) == ((), (), False)
    assert main(["import", str(path)]) == 0
    assert "Không có gì khác, giữ nguyên" in capsys.readouterr().out
    assert texts(home) == before


def test_change_is_refused_until_told_and_keeps_the_comments_at_the_top(home, capsys):
    before = texts(home)
    path = edit(export_framework("vi-du/commune"), change())
    assert main(["import", str(path)]) == 1
    told = capsys.readouterr().err
    assert "đã có frameworks/vi-du/commune.yml, khác ở 1 chỗ (sửa ngưỡng: Hồ sơ → Khởi đầu" in told
    assert "--overwrite để ghi đè" in told and texts(home) == before
    assert main(["import", str(path), "--overwrite"]) == 0
    assert "sửa ngưỡng: Hồ sơ → Khởi đầu" in capsys.readouterr().out
    text = texts(home)["vi-du/commune.yml"]
    assert text.startswith(HEAD) and "muc-1: 60.0" in text


def test_framework_may_be_kept_under_another_id(home):
    done = import_framework(export_framework("vi-du/commune"), "khac/commune")
    assert done.path == home / "khac/commune.yml" and done.changes == ()
    assert read_framework(done.path, Collector()).id == "khac/commune"


@pytest.mark.parametrize("name", ["mot-phan", "catalogue/x", "schemas/x", "revisions/x"])
def test_framework_never_takes_the_place_of_another_kind_of_file(home, name):
    before = texts(home)
    with pytest.raises(Faults, match=f"có “{name}”; cần mã dạng"):
        import_framework(export_framework("vi-du/commune"), name)
    assert texts(home) == before


def test_new_concept_goes_into_the_catalogue(home, capsys):
    path = edit(export_framework("vi-du/commune"), add_concept)
    assert main(["import", str(path)]) == 0
    assert "khái niệm mới: the-moi: Thẻ mới" in capsys.readouterr().out
    assert texts(home)["catalogue/vi-du.yml"].startswith(HEAD)
    faults = Collector()
    assert "the-moi" in read_catalogue(home / "catalogue", faults) and not faults.faults


@pytest.mark.parametrize("failing", [1, 2])
def test_failed_write_leaves_everything_as_it_was(home, monkeypatch, failing):
    def both(book):
        change()(book)
        add_concept(book)

    path = edit(export_framework("vi-du/commune"), both)
    before, calls, swap = texts(home), [], os.replace

    def fail(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise PermissionError(13, "Permission denied")
        swap(source, target)

    monkeypatch.setattr(transfer.os, "replace", fail)
    with pytest.raises(Faults, match="không ghi được"):
        import_framework(path, overwrite=True)
    with pytest.raises(Faults, match="không ghi được"):
        calls.clear()
        import_framework(path, "khac/commune")
    assert len(calls) == failing and texts(home) == before
    assert not (home / "khac").exists()


def test_broken_framework_is_not_overwritten_unasked(home):
    path = export_framework("vi-du/commune")
    (home / "vi-du/commune.yml").write_text("hỏng", encoding="utf-8")
    with pytest.raises(Faults, match="nhưng tệp đó không đọc được"):
        import_framework(path)


def test_fault_of_the_whole_is_said_at_its_row(home):
    path = edit(export_framework("vi-du/commune"), change(120))
    with pytest.raises(Faults) as raised:
        import_framework(path, overwrite=True)
    assert "trang Chỉ tiêu, hàng 7, chỉ tiêu “a”, mức độ “muc-1”: có 120" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("không có.xlsx", "không có tệp này"),
        ("t.xls", "có đuôi “.xls”; cần tệp .xlsx hoặc .docx"),
        ("t.txt", "có đuôi “.txt”"),
        ("giả.xlsx", "không phải tệp Excel, Word"),
        ("word.xlsx", "không phải tệp Excel dù có đuôi .xlsx"),
        ("excel.docx", "không phải tệp Word dù có đuôi .docx"),
    ],
)
def test_file_that_cannot_be_read_is_a_fault(home, tmp_path, capsys, name, said):
    path = tmp_path / name
    if name == "word.xlsx":
        shutil.copy(export_framework("vi-du/commune", word=True), path)
    elif name == "excel.docx":
        shutil.copy(export_framework("vi-du/commune"), path)
    elif not name.startswith("không"):
        path.write_text("a;b;c", encoding="utf-8")
    before = texts(home)
    assert main(["import", str(path)]) == 1
    assert said in capsys.readouterr().err and texts(home) == before


def test_target_that_cannot_be_written_is_a_fault(home, tmp_path):
    (tmp_path / "tệp").write_text("", encoding="utf-8")
    for target in (tmp_path / "tệp" / "t.xlsx", tmp_path / "t.pdf"):
        with pytest.raises(Faults):
            export_framework("vi-du/commune", target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tệp", "ws"]


@pytest.mark.parametrize(
    ("text", "said"), [("a" * (MAX_TEXT + 1), "ký tự một ô Excel"), ("a\x07", "ký tự điều khiển")]
)
def test_text_that_no_cell_can_hold_is_a_fault(home, text, said):
    made, _ = small()
    named = made.model_copy(update={"note": text})
    write_framework(named, home / "vi-du/commune.yml")
    with pytest.raises(Faults, match=said):
        export_framework("vi-du/commune")


def test_official_table_replaces_and_says_so(home, tmp_path, capsys):
    made, known = small()
    item = made.indicators[0].model_copy(update={"label": "Tên chính thức"})
    table = framework(group("mot", item, label="Nhóm một"), levels=made.levels)
    path = write(table, known, tmp_path / "chinh-thuc.xlsx")
    edit(path, lambda book: [book.remove(book[name]) for name in ("Văn bản", "Khái niệm")])
    assert main(["replace", "vi-du/commune", str(path)]) == 0
    out = capsys.readouterr().out
    assert "thay “Hồ sơ” (minh họa)" in out and "bỏ: 2 b" in out
    assert texts(home)["vi-du/commune.yml"].startswith(HEAD)
    before = texts(home)
    with pytest.raises(Faults, match="có “vi-du/xa”"):
        replace_framework("vi-du/xa", path)
    assert texts(home) == before


def test_unknown_indicator_keeps_no_trace(home):
    made, known = small()
    lone = indicator("z", concept="la", required={"muc-1": 1.0})
    path = write(framework(lone, levels=made.levels), known, home.parent / "t.xlsx")
    before = texts(home)
    with pytest.raises(Faults, match="có “la”"):
        import_framework(path, "khac/commune")
    assert texts(home) == before
