"""RFC 3339 date-times: the vectorised reader agrees with a plain one."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.land.times import parse_rfc3339

PATTERN = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS_400 = timedelta(days=146_097)  # the calendar repeats, so a year 0 can be judged as a year 400


def plain(text: str | None) -> int | None:
    """Microseconds since 1970 of one text, by Python's own datetime."""
    match = PATTERN.fullmatch(text) if text is not None else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, sign, east_hours, east_minutes = match.groups()[6:]
    east = timedelta(hours=int(east_hours or 0), minutes=int(east_minutes or 0))
    if east >= timedelta(days=1) or int(east_minutes or 0) > 59:
        return None
    try:
        local = datetime(
            year or 400,
            month,
            day,
            hour,
            minute,
            second,
            int((fraction or "").ljust(6, "0")[:6]),
            tzinfo=timezone(-east if sign == "-" else east),
        )
        instant = local - EPOCH - (timedelta() if year else YEARS_400)
    except ValueError:
        return None
    microseconds = instant // timedelta(microseconds=1)
    return microseconds if -62_135_596_800_000_000 <= microseconds <= 253_402_300_799_999_999 else None


def parsed(*texts: str | None) -> list[int | None]:
    return parse_rfc3339(pa.array(texts, pa.string())).cast(pa.int64()).to_pylist()


def number(low: int, high: int, width: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda value: str(value).zfill(width))


HOURS, MINUTES, DAYS = number(0, 24, 2), number(0, 60, 2), number(0, 32, 2)
SHIFTS = st.builds("{}{}:{}".format, st.sampled_from("+-"), HOURS, MINUTES)
OFFSETS = st.one_of(SHIFTS, st.sampled_from(["Z", "z", "", "+00:00", "-00:00", "+24:00", "+0100"]))
FRACTIONS = st.one_of(st.just(""), st.text("0123456789", max_size=11).map(lambda digits: "." + digits))
YEARS = st.one_of(number(1960, 2040, 4), st.sampled_from(["0000", "0001", "9999", "1900", "2000", "2100"]), number(0, 9999, 4))
DATES = st.builds("{}-{}-{}".format, YEARS, number(0, 13, 2), DAYS)
CLOCKS = st.builds("{}:{}:{}".format, HOURS, MINUTES, MINUTES)
LIKELY = st.builds("{}{}{}{}{}".format, DATES, st.sampled_from("Tt _"), CLOCKS, FRACTIONS, OFFSETS)
BROKEN = st.tuples(LIKELY, st.integers(0, 40), st.text(max_size=2)).map(lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + 1 :])


@settings(deadline=None, max_examples=400)
@given(st.lists(st.one_of(LIKELY, LIKELY, BROKEN, st.text(max_size=40), st.none()), max_size=40))
def test_every_text_is_read_as_a_plain_reader_reads_it(texts):
    assert parsed(*texts) == [plain(text) for text in texts]


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1), st.sampled_from(["auto", "milliseconds", "seconds"]))
def test_what_python_writes_is_read_back(instants, timespec):
    texts = [instant.isoformat(timespec=timespec) for instant in instants]
    assert parse_rfc3339(pa.array(texts)).to_pylist() == [datetime.fromisoformat(text) for text in texts]


REFUSED = ["2026-02-30T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-01T00:00:00", "2026-12-31T23:59:60Z", "2026-01-01T00:00:00.Z"]


@pytest.mark.parametrize("text", [*REFUSED, "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+01", "２026-01-01T00:00:00Z"])
def test_what_rfc_3339_does_not_allow_is_null(text):
    assert parsed(text) == [None]


@pytest.mark.parametrize("text", ["0001-01-01T00:30:00+01:00", "9999-12-31T23:59:59-01:00", "0000-02-29T00:00:00Z"])
def test_an_instant_outside_the_years_1_to_9999_is_null(text):
    assert parsed(text) == [None]


def test_a_year_that_begins_only_in_utc_counts():
    assert parsed("0000-12-31T23:30:00-01:00") == [-62_135_596_800_000_000 + 30 * 60 * 1_000_000]


def test_fractions_are_truncated_to_microseconds():
    assert parsed("1970-01-01T00:00:00.9999999Z", "1970-01-01 00:00:00.5z", "1969-12-31T23:59:59.123456789Z") == [
        999_999,
        500_000,
        -876_544,
    ]


def test_slices_and_chunks_keep_their_rows():
    texts = pa.array(["x", "1970-01-01T00:00:01Z", None, "1970-01-01T00:00:02+00:00", "y"])
    chunks = pa.chunked_array([texts.slice(1, 2), texts.slice(3, 1), texts.slice(0, 0)])
    assert parse_rfc3339(chunks).cast(pa.int64()).to_pylist() == [1_000_000, None, 2_000_000]
    assert len(parse_rfc3339(pa.chunked_array([], pa.string()))) == 0


def test_a_null_that_covers_a_valid_text_stays_null():
    hidden = pa.StringArray.from_buffers(1, *pa.array(["1970-01-01T00:00:00Z"]).buffers()[1:], pa.array([0], pa.uint8()).buffers()[1])
    assert parse_rfc3339(hidden).to_pylist() == [None]
