"""The sound lake, made once, and a copy of it for each test."""

import shutil
from pathlib import Path

import pytest

from tests.spark_jobs.audit.fabricated import TestLake, fabricate


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sound")
    fabricate(str(root))
    return root


@pytest.fixture
def copied(sound: Path, tmp_path: Path) -> TestLake:
    """A copy of the sound lake to break."""
    return TestLake(str(shutil.copytree(sound, tmp_path / "lake")))
