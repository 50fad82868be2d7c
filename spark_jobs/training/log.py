"""ops.ml_runs: what each training took, and how good its model is."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.releases import rows_of
from fleetlake.settings import settings
from fleetlake.training.budget import Size
from fleetlake.training.learning import Trained
from spark_jobs.runs import opened

TABLE = "ops.ml_runs"


def write(lake: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the row of a training; what is not told of it is null. Returns the row."""
    schema = arrow_schema(contract(TABLE))
    made_by = {"code_version": version("fleetlake"), "run_id": settings().run_id or None}
    row = dict.fromkeys(schema.names) | {"rows": 0, "held_out_rows": 0, "trees": 0} | made_by | dict(facts)
    opened(lake, TABLE).append(pa.Table.from_pylist([row], schema), {}, others_may_follow=True)
    return row


def runs(lake: str) -> list[dict[str, Any]]:
    """All trainings, in the order of their ends."""
    return sorted(rows_of(lake, TABLE)[0], key=lambda row: row["ended_at"])


def measured(lake: str, use_case: str, cores: int) -> Iterator[tuple[Size, float, float]]:
    """Size, seconds to gather and seconds to fit of each training that a machine of so many cores finished for a use case, the newest first."""
    for row in reversed(runs(lake)):
        if row["use_case"] == use_case and row["cores"] == cores and row["outcome"] == "done" and row["resumed_from"] is None:
            yield Size(row["rows"], row["features"], row["trees"]), row["gather_seconds"], row["fit_seconds"]


def figures(trained: Trained, margin: float) -> dict[str, Any]:
    """How good a model is, as columns."""
    baseline, found = next(iter(trained.comparisons)), trained.decisive
    return {
        "held_out_rows": trained.held_out,
        "trees": trained.fitted.booster.num_trees(),
        "metric": found.metric,
        "metric_value": found.model.value,
        "metric_low": found.model.low,
        "metric_high": found.model.high,
        "baseline": baseline,
        "baseline_value": found.baseline.value,
        "gain": found.gain.value,
        "gain_low": found.gain.low,
        "is_better": found.beats(margin),
    }
