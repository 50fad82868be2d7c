"""What a decoder found in bodies: typed columns, and what was wrong with single rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from expectations.schemas import ARROW


@dataclass
class Decoded:
    """Own columns of n bodies; rows are 0 … n-1. A value that cannot stand in its column is null there and named here."""

    columns: dict[str, pa.Array]
    unknown_fields: pa.Array
    malformed: dict[int, str] = field(default_factory=dict)
    """Row to rule."""
    wrong: dict[str, list[int]] = field(default_factory=dict)
    """Column to the rows whose value has another type."""
    unfit: dict[str, list[int]] = field(default_factory=dict)
    """Column to the rows whose integer is too large for it."""

    def __len__(self) -> int:
        return len(self.unknown_fields)


def nothing(physical_types: dict[str, str]) -> Decoded:
    """No bodies at all."""
    return Decoded({name: pa.nulls(0, ARROW[kind]) for name, kind in physical_types.items()}, pa.nulls(0, pa.string()))


def joined(parts: Sequence[Decoded]) -> Decoded:
    """The parts one after the other; at least one."""
    if len(parts) == 1:
        return parts[0]
    columns = {name: pa.concat_arrays([part.columns[name] for part in parts]) for name in parts[0].columns}
    whole = Decoded(columns, pa.concat_arrays([part.unknown_fields for part in parts]))
    begin = 0
    for part in parts:
        whole.malformed.update({begin + row: rule for row, rule in part.malformed.items()})
        for name, rows in part.wrong.items():
            whole.wrong.setdefault(name, []).extend(begin + row for row in rows)
        for name, rows in part.unfit.items():
            whole.unfit.setdefault(name, []).extend(begin + row for row in rows)
        begin += len(part)
    return whole
