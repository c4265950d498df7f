"""Invented units: names, traits, denominators and a reorganisation; nothing about real ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..concepts import Concept
from ..framework import Attribute, Framework, by_stratum
from ..seeds import rng

Floats = NDArray[np.float64]

# Facts of a unit that the catalogue also knows as concepts, and their columns here.
FACTS = {
    "dan-so": "population",
    "so-ho-gia-dinh": "households",
    "so-thon-to-dan-pho": "villages",
    "so-can-bo-cong-chuc": "staff",
}
EFFECTIVE = "2026-01-01"
BASIS = "Nghị quyết mô phỏng số 01 (không có thật)"

_KINDS = {
    "province": "Tỉnh",
    "district": "Huyện",
    "department": "Sở",
    "ministry": "Bộ",
    "national": "Quốc gia",
}
_TIMES = {"district": 15.0, "province": 200.0, "national": 12000.0}  # people, in communes
_CLASSES = {"xã": 0.775, "phường": 0.215, "đặc khu": 0.01}
_AREAS = ("ngoài khu vực", "khu vực I", "khu vực II", "khu vực III")
_EASE = {"khu vực I": -0.1, "khu vực II": -0.45, "khu vực III": -0.9, "phường": 0.45}

# What a denominator counts, told from its words: the first that fits; in which of the facts of a
# unit it is measured (none: a plain number), and between which multiples of it.
_COUNTED: tuple[tuple[str, str, float, float], ...] = (
    ("hộ kinh doanh", "households", 0.03, 0.1),
    ("hộ sản xuất", "households", 0.3, 0.7),
    ("địa chỉ", "households", 1.02, 1.15),
    ("hộ gia đình", "households", 1.0, 1.0),
    ("số hộ", "households", 0.85, 1.0),
    ("trợ cấp", "population", 0.02, 0.05),
    ("lượt khám", "population", 0.5, 1.2),
    ("lượt", "population", 0.02, 0.1),
    ("thuê bao", "population", 0.8, 1.2),
    ("thành viên các tổ", "villages", 4.0, 7.0),
    ("thành viên", "population", 0.01, 0.04),
    ("nhà văn hóa", "villages", 0.8, 1.0),
    ("số thôn", "villages", 1.0, 1.0),
    ("máy tính", "staff", 0.8, 1.0),
    ("công chức", "staff", 1.0, 1.0),
    ("chợ", "", 1.0, 3.0),
    ("trạm y tế", "", 1.0, 2.0),
    ("cơ sở giáo dục", "", 2.0, 5.0),
    ("lĩnh vực", "", 12.0, 16.0),
    ("chế độ báo cáo", "", 20.0, 40.0),
    ("nhiệm vụ", "", 12.0, 30.0),
    ("sản phẩm", "", 3.0, 12.0),
    ("phản ánh", "population", 0.002, 0.01),
    ("hồ sơ năm", "", 60.0, 200.0),
    ("hồ sơ", "population", 0.15, 0.4),
    ("giao dịch", "population", 0.05, 0.15),
    ("tthc", "", 60.0, 140.0),
    ("văn bản đến", "", 1500.0, 4000.0),
    ("văn bản", "", 300.0, 900.0),
    ("chi ngân sách", "population", 1.0, 3.0),
    ("từ 18 tuổi", "population", 0.68, 0.74),
    ("từ 15 tuổi", "population", 0.75, 0.79),
    ("từ 14 tuổi", "population", 0.77, 0.81),
    ("lao động", "population", 0.5, 0.6),
    ("dân số", "population", 1.0, 1.0),
    ("doanh nghiệp", "population", 0.002, 0.008),
    ("người", "population", 0.5, 0.7),
)
_ELSE = ("", "", 50.0, 400.0)
_SELDOM = 0.12  # share of units that have none of what not every unit has


def invent_units(frameworks: Sequence[Framework], size: int, seed: int) -> pd.DataFrame:
    """Invent units that no one can take for real ones.

    Parameters
    ----------
    frameworks : sequence of Framework
        Their type of unit, and the strata and classes that they name.
    size, seed : int

    Returns
    -------
    DataFrame
        Indexed by code (MP001); `name`, `stratum`, `province`, `unit_class`, and the counts
        `population`, `households`, `villages`, `staff`.
    """
    draw = rng(seed, "units")
    kind = frameworks[0].unit_type
    number = [f"{place:0{max(3, len(str(size)))}}" for place in range(1, size + 1)]
    commune = kind == "commune"
    province = np.arange(size) * int(np.clip(round(size / 24), 1, 34)) // size
    table = pd.DataFrame(index=pd.Index([f"MP{digits}" for digits in number], name="unit"))
    classes = _classes(frameworks, commune, draw, size)
    table["name"] = [
        f"{(name or _KINDS.get(kind, 'Đơn vị')).capitalize()} mô phỏng {digits}"
        if commune
        else f"{_KINDS[kind]} mô phỏng {digits}"
        for name, digits in zip(classes, number, strict=True)
    ]
    table["stratum"] = _strata(frameworks, commune, draw, province, classes)
    table["province"] = [
        f"Tỉnh mô phỏng {_letters(place)}" if commune else "" for place in province
    ]
    table["unit_class"] = classes
    hard = 0.45 * (table["stratum"] == "khu vực III") - 0.5 * (table["unit_class"] == "phường")
    people = 6500 * _TIMES.get(kind, 1.0) * np.exp(0.45 * draw.standard_normal(size) - hard)
    table["population"] = np.maximum(np.rint(people), 500).astype(np.int64)
    table["households"] = np.rint(people / draw.uniform(3.3, 4.2, size)).astype(np.int64)
    villages = np.rint(table["population"] / draw.uniform(600, 1100, size))
    table["villages"] = np.maximum(villages, 3).astype(np.int64)
    staff = 18 + table["population"] / 900 * draw.uniform(0.7, 1.3, size)
    table["staff"] = np.rint(staff).astype(np.int64)
    return table


def _letters(place: int | np.integer[Any]) -> str:
    """Letters of a place from 0: A to Z, then AA, AB and so on."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + int(place) % 26)


