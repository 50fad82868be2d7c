"""Released tables of a layer as plain Parquet files, a folder a release: for tools that speak neither Delta nor Python."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import AsOf, Published, Release, published
from fleetlake.releases.model import Pin

MANIFEST = "release.json"
LATEST = "latest"


def snapshot(lake: str, layer: str, out: Path, as_of: AsOf = None) -> tuple[Path, list[dict[str, Any]]]:
    """Writes `out/<layer>-r42/<table>.parquet` of the release in force (or then), release.json beside them, and points `out/latest` at it.

    The folder is there when it is whole; one that is there already is left as it is. Returns it, and a row per table: rows, bytes, version.
    Raises Failure where the layer is not released, and for a folder that holds another lake's release of that number.
    """
    release = _release(published(lake, as_of), layer)
    folder = out / f"{layer}-r{release.number}"
    if folder.exists():
        _require_same(folder, release)
    else:
        with _whole(folder) as part:
            for pin in release.pins.values():
                _write(lake, pin, part / f"{pin.table.partition('.')[2]}.parquet")
            (part / MANIFEST).write_text(json.dumps(_manifest(release), indent=2))
    if as_of is None:
        _point(out / LATEST, folder)
    return folder, [_row(pin, folder) for pin in release.pins.values()]


def _release(state: Published, layer: str) -> Release:
    if layer not in state.releases:
        raise Failure(f"{layer} is not released", f"released are {', '.join(state.releases) or 'no layers yet'}")
    return state.releases[layer]


def _require_same(folder: Path, release: Release) -> None:
    if json.loads((folder / MANIFEST).read_text())["released_at"] != release.at.isoformat():
        raise Failure(f"{folder} is of another lake's release {release.number}", "name another folder, or delete this one")


def _write(lake: str, pin: Pin, path: Path) -> None:
    import polars as pl
    from deltalake import DeltaTable

    frame = pl.scan_delta(DeltaTable(table_path(lake, pin.table), version=pin.version))
    frame.sink_parquet(path, compression="zstd")


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder that takes its name when the block has ended well."""
    part = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    part.mkdir(parents=True)
    try:
        yield part
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _point(link: Path, folder: Path) -> None:
    """Readers of `latest` see the old snapshot or the new one, and nothing between."""
    fresh = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    fresh.symlink_to(folder.name, target_is_directory=True)
    os.replace(fresh, link)


def _manifest(release: Release) -> dict[str, Any]:
    tables = {pin.table: {"version": pin.version, "rows": pin.rows, "gate_run": pin.gate_run} for pin in release.pins.values()}
    told = {"layer": release.layer, "release": release.number, "released_at": release.at.isoformat(), "built_from": release.built_from}
    return told | {"withdrawn_base": release.withdrawn, "written_at": datetime.now(UTC).isoformat(), "tables": tables}


def _row(pin: Pin, folder: Path) -> dict[str, Any]:
    path = folder / f"{pin.table.partition('.')[2]}.parquet"
    return {"table": pin.table, "version": pin.version, "rows": pin.rows, "bytes": path.stat().st_size, "file": str(path)}
