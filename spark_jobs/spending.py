"""What a run of a job used, with all processes that it started: one row in ops.job_costs when it ends."""

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

import psutil
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.settings import settings
from spark_jobs.layers import tables_of
from spark_jobs.runs import opened

TABLE = "ops.job_costs"


@dataclass
class Meter:
    """Begins to measure when it is made."""

    job: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _began: float = field(default_factory=time.monotonic)
    _cpu_before: float = field(default_factory=lambda: _summed(_cpu) or 0.0)

    def write(self, lake: str, *, is_success: bool) -> None:
        """Adds the row; a lake that no job has written to gets none."""
        if not tables_of(lake, "ops"):
            return
        row = {
            "job_run": uuid.uuid4().hex,
            "job": self.job,
            "started_at": self.started_at,
            "ended_at": datetime.now(UTC),
            "is_success": is_success,
            "seconds": time.monotonic() - self._began,
            "cpu_seconds": max((_summed(_cpu) or 0.0) - self._cpu_before, 0.0),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            "read_bytes": _whole(_summed(_read)),
            "written_bytes": _whole(_summed(_written)),
            "code_version": version("fleetlake"),
            "run_id": settings().run_id or None,
        }
        opened(lake, TABLE).append(pa.Table.from_pylist([row], arrow_schema(contract(TABLE))), {}, others_may_follow=True)


def _summed(of: Callable[[psutil.Process], float]) -> float | None:
    """Over this process and all below it; those that ended are in their parents' account. None where the machine does not tell."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            total += of(process)
        except psutil.NoSuchProcess:
            continue  # it ended between listing and reading
        except (psutil.AccessDenied, AttributeError):
            return None
    return total


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _read(process: psutil.Process) -> float:
    return float(process.io_counters().read_chars)


def _written(process: psutil.Process) -> float:
    return float(process.io_counters().write_chars)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
