"""What is withheld, with all numbers known: enough, and no more than is needed."""

import polars as pl
import pytest

from fleetlake.settings import settings
from tests.end_to_end.gold.lake import built
from tests.gold.compare import written
from tests.gold.measured import measured
from tests.gold.silver import released, simulated
from tests.gold.small_cells import SHAPES, Shape, faults
from tests.gold.test_numbers import FEW, last_of
from tests.gold.twice import again, again_from, billed, unequal

K = 4


@pytest.mark.timeout(1200)
def test_small_groups_are_withheld_everywhere_and_nothing_else_is(spark, lake, tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_SMALLEST_CELL", str(K))
    settings.cache_clear()
    rows = simulated(FEW)
    billed(lake, FEW, tmp_path)
    measured(lake, FEW)
    released(lake, rows)
    days = built(lake, spark, through=last_of(FEW)).prepared.calendar
    true = again(lake, rows, days.first, days.last)
    published = {mart: written(lake, mart) for mart in SHAPES}
    assert [fault for mart, frame in published.items() for fault in faults(mart, frame, true[mart], K)] == []
    for mart, frame in published.items():
        assert 0 < frame["is_withheld"].sum() < len(frame), mart
    assert unequal(lake, again_from(lake, rows, days.first, days.last, published)) == []


@pytest.fixture
def shape(monkeypatch) -> None:
    """Cars of two models by day, as a mart would have them."""
    monkeypatch.setitem(SHAPES, "toy", Shape(("day",), ("model",), {"cars": ("drives",), "electric": ()}, of={"electric": "cars"}))
    columns = {"day": pl.Int64, "model": pl.String, "cars": pl.Int64, "drives": pl.Int64, "electric": pl.Int64, "is_withheld": pl.Boolean}
    monkeypatch.setattr("tests.gold.small_cells.described", lambda mart: {"key": ["day", "model"], "columns": columns})


def of(*rows: tuple) -> pl.DataFrame:
    """(model, cars, drives, electric, is_withheld) of a day."""
    names = ("model", "cars", "drives", "electric", "is_withheld")
    return pl.DataFrame([dict(zip(names, row, strict=True)) | {"day": 1} for row in rows], infer_schema_length=None)


TRUE = of(("all", 22, 60, 9, False), ("a", 10, 30, 5, False), ("b", 9, 20, 4, False), ("c", 3, 10, 0, False))


@pytest.mark.parametrize(
    ("published", "fault"),
    [
        ([("all", 22, 60, 9, False), ("a", 10, 30, 5, False), ("b", 9, 20, 4, False), ("c", 3, 10, 0, False)], "cars is told of 3"),
        ([("all", 22, 60, 9, True), ("a", 10, 30, 5, False), ("b", 9, 20, 4, False), ("c", None, None, None, True)], "follows from what"),
        ([("all", 22, 60, None, True), ("a", 10, 30, 5, False), ("b", None, None, 4, True), ("c", None, 10, None, True)], "drives is told"),
        ([("all", 22, 60, None, True), ("a", 11, 30, 5, False), ("b", None, None, 4, True), ("c", None, None, None, True)], "it is 10"),
        (
            [("all", 22, 60, None, False), ("a", 10, 30, 5, False), ("b", None, None, 4, True), ("c", None, None, None, True)],
            "is_withheld says",
        ),
    ],
)
def test_the_judge_finds_what_is_told_and_what_can_be_derived(shape, published, fault):
    assert any(fault in found for found in faults("toy", of(*published), TRUE, K))


def test_the_judge_accepts_what_tells_of_nobody(shape):
    good = of(("all", 22, 60, None, True), ("a", 10, 30, 5, False), ("b", None, None, 4, True), ("c", None, None, None, True))
    assert faults("toy", good, TRUE, K) == []


def test_the_judge_finds_what_is_withheld_without_need(shape):
    fine = of(("all", 19, 50, 9, False), ("a", 10, 30, 5, False), ("b", 9, 20, 4, False))
    careful = of(("all", None, None, 9, True), ("a", 10, 30, 5, False), ("b", None, None, 4, True))
    assert any("nothing is told of few" in found for found in faults("toy", careful, fine, K))
