"""Lists of signals, in the names, ranges and allowed words of the wire format's table of signals (COVESA VSS)."""

from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa

from fleetlake import wire

COLUMNS_BYTES = 430  # what the columns of their own take of a JSON body
SIGNAL_BYTES = 66  # mean of one {"path": …, "value": …} with its comma


@cache
def table() -> pl.DataFrame:
    """path, low, high, is_whole of each signal that has a number on the wire; a word is its place, from 0, in the list of allowed words."""
    read = pl.read_csv(wire.HERE / "signals.csv", infer_schema=False).with_columns(words=pl.col("allowed").str.split(" ").list.len())
    return read.select(
        "path",
        low=pl.col("min").cast(pl.Float64).fill_null(0.0),
        high=pl.coalesce(pl.col("max").cast(pl.Float64), pl.col("words") - 1, pl.when(pl.col("datatype") == "boolean").then(1))
        .fill_null(100.0)
        .cast(pl.Float64),
        is_whole=~pl.col("datatype").is_in(["float", "double"]),
    )


def lists(draws: np.ndarray, body_bytes: int) -> pl.DataFrame:
    """Column `signals`, list<struct<path, value>>: as many as make JSON bodies of about so many bytes; neighbours in the tree, as one controller sends them."""
    known = table()
    mean = max(1, min((body_bytes - COLUMNS_BYTES) // SIGNAL_BYTES, len(known)))
    counts = np.minimum(mean - mean // 8 + draws % np.uint64(2 * (mean // 8) + 1), len(known)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
    signal = (np.repeat((draws >> np.uint64(20)).astype(np.int64) % len(known), counts) + nth) % len(known)
    dice = mixed(np.repeat(draws, counts) + nth.astype(np.uint64))
    values = _values(known, signal, as_share(dice))
    flat = pl.DataFrame({"path": known["path"].gather(signal), "value": values}).to_struct().to_arrow()
    return pl.DataFrame({"signals": pl.Series(pa.LargeListArray.from_arrays(pl.Series(offsets).to_arrow(), flat))})


def _values(known: pl.DataFrame, signal: np.ndarray, dice: np.ndarray) -> np.ndarray:
    low, high, is_whole = (known[name].to_numpy()[signal] for name in ("low", "high", "is_whole"))
    whole = np.minimum(low + np.floor(dice * (high - low + 1)), high)
    single = (low + dice * (high - low)).astype(np.float32)  # controllers measure in single precision
    values: np.ndarray = np.where(is_whole, whole, np.clip(single.astype(np.float64), low, high))
    return values


def mixed(numbers: np.ndarray) -> np.ndarray:
    """SplitMix64 (Steele, Lea, Flood 2014): a random uint64 for each uint64."""
    z = numbers + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed_up: np.ndarray = z ^ (z >> np.uint64(31))
    return mixed_up


def as_share(numbers: np.ndarray) -> np.ndarray:
    """Random uint64 as numbers in [0, 1)."""
    shares: np.ndarray = (numbers >> np.uint64(11)) / 2.0**53
    return shares
