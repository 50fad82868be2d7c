"""What people type for a day or a moment."""

from datetime import UTC, date, datetime

import pytest

from fleetlake.commands.times import day, moment
from fleetlake.console import Failure


def test_a_day_is_read():
    assert day("2026-06-01") == date(2026, 6, 1)


@pytest.mark.parametrize("text", ["2026-06-01T12:00:00", "2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00"])
def test_a_moment_is_in_utc_unless_it_says_otherwise(text):
    assert moment(text) == datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("read", "wanted"), [(day, "is no day"), (moment, "is no moment")])
def test_a_wrong_one_is_refused_with_an_example(read, wanted):
    with pytest.raises(Failure, match=rf"'yesterday' {wanted} (?s:.*)2026-06-01"):
        read("yesterday")
