"""How the platform is, in Prometheus' words: services, streams, gates and releases. docs/operators.md says what each name means."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleetlake.overview import LEDGER, RESULTS, last_verdicts, quarantined_shares
from fleetlake.releases import Published, published, rows_of

Labels = TypeVar("Labels", bound=tuple[str, ...])
Lags = Mapping[tuple[str, str], int]  # records that wait, by stream and what they wait in


class Platform(Collector):
    """Looks when it is asked."""

    def __init__(self, lake: str, services: Callable[[], list[dict[str, Any]]], lags: Callable[[], Lags]) -> None:
        self._lake, self._services, self._lags = lake, services, lags

    def collect(self) -> Iterator[Metric]:
        """All metrics, as they are now."""
        yield from of_services(self._services())
        yield of_lags(self._lags())
        yield from of_releases(published(self._lake))
        yield from of_gates(last_verdicts(rows_of(self._lake, RESULTS)[0]))
        shares = quarantined_shares(rows_of(self._lake, LEDGER)[0])
        yield gauge("fleet_quarantined_ratio", "Share of the family's events that refine refused.", ("table",), _keyed(shares))


def registry(lake: str, services: Callable[[], list[dict[str, Any]]], lags: Callable[[], Lags]) -> CollectorRegistry:
    """What an endpoint serves: this platform's metrics, and nothing about the endpoint itself."""
    made = CollectorRegistry()
    made.register(Platform(lake, services, lags))
    return made


def of_services(rows: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    """From the rows of a status."""
    found = list(rows)
    up = {(row["service"],): row["health"] in ("healthy", "done") for row in found}
    yield gauge("fleet_service_up", "1 where the service is healthy, or done if it ends.", ("service",), up)
    for name, column, unit, says in (
        ("fleet_service_restarts", "restarts", 1, "How often its supervisor has started it again."),
        ("fleet_service_memory_bytes", "memory_mb", 1_000_000, "Memory of all its processes."),
        ("fleet_service_uptime_seconds", "uptime_s", 1, "Since it was started."),
    ):
        yield gauge(name, says, ("service",), {(row["service"],): row[column] * unit for row in found if row[column] is not None})


def of_lags(lags: Lags) -> Metric:
    """From what waits."""
    return gauge("fleet_stream_lag_records", "Records that the stream has not taken yet.", ("stream", "source"), lags)


def of_releases(state: Published) -> Iterator[Metric]:
    """From what readers see."""
    layers = state.releases.items()
    yield gauge("fleet_release_number", "The release that readers see.", ("layer",), {(name,): each.number for name, each in layers})
    ages = {(name,): each.age.total_seconds() for name, each in layers}
    yield gauge("fleet_release_age_seconds", "Since it came out.", ("layer",), ages)
    held = {(name,): each.is_held for name, each in layers}
    yield gauge("fleet_release_held", "1 where a layer was rolled back and is held.", ("layer",), held)


def of_gates(verdicts: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    """From the newest gate run of each table."""
    for name, column, says in (
        ("fleet_gate_stopping", "stopping", "Results of the newest gate run that stop a release."),
        ("fleet_gate_warnings", "warnings", "Results of the newest gate run that only warn."),
    ):
        yield gauge(name, says, ("table",), _keyed({table: each[column] for table, each in verdicts.items()}))


def gauge(name: str, says: str, labels: tuple[str, ...], values: Mapping[Labels, float]) -> Metric:
    """A metric with a value for each tuple of labels."""
    metric = GaugeMetricFamily(name, says, labels=labels)
    for key, value in values.items():
        metric.add_metric(key, value)
    return metric


def _keyed(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}
