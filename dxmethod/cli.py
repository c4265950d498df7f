"""The dxmethod command: make a report, check what people write; every failure ends in words."""

from __future__ import annotations

import json
import re
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .check import check_framework
from .concepts import SOURCE_TYPES, Concept, Theme, read_catalogue
from .documents import read_model, read_yaml
from .faults import Collector, Fault, Faults, nearest, quoted
from .framework import FIDELITY, STATUS, Framework, read_framework
from .values import concepts_of
from .vietnamese import number

_SUFFIXES = (".yml", ".yaml")
_DEPTHS = {"indicators": "đủ đến từng chỉ tiêu", "main_index": "chỉ đến chỉ số chính"}

# What typer says in English: in its help, and about a command line that it does not understand.
_HELP = {
    "Usage:": "Cách dùng:",
    "Options:": "Tùy chọn:",
    "Arguments:": "Tham số:",
    "Commands:": "Lệnh:",
    "COMMAND [ARGS]": "LỆNH [THAM SỐ]",
    "[OPTIONS]": "[TÙY CHỌN]",
    "[default:": "[mặc định:",
    "Show this message and exit.": "Hiện hướng dẫn này.",
}
_MISUSE = {
    r"No such option: (.+)": "không có tùy chọn “{}”",
    r"No such command '(.+?)'": "không có lệnh “{}”",
    r"Got unexpected extra argument\(s\) \((.+)\)": "thừa “{}”",
    r"Option '(.+)' requires an argument": "tùy chọn “{}” thiếu giá trị",
    r"Missing command": "thiếu tên lệnh",
}


def _in_vietnamese(text: str) -> str:
    for english, vietnamese in _HELP.items():
        text = text.replace(english, vietnamese)
    return text


class _Command(TyperCommand):
    def get_help(self, ctx: Any) -> str:
        return _in_vietnamese(super().get_help(ctx))


class _Group(TyperGroup):
    def get_help(self, ctx: Any) -> str:
        return _in_vietnamese(super().get_help(ctx))


app = typer.Typer(
    cls=_Group,
    help="Đánh giá, so sánh các phiên bản của khung tiêu chí, bộ chỉ số chuyển đổi số.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command(cls=_Command)
def report(
    name: Annotated[
        str, typer.Argument(metavar="TÊN", help="Bản sửa đổi trong frameworks/revisions.")
    ] = "dti-2022-to-2024",
    output: Annotated[
        Path | None,
        typer.Option(metavar="THƯ_MỤC", help="Nơi ghi báo cáo, mặc định outputs/TÊN."),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="SỐ", help="Hạt giống, mặc định theo bản sửa đổi.")
    ] = None,
    draft: Annotated[
        str, typer.Option(metavar="MÃ", help="Dự thảo được so sánh, mặc định là dự thảo đầu tiên.")
    ] = "",
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="TÊN=GIÁ_TRỊ", help="Tham số của sổ tay; dùng được nhiều lần."),
    ] = None,
) -> None:
    """Lập báo cáo của một bản sửa đổi: Word, PDF, HTML, Excel và hồ sơ tái lập."""
    from .report.run import run_report

    given = {"seed": seed, "draft": draft} | _pairs(param or [])
    folder = run_report(name, output, more=given)
    typer.echo(f"Đã lập báo cáo trong {_near(folder)}")
    for path in sorted(folder.glob("b*.*")):
        typer.echo(f"  {path.name}")


@app.command(cls=_Command)
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="NƠI", help="Tệp hoặc thư mục, mặc định frameworks/."),
    ] = None,
) -> None:
    """Kiểm tra khung tiêu chí, danh mục khái niệm và bản sửa đổi; nêu mọi lỗi cùng lúc."""
    from .revision import find_workspace

    checker = _Checker()
    for path in _files(paths or [find_workspace() / "frameworks"], checker.faults):
        typer.echo(checker.check(path))
        for warning in checker.warnings(path):
            typer.echo(f"  {warning}")
    faults = tuple(dict.fromkeys(checker.faults.errors))  # a revision repeats its frameworks' own
    if faults:
        raise Faults(faults)
    typer.echo("Không có lỗi")


