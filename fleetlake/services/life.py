"""What the supervisor decides about one service: pure, so that every turn can be tried without a process."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
STEADY_S = 60.0  # who was well for so long begins with the shortest pause again
Stage = Literal["waiting", "starting", "healthy", "done", "failed"]
Deed = Literal["nothing", "start", "give up"]


@dataclass(frozen=True)
class Life:
    """A service as the supervisor knows it; times are seconds since the epoch. `in_a_row` counts failures since it was last well."""

    stage: Stage = "waiting"
    since: float = 0.0
    restarts: int = 0
    in_a_row: int = 0
    last_error: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Out of what `plain` gave."""
        return cls(**told)

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @property
    def is_ready(self) -> bool:
        """What needs this one may begin."""
        return self.stage in ("healthy", "done")

    @property
    def not_before(self) -> float:
        """When the next try is due."""
        return self.since + pause_s(self.in_a_row) if self.stage == "failed" else self.since


@dataclass(frozen=True)
class Seen:
    """What was looked at just now."""

    now: float
    is_alive: bool
    is_healthy: bool
    may_begin: bool  # all that it needs is ready


def pause_s(in_a_row: int) -> float:
    """How long to wait after so many failures in a row: 1, 2, 4 … 60 seconds."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (in_a_row - 1)) if in_a_row else 0.0


def next_deed(life: Life, seen: Seen, start_s: float) -> Deed:
    """What to do: a service is started when what it needs is ready and its pause is over, and given up when its start takes longer than `start_s`."""
    if seen.is_alive:
        return "give up" if life.stage == "starting" and seen.now - life.since > start_s else "nothing"
    is_due = life.stage in ("waiting", "failed") and seen.may_begin and seen.now >= life.not_before
    return "start" if is_due else "nothing"


def observed(life: Life, seen: Seen, *, ends: bool) -> Life:
    """The life after a look. Of one that has just died the caller tells why, with `failed`."""
    if seen.is_alive:
        return _running(life, seen, ends=ends)
    if ends and seen.is_healthy and life.stage == "starting":
        return replace(life, stage="done", since=seen.now, in_a_row=0)
    return life


def has_died(life: Life, seen: Seen, *, ends: bool) -> bool:
    """It was meant to run and does not."""
    return not seen.is_alive and life.stage in ("starting", "healthy") and not (ends and seen.is_healthy)


def begun(life: Life, now: float) -> Life:
    """Just started; from the second time on that is a restart."""
    return replace(life, stage="starting", since=now, restarts=life.restarts + (life.stage == "failed"))


def failed(life: Life, now: float, error: str) -> Life:
    """Ended, or could not begin."""
    was_steady = life.stage == "healthy" and now - life.since > STEADY_S
    return replace(life, stage="failed", since=now, in_a_row=1 if was_steady else life.in_a_row + 1, last_error=error)


def _running(life: Life, seen: Seen, *, ends: bool) -> Life:
    if life.stage in ("waiting", "failed"):
        return replace(life, stage="starting", since=seen.now)  # found running: it outlived a supervisor, or a person started it
    if life.stage == "starting" and seen.is_healthy and not ends:
        return replace(life, stage="healthy", since=seen.now)
    return life
