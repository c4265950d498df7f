"""Weights from experts: pairs compared, a hundred points shared out, opinions over rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..cells import Floats

# Mean consistency index of random matrices: T. L. Saaty, The Analytic Hierarchy Process (1980).
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45)
MOST = len(RANDOM_INDEX)  # nobody compares more than about nine things consistently
CONSISTENT = 0.10
# A modified z-score beyond this is an outlier: B. Iglewicz and D. Hoaglin (1993).
FAR = 3.5


@dataclass(frozen=True, eq=False)
class Priorities:
    """What one matrix of paired comparisons makes of its items.

    Attributes
    ----------
    weight : ndarray of float, shape (m,)
        Principal eigenvector; the sum is 1.
    ratio : float
        Consistency index over that of random matrices; 0 for one or two items.
    worst : (int, int)
        Places of the comparison that departs most from the weights.
    said, implied : float
        What stands there, and the ratio of the two weights.
    """

    weight: Floats
    ratio: float
    worst: tuple[int, int]
    said: float
    implied: float


def priorities(matrix: Floats) -> Priorities:
    """Weights of up to nine items from paired comparisons.

    Parameters
    ----------
    matrix : ndarray of float, shape (m, m)
        Positive and reciprocal: how many times row counts as much as column.

    Raises
    ------
    ValueError
        If it is not square, positive and reciprocal, or has more than nine items.
    """
    m = len(matrix)
    if matrix.shape != (m, m) or not 1 <= m <= MOST:
        raise ValueError(f"cần ma trận vuông từ 1 đến {MOST} mục, đang có {matrix.shape}")
    if not (matrix > 0).all() or not np.allclose(matrix * matrix.T, 1.0, rtol=1e-6):
        raise ValueError("ma trận so sánh phải dương và nghịch đảo qua đường chéo")
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    weight = np.abs(vectors[:, first].real)
    weight = weight / weight.sum()
    index = (float(values[first].real) - m) / (m - 1) if m > 2 else 0.0
    gap = np.abs(np.log(matrix * weight / weight[:, None]))
    i, j = divmod(int(np.argmax(np.triu(gap, 1))), m)
    ratio = max(index, 0.0) / RANDOM_INDEX[m - 1] if m > 2 else 0.0
    return Priorities(weight, ratio, (i, j), float(matrix[i, j]), float(weight[i] / weight[j]))


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Weights from several experts' paired comparisons, group by group.

    Attributes
    ----------
    weights : DataFrame
        By `group` and `item`: `judgements` (of the experts' comparisons joined by their geometric
        mean), `priorities` (geometric mean of the experts' own weights), `equal`, and the `lowest`
        and `highest` weight of an expert. The sum is 1 in each group.
    experts : DataFrame
        By `group` and `expert`, "" for the joined comparisons: `ratio` of consistency,
        `consistent`, and the comparison that departs most: `first`, `second`, `said`, `implied`.
    """

    weights: pd.DataFrame
    experts: pd.DataFrame

    def whole(self, root: str = "") -> pd.Series[float]:
        """Weights over the whole sheet: an item's in its group times the group's own in `root`.

        Parameters
        ----------
        root : str
            The group whose items are the other groups; an item of it that is no group stands for
            itself.
        """
        inside = {
            str(group): rows.set_index("item")["judgements"]
            for group, rows in self.weights.groupby("group", sort=False)
        }
        groups = inside.pop(root)
        own = groups[~groups.index.isin(list(inside))]
        shares: pd.Series[float] = pd.concat(
            [own, *(rows * groups[name] for name, rows in inside.items())]
        )
        return shares


def compare_pairs(pairs: pd.DataFrame) -> Hierarchy:
    """Analytic hierarchy process within groups of at most nine items.

    Parameters
    ----------
    pairs : DataFrame
        `expert`, `group`, `first`, `second`, `value`: how many times the first counts as much as
        the second; every pair of a group's items once by each expert, as `read_pairs` makes sure.

    Notes
    -----
    Joining comparisons suits experts who act as one body, joining weights those who stand each for
    themselves: E. Forman and K. Peniwati, European Journal of Operational Research 108 (1998).
    """
    weights, told = [], []
    for group, rows in pairs.groupby("group", sort=False):
        items = list(dict.fromkeys([*rows["first"], *rows["second"]]))
        matrices = {
            str(expert): _matrix(own, items) for expert, own in rows.groupby("expert", sort=False)
        }
        each = {expert: priorities(matrix) for expert, matrix in matrices.items()}
        each[""] = priorities(_middle(matrices))
        own = np.stack([found.weight for expert, found in each.items() if expert])
        mean = np.exp(np.log(own).mean(axis=0))
        columns = {
            "group": group,
            "item": items,
            "judgements": each[""].weight,
            "priorities": mean / mean.sum(),
            "equal": 1 / len(items),
            "lowest": own.min(axis=0),
            "highest": own.max(axis=0),
        }
        weights.append(pd.DataFrame(columns))
        for expert, found in each.items():
            i, j = found.worst
            worst = (items[i], items[j], found.said, found.implied)
            told.append((group, expert, found.ratio, found.ratio <= CONSISTENT, *worst))
    names = ["group", "expert", "ratio", "consistent", "first", "second", "said", "implied"]
    return Hierarchy(pd.concat(weights, ignore_index=True), pd.DataFrame(told, columns=names))


