"""Failing rows as SQL: the second pass, over expectations that have failed only."""

from collections.abc import Callable

from expectations.suites.expectation import Expectation


def broken(asked: Expectation) -> str:
    """A boolean DuckDB expression over a row of the frame: true where the row breaks the expectation, else false or null."""
    return SQL[asked.kind](asked)


def _between(asked: Expectation) -> str:
    bounds = ((asked.minimum, "<"), (asked.maximum, ">"))
    return " or ".join(f"{_name(asked.column)} {sign} {bound!r}" for bound, sign in bounds if bound is not None)


def _equal(asked: Expectation) -> str:
    left, right = map(_name, asked.columns)
    return f"{left} is distinct from {right}"


def _repeated(asked: Expectation) -> str:
    names = list(map(_name, asked.columns))
    is_something = " or ".join(f"{name} is not null" for name in names)
    return f"({is_something}) and count(*) over (partition by {', '.join(names)}) > 1"


def _name(column: str) -> str:
    return f'"{column}"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


SQL: dict[str, Callable[[Expectation], str]] = {
    "required": lambda asked: f"{_name(asked.column)} is null",
    "between": _between,
    "among": lambda asked: f"{_name(asked.column)} not in ({', '.join(map(_text, asked.values))})",
    "matches": lambda asked: f"not regexp_full_match({_name(asked.column)}, {_text(asked.pattern)})",
    "holds": lambda asked: f"not ({asked.expression})",
    "equal": _equal,
    "unique": _repeated,
}
