"""The SQL function `withheld_cells`: what of a mart's rows must not be published, by spark_jobs.build.small_cells."""

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession
from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]  # its stubs forget it

from spark_jobs.build.small_cells import Equations, withheld

TOTAL = "all"
FUNCTION = "withheld_cells"


def register(spark: SparkSession) -> None:
    """Makes `withheld_cells(slices, counts, rule)` known to the session; see macros/withheld.sql for its only caller.

    Per group: the slices of its rows as array<struct<string…>>, their counts as array<array<bigint>>, and the rule as JSON
    {smallest, of: {count: the count it is a part of}, sums: {count: counts that add up to it}} with places of counts. Returns
    array<bigint>: per row a bit for each count, set where it is withheld.
    """
    spark.udf.register(FUNCTION, arrow_udf(withheld_cells, "array<bigint>"))


def withheld_cells(slices: pa.Array, counts: pa.Array, rule: pa.Array) -> pa.Array:
    """The SQL function over a batch of groups."""
    offsets = slices.offsets.to_numpy() - slices.offsets[0].as_py()
    table, codes = _counts(counts, int(offsets[-1])), _codes(slices.flatten())
    group = np.repeat(np.arange(len(slices)), np.diff(offsets))
    hidden = hidden_counts(group, codes, table, *_rule(rule[0].as_py())) if table.size else table.astype(bool)
    bits = hidden.astype(np.int64) @ (1 << np.arange(table.shape[1], dtype=np.int64))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(bits))


def hidden_counts(
    group: np.ndarray,
    codes: np.ndarray,
    counts: np.ndarray,
    smallest: int,
    of: Mapping[int, int],
    sums: Mapping[int, Sequence[int]],
) -> np.ndarray:
    """rows × counts: which are withheld. `codes` is rows × slices, 0 for a total; the order of rows does not matter."""
    order = np.lexsort((*codes.T[::-1], group))
    group, codes, counts = group[order], codes[order], counts[order]
    small = (counts > 0) & (counts < smallest)
    sensitive, least = small.copy(), np.ones_like(counts)
    for part, whole in of.items():
        sensitive[:, part] |= (counts[:, part] == 0) & small[:, whole]
        least[:, part] = np.where(small[:, whole], 0, 1)
    system = equations(group, codes, counts.shape[1], sums)
    hidden = np.empty_like(sensitive)
    hidden[order] = withheld(counts.ravel(), sensitive.ravel(), least.ravel(), system, smallest).reshape(counts.shape)
    return hidden


def equations(group: np.ndarray, codes: np.ndarray, width: int, sums: Mapping[int, Sequence[int]]) -> Equations:
    """Totals and their parts, of each count: cell = row × width + count. Rows are in order of group and codes."""
    pairs = list(_totals(group, codes))
    total_row = np.concatenate([np.empty(0, int), *(total for total, _, _ in pairs)])
    sizes = np.cumsum([0, *(len(total) for total, _, _ in pairs)])
    equation = np.concatenate([np.empty(0, int), *(of + size for (_, of, _), size in zip(pairs, sizes, strict=False))])
    part_row = np.concatenate([np.empty(0, int), *(part for _, _, part in pairs)])
    each = np.arange(width)
    total, part = (total_row[:, None] * width + each).ravel(), (part_row[:, None] * width + each).ravel()
    owner = (equation[:, None] * width + each).ravel()
    for whole, parts in sums.items():
        rows = np.arange(len(group))
        owner = np.concatenate([owner, np.repeat(len(total) + rows, len(parts))])
        total = np.concatenate([total, rows * width + whole])
        part = np.concatenate([part, (rows[:, None] * width + np.array(parts)).ravel()])
    block = group[total // width] * width + (0 if sums else total % width)
    return _in_order(total, block, owner, part)


def _in_order(total: np.ndarray, block: np.ndarray, owner: np.ndarray, part: np.ndarray) -> Equations:
    order = np.argsort(block, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    by_owner = np.argsort(rank[owner], kind="stable")
    return Equations(total[order], block[order], rank[owner][by_owner], part[by_owner])


def _totals(group: np.ndarray, codes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each two ways to slice, one finer than the other: rows of totals, and for each part's row which of those totals it is in.

    Raises ValueError where a total is missing: parts of it that are published in two ways would tell of each other unseen.
    """
    ways = (codes > 0) @ (1 << np.arange(codes.shape[1]))
    present = np.unique(ways)
    if not np.isin(present[:, None] & present, present).all():
        raise ValueError("what two ways to slice have in common must be published, too: by model and by market needs the total of both")
    for coarse in present:
        for fine in present[(present != coarse) & (present & coarse == coarse)]:
            kept = [column for column in range(codes.shape[1]) if coarse >> column & 1]
            keys = _keys(group, codes[:, kept])
            totals, parts = np.flatnonzero(ways == coarse), np.flatnonzero(ways == fine)
            place = np.searchsorted(keys[totals], keys[parts]).clip(max=len(totals) - 1)
            if (keys[totals][place] != keys[parts]).any():
                raise ValueError(f"a row sliced as {codes[parts][0].tolist()} lacks the row of its total")
            summed, place = np.unique(place, return_inverse=True)
            yield totals[summed], place, parts


def _keys(group: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """One number for group and codes, in the same order."""
    key = group.astype(np.int64)
    for column in codes.T:
        key = key * (int(column.max(initial=0)) + 1) + column
    return key


def _codes(slices: pa.StructArray) -> np.ndarray:
    """rows × slices: 0 where the value is the total, else its place among the values."""
    columns = []
    for column in slices.flatten():
        encoded = column.dictionary_encode()
        values = encoded.dictionary
        rank = np.empty(len(values), np.int64)
        rank[pc.sort_indices(values).to_numpy()] = np.arange(1, len(values) + 1)
        rank[pc.equal(values, TOTAL).to_numpy(zero_copy_only=False)] = 0
        columns.append(rank[encoded.indices.to_numpy()])
    return np.stack(columns, axis=1) if columns else np.zeros((len(slices), 0), np.int64)


def _counts(counts: pa.ListArray, rows: int) -> np.ndarray:
    """rows × counts; null counts nobody."""
    inner = counts.flatten()
    values = pc.fill_null(inner.flatten(), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    table: np.ndarray = values.reshape(rows, -1) if rows else values.reshape(0, 1)
    return table


def _rule(text: str) -> tuple[int, dict[int, int], dict[int, list[int]]]:
    rule = json.loads(text)
    of = {int(part): whole for part, whole in rule["of"].items()}
    return rule["smallest"], of, {int(whole): parts for whole, parts in rule["sums"].items()}
