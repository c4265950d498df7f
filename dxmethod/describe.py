"""What `check` and `concept` say: one line a file, one block a concept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .adapting import open_overlay, summary
from .check import check_framework
from .concepts import SOURCE_TYPES, Concept, Theme, read_catalogue
from .differences.matching import Matches, check_matches
from .dispositions import check_dispositions, read_dispositions
from .documents import read_model, read_yaml
from .examples import check_examples
from .faults import Collector, Fault, Faults, nearest, quoted
from .framework import FIDELITY, STATUS, Framework, Group, read_framework
from .revision import open_revision
from .values import concepts_of
from .vietnamese import number
from .workspace import find_workspace, show_path

_DEPTHS = {"indicators": "đủ đến từng chỉ tiêu", "main_index": "chỉ đến chỉ số chính"}


class Checker:
    """Checks files by their `kind`; a workspace's catalogue is read once."""

    def __init__(self) -> None:
        self.faults = Collector()
        self.catalogues: dict[Path, Mapping[str, Concept]] = {}

    def check(self, path: Path) -> str:
        """Check one file and describe it on one line."""
        shown = self.shown(path)
        own = Collector(shown)
        data, _ = read_yaml(path, own)
        kind = data.get("kind") if isinstance(data, dict) else None
        kinds = {
            "framework": self._framework,
            "concepts": self._concepts,
            "revision": self._revision,
            "dispositions": self._dispositions,
            "overlay": self._overlay,
            "matches": self._matches,
        }
        said = ""
        if not own.errors and kind in kinds:
            said = kinds[kind](path, own)
        elif not own.errors:
            found = f"có {quoted(kind)}" if kind else "thiếu loại tài liệu"
            own.add("mục kind", found, nearest(str(kind), kinds))
        self.faults.extend(own.faults)
        return f"{shown}: {said or 'không dùng được'}"

    def warnings(self, path: Path) -> list[Fault]:
        """Findings about one file: what the document gets wrong of itself."""
        shown = self.shown(path)
        return [fault for fault in dict.fromkeys(self.faults.warnings) if fault.file == shown]

    def shown(self, path: Path) -> str:
        """Name a file as every message does: relative to its workspace."""
        try:
            return show_path(path, find_workspace(path.parent))
        except Faults:
            return path.as_posix()

    def catalogue(self, folder: Path) -> Mapping[str, Concept]:
        """Read a catalogue, the first time with its faults."""
        if folder not in self.catalogues:
            self.catalogues[folder] = read_catalogue(folder, self.faults, self.shown(folder))
        return self.catalogues[folder]

    def _framework(self, path: Path, own: Collector) -> str:
        framework = read_framework(path, own, own.file)
        try:
            home = find_workspace(path.parent) / "frameworks"
        except Faults as found:
            own.extend(found.faults)
            return ""
        if framework is None:
            return ""
        catalogue = self.catalogue(home / "catalogue")
        own.extend(check_framework(framework, catalogue, own.file))
        if not own.errors:
            own.extend(check_examples(framework, catalogue, own.file))
        if path.resolve().is_relative_to(home):  # elsewhere, no revision can name it
            name = path.resolve().relative_to(home).with_suffix("").as_posix()
            if framework.id != name:
                own.add("mục id", f"có “{framework.id}”", f"“{name}” như tên tệp")
        return described(framework)

    def _concepts(self, path: Path, own: Collector) -> str:
        theme = read_model(Theme, path, own.file, Collector())  # its faults: with the catalogue
        self.catalogue(path.resolve().parent)
        return f"danh mục “{theme.theme}”; {number(len(theme.concepts))} khái niệm" if theme else ""

    def _dispositions(self, path: Path, own: Collector) -> str:
        found = read_dispositions(path, own, own.file)
        if found is None:
            return ""
        home = find_workspace(path.parent) / "frameworks"
        read: list[Framework | None] = []
        for name in (found.framework, found.target):
            file = home / f"{name}.yml"
            # Its own faults are said where it is checked itself.
            read.append(read_framework(file, Collector()) if name and file.is_file() else None)
            if name and not file.is_file():
                own.add("mục framework, target", f"có “{name}”", "mã một khung đã có")
        former, target = read
        if former is not None:
            own.extend(check_dispositions(found, former, target, own.file))
        return f"xử lý {number(len(found.dispositions))} tiêu chí của {found.framework}"

    def _matches(self, path: Path, own: Collector) -> str:
        found = read_model(Matches, path, own.file, own)
        if found is None:
            return ""
        home = find_workspace(path.parent) / "frameworks"
        sides: list[Framework] = []
        for key, name in (("old", found.old), ("new", found.new)):
            file = home / f"{name}.yml"
            framework = read_framework(file, Collector()) if file.is_file() else None
            if framework is None:
                own.add(f"mục {key}", f"có “{name}”", "mã một khung đã có")
            else:
                sides.append(framework)
        if len(sides) == 2:
            check_matches(found.matches, sides[0], sides[1], own)
        sure = sum(pair.confirmed for pair in found.matches)
        told = f"{number(len(found.matches))} cặp, {number(sure)} đã xác nhận"
        return f"ghép chỉ tiêu của {found.old} và {found.new}; {told}"

    def _overlay(self, path: Path, own: Collector) -> str:
        try:
            found = open_overlay(path)
        except Faults as faults:
            own.extend(faults.faults)
            return ""
        own.extend(found.faults)
        overlay = found.written.overlay
        if overlay.id != path.stem:
            own.add("mục id", f"có “{overlay.id}”", f"“{path.stem}” như tên tệp")
        return f"bản điều chỉnh của {overlay.province}; {summary(found.adaptation)}"

    def _revision(self, path: Path, own: Collector) -> str:
        try:
            revision = open_revision(path)
        except Faults as found:
            own.extend(found.faults)
            return ""
        own.extend(revision.findings)
        drafts = ", ".join(draft.id for draft in revision.drafts)
        held = "chưa có số liệu"
        if revision.observations is not None:
            units, concepts = revision.observations.value.shape
            held = f"{number(units)} đơn vị × {number(concepts)} khái niệm"
        return f"bản sửa đổi {revision.name}; {revision.baseline.id} → {drafts}; {held}"