def _named(frameworks: Sequence[Framework], attribute: Attribute) -> list[str]:
    """Strata or classes that frameworks tell apart."""
    found: dict[str, None] = {}
    for item in (item for framework in frameworks for item in framework.indicators):
        found.update(dict.fromkeys(item.applies_to.get(attribute, ())))
        if attribute == "unit_class" and isinstance(item.points, dict):
            found.update(dict.fromkeys(item.points))
        if attribute == "stratum":
            for required in item.required.values():
                found.update(dict.fromkeys(by_stratum(required)))
    found.pop("*", None)
    return list(found)


def _classes(
    frameworks: Sequence[Framework], commune: bool, draw: np.random.Generator, size: int
) -> list[str]:
    """Class of each unit: xã, phường, đặc khu, or one that a framework names."""
    named = _named(frameworks, "unit_class")
    chance = draw.random(size)
    if set(named) <= set(_CLASSES) and (commune or not named):
        cut = np.cumsum(list(_CLASSES.values()))[:-1]
        return (
            list(np.array(list(_CLASSES))[np.searchsorted(cut, chance)]) if commune else [""] * size
        )
    other = ["xã"] if commune else [""]
    names = [*other, *(name for name in named if name not in other)]
    return [names[int(x * len(names))] for x in chance]


def _strata(
    frameworks: Sequence[Framework],
    commune: bool,
    draw: np.random.Generator,
    province: NDArray[np.int_],
    classes: Sequence[str],
) -> list[str]:
    """Stratum of each unit: some provinces are mountainous, wards seldom are."""
    named = _named(frameworks, "stratum")
    chance, remote = draw.random(len(province)), draw.normal(0.0, 0.7, province.max() + 1)
    if not set(named) <= set(_AREAS):
        names = [_AREAS[0], *named]
        return [names[int(x * len(names))] for x in chance]
    if not commune:
        return [""] * len(province)
    ward = np.array([name == "phường" for name in classes])
    height = remote[province] + 3 * (chance - 0.5) - 2.5 * ward
    return [_AREAS[place] for place in np.searchsorted([0.1, 0.7, 1.1], height)]


