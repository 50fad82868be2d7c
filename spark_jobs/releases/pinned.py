"""Whether a version of a table can still be read, and how many rows it has: from the log, without opening a data file."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs.files import filesystem

AT_ONCE = 8


def rows(lake: str, versions: Iterable[tuple[str, int]]) -> list[int | Failure]:
    """Rows of each (table, version), or why it cannot be read any more."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda each: _rows(lake, *each), versions))


def _rows(lake: str, table: str, version: int) -> int | Failure:
    path = table_path(lake, table)
    try:
        newest = DeltaTable(path)
        pinned = newest if newest.version() == version else DeltaTable(path, version=version)
        files = _files(pinned)
        removed = files.keys() - _files(newest).keys() if pinned is not newest else set()
    except DeltaError as error:
        return Failure(
            f"{table} v{version} is gone ({error})", f"fleet check {table.split('.', maxsplit=1)[0]}: a gate passes a version that is there"
        )
    if gone := _missing(path, removed):  # what the newest version holds, no VACUUM takes
        return Failure(
            f"{table} v{version} has lost {len(gone)} files, first {gone[0]}", "a VACUUM took them: no release can bring it back"
        )
    return sum(files.values())


def _files(delta: DeltaTable) -> dict[str, int]:
    """Rows of each data file."""
    actions = delta.get_add_actions()
    return {
        unquote(path): rows or 0
        for path, rows in zip(actions.column("path").to_pylist(), actions.column("num_records").to_pylist(), strict=True)
    }


def _missing(root: str, paths: Iterable[str]) -> list[str]:
    files, base = filesystem(root)
    listed = sorted(paths)
    found = files.get_file_info([f"{base}/{path}" for path in listed]) if listed else []
    return [path for path, info in zip(listed, found, strict=True) if not info.is_file]
