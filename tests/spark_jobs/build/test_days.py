"""Which days of which models are built anew, and why."""

import itertools
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.build.days import NO_DAY, NONE, Change, Waves, everywhere, of_model, ranges
from tests.spark_jobs.build.models import changed, day, june, model, numbers

USES = "silver.feature_usage"


def waves(models, known, calendar=None, whole=None, asked=NONE):
    return Waves({each.name: each for each in models}, known, calendar or june(), whole or {}, asked)


def test_a_late_row_changes_its_own_day_and_no_other():
    uses = model("uses", USES)
    assert numbers(of_model(uses, {USES: changed(4)}, june())) == [4]
    assert of_model(uses, {USES: NONE}, june()) == NONE


def test_a_window_changes_the_days_that_look_back_at_it():
    monthly = model("bits", "uses", days_from={"uses": (0, 27)})
    assert numbers(of_model(monthly, {"uses": changed(20)}, june())) == list(range(20, 30))
    sessions = model("sessions", USES, days_from={USES: (-1, 1)})
    assert numbers(of_model(sessions, {USES: changed(0, 9)}, june())) == [0, 1, 8, 9, 10]


def test_a_changed_first_use_changes_all_later_days():
    retention = model("retention", "firsts", days_from={"firsts": (0, None)})
    assert numbers(of_model(retention, {"firsts": changed(27)}, june())) == [27, 28, 29]


def test_an_input_that_a_model_says_nothing_of_changes_all_its_days():
    careless = model("careless", USES, days_from={})
    assert numbers(of_model(careless, {USES: changed(7)}, june())) == list(range(30))


def test_days_that_the_calendar_gained_or_lost_are_built_though_nothing_happened_on_them():
    uses = model("uses", USES)
    assert numbers(of_model(uses, {USES: NONE}, june(31))) == [30, 31]
    assert numbers(of_model(uses, {USES: NONE}, june(27))) == [28, 29]
    assert of_model(uses, {USES: NONE}, june(30)).reasons == {"new day"}


def test_reasons_travel_with_the_days_that_they_reach():
    bits = model("bits", "uses", days_from={"uses": (0, 1)})
    found = of_model(bits, {"uses": Change(changed(3, why="replay").days | changed(4).days)}, june())
    assert [sorted(found.days[day(number)]) for number in (3, 4, 5)] == [["replay"], ["late data", "replay"], ["late data"]]


def test_a_model_of_months_names_them_by_their_first_day():
    battery = model("battery", "days", day="month_on")
    found = of_model(battery, {"days": Change({date(2026, 6, 9): frozenset({"late data"})})}, june())
    assert list(found.days) == [date(2026, 6, 1)]


def test_a_model_beyond_the_calendar_has_the_days_of_its_inputs():
    bill = model("bill", "charges", "rates", is_beyond=True, days_from={"charges": (0, 0), "rates": (0, 1)})
    assert numbers(of_model(bill, {"charges": changed(-40, 3, 99), "rates": changed(50)}, june(31))) == [-40, 3, 50, 51, 99]
    assert numbers(of_model(model("daily", "bill"), {"bill": changed(-40, 3, 99)}, june())) == [3]
    careless = model("careless", "charges", is_beyond=True, days_from={})
    assert of_model(careless, {"charges": changed(3)}, june()).everywhere == {"late data"}


def test_rows_of_no_day_change_who_looks_at_all_days_before():
    timeless = Change({NO_DAY: frozenset({"late data"})})
    assert of_model(model("daily", "sizes"), {"sizes": timeless}, june()) == NONE
    assert of_model(model("bill", "sizes", is_beyond=True), {"sizes": timeless}, june()) == NONE
    assert numbers(of_model(model("stored", "sizes", days_from={"sizes": (0, None)}), {"sizes": timeless}, june())) == list(range(30))
    assert of_model(model("whole", "sizes", kind="table"), {"sizes": timeless}, june()).everywhere == {"late data"}


def test_what_nothing_changed_is_not_built():
    found = waves([model("uses", USES), model("bits", "uses")], {USES: NONE})
    assert found.next() == {}
    assert not any(found.decided.values())


def test_a_table_that_is_written_whole_is_compared_before_its_readers_are_decided():
    vehicles = model("vehicles", "silver.vehicle_lifecycle", kind="table", is_intervals=True)
    found = waves([vehicles, model("uses", USES, "vehicles")], {USES: NONE, "silver.vehicle_lifecycle": changed(3)})
    assert list(found.next()) == ["vehicles"]
    assert found.waited_for() == ["vehicles"]
    found.compared("vehicles", changed(5, 6))
    assert {name: numbers(change) for name, change in found.next().items()} == {"uses": [5, 6]}
    assert found.next() == {}