def described(framework: Framework) -> str:
    """Describe a framework: status, counts, depth, where its texts come from."""
    fidelity = Counter[str](indicator.provenance.fidelity for indicator in framework.indicators)
    sources = (f"{word} ({fidelity[key]})" for key, word in FIDELITY.items() if fidelity[key])
    return "; ".join(
        (
            f"{framework.id}, {STATUS[framework.status]}",
            ", ".join(_counted(framework)),
            _DEPTHS[framework.depth],
            "căn cứ: " + ", ".join(sources),
        )
    )


def _counted(framework: Framework) -> Iterator[str]:
    """Count what a framework holds; what is collected and not assessed is counted apart."""
    terms, items = framework.terms, framework.indicators
    assessed = [item for item in items if item.most or item.required] or list(items)
    tops = [child for child in framework.tree.children if isinstance(child, Group)]
    groups = [top for top in tops if any(item in assessed for item in framework.below(top.id))]
    components = framework.declared.components or sum(item.components or 0 for item in items)
    if groups:
        yield f"{number(len(groups))} {terms.group}"
    yield f"{number(len(assessed))} {terms.indicator}"
    if len(assessed) < len(items):
        yield f"{number(len(items) - len(assessed))} mục không chấm"
    if components:
        yield f"{number(components)} chỉ số thành phần theo văn bản"
    if framework.has_points:
        points = sum(item.maximum for item in items)
        yield f"{number(points, 0 if points == int(points) else 2)} {terms.points}"
    if framework.levels:
        asked = [sum(level.id in item.required for item in items) for level in framework.levels]
        yield f"{number(len(asked))} mức độ ({'/'.join(map(str, asked))})"


def concept_lines(found: Concept) -> list[str]:
    """Say what a concept counts; what its file leaves out is not said."""
    low, high = found.bounds
    told = {
        "Định nghĩa": found.definition,
        "Tử số": found.numerator,
        "Mẫu số": found.denominator,
        "Đơn vị tính": found.unit,
        "Khoảng hợp lệ": f"{low:g} đến {high:g}",
        "Chiều tốt": "càng cao càng tốt" if found.better == "higher" else "càng thấp càng tốt",
        "Loại": "; ".join(f"{place}: {label}" for place, label in enumerate(found.categories)),
        "Nguồn": found.source,
        "Cách có số liệu": SOURCE_TYPES[found.source_type],
        "Thay cho": ", ".join(found.replaces),
    }
    return [
        f"{found.id}: {found.label}",
        *(f"  {key}: {text}" for key, text in told.items() if text),
    ]


def uses(name: str, frameworks: Sequence[Framework | None]) -> list[str]:
    """List the indicators that read a concept, by framework."""
    lines = []
    for framework in frameworks:
        for item in framework.indicators if framework else ():
            if framework and name in (item.concept, *concepts_of(item.value)):
                levels = ", ".join(item.required)
                asked = [f"mức {levels}"] if levels else []
                asked += [f"{item.most:g} {framework.terms.points}"] if item.most else []
                label = " ".join(part for part in (item.code, item.label) if part)
                lines.append(f"  {framework.id}: {label} ({'; '.join(asked) or 'không tính điểm'})")
    return ["Được dùng trong:", *lines] if lines else ["Chưa khung nào dùng đến."]
