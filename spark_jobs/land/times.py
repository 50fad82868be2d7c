"""RFC 3339 date-times of text columns: one strict reader for envelopes and bodies, vectorised."""

from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

INSTANT = pa.timestamp("us", tz="UTC")
FIRST = -62_135_596_800_000_000  # 0001-01-01T00:00:00Z in microseconds
LAST = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z
DAYS_IN_MONTH = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
DAYS_BEFORE_MONTH = np.array([0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275], np.int64)  # of a year that begins in March
SECONDS_END = 19  # of "2026-01-31T12:59:59"
LONGEST = SECONDS_END + len(".123456789") + len("+01:00")


def parse_rfc3339(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Instants in UTC (timestamp[us]), null where the text is null or no RFC 3339 date-time.

    `T`, `t` or a space separates date and time; 1 to 9 digits of fraction are truncated to microseconds; the offset is `Z`, `z` or ±hh:mm.
    Refused: leap seconds, days that their month does not have, a missing offset, instants outside the years 1 to 9999 in UTC.
    """
    flat = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    column = flat if flat.type == pa.string() else flat.cast(pa.string())
    if not len(column):
        return pa.array([], INSTANT)
    text = _Text(column)
    instant, is_valid = _instants(text)
    return pa.array(instant, pa.int64(), mask=~(is_valid & text.is_present)).cast(INSTANT)


class _Text:
    """A string column as bytes that can be read at one place of all rows at once."""

    def __init__(self, column: pa.Array) -> None:
        offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
        characters = column.buffers()[2]
        used = np.frombuffer(characters, np.uint8)[offsets[0] : offsets[-1]] if characters else np.empty(0, np.uint8)
        self.bytes: Bytes = np.concatenate([used, np.zeros(LONGEST, np.uint8)])  # so that no row can be read past the end
        self.starts: Ints = offsets[:-1] - offsets[0]
        self.lengths: Ints = np.diff(offsets)
        self.is_present: Bools = np.asarray(column.is_valid())

    def at(self, place: int | Ints) -> Bytes:
        return cast(Bytes, self.bytes[self.starts + place])

    def number(self, place: int | Ints, digits: int) -> tuple[Ints, Bools]:
        """The number at a place, and where all its characters are digits."""
        number = np.zeros(len(self.starts), np.int64)
        is_number = np.ones(len(self.starts), np.bool_)
        for k in range(digits):
            digit = self.at(place + k) - np.uint8(ord("0"))  # wraps round below "0"
            is_number &= digit < 10
            number = number * 10 + digit
        return number, is_number


def _instants(text: _Text) -> tuple[Ints, Bools]:
    day, is_date = _days(text)
    second, is_time = _seconds(text)
    offset, end, is_offset = _offsets(text)
    fraction, is_fraction = _microseconds(text, end)
    instant = (day * 86_400 + second - offset) * 1_000_000 + fraction
    return instant, is_date & is_time & is_offset & is_fraction & (instant >= FIRST) & (instant <= LAST)


def _days(text: _Text) -> tuple[Ints, Bools]:
    """Days since 1970 (the civil calendar counted in years that begin in March, so that the leap day is the last)."""
    (year, is_year), (month, is_month), (day, is_day) = text.number(0, 4), text.number(5, 2), text.number(8, 2)
    is_valid = is_year & is_month & is_day & (text.at(4) == ord("-")) & (text.at(7) == ord("-"))
    is_valid &= (month >= 1) & (month <= 12) & (day >= 1)
    month = np.where(is_valid, month, 1)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_valid &= (day <= DAYS_IN_MONTH[month]) & ~((month == 2) & (day == 29) & ~is_leap)
    march_year = year - (month <= 2)
    leap_days = march_year // 4 - march_year // 100 + march_year // 400
    return march_year * 365 + leap_days + DAYS_BEFORE_MONTH[month] + day - 719_469, is_valid


def _seconds(text: _Text) -> tuple[Ints, Bools]:
    (hour, is_hour), (minute, is_minute), (second, is_second) = text.number(11, 2), text.number(14, 2), text.number(17, 2)
    separator = text.at(10)
    is_valid = is_hour & is_minute & is_second & (text.at(13) == ord(":")) & (text.at(16) == ord(":"))
    is_valid &= (separator == ord("T")) | (separator == ord("t")) | (separator == ord(" "))
    return hour * 3600 + minute * 60 + second, is_valid & (hour < 24) & (minute < 60) & (second < 60)


def _offsets(text: _Text) -> tuple[Ints, Ints, Bools]:
    """Seconds east of UTC, and where in the text the offset begins."""
    is_long = text.lengths > SECONDS_END
    last = text.at(np.where(is_long, text.lengths - 1, 0))
    is_zulu = (last == ord("Z")) | (last == ord("z"))
    if is_zulu.all():
        return np.zeros(len(last), np.int64), text.lengths - 1, is_long
    end = np.where(is_zulu, text.lengths - 1, text.lengths - 6)
    is_valid = (end >= SECONDS_END) & is_long
    end = np.where(is_valid, end, 0)
    (hour, is_hour), (minute, is_minute), sign = text.number(end + 1, 2), text.number(end + 4, 2), text.at(end)
    is_shift = (
        is_hour & is_minute & (hour < 24) & (minute < 60) & (text.at(end + 3) == ord(":")) & ((sign == ord("+")) | (sign == ord("-")))
    )
    shift = np.where(sign == ord("-"), -1, 1) * (hour * 3600 + minute * 60)
    return np.where(is_zulu, 0, shift), end, is_valid & (is_zulu | is_shift)


def _microseconds(text: _Text, end: Ints) -> tuple[Ints, Bools]:
    digits = end - SECONDS_END - 1
    has_none = digits == -1
    is_valid = has_none | ((digits >= 1) & (digits <= 9) & (text.at(SECONDS_END) == ord(".")))
    fraction = np.zeros(len(end), np.int64)
    for k in range(max(0, min(9, int(digits.max())))):
        digit = text.at(SECONDS_END + 1 + k) - np.uint8(ord("0"))
        is_used = digits > k
        is_valid &= ~is_used | (digit < 10)
        if k < 6:
            fraction = fraction * 10 + np.where(is_used, digit, 0)
    return fraction * 10 ** max(0, 6 - int(min(9, digits.max()))) if digits.max() > 0 else fraction, is_valid
