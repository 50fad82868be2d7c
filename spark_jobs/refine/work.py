"""What becomes of a chunk of records: silver, quarantine or duplicates. Arrow in, Arrow out; no Spark, no paths, no commits."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contract import Contract, contract
from expectations.schemas import arrow_schema
from spark_jobs.decode import Limits, judge
from spark_jobs.refine.twins import HELD, PLACE, PLACED, decide, remembered

CONFLICT = "event_id: one body"  # the rule that a twin with another body breaks
TWINS = PLACED | {"group": pl.Int64()}


@dataclass(frozen=True)
class Notes:
    """What is known of a work item's twins before its rows are judged."""

    twins: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TWINS))  # the item's rows that are not alone
    held: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HELD))  # per group the row that is kept, where it is known
    refined: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PLACED))  # places that silver holds already

    def after(self, decided: pl.DataFrame) -> "Notes":
        """The notes for the item's next chunk."""
        return Notes(self.twins, remembered(self.held, decided), self.refined)


@dataclass(frozen=True)
class Outcome:
    """A chunk taken apart: each of its rows is in exactly one of the three tables, or was `refined` before."""

    silver: pa.Table
    quarantine: pa.Table
    duplicates: pa.Table
    refined: pa.Table


def refine(chunk: pa.Table, by: Contract, notes: Notes, run: int, limits: Limits) -> tuple[Outcome, Notes]:
    """Judges rows of bronze (all columns) and applies the twin rules; returns the notes for the next chunk, too."""
    fresh, before = _fresh(chunk, notes)
    judged = judge(fresh, by, limits)
    decided = _decided(fresh, judged.rows, notes)
    twins = {name: decided.filter(pl.col("outcome") == name) for name in ("duplicate", "conflict")}
    alone = pl.concat(twins.values())["at"]
    quarantine = [
        _quarantine(
            fresh.filter(judged.reasons.is_valid()), judged.reasons.drop_null(), judged.rules.filter(judged.reasons.is_valid()), by, run
        ),
        _conflicts(fresh, twins["conflict"], by, run),
    ]
    outcome = Outcome(
        _without(judged.silver, alone),
        pa.concat_tables(quarantine),
        _duplicates(fresh, twins["duplicate"], by, run),
        before,
    )
    return outcome, notes.after(decided) if decided.height else notes


def accepted(chunk: pa.Table, by: Contract, limits: Limits) -> pl.DataFrame:
    """The places of the rows that hold by themselves, before any twin is looked at."""
    return pl.DataFrame(chunk.select(list(PLACE)).take(judge(chunk, by, limits).rows))


def _fresh(chunk: pa.Table, notes: Notes) -> tuple[pa.Table, pa.Table]:
    """The rows that silver does not hold, and those that it does."""
    if notes.refined.is_empty():
        return chunk, chunk.slice(0, 0)
    rows = pl.DataFrame(chunk.select(list(PLACE))).with_row_index("row")
    fresh, before = (rows.join(notes.refined, on=PLACE, how=how, maintain_order="left")["row"].to_arrow() for how in ("anti", "semi"))
    return chunk.take(fresh), chunk.take(before)


def _decided(chunk: pa.Table, rows: pa.Int64Array, notes: Notes) -> pl.DataFrame:
    """The accepted rows that have twins, with their outcome; `row` is their index in the chunk, `at` among the accepted."""
    places = pl.DataFrame(chunk.select(list(PLACE)).take(rows)).with_columns(row=pl.Series(rows, dtype=pl.Int64)).with_row_index("at")
    noted = places.join(notes.twins, on=PLACE, how="inner", maintain_order="left")
    facts = pl.DataFrame(chunk.select(["body_hash", "received_at"]).take(noted["row"].to_arrow()))
    return decide(pl.concat([noted, facts], how="horizontal"), notes.held)


def _without(silver: pa.Table, alone: pl.Series) -> pa.Table:
    if alone.is_empty():
        return silver
    return silver.filter(pc.invert(pc.is_in(pa.array(range(silver.num_rows), pa.int64()), alone.cast(pl.Int64).to_arrow())))


def _conflicts(chunk: pa.Table, decided: pl.DataFrame, by: Contract, run: int) -> pa.Table:
    rows = chunk.take(decided["row"].to_arrow())
    return _quarantine(rows, pa.repeat("conflict", rows.num_rows), pa.repeat(CONFLICT, rows.num_rows), by, run)


def _quarantine(rows: pa.Table, reasons: pa.Array, rules: pa.Array, by: Contract, run: int) -> pa.Table:
    verdict = {"family": by.table, "reason": reasons, "rule": rules, "contract_version": by.version, "run": run}
    return _table("silver.quarantine", rows, verdict)


def _duplicates(chunk: pa.Table, decided: pl.DataFrame, by: Contract, run: int) -> pa.Table:
    kept = {f"kept_{name}": decided[f"kept_{name}"].to_arrow() for name in PLACE}
    return _table("ops.duplicates", chunk.take(decided["row"].to_arrow()), {"family": by.table, "run": run, **kept})


def _table(name: str, rows: pa.Table, added: dict[str, Any]) -> pa.Table:
    """Rows of a table of ours: columns of the chunk, and those that are `added`, a constant or one value a row."""
    schema = arrow_schema(contract(name))
    columns = [_column(added[each.name], each, rows.num_rows) if each.name in added else rows[each.name] for each in schema]
    return pa.table([column.cast(each.type) for column, each in zip(columns, schema, strict=True)], schema=schema)


def _column(value: Any, of: pa.Field, rows: int) -> pa.Array | pa.ChunkedArray:
    return value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.repeat(pa.scalar(value, of.type), rows)
