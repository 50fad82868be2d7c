"""Decoding by its parts: MB of raw JSON per core-second, strictness included. `python -m benchmarks.decode [--mb N] [--rounds N]`

Protobuf bodies count as the JSON bodies that say the same. Rounds go through all parts in turn and the best of each is shown, so that a busy
moment of the machine hits all alike. The last column is the memory that one chunk takes on top of itself.
"""

import argparse
import hashlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import numpy as np
import orjson
import psutil
import pyarrow as pa

from expectations.contract import Contract, contract
from fleetlake.console import show
from fleetlake.wire import message_class, signal_numbers
from spark_jobs.decode import bodies, judge, judging
from spark_jobs.decode.envelope import read_envelope
from spark_jobs.decode.json_bodies import decode_json
from spark_jobs.decode.protobuf_bodies import decode_protobuf
from spark_jobs.decode.verdicts import Verdicts

SIGNALS_OF_SIZE = {"1 KB": 11, "11 KB": 150}
JSON, PROTOBUF = "application/json", "application/protobuf"
HEADERS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))
Part = Callable[[], object]


def main() -> None:
    """Prints one row per size and part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=16, help="raw JSON of a chunk")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    promised = contract("silver.vehicle_signals")
    rows = [
        row
        for size, count in SIGNALS_OF_SIZE.items()
        for row in measured(size, reports(asked.mb * 1_000_000, count), promised, asked.rounds)
    ]
    show(rows, as_json=False, title="MB of raw JSON per core-second, best of each")


def measured(size: str, json_bodies: list[bytes], promised: Contract, rounds: int) -> list[dict[str, object]]:
    """The rates of all parts for bodies of one size."""
    megabytes = sum(map(len, json_bodies)) / 1e6
    chunks = {JSON: chunk(json_bodies, JSON), PROTOBUF: chunk([as_protobuf(body) for body in json_bodies], PROTOBUF)}
    memory = {kind: extra_memory_mb(lambda rows=rows: judge(rows, promised)) for kind, rows in chunks.items()}  # type: ignore[misc]
    assert not any(judge(rows, promised).reasons.is_valid().to_pylist().count(True) for rows in chunks.values())
    seconds = best_of(parts(json_bodies, chunks, promised), rounds)
    mean = sum(map(len, json_bodies)) // len(json_bodies)
    extra = {"judge, JSON": memory[JSON], "judge, Protobuf": memory[PROTOBUF]}
    return [
        {
            "bodies": f"{size} ({mean} B)",
            "part": name,
            "MB/s": round(megabytes / took),
            "memory MB": round(extra[name]) if name in extra else None,
        }
        for name, took in seconds.items()
    ]


def parts(json_bodies: list[bytes], chunks: dict[str, pa.Table], promised: Contract) -> dict[str, Part]:
    """What decoding consists of, each on a whole chunk."""
    raw, wire = (rows.column("body").combine_chunks() for rows in chunks.values())
    decoded, places = decode_json(raw, promised.own_columns, 64), np.arange(len(raw))
    block = next(bodies.blocks(raw, 1 << 40))
    return {
        "orjson alone": lambda: [None for body in json_bodies if orjson.loads(body) is None],
        "byte scans": lambda: (bodies.most_keys(bodies.Bodies(block.bytes, block.offsets)), bodies.perhaps_deeper(block, 64)),
        "columns of JSON": lambda: decode_json(raw, promised.own_columns, 64),
        "columns of Protobuf": lambda: decode_protobuf(wire, promised.table, promised.own_columns),
        "envelope": lambda: read_envelope(chunks[JSON], promised, Verdicts(len(raw))),
        "rules": lambda: judging.judge_bodies(decoded, places, promised, Verdicts(len(raw))),
        "judge, JSON": lambda: judge(chunks[JSON], promised),
        "judge, Protobuf": lambda: judge(chunks[PROTOBUF], promised),
    }


def best_of(timed: dict[str, Part], rounds: int) -> dict[str, float]:
    """The fewest CPU-seconds that each part took."""
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(rounds):
        for name, part in timed.items():
            began = time.process_time()
            part()
            best[name] = min(best[name], time.process_time() - began)
    return best


def extra_memory_mb(part: Part) -> float:
    """The most resident memory during the part, above that before it."""
    process = psutil.Process()
    before, peak, done = process.memory_info().rss, [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            peak[0] = max(peak[0], (process.memory_info().rss - before) / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    part()
    done.set()
    watcher.join()
    return peak[0]


def reports(size: int, signals: int) -> list[bytes]:
    """About `size` bytes of reports of a vehicle's signals, all promoted ones and some others."""
    random, paths, made, total = Random(7), sorted(signal_numbers()), list[bytes](), 0
    while total < size:
        made.append(orjson.dumps(report(random, random.sample(paths, signals))))
        total += len(made[-1])
    return made


