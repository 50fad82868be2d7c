"""`fleet export`: what the lake knows, in the formats of others."""

from pathlib import Path
from typing import Annotated

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


COMMANDS = {"export focus": focus}
