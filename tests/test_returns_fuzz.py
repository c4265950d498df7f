"""Valid tables, spoilt in every way: faults in words or observations, never anything else."""

from __future__ import annotations

import os
import random
import re
import struct
import sys
import tracemalloc
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

import pandas as pd
import pytest
from examples import HOSTILE, catalogue, concept, framework, group, indicator

from dxmethod.faults import Faults
from dxmethod.questionnaire import write_form
from dxmethod.returns import load_observations

psutil = pytest.importorskip("psutil")
SHEET = "xl/worksheets/sheet2.xml"
MOST = 1 << 30

KNOWN = catalogue(
    concept("ty-le", numerator="số đạt", denominator="tổng số"),
    concept("ho-so"),
    concept("so-nguoi", measure="number", unit="người", range=(0, 5000)),
    concept("co-ke-hoach", measure="yes_no", unit="có/không"),
    concept("muc", measure="category", unit="mức", categories=("thấp", "vừa", "cao")),
)
ASKED = framework(group("nhom", *(indicator(name) for name in KNOWN)))
UNITS = pd.DataFrame({"name": ["Xã Một", "Xã Hai"]}, index=["00123", "00456"])
VALUES = {"ho-so": 81.5, "so-nguoi": 1200.0, "co-ke-hoach": "Có", "muc": 1.0}
STRANGE = (
    *HOSTILE, "", " ", "KAD", "kps", "KMC", "KMC 80", "KMC x", "KXX", "1,5", "1.5", "1.234",
    "1.234,5", "80%", "-1", "1e400", "nan", "inf", "−5", "0", "12/05/2026", "TRUE", "#REF!",
    "#DIV/0!", "Có", "012345678901", "0912 345 678", "ai@do.vn", "ông Nguyễn Văn An",
    "é" * 9, "e\u0301", "\u202e12",
    "٣", "²", "0" * 400, "9" * 400, "Z" * 5000, "unit", "mã số liệu",
)  # fmt: skip


@pytest.fixture(scope="module")
def form(tmp_path_factory) -> bytes:
    """Two units' forms, filled in without a fault."""
    from openpyxl import load_workbook

    path = tmp_path_factory.mktemp("form") / "phieu.xlsx"
    write_form(ASKED, KNOWN, UNITS, path)
    book = load_workbook(path)
    for sheet in book.worksheets[1:]:
        for row in range(1, sheet.max_row + 1):
            name = sheet.cell(row, 11).value
            if name == "ty-le":
                sheet.cell(row, 5).value, sheet.cell(row, 6).value = 40, 50
            elif name in VALUES:
                sheet.cell(row, 7).value = VALUES[name]
    result = BytesIO()
    book.save(result)
    return result.getvalue()


def wide(comma: bool = False) -> str:
    head = ["unit", "name", *KNOWN]
    body = [["00123", "Xã Một", 80, 81.5, 1200, 1, 2], ["00456", "Xã Hai", 8, "KAD", "", 0, 1]]
    rows = [head, *body]
    text = [[str(c).replace(".", ",") if comma else str(c) for c in row] for row in rows]
    return "\n".join((";" if comma else ",").join(row) for row in text)


def long() -> str:
    head = "unit,concept,stage,status,value,numerator,denominator,window,evidence,note"
    rows = [
        f"{unit},{name},{stage},,{1 if name in ('co-ke-hoach', 'muc') else 50},,,2026,a,"
        for unit in UNITS.index for stage in ("self", "verified") for name in KNOWN
    ]  # fmt: skip
    return "\n".join([head, *rows])


def outcome(path: Path, rng: random.Random, original=None) -> str:
    """What comes of a file: observations without a half-read value, or faults in words."""
    try:
        loaded = load_observations(
            path,
            KNOWN,
            framework=ASKED if rng.random() < 0.7 else None,
            units=UNITS if rng.random() < 0.7 else None,
            exclude_faulty=rng.random() < 0.5,
            mark=rng.random() < 0.3,
        )
    except Faults as error:
        assert error.faults and any(fault.severity == "lỗi" for fault in error.faults)
        assert all(fault.found and fault.file for fault in error.faults)
        assert "012345678901" not in str(error)
        return "faults"
    for stage in loaded.round.stages.values():
        assert len(stage.units)
        assert not set(loaded.excluded) & set(stage.units.index)
        assert stage.notes is None or "012345678901" not in stage.notes.to_string()
    if original is not None and not loaded.excluded and not loaded.refused:
        got = loaded.observations("self")
        assert got.value.tolist() == original.value.tolist()
        assert got.status.tolist() == original.status.tolist()
    return "read"


def repacked(content: bytes, change) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    result = BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return result.getvalue()


def spoil_bytes(content: bytes, rng: random.Random) -> bytes:
    """Cut, turn and repeat bytes of the archive itself."""
    data = bytearray(content)
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(data[: rng.randrange(len(data))])
    if kind == 1:
        for _ in range(rng.choice([1, 3, 30])):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 2:
        at = rng.randrange(len(data))
        data[at:at] = data[: rng.randrange(200)]
    else:
        at = data.rfind(b"PK\5\6") + rng.randrange(4, 22)
        data[at % len(data)] ^= 1 << rng.randrange(8)
    return bytes(data)


