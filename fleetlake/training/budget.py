"""What a training may take: estimated before it begins from measured rates, and watched while it runs."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from fleetlake.console import Failure

VALUE_BYTES = (
    13  # of memory for each value of a set: once as float32 in the frame, once as float32 and once as a bin in the learner, and the joints
)
SPARE = 0.7  # of the machine's memory: the rest is for others


@dataclass(frozen=True)
class Size:
    """Examples, what is known of each, and the trees that are grown over them."""

    rows: int
    features: int
    trees: int

    @property
    def values(self) -> int:
        """That are gathered."""
        return self.rows * self.features

    @property
    def work(self) -> int:
        """Values that are looked at while trees grow."""
        return self.values * self.trees


@dataclass(frozen=True)
class Rates:
    """Measured: seconds that a million values take to gather, and that a thousand million take in a tree; `of` says where."""

    gather_s: float
    fit_s: float
    of: str


@dataclass(frozen=True)
class Machine:
    """What a training runs on. `core_hour_eur`: an hour of one of its cores."""

    cores: int
    memory_bytes: int
    core_hour_eur: float

    def eur(self, seconds: float) -> float:
        """All cores are held as long as a training runs, busy or not."""
        return seconds / 3600 * self.cores * self.core_hour_eur


@dataclass(frozen=True)
class Estimate:
    """What a training will take."""

    seconds: float
    eur: float
    memory_bytes: int


@dataclass(frozen=True)
class Budget:
    """What it may take."""

    minutes: float
    eur: float

    def refuse(self, expected: Estimate, machine: Machine, largest: int) -> None:
        """Raises Failure, with the numbers, for more than it allows or the machine has."""
        beyond = [
            said
            for is_beyond, said in (
                (expected.seconds > self.minutes * 60, f"{expected.seconds / 60:.1f} minutes of {self.minutes:g}"),
                (expected.eur > self.eur, f"EUR {expected.eur:.4f} of {self.eur:g}"),
                (
                    expected.memory_bytes > SPARE * machine.memory_bytes,
                    f"{expected.memory_bytes / 1e9:.1f} GB of {SPARE * machine.memory_bytes / 1e9:.1f}",
                ),
            )
            if is_beyond
        ]
        if beyond:
            raise Failure(
                f"this would take {' and '.join(beyond)}",
                f"{largest:,} examples would fit: fewer --days, fewer features, or a larger --max-minutes and --max-cost",
            )


@dataclass
class Watch:
    """Looks at the budget while a training runs; begins when it is made."""

    budget: Budget
    machine: Machine
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self.clock() - self.began

    @property
    def eur(self) -> float:
        """What that costs."""
        return self.machine.eur(self.seconds)

    def over(self) -> str:
        """Which part of the budget is used up, in words; empty while none is."""
        if self.seconds > self.budget.minutes * 60:
            return f"{self.seconds / 60:.2f} minutes of {self.budget.minutes:g} are over"
        return f"EUR {self.eur:.6f} of {self.budget.eur:g} are spent" if self.eur > self.budget.eur else ""


def estimate(size: Size, rates: Rates, machine: Machine) -> Estimate:
    """What a training of that size takes at these rates."""
    seconds = rates.gather_s * size.values / 1e6 + rates.fit_s * size.work / 1e9
    return Estimate(seconds, machine.eur(seconds), size.values * VALUE_BYTES)


def largest(one: Size, rates: Rates, machine: Machine, budget: Budget) -> tuple[int, str]:
    """The most examples, of as many features and trees, that a budget pays for on a machine, and what binds."""
    row = estimate(Size(1, one.features, one.trees), rates, machine)
    fits = {
        "minutes": budget.minutes * 60 / row.seconds,
        "cost": budget.eur / row.eur if row.eur else float("inf"),
        "memory": SPARE * machine.memory_bytes / row.memory_bytes,
    }
    binds = min(fits, key=lambda name: fits[name])
    return int(fits[binds]), binds


def nearest(size: Size, runs: Iterable[tuple[Size, float, float]], within: float = 4) -> Rates | None:
    """Rates of the run whose work is nearest in size, out of (size, seconds to gather, seconds to fit); None where none is within that factor."""
    near = [run for run in runs if run[0].work and 1 / within <= size.work / run[0].work <= within]
    if not near:
        return None
    like, gather_s, fit_s = min(near, key=lambda run: max(size.work / run[0].work, run[0].work / size.work))
    return Rates(gather_s / like.values * 1e6, fit_s / like.work * 1e9, f"a run of {like.rows:,} examples")
