"""Reading a scoring workbook back: what it holds, and every way in which it is spoilt."""

import shutil

import numpy as np
import pytest
from openpyxl import load_workbook

from dxmethod.faults import Faults
from dxmethod.observations import Status
from dxmethod.season.scores import framework_id, load_scores

from .conftest import CATALOGUE
from .test_recalculation import SOFFICE, recalculated


def spoil(path, change):
    book = load_workbook(path)
    change(book)
    book.save(path)


def told(path, asked):
    with pytest.raises(Faults) as caught:
        load_scores(path, asked, CATALOGUE)
    return [str(fault) for fault in caught.value.faults]


def test_what_was_written_is_read_back(sheet, asked, found):
    scores = load_scores(sheet, asked, CATALOGUE)
    assert framework_id(sheet) == asked.id
    for name in ("self", "verified", "final"):
        read, written = scores.round.at(name), found.at(name)
        np.testing.assert_array_equal(read.value, written.value)
        np.testing.assert_array_equal(read.status, written.status)
    assert scores.round.stages["verified"].notes["reason"].tolist() == ["sai-so-lieu"]
    assert scores.appeals["unit"].tolist() == ["u2"]
    assert scores.verified and [fault.severity for fault in scores.found] == ["cảnh báo"]
    assert scores.assessment().levels.level.tolist() == [1, 2, 1]


def set_cell(name, place, value):
    def change(book):
        book[name][place] = value

    return change


def set_all(*changes):
    def change(book):
        for one in changes:
            one(book)

    return change


SPOILT = {
    "row": (lambda b: b["Số liệu"].delete_rows(7), "trang Số liệu", "thiếu hàng của đơn vị “u1”"),
    "column": (lambda b: b["Số liệu"].insert_cols(5), "ô E5", "cột chèn thêm"),
    "lost": (lambda b: b["Số liệu"].delete_cols(4), "trang Số liệu", "thiếu cột “self:ho-so”"),
    "pasted": (set_cell("Số liệu", "G6", 99), "ô G6", "dán đè lên công thức"),
    "emptied": (set_cell("Kết quả", "H7", None), "ô H7", "công thức bị xóa"),
    "unknown": (set_cell("Số liệu", "A6", "u9"), "ô A6", "đơn vị lạ “u9”"),
    "twice": (set_cell("Số liệu", "A7", "u0"), "ô A7", "đã có ở hàng 6"),
    "renamed": (set_cell("Điểm", "B6", "Tên khác"), "ô B6", "“Tên khác”"),
    "header": (set_cell("Số liệu", "D3", "Số khác"), "ô D3", "tiêu đề “Số khác”"),
    "code": (set_cell("Số liệu", "D5", "self:khac"), "ô D5", "cột lạ “self:khac”"),
    "text": (set_cell("Số liệu", "D6", "tám mươi"), "ô D6", "có “tám mươi”"),
    "digits": (set_cell("Số liệu", "D6", "80"), "ô D6", "có chữ “80”"),
    "padded": (set_cell("Số liệu", "D6", "KAD "), "ô D6", "có “KAD ”"),
    "yes": (set_cell("Số liệu", "H6", "x"), "ô H6", "có chữ “x”"),
    "range": (set_cell("Số liệu", "D6", 180), "ô D6", "có 180"),
    "formula": (set_cell("Số liệu", "D6", "=40+1"), "ô D6", "có công thức"),
    "reason": (set_cell("Số liệu", "F8", None), "ô F8", "không có mã lý do"),
    "odd reason": (set_cell("Số liệu", "F8", "vi-thich"), "ô F8", "có “vi-thich”"),
    "threshold": (set_cell("Ngưỡng", "F6", 10), "ô F6", "ngưỡng 10"),
    "worth": (set_cell("Điểm", "H4", 99), "ô H4", "có 99"),
    "mixed": (set_cell("Điểm", "A2", "Mã bảng 0123456789abcdef"), "ô A2", "trang của bảng khác"),
    "gone": (lambda b: b.remove(b["Điểm"]), "trang Điểm", "không có trang này"),
    "granted": (set_cell("Phúc tra", "E6", None), "ô E6", "chấp nhận mà không có giá trị"),
    "appealed": (set_cell("Phúc tra", "A6", "u7"), "ô A6", "đơn vị lạ “u7”"),
    "decided": (set_cell("Phúc tra", "D6", "Có lẽ"), "ô D6", "có “Có lẽ”"),
    "mark": (set_cell("Hướng dẫn", "B4", "0" * 16), "trang Hướng dẫn", "không khớp khung"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_told_with_its_cell(sheet, asked, name):
    change, place, found = SPOILT[name]
    spoil(sheet, change)
    faults = told(sheet, asked)
    assert any(place in fault and found in fault for fault in faults), faults


def test_everything_is_told_at_once(sheet, asked):
    names = ("pasted", "text", "reason", "threshold", "worth", "decided", "renamed")
    spoil(sheet, set_all(*(SPOILT[name][0] for name in names)))
    faults = told(sheet, asked)
    for name in names:
        assert any(SPOILT[name][2] in fault for fault in faults), name


def test_sheet_of_another_framework_is_refused(sheet, asked):
    assert "vi-du/commune" in told(sheet, asked.model_copy(update={"id": "khac/commune"}))[0]


def test_changed_framework_is_refused(sheet, asked):
    newer = asked.model_copy(update={"rounding": None})
    assert any("mã bảng" in fault for fault in told(sheet, newer))


def test_refused_appeal_changes_nothing(sheet, asked):
    spoil(sheet, set_all(set_cell("Phúc tra", "D6", "Không chấp nhận"),
                         set_cell("Phúc tra", "E6", None)))  # fmt: skip
    scores = load_scores(sheet, asked, CATALOGUE)
    assert "final" not in scores.round.stages and len(scores.appeals) == 1
    assert scores.round.at("final").value[2, 1] == 0


def test_one_province_in_anothers_sheet(tmp_path, sheet, asked):
    """A row of units under the same codes, of another list: the mark tells."""
    other = tmp_path / "khac.xlsx"
    shutil.copy(sheet, other)
    spoil(other, set_all(*(set_cell("Kết quả", f"A{row}", f"x{row}") for row in (6, 7, 8))))
    assert any("đơn vị lạ “x6”" in fault for fault in told(other, asked))


def test_claim_without_evidence_is_read_with_its_number(sheet, asked):
    scores = load_scores(sheet, asked, CATALOGUE)
    own = scores.round.at("self")
    assert own.status[2, 2] == Status.NO_EVIDENCE and own.value[2, 2] == 60


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_broken_formula_is_told_after_recalculation(tmp_path, sheet, asked):
    assert load_scores(recalculated(tmp_path, [sheet])[0], asked, CATALOGUE).found == ()
    spoil(sheet, set_all(set_cell("Mức 1", "G6", "=1"), set_cell("Điểm", "H6", "=1/0"),
                         set_cell("Kết quả", "I7", '="Khá"&""')))  # fmt: skip
    faults = told(recalculated(tmp_path, [sheet])[0], asked)
    assert any("ô H6" in fault and "công thức hỏng" in fault for fault in faults), faults
