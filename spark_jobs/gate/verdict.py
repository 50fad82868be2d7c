"""What came out of an expectation."""

from dataclasses import dataclass, field
from typing import Any, Literal

from expectations.suites.expectation import Expectation, Severity
from spark_jobs.gate.snapshot import Snapshot

Outcome = Literal["passed", "failed", "error"]


@dataclass(frozen=True)
class Verdict:
    """Yes, no, or that it could not be judged."""

    outcome: Outcome
    error: str = ""


@dataclass(frozen=True)
class Result:
    """A verdict with all that is told of it."""

    snapshot: Snapshot
    asked: Expectation
    outcome: Outcome
    observed: str
    failing: int | None = None  # rows
    keys: tuple[dict[str, Any], ...] = field(default=())
    seconds: float = 0.0

    @property
    def stops(self) -> bool:
        """Whether it stops a release."""
        return self.outcome != "passed" and self.severity == "critical"

    @property
    def severity(self) -> Severity:
        """That of the expectation; an error is always critical: what could not be judged did not pass."""
        return "critical" if self.outcome == "error" else self.asked.severity
