"""Gold as dbt builds it beside gold as the second computation has it, for a simulated fleet and its bill."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.settings import settings
from fleetlake.simulator.bill import bill
from fleetlake.simulator.plan import Plan
from spark_jobs.imports.job import bring
from spark_jobs.imports.kinds import KINDS
from tests.gold import second
from tests.gold.compare import described, differences, written
from tests.gold.second import costs
from tests.gold.silver import Silver

OPS = ("table_stats", "job_costs", "reads")
ALL = "model = 'all' and market = 'all'"


LATENCY_OF_TOLD = """
create or replace table api_latency_hourly as from api_latency_hourly
semi join (from api_slo_hourly where not is_withheld) as told using (called_at, service, region)
"""
RECALLS = """nhtsa_id,make,model,model_year
26V001,ACME,C1E,2025
26V001,ACME,C1E,2026
26V001,ACME,C2E,9999
26V002,ACME,T2,9999
"""


def billed(lake: str, plan: Plan, folder: Path) -> None:
    """The bill of the plan's days is imported, and a list of recalls."""
    (folder / "recalls.csv").write_text(RECALLS)
    bring(lake, KINDS["recalls"], [folder / "recalls.csv"], lambda text, rows: None)
    bill(plan).write_csv(folder / "charges.csv")
    bring(lake, KINDS["cost"], [folder / "charges.csv"], lambda text, rows: None)


def engine_of(rows: Silver, first: date, last: date, recalls: Sequence[dict[str, Any]] = ()) -> duckdb.DuckDBPyConnection:
    """All tables of the second computation."""
    engine = second.connected()
    for recall in recalls:
        engine.execute("insert into silver.recalls values ($campaign_id, $make, $model, $model_year)", recall)
    for family, events in rows.accepted.items():
        engine.register("held", events)
        engine.execute(f"create table silver.{family} as from held")
    engine.register("held", rows.refused)
    engine.execute("create table refused as from held")
    second.compute(engine, list(rows.accepted), first, last)
    return engine


def again(lake: str, rows: Silver, first: date, last: date) -> dict[str, pl.DataFrame]:
    """Every mart a second time, without anything withheld."""
    return tables(lake, engine_over(lake, rows, first, last))


def again_from(lake: str, rows: Silver, first: date, last: date, published: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same where some marts are as readers see them: what is made of those may tell no more than they do."""
    engine = engine_over(lake, rows, first, last)
    for mart, frame in published.items():
        engine.register("held", frame)
        engine.execute(f"create or replace table {mart} as from held")
    engine.execute(LATENCY_OF_TOLD)
    return tables(lake, engine)


def engine_over(lake: str, rows: Silver, first: date, last: date) -> duckdb.DuckDBPyConnection:
    """The second computation of these rows and of the recalls that the lake has."""
    recalls = [{name: row[name] for name in ("campaign_id", "make", "model", "model_year")} for row in _rows(lake, "silver.recalls")]
    return engine_of(rows, first, last, recalls)


def tables(lake: str, engine: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """Every mart; those of costs out of the charges and the ops tables that the lake has."""
    return {mart: engine.execute(f"from {mart}").pl() for mart in second.MARTS} | costs_of(lake, engine)


def unequal(lake: str, second_time: dict[str, pl.DataFrame]) -> list[str]:
    """What differs, mart by mart, in sentences; marts that are in one of the two only, too."""
    made = {f"{path.parts[-3]}.{path.parts[-2]}" for layer in ("gold", "gold_internal") for path in Path(lake, layer).glob("*/_delta_log")}
    made -= {"gold.restatements"}
    known = {f"{described(mart)['schema']}.{mart}" for mart in second_time}
    found = [f"{table} is made once only" for table in sorted(made ^ known)]
    for mart, frame in second_time.items():
        if f"{described(mart)['schema']}.{mart}" in made:
            found += differences(mart, written(lake, mart), frame)
    return found


def costs_of(lake: str, engine: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """The marts of costs, once the others are computed."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        return engine.execute(query).fetchall()

    charges = _rows(lake, "silver.cost_charges")
    given = costs.Inputs(
        charges=charges,
        drivers=engine.execute("from cost_drivers_daily").pl().to_dicts(),
        usage={
            (day, feature): (dav, None if successes is None else int(successes))
            for day, feature, dav, successes in rows(
                f"select used_on, feature_id, dav, successes from feature_usage_daily where {ALL} and sw_version = 'all'"
            )
        },
        active=dict(rows(f"select observed_on, active from fleet_daily where {ALL}")),
        monthly={
            (month, feature): vehicles
            for month, feature, vehicles in rows(
                "select cast(date_trunc('month', used_on) as date), feature_id, count(distinct vehicle_key) from feature_vehicle_days"
                " where is_eligible and successes > 0 group by all"
            )
        },
        interactions=dict(rows("select asked_on, interactions from assistant_daily where intent = 'all' and market = 'all'")),
        days=[day for (day,) in rows("select day from calendar")],
        k=settings().smallest_cell,
        **{name: _rows(lake, f"ops.{name}") for name in OPS},
    )
    return {mart: _framed(mart, costs.told(found)) for mart, found in costs.compute(given).items()}


def _framed(mart: str, found: list[dict[str, Any]]) -> pl.DataFrame:
    kinds = {name: pl.Decimal(38, 18) if isinstance(kind, pl.Decimal) else kind for name, kind in described(mart)["columns"].items()}
    return pl.DataFrame([{name: row[name] for name in kinds} for row in found], schema=kinds)


def _rows(lake: str, table: str) -> list[dict[str, Any]]:
    path = table_path(lake, table)
    return pl.read_delta(path).to_dicts() if DeltaTable.is_deltatable(path) else []
