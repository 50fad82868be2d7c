"""The streams, as a person would type them."""

import sys

from fleetlake.services.beat import beats
from fleetlake.services.environment import environment
from fleetlake.services.once import once
from fleetlake.services.service import Service
from fleetlake.settings import settings

FLEET = (sys.executable, "-m", "fleetlake.cli")
TOPICS = once("topics", lambda: [[*FLEET, "topics", "create"]], environment, needs=("kafka",))
LAND = Service(
    "land",
    lambda: [*FLEET, "land", "--every", settings().land_every],
    lambda since: beats("land", since),
    needs=("topics",),
    environment=environment,
)
REFINE = Service(
    "refine",
    lambda: [*FLEET, "refine", "--every", settings().refine_every],
    lambda since: beats("refine", since),
    needs=("connect",),
    environment=environment,
)
