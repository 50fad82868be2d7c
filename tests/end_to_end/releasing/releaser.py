"""A releaser to be killed: writes candidates, gates them, releases, fails and rolls back, until there are enough releases. Starts again anywhere.

Every version of a table carries its generation, and poison where no gate passed it: a reader who sees poison has seen an unchecked version.
"""

import sys
from random import Random

import polars as pl
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs.releases.log import Log
from spark_jobs.releases.plan import Refused, release
from spark_jobs.releases.rollback import rollback
from tests.spark_jobs.releases.fabricated import NAMES, gated, replaced

ROWS = 3
STEPS = {"release": 5, "fail": 2, "roll back": 2}


def main(lake: str, seed: str, upto: int) -> None:
    """Goes on until the lake has seen that many releases and rollbacks, and refused releases between them."""
    random = Random(seed)
    while len(Log.open(lake).history) < upto:
        step = random.choices(list(STEPS), list(STEPS.values()))[0]
        {"release": _release, "fail": _fail, "roll back": _roll_back}[step](lake)


def _release(lake: str) -> None:
    checked = _written(lake, poison=False)
    gated(lake, checked)
    _written(lake, poison=True)  # later commits do not matter
    before = Log.open(lake, dry=True).current("silver")
    release(lake, "silver", resume=before is not None and before.is_held)


def _fail(lake: str) -> None:
    gated(lake, _written(lake, poison=True), [{"table_name": NAMES[-1]}])
    try:
        release(lake, "silver")
    except Refused:
        return
    raise AssertionError("a failed gate was released")


def _roll_back(lake: str) -> None:
    log = Log.open(lake)
    try:
        parts = rollback(log, "silver")
    except Failure:  # there is nothing yet to go back to
        return
    log.commit(parts)


def _written(lake: str, *, poison: bool) -> dict[str, int]:
    """The next generation of all tables; their versions."""
    paths = [table_path(lake, name) for name in NAMES]
    generation = 1 + max((DeltaTable(path).version() for path in paths if DeltaTable.is_deltatable(path)), default=0)
    frame = pl.DataFrame({"generation": [generation] * ROWS, "poison": [poison] * ROWS})
    return {name: replaced(lake, name, frame) for name in NAMES}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
