"""Which version of each table a gate looks at: of what refine and imports write, that of the last complete run; of all else, the current one."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from expectations.contract import contract
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import published, selected
from fleetlake.releases.model import LAYERS, Pin, together
from spark_jobs.gate.snapshot import Since, Snapshot
from spark_jobs.imports.log import IMPORTS
from spark_jobs.imports.log import LOG as IMPORT_LOG
from spark_jobs.layers import tables_of
from spark_jobs.runs import CLOSED, LOG, RUNS
from spark_jobs.tables import Table

RESULTS = "ops.gate_results"
TRANSACTIONS = {LOG: RUNS, IMPORT_LOG: IMPORTS}  # logs of what commits to many tables, and the id that it moves in them


@dataclass(frozen=True)
class Lake:
    """The tables of a lake, each at one version for as long as a gate runs. `exact` names versions that a person asked for."""

    root: str
    exact: dict[str, int] = field(default_factory=dict)
    _held: dict[str, Table | None] = field(default_factory=dict)
    _closed: dict[str, int] = field(default_factory=dict)
    _reached: dict[str, datetime | None] = field(default_factory=dict)

    def table(self, name: str) -> Table | None:
        """The table at its version; None where it does not exist."""
        if name not in self._held:
            self._held[name] = self._opened(name)
        return self._held[name]

    def snapshot(self, name: str) -> Snapshot | None:
        """The same beside its last release."""
        table = self.table(name)
        return None if table is None else Snapshot(table, contract(name), _since(self, name))

    def closed(self, log: str) -> int:
        """The last run of refine, or import, that is complete: looked up once, before any table that they write to."""
        if log not in self._closed:
            held = Table.existing(self.root, log)
            self._closed[log] = 0 if held is None else held.position(CLOSED) or 0
        return self._closed[log]

    def reached(self, layer: str) -> datetime | None:
        """The newest reception in any table of a layer; None where none tells."""
        if layer not in self._reached:
            found = (self.snapshot(name) for name in tables_of(self.root, layer))
            newest = (newest_reception(each) for each in found if each is not None)
            self._reached[layer] = max((moment for moment in newest if moment is not None), default=None)
        return self._reached[layer]

    def _opened(self, name: str) -> Table | None:
        closed = {id: self.closed(log) for log, id in TRANSACTIONS.items()}
        try:
            table = Table.existing(self.root, name, self.exact.get(name))
            while (
                table is not None
                and name not in (*TRANSACTIONS, *self.exact)
                and any((table.position(id) or 0) > last for id, last in closed.items())
            ):
                table = Table.existing(self.root, name, table.version - 1)  # a run that is not complete has committed here already
        except DeltaError as error:
            asked = f" version {self.exact[name]}" if name in self.exact else ""
            raise Failure(f"{name}{asked} cannot be opened: {error}", "`fleet check` without --version takes the newest one") from error
        return table


def tables(lake: str, what: str) -> list[str]:
    """The tables of a layer that exist and of those that are released with it, or the one table. Raises Failure for what is neither."""
    if what in LAYERS:
        return [name for layer in together(what) for name in tables_of(lake, layer)]
    name = contract(what).id
    if not DeltaTable.is_deltatable(table_path(lake, name)):
        raise Failure(f"{name} does not exist yet", f"nothing was written to {table_path(lake, name)}")
    return [name]


def newest_reception(snapshot: Snapshot) -> datetime | None:
    """The newest received_at, as the log has it of each file; None where no file tells."""
    newest = snapshot.files["max.received_at"].max() if "max.received_at" in snapshot.files.columns else None
    return newest.astimezone(UTC) if isinstance(newest, datetime) else None


def clock(lake: Lake) -> datetime:
    """The gate's time: the newest reception in bronze, or the wall clock's where bronze is empty."""
    return lake.reached("bronze") or datetime.now(UTC)


def _since(lake: Lake, name: str) -> Since | None:
    """The release that readers see; None where there is none, or another contract judged it: then every row is to be judged."""
    try:
        release = published(lake.root).releases.get(name.partition(".")[0])
    except Exception:  # whatever readers stumble over there is for the gate of ops.releases and ops.waivers to find
        return None
    pin = None if release is None else release.pins.get(name)
    if pin is None or pin.contract_version != contract(name).version:
        return None
    waived = _waived_days(lake, pin)
    return None if waived is None else Since(pin.version, waived)


def _waived_days(lake: Lake, pin: Pin) -> frozenset[date] | None:
    """Days on which a failure was waived to release the table: they are judged again, for the waiver ends. None: all days."""
    results = lake.table(RESULTS)
    if results is None:
        return None
    wanted = f"gate_run = {pin.gate_run} and table_name = '{pin.table}' and outcome <> 'passed'"
    rows = selected(results.delta, wanted, ("severity", "days"))
    looked_at = [json.loads(row["days"]) for row in rows if row["severity"] == "critical"]
    return None if "all" in looked_at else frozenset(date.fromisoformat(day) for days in looked_at for day in days)
