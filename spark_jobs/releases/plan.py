"""A release of a layer: what it would pin, and what speaks against it; then the release itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fleetlake.console import Early, Failure
from fleetlake.releases import selected, waivers_of
from fleetlake.releases.history import BUILT_FROM, base, withdrawn
from fleetlake.releases.model import LAYERS, WITH, Pin, Release, in_force
from spark_jobs.build.log import TABLE as BUILDS
from spark_jobs.build.log import behind
from spark_jobs.layers import is_promised, tables_of
from spark_jobs.releases.log import Log, made, tell
from spark_jobs.releases.pinned import rows
from spark_jobs.releases.rules import Result, backwards, complaint, deciding, sifted, stopping, unchecked, versions
from spark_jobs.tables import Table

GATES, COUNTER = "ops.gate_results", "gates"
LOOKS = (32, 1024)  # gate runs back, before all of them are read


@dataclass(frozen=True)
class Plan:
    """A release before it is made; refused where something speaks against it. `beside` are the layers that come with it."""

    release: Release
    before: Release | None
    refusals: tuple[Failure, ...]
    waived: tuple[Result, ...] = ()
    beside: tuple["Plan", ...] = ()

    @property
    def is_out(self) -> bool:
        """Readers see exactly this already: a task is started twice, or a period went by in which nothing came."""
        return self.before is not None and _seen(self.before) == _seen(self.release) and all(each.is_out for each in self.beside)

    @property
    def parts(self) -> tuple[Release, ...]:
        """The releases of all its layers, which are one commit."""
        return (self.release, *(each.release for each in self.beside))


class Refused(Failure):
    """A release that may not be; `plan.refusals` says why, one by one."""

    def __init__(self, plan: Plan) -> None:
        reasons = "; ".join(each.what for each in plan.refusals)
        super().__init__(f"{plan.release.layer} is not released: {reasons}", plan.refusals[0].remedy)
        self.plan = plan


def _seen(release: Release) -> tuple[bool, int | None, Mapping[str, tuple[int, str]]]:
    """What makes a release another one: whether it holds, what it was built from, versions. That a later gate run looked at them again does not."""
    pins = {table: (pin.version, pin.contract_version) for table, pin in release.pins.items()}
    return release.is_held, release.built_from, pins


def plan(log: Log, layer: str, *, resume: bool = False, built_from: int | None = None, note: str = "") -> Plan:
    """What a release of `layer` would pin: its tables at the versions that the newest gate run passed, and those of the layers that come with it.

    Raises Early where the layer has no table.
    """
    require_layer(layer)
    own = _alone(log, layer, resume=resume, note=note)
    beside = [
        _alone(log, other, resume=resume and _is_held(log, other), note=note)
        for other in WITH.get(layer, ())
        if tables_of(log.lake, other) or log.current(other)
    ]
    found, unbuilt = _base(log, [own, *beside], built_from)
    whole = [replace(one, release=replace(one.release, built_from=found)) for one in (own, *beside)]
    refusals = (*(each for one in whole for each in one.refusals), *unbuilt, *_lasting(whole[0].release, log.history))
    waived = tuple(each for one in whole for each in one.waived)
    return replace(whole[0], refusals=refusals, waived=waived, beside=tuple(whole[1:]))


def _alone(log: Log, layer: str, *, resume: bool, note: str) -> Plan:
    """A layer by itself."""
    before = log.current(layer)
    needed = {*tables_of(log.lake, layer), *(table for table in (before.pins if before else ()) if is_promised(table))}
    results = gate_results(log.lake, layer, needed)
    if not (needed or results):
        raise Early(f"{layer} has no table yet", "nothing was released; land and refine events first")
    run = deciding(results, needed)
    waivers = in_force(waivers_of(log.lake)[0], datetime.now(UTC))
    failing, waived = sifted(stopping(results, run[0].gate_run), waivers) if run else ([], [])
    pins, gone = _pins(log.lake, run)
    refusals = (
        *_held(layer, before, run, resume=resume),
        *([] if run else [unchecked(layer, results, needed)]),
        *map(complaint, failing),
        *gone,
        *backwards(pins, before),
    )
    return Plan(made(log.next, layer, "resume" if resume else "release", pins, note), before, refusals, tuple(waived))


def _is_held(log: Log, layer: str) -> bool:
    before = log.current(layer)
    return before is not None and before.is_held


def _base(log: Log, plans: Sequence[Plan], built_from: int | None) -> tuple[int | None, list[Failure]]:
    """The release that these versions were built from, as their build tells; versions of different builds are no release."""
    layer = plans[0].release.layer
    if built_from is not None or layer not in BUILT_FROM:
        return built_from, []
    if Table.existing(log.lake, BUILDS) is None:
        return None, []
    entry = behind(log.lake, {table: pin.version for one in plans for table, pin in one.release.pins.items()})
    if entry is not None:
        return entry.silver_release, []
    return None, [Failure(f"no build wrote these versions of {layer} together", f"fleet build {layer}, then fleet check {layer}")]


def release(lake: str, layer: str, *, resume: bool = False, built_from: int | None = None, note: str = "") -> Plan:
    """Releases a layer; raises Refused with the reasons, and Failure when another release came first."""
    log = Log.open(lake)
    planned = plan(log, layer, resume=resume, built_from=built_from, note=note)
    if planned.refusals:
        raise Refused(planned)
    if planned.is_out:
        tell(lake)  # whoever released it may have died before
    else:
        log.commit(planned.parts)
    return planned


def gate_results(lake: str, layer: str, needed: Iterable[str]) -> list[Result]:
    """The newest gate runs of a layer, at least back to one that looked at all its tables."""
    table = Table.existing(lake, GATES)
    newest = (table and table.position(COUNTER)) or 0
    found: list[Result] = []
    for back in (*LOOKS, newest):
        if table is not None and not deciding(found, needed):
            wanted = f"layer = '{layer}' and gate_run > {newest - back}"
            found = [Result(**row) for row in selected(table.delta, wanted, list(Result.__annotations__))]
    return found


def require_layer(layer: str) -> None:
    """Raises Failure for what is no layer."""
    if layer not in LAYERS:
        raise Failure(f"{layer!r} is no layer", f"the layers are {', '.join(LAYERS)}")


def _pins(lake: str, run: Sequence[Result]) -> tuple[list[Pin], list[Failure]]:
    looked_at = versions(run)
    counted = rows(lake, [(table, result.version) for table, result in looked_at.items()])
    both = list(zip(looked_at.values(), counted, strict=True))
    pins = [Pin(one.table_name, one.version, count, one.gate_run, one.contract_version) for one, count in both if isinstance(count, int)]
    return pins, [count for count in counted if isinstance(count, Failure)]


def _held(layer: str, before: Release | None, run: Sequence[Result], *, resume: bool) -> list[Failure]:
    if before is None or not before.is_held:
        return [Failure(f"{layer} is not held", f"fleet release {layer}")] if resume else []
    if not resume:
        why = f": {before.note}" if before.note else ""
        what = f"{layer} is held: release {before.number} rolled it back to {before.of_release}{why}"
        return [Failure(what, f"when the cause is gone: fleet release {layer} --resume")]
    if run and run[0].at < before.at:  # it passed what was found to be bad
        return [Failure(f"gate run {run[0].gate_run} is older than the rollback that holds {layer}", f"fleet check {layer}")]
    return []


def _lasting(planned: Release, history: Sequence[Release]) -> list[Failure]:
    """Gold that was built from a silver that was withdrawn since stays a candidate."""
    source = BUILT_FROM.get(planned.layer)
    if planned.built_from is not None and (source is None or planned.built_from not in {each.number for each in history}):
        return [Failure(f"{planned.layer} was not built from release {planned.built_from}", "gold is built from a release: fleet releases")]
    found = base(planned, history)
    if source is None or found not in withdrawn(history, source):
        return []
    what = f"{planned.layer} was built from release {found} of {source}, which was withdrawn since"
    return [Failure(what, f"fleet build {planned.layer}, then fleet check {planned.layer}")]
