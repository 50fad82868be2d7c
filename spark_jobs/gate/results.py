"""Results of a gate run in ops.gate_results: all in one commit, numbered by the transaction id "gates"."""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.settings import settings
from spark_jobs.gate.run import Report
from spark_jobs.gate.verdict import Result
from spark_jobs.runs import opened
from spark_jobs.tables import Overtaken

TABLE = "ops.gate_results"
GATES = "gates"
ATTEMPTS = 20


def write(root: str, report: Report) -> int:
    """Appends the results; returns the number of the gate run. Another gate that ends at the same moment takes another number."""
    for attempt in range(1, ATTEMPTS + 1):
        table = opened(root, TABLE)
        number = (table.position(GATES) or 0) + 1
        told = pa.Table.from_pylist(rows(report, number), arrow_schema(contract(TABLE)))
        try:
            table.append(told, {GATES: number}, others_may_follow=True)
        except Overtaken:
            if attempt == ATTEMPTS:
                raise
            continue
        return number
    raise AssertionError("the last attempt returns or raises")


def rows(report: Report, number: int) -> list[dict[str, Any]]:
    """Results as rows of ops.gate_results."""
    of_run = {"gate_run": number, "at": datetime.now(UTC), "code_version": version("fleetlake"), "run_id": settings().run_id or None}
    return [of_run | row(result) for result in report.results]


def row(result: Result) -> dict[str, Any]:
    """All of a row but the run's own columns."""
    snapshot, asked = result.snapshot, result.asked
    return {
        "layer": snapshot.contract.layer,
        "table_name": snapshot.name,
        "version": snapshot.table.version,
        "expectation": asked.id,
        "severity": result.severity,
        "outcome": result.outcome,
        "observed": result.observed,
        "expected": asked.says,
        "failing": result.failing,
        "failing_keys": json.dumps(result.keys, default=str) if result.keys else None,
        "remedy": asked.remedy,
        "seconds": result.seconds,
        "days": json.dumps(snapshot.looked_at),
        "contract_version": snapshot.contract.version,
    }
