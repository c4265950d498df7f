"""Each rule of a framework as a formula that Excel 2016 and LibreOffice compute alike.

Formulas read cells of the row in which they stand; `ROW` holds the place of its number. A cell that
leaves requirement and denominator holds the word KAD, so that COUNT, SUM and ISNUMBER pass it over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..concepts import Concept
from ..framework import Band, Indicator, Level, Policy, Quorum, Rounding, band_bound
from ..opening import letters
from ..values import Curve, Fitted, Parts

ROW = "\ue000"  # of the private use area: nobody types it
OUT = "KAD"
_STEPS = 50  # conditions that may stand inside one another: Excel takes 64
_MOST = 8_000  # characters of a formula: Excel takes 8,192


def literal(value: float | str) -> str:
    """Write a number or a text as a formula holds it; text cannot end its quotes."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    text = repr(float(value)).removesuffix(".0").upper()
    return f"({text})" if text.startswith("-") else text


def either(conditions: Sequence[str]) -> str:
    """Join conditions of which one is enough; empty for none."""
    return f"OR({','.join(conditions)})" if len(conditions) > 1 else "".join(conditions)


def both(conditions: Sequence[str]) -> str:
    """Join conditions that must all hold; TRUE for none."""
    return f"AND({','.join(conditions)})" if len(conditions) > 1 else "".join(conditions) or "TRUE"


def guarded(condition: str, formula: str, otherwise: str = f'"{OUT}"') -> str:
    """Put what else a cell shows where a condition holds; an empty condition never does."""
    return f"IF({condition},{otherwise},{formula})" if condition else formula


def runs(places: Sequence[int], row: str = ROW) -> list[str]:
    """Name columns (from 0) as few ranges as they make: "F6:K6", "M6"."""
    found: list[list[int]] = []
    for place in sorted(places):
        if found and place == found[-1][1] + 1:
            found[-1][1] = place
        else:
            found.append([place, place])
    return [f"{letters(a)}{row}" + ("" if a == b else f":{letters(b)}{row}") for a, b in found]


def excluded(cell: str, policy: Policy) -> list[str]:
    """Conditions under which a value's status takes it out of the denominator."""
    words = (("KAD", policy.not_applicable), ("KPS", policy.no_occurrence))
    return [f'{cell}="{word}"' for word, rule in words if rule == "excluded"]


def outside(item: Indicator, attributes: Mapping[str, str]) -> list[str]:
    """Conditions under which an indicator does not apply, by the units' attributes."""
    return [
        both([f"{attributes[name]}<>{literal(value)}" for value in values])
        for name, values in item.applies_to.items()
    ]


def number_of(cell: str, policy: Policy) -> str:
    """The number that counts; where claims count, that behind KMC."""
    if policy.no_evidence == "fails":
        return cell
    claimed = f'NUMBERVALUE(SUBSTITUTE(MID({cell},5,30),",","."),".")'
    return f'IF(LEFT({cell},3)="KMC",IFERROR(_xlfn.{claimed},""),{cell})'


def met(x: str, threshold: str, concept: Concept) -> str:
    """1 where a requirement is met, 0 where it is not."""
    sign = ">=" if concept.sign > 0 else "<="
    return f"IF(ISNUMBER({x}),IF({x}{sign}{threshold},1,0),0)"


def curve(value: Curve, x: str) -> str:
    """Share of the points along a curve; the same operations in the same order as `Curve`."""
    at, give = [literal(v) for v in value.at], [literal(v) for v in value.give]
    if value.kind == "steps":
        sign = ">=" if value.closed == "left" else ">"
        formula = give[0]
        for cut, share in zip(at, give[1:], strict=True):
            formula = f"IF({x}{sign}{cut},{share},{formula})"
        return formula
    if len(at) == 2:
        low, high = at
        rest, width = (f"-{low}", f"({high}-{low})") if value.at[0] else ("", high)
        line = f"MAX({low},MIN({high},{x})){rest}"
        line = f"({line})/{width}" if rest else f"{line}/{width}"
        if value.give == (0.0, 1.0):
            return line
        return f"{line}*({give[1]}-{give[0]})+{give[0]}"
    formula = give[-1]
    for k in reversed(range(len(at) - 1)):
        slope = f"({give[k + 1]}-{give[k]})/({at[k + 1]}-{at[k]})"
        formula = f"IF({x}<{at[k + 1]},{slope}*({x}-{at[k]})+{give[k]},{formula})"
    return f"IF({x}<={at[0]},{give[0]},{formula})"


def fitted(value: Fitted, x: str, column: str, sign: float) -> str:
    """Share of the points relative to all units; `column` is the range of their values."""
    top, bottom = ("MAX", "MIN") if sign > 0 else ("MIN", "MAX")
    best, worst = f"{top}({column})", f"{bottom}({column})"
    if value.to == "rank":
        better = "<=" if sign > 0 else ">="
        return f"SUMPRODUCT(ISNUMBER({column})*({column}{better}{x}))/COUNT({column})"
    if value.to == "min_max":
        line = f"MAX(0,MIN(1,({x}-{worst})/({best}-{worst})))"
        return f"IF({best}={worst},1,{line})"
    part, whole = (x, best) if sign > 0 else (best, x)
    return f"IF({whole}=0,IF({part}=0,1,0),MAX(0,MIN(1,{part}/{whole})))"


