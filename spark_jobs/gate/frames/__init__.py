"""What an expectation looks at beside the table's own rows: small frames, measured over the pinned versions before anything is judged."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import polars as pl

from expectations.contract import Contract
from expectations.suites import once
from spark_jobs.gate.frames import columns, conservation, equations, freshness, imported, refused, senders, twins, volume
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake

Measure: TypeAlias = Callable[[Lake, Snapshot, datetime], pl.DataFrame]

MEASURES: dict[str, Measure] = {  # by the name of the frame that it makes
    "columns": columns.frame,
    "twins": twins.frame,
    "senders": senders.frame,
    "refused": refused.frame,
    "conservation": conservation.frame,
    "equations": equations.frame,
    "imported": imported.frame,
    "freshness": freshness.frame,
    "volume": volume.frame,
}

KEYS: dict[str, Callable[[Contract], tuple[str, ...]]] = {  # the columns of a frame that name its failing rows
    "columns": lambda contract: ("column",),
    "volume": lambda contract: ("day",),
    "twins": once.shown,
    **dict.fromkeys(("senders", "refused", "conservation", "equations", "imported", "freshness"), lambda contract: ()),  # one row about all
}

EXAMPLES: dict[str, Callable[[Lake, Snapshot], tuple[dict[str, Any], ...]]] = {  # keys of rows behind a frame of one row, by expectation
    "vehicle_key.known": senders.strangers,
}
