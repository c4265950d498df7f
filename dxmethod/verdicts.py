"""What to do with every indicator, keep, mend, merge or drop, by rules declared in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from .assessment import Assessment
from .cells import Floats
from .incomplete import coverage
from .quality import FEW, SURE, Scores, blocking, correlate, functioning, pairs, reported, scores
from .quality import contrast as upper_less_lower
from .verification import Gaps
from .vietnamese import number, percent

Verdict = Literal["drop", "merge", "mend", "keep"]

# The gravest first: of several rules, the verdict is that of the gravest.
VERDICTS: Mapping[Verdict, str] = {"drop": "bỏ", "merge": "gộp", "mend": "sửa", "keep": "giữ"}


@dataclass(frozen=True)
class Rule:
    """A verdict that follows when one figure of an indicator reaches a limit.

    Attributes
    ----------
    verdict : str
    column : str
        Figure, a column of `diagnose`.
    limit : float
    below : bool
        Whether the rule holds below the limit, rather than at the limit and above.
    means : str
        What the figure is, for the table of rules.
    says : str
        Reason; ``{}`` stands for the figure, ``{name}`` for another column.
    advice : str
        What to look at again.
    few : bool
        Whether it holds with few units too.
    """

    verdict: Verdict
    column: str
    limit: float
    means: str
    says: str
    advice: str
    below: bool = False
    few: bool = False

    def holds(self, value: float) -> bool:
        """Whether a figure reaches the limit; one that is not known does not."""
        return value < self.limit if self.below else value >= self.limit

    @property
    def printed(self) -> str:
        """The limit as a reader sees it: "≥ 95,0%", "< 0,20"."""
        sign = "<" if self.below else "≥"
        return f"{sign}\u00a0{self._figure(self.limit)}"

    def _figure(self, value: float) -> str:
        if self.column == "heaped" and value < 0.01:
            return "dưới 0,01"
        plain = self.column in ("twin", "item_total_high", "heaped")
        return number(value, 2) if plain else percent(value)

    def reason(self, row: Mapping[Any, Any]) -> str:
        """Say why, with the figure."""
        return self.says.format(self._figure(row[self.column]), **row)


RULES: tuple[Rule, ...] = (
    Rule(
        "drop",
        "ceiling",
        0.95,
        "tỷ lệ đơn vị đạt tối đa (trần)",
        "{} đơn vị đạt tối đa",
        "còn cần phân biệt đơn vị bằng chỉ tiêu này không",
    ),
    Rule(
        "merge",
        "twin",
        0.9,
        "hệ số tương quan cao nhất với một chỉ tiêu khác",
        "gần trùng với {twin_code} (r = {})",
        "có thể hỏi một lần không",
    ),
    Rule(
        "mend",
        "coverage",
        0.5,
        "độ phủ số liệu",
        "độ phủ chỉ {}",
        "nguồn số liệu, cách thu thập",
        below=True,
        few=True,
    ),
    Rule(
        "mend",
        "floor",
        0.95,
        "tỷ lệ đơn vị không đạt gì (sàn)",
        "{} đơn vị không đạt gì",
        "ngưỡng",
    ),
    Rule(
        "mend",
        "item_total_high",
        0.2,
        "cận trên 95% của tương quan với phần còn lại của bộ",
        "không đi cùng các chỉ tiêu khác (r = {item_total})",
        "định nghĩa, chiều tốt",
        below=True,
    ),
    Rule(
        "mend",
        "alone_share",
        0.1,
        "tỷ lệ đơn vị bị riêng chỉ tiêu này chặn mức kế tiếp",
        "một mình chặn {} đơn vị",
        "ngưỡng",
    ),
    Rule(
        "mend",
        "gap",
        0.1,
        "chênh mức đạt giữa địa bàn, ở các đơn vị có phần còn lại như nhau",
        "lệch theo địa bàn {gap_stratum} ({})",
        "ngưỡng theo địa bàn",
    ),
    Rule(
        "mend",
        "overstated",
        0.25,
        "tỷ lệ giá trị tự đánh giá cao hơn thẩm định",
        "tự đánh giá cao hơn thẩm định {}",
        "minh chứng, cách tính",
    ),
    Rule(
        "mend",
        "heaped",
        SURE,
        "xác suất (đã điều chỉnh) để dồn sát ngưỡng là ngẫu nhiên",
        "dồn sát phía đạt của ngưỡng (p: {})",
        "cách lấy số liệu",
        below=True,
    ),
)


def diagnose(
    assessment: Assessment, gaps: Gaps | None = None, heaped: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Say of every indicator what it tells, and what the rules make of that.

    Parameters
    ----------
    assessment : Assessment
        R indicators, U units.
    gaps : Gaps, optional
        Self against verified values; without them that rule is not asked.
    heaped : DataFrame, optional
        As `verification.heaping` returns it, of what units said of themselves.

    Returns
    -------
    DataFrame
        By indicator id, in printed order: `code`, `label`, `group` (id); `asked` (units to which
        it applies), `known` (those with a score), `coverage` (share with an observed value);
        `value_mean`, `value_sd`, `value_low`, `value_median`, `value_high` (reported numbers that
        count, in the concept's unit); `score` (mean, 0 to 1: see `Scores`), `ceiling`, `floor`
        (share of those known that score 1 and 0); `item_group`, `item_total` (correlation with
        the rest of its group, of the framework), `item_total_high` (upper end of its 95 %
        interval by Fisher's z), `contrast` (mean score of the upper third by the rest less that of
        the lower); with levels, `blocked`, `alone`, `few`, `many` (see `blocking`) and
        `alone_share`; `twin`, `twin_id`, `twin_code` (the other indicator with which the numbers
        correlate most, over at least `FEW` units); with strata, `gap`, `gap_stratum`
        (largest gap of `functioning` that chance does not explain);
        `overstated`; `heaped` (least adjusted p); `verdict`, `reason`.
    """
    found = scores(assessment)
    frame = pd.DataFrame(
        {
            "code": [item.code or item.id for item in found.indicators],
            "label": [item.label for item in found.indicators],
            "group": found.group,
        },
        index=pd.Index([item.id for item in found.indicators]),
    )
    covered = coverage(assessment.framework, assessment.observations)
    by_indicator = covered[covered["stratum"] == ""].groupby("indicator")
    left = by_indicator["not_applicable"].max() + by_indicator["no_occurrence"].max()
    frame["asked"] = len(assessment.observations.units) - left.reindex(frame.index)
    frame["coverage"] = by_indicator["share"].min().reindex(frame.index)
    frame = frame.join(_numbers(assessment, found)).join(_scored(found))
    if assessment.levels is not None:
        frame = frame.join(blocking(assessment))
        frame["alone_share"] = frame["alone"] / len(assessment.observations.units)
    frame = _twins(assessment, frame)
    frame = _gaps(assessment, frame)
    if gaps is not None:
        concept = pd.Series({item.id: item.concept for item in found.indicators})
        held = gaps.concepts.loc[gaps.concepts["checked"] >= FEW, "overstated_share"]
        frame["overstated"] = concept.map(held).astype(np.float64)
    if heaped is not None:
        least = heaped.groupby("indicator")["p_adjusted"].min()
        frame["heaped"] = least.reindex(frame.index)
    reached = [_reached(row) for _, row in frame.iterrows()]
    order = list(VERDICTS)
    frame["verdict"] = [
        min((rule.verdict for rule in rules), key=order.index, default="keep") for rules in reached
    ]
    frame["reason"] = [
        _reasons(row, rules) for (_, row), rules in zip(frame.iterrows(), reached, strict=True)
    ]
    return frame


