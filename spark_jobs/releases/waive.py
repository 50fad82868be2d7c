"""A waiver: an expectation of a table may fail for a while, and everybody sees that, whose it is and why."""

from datetime import UTC, datetime

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Failure
from fleetlake.releases import WAIVERS
from fleetlake.releases.model import Waiver, near
from spark_jobs.releases.log import tell
from spark_jobs.releases.plan import gate_results
from spark_jobs.runs import opened
from spark_jobs.tables import Overtaken

COUNTER = "waivers"


def waive(lake: str, name: str, owner: str, until: datetime, why: str) -> Waiver:
    """Waives `layer.table/expectation` until a moment; of several the newest counts. Raises Failure for what no gate has ever judged."""
    table, _, expectation = name.partition("/")
    given = Waiver(table, expectation, owner, datetime.now(UTC), until, why)
    _require(given)
    _require_known(lake, given)
    log = opened(lake, WAIVERS)
    number = (log.position(COUNTER) or 0) + 1
    row = {"waiver": number, "table_name": given.table} | {
        each: getattr(given, each) for each in ("at", "expectation", "owner", "until", "why")
    }
    try:
        log.append(pa.Table.from_pylist([row], arrow_schema(contract(WAIVERS))), {COUNTER: number}, others_may_follow=True)
    except Overtaken as error:
        raise Failure("somebody else waived something at the same moment", "say it again") from error
    tell(lake)
    return given


def _require(given: Waiver) -> None:
    if not (given.owner.strip() and given.why.strip()):
        raise Failure("a waiver has an owner and a reason", 'fleet waive … --owner you@… --why "…"')
    if given.until <= given.at:
        raise Failure(f"{given.until:%Y-%m-%d %H:%M} is over", "a waiver ends in the future: --until 2026-12-01")


def _require_known(lake: str, given: Waiver) -> None:
    layer = given.table.partition(".")[0]
    known = sorted({result.name for result in gate_results(lake, layer, [given.table])})
    if f"{given.table}/{given.expectation}" not in known:
        alike = near(f"{given.table}/{given.expectation}", known)
        own = [name for name in known if name.startswith(f"{given.table}/")]
        raise Failure(
            f"no gate has judged {given.table}/{given.expectation}",
            f"did you mean {', '.join(alike or own)}?" if alike or own else f"fleet check {layer}",
        )
