"""What readers see: the one function that all of them ask.

Every release is one commit of ops.releases, which is the truth, and is told again in one small file, so that a reader needs no engine:
it reads the file and looks whether the table has a commit that the file does not know. If so, or where the file is broken or gone, it
reads the table.
"""

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases.history import releases, state, upto
from fleetlake.releases.model import Origin, Pin, Published, Release, Waiver, from_json, in_force

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["AsOf", "Origin", "Pin", "Published", "Release", "Waiver", "published"]
AsOf = int | str | date | datetime | None
RELEASES, WAIVERS = "ops.releases", "ops.waivers"
_read: dict[str, Published] = {}  # by lake, out of the tables: while the file is behind, they are read once and not for each query


def published(lake: str, as_of: AsOf = None) -> Published:
    """All layers as readers see them now, or as they were at a time (UTC unless it says otherwise) or when a release came.

    Raises Failure for a release that there never was.
    """
    if as_of is not None:
        return _back_then(lake, moment(as_of))
    now = datetime.now(UTC)
    found = next((one for one in (_from_file(lake), _read.get(lake)) if one is not None and is_newest(lake, one)), None)
    if found is None:
        found = _read[lake] = from_tables(lake, now)
    return Published(found.version, found.waivers_version, found.releases, in_force(found.waivers, now))


def from_tables(lake: str, now: datetime) -> Published:
    """The same out of the tables themselves."""
    (rows, version), (waivers, waivers_version) = rows_of(lake, RELEASES), waivers_of(lake)
    return state(releases(rows), waivers, now, (version, waivers_version))


def is_newest(lake: str, one: Published) -> bool:
    """Whether the tables hold nothing that a state does not know: its commits are there, and the ones after them are not."""
    return all(
        _has_commit(lake, table, version + 1) is False and (version < 0 or _has_commit(lake, table, version))
        for table, version in ((WAIVERS, one.waivers_version), (RELEASES, one.version))
    )


def current_path(lake: str) -> str:
    """Where the file of all layers is."""
    return f"{lake.rstrip('/')}/releases/current.json"


def moment(as_of: int | str | date | datetime) -> int | datetime:
    """A release's number, or an instant; raises Failure for text that is neither."""
    if isinstance(as_of, str):
        try:
            return int(as_of) if as_of.isdigit() else moment(datetime.fromisoformat(as_of))
        except ValueError as error:
            raise Failure(f"{as_of!r} is neither a release nor a time ({error})", "say 42, 2026-06-01 or 2026-06-01T12:00:00Z") from error
    if isinstance(as_of, date) and not isinstance(as_of, datetime):
        return datetime.combine(as_of, time(), UTC)
    return as_of if isinstance(as_of, int) or as_of.tzinfo else as_of.replace(tzinfo=UTC)


def rows_of(lake: str, table: str) -> tuple[list[dict[str, Any]], int]:
    """All rows of a small ops table and the version that holds them; -1 where there is none."""
    from deltalake import DeltaTable

    path = table_path(lake, table)
    if not DeltaTable.is_deltatable(path):
        return [], -1
    delta = DeltaTable(path)
    return selected(delta), delta.version()


def selected(delta: "DeltaTable", where: str = "true", columns: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of a small Delta table, some of its columns or all, by DataFusion inside deltalake.

    Not by its Arrow dataset, which finds nothing in files without statistics, and whose threads call Python and so may abort a process
    that is just ending. Nor by pyarrow: that looks for pandas, whose import takes longer than all the rest.
    Raises ValueError for rows that are not as the table's schema has them.
    """
    from deltalake import QueryBuilder

    kinds = {field.name: getattr(field.type, "type", "") for field in delta.schema().fields}
    wanted = {name: kinds[name] == "timestamp" for name in columns or kinds}
    words = (
        f'arrow_cast("{name}", \'Timestamp(Microsecond, None)\') as "{name}"' if is_time else f'"{name}"'
        for name, is_time in wanted.items()
    )
    try:
        answer = QueryBuilder().register("rows", delta).execute(f"select {', '.join(words)} from rows where {where}").read_all()
    except Exception as error:  # DataFusion's errors have no class of their own
        raise ValueError(f"{delta.table_uri} holds rows that cannot be read: {error}") from error
    values = [_values(answer.column(name), is_time) for name, is_time in wanted.items()]
    return [dict(zip(wanted, row, strict=True)) for row in zip(*values, strict=True)]


def _values(column: Any, is_time: bool) -> list[Any]:
    """Python values; a machine may have no database of time zones, but everybody knows UTC."""
    return [at and at.replace(tzinfo=UTC) for at in column.to_pylist()] if is_time else list(column.to_pylist())


def waivers_of(lake: str) -> tuple[list[Waiver], int]:
    """All waivers that were ever given, and the version of ops.waivers that holds them."""
    rows, version = rows_of(lake, WAIVERS)
    return [
        Waiver(row["table_name"], **{name: row[name] for name in ("expectation", "owner", "at", "until", "why")}) for row in rows
    ], version


def _back_then(lake: str, as_of: int | datetime) -> Published:
    (rows, version), (waivers, waivers_version) = rows_of(lake, RELEASES), waivers_of(lake)
    history = upto(everything := releases(rows), as_of)
    if isinstance(as_of, datetime):
        return state(history, waivers, as_of, (version, waivers_version))
    if not history or history[-1].number != as_of:
        newest = everything[-1].number if everything else 0
        raise Failure(f"there is no release {as_of}", f"the newest one is {newest}; `fleet releases` shows them")
    return state(history, waivers, history[-1].at, (version, waivers_version))


def _from_file(lake: str) -> Published | None:
    """What the file says; None where it is gone, half-written or of another shape: the tables know better."""
    try:
        return from_json(json.loads(_text(current_path(lake))))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _text(path: str) -> str:
    if "://" not in path:
        with open(path, encoding="utf-8") as file:
            return file.read()
    from pyarrow import fs

    files, name = fs.FileSystem.from_uri(path)
    with files.open_input_stream(name) as stream:
        return bytes(stream.readall()).decode()


def _has_commit(lake: str, table: str, version: int) -> bool:
    path = f"{table_path(lake, table)}/_delta_log/{version:020d}.json"
    if "://" not in path:
        return os.path.exists(path)
    from pyarrow import fs

    files, name = fs.FileSystem.from_uri(path)
    return bool(files.get_file_info(name).type == fs.FileType.File)
