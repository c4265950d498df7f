"""Word annexes of tables: the circulated one first, then what the program needs to read it back."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from .documents import inline_yaml, parse_yaml
from .faults import Collector
from .office import write_archive
from .reading import write_number
from .sheets import Cell, Column, Content, Grid, Page, Row, refuse_file, tidy

MAX_UNPACKED = 100_000_000
HIDDEN = ("Mã hàng", "Thuộc tính")
HEAD = "@"  # hidden mark of the row of headers

_FONT = "Times New Roman"
_FILLS = {"group": "EDEDED", "total": "EDEDED", "illustrative": "FFF8DC", "head": "D9E2F3"}
_FOR_PROGRAM = (
    "Phần dành cho phần mềm: giữ lại để đọc bảng trên trở về; không phải nội dung văn bản"
)


def write_annex(pages: Sequence[Page], path: Path, title: str) -> None:
    """Write tables as a Word annex.

    Parameters
    ----------
    pages : sequence of Page
        The circulated table first; the list of concepts is left out.
    path : Path
        File to write.
    title : str
        Title among the properties of the file.
    """
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_BREAK
    from docx.shared import Mm, Pt

    word = docx.Document()
    section = word.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = section.top_margin = Mm(18)
    section.bottom_margin = Mm(15)
    style = word.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(12)
    style.paragraph_format.space_after = Pt(0)
    _number_pages(section)
    main, *others = pages
    _line(word, "PHỤ LỤC", bold=True)
    _line(word, main.title, bold=True)
    for note in main.notes:
        _line(word, f"({note})", italic=True)
    _line(word, "")
    shown = [column for column in main.columns if not column.internal]
    _write_table(word, shown, main.rows, 11 if len(shown) < 9 else 10)
    word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    _line(word, _FOR_PROGRAM, italic=True)
    _write_table(word, _hidden_columns(), tuple(_hidden_rows(main)), 8)
    for page in others:
        if page.rows and page.name != "Khái niệm":
            _line(word, page.title, bold=True)
            _write_table(word, page.columns, page.rows, 8)
    result = BytesIO()
    word.save(result)
    write_archive(result.getvalue(), path, title.replace("\n", " "))


def _number_pages(section: Any) -> None:
    """Number pages at the top, but not the first."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    section.different_first_page_header_footer = True
    line = section.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    line._p.append(field)


def _hidden_columns() -> tuple[Column, ...]:
    return (Column("id", HIDDEN[0], 30), Column("rest", HIDDEN[1], 110))


def _hidden_rows(page: Page) -> Iterator[Row]:
    """What the columns for the program hold, one row of attributes for each row that has an id."""
    keys = [column.key for column in page.columns if column.internal and column.key != "id"]
    for row in page.rows:
        name = row.cells.get("id")
        if name:
            held = {key: row.cells[key] for key in keys if key in row.cells}
            yield Row({"id": name, "rest": inline_yaml(held)})


