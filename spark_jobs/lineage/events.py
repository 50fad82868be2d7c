"""Runs of jobs as OpenLineage has them, to a file in FLEET_HOME or to the server that FLEET_LINEAGE names."""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlparse

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import DatasetFacet, column_lineage_dataset, parent_run, processing_engine_run
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.transport.transport import Transport
from openlineage.client.uuid import generate_new_uuid, generate_static_uuid

from fleetlake.settings import Settings, settings
from spark_jobs.lineage.columns import Origin

PRODUCER = f"https://github.com/fleetlake/fleetlake/tree/{version('fleetlake')}"
JOBS, TIMEOUT_S = "fleetlake", 5.0
OFF = "off"
Sources = Mapping[str, Iterable[Origin]]  # by column of the output


def event(
    job: str, inputs: Iterable[str], outputs: Mapping[str, Sources], *, is_success: bool = True, at: datetime | None = None
) -> RunEvent:
    """That a run of a job came to its end: the tables that it read, and those that it wrote with the columns that theirs come from."""
    lake = namespace(settings().lake_root)
    engine = processing_engine_run.ProcessingEngineRunFacet(version("fleetlake"), "fleetlake")
    return RunEvent(
        eventTime=(at or datetime.now(UTC)).isoformat(),
        eventType=RunState.COMPLETE if is_success else RunState.FAIL,
        run=Run(str(generate_new_uuid()), {"processing_engine": engine, **_parent(settings().run_id)}),
        job=Job(JOBS, job),
        inputs=[InputDataset(*_dataset(name, lake)) for name in inputs],
        outputs=[OutputDataset(*_dataset(name, lake), facets=_columns(columns, lake)) for name, columns in outputs.items()],
        producer=PRODUCER,
    )


def emit(events: Iterable[RunEvent]) -> None:
    """Tells them, in order."""
    if settings().lineage != OFF:
        logging.getLogger("openlineage").setLevel(logging.ERROR)
        client = OpenLineageClient(transport=transport(settings()))
        for each in events:
            client.emit(each)


def transport(told: Settings) -> Transport:
    """To a file by default, to a server where a URL is set."""
    if not told.lineage:
        path = file(told)
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileTransport(FileConfig(str(path), append=True))
    return HttpTransport(HttpConfig(url=told.lineage, timeout=TIMEOUT_S))


def file(told: Settings) -> Path:
    """Where events are kept: one a line."""
    return told.home.absolute() / "lineage" / "events.jsonl"


def forget(events: Path, before: datetime) -> int:
    """Takes events of before a moment out of the file, but the last one of each job that succeeded: that is what tables are made of. How many.

    What another process tells in the few milliseconds of that is lost; its job tells it again at its next run.
    """
    lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
    told = [json.loads(line) for line in lines]
    last = {each["job"]["name"]: number for number, each in enumerate(told) if each["eventType"] == RunState.COMPLETE.value}
    kept = [
        line
        for number, (line, each) in enumerate(zip(lines, told, strict=True))
        if number == last.get(each["job"]["name"]) or datetime.fromisoformat(each["eventTime"]) >= before
    ]
    if len(kept) < len(lines):
        draft = events.with_suffix(".draft")
        draft.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        draft.replace(events)
    return len(lines) - len(kept)


def namespace(lake: str) -> str:
    """Of the lake's tables, as OpenLineage names places: s3://bucket, or file."""
    place = urlparse(lake)
    return f"{place.scheme}://{place.netloc}" if place.scheme else "file"


def _dataset(name: str, lake: str) -> tuple[str, str]:
    return ("kafka", name) if name.startswith("fleet.") else (lake, name)


def _parent(run: str) -> dict[str, parent_run.ParentRunFacet]:
    if not run:
        return {}
    dag, _, _ = run.partition("/")
    of_run = parent_run.Run(str(generate_static_uuid(datetime(1970, 1, 1, tzinfo=UTC), run.encode())))
    return {"parent": parent_run.ParentRunFacet(of_run, parent_run.Job("airflow", dag))}


def _columns(sources: Sources, lake: str) -> dict[str, DatasetFacet]:
    if not sources:
        return {}
    fields = {
        column: column_lineage_dataset.Fields([column_lineage_dataset.InputField(lake, table, name) for table, name in sorted(found)])
        for column, found in sources.items()
    }
    return {"columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields)}
