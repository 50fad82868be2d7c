"""Readers believe the file only while the table holds nothing newer."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleetlake import releases
from fleetlake.console import Failure
from fleetlake.releases import current_path, from_tables, published
from spark_jobs.releases.log import tell
from spark_jobs.releases.plan import release
from spark_jobs.releases.waive import waive
from tests.spark_jobs.releases.fabricated import gated, silver

SOON = timedelta(days=1)


@pytest.fixture
def current(lake: str) -> Path:
    """current.json after two releases of silver."""
    for _ in range(2):
        gated(lake, silver(lake))
        release(lake, "silver")
    return Path(current_path(lake))


@pytest.fixture(autouse=True)
def tables_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which tables were read instead of the file."""
    seen: list[str] = []
    read = releases.rows_of
    monkeypatch.setattr(releases, "rows_of", lambda lake, table: (seen.append(table), read(lake, table))[1])
    monkeypatch.setattr(releases, "_read", {})
    return seen


def test_one_small_file_is_all_that_a_reader_needs(lake: str, current: Path, tables_read: list[str]):
    tables_read.clear()
    assert published(lake).pin("silver.charging").version == 1
    assert tables_read == []


def test_nothing_is_released_in_a_lake_that_is_not_there(lake: str):
    assert published(lake).tables == ()


def broken(text: str) -> list[str]:
    document = json.loads(text)
    release = document["releases"]["silver"]
    shapes = [{}, [], None, 7, document | {"waivers": None}, document | {"releases": {"silver": release | {"at": "noon"}}}]
    return ["", text[: len(text) // 2], text[:-1], "\0" * len(text), *map(json.dumps, shapes)]


def test_a_file_that_is_half_written_or_gone_heals(lake: str, current: Path, tables_read: list[str]):
    whole = current.read_text()
    for text in broken(whole):
        current.write_text(text)
        releases._read.clear()
        assert published(lake).pin("silver.charging").version == 1, text
    current.unlink()
    assert published(lake).pin("silver.charging").version == 1
    assert not current.exists(), "readers write nothing"
    tell(lake)
    assert json.loads(current.read_text()) == json.loads(whole)


def test_a_file_of_an_older_release_is_not_believed(lake: str, current: Path, tables_read: list[str]):
    old = current.read_text()
    gated(lake, silver(lake))
    release(lake, "silver")
    current.write_text(old)
    tables_read.clear()
    assert [published(lake).pin("silver.charging").version for _ in range(3)] == [2, 2, 2]
    assert tables_read == ["ops.releases", "ops.waivers"], "once, and not for each query"


def test_a_file_from_the_future_of_another_lake_is_not_believed(lake: str, current: Path):
    document = json.loads(current.read_text())
    current.write_text(json.dumps(document | {"version": 99}))
    assert published(lake).version == 2


def test_a_waiver_that_the_file_does_not_know_is_seen(lake: str, current: Path):
    old = current.read_text()
    waive(lake, "silver.charging/soc_end.range", "ann", datetime.now(UTC) + SOON, "because")
    assert [waiver.owner for waiver in published(lake).waivers] == ["ann"]
    current.write_text(old)
    assert [waiver.owner for waiver in published(lake).waivers] == ["ann"]


def test_a_waiver_in_the_file_ends_by_itself(lake: str, current: Path):
    waive(lake, "silver.charging/soc_end.range", "ann", datetime.now(UTC) + SOON, "because")
    document = json.loads(current.read_text())
    document["waivers"][0]["until"] = datetime.now(UTC).isoformat()
    current.write_text(json.dumps(document))
    assert published(lake).waivers == ()


def test_what_was_released_then_is_told_by_time_and_by_release(lake: str, current: Path):
    now = published(lake)
    assert published(lake, now.number) == from_tables(lake, now.releases["silver"].at) == published(lake, datetime.now(UTC))
    assert published(lake, 1).pin("silver.charging").version == 0
    assert published(lake, "2001-01-01").tables == ()
    with pytest.raises(Failure, match="there is no release 3\nthe newest one is 2"):
        published(lake, 3)
