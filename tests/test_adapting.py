"""Adapt and rebase as a province does: files, what is said, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from dxmethod.adapting import adapt_command, conformity_pages, open_overlay, rebase_command
from dxmethod.cli import main
from dxmethod.describe import Checker
from dxmethod.faults import Faults
from dxmethod.overlays.conformity import change_counts, conformity, kept, thresholds_by_stratum
from dxmethod.transfer import open_framework

HOME = Path(__file__).parents[1] / "frameworks"
MOUNTAIN = "tinh-mien-nui-minh-hoa"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with what the shipped overlays need, to be written into."""
    frameworks = tmp_path / "frameworks"
    for name in ("catalogue", "overlays", "mic-2361-2024", "mic-2516-2023"):
        shutil.copytree(HOME / name, frameworks / name)
    monkeypatch.setenv("DXMETHOD_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def overlay(workspace: Path, name: str, text: str) -> Path:
    head = f'kind: overlay\nformat: 1\nid: {name}\ntitle: T\nversion: "1"\nstatus: draft\n'
    path = workspace / "frameworks" / "overlays" / f"{name}.yml"
    path.write_text(head + "province: Tỉnh\n" + text, encoding="utf-8")
    return path


def test_adapt_writes_a_framework_that_passes_check_and_a_table(workspace, capsys):
    adapt_command(MOUNTAIN)
    said = capsys.readouterr().out
    assert "14 thay đổi so với mic-2361-2024/commune (siết 1, nới 9)" in said
    assert "giữ nguyên 36, sửa 5, bỏ 2; thêm 1" in said
    folder = workspace / "outputs" / MOUNTAIN
    assert main(["check", str(folder)]) == 0
    framework = open_framework(folder / "commune.yml")[1]
    assert framework == open_overlay(MOUNTAIN).adaptation.framework
    book = load_workbook(folder / "doi-chieu.xlsx")
    assert book.sheetnames == ["Thay đổi", "Số lượng", "Phần giữ lại"]
    cells = [cell.value for row in book["Thay đổi"].iter_rows() for cell in row]
    assert "MINH HỌA, không phải nội dung văn bản" in cells
    assert "Cơ bản, khu vực III" in cells


def test_adapting_twice_gives_the_same_bytes(workspace):
    files = []
    for _ in range(2):
        adapt_command(MOUNTAIN, workspace / "frameworks" / MOUNTAIN)
        files.append(
            [p.read_bytes() for p in sorted((workspace / "frameworks" / MOUNTAIN).iterdir())]
        )
    assert files[0] == files[1]
    assert open_framework(f"{MOUNTAIN}/commune")[1].extends == "mic-2361-2024/commune"


def test_a_framework_that_no_overlay_made_is_not_written_over(workspace):
    target = workspace / "frameworks" / "mic-2361-2024"
    before = (target / "commune.yml").read_bytes()
    with pytest.raises(Faults, match="không do bản điều chỉnh này lập ra"):
        adapt_command(MOUNTAIN, target)
    assert (target / "commune.yml").read_bytes() == before
    assert not (target / "doi-chieu.xlsx").exists()


def test_an_overlay_of_an_overlay(workspace):
    text = f"extends: {MOUNTAIN}\nchanges:\n  - drop: chu-ky-so-ca-nhan\n"
    path = overlay(workspace, "con", text)
    done = open_overlay(path).adaptation
    assert (done.base.id, done.framework.id) == (f"{MOUNTAIN}/commune", "con/commune")
    assert len(done.framework.indicators) == 41


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("mot", "vòng: mot → mot"),
        ("hai", "vòng: mot → hai → mot"),
        ("mic-2361/commune", 'gần nhất: "mic-2361-2024/commune"'),
        ("tinh-mien-nui", f'gần nhất: "{MOUNTAIN}"'),
    ],
)
def test_what_is_extended_is_there_and_not_itself(workspace, extends, said):
    overlay(workspace, "mot", f"extends: {extends}\n")
    overlay(workspace, "hai", "extends: mot\n")
    with pytest.raises(Faults) as raised:
        open_overlay("mot")
    assert said in str(raised.value)


def test_an_overlay_that_is_not_there_is_said_with_the_nearest(workspace):
    with pytest.raises(Faults, match=f'gần nhất: "{MOUNTAIN}"'):
        open_overlay("tinh-mien-nui-minhhoa")


def limit(workspace: Path) -> None:
    """The national framework allows names only."""
    path = workspace / "frameworks" / "mic-2361-2024" / "commune.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("depth: indicators\n", "depth: indicators\nadjustable: {changes: [rename]}\n"),
        encoding="utf-8",
    )


def test_what_the_framework_forbids_is_refused_and_can_still_be_shown(workspace):
    limit(workspace)
    with pytest.raises(Faults, match="khung không cho sửa ngưỡng"):
        adapt_command(MOUNTAIN)
    assert not (workspace / "outputs").exists()
    found = open_overlay(MOUNTAIN)
    table = conformity(found.adaptation, found.catalogue)
    assert table["conformity"][1] == "ngoài phạm vi: khung không cho sửa ngưỡng"
    assert table["conformity"][10] == "được phép"
    assert change_counts(found.adaptation).loc["Cộng", "refused"] == 13


