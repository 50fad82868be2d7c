"""What can be broken, in which words it is said, and what to do next."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import polars as pl

SHOWN = 20  # offsets that a finding names; its count is exact


class Log(NamedTuple):
    """One topic-partition; a re-created topic is another topic, so it goes by id."""

    topic_id: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic_id}/{self.partition}"


KINDS = {  # kind: (what is broken, what to do next)
    "lost": ("in Kafka at or below the position, and not in {table}", "land"),
    "invented": ("in {table}, and Kafka holds no such record", "land"),
    "doubled": ("more than once in {table}", "land"),
    "changed": ("other bytes (place, time, key, headers or body) in {table} than Kafka holds", "land"),
    "disagrees": ("ids or hashes in {table} are not those of its own bytes", "land"),
    "above_position": ("in {table}, above the position that it claims", "position"),
    "position": ("the position of {table} is not the end of its ledger", "position"),
    "moved_back": ("the position of {table} is below the one that the last audit saw", "position"),
    "ledger_rows": ("{table} holds another number of rows than the ledger says", "ledger"),
    "ledger_checksum": ("{table} holds other bytes than those whose checksum the ledger has", "ledger"),
    "unrecorded": ("in {table}, and in no entry of the ledger", "ledger"),
    "ledger_gap": ("the ledger of {table} says nothing of offsets between its entries, or the same twice", "ledger"),
    "nowhere": ("refined, and in none of {table}, ops.duplicates and silver.quarantine", "refine"),
    "silver_and_duplicate": ("both in {table} and in ops.duplicates", "refine"),
    "unknown_place": ("in {table}, and bronze holds no such place", "refine"),
    "other_event": ("in {table} with another event (ids, day or body) than bronze has at that place", "refine"),
    "other_bytes": ("in {table} with other bytes than bronze has at that place", "refine"),
    "run_counts": ("a run put other numbers into silver, duplicates and quarantine than the ledger says", "ledger"),
    "closed_unaccounted": ("quarantined and also in {table} or ops.duplicates, more or fewer than the ledger says were replayed", "refine"),
    "event_doubled": ("an event (vehicle_key, event_id, occurred_on) that {table} holds more than once", "refine"),
    "kept_missing": ("duplicates whose kept place holds no such event in silver", "refine"),
    "kept_unread": ("duplicates whose kept place bronze does not hold, so that no bodies can be compared", "land"),
    "not_a_duplicate": ("booked as duplicates, and their bodies differ from those that were kept", "refine"),
}
ANEW = (  # a table alone must not go back: its rows, its positions, the ledger and the runs tell of one moment
    "put back a copy of the whole lake from before it, then fleet land --once and fleet refine --once; "
    "without a copy, both with a new FLEET_LAKE bring all that Kafka still holds"
)
REMEDIES = {
    "land": f"stop land; the table's _delta_log names the commit that last touched these offsets: {ANEW}",
    "position": "stop the job that writes this table: there are two of it, or the table was put back alone; rows and positions must come from one moment",
    "ledger": "ops.ledger and the metadata of the table's commits tell the same story: see which of them was changed",
    "refine": f"stop refine; ops.refine_runs has the run that wrote these rows: {ANEW}",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is broken in one table and topic-partition: how many rows, and the first offending offsets."""

    kind: str
    table: str
    log: Log
    rows: int
    offsets: tuple[int, ...]
    detail: str = ""

    @property
    def what(self) -> str:
        """The finding in words."""
        detail = f" ({self.detail})" if self.detail else ""
        return KINDS[self.kind][0].format(table=self.table) + detail

    @property
    def remedy(self) -> str:
        """What to do next."""
        return REMEDIES[KINDS[self.kind][1]]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"log": str(self.log), "offsets": list(self.offsets), "what": self.what, "remedy": self.remedy}


def finding(kind: str, table: str, log: Log, offsets: Iterable[int] | pl.Series, detail: str = "") -> list[Finding]:
    """A finding over these offsets; none when there are none."""
    ordered = sorted(offsets)
    return [Finding(kind, table, log, len(ordered), tuple(ordered[:SHOWN]), detail)] if ordered else []


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one kind, table and topic-partition as one: counts added, the first offsets kept."""
    together: dict[tuple[str, str, Log, str], Finding] = {}
    for each in findings:
        key = (each.kind, each.table, each.log, each.detail)
        held = together.get(key)
        rows, offsets = (held.rows, held.offsets) if held else (0, ())
        together[key] = Finding(
            each.kind, each.table, each.log, rows + each.rows, tuple(sorted(offsets + each.offsets)[:SHOWN]), each.detail
        )
    return list(together.values())
