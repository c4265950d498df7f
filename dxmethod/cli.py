"""The dxmethod command: make a report, check what people write; every failure ends in words."""

from __future__ import annotations

import json
import re
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .commands import COMMANDS
from .concepts import Theme, read_catalogue
from .faults import Collector, Fault, Faults, nearest, quoted
from .framework import Framework, framework_files, read_framework

if TYPE_CHECKING:
    from .transfer import Transfer

_SUFFIXES = (".yml", ".yaml")

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
    from .describe import Checker
    from .workspace import find_workspace

    checker = Checker()
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
    from .describe import concept_lines, uses
    from .workspace import find_workspace

    home = find_workspace() / "frameworks"
    faults = Collector()
    catalogue = read_catalogue(home / "catalogue", faults, "frameworks/catalogue")
    found = catalogue.get(name)
    if found is None:
        faults.add("mã khái niệm", f"có {quoted(name)}", nearest(name, catalogue))
    frameworks = [read_framework(path, faults) for path in framework_files(home)]
    faults.raise_errors()
    assert found is not None
    for line in (*concept_lines(found), *uses(name, frameworks)):
        typer.echo(line)


@app.command(cls=_Command)
def export(
    name: Annotated[str, typer.Argument(metavar="KHUNG", help="Mã khung, hoặc tệp YAML.")],
    to: Annotated[
        Path | None, typer.Option(metavar="TỆP", help="Tệp .xlsx hoặc .docx; mặc định outputs/.")
    ] = None,
    word: Annotated[bool, typer.Option("--word", help="Ghi phụ lục Word thay cho Excel.")] = False,
) -> None:
    """Ghi một khung ra bảng Excel hoặc phụ lục Word để sửa, gửi lấy ý kiến."""
    from .transfer import export_framework

    typer.echo(f"Đã ghi {_near(export_framework(name, to, word))}")


@app.command(cls=_Command)
def template(
    to: Annotated[Path, typer.Argument(metavar="TỆP", help="Tệp .xlsx hoặc .docx.")],
    levels: Annotated[
        int, typer.Option(metavar="SỐ", min=0, max=9, help="Số mức độ; 0 là bảng chấm điểm.")
    ] = 5,
) -> None:
    """Ghi bảng trống để soạn một khung mới."""
    from .template import write_template

    typer.echo(f"Đã ghi {_near(write_template(levels, to))}")


@app.command("import", cls=_Command)
def import_(
    source: Annotated[Path, typer.Argument(metavar="TỆP", help="Bảng .xlsx hoặc .docx.")],
    name: Annotated[
        str, typer.Option("--as", metavar="MÃ", help="Mã khung, mặc định theo trang Văn bản.")
    ] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Ghi đè khung cùng mã.")] = False,
) -> None:
    """Đọc bảng Excel, Word về thành khung trong frameworks/; nêu mọi lỗi cùng lúc."""
    from .transfer import import_framework

    _tell(import_framework(source, name, overwrite))


@app.command(cls=_Command)
def replace(
    name: Annotated[str, typer.Argument(metavar="KHUNG", help="Mã khung.")],
    source: Annotated[Path, typer.Argument(metavar="TỆP", help="Bảng chính thức .xlsx, .docx.")],
) -> None:
    """Thay chỉ tiêu minh họa bằng nội dung văn bản, và liệt kê những gì đã thay."""
    from .transfer import replace_framework

    _tell(replace_framework(name, source))


@app.command(cls=_Command)
def revise(
    baseline: Annotated[str, typer.Argument(metavar="HIỆN_HÀNH", help="Mã khung hiện hành.")],
    draft: Annotated[str, typer.Argument(metavar="DỰ_THẢO", help="Mã khung dự thảo.")],
) -> None:
    """Tạo tệp sửa đổi so sánh hai khung, để lập báo cáo."""
    from .transfer import write_revision

    path = write_revision(baseline, draft)
    typer.echo(f"Đã ghi {_near(path)}; lập báo cáo: python dx.py report {path.stem}")


def _tell(transfer: Transfer) -> None:
    """Say what was read, what it changed and what to look at again."""
    from .describe import described

    for line in transfer.lines():
        typer.echo(f"  {line}")
    for warning in transfer.warnings:
        typer.echo(f"  {warning}")
    said = "Đã ghi" if transfer.written else "Không có gì khác, giữ nguyên"
    typer.echo(f"{said} {_near(transfer.path)}: {described(transfer.framework)}")


@app.command(cls=_Command)
def form(
    name: Annotated[str, typer.Argument(metavar="KHUNG", help="Mã khung.")],
    units: Annotated[Path, typer.Option(metavar="TỆP", help="Bảng đơn vị: unit, name, ...")],
    to: Annotated[
        Path, typer.Option("--output", "-o", metavar="TỆP", help="Phiếu .xlsx; thư mục nếu --each.")
    ],
    each: Annotated[bool, typer.Option("--each", help="Mỗi đơn vị một tệp.")] = False,
) -> None:
    """Tạo phiếu thu thập số liệu để cán bộ xã điền."""
    from .questionnaire import write_form
    from .register import read_units
    from .transfer import open_framework

    _, framework, catalogue, _ = open_framework(name)
    to.parent.mkdir(parents=True, exist_ok=True)
    written = write_form(framework, catalogue, read_units(units), to, each)
    typer.echo(f"Đã ghi {len(written)} tệp: {_near(written[0])}{', …' if each else ''}")


