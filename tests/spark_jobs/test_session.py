import os
import sys
from unittest.mock import Mock

import pytest
from pyspark.sql import functions as F

from fleetlake.console import Busy, Failure
from spark_jobs.session import ONE_MACHINE, configuration, is_on_one_machine, on_demand, prepare_environment


def test_a_session_reads_and_writes_delta(spark, tmp_path):
    spark.range(10).write.format("delta").save(str(tmp_path / "t"))
    assert spark.read.format("delta").load(str(tmp_path / "t")).count() == 10


def test_workers_run_our_python_and_find_our_packages(spark):
    def whose(batches):
        import pyarrow as pa

        import spark_jobs.session

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"python": [sys.executable], "file": [spark_jobs.session.__file__]})

    [row] = spark.range(1).mapInArrow(whose, "python string, file string").collect()
    assert row.python == sys.executable
    assert row.file == sys.modules["spark_jobs.session"].__file__


def test_a_plain_python_udf_over_parquet_ends(spark, tmp_path):
    spark.range(10).write.parquet(str(tmp_path / "p"))
    plus = F.udf(lambda number: number + 1, "long")
    assert spark.read.parquet(str(tmp_path / "p")).select(F.sum(plus("id"))).first()[0] == 55


def test_a_shell_cannot_choose_another_spark(monkeypatch):
    for name in ("SPARK_HOME", "PYSPARK_SUBMIT_ARGS", "JAVA_TOOL_OPTIONS", "SPARK_REMOTE"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PYSPARK_PYTHON", "python2")
    monkeypatch.setenv("JAVA_HOME", os.environ.get("JAVA_HOME", ""))
    prepare_environment()
    assert not {"SPARK_HOME", "PYSPARK_SUBMIT_ARGS", "JAVA_TOOL_OPTIONS", "SPARK_REMOTE"} & set(os.environ)
    assert os.environ["PYSPARK_PYTHON"] == sys.executable


def test_only_a_cluster_gets_more_than_one_machine_bears():
    assert is_on_one_machine("local[2]")
    assert is_on_one_machine("spark://127.0.0.1:7077")
    cluster = configuration("spark://cluster.example:7077")
    assert not set(ONE_MACHINE) & set(cluster)
    assert "delta-spark" in cluster["spark.jars"]


@pytest.mark.parametrize(("answers", "comes_out"), [(None, Failure), (ConnectionError("closed"), Busy)])
def test_what_fails_because_spark_went_away_is_no_answer(monkeypatch, answers, comes_out):
    monkeypatch.setattr("spark_jobs.session.session", lambda *_, **__: Mock(**{"sql.side_effect": answers}))

    def build() -> None:
        with on_demand("any") as start:
            start(True)
            raise Failure("a model could not be built")

    with pytest.raises(Failure) as raised:
        build()
    assert type(raised.value) is comes_out
