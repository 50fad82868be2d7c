"""Days of gold anew: planned, built beside what readers see, checked, and released in one release. Whoever holds the lock of builds runs it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from fleetlake.console import Failure
from fleetlake.releases import published
from fleetlake.settings import settings
from spark_jobs.build import resume
from spark_jobs.build.estimate import Estimate, estimate
from spark_jobs.build.job import Done, Start, Told, Wanted, build
from spark_jobs.build.told import rows
from spark_jobs.gate import results
from spark_jobs.gate.run import Report, check
from spark_jobs.releases.plan import Plan, release


class Backfill:
    """One backfill. Started again after a kill, it builds what is missing; what its gate has seen is judged again, which changes nothing."""

    def __init__(self, lake: str, spark: Start, wanted: Wanted, told: Told) -> None:
        """Raises Failure where gold is held: nothing that comes of it could be released."""
        self._lake, self._spark, self._wanted, self._told = lake, spark, wanted, told
        gold = published(lake).releases.get("gold")
        if gold and gold.is_held:
            raise Failure(f"gold is held: release {gold.number} rolled it back", "when the cause is gone: fleet release gold --resume")

    @cached_property
    def plan(self) -> Done:
        """What would be built."""
        return build(self._lake, self._spark, self._wanted, self._told, plan=True)

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """A row per table: days, why, megabytes."""
        return rows(self.plan)

    @property
    def estimate(self) -> Estimate:
        """How much that is."""
        return estimate(self.plan, self._lake, settings().core_hour_eur)

    def build(self) -> Done | None:
        """Builds the candidates; None where they are there already."""
        if resume.ended(self._lake, "gold", resume.mark(self.plan.prepared, self._wanted)):
            self._told("built before: going on with the gate")
            return None
        return build(self._lake, self._spark, self._wanted, self._told)

    def check(self) -> Report:
        """Judges gold, and keeps what the gate says."""
        report = check(self._lake, "gold", self._spark, told=lambda text, done, total: self._told(text))
        results.write(self._lake, report)
        return report

    def release(self) -> Plan:
        """Shows all of it to readers, in one release. Raises Refused with the reasons."""
        first, last = self._wanted.since, self._wanted.until
        return release(self._lake, "gold", note=f"backfill of {first} to {last}")
