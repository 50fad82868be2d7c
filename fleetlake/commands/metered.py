"""Commands that are jobs leave a row of what they used in ops.job_costs, and tell which tables they read and wrote."""

from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec

import typer

from fleetlake.console import ERRORS
from fleetlake.settings import settings

P = ParamSpec("P")


def metered(job: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Makes a command one that tells its costs as `job`. That they cannot be written fails no job."""

    def measuring(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def measured(*words: P.args, **options: P.kwargs) -> None:
            from spark_jobs.spending import Meter

            meter, is_success = Meter(job), False
            try:
                command(*words, **options)
                is_success = True
            except typer.Exit as ended:
                is_success = ended.exit_code == 0
                raise
            finally:
                noted(f"what {job} used", partial(meter.write, settings().lake_root, is_success=is_success))
                noted(f"which tables {job} read and wrote", partial(_tell, job, is_success))

        return measured

    return measuring


def noted(what: str, told: Callable[[], None]) -> None:
    """Tells something beside the job's own work: that it could not be told is said, and fails no job."""
    try:
        told()
    except Exception as error:  # whatever it is: the job's own end is what counts
        ERRORS.print(f"note: {what} could not be told: {error}", markup=False, style="dim")


def _tell(job: str, is_success: bool) -> None:
    from spark_jobs.lineage.jobs import JOBS

    if job not in JOBS:
        return  # it moves no rows
    from spark_jobs.lineage.events import emit, event

    read, written = JOBS[job](settings().lake_root)
    emit([event(job, read, {name: {} for name in written}, is_success=is_success)])
