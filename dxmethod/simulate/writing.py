"""Simulated pilots as files, every one of which says in its name that it is simulated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .. import vietnamese
from ..concepts import read_catalogue
from ..faults import Collector
from ..framework import read_framework
from ..observations import ATTRIBUTES, Observations, Status
from ..rounds import Round
from .pilot import Simulation, simulate

# Columns of the long table of a round, one row a value.
LONG = (
    "unit",
    "concept",
    "stage",
    "status",
    "value",
    "numerator",
    "denominator",
    "reason",
    "source_type",
    "formula",
    "window",
    "evidence",
    "evidence_hash",
    "note",
    "round",
)

_README = """# Số liệu mô phỏng

**SỐ LIỆU MÔ PHỎNG: không có đơn vị, con số hay ý kiến nào trong thư mục này là thật.** Nguồn ghi
trong mọi bảng, biểu: “{source}”.

Gồm {units} đơn vị bịa (mã MP…, tên có chữ “mô phỏng”), báo cáo mọi số liệu mà các khung sau hỏi:
{frameworks};
hai đợt cách nhau một năm; {judges} chuyên gia giả định xếp mức từng đơn vị; và một lần sắp xếp
giả định còn {new_units} đơn vị.

Tạo lại đúng từng byte (cùng hệ điều hành, cùng phiên bản thư viện):

    dxmethod simulate {ids} --units {count} --seed {seed} -o THƯ_MỤC

| tệp | nội dung |
|---|---|
| `mo-phong-don-vi.csv` | đơn vị: mã, tên, khu vực, tỉnh, loại |
| `mo-phong-so-lieu-NĂM.csv` | số liệu của một đợt, mỗi dòng một giá trị ở một giai đoạn |
| `mo-phong-sap-xep.csv` | đơn vị cũ vào đơn vị mới: phần (share), căn cứ, ngày hiệu lực |
| `mo-phong-don-vi-moi.csv` | đơn vị mới, khu vực khai lại kèm căn cứ và năm |
| `mo-phong-chuyen-gia.csv` | mức (0 là chưa đạt) mà từng chuyên gia xếp cho từng đơn vị |
| `mo-phong-su-that.csv` | sự thật: độ chín ẩn, ngưỡng thật, cách xếp và sai số của chuyên gia |
| `mo-phong-su-that-gia-tri.csv` | sự thật: giá trị đúng của từng đơn vị, từng đợt |

Hai tệp sự thật chỉ để chấm phương pháp; không phép tính nào của báo cáo được đọc.

Giai đoạn: `self` đơn vị tự đánh giá, `verified` thẩm định, `final` kết quả cuối cùng. Giá trị không
có dòng ở giai đoạn sau là giữ nguyên như giai đoạn trước. Mã lý do: `sai-so-lieu` số liệu không
khớp nguồn; `sai-cach-tinh` tính không đúng cách; `bo-sung` bổ sung số liệu thiếu;
`khong-minh-chung` không chứng minh được; `giai-trinh` giải trình được, có minh chứng.

| tệp | SHA-256 |
|---|---|
{hashes}
"""


def write_simulation(simulation: Simulation, folder: Path) -> tuple[Path, ...]:
    """Write a simulated pilot, its truth apart, and a README with the hashes of the files.

    Parameters
    ----------
    simulation : Simulation
    folder : Path
        Made if it is not there; files of an earlier run are replaced.

    Returns
    -------
    tuple of Path
        Every file written, the README last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    units = simulation.units
    tables = {"don-vi": units[list(ATTRIBUTES)].reset_index()}
    for year, one in simulation.rounds.items():
        tables[f"so-lieu-{year}"] = long_table(one, year)
    tables["sap-xep"] = simulation.crosswalk
    tables["don-vi-moi"] = simulation.new_units
    if len(simulation.judgements):
        tables["chuyen-gia"] = simulation.judgements
    tables["su-that"] = _truth(simulation)
    tables["su-that-gia-tri"] = pd.concat(
        [_wide(values, year) for year, values in simulation.truth.values.items()]
    )
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"mo-phong-{name}.csv")
        text = table.to_csv(index=False, float_format="%.10g", lineterminator="\n")
        paths[-1].write_text(text, encoding="utf-8", newline="")
    readme = folder / "README.md"
    readme.write_text(_readme(simulation, paths), encoding="utf-8", newline="")
    return (*paths, readme)


def simulate_command(
    names: Sequence[str], units: int, seed: int, folder: Path, workspace: Path
) -> tuple[Path, ...]:
    """Simulate a pilot of frameworks of a workspace and write it.

    Parameters
    ----------
    names : sequence of str
        Ids of frameworks, such as ``"mic-2361-2024/commune"``; judges have the last in mind.
    units, seed : int
        See `simulate`.
    folder : Path
        Where the files go.
    workspace : Path
        Folder that holds `frameworks/`.

    Returns
    -------
    tuple of Path
        Every file written.

    Raises
    ------
    Faults
        If a framework or the catalogue cannot be read, or the frameworks are for other types of
        units, or no unit is asked for.
    """
    home, faults = workspace / "frameworks", Collector()
    catalogue = read_catalogue(home / "catalogue", faults, "frameworks/catalogue")
    read = [read_framework(home / f"{name}.yml", faults, f"{name}.yml") for name in names]
    frameworks = [framework for framework in read if framework is not None]
    if units < 1:
        faults.add("--units", f"có {units}", "số đơn vị từ 1 trở lên")
    if seed < 0:
        faults.add("--seed", f"có {seed}", "số từ 0 trở lên")
    if len({framework.unit_type for framework in frameworks}) > 1:
        faults.add("", "các khung của nhiều loại đơn vị", "các phiên bản cho một loại đơn vị")
    absent = {name for framework in frameworks for name in framework.concepts} - set(catalogue)
    if absent:
        faults.add("", "khái niệm lạ: " + ", ".join(sorted(absent)), "khái niệm có trong danh mục")
    faults.raise_errors()
    return write_simulation(simulate(frameworks, catalogue, units, seed), folder)


