"""The cost marts a second time, in whole numbers and fractions: no float, no decimal type of an engine, no SQL.

Written from what the yml files say. Rows come and go as dicts; an amount is a Fraction until it is told.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.gold.second import SEEDS

Row = dict[str, Any]
DAY, MONTH_OF_READS = timedelta(days=1), timedelta(days=30)
WHOLE = 10**12
UNALLOCATED = ("unallocated", "unallocated")
COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
COPIED = (
    *("charge_id", "provider_name", "billing_account_id", "billing_period_on", "invoice_id", "charge_category", "service_category"),
    *("service_name", "resource_id", "billing_currency", "amount_scale"),
)


@dataclass(frozen=True)
class Inputs:
    """What costs are computed from: tables of rows, the days of gold, k."""

    charges: Sequence[Row]
    drivers: Sequence[Row]  # cost_drivers_daily
    usage: Mapping[tuple[date, str], tuple[int, int]]  # day, feature: dav, successes of the total
    active: Mapping[date, int]  # active_vehicles of the fleet
    monthly: Mapping[tuple[date, str], int]  # month, feature: vehicles that were active with it
    interactions: Mapping[date, int]
    days: Sequence[date]
    k: int = 1
    table_stats: Sequence[Row] = ()
    job_costs: Sequence[Row] = ()
    reads: Sequence[Row] = ()
    seeds: Mapping[str, Sequence[Row]] = field(
        default_factory=lambda: {
            path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in SEEDS.glob("*.csv")
        }
    )


def compute(given: Inputs) -> dict[str, list[Row]]:
    """Every cost mart by its name."""
    parts = [part for charge in given.charges for part in allocated(given, charge)]
    made = {"cost_allocation": parts, "cost_reconciliation": reconciliation(given, parts), "cost_per_training_run": training_runs(parts)}
    made |= {"cost_per_vehicle_daily": per_vehicle(given, parts), "cost_per_feature_daily": per_feature(given, parts)}
    made |= {"cost_per_feature_monthly": per_feature_and_month(given, parts), "cost_per_million_requests": per_million(given, parts)}
    made |= {"cost_per_tb": per_terabyte(given, parts), "cost_per_interaction_daily": per_interaction(given, parts)}
    made["cost_savings_monthly"] = savings(given, made["cost_per_vehicle_daily"], made["cost_per_million_requests"])
    return made | {"cost_waste": waste(given)}


def allocated(given: Inputs, charge: Row) -> list[Row]:
    """The rows of a charge: its days, and each day's owners."""
    days = _days(charge)
    scale = 10 ** charge["amount_scale"]
    units = {name: None if charge[name] is None else _whole(Fraction(charge[name]) * scale) for name in COSTS}
    order = sorted(days)
    by_day = {name: None if value is None else split(value, [days[day] for day in order]) for name, value in units.items()}
    ratio = split(WHOLE, [days[day] for day in order])
    rows = []
    for nth, day in enumerate(order):
        method, driver, owners = _owners(given, charge, day)
        ids = sorted(owners)
        shares = split(WHOLE, [owners[each] for each in ids])
        amounts = {name: None if parts is None else split(parts[nth], shares) for name, parts in by_day.items()}
        ratios = split(ratio[nth], shares)
        rate = Fraction(
            _dated([row for row in given.seeds["exchange_rates"] if row["currency"] == charge["billing_currency"]], day)["eur_per_unit"]
        )
        for at, owner in enumerate(ids):
            told = {name: None if parts is None else Fraction(parts[at], scale) for name, parts in amounts.items()}
            rows.append(
                {name: charge[name] for name in COPIED}
                | {name: _tag(charge, name) for name in ("application", "training_run")}
                | {"charged_on": day, "owner_kind": owner[0], "owner_id": owner[1], "allocated_ratio": Fraction(ratios[at], WHOLE)}
                | {"method": "unallocated" if owner == UNALLOCATED else method, "driver": driver}
                | {"driver_quantity": owners[owner] if driver else None, "eur_per_unit": rate}
                | told
                | {f"{name}_eur": rounded(told[name] * rate) for name in ("billed_cost", "effective_cost")}
            )
    return rows


def split(number: int, weights: Sequence[int]) -> list[int]:
    """Largest remainder: parts of a whole number that sum to it; ties in the order given."""
    total, size = sum(weights), abs(number)
    parts = [size * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: -(size * weights[at] % total))  # sorting is stable
    for at in order[: size - sum(parts)]:
        parts[at] += 1
    return [part if number >= 0 else -part for part in parts]


def rounded(value: Fraction) -> Fraction:
    """Half up, away from zero, at 18 decimals."""
    size = (abs(value) * 10**18 * 2 + 1) // 2
    return Fraction(int(size) if value >= 0 else -int(size), 10**18)


