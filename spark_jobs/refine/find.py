"""Finds twins: rows of a run whose hashes meet, with each other or with silver's of the same day.

A task takes a share of a family's hash space: it reads the hash column of all the run's files, keeps its share, and looks at the ids of
only those few rows that met. That needs no shuffle: to read eight bytes a row once per share costs less than to send them to each other.
A match of 64-bit hashes is no proof at the size of a fleet (some seven chance matches a day among 16 billion events), so the ids decide.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.files import filesystem
from spark_jobs.refine.items import WorkItem
from spark_jobs.refine.twins import FOUND, PLACE
from spark_jobs.tables import Table

SHARE_ROWS = 2_000_000  # rows whose hashes a task holds: some 60 MB
FACTS = ("vehicle_key", "event_id", "body_hash", "received_at", *PLACE)
KEY = ("occurred_on", "event_hash")


@dataclass(frozen=True)
class SilverFile:
    """A file of a family's silver table, at the version that the run was begun with."""

    uri: str
    occurred_on: date


@dataclass(frozen=True)
class Search:
    """A share of a family's hash space: rows whose hash modulo `shares` is `share`."""

    family: str
    items: tuple[tuple[int, WorkItem], ...]  # with their numbers
    silver: tuple[SilverFile, ...]
    share: int
    shares: int


def silver_files(silver: Table | None) -> list[SilverFile]:
    """The files of a family's silver table as it stands."""
    actions = silver.actions() if silver is not None else []
    return [SilverFile(f"{silver.path}/{action['path']}", action["partition.occurred_on"]) for action in actions if silver is not None]


def searches(family: str, items: Sequence[tuple[int, WorkItem]], rows: int, silver: Sequence[SilverFile]) -> Iterator[Search]:
    """Shares of about SHARE_ROWS or fewer of the `rows` that the items have together."""
    shares = 1 + rows // SHARE_ROWS
    for share in range(shares):
        yield Search(family, tuple(items), tuple(silver), share, shares)


def found(search: Search) -> bytes:
    """The rows that met, of which one at least is new, as an Arrow stream of twins.FOUND."""
    new = pl.concat([_hashes(number, turn, item, search) for number, item in search.items for turn in range(len(item.files))])
    days = set(new["occurred_on"].unique())
    held = [rows for file in search.silver if file.occurred_on in days for rows in _held(file, new)]
    met = pl.concat([part.select(KEY) for part in (*held, new.filter(pl.struct(KEY).is_duplicated()))]).unique()
    return _sent([*_facts(new.join(met, on=KEY, how="semi"), search), *held], search.family)


def received(streams: Iterable[bytes]) -> pl.DataFrame:
    """All rows (twins.FOUND) that the searches found."""
    return pl.concat([pl.DataFrame(schema=FOUND), *(pl.read_ipc_stream(io.BytesIO(stream)) for stream in streams)])


def _hashes(number: int, turn: int, item: WorkItem, search: Search) -> pl.DataFrame:
    """Key and row number of the file's rows that are the item's and in this share; rows without identity are nobody's twins."""
    file = item.files[turn]
    rows = _read(file.uri, ["event_hash", "occurred_on", "topic_id", "partition", "offset"]).with_row_index("row")
    wanted = (pl.col("topic_id") == file.topic_id) & (pl.col("partition") == file.partition) & (pl.col("offset") > file.after)
    if file.only is not None:
        wanted &= pl.col("offset").is_in(sorted(file.only))
    known = pl.col("event_hash").is_not_null() & pl.col("occurred_on").is_not_null()
    mine = (pl.col("event_hash").reinterpret(signed=False) % search.shares) == search.share
    columns = [*map(pl.col, KEY), pl.col("row"), pl.lit(number, pl.Int64).alias("item"), pl.lit(turn, pl.Int64).alias("turn")]
    return rows.filter(wanted & known & mine).select(columns)


def _held(file: SilverFile, new: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The file's rows that meet new ones, with their facts."""
    hashes = _read(file.uri, ["event_hash"]).with_row_index("row").with_columns(occurred_on=pl.lit(file.occurred_on))
    met = hashes.join(new, on=KEY, how="semi")
    if met.height:
        facts = _read(file.uri, FACTS)[met["row"]]
        nowhere = [pl.lit(True).alias("held"), *(pl.lit(None, pl.Int64).alias(name) for name in ("item", "turn"))]
        yield pl.concat([met.select(KEY), facts], how="horizontal").with_columns(nowhere)


def _facts(met: pl.DataFrame, search: Search) -> Iterator[pl.DataFrame]:
    items = dict(search.items)
    for (number, turn), rows in met.partition_by("item", "turn", as_dict=True, maintain_order=True).items():
        facts = _read(items[number].files[turn].uri, FACTS)[rows["row"]]
        yield pl.concat([rows.drop("row"), facts], how="horizontal").with_columns(held=pl.lit(False))


def _sent(parts: Sequence[pl.DataFrame], family: str) -> bytes:
    rows = pl.concat(
        [pl.DataFrame(schema=FOUND), *(part.with_columns(family=pl.lit(family)).select(FOUND.names()).cast(FOUND) for part in parts)]
    )
    stream = io.BytesIO()
    rows.write_ipc_stream(stream, compression="zstd")
    return stream.getvalue()


def _read(uri: str, columns: Sequence[str]) -> pl.DataFrame:
    filesystem_, path = filesystem(uri)
    table: pa.Table = pq.ParquetFile(path, filesystem=filesystem_).read(list(columns), use_threads=False)
    return pl.DataFrame(table)
