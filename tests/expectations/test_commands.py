"""What a person sees of the contracts."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from expectations.contract import HOME, contracts
from expectations.readers import readers
from fleetlake.cli import application


def fleet(*words: str) -> Result:
    return CliRunner().invoke(application(), list(words))


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The contracts of today, for a test to make into those of before."""
    return Path(shutil.copytree(HOME, tmp_path / "contracts"))


def edit(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / f"{table.replace('.', '/')}.odcs.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_table_is_listed_with_what_a_row_is():
    rows = json.loads(fleet("tables", "--json").stdout)
    assert [row["table"] for row in rows] == [each.id for each in contracts()]
    assert all(row["grain"].startswith("One row per") for row in rows)


def test_a_table_is_described_with_type_unit_range_and_checks():
    said = fleet("describe", "silver.charging").stdout
    assert all(
        part in said for part in ("energy_wh", "bigint", "Wh", "from 0 to 100", "personal", "One row per step", "only_a_stop_has_a_reason")
    )


def test_a_description_for_machines_has_every_column():
    described = json.loads(fleet("describe", "silver.charging", "--json").stdout)
    assert [column["name"] for column in described["columns"]][12:14] == ["session_id", "step"]
    assert described["partition_by"] == ["occurred_on"]


def test_nothing_changed_since_a_copy(before: Path):
    answer = fleet("contracts", "check", "--against", str(before))
    assert (answer.exit_code, answer.stdout) == (0, f"no change since {before}\n")


def test_a_breaking_change_names_the_column_the_reason_and_who_reads_it(before: Path):
    edit(before, "silver.charging", "{minimum: 0, maximum: 1000000}", "{minimum: 0, maximum: 2000000}")
    answer = fleet("contracts", "check", "--against", str(before), "--json")
    [row] = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert (row["contract"], row["column"], row["kind"]) == ("silver.charging", "energy_wh", "breaking")
    assert row["reason"] == "maximum narrowed from 2000000 to 1000000"
    assert "check charging_never_discharges" in row["read_by"]
    assert "2.0.0" in row["version"]


@pytest.mark.parametrize(("version", "advice"), [("0.9.0", None), ("1.0.0", "an additive change needs version 1.1.0, not 1.0.0")])
def test_an_additive_change_passes_and_asks_for_a_new_minor_version(before: Path, version: str, advice: str | None):
    edit(before, "silver.charging", "version: 1.0.0", f"version: {version}")
    edit(before, "silver.charging", "[home, work, public, unknown]", "[home, work, public]")
    answer = fleet("contracts", "check", "--against", str(before), "--json")
    [row] = json.loads(answer.stdout)
    assert (answer.exit_code, row["kind"], row["reason"], row["version"]) == (0, "additive", "allows unknown too", advice)


def test_a_shared_column_is_read_by_every_family(tmp_path: Path):
    known = readers("silver.envelope", "is_late", contracts(), tmp_path)
    assert set(known) == {each.id for each in contracts() if each.topic}


def test_files_that_mention_table_and_column_are_readers(tmp_path: Path):
    models = tmp_path / "dbt_project" / "models"
    models.mkdir(parents=True)
    (models / "energy.sql").write_text("select energy_wh from charging")
    (models / "other.sql").write_text("select energy_wh_total from charging")
    assert "dbt_project/models/energy.sql" in readers("silver.charging", "energy_wh", (), tmp_path)
    assert "dbt_project/models/other.sql" not in readers("silver.charging", "energy_wh", (), tmp_path)


def test_contracts_of_a_git_reference_are_compared(before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "then")
    git("tag", "then")
    monkeypatch.setattr("expectations.contract.HOME", before)
    assert fleet("contracts", "check", "--against", "then").exit_code == 0
    refused = fleet("contracts", "check", "--against", "--output=x")
    assert refused.exit_code == 1
    assert "neither a folder nor a git reference" in str(refused.exception)
