"""The row rules of a family, as plain data, in the order in which they are judged: the first that a row breaks gives its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from expectations.contract import Column, Contract

RANGES = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}

Kind = Literal["required", "fits", "finite", "minimum", "maximum", "enum", "pattern", "check"]


@dataclass(frozen=True)
class Rule:
    """What a row must keep. A null breaks `required` and nothing else.

    `argument` by kind: fits, the smallest and greatest integer of the column's type · minimum and maximum, the inclusive bound ·
    enum, the allowed values · pattern, an RE2 expression that the whole value matches · check, a boolean SQL expression over the own
    columns, where null holds · required and finite, None. A map is finite when all its values are. `column` is None for a check.
    `name` is what quarantine shows, for example "soc_end: maximum 100".
    """

    reason: Literal["missing_field", "out_of_range", "not_allowed"]
    column: str | None
    name: str
    kind: Kind
    argument: tuple[int, int] | tuple[str, ...] | float | int | str | None = None


def rules(contract: Contract) -> tuple[Rule, ...]:
    """Rules of a family's own columns: by reason, then in the contract's order, cross-field checks last."""
    each = contract.own_columns
    missing = (rule for column in each for rule in _missing(column))
    out_of_range = (rule for column in each for rule in _out_of_range(column))
    not_allowed = (rule for column in each for rule in _not_allowed(column))
    checks = (Rule("not_allowed", None, check.name, "check", check.expression) for check in contract.checks)
    return (*missing, *out_of_range, *not_allowed, *checks)


def _missing(column: Column) -> Iterator[Rule]:
    if column.required:
        yield Rule("missing_field", column.name, f"{column.name}: required", "required")


def _out_of_range(column: Column) -> Iterator[Rule]:
    if column.physical_type in RANGES:
        yield Rule("out_of_range", column.name, f"{column.name}: fits {column.physical_type}", "fits", RANGES[column.physical_type])
    if "double" in column.physical_type:
        yield Rule("out_of_range", column.name, f"{column.name}: finite", "finite")
    if column.minimum is not None:
        yield Rule("out_of_range", column.name, f"{column.name}: minimum {column.minimum}", "minimum", column.minimum)
    if column.maximum is not None:
        yield Rule("out_of_range", column.name, f"{column.name}: maximum {column.maximum}", "maximum", column.maximum)


def _not_allowed(column: Column) -> Iterator[Rule]:
    if column.enum is not None:
        yield Rule("not_allowed", column.name, f"{column.name}: allowed values", "enum", column.enum)
    if column.pattern is not None:
        yield Rule("not_allowed", column.name, f"{column.name}: pattern {column.pattern}", "pattern", column.pattern)
