"""What changed between two versions of the contracts, and whom it hurts: pure comparison, no files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from expectations.contract import Column, Contract


@dataclass(frozen=True)
class Change:
    """One difference. An additive one lets every sender and reader of before go on; a breaking one does not."""

    contract: str
    column: str | None
    breaking: bool
    reason: str


def changes(before: Iterable[Contract], after: Iterable[Contract]) -> tuple[Change, ...]:
    """All differences, in the order of the contracts of before; new contracts are no change of anybody's."""
    now = {each.id: each for each in after}
    return tuple(change for old in before for change in _contract(old, now.get(old.id)))


def versioned(before: Contract, after: Contract | None, found: Iterable[Change]) -> str | None:
    """What is wrong with the new version number, if anything: a breaking change needs a new major, an additive one a new minor version."""
    if after is None:
        return "a table that is gone has no version to say so"
    mine = [change for change in found if change.contract == after.id]
    old, new = (tuple(map(int, each.version.split("."))) for each in (before, after))
    if new < old:
        return f"the version went back from {before.version} to {after.version}"
    if any(change.breaking for change in mine) and after.major == before.major:
        return f"a breaking change needs version {before.major + 1}.0.0, not {after.version}"
    if mine and (after.major, after.minor) == (before.major, before.minor):
        return f"an additive change needs version {before.major}.{before.minor + 1}.0, not {after.version}"
    return None


def _contract(old: Contract, new: Contract | None) -> Iterator[Change]:
    if new is None:
        yield Change(old.id, None, True, "the table was removed")
        return
    if not old.topic:  # a family has these from the envelope, which is compared itself
        yield from _table(old.id, "key", old.key, new.key)
        yield from _table(old.id, "partition columns", old.partition_by, new.partition_by)
    yield from _table(old.id, "topic", old.topic, new.topic)
    if old.grain != new.grain:
        yield Change(old.id, None, True, f"a row means something else: {old.grain!r} became {new.grain!r}")
    yield from _columns(old, new)
    yield from _checks(old, new)


def _table(id: str, what: str, old: object, new: object) -> Iterator[Change]:
    if old != new:
        yield Change(id, None, True, f"{what} changed from {_said(old)} to {_said(new)}")


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    now = {column.name: column for column in new.own_columns}
    then = {column.name: column for column in old.own_columns}
    for name, column in then.items():
        if name in now:
            yield from (Change(old.id, name, breaking, reason) for breaking, reason in _column(column, now[name]))
        else:
            yield Change(old.id, name, True, _gone(column, [each for each in new.own_columns if each.name not in then]))
    for name, column in now.items():
        if name not in then:
            yield Change(old.id, name, column.required, "was added and is required" if column.required else "was added")


def _gone(column: Column, added: Iterable[Column]) -> str:
    heirs = [each.name for each in added if column.number is not None and each.number == column.number]
    return f"was renamed to {heirs[0]}, which has its number {column.number}" if heirs else "was removed"


def _column(old: Column, new: Column) -> Iterator[tuple[bool, str]]:
    if old.physical_type != new.physical_type:
        yield True, f"was retyped from {old.physical_type} to {new.physical_type}"
    if old.required != new.required:
        yield new.required, "became required" if new.required else "is no longer required"
    for what, one, other in (("number", old.number, new.number), ("unit", old.unit, new.unit), ("signal", old.signal, new.signal)):
        if one != other:
            yield True, f"{what} changed from {_said(one)} to {_said(other)}"
    if old.personal != new.personal:
        yield new.personal, "became personal" if new.personal else "is no longer personal"
    yield from _bound("minimum", old.minimum, new.minimum, 1)
    yield from _bound("maximum", old.maximum, new.maximum, -1)
    yield from _words(old.enum, new.enum)
    if old.pattern != new.pattern:  # whether one expression allows all that another does is not decided here
        yield new.pattern is not None, f"pattern changed from {_said(old.pattern)} to {_said(new.pattern)}"


def _bound(what: str, old: float | None, new: float | None, inwards: int) -> Iterator[tuple[bool, str]]:
    if old != new:
        narrower = new is not None and (old is None or (new - old) * inwards > 0)
        yield narrower, f"{what} {'narrowed' if narrower else 'widened'} from {_said(old)} to {_said(new)}"


def _words(old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> Iterator[tuple[bool, str]]:
    lost = [word for word in old or () if new is not None and word not in new]
    if new is not None and (old is None or lost):
        yield True, f"no longer allows {', '.join(lost)}" if lost else f"allows only {', '.join(new)}"
    won = [word for word in new or () if old is not None and word not in old]
    if old is not None and (new is None or won):
        yield False, f"allows {', '.join(won) or 'any word'} too"


def _checks(old: Contract, new: Contract) -> Iterator[Change]:
    then = {check.name: check.expression for check in old.checks}
    now = {check.name: check.expression for check in new.checks}
    for name in sorted(then.keys() - now.keys()):
        yield Change(old.id, None, False, f"check {name} was removed")
    for name, expression in now.items():
        if then.get(name) != expression:
            yield Change(old.id, None, True, f"check {name} {'changed' if name in then else 'was added'}: {expression}")


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "none" if value is None else str(value)
