"""PySpark's daemon, which forks the Python workers: what they all import is imported here, once.

PySpark imports after each fork, for fear of threads; the modules below start none but allocators' own, which know of forks (polars and
duckdb do: they stay away). A worker then starts in milliseconds, and the garbage collection that PySpark makes after each task, a
quarter of the time of small tasks, has no modules to look through.
"""

import gc
import importlib
import os
import signal
import sys

IDLE_S = 60  # as long as Spark keeps a worker that has nothing to do
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


class Idle:
    """Ends a daemon that has had no worker at two looks: a Spark Connect server starts one for each session, and never ends it.

    A session that goes on gets another daemon when it wants a worker: Spark starts one where none answers.
    """

    def __init__(self) -> None:
        self._was_idle = False

    def look(self, *signal_and_frame: object) -> None:
        """Raises SystemExit at the second look in a row at which there is no child."""
        is_idle = not has_children()
        if is_idle and self._was_idle:
            sys.exit()
        self._was_idle = is_idle


def has_children() -> bool:
    """Whether this process has any that run; none is waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    # PySpark stands in PYTHONPATH as a zip, too: compiled anew by each process, and its directory is read again for each task.
    sys.path[:] = [path for path in sys.path if not path.endswith(".zip") or "pyspark" not in path]
    for module in SHARED:
        importlib.import_module(module)
    gc.freeze()
    signal.signal(signal.SIGALRM, Idle().look)
    signal.setitimer(signal.ITIMER_REAL, IDLE_S, IDLE_S)  # workers do not inherit it
    importlib.import_module("pyspark.daemon").manager()
