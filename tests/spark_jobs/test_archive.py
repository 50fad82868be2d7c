"""A JVM takes Spark's classes from the archive that the set-up made, where there is one."""

from pathlib import Path

import pytest
from pyspark import SparkContext

from spark_jobs import session


def test_a_session_maps_the_classes_that_the_set_up_kept(spark):
    if not session.ARCHIVE.exists():
        pytest.skip("this Java keeps no classes, or the set-up was not done by make")
    gateway = SparkContext._gateway
    assert gateway is not None
    assert str(session.ARCHIVE) in Path(f"/proc/{gateway.proc.pid}/maps").read_text()


def test_without_an_archive_a_session_asks_for_none(monkeypatch, tmp_path):
    monkeypatch.setattr(session, "ARCHIVE", tmp_path / "none.jsa")
    assert "SharedArchiveFile" not in session.configuration("local[2]")["spark.driver.extraJavaOptions"]
