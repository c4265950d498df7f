"""How well a calibration tells the levels of units it has not seen, and what that says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import baselines
from .problem import Floats, Ints, Problem
from .result import DECISIVE, DEFAULTS, Calibration, Progress, Settings, calibrate, likely

Predictor = Callable[[Problem, Ints, int], Ints]
BASELINES: Mapping[str, Predictor] = {
    "draft": baselines.draft,
    "passers": baselines.passers,
    "majority": baselines.majority,
    "ordinal": baselines.ordinal,
}
MEASURES = ("exact", "within_one", "kappa", "kappa_linear")
RESAMPLES = 1000
CLEARLY = 0.02  # a compensatory model that is better by more says that the rule is another one


@dataclass(frozen=True)
class Agreement:
    """Of levels found with levels given.

    Attributes
    ----------
    exact, within_one : float
        Part of the units at the same level, and at most one level off.
    kappa, kappa_linear : float
        Cohen's kappa with quadratic and with linear weights; NaN where chance alone agrees fully.
    """

    exact: float
    within_one: float
    kappa: float
    kappa_linear: float


def agreement(found: Ints | Floats, said: Ints | Floats, count: int) -> Agreement:
    """Compare levels from 0 to `count`."""
    table = np.zeros((count + 1, count + 1))
    np.add.at(table, (np.asarray(said, dtype=int), np.asarray(found, dtype=int)), 1)
    return Agreement(*_measures(table).tolist())


def _measures(table: Floats) -> Floats:
    """The four measures of confusion tables (..., C, C); shape (..., 4)."""
    size = table.shape[-1]
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    total = np.maximum(table.sum(axis=(-2, -1)), 1e-300)
    said, found = table.sum(axis=-1), table.sum(axis=-2)
    out = [(table * (apart <= width)).sum(axis=(-2, -1)) / total for width in (0, 1)]
    for power in (2, 1):
        cost = apart.astype(float) ** power
        chance = np.einsum("...i,ij,...j->...", said, cost, found) / total
        seen = (table * cost).sum(axis=(-2, -1))
        out.append(1 - seen / np.where(chance > 0, chance, np.nan))
    return np.stack(out, axis=-1)


def folds(problem: Problem, k: int = 5, repeats: int = 1, seed: int = 0) -> Ints:
    """Deal the judged units into k folds, level by level and stratum by stratum.

    Parameters
    ----------
    problem : Problem
    k, repeats : int
        Folds, and how often they are dealt anew.
    seed : int

    Returns
    -------
    ndarray of int, shape (repeats, U)
        Fold of each unit; −1 where nobody judged it.
    """
    rng = np.random.default_rng(seed)
    out = np.full((repeats, len(problem.stratum)), -1, dtype=np.intp)
    units = np.flatnonzero(problem.judged)
    for row in out:
        order = rng.permutation(units)
        keys = (problem.stratum[order], problem.consensus[order])
        row[order[np.lexsort(keys)]] = (np.arange(len(order)) + rng.integers(k)) % k
    return out


@dataclass(frozen=True, eq=False)
class Validation:
    """Levels that were told out of fold, beside what judges said.

    Attributes
    ----------
    problem : Problem
    fold : ndarray of int, shape (repeats, U)
    predicted : dict of str to ndarray of float, shape (repeats, U)
        "calibration", the baselines and others; NaN for units not judged or not reached.
    chances : ndarray of float, shape (repeats, U, L + 1)
        Probabilities by the calibration.
    seed : int
    interrupted : bool
    """

    problem: Problem
    fold: Ints
    predicted: dict[str, Floats]
    chances: Floats
    seed: int
    interrupted: bool = False

    def _tables(self, name: str, units: Ints) -> Floats:
        """Confusion table of each unit, mean of the repeats; shape (n, C, C)."""
        size = len(self.problem.rules) + 1
        tables = np.zeros((len(units), size, size))
        said = self.problem.consensus[units]
        for found in self.predicted[name][:, units]:
            known = np.flatnonzero(~np.isnan(found) & ~np.isnan(said))
            at = (known, said[known].astype(int), found[known].astype(int))
            tables[at] += 1 / len(self.fold)
        return tables

    def _draws(self, name: str, units: Ints) -> Floats:
        """Measures of all units, then of bootstrap resamples of them; (1 + B, 4)."""
        rng = np.random.default_rng(self.seed)
        tables = self._tables(name, units)
        often = rng.multinomial(len(units), np.full(len(units), 1 / len(units)), RESAMPLES)
        often = np.concatenate([np.ones((1, len(units))), often])
        return _measures(np.tensordot(often, tables, axes=1))

    def table(self, units: Ints | None = None) -> pd.DataFrame:
        """Measures of every predictor with 90 % bootstrap intervals over units.

        Returns
        -------
        DataFrame
            One row a predictor; of each measure `m` columns `m`, `m_low`, `m_high`; `units`.
        """
        units = np.flatnonzero(self.problem.judged) if units is None else units
        rows = {}
        for name in self.predicted:
            draws = self._draws(name, units)
            ends = _interval(draws[1:])
            rows[name] = {
                column: value
                for place, measure in enumerate(MEASURES)
                for column, value in (
                    (measure, draws[0, place]),
                    (f"{measure}_low", ends[0, place]),
                    (f"{measure}_high", ends[1, place]),
                )
            } | {"units": len(units)}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("predictor")

    def by_stratum(self) -> pd.DataFrame:
        """The same table for each stratum, one below the other."""
        problem = self.problem
        parts = {
            name: self.table(np.flatnonzero(problem.judged & (problem.stratum == code)))
            for code, name in enumerate(problem.strata)
            if (problem.judged & (problem.stratum == code)).any()
        }
        return pd.concat(parts, names=["stratum"])

    def gain(
        self, name: str = "calibration", over: str = "draft", measure: str = "kappa"
    ) -> tuple[float, float, float]:
        """Difference of a measure between two predictors, and its paired 90 % interval."""
        units, at = np.flatnonzero(self.problem.judged), MEASURES.index(measure)
        draws = self._draws(name, units)[:, at] - self._draws(over, units)[:, at]
        low, high = _interval(draws[1:, None])[:, 0]
        return float(draws[0]), float(low), float(high)

    def reliability(self, bins: int = 5) -> pd.DataFrame:
        """Probability of "this level or above" as told out of fold, against how often it was so."""
        said = self.problem.consensus
        above = self.chances[..., ::-1].cumsum(axis=-1)[..., ::-1][..., 1:]
        truly = said[:, None] > np.arange(above.shape[-1])
        told = ~np.isnan(above) & ~np.isnan(said)[:, None]
        chance, came = above[told], np.broadcast_to(truly, above.shape)[told]
        place = np.minimum((chance * bins).astype(int), bins - 1)
        frame = pd.DataFrame({"bin": place, "said": chance, "came": came.astype(float)})
        rows = frame.groupby("bin").agg(
            said=("said", "mean"), came=("came", "mean"), cases=("came", "size")
        )
        rows.insert(0, "low", rows.index / bins)
        rows.insert(1, "high", (rows.index + 1) / bins)
        return rows


def _interval(draws: Floats) -> Floats:
    """Bounds of 90 % of the draws along the first axis; NaN where none is a number."""
    known = ~np.isnan(draws).all(axis=0)
    ends = np.full((2, draws.shape[1]), np.nan)
    ends[:, known] = np.nanquantile(draws[:, known], [0.05, 0.95], axis=0)
    return ends


def cross_validate(
    problem: Problem,
    *,
    k: int = 5,
    repeats: int = 2,
    seed: int = 0,
    settings: Settings = DEFAULTS,
    others: Mapping[str, Predictor] | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Tell every judged unit's level by fits that have not seen what was said of it.

    Parameters
    ----------
    problem : Problem
    k, repeats, seed : int
        See `folds`.
    settings : Settings
        The choice among priors is repeated inside each fold.
    others : mapping of str to callable, optional
        Further predictors: given the problem with labels of one fold hidden, the places of the
        hidden units and a seed, the levels of these.
    progress : callable, optional
        Called with folds done and folds in all.

    Returns
    -------
    Validation
        What was done until then when the keyboard interrupted it.
    """
    dealt = folds(problem, k, repeats, seed)
    shape = dealt.shape
    simple = {**BASELINES, **(others or {})}
    predicted = {name: np.full(shape, np.nan) for name in ("calibration", *simple)}
    chances = np.full((*shape, len(problem.rules) + 1), np.nan)
    interrupted = False
    try:
        for number in range(k * repeats):
            row, part = divmod(number, k)
            units = np.flatnonzero(dealt[row] == part)
            if not len(units):
                continue
            seen = problem.hide(units)
            fit = calibrate(seen, seed=seed + number, settings=settings)
            chances[row, units] = fit.chances[units]
            predicted["calibration"][row, units] = likely(fit.chances[units])
            for name, predict in simple.items():
                predicted[name][row, units] = predict(seen, units, seed + number)
            if fit.interrupted:
                raise KeyboardInterrupt
            if progress is not None:
                progress(number + 1, k * repeats)
    except KeyboardInterrupt:
        interrupted = True
    return Validation(problem, dealt, predicted, chances, seed, interrupted)