def report(random: Random, paths: list[str]) -> dict[str, object]:
    """One report that keeps all rules."""
    return {
        "speed_kmh": round(random.uniform(0, 200), 1),
        "odometer_m": random.randrange(10**8),
        "trip_distance_m": random.randrange(10**5),
        "range_m": random.randrange(10**6),
        "state_of_charge_percent": round(random.uniform(0, 100), 1),
        "state_of_health_percent": 97.5,
        "is_charging": False,
        "charge_limit_percent": 80,
        "is_locked": True,
        "is_driver_door_open": False,
        "outside_temperature_celsius": round(random.uniform(-10, 30), 1),
        "power_state": "ON",
        "latitude": round(random.uniform(-90, 90), 2),
        "longitude": round(random.uniform(-180, 180), 2),
        "signals": [{"path": path, "value": round(random.uniform(0, 100), 2)} for path in paths],
    }


def as_protobuf(body: bytes) -> bytes:
    """The same report with signal numbers."""
    fields = orjson.loads(body)
    signals = fields.pop("signals")
    message = message_class("vehicle_signals")(**fields)
    for signal in signals:
        message.signals.add(signal=signal_numbers()[signal["path"]], value=signal["value"])  # type: ignore[attr-defined]
    return message.SerializeToString()


def chunk(sent: list[bytes], content_type: str) -> pa.Table:
    """Bronze rows of one family as a fleet of 500 vehicles sends them."""
    count, now = len(sent), datetime(2026, 1, 1, 12, tzinfo=UTC)
    keys, ids = (
        [hashlib.sha256(b"%d" % (row % 500)).hexdigest()[:32] for row in range(count)],
        [hashlib.sha256(b"e%d" % row).hexdigest()[:32] for row in range(count)],
    )
    same = {
        "source": "/vehicles",
        "type": "fleet.vehicle_signals.v1",
        "occurred_at": "2026-01-01T11:59:30.123Z",
        "dataschema": "urn:fleetlake:vehicle_signals:1.0",
        "content_type": content_type,
    }
    names = {
        "ce_source": "source",
        "ce_type": "type",
        "ce_time": "occurred_at",
        "ce_dataschema": "dataschema",
        "content-type": "content_type",
    }
    fixed = {"ce_specversion": "1.0", "ce_modelcode": "M1", "ce_market": "DE", "ce_swversion": "3.1", "ce_isresend": "false"} | {
        name: same[column] for name, column in names.items()
    }
    own = [{"ce_id": ids[row], "ce_subject": keys[row], "ce_bootid": f"b{row % 9}", "ce_sequence": str(row)} for row in range(count)]
    headers = [[{"name": name, "value": value.encode()} for name, value in (fixed | each).items()] for each in own]
    numbers = pa.array(range(count), pa.int64())
    varying = {
        "key": pa.array([key.encode() for key in keys]),
        "vehicle_key": keys,
        "event_id": ids,
        "headers": pa.array(headers, HEADERS),
        "body": pa.array(sent, pa.binary()),
    }
    place = {
        "topic_id": ["T"] * count,
        "partition": pa.array([0] * count, pa.int32()),
        "offset": numbers,
        "received_at": pa.array([now] * count, pa.timestamp("us", "UTC")),
    }
    return pa.table(
        varying
        | place
        | {name: [value] * count for name, value in same.items()}
        | {"event_hash": numbers, "body_hash": pa.array([b"0" * 16] * count)}
    )


if __name__ == "__main__":
    main()
