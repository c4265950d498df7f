"""Blocks on provinces: what they changed, what can still be compared; overlays of a revision."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

import dxmethod as dx
from dxmethod.adjustable import Adjustable
from dxmethod.assessment import assess
from dxmethod.changes import apply
from dxmethod.check import check_framework
from dxmethod.faults import Collector, Faults
from dxmethod.overlays.adaptation import adapt
from dxmethod.overlays.model import Overlay, Written
from dxmethod.report import chapters
from dxmethod.report.blocks import Banner, Bullets, Figure, Paragraph, Table

CITY, DELTA, MOUNTAIN = "Thành phố", "Tỉnh đồng bằng", "Tỉnh miền núi"


@pytest.fixture(scope="module")
def revision():
    return dx.open_revision("mic-2516-to-2361")


@pytest.fixture(scope="module")
def points(repository):
    """A small revision with points, and a province that asks the same otherwise."""
    path = repository / "tests/workspaces/small-index/frameworks/revisions/small-index.yml"
    return dx.open_revision(path)


def overlaid(revision, base, *changes, **fields):
    """The revision with one province's changes."""
    head = {"kind": "overlay", "format": 1, "id": "tinh", "title": "T", "version": "1"}
    head |= {"status": "draft", "extends": base.id, "province": "Tỉnh A", "changes": changes}
    faults = Collector()
    written = Written(Overlay.model_validate(head | fields))
    done = adapt(written, base, revision.catalogue, faults)
    assert done is not None, faults.faults
    return replace(revision, overlays=(done,))


def tables(blocks):
    return {block.key: block for block in blocks if isinstance(block, Table)}


def row(table, province):
    return next(row for row in table.rows if row[0].startswith(province))


def test_what_each_province_changed_is_counted_and_listed(revision):
    blocks = chapters.province_changes(revision)
    found = tables(blocks)
    assert any(isinstance(b, Banner) and b.text.startswith("MINH HỌA") for b in blocks)
    assert row(found["B20-1"], MOUNTAIN)[1:] == (14, 1, 9, 36, 5, 2, 1)
    assert row(found["B20-2"], "sửa ngưỡng")[1:] == (3, 18, 12, 6)
    listed = found["B20-3"]
    assert len(listed.rows) == sum(line[1] for line in found["B20-1"].rows) == 36
    assert all(line[-1] == "được phép" for line in listed.rows)
    assert all("Căn cứ: " in line[-2] for line in listed.rows)


def test_what_may_not_be_changed_is_said_and_does_not_stop_the_report(revision):
    item = next(i for i in revision.drafts[0].indicators if i.id == "ho-phu-cap-quang")
    limits = Adjustable(thresholds={item.id: (0, 90)})
    base = revision.drafts[0].model_copy(update={"adjustable": limits})
    entry = {"threshold": item.id, "level": "muc-3", "stratum": "*", "to": 95, "reason": "r"}
    national = replace(revision, drafts=(base,))
    *_, paragraph, _, _, listed, refused = chapters.province_changes(
        overlaid(national, base, entry)
    )
    assert isinstance(refused, Bullets) and "ngoài khoảng 0 đến 90" in refused.plain()
    assert "1 thay đổi ra ngoài phạm vi đó" in paragraph.plain()
    assert "1 thay đổi chưa nêu lý do, căn cứ" in paragraph.plain()
    assert listed.rows[0][-1].startswith("ngoài phạm vi")


def test_thresholds_by_stratum_show_only_rows_that_differ(revision):
    _, table = chapters.province_thresholds(revision)
    assert table.key == "B20" and len(table.rows) == 10
    for line in table.rows:
        assert set(line[4:]) != {"như khung"} and line[3] not in line[4:]


def test_effects_tell_what_provinces_ask_and_nobody_collected(revision):
    _, said, table = chapters.province_effects(revision)
    assert "tiếng dân tộc" in said.plain()
    names = [line[0] for line in table.rows]
    assert names[0] == "Khung" and sum("không kể" in name for name in names) == 2
    for one in revision.overlays:
        held = assess(one.framework, revision.observations).levels.level
        line = next(line for line in table.rows if line[0] == one.overlay.province)
        assert line[2:7] == tuple(int((held >= k).sum()) for k in range(1, 6))


