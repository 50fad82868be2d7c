"""SQL on a page."""

import polars as pl

from benchmarks.dashboard_data import Shape, marts, release
from dashboards.charts import Figure
from dashboards.screens.ask import drawn
from tests.dashboards.pages import charts, page, words

ACTIVE = "select observed_on, active from gold.fleet_daily where model = 'all' and market = 'all' order by 1"


def asked(query: str):
    """The page after a question."""
    seen = page("ask")
    seen.text_area(key="sql").set_value(query)
    seen.button[0].click().run()
    assert not seen.exception
    return seen


def test_an_answer_names_its_release_and_can_be_drawn(gold):
    seen = asked(ACTIVE)
    assert "release 2 · asked" in words(seen)
    assert "2026-06-28" in words(seen)
    seen.selectbox(key="chart").select("Lines").run()
    assert not seen.exception
    assert [chart.alt for chart in charts(seen)] == ["Lines: active along observed_on"]


def test_an_answer_stays_the_one_of_its_release_until_it_is_asked_again(gold):
    seen = asked("select max(active) as most from gold.fleet_daily")
    frame = marts(Shape())["fleet_daily"]
    release(gold, {"gold.fleet_daily": frame.with_columns(active=frame["active"] * 0 + 987_654)}, built_from=1)
    seen.run()
    assert "Release 3 came out since; ask again to see it." in words(seen)
    assert "987,654" not in words(seen)
    seen.button[0].click().run()
    assert "987,654" in words(seen)


def test_files_and_unreleased_tables_are_refused_with_what_to_do(gold):
    assert "read_text() reads what is not released" in words(asked("from read_text('/etc/passwd')"))
    assert "gold_internal.vehicles is not released" in words(asked("from gold_internal.vehicles"))
    assert "syntax error" in words(asked("selec 1"))


def test_questions_are_remembered_and_taken_again(gold):
    seen = asked("select 41 + 1 as answer")
    seen.text_area(key="sql").set_value("select 'other' as answer")
    seen.button[0].click().run()
    assert "other" in words(seen)
    again = next(button for button in seen.button if button.key == "again-1")
    again.click().run()
    assert seen.text_area(key="sql").value == "select 41 + 1 as answer"


def test_a_heading_may_be_anything():
    rows = pl.DataFrame({"*": ["a", "b"], "^.*$": [1, 2], "<b>": ["x", "y"]})
    figure = drawn(rows, "Bars", "*", "^.*$", "<b>")
    assert isinstance(figure, Figure)
    assert figure.rows.columns == ["x", "y", "by"]
