"""The page that dbt makes of gold says what the files say, and needs nothing beside it."""

import re
from pathlib import Path

from typer.testing import CliRunner

from expectations.contract import contracts
from fleetlake.cli import application


def test_one_page_has_every_model_with_its_description_and_every_column(home, tmp_path: Path):
    page = tmp_path / "gold.html"
    said = CliRunner().invoke(application(("docs",)), ["docs", str(page)], catch_exceptions=False)
    assert said.exit_code == 0
    text = _words(page.read_text(encoding="utf-8"))
    models = [each for each in contracts() if each.path.suffix == ".yml"]
    assert len(models) > 40
    for model in models:
        assert _words(model.purpose) in text, model.id
        assert all(_words(column.description) in text for column in model.columns), model.id


def _words(text: str) -> str:
    """Words and numbers alone: JSON and YAML break lines and quote in ways of their own."""
    return re.sub(r"(\\n|\\u[0-9a-f]{4}|[^a-zA-Z0-9])+", " ", text)
