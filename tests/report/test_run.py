"""The runner: checks before a kernel starts, the same bytes anywhere, nothing lost on failure."""

import errno
import json
import re
import shutil
import sys
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from types import SimpleNamespace

import nbformat
import psutil
import pytest

import dxmethod as dx
from dxmethod.faults import Collector, Faults
from dxmethod.report import output, run
from dxmethod.report.output import check_target, disk_faults, staging
from dxmethod.report.run import run_report

PARAMETERS = ('revision = ""\nseed = 0\ndraft = ""', ["parameters"])
FIRST = [
    PARAMETERS,
    ("import os, sys\nimport dxmethod as dx\nrev = dx.open_revision(revision)", ["imports"]),
    ('dx.section("I")', []),
    ("dx.paragraph(f'{rev.file.title}; hạt giống {seed}; dự thảo {draft}')", []),
    (
        "dx.table('B1', rev.observations.units, [dx.Column('name', 'Đơn vị')], 'Đơn vị', "
        "source=rev.observations.source)",
        [],
    ),
    (
        "for text in ('một', 'hai'):\n    print(text, flush=True)\n"
        "    print('riêng cho nhật ký', file=sys.stderr, flush=True)\n"
        "names = 'PYTHONHASHSEED', 'PYTHONUTF8', 'OMP_NUM_THREADS', 'MPLBACKEND'\n"
        "print([os.environ[name] for name in names], os.listdir())",
        [],
    ),
]
SECOND = [
    PARAMETERS,
    ("import dxmethod as dx\nfrom matplotlib.figure import Figure", ["imports"]),
    ('dx.section("VI")', []),
    (
        "fig = Figure(figsize=(3, 2))\nfig.add_subplot().plot([1, 2], [2, 1])\n"
        "dx.figure('H1', fig, 'Thứ hạng', source='Bộ kiểm thử')",
        [],
    ),
]
REPORT = {
    *("bang.xlsx", "bao-cao.docx", "bao-cao.html", "bao-cao.pdf", "hinh/H1.png"),
    *("ho-so.json", "nhat-ky.log", "notebooks/01_first.ipynb", "notebooks/02_second.ipynb"),
}


def write_notebook(path: Path, cells) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {"tags": tags},
            "outputs": [],
            "source": source,
        }
        for number, (source, tags) in enumerate(cells)
    ]
    notebook = {"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path.parent


def build(folder: Path, repository: Path) -> tuple[Path, Path]:
    """Make a workspace and its notebooks; return the revision file and the notebooks' folder."""
    shutil.copytree(repository / "tests/workspaces/tiny", folder)
    write_notebook(folder / "notebooks" / "01_first.ipynb", FIRST)
    notebooks = write_notebook(folder / "notebooks" / "02_second.ipynb", SECOND)
    return folder / "frameworks/revisions/old-to-new.yml", notebooks


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, repository):
    return build(tmp_path_factory.mktemp("work") / "tiny", repository)


@pytest.fixture(scope="module")
def report(workspace) -> Path:
    return run_report(workspace[0], notebooks=workspace[1], progress=False)


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*_):
        raise AssertionError("a notebook ran")

    monkeypatch.setattr(run, "_execute", refuse)


def test_report_is_complete(report, workspace):
    assert report == workspace[0].parents[2] / "outputs" / "old-to-new"
    assert set(contents(report)) == REPORT
    assert [path.name for path in report.parent.iterdir()] == ["old-to-new"]


def test_notebooks_know_parameters_and_their_surroundings(report):
    notebook = json.loads((report / "notebooks/01_first.ipynb").read_text(encoding="utf-8"))
    injected = notebook["cells"][1]
    assert injected["id"] == "injected-parameters"
    assert "".join(injected["source"]).splitlines()[1:] == [
        "revision = 'old-to-new'",
        "seed = 7",
        "draft = 'new/commune'",
    ]
    assert [cell["execution_count"] for cell in notebook["cells"]] == list(range(1, 8))
    (printed,) = notebook["cells"][-1]["outputs"]
    lines = "".join(printed["text"]).splitlines()
    assert lines[:2] == ["một", "hai"]
    assert lines[2].startswith("['0', '1', '1', 'agg'] [")
    assert "01_first.ipynb" in lines[2], "the kernel does not run in a folder of its own"


def test_warnings_go_to_the_log_alone(report):
    assert "riêng cho nhật ký" in (report / "nhat-ky.log").read_text(encoding="utf-8")
    others = [content for name, content in contents(report).items() if name != "nhat-ky.log"]
    assert not any("riêng cho nhật ký\n".encode() in content for content in others)


