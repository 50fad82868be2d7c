"""Rows that could have the same key: those whose 64-bit hashes repeat. There are hardly any, so that ids are compared for few.

A family's rows carry the hash of their ids; others are hashed here. Hashes are sorted in shares, so that memory does not grow with the table.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow.dataset as ds

from expectations.suites import once
from spark_jobs.gate.snapshot import Snapshot, batches
from spark_jobs.gate.versions import Lake

SHARE_ROWS = 5_000_000  # hashes that are sorted at once: 40 MB, and what copies take
MOST_ROWS = 10_000  # that are handed on: a day that was written twice needs no more proof
IDS = ("vehicle_key", "event_id")


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """The key columns of rows whose hash another one has too, at most MOST_ROWS; of a family's, first_… are its ids but for twins of the same day."""
    key = once.key(snapshot.contract)
    hashed = ["event_hash"] if snapshot.contract.topic else list(key)
    rows = snapshot.rows(_days(snapshot))
    repeated = _repeated(rows, hashed)
    found = pl.DataFrame(schema=dict.fromkeys(key, pl.String)) if not len(repeated) else _of_hashes(rows, key, hashed, repeated)
    return _with_first(found) if snapshot.contract.topic else found


def _days(snapshot: Snapshot) -> frozenset[date] | None:
    """The changed days; for a family's ids also the days before them."""
    if snapshot.changed is None or not snapshot.contract.topic:
        return snapshot.changed
    return snapshot.changed | {day - timedelta(days=1) for day in snapshot.changed}


def _repeated(rows: ds.Dataset, hashed: list[str]) -> np.ndarray:
    shares = 1 + rows.count_rows() // SHARE_ROWS
    return np.concatenate([_repeated_in(rows, hashed, share, shares) for share in range(shares)])


def _repeated_in(rows: ds.Dataset, hashed: list[str], share: int, shares: int) -> np.ndarray:
    parts = [values if shares == 1 else values[values % shares == share] for values in _hashes(rows, hashed)]
    values = np.concatenate(parts) if parts else np.empty(0, np.uint64)
    values.sort()
    return np.unique(values[1:][values[1:] == values[:-1]])


def _hashes(rows: ds.Dataset, hashed: list[str]) -> Iterator[np.ndarray]:
    for batch in batches(rows, hashed):
        yield _hash(pl.DataFrame(batch), hashed)


def _hash(batch: pl.DataFrame, hashed: list[str]) -> np.ndarray:
    """One number a row: the event's own hash, or one of the columns."""
    if hashed == ["event_hash"]:
        return batch["event_hash"].reinterpret(signed=False).fill_null(0).to_numpy()
    return batch.select(hashed).hash_rows(seed=0).to_numpy()


def _of_hashes(rows: ds.Dataset, key: tuple[str, ...], hashed: list[str], repeated: np.ndarray) -> pl.DataFrame:
    wanted, found, held = np.sort(repeated)[: MOST_ROWS // 2], list[pl.DataFrame](), 0
    for batch in batches(rows, list(dict.fromkeys([*key, *hashed]))):
        part = pl.DataFrame(batch)
        found.append(part.filter(np.isin(_hash(part, hashed), wanted)).select(key))
        held += found[-1].height
        if held >= MOST_ROWS:
            break
    return pl.concat(found).head(MOST_ROWS)


def _with_first(found: pl.DataFrame) -> pl.DataFrame:
    is_first = pl.struct("vehicle_key", "event_id", "occurred_on").is_first_distinct()
    return found.with_columns(pl.when(is_first).then(pl.col(name)).alias(f"first_{name}") for name in IDS)
