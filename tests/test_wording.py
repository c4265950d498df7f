"""A rule in the words of an official sheet."""

from __future__ import annotations

import pytest
from examples import catalogue, concept, indicator

from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector
from dxmethod.framework import framework_files, read_framework
from dxmethod.values import Curve, Fitted, Part, Parts
from dxmethod.wording import measure_words, method_words

LINE = Curve(kind="linear", at=(0, 100), give=(0, 1))
STEPS = Curve(kind="steps", at=(50, 80), give=(0, 0.5, 1))
KNOWN = catalogue(
    concept("r", label="Hồ sơ trực tuyến"),
    concept("n", label="Sự cố", measure="number", unit="vụ", better="lower"),
    concept("y", label="Có kế hoạch", measure="yes_no", unit="Có/Không"),
    concept("c", label="Cấp độ", measure="category", unit="cấp", categories=("Chưa", "Một", "Hai")),
)
YES = Curve(kind="steps", at=(1,), give=(0, 1))


@pytest.mark.parametrize(
    ("asked", "value", "words"),
    [
        ("r", LINE, "Điểm = tỷ lệ × điểm tối đa."),
        ("r", STEPS, "Từ 80% trở lên: 10 điểm; từ 50% đến dưới 80%: 5 điểm; dưới 50%: 0 điểm."),
        (
            "r",
            STEPS.model_copy(update={"closed": "right"}),
            "Trên 80%: 10 điểm; trên 50% đến 80%: 5 điểm; từ 50% trở xuống: 0 điểm.",
        ),
        (
            "n",
            Curve(kind="steps", at=(1, 5), give=(1, 0.5, 0), closed="right"),
            "Từ 1 vụ trở xuống: 10 điểm; trên 1 vụ đến 5 vụ: 5 điểm; trên 5 vụ: 0 điểm.",
        ),
        (
            "r",
            Curve(kind="linear", at=(20, 80), give=(0, 1)),
            "Từ 20% trở xuống: 0 điểm; từ 80% trở lên: 10 điểm; ở giữa tính theo tỷ lệ.",
        ),
        ("y", YES, "Có: 10 điểm; không: 0 điểm."),
        (
            "c",
            Curve(kind="steps", at=(1, 2), give=(0, 0.5, 1)),
            "Hai: 10 điểm; một: 5 điểm; chưa: 0 điểm.",
        ),
        (
            "r",
            Fitted(kind="fitted", to="rank"),
            "Điểm = tỷ lệ đơn vị có kết quả không tốt hơn, tính cả chính đơn vị, × điểm tối đa.",
        ),
        (
            "r",
            Parts(
                kind="sum",
                of=(
                    Part(concept="y", value=YES, share=0.4),
                    Part(concept="r", value=LINE, share=0.6),
                ),
            ),
            "Cộng điểm các phần: (1) Có kế hoạch: có: 4 điểm; không: 0 điểm; "
            "(2) Hồ sơ trực tuyến: điểm = tỷ lệ × 6 điểm.",
        ),
        (
            "r",
            Parts(
                kind="at_least",
                k=1,
                of=(Part(concept="y", value=YES), Part(concept="r", value=STEPS)),
            ),
            "Được điểm tối đa khi đạt trọn ít nhất 1 phần: (1) Có kế hoạch; "
            "(2) Hồ sơ trực tuyến: từ 80% trở lên.",
        ),
    ],
)
def test_rule_reads_as_an_official_sheet_says_it(asked, value, words):
    item = indicator("x", concept=asked, value=value, points=10.0)
    assert method_words(item, KNOWN) == words


def test_points_by_class_are_told_in_shares():
    item = indicator("x", concept="r", value=STEPS, points={"*": 10.0, "xã": 5.0})
    assert method_words(item, KNOWN).startswith("Từ 80% trở lên: 100% số điểm; từ 50%")


def test_ratio_is_told_by_its_parts():
    made = concept("r", numerator="Số hồ sơ.", denominator="TTHC có hồ sơ")
    assert measure_words(made) == "a/b, trong đó a = số hồ sơ; b = TTHC có hồ sơ."


def test_every_shipped_method_is_a_sentence(repository):
    home = repository / "frameworks"
    known = read_catalogue(home / "catalogue", Collector())
    for path in framework_files(home):
        for item in read_framework(path, Collector()).indicators:
            for line in method_words(item, known).splitlines():
                assert line[0].isupper() or line.startswith("a/b, trong đó a = "), line
                assert line.endswith((".", ")", "”")) and "  " not in line and ".." not in line, (
                    line
                )
