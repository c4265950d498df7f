"""Values of a framework in words."""

import pytest

from dxmethod.report.chapters.wording import worded

LINEAR = {"kind": "linear", "at": [0, 80], "give": [0, 1], "closed": "left"}
STEPS = {"kind": "steps", "at": [1, 2.5], "give": [0, 0.5, 1], "closed": "left"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        ("", "–"),
        (True, "có"),
        (100.0, "100"),
        (0.45, "0,45"),
        (1250.5, "1.250,5"),
        ("geometric", "trung bình nhân"),
        ("ho-so", "Hồ sơ"),
        (["ho-so", "khác"], "Hồ sơ; khác"),
        ({"*": 80.0, "khu-vuc-iii": 60.0}, "chung: 80; khu-vuc-iii: 60"),
        ({"id": "x", "label": "y", "follows": ""}, "có"),
        ({"of": "*", "share": 1.0, "count": None}, "mọi yêu cầu"),
        ({"of": "*", "share": 0.7, "count": None}, "ít nhất 70% số yêu cầu"),
        ({"of": "a", "share": None, "count": 3}, "ít nhất 3 yêu cầu của nhóm a"),
        (LINEAR, "tuyến tính: 0 được 0%, 80 được 100% số điểm"),
        (STEPS, "theo bậc: từ 1 được 50%, từ 2,5 được 100%, còn lại 0% số điểm"),
        (
            STEPS | {"closed": "right"},
            "theo bậc: trên 1 được 50%, trên 2,5 được 100%, còn lại 0% số điểm",
        ),
        ({"kind": "fitted", "to": "best"}, "so với đơn vị tốt nhất"),
        (
            {"kind": "max", "of": [{"value": LINEAR}, {"value": {"kind": "fitted", "to": "rank"}}]},
            "phần cao nhất của: tuyến tính: 0 được 0%, 80 được 100% số điểm; "
            "theo thứ hạng trong nhóm",
        ),
    ],
)
def test_a_value_is_said_as_a_reader_would(value, words):
    assert worded(value, {"ho-so": "Hồ sơ"}) == words
