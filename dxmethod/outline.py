"""Rows that were read back, put together into a framework: who stands below whom."""

from __future__ import annotations

from collections.abc import Mapping

from .columns import DEFAULT, FIELDS, WORDS
from .documents import validate
from .faults import Collector, nearest, quoted
from .framework import Framework, Group, Indicator, full_points
from .intake import EMPTY, Entry, Intake, Record, checked, slug
from .reading import read_number
from .sheets import Cell


def build(found: Intake, faults: Collector) -> Framework | None:
    """Build a framework from what its tables hold.

    Parameters
    ----------
    found : Intake
        What was read.
    faults : Collector
        Where every fault is noted.

    Returns
    -------
    Framework or None
        None after a fault.
    """
    document = {key: value for key, value in found.document.items() if key != "default"}
    for key in ("id", "title", "version", "status", "unit_type"):
        if key not in document:
            label = next(label for name, label, _ in FIELDS if name == key)
            faults.add("trang Văn bản", f"thiếu “{label}”", f"một hàng có khóa {key}")
    tree = _tree(found, faults)
    if faults.errors or tree is None:
        return None
    _compare_sums(found, tree, faults)
    document |= {"kind": "framework", "format": 1, "tree": tree.model_dump(mode="json")}
    document["levels"] = [level.model_dump(mode="json") for level in found.levels]
    own = Collector()
    framework = validate(Framework, document, own)
    for fault in own.faults:
        keys = [part.strip() for part in fault.place.removeprefix("mục ").split("→")]
        names = (".".join(keys[:length]) for length in range(len(keys), 0, -1))
        cell = next((found.places[n] for n in names if n in found.places), None)
        place = cell.place if cell else f"trang Văn bản, {fault.place}"
        faults.add(place, fault.found, fault.expected)
    return framework


def _tree(found: Intake, faults: Collector) -> Group | None:
    """Put the nodes where they belong: under the group that they name, or that stands above."""
    root: Record = {"id": "goc", "label": found.document.get("title", "Cả bảng")}
    root |= found.document.get("tree", {})
    _name_nodes(found, str(root["id"]), faults)
    children, parents = _children(found, root["id"], faults)
    lost = [entry for entry in found.nodes if _circles(entry, parents)]
    for entry in lost:
        if entry.is_group:
            place = entry.cells.get("parent", entry.cells["label"]).place
            said = f"nhóm “{entry.record['label']}” nằm trong chính nó"
            faults.add(place, said, "một nhóm khác ở cột “Thuộc nhóm (mã)”, hoặc để trống")
    if lost:
        return None
    return _group(root, None, children, found, faults)


def _children(
    found: Intake, root: str, faults: Collector
) -> tuple[dict[str, list[Entry]], dict[str, str]]:
    """What stands in each group in printed order, and the group of every node."""
    groups = {entry.record["id"] for entry in found.nodes if entry.is_group} | {root}
    children: dict[str, list[Entry]] = {name: [] for name in groups}
    parents: dict[str, str] = {}
    above = root
    for entry in found.nodes:
        cell = entry.cells.get("parent", EMPTY)
        parent = cell.text or (root if entry.is_group else above)
        if parent not in groups:
            faults.add(cell.place, f"có {quoted(parent)}", nearest(parent, groups))
        else:
            children[parent].append(entry)
            parents[entry.record["id"]] = parent
        if entry.is_group:
            above = entry.record["id"]
    return children, parents


def _circles(entry: Entry, parents: Mapping[str, str]) -> bool:
    """Whether going up from a node never ends."""
    seen: set[str] = set()
    name = entry.record["id"]
    while name in parents and name not in seen:
        seen.add(name)
        name = parents[name]
    return name in seen


def _name_nodes(found: Intake, root: str, faults: Collector) -> None:
    """Give an id to every row without one, and refuse ids that return."""
    held: dict[str, Entry] = {}
    for entry in found.nodes:
        name = entry.record.get("id")
        if name == root or name in held:
            first = "cả bảng" if name == root else held[name].place
            place = entry.cells.get("id", entry.cells["label"]).place
            faults.add(place, f"mã “{name}” đã dùng ở {first}", "để trống để có mã mới")
        elif name:
            held[name] = entry
    for entry in found.nodes:
        if not entry.record.get("id"):
            name = base = slug(entry.record["label"])
            number = 2
            while name in held or name == root:
                name, number = f"{base}-{number}", number + 1
            entry.record["id"] = name
            held[name] = entry


