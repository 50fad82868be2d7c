"""Numbers as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from dashboards import numbers
from dashboards.numbers import told


@pytest.mark.parametrize(
    ("how", "value", "said"),
    [
        (numbers.count, 12345, "12,345"),
        (numbers.share, 0.6234, "62.3 %"),
        (numbers.share, 0.99999, "99.999 %"),
        (numbers.share, 1.0, "100.0 %"),
        (numbers.share, -1.046, "−104.6 %"),
        (numbers.points, -0.0123, "−1.2 pp"),
        (numbers.points, 0.0, "0.0 pp"),
        (numbers.eur, Decimal("1188.439"), "€ 1,188.44"),
        (numbers.eur, -0.00855, "−€ 0.00855"),
        (numbers.eur, 0.0000213, "€ 2.1e-05"),
        (numbers.ms, 821, "821 ms"),
        (numbers.ms, 29_148, "29.1 s"),
        (numbers.ms, 540_687_992, "6.3 d"),
        (numbers.wh, 38_500_000, "38.5 MWh"),
        (numbers.size, 1_400_000_000, "1.4 GB"),
        (numbers.age, timedelta(minutes=12), "12 min"),
        (numbers.age, timedelta(days=9), "9 d"),
        (numbers.age, timedelta(seconds=-1), "0 s"),
        (numbers.exact, Decimal("10.500"), "10.5"),
        (numbers.exact, 1_000, "1,000"),
        (numbers.text, datetime(2026, 6, 28, 20, 39, tzinfo=UTC), "2026-06-28 20:39 UTC"),
        (numbers.text, date(2026, 6, 28), "2026-06-28"),
        (numbers.text, True, "yes"),
    ],
)
def test_a_value_is_told_with_its_unit(how, value, said):
    assert how(value) == said


def test_what_is_withheld_and_what_there_is_none_of_are_two_things():
    assert told(None, numbers.count, is_withheld=True) == "withheld"
    assert told(None, numbers.count) == "–"
    assert told(0, numbers.count, is_withheld=True) == "0"
