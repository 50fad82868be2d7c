"""What is wrong with the flow, and what to do. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from fleetlake.console import Failure
from fleetlake.overview import age

START_AGAIN = "fleet status says whether {job} runs, and its log in $FLEET_HOME/logs why not; `fleet up` starts what does not"
WRITTEN = {"silver": "fleet check silver says whether its gate holds it back; else look at Airflow's last run of release_silver"}
BUILT = "`fleet check gold` says whether its gate holds it back; else look at Airflow's last run of build_gold"


@dataclass(frozen=True)
class Limits:
    """From when on something is wrong."""

    stuck: timedelta
    silent: timedelta
    stale: timedelta
    backlog: int
    disk_bytes: int


@dataclass(frozen=True)
class Stream:
    """What a job has not taken yet, of a topic or a family; `idle`: since its table moved on last, None where it never did."""

    job: str
    source: str
    table: str
    behind: int
    idle: timedelta | None


@dataclass(frozen=True)
class Layer:
    """A released layer: since when, and since when there has been something newer to release; None where there is not."""

    name: str
    age: timedelta
    waiting: timedelta | None
    is_held: bool


@dataclass(frozen=True)
class Disk:
    """Where the lake or the services' state is."""

    path: str
    free_bytes: int


@dataclass(frozen=True)
class Facts:
    """How things stand."""

    streams: tuple[Stream, ...]
    layers: tuple[Layer, ...]
    disks: tuple[Disk, ...]
    unheard: Failure | None = None  # why Kafka tells nothing


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: its name in the documentation, what was found, what to do."""

    alert: str
    what: str
    remedy: str


def findings(facts: Facts, limits: Limits) -> list[Finding]:
    """All that is wrong, streams first."""
    return [
        *([Finding("kafka", facts.unheard.what, facts.unheard.remedy)] if facts.unheard else ()),
        *_streams(facts.streams, limits),
        *_silence(facts.streams, limits),
        *_layers(facts.layers, limits),
        *_disks(facts.disks, limits),
    ]


def _streams(streams: Iterable[Stream], limits: Limits) -> Iterator[Finding]:
    for each in streams:
        wait = f"{each.source}: {each.behind:,} records wait"
        if each.behind and (each.idle is None or each.idle > limits.stuck):
            moved = "never moved on" if each.idle is None else f"not moved on for {age(each.idle.total_seconds())}"
            yield Finding("stuck", f"{wait}, and {each.table} has {moved}", START_AGAIN.format(job=each.job))
        elif each.behind > limits.backlog:
            yield Finding(
                "behind", f"{wait}, more than {limits.backlog:,}", f"give {each.job} more cores: FLEET_MASTER, or another machine"
            )


def _silence(streams: Iterable[Stream], limits: Limits) -> Iterator[Finding]:
    """All that there is has landed, and nothing new comes."""
    landed = [each for each in streams if each.job == "land"]
    idle = [each.idle for each in landed if each.idle is not None]
    if idle and min(idle) > limits.silent and not any(each.behind for each in landed):
        what = f"no vehicle has been heard for {age(min(idle).total_seconds())}"
        yield Finding("silence", what, "`fleet topics list` shows whether Kafka gets records; ask those who send them")


def _layers(layers: Iterable[Layer], limits: Limits) -> Iterator[Finding]:
    for each in layers:
        if each.is_held:
            yield Finding(
                "held",
                f"{each.name} was rolled back and is held",
                f"when the cause is gone: fleet check {each.name}, then fleet release {each.name} --resume",
            )
        elif each.waiting is not None and each.waiting > limits.stale:
            what = f"{each.name} has had something newer for {age(each.waiting.total_seconds())}, and readers see what is {age(each.age.total_seconds())} old"
            yield Finding("stale", what, WRITTEN.get(each.name, BUILT))


def _disks(disks: Iterable[Disk], limits: Limits) -> Iterator[Finding]:
    for each in disks:
        if each.free_bytes < limits.disk_bytes:
            what = f"only {each.free_bytes / 1e9:,.1f} GB are free below {each.path}"
            yield Finding(
                "disk", what, "fleet maintain frees what nobody can see; du -s finds the rest; or move FLEET_HOME to a larger disk"
            )
