"""Which files become one: pure over what the log says of them."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleetlake.overview import SMALL_BYTES
from spark_jobs.exchange import Held

FEW = 8  # small files of a day that nobody notices
TOGETHER = 64  # files that a task has open at once

Source = tuple[str, int]


@dataclass(frozen=True)
class Group:
    """Files of one day (and in bronze of one topic-partition) that a task brings together, in this order."""

    files: tuple[Held, ...]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)


def small_by_day(files: Iterable[Held]) -> dict[Hashable, list[Held]]:
    """The small files of each day that has more than a few."""
    days: dict[Hashable, list[Held]] = defaultdict(list)
    for file in files:
        if file.size < SMALL_BYTES:
            days[tuple(file.partition.items())].append(file)
    return {day: files for day, files in days.items() if len(files) > FEW}


def groups(actions: Iterable[Mapping[str, Any]]) -> list[Group]:
    """What is due in a table whose files may be mixed within a day."""
    found = map(Held.of, actions)
    return [group for files in small_by_day(found).values() for group in _groups(sorted(files, key=lambda file: file.path))]


def bronze_groups(actions: Iterable[Mapping[str, Any]], refined: Callable[[Source], int]) -> list[Group]:
    """What is due in bronze: only files that lie wholly at or below the position `refined` of their topic-partition, in offset order, never mixed."""
    facts = {action["path"]: action for action in actions if action["num_records"]}
    due = small_by_day(Held.of(action) for action in facts.values() if action["max.offset"] <= refined(_source(action)))
    sources: dict[Hashable, list[Held]] = defaultdict(list)
    for day, files in due.items():
        for file in sorted(files, key=lambda file: facts[file.path]["min.offset"]):
            sources[day, _source(facts[file.path])].append(file)
    return [group for files in sources.values() for group in _groups(files)]


def _source(action: Mapping[str, Any]) -> Source:
    return action["min.topic_id"], action["min.partition"]


def _groups(files: Sequence[Held]) -> Iterator[Group]:
    chosen = (tuple(files[start : start + TOGETHER]) for start in range(0, len(files), TOGETHER))
    return (Group(files) for files in chosen if len(files) > 1)