def told(rows: Iterable[Row]) -> list[Row]:
    """The same rows with decimals for fractions."""
    return [{name: _decimal(value) if isinstance(value, Fraction) else value for name, value in row.items()} for row in rows]


def _decimal(value: Fraction) -> Decimal:
    return Decimal(_whole(value * 10**18)).scaleb(-18)


def _whole(value: Fraction) -> int:
    assert value.denominator == 1, value
    return value.numerator


def _days(charge: Row) -> dict[date, int]:
    """Microseconds of the charge's period by day."""
    begin, end, found = charge["charge_period_start"], charge["charge_period_end"], {}
    while begin < end:
        midnight = datetime.combine(begin.date() + DAY, time(), UTC)
        found[begin.date()] = (min(midnight, end) - begin) // timedelta(microseconds=1)
        begin = midnight
    return found


def _tag(charge: Row, name: str) -> str | None:
    value = json.loads(charge["tags"] or "{}").get(name)
    return value or None


def _owners(given: Inputs, charge: Row, day: date) -> tuple[str, str | None, dict[tuple[str, str], int]]:
    """Method, driver, weight by owner."""
    if application := _tag(charge, "application"):
        return "tag", None, {_tagged(given, application, day): 1}
    rule = _only([row for row in given.seeds["cost_rules"] if row["service_name"] == charge["service_name"] and _holds(row, day)])
    if rule and rule["driver"] and (measured := DRIVERS[rule["driver"]](given, rule["driver"], day)):
        return "driver", rule["driver"], measured
    shares = [row for row in given.seeds["cost_shares"] if row["service_name"] == charge["service_name"] and _holds(row, day)]
    if shares:
        weights = {(row["owner_kind"], row["owner_id"]): _whole(Fraction(row["share"]) * WHOLE) for row in shares}
        rest = WHOLE - sum(weights.values())
        return "fixed", None, weights | ({UNALLOCATED: rest} if rest else {})
    if rule and rule["is_even"] == "true":
        return "even", None, {("feature", row["feature_id"]): 1 for row in given.seeds["feature_catalogue"]}
    return "unallocated", None, {UNALLOCATED: 1}


def _tagged(given: Inputs, application: str, day: date) -> tuple[str, str]:
    if row := _only([row for row in given.seeds["cost_owners"] if row["application"] == application and _holds(row, day)]):
        return row["owner_kind"], row["owner_id"]
    if application in {row["feature_id"] for row in given.seeds["feature_catalogue"]}:
        return "feature", application
    return "service", application


def _holds(row: Row, day: date) -> bool:
    return row["from_on"] <= str(day) and (not row["to_on"] or str(day) < row["to_on"])


def _only(rows: list[Row]) -> Row | None:
    assert len(rows) < 2, rows
    return rows[0] if rows else None


def _dated(rows: list[Row], day: date) -> Row:
    return max((row for row in rows if row["from_on"] <= str(day)), key=lambda row: row["from_on"])


def _of_events(given: Inputs, driver: str, day: date) -> dict[tuple[str, str], int]:
    rows = [row for row in given.drivers if (row["driver"], row["measured_on"]) == (driver, day) and row["vehicles"] >= given.k]
    return {(row["owner_kind"], row["owner_id"]): row["quantity"] for row in rows}


def _newest(given: Inputs) -> dict[tuple[str, date | None], Row]:
    """How each table and day stands."""
    return {(row["table_name"], row["day"]): row for row in sorted(given.table_stats, key=lambda row: row["measurement"])}


def _of_bytes(given: Inputs, driver: str, day: date) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for (table, of_day), row in _newest(given).items():
        layer, _, name = table.partition(".")
        if layer in ("bronze", "silver") and of_day == day and row["size_bytes"]:
            found["service", name] += row["size_bytes"]
    return found


def _of_cpu(given: Inputs, driver: str, day: date) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in given.job_costs:
        if row["ended_at"].date() == day:
            found["service", row["job"]] += int(row["cpu_seconds"] * 1000)
    return {owner: spent for owner, spent in found.items() if spent}


DRIVERS: Mapping[str, Callable[[Inputs, str, date], dict[tuple[str, str], int]]] = {
    **dict.fromkeys(("requests", "tokens", "rows"), _of_events),
    "bytes": _of_bytes,
    "cpu_ms": _of_cpu,
}


def _summed(rows: Iterable[Row], *key: str, value: str = "effective_cost_eur") -> dict[tuple[Any, ...], Fraction]:
    found: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
    for row in rows:
        found[tuple(row[name] for name in key)] += row[value]
    return found


