"""One Spark session and one Kafka broker for the whole run, both made when first needed; a home and a lake of its own for each test."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "2"  # read at import; a test must not need more than a laptop has
for name in [name for name in os.environ if name.startswith(("FLEET_", "SPARK_", "PYSPARK_"))]:
    del os.environ[name]  # what a shell had set for other work is no business of the tests
os.environ["FLEET_SHORT_LIVED"] = "true"  # no JVM of a test lives to gain from more compiling

import pytest
from hypothesis import settings as hypothesis_settings
from pyspark.sql import SparkSession

from fleetlake.settings import settings

hypothesis_settings.register_profile("fleetlake", deadline=None, print_blob=True)  # a busy machine is no failure
hypothesis_settings.load_profile("fleetlake")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a test needs is told by its fixtures, not by a mark that could be forgotten. Those that may take longest go first: two workers
    share the short ones in the end, and none waits minutes for the other."""
    for item in items:
        for fixture, mark in (("spark", "jvm"), ("kafka", "kafka")):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
    items.sort(key=lambda item: max((each.args[0] for each in item.iter_markers("timeout")), default=0), reverse=True)


@pytest.fixture(scope="session", autouse=True)
def run_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """FLEET_HOME of everything that lives longer than one test."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("run")
        use_home(patch, path)
        (path / "dbt").mkdir()
        yield path
    settings.cache_clear()


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A FLEET_HOME of the test's own, with its lake inside; on the run's broker where the test asks for `kafka`."""
    use_home(monkeypatch, tmp_path / "home")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dbt").symlink_to(request.getfixturevalue("run_home") / "dbt")  # to read the project takes seconds
    if "kafka" in request.fixturenames:
        monkeypatch.setenv("FLEET_KAFKA_BROKERS", request.getfixturevalue("kafka"))
        settings.cache_clear()
    yield tmp_path / "home"
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def lake(home: Path) -> str:
    """The root of the test's own tables."""
    return settings().lake_root


@pytest.fixture(scope="session")
def spark(run_home: Path) -> Iterator[SparkSession]:
    """The one session of the run."""
    from spark_jobs.session import session

    with_delta = session("tests", "local[2]")
    yield with_delta
    with_delta.stop()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of the one broker of the run; its topics are shared, so take `no_topics` where others' events would disturb."""
    from fleetlake.services import kafka as broker
    from fleetlake.services.service import end

    own_home = tmp_path_factory.mktemp("kafka")
    with pytest.MonkeyPatch.context() as patch:
        use_home(patch, own_home)
        address = broker.up(print)
    settings.cache_clear()
    yield address
    with pytest.MonkeyPatch.context() as patch:
        use_home(patch, own_home)
        end(broker.KAFKA)
    settings.cache_clear()


@pytest.fixture
def no_topics(kafka: str, home: Path) -> str:
    """host:port of a broker without any topic of the fleet."""
    from fleetlake.kafka import admin, results, topics

    client = admin()
    if held := topics():
        results(client.delete_topics(list(held), operation_timeout=30))
    while topics():
        time.sleep(0.05)
    return kafka


def use_home(patch: pytest.MonkeyPatch, path: Path) -> None:
    """From here on, settings tell of this home."""
    patch.setenv("FLEET_HOME", str(path))
    patch.setenv("FLEET_LAKE", str(path / "lake"))
    settings.cache_clear()