def _group(
    record: Record,
    entry: Entry | None,
    children: Mapping[str, list[Entry]],
    found: Intake,
    faults: Collector,
) -> Group | None:
    """Build a group after its children."""
    nodes = [
        _group(child.record, child, children, found, faults)
        if child.is_group
        else _indicator(child, found, faults)
        for child in children.get(str(record["id"]), ())
    ]
    place = entry.place if entry else "bảng chỉ tiêu"
    if not nodes:
        said = f"nhóm “{record['label']}” không có chỉ tiêu nào"
        expected = "hàng chỉ tiêu bên dưới; nếu hàng này là chỉ tiêu thì ghi “chỉ tiêu” ở cột "
        faults.add(place, said, expected + "“Loại dòng” và khái niệm mà nó đo" if entry else "")
    if not nodes or any(node is None for node in nodes):
        return None
    own = dict(record)
    if own.get("combine", "sum") == "sum":
        own.pop("points", None)  # a sum printed for the reader
    own["children"] = [node.model_dump(mode="json") for node in nodes if node is not None]
    cells = entry.cells if entry else {"label": Cell(None, place)}
    return checked(Group, _with_provenance(own, found), cells, faults)


def _indicator(entry: Entry, found: Intake, faults: Collector) -> Indicator | None:
    if "concept" not in entry.record:
        return None  # said where the concept was looked for
    record = _with_provenance({**entry.record}, found)
    if record.get("points") is None:
        record.pop("points", None)
    if record.get("points") and record.get("value") is None:
        place = entry.cells.get("value", entry.cells["label"]).place
        expected = "cột “Quy tắc tính điểm”, ví dụ {kind: linear, at: [0, 100], give: [0, 1]}"
        faults.add(place, "có điểm mà không có quy tắc tính điểm", expected)
        return None
    if "fidelity" not in record.get("provenance", {}):
        words = ", ".join(f"“{word}”" for word in WORDS["fidelity"].values())
        expected = f"một trong: {words}, ở cột “Căn cứ: độ tin cậy” hoặc bảng Văn bản, hàng "
        expected += f"“Độ tin cậy của hàng mới” (khóa {DEFAULT})"
        place = entry.cells.get("fidelity", entry.cells["label"]).place
        faults.add(place, "không rõ độ tin cậy của nội dung", expected)
        return None
    return checked(Indicator, record, entry.cells, faults)


def _with_provenance(record: Record, found: Intake) -> Record:
    """Fill in what a new row does not say: the document is the one that carries the framework."""
    told = dict(record.get("provenance") or {})
    default = found.document.get("default", {}).get("fidelity")
    if default and "children" not in record:
        told.setdefault("fidelity", default)
    if told:
        issued = found.document.get("issued") or {}
        named = issued.get("document") or found.document.get("title", "")
        told.setdefault("document", named)
        record["provenance"] = told
    return record


def _compare_sums(found: Intake, tree: Group, faults: Collector) -> None:
    """Say where a sum that the table prints is not the sum of its rows."""
    groups = {entry.record["id"]: entry for entry in found.nodes if entry.is_group}
    printed = [(tree, found.places.get("total", EMPTY))]
    printed += [
        (node, groups[node.id].cells.get("points", EMPTY))
        for node in _groups_below(tree)
        if node.combine == "sum" and node.id in groups
    ]
    for group, cell in printed:
        own = Collector()
        stated = None if cell.odd else read_number(cell, own, "điểm")
        if own.faults:
            said = f"có {quoted(cell.text)}, không so được với tổng các hàng"
            faults.add(cell.place, said, "một số", severity="cảnh báo")
        elif stated is not None and abs(stated - full_points(group)) > 1e-9:
            said = f"ghi {stated:g} điểm, cộng lại được {full_points(group):g}"
            faults.add(cell.place, said, "", severity="cảnh báo")


def _groups_below(group: Group) -> list[Group]:
    inner = [child for child in group.children if isinstance(child, Group)]
    return [*inner, *(deeper for child in inner for deeper in _groups_below(child))]
