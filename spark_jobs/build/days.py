"""Days that change, and why: pure. A change of an input becomes one of each model that reads it, through the windows that the model names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from spark_jobs.build.project import EVER, Model, Window

DAY = timedelta(days=1)
CALENDAR = "calendar"  # the model of days: a day that it gains or loses is one that every model of days gains or loses
MONTH = "month_on"  # the partition column of models of months
NEW_DAY = "new day"
NO_DAY = date.min  # that of rows that are of no day: it reaches who looks at all days before
Range = tuple[date, date]


@dataclass(frozen=True)
class Change:
    """The days that differ, with the reasons; `everywhere` holds the reasons why all of them may, and is empty where not all do."""

    days: Mapping[date, frozenset[str]] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.days or self.everywhere)

    @property
    def reasons(self) -> frozenset[str]:
        """All of them."""
        return self.everywhere.union(*self.days.values())


NONE = Change()


@dataclass(frozen=True)
class Calendar:
    """The days that gold tells of, and those that it told of before; `fresh` came or went since."""

    first: date
    last: date
    before: Range | None = None

    @property
    def days(self) -> list[date]:
        """All of them, and those that are to go."""
        first, last = self.before or (self.first, self.last)
        return between(min(first, self.first), max(last, self.last))

    @property
    def fresh(self) -> frozenset[date]:
        """Days that came or went."""
        held = set(between(*self.before)) if self.before else set()
        return frozenset(held.symmetric_difference(between(self.first, self.last)))


def everywhere(*reasons: str) -> Change:
    """All days differ."""
    return Change(everywhere=frozenset(reasons))


def of_model(model: Model, inputs: Mapping[str, Change], calendar: Calendar, asked: Change = NONE) -> Change:
    """What is to be built anew of a model; `inputs` tells of each table that it reads, `asked` are days that a person wants anew."""
    if model.kind != "days":
        return Change(everywhere=frozenset[str]().union(*(inputs[name].reasons for name in model.inputs)))
    if model.is_beyond:
        return united([asked, *(_unbounded(inputs[name], window(model, name)) for name in model.inputs)])
    found = [_through(inputs[name], window(model, name), calendar.days) for name in model.inputs]
    new = Change({day: frozenset({NEW_DAY}) for day in calendar.fresh})
    return _named(model, united([new, asked, *found]))


def _named(model: Model, change: Change) -> Change:
    """The days as the model calls them; the first may lie before the calendar."""
    return united([Change({}, change.everywhere), *(Change({called(model, day): why}) for day, why in change.days.items())])


def called(model: Model, day: date) -> date:
    """A day as a model calls it: one of months by the first of its month."""
    return day.replace(day=1) if model.day == MONTH else day


def window(model: Model, name: str) -> Window:
    """Which days of a model an input's day is part of; all of them where the model does not say."""
    return model.days_from.get(name, (0, 0) if name == CALENDAR else EVER)


def united(changes: Iterable[Change]) -> Change:
    """All changes as one."""
    days: dict[date, frozenset[str]] = {}
    reasons: frozenset[str] = frozenset()
    for change in changes:
        reasons |= change.everywhere
        for day, why in change.days.items():
            days[day] = days.get(day, frozenset()) | why
    return Change(days, reasons)


def _through(change: Change, window: Window, days: Sequence[date]) -> Change:
    """The days that a change of an input reaches."""
    first, last = window
    found: dict[date, frozenset[str]] = {}
    for changed, why in change.days.items():
        begin, end = days[0].toordinal(), days[-1].toordinal()
        reach = range(max(begin, changed.toordinal() + first), min(end, end if last is None else changed.toordinal() + last) + 1)
        for ordinal in reach:
            day = date.fromordinal(ordinal)
            found[day] = found.get(day, frozenset()) | why
    return Change(found, change.everywhere)


def _unbounded(change: Change, window: Window) -> Change:
    """The same where no calendar says which days there are."""
    first, last = window
    if last is None:
        return everywhere(*change.reasons)
    reached = (Change({day + DAY * number: why for day, why in change.days.items() if day != NO_DAY}) for number in range(first, last + 1))
    return united([Change(everywhere=change.everywhere), *reached])


def between(first: date, last: date) -> list[date]:
    """All days from first to last, both of them included."""
    return [first + DAY * number for number in range((last - first).days + 1)]


def ranges(days: Iterable[date]) -> list[Range]:
    """Days as few ranges, in order."""
    found: list[Range] = []
    for day in sorted(set(days)):
        if found and found[-1][1] + DAY == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


class Waves:
    """Which models are to be built anew, a wave at a time: what a table that is compared means for its readers is known once it is there."""

    def __init__(
        self, models: Mapping[str, Model], known: Mapping[str, Change], calendar: Calendar, whole: Mapping[str, str], asked: Change = NONE
    ) -> None:
        """`known`: changes of sources and seeds. `whole`: models that are built whole whatever changed, and why."""
        self.decided: dict[str, Change] = {}
        self.whole = whole
        self._models, self._calendar, self._asked = models, calendar, asked
        self._known = dict(known)
        self._waiting: set[str] = set()  # tables that were built and not compared yet

    def next(self) -> dict[str, Change]:
        """The models that can be built now, with what is to be built of them; empty at the end."""
        wave: dict[str, Change] = {}
        for name, model in self._models.items():
            if name not in self.decided and (change := self._decide(name, model)) is not None:
                self.decided[name] = change
                if change and self._is_waited_for(model):
                    self._waiting.add(name)
                else:
                    self._known[name] = change
                if change:
                    wave[name] = change
        return wave

    def waited_for(self) -> list[str]:
        """Tables that were built and that an undecided model reads: they are to be compared with what was there before."""
        undecided = [model for name, model in self._models.items() if name not in self.decided]
        return [name for name in self._waiting if any(name in model.inputs for model in undecided)]

    def compared(self, name: str, change: Change) -> None:
        """Takes note of how a table differs."""
        self._waiting.discard(name)
        self._known[name] = change

    def known(self, name: str) -> Change:
        """How a source, seed or table differs, as far as it is known."""
        return self._known.get(name, NONE)

    def _is_waited_for(self, model: Model) -> bool:
        """Not where all its readers are small tables that are written whole: to write them takes no longer than to compare."""
        readers = (each for each in self._models.values() if model.name in each.inputs)
        return model.is_compared and any(each.kind == "days" or each.is_intervals for each in readers)

    def _decide(self, name: str, model: Model) -> Change | None:
        if not all(each in self.decided for each in model.inputs if each in self._models):
            return None
        if name in self.whole:
            return everywhere(self.whole[name])
        if not all(each in self._known for each in model.inputs):
            return None
        return of_model(model, self._known, self._calendar, self._asked)
