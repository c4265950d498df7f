"""How an indicator is measured and earns points, in the words of an official sheet."""

from __future__ import annotations

from itertools import pairwise

from .concepts import Catalogue, Concept
from .framework import Indicator
from .values import Curve, Fitted, Part, Parts, Value
from .vietnamese import number

_FITTED = {
    "best_low": "Điểm = giá trị tốt nhất trong các đơn vị / giá trị của đơn vị × điểm tối đa",
    "best": "Điểm = giá trị của đơn vị / giá trị tốt nhất trong các đơn vị × điểm tối đa",
    "min_max": "Điểm tăng đều từ đơn vị kém nhất (0 điểm) đến đơn vị tốt nhất (điểm tối đa)",
    "rank": "Điểm = tỷ lệ đơn vị có kết quả không tốt hơn, tính cả chính đơn vị, × điểm tối đa",
}
_PARTS = {
    "sum": "Cộng điểm các phần",
    "max": "Lấy phần có điểm cao nhất",
    "min": "Lấy phần có điểm thấp nhất",
    "at_least": "Được điểm tối đa khi đạt trọn ít nhất {} phần",
}


def figure(value: float) -> str:
    """Print a number with the digits it has, at most six."""
    return number(value, len(f"{value:.6f}".rstrip("0").partition(".")[2]))


def method_words(indicator: Indicator, catalogue: Catalogue) -> str:
    """Say how an indicator is measured and how it earns points.

    Parameters
    ----------
    indicator : Indicator
        What is asked.
    catalogue : mapping of str to Concept
        Every concept that it reads, as far as known.

    Returns
    -------
    str
        Sentences for the column "cách xác định và tính điểm"; empty when nothing is known.
    """
    concept = catalogue.get(indicator.concept)
    said = [measure_words(concept)] if concept else []
    if indicator.value is not None and not isinstance(indicator.points, dict):
        said.append(_rule(indicator.value, concept, indicator.most, catalogue) + ".")
    elif indicator.value is not None:
        said.append(_rule(indicator.value, concept, None, catalogue) + ".")
    return "\n".join(line for line in said if line)


def measure_words(concept: Concept) -> str:
    """Say what is counted: numerator over denominator, or the definition."""
    if concept.numerator and concept.denominator:
        top, below = (text.rstrip(".") for text in (concept.numerator, concept.denominator))
        return f"a/b, trong đó a = {_lower(top)}; b = {_lower(below)}."
    return concept.definition


