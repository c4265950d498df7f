"""A problem made of a framework and reports; bad input is refused before work starts."""

import random

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, indicator, levels, observe, random_levels

from dxmethod.calibration import Settings, assemble, calibrate, check_problem, levels_under, problem
from dxmethod.calibration.problem import Rule
from dxmethod.faults import Collector, Faults
from dxmethod.framework import Quorum
from dxmethod.levels import assess_levels


def asked(**fields):
    made = levels("mot", "hai", **fields)
    first = indicator("a", required={"mot": 40.0, "hai": {"*": 60.0, "x": 50.0}})
    second = indicator("b", required={"hai": 10.0})
    return framework(first, second, levels=made)


KNOWN = catalogue("a", concept("b", better="lower"))
REPORTED = observe(
    {"a": [30, 45, 70, None, "KAD", "KMC"], "b": [5, 20, 8, 9, 3, 2]},
    KNOWN,
    strata=["x", "x", None, "y", "y", "x"],
)
SAID = pd.DataFrame(
    {"judge": "A", "unit": [f"u{k}" for k in range(6)], "level": [0, 1, 2, 1, 2, 0]}
)


def test_values_thresholds_and_statuses_are_turned_as_the_framework_says():
    made = problem(asked(), REPORTED, SAID)
    assert made.strata == ("x", "*") or set(made.strata) == {"x", "*"}
    x, other = made.strata.index("x"), made.strata.index("*")
    assert made.draft[x].tolist()[1] == [50.0, -10.0]
    assert made.draft[other, 1].tolist() == [60.0, -10.0] and np.isnan(made.draft[other, 0, 1])
    assert made.leader[x, 0, 0] == made.leader[other, 0, 0]
    assert made.leader[x, 1, 0] != made.leader[other, 1, 0]
    assert (made.low[3, 0], made.high[3, 0]) == (-np.inf, np.inf)
    assert made.excluded[4, 0] and made.high[5, 0] == -np.inf
    assert (made.lower[0, 0, 1], made.upper[0, 0, 1]) == (-100.0, 0.0)
    assert made.labels.tolist() == [[0, 1, 2, 1, 2, 0]]


@pytest.mark.parametrize("seed", range(40))
def test_levels_under_the_draft_are_those_of_the_assessment(seed):
    drawn, reported = random_levels(random.Random(seed))
    names = tuple(level.id for level in drawn.levels)
    rng = random.Random(seed)
    quorum = lambda: rng.choice([Quorum(share=1.0), Quorum(share=0.5), Quorum(count=2)])  # noqa: E731
    chained = tuple(
        level.model_copy(
            update={
                "after": names[place - 1] if place else None,
                "quorum": (quorum(),),
                "mandatory": (),
            }
        )
        for place, level in enumerate(drawn.levels)
    )
    drawn = drawn.model_copy(update={"levels": chained})
    said = pd.DataFrame({"judge": ["A"], "unit": ["u0"], "level": [0]})
    try:
        made = problem(drawn, reported, said)
    except Faults:
        made = _unchecked(drawn, reported, said)
    found = levels_under(made, made.draft)
    nothing = made.excluded.all(axis=1)
    assert np.array_equal(found[~nothing], assess_levels(drawn, reported).level[~nothing])


def _unchecked(drawn, reported, said, monkey=pytest.MonkeyPatch):
    with monkey.context() as patch:
        patch.setattr("dxmethod.calibration.intake.check_problem", lambda *_: None)
        return problem(drawn, reported, said)


def test_everything_wrong_with_judgements_is_said_at_once():
    said = pd.DataFrame(
        {
            "judge": ["A", "A", "A", "A"],
            "unit": ["u0", "u9", "u1", "u0"],
            "level": ["ba", "mot", np.nan, 1.5],
        }
    )
    with pytest.raises(Faults) as raised:
        problem(asked(), REPORTED, said)
    text = str(raised.value)
    assert "mức không tồn tại “ba”" in text and "đơn vị lạ “u9”" in text
    assert "để trống" in text and "1.5" in text


def test_problems_that_cannot_be_solved_are_refused_and_doubtful_ones_marked():
    values = np.array([[1.0, np.nan, 3.0], [2.0, np.nan, 3.0]])
    bad = assemble(
        values,
        [[1, 1], [1, 1]],
        [Rule()] * 3,
        draft=np.ones((3, 3)),
        lower=np.full((1, 3, 3), 2.0),
        upper=np.full((1, 3, 3), 1.0),
    )
    faults = Collector()
    check_problem(bad, faults)
    said = "\n".join(map(str, faults.faults))
    for words in (
        "mọi đơn vị cùng một mức",
        "chỉ 2 đơn vị được đánh giá",
        "không đơn vị nào được đánh giá có số liệu",
        "cùng một giá trị",
        "trái nhau",
        "luôn cho một mức",
    ):
        assert words in said
    assert len(faults.warnings) == 3  # two judges, one criterion
    odd = assemble(values, [[7, 0.5]], [Rule()] * 2, draft=np.ones((2, 3)))
    check_problem(odd, faults := Collector())
    assert "mức không tồn tại" in str(faults.errors[0])


def test_rules_beyond_one_quorum_are_refused():
    strange = asked(mandatory=("a",), quorum=(Quorum(share=0.5), Quorum(count=1)))
    with pytest.raises(Faults, match="định mức theo nhóm"):
        problem(strange, REPORTED, SAID)


def test_yes_no_thresholds_stay_whole():
    known = catalogue(concept("a", measure="yes_no"), "b")
    made = framework(
        indicator("a", required={"mot": 1.0}),
        indicator("b", required={"mot": 50.0}),
        levels=levels("mot"),
    )
    rng = np.random.default_rng(0)
    yes, share = rng.integers(0, 2, 60), rng.uniform(0, 100, 60).round()
    said = pd.DataFrame(
        {"judge": "A", "unit": [f"u{k}" for k in range(60)], "level": (yes == 1) & (share >= 40)}
    ).astype({"level": int})
    reported = observe({"a": yes.tolist(), "b": share.tolist()}, known)
    fit = calibrate(problem(made, reported, said), settings=Settings(chains=2, warm=5, keep=5))
    assert (fit.thresholds[..., 0] == 1).all()
    assert 35 < fit.point[0, 0, 1] <= 42
