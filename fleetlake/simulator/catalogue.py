"""What the simulated maker sells: models, markets, features, software versions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    code: str
    share: float
    is_electric: bool
    battery_wh: int
    wh_per_km: int


MODELS = (
    Model("C1E", 0.16, True, 58_000, 165),
    Model("C2E", 0.12, True, 77_000, 180),
    Model("S4E", 0.08, True, 82_000, 160),
    Model("V5E", 0.06, True, 100_000, 210),
    Model("C1", 0.24, False, 0, 0),
    Model("S3", 0.16, False, 0, 0),
    Model("V4", 0.12, False, 0, 0),
    Model("T2", 0.06, False, 0, 0),
)


@dataclass(frozen=True)
class Market:
    code: str
    region: str
    share: float
    offset_h: int  # of local time from UTC; fixed, since summer time would only blur the hours
    latitude: float
    longitude: float


MARKETS = (
    Market("DE", "eu", 0.20, 2, 50.1, 9.7),
    Market("FR", "eu", 0.09, 2, 47.1, 2.6),
    Market("GB", "eu", 0.10, 1, 52.3, -1.4),
    Market("IT", "eu", 0.06, 2, 44.4, 10.6),
    Market("SE", "eu", 0.04, 2, 58.9, 15.1),
    Market("US", "na", 0.20, -5, 39.6, -84.2),
    Market("CA", "na", 0.03, -4, 44.6, -78.3),
    Market("CN", "cn", 0.18, 8, 31.3, 118.4),
    Market("JP", "apac", 0.04, 9, 35.5, 138.4),
    Market("KR", "apac", 0.03, 9, 36.6, 127.8),
    Market("BR", "latam", 0.03, -3, -22.3, -46.9),
)


@dataclass(frozen=True)
class Feature:
    """Adoption follows a logistic curve: `ceiling` of the equipped vehicles at last, half of them `midpoint_day` days after the start."""

    code: str
    equipped_share: float
    ceiling: float
    midpoint_day: float
    growth: float  # per day
    uses_per_trip: float
    peak_hour: float  # local time at which most use it
    is_subscription: bool = False
    needs_software: int = 0  # index of the first software version that has it
    typical_ms: int = 60_000


FEATURES = (
    Feature("seat_heating", 0.80, 0.75, -200, 0.02, 0.35, 7, typical_ms=900_000),
    Feature("lane_assist", 0.70, 0.80, -120, 0.02, 0.50, 17, typical_ms=1_200_000),
    Feature("adaptive_cruise", 0.55, 0.70, -60, 0.03, 0.40, 12, typical_ms=1_000_000),
    Feature("smartphone_projection", 0.90, 0.85, -300, 0.02, 0.55, 8, typical_ms=1_500_000),
    Feature("ambient_light", 0.50, 0.60, -30, 0.03, 0.20, 21, typical_ms=1_800_000),
    Feature("park_assist", 0.45, 0.60, 0, 0.04, 0.20, 18, typical_ms=45_000),
    Feature("remote_climate", 0.60, 0.65, 5, 0.05, 0.10, 6, True, typical_ms=600_000),
    Feature("live_traffic", 0.65, 0.80, -10, 0.04, 0.30, 7.5, True, typical_ms=1_200_000),
    Feature("highway_pilot", 0.20, 0.50, 20, 0.08, 0.25, 14, True, 1, 1_400_000),
    Feature("dog_mode", 0.60, 0.35, 12, 0.15, 0.05, 11, False, 1, 900_000),
    Feature("charge_planner", 0.40, 0.55, 8, 0.10, 0.15, 19, False, 1, 20_000),
    Feature("digital_key", 0.30, 0.55, 25, 0.10, 0.30, 9, True, 2, 2_000),
)

SOFTWARE = tuple(f"{2025 + release // 12}.{1 + release % 12}.{patch}" for release in range(9, 60) for patch in (0,))  # a version per month
PURPOSES = ("product_improvement", "remote_services", "location", "personalisation", "assistant", "marketing")
CONSENTING = (0.85, 0.90, 0.80, 0.70, 0.65, 0.35)  # share that says yes, by purpose


def shares(items: tuple[Model, ...] | tuple[Market, ...]) -> list[float]:
    """How often each occurs; sums to one."""
    total = sum(item.share for item in items)
    return [item.share / total for item in items]