def test_units_whose_national_level_is_known_are_counted_by_province(revision):
    blocks = chapters.comparable(revision)
    found = tables(blocks)
    assert len(found["B20-5"].rows) == 2 * len(revision.overlays)
    by_values = {line[0][:9]: line[3] for line in found["B20-5"].rows if line[1].startswith("Số")}
    whole = assess(revision.drafts[0], revision.observations).levels
    sure = int((whole.level == whole.best).sum())
    assert max(by_values.values()) <= sure and f"là {sure};" in found["B20-5"].note
    assert row(found["B20-6"], DELTA)[2:] == (
        *("Khởi động", "Kết nối", "Cơ bản", "Nâng cao", "Toàn diện"),
    )
    assert set(row(found["B20-6"], CITY)[2:]) == {"không"}
    assert row(found["B20-7"], DELTA)[1] == "– (luôn suy ra được)"
    assert "không hỏi 2 tiêu chí" in row(found["B20-7"], CITY)[1]
    assert any(isinstance(block, Figure) and block.key == "H20" for block in blocks)


def test_points_are_compared_on_the_common_core_scored_both_ways(points):
    base = points.drafts[0]
    first, *rest = base.indicators
    revision = overlaid(points, base, {"drop": first.id}, declared={})
    _, table = chapters.comparable(revision)
    (line,) = table.rows
    assert table.key == "B20-8" and line[:2] == ("Tỉnh A", len(rest))
    core = apply(base, revision.overlays[0].changes)
    total = assess(core, points.observations).points.total
    assert line[5] == pytest.approx(100 * np.nanmean(total) / core.maximum, abs=0.005)


def test_peers_show_a_word_by_concept_and_everything_in_the_appendix(revision):
    _, said, table = chapters.province_peers(revision)
    (full,) = chapters.province_peer_details(revision)
    assert "Trong 47 khái niệm" in said.plain() and len(full.rows) == 47
    assert len(table.rows) == 17
    line = next(line for line in table.rows if "cáp quang" in line[0])
    assert line[1:] == ("nới", "siết", "siết")
    assert not any({*line[1:]} <= {"giữ nguyên", "–"} for line in table.rows)


def test_a_revision_without_overlays_says_so(points):
    (block,) = chapters.province_changes(points)
    assert isinstance(block, Paragraph) and "không nêu bản điều chỉnh" in block.plain()
    for chapter in ("province_thresholds", "province_effects", "comparable", "province_peers"):
        assert getattr(chapters, chapter)(points) == []
    assert chapters.province_peer_details(points) == []
    assert chapters.province_summary(points) == "no overlays"


def test_invented_provinces_are_marked_on_every_page():
    revision = dx.open_revision("dti-2022-to-2024")
    draft, said = revision.drafts[0], "MINH HỌA, không phải nội dung văn bản"
    drop = {"drop": draft.indicators[0].id}
    assert chapters.notices(overlaid(revision, draft, drop, declared={})) == ()
    invented = overlaid(revision, draft, drop, declared={}, fidelity="illustrative")
    assert chapters.notices(invented) == (said,)


def test_overlays_are_inputs_of_the_run_and_give_valid_frameworks(revision):
    names = {path.name for path in revision.inputs}
    for one in revision.overlays:
        assert f"{one.overlay.id}.yml" in names
        found = check_framework(one.framework, revision.catalogue)
        assert not [fault for fault in found if fault.severity == "lỗi"]


def test_every_fault_of_the_overlays_is_said_at_once(repository, tmp_path):
    shutil.copytree(repository / "frameworks", tmp_path / "frameworks")
    shutil.copytree(repository / "data", tmp_path / "data")
    home = tmp_path / "frameworks"
    path = home / "revisions" / "mic-2516-to-2361.yml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("overlays:"))
    names = "[tinh-mien-nui, vong, huyen, thanh-pho-minh-hoa, thanh-pho-minh-hoa]"
    path.write_text(text.replace(line, f"overlays: {names}"), encoding="utf-8")
    city = (home / "overlays" / "thanh-pho-minh-hoa.yml").read_text(encoding="utf-8")
    wrong = city.replace("extends: mic-2361-2024/commune", "extends: vong").replace(
        "id: thanh-pho-minh-hoa", "id: vong"
    )
    (home / "overlays" / "vong.yml").write_text(wrong, encoding="utf-8")
    other = city[: city.index("changes:")].replace("id: thanh-pho-minh-hoa", "id: khac")
    other = other.replace("mic-2361-2024/commune", "mic-2361-2024/district")
    other += "changes:\n  - window: hằng năm\n"
    (home / "overlays" / "huyen.yml").write_text(other, encoding="utf-8")
    with pytest.raises(Faults) as raised:
        dx.open_revision(path)
    said = str(raised.value)
    for part in (
        "mục overlays: có “tinh-mien-nui”",
        "vòng: vong → vong",
        "mục overlays: một bản nêu hai lần",
        "mục id: có “khac”; cần “huyen” như tên tệp",
        "“khac” điều chỉnh mic-2361-2024/district",
    ):
        assert part in said, said
