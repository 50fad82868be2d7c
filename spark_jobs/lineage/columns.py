"""The columns that each column of a query comes from. Pure."""

import logging
from collections.abc import Mapping

from sqlglot import exp
from sqlglot.lineage import Node, lineage

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it cannot follow has no origin, and is not told
DIALECT = "spark"
Columns = Mapping[str, Mapping[str, str]]  # by table: column → type
Origin = tuple[str, str]  # table, column


def origins(sql: str, views: Mapping[str, str], tables: Columns) -> dict[str, frozenset[Origin]]:
    """By column of the query, the columns of `tables` that it is made of; `views` are the queries behind names that are no tables.

    Names stand in queries as builds write them: gold__vehicles. Filters and join keys are not what a value is made of, and are not told.
    """
    schema = {_in_query(name): dict(columns) for name, columns in tables.items()}
    sources = {_in_query(name): text for name, text in views.items()}
    names = {_in_query(name): name for name in tables}
    found = lineage(None, sql, schema, sources=sources, dialect=DIALECT)
    return {name: frozenset(_leaves(node, names)) for name, node in found.items() if name != "*"}


def _leaves(node: Node, names: Mapping[str, str]) -> set[Origin]:
    tables = ((each.expression, each.name.rpartition(".")[2].strip('`"')) for each in node.walk())
    return {(names[table.name], column) for table, column in tables if isinstance(table, exp.Table) and table.name in names}


def _in_query(name: str) -> str:
    return name.replace(".", "__")
