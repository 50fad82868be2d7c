"""What to simulate: a Plan, and the rates of its faults."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fleetlake.console import Failure

DAY_MS = 86_400_000
LONGEST_RESEND_DAYS = 30
DENSITIES = {
    "20": (20, 800),
    "40": (40, 800),
    "full": (678, 11_000),
}  # events per vehicle and day, bytes of a report of signals; `full`: as real fleets

FAULTS: Mapping[str, float] = {  # share of a family's events, unless the line says otherwise
    "resend": 0.02,
    "conflict": 0.001,
    "conflict_then_resend": 0.0005,
    "broken_then_good": 0.001,
    "id_reused": 0.001,
    "twin_partitioner": 0.005,
    "twin_repartitioned": 0.05,  # of the events in the hour before the partitions change
    "late": 0.005,
    "garage": 0.01,  # of boots: everything of a boot comes when the car is online again
    "out_of_order": 0.01,
    "outage": 0.1,  # of days, at least one: a region is cut off for hours
    "clock_ahead": 0.001,  # by less than an hour: accepted
    "clock_far_ahead": 0.0005,
    "clock_1970": 0.0005,
    "bad_time": 0.001,
    "lost": 0.003,
    "lost_tail": 0.003,  # of boots
    "lost_boot": 0.001,  # of boots
    "too_large": 0.00005,
    "missing_envelope": 0.002,
    "unknown_schema": 0.001,
    "malformed": 0.003,
    "wrong_type": 0.002,
    "missing_field": 0.001,
    "out_of_range": 0.002,
    "not_allowed": 0.002,
    "unknown_field": 0.003,
    "schema_minor": 0.003,
    "hot_key": 1.0,  # events of one vehicle, as a share of what all others send of `hot_family`: 1 is half of all
}
HOT_FAMILY = "assistant_interactions"  # a button that is stuck; a small family, so that run times stay sane


@dataclass(frozen=True)
class Plan:
    """One simulation: the same plan gives the same records, byte for byte."""

    vehicles: int = 300
    days: int = 3
    seed: int = 1
    rates: Mapping[str, float] = field(default_factory=dict)
    hot_family: str = HOT_FAMILY
    format: str = "json"
    density: int = 40  # events per vehicle and day
    report_bytes: int = 800  # about, of the JSON body of a report of signals
    start: date = date(2026, 6, 1)
    partitions: int = 4
    partitions_after: int = 6  # from noon of the middle day on, where twins across the change are asked for
    max_body_bytes: int = 1_000_000
    turnover: float = 1.0  # sales, scrapping, ends of subscriptions and changes of mind, against a usual fleet: small ones show some at 10

    def __post_init__(self) -> None:
        if min(self.vehicles, self.days) < 1:
            raise Failure("a fleet needs a vehicle and a day at least", "--vehicles 300 --days 3")
        if self.format not in ("json", "protobuf"):
            raise Failure(f"no format {self.format!r}", "--format json or --format protobuf")

    @property
    def start_ms(self) -> int:
        """First moment of the simulation, in ms since 1970."""
        return int(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC).timestamp() * 1000)

    @property
    def change_ms(self) -> int:
        """When the topics get more partitions."""
        return self.start_ms + self.days // 2 * DAY_MS + DAY_MS // 2

    def weekday(self, number: int) -> int:
        """Of day `number`; Monday is 0."""
        return (self.start + timedelta(days=number)).weekday()

    def is_weekend(self, number: int) -> bool:
        """Whether day `number` is a Saturday or Sunday."""
        return self.weekday(number) >= 5

    def rate(self, fault: str) -> float:
        """Rate of a fault; 0 where it is off."""
        return self.rates.get(fault, 0.0)

    def refuse_future(self, now: datetime) -> None:
        """Raises Failure when the last reception could lie in the future: brokers refuse a CreateTime over an hour ahead."""
        tail = LONGEST_RESEND_DAYS + 1 if self.rates else 1
        end = self.start + timedelta(days=self.days + tail)
        if end > now.date():
            latest = now.date() - timedelta(days=self.days + tail)
            raise Failure(
                f"the last event would be received on {end}, which is in the future", f"--start {latest} or earlier, or fewer --days"
            )


def faults(name: str) -> tuple[dict[str, float], str]:
    """Rates by fault and the family of the hot key: `none`, `all` (the rates above), or a TOML or JSON file.

    A file says `resend = 0.1` for each fault that it wants; others are off, or as in `all` where it says `others = "all"`. Raises Failure.
    """
    if name in ("none", "all"):
        return dict(FAULTS) if name == "all" else {}, HOT_FAMILY
    asked = _read(Path(name))
    rates = dict(FAULTS) if asked.pop("others", "none") == "all" else {}
    family = str(asked.pop("hot_family", HOT_FAMILY))
    for fault, rate in asked.items():
        rates[fault] = _rate(fault, rate, name)
    return rates, family


def density(name: str) -> tuple[int, int]:
    """Events per vehicle and day, and bytes of a report, of the densities `40` and `full`. Raises Failure."""
    if name not in DENSITIES:
        raise Failure(f"no density {name!r}", f"--density {', '.join(DENSITIES)}")
    return DENSITIES[name]


def _read(path: Path) -> dict[str, object]:
    try:
        text = path.read_text()
        read: dict[str, object] = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise Failure(f"faults {path}: {error}", "--faults none, all, or a TOML or JSON file of rates such as `resend = 0.1`") from error
    return read


def _rate(fault: str, rate: object, path: str) -> float:
    if fault not in FAULTS or not isinstance(rate, int | float) or rate < 0:
        raise Failure(f"{path}: {fault} = {rate!r} is no rate of a known fault", f"known: {', '.join(FAULTS)}; also others and hot_family")
    return float(rate)
