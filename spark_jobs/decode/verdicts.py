"""Who was rejected and why: the first failure of a row wins."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Rows = npt.NDArray[np.int64]


@dataclass
class Verdicts:
    """Verdicts of `size` rows; the accepted ones cost nothing, because they are the many."""

    size: int
    rejected: dict[int, tuple[str, str]] = field(default_factory=dict)

    def reject(self, rows: Iterable[int], reason: str, rule: str) -> None:
        """These rows break the rule; a row that was rejected before keeps its first reason."""
        for row in rows:
            self.rejected.setdefault(int(row), (reason, rule))

    def accepted(self, among: Rows | None = None) -> Rows:
        """Rows that nothing was said against yet, ascending."""
        is_accepted = np.ones(self.size, np.bool_)
        is_accepted[list(self.rejected)] = False
        return np.flatnonzero(is_accepted) if among is None else among[is_accepted[among]]

    def columns(self) -> tuple[pa.StringArray, pa.StringArray]:
        """Reasons and rules of all rows; null = accepted."""
        if not self.rejected:
            return pa.nulls(self.size, pa.string()), pa.nulls(self.size, pa.string())
        each = [self.rejected.get(row, (None, None)) for row in range(self.size)]
        return pa.array([reason for reason, _ in each], pa.string()), pa.array([rule for _, rule in each], pa.string())
