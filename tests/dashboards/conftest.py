"""A small released gold, written once and copied for each test."""

import shutil
from pathlib import Path

import pytest

from benchmarks.dashboard_data import Shape, write

HOSTILE = ("<img src=x onerror=alert(1)>", "**b** [a](http://x) $x$ :material/home:", "=HYPERLINK(1)")  # what a vehicle may call its model


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with release 1 of silver and release 2 of gold, whose models have names that want to be more than names."""
    path = tmp_path_factory.mktemp("dashboards") / "lake"
    write(str(path), Shape(models=HOSTILE))
    return path


@pytest.fixture
def gold(template: Path, lake: str) -> str:
    """A lake of the test's own."""
    shutil.copytree(template, lake)
    return lake
