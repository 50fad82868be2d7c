"""fleet refine, quarantine and replay, with Spark."""

import json
from dataclasses import replace

import polars as pl
import pytest
from typer.testing import CliRunner

from expectations.contract import contract
from fleetlake.cli import application
from fleetlake.names import table_path
from spark_jobs import replay as replaying
from spark_jobs.refine.job import refine
from spark_jobs.replay import Asked, rehearse, replay
from tests.spark_jobs.refine.events import GIVEN, bronze, land_rows, record


@pytest.fixture
def landed(lake):
    """Two topic-partitions with a duplicate across them, a conflict, and an event that is ahead of its contract."""
    land_rows(
        lake,
        bronze(
            record(0),
            record(1, body=b"{"),
            record(2, id="e0", body=GIVEN | {"is_given": False}),
            record(3, body=GIVEN | {"scope": "fleet"}),
        ),
    )
    land_rows(lake, bronze(record(9, id="e0"), record(10), partition=1))
    return lake


def offsets(lake: str, table: str) -> list[int]:
    return sorted(pl.read_delta(table_path(lake, table))["offset"])


def test_bronze_becomes_silver_in_spark_and_a_replay_brings_home_what_a_wider_contract_accepts(spark, landed, monkeypatch):
    assert [intent.run for intent in refine(spark, landed)] == [1]
    assert offsets(landed, "silver.consents") == [0, 10]
    assert offsets(landed, "ops.duplicates") == [9]
    assert offsets(landed, "silver.quarantine") == [1, 2, 3]

    monkeypatch.setattr(replaying, "contract", lambda name: _wider() if name == "silver.consents" else contract(name))
    would = rehearse(spark, landed, Asked("consents"))
    assert (would.replayed, would.accepted, dict(would.still_rejected)) == (3, 1, {"conflict": 1, "malformed": 1})
    assert offsets(landed, "silver.consents") == [0, 10]
    assert replay(spark, landed, Asked("consents")).accepted == 1
    assert offsets(landed, "silver.consents") == [0, 3, 10]
    assert replay(spark, landed, Asked("consents")).accepted == 0
    assert offsets(landed, "silver.consents") == [0, 3, 10]
    assert offsets(landed, "silver.quarantine") == [1, 2, 3]
    assert list(refine(spark, landed)) == []


def test_the_commands_say_what_they_did(spark, landed, monkeypatch):
    monkeypatch.setattr("spark_jobs.session.session", lambda *words, **options: spark)
    monkeypatch.setattr(spark, "stop", lambda: None)  # the session is the whole run's
    reasons = {"malformed": 1, "conflict": 1, "not_allowed": 1}
    assert fleet("refine", "--once") == [
        {"family": "consents", "rows": 6, "silver": 2, "duplicates": 1, "quarantined": 3, "refined": 0, "reasons": reasons}
    ]
    assert {each["reason"]: each["rows"] for each in fleet("quarantine", "consents")} == reasons
    assert [each["body"] for each in fleet("quarantine", "consents", "--reason", "malformed", "--rows", "3")] == ["{"]
    assert fleet("replay", "consents", "--reason", "malformed", "--dry-run")[0]["still_rejected"] == 1
    assert fleet("refine", "--once") == []


def fleet(*words):
    result = CliRunner().invoke(application(), [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def _wider():
    """The contract of consents, with one more scope."""
    of = contract("silver.consents")
    own = tuple(replace(each, enum=(*each.enum, "fleet")) if each.name == "scope" else each for each in of.own_columns)
    columns = tuple(next((new for new in own if new.name == each.name), each) for each in of.columns)
    return replace(of, own_columns=own, columns=columns)