def _line(word: Any, text: str, bold: bool = False, italic: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = word.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = line.add_run(text)
    run.bold, run.italic = bold, italic
    line.paragraph_format.keep_with_next = bool(text)


def _write_table(word: Any, columns: Sequence[Column], rows: Sequence[Row], size: int) -> None:
    """Write a table with fixed widths; rows stay whole, the header comes again on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.table import _Cell

    section = word.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    whole = sum(column.width for column in columns)
    widths = [round(room * column.width / whole) for column in columns]
    table = word.add_table(len(rows) + 1, len(columns), "Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    shown = any(column.key == "id" for column in columns)  # needs no hidden mark then
    marked = not shown and any("id" in row.cells for row in rows)
    head = Row({column.key: column.header for column in columns}, "head")
    for number, (row, line) in enumerate(zip((head, *rows), table._tbl.tr_lst, strict=True)):
        settings = line.get_or_add_trPr()
        settings.append(OxmlElement("w:cantSplit"))
        if not number:
            settings.append(OxmlElement("w:tblHeader"))
        for place, (column, box) in enumerate(zip(columns, line.tc_lst, strict=True)):
            box.width = widths[place]
            mark = str(row.cells.get("id", "")) if number else HEAD
            hidden = mark if marked and not place else ""
            _write_cell(_Cell(box, table), row, column, size, hidden)
            if row.look in _FILLS:
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), _FILLS[row.look])
                box.get_or_add_tcPr().append(shade)


def _write_cell(box: Any, row: Row, column: Column, size: int, hidden: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    line = box.paragraphs[0]
    value = row.cells.get(column.key)
    text = _printed(value, row.formats.get(column.key, ""))
    line.paragraph_format.keep_with_next = row.look == "group"  # no group at the foot of a page
    short = isinstance(value, int | float) or column.key in ("code", "unit")
    if short or column.key.startswith("level:") or row.look == "head":
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if text:
        run = line.add_run(text)
        run.font.size = Pt(size)
        run.bold = row.look in ("head", "group", "total")
    if hidden:
        mark = line.add_run(hidden)
        mark.font.hidden = True
        mark.font.size = Pt(size)


def _printed(value: Content, number_format: str) -> str:
    """Print a cell as Excel would: a sign that belongs to its format stands before the number."""
    if value is None or isinstance(value, str):
        return value or ""
    sign = number_format.split('"')[1] if number_format.startswith(('"≥', '"≤')) else ""
    return sign + write_number(value)


def read_annex(path: Path, faults: Collector) -> list[Grid]:
    """Read every table of a Word document, tracked changes taken as accepted.

    Parameters
    ----------
    path : Path
        A .docx file.
    faults : Collector
        Where it is noted that the file is none, is too large or is damaged.

    Returns
    -------
    list of Grid
        What the program wrote beside the circulated table is put back into its rows.
    """
    import docx

    if refuse_file(path, faults, (".docx",)):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                faults.add("", "tệp mở ra quá lớn", "bảng chỉ gồm chữ và số")
                return []
            if not any(name.startswith("word/") for name in archive.namelist()):
                faults.add("", "không phải tệp Word dù có đuôi .docx", "một tệp .docx")
                return []
        word = docx.Document(str(path))
    except Exception as error:
        faults.add("", f"tệp hỏng, không mở được ({type(error).__name__})", "tệp .docx mở được")
        return []
    body = word.element.body
    _warn(body, faults)
    tables = body.xpath("./w:tbl | ./w:sdt/w:sdtContent/w:tbl")
    return _rejoin([_grid(table, number) for number, table in enumerate(tables, 1)], faults)


def _warn(body: Any, faults: Collector) -> None:
    """Say what the document holds that is not read as it looks."""
    if body.xpath(".//w:ins | .//w:del | .//w:moveFrom | .//w:moveTo"):
        said = "còn sửa đổi đang theo dõi (Track Changes), đọc như đã chấp nhận"
        faults.add("", said, "", severity="cảnh báo")
    if comments := len(body.xpath(".//w:commentReference")):
        faults.add("", f"có {comments} ghi chú (Comments), không đọc", "", severity="cảnh báo")


def _grid(table: Any, number: int) -> Grid:
    """Take a table's cells; a cell over several columns leaves the others empty."""
    rows: list[tuple[Cell, ...]] = []
    spoilt: list[tuple[int, str, str, str]] = []
    lines = table.xpath("./w:tr | ./w:sdt/w:sdtContent/w:tr")
    for at, line in enumerate(lines):
        if line.xpath("./w:trPr/w:del"):
            continue  # its deletion is tracked
        cells: list[Cell] = []
        where = f"bảng {number}, hàng {at + 1}"
        for space in line.xpath("./w:trPr/w:gridBefore/@w:val"):
            cells += [Cell(None, where)] * int(space)
        for box in line.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc"):
            place = f"{where}, ô {len(cells) + 1}"
            cells.append(_cell(box, place))
            spoilt += [(len(rows), place, *fault) for fault in _spoils(box)]
            for span in box.xpath("./w:tcPr/w:gridSpan/@w:val"):
                cells += [Cell(None, place)] * (int(span) - 1)
        rows.append(tuple(cells) or (Cell(None, where),))
    return Grid(f"bảng {number}", tuple(rows), tuple(spoilt), continued=True)


def _spoils(box: Any) -> Iterator[tuple[str, str]]:
    """What makes a cell's text another than the one seen, each with what is wanted."""
    if box.xpath("./w:tcPr/w:vMerge[not(@w:val='restart')]"):
        yield "ô gộp qua nhiều hàng", "tách ô (Split Cells), ghi nội dung vào từng hàng"
    if box.xpath(".//w:tbl | .//w:txbxContent"):
        yield "có bảng hoặc khung chữ nằm trong ô", "chữ gõ thẳng vào ô"
    if box.xpath(".//*[local-name()='oMath']"):
        yield "có công thức toán (Equation)", "chữ gõ thẳng vào ô"
    if any(_symbol(part) is None for part in box.xpath(".//w:sym")):
        yield "có ký hiệu chèn bằng Symbol không đọc được", "chữ, số gõ từ bàn phím"
    seen = box.xpath(".//w:t[normalize-space()] | .//w:sym")
    if box.xpath(".//w:pPr/w:numPr") and not seen:
        yield "chỉ có số tự động (Numbering)", "số gõ từ bàn phím (dán dạng Keep Text Only)"


# Private characters of the font Symbol, which Word inserts for what the keyboard lacks.
_SYMBOLS = {"B3": "≥", "A3": "≤", "B1": "±", "B4": "×", "2D": "−", "B7": "•", "D7": "·", "A5": "∞"}


def _symbol(part: Any) -> str | None:
    """What an inserted symbol stands for; None when it is not known."""
    from docx.oxml.ns import qn

    code = str(part.get(qn("w:char"), "")).upper().removeprefix("F0").removeprefix("00")
    return _SYMBOLS.get(code) if part.get(qn("w:font")) == "Symbol" else None


def _cell(box: Any, place: str) -> Cell:
    """Read a cell's text, deletions left out, and the mark that it hides."""
    lines, hidden = [], ""
    for paragraph in box.xpath("./w:p | ./w:sdt/w:sdtContent/w:p"):
        text = ""
        for run in paragraph.xpath(".//w:r[not(ancestor::w:del or ancestor::w:moveFrom)]"):
            said = "".join(_said(part) for part in run)
            if run.xpath("./w:rPr/w:vanish"):
                hidden += said
            else:
                text += said
        lines.append(text)
    return Cell(tidy("\n".join(lines)), place, hidden_id=hidden.strip())


def _said(part: Any) -> str:
    """Text of one part of a run."""
    name = part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""
    if name == "sym":
        return _symbol(part) or ""
    fixed = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "t": part.text or ""}
    return fixed.get(name, "")


