"""MLflow hears of the set that a run trained on; the module is played here, since it comes with an extra."""

import json
import sys
from types import SimpleNamespace

from fleetlake.features import training_set
from fleetlake.features.tracking import tell
from tests.fleetlake.features.lake import labels, profile, put, yes


def test_the_active_run_gets_release_rows_and_the_whole_manifest(lake, tmp_path, monkeypatch):
    put(lake, [profile("v1", 0, trips_1d=1.0)], yes("v1"))
    manifest = training_set(labels(("v1", 2)), ["trips_1d"]).write(tmp_path / "set")
    params, files = {}, {}
    monkeypatch.setitem(
        sys.modules, "mlflow", SimpleNamespace(log_params=params.update, log_text=lambda text, path: files.update({path: text}))
    )
    tell(manifest)
    assert params == {
        "training_set.release": 2,
        "training_set.rows": 1,
        "training_set.checksum": manifest.checksum,
        "training_set.features": 1,
    }
    assert json.loads(files["training_set/manifest.json"])["checksum"] == manifest.checksum
