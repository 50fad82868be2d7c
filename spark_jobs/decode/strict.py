"""RFC 8259 to the letter, one body at a time: for the few that the fast path cannot be sure of."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from expectations.contract import Column

LONGEST_INTEGER = 25  # characters; whatever is longer fits no column
TOO_LARGE = 1 << 80


class Malformed(ValueError):
    """The body is not what its content type says; the text is the rule that it breaks."""


class Number(str):
    """A number as it was written."""


def parse(body: bytes) -> dict[str, Any]:
    """The object in a body, with every number as its text. Raises Malformed. The caller has limited its depth."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_no_number)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Malformed("JSON: RFC 8259") from error
    if b"\\u" in body and not _is_unicode(found):
        raise Malformed("JSON: a surrogate stands alone")
    if not isinstance(found, dict):
        raise Malformed("JSON: an object")
    return found


def read(body: bytes, columns: Sequence[Column]) -> tuple[dict[str, Any], str | None]:
    """The values of known columns as a plain parser gives them, and the unknown fields as JSON text. Raises Malformed."""
    found = parse(body)
    known = {column.name: column for column in columns}
    unknown = {name: value for name, value in found.items() if name not in known}
    values = {name: _value(value, known[name], unknown) for name, value in found.items() if name in known}
    return values, text(unknown) if unknown else None


def text(value: Any) -> str:
    """JSON text in which numbers stand as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{text(name)}:{text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _value(value: Any, column: Column, unknown: dict[str, Any]) -> Any:
    if isinstance(value, Number):
        return (
            _integer(value) if column.physical_type in ("int", "bigint") else _double(value) if column.physical_type == "double" else value
        )
    if isinstance(value, list) and column.physical_type.startswith("map"):
        return [_entry(entry, f"/{column.name}/{place}", unknown) for place, entry in enumerate(value)]
    return value


def _integer(number: Number) -> int | float:
    if not number.removeprefix("-").isdecimal():
        return float(number)
    if len(number) > LONGEST_INTEGER:
        return -TOO_LARGE if number.startswith("-") else TOO_LARGE
    return int(number)


def _double(number: Number) -> float:
    return 0.0 if number == "-0" else float(number)  # without a fraction it is the integer 0, for every parser that has integers


def _entry(entry: Any, pointer: str, unknown: dict[str, Any]) -> Any:
    """An entry of a map with what is known of it; the rest goes to `unknown`, named by its JSON pointer."""
    if not isinstance(entry, Mapping):
        return entry
    unknown.update({f"{pointer}/{_escaped(name)}": item for name, item in entry.items() if name not in ("path", "value")})
    known = {name: item for name, item in entry.items() if name in ("path", "value")}
    return {name: _double(item) if name == "value" and isinstance(item, Number) else item for name, item in known.items()}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    found = dict(listed)
    if len(found) < len(listed):
        raise Malformed("JSON: a key stands twice")
    return found


def _no_number(word: str) -> None:
    raise Malformed(f"JSON: {word} is no number")


def _is_unicode(value: Any) -> bool:
    try:
        text(value).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
