"""Build the table of former and present communes from the package `vietnamadminunits`.

Run by hand, in an environment of its own (see README.md):

    pip install vietnamadminunits==1.0.4
    python data/units/build.py

It writes communes-2025.csv and communes-2025-repairs.csv beside itself and prints their SHA-256.
Given the path of a second reading (CSV with the columns old_code and new_code), it also writes
communes-2025-differences.csv and prints how many former communes agree.
"""

import csv
import hashlib
import json
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS = (
    *("old", "old_name", "old_district", "old_province", "old_kind"),
    *("new", "new_name", "new_province", "new_kind", "part", "is_default"),
)


def read_package():
    """Return former units, present units (by code) and pairs (old, new, is default)."""
    folder = Path(find_spec("vietnamadminunits").origin).parent / "data"
    database = sqlite3.connect(f"{(folder / 'dataset.db').as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    former = [dict(row) for row in database.execute("select * from admin_units_legacy")]
    present = [dict(row) for row in database.execute("select * from admin_units")]
    old_code = {}
    for row in former:  # five island districts had no commune: the district itself stands
        row["code"] = row["wardCode"] or row["districtCode"]
        row["name"] = row["ward"] or row["district"]
        row["kind"] = row["wardType"] or row["districtType"]
        key = f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"
        old_code[key] = row["code"]
    new_code = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in present}
    told = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    pairs = [
        (old_code[key], new_code[province, ward], True)
        for province, wards in told["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
        for ward, keys in wards.items()
        for key in keys
    ]
    pairs += [
        (old_code[key], new_code[province, ward["newWardKey"]], bool(ward["isDefaultNewWard"]))
        for province, olds in told["DICT_PROVINCE_WARD_DIVIDED"].items()
        for key, wards in olds.items()
        for ward in wards
    ]
    former = {row["code"]: row for row in former}
    return former, {row["wardCode"]: row for row in present}, sorted(pairs)


def namesakes(former, pairs):
    """Find successors that the package took from a namesake in the same new province.

    A part of a divided commune is doubted when it is not the default one, when a former commune of
    the same name goes to the same new unit, and when nothing else of the commune's own district
    goes there.
    """
    came_from = defaultdict(set)
    for old, new, _ in pairs:
        came_from[new].add(old)
    doubted = {}
    for old, new, default in pairs:
        own = former[old]
        others = [former[code] for code in came_from[new] if code != old]
        same = [row["code"] for row in others if row["wardShort"] == own["wardShort"]]
        near = any(row["districtCode"] == own["districtCode"] for row in others)
        if same and not near and not default:
            doubted[old, new] = min(same)
    return doubted


def write(name, columns, rows):
    path = HERE / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([unicodedata.normalize("NFC", cell) for cell in row] for row in rows)
    print(name, len(rows), "rows", hashlib.sha256(path.read_bytes()).hexdigest())


def compare(path, former, pairs):
    """Say how far a second reading agrees; write down every former commune where it does not."""
    second, first = defaultdict(set), defaultdict(set)
    with open(path, encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            second[row["old_code"]].add(row["new_code"])
    for old, new, _ in pairs:
        first[old].add(new)
    different = [old for old in sorted(first) if first[old] != second[old]]
    rows = [
        (
            *(old, former[old]["name"], former[old]["district"], former[old]["provinceCode"]),
            " ".join(sorted(first[old] - second[old])),
            " ".join(sorted(second[old] - first[old])),
        )
        for old in different
    ]
    columns = ("old", "old_name", "old_district", "old_province", "only_here", "only_second")
    write("communes-2025-differences.csv", columns, rows)
    settled = sum(new in second[old] for old, new, default in pairs if default)
    print(f"same set of new units: {1 - len(different) / len(first):.4%} of {len(first)}")
    print(f"default new unit is among the second reading's: {settled}")
    print("only in the second reading:", *sorted(second.keys() - first.keys()))


def main():
    former, present, pairs = read_package()
    doubted = namesakes(former, pairs)
    kept = [pair for pair in pairs if pair[:2] not in doubted]
    count = defaultdict(int)
    for old, _, _ in kept:
        count[old] += 1
    rows = [
        (
            *(old, former[old]["name"], former[old]["district"], former[old]["provinceCode"]),
            former[old]["kind"].lower(),
            *(new, present[new]["ward"], present[new]["provinceCode"]),
            present[new]["wardType"].lower(),
            "whole" if count[old] == 1 else "part",
            str(int(default)),
        )
        for old, new, default in kept
    ]
    write("communes-2025.csv", COLUMNS, rows)
    repairs = [
        (old, former[old]["name"], new, present[new]["ward"], same, former[same]["district"])
        for (old, new), same in sorted(doubted.items())
    ]
    columns = ("old", "old_name", "new", "new_name", "namesake", "namesake_district")
    write("communes-2025-repairs.csv", columns, repairs)
    if len(sys.argv) > 1:
        compare(sys.argv[1], former, pairs)
        compare(sys.argv[1], former, kept)


if __name__ == "__main__":
    main()
