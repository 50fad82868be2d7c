"""Which days differ between two versions of what gold is made from, out of the log: files that came or went, compaction aside."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fleetlake.names import table_path
from spark_jobs.build.days import DAY, NONE, Change, between, everywhere
from spark_jobs.build.project import Seed
from spark_jobs.commits import actions
from spark_jobs.ledger import KEY

LATE, REPLAY, CONTRACT, SEED = "late data", "replay", "contract", "seed"
KINDS = {"replay": REPLAY, "reprocess": REPLAY}  # of runs; all others bring what is new or late


@dataclass(frozen=True)
class Difference:
    """How a source differs, and how many rows came or went on each day."""

    change: Change
    rows: Mapping[date, int]


SAME = Difference(NONE, {})


def of_source(lake: str, table: str, before: int | None, after: int | None, day: str | None, reasons: frozenset[str]) -> Difference:
    """Between two versions of a table, whichever is the older one; `reasons` are those that a whole release has."""
    if before == after:
        return SAME
    if before is None or after is None or day is None:
        return Difference(everywhere(LATE, *reasons), {})
    rows: Counter[date] = Counter()
    days: dict[date, frozenset[str]] = {}
    try:
        for version in range(min(before, after) + 1, max(before, after) + 1):
            found = actions(table_path(lake, table), version, "add", "remove", "commitInfo")
            why = reasons | _reasons(found)
            for file in (
                part for action in found for kind, part in action.items() if kind != "commitInfo" and part.get("dataChange", True)
            ):
                on = date.fromisoformat(file["partitionValues"][day])
                days[on] = days.get(on, frozenset()) | why
                rows[on] += json.loads(file.get("stats") or "{}").get("numRecords", 0)
    except (FileNotFoundError, KeyError, TypeError):
        return Difference(everywhere(LATE, *reasons), {})  # the log does not reach back as far, or does not say of which day a file was
    return Difference(Change(days), rows)


def of_seed(seed: Seed, before: str | None, after: str, last: date) -> Change:
    """All days for other rows, or those up to `last` on which the rows hold that differ."""
    if before == after:
        return NONE
    if before is None or seed.dated is None:
        return everywhere(SEED)
    one, other = (Counter(tuple(sorted(row.items())) for row in csv.DictReader(io.StringIO(text))) for text in (before, after))
    begins, ends = seed.dated
    days: set[date] = set()
    for row in map(dict, ((one - other) + (other - one)).elements()):
        if not row.get(begins):
            return everywhere(SEED)
        until = date.fromisoformat(row[ends]) - DAY if ends and row.get(ends) else last
        days.update(between(date.fromisoformat(row[begins]), min(until, last)))
    return Change(dict.fromkeys(days, frozenset({SEED})))


def _reasons(found: list[dict[str, Any]]) -> frozenset[str]:
    told: dict[str, Any] = next((action["commitInfo"] for action in found if "commitInfo" in action), {})
    kinds = {entry["kind"] for entry in json.loads(told.get(KEY, "[]"))}
    return frozenset(KINDS.get(kind, LATE) for kind in kinds) or frozenset({LATE})