def spoil_xml(content: bytes, rng: random.Random) -> bytes:
    """Change the XML of a part: cells, references, types, tags, entities, encodings."""

    def change(parts: dict[str, bytes]) -> None:
        name = rng.choice([SHEET, SHEET, SHEET, "xl/workbook.xml", "xl/styles.xml",
                           "xl/_rels/workbook.xml.rels", "[Content_Types].xml"])  # fmt: skip
        part = parts[name]
        cells = [m.start() for m in re.finditer(rb"<c |<row |<sheet |<xf ", part)] or [0]
        at = rng.choice(cells)
        far = rng.choice(
            [b"XFD1048576", b"A1048576", b"XFD1", b"ZZZZ9", b"A0", b"a1", b"A99999999999"]
        )
        kind = rng.randrange(12)
        if kind == 0:
            part = re.sub(rb'r="[A-Z]+\d+"', lambda m: b'r="' + far + b'"', part, count=1)
        elif kind == 1:
            part = part[:at] + b"<c r='" + far + b"'><v>1</v></c>" + part[at:]
        elif kind == 2:
            part = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + part
        elif kind == 3:
            part = part.decode().encode(rng.choice(["utf-16", "utf-16-le", "utf-32"]))
        elif kind == 4:
            part = part.replace(b"<v>", b"<f>SUM(A1:XFD1048576)</f><v>", rng.choice([1, 99]))
        elif kind == 5:
            part = re.sub(rb"<row ", rb'<row hidden="1" ', part, count=rng.choice([1, 99]))
        elif kind == 6:
            part = part[: rng.randrange(len(part))]
        elif kind == 7:
            merged = b'<mergeCell ref="A1:XFD1048576"/><mergeCell ref="E9:F12"/>'
            end = b"</sheetData>"
            part = part.replace(end, end + b"<mergeCells>" + merged + b"</mergeCells>")
        elif kind == 8:
            part = part.replace(
                b't="n"', rng.choice([b't="s"', b't="b"', b't="e"', b't="d"', b't="z"'])
            )
        elif kind == 9:
            odd = rng.choice([b"NaN", b"1e999", b"-inf", b"", b"x", b"9" * 400, b"&#0;"])
            part = re.sub(rb"<v>[^<]*</v>", b"<v>" + odd + b"</v>", part, count=2)
        elif kind == 10:
            part = part.replace(b'state="visible"', b'state="hidden"').replace(
                b"<sheet ", b'<sheet state="veryHidden" ', 1)  # fmt: skip
        else:
            part = (
                part[:at]
                + bytes(rng.randrange(256) for _ in range(rng.choice([1, 20])))
                + part[at:]
            )
        parts[name] = part

    return repacked(content, change)


def spoil_parts(content: bytes, rng: random.Random) -> bytes:
    """Add macros, links, bombs; take parts away."""

    def change(parts: dict[str, bytes]) -> None:
        kind = rng.randrange(7)
        if kind == 0:
            parts["xl/vbaProject.bin"] = os.urandom(0) + b"\xd0\xcf\x11\xe0" * 99
        elif kind == 1:
            link = b'<externalLink><externalBook r:id="x"/></externalLink>'
            parts["xl/externalLinks/externalLink1.xml"] = link
            rels = (
                b'<Relationships><Relationship Id="x" Target="file:///etc/passwd"/></Relationships>'
            )
            parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = rels
        elif kind == 2:
            parts["xl/media/bomb.xml"] = b"\0" * rng.choice([10_000_000, 130_000_000])
        elif kind == 3:
            del parts[rng.choice(sorted(parts))]
        elif kind == 4:
            text = b"<si><t>" + b"A" * 300_000 + b"</t></si>"
            parts["xl/sharedStrings.xml"] = b"<sst>" + text + b"</sst>"
            cells = b'<c t="s"><v>0</v></c>' * 100_000
            parts[SHEET] = parts[SHEET].replace(
                b"</sheetData>", b"<row>" + cells + b"</row></sheetData>"
            )
        elif kind == 5:
            parts[SHEET] = parts[SHEET].replace(
                b"</sheetData>", b"<row>" + b"<c><v>1</v></c>" * rng.choice([20_000, 200_000])
                + b"</row></sheetData>")  # fmt: skip
        else:
            parts["../../escape.xml"] = b"<x/>"
            parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
                b"worksheets/sheet2.xml", rng.choice([b"../../../etc/passwd", b"http://a.b/c.xml",
                                                      b"worksheets/sheet3.xml"]))  # fmt: skip

    return repacked(content, change)


def spoil_cells(content: bytes, rng: random.Random) -> bytes:
    """Write strange things into cells, as people do."""
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(content))
    for _ in range(rng.choice([1, 1, 5, 40])):
        spoil_cell(book, rng.choice(book.worksheets), rng)
    result = BytesIO()
    book.save(result)
    return result.getvalue()