def carried(value: Curve | Fitted | None, item: Indicator, policy: Policy) -> bool:
    """Whether a formula can say it: what is fitted must find its cohort in one column."""
    if isinstance(value, Fitted):
        return not item.applies_to and policy.no_evidence == "fails"
    return isinstance(value, Curve) and len(value.at) <= _STEPS


def fits(formula: str) -> bool:
    """Whether Excel takes a formula of this length."""
    return len(formula) <= _MOST


def combined(value: Parts, cells: str, weights: str) -> str:
    """Share of a composed value from its parts, side by side; KAD where none of them applies."""
    if value.kind == "at_least":
        # Words stand above every number, so a comparison alone would count them.
        full = f"SUMPRODUCT(ISNUMBER({cells})*({cells}>=1-1E-9))"
        formula = f"IF({full}>=MIN({value.k},COUNT({cells})),1,0)"
    elif value.kind == "sum":
        applies = f"SUMPRODUCT({weights}*ISNUMBER({cells}))"
        earned = f"SUMPRODUCT({weights},{cells})*(SUM({weights})/{applies})"
        formula = f"IF({applies}>0,MIN(1,{earned}),0)"
    else:
        formula = f"{value.kind.upper()}({cells})"
    return f'IF(COUNT({cells})=0,"{OUT}",{formula})'


def mean(combine: str, shares: Sequence[str], weights: Sequence[str]) -> str:
    """Mean of the children's shares; KAD where no child applies.

    `shares` and `weights` are single cells, a pair for each child.
    """
    cells = ",".join(shares)
    applies = "+".join(f"ISNUMBER({s})*{w}" for s, w in zip(shares, weights, strict=True))
    zero = either([f"AND(ISNUMBER({s}),{s}=0)" for s in shares])

    def terms(of: str) -> str:
        pairs = zip(shares, weights, strict=True)
        return "+".join(f"IF(ISNUMBER({s}),{w}{of.format(s)},0)" for s, w in pairs)

    if combine == "arithmetic":
        formula = f"({terms('*{}')})/({applies})"
    elif combine == "geometric":
        formula = f"IF({zero},0,EXP(({terms('*LN({})')})/({applies})))"
    elif combine == "harmonic":
        formula = f"IF({zero},0,({applies})/({terms('/{}')}))"
    else:
        formula = f"MIN({cells})"
    return f'IF(COUNT({cells})=0,"{OUT}",{formula})'


def quorum(rule: Quorum, cells: Sequence[str]) -> str:
    """Whether enough of some requirements are met; `cells` are ranges of 1, 0 and words."""
    listed = ",".join(cells)
    if not cells:
        return "TRUE"
    if rule.count is not None:
        return f"SUM({listed})>=MIN({rule.count},COUNT({listed}))"
    if rule.share == 1.0:
        return f"SUM({listed})=COUNT({listed})"
    return f"SUM({listed})>={literal(rule.share or 0.0)}*COUNT({listed})-1E-9"


def holds(
    level: Level,
    counted: Sequence[Sequence[str]],
    mandatory: Sequence[str],
    before: str,
    applicable: str,
) -> str:
    """1 where a level is held: its quorums, mandatory requirements, the level it comes after.

    `counted` are the ranges of each quorum, `before` and `applicable` cells, empty for none.
    """
    conditions = [quorum(rule, cells) for rule, cells in zip(level.quorum, counted, strict=True)]
    conditions += [f"SUM({cells})=COUNT({cells})" for cells in mandatory]
    conditions += [f"{before}=1"] * bool(before) + [f"{applicable}>0"] * bool(applicable)
    return f"IF({both(conditions)},1,0)"


def rounded(total: str, rounding: Rounding | None, step: str) -> str:
    """Total as it is compared: rounded as declared, or to nine digits, which nobody prints."""
    if rounding is None or step not in rounding.before:
        return f"ROUND({total},9)"
    if rounding.half == "up":
        return f"ROUND({total},{rounding.decimals})"
    scaled = f"({total}*{10**rounding.decimals})"
    whole, rest = f"INT({scaled})", f"({scaled}-INT({scaled}))"
    half = f"ABS({rest}-0.5)<1E-9*MAX(1,ABS({scaled}))"
    up = f"IF({half},MOD({whole},2),IF({rest}>0.5,1,0))"
    return f"({whole}+{up})/{10**rounding.decimals}"


def banded(total: str, bands: Sequence[Band]) -> str:
    """Label of the band of a total."""
    formula = literal(bands[0].label)
    for band in bands[1:]:
        sign = ">=" if band.at_least is not None else ">"
        formula = f"IF({total}{sign}{literal(band_bound(band))},{literal(band.label)},{formula})"
    return formula
