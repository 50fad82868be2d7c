"""Reading JSON files strictly, so that what cannot be read is named by file, line and reason."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

SOLID = re.compile(r"\S")


class Unreadable(Exception):
    """A file, or its rest from `line` on, that cannot be read."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        super().__init__(f"{path}{f', line {line}' if line else ''}: {reason}")


def lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Line number and document of each line of a JSON-lines file; blank lines are passed over. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _document(path, number, line)
    except OSError as error:
        raise Unreadable(path, None, error.strerror or str(error)) from error


def _document(path: Path, number: int, line: bytes) -> Any:
    try:
        return DECODER.decode(line.decode())
    except json.JSONDecodeError as error:
        raise Unreadable(path, number, f"{error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(path, number, _reason(error)) from error


def documents(path: Path) -> Iterator[tuple[int, Any]]:
    """First line and content of each JSON document of a file, be it pretty-printed, one a line, or both. Raises Unreadable."""
    text, at, line = _text(path), 0, 1
    while found := SOLID.search(text, at):
        line += text.count("\n", at, found.start())
        document, at = _next(path, text, found.start(), line)
        yield line, document
        line += text.count("\n", found.start(), at)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise Unreadable(path, None, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise Unreadable(path, 1 + error.object.count(b"\n", 0, error.start), "not UTF-8") from error


def _next(path: Path, text: str, start: int, line: int) -> tuple[Any, int]:
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise Unreadable(path, error.lineno, f"{error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(path, line, _reason(error)) from error


@contextmanager
def shaped_like(path: Path, line: int, what: str) -> Iterator[None]:
    """Within, a document is taken apart: where it lacks a name or has another type there, Unreadable says that it is not `what`."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(path, line, f"not {what}: {type(error).__name__} at {error}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
