"""What every service, every task and every command that these run has in its environment."""

import os
import sys
from pathlib import Path

from fleetlake.services.ports import HOST
from fleetlake.services.service import port
from fleetlake.settings import settings

FLEET = (sys.executable, "-m", "fleetlake.cli")  # the command of this environment, whatever PATH says


def environment() -> dict[str, str]:
    """Where home, lake, Kafka and the shared Spark are, the `fleet` of this environment first on PATH, and lines that come out as they are said."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "FLEET_HOME": str(settings().home.absolute()),
        "FLEET_LAKE": settings().lake_root,
        "FLEET_KAFKA_BROKERS": settings().kafka_brokers or f"{HOST}:{port('kafka')}",
        "SPARK_REMOTE": os.environ.get("SPARK_REMOTE") or f"sc://{HOST}:{port('connect')}",
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1",
    }
