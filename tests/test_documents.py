"""YAML that people write: every malformed case is said in Vietnamese, with file, line and key."""

from __future__ import annotations

import datetime as dt
import string
from pathlib import Path
from typing import Literal

import pytest
from examples import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from dxmethod import documents
from dxmethod.documents import (
    Model,
    has_control_characters,
    inline_yaml,
    parse_yaml,
    place,
    read_model,
    read_text,
    read_yaml,
    write_yaml,
)
from dxmethod.faults import Collector


class Item(Model):
    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    points: float = Field(default=0, ge=0)
    count: int | None = None


class Sheet(Model):
    kind: Literal["sheet"]
    title: str = Field(min_length=1)
    day: dt.date | None = None
    open: bool = False
    weights: dict[str, float] = Field(default_factory=dict)
    items: tuple[Item, ...] = ()


GOOD = """\
kind: sheet
title: Bộ chỉ tiêu
items:
  - id: a
    points: 10
"""


def read(path: Path, content: str | bytes) -> tuple[Sheet | None, list[str]]:
    """Write a file, read it as a sheet; the sheet and every fault as the user sees it."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults = Collector()
    return read_model(Sheet, path, "khung.yml", faults), [str(fault) for fault in faults.faults]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "khung.yml"


def test_good_file_has_no_fault(path):
    sheet, faults = read(path, GOOD)
    assert faults == []
    assert sheet == Sheet(kind="sheet", title="Bộ chỉ tiêu", items=(Item(id="a", points=10),))


MALFORMED = {
    "duplicate key": (GOOD + "title: Khác\n", "dòng 6", ["“title” lặp lại"]),
    "duplicate key deep inside": (
        GOOD + "    points: 12\n",
        "dòng 6",
        ["“points” lặp lại", "mỗi khóa một lần"],
    ),
    "alias": ("kind: &k sheet\ntitle: *k\n", "dòng 2, cột 8", ["không dùng & và *"]),
    "foreign tag": (GOOD.replace("10", "!!python/object:os.x 10"), "dòng 5", ["python/object"]),
    "own tag": (GOOD.replace("10", "!khac 10"), "dòng 5, mục items[1] → points", ["!khac"]),
    "tag on a list": (GOOD + "weights: !!set {a, b}\n", "dòng 6", ["nhãn lạ"]),
    "binary": ("kind: sheet\ntitle: !!binary aGVsbG8=\n", "dòng 2", ["nhãn lạ"]),
    "timestamp": ("kind: sheet\ntitle: x\nday: !!timestamp 2024-01-01\n", "dòng 3", ["nhãn lạ"]),
    "tab": ("kind: sheet\n\ttitle: x\n", "dòng 2", ["cú pháp YAML (có dấu tab)"]),
    "two documents": (GOOD + "---\n" + GOOD, "dòng 6", ["cú pháp YAML"]),
    "unclosed quote": ('kind: "sheet\ntitle: x\n', "dòng", ["cú pháp YAML"]),
    "key that is no text": (GOOD + "? [a, b]\n: c\n", "dòng 6", ["khóa", "một tên"]),
    "half of a character": ('kind: sheet\ntitle: "\\ud800"\n', "dòng 2, mục title", ["có “?”"]),
    "control character": ("kind: sheet\ntitle: a\x07b\n", "dòng 2", ["ký tự"]),
    "unknown key": (
        GOOD.replace("points", "ponits"),
        "dòng 5, mục items[1] → ponits",
        ["khóa lạ “ponits”", 'gần nhất: "points"'],
    ),
    "merge key": (GOOD + "<<: {open: true}\n", "dòng 6", ["khóa lạ “<<”"]),
    "text for a number": (
        GOOD.replace("10", "mười"),
        "dòng 5, mục items[1] → points",
        ["có “mười”", "cần một số"],
    ),
    "decimal comma": (GOOD.replace("10", "10,5"), "dòng 5", ["có “10,5”", "cần một số"]),
    "quoted number": (GOOD.replace("10", '"10"'), "dòng 5", ["có “10”", "cần một số"]),
    "number for text": (GOOD.replace("Bộ chỉ tiêu", "2024"), "dòng 2", ["có 2024", "văn bản"]),
    "yes/no for a number": (GOOD.replace("10", "true"), "dòng 5", ["logic true", "một số"]),
    "fraction for a count": (GOOD + "    count: 1.5\n", "dòng 6", ["có 1.5", "số nguyên"]),
    "word for yes/no": (GOOD + "open: có\n", "dòng 6", ["có “có”", "true hoặc false"]),
    "too small": (GOOD.replace("10", "-1"), "dòng 5", ["có -1", "không nhỏ hơn 0"]),
    "not a number": (GOOD.replace("10", ".nan"), "dòng 5", ["có “.nan”", "một số"]),
    "not a number, tagged": (GOOD.replace("10", "!!float .nan"), "dòng 5", ["số hữu hạn"]),
    "infinite": (GOOD.replace("10", ".inf"), "dòng 5", ["có “.inf”", "một số"]),
    "too large for a number": (GOOD.replace("10", "1.0e+999"), "dòng 5", ["số hữu hạn"]),
    "too many digits": (GOOD.replace("10", "9" * 400), "dòng 5", ["số"]),
    "far too many digits": (GOOD.replace("10", "9" * 5000), "dòng 5", ["số"]),
    "wrong word": (GOOD.replace("kind: sheet", "kind: shet"), "dòng 1, mục kind", ["một trong"]),
    "malformed id": (GOOD.replace("id: a", "id: Mức 1"), "dòng 4", ["có “Mức 1”", "không dấu"]),
    "malformed date": (GOOD + "day: 31/12/2024\n", "dòng 6", ["31/12/2024", "2024-12-31"]),
    "impossible date": (GOOD + "day: 2024-02-31\n", "dòng 6", ["2024-02-31", "ngày"]),
    "empty text": (GOOD.replace("Bộ chỉ tiêu", '""'), "dòng 2", ["để trống", "ít nhất một"]),
    "missing key": (GOOD.replace("title: Bộ chỉ tiêu\n", ""), "dòng 1", ["thiếu mục “title”"]),
    "missing key deep inside": (GOOD.replace("id: a\n    ", ""), "dòng 4", ["thiếu mục “id”"]),
    "list for keys": ("- kind\n- sheet\n", "dòng 1", ["khóa: giá trị"]),
    "keys for a list": ("kind: sheet\ntitle: x\nitems: {a: 1}\n", "dòng 3", ["một danh sách"]),
    "text for keys": ("chỉ là chữ\n", "dòng 1", ["khóa: giá trị"]),
    "nothing for a list": ("kind: sheet\ntitle: x\nitems:\n", "dòng 3", ["trống", "danh sách"]),
    "empty file": ("", "khung.yml: ", ["tệp rỗng"]),
    "comment only": ("# chưa viết\n", "khung.yml: ", ["tệp rỗng"]),
    "unreadable encoding": ("title: Bộ".encode("utf-16"), "byte thứ 1", ["UTF-8"]),
    "Windows encoding": ("title: B\xe9\n".encode("cp1258"), "byte thứ 9", ["UTF-8"]),
    "deep nesting": ("kind: " + "[" * 100_000, "khung.yml: ", ["quá sâu"]),
    "deep nesting of keys": (
        "".join(" " * depth + "a:\n" for depth in range(2000)),
        "khung.yml: ",
        ["quá sâu"],
    ),
    "nesting that only the checker finds too deep": (
        GOOD + "weights: " + "[" * 220 + "]" * 220,
        "dòng 6, mục weights",
        ["quá sâu"],
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_file_is_said_in_vietnamese_with_its_place(path, case):
    content, where, words = MALFORMED[case]
    sheet, faults = read(path, content)
    assert sheet is None
    assert len(faults) == 1, faults
    assert faults[0].startswith("Lỗi: khung.yml")
    for word in (where, *words):
        assert word in faults[0]


def test_missing_file_and_folder_are_said(path, tmp_path):
    for missing, words in ((path, "không có tệp này"), (tmp_path, "đây là thư mục")):
        faults = Collector()
        assert read_model(Sheet, missing, "khung.yml", faults) is None
        assert [str(fault) for fault in faults.faults] == [
            f"Lỗi: khung.yml: {words}; cần một tệp đọc được."
        ]


def test_file_too_large_is_not_read(path, monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 2_000_000)
    sheet, faults = read(path, "#" * 2_000_001)
    assert sheet is None
    assert "không quá 2 MB" in faults[0]


def test_all_faults_of_a_file_are_said_at_once(path):
    content = """\
