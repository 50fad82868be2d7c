"""CSV for spreadsheets."""

import csv as standard
import io
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetlake.readers.spreadsheet import csv


def read(frame: pl.DataFrame) -> list[list[str]]:
    return list(standard.reader(io.StringIO(csv(frame).decode(), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_text_that_is_a_formula_elsewhere_is_text(text):
    assert read(pl.DataFrame({"model": [text]}))[1] == [f"'{text}"]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_no_cell_and_no_heading_begins_as_a_formula_does(texts):
    frame = pl.DataFrame({text: [text] for text in dict.fromkeys(texts)})
    assert all(cell[:1] not in tuple("=+-@\t\r\n") for row in read(frame) for cell in row)


def test_a_heading_that_is_a_pattern_is_a_heading():
    assert read(pl.DataFrame({"*": ["a"], "^.*$": ["b"], "c": ["=1"]})) == [["*", "^.*$", "c"], ["a", "b", "'=1"]]


def test_numbers_stay_numbers():
    assert read(pl.DataFrame({"a": [-1], "b": [-0.5], "c": [Decimal("-1.50")]}))[1] == ["-1", "-0.5", "-1.50"]


def test_nested_values_are_json_and_bytes_are_hex():
    frame = pl.DataFrame(
        {"list": [["=1"]], "struct": [{"a": 1}], "bytes": [b"\xff\x00"], "none": pl.Series([None], dtype=pl.List(pl.Int64))}
    )
    assert read(frame)[1] == ['["=1"]', '{"a": 1}', "ff00", ""]
