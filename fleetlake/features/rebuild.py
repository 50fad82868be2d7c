"""A training set made again from its manifest."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from fleetlake.console import Failure
from fleetlake.features.declared import chosen
from fleetlake.features.labels import Labels
from fleetlake.features.manifest import Manifest, digest
from fleetlake.features.tables import opened
from fleetlake.features.training import Recipe, TrainingSet
from fleetlake.releases import published
from fleetlake.settings import settings


def rebuild(manifest: Path, folder: Path) -> tuple[Manifest, Manifest]:
    """Writes the set again into a folder; returns the manifest of before and the new one, whose checksums are equal.

    Raises Failure that names what is gone (a pinned version, a feature, the labels' file), or the files that came out otherwise.
    """
    before = Manifest.read(manifest)
    made = set_of(before, manifest.parent).write(folder)
    if other := [old["file"] for old, new in zip(before.shards, made.shards, strict=False) if old["sha256"] != new["sha256"]]:
        versions = ", ".join(f"{name} {now} (was {before.libraries[name]})" for name, now in made.libraries.items())
        raise Failure(f"{', '.join(other)} came out otherwise, with {versions}", "the same libraries write the same bytes")
    if made.checksum != before.checksum:
        raise Failure(
            f"{len(made.shards)} files came out, and there were {len(before.shards)}", "was the labels' query given a random part?"
        )
    return before, made


def set_of(manifest: Manifest, folder: Path) -> TrainingSet:
    """The same set, of the same release. Raises Failure where something that it was made of is gone."""
    lake = settings().lake_root
    state = published(lake, manifest.release)
    recipe = Recipe(
        features=chosen(each["name"] for each in manifest.features),
        tolerance=None if manifest.tolerance_s is None else timedelta(seconds=manifest.tolerance_s),
        purposes=tuple(manifest.consent["purposes"]),
        before=manifest.consent["before"] and datetime.fromisoformat(manifest.consent["before"]),
        days_per_shard=manifest.days_per_shard,
    )
    again = TrainingSet(_labels(manifest, folder), recipe, lake, state)
    for one in again.versions.values():
        opened(lake, one)
    return again


def _labels(manifest: Manifest, folder: Path) -> Labels:
    if "query" in manifest.labels:
        return str(manifest.labels["query"])
    path = folder / manifest.labels["file"]
    if not path.exists() or digest(path) != manifest.labels["sha256"]:
        raise Failure(f"{path} is gone, or is not what the set was made of", "put the labels' file back beside the manifest")
    return pl.scan_parquet(path)