def _numbers(assessment: Assessment, found: Scores) -> pd.DataFrame:
    """Distribution of the reported numbers that count."""
    signs = {concept.id: concept.sign for concept in assessment.observations.concepts}
    value = reported(assessment, found.indicators)
    value = value * np.array([signs.get(i.concept, 1.0) for i in found.indicators])[:, None]
    held = pd.DataFrame(value.T, columns=[item.id for item in found.indicators])
    return pd.DataFrame(
        {
            "value_mean": held.mean(),
            "value_sd": held.std(),
            "value_low": held.min(),
            "value_median": held.median(),
            "value_high": held.max(),
        }
    )


def _scored(found: Scores) -> pd.DataFrame:
    score = found.score
    known = ~np.isnan(score)
    n = known.sum(axis=1)
    counted = np.where(n, n, np.nan)
    rest = found.rest()
    total = correlate(score, rest)
    both = (known & ~np.isnan(rest)).sum(axis=1)
    return pd.DataFrame(
        {
            "known": n,
            "score": np.nansum(score, axis=1) / counted,
            "ceiling": (score >= 1 - 1e-9).sum(axis=1) / counted,
            "floor": (score <= 1e-9).sum(axis=1) / counted,
            "item_group": correlate(score, found.rest(within_group=True)),
            "item_total": total,
            "item_total_high": _fisher_high(total, both),
            "contrast": upper_less_lower(score, rest),
        },
        index=pd.Index([item.id for item in found.indicators]),
    )


def _fisher_high(r: Floats, n: Floats) -> Floats:
    """Upper end of the 95 % interval of a correlation; NaN below four units."""
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    return np.asarray(np.tanh(z + 1.959964 / np.sqrt(np.where(n > 3, n - 3, np.nan))))


def _twins(assessment: Assessment, frame: pd.DataFrame) -> pd.DataFrame:
    """The other indicator that each goes with most."""
    held = pairs(assessment)
    held = held[(held["n"] >= FEW) & held["r"].notna()]
    swapped = held.rename(columns={"first": "second", "second": "first"})
    both = pd.concat([held, swapped]).sort_values("r", ascending=False, kind="stable")
    best = both.drop_duplicates("first").set_index("first")
    frame["twin"] = best["r"].reindex(frame.index)
    frame["twin_id"] = best["second"].reindex(frame.index)
    frame["twin_code"] = frame["twin_id"].map(frame["code"])
    return frame


def _gaps(assessment: Assessment, frame: pd.DataFrame) -> pd.DataFrame:
    """The largest gap of a stratum from like units elsewhere that chance does not explain."""
    held = functioning(assessment)
    if held.empty:
        return frame
    held = held[held["p_adjusted"] < SURE]
    held = held.assign(size=held["gap"].abs())
    worst = held.sort_values("size", ascending=False, kind="stable").drop_duplicates("indicator")
    worst = worst.set_index("indicator").reindex(frame.index)
    return frame.assign(gap=worst["size"].astype(np.float64), gap_stratum=worst["stratum"])


def _reached(row: pd.Series[Any]) -> list[Rule]:
    """Rules that one indicator's figures fall under."""
    few = row["known"] < FEW
    asked = [rule for rule in RULES if rule.column in row and (rule.few or not few)]
    return [rule for rule in asked if rule.holds(float(row[rule.column]))]


def _reasons(row: pd.Series[Any], rules: list[Rule]) -> str:
    """Every reason, whether or not it makes the verdict."""
    shown = row.to_dict() | {"item_total": number(float(row["item_total"]), 2)}
    reasons = [rule.reason(shown) for rule in rules]
    if 0 < row["known"] < FEW:
        reasons.append(f"chỉ {row['known']} đơn vị, chưa đủ để kết luận")
    return "; ".join(reasons)
