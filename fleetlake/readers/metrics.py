"""Metrics as the semantic YAML beside the models of gold defines them, once: MetricFlow makes SQL of them, and released tables answer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from fleetlake.console import Failure

TIME = "metric_time"  # MetricFlow's name of the day, whatever a table calls it
GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Metrics:
    """All metrics of a project; `semantics` is the semantic manifest that dbt makes of it."""

    semantics: str

    def rows(self) -> list[dict[str, Any]]:
        """A row per metric: name, what it is, and by what it can be asked."""
        return [
            {"metric": one.name, "is": one.description, "by": ", ".join(sorted({*self._short(one.name), *GRAINS}))}
            for one in sorted(self._engine.list_metrics(include_dimensions=False), key=lambda one: one.name)
        ]

    def sql(self, names: Sequence[str], by: Sequence[str], where: Sequence[str] = (), limit: int | None = None) -> str:
        """DuckDB's SQL for some metrics by `by` (day, month, feature_id …), in that order. Raises Failure for what there is not."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        self._require(names)
        groups = [self._long(names, each) for each in by]
        request = MetricFlowQueryRequest.create(
            metric_names=names, group_by_names=groups, where_constraints=where or None, order_by_names=groups or None, limit=limit
        )
        try:
            return str(self._engine.explain(request).sql_statement.without_descriptions.sql)
        except Exception as error:  # MetricFlow has no class for what a person gets wrong
            raise Failure(
                f"MetricFlow does not understand: {str(error).strip().splitlines()[0]}", "fleet ask lists what there is"
            ) from error

    @cached_property
    def _engine(self) -> Any:
        from dbt_metricflow.cli.dbt_connectors.adapter_backed_client import AdapterBackedSqlClient
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        dialect: Any = SimpleNamespace(type=lambda: "duckdb")  # all that making SQL wants of an adapter: the answer is ours to ask for
        lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(self.semantics))
        return MetricFlowEngine(lookup, AdapterBackedSqlClient(dialect))

    def _require(self, names: Sequence[str]) -> None:
        known = {one.name for one in self._engine.list_metrics(include_dimensions=False)}
        if unknown := sorted(set(names) - known):
            raise Failure(f"there is no metric {', '.join(unknown)}", f"the metrics are {', '.join(sorted(known))}")

    def _short(self, *names: str) -> dict[str, str]:
        """What the metrics can be asked by, with MetricFlow's name of it."""
        found = self._engine.simple_dimensions_for_metrics(list(names))
        return {one.name: one.dunder_name for one in found if one.type.value == "categorical"}

    def _long(self, names: Sequence[str], by: str) -> str:
        known = self._short(*names) | {grain: f"{TIME}__{grain}" for grain in GRAINS}
        if by not in known and by not in known.values():
            raise Failure(f"{', '.join(names)} cannot be asked by {by}", f"by {', '.join(sorted(known))}")
        return known.get(by, by)