def _matrix(rows: pd.DataFrame, items: list[str]) -> Floats:
    place = {item: at for at, item in enumerate(items)}
    matrix = np.eye(len(items))
    for first, second, value in zip(rows["first"], rows["second"], rows["value"], strict=True):
        matrix[place[first], place[second]] = value
        matrix[place[second], place[first]] = 1 / value
    return matrix


def _middle(matrices: Mapping[str, Floats]) -> Floats:
    """Geometric mean of every comparison: the only mean that keeps matrices reciprocal."""
    return np.asarray(np.exp(np.mean([np.log(matrix) for matrix in matrices.values()], axis=0)))


def share_out(budget: pd.DataFrame) -> pd.DataFrame:
    """Weights from experts who each share out a hundred points.

    Parameters
    ----------
    budget : DataFrame
        `expert`, `item`, `points`.

    Returns
    -------
    DataFrame
        By item: `mean`, `deviation` (standard, between experts; NaN of one), `lowest`, `highest`,
        `median` (all 0 to 1), `equal`, and `outliers`: experts whose points are far from the
        median, by the modified z-score.
    """
    table = budget.pivot(index="item", columns="expert", values="points") / 100.0
    table = table.loc[list(dict.fromkeys(budget["item"]))]
    value = table.to_numpy(dtype=np.float64)
    far = _far(value)
    experts = np.array(table.columns, dtype=object)
    return pd.DataFrame(
        {
            "mean": value.mean(axis=1),
            "deviation": table.std(axis=1, ddof=1),
            "lowest": value.min(axis=1),
            "highest": value.max(axis=1),
            "median": np.median(value, axis=1),
            "equal": 1 / len(value),
            "outliers": [tuple(experts[row]) for row in far],
        },
        index=table.index,
    )


def _far(value: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Numbers of each row that are far from its median, by what is usual in that row."""
    gap = np.abs(value - np.median(value, axis=1, keepdims=True))
    usual = 1.4826 * np.median(gap, axis=1, keepdims=True)
    # Where more than half agree exactly, the mean of the gaps stands in for their median.
    scale = np.where(usual > 0, usual, 1.2533 * gap.mean(axis=1, keepdims=True))
    return np.asarray(gap > FAR * np.where(scale > 0, scale, np.inf))


@dataclass(frozen=True, eq=False)
class Delphi:
    """Opinions round by round.

    Attributes
    ----------
    items : DataFrame
        By `item` and `round`: `n`, `median`, `low`, `high` (quartiles), `spread` (between them),
        `narrowed` (spread of the round before less this one; NaN in the first) and `moved` (share
        of the experts of both rounds who changed their answer).
    rounds : DataFrame
        By `round`: `experts`, `left` (those of the round before who did not answer), `complete`
        (experts who answered on every item), `agreement` (Kendall's W of those, ties corrected; NaN
        of fewer than two experts or items) and `p` (that chance alone agrees so well).
    """

    items: pd.DataFrame
    rounds: pd.DataFrame


def delphi(opinions: pd.DataFrame) -> Delphi:
    """Follow experts' opinions over rounds: do they come together, on what, and who left.

    Parameters
    ----------
    opinions : DataFrame
        `expert`, `item`, `round` (whole number), `value`.

    Notes
    -----
    Agreement: M. G. Kendall and B. Babington Smith, Annals of Mathematical Statistics 10 (1939).
    """
    items = list(dict.fromkeys(opinions["item"]))
    tables = {
        int(str(number)): rows.pivot(index="expert", columns="item", values="value").reindex(
            columns=items
        )
        for number, rows in opinions.groupby("round")
    }
    by_item, by_round = [], []
    before: pd.DataFrame | None = None
    for number, table in tables.items():
        both = table.index[:0] if before is None else table.index.intersection(before.index)
        low, median, high = (table.quantile(q) for q in (0.25, 0.5, 0.75))
        frame = pd.DataFrame({"n": table.count(), "median": median, "low": low, "high": high})
        frame["spread"] = high - low
        frame["narrowed"], frame["moved"] = np.nan, np.nan
        if before is not None:
            frame["narrowed"] = before.quantile(0.75) - before.quantile(0.25) - frame["spread"]
            known = table.loc[both].notna() & before.loc[both].notna()
            changed = (table.loc[both] != before.loc[both]) & known
            frame["moved"] = changed.sum() / known.sum().where(known.sum() > 0)
        by_item.append(frame.rename_axis("item").reset_index().assign(round=number))
        complete = table.dropna()
        left = 0 if before is None else len(before) - len(both)
        w, p = _concordance(complete.to_numpy(dtype=np.float64))
        by_round.append((number, len(table), left, len(complete), w, p))
        before = table
    names = ["round", "experts", "left", "complete", "agreement", "p"]
    return Delphi(pd.concat(by_item, ignore_index=True), pd.DataFrame(by_round, columns=names))


def _concordance(value: Floats) -> tuple[float, float]:
    """Kendall's W of experts (rows) over items, and the chance of as much or more."""
    from scipy.special import chdtrc
    from scipy.stats import rankdata

    m, n = value.shape
    if m < 2 or n < 2:
        return float("nan"), float("nan")
    ranks = rankdata(value, axis=1)
    ties = sum(
        float((count**3 - count).sum())
        for count in (np.unique(row, return_counts=True)[1] for row in ranks)
    )
    sums = ranks.sum(axis=0)
    most = m * m * (n**3 - n) - m * ties
    if most <= 0:  # every expert rates all items alike
        return float("nan"), float("nan")
    w = 12 * float(((sums - sums.mean()) ** 2).sum()) / most
    return w, float(chdtrc(n - 1, m * (n - 1) * w))
