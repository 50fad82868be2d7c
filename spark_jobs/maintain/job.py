"""The job: look at each table, bring small files together, delete what nobody can see."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from expectations.contract import contract, families
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.console import Failure
from fleetlake.names import position_id
from fleetlake.overview import SMALL_BYTES
from fleetlake.releases import RELEASES, WAIVERS, selected
from fleetlake.releases.pins import pinned
from spark_jobs.exchange import Exchange
from spark_jobs.land.days import UNREPEATED
from spark_jobs.layers import tables_of
from spark_jobs.ledger import copied
from spark_jobs.maintain.garbage import File, delete, spent, unseen, version_at
from spark_jobs.maintain.plan import Group, bronze_groups, groups
from spark_jobs.maintain.rewrite import Rewriting, read, rewritten
from spark_jobs.refine.sinks import RANDOM
from spark_jobs.releases.log import tell
from spark_jobs.spread import each
from spark_jobs.tables import Table

LAYERS = ("bronze", "silver", "ops", "gold", "gold_internal", "features", "ml")
BUILT = ("gold", "gold_internal", "features")  # a build writes a file a day: there is nothing to bring together
CLUSTERED = ("vehicle_key", "occurred_at")


@dataclass(frozen=True)
class Due:
    """What is to be done with a table."""

    table: Table
    files: int
    small: int
    groups: Sequence[Group]
    unseen: Sequence[File]
    log: Sequence[File]

    @property
    def row(self) -> dict[str, Any]:
        """For people: counts, and megabytes."""
        merged, gone = [file for group in self.groups for file in group.files], [*self.unseen, *self.log]
        return {
            "table": self.table.name,
            "files": self.files,
            "small": self.small,
            "merged": len(merged),
            "into": len(self.groups),
            "rewritten_mb": round(sum(file.size for file in merged) / 1e6, 1),
            "deleted": len(gone),
            "freed_mb": round(sum(file.size for file in gone) / 1e6, 1),
        }


def tables(lake: str) -> list[str]:
    """All tables that are maintained."""
    return [name for layer in LAYERS for name in tables_of(lake, layer)]


def due(lake: str, name: str, pins: Mapping[str, Collection[int]], keep: timedelta, now: datetime) -> Due:
    """What is due in a table. Nothing is changed."""
    table = Table.existing(lake, name)
    if table is None:
        raise Failure(f"{name} is gone", "start again: it looks at the tables that are there")
    actions = table.actions()
    readable = {table.version, version_at(table, now - keep), *pins.get(name, ())}
    oldest = min(readable | ({copied(lake, table)} if _is_told(name) else set()))
    small = sum(action["size_bytes"] < SMALL_BYTES for action in actions)
    return Due(table, len(actions), small, _groups(lake, name, actions), unseen(table, readable, now - keep), spent(table, oldest))


def pins_of(lake: str, since: datetime) -> dict[str, set[int]]:
    """By table the versions that a release holds."""
    releases = Table.existing(lake, RELEASES)
    return pinned(selected(releases.delta), since) if releases else {}


def carry_out(lake: str, spark: Callable[[], SparkSession], found: Sequence[Due], told: Callable[[str], None]) -> None:
    """Rewrites and deletes; `spark` is asked for a session only when there is something to rewrite."""
    tasks = [(one, _task(one, group)) for one in found for group in one.groups]
    answers = each(spark(), [task for _, task in tasks], rewritten) if tasks else []
    for one in found:
        mine = [(task.group, answer) for (owner, task), answer in zip(tasks, answers, strict=True) if owner is one]
        if mine:
            told(f"{one.table.name}: {len(mine)} groups of files")
            old, new = [file for group, _ in mine for file in group.files], [file for _, answer in mine for file in read(answer)]
            one.table.replace(old, new, Exchange("OPTIMIZE", is_data_change=False))
            one.table.delta.create_checkpoint()
        delete(one.table.path, [*one.unseen, *one.log])
    if any(one.groups and one.table.name in (RELEASES, WAIVERS) for one in found):
        tell(lake)  # readers' one small file names the version of the log of releases


def _is_told(name: str) -> bool:
    """Whether the ledger copies what the table's commits say: then they stay until it has."""
    return name.partition(".")[0] in ("bronze", "silver") or name == "ops.duplicates"


def _groups(lake: str, name: str, actions: Sequence[Mapping[str, Any]]) -> list[Group]:
    layer, _, family = name.partition(".")
    if layer in BUILT:
        return []
    if layer != "bronze":
        return groups(actions)
    silver = Table.existing(lake, f"silver.{family}") if family in families() else None
    if silver is None:
        return []  # not refined yet
    return bronze_groups(actions, lambda source: _position(silver, source))


def _position(silver: Table, source: tuple[str, int]) -> int:
    position = silver.position(position_id(silver.name, *source))
    return -1 if position is None else position


def _task(one: Due, group: Group) -> Rewriting:
    of = contract(one.table.name)
    is_family = of.layer == "silver" and of.table in families()
    plain = UNREPEATED if of.layer == "bronze" else RANDOM
    return Rewriting(one.table.path, arrow_schema(of), statistics_columns(of), plain, CLUSTERED if is_family else (), group)
