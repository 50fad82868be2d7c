"""SQL that somebody else wrote, on a page."""

import pytest

from fleetlake.console import Failure
from fleetlake.readers.guard import require_released
from fleetlake.readers.queries import offered
from fleetlake.releases import published
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, grown, silver

TABLES = ("silver.charging", "silver.consents")


@pytest.mark.parametrize(
    "query",
    [
        "select * from silver.charging",
        'from SILVER."Charging"',
        "with x as (from silver.charging) select * from x join range(3) on true",
        "select * from silver.charging where id in (select id from silver.consents)",
        "describe silver.charging",
        "summarize silver.charging",
        "values (1)",
        "select unnest([1, 2])",
    ],
)
def test_questions_to_released_tables_pass(query):
    require_released(query, TABLES)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from '/etc/passwd'", "is not released"),
        ("select * from read_csv('/etc/passwd')", r"read_csv\(\) reads what is not released"),
        ("describe select * from read_text('/etc/passwd')", r"read_text\(\)"),
        ("select (select count(*) from glob('/*'))", r"glob\(\)"),
        ("from delta_scan('/lake/silver/charging')", r"delta_scan\(\)"),
        ("from query('select 1')", r"query\(\)"),
        ("from duckdb_settings()", r"duckdb_settings\(\)"),
        ('select * from (with "/etc/passwd" as (select 1) select 1), "/etc/passwd"', "is not released"),
        ("from r4_internal.gold_internal.vehicles", "is not released"),
        ('from "silver.charging@1"', "is not released"),
        ("from gold_internal.vehicles", "is not released"),
        ("from ops.gate_results", "is not released"),
        ("select 1; select 2", "not one question"),
        ("explain analyze select * from read_text('/etc/passwd')", "Only SELECT"),
        ("attach '/tmp/x' as y", "Only SELECT"),
        ("copy (select 1) to '/tmp/x'", "Only SELECT"),
        ("set memory_limit = '1GB'", "Only SELECT"),
        ("selec 1", "syntax error"),
        ("", "not one question"),
    ],
)
def test_whatever_reads_anything_else_is_refused(query, said):
    with pytest.raises(Failure, match=said):
        require_released(query, TABLES)


@pytest.fixture
def released(lake):
    gated(lake, silver(lake, rows=3))
    release(lake, "silver")
    return lake


def test_an_answer_has_at_most_so_many_rows(released):
    state = published(released)
    assert offered("select id from silver.charging order by id", state, 2, 30)["id"].to_list() == [0, 1]


def test_tables_of_vehicle_grain_are_not_offered(lake):
    gated(lake, {"gold_internal.features": grown(lake, "gold_internal.features")})
    release(lake, "gold_internal")
    with pytest.raises(Failure, match="is not released"):
        offered("from gold_internal.features", published(lake), 2, 30)


def test_a_question_without_end_is_ended(released):
    endless = "select count(*) from range(1000000) a, range(1000000) b where a.range % 7 = b.range % 11"
    with pytest.raises(Failure, match=r"(?s)no answer after 0 s.*fleet sql"):
        offered(endless, published(released), 2, 0.2)
