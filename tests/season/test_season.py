"""One command from the framework to the sheet, one from the filled sheet to annexes and pages."""

import re
import zipfile

import pytest
from examples import HOSTILE, framework, group, indicator, observe
from openpyxl import load_workbook
from pypdf import PdfReader

from dxmethod.faults import Faults
from dxmethod.framework import Level, Quorum
from dxmethod.rounds import Round
from dxmethod.season import commands
from dxmethod.season.lists import DRAFT, decision_annex, review
from dxmethod.season.pages import page_data, write_pages
from dxmethod.season.scores import load_scores
from dxmethod.season.scoring import make_plan
from dxmethod.season.workbook import write_workbook
from dxmethod.values import Fitted

from .conftest import CATALOGUE


@pytest.fixture
def scores(sheet, asked):
    return load_scores(sheet, asked, CATALOGUE)


def rows_of(document, caption):
    table = next(table for _, table in document.tables if caption in table.caption)
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def test_recognition_and_ranking_follow_the_declared_rules(scores):
    document = decision_annex(scores)
    held = rows_of(document, "công nhận")
    assert [(row["code"], row["level_label"]) for row in held] == [
        ("u1", "cao"), ("u0", "co-ban"), ("u2", "co-ban"),
    ]  # fmt: skip
    ranked = rows_of(document, "Xếp hạng")
    assert [(row["rank"], row["code"]) for row in ranked] == [(1, "u1"), (2, "u0"), (3, "u2")]
    assert [row["total"] for row in ranked] == [85.0, 52.0, 45.0]
    assert "1 chữ số thập phân" in document.parts[0].items[0].plain()


def test_appeals_and_gaps_are_summed_up(scores):
    document = review(scores)
    assert rows_of(document, "phúc tra")[0]["decision"] == "Chấp nhận"
    gap = rows_of(document, "theo số liệu")
    assert [(row["overstated"], row["unproved"]) for row in gap] == [(1, 0)]


def test_unverified_results_are_marked_as_a_draft(tmp_path, asked, found):
    path = tmp_path / "nhap.xlsx"
    own = Round({"self": found.at("self")})
    write_workbook(make_plan(asked, CATALOGUE, own.at().units), path, own)
    scores = load_scores(path, asked, CATALOGUE)
    assert not scores.verified and DRAFT in decision_annex(scores).front.notices
    assert DRAFT in page_data(scores, CATALOGUE)["head"]["notices"]


def test_one_page_a_unit_says_what_is_missing(tmp_path, scores):
    data = page_data(scores, CATALOGUE)
    (path,) = write_pages(data, tmp_path / "trang.pdf")
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]
    assert len(pages) == 3
    assert "Để đạt mức cao" in pages[0] and "tăng thêm 40 điểm phần trăm" in pages[0]
    ways = [[way["title"] for way in unit["ways"]] for unit in data["units"]]
    assert "Để đạt mức cao" not in ways[1]  # the highest level is held
    assert data["units"][2]["remarks"][-1].startswith("Phúc tra: 1 đề nghị")
    boxes = {box["label"]: box["value"] for box in data["units"][2]["boxes"]}
    assert boxes["Hạng trong nhóm"] == "2/2" and boxes["Hạng chung"] == "3/3"


def test_a_file_for_each_unit(tmp_path, scores):
    written = write_pages(page_data(scores, CATALOGUE), tmp_path / "tung", each=True)
    assert [path.name for path in written] == ["u0.pdf", "u1.pdf", "u2.pdf"]


def test_hostile_names_stay_text(tmp_path, asked, found):
    """In no cell a formula, on no page markup."""
    own = found.at("self")
    own.units["name"] = [HOSTILE[1], HOSTILE[3], "$x$ *đậm* @u1 " + HOSTILE[0]]
    path = tmp_path / "doc.xlsx"
    write_workbook(make_plan(asked, CATALOGUE, own.units), path, Round({"self": own}))
    assert load_workbook(path)["Kết quả"]["B6"].data_type == "s"
    scores = load_scores(path, asked, CATALOGUE)
    (pdf,) = write_pages(page_data(scores, CATALOGUE), tmp_path / "trang.pdf")
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    for name in own.units["name"]:
        assert re.sub(r"\s", "", name) in re.sub(r"\s", "", text)