@app.command(cls=_Command)
def concept(
    name: Annotated[str, typer.Argument(metavar="MÃ", help="Mã khái niệm trong danh mục.")],
) -> None:
    """Cho biết một khái niệm là gì và khung nào dùng đến nó."""
    from .revision import find_workspace

    home = find_workspace() / "frameworks"
    faults = Collector()
    catalogue = read_catalogue(home / "catalogue", faults, "frameworks/catalogue")
    found = catalogue.get(name)
    if found is None:
        faults.add("mã khái niệm", f"có {quoted(name)}", nearest(name, catalogue))
    frameworks = [read_framework(path, faults) for path in _framework_files(home)]
    faults.raise_errors()
    assert found is not None
    for line in (*_concept_lines(found), *_uses(name, frameworks)):
        typer.echo(line)


def _framework_files(home: Path) -> list[Path]:
    """Files that stand where a framework stands: one folder below `frameworks`."""
    others = ("catalogue", "revisions", "schemas")
    return sorted(p for p in home.glob("*/*.yml") if p.parent.name not in others)


def _concept_lines(found: Concept) -> list[str]:
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


def _uses(name: str, frameworks: Sequence[Framework | None]) -> list[str]:
    """List the indicators that read a concept, by framework."""
    lines = []
    for framework in frameworks:
        for item in framework.indicators if framework else ():
            if framework and name in (item.concept, *concepts_of(item.value)):
                levels = ", ".join(item.required)
                asked = [f"mức {levels}"] if levels else []
                asked += [f"{item.points:g} {framework.terms.points}"] if item.points else []
                label = " ".join(part for part in (item.code, item.label) if part)
                lines.append(f"  {framework.id}: {label} ({'; '.join(asked) or 'không tính điểm'})")
    return ["Được dùng trong:", *lines] if lines else ["Chưa khung nào dùng đến."]