@dataclass(frozen=True)
class Statement:
    """Something that the judged units show; the words are the report's.

    Attributes
    ----------
    kind : {"compensatory", "against_direction", "never_decides", "dominance", "no_gain"}
    subject : tuple of str
        Predictor, criterion, or judge and two units: the first better throughout, judged lower.
    figures : dict of str to float
    """

    kind: str
    subject: tuple[str, ...]
    figures: dict[str, float]


def statements(calibration: Calibration, validation: Validation) -> tuple[Statement, ...]:
    """Say what speaks against the rule, a criterion, a judge or the calibration itself."""
    found = []
    better, low, high = validation.gain("ordinal", "calibration", "exact")
    if better > CLEARLY:
        found.append(
            Statement("compensatory", ("ordinal",), {"gain": better, "low": low, "high": high})
        )
    gain, low, high = validation.gain()
    if not low > 0:
        found.append(Statement("no_gain", ("draft",), {"gain": gain, "low": low, "high": high}))
    problem = calibration.problem
    found += _against(problem)
    decides = np.asarray((calibration.pivots[..., problem.judged] >= 0.5).any(axis=(1, 2)))
    asked = np.asarray(problem.asked.any(axis=(0, 1)))
    found += [
        Statement("never_decides", (name,), {})
        for j, name in enumerate(problem.criteria)
        if asked[j] and not decides[j]
    ]
    return (*found, *_dominance(problem))


