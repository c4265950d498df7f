"""The register as a workbook: what is written comes back, what is wrong is said with its cell."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from consultation.test_comments import KNOWN, NEW, OLD, accepted, comment
from openpyxl import load_workbook
from tables import TEXTS, edit

from dxmethod.consultation.comments import GROUPS, Asked, Comment, Reason, Register, revised
from dxmethod.consultation.sheet import comments_command, read_register, write_register
from dxmethod.excel import MAX_TEXT
from dxmethod.faults import Collector, Faults
from dxmethod.vietnamese import nfc

TITLE = "Dự thảo thử"
ASKED = (Asked("province", 9, 9, 1), Asked("citizen", None, 5, 0))
HELD = Register(
    (
        accepted("1", "a", "c", about="1.1", date=dt.date(2023, 7, 5)),
        accepted("2", "ngoài khung", group="citizen"),
        comment("3", about="d"),
    ),
    ASKED,
    (Reason("m2", "đặt lại tên"), Reason("b", "trùng"), Reason("tree/d/label", "rõ hơn")),
    commented=OLD.id,
    illustrative=True,
)


def write(path, register=HELD):
    write_register(register, revised(register, OLD, NEW), KNOWN, path, TITLE)
    return path


def read(path):
    faults = Collector()
    return read_register(path, OLD, [NEW], faults), [str(fault) for fault in faults.faults]


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "gop-y.xlsx")


def plainly(register):
    """What a register says, without places; a reason may come back under a shorter name."""
    side = revised(register, OLD, NEW)
    return (
        [
            tuple(getattr(c, name) for name in Comment.__dataclass_fields__ if name != "places")
            for c in register.comments
        ],
        [(a.group, a.asked, a.replied, a.agreed) for a in register.asked],
        sorted((c.target, r.reason) for r in register.reasons for c in side.named(r.change)),
        (register.commented, register.illustrative),
    )


def test_what_is_written_comes_back(path):
    back, said = read(path)
    assert said == []
    assert plainly(back) == plainly(HELD)
    again = write(path.with_name("lai.xlsx"), back)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(tmp_path, text):
    """A text that some program takes for more than text is written, read and written alike."""
    made = Register((comment("1", text=text, reply=text, by="Sở A"),), ASKED, commented=OLD.id)
    path = write(tmp_path / "t.xlsx", made)
    for line in load_workbook(path).worksheets[0].iter_rows():
        assert all(cell.data_type != "f" for cell in line)
    back, said = read(path)
    assert not [line for line in said if line.startswith("Lỗi")]
    assert back.comments[0].text == back.comments[0].reply == nfc(text).strip()
    assert len(text) < MAX_TEXT


def test_an_illustrative_register_says_so_on_every_sheet_that_holds_words(path):
    book = load_workbook(path)
    sheets = [sheet for sheet in book if sheet.title not in ("Thay đổi", "Danh mục")]
    assert sheets[0].title == "Góp ý (minh họa)"
    for sheet in sheets:
        assert sheet["A2"].value == "GÓP Ý MINH HỌA, không có thật"


def test_an_empty_register_offers_lists_and_is_never_written_over(tmp_path):
    to = tmp_path / "gop-y.xlsx"
    (said,) = comments_command("thử", [OLD, NEW], KNOWN, to=to)
    assert "60 hàng trống" in said
    book = load_workbook(to)
    sheet = book["Góp ý"]
    offered = {v.formula1: str(v.sqref) for v in sheet.data_validations.dataValidation}
    assert offered["'Danh mục'!$D$4:$D$9"].startswith("C4:C")
    assert [book["Danh mục"].cell(row, 4).value for row in range(4, 10)] == list(GROUPS.values())
    assert sheet["D10"].number_format == "@"
    back, said = read(to)
    assert back.comments == back.asked == () and back.commented == NEW.id
    assert all(line.startswith("Cảnh báo") and "chưa có góp ý hay lý do" in line for line in said)
    before = to.read_bytes()
    with pytest.raises(Faults, match="đã có tệp"):
        comments_command("thử", [OLD, NEW], KNOWN, to=to)
    assert to.read_bytes() == before and list(tmp_path.iterdir()) == [to]


def test_checking_tells_the_warnings_and_the_number(path):
    assert comments_command("thử", [OLD, NEW], KNOWN, path) == [
        "gop-y.xlsx: 3 góp ý, đã trả lời đủ"
    ]
    edit(path, lambda book: book["Thay đổi"].delete_cols(4))
    with pytest.raises(Faults, match="trang có các cột “Thay đổi”, “Lý do"):
        comments_command("thử", [OLD, NEW], KNOWN, path)


def test_every_fault_is_said_at_once_with_its_cell(path):
    def spoil(book):
        sheet = book.worksheets[0]
        sheet["E5"] = '=HYPERLINK("http://x")'
        sheet["F5"] = "đồng ý"
        sheet["D6"] = 1.1
        sheet["I6"] = "tháng 7"
        sheet["C7"] = "thành phố"
        sheet["G7"] = None
        book["Cơ quan được lấy ý kiến"]["B6"] = 9.5
        book["Hướng dẫn"]["B5"] = "cũ"

    edit(path, spoil)
    held, said = read(path)
    assert held is None
    where = "gop-y.xlsx, trang Góp ý (minh họa), hàng"
    errors = [line for line in said if line.startswith("Lỗi")]
    assert [line.removeprefix("Lỗi: ").partition(";")[0] for line in errors] == [
        "gop-y.xlsx, trang Hướng dẫn, hàng 5, cột B: có “cũ”",
        f'{where} 5, cột E: có công thức “=HYPERLINK("http://x")”',
        f"{where} 5, cột F: có “đồng ý”",
        f"{where} 6, cột D: có số 1.1: không rõ là 1.1 hay 1.10",
        f"{where} 6, cột I: có “tháng 7”",
        f"{where} 7, cột C: có “thành phố”",
        "gop-y.xlsx, trang Cơ quan được lấy ý kiến, hàng 6, cột B: có 9.5",
        f"{where} 7, cột G: góp ý chưa được trả lời",
    ]


def test_hidden_rows_and_foreign_columns_are_faults(path):
    def spoil(book):
        sheet = book.worksheets[0]
        sheet.row_dimensions[6].hidden = True
        sheet["J4"] = "Cột thêm"

    edit(path, spoil)
    said = read(path)[1]
    assert any("hàng 6: hàng bị ẩn" in line for line in said)
    assert any("cột lạ “Cột thêm”" in line for line in said)


def test_personal_data_is_warned_of_and_never_shown(path):
    def add(book):
        sheet = book.worksheets[0]
        sheet["J4"], sheet["K4"] = "Số điện thoại", "Liên lạc"
        for row in (5, 6, 7):
            sheet.cell(row, 10).value = f"091234567{row}"
            sheet.cell(row, 11).value = f"091234567{row}"
        sheet["E6"] = "Xin gọi ông Trần Văn Thử, 0912 345 678 để trao đổi"

    edit(path, add)
    held, said = read(path)
    assert held.comments[1].text == "Xin gọi [đã che], [đã che] để trao đổi"
    assert [line.partition("cột ")[2][:1] for line in said] == ["J", "K", "E"]
    assert all(line.startswith("Cảnh báo") and "09" not in line for line in said)


@pytest.mark.parametrize("sheet", ["Góp ý (minh họa)", "Hướng dẫn", "Cơ quan được lấy ý kiến"])
def test_a_sheet_that_is_gone_is_missed(path, sheet):
    edit(path, lambda book: book.remove(book[sheet]))
    held, said = read(path)
    assert held is None
    assert any("không thấy bảng này" in line for line in said)


def test_dates_are_read_as_people_write_them(path):
    ways = {5: dt.datetime(2023, 7, 5), 6: "5-7-2023", 7: "ngày 05/07/2023"}
    edit(path, lambda book: [book.worksheets[0].cell(at, 9, day) for at, day in ways.items()])
    held, said = read(path)
    assert said == []
    assert {item.date for item in held.comments} == {dt.date(2023, 7, 5)}
    edit(path, lambda book: book.worksheets[0].cell(5, 9, "31/6/2023"))
    assert "có “31/6/2023”" in read(path)[1][0]


def test_damage_is_said_in_words(tmp_path):
    """Cut short or with bytes changed, a register is refused or read, never a traceback."""
    whole = write(tmp_path / "a.xlsx").read_bytes()
    rng = random.Random(1)
    for _ in range(12):
        part = bytearray(whole[: rng.randint(1, len(whole))])
        part[rng.randrange(len(part))] ^= 255
        (tmp_path / "b.xlsx").write_bytes(part)
        held, said = read(tmp_path / "b.xlsx")
        assert (held is None) == any(line.startswith("Lỗi") for line in said)


def test_without_the_mark_comments_count_as_real_only_when_said_so(path):
    edit(path, lambda book: book["Hướng dẫn"].cell(6, 2, "Không"))
    assert not read(path)[0].illustrative
    edit(path, lambda book: setattr(book["Hướng dẫn"]["B6"], "value", None))
    assert read(path)[0].illustrative
    edit(path, lambda book: book["Hướng dẫn"].cell(6, 2, "chắc thế"))
    assert "cần Có hoặc Không" in read(path)[1][0]