def long_table(one: Round, year: str) -> pd.DataFrame:
    """One round as a long table: what units say of everything, and what a later stage changed.

    Parameters
    ----------
    one : Round
        With notes at each stage; a later value without a note stays what it was.
    year : str
        Name and data window of the round.

    Returns
    -------
    DataFrame
        Columns `LONG`.
    """
    parts = [
        _rows(observations, stage, year, stage == "self")
        for stage, observations in one.stages.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _rows(observations: Observations, stage: str, year: str, every: bool) -> pd.DataFrame:
    """Values of one stage, one row each: all of them, or those with a note."""
    shape = observations.value.shape
    reasons = np.full(shape, "", dtype=object)
    notes = observations.notes
    if notes is not None:
        unit = observations.units.index.get_indexer(pd.Index(notes["unit"]))
        concept = notes["concept"].map(observations.position).to_numpy(dtype=int)
        reasons[unit, concept] = notes["reason"]
    unit, concept = np.nonzero(np.full(shape, True) if every else reasons != "")
    status = observations.status[unit, concept]
    known = np.array([label.name.lower() for label in Status], dtype=object)
    sources = np.array([item.source_type for item in observations.concepts], dtype=object)
    counts = pd.DataFrame({"unit": observations.units.index.to_numpy(dtype=object)[unit]})
    counts["concept"] = np.array(list(observations.position), dtype=object)[concept]
    counts["stage"], counts["status"] = stage, known[status]
    for name in ("value", "numerator", "denominator"):
        numbers = getattr(observations, name)
        counts[name] = np.nan if numbers is None else numbers[unit, concept]
    counts["reason"], counts["source_type"] = reasons[unit, concept], sources[concept]
    counts["window"] = counts["round"] = year
    # What a unit holds back cannot be looked at; what is measured needs no paper.
    shown = (status == np.uint8(Status.OBSERVED)) & (counts["source_type"] == "self_report")
    paper = counts["unit"] + f"-{year}-" + pd.Series(concept + 1).map("{:03d}".format)
    counts["evidence"] = paper.where(shown, "")
    proved = shown & (counts["reason"] != "")
    counts["evidence_hash"] = [
        hashlib.sha256(text.encode()).hexdigest() if fresh else ""
        for text, fresh in zip(paper, proved, strict=True)
    ]
    return counts.reindex(columns=list(LONG), fill_value="")


def _wide(values: Observations, year: str) -> pd.DataFrame:
    """True values of a round, one column a concept; a status stands for itself."""
    table = pd.DataFrame(values.value, columns=list(values.position)).astype(object)
    for status, word in ((Status.NOT_APPLICABLE, "KAD"), (Status.NO_OCCURRENCE, "KPS")):
        table = table.mask(values.status == np.uint8(status), word)
    table.insert(0, "unit", values.units.index.to_numpy())
    table.insert(0, "round", year)
    return table


def _truth(simulation: Simulation) -> pd.DataFrame:
    """Latent maturity, true thresholds and judges as one table of single facts."""
    truth = simulation.truth
    columns = ["what", "round", "id", "key", "value"]
    maturity = truth.maturity.melt(["round", "unit"], var_name="key").rename(columns={"unit": "id"})
    moved = truth.thresholds
    thresholds = pd.DataFrame(
        {
            "round": "",
            "id": moved["indicator"],
            "key": moved["level"] + "/" + moved["stratum"],
            "value": moved["true"],
        }
    )
    judges: Iterable[tuple[str, str, str, object]] = (
        ("", judge.code, key, getattr(judge, key))
        for judge in truth.judges
        for key in ("kind", "noise")
    )
    named = pd.DataFrame(list(judges), columns=columns[1:])
    parts = {"maturity": maturity, "threshold": thresholds, "judge": named}
    return pd.concat(
        [part.assign(what=what).astype(object) for what, part in parts.items()], ignore_index=True
    )[columns]


def _readme(simulation: Simulation, paths: Sequence[Path]) -> str:
    """What is in the folder, how to make it again, and the hash of each file."""
    hashes = [
        f"| `{path.name}` | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" for path in paths
    ]
    return _README.format(
        source=simulation.source,
        count=len(simulation.units),
        units=vietnamese.number(len(simulation.units)),
        frameworks=", ".join(f"`{framework.id}`" for framework in simulation.frameworks),
        new_units=vietnamese.number(len(simulation.new_units)),
        ids=" ".join(framework.id for framework in simulation.frameworks),
        judges=len(simulation.truth.judges),
        seed=simulation.seed,
        hashes="\n".join(hashes),
    )
