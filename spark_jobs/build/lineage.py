"""What the models of a build are made of, told column by column."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from openlineage.client.event_v2 import RunEvent

from expectations.contract import contract
from fleetlake.settings import settings
from spark_jobs.build.bound import SEEDS
from spark_jobs.build.job import Done, Prepared
from spark_jobs.build.project import Model
from spark_jobs.lineage.columns import Columns, Origin, origins
from spark_jobs.lineage.events import event, file


def events(done: Done) -> Iterator[RunEvent]:
    """One of each model that was built."""
    one = done.prepared
    compiled = one.run.compiled
    for name in done.decided:
        model = one.models[name]
        yield event(f"build {model.table}", [_table(one, each) for each in model.inputs], {model.table: _columns(one, model, compiled)})


def _columns(one: Prepared, model: Model, compiled: Mapping[str, str]) -> Mapping[str, list[Origin]]:
    """By column what it is made of; kept by the model's code, since reading SQL takes longer than running it. Nothing where it was not compiled."""
    kept = _kept(model)
    if kept.exists():
        return {name: [(table, column) for table, column in found] for name, found in json.loads(kept.read_text(encoding="utf-8")).items()}
    if not {model.name, *model.views} <= compiled.keys():
        return {}
    views = {f"{SEEDS}.{name}": compiled[name] for name in model.views}
    found = {name: sorted(of) for name, of in origins(compiled[model.name], views, _known(one, model)).items()}
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def _kept(model: Model) -> Path:
    return file(settings()).parent / "columns" / f"{model.name}-{model.code}.json"


def _known(one: Prepared, model: Model) -> Columns:
    return {_table(one, name): _types(one, name) for name in model.inputs}


def _types(one: Prepared, name: str) -> Mapping[str, str]:
    if name in one.project.models:
        return one.project.models[name].columns
    if name in one.project.seeds:
        return one.project.seeds[name].columns
    return {column.name: column.physical_type for column in contract(name).columns}


def _table(one: Prepared, name: str) -> str:
    """`layer.table` of a model, a seed or a source."""
    return one.project.models[name].table if name in one.project.models else f"{SEEDS}.{name}" if name in one.project.seeds else name
