"""A proposal to issue: how many changes pay outside the units they were chosen on, and which."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from ..changes import Change, apply
from ..concepts import Catalogue
from ..documents import Model
from ..framework import Framework, Provenance, Validity, by_stratum
from ..seeds import rng
from ..vietnamese import number
from .cutoffs import Grid, places
from .easing import threshold_changes
from .frontier import Frontier, Places, Point, frontier, kappa
from .learner import DRAFT
from .problem import Floats, Ints, Problem
from .result import Calibration, Progress, Settings, calibrate
from .validation import folds

CONFIDENCE = 0.9
_RESAMPLED = 1000  # times that units are drawn anew for an interval


class CalibrationOptions(Model):
    """What a person declares of a revision of thresholds by judged units.

    Attributes
    ----------
    grid : Grid
        Where new thresholds may stand: steps, and bounds of single indicators.
    most : int
        Thresholds changed at most.
    strata : tuple of str
        Strata from the one asked most to the one asked least: thresholds never rise along it.
    folds, repeats : int
        Parts into which judged units are divided, and how often, to see what a revision is worth
        for units that it was not chosen on.
    chains, warm, keep, draws : int
        Work of the sampler for each selection; see `Settings`.
    """

    grid: Grid = Grid()
    most: Annotated[int, Field(ge=1, le=50)] = 12
    strata: tuple[str, ...] = ()
    folds: Annotated[int, Field(ge=2)] = 5
    repeats: Annotated[int, Field(ge=1)] = 2
    chains: Annotated[int, Field(ge=2)] = 8
    warm: Annotated[int, Field(ge=10)] = 40
    keep: Annotated[int, Field(ge=10)] = 40
    draws: Annotated[int, Field(ge=20)] = 320

    @property
    def settings(self) -> Settings:
        """Of the sampler: thresholds stand about the draft's unless the data say otherwise.

        That is what a revision is; and no choice among priors has to be repeated in every fold.
        """
        return Settings((DRAFT,), self.chains, self.warm, self.keep, draws=self.draws)


_DEFAULTS = CalibrationOptions()


def places_of(problem: Problem, grid: Grid, framework: Framework, catalogue: Catalogue) -> Places:
    """Lay the declared grid over the criteria of a problem.

    Parameters
    ----------
    problem : Problem
        Its criteria are indicators of the framework.
    grid : Grid
    framework : Framework
    catalogue : mapping of str to Concept

    Returns
    -------
    Places
        Without the worst value of a scale, unless bounds are declared: a threshold there would
        drop the requirement, which is another decision.
    """
    items = {item.id: item for item in framework.asked}
    found, scale = [], []
    for j, name in enumerate(problem.criteria):
        item = items[name]
        concept = catalogue[item.concept]
        stands = places(grid, item, concept, problem.sign[j] * problem.values[:, j])
        span = grid.indicators.get(name)
        if span is None or (span.low if concept.sign > 0 else span.high) is None:
            worst = concept.bounds[0] if concept.sign > 0 else concept.bounds[1]
            stands = stands[stands != worst]
        width = concept.bounds[1] - concept.bounds[0]
        found.append(stands)
        scale.append(width if np.isfinite(width) else float(np.ptp(stands)) or 1.0)
    return Places(tuple(found), np.array(scale))


@dataclass(frozen=True)
class Gain:
    """What a revision gains in kappa over the draft, out of fold, with its 90 % interval."""

    gain: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class Tried:
    """Revisions by number of changes, and what each is worth for units it was not chosen on.

    Attributes
    ----------
    frontier : Frontier
        Chosen on all judged units.
    fold : ndarray of int, shape (R, U)
        Fold of each judged unit in each repeat; −1 of the others.
    predicted : ndarray of float, shape (R, K + 1, U)
        Level by the revision with at most 0, 1, … K changes that was chosen without the unit's
        fold; NaN where that was not done.
    refit : ndarray of float, shape (R, U)
        The same by all thresholds learned anew, off the grid.
    chances : ndarray of float, shape (R, U, L + 1)
        Probability of each level by those thresholds, without the unit's fold.
    interrupted : bool
        Whether folds are missing.
    """

    frontier: Frontier
    fold: Ints
    predicted: Floats
    refit: Floats
    chances: Floats
    seed: int
    interrupted: bool = False

    @cached_property
    def _resampled(self) -> tuple[Floats, Floats]:
        """Exact agreement and kappa of draft, 1, … K changes and refit, shape (K + 2, B + 1).

        The first column is of the units as they are, the others of units drawn anew; repeats of
        one unit are drawn together.
        """
        said = self.frontier.calibration.problem.consensus
        found = np.concatenate([self.predicted, self.refit[:, None]], axis=1)
        done = np.isfinite(found).all(axis=1) & ~np.isnan(said)
        rows, units = np.nonzero(done)
        judged = np.unique(units)
        drawn = rng(self.seed, "units").integers(len(judged), size=(_RESAMPLED, len(judged)))
        counts = np.zeros((_RESAMPLED + 1, len(said)))
        counts[0] = 1
        for number_, draw in enumerate(drawn, 1):
            counts[number_] = np.bincount(judged[draw], minlength=len(said))
        weight, level = counts[:, units], found[rows, :, units]
        exact = (level == said[units][:, None]).T @ weight.T / weight.sum(axis=1)
        return exact, np.array([kappa(column, said[units], weight) for column in level.T])

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a number of changes, the refit last.

        Returns
        -------
        DataFrame
            `count` ("" for the refit), `size` (of the revision chosen on all units), `exact`,
            `kappa` and `gain` (in kappa over the draft) out of fold, each with `_low` and `_high`
            (90 %, units drawn anew), `in_sample_exact` and `in_sample_kappa`.
        """
        exact, kappas = self._resampled
        columns = {"exact": exact, "kappa": kappas, "gain": kappas - kappas[:1]}
        ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
        most = self.predicted.shape[1] - 1
        points = [self.frontier.at_most(count) for count in range(most + 1)]
        table = pd.DataFrame({"count": [*range(most + 1), ""]})
        table["size"] = [*(point.size for point in points), np.nan]
        for name, values in columns.items():
            table[name] = values[:, 0]
            table[f"{name}_low"], table[f"{name}_high"] = np.nanquantile(
                values[:, 1:], ends, axis=1
            )
        table["in_sample_exact"] = [*(point.exact for point in points), np.nan]
        table["in_sample_kappa"] = [*(point.kappa for point in points), np.nan]
        return table

    @cached_property
    def knee(self) -> int:
        """The smallest number whose kappa is within one standard error of the best.

        It is the error of the difference from the best, the same units drawn anew for both.
        """
        kappas = self._resampled[1][:-1]
        short = np.nanmax(kappas[:, 0]) - kappas[:, 0]
        error = np.nanstd(kappas[np.nanargmax(kappas[:, 0]), 1:] - kappas[:, 1:], axis=1)
        return int(np.flatnonzero(short <= error)[0])

    @property
    def point(self) -> Point:
        """The revision at the knee."""
        return self.frontier.at_most(self.knee)

    def gain(self, count: int | None = None) -> Gain:
        """Gain in kappa of the revision with so many changes; by default at the knee.

        The knee was chosen on the same folds: its gain flatters a little.
        """
        row = self.table.iloc[self.knee if count is None else count]
        return Gain(*(float(row[name]) for name in ("gain", "gain_low", "gain_high")))


