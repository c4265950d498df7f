"""An empty table in which a framework can be drafted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .columns import DEFAULT
from .exchange import to_pages
from .framework import Framework, Group, Indicator, Level, Provenance
from .sheets import Row
from .transfer import open_catalogue, write_pages
from .values import Curve


def write_template(levels: int, target: Path) -> Path:
    """Write an empty table in which a framework can be drafted.

    Parameters
    ----------
    levels : int
        Number of levels; 0 for a sheet of points.
    target : Path
        File to write, .xlsx or .docx.

    Returns
    -------
    Path
    """
    _, _, catalogue = open_catalogue()
    pages = to_pages(_skeleton(levels), catalogue)
    main, document, *others = pages
    blank = {"title", "issued.document", "issued.date", "issued.by", "tree.label", "id"}
    given: dict[object, str | None] = {**dict.fromkeys(blank), DEFAULT: "văn bản"}
    rows = [
        Row({**row.cells, "content": given.get(row.cells["key"], row.cells.get("content"))})
        for row in document.rows
    ]
    # Word has no columns beside the page: those that a draft cannot do without stand in it.
    needed = {"concept"} if levels else {"concept", "value"}
    columns = tuple(
        replace(column, internal=False)
        if target.suffix.lower() == ".docx" and column.key in needed
        else column
        for column in main.columns
    )
    title = "TÊN BỘ TIÊU CHÍ" if levels else "TÊN BỘ CHỈ SỐ"
    hint = "Hàng nhóm chỉ ghi tên; mỗi chỉ tiêu chọn một khái niệm ở cột “Khái niệm (mã)”"
    rule = "; điểm tính theo cột “Quy tắc tính điểm”, ví dụ {kind: linear, at: [0, 100], "
    hint += "" if levels else rule + "give: [0, 1]}: từ 0 đến 100% được từ 0 đến đủ điểm"
    empty = tuple(Row({}) for _ in range(40))
    pages = [
        replace(main, columns=columns, rows=empty, title=title, notes=(hint,)),
        replace(document, rows=tuple(rows)),
        *others,
    ]
    write_pages(pages, target, title)
    return target


def _skeleton(levels: int) -> Framework:
    """The least that has the columns wanted."""
    names = [f"muc-{number}" for number in range(1, levels + 1)]
    item = Indicator(
        id="m",
        label="m",
        concept="m",
        value=None if levels else Curve(kind="linear", at=(0, 1), give=(0, 1)),
        points=0 if levels else 1,
        provenance=Provenance(document="m", fidelity="official"),
    )
    return Framework(
        kind="framework",
        format=1,
        id="du-thao/commune",
        title="m",
        version="dự thảo 1",
        status="draft",
        unit_type="commune",
        levels=tuple(
            Level(id=name, label=f"Tên mức {place}", after=names[place - 2] if place > 1 else None)
            for place, name in enumerate(names, 1)
        ),
        tree=Group(id="goc", label="m", children=(item,)),
    )
