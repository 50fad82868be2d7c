"""Which row of a feature table was the newest that was known, for many vehicles and moments at once. Pure, over whole numbers.

A row tells of an event (for a table of days: a day that is over) and becomes known at or after it; a correction is a further row of the same
event, known later. What holds at a moment is, of the rows known by then, the one of the newest event, and of that event's the one known last. That
is no plain as-of join, neither by event (its row may not be known yet) nor by reception (a late correction of an old day would hide a newer day).

It becomes one: let the rows of a vehicle stand in the order of (event, known), so that a row's place is its rank, and look at them in the order
in which they become known. What holds after the n-th is then the greatest rank among the first n, a running maximum, and a label needs one binary
search. Vehicle and second are one int64, so that the search knows nothing of vehicles.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
SHIFT: Final = 33  # the seconds below, the vehicle's number above: vehicles stay a bit apart, and none is within another's tolerance
LAST_SECOND: Final = 2**32 - 1  # in the year 2106
MOST_VEHICLES: Final = 2**30
NOWHERE: Final = -1
CHUNK: Final = 1 << 16  # labels whose search stays in a core's cache


class Index:
    """The rows of a feature table, ready to be asked. Rows need no order; those that are clustered by vehicle and event are ready sooner."""

    def __init__(self, vehicle: Ints, event_s: Ints, known_s: Ints) -> None:
        """A row's vehicle (0 … 2^30 - 1), its event's end and when it was known, in seconds since 1970 (0 … 2^32 - 1).

        Raises ValueError for numbers beyond these.
        """
        for numbers, last in ((vehicle, MOST_VEHICLES - 1), (event_s, LAST_SECOND), (known_s, LAST_SECOND)):
            if len(numbers) and (numbers.min() < 0 or numbers.max() > last):
                raise ValueError(f"{numbers.min()} … {numbers.max()} is not within 0 … {last}")
        event, seen = joint(vehicle, event_s), joint(vehicle, np.maximum(event_s, known_s))
        ranked = _ranked(event, known_s)
        order = np.argsort(seen[ranked], kind="stable")
        holding = ranked[np.maximum.accumulate(order)] if len(order) else order
        self._seen = _behind(seen[ranked][order], np.iinfo(np.int64).min)
        self._holding = _behind(holding, NOWHERE)
        self._event = _behind(event[holding], -(2**62))  # farther from every label than any tolerance

    def rows(self, vehicle: Ints, at_s: Ints, tolerance_s: int = LAST_SECOND) -> Ints:
        """The row that held for each label, NOWHERE where none did or its event ended more than the tolerance before the label.

        Labels need no order; those in the order of (vehicle, at) are found several times faster.
        """
        found = np.empty(len(vehicle), np.int64)
        for begin in range(0, len(vehicle), CHUNK):
            part = slice(begin, begin + CHUNK)
            found[part] = self._rows(joint(vehicle[part], at_s[part]), tolerance_s)
        return found

    def _rows(self, labels: Ints, tolerance_s: int) -> Ints:
        last = np.searchsorted(self._seen, labels, side="right") - 1
        is_near = labels - self._event[last] <= tolerance_s  # never so for another vehicle's
        held: Ints = np.where(is_near, self._holding[last], NOWHERE)
        return held


def joint(vehicle: Ints, second: Ints) -> Ints:
    """Vehicle and second as one number, in their order."""
    both: Ints = vehicle << SHIFT | second
    return both


def _ranked(event: Ints, known_s: Ints) -> Ints:
    """Places of the rows in the order of vehicle, event and reception."""
    is_in_order = (event[1:] > event[:-1]) | ((event[1:] == event[:-1]) & (known_s[1:] >= known_s[:-1]))
    return np.arange(len(event)) if is_in_order.all() else np.lexsort((known_s, event))


def _behind(values: Ints, first: int) -> Ints:
    """The values behind one that stands for none."""
    whole: Ints = np.concatenate([np.array([first], np.int64), values])
    return whole
