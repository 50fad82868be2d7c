"""What comes from what: out of the events of runs, the contracts and the exposures of the dbt project. Pure, but for reading these files."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from expectations.contract import Contract
from spark_jobs.lineage.columns import Origin

REFERENCE = re.compile(r"(?:ref\('(\w+)'\)|source\('(\w+)', *'(\w+)'\))")
SHARED, BUILT = ("silver.quarantine", "ops.duplicates"), ("gold", "gold_internal", "features")


@dataclass
class Graph:
    """By table the tables that it is made of, with the job that does so; by column of a table the columns; by exposure the tables."""

    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    columns: dict[Origin, set[Origin]] = field(default_factory=dict)
    exposures: dict[str, set[str]] = field(default_factory=dict)

    def add(self, output: str, inputs: Iterable[str], job: str) -> None:
        """A job makes a table."""
        self.tables.setdefault(output, {}).update(dict.fromkeys(inputs, job))

    def up(self, table: str) -> Iterator[tuple[int, str, str]]:
        """Distance, table and job of all that a table is made of, nearest first."""
        yield from _walk(table, lambda name: self.tables.get(name, {}).items())

    def down(self, table: str) -> Iterator[tuple[int, str, str]]:
        """The same of all that is made of it, exposures too."""
        read: dict[str, dict[str, str]] = {}
        for output, inputs in self.tables.items():
            for each, job in inputs.items():
                read.setdefault(each, {})[output] = job
        for name, found in self.exposures.items():
            for each in found:
                read.setdefault(each, {})[name] = "exposure"
        yield from _walk(table, lambda name: read.get(name, {}).items())

    def made_of(self, column: Origin) -> list[Origin]:
        """Columns that a column's values get into, nearest first."""
        read: dict[Origin, set[Origin]] = {}
        for output, found in self.columns.items():
            for each in found:
                read.setdefault(each, set()).add(output)
        return [name for _, name, _ in _walk(column, lambda one: ((each, "") for each in sorted(read.get(one, ()))))]


def _walk(start: Any, near: Any) -> Iterator[tuple[int, Any, str]]:
    seen, wave, distance = {start}, [start], 0
    while wave:
        distance += 1
        found = {name: job for each in wave for name, job in near(each) if name not in seen}
        yield from ((distance, name, job) for name, job in found.items())
        seen |= found.keys()
        wave = list(found)


def read(events: Path, contracts: Iterable[Contract], models: Path) -> Graph:
    """All that is known."""
    graph, known = Graph(), list(contracts)
    names = {path.stem: f"work.{path.stem}" for path in models.rglob("*.sql")} | {one.table: one.id for one in known if one.layer in BUILT}
    for one in known:
        _of_contract(graph, one)
    for path in sorted(models.rglob("*.sql")):
        graph.add(names[path.stem], _references(path.read_text(encoding="utf-8"), names), "build")
    for told in newest(events):
        _of_event(graph, told)
    for each in yaml.safe_load((models / "exposures.yml").read_text(encoding="utf-8"))["exposures"]:
        graph.exposures[each["name"]] = set(_references(" ".join(each["depends_on"]), names))
    return graph


def newest(events: Path) -> list[dict[str, Any]]:
    """The last event of each job that succeeded; none where nothing was told yet."""
    if not events.exists():
        return []
    told = (json.loads(line) for line in events.read_text(encoding="utf-8").splitlines())
    return list({each["job"]["name"]: each for each in told if each["eventType"] == "COMPLETE"}.values())


def _of_event(graph: Graph, told: Mapping[str, Any]) -> None:
    inputs = [each["name"] for each in told["inputs"]]
    for output in told["outputs"]:
        graph.add(output["name"], inputs, told["job"]["name"])
        for column, found in output.get("facets", {}).get("columnLineage", {}).get("fields", {}).items():
            graph.columns[output["name"], column] = {(each["name"], each["field"]) for each in found["inputFields"]}


def _of_contract(graph: Graph, one: Contract) -> None:
    if one.topic:
        bronze = f"bronze.{one.table}"
        graph.add(bronze, [one.topic], "land")
        for output in (one.id, *SHARED):
            graph.add(output, [bronze], "refine")
        own = {column.name for column in one.own_columns}
        graph.columns |= {(one.id, each.name): {(bronze, "body" if each.name in own else each.name)} for each in one.columns}


def _references(sql: str, names: Mapping[str, str]) -> list[str]:
    """Tables, seeds and views that a model names; what a macro names is known when it was built."""
    return [f"{source}.{table}" if source else names.get(name, f"work.{name}") for name, source, table in REFERENCE.findall(sql)]
