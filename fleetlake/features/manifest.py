"""What a training set was made of, as a JSON file beside it: whoever has that and the lake makes the same bytes again."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fleetlake.console import Failure
from fleetlake.features import history
from fleetlake.settings import settings

if TYPE_CHECKING:
    from fleetlake.features.training import TrainingSet

NAME, LABELS = "manifest.json", "labels.parquet"
ROW_GROUP = 100_000
LIBRARIES = ("deltalake", "duckdb", "polars", "pyarrow")  # another version of theirs may write other bytes of the same rows


@dataclass(frozen=True)
class Manifest:
    """A set that was written. `tables`: version and contract_version by name; `labels`: the query, or the file beside it with its checksum;
    `consent`: what was asked for, until when, how many vehicles allow it; `shards`: file, rows, sha256; `checksum`: sha256 over theirs, in order."""

    created_at: str
    release: int
    tables: Mapping[str, Mapping[str, Any]]
    features: Sequence[Mapping[str, str]]
    tolerance_s: int | None
    days_per_shard: int
    labels: Mapping[str, Any]
    consent: Mapping[str, Any]
    rows: int
    shards: Sequence[Mapping[str, Any]]
    checksum: str
    code_version: str
    libraries: Mapping[str, str]
    seconds: float
    cpu_seconds: float
    cost_eur: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises Failure for a file that is no manifest."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise Failure(f"{path} is no manifest of a training set: {error}", f"name the {NAME} that a set's folder holds") from error

    def to_json(self) -> str:
        """For a person, too."""
        return json.dumps(asdict(self), indent=2) + "\n"


def write(of: "TrainingSet", folder: Path) -> Manifest:
    """Writes shards, labels that no query gives, and the manifest, which comes last: a folder without it is not whole."""
    _require_empty(folder)
    clock, cpu = time.monotonic(), time.process_time()
    labels = _labels(of, folder)
    shards = [_shard(rows, folder / f"part-{number:05d}.parquet") for number, rows in enumerate(of.shards())]
    seconds, cpu_seconds = round(time.monotonic() - clock, 3), round(time.process_time() - cpu, 3)  # as they are told, so is the cost
    manifest = Manifest(
        created_at=datetime.now(UTC).isoformat(),
        shards=shards,
        rows=sum(each["rows"] for each in shards),
        checksum=hashlib.sha256("".join(each["sha256"] for each in shards).encode()).hexdigest(),
        labels=labels,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        cost_eur=round(cpu_seconds / timedelta(hours=1).total_seconds() * settings().core_hour_eur, 8),
        **_told(of),
    )
    (folder / NAME).write_text(manifest.to_json(), encoding="utf-8")
    history.keep(of.lake, manifest.checksum, manifest.to_json())
    return manifest


def _told(of: "TrainingSet") -> dict[str, Any]:
    """What is known before a row is read; but for the consents."""
    recipe = of.recipe
    contracts = {name: each.contract_version for name, each in of.versions.items()}
    return {
        "release": of.state.number,
        "tables": {name: {"version": each.version, "contract_version": each.contract_version} for name, each in of.versions.items()},
        "features": [
            {"name": each.name, "table": each.table, "column": each.column, "contract_version": contracts[each.table]}
            for each in recipe.features
        ],
        "tolerance_s": None if recipe.tolerance is None else int(recipe.tolerance.total_seconds()),
        "days_per_shard": recipe.days_per_shard,
        "consent": {
            "purposes": list(recipe.purposes),
            "before": recipe.before and recipe.before.isoformat(),
            "vehicles": None if of.vehicles is None else len(of.vehicles),
        },
        "code_version": version("fleetlake"),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _labels(of: "TrainingSet", folder: Path) -> dict[str, Any]:
    if of.query is not None:
        return {"query": of.query}
    of.labels.sink_parquet(folder / LABELS, compression="zstd")
    return {"file": LABELS, "sha256": digest(folder / LABELS)}


def _shard(rows: pl.DataFrame, path: Path) -> dict[str, Any]:
    """One file: floats without dictionary, which would make them larger."""
    table: pa.Table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    words = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    pq.write_table(table, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=1, use_dictionary=words)
    return {"file": path.name, "rows": rows.height, "sha256": digest(path)}


def digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Failure(f"{folder} holds something already", "name another folder: a set is never written over")
