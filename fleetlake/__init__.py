"""fleetlake: read the released tables of a connected-car lake.

import fleetlake
fleetlake.scan("silver.charging")                    # a polars.LazyFrame at the released version
fleetlake.sql("select count(*) from silver.charging")
fleetlake.release()                                  # what is released: versions, gate runs, waivers, age
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetlake.readers.frames import scan
    from fleetlake.readers.queries import sql
    from fleetlake.readers.sessions import spark
    from fleetlake.readers.state import release

__all__ = ["release", "scan", "spark", "sql"]
HOMES = {"scan": "frames", "sql": "queries", "spark": "sessions", "release": "state"}  # imported when first used: they need engines


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'fleetlake' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"fleetlake.readers.{HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
