"""The same report is the same bytes, in any folder, at any time."""

import os
import zipfile

import pytest

from dxmethod.report.assemble import assemble


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_two_renderings_are_identical(sample, rendered, tmp_path, monkeypatch):
    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    again = assemble(sample.front(), sample.blocks(), long=99)
    second = sample.render_all(again, tmp_path / "một chỗ khác")
    first = files(rendered)
    assert len(first) == 6
    assert files(second) == first
    monkeypatch.undo()
    assert dict(os.environ) == before


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_archives_carry_no_date_and_no_name_but_ours(rendered, name):
    with zipfile.ZipFile(rendered / name) as archive:
        infos = archive.infolist()
        core = archive.read("docProps/core.xml").decode("utf-8")
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert infos[0].filename == "[Content_Types].xml"
    assert len({info.filename for info in infos}) == len(infos)
    assert "<dc:creator>dxmethod</dc:creator>" in core
    assert "created" not in core and "modified" not in core and "lastModifiedBy" not in core
    assert "Đánh giá, thuyết minh" in core
