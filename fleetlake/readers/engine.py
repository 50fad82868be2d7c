"""DuckDB inside this process, over released tables.

Each state of the releases that a query was asked in is a DuckDB database of its own, `r42`, with a schema per layer. Its views are made
when a query first names their table, and are never replaced: a query runs in one such database and so sees one release, whatever is
published meanwhile.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

import duckdb
from deltalake import DeltaTable

from fleetlake.console import Early, Failure
from fleetlake.names import table_path
from fleetlake.readers.extensions import escaped, load
from fleetlake.readers.reads import note
from fleetlake.releases import Published
from fleetlake.releases.model import LAYERS, instead, is_internal

STATES = 8  # then a fresh engine begins, and the old one goes when its last query has ended
QUESTIONS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
LISTING = re.compile(r"\b(show|information_schema|pg_catalog|duckdb_\w+)\b", re.IGNORECASE)  # a query with one of these is about all tables
RECORDS = "records"  # the database of ops as it is written now
Values = Mapping[str, Any]
UNKNOWN = re.compile(r'Table with name "?([\w.]+)"? does not exist')


class Engine:
    """One DuckDB over one lake."""

    def __init__(self, lake: str) -> None:
        # Checking the signature of the extension's 80 MB takes 0.4 s of each start; the lock file's hash has vouched for them.
        self._root = duckdb.connect(config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
        self._root.execute("set global python_enable_replacements = false")  # a table's name is no variable of this program
        self._root.execute("set global TimeZone = 'UTC'")
        self._lake, self._lock = lake, Lock()
        self._views: dict[str, set[str]] = {}  # by database
        self._reads_delta = False

    @property
    def is_full(self) -> bool:
        """It holds as many states as one should."""
        return len(self._views.keys() - {RECORDS}) >= STATES

    @contextmanager
    def asked(
        self, query: str, state: Published, parameters: Values | None = None, *, internal: bool = False, limit_s: float | None = None
    ) -> Iterator[duckdb.DuckDBPyRelation]:
        """The answer to a query, with `parameters` for its $names, in one state; raises Failure for a table that is not released, for SQL that
        DuckDB refuses, and when the block has not ended after `limit_s` seconds."""
        shown = [table for table in state.tables if internal or not is_internal(table)]
        database = f"r{state.number}{'_internal' if internal else ''}"
        with _explaining(query, shown):
            with self._lock:
                self._prepare(database, state, named(query, shown))
            with self._answer(database, query, parameters, limit_s) as relation:
                yield relation

    @contextmanager
    def recorded(self, query: str, parameters: Values | None = None) -> Iterator[duckdb.DuckDBPyRelation]:
        """The answer of the tables of ops as they are written now: what gates, releases and jobs note of themselves, which no gate waits for.
        Raises Early for one that nothing was noted in yet."""
        with _explaining(query, []):
            with self._lock:
                self._prepare_records(set(re.findall(r"\bops\.(\w+)", query)))
            with self._answer(RECORDS, query, parameters) as relation:
                yield relation

    @contextmanager
    def _answer(
        self, database: str, query: str, parameters: Values | None, limit_s: float | None = None
    ) -> Iterator[duckdb.DuckDBPyRelation]:
        with self._root.cursor() as cursor, _interrupted(cursor, limit_s):
            cursor.execute(f"use {database}")
            _require_question(cursor.extract_statements(query))
            yield cursor.sql(query, params=parameters)

    def _prepare_records(self, tables: set[str]) -> None:
        if RECORDS not in self._views:
            self._root.execute(f"attach ':memory:' as {RECORDS}")
            self._root.execute(f"create schema {RECORDS}.ops")
            self._views[RECORDS] = set()
        for table in tables - self._views[RECORDS]:
            path = table_path(self._lake, f"ops.{table}")
            if not DeltaTable.is_deltatable(path):
                raise Early(f"nothing was noted in ops.{table} yet", "it comes with the first job that writes it")
            self._load_delta()
            self._root.execute(f"create view {RECORDS}.ops.{table} as from delta_scan('{escaped(path)}')")
            self._views[RECORDS].add(table)

    def _prepare(self, database: str, state: Published, tables: list[str]) -> None:
        if database not in self._views:
            self._root.execute(f"attach ':memory:' as {database}")
            for layer in LAYERS:
                self._root.execute(f"create schema {database}.{layer}")
            self._views[database] = set()
        for table in tables:
            if table not in self._views[database]:
                self._show(f"{database}.{_quoted(table)}", table, state.pin(table).version)
                self._views[database].add(table)

    def _show(self, view: str, table: str, version: int) -> None:
        self._load_delta()
        path, pinned = table_path(self._lake, table), f'"{table}@{version}"'
        self._root.execute(f"attach if not exists '{escaped(path)}' as {pinned} (type delta, version {version}, pin_snapshot)")
        self._root.execute(f"create view {view} as from {pinned}")
        note(self._lake, table)

    def _load_delta(self) -> None:
        if not self._reads_delta:
            load(self._root, self._lake)
            self._reads_delta = True


@contextmanager
def _explaining(query: str, shown: list[str]) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _explained(error, query, shown) from error


@contextmanager
def _interrupted(cursor: duckdb.DuckDBPyConnection, after_s: float | None) -> Iterator[None]:
    """Ends what a cursor does when that takes too long."""
    clock = Timer(after_s or 0, cursor.interrupt)
    if after_s is not None:
        clock.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise Failure(f"no answer after {after_s:.0f} s", "ask for fewer days or rows, or on a machine of your own: fleet sql") from error
    finally:
        clock.cancel()


def named(query: str, tables: list[str]) -> list[str]:
    """The tables whose name is a word of a query: all that it can read, and rarely more; all of them where it asks for lists."""
    if LISTING.search(query):
        return tables
    words = set(re.findall(r"\w+", query.lower()))
    return [table for table in tables if table.partition(".")[2] in words]


def _require_question(statements: list[duckdb.Statement]) -> None:
    if len(statements) != 1 or statements[0].type not in QUESTIONS:
        raise Failure("that is not one question", "say one select, from, with, values, describe, summarize, show or explain")


def _explained(error: duckdb.Error, query: str, tables: list[str]) -> Failure:
    if (unknown := UNKNOWN.search(str(error))) is None:
        return Failure(str(error).strip(), "the query was refused; `describe silver.charging` shows a table's columns")
    name = unknown[1]
    qualified = re.search(rf'(\w+)"?\s*\.\s*"?{re.escape(name)}\b', query, re.IGNORECASE)
    table = f"{qualified[1]}.{name}" if qualified else name
    return Failure(f"{table} is not released", instead(table, tables))


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))
