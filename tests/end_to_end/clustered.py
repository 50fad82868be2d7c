"""Refines once on a cluster and writes Spark's event log: `python -m tests.end_to_end.clustered MASTER FOLDER`; prints the work items of each run."""

import json
import sys

from fleetlake.settings import settings
from spark_jobs.refine import job
from spark_jobs.session import session


def main(master: str, folder: str) -> None:
    """One run after another; one line of JSON."""
    spark = session(
        "clustered",
        master,
        {"spark.eventLog.enabled": "true", "spark.eventLog.compress": "false", "spark.eventLog.dir": f"file://{folder}"},
    )
    items = len(job.find_waiting(settings().lake_root, settings()).items)
    runs = [intent.run for intent in job.refine(spark, settings().lake_root)]
    spark.stop()
    print(json.dumps({"items": items, "runs": runs}))


if __name__ == "__main__":
    main(*sys.argv[1:])
