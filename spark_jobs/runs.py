"""A run is one transaction over many tables.

Its files are written and synced first. Then the intent says word for word what will be committed; then each table is committed, then
the ledger, then the run is closed. A start finishes a pending intent without decoding anything again, so neither a crash between two
commits nor a new contract in between can lose or double a row.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import selected
from spark_jobs import files
from spark_jobs.files import DataFile
from spark_jobs.ledger import Entry, Ledger, metadata
from spark_jobs.phase import phase
from spark_jobs.tables import Table
from spark_jobs.without import Places, Stretch, take_out

RUNS, CLOSED = "runs", "closed"  # transaction ids: the last run that a table has, and the last one that is closed
LOG = "ops.refine_runs"


@dataclass(frozen=True)
class Intent:
    """What a run commits. `files` and `positions` (transaction ids) are by table, in the order of their commits.

    `without` are rows that a table loses in its commit, as stretches of offsets: the run has decided about them anew.
    """

    run: int
    kind: str
    files: Mapping[str, Sequence[DataFile]]
    positions: Mapping[str, Mapping[str, int]]
    counts: Sequence[Mapping[str, Any]]
    contract_versions: Mapping[str, str]
    without: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)


class Runs:
    """The log of runs, seen at one version: of two processes that begin the same run, one is refused."""

    def __init__(self, lake: str) -> None:
        """Opens the log of a lake; it is made when it is not there."""
        self._lake, self._log = lake, opened(lake, LOG)

    @property
    def next(self) -> int:
        """The number that the next run will have."""
        return (self._log.position(RUNS) or 0) + 1

    def finish(self) -> int | None:
        """Finishes a run that was begun and not closed; returns its number."""
        last = self.next - 1
        if last == (self._log.position(CLOSED) or 0):
            return None
        self._commit(self._pending(last))
        return last

    def carry_out(self, intent: Intent) -> None:
        """Begins the run and brings it to its end. Raises Failure when another process has begun one: then nothing was committed."""
        for name, written in intent.files.items():
            _require(self._lake, name, written, "nothing was committed; start again, it will write them anew")
        phase("intent")
        self._write("intent", intent.run, {RUNS: intent.run}, _told(intent))
        self._commit(intent)

    def _commit(self, intent: Intent) -> None:
        tables = []
        for name in intent.files:
            phase(f"commit {name}")
            tables.append(_once(self._lake, name, intent))
        phase("ledger")
        Ledger.open(self._lake).catch_up(tables)
        phase("close")
        self._write("closed", intent.run, {CLOSED: intent.run}, {"kind": intent.kind})

    def _write(self, state: str, run: int, transactions: Mapping[str, int], told: Mapping[str, str]) -> None:
        schema = arrow_schema(contract(LOG))
        row = (
            dict.fromkeys(schema.names)
            | {"run": run, "state": state, "at": datetime.now(UTC), "code_version": version("fleetlake")}
            | dict(told)
        )
        written = files.write(self._log.path, pa.Table.from_pylist([row], schema), {}, statistics_columns(contract(LOG)))
        self._log.commit([written], transactions)

    def _pending(self, run: int) -> Intent:
        rows = selected(self._log.delta, f"run = {run} and state = 'intent'")
        if not rows:
            raise Failure(
                f"{LOG}: run {run} was begun and its intent is gone",
                "put back a copy of the lake that has it: nothing else says what the run was to commit",
            )
        return _read(rows[0])


def opened(lake: str, name: str) -> Table:
    """The table of a contract; made when it is not there, widened when the contract has gained columns."""
    of = contract(name)
    return Table.open(lake, name, arrow_schema(of), of.partition_by, statistics_columns(of))


def entries(intent: Intent, table: str) -> list[Entry]:
    """What this run brought a table, per topic-partition.

    The run's whole account of a topic-partition stands with the family's silver table alone, so that a sum counts it once.
    """
    if table == "silver.quarantine":
        return [_entry(intent, each, rows) for each in intent.counts if (rows := sum(each["quarantined"].values()))]
    if table == "ops.duplicates":
        return [_entry(intent, each, each["duplicates"]) for each in intent.counts if each["duplicates"]]
    return [
        replace(_entry(intent, each, each["silver"]), **_account(each)) for each in intent.counts if table == f"silver.{each['family']}"
    ]


def _entry(intent: Intent, counted: Mapping[str, Any], rows: int) -> Entry:
    return Entry(intent.kind, counted["topic"], counted["topic_id"], counted["partition"], None, None, rows, run=intent.run)


def _account(counted: Mapping[str, Any]) -> dict[str, Any]:
    of_run = {name: counted[name] for name in ("first_offset", "last_offset", "silver", "duplicates")}
    return of_run | {"quarantined": sum(counted["quarantined"].values())}


def _once(lake: str, name: str, intent: Intent) -> Table:
    """Commits a run's files and positions to a table, unless the table has the run already."""
    table = Table.existing(lake, name)
    if table is None:
        raise Failure(
            f"{name} is gone, and run {intent.run} has files for it", "put the table's folder back; the next start finishes the run"
        )
    if (table.position(RUNS) or 0) < intent.run:
        _require(lake, name, intent.files[name], f"run {intent.run} was begun with them: put the files back, the next start finishes it")
        transactions, told = {RUNS: intent.run, **intent.positions.get(name, {})}, metadata(entries(intent, name))
        if stretches := intent.without.get(name):
            take_out(table, Places(stretches), intent.files[name], transactions, told)
        else:
            table.commit(intent.files[name], transactions, told)
    return table


def _require(lake: str, name: str, written: Sequence[DataFile], remedy: str) -> None:
    """Raises Failure when a file is no longer there."""
    if gone := files.missing(table_path(lake, name), written):
        raise Failure(f"{name}: {len(gone)} files of a run vanished, first {gone[0]}", remedy)


def _told(intent: Intent) -> dict[str, str]:
    """An intent as columns of ops.refine_runs; `_read` gives it back."""
    return {
        "kind": intent.kind,
        "actions": json.dumps({table: [file.to_json() for file in written] for table, written in intent.files.items()}),
        "positions": json.dumps(intent.positions),
        "counts": json.dumps(intent.counts),
        "contract_versions": json.dumps(intent.contract_versions),
        "without": json.dumps(intent.without),
    }


def _read(row: Mapping[str, Any]) -> Intent:
    files_of = {table: [DataFile.from_json(text) for text in written] for table, written in json.loads(row["actions"]).items()}
    positions, counts, versions = (json.loads(row[name]) for name in ("positions", "counts", "contract_versions"))
    without = {table: [Stretch(*each) for each in rows] for table, rows in json.loads(row["without"] or "{}").items()}
    return Intent(row["run"], row["kind"], files_of, positions, counts, versions, without)
