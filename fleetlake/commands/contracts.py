"""What the tables promise: shown, and compared with what they promised before."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.console import ERRORS, Failure, show

if TYPE_CHECKING:
    from expectations.contract import Column, Contract

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def tables(as_json: AsJson = False) -> None:
    """List every table that has a contract, with what one row of it is."""
    from expectations.contract import contracts

    rows = [
        {"table": each.id, "version": each.version, "columns": len(each.columns), "topic": each.topic, "grain": each.grain}
        for each in contracts()
    ]
    show(rows, as_json=as_json)


def describe(table: Annotated[str, typer.Argument(help="layer.table, for example silver.charging")], as_json: AsJson = False) -> None:
    """Show a table's contract: purpose, columns with type, unit and range, and checks."""
    from expectations.contract import contract

    found = contract(table)
    if as_json:
        print(json.dumps(_facts(found)))
        return
    for line in _head(found):
        print(line)
    show([_row(column) for column in found.columns], as_json=False)
    if found.checks:
        show([{"check": check.name, "holds": check.expression, "why": check.description} for check in found.checks], as_json=False)


def check(
    against: Annotated[str, typer.Option(help="A git reference or a folder with the contracts of before.")],
    as_json: AsJson = False,
) -> None:
    """Compare the contracts with earlier ones: additive changes pass, a breaking one needs a new major version and names its readers."""
    from expectations.contract import HOME, contracts

    rows = compared(_before(against), contracts(), HOME.parent.parent)
    if rows or as_json:
        show(rows, as_json=as_json, title=f"changes since {against}")
    else:
        print(f"no change since {against}")
    wrong = [row for row in rows if row["kind"] == "breaking" and row["version"]]
    if wrong:
        ERRORS.print(f"error: {len(wrong)} of {len(rows)} changes break readers and say so in no new major version", style="red")
        raise typer.Exit(1)


def compared(before: tuple[Contract, ...], after: tuple[Contract, ...], root: Path) -> list[dict[str, Any]]:
    """A row per change: contract, column, kind, reason, who reads it, and what its version number should have said, if anything."""
    from expectations.compatibility import changes, versioned
    from expectations.readers import readers

    found = changes(before, after)
    now = {each.id: each for each in after}
    errors = {each.id: versioned(each, now.get(each.id), found) for each in before}
    return [
        {
            "contract": each.contract,
            "column": each.column,
            "kind": "breaking" if each.breaking else "additive",
            "reason": each.reason,
            "read_by": ", ".join(readers(each.contract, each.column, before, root)) if each.breaking else None,
            "version": errors[each.contract],
        }
        for each in found
    ]


def _before(against: str) -> tuple[Contract, ...]:
    from expectations.contract import HOME
    from expectations.models import HOME as MODELS

    folder = Path(against)
    if folder.is_dir():
        within = folder / "expectations" / "contracts"
        return _read(within if within.is_dir() else folder, folder / "dbt_project" / "models" / "marts")
    with tempfile.TemporaryDirectory() as copy:
        files, models = Path(copy) / "files", Path(copy) / "models"
        _extract(_archive(against, HOME), files)
        _extract(_archive(against, MODELS, needed=False), models)
        return _read(files, models)


def _read(files: Path, models: Path) -> tuple[Contract, ...]:
    """The contracts in files of their own, and those beside models, where there are any."""
    from expectations.models import read_models
    from expectations.odcs import read_folder

    return (*read_folder(files), *(read_models(models) if models.is_dir() else ()))


def _extract(packed: bytes, folder: Path) -> None:
    if packed:
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")


def _archive(reference: str, home: Path, *, needed: bool = True) -> bytes:
    """The files of a folder as git has them at a reference, as a tar file; none where that may be."""
    git = ("git", "-C", str(home))
    named = subprocess.run(
        [*git, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"], capture_output=True, check=False
    )
    if named.returncode and needed:
        raise Failure(f"{reference} is neither a folder nor a git reference of {home}", "name a branch, a tag, a commit or a folder")
    packed = subprocess.run([*git, "archive", "--format=tar", named.stdout.decode().strip()], capture_output=True, check=False)
    if packed.returncode and needed:
        raise Failure(
            f"git has no contracts at {reference}: {packed.stderr.decode().strip()}", "name a reference that has expectations/contracts"
        )
    return b"" if packed.returncode else packed.stdout


def _head(contract: Contract) -> list[str]:
    facts = [f"{contract.id} {contract.version}", contract.purpose]
    facts += [f"key: {', '.join(contract.key)}"] if contract.key else []
    facts += [f"partitioned by {', '.join(contract.partition_by)}"] if contract.partition_by else []
    return facts + ([f"topic: {contract.topic}"] if contract.topic else [])


def _row(column: Column) -> dict[str, str]:
    return {
        "column": column.name,
        "type": column.physical_type + (", required" if column.required else ""),
        "unit": column.unit or "",
        "allowed": _allowed(column),
        "personal": "personal" if column.personal else "",
        "description": column.description,
    }


def _allowed(column: Column) -> str:
    bounds = [f"from {column.minimum}"] if column.minimum is not None else []
    bounds += [f"to {column.maximum}"] if column.maximum is not None else []
    return " ".join(bounds) or ", ".join(column.enum or ()) or column.pattern or ""


def _facts(contract: Contract) -> dict[str, Any]:
    facts = {name: value for name, value in vars(contract).items() if name not in {"columns", "own_columns", "checks", "path"}}
    columns = [vars(column) for column in contract.columns]
    return facts | {"grain": contract.grain, "columns": columns, "checks": [vars(check) for check in contract.checks]}


COMMANDS = {"tables": tables, "describe": describe, "contracts check": check}
