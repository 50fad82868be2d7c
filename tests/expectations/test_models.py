"""The ymls beside dbt's models are contracts of gold: whole, of one shape, and each promise tells a good row from a bad one."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from expectations.compatibility import changes
from expectations.contract import Contract, contract, contracts
from expectations.models import HOME, LAYERS, read_models
from expectations.schemas import arrow_schema
from expectations.suites import suite
from expectations.suites.expectation import ROWS
from fleetlake.console import Failure
from spark_jobs.gate.failing import failing
from tests.spark_jobs.gate.rows import about_rows, breaking, sound

GOLD = [each for each in contracts() if each.layer in LAYERS and each.path.suffix == ".yml"]
each_model = pytest.mark.parametrize("one", GOLD, ids=lambda one: one.id)

ENERGY = """
version: 2
models:
  - name: energy_daily
    description: What was charged. One row per day.
    config:
      schema: gold
      meta: {version: 1.0.0, key: [started_on], day: started_on, ordered: [[done, sessions]]}
    columns:
      - {name: started_on, data_type: date, description: Day., constraints: [{type: not_null}]}
      - {name: sessions, data_type: bigint, description: Sessions., meta: {minimum: 0, unit: sessions}}
      - {name: done, data_type: bigint, description: Those that ended well.}
      - {name: cost, data_type: "decimal(38, 18)", description: Money.}
"""


def read(folder: Path, text: str) -> Contract:
    (folder / "energy_daily.yml").write_text(text)
    [one] = read_models(folder)
    return one


def test_a_models_yml_is_a_contract(tmp_path: Path):
    one = read(tmp_path, ENERGY)
    assert (one.id, one.version, one.key, one.partition_by, one.grain) == (
        "gold.energy_daily",
        "1.0.0",
        ("started_on",),
        ("started_on",),
        "One row per day.",
    )
    assert {field.name: str(field.type) for field in arrow_schema(one)}["cost"] == "decimal128(38, 18)"
    assert {"sessions.range", "done_sessions_ordered", "key.unique"} <= {each.id for each in suite(one)}


def test_a_model_that_does_not_say_what_a_row_is_is_refused(tmp_path: Path):
    with pytest.raises(Failure, match=r"energy_daily.yml does not say what a row of energy_daily is"):
        read(tmp_path, ENERGY.replace("One row per day", "Per day"))


def test_a_model_that_changes_what_it_promises_is_compared_as_any_contract_is(tmp_path: Path):
    before = read(tmp_path, ENERGY)
    [change] = changes([before], [read(tmp_path, ENERGY.replace("name: done", "name: finished").replace("[done,", "[finished,"))])[:1]
    assert (change.contract, change.column, change.breaking) == ("gold.energy_daily", "done", True)


@each_model
def test_a_row_that_breaks_a_promise_of_gold_is_found_and_a_sound_one_passes(one: Contract):
    asked = about_rows(one)
    rows = [sound(one, number, **breaking(one, each)) for number, each in enumerate(asked)]
    schema = arrow_schema(one)
    frame = pl.DataFrame([*rows, sound(one, len(asked))], schema=pl.DataFrame(schema.empty_table()).schema, strict=False)
    found = failing(frame, asked, ()) if asked else {}
    for number, each in enumerate(asked):
        alone = failing(frame[number : number + 1], [each], ())
        assert alone[each.id].count == 1, f"{each.id} is not broken by {rows[number]}"
    assert all(each.count < frame.height for each in found.values())
    good = failing(frame[-1:], asked, ()) if asked else {}
    assert {id for id, each in good.items() if each.count} == set()


@each_model
def test_every_model_has_an_owner_and_a_name_that_is_its_files(one: Contract):
    [told] = [each for each in yaml.safe_load(one.path.read_text())["models"] if each["name"] == one.table]
    assert one.path.stem == one.table
    assert "@" in told["config"]["meta"]["owner"]
    assert told["config"]["contract"] == {"enforced": True}
    assert set(one.key) <= {column.name for column in one.columns if column.required}


def test_there_are_models_of_both_layers_and_none_of_vehicles_is_for_everybody():
    assert {one.layer for one in GOLD} == set(LAYERS)
    assert not [one.id for one in GOLD if one.layer == "gold" and any(column.personal for column in one.columns)]
    assert [one for one in GOLD if any(column.personal for column in one.columns)]


def test_gold_is_found_by_its_name():
    assert contract("gold.calendar").path == HOME / "dimensions" / "calendar.yml"
    with pytest.raises(Failure, match=r"gold.nothing has no contract"):
        contract("gold.nothing")


def test_suites_of_gold_ask_something_of_every_row():
    asked: list[Any] = [each for one in GOLD for each in suite(one) if each.frame == ROWS]
    assert len(asked) > 300
