"""Every rule of scoring met in practice, carried by one mechanism and tried on its real example.

``python tests/test_rules.py`` in the environment of the project writes `docs/quy-tac.md` anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from examples import catalogue, concept, framework, group, indicator, levels, observe

from dxmethod.assessment import assess, roll_up, targets_met
from dxmethod.concepts import read_catalogue
from dxmethod.faults import Collector
from dxmethod.framework import (
    Band,
    Framework,
    Level,
    Policy,
    Process,
    Quorum,
    Step,
    Target,
    read_framework,
    write_framework,
)
from dxmethod.merging import merge
from dxmethod.observations import Observations
from dxmethod.units import Crosswalk
from dxmethod.values import Curve, Fitted, Part, Parts

DOCUMENT = Path(__file__).parents[1] / "docs" / "quy-tac.md"
SHIPPED = Path(__file__).parents[1] / "frameworks"
COUNT = {"measure": "number", "unit": "lần", "range": (0, 1000)}


def shipped(name: str) -> Framework:
    found = read_framework(SHIPPED / f"{name}.yml", Collector())
    assert found is not None
    return found


class Rule(NamedTuple):
    """One rule: what practice asks, what carries it, where it was met."""

    code: str
    name: str
    mechanism: str
    example: str


RULES: list[Rule] = []


def rule(code: str, name: str, mechanism: str, example: str) -> Callable:
    """Enter a test's rule in the table."""
    RULES.append(Rule(code, name, mechanism, example))
    return lambda test: test


def linear(low: float, high: float) -> Curve:
    return Curve(kind="linear", at=(low, high), give=(0, 1))


def steps(*pairs: tuple[float, float]) -> Curve:
    """Zero below the first cut, then the share of each cut reached."""
    return Curve(
        kind="steps", at=tuple(at for at, _ in pairs), give=(0, *(give for _, give in pairs))
    )


def totals(asked: Framework, reported: Observations) -> list[float]:
    points = assess(asked, reported).points
    assert points is not None
    return points.total.tolist()


def held(asked: Framework, reported: Observations) -> list[int]:
    found = assess(asked, reported).levels
    assert found is not None
    return found.level.tolist()


def passes(threshold: float | dict[str, float], reported: Observations) -> list[int]:
    """Levels under one requirement on the first concept of a table."""
    name = reported.concepts[0].id
    asked = framework(indicator(name, required={"dat": threshold}), levels=levels("dat"))
    return held(asked, reported)


def scored(value: Curve | Fitted | Parts, points: float, reported: Observations) -> list[float]:
    """Totals under one indicator on the first concept of a table."""
    return totals(
        framework(indicator(reported.concepts[0].id, value=value, points=points)), reported
    )


@rule("R01", "có, không", "required: 1", "Wifi miễn phí ở nhà văn hóa thôn (897/QĐ-UBND Ninh Bình)")
def test_r01_binary():
    wifi = concept("wifi", measure="yes_no", unit="có, không")
    assert passes(1, observe({"wifi": [1, 0]}, {"wifi": wifi})) == [1, 0]


@rule(
    "R02", "không thấp hơn ngưỡng", "required", "Cáp quang phủ từ 80% số hộ (897/QĐ-UBND Ninh Bình)"
)
def test_r02_threshold_min():
    assert passes(80, observe({"cap-quang": [79.9, 80, 95]})) == [0, 1, 1]


@rule(
    "R03",
    "không cao hơn ngưỡng (chỉ tiêu nghịch)",
    "better: lower của khái niệm; required",
    "Tỷ lệ người chỉ dùng 2G dưới 5% (kế hoạch xã Xuân Trúc, Hưng Yên)",
)
def test_r03_threshold_max():
    only_2g = concept("chi-2g", better="lower")
    assert passes(5, observe({"chi-2g": [4, 5, 6]}, {"chi-2g": only_2g})) == [1, 1, 0]


