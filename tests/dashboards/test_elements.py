"""Pieces of HTML: whatever is put in stays text."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dashboards import numbers
from dashboards.elements import LONGEST, Column, Tile, banner, empty, heading, masthead, remark, sample, table, tiles
from dashboards.theme import DARK, LIGHT
from dashboards.verdicts import Banner

OURS = {"div", "dl", "dt", "dd", "h1", "h2", "p", "strong", "code", "pre", "header", "table", "caption", "thead", "tbody", "tr", "th", "td"}


class Tags(HTMLParser):
    """The tags and attributes that a browser sees."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@given(
    st.text()
    | st.sampled_from(["<img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "</style><script>alert(1)</script>", "{0} {} %s"])
)
def test_text_never_becomes_a_tag_or_an_attribute(text):
    pieces = [
        tiles([Tile(text, text, text)]),
        table(text, [Column("a", text)], [{"a": text}]),
        heading(text, text),
        masthead(text, text, [(text, text)]),
        banner(Banner("bad", text, text)),
        empty(text, text),
        remark(text),
        sample(text),
    ]
    for piece in pieces:
        found = Tags(piece)
        assert found.tags <= OURS
        assert found.attributes <= {"class", "role", "tabindex", "aria-label", "scope", "title"}


def test_a_table_has_a_caption_headings_and_can_be_reached_by_keyboard():
    made = table("Cars", [Column("n", "Number", numbers.count)], [{"n": 1_000}, {"n": None, "is_withheld": True}])
    assert "<caption>Cars</caption>" in made
    assert '<th scope="col" class="fl-number">Number</th>' in made
    assert 'tabindex="0" aria-label="Cars"' in made
    assert "1,000" in made
    assert ">withheld</td>" in made


def test_a_long_text_is_cut():
    assert f"{'x' * LONGEST} …" in table("t", [Column("a", "A")], [{"a": "x" * (LONGEST + 1)}])


def test_a_red_banner_is_heard_at_once():
    assert 'role="alert"' in banner(Banner("bad", "w", "r"))
    assert 'role="status"' in banner(Banner("warn", "w", "r"))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """As WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(colour, ground, opacity):
    return "#" + "".join(
        f"{round(opacity * int(colour[i : i + 2], 16) + (1 - opacity) * int(ground[i : i + 2], 16)):02x}" for i in (1, 3, 5)
    )


def test_text_is_told_from_its_ground_in_both_themes():
    for colours in (LIGHT, DARK):
        for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
            assert contrast(mixed(colours["textColor"], ground, 0.72), ground) >= 4.5  # the quietest text of style.css
            assert contrast(colours["linkColor"], ground) >= 4.5
        assert contrast("#ffffff", colours["primaryColor"]) >= 4.5  # a button and its word
    assert contrast("#ffffff", "#b3261e") >= 4.5
    assert contrast("#2d2200", "#ffe08a") >= 4.5


def test_colours_of_charts_are_told_from_both_grounds():
    from dashboards.charts import LIMIT
    from dashboards.theme import CATEGORIES, OUTCOMES

    for colour in (*CATEGORIES, LIMIT):
        assert min(contrast(colour, LIGHT["backgroundColor"]), contrast(colour, DARK["backgroundColor"])) >= 3, colour
    assert OUTCOMES.keys() == {"passed", "warning", "failed", "error"}
