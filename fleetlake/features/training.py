"""Training sets: labels with the values of features as they were known at each label's time."""

import shutil
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from fleetlake.console import Failure
from fleetlake.features import consent, gather
from fleetlake.features.declared import Feature, chosen
from fleetlake.features.labels import VEHICLE, Labels, asked, sound, spans, within
from fleetlake.features.tables import pinned, scanned
from fleetlake.readers.engine import named
from fleetlake.releases import AsOf, Published, moment, published
from fleetlake.settings import settings

if TYPE_CHECKING:
    from fleetlake.features.manifest import Manifest

A_WEEK = timedelta(days=7)
SHARD_DAYS, BATCH_ROWS = 28, 100_000


def training_set(
    labels: Labels,
    features: Iterable[str],
    as_of: AsOf = None,
    tolerance: timedelta | None = A_WEEK,
    *,
    purposes: Iterable[str] = (),
    days_per_shard: int = SHARD_DAYS,
) -> "TrainingSet":
    """Labels with features as they were known at each label's time, from one release; nothing is read before it is asked for its rows.

    labels: rows with vehicle_key, `at` (UTC) and any further columns: a polars frame (also lazy), an Arrow table, or SQL over released tables,
    which one can make again. features: names out of `registry()`. as_of: a release, or a time (its release, and decisions on consent until
    then). tolerance: how long before `at` a day may have ended for its values to count; None: for ever. purposes: consents that the use itself
    needs, beside those of the features. days_per_shard: days of `at` that are in memory together.

    Raises Failure for features that there are not, tables that are not released, and labels without the two columns.
    """
    wanted = chosen(features)
    if tolerance is not None and tolerance < timedelta():
        raise Failure(f"a tolerance of {tolerance} is less than none", "say how old a value may be: timedelta(days=3)")
    needed = sorted({*purposes, *(each.consent for each in wanted if each.consent)})
    before = moment(as_of) if as_of is not None else None
    recipe = Recipe(wanted, tolerance, tuple(needed), before if isinstance(before, datetime) else None, days_per_shard)
    return TrainingSet(labels, recipe, settings().lake_root, published(settings().lake_root, as_of))


@dataclass(frozen=True)
class Recipe:
    """All that decides what a set is, but for its labels and the release. Consents count until `before`, or all that the release holds."""

    features: Sequence[Feature]
    tolerance: timedelta | None
    purposes: tuple[str, ...]
    before: datetime | None
    days_per_shard: int

    @property
    def names(self) -> list[str]:
        """Of the features, in the order of the set's columns."""
        return [each.name for each in self.features]

    @property
    def tables(self) -> list[str]:
        """That features are columns of."""
        return list(dict.fromkeys(each.table for each in self.features))


class TrainingSet:
    """What `training_set` promises: its rows as a frame, a matrix, batches or files."""

    def __init__(self, labels: Labels, recipe: Recipe, lake: str, state: Published) -> None:
        """Binds the labels to a state of the releases."""
        self.recipe, self.lake, self.state = recipe, lake, state
        self.query = labels if isinstance(labels, str) else None
        self._labels = labels
        self.versions = pinned(state, [*recipe.tables, *([consent.TABLE] if recipe.purposes else []), *self._asked_tables()])

    @cached_property
    def labels(self) -> pl.LazyFrame:
        """With `at` in UTC, before anybody's consent was asked for."""
        given = self._labels
        frame = asked(given, self.lake, self.state, self._spool()) if isinstance(given, str) else given
        return sound(frame, self.recipe.names)

    @cached_property
    def vehicles(self) -> pl.Series | None:
        """The vehicles that may be in the set; None where no consent is needed."""
        if not self.recipe.purposes:
            return None
        decisions = scanned(self.lake, self.versions[consent.TABLE])
        return consent.allowing(decisions, self.recipe.purposes, self.recipe.before)

    def frame(self) -> pl.DataFrame:
        """All rows: the labels' columns, then a Float32 column per feature."""
        return pl.concat([self._empty(), *self.shards()], how="vertical")

    def numpy(self) -> tuple[NDArray[np.float32], pl.DataFrame]:
        """Features as a float32 matrix (rows × features, in the order asked for, NaN where unknown), and the labels' columns of the same rows."""
        whole = self.frame()
        matrix = whole.select(self.recipe.names).fill_null(float("nan")).to_numpy(order="c")
        return matrix, whole.drop(self.recipe.names)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The same rows in Arrow record batches of at most so many; a shard at a time is in memory."""
        for shard in self.shards():
            yield from shard.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches(max_chunksize=rows)

    def write(self, folder: str | Path) -> "Manifest":
        """Writes a Parquet file per shard, and manifest.json, from which the same can be made again. Raises Failure for a folder that holds something."""
        from fleetlake.features.manifest import write

        return write(self, Path(folder))

    def shards(self) -> Iterator[pl.DataFrame]:
        """The rows of so many days of `at` each; days without a label make none."""
        for begin, end in spans(self.labels, self.recipe.days_per_shard):
            labels = self._allowed(within(self.labels, begin, end))
            if labels.height:
                yield self._joined(labels, begin.date(), end.date())

    def _joined(self, labels: pl.DataFrame, first: date, end: date) -> pl.DataFrame:
        labels, vehicles = gather.clustered(labels)
        parts = [labels]
        for table in self.recipe.tables:
            columns = [each.column for each in self.recipe.features if each.table == table]
            source = scanned(self.lake, self.versions[table], columns)
            rows = gather.near(source, vehicles, first, end, columns, self.recipe.tolerance)
            parts.append(gather.values(labels, vehicles, rows, columns, self.recipe.tolerance))
        return pl.concat(parts, how="horizontal").select(*labels.columns, *self.recipe.names)

    def _allowed(self, labels: pl.DataFrame) -> pl.DataFrame:
        return labels if self.vehicles is None else labels.filter(pl.col(VEHICLE).is_in(self.vehicles.implode()))

    def _spool(self) -> Path:
        """Where a query's answer lies as long as the set lives."""
        folder = mkdtemp(prefix="fleetlake-labels-")
        weakref.finalize(self, shutil.rmtree, folder)
        return Path(folder, "labels.parquet")

    def _asked_tables(self) -> list[str]:
        return named(self.query, list(self.state.tables)) if self.query else []

    def _empty(self) -> pl.DataFrame:
        schema = self.labels.collect_schema()
        return pl.DataFrame(schema={**schema, **dict.fromkeys(self.recipe.names, pl.Float32)})