@rule(
    "R04",
    "ngưỡng tăng dần theo mức, mức cao thêm tiêu chí",
    "required theo mức; after",
    "Khung 2361/QĐ-BTTTT: giá trị chỉ tiêu tăng từ khởi động đến toàn diện",
)
def test_r04_level_graded():
    asked = framework(
        indicator("a", required={"co-ban": 50, "nang-cao": 80}),
        indicator("b", required={"nang-cao": 30}),
        levels=levels("co-ban", "nang-cao"),
    )
    assert held(asked, observe({"a": [40, 60, 90, 90], "b": [90, 90, 20, 30]})) == [0, 1, 1, 2]


@rule(
    "R05",
    "tỷ lệ a/b nhân điểm tối đa",
    "value: linear, chặn ở hai đầu; mẫu số bằng 0 là KPS",
    "Cuộc họp do Bí thư, Chủ tịch chủ trì trên tổng số cuộc họp, 20 điểm",
)
def test_r05_linear_ratio():
    ratio = concept("hop", range=(0, 200))
    reported = observe({"hop": [0, 25, 100, 120]}, {"hop": ratio})
    assert scored(linear(0, 100), 20, reported) == pytest.approx([0, 5, 20, 20])


@rule(
    "R06",
    "hệ số theo loại",
    "measure: category; value: steps theo thứ tự loại",
    "Trưởng ban chỉ đạo: cấp trưởng 1, cấp phó 1/2, không có 0 (Thanh Hóa 20đ, Đồng Tháp 10đ)",
)
def test_r06_categorical_tier():
    head = concept("ban", measure="category", unit="loại", categories=("không", "phó", "trưởng"))
    reported = observe({"ban": [0, 1, 2]}, {"ban": head})
    tiers = steps((1, 0.5), (2, 1))
    assert scored(tiers, 20, reported) == [0, 10, 20]
    assert scored(tiers, 10, reported) == [0, 5, 10]


@rule(
    "R07", "bậc theo số lần", "value: steps", "Ban chỉ đạo họp 4, 3, 2, 1 lần: 20, 15, 10, 5 điểm"
)
def test_r07_count_step_bands():
    meetings = steps((1, 0.25), (2, 0.5), (3, 0.75), (4, 1))
    reported = observe({"hop": [0, 1, 2, 3, 4, 9]}, {"hop": concept("hop", **COUNT)})
    assert scored(meetings, 20, reported) == [0, 5, 10, 15, 20, 20]


@rule(
    "R08",
    "cộng các phần",
    "value: sum",
    "Dự đủ phiên họp của tỉnh 1/2, chủ trì họp huyện 1/2 (Cao Lãnh, 10 điểm)",
)
def test_r08_additive_parts():
    yes_no = [concept(name, measure="yes_no", unit="có, không") for name in ("du", "chu-tri")]
    halves = Parts(
        kind="sum",
        of=tuple(Part(concept=c.id, value=steps((1, 1)), share=0.5) for c in yes_no),
    )
    reported = observe({"du": [0, 1, 1], "chu-tri": [0, 0, 1]}, catalogue(*yes_no))
    assert scored(halves, 10, reported) == [0, 5, 10]


@rule(
    "R09",
    "tỷ lệ cộng số lượng có trần",
    "value: sum, mỗi phần một share",
    "Mạng WAN 50 điểm: tỷ lệ × 45 + mỗi ứng dụng 1 điểm, tối đa 5 (phụ lục 1B ICT cấp bộ)",
)
def test_r09_ratio_plus_capped_count():
    wan = Parts(
        kind="sum",
        of=(
            Part(concept="ket-noi", value=linear(0, 100), share=0.9),
            Part(concept="ung-dung", value=linear(0, 5), share=0.1),
        ),
    )
    known = catalogue("ket-noi", concept("ung-dung", **COUNT))
    reported = observe({"ket-noi": [100, 80, 0], "ung-dung": [9, 3, 2]}, known)
    assert scored(wan, 50, reported) == pytest.approx([50, 39, 2])


