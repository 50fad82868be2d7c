"""What a contract refused: by reason and family, with the rules that it broke and a few bodies as they were sent."""

import streamlit as st

from dashboards import numbers
from dashboards.elements import Column, sample
from dashboards.queries import quality as ask
from dashboards.view import View
from dashboards.widgets import aside, choose, listing

LONGEST = 1_500  # characters of a body


def show(view: View) -> None:
    """The panel's content."""
    reasons = view.ask(ask.REASONS)
    listing("Refused events by reason and family; fleet replay judges them anew", REASONS, reasons, "quarantine")
    if reasons.is_empty():
        return
    pairs = [f"{row['reason']} · {row['family']}" for row in reasons.to_dicts()]
    with aside():
        reason, _, family = choose("Samples of", pairs, "refused").partition(" · ")
    listing("Rules that they broke", RULES, view.ask(ask.RULES, reason=reason, family=family))
    for row in view.ask(ask.SAMPLES, reason=reason, family=family).to_dicts():
        st.html(
            sample(
                f"{numbers.moment(row['received_at'])} · {row['rule']} · contract {row['contract_version']} · {numbers.size(row['bytes'] or 0)}\n{body(row['body'])}"
            )
        )


def body(raw: bytes | None) -> str:
    """A refused body as text where it is text, else in hex; the first part of a long one."""
    if raw is None:
        return "(no body)"
    try:
        said = raw.decode()
    except UnicodeDecodeError:
        said = raw.hex(" ")
    return said if len(said) <= LONGEST else f"{said[:LONGEST]} … ({len(raw):,} bytes)"


REASONS = (
    Column("reason", "Reason"),
    Column("family", "Family"),
    Column("events", "Events", numbers.count),
    Column("newest_at", "Newest", numbers.moment),
)
RULES = (Column("rule", "Rule"), Column("events", "Events", numbers.count))
