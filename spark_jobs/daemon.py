"""PySpark's daemon, which forks the Python workers: what they all import is imported here, once.

PySpark imports after each fork, for fear of threads; the modules below start none but allocators' own, which know of forks (polars and
duckdb do: they stay away). A worker then starts in milliseconds, and the garbage collection that PySpark makes after each task, a
quarter of the time of small tasks, has no modules to look through.
"""

import gc
import importlib
import sys

SHARED = (
    "pyspark.worker",
    "pandas",  # pyarrow imports it at its first conversion
    "orjson",
    "google.protobuf.message",
    "expectations.odcs",
    "expectations.schemas",
    "fleetlake.settings",
    "spark_jobs.land.partition",
)


if __name__ == "__main__":
    # PySpark stands in PYTHONPATH as a zip, too: compiled anew by each process, and its directory is read again for each task.
    sys.path[:] = [path for path in sys.path if not path.endswith(".zip") or "pyspark" not in path]
    for module in SHARED:
        importlib.import_module(module)
    gc.freeze()
    importlib.import_module("pyspark.daemon").manager()