@rule(
    "R10",
    "trường hợp có điểm cao nhất, mỗi trường hợp có thể gồm nhiều phần",
    "value: max, lồng sum",
    "Trung tâm dữ liệu: lấy trường hợp có điểm cao nhất (phụ lục 1B ICT cấp bộ)",
)
def test_r10_best_of_alternatives():
    own = Parts(
        kind="sum",
        of=(
            Part(concept="rieng", value=linear(0, 100), share=0.5),
            Part(concept="an-toan", value=linear(0, 100), share=0.5),
        ),
    )
    best = Parts(kind="max", of=(Part(value=own), Part(concept="thue", value=linear(0, 100))))
    asked = framework(indicator("x", concept="rieng", value=best, points=10))
    reported = observe({"rieng": [100, 100, 0], "an-toan": [100, 0, 0], "thue": [0, 80, 30]})
    assert asked.concepts == ("rieng", "an-toan", "thue")
    assert totals(asked, reported) == pytest.approx([10, 8, 3])


@rule(
    "R11",
    "so với đơn vị tốt nhất",
    "value: fitted, to: best",
    "Băng thông quy đổi trên một cán bộ, 40 điểm",
)
def test_r11_relative_to_best():
    reported = observe(
        {"bang-thong": [50, 200, 100]}, {"bang-thong": concept("bang-thong", **COUNT)}
    )
    assert scored(Fitted(kind="fitted", to="best"), 40, reported) == pytest.approx([10, 40, 20])


@rule(
    "R12",
    "so với mốc tham chiếu",
    "khái niệm là tỷ lệ so với mốc; required",
    "Thu nhập cao hơn từ 10% so với xã nông thôn mới nâng cao (319/QĐ-TTg)",
)
def test_r12_relative_to_reference():
    income = concept("thu-nhap-so-moc", range=(0, 1000))
    reported = observe({"thu-nhap-so-moc": [109.9, 110]}, {"thu-nhap-so-moc": income})
    assert passes(110, reported) == [0, 1]


@rule(
    "R13", "đủ số lượng", "required trên số đếm", "Ít nhất một mô hình thôn thông minh (319/QĐ-TTg)"
)
def test_r13_count_min():
    assert passes(1, observe({"mo-hinh": [0, 1]}, {"mo-hinh": concept("mo-hinh", **COUNT)})) == [
        0,
        1,
    ]


@rule(
    "R14",
    "ngưỡng theo vùng",
    "required theo stratum",
    "Sổ khám chữa bệnh điện tử: trung du miền núi phía Bắc 50%, đồng bằng sông Hồng 70%",
)
def test_r14_region_specific_threshold():
    reported = observe({"so-kcb": [55, 55, 70]}, strata=["tdmnpb", "dbsh", "dbsh"])
    assert passes({"tdmnpb": 50, "dbsh": 70}, reported) == [1, 0, 1]


@rule(
    "R15",
    "tổng hợp từ đơn vị cấp dưới",
    "roll_up(kết quả cấp dưới, mức độ)",
    "Số xã đạt chuẩn chuyển đổi số trên tổng số xã (khung 2361/QĐ-BTTTT, cấp huyện)",
)
def test_r15_rollup_from_lower_unit():
    asked = framework(indicator("a", required={"dat": 50}), levels=levels("dat"))
    communes = assess(asked, observe({"a": [60, 40, 70, 90]}))
    parents = pd.Series(["h1", "h1", "h2", "h2"], index=["u0", "u1", "u2", "u3"])
    assert roll_up(communes, "dat", parents).to_dict() == {"h1": 0.5, "h2": 1.0}
    with pytest.raises(ValueError, match="cấp trên của: u3"):
        roll_up(communes, "dat", parents.drop("u3"))
    with pytest.raises(ValueError, match="không có mức độ xx"):
        roll_up(communes, "xx", parents)


@rule("R16", "thông tin không tính điểm", "points: 0", "Đô thị thông minh, 0 điểm (922/QĐ-BTTTT)")
def test_r16_unscored_information():
    asked = framework(indicator("a", value=linear(0, 100), points=10), indicator("info"))
    assert asked.maximum == 10
    assert totals(asked, observe({"a": [50, 50], "info": [0, 100]})) == [5, 5]


