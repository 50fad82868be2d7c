"""Rows that should not have been accepted are judged anew, in one run, and every row stays in exactly one table."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from expectations.contract import contract
from fleetlake.names import table_path
from spark_jobs import reprocess as job
from spark_jobs import runs
from spark_jobs.maintain import job as maintenance
from spark_jobs.refine.job import refine
from spark_jobs.refine.quarantine import open_rows
from spark_jobs.replay import Asked as Replay
from spark_jobs.replay import replay
from spark_jobs.reprocess import Asked
from spark_jobs.runs import Runs
from tests.spark_jobs.refine.events import GIVEN, NOON, InProcess, bronze, land_rows, record

ALWAYS = Asked("consents", NOON - timedelta(days=1), NOON + timedelta(days=40))
MARKETING = GIVEN | {"purpose": "marketing"}
SILVER = "silver.consents"


@pytest.fixture
def refined(lake) -> str:
    """Three events about location, of which one was sent twice, and three about marketing, in two topic-partitions."""
    for partition in (0, 1):
        told = [record(n, id=f"{partition}/{n}", body=GIVEN if n < 3 else MARKETING) for n in range(6)]
        land_rows(lake, bronze(*told, record(6, id=f"{partition}/0", received=NOON + timedelta(days=30)), partition=partition))
    assert list(refine(InProcess(), lake))
    return lake


@pytest.fixture
def narrow(monkeypatch):
    tightened(monkeypatch)


def tightened(monkeypatch) -> None:
    """From now on nobody may consent to location."""
    of = contract(SILVER)
    columns = tuple(replace(column, enum=("marketing",)) if column.name == "purpose" else column for column in of.own_columns)
    whole = tuple({each.name: each for each in columns}.get(each.name, each) for each in of.columns)
    narrower = replace(of, own_columns=columns, columns=whole)
    monkeypatch.setattr(job, "contract", lambda name: narrower if name == SILVER else contract(name))


def places(lake, table) -> list[tuple[int, int]]:
    return sorted(pl.read_delta(table_path(lake, table)).select("partition", "offset").iter_rows())


def outcome(lake) -> dict[str, list[tuple[int, int]]]:
    opened = sorted(open_rows(lake, "consents").select("partition", "offset").iter_rows())
    return {"silver": places(lake, SILVER), "duplicates": places(lake, "ops.duplicates"), "open": opened}


def test_what_was_wrongly_accepted_goes_to_quarantine_with_its_duplicates(refined, narrow):
    run, came = job.reprocess(InProcess(), refined, ALWAYS)
    assert (came.taken, came.followers, came.accepted, came.duplicates, came.quarantined) == (12, 2, 6, 0, {"not_allowed": 8})
    both = lambda *offsets: [(partition, offset) for partition in (0, 1) for offset in offsets]  # noqa: E731
    assert outcome(refined) == {"silver": both(3, 4, 5), "duplicates": [], "open": both(0, 1, 2, 6)}
    logged = pl.read_delta(table_path(refined, job.LOG)).to_dicts()
    assert [(row["run"], row["taken"], row["quarantined"]) for row in logged] == [(run, 12, 8)]


def test_judged_by_the_same_contract_everything_is_where_it_was(refined):
    before = outcome(refined)
    assert len(before["silver"]) == 12
    _, came = job.reprocess(InProcess(), refined, ALWAYS)
    assert (outcome(refined), came.accepted, came.duplicates) == (before, 12, 2)


def test_only_what_was_received_in_time_is_touched(refined, narrow):
    job.reprocess(InProcess(), refined, replace(ALWAYS, since=NOON + timedelta(seconds=2)))
    assert places(refined, SILVER) == [(partition, offset) for partition in (0, 1) for offset in (0, 1, 3, 4, 5)]
    assert len(places(refined, "ops.duplicates")) == 2


def test_a_rehearsal_says_the_same_and_writes_nothing(refined, narrow):
    before, said = outcome(refined), job.rehearse(InProcess(), refined, ALWAYS)
    assert outcome(refined) == before
    assert job.reprocess(InProcess(), refined, ALWAYS)[1] == said


def test_nothing_in_time_is_no_run(refined):
    assert job.reprocess(InProcess(), refined, replace(ALWAYS, until=ALWAYS.since))[0] is None


def test_a_second_time_changes_nothing(refined, narrow):
    job.reprocess(InProcess(), refined, ALWAYS)
    once = outcome(refined)
    assert job.reprocess(InProcess(), refined, ALWAYS)[1].quarantined == {}
    assert outcome(refined) == once


@pytest.mark.parametrize("phase", ["commit silver.consents", "commit silver.quarantine", "commit ops.duplicates", "ledger", "close"])
def test_killed_anywhere_it_is_finished_by_the_next_start_even_beside_maintenance(refined, narrow, monkeypatch, phase):
    with monkeypatch.context() as patch:
        patch.setattr(runs, "phase", lambda name: _kill() if name == phase else None)
        with pytest.raises(KeyboardInterrupt):
            job.reprocess(InProcess(), refined, ALWAYS)
    monkeypatch.setattr("spark_jobs.maintain.plan.FEW", 1)
    for name in (SILVER, "silver.quarantine"):
        maintenance.carry_out(refined, InProcess, [maintenance.due(refined, name, {}, timedelta(days=7), NOON)], lambda text: None)
    assert Runs(refined).finish() == 2
    assert {name: len(found) for name, found in outcome(refined).items()} == {"silver": 6, "duplicates": 0, "open": 8}


def test_what_a_replay_brought_in_and_a_reprocess_refuses_again_stands_once_in_quarantine(refined, narrow, monkeypatch):
    job.reprocess(InProcess(), refined, ALWAYS)
    monkeypatch.setattr(job, "contract", contract)
    assert replay(InProcess(), refined, Replay("consents")).accepted == 6
    assert outcome(refined)["open"] == []
    tightened(monkeypatch)
    job.reprocess(InProcess(), refined, ALWAYS)
    assert len(outcome(refined)["open"]) == 8
    assert len(set(places(refined, "silver.quarantine"))) == len(places(refined, "silver.quarantine")) == 8


def test_the_ledger_still_accounts_for_every_row(refined, narrow):
    job.reprocess(InProcess(), refined, ALWAYS)
    ledger = pl.read_delta(table_path(refined, "ops.ledger"))
    told = dict(ledger.group_by("table").agg(pl.col("rows").sum()).iter_rows())
    assert {name: told[name] for name in (SILVER, "silver.quarantine", "ops.duplicates")} == {
        SILVER: 6,
        "silver.quarantine": 8,
        "ops.duplicates": 0,
    }


def _kill() -> None:
    raise KeyboardInterrupt
