"""What a training takes beside what is estimated of it, and the largest set that half an hour and EUR 5 pay for on this machine.

Run by `make bench`: python -m benchmarks.training
"""

import resource
import time

import numpy as np

from fleetlake.training.budget import Budget, Size, estimate, largest
from fleetlake.training.examples import Examples
from fleetlake.training.learners import fit, probe
from fleetlake.training.machine import this_machine
from fleetlake.training.suggest import TASK
from fleetlake.training.task import settings

CLASSES, INPUTS, ROUNDS = 12, 32, 20
ROWS = (50_000, 200_000, 800_000)
BUDGET = Budget(minutes=30, eur=5.0)


def made(rows: int) -> Examples:
    """Examples that have something to learn in them: a class is likelier the larger its own input is."""
    rng = np.random.default_rng(rows)
    inputs = rng.random((rows, INPUTS), np.float32)
    target = (inputs[:, :CLASSES] + rng.gumbel(size=(rows, CLASSES))).argmax(axis=1)
    nothing = np.zeros(rows, np.int64)
    return Examples(inputs, tuple(f"x{number}" for number in range(INPUTS)), target, nothing, nothing)


def main() -> None:
    """Prints a line per size, then the largest set."""
    machine = this_machine()
    rates = probe(machine.cores, gather_s=0.0)
    for rows in ROWS:
        learnt, size = made(rows), Size(rows, INPUTS, ROUNDS * CLASSES)
        expected, before, began = estimate(size, rates, machine), memory(), time.monotonic()
        fit(learnt, settings(TASK, CLASSES), ROUNDS, machine.cores)
        took = time.monotonic() - began
        print(
            f"{rows:,} × {INPUTS}, {size.trees} trees: {took:.1f} s, expected {expected.seconds:.1f} s; {(memory() - before) / size.values:.1f} bytes a value more"
        )
    whole = Size(1, INPUTS, TASK.rounds * CLASSES)
    rows, binds = largest(whole, rates, machine, BUDGET)
    print(
        f"half an hour and EUR 5 on {machine.cores} cores at EUR {machine.core_hour_eur} an hour: {rows:,} examples of {INPUTS} values and {whole.trees} trees; "
        f"{binds} binds; it costs EUR {estimate(Size(rows, INPUTS, whole.trees), rates, machine).eur:.4f}"
    )


def memory() -> int:
    """Most that this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
