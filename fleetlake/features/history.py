"""Manifests of training sets that were made of a lake, kept in it where it can be written to: who used which feature, and when."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = "training_sets"


def keep(lake: str, checksum: str, manifest: str) -> None:
    """Keeps a manifest. Nothing happens in an object store, or without the right to write."""
    if "://" in lake:
        return
    with suppress(OSError):
        folder = Path(lake, FOLDER)
        folder.mkdir(exist_ok=True)
        (folder / f"{checksum[:32]}.json").write_text(manifest, encoding="utf-8")


def kept(lake: str) -> list[Mapping[str, Any]]:
    """All of them, oldest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in Path(lake, FOLDER).glob("*.json")]
    return sorted(found, key=lambda manifest: manifest["created_at"])


def usage(lake: str, features: list[str]) -> list[dict[str, Any]]:
    """By feature: sets that it is in, their rows, and when the last one was made, of which release."""
    manifests = kept(lake)
    return [_of_feature(name, [each for each in manifests if any(one["name"] == name for one in each["features"])]) for name in features]


def _of_feature(name: str, sets: list[Mapping[str, Any]]) -> dict[str, Any]:
    last = sets[-1] if sets else {"created_at": None, "release": None}
    return {
        "feature": name,
        "sets": len(sets),
        "rows": sum(each["rows"] for each in sets),
        "last_at": last["created_at"],
        "last_release": last["release"],
    }
