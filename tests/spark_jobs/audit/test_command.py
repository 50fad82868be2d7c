"""`fleet audit`: the exit status is the answer, and what is broken is said with its offsets and what to do next."""

import json

import polars as pl
import pytest
import typer

from fleetlake.commands.audit import audit
from fleetlake.settings import settings
from spark_jobs.audit import kafka
from tests.spark_jobs.audit.fabricated import FakeKafka, TestLake


class QuietBroker(FakeKafka):
    def close(self) -> None:
        """Nothing to leave."""


@pytest.fixture
def lake(copied: TestLake, monkeypatch: pytest.MonkeyPatch) -> TestLake:
    monkeypatch.setenv("FLEET_LAKE", copied.root)
    monkeypatch.setattr(kafka, "Broker", QuietBroker)
    settings.cache_clear()
    return copied


def test_a_sound_lake_ends_well_and_shows_a_row_per_topic_partition(lake, capsys):
    audit(full=True, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["findings"], len(said["rows"])) == (True, [], 6)


def test_a_broken_lake_ends_with_status_1_and_names_offsets_and_remedy(lake, capsys):
    lake.change("silver.charging", lambda rows: rows.filter(~pl.col("offset").is_in([25, 26]) | (pl.col("partition") == 1)))
    with pytest.raises(typer.Exit) as ended:
        audit(full=True, as_json=False)
    assert ended.value.exit_code == 1
    said = capsys.readouterr()
    assert "charging" in said.out
    assert (
        "broken: silver.charging topic-of-charging/0: 2 refined, and in none of silver.charging, ops.duplicates and silver.quarantine"
        in said.err
    )
    assert "offsets 25, 26" in said.err
    assert "put back a copy of the whole lake from before it" in said.err
