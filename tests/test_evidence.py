"""What calibration rests on, as a revision names it: read for the right round, every fault said."""

import shutil
from pathlib import Path

import pytest

import dxmethod as dx

SMALL = Path(__file__).parent / "workspaces" / "small-levels"
UNITS = [f"900{number:02d}" for number in range(1, 15)]


@pytest.fixture
def opened(tmp_path):
    """Open the small revision with more lines, and with files by name."""
    root = tmp_path / "small-levels"
    shutil.copytree(SMALL, root)
    path = root / "frameworks/revisions/small-levels.yml"

    def open_with(lines, **files):
        for name, text in files.items():
            (root / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
        text = path.read_text(encoding="utf-8").replace("seed: 1\n", f"seed: 1\n{lines}\n")
        path.write_text(text, encoding="utf-8")
        return dx.open_revision(path)

    return open_with


def judged(levels, units=UNITS):
    rows = [f"A,{unit},{level}" for unit, level in zip(units, levels, strict=False)]
    return "\n".join(["judge,unit,level", *rows, ""])


def totals(rows):
    return "\n".join(["year,unit,total", *(f"2025,{unit},{total}" for unit, total in rows), ""])


def test_judgements_are_read_with_the_source_of_the_observations(opened):
    revision = opened("judgements: data/j.csv", j=judged([0, 1, 2, 3] * 3))
    told = revision.judgements
    assert told.simulated and told.source == revision.observations.source
    assert told.units == UNITS[:12] and told.judges == ["A"]


def test_only_the_round_of_the_observations_counts(opened):
    rows = judged([0, 1, 2, 3] * 3).splitlines()[1:]
    text = "\n".join(
        ["judge,unit,level,round", *(f"{row},{year}" for row in rows for year in "12")]
    )
    with pytest.raises(dx.Faults, match="không rõ đợt nào"):
        opened("judgements: data/j.csv", j=text)


def test_faults_of_all_files_are_said_at_once(opened):
    lines = (
        "judgements: data/j.csv\n"
        "published: {file: data/t.csv, column: tong}\n"
        "opinions: {budget: data/b.csv}\n"
        "calibration: {grid: {indicators: {khong-co: {step: 5}}}, strata: [rung]}\n"
        "reach:\n  - {level: muc-9, share: 0.5}\n  - {level: muc-1, share: 0.5, stratum: bien}"
    )
    files = {"t": totals([("90001", 0.5)]), "b": "expert,item,points\ne1,la,100\n"}
    with pytest.raises(dx.Faults) as found:
        opened(lines, j=judged([0, 7], ["90001", "90099"]), **files)
    said = str(found.value)
    for part in ("90099", "“7”", "“tong”", "“la”", "“muc-9”", "“bien”", "khong-co", "“rung”"):
        assert part in said


def test_one_level_for_all_stops_before_the_work_starts(opened):
    with pytest.raises(dx.Faults, match="ít nhất hai mức khác nhau"):
        opened("judgements: data/j.csv", j=judged([1] * 14))


def test_totals_are_of_the_rows_asked_for_and_as_precise_as_printed(opened):
    rows = [(unit, f"0.{place:03d}") for place, unit in enumerate(UNITS, 1)]
    text = totals(rows) + "2024,90001,0.9\n"
    lines = 'published: {file: data/t.csv, rows: {year: "2025"}, source: Báo}'
    revision = opened(lines, t=text)
    assert revision.published.total.tolist() == pytest.approx([n / 1000 for n in range(1, 15)])
    assert revision.published.half == pytest.approx(0.0005) and revision.published.source == "Báo"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(unit, 0.5) for unit in UNITS[1:]], "không có 1 đơn vị của bảng số liệu: 90001"),
        ([(unit, 0.5) for unit in [*UNITS, "90001"]], "có hai dòng"),
        ([(unit, "cao") for unit in UNITS], "một số"),
    ],
)
def test_totals_that_cannot_be_used_are_refused(opened, rows, said):
    with pytest.raises(dx.Faults, match=said):
        opened("published: {file: data/t.csv}", t=totals(rows))


def test_judged_units_without_observations_cannot_be_used(opened, tmp_path):
    path = tmp_path / "small-levels/frameworks/revisions/small-levels.yml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("observations:"), text.index("seed:")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(dx.Faults, match="không có bảng số liệu"):
        opened("judgements: data/j.csv", j=judged([0, 1]))
