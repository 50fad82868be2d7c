"""A run takes whole stretches of bronze above the position, in offset order, and little enough."""

import pytest

from fleetlake.console import Failure
from spark_jobs.refine.choose import BronzeFile, bronze_files, choose
from spark_jobs.refine.items import SourceFile, batches


def file(first: int, last: int, *, size: int = 10, partition: int = 0) -> BronzeFile:
    return BronzeFile(f"{partition}-{first}", size, last - first + 1, "T", partition, first, last)


def action(**changes) -> dict:
    bounds = {f"{bound}.{name}": value for bound in ("min", "max") for name, value in (("topic_id", "T"), ("partition", 0), ("offset", 5))}
    return {"path": "a.parquet", "size_bytes": 10, "num_records": 1} | bounds | changes


def spans(files: list[BronzeFile]) -> list[tuple[int, int]]:
    return [(each.first, each.last) for each in files]


def test_files_above_the_position_are_taken_in_offset_order():
    assert spans(choose([file(20, 29), file(0, 9), file(10, 19)], {("T", 0): 9}, 100)) == [(10, 19), (20, 29)]


def test_a_topic_partition_without_position_begins_with_its_first_file():
    assert spans(choose([file(7, 9)], {}, 100)) == [(7, 9)]


def test_a_run_takes_at_most_its_bytes_of_each_topic_partition():
    files = [file(first, first + 9, partition=partition) for partition in (0, 1) for first in (0, 10, 20)]
    assert [(each.partition, each.first) for each in choose(files, {}, 25)] == [(0, 0), (0, 10), (1, 0), (1, 10)]


def test_a_file_larger_than_a_run_is_taken_alone():
    assert spans(choose([file(0, 9, size=1000), file(10, 19)], {}, 25)) == [(0, 9)]


def test_a_small_file_behind_one_that_does_not_fit_waits_for_it():
    assert spans(choose([file(0, 9), file(10, 19, size=90), file(20, 29, size=1)], {}, 50)) == [(0, 9)]


def test_files_whose_offsets_overlap_are_taken_together():
    days = [file(0, 90), file(5, 99), file(100, 109)]
    assert spans(choose(days, {}, 10)) == [(0, 90), (5, 99)]


def test_a_file_that_the_position_stands_in_is_taken_again():
    assert spans(choose([file(0, 9), file(10, 19)], {("T", 0): 14}, 100)) == [(10, 19)]


def test_the_log_says_which_topic_partition_a_file_is_of():
    assert bronze_files("bronze.charging", [action(**{"max.offset": 9}), action(num_records=0)]) == [
        BronzeFile("a.parquet", 10, 1, "T", 0, 5, 9)
    ]


@pytest.mark.parametrize(("changes", "said"), [({"max.partition": 1}, "mixes"), ({"min.offset": None}, "no statistics")])
def test_a_file_of_unknown_place_stops_the_run(changes, said):
    with pytest.raises(Failure, match=said):
        bronze_files("bronze.charging", [action(**changes)])


def test_small_files_share_a_work_item_and_a_large_one_stands_alone():
    files = [SourceFile(str(size), size, "T", size % 2) for size in (4, 5, 3, 20, 1)]
    assert [[file.raw_bytes for file in batch] for batch in batches(files, 10)] == [[4, 5], [3], [20], [1]]
