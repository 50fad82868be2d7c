"""Which tables a job reads and writes, but for builds, which tell of each model. Whoever asks this is at the end of a command: imports are few."""

from collections.abc import Callable, Mapping

from fleetlake.names import topic
from spark_jobs.layers import tables_of

Tables = tuple[list[str], list[str]]  # read, written


def land(lake: str) -> Tables:
    """Topics, and the tables of bronze that they are in."""
    tables = [name for name in tables_of(lake, "bronze") if name not in IMPORTED]
    return [topic(name.partition(".")[2]) for name in tables], tables


def refine(lake: str) -> Tables:
    """Bronze, and all of silver that comes from it."""
    silver = [name for name in tables_of(lake, "silver") if name not in IMPORTED]
    return [name for name in tables_of(lake, "bronze") if name not in IMPORTED], [*silver, "ops.duplicates"]


def imported(lake: str) -> Tables:
    """Files have no name that lasts."""
    return [], [name for layer in ("bronze", "silver") for name in tables_of(lake, layer) if name in IMPORTED]


def trained(lake: str) -> Tables:
    """All that use cases read; what comes of it is a model, and what is booked."""
    from fleetlake.training.use_cases import use_cases
    from spark_jobs.training.log import TABLE as RUNS

    return sorted({table for use in use_cases().values() for table, _ in use.columns}), [RUNS]


def scored(lake: str) -> Tables:
    """The features that the model knows, and who is scored."""
    from fleetlake.features import registry
    from fleetlake.training.suggest import REGISTER
    from fleetlake.training.use_cases import use_case
    from spark_jobs.training.scores import TABLE as SUGGESTIONS

    return sorted({registry()[name].table for name in use_case("suggest").features} | {REGISTER}), [SUGGESTIONS]


IMPORTED = ("bronze.cost_charges", "bronze.recalls", "silver.cost_charges", "silver.recalls", "silver.import_quarantine")
JOBS: Mapping[str, Callable[[str], Tables]] = {"land": land, "refine": refine, "import": imported, "train": trained, "score": scored}
