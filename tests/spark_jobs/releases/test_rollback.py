"""Older versions come back as a new release, and stay until somebody resumes."""

import polars as pl
import pytest
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import published
from spark_jobs.releases.log import Log
from spark_jobs.releases.plan import release
from spark_jobs.releases.rollback import marked, rollback
from tests.spark_jobs.releases.fabricated import NAMES, gated, grown, replaced, silver


@pytest.fixture
def three(lake: str) -> str:
    """A lake with three releases of silver, at versions 0, 1 and 2."""
    for _ in range(3):
        gated(lake, silver(lake))
        release(lake, "silver")
    return lake


def back(lake: str, layer: str = "silver", to: int | None = None, **how: bool) -> list[int]:
    """Rolls back; the versions of silver that readers see then."""
    log = Log.open(lake)
    log.commit(rollback(log, layer, to, **how))
    return [published(lake).pin(name).version for name in NAMES]


def gold(lake: str, name: str = "gold.usage", **how: int) -> int:
    """A release of gold; its number."""
    gated(lake, {name: grown(lake, name)})
    return release(lake, name.partition(".")[0], **how).release.number


def test_a_rollback_goes_to_what_was_in_force_before(three: str):
    assert back(three) == [1, 1, 1]
    assert back(three) == [0, 0, 0]
    with pytest.raises(Failure, match="release 1 is the first one of silver"):
        back(three)


def test_a_rollback_after_a_rollback_was_resumed_skips_what_was_withdrawn(three: str):
    back(three, to=1)
    gated(three, silver(three))
    release(three, "silver", resume=True)
    assert back(three) == [0, 0, 0]


def test_a_rollback_may_name_its_release_and_a_rollback_means_what_it_pinned(three: str):
    assert back(three, to=1) == [0, 0, 0]
    assert back(three, to=3) == [2, 2, 2]
    assert back(three, to=4) == [0, 0, 0]
    seen = published(three).releases["silver"]
    assert (seen.number, seen.of_release, seen.is_held) == (6, 1, True)


@pytest.mark.parametrize(
    ("layer", "to", "said"),
    [
        ("silver", 3, "readers see release 3 of silver already"),
        ("silver", 9, "silver has no release 9\nit has 1, 2, 3"),
        ("gold", None, "gold was never released"),
        ("slver", None, "'slver' is no layer"),
    ],
)
def test_a_rollback_to_nothing_is_refused(three: str, layer: str, to: int | None, said: str):
    with pytest.raises(Failure, match=said):
        back(three, layer, to)


def test_a_rollback_to_files_that_are_gone_is_refused(three: str):
    replaced(three, "silver.charging", pl.DataFrame({"id": [7]}))
    DeltaTable(table_path(three, "silver.charging")).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(Failure, match=r"silver.charging v1 has lost 2 files"):
        back(three)


def test_gold_that_stands_on_what_is_withdrawn_is_marked(three: str):
    number = gold(three)
    log = Log.open(three)
    parts = rollback(log, "silver")
    assert [(each.layer, each.number) for each in marked(log, parts)] == [("gold", number)]
    log.commit(parts)
    assert published(three).origin("gold.usage").withdrawn == 3
    assert published(three).origin("silver.charging").withdrawn is None


def test_gold_is_taken_back_with_silver_to_what_stood_on_it(three: str):
    built = gold(three, built_from=1)
    gold(three, built_from=2)
    back(three, "gold")  # gold that was bad itself is not what to go back to
    gated(three, {"gold.usage": grown(three, "gold.usage")})
    release(three, "gold", resume=True, built_from=3)
    assert back(three, with_gold=True) == [1, 1, 1]
    seen = published(three)
    assert (seen.releases["gold"].of_release, seen.releases["gold"].withdrawn) == (built, None)
    assert seen.releases["gold"].number == seen.releases["silver"].number
    assert DeltaTable(table_path(three, "ops.releases")).version() == seen.version


def test_gold_that_has_nothing_to_go_back_to_is_said(three: str):
    gold(three)
    with pytest.raises(Failure, match="no release of gold was built from an older silver"):
        back(three, with_gold=True)


def test_gold_that_was_bad_itself_is_not_what_to_go_back_to(three: str):
    gold(three, built_from=3)
    gold(three, built_from=2)
    back(three, "gold")
    with pytest.raises(Failure, match="no release of gold was built from an older silver"):
        back(three, with_gold=True)


def test_gold_that_was_built_from_what_stays_is_left_alone(three: str):
    number = gold(three, built_from=1)
    back(three, with_gold=True)
    assert published(three).releases["gold"].number == number