def test_record_hashes_every_other_file(report, workspace):
    record = json.loads((report / "ho-so.json").read_text(encoding="utf-8"))
    listed = {item["path"]: item for item in record["outputs"]}
    assert set(listed) == REPORT - {"ho-so.json", "nhat-ky.log"}
    for name, item in listed.items():
        content = (report / name).read_bytes()
        assert (item["sha256"], item["bytes"]) == (sha256(content).hexdigest(), len(content))
    folder = workspace[0].parents[2]
    for item in record["inputs"]:
        assert item["sha256"] == sha256((folder / item["path"]).read_bytes()).hexdigest()
    assert {item["path"] for item in record["inputs"]} == {
        "data/communes.csv",
        "frameworks/catalogue/tiny.yml",
        "frameworks/new/commune.yml",
        "frameworks/old/commune.yml",
        "frameworks/revisions/old-to-new.yml",
    }
    assert record["parameters"] == {"revision": "old-to-new", "seed": 7, "draft": "new/commune"}


def test_only_the_log_knows_when_and_where(report, workspace):
    log = (report / "nhat-ky.log").read_text(encoding="utf-8")
    began = re.search(r"Bắt đầu: (\d{4}-\d\d-\d\d)", log)
    assert began and str(workspace[0].parents[2]) in log and "Commit: " in log
    traces = [began[1], str(workspace[0].parents[2]), gettempdir(), sys.prefix, "ipykernel_"]
    for name in REPORT - {"nhat-ky.log"}:
        text = unpacked((report / name).read_bytes()).decode("utf-8", "replace")
        assert [trace for trace in traces if trace in text] == [], name


def unpacked(content: bytes) -> bytes:
    """What a file holds, Office files opened."""
    if not zipfile.is_zipfile(BytesIO(content)):
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_log_sums_what_it_lists(report):
    log = (report / "nhat-ky.log").read_text(encoding="utf-8")
    steps = re.findall(r"^ +(\d+,\d\d)  (.+?)( \*)?$", log, re.MULTILINE)
    startup = [float(seconds.replace(",", ".")) for seconds, _, starred in steps if starred]
    assert len(startup) == 2 + 2 * 2  # papermill, renderers; a start and imports each
    assert sum("khởi động nhân" in name for _, name, _ in steps) == 2
    said = re.search(r"khởi động nhân và nạp thư viện: (\d+,\d\d) giây", log)
    assert said and float(said[1].replace(",", ".")) == pytest.approx(sum(startup), abs=0.05)
    assert re.search(r"Tỷ lệ: \d+,\d\d", log)


def test_same_bytes_in_another_folder(report, tmp_path, repository, monkeypatch):
    file, notebooks = build(tmp_path / "Sửa đổi {2} 100%", repository)
    monkeypatch.setenv("DXMETHOD_WORKSPACE", str(file.parents[2]))
    target = tmp_path / "nơi khác"
    assert run_report("old-to-new", target, notebooks=notebooks, progress=False) == target
    first, second = contents(report), contents(target)
    sources = [json.loads(files["ho-so.json"])["source"] for files in (first, second)]
    assert sources[0] == sources[1], "somebody edited the package while the test ran"
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == ["nhat-ky.log"]


FAILING = {
    "error": ("x = 1\nraise ValueError('dòng một\\nsố liệu hỏng')", "ValueError: số liệu hỏng"),
    "death": ("import os\nos._exit(9)", "nhân Python dừng đột ngột"),
    "exit": ("import sys\nsys.exit()", "sổ tay tự dừng giữa chừng"),
}


@pytest.mark.parametrize("kind", FAILING)
def test_failure_keeps_notebook_log_and_old_report(kind, report, workspace, tmp_path):
    source, reason = FAILING[kind]
    cells = [PARAMETERS, (source, []), ("print('không tới đây')", [])]
    notebooks = write_notebook(tmp_path / "notebooks" / "05_broken.ipynb", cells)
    target = tmp_path / "old-to-new"
    shutil.copytree(report, target)
    with pytest.raises(Faults) as caught:
        run_report(workspace[0], target, notebooks=notebooks, progress=False)
    (fault,) = caught.value.faults
    assert (fault.file, fault.place) == ("05_broken.ipynb", "ô lệnh thứ 3")
    assert fault.found.startswith(reason)
    kept = tmp_path / "old-to-new.loi"
    assert str(kept) in fault.expected
    assert set(contents(kept)) == {"05_broken.ipynb", "nhat-ky.log"}
    assert reason in (kept / "nhat-ky.log").read_text(encoding="utf-8")
    assert contents(target) == contents(report)
    assert {path.name for path in tmp_path.iterdir()} == {"notebooks", "old-to-new", kept.name}


