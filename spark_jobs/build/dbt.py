"""dbt inside this process, over the running session: the project is read once, then models run as often as waves come."""

import hashlib
import json
import logging
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from fleetlake.console import Failure
from fleetlake.settings import settings
from spark_jobs.build import writing
from spark_jobs.build.writing import NULL

HOME = Path(__file__).parents[2] / "dbt_project"
PROFILES = HOME
MANIFEST, RESULTS = "manifest.json", "run_results.json"
UNWRITTEN = "--no-write-json"  # what dbt says of the project would be written at each call of it
LAST = "osi_document.json"  # of what dbt writes of a project that it has read
HIVE = "Failed to set spark.sql.catalogImplementation"  # dbt asks for it in each statement, and a Spark Connect server has what it has
ONE_AT_A_TIME = Lock()  # dbt has its flags and its log once in a process
PLAN = re.compile(r"\s*(at |[+:]-|== Physical|'[A-Z]\w+( |$))")  # a line of a stack or a plan; dbt's may begin with a name in quotes
Told = Callable[[str, str, float], None]  # model, "begun" or "ended", seconds


@dataclass(frozen=True)
class Run:
    """Where the artefacts of a build are, and how models are run."""

    folder: Path
    threads: int
    ran: list[Any] = field(default_factory=list)  # dbt's results, one of each time that it ran models

    @cached_property
    def _kept(self) -> Path:
        return _kept()

    @cached_property
    def _manifest(self) -> Future[Any]:
        """The project as dbt has it."""
        thread = ThreadPoolExecutor(1)
        reading = thread.submit(_parsed_beside, self._kept)
        thread.shutdown(wait=False)
        return reading

    def begin(self) -> None:
        """Starts dbt beside whatever comes before models run: it takes two seconds to import itself and to take in a project that it has read before."""
        _ = self._manifest

    def read(self) -> dict[str, Any]:
        """The project as dbt's manifest.json has it; dbt itself is waited for only if it has not read this project before."""
        if not _is_read(self._kept):
            self._manifest.result()
        copy = shutil.copy(self._kept / MANIFEST, self.folder)
        return dict(json.loads(Path(copy).read_text(encoding="utf-8")))

    def models(self, names: Iterable[str], variables: Mapping[str, Any], told: Told) -> None:
        """Runs models in the order in which they need each other. Raises Failure with the first that fails."""
        chosen = ["--select", *names, "--vars", json.dumps(variables), "--threads", str(self.threads), "--fail-fast"]
        done = _done(["run", UNWRITTEN, *chosen], self.folder, self._manifest.result(), [lambda event: _tell(event, told)])
        if done.result:
            self._noted(done.result)
        _require(done, self.folder)

    @property
    def compiled(self) -> dict[str, str]:
        """The SQL of each model that ran, as Spark got it."""
        return {each.node.name: each.node.compiled_code for each in self._results if each.node.compiled_code}

    def tested(self, names: Iterable[str]) -> list[Any]:
        """Results of dbt's own tests of the models, those that failed among them."""
        return list(_done(["test", UNWRITTEN, "--select", *names], self.folder, self._manifest.result(), []).result.results)

    def _noted(self, result: Any) -> None:
        """The results of all that ran so far as one file of dbt's. Of itself it would write the manifest each time, too, while Spark waits."""
        self.ran.append(result)
        took = sum(one.elapsed_time for one in self.ran)
        replace(result, results=self._results, elapsed_time=took).write(str(self.folder / RESULTS))

    @property
    def _results(self) -> list[Any]:
        return [each for one in self.ran for each in one.results]


def new_folder() -> Path:
    """A folder for the artefacts of the next build."""
    home = settings().home.absolute() / "builds"
    home.mkdir(parents=True, exist_ok=True)
    numbers = [int(each.name) for each in home.iterdir() if each.name.isdigit()]
    folder = home / str(max(numbers, default=0) + 1)
    folder.mkdir()
    return folder


def forget(before: float) -> int:
    """Deletes the artefacts of builds that were last written before a moment (seconds since the epoch), but the newest; how many."""
    found = sorted((each for each in (settings().home / "builds").glob("*") if each.name.isdigit()), key=lambda each: int(each.name))
    old = [each for each in found[:-1] if each.stat().st_mtime < before]
    for each in old:
        shutil.rmtree(each)
    return len(old)


def semantics() -> str:
    """The project's metrics as MetricFlow reads them: dbt writes them when it reads the project."""
    kept = _kept()
    if not _is_read(kept):
        _parsed(kept)
    return (kept / "semantic_manifest.json").read_text(encoding="utf-8")


def documented(page: Path) -> None:
    """Writes dbt's documentation of the project as one page, from what its files say; no table is looked at."""
    with tempfile.TemporaryDirectory(prefix="fleetlake-docs-") as folder:
        kept = _kept()
        manifest = _parsed(kept)
        shutil.copy(kept / MANIFEST, folder)  # what is read already is not written again, and the page is made of the file
        _invoked(["docs", "generate", UNWRITTEN, "--static", "--no-compile", "--empty-catalog"], Path(folder), manifest, [])
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(folder) / "static_index.html", page)


def _parsed_beside(kept: Path) -> Any:
    """The same where another thread mostly waits for answers of Spark: for each of them it would wait for Python as well."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 10)
    try:
        return _parsed(kept)
    finally:
        sys.setswitchinterval(before)


def _parsed(kept: Path) -> Any:
    return _invoked(["parse", UNWRITTEN if _is_read(kept) else "--write-json"], kept, None, [])


def _is_read(kept: Path) -> bool:
    """Whether dbt has read the project before, to its end."""
    return (kept / LAST).exists()


def _kept() -> Path:
    """Where dbt keeps what it has read: another folder for another project, other files or another dbt. Of a project that it knows in part dbt misses
    the yml of a model whose SQL came after it, and has the metrics of a changed yml twice.
    """
    files = sorted(path for path in HOME.rglob("*") if path.suffix in (".sql", ".yml", ".csv"))
    read = hashlib.sha256(f"{version('dbt-core')} {HOME}".encode())
    for path in files:
        read.update(f"\n{path.relative_to(HOME)}\n".encode() + path.read_bytes())
    home, name = settings().home.absolute() / "dbt", read.hexdigest()[:12]
    for old in home.glob("*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
    return home / name


def _invoked(words: list[str], target: Path, manifest: Any, callbacks: list[Callable[[Any], None]]) -> Any:
    done = _done(words, target, manifest, callbacks)
    _require(done, target)
    return done.result


def _require(done: Any, target: Path) -> None:
    if not done.success:
        raise _failure(done, target)


def _done(words: list[str], target: Path, manifest: Any, callbacks: list[Callable[[Any], None]]) -> Any:
    os.environ["DO_NOT_TRACK"] = "1"
    from dbt.cli.main import dbtRunner

    warnings.filterwarnings("ignore", HIVE)
    writing.install()
    places = ["--project-dir", HOME, "--profiles-dir", PROFILES, "--target-path", target, "--log-path", target]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-print"]
    with ONE_AT_A_TIME:
        try:
            return dbtRunner(manifest, callbacks).invoke([*words, *map(str, places), *quiet])
        finally:
            for handler in logging.getLogger("file_log").handlers:  # dbt leaves it open
                handler.close()


def _failure(done: Any, target: Path) -> Failure:
    for each in getattr(done.result, "results", None) or ():
        if each.status in ("error", "fail"):
            return _of_model(each)
    said = str(done.exception or "dbt did not say why").strip()
    return Failure(f"dbt stopped: {said}", f"{target / 'dbt.log'} has more")


def _of_model(result: Any) -> Failure:
    node, said = result.node, _shortened(str(result.message))
    compiled = getattr(node, "compiled_path", None)
    where = f"{HOME.name}/{node.original_file_path}"
    if NULL in str(result.message):
        what = f"{node.schema}.{node.name}: a column that the contract calls not null is null: {said}"
        return Failure(what, f"see where {where} gives null, or say in its yml that the column may be; readers see what is released")
    told = f" (as Spark got it: {compiled})" if compiled else ""
    return Failure(
        f"{node.schema}.{node.name} could not be built: {said}",
        f"correct {where}{told}, then build again: it starts from what is released, which readers still see",
    )


def _shortened(message: str) -> str:
    """Spark's words without its plan and stack."""
    lines = [line for line in message.splitlines() if line.strip()]
    kept = [line for line in lines[:12] if not PLAN.match(line)]
    return "\n".join(kept) or "no reason given"


def _tell(event: Any, told: Told) -> None:
    match event.info.name:
        case "NodeStart":
            told(event.data.node_info.node_name, "begun", 0.0)
        case "LogModelResult":
            told(event.data.node_info.node_name, "ended", event.data.execution_time)
