"""The page for ML begins with code that runs."""

import re
from pathlib import Path

import numpy as np
import polars as pl

from spark_jobs.releases.plan import release
from tests.fleetlake.features.lake import at, laid, yes
from tests.spark_jobs.releases.fabricated import gated, replaced

PAGE = Path(__file__).parents[3] / "docs" / "ml.md"
DAYS = "gold_internal.feature_vehicle_days"


def test_the_first_code_of_the_page_makes_a_training_set(lake, tmp_path, monkeypatch):
    keys = pl.DataFrame({"vehicle_key": ["v1", "v2"], "day": [at(0).date()] * 2, "known_at": [at(1.1)] * 2, "known_on": [at(0).date()] * 2})
    numbers = {name: pl.Series([1.0, 2.0], dtype=pl.Float32) for name in ("trips_7d", "distance_km_28d", "park_assist_uses_28d")}
    laid(lake, keys.with_columns(**numbers), yes("v1", "v2"))
    uses = pl.DataFrame(
        {"vehicle_key": ["v1", "v2", "v2"], "used_on": [at(2).date()] * 3, "feature_id": ["dog_mode", "dog_mode", "park_assist"]}
    )
    gated(lake, {DAYS: replaced(lake, DAYS, uses)})
    release(lake, "gold_internal")
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0], found)  # noqa: S102 - a page of ours
    assert found["rows"].select("vehicle_key", "target").rows() == [("v1", 0), ("v2", 1)]
    assert np.array_equal(found["matrix"], np.array([[1, 1, 1], [2, 2, 2]], np.float32))
    assert found["made"].rows == 2
    assert Path("sets/park_assist/manifest.json").exists()
