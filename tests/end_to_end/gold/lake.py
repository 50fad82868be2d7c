"""A lake of three vehicles that use a feature every day of three weeks, and a small project of gold over it."""

import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from expectations import models
from expectations.contract import contract, contracts
from fleetlake.names import table_path
from spark_jobs.build import dbt
from spark_jobs.build.job import Done, Wanted, build
from spark_jobs.layers import tables_of
from spark_jobs.releases.plan import release
from tests.spark_jobs.gate.lakes import commit
from tests.spark_jobs.gate.rows import sound
from tests.spark_jobs.releases.fabricated import gated

FIRST, DAYS = date(2026, 6, 1), 21
HERE = Path(__file__).parent / "project"
USES, REGISTER = "silver.feature_usage", "silver.vehicle_lifecycle"
GOLD = ("gold", "gold_internal")
TABLES = ("gold.calendar", "gold.uses_daily", "gold_internal.uses", "gold_internal.vehicles")


def project(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """The small project in a folder of the test's own, in place of the one that comes with fleetlake."""
    shutil.copytree(HERE, folder)
    shutil.copytree(dbt.PROFILES / "macros", folder / "macros")
    (folder / "seeds").mkdir()
    patch.setattr(dbt, "HOME", folder)
    patch.setattr(models, "HOME", folder / "models")
    contracts.cache_clear()
    return folder / "models"


def day(number: int) -> date:
    """Days count from 0."""
    return FIRST + timedelta(days=number)


def use(number: int, vehicle: str = "v1", late_days: int = 0) -> dict[str, Any]:
    """A use on a day; received so many days later."""
    at = datetime.combine(day(number), datetime.min.time(), UTC) + timedelta(hours=9)
    when = {"occurred_at": at, "occurred_on": at.date(), "received_at": at + timedelta(days=late_days)}
    return sound(contract(USES), number, vehicle_key=vehicle, **when)


def update(number: int, version: str, vehicle: str = "v1") -> dict[str, Any]:
    """A vehicle's new software from a day on."""
    at = datetime.combine(day(number), datetime.min.time(), UTC)
    told = {"kind": "software_changed", "software_version": version, "valid_from": at}
    return sound(contract(REGISTER), number, vehicle_key=vehicle, occurred_at=at, occurred_on=at.date(), received_at=at, **told)


def written(lake: str, *rows: dict[str, Any]) -> None:
    """Rows come to silver, and silver is released."""
    for name in (USES, REGISTER):
        if of_table := [row for row in rows if ("kind" in row) == (name == REGISTER)]:
            commit(lake, name, of_table, {}, [])
    passed(lake, "silver")


def passed(lake: str, layer: str) -> None:
    """All tables of a layer pass their gate, and are released."""
    layers = GOLD if layer == "gold" else (layer,)
    gated(lake, {name: DeltaTable(table_path(lake, name)).version() for each in layers for name in tables_of(lake, each)})
    release(lake, layer)


def begun(lake: str) -> None:
    """Three weeks of uses, and a change of software in the middle."""
    vehicles = [update(0, "a", vehicle) for vehicle in ("v1", "v2", "v3")]
    written(lake, *vehicles, update(8, "b"), *(use(number, vehicle) for number in range(DAYS + 1) for vehicle in ("v1", "v2", "v3")))


def built(lake: str, spark: Any, *, plan: bool = False, **wanted: Any) -> Done:
    """A build in the tests' session."""
    return build(lake, lambda is_little: spark, Wanted(**wanted), lambda text: None, plan=plan)


def days_of(done: Done) -> dict[str, list[int] | str]:
    """By model, the days that are built anew."""
    return {
        name: "all" if change.everywhere else sorted((each - FIRST).days for each in change.days) for name, change in done.decided.items()
    }


def rows(lake: str, name: str) -> list[tuple[Any, ...]]:
    """What a table of gold holds, in order."""
    return sorted(pl.read_delta(table_path(lake, name)).iter_rows())


def files(lake: str, name: str) -> dict[str, set[str]]:
    """By day, the paths of a table's files."""
    found: dict[str, set[str]] = {}
    for path in DeltaTable(table_path(lake, name)).file_uris():
        found.setdefault(path.split("/")[-2], set()).add(path)
    return found


def counted(uses: list[dict[str, Any]], software: dict[str, list[tuple[int, str]]]) -> list[tuple[date, str, int]]:
    """uses_daily, counted by hand: software is (from day, version) of each vehicle."""
    counts: Counter[tuple[date, str]] = Counter()
    for one in uses:
        number = (one["occurred_on"] - FIRST).days
        version = [version for begins, version in sorted(software[one["vehicle_key"]]) if begins <= number][-1]
        for later in range(number, min(number + 3, DAYS)):
            if number < DAYS:
                counts[day(later), version] += 1
    return sorted((on, version, count) for (on, version), count in counts.items())
