"""What builds leave in FLEET_HOME/builds."""

import os
from pathlib import Path

import pytest

from spark_jobs.build import dbt
from spark_jobs.build.dbt import forget, new_folder


def test_artefacts_of_old_builds_go_and_those_of_the_newest_stay_so_that_numbers_go_on(home: Path):
    folders = [new_folder() for _ in range(3)]
    for folder, at in zip(folders, (100, 300, 100), strict=True):
        os.utime(folder, (at, at))
    assert forget(200) == 1
    assert [folder.exists() for folder in folders] == [False, True, True]
    assert new_folder().name == "4"


def test_a_project_with_a_changed_file_is_read_anew(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = tmp_path / "models" / "model.yml"
    model.parent.mkdir()
    model.write_text("version: 1.0.0")
    monkeypatch.setattr(dbt, "HOME", tmp_path)
    kept = dbt._kept()
    kept.mkdir(parents=True)
    assert dbt._kept() == kept
    model.write_text("version: 2.0.0")
    assert dbt._kept() != kept
    assert not kept.exists()