def test_no_kernel_outlives_an_interruption(tmp_path):
    from dxmethod.report.execute import execute

    cells = [PARAMETERS, ("import os\nopen('pid', 'w').write(str(os.getpid()))", [])]
    path = write_notebook(tmp_path / "notebooks" / "01.ipynb", cells) / "01.ipynb"

    def interrupt():
        if (tmp_path / "pid").exists():
            raise KeyboardInterrupt

    parameters = {"revision": "a", "seed": 0, "draft": ""}
    with pytest.raises(KeyboardInterrupt):
        execute(path, parameters, tmp_path, tmp_path, interrupt)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_kernel_that_does_not_start_is_tried_again(tmp_path, monkeypatch):
    from dxmethod.report import execute

    plain = execute._Kernel.kernel_spec.fget
    asked = []

    def first_fails(self):
        asked.append(self)
        spec = plain(self)
        if self is asked[0]:
            spec.argv = [sys.executable, "-c", "raise SystemExit(1)", "{connection_file}"]
        return spec

    monkeypatch.setattr(execute._Kernel, "kernel_spec", property(first_fails))
    path = write_notebook(tmp_path / "notebooks" / "01.ipynb", [PARAMETERS]) / "01.ipynb"
    parameters = {"revision": "a", "seed": 0, "draft": ""}
    assert execute.execute(path, parameters, tmp_path, tmp_path).failure is None
    assert len({id(kernel) for kernel in asked}) == 2


@pytest.mark.slow
def test_faults_raised_in_a_cell_are_shown_one_a_line(workspace, tmp_path):
    source = "import dxmethod as dx\ndx.open_revision('old-to-knew')"
    notebooks = write_notebook(tmp_path / "n" / "01.ipynb", [PARAMETERS, (source, [])])
    with pytest.raises(Faults) as caught:
        run_report(workspace[0], tmp_path / "out", notebooks=notebooks, progress=False)
    found = caught.value.faults[0].found
    assert found.startswith("dừng vì\n  Lỗi: frameworks/revisions/old-to-knew.yml")


def test_every_fault_is_said_at_once_before_a_kernel_starts(workspace, tmp_path, no_kernel):
    broken = tmp_path / "tiny"
    shutil.copytree(workspace[0].parents[2], broken, ignore=shutil.ignore_patterns("outputs"))
    table = broken / "data/communes.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("90", "chín mươi"), encoding="utf-8")
    write_notebook(
        broken / "notebooks/03.ipynb", [("revision = ''\nsed = 1\ndraft = ''", ["parameters"])]
    )
    write_notebook(broken / "notebooks/04.ipynb", [("seed = 0", [])])
    (broken / "notebooks/05.ipynb").write_text("{", encoding="utf-8")
    target = tmp_path / "a file"
    target.touch()
    with pytest.raises(Faults) as caught:
        run_report(
            broken / "frameworks/revisions/old-to-new.yml",
            target,
            notebooks=broken / "notebooks",
            more={"seed": "-1", "sed": "1"},
        )
    text = str(caught.value)
    for part in (
        "data/communes.csv",
        "tham số, mục seed: có -1",
        'tham số, mục sed: khóa lạ “sed”; cần một tên đã biết (gần nhất: "seed")',
        "notebooks/03.ipynb, ô gắn thẻ parameters: tham số lạ “sed”",
        "notebooks/04.ipynb, ô gắn thẻ parameters: tham số “revision” gán 0 lần",
        "notebooks/05.ipynb: không đọc được sổ tay",
        "a file: đây là tệp",
    ):
        assert part in text
    assert target.is_file()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"draft": "new/communes"}, 'gần nhất: "new/commune"'),
        ({"more": {"seed": "7,5"}}, "mục seed: có “7,5”; cần một số nguyên"),
        ({"more": {"revison": "x"}}, 'gần nhất: "revision"'),
    ],
)
def test_wrong_parameter_is_named_with_the_nearest(given, said, workspace, no_kernel):
    with pytest.raises(Faults, match=re.escape(said)):
        run_report(workspace[0], notebooks=workspace[1], **given)


def test_revision_that_notebooks_could_not_find_is_refused(workspace, tmp_path, no_kernel):
    broken = tmp_path / "tiny"
    shutil.copytree(workspace[0].parents[2], broken, ignore=shutil.ignore_patterns("outputs"))
    file = broken / "frameworks/revisions/old-to-new.yml"
    moved = file.rename(file.with_name("other.yml"))
    with pytest.raises(Faults, match=r"revisions/other\.yml, mục id: có “old-to-new”"):
        run_report(moved, notebooks=workspace[1])


def test_folder_without_notebooks_is_refused(workspace, tmp_path, no_kernel):
    with pytest.raises(Faults, match="không có sổ tay nào"):
        run_report(workspace[0], notebooks=tmp_path)


