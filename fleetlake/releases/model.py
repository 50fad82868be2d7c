"""What a release is, in the words of a reader."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fleetlake.console import Failure

LAYERS = ("bronze", "silver", "gold", "gold_internal", "features", "ml", "ops")
INTERNAL = ("gold_internal", "features")  # vehicle grain: shown to those who ask for it
WITH = {"gold": ("gold_internal",)}  # layers that are made, checked and released together with one


def is_internal(table: str) -> bool:
    """Whether `layer.table` is shown to those only who ask for it."""
    return table.partition(".")[0] in INTERNAL


def together(layer: str) -> tuple[str, ...]:
    """A layer and those that come with it."""
    return (layer, *WITH.get(layer, ()))


@dataclass(frozen=True)
class Pin:
    """A table at the version that readers see."""

    table: str
    version: int
    rows: int
    gate_run: int
    contract_version: str


@dataclass(frozen=True)
class Waiver:
    """An expectation of a table that may fail for a while."""

    table: str
    expectation: str
    owner: str
    at: datetime
    until: datetime
    why: str


@dataclass(frozen=True)
class Release:
    """The tables of a layer, pinned together. `withdrawn` is the release of silver that gold was built from and that was rolled back since."""

    number: int
    layer: str
    at: datetime
    kind: str
    of_release: int | None
    built_from: int | None
    actor: str
    note: str
    code_version: str
    pins: Mapping[str, Pin] = field(repr=False)
    withdrawn: int | None = None

    @property
    def is_held(self) -> bool:
        """Rolled back: no scheduled release replaces it until somebody resumes."""
        return self.kind == "rollback"

    @property
    def effective(self) -> int:
        """The release whose versions these are."""
        return self.number if self.of_release is None else self.of_release

    @property
    def age(self) -> timedelta:
        """Since it was released."""
        return datetime.now(UTC) - self.at


@dataclass(frozen=True)
class Origin:
    """Where a frame's rows come from. A candidate is a version that no release pins: `release`, `gate_run` and `at` are None then."""

    table: str
    version: int
    release: int | None = None
    gate_run: int | None = None
    at: datetime | None = None
    waivers: tuple[Waiver, ...] = ()
    is_held: bool = False
    withdrawn: int | None = None

    @property
    def is_candidate(self) -> bool:
        """Nothing checked it."""
        return self.release is None

    @property
    def age(self) -> timedelta | None:
        """Since it was released."""
        return None if self.at is None else datetime.now(UTC) - self.at


@dataclass(frozen=True)
class Published:
    """What readers see of all layers at one moment, made from `version` of ops.releases and `waivers_version` of ops.waivers (-1: none yet)."""

    version: int
    waivers_version: int
    releases: Mapping[str, Release]
    waivers: tuple[Waiver, ...] = ()

    @property
    def number(self) -> int:
        """The newest release of any layer: it names this whole state; 0 before the first one."""
        return max((release.number for release in self.releases.values()), default=0)

    @property
    def tables(self) -> tuple[str, ...]:
        """All released tables, in the order of their layers."""
        return tuple(table for release in self.releases.values() for table in release.pins)

    def pin(self, table: str) -> Pin:
        """The version of `layer.table` that is released; raises Failure, with near names, where none is."""
        release = self.releases.get(table.partition(".")[0])
        if release is None or table not in release.pins:
            raise Failure(f"{table} is not released", instead(table, self.tables))
        return release.pins[table]

    def origin(self, table: str) -> Origin:
        """Which release a table comes from and what is to be known of it; raises Failure where it is not released."""
        pin = self.pin(table)
        release = self.releases[table.partition(".")[0]]
        waived = tuple(waiver for waiver in self.waivers if waiver.table == table)
        return Origin(table, pin.version, release.number, pin.gate_run, release.at, waived, release.is_held, release.withdrawn)


def in_force(waivers: Iterable[Waiver], at: datetime) -> tuple[Waiver, ...]:
    """The waivers that count at a moment: of each table's expectation the newest one, until it ends."""
    newest = {(waiver.table, waiver.expectation): waiver for waiver in sorted(waivers, key=lambda one: one.at) if waiver.at <= at}
    return tuple(waiver for waiver in newest.values() if at < waiver.until)


def near(name: str, known: Sequence[str]) -> list[str]:
    """The known names that somebody may have meant: like the whole name, or like its last part in any layer."""
    last = name.rpartition(".")[2]
    alike = difflib.get_close_matches(last, {each.rpartition(".")[2] for each in known}, n=3)
    found = dict.fromkeys((*difflib.get_close_matches(name, known, n=3), *(each for each in known if each.rpartition(".")[2] in alike)))
    return list(found)[:5]


def instead(table: str, known: Sequence[str]) -> str:
    """What to say next to somebody who named a table that is not released."""
    if not known:
        return "nothing is released yet: fleet check LAYER, then fleet release LAYER"
    alike = near(table, known)
    said = f"near it are {', '.join(alike)}" if alike else f"released are {', '.join(known)}"
    return f"{said}; `fleet releases` shows what is out"


def to_json(state: Published) -> dict[str, Any]:
    """A state as current.json has it."""
    return {
        "version": state.version,
        "waivers_version": state.waivers_version,
        "releases": {
            layer: _plain(release) | {"pins": [_plain(pin) for pin in release.pins.values()]} for layer, release in state.releases.items()
        },
        "waivers": [_plain(waiver) for waiver in state.waivers],
    }


def from_json(document: Mapping[str, Any]) -> Published:
    """The inverse of `to_json`; raises KeyError, TypeError or ValueError for anything else."""
    return Published(
        int(document["version"]),
        int(document["waivers_version"]),
        {layer: _release(each) for layer, each in document["releases"].items()},
        tuple(Waiver(**each | _times(each, "at", "until")) for each in document["waivers"]),
    )


def _release(document: Mapping[str, Any]) -> Release:
    pins = {each["table"]: Pin(**each) for each in document["pins"]}
    return Release(**{**document, **_times(document, "at"), "pins": pins})


def _times(document: Mapping[str, Any], *names: str) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(document[name]) for name in names}


def _plain(one: Pin | Waiver | Release) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(one).items()}
