"""What is said of the judges, on panels small enough to reckon by hand."""

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, indicator, levels, observe
from hypothesis import given, settings
from hypothesis import strategies as st

from dxmethod.assessment import assess
from dxmethod.calibration.judgements import Judgements
from dxmethod.calibration.panel import describe_judges, weighted_kappa

RULES = framework(
    indicator("a", required={"muc-1": 10, "muc-2": 50}),
    indicator("b", required={"muc-2": {"*": 50, "y": 30}}),
    levels=levels("muc-1", "muc-2"),
)
KNOWN = catalogue("a", concept("b", better="lower"))


def panel(*rows, columns=None, strata=None):
    frame = pd.DataFrame(rows, columns=["judge", "unit", "level", "blind"])
    frame["date"], frame["round"] = None, ""
    found = Judgements(frame, ("Chưa đạt", "Một", "Hai"))
    columns = columns or {"a": [60, 60, 5, 20], "b": [40, 60, 60, None]}
    return describe_judges(found, assess(RULES, observe(columns, KNOWN, strata)))


def test_counts_severity_and_agreement():
    rows = [("A", f"u{k}", level, True) for k, level in enumerate((2, 1, 0))]
    rows += [("B", f"u{k}", level, False) for k, level in enumerate((2, 2, 1))]
    rows += [("C", "u3", 1, None)]
    found = panel(*rows)
    assert found.coverage.to_numpy().tolist() == [[1, 1], [2, 3]]
    judges = found.judges
    assert judges[["Chưa đạt", "Một", "Hai"]].to_numpy().tolist() == [
        [1, 1, 1],
        [0, 1, 2],
        [0, 1, 0],
    ]
    assert judges["severity"].tolist()[:2] == pytest.approx([2 / 3, -2 / 3])
    assert np.isnan(judges["severity"]["C"]) and judges["shared"].tolist() == [3, 3, 0]
    pair = found.pairs.iloc[0]
    assert (pair["n"], pair["exact"], pair["within_one"]) == (3, pytest.approx(1 / 3), 1)
    assert found.pairs["n"].tolist() == [3, 0, 0]


def test_blind_and_not_blind_are_set_side_by_side():
    rows = [("A", f"u{k}", level, True) for k, level in enumerate((2, 1, 0))]
    rows += [("B", f"u{k}", level, False) for k, level in enumerate((2, 2, 1))]
    found = panel(*rows)
    # The draft gives 2, 1, 0: u1 fails b, u2 fails a.
    assert found.blind["judgements"].to_dict() == {"blind": 3, "not_blind": 3}
    assert found.blind["with_draft"].tolist() == pytest.approx([1, 1 / 3])
    assert found.blind["kappa"]["blind"] == 1
    assert found.blind_gap == pytest.approx(2 / 3)


def test_a_better_unit_put_lower_breaks_dominance():
    # u0 is as good as u1 on a and better (lower) on b; it beats u2 on both; b of u3 is unknown.
    rows = [("A", "u0", 0, None), ("A", "u1", 1, None), ("A", "u2", 1, None), ("A", "u3", 2, None)]
    found = panel(*rows)
    assert found.dominance[["better", "worse", "criteria"]].to_numpy().tolist() == [
        ["u0", "u1", 1],
        ["u0", "u2", 2],
    ]
    assert found.comparable == 3 and found.judges["breaks"].tolist() == [2]


def test_units_held_to_other_thresholds_are_not_compared():
    rows = [("A", "u0", 0, None), ("A", "u1", 1, None), ("A", "u2", 1, None)]
    found = panel(*rows, strata=["x", "y", "x", "x"])
    assert found.dominance["worse"].tolist() == ["u2"]


def test_a_unit_without_data_is_refused():
    with pytest.raises(ValueError, match="u9"):
        panel(("A", "u9", 1, None))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30))
def test_kappa_is_one_less_observed_over_chance_disagreement(pairs):
    a, b = np.array(pairs, dtype=float).T
    chance = np.mean([(x - y) ** 2 for x in a for y in b])
    found = weighted_kappa(a, b, 4)
    if chance == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(1 - np.mean((a - b) ** 2) / chance)
