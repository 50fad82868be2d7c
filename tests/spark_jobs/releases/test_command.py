"""fleet release, releases, rollback, waive and diff, as a person or a script has them."""

import json

import pytest
from typer.testing import CliRunner, Result

from fleetlake.cli import application
from fleetlake.console import Early, Failure
from tests.spark_jobs.releases.fabricated import NAMES, gated, grown, silver


def fleet(*words: object) -> Result:
    return CliRunner().invoke(application(), [*map(str, words)])


def told(*words: object) -> object:
    answer = fleet(*words, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_release_says_what_readers_see_now(lake: str):
    gated(lake, silver(lake, rows=3))
    first = told("release", "silver", "--note", "the first one")
    assert (first["release"], first["is_new"], first["refused"], first["waived"]) == (1, True, [], [])
    assert [row["table"] for row in first["tables"]] == list(NAMES)
    assert (told("release", "silver")["release"], told("release", "silver")["is_new"]) == (1, False)
    gated(lake, silver(lake, rows=2))
    said = fleet("release", "silver").stdout
    assert "release 2 of silver is out" in said
    assert "│ silver.charging   │       1 │    5 │        2 │              0 │           3 │" in said


def test_a_release_that_may_not_be_says_why_and_what_to_do(lake: str):
    gated(lake, silver(lake), [{"table_name": "silver.charging", "failing": 3}, {"table_name": "silver.consents", "outcome": "error"}])
    for words in (["--dry-run"], []):
        answer = fleet("release", "silver", *words)
        assert (answer.exit_code, answer.stdout) == (1, "")
        assert "error: silver.charging v0 did not pass freshness in gate run 1: 3 rows" in answer.stderr
        assert "fix it and fleet replay, or waive it: fleet waive silver.charging/freshness" in answer.stderr
        assert "error: silver.consents v0 could not be judged" in answer.stderr
    answer = fleet("release", "silver", "--json")
    assert answer.exit_code == 1
    document = json.loads(answer.stdout)
    assert (document["release"], document["is_new"], len(document["refused"])) == (None, False, 2)


def test_a_release_of_a_lake_without_tables_asks_a_scheduler_to_skip_it(lake: str):
    raised = fleet("release", "silver").exception
    assert isinstance(raised, Early)
    assert raised.status == 99


def test_a_dry_run_says_what_would_come(lake: str):
    gated(lake, silver(lake))
    assert "release 1 of silver would come" in fleet("release", "silver", "--dry-run").stdout
    assert told("releases") == []


def test_what_was_waived_is_said(lake: str):
    gated(lake, silver(lake), [{"table_name": "silver.charging", "observed": "3 days"}])
    [given] = told("waive", "silver.charging/freshness", "--owner", "ann", "--until", "2099-01-01", "--why", "a strike")
    assert (given["owner"], given["until"]) == ("ann", "2099-01-01 00:00:00+00:00")
    assert "waived: silver.charging/freshness (3 days)" in fleet("release", "silver").stderr
    assert "waived until 2099-01-01 00:00: silver.charging/freshness by ann: a strike" in fleet("releases").stderr


def test_releases_are_listed_with_what_became_of_them(lake: str):
    for _ in range(2):
        gated(lake, silver(lake))
        fleet("release", "silver")
    gated(lake, {"gold.usage": grown(lake, "gold.usage")})
    fleet("release", "gold")
    came = fleet("rollback", "silver", "--note", "seat heating")
    assert came.exit_code == 0
    assert "silver is held; when the cause is gone: fleet release silver --resume" in came.stderr
    assert "gold release 3 was built from what is withdrawn, and is marked so" in came.stderr
    rows = told("releases")
    assert [(row["release"], row["layer"], row["kind"], row["of"], row["state"]) for row in rows] == [
        (4, "silver", "rollback", 1, "in force, held"),
        (3, "gold", "release", None, "in force, built from 2, withdrawn"),
        (2, "silver", "release", None, "withdrawn"),
        (1, "silver", "release", None, ""),
    ]
    assert [row["release"] for row in told("releases", "silver", "--newest", 2)] == [4, 2]
    refused = fleet("release", "silver")
    assert "error: silver is held: release 4 rolled it back to 1: seat heating" in refused.stderr
    gated(lake, silver(lake))
    assert told("release", "silver", "--resume")["kind"] == "resume"


def test_a_rollback_can_be_rehearsed_and_take_gold_along(lake: str):
    for _ in range(2):
        gated(lake, silver(lake))
        fleet("release", "silver")
        gated(lake, {"gold.usage": grown(lake, "gold.usage")})
        fleet("release", "gold")
    rehearsed = told("rollback", "silver", "--with-gold", "--dry-run")
    assert [(row["layer"], row["of"]) for row in rehearsed] == [("silver", 1), ("gold", 2)]
    assert len(told("releases")) == 4
    assert told("rollback", "silver", "--with-gold", "--to", 1) != []
    assert [(row["release"], row["layer"], row["state"]) for row in told("releases")[:2]] == [
        (5, "silver", "in force, held"),
        (5, "gold", "in force, held"),
    ]


def test_two_releases_are_compared(lake: str):
    first = silver(lake, rows=3)
    gated(lake, first)
    fleet("release", "silver")
    gated(lake, first | {"silver.charging": grown(lake, "silver.charging", rows=2, region="north")})
    fleet("release", "silver")
    [change] = told("diff", 1, 2)
    assert (change["table"], change["added"], change["removed"], change["columns"]) == ("silver.charging", 2, 0, ["+region"])
    assert "+region" in fleet("diff", 1, 2).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["release", "slver"], "'slver' is no layer"),
        (["rollback", "silver"], "silver was never released"),
        (["diff", "1", "2"], "there is no release 1"),
        (["waive", "silver.charging/x", "--owner", "a", "--until", "soon", "--why", "b"], "'soon' is no moment"),
    ],
)
def test_a_mistake_is_a_failure_that_says_what_to_do(lake: str, words: list[str], said: str):
    raised = fleet(*words).exception
    assert isinstance(raised, Failure)
    assert said in raised.what
    assert raised.remedy
