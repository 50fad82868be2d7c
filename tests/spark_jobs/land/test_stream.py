"""How the stream is started and stopped, without Spark."""

import os
import re
import signal

import pytest

from fleetlake.commands.land import Landed, seconds
from fleetlake.console import Failure
from spark_jobs.land.lander import Batch
from spark_jobs.land.stream import PATTERN, stopped_by_signals


class Told:
    stops = 0

    def stop(self):
        self.stops += 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_the_stream_to_end_and_the_former_handler_returns(number):
    former, stream = signal.getsignal(number), Told()
    with stopped_by_signals(stream):
        os.kill(os.getpid(), number)
        assert signal.getsignal(number) == signal.SIG_DFL, "a second one would end it at once"
    assert stream.stops == 1
    assert signal.getsignal(number) == former


def test_only_topics_of_the_fleet_are_subscribed_to():
    names = ["fleet.charging", "other.fleet.charging", "fleetcharging", "fleet.x-1"]
    assert [name for name in names if re.search(PATTERN, name)] == ["fleet.charging", "fleet.x-1"]


def test_intervals_are_written_with_their_unit():
    assert [seconds(text) for text in ("30s", "5m", "1h")] == [30, 300, 3600]
    with pytest.raises(Failure, match="--every 30: not a time span"):
        seconds("30")


def test_batches_add_up_by_topic():
    landed = Landed()
    for number in range(2):
        landed.add(Batch(number, {"fleet.charging": 3}, {"fleet.charging": 100}, 0.5, 0))
    assert landed.rows() == [{"topic": "fleet.charging", "rows": 6, "body_bytes": 200, "batches": 2}]
