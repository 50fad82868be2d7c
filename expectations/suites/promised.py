"""What follows from a contract: columns and types, required, ranges, words, patterns, cross-field checks."""

from collections.abc import Iterator

from expectations.contract import Check, Column, Contract
from expectations.models import LAYERS
from expectations.suites.expectation import ROWS, Expectation

BUILT_ANEW = "correct the model in dbt_project/models, or what it was built from, then `fleet build {}`"
DECODED_ANEW = "correct the sender; `fleet reprocess` refines the rows anew from bronze"


def expectations(contract: Contract) -> tuple[Expectation, ...]:
    """All that the contract says by itself, in its order."""
    by_column = (each for column in contract.columns for each in _of_column(column, contract))
    checks = (_check(check, contract) for check in contract.checks)
    return (_columns(contract), *by_column, *checks)


def remedy(contract: Contract) -> str:
    """What to do about rows that break the contract of their table."""
    if contract.layer in LAYERS:
        return BUILT_ANEW.format(contract.layer.removesuffix("_internal"))  # which comes with the layer
    return DECODED_ANEW if contract.topic else f"rows came into {contract.id} past its job: restore the version before them"


def _columns(contract: Contract) -> Expectation:
    return Expectation(
        id="columns",
        severity="critical",
        frame="columns",
        kind="equal",
        columns=("promised", "found"),
        says="the columns and types of the contract",
        remedy="open the table with the job that writes it: it adds columns; a type never changes in place, give the column a new name",
    )


def _of_column(column: Column, contract: Contract) -> Iterator[Expectation]:
    def ask(aspect: str, says: str, **how: object) -> Expectation:
        of_column = {"columns": (column.name,), "remedy": remedy(contract), "severity": "critical", "frame": ROWS}
        return Expectation(id=f"{column.name}.{aspect}", says=f"{column.name} {says}", **of_column | how)  # type: ignore[arg-type]

    if column.required and column.name not in contract.partition_by:  # no commit without a partition's value is let into the log
        yield ask("required", "is there", kind="required")
    if column.minimum is not None or column.maximum is not None:
        yield ask("range", f"is {_range(column)}", kind="between", minimum=column.minimum, maximum=column.maximum)
    if "double" in column.physical_type and None in (column.minimum, column.maximum):  # between two bounds nothing is infinite, nor is NaN
        yield ask("finite", "is a finite number", kind="holds", expression=_finite(column))
    if column.enum is not None:
        yield ask("words", f"is one of {', '.join(column.enum)}", kind="among", values=column.enum)
    if column.pattern is not None:
        yield ask("pattern", f"matches {column.pattern}", kind="matches", pattern=column.pattern)


def _check(check: Check, contract: Contract) -> Expectation:
    return Expectation(check.name, "critical", ROWS, "holds", (), check.description, remedy(contract), expression=check.expression)


def _range(column: Column) -> str:
    bounds = [f"{word} {bound}" for word, bound in (("at least", column.minimum), ("at most", column.maximum)) if bound is not None]
    return " and ".join(bounds) + (f" {column.unit}" if column.unit else "")


def _finite(column: Column) -> str:
    """For DuckDB and Spark alike: of NaN and of infinity, x - x is NaN; in a list both are equal to themselves."""
    if column.physical_type == "double":
        return f"{column.name} - {column.name} = 0"
    values = f"map_values({column.name})"
    return " and ".join(f"not array_contains({values}, cast('{each}' as double))" for each in ("NaN", "Infinity", "-Infinity"))
