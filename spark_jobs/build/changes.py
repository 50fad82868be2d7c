"""Which days differ between two versions of what gold is made from, out of the log: files that came or went, compaction aside."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from fleetlake.names import table_path
from spark_jobs.build.days import DAY, NO_DAY, NONE, Change, between, everywhere
from spark_jobs.build.project import Seed
from spark_jobs.commits import actions
from spark_jobs.ledger import KEY

LATE, REPLAY, CONTRACT, SEED = "late data", "replay", "contract", "seed"
Bounds = tuple[datetime | None, datetime | None, int]  # least begin, greatest end, how many are null
Span = tuple[str, str]  # columns from which to which a row is of; of two different ones the second says before when
KINDS = {"replay": REPLAY, "reprocess": REPLAY}  # of runs; all others bring what is new or late


@dataclass(frozen=True)
class Difference:
    """How a source differs, and how many rows came or went on each day."""

    change: Change
    rows: Mapping[date, int]


SAME = Difference(NONE, {})


def of_source(lake: str, table: str, before: int | None, after: int | None, day: str | Span | None) -> Difference:
    """Between two versions of a table, whichever is the older one; `day` is its partition, or what its rows say of their days."""
    if before == after:
        return SAME
    if before is None or after is None or day is None:
        return Difference(everywhere(LATE), {})
    try:
        return _between(table_path(lake, table), min(before, after), max(before, after), day)
    except (FileNotFoundError, KeyError, TypeError):
        return Difference(everywhere(LATE), {})  # the log does not reach back as far, or does not say of which day a file was


def _between(path: str, first: int, last: int, day: str | Span) -> Difference:
    rows: Counter[date] = Counter()
    days: dict[date, frozenset[str]] = {}
    known = _bounds(path, first, day) if isinstance(day, tuple) else {}
    for version in range(first + 1, last + 1):
        found = actions(path, version, "add", "remove", "commitInfo")
        if isinstance(day, tuple):
            known |= {file["path"]: _told(file, day) for action in found for kind, file in action.items() if kind == "add"}
        why = _reasons(found)
        for file in (part for action in found for kind, part in action.items() if kind != "commitInfo" and part.get("dataChange", True)):
            on = [date.fromisoformat(file["partitionValues"][day])] if isinstance(day, str) else _days(known[file["path"]], day)
            days |= {each: days.get(each, frozenset()) | why for each in on}
            if on[-1] != NO_DAY:
                rows[on[-1]] += json.loads(file.get("stats") or "{}").get("numRecords", 0)
    return Difference(Change(days), rows)


def _days(bounds: Bounds, span: Span) -> list[date]:
    """The days of a file's rows, NO_DAY first where some are of none."""
    low, high, nulls = bounds
    if low is None or high is None:
        return [NO_DAY]
    last = high - timedelta(microseconds=1) if span[0] != span[1] else high
    return [*([NO_DAY] if nulls else []), *between(low.date(), last.date())]


def _told(file: Mapping[str, Any], span: Span) -> Bounds:
    """Of a file that a commit adds. Raises KeyError where it does not say."""
    stats = json.loads(file["stats"])
    return _moment(stats["minValues"].get(span[0])), _moment(stats["maxValues"].get(span[1])), stats["nullCount"][span[0]]


def _bounds(path: str, version: int, span: Span) -> dict[str, Bounds]:
    """Of the files of a version: a commit that takes one away does not say it again."""
    held = pa.table(DeltaTable(path, version=version).get_add_actions(flatten=True)).to_pylist()
    return {
        file["path"]: (_moment(file[f"min.{span[0]}"]), _moment(file[f"max.{span[1]}"]), file[f"null_count.{span[0]}"]) for file in held
    }


def _moment(told: Any) -> datetime | None:
    return datetime.fromisoformat(str(told)) if told is not None else None


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