def needing(folder: Path, *needs: str) -> Path:
    """Make a folder of one notebook that says what it needs."""
    path = write_notebook(folder / "04_needs.ipynb", FIRST) / "04_needs.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"] = {"dxmethod": {"needs": needs}}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return folder


def test_an_unknown_need_of_a_notebook_is_said(workspace, tmp_path, no_kernel):
    with pytest.raises(Faults, match=r"needs: có “observation”.*observations"):
        run_report(workspace[0], notebooks=needing(tmp_path / "n", "observation"))


def test_a_report_of_no_notebook_is_refused(workspace, tmp_path, no_kernel):
    with pytest.raises(Faults, match="không có sổ tay nào chạy được"):
        run_report(workspace[0], notebooks=needing(tmp_path / "n", "peers"))


def test_unwritable_output_is_said_before_a_kernel_starts(workspace, tmp_path, no_kernel):
    (tmp_path / "file").touch()
    with pytest.raises(Faults, match="một phần của đường dẫn là tệp"):
        run_report(workspace[0], tmp_path / "file" / "out", notebooks=workspace[1], progress=False)


def faults_of(target: Path) -> list[str]:
    faults = Collector()
    check_target(target, faults)
    return [f"{fault.place}: {fault.found}" for fault in faults.errors]


def test_folders_of_others_are_refused(tmp_path):
    (tmp_path / "thesis.docx").touch()
    (tmp_path / "ho-so.json").write_text('{"kind": "something else", "outputs": []}')
    assert faults_of(tmp_path) == [": thư mục có tệp không do dxmethod ghi"]


def test_empty_and_absent_folders_and_untouched_reports_are_taken(report, tmp_path):
    assert faults_of(tmp_path) == faults_of(tmp_path / "absent") == faults_of(report) == []


def test_what_a_person_put_into_a_report_is_not_deleted(report, tmp_path):
    target = tmp_path / "report"
    shutil.copytree(report, target)
    (target / "~$bao-cao.docx").touch()  # Word's own trace
    assert faults_of(target) == []
    (target / "bao-cao.docx").write_bytes(b"signed")
    (target / "notes.txt").touch()
    assert faults_of(target) == [
        "bao-cao.docx: tệp này đã được sửa sau khi lập báo cáo trước",
        "notes.txt: tệp này không thuộc báo cáo trước",
    ]


def test_file_open_elsewhere_is_said(report, monkeypatch):
    plain = Path.open

    def locked(self, mode="r", *rest, **named):
        if mode == "r+b" and self.name == "bao-cao.docx":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return plain(self, mode, *rest, **named)

    monkeypatch.setattr(Path, "open", locked)
    said = "bao-cao.docx: tệp đang mở trong chương trình khác, hoặc không có quyền ghi"
    assert faults_of(report) == [said]


def test_new_report_replaces_the_old_as_a_whole(tmp_path):
    target = tmp_path / "outputs" / "name"
    for text in ("old", "new"):
        with staging(target) as folder:
            (folder / text).write_text(text)
            assert folder.parent == target.parent and (text == "old") != target.exists()
    assert contents(target) == {"new": b"new"}
    assert list(target.parent.iterdir()) == [target]


def test_old_report_survives_a_swap_that_fails(tmp_path, monkeypatch):
    target = tmp_path / "name"
    target.mkdir()
    (target / "old").touch()

    def refuse(old, new):
        if new == target and not (old / "old").exists():
            raise PermissionError(errno.EACCES, "Permission denied", str(new))
        old.rename(new)

    monkeypatch.setattr(output, "_rename", refuse)
    with pytest.raises(Faults, match="không có quyền ghi"), staging(target) as folder:
        (folder / "new").touch()
    assert set(contents(tmp_path)) == {"name/old"}


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_nothing_half_written_stays(tmp_path, failure):
    with pytest.raises(failure), staging(tmp_path / "name") as folder:
        (folder / "half").touch()
        raise failure
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_said_in_vietnamese(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device", "/x/bao-cao.pdf")
    with pytest.raises(Faults, match=r"/x/bao-cao\.pdf: đĩa đã đầy"), disk_faults(tmp_path):
        raise full


def test_content_outside_a_section_is_a_fault_of_its_notebook(workspace):
    prose = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Lạc lõng")])
    job = SimpleNamespace(revision=dx.open_revision(workspace[0]))
    result = SimpleNamespace(name="07_lost.ipynb", notebook=prose)
    with pytest.raises(Faults, match=r"07_lost\.ipynb: .*“Lạc lõng”"):
        run._assemble(job, [result], run._Log())
