"""The streams, as a person would type them."""

from fleetlake.services.beat import beats
from fleetlake.services.environment import FLEET, environment
from fleetlake.services.once import once
from fleetlake.services.service import Service
from fleetlake.settings import settings

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