@rule(
    "R17",
    "tổng điểm có trọng số",
    "combine: sum, hoặc combine: arithmetic với points: 1",
    "DTI cấp tỉnh: 100×5, 200, 150, 150 trên 1000 (922/QĐ-BTTTT)",
)
def test_r17_weighted_sum_points():
    items = [
        indicator(f"i{n}", value=linear(0, 100), points=p) for n, p in enumerate([100, 200, 700])
    ]
    reported = observe({"i0": [90], "i1": [50], "i2": [10]})
    assert totals(framework(*items), reported) == pytest.approx([260])
    assert totals(framework(*items, combine="arithmetic", total=1), reported) == pytest.approx(
        [0.26]
    )


@rule(
    "R18",
    "bỏ phần không áp dụng, quy đổi về thang đầy đủ",
    "policy: rescale: sheet; KAD",
    "Huế 2020: 42,63 trên 48 điểm áp dụng, quy đổi 44,41 trên 50",
)
def test_r18_na_exclusion_rescale():
    asked = framework(
        indicator("a", value=linear(0, 100), points=48),
        indicator("b", value=linear(0, 100), points=2),
        policy=Policy(rescale="sheet"),
    )
    reported = observe({"a": [100 * 42.63 / 48], "b": ["KAD"]})
    assert totals(asked, reported) == pytest.approx([44.41], abs=0.005)


@rule(
    "R19",
    "điểm tối đa theo loại đơn vị",
    "points theo unit_class, hoặc applies_to; band_scale: percent",
    "Lào Cai: 1000 điểm cho đơn vị có thủ tục hành chính, 750 cho đơn vị không có",
)
def test_r19_unit_class_specific_max():
    asked = framework(
        indicator("chung", value=linear(0, 100), points=750),
        indicator(
            "tthc", value=linear(0, 100), points=250, applies_to={"unit_class": ("co-tthc",)}
        ),
        band_scale="percent",
        bands=(Band(id="duoi", label="dưới"), Band(id="tren", label="trên", above=75)),
    )
    reported = observe({"chung": [100, 100, 75], "tthc": [0, None, 90]})
    reported.units["unit_class"] = ["co-tthc", "khong", "khong"]
    found = assess(asked, reported).points
    assert found is not None
    assert found.applicable["goc"].tolist() == [1000, 750, 750]
    assert found.total.tolist() == pytest.approx([750, 1000, 750])
    assert found.band.tolist() == [0, 1, 0]


@rule(
    "R20",
    "chỉ tiêu áp dụng theo loại, nhiệm vụ của đơn vị",
    "applies_to",
    "Hà Nội: 33 trên 34 chỉ số cho sở không có nhiệm vụ kinh tế số (5279/QĐ-UBND)",
)
def test_r20_applicability_by_role():
    asked = framework(
        indicator("a", required={"dat": 50}),
        indicator("kts", required={"dat": 50}, applies_to={"unit_class": ("kinh-te-so",)}),
        levels=levels("dat"),
    )
    reported = observe({"a": [60, 60, 60], "kts": [10, 10, None]})
    reported.units["unit_class"] = ["kinh-te-so", "khac", "khac"]
    assert held(asked, reported) == [0, 1, 1]
    with pytest.raises(ValueError, match="không có cột unit_class"):
        assess(asked, observe({"a": [60], "kts": [10]}))


@rule(
    "R21",
    "điểm thưởng, điểm trừ",
    "role: bonus, role: penalty",
    "Đà Nẵng, mục điểm thưởng và điểm trừ (2386/QĐ-UBND)",
)
def test_r21_bonus_penalty():
    asked = framework(
        indicator("a", value=linear(0, 100), points=100),
        indicator("thuong", value=linear(0, 100), points=10, role="bonus"),
        indicator(
            "cham",
            concept="cham",
            value=Curve(kind="linear", at=(0, 100), give=(0, 1)),
            points=5,
            role="penalty",
        ),
    )
    known = catalogue("a", "thuong", concept("cham", better="lower"))
    columns = {"a": [80, 80, "KAD", 80], "thuong": [0, 50, 100, None], "cham": [0, 100, 0, None]}
    found = assess(asked, observe(columns, known)).points
    assert found is not None
    assert asked.maximum == 100
    assert found.total.tolist()[:2] == pytest.approx([80, 80])
    assert np.isnan(found.total[2])  # nothing applies that a bonus could be added to
    assert found.total[3] == pytest.approx(80)
    assert found.best[3] == pytest.approx(90)  # the bonus yet to be proved, no penalty


