"""The `fleet` command: every sub-command is a function in `fleetlake.commands`, registered here."""

import importlib
import sys

import typer

from fleetlake.console import Failure, complain

MODULES: tuple[str, ...] = (  # one module of fleetlake.commands a line, in the order of the flow; each has COMMANDS = {name: function}
    "contracts",
    "services",
    "topics",
    "simulate",
    "send",
    "land",
    "refine",
    "quarantine",
    "audit",
    "report",
    "demo",
)


def application() -> typer.Typer:
    """The whole command line; heavy imports wait until a command runs."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="fleetlake: the lakehouse for connected-car fleets.",
    )
    groups: dict[str, typer.Typer] = {}
    for module in MODULES:
        for name, function in importlib.import_module(f"fleetlake.commands.{module}").COMMANDS.items():
            group, _, leaf = name.rpartition(" ")
            _home(app, groups, group).command(leaf)(function)
    return app


def _home(app: typer.Typer, groups: dict[str, typer.Typer], group: str) -> typer.Typer:
    """`topics create` lives in the group `topics`, made when first named."""
    if group and group not in groups:
        groups[group] = typer.Typer(no_args_is_help=True, help=f"Commands on {group}.")
        app.add_typer(groups[group], name=group)
    return groups[group] if group else app


def main() -> None:
    """Entry point: a Failure is said in two lines and ends with status 1."""
    try:
        application()()
    except Failure as failure:
        complain(failure)
        sys.exit(1)


if __name__ == "__main__":
    main()
