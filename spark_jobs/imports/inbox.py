"""Where people put what is to be imported: a folder per kind, and in it a folder per delivery, moved there when it is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spark_jobs.imports.kinds import KINDS

TAKEN = "taken"


@dataclass(frozen=True)
class Delivery:
    """A folder whose files belong together."""

    kind: str
    folder: Path
    files: tuple[Path, ...]


def deliveries(inbox: Path) -> Iterator[Delivery]:
    """What waits, by kind and name; a folder without files is no delivery yet, nor is one whose name begins with a dot."""
    for kind in KINDS:
        for folder in sorted(each for each in (inbox / kind).glob("[!.]*") if each.is_dir() and each.name != TAKEN):
            if files := tuple(sorted(each for each in folder.glob("[!.]*") if each.is_file())):
                yield Delivery(kind, folder, files)


def put_away(delivery: Delivery) -> Path:
    """Moves an imported delivery out of the way; where it is then. One of the same name may lie there already."""
    taken = delivery.folder.parent / TAKEN
    taken.mkdir(exist_ok=True)
    names = (delivery.folder.name, *(f"{delivery.folder.name}-{number}" for number in range(2, 10_000)))
    return delivery.folder.rename(next(taken / name for name in names if not (taken / name).exists()))
