"""Which gate run a release stands on, and what speaks against it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fleetlake.console import Failure
from fleetlake.releases.model import Pin, Release, Waiver


@dataclass(frozen=True)
class Result:
    """What one expectation said of one table: a row of ops.gate_results, without what only people read."""

    gate_run: int
    at: datetime
    table_name: str
    version: int
    expectation: str
    severity: str
    outcome: str
    observed: str | None
    expected: str | None
    failing: int | None
    remedy: str
    contract_version: str

    @property
    def name(self) -> str:
        """As `fleet waive` has it."""
        return f"{self.table_name}/{self.expectation}"

    @property
    def stops(self) -> bool:
        """No release with this, unless it is waived."""
        return self.severity == "critical" and self.outcome != "passed"


def deciding(results: Iterable[Result], needed: Iterable[str]) -> list[Result]:
    """The newest gate run that looked at all of a layer's tables; empty where there is none."""
    runs: dict[int, list[Result]] = {}
    for result in results:
        runs.setdefault(result.gate_run, []).append(result)
    whole = [run for run, of_run in runs.items() if set(needed) <= {result.table_name for result in of_run}]
    return runs[max(whole)] if whole else []


def stopping(results: Iterable[Result], since: int) -> list[Result]:
    """What fails in that gate run or in a newer one, which may have looked at a part of the layer: the newest word on each expectation."""
    newest: dict[str, Result] = {}
    for result in sorted(results, key=lambda one: one.gate_run):
        newest[result.name] = result
    return [result for result in newest.values() if result.gate_run >= since and result.stops]


def sifted(failing: Iterable[Result], waivers: Iterable[Waiver]) -> tuple[list[Result], list[Result]]:
    """Failing results that nobody waived, and those that somebody did."""
    names = {f"{waiver.table}/{waiver.expectation}" for waiver in waivers}
    found = list(failing)
    return [one for one in found if one.name not in names], [one for one in found if one.name in names]


def versions(of_run: Iterable[Result]) -> Mapping[str, Result]:
    """Of each table of a gate run one result, for its version; raises Failure where a run looked at two versions of a table."""
    found: dict[str, Result] = {}
    for result in of_run:
        if found.setdefault(result.table_name, result).version != result.version:
            raise Failure(
                f"gate run {result.gate_run} looked at two versions of {result.table_name}",
                f"fleet check {result.table_name.split('.')[0]}",
            )
    return found


def unchecked(layer: str, results: Sequence[Result], needed: Iterable[str]) -> Failure:
    """Why no gate run decides."""
    if not results:
        return Failure(f"no gate has looked at {layer}", f"fleet check {layer}")
    newest = max(result.gate_run for result in results)
    seen = {result.table_name for result in results if result.gate_run == newest}
    return Failure(f"gate run {newest} did not look at {', '.join(sorted(set(needed) - seen))}", f"fleet check {layer}")


def complaint(result: Result) -> Failure:
    """A result that stops a release, as a person is told."""
    what = f"{result.failing:,} rows" if result.failing else result.observed or "it did not say why"
    said = f"{result.table_name} v{result.version} did not pass {result.expectation} in gate run {result.gate_run}: {what}"
    if result.outcome == "error":
        said = f"{result.table_name} v{result.version} could not be judged by {result.expectation} in gate run {result.gate_run}: {what}"
    waiver = f'fleet waive {result.name} --owner you@… --until 2026-12-01 --why "…"'
    return Failure(f"{said} (fleet check {result.table_name} --rows shows them)", f"{result.remedy}, or waive it: {waiver}")


def backwards(pins: Iterable[Pin], before: Release | None) -> list[Failure]:
    """Tables whose gate looked at an older version than readers see already: time goes back by a rollback only."""
    return [
        Failure(
            f"{pin.table}: gate run {pin.gate_run} looked at v{pin.version}, and readers see v{before.pins[pin.table].version} already",
            f"fleet check {before.layer}; older versions come back by fleet rollback {before.layer}",
        )
        for pin in pins
        if before is not None and pin.table in before.pins and pin.version < before.pins[pin.table].version
    ]
