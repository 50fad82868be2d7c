"""What Streamlit runs for each view of a page."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from dashboards.frame import show
from dashboards.registry import PAGES

HERE = Path(__file__).parent


def main() -> None:
    """Finds the page of the address and shows it."""
    st.set_page_config(
        page_title="fleetlake",
        page_icon=str(HERE / "icon.svg"),
        layout="wide",
        menu_items={"About": "fleetlake: pages over released tables."},
    )  # local files: a symbol's name is fetched
    st.logo(str(HERE / "logo.svg"), icon_image=str(HERE / "icon.svg"))
    pages = [
        st.Page(
            _called(page.slug, partial(show, page)),
            title=page.title,
            icon=f":material/{page.icon}:",
            url_path=page.slug,
            default=page is PAGES[0],
        )
        for page in PAGES
    ]
    st.navigation(pages, expanded=True).run()


def _called(name: str, function: Callable[[], None]) -> Callable[[], None]:
    function.__name__ = name  # Streamlit tells pages apart by it
    return function


main()
