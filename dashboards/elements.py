"""Pieces of a page as HTML. MarkupSafe escapes whatever is put into them, so that what vehicles send is text and nothing else. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dashboards import numbers
from dashboards.numbers import NONE, WITHHELD, Told
from dashboards.verdicts import Banner

LONGEST, SHORT = 240, 26  # characters of one cell; up to so many stay on one line
WHY_WITHHELD = "Of too few vehicles to be told, or others could be computed from it"


@dataclass(frozen=True)
class Tile:
    """One number: what it is, what it says, and a remark below it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Column:
    """How a column of a table is headed and told; numbers stand on the right."""

    name: str
    title: str
    how: Told = numbers.text

    @property
    def is_number(self) -> bool:
        """Its values line up by their last digit."""
        return self.how not in (numbers.text, numbers.moment)


def tiles(found: Sequence[Tile]) -> Markup:
    """Numbers side by side, as many as there is room for."""
    inner = Markup("").join(
        Markup('<div class="fl-tile"><dt>{}</dt><dd{}>{}</dd>{}</div>').format(tile.label, _quiet(tile.value), tile.value, _note(tile.note))
        for tile in found
    )
    return Markup('<dl class="fl-tiles">{}</dl>').format(inner)


def table(caption: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Rows with a heading per column; a null of a row that `is_withheld` says so. Scrolls sideways where there is no room."""
    head = Markup("").join(Markup('<th scope="col"{}>{}</th>').format(_side(column), column.title) for column in columns)
    body = Markup("").join(Markup("<tr>{}</tr>").format(_cells(columns, row)) for row in rows)
    return Markup(
        '<div class="fl-scroll" role="region" tabindex="0" aria-label="{0}"><table class="fl-table"><caption>{0}</caption>'
        "<thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div>"
    ).format(caption, head, body)


def heading(title: str, source: str, *, is_live: bool = False) -> Markup:
    """What a panel is called, and where its numbers come from."""
    return Markup('<h2 class="fl-title">{}</h2><p class="fl-source{}">{}</p>').format(title, " fl-live" if is_live else "", source)


def masthead(title: str, says: str, facts: Sequence[tuple[str, str]]) -> Markup:
    """The head of a page: what it is about, and which release it shows."""
    inner = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts)
    strip = Markup('<dl class="fl-facts" aria-label="Where these numbers come from">{}</dl>').format(inner) if facts else Markup("")
    return Markup('<header class="fl-head"><h1>{}</h1><p>{}</p>{}</header>').format(title, says, strip)


def banner(said: Banner) -> Markup:
    """A sentence that nobody overlooks, also who listens to the page."""
    return Markup('<div class="fl-banner fl-{}" role="{}"><strong>{}</strong> {} <code>{}</code></div>').format(
        said.tone, "alert" if said.tone == "bad" else "status", "Older release" if said.tone == "bad" else "Note", said.what, said.remedy
    )


def empty(what: str, remedy: str) -> Markup:
    """Where numbers would be: why there are none, and what to type."""
    is_typed = remedy.startswith(("fleet ", "export ", "pip "))
    next_step = (Markup("<code>{}</code>") if is_typed else Markup("<p>{}</p>")).format(remedy)
    return Markup('<div class="fl-empty" role="note"><p>{}</p>{}</div>').format(what, next_step if remedy else "")


def remark(said: str) -> Markup:
    """A line of small print."""
    return Markup('<p class="fl-remark">{}</p>').format(said)


def sample(said: str) -> Markup:
    """Bytes that somebody sent, as they are."""
    return Markup('<pre class="fl-sample" tabindex="0">{}</pre>').format(said)


def _cells(columns: Sequence[Column], row: Mapping[str, Any]) -> Markup:
    is_withheld = bool(row.get("is_withheld"))
    return Markup("").join(_cell(column, numbers.told(row[column.name], column.how, is_withheld=is_withheld)) for column in columns)


def _cell(column: Column, said: str) -> Markup:
    if said == WITHHELD and column.is_number:
        return Markup('<td class="fl-number fl-quiet" title="{}">{}</td>').format(WHY_WITHHELD, said)
    shown = said if len(said) <= LONGEST else f"{said[:LONGEST]} …"
    is_short = not column.is_number and len(said) <= SHORT
    return Markup("<td{}>{}</td>").format(Markup(' class="fl-short"') if is_short else _side(column), shown)


def _side(column: Column) -> Markup:
    return Markup(' class="fl-number"') if column.is_number else Markup("")


def _quiet(value: str) -> Markup:
    return (
        Markup(' class="fl-quiet" title="{}"').format(WHY_WITHHELD)
        if value == WITHHELD
        else Markup("")
        if value != NONE
        else Markup(' class="fl-quiet"')
    )


def _note(said: str) -> Markup:
    return Markup('<dd class="fl-note">{}</dd>').format(said) if said else Markup("")
