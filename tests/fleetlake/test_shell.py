"""Commands of the demo end as they would when a person types them."""

import multiprocessing
from pathlib import Path

import pytest

from fleetlake.commands.shell import THREADLESS, Shell
from fleetlake.console import Failure


@pytest.fixture
def shell(home: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name, value in THREADLESS.items():
        monkeypatch.setenv(name, value)  # and takes it back
    monkeypatch.setattr("fleetlake.commands.shell.AHEAD", [])  # nothing here needs them
    return Shell(home, quiet=True)


def test_an_answer_comes_back_and_a_variable_counts_from_then_on(shell: Shell, tmp_path: Path):
    assert shell.answer("describe", "silver.charging")["id"] == "silver.charging"
    shell.export("FLEET_CONTRACTS", str(tmp_path / "nowhere"))
    with pytest.raises(Failure, match="fleet describe ended with status 1"):
        shell.answer("describe", "silver.charging")


def test_a_status_that_was_not_expected_is_told_with_how_to_see_it_again(shell: Shell, home: Path, capfd: pytest.CaptureFixture[str]):
    shell("describe", "silver.nothing", status=1)
    shell("describe", "silver.charging")
    with pytest.raises(Failure, match=f"status 1, not 0\nFLEET_HOME={home}"):
        shell("describe", "silver.nothing")
    said = capfd.readouterr()
    assert said.out == "", "it is quiet"
    assert "$ fleet describe silver.nothing" in said.err


def test_a_command_that_does_not_end_is_ended(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fleetlake.commands.shell.STEP_TIME_LIMIT_S", 0.01)
    with pytest.raises(Failure, match=r"fleet describe has not ended after 0.01 s"):
        shell("describe", "silver.charging")
    assert multiprocessing.active_children() == []
