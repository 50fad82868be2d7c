"""How things stand, out of Kafka, the tables' logs and the disk. Nothing is started, nothing is written."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from expectations.contract import families
from fleetlake.console import Failure
from fleetlake.names import family_of, position_id, table_path
from fleetlake.releases import published
from fleetlake.releases.history import BUILT_FROM
from fleetlake.releases.model import Published, Release
from fleetlake.settings import Settings
from spark_jobs.commits import actions
from spark_jobs.land.logs import Log, Place, logs, places, topics
from spark_jobs.refine.choose import bronze_files
from spark_jobs.tables import Table
from spark_jobs.watch.findings import Disk, Facts, Layer, Limits, Stream

LOOKS = 200  # commits back for the last one that moved a position: the others are maintenance


def facts(limits: Settings, now: datetime) -> Facts:
    """Streams by topic and by family, released layers, and the disks of this machine; of topics nothing but why, where Kafka does not answer."""
    lake, state = limits.lake_root, published(limits.lake_root)
    layers = (_layer(lake, state, release, now) for name, release in state.releases.items() if name in ("silver", "gold", "features"))
    folders = dict.fromkeys(str(each) for each in (limits.home.absolute(), lake) if "://" not in str(each))
    disks = tuple(Disk(each, shutil.disk_usage(each).free) for each in folders)
    landed, unheard = _heard(lake, now)
    return Facts((*landed, *refining(lake, now)), tuple(layers), disks, unheard)


def limits_of(told: Settings) -> Limits:
    """The limits that are set."""
    return Limits(told.stuck_after, told.silent_after, told.stale_after, told.backlog, told.least_disk_bytes)


def _heard(lake: str, now: datetime) -> tuple[tuple[Stream, ...], Failure | None]:
    try:
        return tuple(landing(lake, now)), None
    except Failure as failure:
        return (), failure


def landing(lake: str, now: datetime) -> Iterator[Stream]:
    """What land has not taken yet, by topic. Raises Failure where Kafka does not answer."""
    found = topics()
    reach = logs(places(found))
    for name, topic in found.items():
        table = Table.existing(lake, f"bronze.{family_of(name)}")
        behind = sum(_unlanded(table, topic.topic_id, place, log) for place, log in reach.items() if place.topic == name)
        yield Stream("land", name, f"bronze.{family_of(name)}", behind, _idle(table, now))


def _unlanded(table: Table | None, topic_id: str, place: Place, log: Log) -> int:
    position = table.position(position_id(table.name, topic_id, place.partition)) if table else None
    return max(0, log.end - (log.start if position is None else position + 1))


def refining(lake: str, now: datetime) -> Iterator[Stream]:
    """What refine has not taken yet, by family."""
    for family in families():
        if bronze := Table.existing(lake, f"bronze.{family}"):
            silver = Table.existing(lake, f"silver.{family}")
            yield Stream("refine", bronze.name, f"silver.{family}", _unrefined(bronze, silver), _idle(silver, now))


def _unrefined(bronze: Table, silver: Table | None) -> int:
    last: dict[tuple[str, int], tuple[int, int]] = {}
    for file in bronze_files(bronze.name, bronze.actions()):
        first, newest = last.get(file.source, (file.first, file.last))
        last[file.source] = min(first, file.first), max(newest, file.last)
    held = {source: silver.position(position_id(silver.name, *source)) if silver else None for source in last}
    return sum(max(0, newest - _or(held[source], first - 1)) for source, (first, newest) in last.items())


def _or(position: int | None, before: int) -> int:
    return before if position is None else position


def _idle(table: Table | None, now: datetime) -> timedelta | None:
    """Since a commit last moved one of the table's positions."""
    if table is None:
        return None
    for version in islice(range(table.version, -1, -1), LOOKS):
        found = actions(table.path, version, "commitInfo", "txn")
        if any("txn" in action for action in found):
            return now - _at(found)
    return None


def _at(found: list[dict[str, dict[str, int]]]) -> datetime:
    return datetime.fromtimestamp(next(action["commitInfo"]["timestamp"] for action in found if "commitInfo" in action) / 1000, UTC)


def _layer(lake: str, state: Published, release: Release, now: datetime) -> Layer:
    return Layer(release.layer, now - release.at, _waiting(lake, state, release, now), release.is_held)


def _waiting(lake: str, state: Published, release: Release, now: datetime) -> timedelta | None:
    """Since when readers could see more: of gold, since a newer silver is out; of silver, since the first newer commit that brought rows."""
    if source := state.releases.get(BUILT_FROM.get(release.layer, "")):
        return now - source.at if release.built_from is not None and release.built_from < source.effective else None
    newer = (_first_newer(table_path(lake, pin.table), pin.version) for pin in release.pins.values())
    since = min((at for at in newer if at is not None), default=None)
    return None if since is None else now - since


def _first_newer(path: str, version: int) -> datetime | None:
    for number in range(version + 1, version + LOOKS):
        try:
            found = actions(path, number, "commitInfo", "add")
        except FileNotFoundError:
            return None
        if any(action["add"].get("dataChange", True) for action in found if "add" in action):
            return _at(found)
    return None