def _per(cost: Fraction, count: int | None, times: int = 1) -> Fraction | None:
    return rounded(cost * times / count) if count else None


def reconciliation(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Charged beside allocated and not."""
    key = ("provider_name", "billing_account_id", "billing_period_on", "invoice_id", "billing_currency")
    rows: dict[tuple[Any, ...], Row] = {}
    for charge in given.charges:
        who = tuple("none" if name == "invoice_id" and charge[name] is None else charge[name] for name in key)
        row = rows.setdefault(who, dict(zip(key, who, strict=True)) | {"charges": 0, **dict.fromkeys(_amounts(), Fraction())})
        row["charges"] += 1
        for name in ("billed_cost", "effective_cost"):
            row[name] += Fraction(charge[name])
    for part in parts:
        row = rows[tuple("none" if name == "invoice_id" and part[name] is None else part[name] for name in key)]
        where = "unallocated" if part["owner_kind"] == "unallocated" else "allocated"
        for name in ("billed_cost", "effective_cost"):
            row[f"{name}_{where}"] += part[name]
    return list(rows.values())


def _amounts() -> list[str]:
    return [f"{name}{where}" for name in ("billed_cost", "effective_cost") for where in ("", "_allocated", "_unallocated")]


def per_vehicle(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Cost of a vehicle and day."""
    all_costs, by_kind = _summed(parts, "charged_on"), _summed(parts, "charged_on", "owner_kind")
    rows = []
    for (day,), cost in all_costs.items():
        if day in given.days:
            active = given.active.get(day)
            told_of = {"charged_on": day, "cost_eur": cost, "unallocated_eur": by_kind.get((day, "unallocated"), Fraction())}
            rows.append(told_of | {"active_vehicles": active, "cost_eur_per_vehicle": _per(cost, active)})
    return rows


def per_feature(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Cost of a feature and day."""
    rows = []
    for (day, feature), cost in _summed(_of(parts, "feature"), "charged_on", "owner_id").items():
        if day in given.days:
            dav, successes = given.usage.get((day, feature), (None, None))
            per = {"cost_eur_per_dav": _per(cost, dav), "cost_eur_per_success": _per(cost, successes)}
            rows.append({"charged_on": day, "feature_id": feature, "cost_eur": cost, "dav": dav, "successes": successes} | per)
    return rows


def per_feature_and_month(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Cost of a feature and month."""
    found: dict[tuple[date, str], Fraction] = defaultdict(Fraction)
    for (day, feature), cost in _summed(_of(parts, "feature"), "charged_on", "owner_id").items():
        if day in given.days:
            found[day.replace(day=1), feature] += cost
    rows = []
    for (month, feature), cost in found.items():
        used = given.monthly.get((month, feature), 0)
        active = None if 0 < used < given.k else used
        told_of = {"month_on": month, "feature_id": feature, "cost_eur": cost, "active_vehicles": active}
        rows.append(told_of | {"cost_eur_per_active_vehicle": _per(cost, active)})
    return rows


def per_million(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Cost of a million requests."""
    costs = _summed(_of(parts, "service"), "charged_on", "owner_id")
    found: dict[tuple[date, str], tuple[int, Fraction]] = {}
    for row in given.drivers:
        if row["driver"] == "requests" and row["vehicles"] >= given.k:
            day = row["measured_on"]
            here = row["quantity"], costs.get((day, row["owner_id"]), Fraction())
            for service in (row["owner_id"], "all"):
                requests, cost = found.get((day, service), (0, Fraction()))
                found[day, service] = requests + here[0], cost + here[1]
    return [
        {
            "charged_on": day,
            "service": service,
            "requests": requests,
            "cost_eur": cost,
            "cost_eur_per_million_requests": _per(cost, requests, 10**6),
        }
        for (day, service), (requests, cost) in found.items()
    ]


def per_interaction(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Cost of a request to the assistant."""
    spent = _summed((part for part in _of(parts, "service") if part["owner_id"] == "assistant"), "charged_on")
    return [
        {
            "charged_on": day,
            "cost_eur": cost,
            "interactions": (count := given.interactions.get(day, 0)),
            "cost_eur_per_interaction": _per(cost, count),
        }
        for (day,), cost in spent.items()
        if day in given.days
    ]


def training_runs(parts: Sequence[Row]) -> list[Row]:
    """Cost of training."""
    runs: dict[str, list[Row]] = defaultdict(list)
    for part in parts:
        if part["training_run"]:
            runs[part["training_run"]].append(part)
    return [
        {
            "training_run": run,
            "first_charged_on": min(part["charged_on"] for part in of_run),
            "last_charged_on": max(part["charged_on"] for part in of_run),
            "charges": len({part["charge_id"] for part in of_run}),
            "cost_eur": sum((part["effective_cost_eur"] for part in of_run), Fraction()),
        }
        for run, of_run in runs.items()
    ]


def per_terabyte(given: Inputs, parts: Sequence[Row]) -> list[Row]:
    """Cost of bytes that came, and that lie there."""
    newest = _newest(given)
    first = {table: min(row["measured_at"] for row in given.table_stats if row["table_name"] == table).date() for table, _ in newest}
    landed: dict[date, int] = defaultdict(int)
    for (table, day), row in newest.items():
        if table.startswith("bronze.") and day is not None:
            landed[day] += row["size_bytes"]
    rows = []
    stored_costs = _summed((part for part in parts if part["service_category"] == "Storage"), "charged_on")
    for (day,), cost in _summed(parts, "charged_on").items():
        if landed.get(day):
            rows.append(_terabyte(day, "landed", landed[day], cost))
        held = sum(row["size_bytes"] for (table, of_day), row in newest.items() if (of_day or first[table]) <= day)
        if held and (day,) in stored_costs:
            next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
            rows.append(_terabyte(day, "stored", held, stored_costs[day,] * (next_month - day.replace(day=1)).days))
    return rows


def _terabyte(day: date, kind: str, size: int, cost: Fraction) -> Row:
    return {"charged_on": day, "kind": kind, "bytes": size, "cost_eur": cost, "cost_eur_per_tb": _per(cost, size, 10**12)}


def savings(given: Inputs, vehicles: Sequence[Row], requests: Sequence[Row]) -> list[Row]:
    """Against the signed baselines."""
    volumes: dict[tuple[date, str, str], list[tuple[int, Fraction]]] = defaultdict(list)
    for row in vehicles:
        if row["active_vehicles"]:
            volumes[row["charged_on"].replace(day=1), "all", "vehicle_days"].append((row["active_vehicles"], row["cost_eur"]))
    for row in requests:
        if row["service"] != "all":
            volumes[row["charged_on"].replace(day=1), row["service"], "requests"].append((row["requests"], row["cost_eur"]))
    rows = []
    for (month, scope, unit), of_month in volumes.items():
        known = [
            row for row in given.seeds["cost_baselines"] if (row["scope"], row["unit"]) == (scope, unit) and row["from_on"] <= str(month)
        ]
        if known:
            baseline = Fraction(_dated(known, month)["eur_per_unit"])
            units, cost = sum(count for count, _ in of_month), sum((spent for _, spent in of_month), Fraction())
            saved = baseline * units - cost
            told_of = {"month_on": month, "scope": scope, "unit": unit, "days": len(of_month), "units": units, "cost_eur": cost}
            per = {"cost_eur_per_unit": _per(cost, units), "baseline_eur_per_unit": baseline, "saved_eur": saved}
            rows.append(told_of | per | {"saved_share": _atto(saved) / _atto(baseline * units)})
    return rows


def _atto(value: Fraction) -> float:
    """In units of the last decimal, a whole number that becomes a double once."""
    return float(_whole(value * 10**18))


def waste(given: Inputs) -> list[Row]:
    """What is paid for and not used."""
    if not given.table_stats:
        return []
    newest, now = _newest(given), max(row["measured_at"] for row in given.table_stats)
    read = {table for row in given.reads if row["began_at"] > now - MONTH_OF_READS for table in json.loads(row["tables"])}
    sizes: dict[str, int] = defaultdict(int)
    for (table, _), row in newest.items():
        sizes[table] += row["size_bytes"]
    found = [
        ("unused_table", table, size, "bytes", sum(sizes.values()))
        for table, size in sizes.items()
        if table.partition(".")[0] in ("silver", "gold") and table not in read
    ]
    for table, size in sizes.items():
        small = sum(row["small_bytes"] for (name, _), row in newest.items() if name == table and row["small_files"] > 8)
        found.append(("small_files", table, small, "bytes", size))
    held: dict[str, int] = defaultdict(int)
    idle: dict[str, int] = defaultdict(int)
    for row in given.job_costs:
        if row["ended_at"] > now - MONTH_OF_READS:
            held[row["job"]] += int(row["seconds"] * row["cores"] * 1000)
            idle[row["job"]] += int(max(row["seconds"] * row["cores"] - row["cpu_seconds"], 0.0) * 1000)
    found += [("idle", job, spent, "core_ms", held[job]) for job, spent in idle.items()]
    names = ("kind", "subject", "quantity", "unit")
    return [dict(zip(names, row[:4], strict=True)) | {"share": row[2] / row[4]} for row in found if row[2] > 0]


def _of(parts: Sequence[Row], kind: str) -> Iterable[Row]:
    return (part for part in parts if part["owner_kind"] == kind)
