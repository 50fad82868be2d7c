"""Bodies as bytes side by side, and what can be said of them without a parser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

COLON, QUOTE, BLANK, OPENING, OPENING_LIST = (ord(character) for character in ':" {[')
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)  # matches at any quote, so that no body takes quadratic time
DEPTH = np.zeros(256, np.int8)
DEPTH[[ord("["), ord("{")]] = 1
DEPTH[[ord("]"), ord("}")]] = -1


@dataclass(frozen=True)
class Bodies:
    """n bodies in one buffer; body i is `bytes[offsets[i]:offsets[i + 1]]`."""

    bytes: Bytes
    offsets: Ints

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def colons(self) -> Ints:
        """Where colons are, in strings too."""
        return np.flatnonzero(self.bytes == COLON)

    def views(self) -> list[memoryview]:
        """Each body without a copy."""
        whole, offsets = self.bytes.data, self.offsets.tolist()
        return [whole[begin:end] for begin, end in pairwise(offsets)]

    def per_body(self, positions: Ints) -> Ints:
        """How many of the positions, which ascend, lie in each body."""
        return cast(Ints, np.diff(np.searchsorted(positions, self.offsets)))


def blocks(bodies: pa.BinaryArray, size: int) -> Iterator[Bodies]:
    """Runs of whole bodies of about `size` bytes: what a parser makes of one fits into a processor's cache."""
    offsets = np.frombuffer(bodies.buffers()[1], np.int32)[bodies.offset : bodies.offset + len(bodies) + 1].astype(np.int64)
    data = np.frombuffer(bodies.buffers()[2] or b"", np.uint8)
    begin = 0
    while begin < len(bodies):
        end = max(begin + 1, int(np.searchsorted(offsets, offsets[begin] + size, side="right")) - 1)
        yield Bodies(data[offsets[begin] : offsets[end]], offsets[begin : end + 1] - offsets[begin])
        begin = end


def most_keys(bodies: Bodies) -> Ints:
    """At least as many as each body has keys, at any level: colons after a quote or white space. Equal means that no key stands twice."""
    before = bodies.bytes.take(bodies.colons - 1, mode="clip")
    return bodies.per_body(bodies.colons[(before == QUOTE) | (before <= BLANK)])


def perhaps_deeper(bodies: Bodies, levels: int) -> list[int]:
    """Bodies that may have more levels; of the others it is certain that they have not, whatever stands in their strings.

    Of nested objects each is either in a list (at most one for each `[`) or behind a colon, perhaps with white space between.
    """
    lists = bodies.per_body(np.flatnonzero(bodies.bytes == OPENING_LIST))
    after = bodies.bytes.take(bodies.colons + 1, mode="clip")
    if (after <= BLANK).any():
        after = np.where(after <= BLANK, bodies.bytes.take(bodies.colons + 2, mode="clip"), after)
    objects = bodies.per_body(bodies.colons[(after == OPENING) | (after <= BLANK)])
    return np.flatnonzero(2 * lists + objects + 1 > levels).tolist()


def depth(body: bytes) -> int:
    """Levels of lists and objects; brackets in strings do not count."""
    steps = DEPTH[np.frombuffer(STRINGS.sub(b"", body), np.uint8)]
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))
