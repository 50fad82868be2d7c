"""A lake in an object store: the same commits, releases and readers, and never two writers."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pyarrow as pa
import pytest

import fleetlake
from fleetlake.console import Busy
from fleetlake.overview import overview
from fleetlake.readers.extensions import secret
from fleetlake.releases import published
from fleetlake.settings import settings
from spark_jobs.build.lease import Lease, held
from spark_jobs.build.lock import NAME as LOCK
from spark_jobs.build.lock import only_one
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import write
from spark_jobs.releases.log import Log
from spark_jobs.releases.plan import plan, release
from spark_jobs.releases.rollback import rollback
from spark_jobs.tables import Overtaken, Table
from tests.end_to_end.object_store.bucket import NAME, served
from tests.spark_jobs.releases.fabricated import NAMES, gated, silver

ROWS = pa.table({"id": [1, 2, 3]})


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """One server for the tests of this file."""
    with served() as told:
        yield told


@pytest.fixture
def lake(store: dict[str, str], home, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake of the test's own in the bucket."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in store.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FLEET_LAKE", f"s3://{NAME}/{request.node.name}")
    settings.cache_clear()
    return settings().lake_root


def test_readers_see_what_is_released_and_what_was(lake: str):
    for rows in (3, 2):
        gated(lake, silver(lake, rows=rows))
        release(lake, "silver")
    assert [published(lake).pin(name).version for name in NAMES] == [1, 1, 1]
    assert fleetlake.scan("silver.charging").collect().height == 5
    assert fleetlake.scan("silver.charging", as_of=1).collect().height == 3
    assert fleetlake.sql("select count(*) as rows from silver.charging").item() == 5
    assert [(row["table"], row["written"], row["released"]) for row in overview(lake)] == [(name, 1, 1) for name in NAMES]
    log = Log.open(lake)
    log.commit(rollback(log, "silver"))
    assert fleetlake.sql("select count(*) as rows from silver.charging").item() == 3
    assert published(lake).releases["silver"].is_held


def test_of_two_releasers_one_wins_and_the_other_says_so(lake: str):
    gated(lake, silver(lake))
    first, second = Log.open(lake), Log.open(lake)
    first.commit([plan(first, "silver").release])
    with pytest.raises(fleetlake.console.Failure, match="somebody else released at the same moment"):
        second.commit([plan(second, "silver").release])
    assert published(lake).number == 1


def test_a_second_writer_of_a_table_is_refused_and_leaves_nothing(lake: str):
    first, second = (Table.open(lake, "silver.charging", ROWS.schema, statistics=["id"]) for _ in range(2))
    first.append(ROWS, {"runs": 1})
    with pytest.raises(Overtaken, match="another writer committed first"):
        second.append(ROWS, {"runs": 1})
    assert Table.open(lake, "silver.charging", ROWS.schema).delta.to_pyarrow_table().num_rows == 3


def test_a_rewrite_goes_behind_what_is_appended_meanwhile(lake: str):
    table = Table.open(lake, "silver.charging", ROWS.schema, statistics=["id"])
    table.append(ROWS, {"runs": 1})
    [file] = table.actions()
    held = Held.of(file)
    Table.open(lake, "silver.charging", ROWS.schema).append(ROWS, {"imports": 1})
    table.replace([held], [write(table.path, ROWS, {}, ["id"])], Exchange("OPTIMIZE", is_data_change=False))
    assert (table.version, table.delta.to_pyarrow_table().num_rows) == (3, 6)
    assert file["path"] not in table.files()


def test_one_build_at_a_time_and_one_that_was_killed_is_given_up(lake: str):
    with only_one(lake), pytest.raises(Busy, match=f"another build is at work on this lake .process {os.getpid()} of"), only_one(lake):
        pass
    killed = Lease(f"{lake}/gold", LOCK, lasts=timedelta(seconds=0.5))
    killed.take()
    with pytest.raises(Busy), only_one(lake):
        pass
    while datetime.now(UTC) < killed.until:
        pass
    with only_one(lake), pytest.raises(Busy, match="the lock of builds was lost"):
        killed.renew()


def test_a_build_that_lost_its_lock_is_interrupted_and_takes_nothing_from_who_has_it(lake: str):
    slept = Lease(f"{lake}/gold", LOCK, lasts=timedelta())
    with pytest.raises(KeyboardInterrupt):
        _while_somebody_else_takes_it(slept, Lease(f"{lake}/gold", LOCK))
    with pytest.raises(Busy, match="another build is at work"), only_one(lake):
        pass


def _while_somebody_else_takes_it(slept: Lease, other: Lease) -> None:
    with held(slept, every_s=0.5):
        other.take()
        Event().wait(30)


def test_a_lease_is_renewed_while_its_block_runs(lake: str):
    mine = Lease(f"{lake}/gold", LOCK, lasts=timedelta(seconds=2))
    with held(mine, every_s=0.2):
        began = mine.until
        while mine.until == began:
            pass


@pytest.mark.parametrize(
    ("endpoint", "region", "said"),
    [
        ("", "", "(type s3, provider credential_chain)"),
        ("", "eu-central-1", "(type s3, provider credential_chain, region 'eu-central-1')"),
        ("https://minio:9000", "", "endpoint 'minio:9000', use_ssl true, url_style path)"),
    ],
)
def test_duckdb_is_told_of_a_store_what_the_environment_says(endpoint: str, region: str, said: str):
    assert secret(endpoint, region).endswith(said)
