"""Protobuf bodies: message classes and signal numbers, as the build made them from the contracts.

`events.proto` is written from the contracts and kept in the repository; `events_pb2.py` and `signals.csv` are made beside it by the build.
"""

import csv
import hashlib
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from google.protobuf.message import Message

from fleetlake.console import Failure

HERE = Path(__file__).parent
REMEDY = "make setup builds it"


def message_class(family: str) -> type[Message]:
    """The class of a family's bodies; raises Failure if the build has not made it from today's events.proto."""
    found: type[Message] | None = _classes().get("".join(part.capitalize() for part in family.split("_")))
    if found is None:
        raise Failure(f"fleetlake/wire/events.proto has no message for the family {family}", f"write its contract, then {REMEDY}")
    return found


@lru_cache
def signal_numbers() -> dict[str, int]:
    """Number on the wire of each signal, by VSS path."""
    try:
        with (HERE / "signals.csv").open(encoding="utf-8", newline="") as lines:
            return {row["path"]: int(row["number"]) for row in csv.DictReader(lines)}
    except FileNotFoundError as missing:
        raise Failure(f"{HERE / 'signals.csv'} is missing", REMEDY) from missing


@lru_cache
def signal_paths() -> dict[int, str]:
    """VSS path of each signal, by its number on the wire."""
    return {number: path for path, number in signal_numbers().items()}


@lru_cache
def _classes() -> dict[str, type[Message]]:
    try:
        built = import_module("fleetlake.wire.events_pb2")
    except ModuleNotFoundError as missing:
        if missing.name != "fleetlake.wire.events_pb2":
            raise
        raise Failure(f"{HERE / 'events_pb2.py'} is missing", REMEDY) from missing
    today = hashlib.sha256((HERE / "events.proto").read_bytes()).hexdigest()
    if today != built.COMPILED_FROM:
        raise Failure(f"{HERE / 'events_pb2.py'} was compiled from another events.proto", REMEDY)
    return {name: getattr(built, name) for name in built.DESCRIPTOR.message_types_by_name}
