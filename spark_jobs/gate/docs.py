"""Data Docs of a gate run: an index of what did not pass, and a page of Great Expectations' own for each table.

Verdicts hold no value of any row. What senders wrote can be in keys of failing rows only, and those are escaped here.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from spark_jobs.gate.run import Report
from spark_jobs.gate.verdict import Result

STYLE = "body{font-family:sans-serif;margin:2em}td,th{padding:.3em .8em;text-align:left;vertical-align:top}.critical,.error{color:#b00}.warning{color:#a60}"
ELSEWHERE = r"""<(script|iframe)[^>]*\bsrc=["']?https?:[^>]*>\s*(</\1>)?|<(link|img|source)[^>]*https?:[^>]*>"""
HEAD = ("table", "version", "expectation", "outcome", "expected", "observed", "keys", "what to do")


def build(report: Report, folder: Path) -> Path:
    """Writes all pages, in place of those of an earlier run; returns the index."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in folder.glob("*.html"):
        page.unlink()
    for table, result in _by_table(report.judge.results):
        (folder / f"{table}.html").write_text(_page(result), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(report), encoding="utf-8")
    return index


def _page(result: ExpectationSuiteValidationResult) -> str:
    """One of Great Expectations' own, without the scripts and styles that it would fetch from elsewhere: it must not tell anybody who looks at it."""
    page: str = DefaultJinjaPageView().render(ValidationResultsPageRenderer(run_info_at_end=True).render(result))  # type: ignore[no-untyped-call]
    return re.sub(ELSEWHERE, "", page).replace("</head>", f"<style>{STYLE}</style></head>", 1)


def _by_table(results: Iterable[tuple[str, ExpectationSuiteValidationResult]]) -> Iterator[tuple[str, ExpectationSuiteValidationResult]]:
    """Results of all frames of a table as one."""
    parts = defaultdict(list)
    for table, result in results:
        parts[table].append(result)
    for table, of_table in parts.items():
        found = [each for part in of_table for each in part.results]
        passed = sum(bool(each.success) for each in found)
        counts = {"evaluated_expectations": len(found), "successful_expectations": passed, "unsuccessful_expectations": len(found) - passed}
        statistics = counts | {"success_percent": 100 * passed / len(found)}
        yield (
            table,
            ExpectationSuiteValidationResult(
                success=passed == len(found), results=found, suite_name=table, statistics=statistics, meta=of_table[0].meta
            ),
        )


def _index(report: Report) -> str:
    rows = "".join(map(_row, (each for each in report.results if each.outcome != "passed")))
    links = " · ".join(
        f'<a href="{escape(name)}.html">{escape(name)}</a>' for name in dict.fromkeys(each.snapshot.name for each in report.results)
    )
    title = escape(f"gate of {report.what}, at {report.clock:%Y-%m-%d %H:%M} by its clock")
    head = "".join(f"<th>{name}</th>" for name in HEAD)
    table = f"<table><tr>{head}</tr>{rows}</table>" if rows else "<p>everything passed</p>"
    return f'<!doctype html><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{links}</p>{table}'


def _row(result: Result) -> str:
    """One that did not pass."""
    word = "error" if result.outcome == "error" else result.severity
    keys = "\n".join(json.dumps(key, default=str) for key in result.keys)
    told = (
        result.snapshot.name,
        result.snapshot.table.version,
        result.asked.id,
        word,
        result.asked.says,
        result.observed,
        keys,
        result.asked.remedy,
    )
    return f'<tr class="{word}">{"".join(f"<td>{escape(str(each))}</td>" for each in told)}</tr>'
