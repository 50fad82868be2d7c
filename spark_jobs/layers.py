"""Which tables a layer has: those that have a contract and exist."""

from pyarrow import fs

from expectations.contract import of_layer
from spark_jobs.files import filesystem


def tables_of(lake: str, layer: str) -> list[str]:
    """`layer.table` of each Delta table of a layer that has a contract, by name; in bronze every table has that of bronze.events."""
    files, root = filesystem(f"{lake}/{layer}")
    promised = {one.table for one in of_layer(layer)}
    found = files.get_file_info(fs.FileSelector(root, allow_not_found=True))
    names = sorted(each.base_name for each in found if layer == "bronze" or each.base_name in promised)
    logs = files.get_file_info([f"{root}/{name}/_delta_log" for name in names]) if names else []
    return [f"{layer}.{name}" for name, log in zip(names, logs, strict=True) if log.type == fs.FileType.Directory]


def is_promised(table: str) -> bool:
    """Whether a contract says that `layer.table` should be there."""
    return table.startswith("bronze.") or any(one.id == table for one in of_layer(table.partition(".")[0]))
