"""What DAGs share that a person starts: parameters that may stand in a command, a plan, and the question whether it is wanted. No DAG is in here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator

DAY: dict[str, Any] = {"type": ["null", "string"], "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
WORD = "^[a-z_]+$"


def planned(command: str) -> BashOperator:
    """A command that only says what it would do."""
    return BashOperator(task_id="plan", bash_command=command, output_processor=table)


def approval(question: str) -> ApprovalOperator:
    """Waits a day for a person, who sees the plan; without a yes nothing behind it runs."""
    plan = "{{ ti.xcom_pull(task_ids='plan') }}"
    return ApprovalOperator(task_id="approve", subject=question, body=plan, response_timeout=timedelta(days=1), retries=0)


def table(told: str) -> str:
    """What a command said with --json, in Markdown: facts a line each, then rows as a table."""
    said = json.loads(told)
    facts = said if isinstance(said, dict) else {"rows": said}
    lists = [value for value in facts.values() if isinstance(value, list)]
    lines = [f"- {name}: {_text(value)}" for name, value in facts.items() if not isinstance(value, list)]
    return "\n".join([*lines, *(line for rows in lists for line in _rows(rows))])


def _rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", _row(rows[0]), _row(["---"] * len(rows[0])))
    yield from (_row(row.values()) for row in rows)


def _row(values: Any) -> str:
    return f"| {' | '.join(map(_text, values))} |"


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return "" if value is None else str(value).replace("|", "\\|")
    return f"{value:,}"
