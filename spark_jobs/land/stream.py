"""The stream: one query over all topics of the fleet, from the tables' positions on."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter

from fleetlake.console import Failure
from fleetlake.kafka import spark_options
from fleetlake.settings import settings
from spark_jobs.land.checkpoints import Checkpoint
from spark_jobs.land.lander import Lander
from spark_jobs.session import first_line, logs

PATTERN = r"^fleet\..*$"  # Spark only looks for it somewhere in a name
LOOK_S = 1  # how often a stop is looked for
STARTS = 5  # new partitions may appear between our look at Kafka and Spark's: then begin again
NEW_PARTITIONS = "must specify all TopicPartitions"
SESSION = {  # what only a new session can be told
    "spark.driver.defaultJavaOptions": "-XX:+UseParallelGC",  # many short-lived header objects: 15 % less CPU than with G1
    "spark.executor.defaultJavaOptions": "-XX:+UseParallelGC",
    "spark.kafka.consumer.fetchedData.cache.timeout": "10s",  # Spark keeps what it last polled of every partition: for minutes by default,
    "spark.kafka.consumer.fetchedData.cache.evictorThreadRunInterval": "10s",  # which fills a small heap; larger polls do so too
}
SPARK = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(16 * 1024 * 1024),  # a worker holds a few of these, whatever the events' size
    "spark.sql.streaming.noDataMicroBatches.enabled": "false",
}
SOURCE = {
    "subscribePattern": PATTERN,
    "includeHeaders": "true",
    "failOnDataLoss": "true",
    "kafka.isolation.level": "read_committed",
    # After the last record a consumer of Spark's asks for more, and whatever it asks next waits behind that: half a second a task by default.
    "kafka.fetch.max.wait.ms": "10",
}


class Stream:
    """Runs the query until it has all (once) or is told to stop, and turns what ends it into a Failure that a person can act on."""

    def __init__(
        self, spark: SparkSession, lander: Lander, *, max_offsets: int, every_s: float | None, looked: Callable[[], None] = lambda: None
    ) -> None:
        """`every_s` None: what is there now, and then an end. `looked` is called every second while the query runs."""
        self._spark, self._lander, self._max_offsets, self._every_s, self._looked = spark, lander, max_offsets, every_s, looked
        self._is_stopping = threading.Event()
        self._batch = threading.Lock()
        self._failure: Exception | None = None

    def stop(self) -> None:
        """Asks for an end after the batch that is under way."""
        self._is_stopping.set()

    def run(self) -> None:
        """Lands until the end. Raises Failure for whatever stops it before."""
        for name, value in SPARK.items():
            self._spark.conf.set(name, value)
        for _ in range(STARTS):
            if self._ran():
                return
        raise Failure("Kafka's partitions change faster than a stream can start", "start again when they are made")

    def _ran(self) -> bool:
        """False when topics or partitions appeared just between two looks at them, so that it has to begin again."""
        offsets = self._lander.begin()
        try:
            with closing(Checkpoint.new(checkpoints())) as checkpoint:
                self._wait(self._writer(offsets, checkpoint).start())
        except StreamingQueryException as error:
            if NEW_PARTITIONS in str(error):
                return False
            raise self._diagnosed(error) from error
        if self._failure is not None:
            raise self._diagnosed(self._failure)
        return True

    def _diagnosed(self, error: Exception) -> Exception:
        """What to say of an error: Spark's own are looked into, because a log that was truncated shows in them as this or that."""
        if not isinstance(error, PySparkException | Py4JError):
            return error
        try:
            self._lander.begin()
        except Failure as failure:
            return failure
        remedy = f"{logs()}/spark.log has more; start again, it goes on from the tables' positions"
        return Failure(f"Spark's stream stopped: {first_line(error)}", remedy)

    def _writer(self, offsets: str, checkpoint: Checkpoint) -> DataStreamWriter:
        source = self._spark.readStream.format("kafka").options(
            **SOURCE, **spark_options(), startingOffsets=offsets, maxOffsetsPerTrigger=self._max_offsets
        )
        writer = source.load().writeStream.option("checkpointLocation", checkpoint.folder.as_uri())
        writer = writer.foreachBatch(self._landing(checkpoint))
        return writer.trigger(availableNow=True) if self._every_s is None else writer.trigger(processingTime=f"{self._every_s} seconds")

    def _landing(self, checkpoint: Checkpoint) -> Callable[[DataFrame, int], None]:
        def land(frame: DataFrame, number: int) -> None:
            with self._batch:
                if self._is_stopping.is_set():
                    return  # Spark takes the batch for done, but nothing is committed: the next start reads it again
                try:
                    self._lander.land(frame, number, checkpoint)
                except Exception as failure:  # raised again by the main thread: Spark would bury it in a Java exception
                    self._failure = failure
                    self._is_stopping.set()

        return land

    def _wait(self, query: StreamingQuery) -> None:
        while not query.awaitTermination(LOOK_S):
            self._looked()
            if self._is_stopping.is_set():
                with self._batch:
                    pass  # the batch under way is committed; those that follow do nothing
                query.stop()


@contextmanager
def stopped_by_signals(stream: Stream) -> Iterator[None]:
    """SIGTERM and SIGINT end the stream after its batch; a second one ends it at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        stream.stop()
        signal.signal(number, signal.SIG_DFL)

    former = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def checkpoints() -> Path:
    """Where Spark's checkpoints are: beside the tables, or in the home when these are in an object store."""
    lake = settings().lake_root
    return (settings().home.absolute() if "://" in lake else Path(lake)) / "checkpoints" / "land"
