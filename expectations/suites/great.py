"""Declarations as Great Expectations. Importing it takes some six seconds, so only a gate that runs does."""

import os
from collections.abc import Callable

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import: nothing is sent anywhere

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation as Great

from expectations.suites.expectation import Expectation


def great(asked: Expectation) -> Great:
    """The same as Great Expectations has it; the id comes back in the result's meta."""
    return GREAT[asked.kind](asked, {"meta": {"id": asked.id}, "severity": asked.severity})


def java(pattern: str) -> str:
    """An RE2 pattern ^…$ for Java, whose $ also matches before a line break at the end."""
    return pattern.removesuffix("$") + r"\z"


GREAT: dict[str, Callable[..., Great]] = {
    "required": lambda asked, told: gxe.ExpectColumnValuesToNotBeNull(column=asked.column, **told),
    "between": lambda asked, told: gxe.ExpectColumnValuesToBeBetween(
        column=asked.column, min_value=asked.minimum, max_value=asked.maximum, **told
    ),
    "among": lambda asked, told: gxe.ExpectColumnValuesToBeInSet(column=asked.column, value_set=list(asked.values), **told),
    "matches": lambda asked, told: gxe.ExpectColumnValuesToMatchRegex(column=asked.column, regex=java(asked.pattern), **told),
    "holds": lambda asked, told: gxe.ExpectColumnValuesToBeInSet(column=asked.column, value_set=[True], mostly=asked.share, **told),
    "equal": lambda asked, told: gxe.ExpectColumnPairValuesToBeEqual(column_A=asked.columns[0], column_B=asked.columns[1], **told),
    "unique": lambda asked, told: (
        gxe.ExpectColumnValuesToBeUnique(column=asked.column, **told)
        if len(asked.columns) == 1
        else gxe.ExpectCompoundColumnsToBeUnique(column_list=list(asked.columns), **told)
    ),
}
