"""Workers are forked with their imports done, from a process in which no thread could hold a lock."""

import gc
import json
import subprocess
import sys

from spark_jobs.daemon import SHARED
from spark_jobs.spread import each

THREADS = """
import importlib, sys
from pathlib import Path
for module in sys.argv[1:]:
    importlib.import_module(module)
print(*(path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")))
"""


def test_a_worker_starts_with_all_that_is_shared_and_its_garbage_collector_passes_it_by(spark):
    def seen(_: int) -> bytes:
        return json.dumps([[name for name in SHARED if name in sys.modules], gc.get_freeze_count()]).encode()

    (said,) = each(spark, [0], seen)
    imported, frozen = json.loads(said)
    assert imported == list(SHARED)
    assert frozen > 10_000


def test_what_is_imported_before_the_fork_starts_no_thread_but_the_allocators():
    ran = subprocess.run(
        [sys.executable, "-c", THREADS, *SHARED], capture_output=True, text=True, check=True, env={"OPENBLAS_NUM_THREADS": "1"}
    )
    first, *others = ran.stdout.split()
    assert set(others) <= {"jemalloc_bg_thd"}, (first, others)
