"""How pages look, light and dark: few colours, all of them told apart by who sees no red or green, and of enough contrast on both grounds."""

from typing import Any

CATEGORIES = ("#3b7dd8", "#d9730d", "#1a9a6c", "#b5559e", "#8f8a2b", "#7a6bd6", "#c9473f", "#2a9fb0", "#9a6a45", "#7d8794")
LIGHT = {
    "primaryColor": "#2563c9",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f3f5f8",
    "textColor": "#1b2430",
    "borderColor": "#dfe4ea",
    "linkColor": "#1f57b3",
}
DARK = {
    "primaryColor": "#2f6fd6",
    "backgroundColor": "#10151d",
    "secondaryBackgroundColor": "#1a222d",
    "textColor": "#e8edf4",
    "borderColor": "#2c3643",
    "linkColor": "#8dbbff",
}
BOTH = {
    "baseFontSize": 15,
    "baseRadius": "0.5rem",
    "showWidgetBorder": True,
    "showSidebarBorder": True,
    "chartCategoricalColors": list(CATEGORIES),
}
OUTCOMES = {"passed": "#1a9a6c", "warning": "#d9a50d", "failed": "#c9473f", "error": "#7a6bd6"}  # of an expectation


def options() -> dict[str, Any]:
    """Streamlit's settings of both themes; a browser takes the one that its system prefers."""
    return {f"theme.{name}": value for name, value in BOTH.items()} | {
        f"theme.{ground}.{name}": value for ground, colours in (("light", LIGHT), ("dark", DARK)) for name, value in colours.items()
    }
