"""All pages, in their order."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.screens import ask, cost, features, fleet, interfaces, operations, pipeline, quality
from dashboards.view import View


@dataclass(frozen=True)
class Page:
    """One page: its address, what it says of itself, the layers that its numbers are of, and what draws it."""

    slug: str
    title: str
    says: str
    icon: str
    show: Callable[[View], None]
    layers: tuple[str, ...] = ("gold",)
    needs_release: bool = True  # of the first of its layers; without one there is nothing to show


ALL_LAYERS = ("gold", "features", "bronze", "ml", "ops")  # gold brings gold_internal and silver along

PAGES = (
    Page(
        "fleet",
        "Fleet",
        "How much of the fleet is heard, what it sends, and how much of that is late or lost.",
        "directions_car",
        fleet.show,
    ),
    Page("features", "Features", "Who could use, tried and uses each feature, who comes back, and how two compare.", "apps", features.show),
    Page(
        "operations",
        "Commands, charging, updates",
        "How far what customers asked for came, how long it took, and what got worse after an update.",
        "bolt",
        operations.show,
    ),
    Page("interfaces", "Interfaces", "Whether back-end interfaces keep their promise, and how long answers take.", "lan", interfaces.show),
    Page(
        "cost",
        "Cost",
        "What a vehicle, a feature, a million requests and a terabyte cost, what moves, and what nobody owns.",
        "payments",
        cost.show,
    ),
    Page(
        "quality",
        "Quality",
        "What readers see of each table, what its gate says, what was refused, waived and restated.",
        "verified",
        quality.show,
        ALL_LAYERS,
        False,
    ),
    Page(
        "pipeline",
        "Pipeline",
        "What runs, what waits, how long batches and jobs take, and what was released.",
        "conversion_path",
        pipeline.show,
        ALL_LAYERS,
        False,
    ),
    Page("ask", "Ask", "SQL over released tables, with charts and files.", "terminal", ask.show, ("gold", "bronze"), False),
)
