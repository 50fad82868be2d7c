"""What waits for a stream, as `fleet metrics` tells Prometheus: the page Pipeline asks it, because only jobs know where Kafka stands."""

from http.client import HTTPException
from typing import Any
from urllib.request import urlopen

from fleetlake.console import Early
from fleetlake.services.ports import HOST
from fleetlake.services.service import port
from fleetlake.settings import settings

PATIENCE_S = 2
LAG = "fleet_stream_lag_records"


def address() -> str:
    """Where this home's `fleet metrics` answers, or the one that a setting names."""
    return settings().metrics or f"http://{HOST}:{port('metrics')}/metrics"


def lags(url: str) -> list[dict[str, Any]]:
    """A row per stream and what waits for it; raises Early where nothing answers soon."""
    try:
        with urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310  # an address out of our own settings
            return waiting(answer.read().decode())
    except (OSError, HTTPException, ValueError) as error:
        raise Early("fleet metrics does not answer, or waits for Kafka itself.", "fleet up metrics kafka") from error


def waiting(text: str) -> list[dict[str, Any]]:
    """The same out of Prometheus' text."""
    from prometheus_client.parser import text_string_to_metric_families as families

    samples = (sample for family in families(text) for sample in family.samples if sample.name == LAG)
    return [{"stream": one.labels["stream"], "source": one.labels["source"], "records": int(one.value)} for one in samples]
