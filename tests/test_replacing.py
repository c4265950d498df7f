"""Official text takes the place of what was written to fill a count."""

from __future__ import annotations

import docx
import pytest
from examples import LINE, catalogue, concept, framework, group, indicator
from tables import SUFFIXES, grids, small, workbook

from dxmethod.faults import Collector
from dxmethod.framework import Issue, Provenance
from dxmethod.replacing import replace_criteria


def table(path, rows):
    """The same rows as a sheet, or as a table of a Word file."""
    if path.suffix == ".xlsx":
        return workbook(path, A=rows)
    word = docx.Document()
    made = word.add_table(len(rows), len(rows[0]))
    for line, row in zip(made.rows, rows, strict=True):
        for box, value in zip(line.cells, row, strict=True):
            box.text = "" if value is None else str(value).replace(".0", "")
    word.save(str(path))
    return path


def replace(base, known, path):
    faults = Collector(path.name)
    return replace_criteria(base, grids(path), known, path.name, faults), faults


HEAD = ("TT", "Tiêu chí", "Mức 1", "Mức 2", "Minh chứng")
OFFICIAL = [
    HEAD,
    ("I", "NHÓM MỘT", None, None, None),
    ("1", "Hồ sơ trực tuyến", 70.0, "≥ 90", "Báo cáo"),
    ("9", "Sự cố", "≤ 5", None, "Biên bản"),
]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_named_group_is_replaced_and_the_others_stay(tmp_path, suffix):
    base, known = small(issued=Issue(document="12/QĐ-UBND"))
    path = table(tmp_path / f"chinh-thuc{suffix}", OFFICIAL)
    done, faults = replace(base, known, path)
    assert faults.errors == ()
    assert [(old.id, new.label) for old, new in done.pairs] == [("a", "Hồ sơ trực tuyến")]
    assert [item.id for item in done.dropped] == ["b"]
    assert [item.id for item in done.added] == ["su-co"]
    first, second, kept = done.framework.indicators
    assert first.id == "a" and first.required == {"muc-1": 70.0, "muc-2": 90.0}
    assert (first.evidence, second.concept) == ("Báo cáo", "su-co")
    assert kept == base.indicators[2]
    place = "trang A, hàng 3" if suffix == ".xlsx" else "bảng 1, hàng 3"
    assert first.provenance == Provenance(
        document="12/QĐ-UBND", place=f"chinh-thuc{suffix}, {place}", fidelity="official"
    )
    assert done.lines() == [
        "1 Hồ sơ trực tuyến: thay “Hồ sơ” (minh họa)",
        "bỏ: 2 b",
        "thêm: 9 Sự cố",
    ]


def test_name_that_is_alike_is_taken_with_a_warning(tmp_path):
    base, known = small()
    rows = [HEAD, ("I", "Nhóm ba", None, None, None), ("3", "c x", None, "≤ 4", None)]
    base = base.model_copy(
        update={
            "tree": group(
                "goc",
                base.tree.children[0],
                group(
                    "ba",
                    base.indicators[2].model_copy(update={"label": "Sự cố mạng"}),
                    label="Nhóm ba",
                ),
            )
        }
    )
    rows[2] = ("3", "Số sự cố mạng", None, "≤ 4", None)
    done, faults = replace(base, known, table(tmp_path / "t.xlsx", rows))
    assert [fault.found for fault in faults.faults] == [
        "“Số sự cố mạng” được hiểu là đo khái niệm su-co, như “Sự cố mạng”"
    ]
    assert done.framework.indicators[-1].required == {"muc-2": 4.0}
    assert done.framework.indicators[:2] == base.indicators[:2]


def test_unknown_concept_is_refused_with_the_nearest(tmp_path):
    base, known = small()
    rows = [HEAD, ("I", "Nhóm ba", None, None, None), ("7", "Hồ sơ trực tuyền", 5.0, None, None)]
    done, faults = replace(base, known, table(tmp_path / "t.xlsx", rows))
    assert done is None and len(faults.errors) == 1
    assert faults.errors[0].place == "trang A, hàng 3, cột B"
    assert "gần nhất: ho-so" in faults.errors[0].expected


def test_table_without_groups_is_refused(tmp_path):
    base, known = small()
    done, faults = replace(base, known, table(tmp_path / "t.xlsx", [HEAD, OFFICIAL[2]]))
    assert done is None and "không có hàng nhóm nào" in faults.errors[0].found


def test_points_come_from_the_official_table_and_rules_stay(tmp_path):
    known = catalogue(concept("ho-so", label="Hồ sơ trực tuyến"))
    item = indicator("x", code="1.1", concept="ho-so", points=5.0, value=LINE)
    base = framework(group("g", item, label="Nhóm"))
    rows = [("STT", "Chỉ số", "Điểm tối đa"), ("1", "Nhóm", 8.0), ("1.1", "Hồ sơ trực tuyến", 8.0)]
    rows = [(*row, text) for row, text in zip(rows, ("Cách tính", None, "Đếm"), strict=True)]
    done, faults = replace(base, known, table(tmp_path / "t.xlsx", rows))
    assert faults.faults == []
    new = done.framework.indicators[0]
    assert (new.id, new.points, new.value, new.method) == ("x", 8.0, LINE, "Đếm")


def test_new_concept_of_the_official_file_comes_along(tmp_path):
    base, known = small()
    rows = [HEAD, ("I", "Nhóm ba", None, None, None), ("7", "Thẻ mới", 5.0, None, None)]
    head = ("Mã khái niệm", "Tên khái niệm", "Kiểu", "Đơn vị tính")
    path = workbook(tmp_path / "t.xlsx", A=rows, B=[head, ("the-moi", "Thẻ mới", "tỷ lệ", "%")])
    done, faults = replace(base, known, path)
    assert faults.faults == [] and [item.id for item in done.concepts] == ["the-moi"]
