"""Gold a second time: by DuckDB over the events themselves, written from what the yml files of the models say and from nothing else.

It shares neither SQL nor macros with dbt, of which it reads the seeds only. Nothing is withheld here (`is_withheld` is false everywhere): what a
model withholds is compared by `tests.gold.compare`. Each file of `sql` is one table, in the order of TABLES; the first ones are steps on the way.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from fleetlake.names import table_path

SQL = Path(__file__).parent / "sql"
PROJECT = Path(__file__).parents[3] / "dbt_project"
MODELS, SEEDS = PROJECT / "models", PROJECT / "seeds"
STEPS = ("changes", "states", "uses", "eligibility", "heard", "calls")
TABLES = (
    *("calendar", "changes", "vehicles", "states", "features", "vehicle_features", "uses", "feature_first_uses", "feature_vehicle_days"),
    *(
        "eligibility",
        "feature_vehicle_bits",
        "feature_usage_daily",
        "feature_retention_weekly",
        "campaigns",
        "service_route_days",
        "services",
    ),
    *(
        "commands",
        "command_funnel_daily",
        "charging_sessions",
        "charging_daily",
        "battery_days",
        "battery_health_monthly",
        "heard",
        "boots",
    ),
    *("vehicle_days", "fleet_daily", "vehicle_updates", "ota_campaigns", "ota_regressions", "navigation_daily", "assistant_daily", "calls"),
    *("api_histogram", "api_latency_hourly", "api_slo_hourly", "cost_drivers_daily"),
)
MARTS = tuple(table for table in TABLES if table not in STEPS)
ENVELOPE = "vehicle_key, event_id, boot_id, sequence, occurred_on, is_late, is_resend"


def connected() -> duckdb.DuckDBPyConnection:
    """An engine with the seeds. Its caller adds a table or view `silver.<family>` per family, `refused` (see `tests.gold.silver`) and rows of recalls."""
    engine = duckdb.connect(config={"threads": 2, "allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
    engine.execute("set TimeZone = 'UTC'")
    engine.execute("create schema silver")
    engine.execute("create schema seeds")
    engine.execute("create table silver.recalls (campaign_id text, make text, model text, model_year int)")
    # of a list in ascending order the value at rank ceil(p × n), p in percent: in whole numbers, since 0.95 is none
    engine.execute("create macro at_rank(found, percent) as list_sort(found)[(percent * len(found) + 99) // 100]")
    for path in sorted(SEEDS.glob("*.csv")):
        engine.execute(f"create table seeds.{path.stem} as from read_csv('{path}', header = true, nullstr = '')")
    return engine


def compute(engine: duckdb.DuckDBPyConnection, families: Sequence[str], first_day: date, last_day: date) -> None:
    """Makes all TABLES out of the events of these families, for a calendar of these days."""
    engine.execute(f"set variable first_day = date '{first_day}'")
    engine.execute(f"set variable last_day = date '{last_day}'")
    union = " union all ".join(f"select '{family}' as family, {ENVELOPE} from silver.{family}" for family in families)
    engine.execute(f"create or replace view events as {union}")
    for table in TABLES:
        engine.execute(f"create or replace table {table} as {(SQL / f'{table}.sql').read_text()}")


def over(engine: duckdb.DuckDBPyConnection, lake: str, families: Sequence[str]) -> dict[str, int]:
    """Makes views over the files of silver's tables, of which none was refused; returns the version of each table."""
    versions = {}
    for family in families:
        table = DeltaTable(table_path(lake, f"silver.{family}"))
        files = ", ".join(f"'{uri}'" for uri in table.file_uris())
        read = f"read_parquet([{files}], hive_partitioning = true, hive_types = {{'occurred_on': date}})"
        engine.execute(f"create view silver.{family} as from {read}")
        versions[f"silver.{family}"] = table.version()
    engine.execute(f"create table refused as select '' as family, {ENVELOPE}, occurred_on as received_on from silver.{families[0]} limit 0")
    return versions