def _against(problem: Problem) -> list[Statement]:
    """Criteria whose rank correlation with the judged level is below zero beyond doubt.

    Fisher's interval of Spearman's coefficient, 95 % over all criteria together (Bonferroni).
    """
    from scipy.stats import norm, spearmanr

    found = []
    doubt = norm.ppf(1 - 0.025 / len(problem.criteria))
    for j, name in enumerate(problem.criteria):
        rows = problem.judged & ~np.isnan(problem.values[:, j])
        values, said = problem.values[rows, j], problem.consensus[rows]
        if len(said) < 10 or (values == values[0]).all() or (said == said[0]).all():
            continue
        rho = float(spearmanr(values, said).statistic)
        high = np.tanh(
            np.arctanh(np.clip(rho, -0.999999, 0.999999)) + doubt / np.sqrt(len(said) - 3)
        )
        if high < 0:
            figures = {"correlation": rho, "high": float(high), "units": float(len(said))}
            found.append(Statement("against_direction", (name,), figures))
    return found


def _dominance(problem: Problem) -> list[Statement]:
    """Pairs of one stratum where a judge puts the unit that is nowhere worse below the other."""
    asked = problem.asked.any(axis=(0, 1))
    low, high = problem.low[:, asked], problem.high[:, asked]
    out = problem.excluded[:, asked]
    found = []
    for judge, said in zip(problem.judges, problem.labels, strict=True):
        for first in np.flatnonzero(~np.isnan(said)).tolist():
            others = np.flatnonzero(
                (said > said[first]) & (problem.stratum == problem.stratum[first])
            )
            same = (out[others] == out[first]).all(axis=1)
            no_worse = ((low[first] >= high[others]) | out[others]).all(axis=1)
            for second in others[same & no_worse].tolist():
                units = (str(problem.units[first]), str(problem.units[second]))
                figures = {"level": float(said[first]), "other": float(said[second])}
                found.append(Statement("dominance", (judge, *units), figures))
    return found


def narrowing(calibration: Calibration) -> pd.DataFrame:
    """How many more judged units, and of which kind, would narrow each threshold.

    Returns
    -------
    DataFrame
        One row a threshold: `stratum`, `level`, `criterion`, `decisive` units, `near`: units of
        the stratum judged to be at this level or the one below, `wanted`: further units of that
        kind until there are `DECISIVE` decisive ones or, where there are, twice as many.

    Notes
    -----
    A unit near the boundary turns out decisive with rate r = (decisive + ½) / (near + 1); wanted
    = max(DECISIVE − decisive, decisive) / r, rounded up. A threshold between ordered values is
    held by its nearest decisive units, so its interval shrinks as one over their number: twice as
    many halve it.
    """
    problem, decisive = calibration.problem, calibration.decisive
    said, rows = problem.consensus, []
    for s, level, j in np.argwhere(problem.asked).tolist():
        if problem.leader[s, level, j] != s:
            continue
        shared = problem.leader[:, level, j] == s
        near = int(((said == level) | (said == level + 1))[shared[problem.stratum]].sum())
        count = int(decisive[s, level, j])
        wanted = np.ceil(max(DECISIVE - count, count) * (near + 1) / (count + 0.5))
        rows.append(
            (
                problem.strata[s],
                problem.levels[level],
                problem.criteria[j],
                count,
                near,
                int(wanted),
            )
        )
    columns = ["stratum", "level", "criterion", "decisive", "near", "wanted"]
    return pd.DataFrame(rows, columns=columns)
