"""YAML documents that people write: read safely, with the line of every fault; written readably."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from .faults import Collector, nearest, quoted
from .vietnamese import nfc

MAX_BYTES = 5_000_000
MAX_DEPTH = 60

Address = tuple[str | int, ...]


class Model(BaseModel):
    """Base of every checked value: frozen, unknown keys refused, nothing converted silently.

    Blanks around a text are no part of it: nobody sees them, and no table keeps them.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, strict=True, str_strip_whitespace=True
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy, with some fields changed, without what was cached of the original."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


M = TypeVar("M", bound=Model)


class _Plain:
    """What both loaders do: dates, yes/no and numbers with leading zeros stay text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the name is PyYAML's

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: nothing a person writes here needs them, and they can explode."""
        if self.check_event(yaml.AliasEvent):  # type: ignore[attr-defined]
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]
            raise yaml.composer.ComposerError(None, None, "không dùng & và *", mark)
        return super().compose_node(parent, index)  # type: ignore[misc,no-any-return]


class _Loader(_Plain, yaml.SafeLoader):
    """Safe loader that says in known words what is wrong."""


def _quick_loader() -> type[Any] | None:
    """The same loader over libyaml's parser, five times as fast; None where PyYAML lacks it."""
    if not yaml.__with_libyaml__:
        return None
    from yaml.composer import Composer
    from yaml.constructor import SafeConstructor
    from yaml.cyaml import CParser  # type: ignore[attr-defined]
    from yaml.resolver import Resolver

    class Quick(_Plain, Composer, CParser, SafeConstructor, Resolver):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            for part in (Composer, SafeConstructor, Resolver):
                part.__init__(self)

    return Quick


_Quick = _quick_loader()

_RESOLVED = [
    (f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), list(first))
    for kind, pattern, first in (
        ("bool", r"true|false", "tf"),
        ("null", r"null|~|", ["n", "~", ""]),
        ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
        ("float", r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    )
]
for _tag, _pattern, _first in _RESOLVED:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
_Plain.yaml_implicit_resolvers.update(_Loader.yaml_implicit_resolvers)


# What PyYAML says of the slips that people make.
_PROBLEMS = {
    "'\\t'": "có dấu tab",
    "mapping values are not allowed": "dấu hai chấm thừa hoặc thụt lề lệch",
    "could not find expected ':'": "thiếu dấu hai chấm",
    "expected <block end>": "thụt lề lệch hoặc thiếu dấu đóng",
    "expected ',' or": "ngoặc không đóng hoặc thiếu dấu phẩy",
    "unexpected end of stream": "dấu nháy không đóng",
    "another document": "hai tài liệu trong một tệp",
    "cannot start any token": "ký tự này phải đặt trong dấu nháy",
}
_TAGS: dict[type, set[str]] = {
    kind: {f"tag:yaml.org,2002:{name}" for name in names}
    for kind, names in (
        (yaml.MappingNode, ("map",)),
        (yaml.SequenceNode, ("seq",)),
        (yaml.ScalarNode, ("str", "int", "float", "bool", "null")),
    )
}


