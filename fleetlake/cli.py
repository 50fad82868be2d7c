"""The `fleet` command: every sub-command is a function in `fleetlake.commands`, registered here."""

import importlib
import sys
import traceback
from collections.abc import Sequence

import typer

from fleetlake.console import Failure, complain

MODULES: tuple[str, ...] = (  # one module of fleetlake.commands a line, in the order of the flow; each has COMMANDS = {name: function}
    "contracts",
    "services",
    "status",
    "connect",
    "metrics",
    "topics",
    "simulate",
    "send",
    "land",
    "refine",
    "check",
    "quarantine",
    "reprocess",
    "imports",
    "audit",
    "release",
    "build",
    "backfill",
    "train",
    "score",
    "use_cases",
    "sql",
    "ask",
    "kpis",
    "dashboard",
    "docs",
    "export",
    "lineage",
    "features",
    "maintain",
    "watch",
    "report",
    "demo",
)


CRASHED = 70  # EX_SOFTWARE of sysexits.h: not an answer, as 1 is; a scheduler may try again


def application(modules: Sequence[str] = MODULES) -> typer.Typer:
    """The whole command line, or the part of it that some modules hold; heavy imports wait until a command runs."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="fleetlake: the lakehouse for connected-car fleets.",
    )
    app.callback()(_nothing)  # or else an application of one command would not want its name
    groups: dict[str, typer.Typer] = {}
    for module in modules:
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


def _nothing() -> None:
    pass


def needed(words: Sequence[str]) -> Sequence[str]:
    """The modules that a command line can be about: a command that is called like its module is in no other one, and starts in half the time."""
    return words[:1] if words and words[0] in MODULES else MODULES


def main() -> None:
    """Entry point. A Failure, or a package that a small install lacks, is said in two lines; status 1 says that it has to be dealt with, 75 that
    it passes by itself. What nobody foresaw ends with its stack and status 70."""
    try:
        application(needed(sys.argv[1:]))()
    except ModuleNotFoundError as error:
        complain(
            Failure(
                f"this needs {error.name}, which is not installed",
                "pip install 'fleetlake[spark]', and 'fleetlake[ml]' to train; reading released tables does without",
            )
        )
        sys.exit(1)
    except Failure as failure:
        complain(failure)
        sys.exit(failure.status)
    except Exception:
        traceback.print_exc()
        sys.exit(CRASHED)


if __name__ == "__main__":
    main()