@rule(
    "R22",
    "trung bình cộng các đơn vị cũ",
    "merge(..., rule='mean')",
    "DTI 2024 của tỉnh sau sáp nhập",
)
def test_r22_merger_mean():
    table = {"old": ["u0", "u1", "u2"], "new": ["n", "n", "m"], "new_name": ["N", "N", "M"]}
    crosswalk = Crosswalk(pd.DataFrame(table))
    merged = merge(observe({"a": [60, 80, 50]}), crosswalk, "mean").observations
    assert dict(zip(merged.units.index, merged.value[:, 0], strict=True)) == {"n": 70, "m": 50}


@rule("R23", "đạt toàn bộ", "quorum mặc định", "Dự thảo 2516: đạt mọi chỉ tiêu thành phần của mức")
def test_r23_all_required():
    asked = framework(
        *(indicator(name, required={"dat": 50}) for name in "abc"), levels=levels("dat")
    )
    assert held(asked, observe({"a": [50, 90], "b": [50, 90], "c": [50, 49]})) == [1, 0]


@rule(
    "R24",
    "phải đạt hạng dưới trước",
    "after",
    "Nông thôn mới kiểu mẫu đòi đạt nông thôn mới nâng cao (319/QĐ-TTg)",
)
def test_r24_prerequisite_status():
    asked = framework(
        indicator("a", required={"nang-cao": 50}),
        indicator("b", required={"kieu-mau": 50}),
        levels=levels("nang-cao", "kieu-mau"),
    )
    assert held(asked, observe({"a": [40, 60], "b": [90, 90]})) == [0, 2]


@rule(
    "R25",
    "đạt k trong n",
    "quorum: count",
    "Ít nhất một lĩnh vực nổi trội trong 11 lĩnh vực (Quảng Nam)",
)
def test_r25_choose_k_of_n():
    one = Level(id="dat", label="đạt", quorum=(Quorum(count=1),))
    asked = framework(*(indicator(name, required={"dat": 50}) for name in "abc"), levels=(one,))
    assert held(asked, observe({"a": [0, 0], "b": [0, 50], "c": [49, 0]})) == [0, 1]


@rule(
    "R26",
    "hai danh hiệu độc lập",
    "mức độ không có after",
    "Đắk Nông: 25 chỉ tiêu và 16 chỉ tiêu (151/QĐ-UBND); có kế thừa hay không là một dòng after",
)
def test_r26_two_tier_badge():
    tiers = (Level(id="cds", label="CĐS"), Level(id="nang-cao", label="nâng cao"))
    items = [indicator("a", required={"cds": 50}), indicator("b", required={"nang-cao": 50})]
    reported = observe({"a": [40, 60], "b": [90, 90]})
    assert held(framework(*items, levels=tiers), reported) == [2, 2]
    chained = (tiers[0], tiers[1].model_copy(update={"after": "cds"}))
    assert held(framework(*items, levels=chained), reported) == [0, 2]


@rule(
    "R27",
    "xếp loại theo phần trăm, cận thuộc loại dưới",
    "band_scale: percent; above",
    "Lào Cai 2644/QĐ-UBND: trên 75 dẫn dắt, trên 50 nâng cao, trên 25 hình thành",
)
def test_r27_percent_bands_open_lower():
    names = ("khoi-dong", "hinh-thanh", "nang-cao", "dan-dat")
    bounds = (None, 25, 50, 75)
    bands = tuple(Band(id=n, label=n, above=b) for n, b in zip(names, bounds, strict=True))
    item = indicator("a", value=linear(0, 100), points=800)
    asked = framework(item, bands=bands, band_scale="percent")
    found = assess(asked, observe({"a": [25, 25.1, 50, 75, 75.1]})).points
    assert found is not None
    assert found.band.tolist() == [0, 1, 1, 2, 3]


