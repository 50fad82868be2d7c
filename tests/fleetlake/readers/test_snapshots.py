"""Released gold as Parquet files."""

import json
import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks.dashboard_data import release, written
from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.readers.snapshots import snapshot

ANALYSTS = Path(__file__).parents[3] / "docs" / "analysts.md"
FRAMES = {"gold.uses": pl.DataFrame({"n": [1, 2]}), "gold.cars": pl.DataFrame({"n": [3]})}


@pytest.fixture
def gold(lake):
    """One release of two tables."""
    release(lake, FRAMES)
    return lake


def test_a_release_is_a_folder_with_a_file_a_table_and_what_it_is(gold, tmp_path):
    folder, rows = snapshot(gold, "gold", tmp_path / "bi")
    assert folder.name == "gold-r1"
    assert {path.name for path in folder.iterdir()} == {"uses.parquet", "cars.parquet", "release.json"}
    assert pl.read_parquet(tmp_path / "bi" / "latest" / "uses.parquet").equals(FRAMES["gold.uses"])
    assert json.loads((folder / "release.json").read_text())["tables"]["gold.cars"] == {"version": 0, "rows": 1, "gate_run": 1}
    assert {row["table"]: row["rows"] for row in rows} == {"gold.uses": 2, "gold.cars": 1}


def test_the_next_release_is_another_folder_and_what_nobody_released_is_in_none(gold, tmp_path):
    first, _ = snapshot(gold, "gold", tmp_path)
    release(gold, {"gold.uses": pl.DataFrame({"n": [7]})})
    written(gold, "gold.uses", pl.DataFrame({"n": [8]}))
    second, _ = snapshot(gold, "gold", tmp_path)
    assert [pl.read_parquet(folder / "uses.parquet")["n"].to_list() for folder in (first, second)] == [[1, 2], [7]]
    assert (tmp_path / "latest").resolve() == second.resolve()
    snapshot(gold, "gold", tmp_path, as_of=1)
    assert (tmp_path / "latest").resolve() == second.resolve()


def test_a_folder_is_whole_or_not_there(gold, tmp_path):
    shutil.rmtree(f"{gold}/gold/cars")
    with pytest.raises(Exception, match="cars"):
        snapshot(gold, "gold", tmp_path)
    assert list(tmp_path.glob("*gold*")) == []


def test_a_folder_of_another_lake_is_not_taken_for_this_one(gold, tmp_path):
    folder, _ = snapshot(gold, "gold", tmp_path)
    told = json.loads((folder / "release.json").read_text())
    (folder / "release.json").write_text(json.dumps(told | {"released_at": "2020-01-01T00:00:00+00:00"}))
    with pytest.raises(Failure, match="another lake's release 1"):
        snapshot(gold, "gold", tmp_path)


def test_what_is_not_released_is_not_exported(lake, tmp_path):
    ended = CliRunner().invoke(application(("export",)), ["export", "gold", str(tmp_path)])
    assert isinstance(ended.exception, Failure)
    assert ended.exception.what == "gold is not released"


def test_the_recipe_for_bi_tools_works_as_it_stands(gold, tmp_path):
    ended = CliRunner().invoke(application(("export",)), ["export", "gold", str(tmp_path / "bi"), "--format", "parquet", "--json"])
    assert [row["table"] for row in json.loads(ended.stdout)] == sorted(FRAMES)
    [recipe] = re.findall(r"```python\n(import json, os, pathlib\n.*?)```", ANALYSTS.read_text(), re.DOTALL)
    exec(recipe.replace("/srv/bi", str(tmp_path / "bi")), {})  # noqa: S102  # the page's own words
    with duckdb.connect(str(tmp_path / "bi" / "gold.duckdb"), read_only=True) as database:
        assert database.execute("select sum(n), (select number from release) from uses").fetchall() == [(3, 1)]