def try_out(
    problem: Problem,
    grid: Places,
    *,
    options: CalibrationOptions = _DEFAULTS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tried:
    """Choose revisions, and see what they are worth for units that they were not chosen on.

    Parameters
    ----------
    problem : Problem
    grid : Places
        As `places_of` lays them.
    options : CalibrationOptions
    seed : int
    progress : callable, optional
        Called with selections done and selections in all.

    Returns
    -------
    Tried
        The whole selection, calibration and search, is repeated in each fold without its units'
        judgements. With `interrupted` and the folds done so far when the keyboard stopped it.

    Raises
    ------
    KeyboardInterrupt
        If it was stopped before the first fold was done.
    """
    fold = folds(problem, options.folds, options.repeats, seed)
    predicted = np.full((len(fold), options.most + 1, len(problem.stratum)), np.nan)
    refit = np.full(fold.shape, np.nan)
    chances = np.full((*fold.shape, len(problem.rules) + 1), np.nan)
    tasks = [(r, k) for r in range(options.repeats) for k in range(options.folds)]
    path, interrupted = _select(problem, grid, options, seed), False
    try:
        for done, (r, k) in enumerate(tasks, 1):
            if progress is not None:
                progress(done, len(tasks) + 1)
            own = fold[r] == k
            chosen = _select(problem.hide(own), grid, options, seed + done)
            for count in range(options.most + 1):
                predicted[r, count, own] = chosen.at_most(count).level[own]
            refit[r, own] = chosen.calibration.level[own]
            chances[r, own] = chosen.calibration.chances[own]
        if progress is not None:
            progress(len(tasks) + 1, len(tasks) + 1)
    except KeyboardInterrupt:
        if np.isnan(refit).all():
            raise
        interrupted = True
    return Tried(path, fold, predicted, refit, chances, seed, interrupted)


def _select(problem: Problem, grid: Places, options: CalibrationOptions, seed: int) -> Frontier:
    found = calibrate(problem, seed=seed, settings=options.settings)
    if found.interrupted:
        raise KeyboardInterrupt
    return frontier(found, grid, most=options.most, strata=options.strata)


def propose(
    framework: Framework, point: Point, calibration: Calibration, basis: str = ""
) -> tuple[Change, ...]:
    """Turn a revision into changes of the framework.

    Parameters
    ----------
    framework : Framework
        That the problem was made of.
    point : Point
    calibration : Calibration
        That it rests on.
    basis : str, optional
        The document behind it, such as where the judgements come from.

    Returns
    -------
    tuple of Change
        One for each indicator and level, all strata together, each with what says so.
    """
    items = {item.id: item for item in framework.asked}
    problem = calibration.problem
    who = f"{number(len(problem.judges))} chuyên gia trên {number(problem.judged.sum())} đơn vị"
    changes: list[Change] = []
    for (name, level), rows in point.changes.groupby(["indicator", "level"], sort=False):
        asked = by_stratum(items[str(name)].required[str(level)])
        keys = [key if key in asked else "*" for key in rows["stratum"]]
        said = "; ".join(map(_said, keys, rows.to_dict("records")))
        table = rows.assign(stratum=keys)
        reason = f"hiệu chỉnh theo đánh giá của {who}: {said}"
        changes += threshold_changes(framework, table, reason, basis)
    return tuple(changes)


def _said(stratum: str, row: Mapping[Hashable, Any]) -> str:
    """What the data say of one threshold."""
    where = "" if stratum == "*" else f"{stratum}: "
    decisive = f"{number(row['decisive'])} đơn vị quyết định ngưỡng này"
    ends = f"từ {number(row['low'], 1)} đến {number(row['high'], 1)}"
    return f"{where}{decisive}, khoảng 90% {ends}"


def told(tried: Tried, options: CalibrationOptions) -> str:
    """Name a calibration so that it can be made again: data, seed, settings."""
    problem, settings = tried.frontier.calibration.problem, options.settings
    return (
        f"Ngưỡng sửa theo hiệu chỉnh: {number(len(problem.judges))} chuyên gia, "
        f"{number(problem.judged.sum())} đơn vị, mã dữ liệu {data_hash(problem)[:16]}; "
        f"seed {tried.seed}, bước lưới {number(options.grid.step)} với tỷ lệ phần trăm, "
        f"tiên nghiệm {settings.priors[0]}, {settings.chains} chuỗi × {settings.keep} lượt giữ sau "
        f"{settings.warm} lượt bỏ, {options.folds} phần × {options.repeats} lần kiểm tra chéo."
    )


def data_hash(problem: Problem) -> str:
    """SHA-256 of the values, the judgements and the draft's thresholds, in hexadecimal digits."""
    digest = hashlib.sha256()
    for name in ("low", "high", "excluded", "labels", "stratum", "draft"):
        digest.update(np.ascontiguousarray(getattr(problem, name)).tobytes())
    digest.update("\x1f".join([*map(str, problem.units), *problem.judges]).encode())
    return digest.hexdigest()


def draft_of(
    framework: Framework, changes: Sequence[Change], note: str, name: str = ""
) -> Framework:
    """Make a new draft of a framework and changes of its thresholds.

    Parameters
    ----------
    framework : Framework
    changes : sequence of Change
        As `propose` returns them.
    note : str
        What the calibration was, as `told` says it.
    name : str, optional
        Id of the draft; by default that of the instrument with "-calibrated".

    Returns
    -------
    Framework
        A draft that supersedes the framework. Changed indicators name the calibration as their
        source, no more faithful than "inferred". Examples are left out: they tell of the
        thresholds that were.

    Raises
    ------
    Conflict
        If the changes do not fit.
    """
    instrument, _, tier = framework.id.partition("/")
    made = apply(framework, changes)
    reasons = {change.target.split("/")[1]: change.reason for change in changes}
    sources: list[Change] = []
    for item in made.indicators:
        if item.id in reasons:
            before = item.provenance
            worse = before.fidelity in ("inferred", "illustrative")
            after = Provenance(
                document=f"Đề xuất hiệu chỉnh {framework.id}",
                place=before.place,
                fidelity=before.fidelity if worse else "inferred",
                note=f"{reasons[item.id]}. Trước: {before.document}. {before.note}".strip(),
            )
            old, new = (each.model_dump(mode="json") for each in (before, after))
            target = f"tree/{item.id}/provenance"
            sources.append(Change(kind="provenance", target=target, old=old, new=new))
    update: dict[str, Any] = {
        "id": name or f"{instrument}-calibrated/{tier}".rstrip("/"),
        "version": f"{framework.version} – đề xuất hiệu chỉnh",
        "status": "draft",
        "issued": None,
        "validity": Validity(),
        "supersedes": (framework.id,),
        "examples": (),
        "note": f"{note} {framework.note}".strip(),
    }
    return apply(made, sources).model_copy(update=update)
