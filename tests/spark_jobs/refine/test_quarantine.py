"""Open quarantine is what is in neither silver nor duplicates; a replay closes what today's contract accepts."""

from datetime import timedelta

import polars as pl
import pytest

from fleetlake.commands.quarantine import escaped
from fleetlake.names import table_path
from spark_jobs.refine.job import refine
from spark_jobs.refine.quarantine import open_rows, samples
from spark_jobs.replay import Asked, rehearse, replay
from spark_jobs.runs import Runs
from tests.spark_jobs.refine.events import GIVEN, NOON, InProcess, bronze, land_rows, record


@pytest.fixture
def refined(lake, monkeypatch):
    """Offset 0 in silver; 1, 2, 3 too long for the limit of that day, 3 a twin of 0; 4 malformed."""
    monkeypatch.setenv("FLEET_MAX_BODY_BYTES", "80")
    long = GIVEN | {"note": "x" * 80}
    land_rows(
        lake,
        bronze(
            record(0),
            record(1, body=long),
            record(2, body=long, received=NOON + timedelta(days=3)),
            record(3, id="e0", body=long),
            record(4, body=b"{"),
        ),
    )
    _use_settings()
    list(refine(InProcess(), lake))  # type: ignore[arg-type]
    monkeypatch.delenv("FLEET_MAX_BODY_BYTES")
    _use_settings()
    return lake


def _use_settings() -> None:
    from fleetlake.settings import settings

    settings.cache_clear()


def opened(lake: str, **wanted) -> list[int]:
    return sorted(open_rows(lake, **wanted)["offset"])


def silver(lake: str) -> list[int]:
    return sorted(pl.read_delta(table_path(lake, "silver.consents"))["offset"])


def test_all_that_was_rejected_is_open(refined):
    assert opened(refined) == [1, 2, 3, 4]
    assert opened(refined, reason="malformed") == [4]
    assert opened(refined, family="charging") == []
    assert opened(refined, since=NOON + timedelta(days=1)) == [2]


def test_a_lake_without_quarantine_has_nothing_open(lake):
    assert open_rows(lake).is_empty()


def test_samples_are_the_events_received_last_with_their_bodies(refined):
    assert [(row["offset"], row["body"]) for row in samples(open_rows(refined, reason="malformed"), 5).iter_rows(named=True)] == [(4, b"{")]
    assert samples(open_rows(refined), 1)["offset"].to_list() == [2]


def test_a_replay_brings_home_what_is_accepted_now_and_leaves_the_rest_open(refined):
    came = replay(InProcess(), refined, Asked("consents"))
    assert (came.replayed, came.accepted, came.duplicates, dict(came.still_rejected)) == (4, 2, 0, {"conflict": 1, "malformed": 1})
    assert silver(refined) == [0, 1, 2]
    assert opened(refined) == [3, 4]
    assert pl.read_delta(table_path(refined, "silver.quarantine")).height == 4


def test_a_second_replay_changes_nothing(refined):
    replay(InProcess(), refined, Asked("consents"))
    assert replay(InProcess(), refined, Asked("consents")).accepted == 0
    assert silver(refined) == [0, 1, 2]
    assert pl.read_delta(table_path(refined, "ops.replays")).sort("run").select("accepted", "still_rejected").rows() == [(2, 2), (0, 2)]


def test_a_replay_takes_only_what_was_asked_for(refined):
    assert replay(InProcess(), refined, Asked("consents", reason="malformed")).replayed == 1
    assert replay(InProcess(), refined, Asked("consents", since=NOON + timedelta(days=1))).accepted == 1
    assert silver(refined) == [0, 2]


def test_a_replayed_twin_with_the_same_body_is_a_duplicate(refined):
    land_rows(refined, bronze(record(5, id="e1", body=GIVEN | {"note": "x" * 80})))
    list(refine(InProcess(), refined))  # type: ignore[arg-type]
    came = replay(InProcess(), refined, Asked("consents", reason="too_large"))
    assert (came.accepted, came.duplicates) == (1, 1)
    assert opened(refined) == [3, 4]


def test_a_dry_run_says_the_same_and_writes_nothing(refined):
    before = _versions(refined)
    came = rehearse(InProcess(), refined, Asked("consents"))
    assert (came.run, came.accepted, dict(came.still_rejected)) == (None, 2, {"conflict": 1, "malformed": 1})
    assert _versions(refined) == before


def test_a_replay_moves_no_position(refined):
    replay(InProcess(), refined, Asked("consents"))
    assert list(refine(InProcess(), refined)) == []


def test_a_replay_that_was_interrupted_is_finished_by_the_next_start(refined, monkeypatch):
    def killed(self, intent):
        raise InterruptedError

    monkeypatch.setattr(Runs, "_commit", killed)
    with pytest.raises(InterruptedError):
        replay(InProcess(), refined, Asked("consents"))
    monkeypatch.undo()
    list(refine(InProcess(), refined))
    assert silver(refined) == [0, 1, 2]


def test_what_a_stranger_sent_cannot_move_the_cursor():
    assert escaped("a\x1b[2Jb\u202e") == "a\\x1b[2Jb\\u202e"


def _versions(lake: str) -> dict[str, int]:
    from spark_jobs.tables import Table

    names = ("silver.consents", "silver.quarantine", "ops.duplicates", "ops.refine_runs", "ops.ledger")
    return {name: table.version for name in names if (table := Table.existing(lake, name)) is not None}
