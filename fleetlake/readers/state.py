"""What is released."""

from fleetlake.releases import AsOf, Published, published
from fleetlake.settings import settings


def release(as_of: AsOf = None) -> Published:
    """What readers see of all layers now, or saw at a time or when a release came: versions, gate runs, waivers, age."""
    return published(settings().lake_root, as_of)