def read_text(path: Path, faults: Collector) -> str | None:
    """Read a UTF-8 text file as NFC, or note why it cannot be read and return None."""
    try:
        if not path.is_file():
            found = "đây là thư mục" if path.is_dir() else "không có tệp này"
            faults.add("", found, "một tệp đọc được")
            return None
        if path.stat().st_size > MAX_BYTES:
            faults.add("", "tệp quá lớn", f"tệp không quá {MAX_BYTES // 1_000_000} MB")
            return None
        return nfc(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        faults.add(f"byte thứ {error.start + 1}", "không phải văn bản UTF-8", "tệp lưu dạng UTF-8")
    except OSError as error:
        faults.add("", f"không đọc được tệp ({error.strerror})", "tệp đọc được")
    return None


def read_yaml(path: Path, faults: Collector) -> tuple[Any, dict[Address, int]]:
    """Read one YAML document safely.

    Parameters
    ----------
    path : Path
        File to read.
    faults : Collector
        Where faults are noted: syntax, duplicate keys, aliases, foreign tags.

    Returns
    -------
    data : object
        Plain dicts, lists, numbers and text; None in place of what could not be read.
    lines : dict
        Line, counted from 1, of every address in the document; empty if there is no document.
    """
    text = read_text(path, faults)
    return (None, {}) if text is None else parse_yaml(text, faults)


def parse_yaml(text: str, faults: Collector) -> tuple[Any, dict[Address, int]]:
    """Read one YAML document from text. See `read_yaml` for what comes back."""
    lines: dict[Address, int] = {}
    try:
        loader, node = _composed(text)
        if node is None:
            faults.add("", "tệp rỗng", "một tài liệu YAML")
            return None, {}
        return _build(loader, node, (), lines, faults), lines
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        faults.add(f"dòng {line}", "có ký tự điều khiển", "văn bản in được")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"dòng {mark.line + 1}, cột {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "không rõ"
        said = next((words for start, words in _PROBLEMS.items() if start in problem), problem)
        found = f"không đúng cú pháp YAML ({said})"
        faults.add(place, found, "mỗi dòng “khóa: giá trị”, thụt lề bằng dấu cách")
    except RecursionError:
        faults.add("", "các mục lồng nhau quá sâu", f"không quá {MAX_DEPTH} tầng")
    return None, {}


def _composed(text: str) -> tuple[Any, Any]:
    """The loader and its one document; what the quick loader refuses, the other one explains."""
    if _Quick is not None:
        try:
            loader = _Quick(text)
            return loader, loader.get_single_node()
        except (yaml.YAMLError, UnicodeError):
            pass
    slow = _Loader(text)
    return slow, slow.get_single_node()


def _build(
    loader: Any, node: yaml.Node, at: Address, lines: dict[Address, int], faults: Collector
) -> Any:
    """Turn YAML nodes into plain data, keeping the line of every address."""
    lines[at] = node.start_mark.line + 1
    if node.tag not in _TAGS[type(node)]:
        faults.add(place(at, lines), f"nhãn lạ {quoted(node.tag)}", "bỏ nhãn này")
        return None
    if len(at) > MAX_DEPTH:
        faults.add(place(at[:1], lines), "các mục lồng nhau quá sâu", f"không quá {MAX_DEPTH} tầng")
        return None
    if isinstance(node, yaml.MappingNode):
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                faults.add(f"dòng {line}", "khóa là một nhóm mục", "khóa là một tên")
                continue
            if key in built:
                faults.add(f"dòng {line}", f"khóa {quoted(key)} lặp lại", "mỗi khóa một lần")
            built[key] = _build(loader, value_node, (*at, key), lines, faults)
            lines[(*at, key)] = line
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*at, i), lines, faults) for i, item in enumerate(node.value)]
    try:
        value = loader.construct_object(node)
        str(value).encode()  # refuses half a character
        return value
    except ValueError:
        text = quoted(node.value.encode(errors="replace").decode())
        faults.add(place(at, lines), f"có {text}", "văn bản hoặc số đọc được")
        return None


def validate(
    model: type[M], data: Any, faults: Collector, lines: dict[Address, int] | None = None
) -> M | None:
    """Check plain data against a model, noting every fault with its line and its key.

    Parameters
    ----------
    model : type of Model
        What the data must be.
    data : object
        Plain data, as `read_yaml` returns it.
    faults : Collector
        Where faults are noted.
    lines : dict, optional
        Lines of the addresses in `data`.

    Returns
    -------
    Model or None
        None after a fault.
    """
    try:
        # Through JSON, so that strictness refuses "12" for 12 and still takes lists for tuples.
        return model.model_validate_json(json.dumps(data, ensure_ascii=False))
    except ValidationError as error:
        details = [(_address(data, item), item) for item in error.errors(include_url=False)]
        said: dict[tuple[str, str], list[str]] = {}
        for address, detail in details:
            # A fault further in is why what is around it does not fit either.
            if not any(other[: len(address)] == address != other for other, _ in details):
                found, expected = _explain(model, detail, address)
                said.setdefault((place(address, lines), found), []).append(expected)
        for (where, found), wanted in said.items():
            faults.add(where, found, " hoặc ".join(dict.fromkeys(wanted)))
        return None


def read_model(model: type[M], path: Path, name: str, faults: Collector) -> M | None:
    """Read a YAML file as `model`, noting faults under the name that the user knows."""
    own = Collector(name)
    data, lines = read_yaml(path, own)
    checked = Collector(name)
    value = validate(model, data, checked, lines) if lines else None
    noted = {fault.place for fault in own.faults}
    own.extend(fault for fault in checked.faults if fault.place not in noted)
    faults.extend(own.faults)
    return None if own.errors else value


def place(address: Address, lines: dict[Address, int] | None = None) -> str:
    """Name a place in a document: "dòng 12, mục tree → children[2] → points"."""
    words: list[str] = []
    for part in address:
        if isinstance(part, int):
            words[-1:] = [f"{words[-1] if words else ''}[{part + 1}]"]
        else:
            words.append(quoted(part)[1:-1])
    named = f"mục {' → '.join(words)}" if words else ""
    known = dict(lines or {})
    while address and address not in known:
        address = address[:-1]
    line = f"dòng {known[address]}" if address in known else ""
    return ", ".join(part for part in (line, named) if part)