def _lower(text: str) -> str:
    """Begin with a small letter inside a sentence, unless the first word is an abbreviation."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _rule(value: Value, concept: Concept | None, points: float | None, known: Catalogue) -> str:
    """Say a rule; with `points`, in points instead of shares."""
    if isinstance(value, Parts):
        say = _condition if value.kind == "at_least" else _part
        joined = "; ".join(
            f"({place}) {say(part, points, known)}" for place, part in enumerate(value.of, 1)
        )
        return f"{_PARTS[value.kind].format(value.k)}: {joined}"
    if isinstance(value, Fitted):
        lower = concept is not None and concept.better == "lower"
        return _FITTED["best_low" if value.to == "best" and lower else value.to]
    if concept is not None and concept.categories and value.kind == "steps":
        return _by_category(value, concept, points)
    return _curve(value, concept, points)


def _part(part: Part, points: float | None, known: Catalogue) -> str:
    concept = known.get(part.concept)
    worth = None if points is None else points * part.share
    rule = _rule(part.value, concept, worth, known)
    if worth is not None:
        rule = rule.replace("điểm tối đa", f"{figure(worth)} điểm")
    label = concept.label if concept else part.concept
    return f"{label}: {_lower(rule)}" if label else rule


def _condition(part: Part, _points: float | None, known: Catalogue) -> str:
    """Say when a part is earned in full: nothing less counts."""
    concept = known.get(part.concept)
    label = concept.label if concept else part.concept
    value = part.value
    if not isinstance(value, Curve) or (concept is not None and concept.categories):
        return f"{label}: {_lower(_rule(value, concept, None, known))}"
    if _yes_no(value, concept):
        return label
    full = max(value.give)
    if value.kind == "steps":
        return f"{label}: {_spans(value, _unit(concept))[value.give.index(full)]}"
    at, side = value.at[value.give.index(full)], "trở lên" if value.monotone > 0 else "trở xuống"
    return f"{label}: từ {figure(at)}{_unit(concept)} {side}"


def _worth(share: float, points: float | None) -> str:
    if points is None:
        return f"{figure(100 * share)}% số điểm"
    return f"{figure(share * points)} điểm"


def _curve(value: Curve, concept: Concept | None, points: float | None) -> str:
    unit = _unit(concept)
    if _yes_no(value, concept):
        return f"Có: {_worth(value.give[1], points)}; không: {_worth(value.give[0], points)}"
    if value.kind == "steps":
        return _steps(value, unit, points)
    ratio = concept is None or concept.measure == "ratio"
    if ratio and value.at == (0.0, 100.0 if unit == "%" else 1.0) and value.give == (0.0, 1.0):
        return "Điểm = tỷ lệ × điểm tối đa"
    if value.at == (0.0, points) and value.give == (0.0, 1.0):
        return f"Điểm bằng giá trị, từ 0 đến {_worth(1.0, points)}"
    pairs = list(zip(value.at, value.give, strict=True))
    if len(pairs) == 2:
        (low, least), (high, most) = pairs
        return (
            f"Từ {figure(low)}{unit} trở xuống: {_worth(least, points)}; "
            f"từ {figure(high)}{unit} trở lên: {_worth(most, points)}; ở giữa tính theo tỷ lệ"
        )
    marks = ", ".join(f"{figure(at)}{unit} được {_worth(give, points)}" for at, give in pairs)
    return f"Tính theo đường thẳng giữa các mốc: {marks}"


def _yes_no(value: Curve, concept: Concept | None) -> bool:
    asked = concept is not None and concept.measure == "yes_no" and value.kind == "steps"
    return asked and len(value.at) == 1 and 0 <= value.at[0] <= 1


def _steps(value: Curve, unit: str, points: float | None) -> str:
    """Say steps from the best one down."""
    told = [
        f"{span}: {_worth(give, points)}"
        for span, give in zip(_spans(value, unit), value.give, strict=True)
    ]
    text = "; ".join(told if value.give[0] > value.give[-1] else told[::-1])
    return text[:1].upper() + text[1:]


def _spans(value: Curve, unit: str) -> list[str]:
    """The numbers between cuts, from the lowest: "từ 50% đến dưới 80%"."""
    cuts = [f"{figure(at)}{unit}" for at in value.at]
    if value.closed == "left":
        first, between, last = "dưới {}", "từ {} đến dưới {}", "từ {} trở lên"
    else:
        first, between, last = "từ {} trở xuống", "trên {} đến {}", "trên {}"
    inner = [between.format(*pair) for pair in pairwise(cuts)]
    return [first.format(cuts[0]), *inner, last.format(cuts[-1])]


def _by_category(value: Curve, concept: Concept, points: float | None) -> str:
    """Say a rule by the names of the categories, best first."""
    shares = {}
    for place, label in enumerate(concept.categories):
        reached = [place >= at if value.closed == "left" else place > at for at in value.at]
        shares[label] = value.give[sum(reached)]
    told = [f"{_lower(label)}: {_worth(give, points)}" for label, give in shares.items()]
    text = "; ".join(reversed(told))
    return text[:1].upper() + text[1:]


def _unit(concept: Concept | None) -> str:
    if concept is None or concept.measure == "yes_no":
        return ""
    return concept.unit if concept.unit == "%" else f" {concept.unit}"
