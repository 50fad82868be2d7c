"""The edge: slices become records on Kafka, in the order of their reception, through one producer.

Each record goes to the partition that its producer's partitioner would choose, given by its number: the order of reception within a partition
then holds even where two kinds of producers send the same key.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from fleetlake.produce import Record, produce
from fleetlake.simulator.generate import Slice
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.records import to_records

PACE_S = 0.05  # how finely a rate is kept


def send(
    slices: Iterable[Slice],
    plan: Plan,
    config: dict[str, str],
    grow: Callable[[], None],
    rate: float | None = None,
    sent: Callable[[int], None] = lambda count: None,
) -> None:
    """Sends everything; `grow` gives the topics their later partitions and is called between the last record before the change and the first after it.

    `rate` in events/s slows it down to real time; `sent` is told of records as they are handed over. Raises Failure when Kafka refuses.
    """
    records = paced(chain.from_iterable(to_records(part.wire) for part in slices), rate, sent)
    if plan.partitions_after == plan.partitions:
        produce(records, config)
        return
    first_after: list[Record] = []
    produce(before(records, plan.change_ms, first_after), config)
    grow()
    produce(chain(first_after, records), config)


def before(records: Iterator[Record], change_ms: int, first_after: list[Record]) -> Iterator[Record]:
    """Records received before the change; the first one after it is taken from `records` too and left in `first_after`."""
    for record in records:
        if record.timestamp_ms >= change_ms:
            first_after.append(record)
            return
        yield record


def paced(records: Iterable[Record], rate: float | None, sent: Callable[[int], None]) -> Iterator[Record]:
    """The same records, no faster than `rate` per second on the whole."""
    begin, step = time.monotonic(), max(1, int(rate * PACE_S)) if rate else 1_000
    for nth, record in enumerate(records, start=1):
        yield record
        if nth % step == 0:
            sent(step)
            if rate:
                time.sleep(max(0.0, begin + nth / rate - time.monotonic()))
