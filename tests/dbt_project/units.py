"""dbt's unit tests of the models, in a session whose tables are all empty: `python -m tests.dbt_project.units MODEL…` runs those of some models."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spark_jobs.build import bound, dbt, withholding
from spark_jobs.build.project import Project

INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}


def failures(spark: Any, folder: Path, models: Iterable[str] = ()) -> tuple[int, list[str]]:
    """How many unit tests ran, and what went wrong in those that failed."""
    run = dbt.Run(folder, 2)
    project = Project(run.read(), {})
    withholding.register(spark)
    bound.pin(spark, "", {}, project.sources(project.models))
    bound.plant(spark, project.seeds.values())
    for model in project.models.values():
        bound.bind(spark, model.table, model.columns, None)
    if views := {view for model in project.models.values() for view in model.views}:
        run.models(views, {}, lambda name, what, took: None)
    _describe(spark)
    chosen = [f"{name},test_type:unit" for name in models] or ["test_type:unit"]
    with interpreted(spark):
        results = run.tested(chosen)
    return len(results), [f"{each.node.name}: {each.message}" for each in results if each.status != "pass"]


@contextmanager
def interpreted(spark: Any) -> Iterator[None]:
    """Runs queries as they are: of three rows, to make code of them and to compile it takes longer than all else."""
    for name, value in INTERPRETED.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name in INTERPRETED:
            spark.conf.unset(name)


def _describe(spark: Any) -> None:
    """Where dbt asks for the columns of what a unit test is given: layer.table."""
    for view in (each.name for each in spark.catalog.listTables() if each.isTemporary and "__" in each.name):
        schema, _, name = view.partition("__")
        columns = ", ".join(f"cast(null as {field.dataType.simpleString()}) as `{field.name}`" for field in spark.table(view).schema)
        spark.sql(f"create schema if not exists {schema}")
        spark.sql(f"create or replace view {schema}.{name} as select {columns} where false")


if __name__ == "__main__":
    from spark_jobs.session import session

    with TemporaryDirectory() as home:
        count, wrong = failures(session("unit tests", "local[2]", short_lived=True), Path(home), sys.argv[1:])
        print(*wrong, f"{count - len(wrong)} of {count} passed", sep="\n")
        sys.exit(bool(wrong) or not count)
