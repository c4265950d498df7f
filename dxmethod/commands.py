"""Commands of drafting, consultation, provinces and the scoring season; `cli` has the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--output", "-o", metavar="THƯ_MỤC", help="Nơi ghi.")]


def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="KHUNG...", help="Hai phiên bản; hoặc từ ba bộ trở lên.")
    ],
    to: Folder,
    matches: Annotated[
        Path | None, typer.Option(metavar="TỆP", help="Tệp ghép chỉ tiêu đã xác nhận.")
    ] = None,
    reasons: Annotated[
        str, typer.Option(metavar="BẢN_SỬA_ĐỔI", help="Bản sửa đổi nêu lý do, căn cứ.")
    ] = "",
) -> None:
    """So sánh hai phiên bản: bản so sánh, thuyết minh (Word, Excel); hoặc đối chiếu nhiều bộ."""
    from .report.statement import compare_command

    _say(compare_command(names, to, matches, reasons))


def comments(
    name: Annotated[str, typer.Argument(metavar="BẢN_SỬA_ĐỔI", help="Bản sửa đổi được góp ý.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="TỆP", help="Sổ góp ý đã điền, để kiểm tra.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="TỆP", help="Nơi ghi sổ góp ý trống (.xlsx)."),
    ] = None,
) -> None:
    """Lập sổ góp ý trống của một bản sửa đổi, hoặc kiểm tra sổ đã điền."""
    from .consultation.sheet import comments_command
    from .revision import open_revision

    revision = open_revision(name)
    title = revision.file.title
    _say(comments_command(title, revision.frameworks, revision.catalogue, file, to))


def adapt(
    name: Annotated[
        str, typer.Argument(metavar="TỆP", help="Bản điều chỉnh của tỉnh: tệp, hoặc mã.")
    ],
    to: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="THƯ_MỤC", help="Nơi ghi, mặc định outputs/MÃ."),
    ] = None,
) -> None:
    """Lập khung của tỉnh từ khung quốc gia và bản điều chỉnh, kèm bảng đối chiếu."""
    from .adapting import adapt_command

    adapt_command(name, to)


def rebase(
    name: Annotated[
        str, typer.Argument(metavar="TỆP", help="Bản điều chỉnh của tỉnh: tệp, hoặc mã.")
    ],
    onto: Annotated[str, typer.Option(metavar="KHUNG", help="Phiên bản mới của khung quốc gia.")],
    to: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="TỆP", help="Bản điều chỉnh mới.")
    ] = None,
) -> None:
    """Chuyển bản điều chỉnh của tỉnh sang phiên bản quốc gia mới, nêu chỗ cần người xem."""
    from .adapting import rebase_command

    rebase_command(name, onto, to)


def sheet(
    name: Annotated[str, typer.Argument(metavar="KHUNG", help="Mã hoặc tệp của khung.")],
    units: Annotated[Path, typer.Option(metavar="TỆP", help="Danh sách đơn vị (CSV).")],
    to: Annotated[Path, typer.Option("--output", "-o", metavar="TỆP", help="Bảng chấm (.xlsx).")],
    data: Annotated[
        Path | None, typer.Option(metavar="NƠI", help="Số liệu đã có: bảng, hoặc thư mục biểu.")
    ] = None,
) -> None:
    """Lập bảng chấm của một mùa đánh giá: tự chấm, thẩm định, kết quả, công thức sống."""
    from .season.commands import sheet_command

    _say([f"Đã ghi {sheet_command(name, units, to, data)}"])


def season(
    sheet: Annotated[Path, typer.Argument(metavar="TỆP", help="Bảng chấm đã điền (.xlsx).")],
    to: Folder,
    each: Annotated[bool, typer.Option("--each", help="Thêm mỗi đơn vị một tệp PDF.")] = False,
    framework: Annotated[
        Path | None, typer.Option(metavar="TỆP", help="Khung của tỉnh mà lệnh adapt đã ghi.")
    ] = None,
) -> None:
    """Từ bảng chấm đã điền: phụ lục quyết định, phúc tra, mỗi đơn vị một trang PDF."""
    from .season.commands import season_command

    paths, warnings = season_command(sheet, to, each, framework)
    _say([*(str(warning) for warning in warnings), *(f"Đã ghi {path}" for path in paths)])


def calibrate(
    name: Annotated[str, typer.Argument(metavar="BẢN_SỬA_ĐỔI", help="Mã bản sửa đổi, hoặc tệp.")],
    to: Folder,
    changes: Annotated[
        int | None, typer.Option(metavar="SỐ", help="Sửa không quá bao nhiêu ngưỡng.")
    ] = None,
) -> None:
    """Đề xuất ngưỡng theo đánh giá của chuyên gia: dự thảo mới, bảng lý do và hiệu quả."""
    from .calibrating import calibrate_command

    calibrate_command(name, to, changes)


def _say(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)


COMMANDS = (compare, comments, adapt, rebase, sheet, season, calibrate)
