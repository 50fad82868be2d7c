"""What a gate asks of a table: small declarations that become Great Expectations suites (`great`) and SQL for failing rows (`broken`)."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]  # critical stops a release, warning is shown
Kind = Literal["required", "between", "among", "matches", "holds", "equal", "unique"]

ROWS = "rows"  # the frame of the table's own rows; all other frames are measured first


@dataclass(frozen=True)
class Expectation:
    """One promise about the rows of a frame; null keeps every kind but `required`.

    By kind: required, no null in the column · between, `minimum` ≤ column ≤ `maximum` · among, the column is one of `values` · matches, the whole
    value matches the RE2 expression `pattern` · holds, the boolean SQL `expression` over a row, for DuckDB and Spark · equal, the two
    columns · unique, the columns together. `share` of the rows must keep it.
    """

    id: str  # within its table: "soc_end.range"
    severity: Severity
    frame: str
    kind: Kind
    columns: tuple[str, ...]
    says: str  # what is expected, in words
    remedy: str  # what to do when it fails
    minimum: float | int | None = None
    maximum: float | int | None = None
    values: tuple[str, ...] = ()
    pattern: str = ""
    expression: str = ""
    share: float = 1.0

    @property
    def column(self) -> str:
        """The one that it looks at; of `holds`, the boolean that its expression gives."""
        return self.id.replace(".", "_") + "_holds" if self.kind == "holds" else self.columns[0]
