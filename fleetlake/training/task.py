"""A question that a model learns to answer: its labels, what is known of them beside features, its learner, and what it has to beat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import numpy as np
import polars as pl

from fleetlake.training.examples import Array, Examples, Words, examples, words_of
from fleetlake.training.learners import Settings
from fleetlake.training.metrics import Metric

Baseline = Callable[[Examples, Examples, int], Array]  # learnt, asked, number of classes (0 for a number) -> predictions
TARGET = "target"


@dataclass(frozen=True)
class Task:
    """`labels(horizon_days)` is SQL over released tables: vehicle_key, at, target, and the columns of `context`, which are known at `at`.

    A target of text is one of several classes, any other a number. The first metric and the first baseline decide; the others are told, too.
    `reach_days(horizon_days)`: how far behind its time a label looks.
    """

    name: str
    question: str
    labels: Callable[[int], str]
    context: tuple[str, ...]
    words: tuple[str, ...]  # columns of the context that are text
    learner: Settings
    rounds: int
    metrics: tuple[Metric, ...]
    baselines: Mapping[str, Baseline]
    horizon_days: int = 0
    is_choice: bool = False

    def reach(self, horizon_days: int) -> timedelta:
        """How far behind its time a label looks."""
        return timedelta(days=horizon_days)


@dataclass(frozen=True)
class Encoding:
    """How rows become numbers: what a model needs, beside its trees, to be asked again."""

    inputs: tuple[str, ...]
    words: Words
    classes: tuple[str, ...]  # of the target; none where it is a number

    def examples(self, frame: pl.DataFrame) -> Examples:
        """Rows of a training set; a target that is no class is a mistake of whoever made the encoding."""
        target = frame[TARGET].replace_strict(list(self.classes), range(len(self.classes))) if self.classes else frame[TARGET]
        return examples(frame, self.inputs, self.words, target)

    def questions(self, frame: pl.DataFrame) -> Examples:
        """Rows that are to be answered: they have no target yet."""
        return examples(frame, self.inputs, self.words, pl.Series(np.zeros(len(frame))))

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(tuple(told["inputs"]), told["words"], tuple(told["classes"]))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "inputs": list(self.inputs),
            "words": {name: list(each) for name, each in self.words.items()},
            "classes": list(self.classes),
        }


def encoding(task: Task, frame: pl.DataFrame, features: tuple[str, ...]) -> Encoding:
    """Of a set that is learnt from. Words and classes of weeks that are held out may be known, as names: nothing else of them is."""
    classes = tuple(frame[TARGET].unique().sort()) if task.is_choice else ()
    return Encoding((*features, *task.context), words_of(frame, task.words), classes)


def settings(task: Task, classes: int) -> Settings:
    """The learner's, with what follows from the target."""
    return {**task.learner, "num_class": classes} if classes else task.learner
