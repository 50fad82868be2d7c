"""Days and moments as people type them."""

from datetime import UTC, date, datetime

from fleetlake.console import Failure


def day(text: str) -> date:
    """A day such as 2026-06-01; raises Failure."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Failure(f"{text!r} is no day ({error})", "say 2026-06-01") from error


def moment(text: str) -> datetime:
    """An ISO 8601 date or time as an instant, in UTC unless it says otherwise; raises Failure."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Failure(f"{text!r} is no moment ({error})", "say 2026-06-01 or 2026-06-01T12:00:00Z") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)