@app.command(cls=_Command)
def schema() -> None:
    """Ghi lược đồ JSON vào frameworks/schemas, để trình soạn thảo gợi ý khi viết tệp YAML."""
    from .revision import RevisionFile, find_workspace

    folder = find_workspace() / "frameworks" / "schemas"
    folder.mkdir(exist_ok=True)
    for name, model in (("framework", Framework), ("concepts", Theme), ("revision", RevisionFile)):
        text = json.dumps(model.model_json_schema(), ensure_ascii=False, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        typer.echo(f"frameworks/schemas/{name}.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.

    Returns
    -------
    int
        0; 1 for faults of what the user gave; 2 for a fault of the program; 130 when stopped.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up as after Ctrl-C
    try:
        code = app(arguments, prog_name="dxmethod", standalone_mode=False) or 0
    except Faults as faults:
        typer.echo(str(faults), err=True)
        return 1
    except typer.TyperException as misuse:
        typer.echo(str(_misunderstood(misuse)), err=True)
        return 1
    except Exception:
        path = _keep_traceback(traceback.format_exc())
        typer.echo("Lỗi của chương trình, không phải của số liệu. Chi tiết để gửi", err=True)
        typer.echo(f"người hỗ trợ: {path}", err=True)
        return 2
    if code == 130:
        typer.echo("Đã dừng theo yêu cầu.", err=True)
    return int(code)


class _Checker:
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
        from .revision import find_workspace, show_path

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
        from .revision import find_workspace

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
            from .examples import check_examples

            own.extend(check_examples(framework, catalogue, own.file))
        if path.resolve().is_relative_to(home):  # elsewhere, no revision can name it
            name = path.resolve().relative_to(home).with_suffix("").as_posix()
            if framework.id != name:
                own.add("mục id", f"có “{framework.id}”", f"“{name}” như tên tệp")
        return _described(framework)

    def _concepts(self, path: Path, own: Collector) -> str:
        theme = read_model(Theme, path, own.file, Collector())  # its faults: with the catalogue
        self.catalogue(path.resolve().parent)
        return f"danh mục “{theme.theme}”; {number(len(theme.concepts))} khái niệm" if theme else ""

    def _revision(self, path: Path, own: Collector) -> str:
        from .revision import open_revision

        try:
            revision = open_revision(path)
        except Faults as found:
            own.extend(found.faults)
            return ""
        own.extend(revision.findings)
        units, concepts = revision.observations.value.shape
        drafts = ", ".join(draft.id for draft in revision.drafts)
        return (
            f"bản sửa đổi {revision.name}; {revision.baseline.id} → {drafts}; "
            f"{number(units)} đơn vị × {number(concepts)} khái niệm"
        )


def _described(framework: Framework) -> str:
    """Describe a framework: status, counts, depth, where its texts come from."""
    terms = framework.terms
    points = sum(indicator.maximum for indicator in framework.indicators)
    fidelity = Counter[str](indicator.provenance.fidelity for indicator in framework.indicators)
    counts = (
        f"{number(len(framework.groups) - 1)} {terms.group}",
        f"{number(len(framework.indicators))} {terms.indicator}",
        f"{number(points, 0 if points == int(points) else 2)} {terms.points}",
        f"{number(len(framework.levels))} mức độ",
    )
    sources = (f"{word} ({fidelity[key]})" for key, word in FIDELITY.items() if fidelity[key])
    return "; ".join(
        (
            f"{framework.id}, {STATUS[framework.status]}",
            ", ".join(counts),
            _DEPTHS[framework.depth],
            "căn cứ: " + ", ".join(sources),
        )
    )


def _files(paths: Sequence[Path], faults: Collector) -> Iterator[Path]:
    """Yield the YAML files that were named, folders with all that they hold."""
    for path in paths:
        if path.is_file() and path.suffix in _SUFFIXES:
            yield path
            continue
        inside = [item for item in sorted(path.rglob("*")) if item.suffix in _SUFFIXES]
        inside = [item for item in inside if not _is_hidden(item.relative_to(path))]
        if path.is_file():
            faults.add("", "không phải tệp YAML", "tệp .yml hoặc thư mục", file=str(path))
        elif not path.exists():
            faults.add("", "không có tệp hay thư mục này", "đường dẫn có thật", file=str(path))
        elif not inside:
            faults.add("", "không có tệp YAML nào", "ít nhất một tệp .yml", file=str(path))
        yield from inside


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """Read parameters written as NAME=VALUE."""
    faults = Collector()
    pairs: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            faults.add("--param", f"có {quoted(word)}", "TÊN=GIÁ_TRỊ, ví dụ seed=7")
        pairs[name] = value
    faults.raise_errors()
    return pairs


def _misunderstood(misuse: typer.TyperException) -> Fault:
    """Say in Vietnamese what typer did not understand."""
    expected = "một dòng lệnh đúng; xem python dx.py --help"
    if possible := getattr(misuse, "possibilities", None):
        expected = nearest(getattr(misuse, "option_name", ""), possible)
    for pattern, words in _MISUSE.items():
        if match := re.match(pattern, misuse.message):
            return Fault("", "dòng lệnh", words.format(*match.groups()), expected)
    return Fault("", "dòng lệnh", f"không hiểu được ({misuse.message})", expected)


def _near(path: Path) -> Path:
    """Show a path from the current folder, when it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _keep_traceback(text: str) -> Path:
    """Write a traceback where the user can find it, and return where."""
    from .revision import find_workspace

    name = f"loi-{datetime.now():%Y%m%d-%H%M%S}.txt"
    try:
        folder = find_workspace() / "outputs"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, Faults):
        path = Path(gettempdir()) / name
        path.write_text(text, encoding="utf-8", newline="\n")
    return path
