"""A waiver has an owner, a reason, an end, and something that it is about."""

from datetime import UTC, datetime, timedelta

import pytest
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import published
from spark_jobs.releases.plan import release
from spark_jobs.releases.waive import waive
from tests.spark_jobs.releases.fabricated import gated, silver

LATER = datetime.now(UTC) + timedelta(days=1)
NAME = "silver.charging/freshness"


@pytest.fixture
def failing(lake: str) -> str:
    """A lake whose gate found one failure."""
    gated(lake, silver(lake), [{"table_name": "silver.charging"}])
    return lake


def test_a_waiver_is_seen_by_every_reader_of_its_table(failing: str):
    waive(failing, NAME, "ann", LATER, "a strike")
    release(failing, "silver")
    seen = published(failing)
    assert [(one.expectation, one.owner, one.why) for one in seen.origin("silver.charging").waivers] == [("freshness", "ann", "a strike")]
    assert seen.origin("silver.consents").waivers == ()


def test_waivers_are_counted_one_a_commit(failing: str):
    for _ in range(2):
        waive(failing, NAME, "ann", LATER, "a strike")
    log = DeltaTable(table_path(failing, "ops.waivers"))
    assert sorted(log.to_pyarrow_table()["waiver"].to_pylist()) == [1, 2]
    assert (log.version(), log.transaction_version("waivers")) == (2, 2)


@pytest.mark.parametrize(
    ("name", "owner", "until", "why", "said"),
    [
        (NAME, " ", LATER, "a strike", "a waiver has an owner and a reason"),
        (NAME, "ann", LATER, "", "a waiver has an owner and a reason"),
        (NAME, "ann", datetime(2026, 1, 1, tzinfo=UTC), "a strike", "2026-01-01 00:00 is over"),
        ("silver.charging/freshnes", "ann", LATER, "a strike", "did you mean silver.charging/freshness"),
        ("silver.chargin/freshness", "ann", LATER, "a strike", "did you mean silver.charging/freshness"),
        ("silver.charging", "ann", LATER, "a strike", "did you mean silver.charging/"),
        ("gold.usage/freshness", "ann", LATER, "a strike", "no gate has judged gold.usage/freshness\nfleet check gold"),
    ],
    ids=["nobody", "no reason", "over", "expectation", "table", "no expectation", "no gate"],
)
def test_a_waiver_of_nothing_is_refused(failing: str, name: str, owner: str, until: datetime, why: str, said: str):
    with pytest.raises(Failure, match=said):
        waive(failing, name, owner, until, why)
    assert published(failing).waivers == ()