kind: shet
title: Bộ chỉ tiêu
title: Bộ chỉ tiêu
itmes: []
items:
  - id: a
    points: mười
  - points: -1
"""
    sheet, faults = read(path, content)
    assert sheet is None
    places = ["dòng 1", "dòng 3", "dòng 4", "dòng 7", "dòng 8", "dòng 8"]
    assert sorted(fault.split(", ")[1].split(":")[0] for fault in faults) == places


def test_dates_and_codes_stay_text(path):
    path.write_text("a: 2024-01-31\nb: 01\nc: no\nd: 1_000\ne: 0x1F\nf: 12:30\n", encoding="utf-8")
    data, _ = read_yaml(path, Collector())
    assert data == {
        "a": "2024-01-31",
        "b": "01",
        "c": "no",
        "d": "1_000",
        "e": "0x1F",
        "f": "12:30",
    }


def test_numbers_are_numbers(path):
    path.write_text("[1, -2, 0.5, .5, 1.5e3, true, null, ~]", encoding="utf-8")
    assert read_yaml(path, Collector())[0] == [1, -2, 0.5, 0.5, 1500.0, True, None, None]


def test_text_is_read_as_composed_unicode_without_its_mark(path):
    path.write_text("\ufeffBo\u0323\u0302\r\n", encoding="utf-8", newline="")
    assert read_text(path, Collector()) == "Bộ\n"


def test_lines_are_known_for_every_address(path):
    path.write_text(GOOD, encoding="utf-8")
    _, lines = read_yaml(path, Collector())
    assert lines[()] == 1
    assert lines["items",] == 3
    assert lines["items", 0] == 4
    assert lines["items", 0, "points"] == 5


def test_place_falls_back_on_the_nearest_line():
    lines = {(): 1, ("tree",): 3}
    assert place(("tree", "children", 1, "points"), lines) == (
        "dòng 3, mục tree → children[2] → points"
    )
    assert place(()) == ""


def test_hostile_text_survives_writing_and_reading(path):
    data = {"names": list(HOSTILE), "key: {[": HOSTILE[0]}
    write_yaml(data, path)
    faults = Collector()
    assert read_yaml(path, faults)[0] == data
    assert faults.faults == []


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Mn"]))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | PRINTABLE.map(documents.nfc),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(string.printable.strip()), inner),
        max_leaves=8,
    )
)
def test_what_is_written_is_read_again(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("yaml") / "a.yml"
    write_yaml(data, path)
    faults = Collector()
    assert read_yaml(path, faults)[0] == data
    assert faults.faults == []


def test_files_have_unix_line_ends_and_letters_as_they_are(path):
    write_yaml({"title": "Bộ chỉ tiêu", "items": [{"id": "a"}]}, path)
    assert path.read_bytes() == "title: Bộ chỉ tiêu\nitems:\n  - id: a\n".encode()


def test_control_characters_are_found():
    assert has_control_characters("a\x07b")
    assert has_control_characters("a\x85b")
    assert not has_control_characters("một\thai\nba")


@pytest.mark.parametrize("text", ["1.5e5", "007", "a\nb", "a: b", "~", "\ttab", "null", ""])
def test_text_on_one_line_of_yaml_comes_back_as_text(text):
    line = inline_yaml({"k": [text]})
    assert "\n" not in line
    assert parse_yaml(line, Collector())[0] == {"k": [text]}


def test_blanks_around_a_text_are_no_part_of_it():
    class Named(Model):
        name: str

    assert Named(name="\u00a0a b \n").name == "a b"
