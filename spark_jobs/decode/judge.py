"""The verdict on each bronze row, and the silver columns of the accepted ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from expectations.contract import Contract


@dataclass(frozen=True)
class Limits:
    """What is refused before any parser sees it."""

    body_bytes: int = 1_000_000
    levels: int = 64


@dataclass(frozen=True)
class Judged:
    """Verdicts of a chunk of n bronze rows, of which m were accepted."""

    silver: pa.Table
    """m rows: every column of the silver contract, in its order and types (occurred_on and the place included)."""
    rows: pa.Int64Array
    """m indices into the chunk, ascending: `chunk.take(rows)` stands beside `silver`."""
    reasons: pa.StringArray
    """n reasons out of the closed list; null = accepted. Never `conflict`: only twins can tell that."""
    rules: pa.StringArray
    """n rules, such as "soc_end: maximum 100"; null where accepted."""


def judge(bronze: pa.Table, contract: Contract, limits: Limits = Limits()) -> Judged:
    """Judges a chunk of bronze rows of one family by its silver contract; JSON and Protobuf bodies may be mixed.

    bronze: the columns of bronze in any order, extra ones ignored; at most ~16 MB of raw bodies a chunk keeps a worker below 250 MB.
    Raises nothing for what a sender did: each row gets its verdict, and one bad body never costs its neighbours.
    """
    raise NotImplementedError(contract.table)