def _address(data: Any, detail: Any) -> Address:
    """Keep the parts of a pydantic location that are keys of the data, not union members."""
    kept: list[int | str] = []
    for part in detail["loc"]:
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            kept.append(part)
            data = data[part]
    if detail["type"] == "missing":
        kept.append(detail["loc"][-1])
    return tuple(kept)


_EXPECTED = {
    "float_type": "một số (không đặt trong ngoặc kép)",
    "int_type": "một số nguyên",
    "int_from_float": "một số nguyên",
    "string_type": "văn bản (số mã đặt trong ngoặc kép)",
    "bool_type": "true hoặc false",
    "tuple_type": "một danh sách",
    "list_type": "một danh sách",
    "dict_type": "các cặp “khóa: giá trị”",
    "model_type": "các cặp “khóa: giá trị”",
    "finite_number": "một số hữu hạn",
}
_BOUNDS = {
    "greater_than": ("gt", "lớn hơn"),
    "greater_than_equal": ("ge", "không nhỏ hơn"),
    "less_than": ("lt", "nhỏ hơn"),
    "less_than_equal": ("le", "không lớn hơn"),
}


def _explain(model: type[Model], detail: Any, address: Address) -> tuple[str, str]:
    """Say in Vietnamese what pydantic found and what it expected."""
    kind, context = detail["type"], detail.get("ctx", {})
    found = "có " + quoted(detail["input"]) if _is_scalar(detail["input"]) else "có một nhóm mục"
    if detail["input"] is None:
        found = "để trống"
    if kind == "missing":
        return f"thiếu mục “{address[-1] if address else ''}”", "mục này"
    if kind == "extra_forbidden":
        fields = [name for owner in _models_at(model, address[:-1]) for name in owner.model_fields]
        return f"khóa lạ {quoted(str(detail['loc'][-1]))}", nearest(str(detail["loc"][-1]), fields)
    if kind == "literal_error":
        allowed = str(context["expected"]).replace(" or ", ", ").replace("'", '"')
        return found, f"một trong: {allowed}"
    if kind == "union_tag_invalid":
        allowed = str(context["expected_tags"]).replace("'", '"')
        return f"có kind {quoted(context['tag'])}", f"một trong: {allowed}"
    if kind == "union_tag_not_found":
        return "thiếu mục “kind”", "mục này"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return found, f"số {words} {context[key]:g}"
    if kind == "value_error":
        return found if _is_scalar(detail["input"]) else "nội dung chưa khớp", str(context["error"])
    if kind == "string_pattern_mismatch":
        return found, "chữ thường không dấu, chữ số, dấu “-” (có thể “/” giữa hai phần)"
    if kind.startswith("date"):
        return found, "ngày dạng năm-tháng-ngày, ví dụ 2024-12-31"
    if kind in {"too_short", "string_too_short"}:
        return "để trống" if not detail["input"] else found, "ít nhất một giá trị"
    return found, _EXPECTED.get(kind, detail["msg"])


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _models_at(model: type[Model], address: Address) -> Iterator[type[Model]]:
    """Find the models that the value at an address may be."""
    here: set[type[Model]] = {model}
    for part in address:
        if isinstance(part, str):
            fields = [owner.model_fields[part] for owner in here if part in owner.model_fields]
            found = {inner for field in fields for inner in _models_in(field.annotation)}
            here = found or here  # keys of a plain dict lead no further
    yield from sorted(here, key=lambda item: item.__name__)


def _models_in(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


# Text that the loader would take for a number is quoted: PyYAML itself knows "1.5e+5", not "1.5e5".
for _tag, _pattern, _first in _RESOLVED:
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


class _Inline(_Dumper):
    """Keeps line ends inside quotes, so that everything stands on one line."""


_Inline.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style='"' if "\n" in text else None
    ),
)


def write_yaml(data: Any, path: Path, head: str = "") -> None:
    """Write plain data as YAML that a person can read and edit.

    Parameters
    ----------
    data : object
        Dicts, lists, numbers and text.
    path : Path
        File to write, UTF-8, LF.
    head : str, optional
        Lines of comment to begin with.
    """
    text = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    path.write_text(head + text, encoding="utf-8", newline="\n")


def inline_yaml(data: Any) -> str:
    """Write plain data as one line of YAML, for a cell of a table."""
    text = yaml.dump(
        data,
        Dumper=_Inline,
        allow_unicode=True,
        sort_keys=False,
        width=float("inf"),
        default_flow_style=True,
    )
    return str(text).removesuffix("\n").removesuffix("\n...")


def has_control_characters(text: str) -> bool:
    """Tell whether text holds characters that no document can print (not tab or line end)."""
    return any(unicodedata.category(char) == "Cc" and char not in "\t\n\r" for char in text)
