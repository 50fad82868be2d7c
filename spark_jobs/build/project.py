"""The dbt project as a build sees it: which tables there are, what each is made from, and what its making depends on."""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fleetlake.console import Failure

ALL = "all"  # days, or later days
STORED = ("days", "table")  # materializations that write a table
WITHHOLDING = [Path(__file__).with_name(name) for name in ("small_cells.py", "withholding.py")]  # what the macro withheld() calls
Window = tuple[int, int | None]  # days after a changed one: first and last, None for all later ones
EVER: Window = (-(10**6), None)


@dataclass(frozen=True)
class Model:
    """A table of gold. `inputs` are the tables, seeds and sources that it reads, also through views; `days_from` is by input."""

    name: str
    layer: str
    kind: str
    day: str | None
    days_from: Mapping[str, Window]
    is_intervals: bool
    is_beyond: bool  # of the calendar: it tells of all days that its inputs have
    key: tuple[str, ...]
    columns: Mapping[str, str]
    required: frozenset[str]
    version: str
    path: str
    code: str
    inputs: tuple[str, ...]
    views: tuple[str, ...] = field(repr=False, default=())

    @property
    def table(self) -> str:
        """layer.table"""
        return f"{self.layer}.{self.name}"

    @property
    def is_compared(self) -> bool:
        """Whether only a comparison tells how it differs from what it was: tables that are written whole, and states of things."""
        return self.kind != "days" or self.is_intervals


