"""Where models lie: a folder per training run, with trees, what they need to be asked, the card and the manifest of the set."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetlake.console import Failure
from fleetlake.settings import settings
from fleetlake.training.learners import Fitted, library
from fleetlake.training.task import Encoding

TREES, MODEL, CARD, PAGE, MANIFEST, SET = "trees.txt", "model.json", "card.json", "card.md", "manifest.json", "set"


@dataclass(frozen=True)
class Model:
    """A trained model that can be asked. `told`: what model.json says."""

    fitted: Fitted
    encoding: Encoding
    told: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Of its trees."""
        return str(self.told["model"])


def folder_of(use_case: str, run: str) -> Path:
    """Of a training run."""
    return settings().models_root / use_case / run


def keep(folder: Path, fitted: Fitted, encoding: Encoding, facts: Mapping[str, Any]) -> str:
    """Writes trees and how to ask them, a checkpoint or a whole model; its id."""
    folder.mkdir(parents=True, exist_ok=True)
    trees = fitted.booster.model_to_string()
    id = hashlib.sha256(trees.encode()).hexdigest()[:16]
    (folder / TREES).write_text(trees, encoding="utf-8")
    _write(folder / MODEL, {**facts, "model": id, "rounds": fitted.rounds, "stopped": fitted.stopped, "encoding": encoding.to_json()})
    return id


def describe(folder: Path, card: Mapping[str, Any], page: str) -> None:
    """Writes the card in both forms."""
    _write(folder / CARD, card)
    (folder / PAGE).write_text(page, encoding="utf-8")


def release_set(folder: Path) -> None:
    """Keeps the manifest of the training set, from which it can be made again, and lets its rows go."""
    shutil.copy(folder / SET / MANIFEST, folder / MANIFEST)
    shutil.rmtree(folder / SET)


def load(folder: Path) -> Model:
    """A kept model; raises Failure where there is none."""
    try:
        told = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        booster = library().Booster(model_file=folder / TREES)
    except (OSError, ValueError) as error:
        raise Failure(f"{folder} holds no model: {error}", "fleet train makes one") from error
    return Model(Fitted(booster, told["stopped"]), Encoding.from_json(told["encoding"]), told)


def newest(use_case: str) -> Path:
    """The folder of the newest training run whose model beat its baseline. Raises Failure where there is none."""
    cards = sorted((settings().models_root / use_case).glob(f"*/{CARD}"), reverse=True)  # a run's name begins with its time
    for path in cards:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["beats_its_baseline"] and not told["stopped"] and not told["is_shuffled"]:
            return path.parent
    raise Failure(f"no model for {use_case} has beaten its baseline yet", f"fleet train {use_case}")


def _write(path: Path, told: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(told, indent=2, default=str) + "\n", encoding="utf-8")