@rule(
    "R28",
    "xếp loại theo điểm, cận thuộc loại trên",
    "at_least",
    "Hậu Giang 1949/QĐ-UBND: 324, 288, 252, 180 trên 360",
)
def test_r28_absolute_point_bands_closed_lower():
    bounds = (None, 180, 252, 288, 324)
    bands = tuple(Band(id=f"b{n}", label=f"b{n}", at_least=b) for n, b in enumerate(bounds))
    item = indicator("a", value=Curve(kind="linear", at=(0, 360), give=(0, 1)), points=360)
    reported = observe({"a": [179.9, 180, 252, 288, 323.9, 324]}, {"a": concept("a", **COUNT)})
    found = assess(framework(item, bands=bands), reported).points
    assert found is not None
    assert found.band.tolist() == [0, 1, 2, 3, 3, 4]


@rule("R29", "tên loại khác nhau", "label của bands", "Bắc Ninh, Đà Nẵng, Kon Tum, Đắk Nông, Huế")
def test_r29_named_classes():
    bands = (Band(id="kha", label="Khá"), Band(id="tot", label="Tốt", at_least=50))
    asked = framework(indicator("a", value=linear(0, 100), points=100), bands=bands)
    frame = assess(asked, observe({"a": [49, 50]})).to_frame()
    assert frame["band"].tolist() == ["Khá", "Tốt"]


@rule("R30", "chỉ xếp hạng", "không có bands; hạng 1-2-2-4", "Tuyên Quang, Bắc Kạn 2023")
def test_r30_rank_only():
    asked = framework(indicator("a", value=linear(0, 100), points=100))
    assert assess(asked, observe({"a": [70, 90, 70, 50]})).rank.tolist() == [2, 1, 2, 4]


def test_points_of_composed_values_do_not_outlive_applicability():
    """A unit outside the indicator's scope has no share of it, at worst or at best."""
    both = Parts(
        kind="max",
        of=(Part(concept="a", value=linear(0, 100)), Part(concept="b", value=linear(0, 100))),
    )
    asked = framework(
        indicator("x", concept="a", value=both, points=10, applies_to={"unit_class": ("xa",)}),
        indicator("y", value=linear(0, 100), points=10),
        policy=Policy(rescale="none"),
    )
    reported = observe({"a": [50, None], "b": [80, None], "y": [50, 50]})
    reported.units["unit_class"] = ["xa", "phuong"]
    found = assess(asked, reported).points
    assert found is not None
    assert found.total.tolist() == pytest.approx([13, 10])
    assert found.best.tolist() == pytest.approx([13, 10])
    assert found.applicable["goc"].tolist() == [20, 10]


def test_groups_of_bonus_points_add_nothing_to_the_maximum():
    asked = framework(
        group("g", indicator("a", value=linear(0, 100), points=10)),
        group("t", indicator("b", value=linear(0, 100), points=3, role="bonus")),
    )
    assert asked.maximum == 10
    assert totals(asked, observe({"a": [100], "b": [100]})) == pytest.approx([13])


def test_points_by_class_and_applicability_tell_the_same():
    bands = (Band(id="duoi", label="dưới"), Band(id="tren", label="trên", above=75))
    rest = {"band_scale": "percent", "bands": bands}
    common = indicator("chung", value=linear(0, 100), points=750)
    left = indicator(
        "tthc", value=linear(0, 100), points=250, applies_to={"unit_class": ("co-tthc",)}
    )
    none = indicator("tthc", value=linear(0, 100), points={"co-tthc": 250, "*": 0})
    reported = observe({"chung": [80, 80], "tthc": [40, 90]})
    reported.units["unit_class"] = ["co-tthc", "khong-tthc"]
    for other in (left, none):
        found = assess(framework(common, other, **rest), reported).points
        assert found is not None
        assert found.applicable["goc"].tolist() == [1000, 750]
        assert found.total.tolist() == pytest.approx([700, 800])
        assert found.band.tolist() == [0, 1]


def written(fields: dict[str, object], tmp_path: Path) -> Framework:
    """A framework with these fields, after it went to a file and came back."""
    made = framework(indicator("a", required={"dat": 50}), levels=levels("dat"), **fields)
    write_framework(made, tmp_path / "a.yml")
    read = read_framework(tmp_path / "a.yml", Collector())
    assert read == made
    return made


