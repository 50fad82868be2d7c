"""The bill of the machine that trainings ran on: FOCUS rows like any provider's, so that gold knows what a training run costs.

A bill is of a month, and holds all of its trainings: the one that comes last replaces those before it, as a provider's correction does.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from json import dumps
from pathlib import Path
from typing import Any

import polars as pl

from fleetlake.training.use_cases import use_cases

PROVIDER, ACCOUNT = "fleetlake", "training"
Row = Mapping[str, Any]


def charges(runs: Sequence[Row], month: datetime) -> list[dict[str, str]]:
    """FOCUS 1.0 rows, as text, of the trainings that began in the month that begins at `month`."""
    after = (month + timedelta(days=31)).replace(day=1)
    period = {"BillingPeriodStart": _text(month), "BillingPeriodEnd": _text(after), "InvoiceId": f"{PROVIDER}-{ACCOUNT}-{month:%Y-%m}"}
    return [_charge(run) | period for run in runs if month <= run["started_at"] < after and run["cost_eur"]]


def month_of(at: datetime) -> datetime:
    """Its first moment."""
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def send(inbox: Path, runs: Sequence[Row], month: datetime) -> Path | None:
    """Puts the bill of a month where bills are taken from, whole or not at all; where it lies. None where there is nothing to pay."""
    rows = charges(runs, month)
    if not rows:
        return None
    waiting = inbox / "cost"
    name = f"{ACCOUNT}-{month:%Y-%m}-{max(run['ended_at'] for run in runs):%dT%H%M%S%f}"
    aside = waiting / f".{name}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    pl.DataFrame(rows).write_csv(aside / "charges.csv")
    return aside.rename(waiting / name)


def _charge(run: Row) -> dict[str, str]:
    cost = f"{run['cost_eur']:f}"
    known = use_cases().get(run["use_case"])
    tags = {"training_run": run["training_run"], "application": known.application if known else run["use_case"]}
    costs = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), cost)
    names = dict.fromkeys(("ProviderName", "PublisherName", "InvoiceIssuerName"), PROVIDER)
    what = {"ServiceCategory": "AI and Machine Learning", "ServiceName": "Training", "ResourceId": run["use_case"], "Tags": dumps(tags)}
    kind = {"ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based", "ChargeDescription": f"Training of {run['use_case']}"}
    times = {"ChargePeriodStart": _text(run["started_at"]), "ChargePeriodEnd": _text(run["ended_at"])}
    return costs | names | what | kind | times | {"BillingAccountId": ACCOUNT, "BillingCurrency": "EUR"}


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
