"""What a scoring workbook tells its reader: how it is filled in, and by which rules it scores."""

from __future__ import annotations

from collections.abc import Iterator

from ..faults import quoted
from ..framework import UNIT_TYPES, Framework
from .plan import REASONS, Plan

SIMULATED = "SỐ LIỆU MÔ PHỎNG"
ILLUSTRATIVE = "MINH HỌA: khung có chỉ tiêu tự viết, không phải nội dung văn bản"

_FILLING = (
    (
        "Ô nền vàng",
        "Trang “Số liệu”: mỗi số liệu bốn cột Tự chấm, Thẩm định, Lý do, Cuối cùng. Chỉ điền ô nền "
        "vàng; ô khác đã khóa (không mật khẩu) và được tính tự động.",
    ),
    (
        "Thẩm định",
        "Để trống là giữ giá trị tự chấm. Ghi khác tự chấm (nền cam) thì phải có mã lý do.",
    ),
    ("Nền cam", "Giá trị thẩm định khác tự chấm; đơn vị còn số liệu để trống."),
    ("Nền đỏ", "Yêu cầu chưa đạt, chỉ tiêu 0 điểm, hoặc thiếu mã lý do."),
    *((code, f"Mã lý do: {said}.") for code, said in REASONS.items()),
    (
        "Phúc tra",
        "Trang “Phúc tra”: mỗi dòng một đề nghị. Quyết định “Chấp nhận…” kèm giá trị thì giá trị "
        "đó thành kết quả cuối cùng.",
    ),
    (
        "KAD, KPS, KMC",
        "Ghi vào ô thay cho số: không áp dụng, không phát sinh, không có minh chứng (có thể kèm "
        "số, ví dụ KMC 80). Số 0 là một số liệu; để trống là chưa có.",
    ),
)
_CARE = (
    (
        "Không",
        "Không thêm, xóa, chuyển, ẩn hàng và cột; không xếp lại thứ tự đơn vị; không đổi tên "
        "trang; không dán đè ô có công thức; không ghép trang của bảng khác.",
    ),
    ("Dữ liệu cá nhân", "Không ghi họ tên, số điện thoại, số định danh ở bất kỳ ô nào."),
)
_STATUSES = {
    "fails": "không được tính",
    "excluded": "rút khỏi yêu cầu và mẫu số",
    "unknown": "chưa được tính, có thể bổ sung",
    "counts": "tính như đã chứng minh",
}
_SCALES = {
    "sheet": "quy đổi về tổng điểm tối đa",
    "group": "quy đổi trong từng nhóm",
    "none": "không quy đổi, trừ chỉ tiêu không dành cho loại đơn vị",
}


def notices(framework: Framework, simulated: bool) -> tuple[str, ...]:
    """What every sheet and page must say of its content."""
    return (SIMULATED,) * simulated + (ILLUSTRATIVE,) * framework.is_illustrative


def guide_lines(plan: Plan, source: str, simulated: bool) -> Iterator[tuple[str, str]]:
    """Lines of the guide: a word and what it means; one without a meaning is a heading."""
    framework, policy = plan.framework, plan.framework.policy
    yield "BẢNG CHẤM", framework.title
    yield "Mã khung", framework.id
    yield "Phiên bản", framework.version
    yield "Mã bảng", plan.mark
    yield "Số đơn vị", f"{len(plan.units)} ({UNIT_TYPES[framework.unit_type]})"
    yield "Nguồn số liệu", source or "Bảng chấm của địa phương"
    yield "Mô phỏng", "Có" if simulated else "Không"
    yield from ((words, "") for words in notices(framework, simulated))
    yield "1. Cách điền", ""
    yield from _FILLING
    yield "2. Quy tắc tính", ""
    said = {"KAD": policy.not_applicable, "KPS": policy.no_occurrence, "KMC": policy.no_evidence}
    words = "; ".join(f"{word}: {_STATUSES[rule]}" for word, rule in said.items())
    yield "Tình trạng", f"{words}; để trống: {_STATUSES[policy.missing]}."
    yield from _rules(plan)
    yield "3. Lưu ý", ""
    yield from _CARE


def _rules(plan: Plan) -> Iterator[tuple[str, str]]:
    """Declared rules of levels, totals, rounding and ties, in words."""
    framework = plan.framework
    if framework.levels:
        said = "từng yêu cầu đạt hay chưa, theo trang “Ngưỡng”"
        yield "Mức độ", f"Trang “Mức …”: {said}. Mức của đơn vị là mức cao nhất đạt được."
    if framework.has_points:
        yield "Phần không áp dụng", f"{_SCALES[framework.policy.rescale]}.".capitalize()
    yield "Làm tròn", rounding_words(framework)
    yield "Đồng hạng", ties_words(framework)
    if plan.uncarried:
        listed = ", ".join(quoted(label) for label in plan.uncarried)
        said = "dxmethod tính và ghi giá trị (nền xám); bảng không tính lại"
        yield "Giá trị, không phải công thức", f"{listed}: {said}."
    said = "Mức, xếp loại, hạng tính ở đây bằng kết quả của dxmethod; điểm bằng nhau tới 9 chữ số"
    yield "Số chữ số", f"Giá trị giữ 14 chữ số có nghĩa. {said} thập phân."


def rounding_words(framework: Framework) -> str:
    """The declared rounding in words."""
    rounding = framework.rounding
    if rounding is None:
        return "Không làm tròn trước khi xếp loại, xếp hạng."
    steps = {"band": "xếp loại", "rank": "xếp hạng"}
    half = "lên" if rounding.half == "up" else "về số chẵn"
    before = ", ".join(steps[step] for step in rounding.before)
    return f"Làm tròn {rounding.decimals} chữ số thập phân (nửa thì {half}) trước khi {before}."


def ties_words(framework: Framework) -> str:
    """The declared rule for ties in words."""
    after = "1-2-2-4" if framework.policy.ties == "competition" else "1-2-2-3"
    what = "tổng điểm" if framework.has_points else "mức độ"
    return f"Bằng {what} thì cùng hạng, hạng sau đó tính tiếp {after}."
