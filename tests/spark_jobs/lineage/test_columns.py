"""Which columns a query's columns are made of."""

from spark_jobs.lineage.columns import origins

TABLES = {
    "silver.charging": {"session_id": "string", "energy_wh": "bigint", "step": "string"},
    "gold.sites": {"step": "string", "site": "string"},
}
VIEWS = {"work.stopped": "select session_id, energy_wh / 1000 as energy_kwh, step from silver__charging where step = 'stopped'"}


def test_a_column_is_made_of_columns_of_tables_through_ctes_and_views():
    sql = """
        with sessions as (select * from work__stopped)
        select sites.site, sum(sessions.energy_kwh) as energy_kwh, count(*) as sessions
        from sessions join gold__sites as sites on sites.step = sessions.step
        group by sites.site"""
    assert origins(sql, VIEWS, TABLES) == {
        "site": {("gold.sites", "site")},
        "energy_kwh": {("silver.charging", "energy_wh")},
        "sessions": frozenset(),
    }


def test_a_union_is_made_of_all_its_parts():
    sql = "select session_id as name from silver__charging union all select site from gold__sites"
    assert origins(sql, {}, TABLES) == {"name": {("silver.charging", "session_id"), ("gold.sites", "site")}}
