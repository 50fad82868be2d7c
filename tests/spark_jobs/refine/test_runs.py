"""A run that a crash interrupts is finished word for word by the next start, wherever the crash was."""

import polars as pl
import pytest

from expectations.contract import contract
from fleetlake.console import Failure
from fleetlake.names import position_id, table_path
from spark_jobs import runs
from spark_jobs.decode import Limits
from spark_jobs.refine.sinks import Sorted, Streamed
from spark_jobs.refine.work import Notes, refine
from spark_jobs.runs import Intent, Runs, opened
from spark_jobs.tables import Table
from tests.spark_jobs.refine.events import TOPIC_ID, bronze, record

POSITION = position_id("silver.consents", TOPIC_ID, 0)
TABLES = ("silver.consents", "silver.quarantine", "ops.duplicates")
PHASES = ("intent", *(f"commit {table}" for table in TABLES), "ledger", "close")


class Killed(Exception):
    """Stands for kill -9."""


def written(lake: str, run: int = 1) -> Intent:
    """An intent whose files are on disk: one row to silver, one to quarantine."""
    by = contract("silver.consents")
    for table in TABLES:
        opened(lake, table)
    outcome, _ = refine(bronze(record(0), record(1, body=b"{")), by, Notes(), run, Limits())
    silver, quarantine = Sorted(lake, by), Streamed(lake, contract("silver.quarantine"))
    silver.write(outcome.silver)
    quarantine.write(outcome.quarantine)
    place = {"family": "consents", "topic": "fleet.consents", "topic_id": TOPIC_ID, "partition": 0, "first_offset": 0, "last_offset": 1}
    counts = [place | {"rows": 2, "silver": 1, "duplicates": 0, "refined": 0, "quarantined": {"malformed": 1}}]
    files = {"silver.consents": silver.close(), "silver.quarantine": quarantine.close(), "ops.duplicates": []}
    return Intent(run, "refine", files, {"silver.consents": {POSITION: 1}}, counts, {by.id: by.version})


def rows(lake: str, table: str) -> pl.DataFrame:
    return pl.read_delta(table_path(lake, table))


def assert_whole(lake: str) -> None:
    """Everything is there, once."""
    assert rows(lake, "silver.consents")["offset"].to_list() == [0]
    assert rows(lake, "silver.quarantine")["offset"].to_list() == [1]
    assert sorted(rows(lake, "ops.refine_runs")["state"]) == ["closed", "intent"]
    silver = Table.existing(lake, "silver.consents")
    assert silver is not None
    assert silver.position(POSITION) == 1
    ledger = rows(lake, "ops.ledger").filter(table="silver.consents").to_dicts()
    assert [(each["rows"], each["silver"], each["quarantined"], each["last_offset"]) for each in ledger] == [(1, 1, 1, 1)]


def test_a_run_commits_every_table_and_is_closed(tmp_path):
    Runs(str(tmp_path)).carry_out(written(str(tmp_path)))
    assert_whole(str(tmp_path))
    assert Runs(str(tmp_path)).finish() is None


@pytest.mark.parametrize("killed_in", PHASES[1:])
def test_a_run_killed_in_any_phase_after_its_intent_is_finished_by_the_next_start(tmp_path, monkeypatch, killed_in):
    kill_in(monkeypatch, killed_in)
    with pytest.raises(Killed):
        Runs(str(tmp_path)).carry_out(written(str(tmp_path)))
    monkeypatch.undo()
    assert Runs(str(tmp_path)).finish() == 1
    assert_whole(str(tmp_path))


def test_a_run_killed_again_and_again_while_it_is_finished_is_finished_in_the_end(tmp_path, monkeypatch):
    kill_in(monkeypatch, PHASES[1])
    with pytest.raises(Killed):
        Runs(str(tmp_path)).carry_out(written(str(tmp_path)))
    for phase in PHASES[1:]:
        kill_in(monkeypatch, phase)
        with pytest.raises(Killed):
            Runs(str(tmp_path)).finish()
    monkeypatch.undo()
    assert Runs(str(tmp_path)).finish() == 1
    assert_whole(str(tmp_path))


def test_a_run_killed_before_its_intent_never_was(tmp_path, monkeypatch):
    kill_in(monkeypatch, "intent")
    with pytest.raises(Killed):
        Runs(str(tmp_path)).carry_out(written(str(tmp_path)))
    monkeypatch.undo()
    assert Runs(str(tmp_path)).finish() is None
    assert rows(str(tmp_path), "silver.consents").is_empty()


def test_of_two_processes_that_begin_the_same_run_one_is_refused(tmp_path):
    first, second = Runs(str(tmp_path)), Runs(str(tmp_path))
    first.carry_out(written(str(tmp_path)))
    with pytest.raises(Failure, match="another writer"):
        second.carry_out(written(str(tmp_path)))
    assert_whole(str(tmp_path))


def test_a_run_whose_file_is_gone_never_begins(tmp_path):
    intent = written(str(tmp_path))
    (tmp_path / "silver" / "consents" / intent.files["silver.consents"][0].path).unlink()
    with pytest.raises(Failure, match="vanished"):
        Runs(str(tmp_path)).carry_out(intent)
    assert rows(str(tmp_path), "ops.refine_runs").is_empty()


def test_a_pending_run_waits_until_its_file_is_back(tmp_path, monkeypatch):
    intent = written(str(tmp_path))
    kill_in(monkeypatch, "commit silver.consents")
    with pytest.raises(Killed):
        Runs(str(tmp_path)).carry_out(intent)
    monkeypatch.undo()
    file = tmp_path / "silver" / "consents" / intent.files["silver.consents"][0].path
    file.rename(tmp_path / "away")
    with pytest.raises(Failure, match=r"vanished(.|\n)*put the files back"):
        Runs(str(tmp_path)).finish()
    (tmp_path / "away").rename(file)
    Runs(str(tmp_path)).finish()
    assert_whole(str(tmp_path))


def test_the_phases_are_told_to_whoever_asks(tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_PHASE_FILE", str(tmp_path / "phases"))
    Runs(str(tmp_path)).carry_out(written(str(tmp_path)))
    assert (tmp_path / "phases").read_text().splitlines() == list(PHASES)


def kill_in(monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    def phases(name: str) -> None:
        if name == phase:
            raise Killed(name)

    monkeypatch.setattr(runs, "phase", phases)