def test_a_table_that_came_out_the_same_changes_nobody():
    features = model("features", "catalogue", kind="table")
    found = waves([features, model("uses", USES, "features")], {USES: NONE, "catalogue": everywhere("seed")})
    assert list(found.next()) == ["features"]
    found.compared("features", NONE)
    assert found.next() == {}


def test_a_table_that_only_tables_read_is_not_compared():
    split, cost = model("split", USES, kind="table"), model("cost", "split", kind="table")
    found = waves([split, cost], {USES: changed(3)})
    assert list(found.next()) == ["split", "cost"]
    assert found.waited_for() == []
    assert found.next() == {}


def test_states_of_things_wait_for_the_table_that_they_are_made_of():
    vehicles = model("vehicles", USES, kind="table", is_intervals=True)
    rights = model("rights", "vehicles", kind="table", is_intervals=True)
    found = waves([vehicles, rights], {USES: changed(3)})
    assert list(found.next()) == ["vehicles"]
    assert found.waited_for() == ["vehicles"]
    found.compared("vehicles", NONE)
    assert found.next() == {}


def test_days_of_states_are_compared_before_their_readers_are_decided():
    firsts = model("firsts", USES, day="from_on", is_intervals=True, days_from={USES: (0, None)})
    found = waves([firsts, model("uses", USES, "firsts")], {USES: changed(20)})
    assert {name: numbers(change) for name, change in found.next().items()} == {"firsts": list(range(20, 30))}
    assert found.waited_for() == ["firsts"]
    found.compared("firsts", changed(20, 21))
    assert {name: numbers(change) for name, change in found.next().items()} == {"uses": [20, 21]}


def test_a_first_build_is_one_wave():
    vehicles = model("vehicles", "silver.vehicle_lifecycle", kind="table", is_intervals=True)
    models = [vehicles, model("uses", USES, "vehicles"), model("bits", "uses")]
    found = waves(models, {USES: NONE, "silver.vehicle_lifecycle": NONE}, whole={each.name: "first build" for each in models})
    assert list(found.next()) == ["vehicles", "uses", "bits"]
    assert found.waited_for() == []


def test_a_model_with_other_code_waits_for_what_it_reads():
    vehicles = model("vehicles", "silver.vehicle_lifecycle", kind="table", is_intervals=True)
    models = [vehicles, model("uses", "vehicles"), model("bits", "uses")]
    found = waves(models, {"silver.vehicle_lifecycle": changed(3)}, whole={"bits": "code"})
    assert list(found.next()) == ["vehicles"]
    found.compared("vehicles", NONE)
    assert {name: change.everywhere for name, change in found.next().items()} == {"bits": frozenset({"code"})}


def test_days_that_a_person_asks_for_are_built_of_every_model_of_days():
    found = waves([model("uses", USES), model("calendar", kind="table")], {USES: NONE}, asked=changed(3, why="asked"))
    assert {name: numbers(change) for name, change in found.next().items()} == {"uses": [3]}


days = st.integers(0, 29)
windows = st.tuples(st.integers(-9, 9), st.integers(-9, 9) | st.none()).filter(lambda one: one[1] is None or one[0] <= one[1])


@given(st.sets(days), st.sets(days), windows, windows, windows)
def test_a_chain_of_models_rebuilds_each_day_that_depends_on_a_changed_one(left, right, first, second, third):
    """Beside the plain meaning: day d of a model reads days d-last … d-first of an input."""
    models = [model("a", "x", days_from={"x": first}), model("b", "a", "y", days_from={"a": second, "y": third})]
    found = waves(models, {"x": changed(*left), "y": changed(*right)})
    while found.next():
        pass

    def reads(d, window, dirty):
        low, high = (0 if window[1] is None else d - window[1]), d - window[0]
        return any(low <= each <= high for each in dirty)

    a = {d for d in range(30) if reads(d, first, left)}
    b = {d for d in range(30) if reads(d, second, a) or reads(d, third, right)}
    assert {name: set(numbers(change)) for name, change in found.decided.items()} == {"a": a, "b": b}


@given(st.sets(days))
def test_ranges_hold_the_days_and_no_others(chosen):
    found = ranges(day(number) for number in chosen)
    assert {number for number in range(30) if any(first <= day(number) <= last for first, last in found)} == chosen
    assert all((later[0] - earlier[1]).days > 1 for earlier, later in itertools.pairwise(found))
