"""Revisions: everything they name is read and checked, and every fault is said at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from examples import HOSTILE

from dxmethod.assessment import assess
from dxmethod.changes import apply, diff
from dxmethod.documents import write_yaml
from dxmethod.faults import Faults
from dxmethod.revision import open_revision
from dxmethod.workspace import WORKSPACE_VARIABLE, find_workspace, show_path

NEW = "frameworks/minh-hoa-muc-2026/commune.yml"
DATA = "data/communes.csv"
REVISION = "frameworks/revisions/small-levels.yml"


@pytest.fixture
def workspace(tmp_path, repository, monkeypatch):
    """A copy of the small level instrument, which a test may spoil."""
    folder = tmp_path / "bộ làm việc"
    shutil.copytree(repository / "tests/workspaces/small-levels", folder)
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(folder))
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def faults_of(name: str | Path = "small-levels") -> list[str]:
    with pytest.raises(Faults) as caught:
        open_revision(name)
    return [str(fault) for fault in caught.value.faults if fault.severity == "lỗi"]


def test_revision_brings_everything_it_names(workspace):
    revision = open_revision("small-levels")
    assert revision.name == "small-levels"
    assert [framework.version for framework in revision.frameworks] == ["2025", "2026"]
    assert len(revision.observations.units) == 14
    assert revision.observations.simulated
    assert sorted(show_path(path, workspace) for path in revision.inputs) == [
        DATA,
        "frameworks/catalogue/cap-xa.yml",
        "frameworks/minh-hoa-muc-2025/commune.yml",
        NEW,
        REVISION,
    ]


def test_what_a_document_gets_wrong_of_itself_is_kept_as_a_finding(workspace):
    assert [str(finding) for finding in open_revision("small-levels").findings] == [
        f"Cảnh báo: {NEW}, số chỉ tiêu: văn bản ghi 9, cộng lại được 8."
    ]


def test_revision_is_opened_by_name_or_by_file(workspace, monkeypatch):
    monkeypatch.delenv(WORKSPACE_VARIABLE)
    assert open_revision(workspace / REVISION).workspace == workspace
    monkeypatch.chdir(workspace / "data")
    assert open_revision("small-levels").workspace == workspace


def test_draft_is_the_first_unless_named(workspace):
    revision = open_revision("small-levels")
    assert revision.draft() is revision.drafts[0]
    assert revision.draft("minh-hoa-muc-2026/commune") is revision.drafts[0]
    with pytest.raises(Faults, match="minh-hoa-muc-2026/commune"):
        revision.draft("minh-hoa-muc-2062/commune")


def test_unknown_revision_is_said_with_the_nearest_name(workspace):
    (fault,) = faults_of("small-level")
    assert fault.startswith("Lỗi: frameworks/revisions/small-level.yml: không có bản sửa đổi này")
    assert 'gần nhất: "small-levels"' in fault


def test_folder_without_frameworks_is_no_workspace(tmp_path):
    with pytest.raises(Faults, match="frameworks"):
        find_workspace(tmp_path)


FAULTY = {
    "unknown key": (REVISION, "drafts:", "draft:", "dòng", 'gần nhất: "drafts"'),
    "no draft": (REVISION, "[minh-hoa-muc-2026/commune]", "[]", "mục drafts", "ít nhất một"),
    "baseline as draft": (REVISION, "muc-2026", "muc-2025", "mục drafts", "mỗi khung một lần"),
    "framework that is not there": (
        REVISION,
        "muc-2026",
        "muc-2062",
        "frameworks/minh-hoa-muc-2062/commune.yml",
        "không có tệp này",
    ),
    "framework id outside the folder": (
        REVISION,
        "minh-hoa-muc-2026/",
        "../",
        "drafts",
        "không dấu",
    ),
    "table that is not there": (REVISION, DATA, "data/xa.csv", "data/xa.csv", "không có tệp này"),
    "folder without tables": (REVISION, DATA, "frameworks", "frameworks", "thư mục"),
    "table of units that is not there": (
        REVISION,
        "seed: 1",
        "seed: 1\nunits: data/dv.csv",
        "data/dv.csv",
        "không có tệp này",
    ),
    "negative seed": (REVISION, "seed: 1", "seed: -1", "mục seed", "không nhỏ hơn 0"),
    "framework under another name": (NEW, "muc-2026/", "muc-2027/", "mục id", "như tên tệp"),
    "threshold at an unknown level": (
        NEW,
        "muc-3: 95",
        "muc-4: 95",
        "chỉ tiêu “phan-anh-dung-han”, mục required: có “muc-4”",
        "gần nhất",
    ),
    "unknown concept": (
        NEW,
        "concept: can-bo-tap-huan",
        "concept: can-bo-tap",
        "“can-bo-tap”",
        "gần nhất",
    ),
    "value out of range": (DATA, "82.4", "182.4", "dòng 4, cột ho-so-truc-tuyen", "từ 0 đến 100"),
    "unit twice": (DATA, "90002", "90001", "dòng 3, cột unit", "đã có ở dòng 2"),
    "misspelt stratum": (DATA, "Chín,mien-nui", "Chín,miền núi", "cột stratum", "“miền núi”"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faulty_input_is_said_with_its_file_and_place(workspace, case):
    file, old, new, place, words = FAULTY[case]
    change(workspace / file, old, new)
    if case == "misspelt stratum":  # without a common threshold the unit would be asked nothing
        change(workspace / NEW, '"*": 70', "dong-bang: 70")
    faults = faults_of()
    assert any(place in fault and words in fault for fault in faults), faults
    assert all(str(workspace) not in fault for fault in faults)


def test_faults_of_all_files_are_said_at_once(workspace):
    change(workspace / NEW, "muc-3: 95", "muc-4: 95")
    change(workspace / "frameworks/minh-hoa-muc-2025/commune.yml", "muc-1: 70", "muc-1: 170")
    change(workspace / "frameworks/catalogue/cap-xa.yml", "better: lower", "better: down")
    change(workspace / DATA, "82.4", "nhiều")
    files = {fault.split(",")[0].removeprefix("Lỗi: ") for fault in faults_of()}
    assert {
        NEW,
        "frameworks/minh-hoa-muc-2025/commune.yml",
        "frameworks/catalogue/cap-xa.yml",
        DATA,
    } <= files


def test_misspelt_stratum_is_said_once_for_both_versions(workspace):
    for name in ("minh-hoa-muc-2025", "minh-hoa-muc-2026"):
        path = workspace / f"frameworks/{name}/commune.yml"
        path.write_text(
            path.read_text(encoding="utf-8").replace('"*"', "dong-bang"), encoding="utf-8"
        )
    change(workspace / DATA, "Chín,mien-nui", "Chín,mien-nuii")
    (fault,) = faults_of()
    assert fault.startswith(f"Lỗi: {DATA}, cột stratum: có “mien-nuii”")


def test_hostile_names_reach_the_assessment_as_they_are(workspace):
    names = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in HOSTILE]
    rows = [f"9{n:04d},{name},dong-bang,50,1" for n, name in enumerate(names)]
    header = "unit,name,stratum,ho-so-truc-tuyen,ho-so-qua-han"
    (workspace / DATA).write_text("\n".join([header, *rows]), encoding="utf-8")
    revision = open_revision("small-levels")
    assert assess(revision.baseline, revision.observations).to_frame()["name"].tolist() == list(
        HOSTILE
    )


# The two small instruments, whole.


def test_small_level_instrument_is_assessed(workspace):
    revision = open_revision("small-levels")
    old, new = (assess(version, revision.observations).levels for version in revision.frameworks)
    assert old.level.tolist() == [3, 3, 2, 2, 1, 1, 0, 0, 2, 1, 1, 1, 0, 0]
    assert old.best.tolist() == [3, 3, 2, 2, 1, 1, 0, 0, 2, 2, 1, 1, 0, 0]
    assert new.level.tolist() == [3, 2, 2, 1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0]
    blocking = old.blockers().set_index("unit").loc["90008"]
    assert blocking["indicator"] == "to-cong-nghe-so"  # claimed, not proved


def test_small_index_is_assessed(repository):
    folder = repository / "tests/workspaces/small-index"
    revision = open_revision(folder / "frameworks/revisions/small-index.yml")
    points = assess(revision.baseline, revision.observations).points
    assert points.rank.tolist() == [2, 1, 3, 5, 6, 6, 8, 9, 10, 4]
    assert points.band.tolist() == [2, 2, 2, 1, 1, 1, 0, 0, 0, 1]
    # Xã Mô Phỏng Hai by hand: devices and internet (0.9 + 2) / 3, never cut off 1, both skills 1,
    # full service 1, satisfaction 3.4 of 4.
    infrastructure = ((0.9 + 2) / 3) ** (3 / 4)
    wanted = (2 * infrastructure + 1 * 1 + 2 * (1 + 3.4 / 4) / 2) / 5
    assert points.total[1] == pytest.approx(wanted)


@pytest.mark.parametrize("name", ["small-levels", "small-index"])
def test_changes_of_the_small_instruments_lead_from_one_version_to_the_other(repository, name):
    path = repository / f"tests/workspaces/{name}/frameworks/revisions/{name}.yml"
    old, new = open_revision(path).frameworks
    assert apply(old, diff(old, new)) == new


def test_a_theme_that_the_revision_does_not_use_is_no_input(workspace):
    path = workspace / REVISION
    before = [item.name for item in open_revision(path).inputs]
    concept = {"id": "khac", "label": "Khác", "measure": "ratio", "unit": "%"}
    theme = {"kind": "concepts", "format": 1, "theme": "khác", "concepts": [concept]}
    write_yaml(theme, workspace / "frameworks/catalogue/khac.yml")
    after = open_revision(path)
    assert [item.name for item in after.inputs] == before
    assert before[0] == "small-levels.yml" and "cap-xa.yml" in before
    assert "khac" in after.catalogue


def test_versions_for_other_units_are_refused_before_anything_runs(workspace):
    change(workspace / NEW, "unit_type: commune", "unit_type: district")
    with pytest.raises(Faults) as found:
        open_revision("small-levels")
    assert "dành cho cấp huyện; cần cấp xã như bản hiện hành" in str(found.value)


def test_a_version_that_the_table_says_nothing_of_is_refused(workspace):
    header, *rows = (workspace / DATA).read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    kept = [place for place, name in enumerate(names) if name in ("unit", "name", "stratum")]
    concept = {"id": "khac", "label": "Khác", "measure": "ratio", "unit": "%"}
    theme = {"kind": "concepts", "format": 1, "theme": "khác", "concepts": [concept]}
    write_yaml(theme, workspace / "frameworks/catalogue/khac.yml")
    lines = [",".join([*(line.split(",")[at] for at in kept), "50"]) for line in rows]
    text = "\n".join([",".join([*(names[at] for at in kept), "khac"]), *lines])
    (workspace / DATA).write_text(text + "\n", encoding="utf-8")
    with pytest.raises(Faults) as found:
        open_revision("small-levels")
    assert str(found.value).count("không có khái niệm nào của") == 2


# Without observations, and beside other instruments.


def without_observations(workspace: Path) -> None:
    path = workspace / REVISION
    text = path.read_text(encoding="utf-8")
    start, end = text.index("observations:"), text.index("seed:")
    path.write_text(text[:start] + text[end:], encoding="utf-8", newline="\n")


def test_a_revision_without_observations_opens_and_cannot_compare(workspace):
    without_observations(workspace)
    revision = open_revision("small-levels")
    assert revision.observations is None
    assert [path.name for path in revision.inputs][-1] == "cap-xa.yml"
    with pytest.raises(Faults) as found:
        revision.compare()
    assert str(found.value).startswith(f"Lỗi: {REVISION}, mục observations: không có bảng số liệu")


def test_compare_assesses_what_was_reported_under_the_draft_that_is_named(workspace):
    revision = open_revision("small-levels")
    assert revision.compare().draft.framework is revision.drafts[0]
    with pytest.raises(Faults, match="tham số draft"):
        revision.compare("minh-hoa-muc-2062/commune")


PEER = "frameworks/ban-canh/commune.yml"


def with_peer(workspace: Path, peers: str = "ban-canh/commune") -> None:
    source = (workspace / NEW).read_text(encoding="utf-8")
    (workspace / PEER).parent.mkdir()
    text = source.replace("minh-hoa-muc-2026/commune", "ban-canh/commune")
    (workspace / PEER).write_text(text.replace("commune\nterms", "province\nterms"), "utf-8")
    change(workspace / REVISION, "seed: 1", f"seed: 1\npeers: [{peers}]")


def test_peers_are_read_and_are_inputs_but_their_faults_of_themselves_are_no_findings(workspace):
    with_peer(workspace)
    revision = open_revision("small-levels")
    assert [peer.id for peer in revision.peers] == ["ban-canh/commune"]
    assert workspace / PEER in revision.inputs
    assert {finding.file for finding in revision.findings} == {NEW}
    assert [framework.version for framework in revision.frameworks] == ["2025", "2026"]


@pytest.mark.parametrize(
    "twice", ["ban-canh/commune, ban-canh/commune", "minh-hoa-muc-2025/commune"]
)
def test_a_peer_is_named_once_and_is_no_version(workspace, twice):
    with_peer(workspace, twice)
    (fault,) = faults_of()
    assert "mục peers: một khung nêu hai lần" in fault


def test_a_faulty_peer_is_said(workspace):
    with_peer(workspace)
    change(workspace / PEER, "muc-3: 95", "muc-4: 95")
    assert any(PEER in fault and "muc-4" in fault for fault in faults_of())


TABLE = "data/sap-xep.csv"
MOVES = "frameworks/dispositions/cu.yml"


def with_reorganisation(workspace: Path, rows: str, **more: str) -> None:
    (workspace / TABLE).write_text("old,new,new_name,share\n" + rows, encoding="utf-8")
    files = {"crosswalk": TABLE, **more}
    write_yaml(files, workspace / "them.yml")
    said = (workspace / "them.yml").read_text(encoding="utf-8").replace("\n", ", ").rstrip(", ")
    change(workspace / REVISION, "seed: 1", f"seed: 1\nreorganisation: {{{said}}}")


def test_a_reorganisation_is_read_with_all_that_it_names(workspace):
    (workspace / "data/khu-vuc.csv").write_text("unit,stratum,basis,year\nx,i,QĐ 1,2026\n", "utf-8")
    with_reorganisation(workspace, "a,x,X,\na,y,Y,\n", strata="data/khu-vuc.csv")
    revision = open_revision("small-levels")
    found = revision.reorganisation
    assert found.crosswalk.shares(found.assumption).tolist() == [0.5, 0.5]
    assert found.strata["stratum"].to_dict() == {"x": "i"}
    assert {workspace / TABLE, workspace / "data/khu-vuc.csv"} < set(revision.inputs)


def test_shares_that_the_assumption_does_not_supply_are_asked_for(workspace):
    with_reorganisation(workspace, "a,x,X,\na,y,Y,\n", assumption="supplied")
    (fault,) = faults_of()
    assert TABLE in fault
    assert "“supplied” không cho biết tỷ lệ" in fault


def test_an_unknown_weight_is_said(workspace):
    with_reorganisation(workspace, "a,x,X,\n", weights="dan-so-khong-co")
    (fault,) = faults_of()
    assert "weights: có “dan-so-khong-co”" in fault


def test_dispositions_are_checked_against_the_frameworks_they_speak_of(workspace):
    with_reorganisation(workspace, "a,x,X,\n", dispositions=MOVES)
    (workspace / MOVES).parent.mkdir()
    named = "minh-hoa-muc-2025/commune"
    moves = [{"indicator": "khong-co", "move": "drop", "reason": "vì thế"}]
    head = {"kind": "dispositions", "format": 1, "id": "cu", "title": "Cũ", "framework": named}
    write_yaml({**head, "dispositions": moves}, workspace / MOVES)
    said = faults_of()
    assert all(MOVES in fault for fault in said)
    assert any("tiêu chí “khong-co”: không có trong" in fault for fault in said)
    assert len(said) == 1 + len(open_framework_ids(workspace))


def open_framework_ids(workspace: Path) -> list[str]:
    text = (workspace / REVISION).read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("reorganisation"))
    (workspace / REVISION).write_text(bare + "\n", encoding="utf-8")
    return [item.id for item in open_revision("small-levels").baseline.indicators]


def test_versions_that_call_themselves_the_same_are_told_apart(workspace):
    change(workspace / NEW, 'version: "2026"', 'version: "2025"')
    revision = open_revision("small-levels")
    assert [framework.version for framework in revision.frameworks] == [
        "2025 (minh-hoa-muc-2025/commune)",
        "2025 (minh-hoa-muc-2026/commune)",
    ]
