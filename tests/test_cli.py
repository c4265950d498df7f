"""The command: Vietnamese words and an exit code for everything, a traceback for nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from dxmethod.cli import main
from dxmethod.documents import write_yaml
from dxmethod.faults import Fault, Faults
from dxmethod.revision import open_revision


@pytest.fixture
def workspace(tmp_path, repository, monkeypatch) -> Path:
    folder = tmp_path / "tiny"
    shutil.copytree(repository / "tests/workspaces/tiny", folder)
    monkeypatch.chdir(folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(capsys, *arguments: str | Path) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    return code, printed.out, printed.err


def test_check_describes_every_file_of_the_workspace(workspace, capsys):
    code, out, err = run(capsys, "check")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "frameworks/catalogue/tiny.yml: danh mục “Khái niệm để kiểm thử”; 2 khái niệm",
        "frameworks/new/commune.yml: new/commune, dự thảo; 2 chỉ tiêu, 100 điểm; "
        "đủ đến từng chỉ tiêu; căn cứ: văn bản (1), báo chí, cổng thông tin (1)",
        "frameworks/old/commune.yml: old/commune, đã ban hành; 2 chỉ tiêu, 100 điểm; "
        "đủ đến từng chỉ tiêu; căn cứ: văn bản (1), báo chí, cổng thông tin (1)",
        "frameworks/revisions/old-to-new.yml: bản sửa đổi old-to-new; old/commune → new/commune; "
        "3 đơn vị × 2 khái niệm",
        "Không có lỗi",
    ]


def test_a_file_of_matches_is_checked_against_both_frameworks(workspace, capsys):
    path = workspace / "frameworks" / "ghep.yml"
    text = "kind: matches\nformat: 1\nold: old/commune\nnew: {new}\nmatches: [{pair}]\n"
    pair = "{old: khong-co, new: khong-co, confirmed: true}"
    path.write_text(text.replace("{new}", "new/commune").replace("{pair}", pair), encoding="utf-8")
    code, _, err = run(capsys, "check", path)
    assert code == 1
    assert "khong-co" in err
    path.write_text(text.replace("{new}", "new/communes").replace("{pair}", ""), encoding="utf-8")
    code, _, err = run(capsys, "check", path)
    assert code == 1
    assert "new/communes" in err
    path.write_text(text.replace("{new}", "new/commune").replace("{pair}", ""), encoding="utf-8")
    code, out, err = run(capsys, "check", path)
    assert (code, err) == (0, "")
    assert "ghép chỉ tiêu của old/commune và new/commune; 0 cặp, 0 đã xác nhận" in out


def test_repository_passes_its_own_check(repository, capsys):
    code, out, err = run(capsys, "check", str(repository / "frameworks"))
    assert (code, err, out.splitlines()[-1]) == (0, "", "Không có lỗi")


def test_check_says_all_faults_of_all_files_once(workspace, capsys):
    frameworks = workspace / "frameworks"
    edit(frameworks / "old/commune.yml", "points: 60", "point: 60")
    edit(frameworks / "new/commune.yml", "concept: teams", "concept: team")
    edit(frameworks / "catalogue/tiny.yml", "range: [0, 100]", "range: [100, 0]")
    (frameworks / "note.yml").write_text("kind: framwork\n", encoding="utf-8")
    (frameworks / "list.yaml").write_text("- 1\n", encoding="utf-8")
    code, out, err = run(capsys, "check")
    assert code == 1 and "Không có lỗi" not in out
    for part in (
        "old/commune.yml, dòng",
        'khóa lạ “point”; cần một tên đã biết (gần nhất: "points")',
        "new/commune.yml, chỉ tiêu “teams”, mục concept: “team” không có trong danh mục",
        "catalogue/tiny.yml, khái niệm online-files, mục range",
        'note.yml, mục kind: có “framwork”; cần một tên đã biết (gần nhất: "framework")',
        "list.yaml, mục kind: thiếu loại tài liệu",
    ):
        assert err.count(part) == 1, err
    assert all(line.startswith("Lỗi: ") for line in err.splitlines())


def test_warning_is_shown_and_does_not_fail(workspace, capsys):
    path = workspace / "frameworks/old/commune.yml"
    edit(path, "unit_type: commune", "unit_type: commune\ndeclared: {points: 99}")
    code, out, err = run(capsys, "check", "frameworks")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("frameworks/old"))
    assert lines[place + 1].startswith("  Cảnh báo: frameworks/old/commune.yml, tổng điểm")
    assert out.count("Cảnh báo") == 1, "the revision repeats the finding of its framework"


def test_file_name_and_id_must_agree(workspace, capsys):
    path = workspace / "frameworks/old/commune.yml"
    path.rename(path.with_name("xa.yml"))
    code, _, err = run(capsys, "check", "frameworks/old/xa.yml")
    assert code == 1
    assert "xa.yml, mục id: có “old/commune”; cần “old/xa” như tên tệp" in err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere", "nowhere: không có tệp hay thư mục này"),
        ("data", "data: không có tệp YAML nào"),
        ("data/communes.csv", "không phải tệp YAML"),
    ],
)
def test_path_that_cannot_be_checked_is_a_fault(workspace, capsys, path, said):
    code, out, err = run(capsys, "check", path)
    assert (code, out) == (1, "") and said in err


def test_framework_outside_any_workspace_is_a_fault(workspace, tmp_path, capsys):
    shutil.copy(workspace / "frameworks/old/commune.yml", tmp_path / "lone.yml")
    code, _, err = run(capsys, "check", str(tmp_path / "lone.yml"))
    assert code == 1 and "không thấy thư mục frameworks" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["report", "--sed", "3"],
            'không có tùy chọn “--sed”; cần một tên đã biết (gần nhất: "--seed")',
        ),
        (["rapport"], "không có lệnh “rapport”"),
        (["report", "a", "b"], "thừa “b”"),
        (["report", "--seed"], "tùy chọn “--seed” thiếu giá trị"),
        ([], "thiếu tên lệnh"),
        (["report", "--param", "seed"], "--param: có “seed”; cần TÊN=GIÁ_TRỊ"),
        (["report", "old-to-knew"], 'gần nhất: "old-to-new"'),
        (["report", "old-to-new", "--param", "sed=1"], 'gần nhất: "seed"'),
        (["report", "old-to-new", "--seed", "x"], "mục seed: có “x”; cần một số nguyên"),
    ],
)
def test_misuse_is_answered_in_vietnamese(workspace, capsys, arguments, said):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert said in err and err.startswith("Lỗi: ")


def test_report_hands_over_what_was_typed(workspace, capsys, monkeypatch):
    given = []

    def make(*arguments, **more):
        given.append((arguments, more))
        (workspace / "out").mkdir()
        (workspace / "out" / "bao-cao.pdf").touch()
        return workspace / "out"

    monkeypatch.setattr("dxmethod.report.run.run_report", make)
    code, out, err = run(
        capsys, "report", "x", "--output", "out", "--seed", "3", "--param", "draft=new/commune"
    )
    assert (code, err) == (0, "")
    assert out.splitlines() == ["Đã lập báo cáo trong out", "  bao-cao.pdf"]
    assert given == [(("x", Path("out")), {"more": {"seed": "3", "draft": "new/commune"}})]


def failing(error: BaseException):
    def make(*_, **__):
        raise error

    return make


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Faults([Fault("a.yml", "dòng 3", "có x", "y")]), 1, "Lỗi: a.yml, dòng 3: có x; cần y."),
        (KeyboardInterrupt(), 130, "Đã dừng theo yêu cầu."),
        (ZeroDivisionError("division"), 2, "Lỗi của chương trình"),
    ],
)
def test_failures_end_in_words_and_an_exit_code(workspace, capsys, monkeypatch, error, code, said):
    monkeypatch.setattr("dxmethod.report.run.run_report", failing(error))
    got, _, err = run(capsys, "report")
    assert got == code and said in err
    kept = list((workspace / "outputs").glob("loi-*.txt")) if code == 2 else []
    assert len(kept) == (code == 2)
    for path in kept:
        assert "ZeroDivisionError: division" in path.read_text(encoding="utf-8")
        assert path.name in err


@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["check", "--help"]])
def test_help_is_vietnamese(capsys, arguments):
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert "Cách dùng: dxmethod" in out
    assert not any(word in out for word in ("Usage", "Options", "Arguments", "Commands", "default"))


def test_module_runs_and_check_stays_light(workspace):
    code = (
        "import sys, runpy; sys.argv[1:] = ['check']\n"
        "try: runpy.run_module('dxmethod', run_name='__main__')\n"
        "except SystemExit as end: print(end.code)\n"
        "heavy = ('papermill', 'matplotlib', 'nbformat', 'docx', 'openpyxl', 'typst', 'IPython')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines()[-3:] == ["Không có lỗi", "0", "[]"], done.stderr


def test_concept_says_what_it_is_and_where_it_is_used(capsys):
    assert main(["concept", "dti-ha-tang-so"]) == 0
    said = capsys.readouterr().out
    assert "dti-ha-tang-so: Hạ tầng số" in said
    assert "Khoảng hợp lệ: 0 đến 1" in said
    assert "mic-922-2022/province: 3 Hạ tầng số (100 điểm)" in said
    assert "dti-2024/province: 3 Hạ tầng số (140 điểm)" in said


def test_concept_that_is_not_known_names_the_nearest(capsys):
    assert main(["concept", "dti-ha-tang"]) == 1
    assert 'gần nhất: "dti-ha-tang-so"' in capsys.readouterr().err


def test_concept_that_nobody_uses_is_said_so(tmp_path, monkeypatch, capsys):
    write_lonely_concept(tmp_path / "frameworks" / "catalogue")
    monkeypatch.setenv("DXMETHOD_WORKSPACE", str(tmp_path))
    assert main(["concept", "mot-minh"]) == 0
    assert "Chưa khung nào dùng đến." in capsys.readouterr().out


def write_lonely_concept(folder):
    concept = {"id": "mot-minh", "label": "Một mình", "measure": "ratio", "unit": "%"}
    folder.mkdir(parents=True)
    theme = {"kind": "concepts", "format": 1, "theme": "thử", "concepts": [concept]}
    write_yaml(theme, folder / "a.yml")


def test_schemas_for_editors_are_in_step_with_the_models(tmp_path, monkeypatch, repository):
    write_lonely_concept(tmp_path / "frameworks" / "catalogue")
    monkeypatch.setenv("DXMETHOD_WORKSPACE", str(tmp_path))
    assert main(["schema"]) == 0
    for made in sorted((tmp_path / "frameworks" / "schemas").glob("*.json")):
        kept = repository / "frameworks" / "schemas" / made.name
        assert made.read_bytes() == kept.read_bytes(), "python dx.py schema"


def test_a_revision_is_begun_once(workspace, capsys):
    code, out, err = run(capsys, "revise", "new/commune", "old/commune")
    assert (code, err) == (0, "")
    assert "python dx.py report new-commune-to-old-commune" in out
    assert open_revision("new-commune-to-old-commune").drafts[0].id == "old/commune"
    code, out, err = run(capsys, "revise", "new/commune", "old/commune")
    assert code == 1
    assert "đã có tệp này" in err


def test_a_form_goes_out_and_comes_back(workspace, tmp_path, capsys):
    units = tmp_path / "don-vi.csv"
    units.write_text("unit,name\n00001,Xã Một\n00002,Xã Hai\n", encoding="utf-8")
    form = tmp_path / "phieu.xlsx"
    assert run(capsys, "form", "new/commune", "--units", units, "-o", form)[0] == 0
    book = load_workbook(form)
    sheet = book.worksheets[1]
    top = next(cell for row in sheet for cell in row if cell.value == "Tử số (a)")
    sheet.cell(top.row + 1, top.column).value = 120
    sheet.cell(top.row + 1, top.column + 1).value = 100
    sheet.cell(top.row + 2, top.column).value = 7
    sheet.cell(top.row + 2, top.column + 1).value = 10
    book.save(form)
    code, out, err = run(capsys, "read", form, "new/commune", "--units", units)
    assert code == 1
    assert f"{top.column_letter}{top.row + 1}" in err
    assert "tử số 120 lớn hơn mẫu số 100" in err
    assert "phieu-loi.xlsx" in out
    code, out, err = run(capsys, "read", form, "new/commune", "--exclude-faulty")
    assert code == 0
    assert "Bỏ vì có lỗi: 00001" in out
    assert "Xã Hai" in out


def test_a_pilot_is_simulated_and_says_so(workspace, tmp_path, capsys):
    code, out, err = run(
        capsys, "simulate", "new/commune", "--units", "9", "-o", tmp_path / "thu", "--seed", "2"
    )
    assert (code, err) == (0, "")
    assert all("mo-phong" in line or "README" in line for line in out.splitlines())
    code, out, err = run(capsys, "simulate", "khong/co", "--units", "0", "-o", tmp_path / "x")
    assert code == 1
    assert "khong/co" in err
    assert "--units" in err
    assert not (tmp_path / "x").exists()


def test_a_place_that_cannot_be_written_is_said(workspace, tmp_path, capsys):
    units = tmp_path / "don-vi.csv"
    units.write_text("unit,name\n00001,Xã Một\n", encoding="utf-8")
    inside = units / "phieu.xlsx"  # below a file
    for words in (
        ("form", "new/commune", "--units", units, "-o", inside),
        ("simulate", "new/commune", "--units", "3", "-o", inside),
    ):
        code, _, err = run(capsys, *words)
        assert code == 1
        assert "không đọc, ghi được" in err


def test_only_copies_of_what_was_read_are_named(workspace, tmp_path, capsys):
    (tmp_path / "khac-loi.xlsx").write_bytes(b"")
    code, out, err = run(capsys, "read", tmp_path / "khong-co.xlsx", "new/commune")
    assert code == 1
    assert "khong-co.xlsx" in err
    assert "loi.xlsx" not in out
