"""How `fleet check` says what it found."""

from dataclasses import dataclass

from fleetlake.commands.check import alike


@dataclass(frozen=True)
class Asked:
    id: str


@dataclass(frozen=True)
class Found:
    table: str
    asked: Asked
    stops: bool = False


def test_warnings_of_one_kind_are_said_together_after_what_stops_a_release():
    fresh, late = Asked("freshness"), Asked("late_share")
    warned = [Found("silver.a", fresh), Found("silver.b", late), Found("silver.c", fresh)]
    stopping = [Found("silver.d", fresh, stops=True), Found("silver.e", fresh, stops=True)]
    said = [[each.table for each in group] for group in alike([*warned, *stopping])]
    assert said == [["silver.d"], ["silver.e"], ["silver.a", "silver.c"], ["silver.b"]]
