"""fleet features: what models may read, and sets of it to train them."""

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from fleetlake.console import ERRORS, Failure, show
from fleetlake.settings import settings

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
SHOWN = 20
Name = Annotated[str, typer.Argument(help="A feature, for example distance_km_7d.")]


def listed(group: Annotated[str, typer.Argument(help="Only this group, for example driving.")] = "", as_json: AsJson = False) -> None:
    """List the features that models may read, with unit, window and the consent that each needs."""
    from fleetlake.features import registry

    if group and group not in (groups := dict.fromkeys(each.group for each in registry().values())):
        raise Failure(f"there is no group {group!r}", f"groups are {', '.join(groups)}")
    names = ("name", "group", "unit", "window", "consent", "description")
    found = [each for each in registry().values() if group in ("", each.group)]
    show([asdict(each) if as_json else {name: getattr(each, name) for name in names} for each in found], as_json=as_json)


def describe(name: Name, as_json: AsJson = False) -> None:
    """Show all that is declared of a feature."""
    from fleetlake.features.declared import chosen

    (found,) = chosen([name])
    told = asdict(found) | {"column": found.column, "dtype": found.dtype}
    if as_json:
        print(json.dumps(told))
        return
    show([{"of": key, "is": ", ".join(value) if isinstance(value, tuple) else value} for key, value in told.items()], as_json=False)


def usage(as_json: AsJson = False) -> None:
    """Show for each feature how many training sets of this lake read it, and the last one."""
    from fleetlake.features import registry
    from fleetlake.features.history import usage as used

    show(used(settings().lake_root, list(registry())), as_json=as_json)


def make(
    labels: Annotated[str, typer.Argument(help="SQL over released tables: select vehicle_key, … as at, … from …")],
    feature: Annotated[list[str], typer.Option(help="A feature to add; say it once for each.")],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    as_of: Annotated[str, typer.Option(help="A release, or a time: 42, 2026-06-01, 2026-06-01T12:00:00Z.")] = "",
    tolerance_days: Annotated[int, typer.Option(help="So many days before its label may the day of a value have ended.", min=0)] = 7,
    purpose: Annotated[list[str] | None, typer.Option(help="A consent that the use needs, beside those of the features.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a training set: labels with features as they were known at each label's time, as Parquet with a manifest."""
    from fleetlake.features import training_set

    wanted = training_set(labels, feature, as_of or None, timedelta(days=tolerance_days), purposes=purpose or ())
    made = wanted.write(out)
    if as_json:
        print(made.to_json())
        return
    print(f"{made.rows:,} rows with {len(made.features)} features, out of release {made.release}, in {out}")
    ERRORS.print(f"fleet features rebuild {out / 'manifest.json'} makes it again", markup=False)


def rebuild(
    manifest: Annotated[Path, typer.Argument(help="The manifest.json of a training set.")],
    out: Annotated[Path | None, typer.Option(help="Keep the files in this new folder; default: only compare them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a training set again from its manifest: the same bytes, or exit status 1 and what is gone or differs."""
    from fleetlake.features.rebuild import rebuild as again

    with TemporaryDirectory(prefix="fleetlake-set-") as scratch:
        before, made = again(manifest, out or Path(scratch))
    if as_json:
        print(made.to_json())
        return
    print(f"the same bytes: {made.rows:,} rows in {len(made.shards)} files, out of release {before.release}")


def consistency(
    vehicles: Annotated[int, typer.Option(help="Compute everything of so many vehicles again.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Another seed draws others.")] = 0,
    as_of: Annotated[str, typer.Option(help="A release, or a time: 42, 2026-06-01, 2026-06-01T12:00:00Z.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compute what is served of some vehicles again, from the events, and report what differs: exit status 1 if anything does."""
    from fleetlake.features.consistency import compare

    found = compare(vehicles, seed, as_of or None)
    differing = found.differences.height
    told = {"release": found.release, "vehicles": found.vehicles, "rows": found.rows, "values": found.values, "differing": differing}
    if as_json:
        print(json.dumps(told | {"differences": found.differences.to_dicts()}, default=str))
    else:
        show([told], as_json=False)
        show(found.differences.head(SHOWN).to_dicts(), as_json=False, title="differences") if differing else None
    if differing:
        ERRORS.print(
            "the table is not what its events say: fleet build features --full, then look at dbt_project/models/marts/features",
            markup=False,
        )
        raise typer.Exit(1)


COMMANDS = {
    "features list": listed,
    "features describe": describe,
    "features usage": usage,
    "features set": make,
    "features rebuild": rebuild,
    "features consistency": consistency,
}