def invent_traits(units: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What no one sees of a unit.

    Parameters
    ----------
    units : DataFrame
        See `invent_units`.
    seed : int

    Returns
    -------
    DataFrame
        `ease` (on the scale of maturity), `flatters`, `gaps` and `doubt` (0 for units that lack
        nothing and prove everything).
    """
    draw, size = rng(seed, "traits"), len(units)
    low = rng(seed, "strata").normal(0.0, 0.3, size)
    known = [
        [_EASE.get(name, 0.0) for name in units[column]] for column in ("stratum", "unit_class")
    ]
    far = units["stratum"].to_numpy() == "khu vực III"
    untidy = (draw.random(size) < 0.4) + 0.3 * far
    return pd.DataFrame(
        {
            "ease": np.sum(known, axis=0) + low,
            "flatters": draw.lognormal(-0.1, 0.5, size),
            "gaps": untidy * draw.gamma(1.5, 0.02, size),
            "doubt": (draw.random(size) < 0.5) * draw.gamma(2.0, 0.4, size),
        },
        index=units.index,
    )


def denominators(
    units: pd.DataFrame, concept: Concept, year: int, seed: int, seldom: bool = False
) -> Floats:
    """What a ratio is a share of, in each unit: a whole number, shape (U,).

    Parameters
    ----------
    units : DataFrame
        See `invent_units`.
    concept : Concept
        Two concepts whose denominators have the same words have the same denominators.
    year : int
        Years since the first round; numbers grow a little.
    seed : int
    seldom : bool
        Whether some units have none of it: 0 there.

    Returns
    -------
    ndarray of float
    """
    words = concept.denominator or concept.id
    low_words = words.lower()
    found = next((row for row in _COUNTED if row[0] in low_words), _ELSE)
    _, fact, low, high = found
    draw = rng(seed, "denominator", words)
    base = units[fact].to_numpy(dtype=np.float64) if fact else np.ones(len(units))
    # Every unit has its own multiple, near the one that is usual for these words.
    middle = 0.25 + 0.5 * draw.random()
    spread = np.clip(middle + draw.uniform(-0.25, 0.25, len(units)), 0.0, 1.0)
    grown = 1.0 + year * (0.0 if fact in ("", "villages", "staff") else 0.01)
    many = np.maximum(np.rint(base * (low + (high - low) * spread) * grown), 1.0)
    return np.where(draw.random(len(units)) < _SELDOM, 0.0, many) if seldom else many


def reorganise(units: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge invented units into fewer, a few of them split between two.

    Parameters
    ----------
    units : DataFrame
        See `invent_units`.
    seed : int

    Returns
    -------
    crosswalk, new_units : DataFrame
        `old`, `new`, `new_name`, `share`, `basis`, `effective`; and `unit`, `name`, `stratum`,
        `province`, `unit_class`, `basis`, `year`. Strata are declared anew:
        often, not always, what most people of it were in.
    """
    draw = rng(seed, "reorganisation")
    group = _merged(units["province"], draw)
    digits = max(2, len(str(group.max() + 1)))
    kinds = _declared(units, group, draw)
    names = pd.Series(
        [
            f"{(kind or 'đơn vị').capitalize()} mô phỏng mới {place:0{digits}}"
            for place, kind in enumerate(kinds["unit_class"], 1)
        ]
    )
    rows = [(code, place, 1.0) for code, place in zip(units.index, group, strict=True)]
    # The last unit of a group may be cut in two, when the next group is of the same province.
    same = units["province"].to_numpy()[1:] == units["province"].to_numpy()[:-1]
    edges = np.flatnonzero((np.diff(group) == 1) & same)
    count = min(len(edges) // 4, max(3, int(group.max()) // 50))
    for edge in draw.choice(edges, count, replace=False) if count else ():
        share = float(draw.choice([0.5, 0.6, 0.7]))
        rows[edge] = (units.index[edge], group[edge], share)
        rows.append((units.index[edge], group[edge] + 1, round(1 - share, 2)))
    table = pd.DataFrame(sorted(rows), columns=["old", "place", "share"])
    codes = np.array([f"MPM{place:0{digits}}" for place in range(1, len(names) + 1)], dtype=object)
    at = table.pop("place").to_numpy(dtype=int)
    table.insert(1, "new", codes[at])
    table.insert(2, "new_name", names.to_numpy()[at])
    table["basis"], table["effective"] = BASIS, EFFECTIVE
    kinds.insert(0, "unit", codes)
    kinds.insert(1, "name", names.to_numpy())
    return table, kinds


def _merged(province: pd.Series[str], draw: np.random.Generator) -> NDArray[np.int_]:
    """New unit of each old one, from 0: neighbours of one province, 3 in 8 of their number."""
    starts: list[NDArray[np.bool_]] = []
    for _, members in province.groupby(province, sort=False):
        first = np.zeros(len(members), dtype=bool)
        others = max(round(len(members) * 0.375), 1) - 1
        first[[0, *(draw.choice(np.arange(1, len(members)), others, replace=False))]] = True
        starts.append(first)
    return np.cumsum(np.concatenate(starts)) - 1


def _declared(
    units: pd.DataFrame, group: NDArray[np.int_], draw: np.random.Generator
) -> pd.DataFrame:
    """Stratum, province and class of each new unit, as a decision declares them."""

    def most(column: str) -> pd.Series[str]:
        people = units["population"].groupby([group, units[column].to_numpy()]).sum()
        kept: Iterable[tuple[int, str]] = people.groupby(level=0).idxmax()
        return pd.Series([name for _, name in kept], dtype=object)

    table = pd.DataFrame({name: most(name) for name in ("stratum", "province", "unit_class")})
    eased = (draw.random(len(table)) < 0.15) & table["stratum"].isin(_AREAS[2:])
    places = table.loc[eased, "stratum"].map(lambda name: _AREAS[_AREAS.index(name) - 1])
    table.loc[eased, "stratum"] = places
    return table.assign(basis=BASIS, year=EFFECTIVE[:4])
