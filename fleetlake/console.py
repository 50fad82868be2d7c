"""What a person reads: errors that say what to do next, tables, JSON and progress."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)


class Failure(Exception):
    """Something a person can act on: what failed and where, and what to do next."""

    status = 1  # of the command: an answer, which stays the same when it is asked for again

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}\n{remedy}" if remedy else what)
        self.what, self.remedy = what, remedy


class Busy(Failure):
    """Somebody else is at work, or does not answer yet: the same command works later."""

    status = 75  # EX_TEMPFAIL of sysexits.h


class Early(Failure):
    """There is nothing to work on yet: a scheduler skips this, and what waits for it."""

    status = 99  # what a task of Airflow ends with to be skipped


def complain(failure: Failure) -> None:
    """Prints a failure the way all of ours look: one line what, one line what next."""
    ERRORS.print(f"error: {failure.what}", markup=False, style="red")
    if failure.remedy:
        ERRORS.print(f"       {failure.remedy}", markup=False)


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str = "") -> None:
    """Rows as a table for people or as one JSON array for machines, on standard output."""
    if as_json:
        print(json.dumps(list(rows), default=str))
        return
    Console(width=None if sys.stdout.isatty() else 160).print(table(rows, title) if rows else "nothing to show", markup=False)


def table(rows: Sequence[Mapping[str, Any]], title: str = "") -> Table:
    """Rows for people: numbers on the right with separators, nothing for None."""
    table = Table(title=title or None, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, justify="right" if isinstance(rows[0][name], int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else f"{value:,}" if type(value) is int else str(value) for value in row.values()))
    return table


def progress() -> Progress:
    """A progress display on standard error, so that standard output stays the answer."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=ERRORS, transient=True)
