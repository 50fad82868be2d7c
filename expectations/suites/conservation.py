"""Conservation: rows of a table are those that its commits account for, and each row of bronze went somewhere."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites import imported
from expectations.suites.expectation import Expectation

COUNTED = ("silver.quarantine", "ops.duplicates")
AUDIT = "`fleet audit --full` names the offsets; restore the table to the version before rows came or went past its job"


def expectations(contract: Contract) -> Iterator[Expectation]:
    """The ledger's equations, in exact integers."""
    if contract.topic or (contract.layer == "bronze" and contract.id not in imported.TABLES) or contract.id in COUNTED:
        yield _equal("conservation.rows", ("rows", "told"), "the table has as many rows as its commits say they brought", AUDIT)
    if contract.topic:
        says = f"rows of bronze.{contract.table} up to silver's positions = accepted + duplicates + refused"
        yield _equal("conservation.runs", ("landed", "accounted"), says, "`fleet audit --full` names the offsets that no run accounts for")


def _equal(id: str, columns: tuple[str, str], says: str, remedy: str) -> Expectation:
    return Expectation(id, "critical", "conservation", "equal", columns, says, remedy)
