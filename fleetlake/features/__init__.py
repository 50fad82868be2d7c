"""Features of vehicles for models, read from released tables as they were known at a moment. Needs neither Java nor Spark.

    from datetime import timedelta
    from fleetlake.features import training_set

    labels = "select vehicle_key, timestamptz '2026-06-20' as at, ... from gold_internal.feature_vehicle_days"  # or a polars or Arrow frame
    wanted = training_set(labels, features=["distance_km_7d", "seat_heating_uses_28d"], tolerance=timedelta(days=3))

    wanted.frame()           # polars.DataFrame: the labels' columns, then a Float32 column per feature, null where nothing was known
    wanted.numpy()           # (float32 matrix of rows × features, NaN for null; the labels' rows beside it); torch.from_numpy takes the first
    wanted.batches()         # iterator of Arrow record batches: memory is bounded by a shard
    wanted.write("sets/1")   # Parquet shards and manifest.json; returns the manifest, from which `fleet features rebuild` makes the same bytes

Labels are rows with `vehicle_key` (string), `at` (timestamp: UTC) and whatever else the model needs: targets, weights, ids. Each gets of each
feature the value of the newest day that was over **and known** at `at`, in the newest correction that was known then; nothing that came later can
leak into it. A day that ended longer than `tolerance` before `at` counts as unknown. Everything is read from one release (`as_of`, default: now).

A feature may need a consent (`fleet features list`): a vehicle without it has no row, nor has one that took it back. `purposes` adds others.
What is not asked of everybody (`assistant`) costs many rows.

Rows come in shards of `days_per_shard` days of `at`, each in order of vehicle and time; equal ones stay in the labels' order.

`registry()` gives all features by name: table, column, unit, window in days, owner, purpose, consent and description (features.yml beside this).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetlake.features.declared import Feature, registry
    from fleetlake.features.training import TrainingSet, training_set

__all__ = ["Feature", "TrainingSet", "registry", "training_set"]
HOMES = {"Feature": "declared", "registry": "declared", "TrainingSet": "training", "training_set": "training"}  # imported when first used


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'fleetlake.features' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"fleetlake.features.{HOMES[name]}"), name)
    return found
