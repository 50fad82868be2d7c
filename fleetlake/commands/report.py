"""`fleet report`: what became of the events, family by family."""

from pathlib import Path
from typing import Annotated, Any

import typer

from fleetlake.console import ERRORS, progress, show


def report(
    truth: Annotated[Path | None, typer.Option(help="The folder that `fleet simulate --truth` wrote: every count must equal it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Count what landed, what silver holds, what was resent, late, quarantined and lost; with --truth, exit status 1 if any count differs."""
    from expectations.contract import families
    from fleetlake import report as tables
    from fleetlake.settings import settings

    true = tables.truth(truth) if truth else {}
    with progress() as bar:
        held = list(tables.counts(settings().lake_root, bar.track(families(), description="counting")))
    wrong = {row["family"]: list(tables.differences(row, true[row["family"]])) for row in held if row["family"] in true}
    show([_shown(row, true, wrong, as_json) for row in held], as_json=as_json, title="what became of the events")
    for sentence in [sentence for found in wrong.values() for sentence in found]:
        ERRORS.print(f"differs: {sentence}", markup=False, style="red")
    if any(wrong.values()):
        raise typer.Exit(1)


def _shown(row: dict[str, Any], true: dict[str, Any], wrong: dict[str, list[str]], as_json: bool) -> dict[str, Any]:
    """A family's row as printed: reasons in words, and whether all of it is true."""
    reasons = row["reasons"] if as_json else " ".join(f"{reason}:{count}" for reason, count in row["reasons"].items())
    verdict = {"truth": "equal" if not wrong[row["family"]] else "DIFFERS"} if row["family"] in true else {}
    return {**row, "reasons": reasons, **verdict}


COMMANDS = {"report": report}
