"""Sorted runs become one."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.maintain.merge import is_sorted, merged, sorted_rows

ORDER = ("key", "at")
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=30)


def table(rows) -> pa.Table:
    return pa.table({"key": pa.array([key for key, _ in rows], pa.string()), "at": pa.array([at for _, at in rows], pa.int64())})


@given(st.lists(ROWS, max_size=5), st.integers(1, 4))
def test_merged_runs_are_all_rows_in_order(runs, batch_rows):
    found = merged([(pa.table(batch) for batch in table(sorted(run)).to_batches(max_chunksize=batch_rows)) for run in runs], ORDER)
    rows = [tuple(row.values()) for part in found for row in part.to_pylist()]
    assert rows == sorted(row for run in runs for row in run)


@given(ROWS)
def test_sorted_is_what_sorting_does_not_change(rows):
    assert is_sorted(table(rows), ORDER) == (rows == sorted(rows))
    assert is_sorted(sorted_rows(table(rows), ORDER), ORDER)
