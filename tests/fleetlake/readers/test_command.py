"""fleet sql, as a person or a script has it."""

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from fleetlake.cli import application
from fleetlake.console import Failure
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, grown, silver


@pytest.fixture
def released(lake: str) -> str:
    """One release of silver, three rows a table."""
    gated(lake, silver(lake, rows=3))
    release(lake, "silver")
    return lake


def fleet(*words: object, said: str = "") -> Result:
    return CliRunner().invoke(application(), [*map(str, words)], input=said, catch_exceptions=True)


PATIENCE_S = 60  # until a shell has started on a busy machine
ROWS = "select id, 'a\"b' as text from silver.charging order by id"


def test_a_table_is_for_people(released: str):
    assert '│     2 │ a"b     │' in fleet("sql", ROWS).stdout
    assert "PROJECTION" in fleet("sql", f"explain {ROWS}").stdout


def test_json_and_csv_are_for_machines(released: str):
    assert json.loads(fleet("sql", ROWS, "--json").stdout) == [{"id": number, "text": 'a"b'} for number in range(3)]
    assert json.loads(fleet("sql", "from silver.charging where id > 9", "--json").stdout) == []
    assert fleet("sql", ROWS, "--format", "csv").stdout == 'id,text\n0,"a""b"\n1,"a""b"\n2,"a""b"\n'


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_file_is_whole_or_not_there(released: str, tmp_path: Path, form: str):
    out = tmp_path / f"answer.{form}"
    assert fleet("sql", ROWS, "--out", out).exit_code == 0
    assert {"csv": pl.read_csv, "json": pl.read_json, "parquet": pl.read_parquet}[form](out)["id"].to_list() == [0, 1, 2]
    failed = fleet("sql", "select error('no') from silver.charging", "--out", tmp_path / f"other.{form}")
    assert isinstance(failed.exception, Failure)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"answer.{form}", "home"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "xml"], "xml is no format"),
        (["--out", "answer.xml"], "xml is no format"),
        (["--out", "answer.csv", "--format", "table"], "table is no format"),
        (["--format", "parquet"], "nothing for a terminal"),
    ],
)
def test_a_format_that_is_none_is_refused(words: list[str], said: str):
    assert said in str(fleet("sql", "select 1", *words).exception)


def test_an_older_release_is_asked_by_its_number(released: str):
    gated(released, silver(released))
    release(released, "silver")
    assert json.loads(fleet("sql", "select count(*) as n from silver.charging", "--as-of", 1, "--json").stdout) == [{"n": 3}]


def test_questions_come_from_standard_input_one_after_the_other(released: str):
    answer = fleet("sql", "--format", "csv", said="select 1 as one;\nselect count(*) as n\nfrom silver.charging;\n\nselect 3 as three")
    assert (answer.exit_code, answer.stdout) == (0, "one\n1\nn\n3\nthree\n3\n")


def test_a_mistake_in_a_script_is_its_exit_status_and_the_rest_is_answered(released: str):
    answer = fleet("sql", "--format", "csv", said="from silver.chargin;\n.nonsense\nselect 2 as two;\n.quit\nselect 3 as three;")
    assert (answer.exit_code, answer.stdout) == (1, "two\n2\n")


def test_the_shell_tells_what_is_released(released: str):
    said = fleet("sql", said=".tables\n.release\n").stdout
    assert "silver.navigation" in said
    assert "silver" in said.splitlines()[-2]


def test_a_terminal_has_a_prompt_and_a_history_and_sees_new_releases(released: str, home: Path):
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-m", "fleetlake.cli", "sql"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    try:
        until(ours, "fleet> ")
        os.write(ours, b"select count(*) from silver.charging;\n")
        assert "│            3 │" in until(ours, "fleet> ")
        gated(released, silver(released))
        release(released, "silver")
        os.write(ours, b"select count(*)\n")
        until(ours, "... ")
        os.write(ours, b"from silver.charging;\n")
        said = until(ours, "fleet> ")
        assert "release 2 is out" in said
        assert "│            4 │" in said
        os.write(ours, b".quit\n")
        assert shell.wait(30) == 0
    finally:
        shell.kill()
        shell.wait()
        os.close(theirs)
        os.close(ours)
    assert "from silver.charging;" in (home / "sql_history").read_text()


def until(terminal: int, word: str) -> str:
    """What a terminal shows up to and with a word."""
    said = ""
    while not said.endswith(word):
        assert select.select([terminal], [], [], PATIENCE_S)[0], said
        said += os.read(terminal, 4096).decode(errors="replace")
    return said


def test_tables_of_vehicle_grain_need_a_word(lake: str):
    gated(lake, {"gold_internal.features": grown(lake, "gold_internal.features")})
    release(lake, "gold_internal")
    assert isinstance(fleet("sql", "from gold_internal.features").exception, Failure)
    assert json.loads(fleet("sql", "from gold_internal.features", "--internal", "--json").stdout) == [{"id": 0}]
