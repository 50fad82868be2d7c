"""ops.releases, as a writer sees it, and current.json, which tells readers the same."""

import getpass
import json
import os
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Busy
from fleetlake.releases import RELEASES, current_path, from_tables, is_newest, selected
from fleetlake.releases.history import current, releases
from fleetlake.releases.model import Pin, Release, to_json
from fleetlake.settings import settings
from spark_jobs.files import filesystem
from spark_jobs.phase import phase
from spark_jobs.runs import opened
from spark_jobs.tables import Overtaken, Table

COUNTER = "releases"  # transaction id: the number of the newest release
TRIES = 5  # to write the file while others release, too
STALE_S = 3600  # a writer that died left its unfinished file


class Log:
    """The releases as of one version of the table: a release that another process makes meanwhile refuses ours."""

    def __init__(self, lake: str, table: Table | None) -> None:
        self.lake, self._table = lake, table
        self.history = releases(selected(table.delta) if table else [])

    @classmethod
    def open(cls, lake: str, *, dry: bool = False) -> Self:
        """The log of a lake; made when it is not there, but for a `dry` run."""
        return cls(lake, Table.existing(lake, RELEASES) if dry else opened(lake, RELEASES))

    @property
    def next(self) -> int:
        """The number that the next release will have."""
        return ((self._table and self._table.position(COUNTER)) or 0) + 1

    def current(self, layer: str) -> Release | None:
        """The release of a layer that readers see."""
        return current(self.history, layer)

    def commit(self, parts: Iterable[Release]) -> None:
        """Releases all parts (one for each layer) in one commit and tells it to the readers. Raises Busy when another release came first."""
        if self._table is None:
            raise ValueError("a log that was opened dry commits nothing")
        rows = [row for part in parts for row in _rows(part)]
        phase("release")
        try:
            self._table.append(pa.Table.from_pylist(rows, arrow_schema(contract(RELEASES))), {COUNTER: self.next}, others_may_follow=True)
        except Overtaken as error:
            raise Busy(
                "somebody else released at the same moment, and came first",
                "look at `fleet releases`, then say it again if it is still wanted",
            ) from error
        phase("tell")
        tell(self.lake)


def made(
    number: int, layer: str, kind: str, pins: Iterable[Pin], note: str = "", of_release: int | None = None, built_from: int | None = None
) -> Release:
    """A release of today, by whoever runs this."""
    by_table = {pin.table: pin for pin in pins}
    return Release(number, layer, datetime.now(UTC), kind, of_release, built_from, actor(), note, version("fleetlake"), by_table)


def actor() -> str:
    """Who runs this; a container may have a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def tell(lake: str) -> None:
    """Writes current.json anew from the tables, whole or not at all; again if somebody released meanwhile."""
    for _ in range(TRIES):
        state = from_tables(lake, datetime.now(UTC))
        _replace(current_path(lake), json.dumps(to_json(state)).encode())
        if is_newest(lake, state):
            return


def _rows(release: Release) -> list[dict[str, Any]]:
    told = {name: getattr(release, name) for name in ("at", "layer", "kind", "of_release", "built_from", "actor", "note", "code_version")}
    return [
        told
        | {"release": release.number, "table_name": pin.table, "run_id": settings().run_id or None}
        | {name: getattr(pin, name) for name in ("version", "rows", "gate_run", "contract_version")}
        for pin in release.pins.values()
    ]


def _replace(path: str, content: bytes) -> None:
    """Atomically: an object store does so by itself, on a disk the finished file takes the old one's name."""
    if "://" in path:
        files, name = filesystem(path)
        with files.open_output_stream(name) as stream:
            stream.write(content)
        return
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    fresh = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name, too, survives a power cut
    finally:
        os.close(folder)


def _sweep(target: Path) -> None:
    for left in target.parent.glob(f"{target.name}.*"):
        if left.stat().st_mtime < time.time() - STALE_S:
            left.unlink(missing_ok=True)