def test_check_knows_overlays(workspace):
    checker = Checker()
    folder = workspace / "frameworks" / "overlays"
    said = checker.check(folder / f"{MOUNTAIN}.yml")
    assert "bản điều chỉnh của Tỉnh miền núi (minh họa)" in said
    assert not checker.faults.faults
    (folder / "khac.yml").write_bytes((folder / f"{MOUNTAIN}.yml").read_bytes())
    checker.check(folder / "khac.yml")
    assert [fault.expected for fault in checker.faults.errors] == ["“khac” như tên tệp"]


def test_the_tables_say_what_changed_in_words(workspace):
    found = open_overlay(MOUNTAIN)
    done, known = found.adaptation, found.catalogue
    table = conformity(done, known)
    told = table.loc[[2, 7, 9, 12, 13, 14], ["kind", "where", "old", "new"]].to_numpy().tolist()
    assert told == [
        ["sửa ngưỡng", "Cơ bản, khu vực II", "≥\u00a085", "≥\u00a075"],
        ["bỏ", "", "mức 4:\u00a0≥\u00a025; 5:\u00a0≥\u00a045", "bỏ"],
        ["thêm chỉ tiêu", "", "–", "mức 3:\u00a0≥\u00a030; 4:\u00a0≥\u00a045; 5:\u00a0≥\u00a060"],
        [
            "đổi số yêu cầu phải đạt",
            "",
            "mọi yêu cầu",
            "mọi yêu cầu của Tiêu chí chung; ít nhất 90% số yêu cầu",
        ],
        [
            "đổi thời kỳ số liệu",
            "",
            "Kỳ số liệu: –",
            "Kỳ số liệu: từ ngày 15 tháng 10 năm trước đến ngày 14 tháng 10 năm đánh giá",
        ],
        ["đổi cơ quan đánh giá", "thẩm định", "–", "Sở Khoa học và Công nghệ của tỉnh"],
    ]
    assert kept(done).loc[""].tolist() == ["Cộng", 43, 36, 5, 2, 1]
    strata = thresholds_by_stratum([done.base, done.framework], known).set_index(
        ["indicator", "level", "stratum"]
    )
    row = strata.loc[("ho-phu-cap-quang", "Cơ bản", "khu vực II")]
    assert row[[done.base.id, done.framework.id]].tolist() == ["≥\u00a085", "≥\u00a075"]
    assert [len(page.rows) for page in conformity_pages(done, known)] == [14, 9, 5]


def test_rebase_writes_what_goes_along_and_lists_the_rest(workspace, capsys):
    rebase_command(MOUNTAIN, "mic-2516-2023/commune")
    said = capsys.readouterr().out
    path = workspace / "frameworks" / "overlays" / f"{MOUNTAIN}-mic-2516-2023.yml"
    assert "thay đổi chờ xử lý" in said
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server") and "chờ xử lý" in text
    with pytest.raises(Faults, match=r"mục conflicts\[1\]"):
        adapt_command(path.stem)
    with pytest.raises(Faults, match="đã có tệp này"):
        rebase_command(MOUNTAIN, "mic-2516-2023/commune")


@pytest.mark.parametrize(
    ("onto", "said"),
    [
        ("mic-2361-2024/district", "cùng loại đơn vị"),
        ("mic-2361-2024/commune", "khung khác khung đang dùng"),
        ("mic-9999/commune", "có “mic-9999/commune”"),
    ],
)
def test_rebase_refuses_what_is_no_next_version(workspace, onto, said):
    with pytest.raises(Faults, match=said):
        rebase_command(MOUNTAIN, onto)


def test_hostile_text_stays_text(workspace):
    text = (
        "extends: mic-2361-2024/commune\nchanges:\n  - rename: ke-hoach-nam\n"
        '    to: "=cmd|x"\n    reason: "<script>alert(1)</script>"\n    basis: "@x"\n'
    )
    overlay(workspace, "xau", text)
    adapt_command("xau")
    sheet = load_workbook(workspace / "outputs" / "xau" / "doi-chieu.xlsx")["Thay đổi"]
    cell = next(cell for row in sheet for cell in row if cell.value == "=cmd|x")
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_command_line_that_lacks_something_names_it(workspace, capsys):
    for line, lacks in ((["adapt"], "TỆP"), (["rebase", MOUNTAIN], "--onto")):
        assert main(line) == 1
        assert f"dòng lệnh: thiếu {lacks};" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Tên lạ.yml", "moi.xlsx", "moi", "a..yml"])
def test_a_rebased_overlay_is_written_only_where_it_can_be_opened(workspace, name):
    with pytest.raises(Faults, match="tên tệp là mã"):
        rebase_command(MOUNTAIN, "mic-2516-2023/commune", workspace / name)
    assert not (workspace / name).exists()
