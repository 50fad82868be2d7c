"""Which files are brought together."""

from datetime import date

from spark_jobs.maintain.plan import FEW, SMALL_BYTES, TOGETHER, bronze_groups, groups

DAY = date(2026, 6, 1)


def action(number: int, day: date = DAY, size: int = 1_000, partition: int = 0, topic: str = "T") -> dict[str, object]:
    place = {"topic_id": topic, "partition": partition}
    bounds = {f"{bound}.{name}": value for bound in ("min", "max") for name, value in place.items()}
    offsets = {"min.offset": 10 * number, "max.offset": 10 * number + 9}
    return {"path": f"{day}/{number:03}-{partition}", "size_bytes": size, "num_records": 10, "partition.day": day} | bounds | offsets


def paths(found) -> list[list[str]]:
    return [[file.path for file in group.files] for group in found]


def test_a_few_small_files_of_a_day_stay():
    assert groups([action(number) for number in range(FEW)]) == []


def test_more_small_files_of_a_day_become_one_group_and_large_ones_stay_out():
    small = [action(number) for number in range(FEW + 1)]
    assert paths(groups([*small, action(99, size=SMALL_BYTES)])) == [[each["path"] for each in small]]


def test_days_are_counted_by_themselves():
    assert groups([action(number, date(2026, 6, 1 + number % 2)) for number in range(2 * FEW)]) == []


def test_a_task_opens_no_more_files_than_it_can_hold_and_none_alone():
    found = groups([action(number) for number in range(2 * TOGETHER + 1)])
    assert [len(group.files) for group in found] == [TOGETHER, TOGETHER]


def test_bronze_keeps_topic_partitions_apart_and_offsets_in_order():
    files = [action(number, partition=number % 2) for number in reversed(range(FEW + 2))]
    found = paths(bronze_groups(files, lambda source: 1_000))
    assert found == [[f"{DAY}/{number:03}-{partition}" for number in range(partition, FEW + 2, 2)] for partition in (0, 1)]


def test_bronze_above_the_position_of_silver_is_left_alone():
    files = [action(number) for number in range(FEW + 3)]
    refined = 10 * (FEW + 1) - 1  # the last offset of file number FEW
    assert paths(bronze_groups(files, lambda source: refined)) == [[each["path"] for each in files[: FEW + 1]]]
    assert bronze_groups(files, lambda source: -1) == []


def test_a_former_topic_of_the_same_name_is_never_mixed_in():
    files = [action(number, topic="old" if number < FEW else "new") for number in range(2 * FEW)]
    assert [{path[-5:-2] for path in group} for group in paths(bronze_groups(files, lambda source: 1_000))] == [
        {f"{number:03}" for number in range(FEW)},
        {f"{number:03}" for number in range(FEW, 2 * FEW)},
    ]
