"""Commands of drafting, consultation, provinces and the scoring season, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from dxmethod.cli import main

NATIONAL = "mic-2361-2024/commune"


@pytest.fixture(autouse=True)
def home(repository, monkeypatch) -> None:
    monkeypatch.chdir(repository)


def run(capsys, *arguments: str | Path) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    return code, printed.out, printed.err


def test_compare_writes_the_statement_with_reasons_and_effects(capsys, tmp_path) -> None:
    old, new = "mic-2516-2023/commune", NATIONAL
    code, out, err = run(
        capsys, "compare", old, new, "--reasons", "mic-2516-to-2361", "-o", tmp_path / "so-sanh"
    )
    assert (code, err) == (0, "")
    assert "sửa ngưỡng: 92" in out
    book = load_workbook(tmp_path / "so-sanh" / "ban-so-sanh.xlsx")
    said = " ".join(str(cell.value) for sheet in book for row in sheet for cell in row)
    assert "Hiện hành" in said
    assert "Minh họa" in said
    assert "Cơ bản −" in said or "Cơ bản -" in said  # what a change did, beside its reason


def test_compare_refuses_what_has_nothing_in_common(capsys, tmp_path) -> None:
    code, out, err = run(
        capsys, "compare", "bac-giang-2937-2022/commune", "dti-2024/province", "-o", tmp_path / "x"
    )
    assert (code, out) == (1, "")
    assert "cấp xã" in err
    assert "không có khái niệm chung" in err
    assert not (tmp_path / "x").exists()


def test_a_register_is_written_empty_and_checked_filled(capsys, tmp_path) -> None:
    empty = tmp_path / "gop-y.xlsx"
    code, out, _ = run(capsys, "comments", "mic-2516-to-2361", "-o", empty)
    assert code == 0
    assert "gop-y.xlsx" in out
    filled = "data/consultation/gop-y-minh-hoa-khong-co-that.xlsx"
    code, out, _ = run(capsys, "comments", "mic-2516-to-2361", filled)
    assert code == 0
    assert "35" in out
    code, _, err = run(capsys, "comments", "mic-2516-to-2361", tmp_path / "khong-co.xlsx")
    assert code == 1
    assert "khong-co.xlsx" in err


def test_a_province_adapts_and_scores(capsys, tmp_path) -> None:
    folder, book = tmp_path / "tinh", tmp_path / "bang-cham.xlsx"
    code, out, _ = run(capsys, "adapt", "tinh-mien-nui-minh-hoa", "-o", folder)
    assert code == 0
    assert "thay đổi so với mic-2361-2024/commune" in out
    units = tmp_path / "don-vi.csv"
    lines = Path("data/pilot/mo-phong-don-vi.csv").read_text(encoding="utf-8").splitlines()
    units.write_text("\n".join(lines[:6]) + "\n", encoding="utf-8")
    code, out, err = run(capsys, "sheet", folder / "commune.yml", "--units", units, "-o", book)
    assert (code, err) == (0, "")
    code, _, err = run(capsys, "season", book, "-o", tmp_path / "ket-qua")
    assert code == 1
    assert "--framework" in err
    code, out, _ = run(
        capsys, "season", book, "--framework", folder / "commune.yml", "-o", tmp_path / "ket-qua"
    )
    assert code == 0
    assert {path.name for path in (tmp_path / "ket-qua").iterdir()} == {
        "phu-luc-quyet-dinh.docx",
        "phu-luc-quyet-dinh.xlsx",
        "phuc-tra-chenh-lech.docx",
        "phuc-tra-chenh-lech.xlsx",
        "trang-don-vi.pdf",
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("adapt", "khong-co"), "khong-co"),
        (("rebase", "tinh-mien-nui-minh-hoa", "--onto", "khong-co/commune"), "khong-co/commune"),
        (("sheet", NATIONAL, "--units", "khong-co.csv", "-o", "x.xlsx"), "khong-co.csv"),
        (("sheet", "khong-co/commune", "--units", "README.md", "-o", "x.xlsx"), "khong-co"),
        (("season", "khong-co.xlsx", "-o", "x"), "khong-co.xlsx"),
        (("season", "README.md", "-o", "x"), "README.md"),
        (("compare", NATIONAL, "-o", "x"), "khung"),
        (("compare", NATIONAL, "khong-co/commune", "-o", "x"), "khong-co/commune"),
        (("comments", "khong-co"), "khong-co"),
    ],
)
def test_what_is_not_there_is_said(capsys, words, told) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (1, "")
    assert told in err
    assert not Path("x").exists()
    assert not Path("x.xlsx").exists()
