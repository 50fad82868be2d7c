"""ml.suggestions: what the assistant offers each driver, by the newest model; all rows are replaced in one commit."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.features import training_set
from fleetlake.releases import published
from fleetlake.training import suggest
from fleetlake.training.examples import Array
from fleetlake.training.store import Model
from fleetlake.training.use_cases import use_case
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import write
from spark_jobs.runs import opened

TABLE, RANKS = "ml.suggestions", 3


def best(classes: tuple[str, ...], probabilities: Array, ranks: int = RANKS) -> pl.DataFrame:
    """place (row of `probabilities`), rank, feature_id, probability: the likeliest classes of each row; equal ones in the order of the classes."""
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :ranks]
    rows = np.arange(len(order)).repeat(order.shape[1])
    return pl.DataFrame(
        {
            "place": rows,
            "rank": np.tile(np.arange(1, order.shape[1] + 1, dtype=np.int32), len(order)),
            "feature_id": pl.Series(classes).gather(order.ravel()),
            "probability": np.take_along_axis(probabilities, order, axis=1).ravel(),
        }
    )


def score(lake: str, model: Model, day: date) -> dict[str, Any]:
    """Writes the suggestions of a day, a candidate until its gate and its release; version, rows, vehicles, and what they were made of."""
    use, release = use_case("suggest"), published(lake).number
    asked = training_set(suggest.moments(day.isoformat()), use.features, release, use.tolerance, purposes=use.scoring_consents)
    with TemporaryDirectory(prefix="fleetlake-scores-") as folder:
        manifest = asked.write(folder)  # the lake keeps the manifest, from which the same is made again
        frame = pl.concat([pl.read_parquet(Path(folder, each["file"])) for each in manifest.shards] or [asked.frame()])
    found = best(model.encoding.classes, model.fitted.predict(model.encoding.questions(frame).inputs))
    made_of = {"training_run": model.told["training_run"], "model": model.id, "manifest": manifest.checksum, "scored_at": datetime.now(UTC)}
    whole = frame.select("vehicle_key", suggested_for="at")[found["place"]].hstack(found.drop("place"))
    version = _replace(
        lake, whole.with_columns(**{name: pl.lit(value) for name, value in made_of.items()}).sort("vehicle_key", "suggested_for", "rank")
    )
    return {"table": TABLE, "version": version, "rows": len(whole), "vehicles": frame["vehicle_key"].n_unique(), "day": day, **made_of}


def newest_day(lake: str) -> date:
    """The day after the newest that released features tell of."""
    from fleetlake.readers.frames import scan

    last: date = scan("features.vehicle_profiles").select(pl.col("day").max()).collect().item()
    return last + timedelta(days=2)


def _replace(lake: str, rows: pl.DataFrame) -> int:
    of, table = contract(TABLE), opened(lake, TABLE)
    arrow: pa.Table = rows.select(arrow_schema(of).names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(arrow_schema(of))
    written = write(table.path, arrow, {}, statistics_columns(of), ("probability",))
    return table.replace([Held.of(each) for each in table.actions()], [written], Exchange("WRITE", is_data_change=True))
