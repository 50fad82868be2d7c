"""`fleet export`: what the lake knows, in the formats of others."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from fleetlake.console import progress, show


def focus(
    out: Annotated[Path, typer.Argument(help="The file to write: .csv or .parquet.")],
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Write the released allocation of costs as FOCUS 1.3 rows: one per charge, day and owner, with the method, ratio and driver of the split."""
    from fleetlake.readers.focus import released, write

    with progress() as shown:
        shown.add_task("reading", total=None)
        rows = released()
        write(rows, out)
    costs = {"billed": "BilledCost", "effective": "EffectiveCost"}
    sums = [
        {"currency": currency, "rows": own.height, **{name: own[column].sum() for name, column in costs.items()}}
        for (currency,), own in sorted(rows.partition_by("BillingCurrency", as_dict=True).items())
    ]
    show(sums, as_json=as_json, title=f"{rows.height:,} rows in {out}")


def gold(
    out: Annotated[Path, typer.Argument(help="The folder to write into; each release gets a folder of its own below it.")] = Path("gold"),
    form: Annotated[Literal["parquet"], typer.Option("--format", help="What to write: parquet.")] = "parquet",
    as_of: Annotated[str, typer.Option(help="A release, or a time: 42, 2026-06-01, 2026-06-01T12:00:00Z.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Write released gold as Parquet files, gold-r42/*.parquet, for BI tools; latest points at the newest release, and is never half of one."""
    from fleetlake.readers.snapshots import snapshot
    from fleetlake.settings import settings

    with progress() as shown:
        shown.add_task("writing", total=None)
        folder, rows = snapshot(settings().lake_root, "gold", out, as_of or None)
    show(rows, as_json=as_json, title=str(folder))


COMMANDS = {"export focus": focus, "export gold": gold}
