"""The columns that each column of a query comes from. Pure."""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.lineage import Node, lineage

DIALECT = "spark"
Columns = Mapping[str, Mapping[str, str]]  # by table: column → type
Origin = tuple[str, str]  # table, column


def origins(sql: str, views: Mapping[str, str], tables: Columns) -> dict[str, frozenset[Origin]]:
    """By column of the query, the columns of `tables` that it is made of; `views` are the queries behind names that are no tables.

    Filters and join keys are not what a value is made of, and are not told.
    """
    found = lineage(None, sql, _schema(tables), sources=views, dialect=DIALECT)
    return {name: frozenset(_leaves(node)) for name, node in found.items() if name != "*"}


def _leaves(node: Node) -> set[Origin]:
    tables = ((each.expression, each.name.rpartition(".")[2]) for each in node.walk())
    return {(f"{table.db}.{table.name}", column.strip('`"')) for table, column in tables if isinstance(table, exp.Table)}


def _schema(tables: Columns) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name, columns in tables.items():
        layer, _, table = name.partition(".")
        found.setdefault(layer, {})[table] = dict(columns)
    return found
