"""What became of the events of each family: one row of counts out of the tables, and the truth beside it.

Late, resent and lost as an analyst would count them, in SQL over the tables; nothing here is shared with the jobs or the simulator.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path

HEADER = "try(decode(list_filter(headers, item -> item.name = '{name}')[1].value))"
PLACE = 'topic_id, "partition", "offset"'
COLUMNS = {  # what is counted of each table
    "bronze": f"coalesce({HEADER.format(name='ce_isresend')} = 'true', false) as is_resend",
    "silver": f"{PLACE}, vehicle_key, event_id, boot_id, sequence, is_late",
    "quarantine": f"""{PLACE}, family, vehicle_key, reason,
        {HEADER.format(name="ce_bootid")} as boot_id, try_cast({HEADER.format(name="ce_sequence")} as bigint) as sequence""",
    "duplicates": f"{PLACE}, family",
}
TABLES = {"quarantine": "silver.quarantine", "duplicates": "ops.duplicates"}  # of all families
EMPTY = """
    '' as topic_id, 0 as "partition", 0 as "offset", '' as vehicle_key, '' as event_id, '' as boot_id, 0 as sequence, false as is_late,
    '' as family, '' as reason, []::struct(name varchar, value blob)[] as headers"""
# A quarantined row is open while its place is neither in silver nor among the duplicates: a replay closes it.
OPEN = """
    select * from quarantine where family = $family and (topic_id, "partition", "offset") not in (select (topic_id, "partition", "offset") from silver)
    and (topic_id, "partition", "offset") not in (select (topic_id, "partition", "offset") from duplicates where family = $family)
"""
HEARD = f"""
    select vehicle_key, boot_id, sequence from silver
    union all
    select vehicle_key, boot_id, sequence from ({OPEN})
"""
COUNTS = {
    "sent": "select count(*) from bronze",
    "silver": "select count(*) from silver",
    "duplicates": "select count(*) from duplicates where family = $family",
    "quarantined": f"select count(*) from ({OPEN})",
    "late": "select count(*) from silver where is_late",
    "resent": "select count(*) from bronze where is_resend",
    "id_reused": "select coalesce(sum(days - 1), 0)::bigint from (select count(*) as days from silver group by vehicle_key, event_id having count(*) > 1)",
    # The highest sequence heard of a boot + 1, less those heard: every boot counts from 0.
    "lost_by_gap": f"""
        select coalesce(sum(1 + highest - heard), 0)::bigint from (
            select max(sequence) as highest, count(distinct sequence) as heard from ({HEARD})
            where vehicle_key is not null and boot_id is not null and sequence is not null group by vehicle_key, boot_id)""",
}
REASONS = f"select reason, count(*) from ({OPEN}) group by reason order by reason"


def counts(lake: str, families: Iterable[str]) -> Iterator[dict[str, Any]]:
    """A row per family: family, COUNTS as integers, and `reasons`: open quarantine by reason. Zeros where a table was never written."""
    with duckdb.connect() as connection:
        for name in ("quarantine", "duplicates"):
            _read(connection, lake, name, TABLES[name])
        for family in families:
            for name in ("bronze", "silver"):
                _read(connection, lake, name, f"{name}.{family}")
            row = {name: _rows(connection, query, family)[0][0] for name, query in COUNTS.items()}
            yield {"family": family, **row, "reasons": dict(_rows(connection, REASONS, family))}


def truth(folder: Path) -> dict[str, dict[str, Any]]:
    """By family what `fleet simulate --truth` wrote. Raises Failure where there is none."""
    path = folder / "summary.json"
    if not path.exists():
        raise Failure(f"{path} is not there", "fleet simulate … --truth writes it; name its folder")
    return {row["family"]: row for row in json.loads(path.read_text())["families"]}


def differences(held: Mapping[str, Any], true: Mapping[str, Any]) -> Iterator[str]:
    """Sentences, one for each count of a family that is not the true one."""
    for name in COUNTS:
        if held[name] != true[name]:
            yield f"{held['family']}: {name} is {held[name]:,}, in truth {true[name]:,}"
    for reason in sorted({*held["reasons"], *true["reasons"]}):
        found, planted = held["reasons"].get(reason, 0), true["reasons"].get(reason, 0)
        if found != planted:
            yield f"{held['family']}: {found:,} rows quarantined as {reason}, in truth {planted:,}"


def _read(connection: duckdb.DuckDBPyConnection, lake: str, name: str, table: str) -> None:
    """What is counted of a table, at one version, read once; of an unwritten table there is no row."""
    path = table_path(lake, table)
    files = DeltaTable(path).file_uris() if DeltaTable.is_deltatable(path) else []
    rows = f"from read_parquet({files!r}, union_by_name=true)" if files else f"from (select {EMPTY}) where false"
    connection.execute(f"create or replace temp table {name} as select {COLUMNS[name]} {rows}")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, family: str) -> list[Any]:
    return connection.execute(query, {"family": family} if "$family" in query else {}).fetchall()
