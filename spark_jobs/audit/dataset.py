"""A table's data files as one Arrow dataset, made from the list of files alone.

deltalake's own `to_pyarrow_dataset` takes a missing bound for a bound: of a file without statistics every filter finds nothing. And
what an auditor is to prove must not rest on what the log says of a file: a full audit looks into every one.
"""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from spark_jobs.files import filesystem
from spark_jobs.tables import Table

BOUNDED = ("partition", "offset")  # by these the audit looks for files


def of(table: Table, *, pruned: bool) -> ds.Dataset:
    """All rows of this version; `pruned`: files are passed by whose statistics say that they hold no wanted offset."""
    parquet, (files, root) = ds.ParquetFileFormat(), filesystem(table.path)
    schema = pa.schema(table.delta.schema().to_arrow())
    partitions = table.delta.metadata().partition_columns
    actions = pa.table(table.delta.get_add_actions(flatten=True)).to_pylist()
    fragments = [
        parquet.make_fragment(f"{root}/{action['path']}", filesystem=files, partition_expression=_known(action, partitions, pruned=pruned))
        for action in actions
    ]
    return ds.FileSystemDataset(fragments, schema, parquet, files)


def _known(action: Mapping[str, Any], partitions: list[str], *, pruned: bool) -> ds.Expression:
    """What holds for each row of a file: its partition, and the bounds that the log really has."""
    values = {name: action[f"partition.{name}"] for name in partitions}
    known = [ds.field(name).is_null() if value is None else ds.field(name) == ds.scalar(value) for name, value in values.items()]
    return reduce(and_, known + (_bounds(action) if pruned else []), ds.scalar(True))


def _bounds(action: Mapping[str, Any]) -> list[ds.Expression]:
    lowest = [ds.field(name) >= value for name in BOUNDED if (value := action.get(f"min.{name}")) is not None]
    return lowest + [ds.field(name) <= value for name in BOUNDED if (value := action.get(f"max.{name}")) is not None]