def test_same_inputs_same_bytes(tmp_path, asked, found):
    units = found.at("self").units
    paths = [tmp_path / name for name in ("a.xlsx", "b.xlsx")]
    for path in paths:
        write_workbook(make_plan(asked, CATALOGUE, units), path, found)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.slow
def test_commands_from_framework_to_pages(tmp_path):
    folder = commands.open_framework("mic-2361-2024/commune")[0] / "data" / "pilot"
    units = folder / "mo-phong-don-vi.csv"
    sheet = commands.sheet_command("mic-2361-2024/commune", units, tmp_path / "bang.xlsx",
                                   folder / "mo-phong-so-lieu-2025.csv")  # fmt: skip
    written, found = commands.season_command(sheet, tmp_path / "ra")
    assert [fault.severity for fault in found] == ["cảnh báo"]  # never opened, so not computed
    names = {path.name for path in written}
    assert {"phu-luc-quyet-dinh.docx", "phu-luc-quyet-dinh.xlsx", "trang-don-vi.pdf"} <= names
    pages = PdfReader(tmp_path / "ra" / "trang-don-vi.pdf").pages
    assert len(pages) == 120 and "SỐ LIỆU MÔ PHỎNG" in pages[0].extract_text()
    with zipfile.ZipFile(tmp_path / "ra" / "phu-luc-quyet-dinh.docx") as archive:
        assert "SỐ LIỆU MÔ PHỎNG" in archive.read("word/document.xml").decode()


def test_units_that_the_framework_cannot_place_are_refused(tmp_path):
    units = tmp_path / "don-vi.csv"
    units.write_text("unit,name\n01,Sở A\n", encoding="utf-8")
    with pytest.raises(Faults, match="unit_class"):
        commands.sheet_command("lao-cai-2644-2022/department", units, tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_a_quorum_asks_for_its_smallest_set(tmp_path):
    names = ("a", "b", "c", "d")
    asked = framework(
        group("g", *(indicator(name, required={"dat": 50.0}) for name in names)),
        levels=(Level(id="dat", label="Đạt chuẩn", quorum=(Quorum(share=0.75),)),),
    )
    own = observe({"a": [90], "b": [45], "c": [10], "d": [60]})
    known = {concept.id: concept for concept in own.concepts}
    path = tmp_path / "bang.xlsx"
    write_workbook(make_plan(asked, known, own.units), path, Round({"self": own}))
    data = page_data(load_scores(path, asked, known), known)
    (way,) = data["units"][0]["ways"]
    assert way["lead"] == "2 yêu cầu chưa đạt; chỉ cần đạt thêm 1 (dòng ghi “cần”)."
    assert [(row[0], row[4]) for row in way["rows"]] == [("b", "cần"), ("c", "có thể bù")]
    assert way["rows"][0][3] == "tăng thêm 5 điểm phần trăm"


def test_what_no_formula_carries_is_a_value_marked_so(tmp_path):
    """Relative to the best of one class of units: no column holds just that cohort."""
    best = Fitted(kind="fitted", to="best")
    item = indicator("a", label="Băng thông", value=best, points=40.0,
                     applies_to={"unit_class": ("xã",)})  # fmt: skip
    asked, own = framework(item), observe({"a": [50, 100, 80]})
    own.units["unit_class"] = ["xã", "phường", "xã"]
    known = {concept.id: concept for concept in own.concepts}
    plan = make_plan(asked, known, own.units)
    assert plan.uncarried == ("Băng thông",)
    write_workbook(plan, tmp_path / "bang.xlsx", Round({"self": own}))
    book = load_workbook(tmp_path / "bang.xlsx")
    at = 1 + plan.sheets["Điểm"].place("points", "a")
    cells = [book["Điểm"].cell(row, at).value for row in (6, 7, 8)]
    assert cells == [25.0, "KAD", 40.0]
    assert any("Băng thông" in str(row[1]) for row in book["Hướng dẫn"].values)
    scores = load_scores(tmp_path / "bang.xlsx", asked, known)
    assert scores.assessment().points.total.tolist()[::2] == [25.0, 40.0]