def _rejoin(grids: Sequence[Grid], faults: Collector) -> list[Grid]:
    """Give the rows of the circulated tables their columns for the program again."""
    attributes: dict[str, Mapping[str, Content]] = {}
    kept = []
    for grid in grids:
        head = [cell.text for cell in grid.rows[0]] if grid.rows else []
        if head != list(HIDDEN):
            kept.append(grid)
            continue
        for name, rest in (line[:2] for line in grid.rows[1:] if len(line) > 1):
            if not name.text and not rest.text:
                continue
            own = Collector()
            data, _ = parse_yaml(rest.text, own)
            if own.faults or not isinstance(data, dict):
                faults.add(rest.place, "thuộc tính không đọc được", "nội dung do phần mềm ghi")
            else:
                attributes[name.text] = data
    taken: set[str] = set()
    return [_with_attributes(grid, attributes, taken) for grid in kept]


def _with_attributes(
    grid: Grid, attributes: Mapping[str, Mapping[str, Content]], taken: set[str]
) -> Grid:
    """Add to each row what is kept of it under its hidden mark; a copied row is a new one."""
    if not any(cell.hidden_id for line in grid.rows for cell in line):
        return grid
    keys = ["id", *dict.fromkeys(key for held in attributes.values() for key in held)]
    width = max(len(line) for line in grid.rows)
    rows = []
    for line in grid.rows:
        name = next((cell.hidden_id for cell in line if cell.hidden_id), "")
        held: Mapping[str, Content] = {}
        if name == HEAD:
            held = {key: f"@{key}" for key in keys}
        elif name and name not in taken:
            taken.add(name)
            held = {"id": name, **attributes.get(name, {})}
        place = line[0].place
        fill = [Cell(None, place)] * (width - len(line))  # rows may end early
        rows.append((*line, *fill, *(Cell(tidy(held.get(key)), place) for key in keys)))
    return Grid(grid.name, tuple(rows), grid.faults, grid.continued)
