"""The report as a Word document laid out as Nghị định 30/2020/NĐ-CP asks."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from ..office import write_archive
from .assemble import Document
from .blocks import clean
from .pandoc import Node, node, plain
from .tree import Segment, segments

_FONTS = " ".join(f'w:{slot}="Times New Roman"' for slot in ("ascii", "hAnsi", "cs", "eastAsia"))
_LINE = 'w:val="single" w:sz="{}" w:space="{}" w:color="000000"'
_GRID = "Bảng số liệu"
_FRAME = "Khung"
_TABLE_STYLES = {
    _FRAME: "<w:tblPr {ns}><w:tblCellMar><w:left {no}/><w:right {no}/></w:tblCellMar></w:tblPr>",
    _GRID: "<w:tblPr {ns}><w:tblBorders>"
    "<w:top {line}/><w:left {line}/><w:bottom {line}/><w:right {line}/>"
    "<w:insideH {line}/><w:insideV {line}/></w:tblBorders>"
    "<w:tblCellMar><w:left {gap}/><w:right {gap}/></w:tblCellMar></w:tblPr>",
}
_HEAD_ROW = (
    '<w:tblStylePr {ns} w:type="firstRow"><w:tcPr>'
    '<w:shd w:val="clear" w:color="auto" w:fill="EEEEEE"/><w:vAlign w:val="center"/>'
    "</w:tcPr></w:tblStylePr>"
)


@dataclass(frozen=True)
class _Look:
    """How paragraphs of one class look: points, except the indents in millimetres."""

    name: str
    size: float = 14
    bold: bool = False
    italic: bool = False
    align: str = "center"
    before: float = 0
    after: float = 0
    line: float = 1
    first: float = 0
    sides: tuple[float, float] = (0, 0)
    border: str = ""
    keep: bool = False


# By the identifier of the style: classes of the tree, and styles of the template.
_LOOKS = {
    "parent": _Look("Cơ quan chủ quản", 12),
    "agency": _Look("Cơ quan ban hành", 12, bold=True),
    "short-rule": _Look("Kẻ dưới tên cơ quan", 2, sides=(21, 21), border="top", before=3),
    "number": _Look("Số ký hiệu", 13, before=4),
    "draft": _Look("Dấu dự thảo", 13, bold=True, before=10, sides=(18, 18), border="box"),
    "state": _Look("Quốc hiệu", 12, bold=True),
    "motto": _Look("Tiêu ngữ", 13, bold=True),
    "long-rule": _Look("Kẻ dưới tiêu ngữ", 2, sides=(18.5, 18.5), border="top", before=2),
    "date": _Look("Địa danh ngày tháng", 13, italic=True, before=4),
    "title": _Look("Tên loại văn bản", bold=True, before=24),
    "subject": _Look("Trích yếu", bold=True, before=2, line=1.1),
    "title-rule": _Look("Kẻ dưới trích yếu", 2, sides=(64, 64), border="top", before=4, after=18),
    "attached": _Look("Kèm theo", 13, italic=True, after=12),
    "caption": _Look("Tên bảng", 13, bold=True, before=12, after=4, keep=True),
    "unit": _Look("Đơn vị tính", 12, italic=True, align="right", after=3, keep=True),
    "note": _Look("Ghi chú bảng", 12, italic=True, align="left", before=3, keep=True),
    "source": _Look("Nguồn", 12, italic=True, align="left", before=3, after=12),
    "picture": _Look("Hình", before=12, after=3, keep=True),
    "figure-caption": _Look("Tên hình", 13, bold=True, keep=True),
    "figure-source": _Look("Nguồn của hình", 12, italic=True, before=3, after=12),
    "running-head": _Look("Lời nhắc đầu trang", 9, bold=True),
    "banner": _Look("Cảnh báo", bold=True, before=9, after=9, sides=(2, 2), border="box"),
    "copies-title": _Look("Nơi nhận", 12, before=14, bold=True, italic=True, align="left"),
    "copies": _Look("Nơi nhận, danh sách", 11, align="left"),
    "signer": _Look("Chức vụ người ký", bold=True, before=14, after=84),
    "Normal": _Look("Normal", align="left"),
    "Header": _Look("Header"),
    "Heading1": _Look("Heading 1", bold=True, before=16, after=8, keep=True),
    "Heading2": _Look(
        "Heading 2", bold=True, align="justify", before=10, after=6, first=12.7, keep=True
    ),
    "Heading3": _Look(
        "Heading 3",
        bold=True,
        italic=True,
        align="justify",
        before=6,
        after=6,
        first=12.7,
        keep=True,
    ),
    "BodyText": _Look("Body Text", align="justify", after=6, line=1.15, first=12.7),
    "quote": _Look("Trích dẫn", align="justify", after=6, line=1.15, sides=(12.7, 0)),
    "cell": _Look("Ô bảng", 12, align="left", before=1.5, after=1.5),
    "small-cell": _Look("Ô bảng nhỏ", 11, align="left", before=1, after=1),
}


def render_docx(document: Document, path: Path) -> None:
    """Write the report as a Word document.

    Parameters
    ----------
    document : Document
        The assembled report.
    path : Path
        File to write.
    """
    word = _template()
    _write_running_head(word.sections[0], document.front.running_head)
    for place, page in enumerate(segments(document)):
        _open_pages(word, page, first=place == 0)
        _write(word, page.blocks)
    result = BytesIO()
    word.save(result)
    write_archive(result.getvalue(), path, clean(document.front.title).replace("\n", " "))


def _template() -> Any:
    """Return an empty document with our styles and the number of the page in the top margin."""
    from docx import Document as new_document  # noqa: N813 - it is a function
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Mm

    word = new_document()
    _settle(word)
    for key, look in _LOOKS.items():
        if look.name not in [style.name for style in word.styles]:
            word.styles.add_style(look.name, WD_STYLE_TYPE.PARAGRAPH).element.styleId = key
        _apply(word.styles[look.name], look)
    words = {"ns": nsdecls("w"), "line": _LINE.format(4, 0)}
    room = {"no": 'w:w="0" w:type="dxa"', "gap": 'w:w="80" w:type="dxa"'}
    for name, style in _TABLE_STYLES.items():
        element = word.styles.add_style(name, WD_STYLE_TYPE.TABLE).element
        element.styleId = "frame" if name == _FRAME else "grid"
        element.append(parse_xml(style.format(**words, **room)))
    element.append(parse_xml(_HEAD_ROW.format(**words)))  # of the grid, the last of them
    section = word.sections[0]
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin, section.header_distance = Mm(30), Mm(10)
    number = f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>2</w:t></w:r></w:fldSimple>'
    section.header.paragraphs[0]._p.append(parse_xml(number))
    return word


def _write_running_head(section: Any, words: str) -> None:
    """Put the notices at the head of every page, the first of each part included."""
    for header in (section.header, section.first_page_header) if words else ():
        header.add_paragraph(words, style="Lời nhắc đầu trang")


def _settle(word: Any) -> None:
    """Make black Times New Roman the font, Vietnamese the language, today's Word the layout."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    for owner in (word.part.package, word.part):  # a picture and styles of the old template
        for key, relation in list(owner.rels.items()):
            if relation.reltype.endswith(("/thumbnail", "/stylesWithEffects")):
                owner.rels.pop(key)
    styles, settings = word.styles.element, word.settings.element
    for tag in ("w:rFonts", "w:color", "w:lang"):
        for found in list(styles.iter(qn(tag))):
            found.getparent().remove(found)
    defaults = next(styles.iter(qn("w:rPrDefault")))[0]
    for place in (defaults, word.styles["Normal"].element.get_or_add_rPr()):
        place.insert(0, parse_xml(f"<w:rFonts {nsdecls('w')} {_FONTS}/>"))
    defaults.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="vi-VN" w:eastAsia="vi-VN"/>'))
    compatibility = settings.find(qn("w:compat"))
    # A line that ends in a break is not stretched to the margin.
    compatibility.insert(0, parse_xml(f"<w:doNotExpandShiftReturn {nsdecls('w')}/>"))
    for setting in compatibility.findall(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")


def _apply(style: Any, look: _Look) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Mm, Pt

    font, shape = style.font, style.paragraph_format
    font.size, font.bold, font.italic = Pt(look.size), look.bold, look.italic
    font.cs_bold, font.cs_italic = look.bold, look.italic  # for right-to-left text
    size = f'<w:szCs {nsdecls("w")} w:val="{round(2 * look.size)}"/>'
    font._element.rPr.sz.addnext(parse_xml(size))
    shape.alignment = getattr(WD_ALIGN_PARAGRAPH, look.align.upper())
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    shape.line_spacing, shape.first_line_indent = look.line, Mm(look.first)
    shape.left_indent, shape.right_indent = Mm(look.sides[0]), Mm(look.sides[1])
    shape.keep_with_next, shape.widow_control = look.keep, True
    edges = {"top": ("top",), "box": ("top", "left", "bottom", "right")}.get(look.border)
    if edges:
        lines = "".join(f"<w:{edge} {_LINE.format(6, 1)}/>" for edge in edges)
        borders = parse_xml(f"<w:pBdr {nsdecls('w')}>{lines}</w:pBdr>")
        style.element.pPr.insert_element_before(borders, "w:spacing", "w:ind", "w:jc")


def _open_pages(word: Any, page: Segment, first: bool) -> None:
    """Start a section: lying pages, or an appendix that counts its pages from 1."""
    from docx.enum.section import WD_ORIENT
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    section = word.sections[0] if first else word.add_section()
    if not first:
        _end_section(word.element.body.p_lst[-1])
    short, long = Mm(210), Mm(297)
    lies = page.landscape
    section.page_width, section.page_height = (long, short) if lies else (short, long)
    section.orientation = WD_ORIENT.LANDSCAPE if lies else WD_ORIENT.PORTRAIT
    section.different_first_page_header_footer = first or page.appendix
    for old in section._sectPr.findall(qn("w:pgNumType")):
        section._sectPr.remove(old)
    if page.appendix:
        start = OxmlElement("w:pgNumType")
        start.set(qn("w:start"), "1")
        section._sectPr.find(qn("w:pgMar")).addnext(start)


def _end_section(mark: Any) -> None:
    """Let the last paragraph end the section, not an empty one; behind a table it must stay."""
    from docx.oxml.ns import qn

    before = mark.getprevious()
    if before.tag == qn("w:p"):
        before.get_or_add_pPr().append(mark.pPr.sectPr)
        mark.getparent().remove(mark)


def _write(place: Any, blocks: Sequence[Node], look: str = "BodyText") -> None:
    """Write blocks into the document or a cell; lists are paragraphs, as official letters have."""
    for block in blocks:
        kind, content = block["t"], block["c"]
        if kind == "Para":
            _write_line(place, content, look)
        elif kind == "Header":
            _write_line(place, content[2], f"Heading{content[0]}")
        elif kind == "Div":
            name = content[0][1][0]
            _write(place, content[1], look if name in ("table", "scroll") else name)
        elif kind == "BulletList":
            for item in content:
                _write(place, _marked(item, "-"), look)
        elif kind == "OrderedList":
            for number, item in enumerate(content[1], content[0][0]):
                _write(place, _marked(item, f"{number}."), look)
        elif kind == "BlockQuote":
            _write(place, content, "quote")
        elif kind == "Table":
            _write_table(place, content)


def _write_line(place: Any, inlines: Sequence[Node], look: str) -> None:
    line = place.add_paragraph()
    line._p.style = look  # the identifier: python-docx would search for the name every time
    _run(line, inlines)


def _marked(item: Sequence[Node], mark: str) -> list[Node]:
    """Put the mark of a list in front of its item."""
    start = node("Str", f"{mark}\u00a0")
    if item and item[0]["t"] == "Para":
        return [node("Para", [start, *item[0]["c"]]), *item[1:]]
    return [node("Para", [start]), *item]


def _run(
    line: Any,
    inlines: Sequence[Node],
    bold: bool | None = None,
    italic: bool | None = None,
) -> None:
    """Write inlines into a paragraph."""
    from docx.shared import Mm

    for inline in inlines:
        kind, content = inline["t"], inline.get("c")
        if kind == "Str":
            run = line.add_run(content)
            run.bold, run.italic = bold, italic
        elif kind == "LineBreak":
            line.add_run().add_break()
        elif kind == "Image" and content:
            (_, _, ((_, width),)), alt, (address, _) = content
            picture = BytesIO(base64.b64decode(address.partition(",")[2]))
            shape = line.add_run().add_picture(picture, Mm(float(width.removesuffix("mm"))))
            shape._inline.docPr.set("descr", plain(alt))
        elif content:
            strong, slanted = kind == "Strong" or bold, kind == "Emph" or italic
            _run(line, content, strong, slanted)


def _write_table(word: Any, content: Any) -> None:
    """Write a table with fixed widths; rows stay whole, the header comes again on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.table import _Cell

    name, _, columns, head, (body,), _ = content
    rows = [*head[1], *body[3]]
    frame, small = "frame" in name[1], "small" in name[1]
    look = "small-cell" if len(columns) > 5 else "cell"
    section = word.sections[-1]
    width = section.page_width - section.left_margin - section.right_margin
    table = word.add_table(len(rows), len(columns), _FRAME if frame else _GRID)
    table.autofit = False
    for column, (_, share) in zip(table.columns, columns, strict=True):
        column.width = round(width * share["c"])
    for number, (row, line) in enumerate(zip(rows, table._tbl.tr_lst, strict=True)):
        settings = line.get_or_add_trPr()
        settings.append(OxmlElement("w:cantSplit"))
        if number < len(head[1]):
            settings.append(OxmlElement("w:tblHeader"))
        for cell, column, box in zip(row[1], columns, line.tc_lst, strict=True):
            box.width = round(width * column[1]["c"])
            _write_cell(_Cell(box, table), cell, column[0]["t"], look)
        # The last rows stay with the source below them, small tables in one piece.
        if small or (not frame and number >= len(rows) - 2):
            for lines in line.iter(qn("w:pPr")):
                lines.get_or_add_keepNext()


def _write_cell(box: Any, cell: Sequence[Any], side: str, look: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    empty = box._tc.p_lst[0]
    _write(box, cell[4], look)
    box._tc.remove(empty)
    aligned = side if cell[1]["t"] == "AlignDefault" else cell[1]["t"]
    sides = {"AlignRight": WD_ALIGN_PARAGRAPH.RIGHT, "AlignCenter": WD_ALIGN_PARAGRAPH.CENTER}
    if aligned in sides:
        for line in box.paragraphs:
            line.alignment = sides[aligned]
