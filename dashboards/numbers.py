"""Numbers as people read them: units beside them, as many digits as they carry, `–` where there is none."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

NONE, WITHHELD = "–", "withheld"
MS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
AGES = (("s", 1, 90), ("min", 60, 5_400), ("h", 3_600, 172_800))  # unit, its seconds, up to how many seconds it is used
SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
Told = Callable[[Any], str]


def count(value: Any) -> str:
    """12,345."""
    return f"{value:,.0f}"


def exact(value: Any) -> str:
    """All digits that there are."""
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:,f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) else f"{value:,.6g}"
    )


def number(value: float) -> str:
    """16.5."""
    return f"{value:,.1f}"


def number2(value: Any) -> str:
    """1,360.21."""
    return f"{float(value):,.2f}"


def share(value: Any) -> str:
    """62.3 % of 0.623; what is all but 100 % does not say 100 %."""
    digits = 1 if not 0.9995 <= value < 1 else 3
    return f"{'−' if value < 0 else ''}{abs(100 * value):,.{digits}f} %"


def points(value: float) -> str:
    """+1.2 pp: a difference of shares."""
    return f"{_signed(100 * value, 1)} pp"


def change(value: float) -> str:
    """+12.0 %: a relative difference."""
    return f"{_signed(100 * value, 1)} %"


def eur(value: Any) -> str:
    """€ 1,188.44; small amounts keep three digits that count."""
    amount = float(value)
    if amount == 0 or abs(amount) >= 1:
        return f"{'−' if amount < 0 else ''}€ {abs(amount):,.2f}"
    return f"{'−' if amount < 0 else ''}€ {abs(amount):.3g}" if abs(amount) >= 1e-4 else f"{'−' if amount < 0 else ''}€ {abs(amount):.1e}"


def ms(value: float) -> str:
    """821 ms, 29.1 s, 6.3 d."""
    for length, unit in MS:
        if abs(value) >= length:
            return f"{value / length:,.1f} {unit}"
    return f"{value:,.0f} ms"


def seconds(value: float) -> str:
    """The same of seconds."""
    return ms(1_000 * value)


def wh(value: float) -> str:
    """28.1 kWh."""
    for length, unit in ((1e9, "GWh"), (1e6, "MWh"), (1e3, "kWh")):
        if abs(value) >= length:
            return f"{value / length:,.1f} {unit}"
    return f"{value:,.0f} Wh"


def size(value: float) -> str:
    """1.4 GB, in powers of ten."""
    for unit in SIZES[:-1]:
        if abs(value) < 1_000:
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1_000
    return f"{value:,.1f} {SIZES[-1]}"


def age(value: timedelta) -> str:
    """40 s, 12 min, 3 h, 9 d."""
    total = max(value.total_seconds(), 0)
    for unit, length, until in AGES:
        if total < until:
            return f"{total // length:.0f} {unit}"
    return f"{total // 86_400:,.0f} d"


def moment(value: datetime) -> str:
    """2026-06-28 20:39 UTC."""
    return f"{value:%Y-%m-%d %H:%M} UTC"


def text(value: Any) -> str:
    """Anything, as it is; a moment without what nobody reads of it."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def told(value: Any, how: Told = text, *, is_withheld: bool = False) -> str:
    """A value as `how` tells it, or why there is none."""
    if value is None:
        return WITHHELD if is_withheld else NONE
    return how(value)


def _signed(value: float, digits: int) -> str:
    rounded = f"{abs(value):,.{digits}f}"
    return rounded if not float(rounded.replace(",", "")) else f"{'+' if value > 0 else '−'}{rounded}"
