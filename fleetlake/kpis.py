"""One day of released gold on one page: who uses what, how well it works, what a unit of it costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fleetlake.console import Failure
from fleetlake.readers.queries import answered
from fleetlake.releases import Release

DAY = "select max(used_on) as day from gold.feature_usage_daily"
USE = """
select f.name as feature, u.eligible, u.dav, u.wav, u.mav, u.adoption, u.penetration, u.stickiness, u.intensity, u.success_rate as success,
    c.cost_eur, c.cost_eur_per_dav, u.is_withheld
from gold.feature_usage_daily u
join gold.features f on f.feature_id = u.feature_id
left join gold.cost_per_feature_daily c on c.charged_on = u.used_on and c.feature_id = u.feature_id
where u.used_on = date '{day}' and u.model = 'all' and u.market = 'all' and u.sw_version = 'all'
order by f.name
"""
OPERATIONS = """
with api as (
    select sum(good) as good, sum(requests) as requests, bool_or(is_withheld) as is_withheld
    from gold.api_slo_hourly where called_on = date '{day}' and service = 'all' and region = 'all'
)
select 'vehicles heard from in 28 days' as kpi, coverage as value, 'share' as unit, active as of_count, 'active vehicles' as of_what, is_withheld
from gold.fleet_daily where observed_on = date '{day}' and model = 'all' and market = 'all'
union all select 'events that came late', late_share, 'share', events, 'events', is_withheld
from gold.fleet_daily where observed_on = date '{day}' and model = 'all' and market = 'all'
union all select 'events lost on the way', loss_share, 'share', numbers_heard + numbers_lost, 'numbers', is_withheld
from gold.fleet_daily where observed_on = date '{day}' and model = 'all' and market = 'all'
union all select 'commands that succeeded', success, 'share', commands, 'commands', is_withheld
from gold.command_funnel_daily where requested_on = date '{day}' and command = 'all' and market = 'all'
union all select 'command to execution, 95th percentile', to_executed_p95_ms, 'ms', executed, 'executed', is_withheld
from gold.command_funnel_daily where requested_on = date '{day}' and command = 'all' and market = 'all'
union all select 'charging that succeeded', success, 'share', sessions, 'sessions', is_withheld
from gold.charging_daily where started_on = date '{day}' and location_kind = 'all' and market = 'all'
union all select 'routes that arrived', arrived_share, 'share', routes, 'routes', is_withheld
from gold.navigation_daily where planned_on = date '{day}' and market = 'all'
union all select 'answers of the assistant as asked', done_share, 'share', interactions, 'interactions', is_withheld
from gold.assistant_daily where asked_on = date '{day}' and intent = 'all' and market = 'all'
union all select 'good requests to interfaces', good / nullif(requests, 0), 'share', requests, 'requests', is_withheld from api where requests > 0 or is_withheld
union all select 'state of health of batteries, mean', state_of_health_mean_percent, 'percent', vehicles, 'vehicles', is_withheld
from gold.battery_health_monthly where month_on = date_trunc('month', date '{day}') and model = 'all'
union all select 'installs that succeeded, ' || campaign_id, install_success, 'share', installed, 'installed', is_withheld
from gold.ota_campaigns where model = 'all' and begun_at < date '{day}' + 1 order by kpi
"""
COSTS = """
select 'a vehicle and day' as unit, cost_eur_per_vehicle as eur, cost_eur as of_eur, active_vehicles as count from gold.cost_per_vehicle_daily
where charged_on = date '{day}'
union all select 'without an owner, of the day', unallocated_eur, cost_eur, null from gold.cost_per_vehicle_daily where charged_on = date '{day}'
union all select 'a million requests', cost_eur_per_million_requests, cost_eur, requests from gold.cost_per_million_requests
where charged_on = date '{day}' and service = 'all'
union all select 'a request to the assistant', cost_eur_per_interaction, cost_eur, interactions from gold.cost_per_interaction_daily
where charged_on = date '{day}'
union all select 'a terabyte ' || kind, cost_eur_per_tb, cost_eur, bytes from gold.cost_per_tb where charged_on = date '{day}'
union all select 'training run ' || training_run, cost_eur, cost_eur, null from gold.cost_per_training_run
"""
SECTIONS = {"use": USE, "operations": OPERATIONS, "costs": COSTS}


@dataclass(frozen=True)
class Page:
    """The rows of each section, and where they come from."""

    day: date
    gold: Release
    sections: dict[str, list[dict[str, Any]]]


def page(day: date | None = None) -> Page:
    """The KPIs of a day, by default the newest one, all out of one release. Raises Failure where gold is not released or has no such day."""
    from fleetlake.releases import published
    from fleetlake.settings import settings

    state = published(settings().lake_root)
    if "gold" not in state.releases:
        raise Failure("gold is not released yet", "fleet build gold, fleet check gold, fleet release gold")
    newest = day or _rows(DAY, state.number)[0]["day"]
    found = {name: _rows(query.format(day=newest), state.number) for name, query in SECTIONS.items()}
    if not found["use"]:
        raise Failure(f"gold tells nothing of {newest}", f"the newest day is {_rows(DAY, state.number)[0]['day']}")
    return Page(newest, state.releases["gold"], found)


def _rows(query: str, release: int) -> list[dict[str, Any]]:
    with answered(query, release) as (relation, _):
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def shown(rows: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Rows as people read them: a number that may not be told is `withheld`, one that there is none of is a dash."""
    return [{name: _text(name, value, row) for name, value in row.items() if name != "is_withheld"} for row in rows]


def _text(name: str, value: Any, row: dict[str, Any]) -> str:
    if value is None:
        return "withheld" if row.get("is_withheld") else "–"
    if isinstance(value, str | date):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    is_share = name in ("adoption", "penetration", "stickiness", "success") or (name == "value" and row["unit"] == "share")
    return f"{value:.1%}" if is_share else f"{value:,.6f}" if "eur" in name else f"{value:,.1f}"
