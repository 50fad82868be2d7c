"""Steps that fewer and fewer reach."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards import numbers

STEPS = {"step": pl.String, "count": pl.Int64, "told": pl.String}


def steps(row: Mapping[str, Any], names: Mapping[str, str]) -> pl.DataFrame:
    """How many reached each step, and which share of those of the step before; a step that is withheld is left out."""
    known = [(title, int(row[name])) for name, title in names.items() if row[name] is not None]
    before = [0, *(count for _, count in known)]
    told = [_told(count, last) for (_, count), last in zip(known, before, strict=False)]
    return pl.DataFrame({"step": [title for title, _ in known], "count": [count for _, count in known], "told": told}, schema=STEPS)


def _told(count: int, before: int) -> str:
    return f"{count:,} ({numbers.share(count / before)})" if before else f"{count:,}"
