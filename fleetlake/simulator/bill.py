"""The bill of the days that a plan simulates: FOCUS 1.0 rows as a provider exports them, with what makes bills hard.

Services that are used per request, token, row, byte and CPU-second; a commitment that is paid at once and used by and by; a charge over the whole
month, over midnight, of less than a cent; credits, taxes, corrections; spend with the tag `application`, with an empty one, with none.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from fleetlake.simulator.plan import Plan

COLUMNS = (
    *(
        "BilledCost",
        "EffectiveCost",
        "ListCost",
        "ContractedCost",
        "BillingAccountId",
        "BillingCurrency",
        "BillingPeriodStart",
        "BillingPeriodEnd",
    ),
    *("ChargeCategory", "ChargeDescription", "ChargeFrequency", "ChargePeriodStart", "ChargePeriodEnd", "InvoiceId", "InvoiceIssuerName"),
    *("ProviderName", "PublisherName", "RegionId", "ResourceId", "ServiceCategory", "ServiceName", "Tags"),
)
USED = (  # service, category, billed per vehicle and day, decimals that it is written with
    ("Elastic Gateway", "Networking", "0.0021", 10),
    ("Language Models", "AI and Machine Learning", "0.0104", 8),
    ("Event Streaming", "Integration", "0.0150", 6),
    ("Object Store", "Storage", "0.0033", 12),
    ("Compute Engine", "Compute", "0.0420", 4),
    ("Feature Flags", "Developer Tools", "0.0007", 9),
    ("Observability", "Management and Governance", "0.0061", 5),
    ("Mail Relay", "Integration", "0.0002", 7),  # no rule knows it
)
TAGGED = (  # application, billed per vehicle and day
    ("highway_pilot", "0.0180"),
    ("digital_key", "0.0022"),
    ("voice", "0.0040"),
    ("parking", "0.0011"),
    ("remote", "0.0035"),
    ("lake-platform", "0.0125"),
    ("nobody-knows-it", "0.0006"),
    ("", "0.0003"),
)
DISCOUNT = Decimal("0.8")  # of list prices, for who commits
Row = dict[str, Any]


def bill(plan: Plan) -> pl.DataFrame:
    """One row per charge (COLUMNS, all text); the same plan gives the same bill."""
    rng = np.random.default_rng([plan.seed, 13])
    rows = [row for number in range(plan.days) for row in _day(plan, rng, plan.start_ms / 1000 + number * 86_400)]
    return pl.DataFrame([*rows, *_once(plan)], schema=dict.fromkeys(COLUMNS, pl.String))


def _day(plan: Plan, rng: np.random.Generator, begin_s: float) -> Iterator[Row]:
    begin = datetime.fromtimestamp(begin_s, UTC)
    charge = partial(_charge, begin=begin, end=begin + timedelta(days=1))
    for service, category, price, decimals in USED:
        yield charge(_amount(plan, rng, price, decimals), service=service, category=category)
    for application, price in TAGGED:
        yield charge(_amount(plan, rng, price, 6), service="Compute Engine", category="Compute", tags={"application": application})
    evening, morning = begin + timedelta(hours=22), begin + timedelta(hours=28)
    trained = {"training_run": "range-7"}
    yield _charge(_amount(plan, rng, "0.0009", 11), service="Compute Engine", category="Compute", tags=trained, begin=evening, end=morning)
    tags = {"application": "live_traffic", "env": "prod"}
    yield _charge(_amount(plan, rng, "0.0008", 6), service="Map Tiles", category="Web", currency="EUR", provider="Maps", tags=tags, begin=begin,
                  end=begin + timedelta(hours=24))  # fmt: skip


def _once(plan: Plan) -> Iterator[Row]:
    """What comes once: over all days, or on the first one."""
    begin = datetime.fromtimestamp(plan.start_ms / 1000, UTC)
    charge = partial(_charge, begin=begin, end=begin + timedelta(days=plan.days))
    size = Decimal(plan.vehicles * plan.days)
    yield charge(size * Decimal("0.01"), service="Support", category="Other", kind="Purchase", frequency="Recurring")
    yield charge(
        size * Decimal("0.02"), service="Compute Engine", category="Compute", kind="Purchase", frequency="One-Time", used=Decimal(0)
    )
    yield charge(Decimal(0), service="Compute Engine", category="Compute", used=size * Decimal("0.019") + Decimal("0.000001"))
    yield charge(-size * Decimal("0.0031"), service="Compute Engine", category="Compute", kind="Credit", frequency="One-Time")
    yield charge(Decimal("-0.01"), service="Object Store", category="Storage", kind="Adjustment", frequency="One-Time")
    yield charge(size * Decimal("0.0119"), service="Tax", category="Other", kind="Tax", frequency="Recurring")
    yield charge(Decimal("0.00000000001"), service="Event Streaming", category="Integration")


def _amount(plan: Plan, rng: np.random.Generator, price: str, decimals: int) -> Decimal:
    drawn = Decimal(plan.vehicles) * Decimal(price) * Decimal(int(rng.integers(700, 1300))) / 1000
    return drawn.quantize(Decimal(1).scaleb(-decimals))


def _charge(
    billed: Decimal,
    *,
    begin: datetime,
    end: datetime,
    service: str,
    category: str,
    kind: str = "Usage",
    frequency: str = "Usage-Based",
    currency: str = "USD",
    provider: str = "Cloud",
    tags: dict[str, str] | None = None,
    used: Decimal | None = None,
) -> Row:
    month = begin.replace(day=1, hour=0)
    after = (month + timedelta(days=31)).replace(day=1)
    values: Row = dict.fromkeys(COLUMNS) | {
        "BilledCost": f"{billed:f}",
        "EffectiveCost": f"{billed if used is None else used:f}",
        "ListCost": f"{billed / DISCOUNT:f}" if kind == "Usage" else "NULL",
        "ContractedCost": f"{billed:f}",
        "Tags": json.dumps(tags) if tags else "NULL",
    }
    places = {"BillingAccountId": "4711", "InvoiceId": f"{provider}-{month:%Y-%m}", "InvoiceIssuerName": provider, "ProviderName": provider}
    times = {"BillingPeriodStart": month, "BillingPeriodEnd": after, "ChargePeriodStart": begin, "ChargePeriodEnd": end}
    words = {"ChargeCategory": kind, "ChargeDescription": f"{kind} of {service}", "ChargeFrequency": frequency, "BillingCurrency": currency}
    what = {"PublisherName": provider, "RegionId": "eu-central-1", "ResourceId": f"{service.lower().replace(' ', '-')}-1"}
    named = {"ServiceCategory": category, "ServiceName": service}
    return values | places | words | what | named | {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items()}
