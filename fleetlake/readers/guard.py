"""What somebody else may ask: a page that takes SQL runs on this machine, where DuckDB would read any file."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import duckdb

from fleetlake.console import Failure
from fleetlake.releases.model import instead

HARMLESS = frozenset({"generate_series", "range", "unnest"})  # functions that make a table out of their arguments alone
SAY = "say one select, from, with, values, describe or summarize over released tables"


def require_released(query: str, tables: Collection[str]) -> None:
    """Raises Failure for SQL that is not one question, or that reads anything but `tables`: files, settings, other databases.

    DuckDB itself says what a query reads, by its syntax tree and its own list of tables; nothing is looked for in the text.
    """
    with duckdb.connect() as parser:
        for function in sorted(set(_functions(_tree(parser, query))) - HARMLESS):
            raise Failure(f"{function}() reads what is not released", SAY)
        for name in sorted(parser.get_table_names(query, qualified=True)):
            if name.lower() not in tables:
                raise Failure(f"{name} is not released", instead(name, list(tables)))


def _tree(parser: duckdb.DuckDBPyConnection, query: str) -> Any:
    """DuckDB's own tree of a question; a statement that is none has no such tree."""
    [[text]] = parser.execute("select json_serialize_sql(?)", [query]).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        raise Failure(tree["error_message"], SAY)
    if len(tree["statements"]) != 1:
        raise Failure("that is not one question", SAY)
    return tree


def _functions(node: Any) -> Iterator[str]:
    """The names of all functions that stand where a table can."""
    if isinstance(node, Mapping):
        if node.get("type") == "TABLE_FUNCTION":
            yield str(node["function"]["function_name"])
        for each in node.values():
            yield from _functions(each)
    elif isinstance(node, list):
        for each in node:
            yield from _functions(each)