@app.command(cls=_Command)
def read(
    source: Annotated[Path, typer.Argument(metavar="NƠI", help="Phiếu, bảng, hoặc thư mục.")],
    name: Annotated[str, typer.Argument(metavar="KHUNG", help="Mã khung.")],
    units: Annotated[
        Path | None, typer.Option(metavar="TỆP", help="Bảng đơn vị được báo cáo.")
    ] = None,
    exclude_faulty: Annotated[
        bool, typer.Option("--exclude-faulty", help="Bỏ đơn vị có lỗi, đọc tiếp.")
    ] = False,
) -> None:
    """Đọc số liệu các đơn vị gửi về, nêu mọi lỗi, cho kết quả theo khung."""
    from .assessment import assess
    from .check import check_units
    from .register import read_units
    from .returns import FaultyReturns, load_observations
    from .transfer import open_framework

    _, framework, catalogue, _ = open_framework(name)
    known = read_units(units) if units else None
    try:
        loaded = load_observations(
            source,
            catalogue,
            framework=framework,
            units=known,
            exclude_faulty=exclude_faulty,
            progress=sys.stderr.isatty(),
        )
    except FaultyReturns as faulty:
        for path in faulty.copies:
            typer.echo(f"Chỗ có lỗi được tô màu, ghi chú trong {_near(path)}")
        raise
    for fault in (*loaded.repaired, *loaded.found):
        typer.echo(f"  {fault}")
    for word, listed in (
        ("Bỏ vì có lỗi", loaded.excluded),
        ("Tệp không đọc được", loaded.refused),
        ("Chưa gửi", loaded.absent),
        ("Bản đánh dấu chỗ cần xem", [str(_near(path)) for path in loaded.copies]),
    ):
        if listed:
            typer.echo(f"{word}: {', '.join(listed)}")
    observations = loaded.observations("self")
    faults = Collector(source.name)
    faults.extend(check_units(framework, observations.units, source.name))
    faults.raise_errors()
    typer.echo(assess(framework, observations).to_frame().to_string())


@app.command(cls=_Command)
def simulate(
    names: Annotated[list[str], typer.Argument(metavar="KHUNG...", help="Mã các khung.")],
    to: Annotated[Path, typer.Option("--output", "-o", metavar="THƯ_MỤC", help="Nơi ghi.")],
    units: Annotated[int, typer.Option(metavar="SỐ", help="Số đơn vị.")] = 120,
    seed: Annotated[int, typer.Option(metavar="SỐ", help="Hạt giống.")] = 1,
) -> None:
    """Tạo số liệu mô phỏng để thử khung: đơn vị bịa, ghi rõ là mô phỏng."""
    from .simulate import simulate_command
    from .workspace import find_workspace

    for path in simulate_command(names, units, seed, to, find_workspace()):
        typer.echo(f"Đã ghi {_near(path)}")


@app.command(cls=_Command)
def schema() -> None:
    """Ghi lược đồ JSON vào frameworks/schemas, để trình soạn thảo gợi ý khi viết tệp YAML."""
    from .differences.matching import Matches
    from .dispositions import Dispositions
    from .overlays.model import Overlay
    from .revision_file import RevisionFile
    from .workspace import find_workspace

    folder = find_workspace() / "frameworks" / "schemas"
    folder.mkdir(exist_ok=True)
    for name, model in (
        ("framework", Framework),
        ("concepts", Theme),
        ("dispositions", Dispositions),
        ("matches", Matches),
        ("overlay", Overlay),
        ("revision", RevisionFile),
    ):
        text = json.dumps(model.model_json_schema(), ensure_ascii=False, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        typer.echo(f"frameworks/schemas/{name}.json")


for _command in COMMANDS:
    app.command(cls=_Command)(_command)


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
    except OSError as error:
        found = f"không đọc, ghi được ({error.strerror or error})"
        expected = "tệp, thư mục có quyền đọc, ghi và không đang mở ở chương trình khác"
        typer.echo(str(Fault(str(error.filename or ""), "", found, expected)), err=True)
        return 1
    except Exception:
        path = _keep_traceback(traceback.format_exc())
        typer.echo("Lỗi của chương trình, không phải của số liệu. Chi tiết để gửi", err=True)
        typer.echo(f"người hỗ trợ: {path}", err=True)
        return 2
    if code == 130:
        typer.echo("Đã dừng theo yêu cầu.", err=True)
    return int(code)


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
    if (lacking := getattr(misuse, "param", None)) is not None and not misuse.message:
        name = lacking.opts[0] if lacking.opts[0].startswith("-") else lacking.metavar
        return Fault("", "dòng lệnh", f"thiếu {name or lacking.name}", expected)
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
    from .workspace import find_workspace

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
