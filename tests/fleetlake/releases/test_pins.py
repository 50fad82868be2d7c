"""Which versions must stay readable."""

from datetime import UTC, datetime, timedelta

from fleetlake.releases.pins import BACK, pinned

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def releases(count: int, layer: str = "silver", before: int = 0) -> list[dict[str, object]]:
    """One an hour, the last one at noon; the n-th pins version 10 n and is release n, or later where others came `before`."""
    return [
        {
            "release": before + n,
            "at": NOON - timedelta(hours=count - n),
            "layer": layer,
            "table_name": f"{layer}.charging",
            "version": 10 * n,
        }
        for n in range(1, count + 1)
    ]


def test_the_newest_few_stay_however_old_they_are():
    assert pinned(releases(100), NOON + timedelta(days=30)) == {"silver.charging": {10 * n for n in range(101 - BACK, 101)}}


def test_what_a_reader_may_have_opened_since_stays_with_the_one_in_force_then():
    assert pinned(releases(100), NOON - timedelta(hours=5, minutes=30)) == {"silver.charging": {10 * n for n in range(94, 101)}}


def test_layers_are_counted_by_themselves():
    found = pinned([*releases(2), *releases(9, "bronze", before=2)], NOON + timedelta(days=1))
    assert found == {"silver.charging": {10, 20}, "bronze.charging": {70, 80, 90}}


def test_without_releases_nothing_is_pinned():
    assert pinned([], NOON) == {}
