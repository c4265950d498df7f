"""The form of the tables: their columns, and the words for every value that is one of a few."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .concepts import SOURCE_TYPES
from .framework import FIDELITY, STATUS, UNIT_TYPES, Level
from .sheets import Column

ILLUSTRATIVE = "MINH HỌA, không phải nội dung văn bản: những hàng nền vàng"
MAIN, DOCUMENT, LEVELS, BANDS, CONCEPTS = (
    "Chỉ tiêu",
    "Văn bản",
    "Mức độ",
    "Xếp loại",
    "Khái niệm",
)
TOTAL = "Tổng cộng"
GROUP, INDICATOR = "nhóm", "chỉ tiêu"
DEFAULT = "default.fidelity"  # how faithful a row is that does not say so

_FAILS = "coi như không đạt, không có điểm"
_OUT = "không tính vào yêu cầu và điểm tối đa"
_UNKNOWN = "chưa biết, tính cả trường hợp tốt nhất"

# Words for every value that is one of a few.
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "status": STATUS,
        "unit_type": UNIT_TYPES,
        "depth": {"indicators": "đến từng chỉ tiêu", "main_index": "đến chỉ số chính"},
        "policy.missing": {"unknown": _UNKNOWN, "fails": _FAILS},
        "policy.not_applicable": {"excluded": _OUT, "fails": _FAILS},
        "policy.no_occurrence": {"excluded": _OUT, "fails": _FAILS, "unknown": _UNKNOWN},
        "policy.no_evidence": {"fails": _FAILS, "counts": "lấy số đơn vị khai"},
        "policy.rescale": {
            "sheet": "quy đổi về cả bảng điểm",
            "group": "quy đổi trong từng nhóm",
            "none": "không quy đổi",
        },
        "policy.ties": {
            "competition": "chung hạng, hạng sau cách ra (1-2-2-4)",
            "dense": "chung hạng, hạng sau kế tiếp (1-2-2-3)",
        },
        "rounding.half": {"up": "nửa làm tròn lên", "even": "nửa làm tròn về số chẵn"},
        "band_scale": {"points": "điểm", "percent": "% điểm tối đa áp dụng"},
        "combine": {
            "sum": "cộng điểm",
            "arithmetic": "trung bình cộng",
            "geometric": "trung bình nhân",
            "harmonic": "trung bình điều hòa",
            "min": "giá trị thấp nhất",
        },
        "tree.combine": {},
        "role": {"scored": "tính điểm", "bonus": "điểm thưởng", "penalty": "điểm trừ"},
        "fidelity": FIDELITY,
        "default.fidelity": FIDELITY,
        "measure": {
            "ratio": "tỷ lệ",
            "number": "số",
            "yes_no": "có/không",
            "category": "loại",
        },
        "better": {"higher": "càng cao càng tốt", "lower": "càng thấp càng tốt"},
        "source_type": SOURCE_TYPES,
    }
)

# Key, label and kind of what the sheet of the document holds. "list": one row for each item.
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("id", "Mã khung (bộ tiêu chí/loại đơn vị)", "text"),
    ("title", "Tên gọi", "text"),
    ("version", "Phiên bản", "text"),
    ("status", "Tình trạng", "word"),
    ("unit_type", "Áp dụng cho", "word"),
    ("issued.document", "Số, ký hiệu văn bản", "text"),
    ("issued.date", "Ngày ban hành (năm-tháng-ngày)", "text"),
    ("issued.by", "Cơ quan ban hành", "text"),
    ("validity.since", "Hiệu lực từ", "text"),
    ("validity.until", "Hiệu lực đến", "text"),
    ("supersedes", "Thay thế khung", "yaml"),
    ("extends", "Điều chỉnh từ khung", "text"),
    ("adjustable", "Được điều chỉnh những gì", "yaml"),
    ("depth", "Độ sâu của tệp", "word"),
    ("note", "Ghi chú", "text"),
    ("terms.group", "Văn bản gọi nhóm là", "text"),
    ("terms.indicator", "Văn bản gọi chỉ tiêu là", "text"),
    ("terms.total", "Văn bản gọi tổng là", "text"),
    ("terms.points", "Văn bản gọi điểm là", "text"),
    ("declared.groups", "Văn bản tự nêu: số nhóm", "number"),
    ("declared.indicators", "Văn bản tự nêu: số chỉ tiêu", "number"),
    ("declared.components", "Văn bản tự nêu: số chỉ số thành phần", "number"),
    ("declared.points", "Văn bản tự nêu: tổng điểm", "number"),
    ("declared.required", "Văn bản tự nêu: số chỉ tiêu theo mức", "yaml"),
    ("process.window", "Kỳ số liệu", "text"),
    ("process.deadline", "Thời hạn", "text"),
    ("process.steps", "Bước đánh giá", "list"),
    ("process.signals", "Màu theo dõi", "yaml"),
    ("policy.missing", "Thiếu số liệu thì", "word"),
    ("policy.not_applicable", "Không áp dụng thì", "word"),
    ("policy.no_occurrence", "Không phát sinh (mẫu số bằng 0) thì", "word"),
    ("policy.no_evidence", "Không có minh chứng thì", "word"),
    ("policy.rescale", "Điểm không áp dụng", "word"),
    ("policy.ties", "Đơn vị bằng điểm", "word"),
    ("rounding.decimals", "Làm tròn tổng đến mấy chữ số", "number"),
    ("rounding.half", "Cách làm tròn", "word"),
    ("rounding.before", "Làm tròn trước khi", "yaml"),
    ("band_scale", "Cận xếp loại tính theo", "word"),
    ("targets", "Chỉ tiêu giao theo năm", "list"),
    ("examples", "Ví dụ để kiểm tra", "list"),
    ("tree.id", "Mã của cả bảng", "text"),
    ("tree.code", "Số thứ tự của cả bảng", "text"),
    ("tree.label", "Tên của cả bảng", "text"),
    ("tree.combine", "Cách gộp các nhóm", "word"),
    ("tree.weight", "Trọng số của cả bảng", "number"),
    ("tree.points", "Điểm của cả bảng (khi lấy trung bình)", "number"),
    ("tree.provenance", "Căn cứ của cả bảng", "yaml"),
)

DOCUMENT_COLUMNS = (
    Column("label", "Mục", 40, required=True),
    Column("content", "Nội dung", 90, required=True),
    Column("key", "Khóa", 22, internal=True, required=True),
)
LEVEL_COLUMNS = (
    Column("code", "Thứ tự", 8),
    Column("label", "Tên mức độ", 34, required=True),
    Column("quorum", "Phải đạt", 40, required=True),
    Column("mandatory", "Chỉ tiêu bắt buộc (mã)", 40),
    Column("after", "Sau mức (mã)", 18),
    Column("id", "Mã mức", 18, internal=True, required=True),
)
BAND_COLUMNS = (
    Column("label", "Tên loại", 34, required=True),
    Column("at_least", "Từ (cận thuộc loại này)", 24, required=True),
    Column("above", "Trên (cận thuộc loại dưới)", 24, required=True),
    Column("id", "Mã loại", 18, internal=True, required=True),
)
CONCEPT_COLUMNS = (
    Column("id", "Mã khái niệm", 34, required=True),
    Column("label", "Tên khái niệm", 50, required=True),
    Column("measure", "Kiểu", 12, required=True),
    Column("unit", "Đơn vị tính", 14, required=True),
    Column("better", "Chiều tốt", 18),
    Column("range", "Khoảng hợp lệ", 16),
    Column("definition", "Định nghĩa", 60),
    Column("numerator", "Tử số", 40),
    Column("denominator", "Mẫu số", 40),
    Column("categories", "Các loại (từ thấp đến cao)", 40),
    Column("source", "Nguồn", 40),
    Column("source_type", "Cách có số liệu", 20),
)
ALL = "mọi yêu cầu của mức"


def main_columns(
    levels: tuple[Level, ...], points: bool, components: bool = False, verified: bool = False
) -> tuple[Column, ...]:
    """Columns of the circulated table.

    Parameters
    ----------
    levels : tuple of Level
        One column each; with levels the table is that of a level instrument.
    points : bool
        Whether points are shown beside levels.
    components, verified : bool
        Whether those columns are shown though the official table has none.

    Returns
    -------
    tuple of Column
    """
    method = ("Cách xác định và tính điểm", "Cách tính", "Cách xác định", "Cách đánh giá")
    evidence = ("Tài liệu kiểm chứng", "Minh chứng", "Tài liệu minh chứng")
    source = ("Nguồn thu thập dữ liệu", "Nguồn", "Nguồn số liệu", "Nguồn dữ liệu")
    verifier = ("Đơn vị phối hợp xác minh", "Đơn vị xác minh", "Đơn vị thẩm định")
    code = Column("code", "TT" if levels else "STT", 7, ("STT", "TT", "Số TT"))
    names = ("Tiêu chí", "Chỉ số", "Chỉ tiêu", "Nội dung", "Tên chỉ số", "Tên tiêu chí")
    label = Column("label", "Tiêu chí" if levels else "Chỉ số", 32, names, required=True)
    most = Column("points", "Điểm tối đa", 8, ("Điểm", "Điểm chuẩn"), required=points)
    below = Column("components", "Số chỉ số thành phần", 11)
    inner = internal_columns(components and not levels)
    if not levels:
        return (
            code,
            label,
            *([below] if components else []),
            most,
            Column("method", method[0], 38, method),
            Column("evidence", evidence[0], 26, evidence),
            Column("source", source[0], 20, source),
            Column("verified_by", verifier[0], 17, verifier),
            *inner,
        )
    return (
        code,
        label,
        Column("unit", "Đơn vị tính", 10, ("ĐVT", "Đơn vị")),
        *(level_column(place, level) for place, level in enumerate(levels, 1)),
        *([most] if points else []),
        Column("method", "Cách tính", 30, method),
        Column("source", "Nguồn", 18, source),
        Column("evidence", "Minh chứng", 20, evidence),
        *([Column("verified_by", verifier[1], 16, verifier)] if verified else []),
        *inner,
    )


def level_column(place: int, level: Level) -> Column:
    """Column of one level: "Mức 1" and its name."""
    also = (f"Mức {place}", level.label, f"Mức độ {place}", f"Mức {level.label}")
    header = f"Mức {place}\n{level.label}"
    return Column(f"level:{level.id}", header, 10, also, required=True)


def internal_columns(components: bool = False) -> tuple[Column, ...]:
    """Columns that the program needs beside the circulated ones."""
    columns = (
        Column("id", "Mã", 26),
        Column("kind", "Loại dòng", 10),
        Column("parent", "Thuộc nhóm (mã)", 16),
        Column("concept", "Khái niệm (mã)", 34, choices=f"'{CONCEPTS}'!$A$4:$A$1000"),
        Column("value", "Quy tắc tính điểm", 40),
        Column("role", "Vai trò", 12),
        Column("applies_to", "Phạm vi áp dụng", 20),
        *([] if components else [Column("components", "Số chỉ số thành phần", 11)]),
        Column("combine", "Cách gộp", 14),
        Column("weight", "Trọng số", 9),
        Column("replaces", "Thay cho (mã)", 20),
        Column("document", "Căn cứ: văn bản", 24),
        Column("place", "Căn cứ: vị trí", 20),
        Column("fidelity", "Căn cứ: độ tin cậy", 16),
        Column("note", "Căn cứ: ghi chú", 40),
        Column("auto", "Ô điền tự động", 24),
    )
    return tuple(
        Column(c.key, c.header, c.width, internal=True, choices=c.choices) for c in columns
    )
