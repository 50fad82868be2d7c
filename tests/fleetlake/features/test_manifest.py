"""A set that was written says what it is made of, and can be made again, byte for byte, as long as its versions are there."""

import json
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.features import training_set
from fleetlake.features.manifest import Manifest, digest
from fleetlake.features.rebuild import rebuild
from fleetlake.names import table_path
from fleetlake.settings import settings
from tests.fleetlake.features.lake import CONSENTS, PROFILES, at, decision, labels, profile, put, yes

QUERY = "select vehicle_key, timezone('UTC', day + interval 2 day) as at, trips_1d as target from features.vehicle_profiles"


def released(lake: str) -> None:
    put(lake, [profile(f"v{number}", day, trips_1d=day + number / 7) for number in range(4) for day in range(40)], yes("v0", "v1", "v3"))


def test_the_manifest_tells_what_the_set_is_made_of(lake, tmp_path: Path):
    released(lake)
    told = training_set(QUERY, ["trips_1d", "events_1d"]).write(tmp_path / "set")
    assert Manifest.read(tmp_path / "set" / "manifest.json") == told
    assert told.release == 2
    assert told.tables[PROFILES]["version"] == 0
    assert set(told.tables) == {PROFILES, CONSENTS}
    assert told.features[0] == {"name": "trips_1d", "table": PROFILES, "column": "trips_1d", "contract_version": "1.0.0"}
    assert told.labels == {"query": QUERY}
    assert told.consent == {"purposes": ["product_improvement"], "before": None, "vehicles": 3}
    assert (told.rows, [each["rows"] for each in told.shards]) == (120, [84, 36])
    assert told.shards[0]["sha256"] == digest(tmp_path / "set" / "part-00000.parquet")
    assert told.seconds > 0
    assert told.cost_eur == pytest.approx(told.cpu_seconds / 3600 * settings().core_hour_eur, abs=1e-8)


def test_files_hold_the_rows_of_the_set_and_floats_have_no_dictionary(lake, tmp_path: Path):
    released(lake)
    wanted = training_set(QUERY, ["trips_1d"])
    wanted.write(tmp_path / "set")
    assert pl.read_parquet(tmp_path / "set" / "part-*.parquet").equals(wanted.frame())
    group = pq.read_metadata(tmp_path / "set" / "part-00000.parquet").row_group(0)
    encodings = {group.column(place).path_in_schema: group.column(place).encodings for place in range(group.num_columns)}
    assert "RLE_DICTIONARY" in encodings["vehicle_key"]
    assert "RLE_DICTIONARY" not in encodings["trips_1d"]


def test_a_set_is_made_again_byte_for_byte_after_ten_more_releases(lake, tmp_path: Path):
    released(lake)
    training_set(QUERY, ["trips_1d"]).write(tmp_path / "set")
    for number in range(10):
        put(lake, [profile("v9", 0, trips_1d=float(number))], [*yes("v9"), decision("v0", "product_improvement", given=False)])
    before, made = rebuild(tmp_path / "set" / "manifest.json", tmp_path / "again")
    assert (before.release, before.checksum, made.rows) == (2, made.checksum, 120)
    assert digest(tmp_path / "again" / "part-00001.parquet") == digest(tmp_path / "set" / "part-00001.parquet")


def test_labels_that_no_query_gives_are_kept_beside_the_manifest_and_must_be_the_same(lake, tmp_path: Path):
    released(lake)
    folder = tmp_path / "set"
    training_set(labels(("v1", 3), ("v0", 4)), ["trips_1d"], as_of=at(900)).write(folder)
    _, made = rebuild(folder / "manifest.json", tmp_path / "again")
    assert made.consent["before"] == at(900).isoformat()
    labels(("v1", 5)).write_parquet(folder / "labels.parquet")
    with pytest.raises(Failure, match=r"labels.parquet is gone, or is not what the set was made of"):
        rebuild(folder / "manifest.json", tmp_path / "other")


def test_a_version_that_is_gone_is_named(lake, tmp_path: Path):
    released(lake)
    training_set(QUERY, ["trips_1d"]).write(tmp_path / "set")
    shutil.rmtree(next(Path(table_path(lake, PROFILES)).glob("known_on=*")))
    with pytest.raises(Failure, match=r"features.vehicle_profiles v0 is gone"):
        rebuild(tmp_path / "set" / "manifest.json", tmp_path / "again")
    shutil.rmtree(Path(table_path(lake, CONSENTS), "_delta_log"))
    with pytest.raises(Failure, match=r"silver.consents v0 is gone"):
        training_set(labels(("v1", 3)), ["trips_1d"]).frame()


def test_other_bytes_are_named_with_the_libraries_that_wrote_them(lake, tmp_path: Path):
    released(lake)
    training_set(QUERY, ["trips_1d"]).write(tmp_path / "set")
    path = tmp_path / "set" / "manifest.json"
    told = json.loads(path.read_text())
    told["shards"][1]["sha256"], told["libraries"]["pyarrow"] = "0" * 64, "1.0"
    path.write_text(json.dumps(told))
    with pytest.raises(Failure, match=r"part-00001.parquet came out otherwise, with .*pyarrow .* \(was 1.0\)"):
        rebuild(path, tmp_path / "again")


def test_a_set_is_never_written_over(lake, tmp_path: Path):
    released(lake)
    wanted = training_set(QUERY, ["trips_1d"])
    wanted.write(tmp_path / "set")
    with pytest.raises(Failure, match="holds something already"):
        wanted.write(tmp_path / "set")


def test_what_is_no_manifest_is_refused(tmp_path: Path):
    (tmp_path / "other.json").write_text('{"release": 1}')
    for name in ("other.json", "none.json"):
        with pytest.raises(Failure, match="is no manifest of a training set"):
            Manifest.read(tmp_path / name)


def test_a_person_makes_a_set_looks_who_uses_what_and_makes_it_again(lake, tmp_path: Path):
    released(lake)
    run, app = CliRunner(), application(("features",))
    words = [
        "features",
        "set",
        QUERY,
        "--feature",
        "trips_1d",
        "--feature",
        "events_1d",
        "--tolerance-days",
        "3",
        "--out",
        str(tmp_path / "set"),
    ]
    made = json.loads(run.invoke(app, [*words, "--json"], catch_exceptions=False).stdout)
    assert (made["rows"], made["tolerance_s"]) == (120, 3 * 86_400)
    used = json.loads(run.invoke(app, ["features", "usage", "--json"], catch_exceptions=False).stdout)
    counts = {row["feature"]: (row["sets"], row["rows"], row["last_release"]) for row in used}
    assert counts["trips_1d"] == counts["events_1d"] == (1, 120, 2)
    assert counts["trips_7d"] == (0, 0, None)
    manifest = str(tmp_path / "set" / "manifest.json")
    again = run.invoke(app, ["features", "rebuild", manifest], catch_exceptions=False)
    assert again.exit_code == 0
    assert "the same bytes" in again.output
    kept = run.invoke(app, ["features", "rebuild", manifest, "--out", str(tmp_path / "again"), "--json"], catch_exceptions=False)
    assert json.loads(kept.stdout)["checksum"] == made["checksum"]
    assert (tmp_path / "again" / "part-00000.parquet").exists()
