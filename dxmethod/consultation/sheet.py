"""The register of a consultation as a workbook: written to be filled in, read with its faults."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ..changes import KINDS
from ..concepts import Catalogue
from ..excel import read_workbook, write_workbook
from ..faults import Collector, Fault, Faults, nearest, quoted
from ..framework import Framework
from ..personal import has_personal_number, is_named_so, is_personal, mostly_personal, redact
from ..reading import plain, read_number
from ..sheets import Cell, Column, Grid, Page, Row, Table, find_table, looks_like, squeeze
from ..vietnamese import number
from .comments import (
    DISPOSITIONS,
    GENERAL,
    GROUPS,
    OUTSIDE,
    Asked,
    Comment,
    Reason,
    Register,
    check_register,
    revised,
)
from .revised import Revised, short

ILLUSTRATIVE = "GÓP Ý MINH HỌA, không có thật"
COMMENTS, ASKED, CHANGES, LISTS, GUIDE = (
    "Góp ý",
    "Cơ quan được lấy ý kiến",
    "Thay đổi",
    "Danh mục",
    "Hướng dẫn",
)
# Empty rows that stand ready to be filled in.
BLANK = 60

_COMMENTS: Final = (
    Column("number", "STT", 6, also=("TT",), required=True),
    Column("by", "Chủ thể góp ý", 24, required=True),
    Column("group", "Nhóm chủ thể", 21, required=True, choices=f"'{LISTS}'!$D$4:$D$9"),
    Column("about", "Chỉ tiêu", 16, also=("Tiêu chí", "Chỉ tiêu, vấn đề"), required=True,
           choices=f"'{LISTS}'!$A$4:$A$1000"),
    Column("text", "Nội dung góp ý", 46, required=True),
    Column("disposition", "Phân loại", 13, required=True, choices=f"'{LISTS}'!$E$4:$E$6"),
    Column("reply", "Nội dung tiếp thu, giải trình", 46, required=True),
    Column("changes", "Thay đổi trả lời góp ý", 24, required=True,
           choices=f"'{CHANGES}'!$A$4:$A$2000"),
    Column("date", "Ngày", 12),
)  # fmt: skip
_ASKED: Final = (
    Column("group", "Nhóm chủ thể", 26, required=True, choices=f"'{LISTS}'!$D$4:$D$9"),
    Column("asked", "Số được lấy ý kiến", 14, required=True),
    Column("replied", "Số trả lời", 14, required=True),
    Column("agreed", "Số thống nhất, không có ý kiến khác", 18, required=True),
)
_CHANGES: Final = (
    Column("change", "Thay đổi", 40, required=True),
    Column("said", "Nội dung thay đổi", 70),
    Column("kind", "Loại", 18),
    Column("reason", "Lý do, nếu không do góp ý", 50, required=True),
)
_LISTS: Final = (
    Column("id", "Mã dùng ở cột Chỉ tiêu", 30),
    Column("code", "Số thứ tự trong văn bản", 14),
    Column("label", "Tên gọi", 70),
    Column("group", "Nhóm chủ thể", 26),
    Column("disposition", "Phân loại", 20),
)
_GUIDE: Final = (
    Column("item", "Mục", 30, required=True),
    Column("said", "Nội dung", 100, required=True),
)
_COMMENTED, _INVENTED = "Phiên bản được góp ý", "Góp ý minh họa"
_HELP = {
    "Chỉ tiêu": f"Mã ở trang {LISTS}, hoặc số thứ tự trong văn bản được góp ý (gõ dạng chữ: Excel "
    f"đổi 1.10 thành 1.1); góp ý không về chỉ tiêu nào thì ghi “{GENERAL}”.",
    "Phân loại": "; ".join(DISPOSITIONS.values()) + ".",
    "Thay đổi trả lời góp ý": f"Tên ở trang {CHANGES}; nhiều thay đổi thì ngăn bằng dấu chấm phẩy. "
    "Viết “ke-hoach-nam” là mọi thay đổi của chỉ tiêu đó, “ke-hoach-nam ngưỡng” là mọi ngưỡng, "
    f"“ke-hoach-nam muc-3” là ngưỡng của một mức. Tiếp thu vào nơi khác (quyết định, "
    f"hướng dẫn) thì ghi “{OUTSIDE}”. Giải trình thì để trống.",
    f"Trang {ASKED}": "Đăng lấy ý kiến rộng rãi, không đếm được thì để trống số được lấy ý kiến. "
    "Số trả lời gồm cả người thống nhất và người góp ý.",
    f"Trang {CHANGES}": "Thay đổi không do góp ý nào thì ghi lý do, căn cứ ở cột cuối.",
    "Thông tin cá nhân": "Không ghi số điện thoại, số định danh, thư điện tử của người góp ý.",
}  # fmt: skip
_DATE = re.compile(r"(?:ngày )?(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")


def write_register(
    register: Register, side: Revised, catalogue: Catalogue, path: Path, title: str
) -> None:
    """Write a register with the lists that its cells choose from.

    Parameters
    ----------
    register : Register
        Without comments, an empty one to be filled in.
    side : Revised
        The versions that the comments lie between.
    catalogue : mapping of str to Concept
    path : Path
        The workbook; it is whole or not there.
    title : str
        What the consultation was about.
    """
    notes = (ILLUSTRATIVE,) if register.illustrative else ()
    pages = [
        _comment_page(register, notes, title),
        Page(ASKED, ASKED, _ASKED, tuple(_asked_rows(register)), notes),
        Page(CHANGES, CHANGES, _CHANGES, tuple(_change_rows(register, side, catalogue))),
        Page(LISTS, LISTS, _LISTS, tuple(_list_rows(side))),
        Page(GUIDE, GUIDE, _GUIDE, tuple(_guide_rows(register, side)), notes),
    ]
    with TemporaryDirectory(dir=path.parent, prefix=".dxmethod-") as scratch:
        made = Path(scratch) / path.name
        write_workbook(pages, made, title)
        os.replace(made, path)


def _comment_page(register: Register, notes: tuple[str, ...], title: str) -> Page:
    # As text, so that Excel takes no code for a number or a date.
    formats = {"about": "@", "changes": "@", "number": "@"}
    rows = [
        {
            "number": item.number,
            "by": item.by,
            "group": GROUPS.get(item.group),
            "about": item.about,
            "text": item.text,
            "disposition": DISPOSITIONS.get(item.disposition),
            "reply": item.reply,
            "changes": "; ".join(item.changes) or None,
            "date": f"{item.date:%d/%m/%Y}" if item.date else None,
        }
        for item in register.comments
    ]
    blank: list[dict[str, str | None]] = [{}] * (0 if rows else BLANK)
    made = tuple(Row(row, formats=formats) for row in (*rows, *blank))
    name = f"{COMMENTS} (minh họa)" if register.illustrative else COMMENTS
    head = f"Tổng hợp góp ý, tiếp thu, giải trình\n{title}"
    return Page(name, head, _COMMENTS, made, notes)


def _asked_rows(register: Register) -> Iterable[Row]:
    held = {item.group: item for item in register.asked}
    for group, words in GROUPS.items():
        item = held.get(group)
        numbers = (item.asked, item.replied, item.agreed) if item else ()
        given = dict(zip(("asked", "replied", "agreed"), numbers, strict=False))
        yield Row({"group": words, **given})


def _change_rows(register: Register, side: Revised, catalogue: Catalogue) -> Iterable[Row]:
    given = {c.target: item.reason for item in register.reasons for c in side.named(item.change)}
    for change in side.changes:
        name = short(change)
        said = "\n".join(side.words([change], catalogue))
        cells = {"change": name, "said": said, "kind": KINDS[change.kind]}
        yield Row({**cells, "reason": given.get(change.target)}, formats={"change": "@"})


def _list_rows(side: Revised) -> Iterable[Row]:
    named = [(GENERAL, "", "Góp ý chung, không về chỉ tiêu nào")]
    nodes = ((node, above) for node, above, _ in side.commented.nodes())
    named += [(node.id, node.code, node.label) for node, above in nodes if above]
    lists = zip_longest(named, GROUPS.values(), DISPOSITIONS.values())
    for node, group, kind in lists:
        name, code, label = node or (None, None, None)
        cells = {"id": name, "code": code, "label": label, "group": group, "disposition": kind}
        yield Row(cells, formats={"code": "@"})


def _guide_rows(register: Register, side: Revised) -> Iterable[Row]:
    yield Row({"item": _COMMENTED, "said": side.commented.id})
    yield Row({"item": _INVENTED, "said": "Có" if register.illustrative else "Không"})
    for item, said in _HELP.items():
        yield Row({"item": item, "said": said})


def read_register(
    path: Path, old: Framework, drafts: Sequence[Framework], faults: Collector, name: str = ""
) -> Register | None:
    """Read a register and check it against the versions.

    Parameters
    ----------
    path : Path
        A workbook as `write_register` makes it.
    old : Framework
    drafts : sequence of Framework
    faults : Collector
        Where every fault is noted with its cell, what looks like personal data among them.
    name : str, optional
        The file as the user knows it.

    Returns
    -------
    Register or None
        None after an error. Text is kept as text, personal numbers taken out of it.
    """
    own = Collector(name or path.name)
    grids = [_without_personal(grid, own) for grid in read_workbook(path, own)]
    register = None
    if not own.errors:
        found = {name: _find(grids, name, own) for name in (COMMENTS, ASKED, GUIDE, CHANGES)}
        commented, illustrative = _read_guide(found[GUIDE], old, drafts, own)
        register = Register(
            comments=tuple(_read_comment(row, own) for row in _rows(found[COMMENTS])),
            asked=tuple(_read_asked(found[ASKED], own)),
            reasons=tuple(_read_reasons(found[CHANGES], own)),
            commented=commented,
            illustrative=illustrative,
        )
        checked = check_register(register, old, drafts)
        own.extend(replace(fault, file=own.file) for fault in checked.faults)
    faults.extend(own.faults)
    return None if own.errors else register


def _without_personal(grid: Grid, faults: Collector) -> Grid:
    """Leave out columns of phone numbers and the like; what stands in them is never shown."""
    known = {squeeze(word) for column in _COMMENTS for word in (column.header, *column.also)}
    body = squeeze("Nội dung góp ý")
    top = next((at for at, r in enumerate(grid.rows) if body in {squeeze(c.text) for c in r}), None)
    if top is None:
        return grid
    dropped = set()
    for at, head in enumerate(grid.rows[top]):
        below = [line[at].value for line in grid.rows[top + 1 :] if line[at].value is not None]
        own = squeeze(head.text) in known
        if not own and (is_named_so(head.text) or mostly_personal(below)):
            said = "cột giống thông tin cá nhân: bỏ qua, không đọc"
            faults.add(head.place, said, "bảng không có thông tin này", severity="cảnh báo")
            dropped.add(at)
    rows = tuple(
        tuple(replace(c, value=None, odd="") if at in dropped else c for at, c in enumerate(line))
        for line in grid.rows
    )
    return replace(grid, rows=rows)


_TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    COMMENTS: _COMMENTS,
    ASKED: _ASKED,
    CHANGES: _CHANGES,
    GUIDE: _GUIDE,
}


def _find(grids: Sequence[Grid], name: str, faults: Collector) -> Table | None:
    """The table of a sheet: known by its header, or else by its name."""
    columns = _TABLES[name]
    whole = [grid for grid in grids if looks_like(grid, columns)]
    named = [grid for grid in grids if squeeze(grid.name).startswith(squeeze(name))]
    grid = next(iter([*whole, *named]), None)
    table = find_table(grid, columns, faults) if grid else None
    if table is None:
        listed = ", ".join(f"“{column.header}”" for column in columns if column.required)
        faults.add(f"trang {name}", "không thấy bảng này", f"trang có các cột {listed}")
    return table


def _rows(table: Table | None) -> Sequence[Mapping[str, Cell]]:
    return table.rows if table else ()


def _read_guide(
    table: Table | None, old: Framework, drafts: Sequence[Framework], faults: Collector
) -> tuple[str, bool]:
    said = {squeeze(row["item"].text): row["said"] for row in _rows(table) if "said" in row}
    cell = said.get(squeeze(_COMMENTED))
    ids = [item.id for item in (old, *drafts)]
    if table is not None and (cell is None or cell.text not in ids):
        place = cell.place if cell else f"trang {GUIDE}"
        found = f"có {quoted(cell.text)}" if cell and cell.text else f"thiếu {quoted(_COMMENTED)}"
        faults.add(place, found, nearest(cell.text if cell else "", ids))
    mark = said.get(squeeze(_INVENTED))
    if mark is not None and squeeze(mark.text) not in ("có", "không", ""):
        faults.add(mark.place, f"có {quoted(mark.text)}", "Có hoặc Không")
    # Not knowing is no reason to take invented comments for real ones.
    return cell.text if cell else "", mark is not None and squeeze(mark.text) != "không"


def _read_comment(row: Mapping[str, Cell], faults: Collector) -> Comment:
    cells = {
        key: plain(cell, faults, allowed=("date",) if key == "date" else ())
        for key, cell in row.items()
    }
    blank = Cell(None, next(iter(row.values())).place)
    text = {column.key: cells.get(column.key, blank) for column in _COMMENTS}
    places = {key: cell.place for key, cell in text.items()}
    # What is wrong in itself is said once, not again as missing.
    places |= {f"{key}!": cell.place for key, cell in row.items() if cells[key] != cell}
    words = {}
    for key, known in (("group", GROUPS), ("disposition", DISPOSITIONS)):
        words[key] = _word(text[key], known, faults)
        if text[key].value is not None and not words[key]:
            places[f"{key}!"] = text[key].place
    about = text["about"]
    if isinstance(about.value, float):
        said = f"có số {about.text}: không rõ là {about.text} hay {about.text}0"
        faults.add(about.place, said, "định dạng ô là Text rồi gõ lại, hoặc ghi mã bằng chữ")
        about = replace(about, value=GENERAL)
    return Comment(
        number=text["number"].text,
        by=_kept(text["by"], faults, has_personal_number),
        group=words["group"],
        about=about.text,
        text=_kept(text["text"], faults, is_personal),
        disposition=words["disposition"],
        reply=_kept(text["reply"], faults, is_personal),
        changes=tuple(part.strip() for part in text["changes"].text.split(";") if part.strip()),
        date=_day(text["date"], faults),
        places=places,
    )


def _word(cell: Cell, known: Mapping[str, str], faults: Collector) -> str:
    """The key of a word from a list; "" for none, or for one that is not in the list."""
    spelt = {squeeze(word): key for key, word in known.items()}
    key = spelt.get(squeeze(cell.text), "")
    if cell.value is not None and not key:
        faults.add(cell.place, f"có {quoted(cell.text)}", nearest(cell.text, known.values()))
    return key


def _kept(cell: Cell, faults: Collector, wrong: Callable[[str], bool]) -> str:
    """The text of a cell without phone numbers and the like."""
    if not wrong(cell.text):
        return cell.text
    said = "giống thông tin cá nhân: đã che khi đọc"
    faults.add(cell.place, said, "lời văn không có thông tin này", severity="cảnh báo")
    return redact(cell.text)


def _day(cell: Cell, faults: Collector) -> dt.date | None:
    if cell.value is None:
        return None
    found = _DATE.fullmatch(cell.text.strip())
    try:
        if found:
            day, month, year, *iso = found.groups()
            return dt.date(*map(int, iso if iso[0] else (year, month, day)))
    except ValueError:
        pass
    faults.add(cell.place, f"có {quoted(cell.text)}", "một ngày, ví dụ 15/7/2023")
    return None


def _read_asked(table: Table | None, faults: Collector) -> Iterable[Asked]:
    for row in _rows(table):
        cells = {key: plain(cell, faults) for key, cell in row.items()}
        group = _word(cells["group"], GROUPS, faults) if "group" in cells else ""
        counts = {key: _whole(cell, faults) for key, cell in cells.items() if key != "group"}
        # A group with no number at all was not asked.
        if group and any(count is not None for count in counts.values()):
            yield Asked(
                group,
                counts.get("asked"),
                counts.get("replied") or 0,
                counts.get("agreed") or 0,
                cells["group"].place,
            )


def _whole(cell: Cell, faults: Collector) -> int | None:
    found = read_number(cell, faults)
    if found is not None and (found < 0 or not found.is_integer()):
        faults.add(cell.place, f"có {cell.text}", "số nguyên từ 0 trở lên")
        return None
    return None if found is None else int(found)


def _read_reasons(table: Table | None, faults: Collector) -> Iterable[Reason]:
    for row in _rows(table):
        if "reason" in row and "change" in row and row["reason"].value is not None:
            reason, change = (plain(row[key], faults) for key in ("reason", "change"))
            yield Reason(change.text, _kept(reason, faults, is_personal), change.place)


def comments_command(
    name: str,
    frameworks: Sequence[Framework],
    catalogue: Catalogue,
    file: Path | None = None,
    to: Path | None = None,
) -> list[str]:
    """Check a filled register, or write an empty one.

    Parameters
    ----------
    name : str
        Name or title of the revision.
    frameworks : sequence of Framework
        Baseline and drafts; comments are on the first draft unless the register says otherwise.
    catalogue : mapping of str to Concept
    file : Path, optional
        A filled register to check.
    to : Path, optional
        Where the empty one goes; an existing file is never written over.

    Returns
    -------
    list of str
        What to tell the user, warnings among it.

    Raises
    ------
    Faults
        With every fault of the register, or if there is nothing to do or a file in the way.
    """
    old, *drafts = frameworks
    faults = Collector(file.name if file else "")
    if file is not None:
        register = read_register(file, old, drafts, faults)
        faults.raise_errors()
        assert register is not None
        said = f"{file.name}: {number(len(register.comments))} góp ý, đã trả lời đủ"
        return [*map(str, faults.warnings), said]
    if to is None or to.exists():
        found = f"đã có tệp {to.name}" if to else "chưa rõ ghi vào đâu"
        raise Faults([Fault("", "--output", found, "tên một tệp .xlsx chưa có")])
    empty = Register((), (), commented=drafts[0].id)
    write_register(empty, revised(empty, old, drafts[0]), catalogue, to, name)
    return [f"Đã ghi {to.name}: {len(_COMMENTS)} cột, các danh mục để chọn, {BLANK} hàng trống"]
