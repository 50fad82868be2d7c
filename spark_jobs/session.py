"""The one recipe of a Spark session: what is set, and why."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from fleetlake.console import Busy, Failure
from fleetlake.jars import class_path
from fleetlake.java import java_home
from fleetlake.settings import settings

ALWAYS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",  # rebuilt from paths at each start: no metastore to lose, and Derby lets in one JVM only
    "spark.sql.session.timeZone": "UTC",  # exactly this word: delta-rs refuses Etc/UTC in what Spark writes
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",  # otherwise a plain Python UDF over Parquet hangs for ever (4.2.0)
    "spark.python.daemon.module": "spark_jobs.daemon",  # forks workers that have their imports already
    "spark.driver.memory": "1g",  # the driver holds file actions and counts, never rows
    "spark.ui.enabled": "false",  # a port and 50 MB that nobody asked for
    "spark.ui.showConsoleProgress": "false",  # our own progress goes to the same terminal
}
ONE_MACHINE = {
    "spark.driver.host": "127.0.0.1",  # nothing of a laptop's session is reachable from outside
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.buffer.pageSize": "2m",  # of a heap of 2 GB for two cores it would make 32 MB, zeroed for each map and each sort of a few rows
    "spark.sql.shuffle.partitions": "2",  # 200 tasks for two cores are all overhead
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",  # who names files asks for each: a job for that takes longer
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",  # VACUUM lists with as many tasks: 1.5 s instead of 69 s
    "spark.sql.files.openCostInBytes": "200000",  # a file of a disk here is opened at once; by the default of 4 MB a task reads 32 small ones
    "spark.databricks.delta.snapshotPartitions": "2",  # the default of 50 makes each look at a table a job of 50 tasks
}
WORKERS = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy starts none, then: its importer forks
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # gives back what a chunk took; mimalloc keeps some 40 MB a worker
}
LONG_LIVED = "-XX:CompileThresholdScaling=5"  # compile only what is really hot: a third less CPU in the first minute, the same after
ARCHIVE = Path(sys.prefix) / "share" / "fleetlake" / "spark-classes.jsa"  # what spark_jobs.archive makes
SHORT_LIVED = (
    "-XX:TieredStopAtLevel=1 -XX:-UseParallelGC -XX:+UseSerialGC"  # halves the start of a JVM that lives for minutes; slower code after that
    " -XX:ReservedCodeCacheSize=240m"  # of its own it takes 48 MB, which some dozens of queries fill: then nothing is compiled any more
    " -Xms600m -Xmn300m -XX:MetaspaceSize=400m"  # it would grow to that anyway, with a collection at each step; the smallest heap is 768m
)
OF_A_JVM = ("spark.driver.", "spark.scheduler.")  # a session on a server has no say in these: the server is made for all
MISLEADING = (
    "SPARK_HOME",
    "SPARK_CONF_DIR",
    "PYSPARK_SUBMIT_ARGS",
    "PYSPARK_DRIVER_PYTHON",
    "JAVA_TOOL_OPTIONS",
)  # a user's shell must not choose another Spark


def session(
    app_name: str, master: str | None = None, extra: Mapping[str, str] | None = None, *, stream: bool = True, short_lived: bool = False
) -> SparkSession:
    """A session for `app_name` on `master` (default: FLEET_MASTER), or the running one with `extra` set on it.

    `stream=False` is for batch work, which may run on the Spark Connect server that SPARK_REMOTE names; streams are always classic.
    `short_lived` trades peak speed for a fast start, for tests. Raises Failure where Java or the jars are missing.
    """
    remote = os.environ.get("SPARK_REMOTE", "")
    if remote and not stream:
        own = {name: value for name, value in (extra or {}).items() if not name.startswith(OF_A_JVM)}
        shared = configured(SparkSession.builder.remote(remote), own).getOrCreate()
        if run := settings().run_id:
            shared.addTag(run.replace(",", ";"))  # the server has a name already; its jobs tell whose they are
        return shared
    chosen = master or settings().master
    prepare_environment()
    builder = SparkSession.builder.appName(f"{app_name} {settings().run_id}".strip()).master(chosen)
    try:
        return configured(builder, configuration(chosen, short_lived=short_lived) | dict(extra or {})).getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise Busy(
            f"no Spark session on {chosen}: {first_line(error)}", f"{logs()}/spark.log and the master's own log have more"
        ) from error


@contextmanager
def on_demand(app_name: str, master: str = "", extra: Mapping[str, str] | None = None) -> Iterator[Callable[[bool], SparkSession]]:
    """Starts Spark for batch work when it is first called, with `short_lived`; what was started is stopped in the end.

    Raises Busy in place of a Failure that comes of a Spark which went away meanwhile.
    """
    started: list[SparkSession] = []

    def start(short_lived: bool) -> SparkSession:
        if not started:
            started.append(session(app_name, master or None, extra, stream=False, short_lived=short_lived))
        return started[0]

    try:
        yield start
    except Failure:
        for each in started:
            require_there(each)
        raise
    finally:
        for each in started:
            each.stop()


def require_there(spark: SparkSession) -> None:
    """Raises Busy where the session is gone, as all are with their server: whatever failed in it is no answer, and works with the next one."""
    try:
        spark.sql("select 1").collect()
    except Exception as error:  # whatever it is: a session that answers nothing is gone
        raise Busy(f"Spark went away in the middle of it: {first_line(error)}", "say it again when Spark is back: fleet status") from error


def configuration(master: str, *, short_lived: bool = False) -> dict[str, str]:
    """All that a classic session on `master` is told."""
    jars = class_path("spark")
    kept = f"-XX:SharedArchiveFile={ARCHIVE} -Xlog:cds*=off" if ARCHIVE.exists() else ""  # of another Java's archive it would only warn
    java = f"{kept} -Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties').as_uri()} -Dfleet.logs={logs()}"
    launch = {
        "spark.driver.extraClassPath": ":".join(map(str, jars)),
        "spark.driver.extraJavaOptions": f"{java} {SHORT_LIVED if short_lived or settings().short_lived else LONG_LIVED}",
        "spark.sql.warehouse.dir": (settings().home / "spark-warehouse").absolute().as_uri(),
    }
    if not is_local(master):
        launch["spark.jars"] = ",".join(map(str, jars))  # executors fetch them from the driver
        launch |= {f"spark.executorEnv.{name}": value for name, value in WORKERS.items()}
    return ALWAYS | (ONE_MACHINE if is_on_one_machine(master) else {}) | launch


def is_local(master: str) -> bool:
    """Driver and executors share one JVM."""
    return master.startswith("local")


def is_on_one_machine(master: str) -> bool:
    """Nothing leaves this machine: local mode, or a standalone master on loopback."""
    return is_local(master) or master.startswith(("spark://127.0.0.1:", "spark://localhost:"))


def logs() -> Path:
    """The folder of spark.log (warnings and errors)."""
    folder = (settings().home / "logs").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def first_line(error: Exception) -> str:
    """What Spark says went wrong, without the stack."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")


def prepare_environment() -> None:
    """Our Java and our Python for the JVM and its workers, and nothing of what a shell profile may have set for another Spark."""
    for name in (*MISLEADING, "SPARK_REMOTE"):
        os.environ.pop(name, None)
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ |= WORKERS


def configured(builder: SparkSession.Builder, options: Mapping[str, str]) -> SparkSession.Builder:
    """The builder with all options set."""
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder
