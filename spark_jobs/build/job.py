"""A build from beginning to end."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from deltalake import DeltaTable

from expectations.contract import contract
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import Published, published
from fleetlake.releases.model import together
from fleetlake.settings import settings
from spark_jobs.build import bound, changes, layout, restated, resume, withholding
from spark_jobs.build.calendar import calendar as days_of_gold
from spark_jobs.build.calendar import charged_until
from spark_jobs.build.days import NONE, Calendar, Change, Waves, between, everywhere, ranges
from spark_jobs.build.dbt import Run, new_folder
from spark_jobs.build.log import Entry, Log, behind, released
from spark_jobs.build.project import Model, Project
from spark_jobs.build.sweep import changed, sweep, unequal
from spark_jobs.build.writing import SETTINGS
from spark_jobs.phase import phase
from spark_jobs.tables import Table

ASKED, FIRST, CODE = "asked", "first build", "code"
THREADS = 4  # the driver plans one model while the cores work on another
SPARK = {
    "spark.driver.memory": "2g",  # in local mode the tasks' too: joins and windows over a month of a fleet
    "spark.scheduler.mode": "FAIR",  # models that run at once share the cores
    **SETTINGS,
}
LITTLE_BYTES = 100_000_000  # of silver that the last build has not read: some two million events
Told = Callable[[str], None]
Start = Callable[[bool], Any]  # told whether there is little data: then a JVM that starts fast is done first


@dataclass(frozen=True)
class Wanted:
    """What a person asks for of a layer: days from `since` on built anew (to `until`), all up to `through`, everything anew, or some models only, to
    try them."""

    since: date | None = None
    through: date | None = None
    full: bool = False
    select: tuple[str, ...] = ()
    until: date | None = None
    layer: str = "gold"


@dataclass(frozen=True)
class Prepared:
    """All that is known before Spark does anything."""

    lake: str
    layer: str
    state: Published
    run: Run
    project: Project
    models: Mapping[str, Model]
    versions: Mapping[str, int]
    base: Entry | None
    calendar: Calendar
    differences: Mapping[str, changes.Difference]
    waves: Waves


@dataclass(frozen=True)
class Done:
    """What a build did, or would do."""

    prepared: Prepared
    seconds: Mapping[str, float]
    entry: Entry | None = None

    @property
    def decided(self) -> Mapping[str, Change]:
        """What is built anew of each model."""
        return {name: change for name, change in self.prepared.waves.decided.items() if change}


def build(lake: str, spark: Start, wanted: Wanted, told: Told, *, plan: bool = False) -> Done:
    """Builds a layer from what is released, or says what a build would do: then no table is written. Raises Failure with what to do."""
    started = datetime.now(UTC)
    start = lru_cache(1)(lambda: spark(bound.size(lake, published(lake), _read(lake, wanted)) < LITTLE_BYTES))
    with ThreadPoolExecutor(1) as beside:
        session = None if plan else beside.submit(start)  # while the project is read
        told("reading the project")
        prepared = prepare(lake, wanted)
        if not plan:
            prepared.run.begin()
        told("starting Spark")
        mark = resume.mark(prepared, wanted)
        is_whole = not plan and not wanted.select
        written = _written(lake, prepared, mark) if is_whole else frozenset[str]()
        work = _Work(prepared, session.result if session else start, told, plan, mark, written)
    if is_whole:
        put_back(lake, prepared, told, written)
    done = Done(prepared, work.all_waves())
    return replace(done, entry=_finish(prepared, started, told)) if is_whole and done.decided else done


def _read(lake: str, wanted: Wanted) -> Mapping[str, int]:
    """The versions that need not be read again, but for a few of their days."""
    base = None if wanted.full or wanted.since or wanted.select else behind(lake, released(published(lake), wanted.layer))
    return base.inputs if base else {}


def prepare(lake: str, wanted: Wanted) -> Prepared:
    """Reads the project, binds the release, finds what differs from what the layer was built from."""
    run = Run(new_folder(), THREADS)
    project = Project(run.read(), chosen())
    own = {name: model for name, model in project.models.items() if model.layer in together(wanted.layer)}
    models, sources = _chosen(own, wanted.select), project.sources(own)
    state = published(lake)
    versions = bound.inputs(lake, state, sources)
    base = None if wanted.select else behind(lake, released(state, wanted.layer))
    days = days_of_gold(lake, versions, wanted.through, (base.first_day, base.last_day) if base else None)
    differences = _differences(lake, project, sources, versions, base)
    known = {name: each.change for name, each in differences.items()} | _seeds(project, base, lambda: charged_until(lake, versions, days))
    asked = Change(dict.fromkeys(_asked(wanted, days), frozenset({ASKED})))
    whole = {name: why for name, model in models.items() if (why := _whole(model, base, wanted))}
    inner = {
        name: replace(model, inputs=tuple(each for each in model.inputs if each in models or each in known))
        for name, model in models.items()
    }
    return Prepared(
        lake, wanted.layer, state, run, project, models, versions, base, days, differences, Waves(inner, known, days, whole, asked)
    )


def chosen() -> dict[str, int]:
    """The variables that people choose by settings."""
    return {"smallest_cell": settings().smallest_cell, "known_after_minutes": int(settings().known_after.total_seconds() // 60)}


def _written(lake: str, prepared: Prepared, mark: str) -> frozenset[str]:
    """Models that the same build has written already, before it was killed; of one that came to its end none: it is asked for again."""
    tables = {name: model.table for name, model in prepared.models.items()}
    return frozenset() if resume.ended(lake, prepared.layer, mark) else resume.written(lake, tables, mark)


def put_back(lake: str, prepared: Prepared, told: Told, kept: Collection[str] = ()) -> None:
    """Each table of the layer as it was released, but for the models `kept`: what another build left, also one that was killed, is no base to go on from."""
    stay = {prepared.models[name].table for name in kept}
    for name, version in released(prepared.state, prepared.layer).items():
        if name in stay:
            continue
        table, pinned = Table.existing(lake, name), Table.existing(lake, name, version)
        if table is None or pinned is None:
            raise Failure(f"{name} is released, and is gone", "put the table's folder back: readers of the release miss it, too")
        if table.version != version and table.files() != pinned.files():
            told(f"putting back {name}")
            phase(f"restore {name}")
            table.restore(version)


@dataclass(frozen=True)
class _Work:
    """What is done in a session; a plan starts one only if there is a table to compare."""

    prepared: Prepared
    session: Callable[[], Any]
    told: Told
    plan: bool
    mark: str
    written: Collection[str]  # by the same build, before it was killed

    @property
    def spark(self) -> Any:
        """The session."""
        return self.session()

    def all_waves(self) -> dict[str, float]:
        """Runs what there is to run; how long each model took."""
        seconds: dict[str, float] = {}
        known: set[str] = set()  # in the session's catalogue
        while wave := self.prepared.waves.next():
            self._wave(list(wave), known, seconds)
        return seconds

    def _wave(self, wave: list[str], known: set[str], seconds: dict[str, float]) -> None:
        waited, looks = self._compared_ones(), dict[str, Future[Change]]()
        with ThreadPoolExecutor(THREADS) as beside:

            def is_there(name: str, took: float) -> None:
                seconds[name] = took
                if name in waited:
                    looks[name] = beside.submit(self._compared, name)  # while others are built

            if names := self._needed(waited, known) if self.plan else wave:
                self._make(names, known, is_there)
            for name in waited:
                look = looks.get(name) or beside.submit(self._compared, name)  # an earlier build, or look, made it
                self.prepared.waves.compared(name, look.result())

    def _compared_ones(self) -> list[str]:
        """Tables whose readers wait. A plan looks at intervals and at what is made of sources and seeds alone; of the others it takes for granted
        that they change, for it would have to build half of gold to know."""
        waited = self.prepared.waves.waited_for()
        if not self.plan:
            return waited
        models = self.prepared.models
        plain = [name for name in waited if models[name].is_intervals or not any(each in models for each in models[name].inputs)]
        for name in set(waited) - set(plain):
            self.prepared.waves.compared(name, self.prepared.waves.decided[name])
        return plain

    def _needed(self, waited: Iterable[str], known: Collection[str]) -> list[str]:
        """What a plan has to look at: tables that are to be compared, and what is built anew below them."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            if self.prepared.waves.decided.get(name) and name not in known:
                for each in self.prepared.models[name].inputs:
                    visit(each)
                found[name] = None

        for name in waited:
            visit(name)
        return list(found)

    def _make(self, names: Sequence[str], known: set[str], is_there: Callable[[str, float], None]) -> None:
        """Builds some models, or in a plan views of what they would hold, with the views below them."""
        if not known:
            known |= {withholding.FUNCTION, *self.prepared.project.seeds}
            withholding.register(self.spark)
            bound.plant(self.spark, self.prepared.project.seeds.values())
        for model in (self.prepared.models[name] for name in self._kept(names)):
            if self.plan or model.is_intervals:  # a plan shows the table whole; what holds since a day depends on the days before it
                bound.remember(self.spark, self.prepared.lake, model, self._held[model.table])
        views = dict.fromkeys(view for name in names for view in self.prepared.models[name].views if view not in known)
        self._bind(names, known)
        known |= {*views, *names}
        there = [name for name in names if name in self.written]
        bound.register(self.spark, self.prepared.lake, [self.prepared.models[name] for name in there])
        if there != list(names):
            self._run(names, [*views, *(name for name in names if name not in there)], is_there)

    def _bind(self, wave: Collection[str], known: set[str]) -> None:
        """Brings what the models of a wave read, and are not, into the catalogue."""
        self.told("binding the release")
        one, inputs = self.prepared, {name for model in wave for name in self.prepared.models[model].inputs}
        sources = [name for name in one.project.sources(one.models) if name in inputs - known]
        bound.pin(self.spark, one.lake, one.versions, sources)
        tables = [one.project.models[name] for name in sorted(inputs - known - set(wave)) if name in one.project.models]
        bound.register(self.spark, one.lake, tables, self._held if self.plan else None)
        known |= {*sources, *(table.name for table in tables)}

    @property
    def _held(self) -> dict[str, int]:
        """The versions that this build starts from."""
        base = self.prepared.base
        return {name: each["version"] for name, each in base.tables.items()} if base else {}

    def _kept(self, wave: Collection[str]) -> list[str]:
        """Models of which some days stay as they are."""
        models, decided = self.prepared.models, self.prepared.waves.decided
        days = (name for name in wave if models[name].kind == "days" and not decided[name].everywhere)
        return [name for name in days if models[name].table in self._held]

    def _run(self, wave: Collection[str], names: list[str], is_there: Callable[[str, float], None]) -> None:
        def tell(name: str, what: str, took: float) -> None:
            if what == "begun":
                phase(f"model {name}")
                self.told(f"building {name}")
            elif name in wave:
                is_there(name, took)

        self.prepared.run.models(names, self._variables(wave), tell)

    def _variables(self, wave: Collection[str]) -> dict[str, Any]:
        one = self.prepared
        changes = {name: one.waves.decided[name] for name in wave if one.models[name].kind == "days"}
        days = {name: _texts(change) for name, change in changes.items() if not change.everywhere}
        return {
            "lake": one.lake,
            "first_day": str(one.calendar.first),
            "last_day": str(one.calendar.last),
            "days": days,
            "held": self._kept(wave),
            "read": sorted({name for model in one.project.models.values() for name in model.inputs if name in one.project.models}),
            "new_code": sorted(set(wave) & set(one.waves.whole)),
            "anew": layout.other(one.lake, (one.models[name] for name in wave)),
            "plan": self.plan,
            "silver_release": one.state.releases["silver"].number,
            "run_id": settings().run_id,
            "mark": self.mark,
            **chosen(),
        }

    def _compared(self, name: str) -> Change:
        """How a table differs from the one before."""
        self.told(f"comparing {name}")
        one, model, change = self.prepared, self.prepared.models[name], self.prepared.waves.decided[name]
        if one.base is None or model.table not in one.base.tables:
            return change
        version = one.base.tables[model.table]["version"]
        if [field.name for field in DeltaTable(table_path(one.lake, model.table), version=version).schema().fields] != list(model.columns):
            return everywhere(CODE)
        before = _rebuilt(bound.remember(self.spark, one.lake, model, version), model, change)
        after = _rebuilt(bound.view(model.table), model, change)
        if model.is_intervals:
            found = self.spark.sql(sweep(before, after, list(model.columns))).collect()
            return changed([row.asDict() for row in found], one.calendar.days, change.reasons)
        return change if self.spark.sql(unequal(before, after, list(model.columns))).count() else NONE


def _rebuilt(relation: str, model: Model, change: Change) -> str:
    """The rows of a relation that a build may have changed."""
    if change.everywhere:
        return relation
    days = " or ".join(f"{model.day} between date '{first}' and date '{last}'" for first, last in ranges(change.days))
    return f"(select * from {relation} where {days})"


def _asked(wanted: Wanted, days: Calendar) -> list[date]:
    if wanted.since is None:
        return []
    first, last = max(wanted.since, days.first), min(wanted.until or days.last, days.last)
    if last < first:
        raise Failure(f"{wanted.layer} tells of {days.first} to {days.last}, and of none of these days", "name days among them")
    return between(first, last)


def _texts(change: Change) -> list[list[str]]:
    return [[str(first), str(last)] for first, last in ranges(change.days)]


def _chosen(models: Mapping[str, Model], select: tuple[str, ...]) -> Mapping[str, Model]:
    if unknown := [name for name in select if name not in models]:
        raise Failure(f"there is no model {', '.join(unknown)}", f"the models are {', '.join(models)}")
    return {name: model for name, model in models.items() if not select or name in select}


def _differences(
    lake: str, project: Project, sources: Iterable[str], versions: Mapping[str, int], base: Entry | None
) -> dict[str, changes.Difference]:
    found = {}
    for name in sources:
        day = project.spans.get(name) or next(iter(contract(name).partition_by), None)
        found[name] = changes.of_source(lake, name, base.inputs.get(name), versions.get(name), day) if base else changes.SAME
    return found


def _seeds(project: Project, base: Entry | None, until: Callable[[], date]) -> dict[str, Change]:
    if base is None:
        return dict.fromkeys(project.seeds, NONE)
    last = until()
    return {name: changes.of_seed(seed, base.seeds.get(name), seed.text, last) for name, seed in project.seeds.items()}


def _whole(model: Model, base: Entry | None, wanted: Wanted) -> str:
    """Why a model is built whole; empty where it need not be."""
    if wanted.full or wanted.select:
        return ASKED
    if base is None or model.table not in base.tables:
        return FIRST
    return CODE if base.tables[model.table]["code"] != model.code else ""


def _finish(prepared: Prepared, started: datetime, told: Told) -> Entry:
    """Tells which published numbers changed, and of the build itself."""
    log = Log(prepared.lake)
    told("comparing with what was published")
    decided = {name: change for name, change in prepared.waves.decided.items() if change}
    silver = prepared.state.releases["silver"].effective
    code = {model.table: model.code for model in prepared.models.values()}
    changed_numbers = 0
    if restated.TABLE.startswith(f"{prepared.layer}."):
        changed_numbers = restated.write(prepared.lake, log.next, prepared.models, decided, prepared.base, silver)
        code[restated.TABLE] = ""
    entry = Entry(
        build=log.next,
        started_at=started,
        ended_at=datetime.now(UTC),
        base=prepared.base.build if prepared.base else None,
        silver_release=silver,
        first_day=prepared.calendar.first,
        last_day=prepared.calendar.last,
        inputs=prepared.versions,
        tables={name: {"version": _version(prepared.lake, name), "code": each} for name, each in code.items()},
        seeds={name: seed.text for name, seed in prepared.project.seeds.items()},
        days={prepared.models[name].table: "all" if change.everywhere else _texts(change) for name, change in decided.items()},
        restated=changed_numbers,
        reason=", ".join(sorted(frozenset[str]().union(*(change.reasons for change in decided.values())))),
    )
    phase("build")
    log.add(entry)
    return entry


def _version(lake: str, name: str) -> int:
    return DeltaTable(table_path(lake, name)).version()
