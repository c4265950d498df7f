"""Formulas as text: those that a reader of the workbook meets most."""

import pytest

from dxmethod.framework import Quorum, Rounding
from dxmethod.season import formulas as f
from dxmethod.values import Curve


@pytest.mark.parametrize(
    ("value", "formula"),
    [
        (Curve(kind="linear", at=(0, 100), give=(0, 1)), "MAX(0,MIN(100,X))/100"),
        (Curve(kind="linear", at=(20, 80), give=(0, 1)), "(MAX(20,MIN(80,X))-20)/(80-20)"),
        (Curve(kind="steps", at=(1, 2), give=(0, 0.5, 1)), "IF(X>=2,1,IF(X>=1,0.5,0))"),
        (Curve(kind="steps", at=(5,), give=(1, 0), closed="right"), "IF(X>5,0,1)"),
    ],
)
def test_curve(value, formula):
    assert f.curve(value, "X") == formula


def test_ranges_are_as_few_as_they_can_be():
    assert f.runs([5, 6, 7, 12], "6") == ["F6:H6", "M6"]


def test_text_cannot_end_its_quotes():
    assert f.literal('xã"&A1&"') == '"xã""&A1&"""'


def test_quorum_by_count_and_by_share():
    assert f.quorum(Quorum(count=3), ["A1:C1"]) == "SUM(A1:C1)>=MIN(3,COUNT(A1:C1))"
    assert f.quorum(Quorum(share=0.7), ["A1", "C1"]) == "SUM(A1,C1)>=0.7*COUNT(A1,C1)-1E-9"


def test_declared_rounding():
    assert f.rounded("X", Rounding(decimals=2), "rank") == "ROUND(X,2)"
    assert f.rounded("X", Rounding(decimals=2, before=("rank",)), "band") == "ROUND(X,9)"
    assert "MOD(INT((X*1)),2)" in f.rounded("X", Rounding(decimals=0, half="even"), "rank")
