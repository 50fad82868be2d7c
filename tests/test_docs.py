"""README and pages name the commands that there are, and all of them; links lead somewhere."""

import importlib
import re
from pathlib import Path

import spark_jobs.watch.findings
from fleetlake.cli import MODULES

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
GROUPS = ("contracts", "topics", "import", "export", "features")


def commands() -> set[str]:
    return {name for module in MODULES for name in importlib.import_module(f"fleetlake.commands.{module}").COMMANDS}


def named(text: str) -> set[str]:
    """Commands in code: `fleet land --once`, `fleet contracts check`."""
    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))
    found = re.findall(r"(?:^|`|[$&] )fleet ([a-z][a-z-]*)(?: ([a-z]+))?", code, re.MULTILINE)
    return {f"{first} {second}" if first in GROUPS else first for first, second in found}


def test_the_readme_names_every_command():
    assert len(commands()) > 20
    assert commands() - named(PAGES[0].read_text()) == set()


def test_no_page_names_a_command_that_there_is_not():
    for page in PAGES:
        assert named(page.read_text()) <= commands(), page.name


def test_the_readme_has_a_line_for_each_alert():
    kinds = set(re.findall(r"Finding\(\s*\"([a-z]+)\"", Path(spark_jobs.watch.findings.__file__).read_text()))
    assert len(kinds) >= 7
    _, section = PAGES[0].read_text().split("## When something is wrong")
    table = section.split("A red task of another DAG")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == kinds


def test_links_between_pages_lead_somewhere():
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert len(links) >= 3
    assert [link for page, link in links if not (page.parent / link).exists()] == []
