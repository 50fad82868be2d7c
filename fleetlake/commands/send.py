"""`fleet send`: foreign data, read from files, goes to Kafka as events."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.adapters import Source
from fleetlake.console import Failure, progress, show

if TYPE_CHECKING:
    from fleetlake.adapters.events import Event, Skipped
    from fleetlake.produce import Record


@dataclass
class Tally:
    """What was read, by family ("" where a piece belongs to none), why pieces were skipped, and which files could not be read."""

    read: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[str] = field(default_factory=list)

    def rows(self, sent: Counter[str]) -> list[dict[str, Any]]:
        """One row a family: read = sent + skipped, reasons with their counts."""
        return [
            {
                "family": family or "(none)",
                "read": self.read[family],
                "sent": sent[family],
                "skipped": self.skipped[family].total(),
                "reasons": "; ".join(f"{count:,}× {reason}" for reason, count in self.skipped[family].most_common()),
            }
            for family in sorted(self.read)
        ]


def send(
    files: Annotated[list[Path], typer.Argument(help="Files of foreign data.", show_default=False)],
    source: Annotated[Source, typer.Option("--from", help="What the files hold.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; Kafka is not asked.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The table as JSON.")] = False,
) -> None:
    """Turn foreign data into events on Kafka; sending a file again gives duplicates, never new events."""
    from fleetlake.names import family_of

    tally = Tally()
    with progress() as bar:
        task = bar.add_task(f"sending {source}", total=None)
        records = bar.track(_records(_pieces(source, files, tally), tally), task_id=task)
        topics = Counter(record.topic for record in records) if dry_run else _deliver(records)
    sent = Counter({family_of(name): count for name, count in topics.items()})
    show(tally.rows(sent), as_json=as_json, title="would be sent" if dry_run else "sent")
    if tally.faults:
        raise Failure(
            "\n       ".join(tally.faults), "what was good before it is kept; mend the file and send it again: nothing counts twice"
        )


def _pieces(source: Source, files: Sequence[Path], tally: Tally) -> Iterator["Event | Skipped"]:
    """All pieces of all files that can be read; the rest of a file that cannot goes to the tally's faults."""
    from fleetlake.adapters import adapter
    from fleetlake.adapters.documents import Unreadable
    from fleetlake.adapters.events import vehicle_keys
    from fleetlake.settings import settings

    events, vehicle_key = adapter(source), vehicle_keys(settings().key_of_vins())
    for file in files:
        try:
            yield from events(file, vehicle_key)
        except Unreadable as unreadable:
            tally.faults.append(str(unreadable))


def _records(pieces: Iterator["Event | Skipped"], tally: Tally) -> Iterator["Record"]:
    """The records to send, everything counted on the way; what looks like a VIN stops its event, whatever the adapter let through."""
    from expectations.contract import families
    from fleetlake.adapters.events import Skipped, holds_vin, to_record

    now, known = datetime.now(UTC), set(families())
    for piece in pieces:
        tally.read[piece.family] += 1
        if isinstance(piece, Skipped):
            tally.skipped[piece.family][piece.reason] += 1
        elif piece.family not in known:
            tally.skipped[piece.family]["no contract for this family"] += 1
        elif holds_vin(record := to_record(piece, now)):
            tally.skipped[piece.family]["a VIN stands in it"] += 1
        else:
            yield record


def _deliver(records: Iterable["Record"]) -> Counter[str]:
    from fleetlake.kafka import client_config
    from fleetlake.produce import produce

    return produce(records, client_config())


COMMANDS = {"send": send}
