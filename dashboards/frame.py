"""What every page has around it: its head, what must be said before any number, and what to type where nothing is released."""

from pathlib import Path

import streamlit as st

from dashboards.elements import banner, empty, masthead
from dashboards.registry import PAGES, Page
from dashboards.view import View, view
from fleetlake.console import Failure

STYLE = Path(__file__).with_name("style.css")
FIRST_STEPS = {
    "silver": "fleet check silver && fleet release silver",
    "gold": "fleet build gold && fleet check gold && fleet release gold",
}


def show(page: Page) -> None:
    """One view of a page, all of it out of one state of the releases."""
    st.html(STYLE)
    now = view()
    first = page.layers[0]
    st.html(masthead(page.title, page.says, now.facts(first)))
    for said in dict.fromkeys(each for layer in page.layers for each in now.banners(layer)):
        st.html(banner(said))
    if page.needs_release and first not in now.state.releases:
        st.html(nothing(now, first))
        return
    try:
        page.show(now)
    except Failure as failure:  # of a table that all of the page needs; panels deal with their own
        st.html(empty(failure.what, failure.remedy))


def nothing(now: View, layer: str) -> str:
    """What stands in place of numbers before a first release."""
    failed = [verdict for verdict in now.newest.values() if verdict.stopping and verdict.table.startswith(f"{layer}.")]
    if failed:
        names = ", ".join(f"{each.table}/{each.stopping[0]}" for each in failed[:3])
        return empty(f"Nothing of {layer} is released: its newest gate run failed ({names}).", f"fleet check {layer} --rows")
    return empty(f"Nothing of {layer} is released yet. Numbers appear here when it passed its gate.", FIRST_STEPS[layer])


def page_of(slug: str) -> Page:
    """The page at an address."""
    return next(page for page in PAGES if page.slug == slug)
