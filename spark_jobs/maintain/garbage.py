"""What a table may let go: files that no reader can ask for any more, and the log before the oldest version that one can.

Not delta-rs' vacuum: it looks no further back than the last checkpoint, or else takes the files of a running batch as well.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from deltalake import DeltaTable
from pyarrow import fs

from spark_jobs.files import filesystem
from spark_jobs.tables import Table

UNCOMMITTED = timedelta(hours=24)  # so long may a batch have files that no commit names yet
COMMIT = re.compile(r"(\d{20})\.(json|checkpoint\.parquet|crc)")


@dataclass(frozen=True)
class File:
    """A file below a table's folder."""

    path: str
    size: int
    written: datetime


def unseen(table: Table, versions: Iterable[int], before: datetime) -> list[File]:
    """Data files written `before`, a day of margin aside, that none of the `versions` holds."""
    seen = {path for version in set(versions) for path in held(table.path, version)}
    return [file for file in data_files(table.path) if file.path not in seen and file.written < before - UNCOMMITTED]


def version_at(table: Table, at: datetime) -> int:
    """The version that was in force at a moment; the oldest one that the log still has, if that is younger."""
    commits = {int(match[1]): file.written for file, match in _log(table.path) if match[2] == "json"}
    return max((version for version, written in commits.items() if written <= at), default=min(commits))


def spent(table: Table, oldest: int) -> list[File]:
    """Files of the log that no version from `oldest` on is read with: those before the last checkpoint at or below it."""
    files = [(file, int(match[1]), match[2]) for file, match in _log(table.path)]
    base = max((version for _, version, kind in files if kind.startswith("checkpoint") and version <= oldest), default=0)
    return [file for file, version, _ in files if version < base]


def held(path: str, version: int) -> list[str]:
    """Paths of the files that a version of the table at `path` consists of."""
    found: list[str] = pa.table(DeltaTable(path, version=version).get_add_actions())["path"].to_pylist()
    return found


def delete(root: str, files: Collection[File]) -> None:
    """Deletes files below a table's folder."""
    filesystem_, base = filesystem(root)
    for file in files:
        filesystem_.delete_file(f"{base}/{file.path}")


def data_files(root: str) -> Iterator[File]:
    """Data files below a table's folder, whoever wrote them."""
    return (file for file in _files(root, "") if file.path.endswith(".parquet") and not file.path.startswith("_"))


def _log(root: str) -> Iterator[tuple[File, re.Match[str]]]:
    named = ((file, COMMIT.fullmatch(file.path.removeprefix("_delta_log/"))) for file in _files(root, "/_delta_log"))
    return ((file, match) for file, match in named if match)


def _files(root: str, below: str) -> Iterator[File]:
    filesystem_, base = filesystem(root)
    for found in filesystem_.get_file_info(fs.FileSelector(base + below, recursive=True)):
        if found.type == fs.FileType.File:
            yield File(found.path[len(base) :].lstrip("/"), found.size, found.mtime.astimezone(UTC))
