"""A page as Streamlit runs it, without a browser, and what is on it."""

import html
import re
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest


def page(slug: str) -> AppTest:
    """One view of a page; it must not have raised."""
    seen = AppTest.from_string(f"from dashboards.frame import page_of, show\nshow(page_of({slug!r}))", default_timeout=60).run()
    assert not seen.exception, [each.message for each in seen.exception]
    return seen


def elements(seen: AppTest) -> Iterator[Any]:
    """Everything on a page, in its order."""
    waiting = list(seen.main.children.values())
    while waiting:
        each = waiting.pop(0)
        if hasattr(each, "children"):
            waiting[:0] = each.children.values()
        else:
            yield each


def markup(seen: AppTest) -> list[str]:
    """The pieces of HTML on a page, but for its style."""
    return [each.proto.body for each in elements(seen) if each.type == "html" and "<style>" not in each.proto.body]


def words(seen: AppTest) -> str:
    """What stands on a page, tags left out."""
    return html.unescape(re.sub(r"<[^>]+>", " ", "\n".join(markup(seen))))


def charts(seen: AppTest) -> list[Any]:
    """The charts of a page, as they are sent to the browser."""
    return [each.proto for each in elements(seen) if each.type == "vega_lite_chart"]
