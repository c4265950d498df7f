"""Cells: rows in the order asked, every status turned into what the policy makes of it."""

import itertools

import numpy as np
import pytest
from examples import observe

from dxmethod.cells import lay_out
from dxmethod.framework import Policy

EVERY = [80, None, "KAD", "KPS", "KMC 90"]


def test_rows_come_in_the_order_asked():
    cells = lay_out(["b", "a"], observe({"a": [1, 2], "b": [3, 4]}), Policy())
    assert cells.value.tolist() == [[3, 4], [1, 2]]
    assert (cells.excluded, cells.unknown) == (None, None)


def test_values_asked_as_they_stand_are_not_copied():
    reported = observe({"a": [1, 2], "b": [3, 4]})
    assert np.shares_memory(lay_out(["a", "b"], reported, Policy()).value, reported.value)


def test_concept_may_be_asked_twice():
    cells = lay_out(["a", "a"], observe({"a": [1, None]}), Policy())
    np.testing.assert_equal(cells.value, [[1, np.nan], [1, np.nan]])
    assert cells.unknown.tolist() == [[False, True], [False, True]]


def test_concept_that_nobody_reported_is_missing_for_everyone():
    cells = lay_out(["a", "la"], observe({"a": [1, 2]}), Policy())
    np.testing.assert_equal(cells.value, [[1, 2], [np.nan, np.nan]])
    assert cells.unknown.tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize(
    ("missing", "not_applicable", "no_occurrence", "no_evidence"),
    list(
        itertools.product(
            ["unknown", "fails"],
            ["excluded", "fails"],
            ["excluded", "fails", "unknown"],
            ["fails", "counts"],
        )
    ),
)
def test_policy_decides_what_each_status_is_worth(
    missing, not_applicable, no_occurrence, no_evidence
):
    policy = Policy(
        missing=missing,
        not_applicable=not_applicable,
        no_occurrence=no_occurrence,
        no_evidence=no_evidence,
    )
    cells = lay_out(["a"], observe({"a": EVERY}), policy)
    claimed = 90 if no_evidence == "counts" else np.nan
    np.testing.assert_equal(cells.value, [[80, np.nan, np.nan, np.nan, claimed]])
    rules = (None, missing, not_applicable, no_occurrence, None)
    for mask, word in ((cells.excluded, "excluded"), (cells.unknown, "unknown")):
        wanted = [rule == word for rule in rules]
        assert (mask is None) == (not any(wanted))
        assert mask is None or mask.tolist() == [wanted]


def test_observations_are_left_alone():
    reported = observe({"a": EVERY})
    lay_out(["a"], reported, Policy(no_evidence="fails"))
    assert reported.value[4, 0] == 90
