"""What a learner sees and is asked, and how it is held out: by time, never at random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleetlake.console import Failure

Array = NDArray[Any]
Words = Mapping[str, Sequence[str]]  # by column of text its words: their places are the numbers that a learner sees


@dataclass(frozen=True)
class Examples:
    """Arrays with a value per example. `inputs` is float32, examples × `names`, NaN where nothing was known."""

    inputs: Array
    names: tuple[str, ...]
    target: Array
    vehicle: Array  # int64: vehicles, numbered
    at: Array  # datetime64[us], UTC

    def __len__(self) -> int:
        return len(self.target)

    def where(self, mask: Array) -> Self:
        """Some of the examples."""
        return replace(self, inputs=self.inputs[mask], target=self.target[mask], vehicle=self.vehicle[mask], at=self.at[mask])

    def shuffled(self, seed: int = 0) -> Self:
        """The same with each target given to another example: nothing is left to learn, so whoever learns something has found a leak."""
        import numpy as np

        return replace(self, target=np.random.default_rng(seed).permutation(self.target))


def examples(frame: pl.DataFrame, inputs: Sequence[str], words: Words, target: pl.Series) -> Examples:
    """Rows with vehicle_key, at and `inputs` as examples. A word that `words` does not have is unknown, as a null is."""

    columns = [coded(frame[name], words[name]) if name in words else frame[name].cast(pl.Float32) for name in inputs]
    matrix = pl.DataFrame(columns).to_numpy().astype(np.float32, copy=False)
    vehicle = frame["vehicle_key"].rank("dense").cast(pl.Int64).to_numpy()
    return Examples(matrix, tuple(inputs), target.to_numpy(), vehicle, _naive(frame["at"]))


def coded(texts: pl.Series, words: Sequence[str]) -> pl.Series:
    """The place of each text among the words, as Float32; null for others."""

    return texts.replace_strict(list(words), list(range(len(words))), default=None, return_dtype=pl.Float32)


def words_of(frame: pl.DataFrame, columns: Sequence[str]) -> Words:
    """The distinct texts of columns, in their order."""
    return {name: frame[name].drop_nulls().unique().sort().to_list() for name in columns}


def split(all_of_them: Examples, since: datetime, reach: timedelta) -> tuple[Examples, Examples]:
    """Examples to learn from and held-out ones, from `since` on. What is learnt was over by then: a label looks `reach` ahead of its time.

    Raises Failure where one of the two is empty.
    """
    cut = np.datetime64(since.astimezone(UTC).replace(tzinfo=None), "us")
    was_over = np.asarray(all_of_them.at + np.timedelta64(reach) <= cut)
    learnt, held_out = all_of_them.where(was_over), all_of_them.where(np.asarray(all_of_them.at >= cut))
    if not len(learnt) or not len(held_out):
        raise Failure(
            f"{len(learnt):,} examples end before {since:%Y-%m-%d}, from when on {len(held_out):,} are held out",
            f"the lake is too short: labels look {reach.days} days ahead; a smaller --horizon or --weeks needs less",
        )
    return learnt, held_out


def _naive(at: pl.Series) -> Array:

    moments: Array = at.cast(pl.Datetime("us", "UTC")).dt.replace_time_zone(None).to_numpy()
    return moments