def spoil_cell(book, sheet, rng: random.Random) -> None:
    row, column = rng.randrange(1, 20), rng.randrange(1, 14)
    cell = sheet.cell(row, column)
    kind = rng.randrange(6)
    try:
        if kind < 3:
            cell.value = rng.choice([*STRANGE, 0.8, -3.0, 1e12, True, pd.Timestamp("2026-05-12")])
        elif kind == 3:
            cell.number_format = rng.choice(["0%", "dd/mm/yyyy", "@"])
        elif kind == 4:
            rng.choice([sheet.delete_rows, sheet.delete_cols, sheet.insert_rows])(row)
        else:
            rng.choice([
                lambda: sheet.merge_cells(start_row=row, end_row=row + 2, start_column=column,
                                          end_column=column + 1),
                lambda: setattr(sheet.row_dimensions[row], "hidden", True),
                lambda: setattr(sheet.column_dimensions["G"], "hidden", True),
                lambda: setattr(sheet, "title", f"Trang {row}"),
                lambda: book.copy_worksheet(sheet),
            ])()  # fmt: skip
    except (AttributeError, ValueError):  # a merged cell, a character that Excel forbids
        pass


def spoil_text(rng: random.Random) -> bytes:
    """Spoil a CSV file: cells, delimiters, encodings, quotes, lines."""
    text = rng.choice([wide(), wide(comma=True), long()])
    sign = ";" if ";" in text else ","
    rows = [line.split(sign) for line in text.split("\n")]
    for _ in range(rng.choice([0, 1, 3, 20])):
        row = rng.choice(rows)
        kind = rng.randrange(5)
        if kind < 3:
            row[rng.randrange(len(row))] = rng.choice(STRANGE)
        elif kind == 3:
            row.insert(rng.randrange(len(row)), rng.choice(STRANGE))
        elif len(row) > 1:
            del row[rng.randrange(len(row))]
    if rng.random() < 0.3:
        rows.append(rng.choice(rows))
    text = rng.choice(["\n", "\r\n", "\r"]).join(sign.join(row) for row in rows)
    data = text.encode(rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-7"]), "replace")
    if rng.random() < 0.2:
        data = data[: rng.randrange(len(data))] + rng.choice(
            [b"", b"\xff", b'"', b"\0", b"\r\n" * 9]
        )
    return data


def allowed(path: str, folder: Path) -> bool:
    """The input's folder, modules, and the scratch file through which openpyxl saves a copy."""
    scratch = gettempdir()
    own = (str(folder), sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[1]))
    return path.startswith((*own, f"{scratch}/openpyxl.")) or path == scratch


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_sent_ends_in_observations_or_faults(form, tmp_path, seed):
    rng = random.Random(seed)
    outside: list[str] = []
    watching = [False]

    def watch(event: str, arguments) -> None:
        if not watching[0]:
            return
        if (
            event == "open"
            and isinstance(arguments[0], str)
            and not allowed(arguments[0], tmp_path)
        ):
            outside.append(arguments[0])
        elif event.startswith(("socket.connect", "subprocess", "os.system", "os.exec")):
            outside.append(event)

    sys.addaudithook(watch)
    process = psutil.Process()
    spoilers = (spoil_bytes, spoil_xml, spoil_xml, spoil_parts, spoil_cells)
    kinds = {"faults": 0, "read": 0}
    (tmp_path / "goc.xlsx").write_bytes(form)
    original = load_observations(tmp_path / "goc.xlsx", KNOWN, framework=ASKED).observations()
    (tmp_path / "goc.xlsx").unlink()
    for number in range(260):
        kind = rng.randrange(len(spoilers) + 2)
        if kind < len(spoilers):
            path = tmp_path / "gui.xlsx"
            path.write_bytes(spoilers[kind](form, rng))
        else:
            path = tmp_path / "gui.csv"
            path.write_bytes(spoil_text(rng))
        before = path.read_bytes()
        try:
            watching[0] = True
            kinds[outcome(path, rng, original if kind == 0 else None)] += 1
        except BaseException:
            (tmp_path / f"failed-{seed}-{number}{path.suffix}").write_bytes(before)
            raise
        finally:
            watching[0] = False
        assert path.read_bytes() == before
        assert process.memory_info().rss < MOST
    assert not outside
    assert min(kinds.values()) > 20


@pytest.mark.slow
def test_an_archive_that_lies_about_its_size_is_refused(form, tmp_path):
    bomb = bytearray(
        repacked(form, lambda p: p.update({SHEET: b"<worksheet>" + b" " * 200_000_000}))
    )
    with zipfile.ZipFile(BytesIO(bytes(bomb))) as archive:
        item = archive.getinfo(SHEET)
    size = struct.pack("<I", item.file_size)
    path = tmp_path / "bom.xlsx"
    path.write_bytes(bytes(bomb).replace(size, struct.pack("<I", 1000)))
    tracemalloc.start()
    with pytest.raises(Faults, match="hỏng"):
        load_observations(path, KNOWN)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert zlib.crc32(path.read_bytes()) == zlib.crc32(path.read_bytes())