class Project:
    """What dbt's manifest.json says."""

    def __init__(self, manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """`settings` are the variables that people choose: a model that uses one is another model when it changes."""
        self._nodes, self._sources, self._all_macros = manifest["nodes"], manifest["sources"], manifest["macros"]
        self._settings = settings

    @cached_property
    def models(self) -> dict[str, Model]:
        """Every table, each behind those that it is made from."""
        found: dict[str, Model] = {}

        def visit(unique_id: str) -> None:
            node = self._nodes.get(unique_id)
            if node is None or node["resource_type"] != "model" or node["name"] in found:
                return
            for parent in node["depends_on"]["nodes"]:
                visit(parent)
            if node["config"]["materialized"] in STORED:
                found[node["name"]] = self._model(node)

        for unique_id in sorted(self._nodes):
            visit(unique_id)
        return found

    @cached_property
    def seeds(self) -> dict[str, "Seed"]:
        """Every file of rows that people keep."""
        nodes = (node for node in self._nodes.values() if node["resource_type"] == "seed")
        return {node["name"]: _seed(node) for node in nodes}

    @cached_property
    def spans(self) -> dict[str, tuple[str, str]]:
        """Of released tables that are in no partitions of days: from which to which of its columns a row is of."""
        told = ((_source(one), one["config"]["meta"].get("days")) for one in self._sources.values())
        return {name: (days[0], days[1]) for name, days in told if days}

    def sources(self, models: Mapping[str, Model]) -> tuple[str, ...]:
        """The released tables that some models read."""
        return tuple(sorted({name for model in models.values() for name in model.inputs if "." in name}))

    def _model(self, node: Any) -> Model:
        meta, kind = node["config"]["meta"], node["config"]["materialized"]
        views: dict[str, None] = {}
        inputs = tuple(sorted(set(self._inputs(node, views))))
        return Model(
            name=node["name"],
            layer=node["schema"],
            kind=kind,
            day=_required(node, meta, "day") if kind == "days" else None,
            days_from={name: _window(each, node) for name, each in meta.get("days_from", {}).items()},
            is_intervals=bool(meta.get("intervals")),
            is_beyond=bool(meta.get("beyond_calendar")),
            key=tuple(_required(node, meta, "key")),
            columns={name: column["data_type"] for name, column in node["columns"].items()},
            required=frozenset(
                name for name, column in node["columns"].items() if any(each["type"] == "not_null" for each in column["constraints"])
            ),
            version=str(_required(node, meta, "version")),
            path=node["original_file_path"],
            code=self._code(node),
            inputs=inputs,
            views=tuple(views),
        )

    def _inputs(self, node: Any, views: dict[str, None]) -> Iterator[str]:
        for unique_id in node["depends_on"]["nodes"]:
            if source := self._sources.get(unique_id):
                yield _source(source)
                continue
            parent = self._nodes[unique_id]
            kind = parent["config"]["materialized"]
            if parent["resource_type"] == "seed" or kind in STORED:
                yield parent["name"]
                continue
            if kind == "view":
                views[parent["name"]] = None
            yield from self._inputs(parent, views)

    def _code(self, node: Any) -> str:
        """A hash of all that decides what the model's rows are: its SQL, that of views below it, our macros, columns and settings."""
        texts = sorted(set(self._texts(node)))
        used = {name: value for name, value in self._settings.items() if any(name in text for text in texts)}
        columns = [f"{name} {column['data_type']}" for name, column in node["columns"].items()]
        meta = node["config"]["meta"]
        made = {name: meta.get(name) for name in ("day", "days_from", "beyond_calendar")} | {"kind": node["config"]["materialized"]}
        made |= {name: meta[name] for name in ("clustered",) if name in meta}
        python = [file.read_text(encoding="utf-8") for file in WITHHOLDING] if any("withheld(" in text for text in texts) else []
        told = (node["raw_code"], texts, columns, sorted(used.items()), sorted(made.items()), python)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def _texts(self, node: Any) -> Iterator[str]:
        yield node["raw_code"]
        yield from self._macros(node["depends_on"]["macros"])
        for unique_id in node["depends_on"]["nodes"]:
            parent = self._nodes.get(unique_id)
            if parent is not None and parent["resource_type"] == "model" and parent["config"]["materialized"] not in STORED:
                yield from self._texts(parent)

    def _macros(self, unique_ids: list[str]) -> Iterator[str]:
        """Of our macros that these are, or that they call."""
        waiting, seen = list(unique_ids), set[str]()
        while waiting:
            macro = self._all_macros.get(unique_id := waiting.pop())
            if unique_id not in seen and macro is not None and macro["package_name"] == "fleetlake":
                yield macro["macro_sql"]
                waiting += macro["depends_on"]["macros"]
            seen.add(unique_id)


@dataclass(frozen=True)
class Seed:
    """A file of rows, its columns with their types, and from which to before which of its columns a row holds."""

    name: str
    file: Path
    columns: Mapping[str, str]
    dated: tuple[str, str | None] | None

    @property
    def text(self) -> str:
        """What the file says."""
        return self.file.read_text(encoding="utf-8")


def _source(told: Mapping[str, Any]) -> str:
    return f"{told['source_name']}.{told['name']}"


def _seed(node: Any) -> Seed:
    file = Path(node["root_path"]) / node["original_file_path"]
    with file.open(encoding="utf-8", newline="") as rows:
        names = next(csv.reader(rows))
    told = {name: column["data_type"] for name, column in node["columns"].items()} | node["config"]["column_types"]
    dated = node["config"]["meta"].get("dated")
    return Seed(node["name"], file, {name: told.get(name) or "string" for name in names}, (dated[0], dated[1]) if dated else None)


def _window(said: Any, node: Any) -> Window:
    if said == ALL:
        return EVER
    try:
        first, last = said
        return int(first), None if last == ALL else int(last)
    except (TypeError, ValueError) as error:
        raise Failure(f"{node['original_file_path']}: {said!r} is no range of days", "write [0, 27], [0, all] or all") from error


def _required(node: Any, meta: Mapping[str, Any], name: str) -> Any:
    if name not in meta:
        raise Failure(
            f"{node['original_file_path']}: config.meta has no {name}", f"say it in the yml beside it: a table of gold has a {name}"
        )
    return meta[name]
