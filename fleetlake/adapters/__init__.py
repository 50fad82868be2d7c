"""Adapters: foreign data, read from files, becomes events of ours; what cannot become one is named with its reason."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they need Kafka's client, which `fleet --help` can do without
    from fleetlake.adapters.events import Event, Skipped, VehicleKey

Adapter = Callable[[Path, "VehicleKey"], Iterator["Event | Skipped"]]


class Source(StrEnum):
    """What a file may hold; the adapter for it is the module of that name."""

    BMW = "bmw"
    CLOUDEVENTS = "cloudevents"
    DRIVE_CYCLES = "drive-cycles"
    SKODA = "skoda"


def adapter(source: Source) -> Adapter:
    """The function `events(path, vehicle_key)` that reads files of this source."""
    read: Adapter = import_module(f"fleetlake.adapters.{source.replace('-', '_')}").events
    return read
