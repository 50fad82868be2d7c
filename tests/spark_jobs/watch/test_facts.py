"""What the tables say of streams and releases."""

from datetime import UTC, datetime, timedelta

import pytest
from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.settings import settings
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import DataFile
from spark_jobs.layers import tables_of
from spark_jobs.releases.plan import release
from spark_jobs.tables import Table
from spark_jobs.watch import facts as looked
from spark_jobs.watch.findings import Facts, Stream
from tests.spark_jobs.gate.lakes import FAMILY, Content, commit, event
from tests.spark_jobs.releases.fabricated import gated

LATER = timedelta(hours=1)


@pytest.fixture
def seen(lake: str, monkeypatch: pytest.MonkeyPatch):
    """Looks at the lake an hour later; Kafka has no topics."""
    monkeypatch.setattr(looked, "topics", dict)
    return lambda: looked.facts(settings(), datetime.now(UTC) + LATER)


def refining(facts: Facts) -> Stream:
    return next(each for each in facts.streams if each.table == f"silver.{FAMILY}")


def test_what_bronze_has_and_silver_has_not_taken_waits(lake: str, seen):
    Content().make(lake)
    assert (refining(seen()).behind, refining(seen()).source) == (0, f"bronze.{FAMILY}")
    idle = refining(seen()).idle
    assert idle is not None
    assert LATER <= idle < 2 * LATER


def test_a_release_waits_since_the_first_commit_that_it_does_not_show(lake: str, seen):
    Content().make(lake)
    assert seen().layers == ()
    passed(lake)
    (silver,) = seen().layers
    assert (silver.name, silver.waiting, silver.is_held) == ("silver", None, False)
    commit(lake, f"silver.{FAMILY}", [event(99)], {}, [])
    waiting = seen().layers[0].waiting
    assert waiting is not None
    assert LATER <= waiting < 2 * LATER


def test_maintenance_neither_moves_a_stream_on_nor_makes_something_new_to_release(lake: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(looked, "topics", dict)
    Content().make(lake)
    passed(lake)
    later = datetime.now(UTC) + LATER
    before = looked.facts(settings(), later)
    rewritten(lake, f"silver.{FAMILY}")
    after = looked.facts(settings(), later)
    assert refining(after).idle == refining(before).idle
    assert after.layers == before.layers


def rewritten(lake: str, name: str) -> None:
    """As by maintenance: a commit that takes a file out and puts it in again."""
    table = Table.existing(lake, name)
    assert table is not None
    [file, *_] = table.actions()
    held = Held.of(file)
    again = DataFile(held.path, held.size, held.rows, held.partition, "{}", 0)
    table.replace([held], [again], Exchange("OPTIMIZE", is_data_change=False))


def passed(lake: str) -> None:
    gated(lake, {name: DeltaTable(table_path(lake, name)).version() for name in tables_of(lake, "silver")})
    release(lake, "silver")
