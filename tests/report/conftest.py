"""A report small enough to read and rich enough to try every form: wide tables, names that bite."""

import warnings
from types import SimpleNamespace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from dxmethod.report import blocks as b
from dxmethod.report.assemble import Front, assemble
from dxmethod.report.pdf import render_pdf
from dxmethod.report.web import render_html
from dxmethod.report.word import render_docx
from dxmethod.report.workbook import write_figures, write_workbook

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "{{x}}",
    "#let x = 1",
    "\\input{/etc/passwd}",
    "../../etc/passwd",
    "\"quote'",
    "two\nlines",
    "\u202eRTL\u200f",
    "nghiêng" * 17 + "x",
    "$x^2$",
    "*b*",
    "<!--",
    "@ref",
    "[a](http://x)",
    "+1+1",
    "-2+3",
    "<b>&amp;</b>",
    "\x00\x07bad\ufffe",
    "https://example.org/a?b=c&d",
)

NAMES = (
    "Hà Nội",
    "Tuyên Quang",
    "Lào Cai",
    "Đắk Lắk",
    "Thành phố Hồ Chí Minh",
    "Quảng Ngãi",
)
WORDS = "Bộ chỉ số được sửa đổi để theo dõi, đánh giá thực chất kết quả chuyển đổi số hằng năm. "


def pytest_generate_tests(metafunc):
    """Try every hostile string in its own test."""
    if "hostile" in metafunc.fixturenames:
        metafunc.parametrize("hostile", HOSTILE, ids=[text[:12].encode() for text in HOSTILE])


def front() -> Front:
    return Front(
        parent_agency="Bộ Khoa học và Công nghệ",
        agency="Cục Chuyển đổi số quốc gia",
        symbol="BC-CĐSQG",
        place="Hà Nội",
        title="Đánh giá, thuyết minh việc sửa đổi Bộ chỉ số (phiên bản 2022 và 2024)",
        signer="Cục trưởng",
        recipients=("Bộ trưởng (để báo cáo)", "Các Thứ trưởng"),
    )


def drawing() -> Figure:
    fig = Figure(figsize=(6.0, 2.5), layout="constrained")
    axes = fig.subplots()
    axes.bar(NAMES[:4], [0.7, 0.5, 0.4, 0.6])
    axes.set_ylabel("Chỉ số")
    return fig


def provinces() -> pd.DataFrame:
    """34 rows; row 3 has a missing value."""
    count = range(34)
    frame = pd.DataFrame(
        {
            "name": [f"{NAMES[place % 6]} {place}" for place in count],
            "score": [0.80004 - place / 100 for place in count],
            "share": [place / 34 for place in count],
            "rank": [place + 1 for place in count],
            "shift": [place % 7 - 3 for place in count],
        }
    )
    frame.loc[3, "score"] = float("nan")
    return frame


def the_blocks() -> list:
    frame = provinces()
    columns = [
        b.Column("name", "Tỉnh, thành phố"),
        b.Column("score", "Chỉ số", "decimal", 4),
        b.Column("share", "Tỷ lệ", "percent", 1),
        b.Column("rank", "Hạng", "integer"),
        b.Column("shift", "Thay đổi", "shift"),
    ]
    wide = frame[["name"]].assign(**{f"c{i}": 0.5 + i / 100 for i in range(8)})
    many = [b.Column("name", "Tỉnh, thành phố")]
    many += [b.Column(f"c{i}", f"Chỉ số chính thứ {i}", "decimal", 4) for i in range(8)]
    biting = pd.DataFrame({"name": HOSTILE, "value": range(len(HOSTILE))})
    pair = [b.Column("name", "Tên đơn vị"), b.Column("value", "Giá trị", "integer")]
    found = [
        b.section("VI"),
        b.subsection("Thay đổi thứ hạng"),
        b.paragraph(WORDS, "Xem ", b.ref("B15"), " và ", b.ref("H5"), "."),
        b.table(
            "B15", frame, columns, "Thay đổi thứ hạng", "hạng", "số liệu đã công bố", "dấu ..."
        ),
        b.figure("H5", drawing(), "Chỉ số theo nhóm", "điểm", "số liệu đã công bố", "Bốn cột"),
        b.subsection("Kết quả đầy đủ"),
        b.table("B16", wide, many, "Tám chỉ số", "điểm", "số liệu đã công bố", landscape=True),
        b.paragraph(WORDS * 3),
        b.section("I"),
        b.Prose(
            "## Căn cứ\n\n" + WORDS + "\n\n### Chi tiết\n\n- Một;\n- Hai.\n\n## Phạm vi\n\nHết."
        ),
        b.section("III"),
        b.banner("MINH HỌA, không phải nội dung văn bản"),
        b.bullets(["Thêm một chỉ tiêu;", "Bỏ một chỉ tiêu."]),
        b.section("PL IV"),
        b.table("P4", wide, many, "Kết quả theo đơn vị", "điểm", "số liệu", landscape=True),
        b.section("PL III"),
        b.table("X1", biting, pair, HOSTILE[0], HOSTILE[12], HOSTILE[2], HOSTILE[3]),
        b.figure("H9", drawing(), HOSTILE[4], HOSTILE[6], HOSTILE[10], HOSTILE[0]),
        b.bullets(HOSTILE),
    ]
    for text in HOSTILE:
        found += [b.subsection(text), b.paragraph(text)]
    hashes = pd.DataFrame({"file": ["data/dti/2024.csv"], "hash": ["0123456789abcdef" * 4]})
    pair = [b.Column("file", "Tệp"), b.Column("hash", "SHA-256")]
    record = b.table("PL5-1", hashes, pair, "Tệp đầu vào", source="tệp ho-so.json")
    return [*found, b.section("PL V"), record]


@pytest.fixture(scope="session")
def document():
    """The assembled sample."""
    return assemble(front(), the_blocks(), long=99)


def render_all(document, folder):
    """Write all forms; any complaint of a typesetter is an error."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        render_docx(document, folder / "a.docx")
        render_html(document, folder / "a.html")
        render_pdf(document, folder / "a.pdf")
        write_workbook(document, folder / "a.xlsx")
        write_figures(document, folder / "hinh")
    return folder


@pytest.fixture(scope="session")
def rendered(document, tmp_path_factory):
    """Folder with a.docx, a.html, a.pdf, a.xlsx and the pictures of the sample."""
    return render_all(document, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def sample():
    """What tests need to make documents of their own."""
    return SimpleNamespace(
        HOSTILE=HOSTILE,
        front=front,
        drawing=drawing,
        provinces=provinces,
        blocks=the_blocks,
        render_all=render_all,
    )


@pytest.fixture(scope="session")
def biting_front(sample, tmp_path_factory):
    """Folder of a report whose front matter is hostile."""
    order = (4, 1, 2, 3, 0, 5)  # the title is the one that would be executed
    words = Front(*(HOSTILE[place] for place in order), recipients=HOSTILE[6:])
    blocks = [b.section("I"), b.paragraph("Đoạn văn.")]
    return render_all(assemble(words, blocks), tmp_path_factory.mktemp("front"))
