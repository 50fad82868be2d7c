"""Bronze against silver, duplicates and quarantine: each refined place is in exactly one of them. Pure comparisons of marks."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from spark_jobs.audit.findings import Finding, Log, finding


@dataclass(frozen=True)
class Window:
    """Marks of one stretch of offsets of one topic-partition."""

    bronze: pl.DataFrame  # RAW
    silver: pl.DataFrame  # TOLD
    duplicates: pl.DataFrame  # TOLD, and run
    quarantine: pl.DataFrame  # RAW, and run

    def tables(self, silver: str) -> dict[str, pl.DataFrame]:
        """What refine writes, by name; `silver` is the family's table."""
        return {silver: self.silver, "ops.duplicates": self.duplicates, "silver.quarantine": self.quarantine}

    @property
    def closed(self) -> pl.Series:
        """Quarantined places that a replay brought into silver or duplicates."""
        elsewhere = pl.concat([self.silver.select("offset"), self.duplicates.select("offset")])
        return self.quarantine.join(elsewhere, on="offset", how="semi")["offset"]


def compare(window: Window, upto: int, silver: str, log: Log) -> list[Finding]:
    """Conservation of the places at or below `upto`, the family's refined position."""
    tables = window.tables(silver)
    refined = window.bronze.filter(pl.col("offset") <= upto)
    everywhere = pl.concat([rows.select("offset") for rows in tables.values()])
    both = window.silver.join(window.duplicates, on="offset", how="semi")["offset"]
    return [
        *finding("nowhere", silver, log, refined.join(everywhere, on="offset", how="anti")["offset"].unique()),
        *finding("silver_and_duplicate", silver, log, both.unique()),
        *(found for table, rows in tables.items() for found in _each(window.bronze, rows, upto, table, log)),
    ]


def unrecorded(bronze: pl.DataFrame, entries: pl.DataFrame, upto: int, silver: str, log: Log) -> list[Finding]:
    """Refined rows that no run of the ledger took."""
    refined_rows = bronze.filter(pl.col("offset") <= upto).select("offset")
    return finding("unrecorded", silver, log, refined_rows.join(_inside(refined_rows, entries), on="offset", how="anti")["offset"].unique())


def run_counts(window: Window, entries: pl.DataFrame) -> pl.DataFrame:
    """Per ledger entry of refine (first_offset, last_offset, run): rows that bronze, silver, duplicates and quarantine hold of it; places in any of the three.

    A row that a later replay brought into silver or duplicates still counts as quarantined, as its run left it.
    """
    first_seen = {
        "bronze": window.bronze.select("offset"),
        "silver": window.silver.join(window.quarantine, on="offset", how="anti").select("offset"),
        "duplicates": window.duplicates.select("offset", "run"),
        "quarantined": window.quarantine.select("offset", "run"),
    }
    counts = entries.select("first_offset", "last_offset", "run").sort("first_offset")
    first_seen["placed"] = pl.concat([rows.select("offset") for rows in window.tables("").values()]).unique()
    for name, rows in first_seen.items():
        counts = counts.join(_per_entry(rows, entries, name), on="first_offset", how="left")
    return counts.with_columns(pl.col(*first_seen).fill_null(0))


def against_runs(entries: pl.DataFrame, parts: list[pl.DataFrame], silver: str, log: Log, *, is_reprocessed: bool) -> Iterator[Finding]:
    """Each refine entry's counts against what was counted in all windows, and its bronze rows against their sum.

    Of rows that were judged anew since only the sum still shows.
    """
    names = ("placed",) if is_reprocessed else ("silver", "duplicates", "quarantined")
    told = entries.with_columns(placed=pl.sum_horizontal("silver", "duplicates", "quarantined"))
    nothing = pl.DataFrame(schema=dict.fromkeys(("first_offset", "bronze", *names), pl.Int64))
    sums = pl.concat([nothing, *(part.select(nothing.columns) for part in parts)]).group_by("first_offset").sum()
    held_beside = told.join(sums, on="first_offset", how="left", suffix="_held").with_columns(
        pl.col("bronze", *(f"{name}_held" for name in names)).fill_null(0)
    )
    for row in held_beside.iter_rows(named=True):
        said, held = [row[name] for name in names], [row[f"{name}_held"] for name in names]
        if said != held or row["rows"] != row["silver"] or row["bronze"] != sum(held):
            detail = f"run {row['run']}, offsets {row['first_offset']}–{row['last_offset']}: ledger {said} and {row['rows']} rows, tables {held}, bronze {row['bronze']} rows"
            yield from finding("run_counts", silver, log, [row["first_offset"]], detail)


def _each(bronze: pl.DataFrame, rows: pl.DataFrame, upto: int, table: str, log: Log) -> Iterator[Finding]:
    """What one table's rows must be: once a place, below the position, and what bronze has at that place."""
    yield from finding("doubled", table, log, rows.filter(pl.col("offset").is_duplicated())["offset"].unique())
    yield from finding("above_position", table, log, rows.filter(pl.col("offset") > upto)["offset"].unique())
    yield from finding("disagrees", table, log, rows.filter(~pl.col("agrees"))["offset"].unique())
    yield from finding("unknown_place", table, log, rows.join(bronze, on="offset", how="anti")["offset"].unique())
    both = rows.join(bronze, on="offset", how="inner", suffix="_bronze")
    other = both.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_bronze")) for name in ("event_hash", "body_hash", "occurred_on"))
    )
    yield from finding("other_event", table, log, other["offset"].unique())
    if "high" in rows.columns:
        bytes_differ = both.filter((pl.col("high") != pl.col("high_bronze")) | (pl.col("low") != pl.col("low_bronze")))
        yield from finding("other_bytes", table, log, bytes_differ["offset"].unique())


def _per_entry(rows: pl.DataFrame, entries: pl.DataFrame, name: str) -> pl.DataFrame:
    inside = _inside(rows, entries)
    if "run" in rows.columns:
        inside = inside.filter(pl.col("run") == pl.col("entry_run"))
    return inside.group_by("first_offset").agg(pl.len().cast(pl.Int64).alias(name))


def _inside(rows: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Rows that an entry covers, with its first_offset and entry_run."""
    spans = entries.select("first_offset", "last_offset", pl.col("run").alias("entry_run")).sort("first_offset")
    placed = rows.sort("offset").join_asof(spans, left_on="offset", right_on="first_offset", strategy="backward", coalesce=False)
    return placed.filter(pl.col("offset") <= pl.col("last_offset"))
