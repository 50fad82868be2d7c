"""Kafka against bronze, and bronze against its ledger: pure comparisons of marks."""

from collections.abc import Iterable

import polars as pl

from spark_jobs.audit.digest import sum_of_limbs
from spark_jobs.audit.findings import Finding, Log, finding

LIMBS = ("limb_3", "limb_2", "limb_1", "limb_0")
COUNTED = {"first_offset": pl.Int64, "rows": pl.Int64} | dict.fromkeys(LIMBS, pl.UInt64)


def compare(kafka: pl.DataFrame, bronze: pl.DataFrame, table: str, log: Log) -> list[Finding]:
    """Marks of the same offsets from both sides: each record is there once, with the same bytes, and nothing else is."""
    both = kafka.join(bronze, on="offset", how="inner", suffix="_bronze")
    changed = both.filter((pl.col("high") != pl.col("high_bronze")) | (pl.col("low") != pl.col("low_bronze")))
    return [
        *finding("lost", table, log, kafka.join(bronze, on="offset", how="anti")["offset"]),
        *finding("invented", table, log, bronze.join(kafka, on="offset", how="anti")["offset"].unique()),
        *finding("changed", table, log, changed["offset"].unique()),
    ]


def within(bronze: pl.DataFrame, table: str, log: Log) -> list[Finding]:
    """What bronze alone can show: places that it holds twice, columns that its own bytes contradict."""
    return [
        *finding("doubled", table, log, bronze.filter(pl.col("offset").is_duplicated())["offset"].unique()),
        *finding("disagrees", table, log, bronze.filter(~pl.col("agrees"))["offset"]),
    ]


def counted(bronze: pl.DataFrame, entries: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Rows and sums of digest limbs per ledger entry (COUNTED), and the offsets that no entry covers.

    `entries` are the ledger's rows of this topic-partition: first_offset, last_offset.
    """
    spans = entries.select("first_offset", "last_offset").sort("first_offset")
    placed = bronze.sort("offset").join_asof(spans, left_on="offset", right_on="first_offset", strategy="backward", coalesce=False)
    covered = placed.filter(pl.col("offset") <= pl.col("last_offset"))
    limbs = [
        _limb(half, shift).sum().alias(name)
        for name, (half, shift) in zip(LIMBS, (("high", 32), ("high", 0), ("low", 32), ("low", 0)), strict=True)
    ]
    sums = covered.group_by("first_offset").agg(pl.len().cast(pl.Int64).alias("rows"), *limbs).select(list(COUNTED))
    return sums, placed.join(covered, on="offset", how="anti")["offset"]


def against_ledger(entries: pl.DataFrame, parts: Iterable[pl.DataFrame], table: str, log: Log) -> list[Finding]:
    """Each entry's rows and checksum against what was counted in all windows (COUNTED)."""
    sums = pl.concat([pl.DataFrame(schema=COUNTED), *parts]).group_by("first_offset").sum()
    rows = entries.join(sums, on="first_offset", how="left", suffix="_held").with_columns(pl.col("rows_held", *LIMBS).fill_null(0))
    findings: list[Finding] = []
    for row in rows.iter_rows(named=True):
        where = f"version {row['version']}, offsets {row['first_offset']}–{row['last_offset']}: ledger {row['rows']} rows, table {row['rows_held']}"
        if row["rows"] != row["rows_held"]:
            findings += finding("ledger_rows", table, log, [row["first_offset"]], where)
        elif row["checksum"] != sum_of_limbs(tuple(row[name] for name in LIMBS)):
            findings += finding("ledger_checksum", table, log, [row["first_offset"]], where)
    return findings


def gaps(entries: pl.DataFrame, table: str, log: Log) -> list[Finding]:
    """Entries go on where the one before ended, but for a baseline: there landing began, or began anew after Kafka had let go."""
    ordered = entries.sort("first_offset", "last_offset", "version")
    end = -1
    findings: list[Finding] = []
    for first, last, baseline, version in ordered.select("first_offset", "last_offset", "baseline", "version").iter_rows():
        if first <= end or (first != end + 1 and not baseline):
            findings += finding(
                "ledger_gap", table, log, [min(first, end + 1)], f"version {version} begins at {first}, the one before ended at {end}"
            )
        end = max(end, last)
    return findings


def _limb(half: str, shift: int) -> pl.Expr:
    return (pl.col(half) // (1 << shift)) % (1 << 32)