@rule(
    "R31",
    "tự chấm rồi thẩm định",
    "process.steps: stage self, verified, final",
    "Thanh Hóa: điểm tự chấm và giải trình; khung huyện: đơn vị phối hợp xác minh",
)
def test_r31_self_score_plus_verification(tmp_path):
    steps_ = (Step(stage="self", by="UBND cấp xã"), Step(stage="verified", by="Sở TT&TT"))
    made = written({"process": Process(steps=steps_)}, tmp_path)
    assert [step.stage for step in made.process.steps] == ["self", "verified"]


@rule(
    "R32",
    "kỳ số liệu lệch năm lịch",
    "process.window, process.deadline",
    "Bắc Giang: 15/10 năm trước đến 15/10 năm đánh giá, công nhận trước 15/12",
)
def test_r32_reporting_window():
    process = shipped("bac-giang-2937-2022/commune").process
    assert "15 tháng 10" in process.window
    assert "15 tháng 12" in process.deadline


@rule(
    "R33",
    "ai đánh giá ai",
    "process.steps: by",
    "Hà Tĩnh: UBND huyện đánh giá xã (2828/QĐ-UBND)",
)
def test_r33_evaluator_chain():
    by = {step.stage: step.by for step in shipped("ha-tinh-2828-2023/commune").process.steps}
    assert "huyện" in by["verified"]


@rule(
    "R34",
    "đo tự động hay tự báo cáo",
    "source_type của khái niệm",
    "DTI quốc gia: 33% chỉ số đo tự động",
)
def test_r34_auto_measured_vs_reported():
    known = read_catalogue(SHIPPED / "catalogue", Collector())
    asked = shipped("tay-ninh-2025/commune")
    kinds = [known[item.concept].source_type for item in asked.indicators]
    assert {"automatic", "self_report"} <= set(kinds)


@rule(
    "R35",
    "theo dõi bằng màu",
    "process.signals",
    "Hệ thống giám sát Nghị quyết 57: xã xanh, vàng, đỏ (tiêu chí tô màu không tìm thấy)",
)
def test_r35_status_traffic_light(tmp_path):
    made = written({"process": Process(signals=("Đỏ", "Vàng", "Xanh"))}, tmp_path)
    assert made.process.signals[-1] == "Xanh"
    assert assess(made, observe({"a": [60]})).rank.tolist() == [1]  # a colour is no result


@rule(
    "R36",
    "giao chỉ tiêu theo năm",
    "targets; targets_met(...)",
    "Thanh Hóa, 969/QĐ-UBND: 94, 132, 133, 118 xã các năm 2022 đến 2025",
)
def test_r36_annual_quota(tmp_path):
    quota = (94, 226, 359, 477)  # all years before included
    targets = tuple(Target(year=2022 + n, units=units) for n, units in enumerate(quota))
    made = written({"targets": (*targets, Target(year=2025, unit="u3"))}, tmp_path)
    met = targets_met(assess(made, observe({"a": [50] * 230 + [49] * 400})))
    assert met["held"].tolist() == [230, 230, 230, 230, 1]
    assert met["met"].tolist() == [True, True, False, False, True]


def document() -> str:
    """The table of rules, from the tests themselves."""
    lines = [
        "# Quy tắc chấm điểm gặp trong thực tế và cơ chế mang chúng",
        "",
        "Bảng này sinh từ `tests/test_rules.py`; mỗi dòng có một kiểm thử chạy trên ví dụ của nó.",
        "",
        "| mã | quy tắc | cơ chế trong tệp khung | ví dụ |",
        "|---|---|---|---|",
        *(f"| {r.code} | {r.name} | {r.mechanism} | {r.example} |" for r in RULES),
    ]
    return "\n".join(lines) + "\n"


def test_the_table_of_rules_is_the_one_in_the_documents():
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_rule_met_in_practice_has_its_test():
    assert [r.code for r in RULES] == [f"R{number:02}" for number in range(1, 37)]


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8", newline="\n")
