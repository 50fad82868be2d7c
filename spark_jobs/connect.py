"""The Spark Connect server: one JVM for the batch work of many commands, a session each."""

import signal

from fleetlake.console import Failure
from spark_jobs.session import logs, session

SHARED = {
    # And not Spark's own SparkConnectServer: that gives each session a class loader, so that each command compiles its queries anew and has a
    # daemon of Python workers to itself, to keep apart the jars that people bring. Nobody brings any here.
    "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
    "spark.sql.codegen.cache.maxEntries": "5000",  # a build of gold has a thousand; of the default's 100 none is left when it comes again
    "spark.driver.defaultJavaOptions": "-XX:+UseParallelGC",  # G1 marked the heap each second: for it a page of Spark's is an object too large
    "spark.driver.memory": "2g",  # in local mode the tasks' too, of all that run at once
    "spark.scheduler.mode": "FAIR",  # a check does not wait for all of a build
}


def serve(host: str, port: int, master: str = "") -> None:
    """Listens until it is told to end. Its JVM ends with this process, however that ends. Raises Busy where it cannot listen, and Failure when the
    JVM ended by itself.
    """
    listens = {"spark.connect.grpc.binding.address": host, "spark.connect.grpc.binding.port": str(port)}
    spark = session("fleetlake", master or None, SHARED | listens)
    jvm = spark.sparkContext._gateway.proc  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, lambda *_: jvm.stdin.close())  # it ends as soon as nobody can speak to it any more
    if status := jvm.wait():
        raise Failure(f"the JVM of the shared Spark ended with {status}", f"{logs() / 'spark.log'} may say why; then fleet connect again")
