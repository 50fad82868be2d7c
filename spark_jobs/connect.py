"""The Spark Connect server: one JVM for the batch work of many commands, a session each."""

import os
from pathlib import Path
from typing import NoReturn

import pyspark

from fleetlake.settings import settings
from spark_jobs.session import configuration, prepare_environment

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
SHARED = {
    "spark.driver.memory": "2g",  # in local mode the tasks' too, of all that run at once
    "spark.scheduler.mode": "FAIR",  # a check does not wait for all of a build
}


def serve(host: str, port: int, master: str = "") -> NoReturn:
    """Becomes the server: this process goes on as Spark's own, so that whoever started it watches and stops the right one."""
    chosen = master or settings().master
    prepare_environment()
    home = Path(pyspark.__file__).parent
    listens = {"spark.connect.grpc.binding.address": host, "spark.connect.grpc.binding.port": str(port)}
    properties = written(configuration(chosen) | SHARED | listens | {"spark.master": chosen, "spark.app.name": "fleetlake"})
    os.environ["SPARK_HOME"] = str(home)
    words = ["spark-submit", "--properties-file", str(properties), "--class", SERVER, "spark-internal"]
    os.execv(home / "bin" / "spark-submit", words)  # noqa: S606  # a script of pyspark's own, which ends as the server itself


def written(properties: dict[str, str]) -> Path:
    """Spark's configuration as a file."""
    path = settings().home.absolute() / "spark-connect.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name} {value}\n" for name, value in properties.items()))
    return path
