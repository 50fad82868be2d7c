"""Answers to queries on paper: a table for people, CSV, JSON or Parquet for everything else. Rows are streamed, never held all at once."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fleetlake.console import Failure

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

FORMS = ("table", "csv", "json", "parquet")
SHOWN = 200  # rows of a table; DuckDB says how many more there are
AT_ONCE = 10_000
PLAN = ["explain_key", "explain_value"]  # a drawing of many lines


def form_of(form: str, out: Path | None) -> str:
    """The format that was asked for, or else the one that the file's name ends in; raises Failure for one that is none."""
    chosen = form or (out.suffix.removeprefix(".") if out else "table")
    if chosen not in FORMS or (out and chosen == "table"):
        raise Failure(
            f"{chosen or out} is no format", f"say --format {', '.join(FORMS)}, or --out with a name that ends in .csv, .json or .parquet"
        )
    if chosen == "parquet" and not out:
        raise Failure("Parquet is nothing for a terminal", "say where: --out answer.parquet")
    return chosen


def write(answer: "DuckDBPyRelation", form: str, out: Path | None = None) -> None:
    """The answer on standard output, or in a file that is there when it is whole."""
    if form == "table" and answer.columns == PLAN:
        print(*(plan for _, plan in answer.fetchall()), sep="\n")
    elif form == "table":
        answer.show(max_rows=SHOWN, max_width=shutil.get_terminal_size((160, 0)).columns)
    elif out is None:
        with tempfile.NamedTemporaryFile(suffix=f".{form}") as file:
            WRITERS[form](answer, Path(file.name))
            with open(file.name, encoding="utf-8") as written:
                shutil.copyfileobj(written, sys.stdout)
    else:
        part = out.with_name(f"{out.name}.part")
        try:
            WRITERS[form](answer, part)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)


def _json(answer: "DuckDBPyRelation", path: Path) -> None:
    """An array with a row a line."""
    rows = answer.set_alias("answer").project("to_json(answer)")
    with path.open("w", encoding="utf-8") as file:
        before = "["
        while some := rows.fetchmany(AT_ONCE):
            file.writelines(f"{before if first == 0 else ','}\n{row[0]}" for first, row in enumerate(some))
            before = ","
        file.write("[]\n" if before == "[" else "\n]\n")


WRITERS: dict[str, Callable[["DuckDBPyRelation", Path], None]] = {
    "csv": lambda answer, path: answer.write_csv(str(path)),
    "json": _json,
    "parquet": lambda answer, path: answer.write_parquet(str(path)),
}
