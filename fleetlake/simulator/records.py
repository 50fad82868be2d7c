"""Complete records: envelope as Kafka headers, key, body, and beside them what is true of each."""

from collections.abc import Iterator

import polars as pl

from fleetlake.names import topic
from fleetlake.produce import Record
from fleetlake.simulator.catalogue import MARKETS, SOFTWARE
from fleetlake.simulator.encode import bodies, columns
from fleetlake.simulator.family import registry
from fleetlake.simulator.faults.ways import break_record
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.plan import Plan

LATE_MS = 2 * 3_600_000
HEADERS = (
    *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_dataschema", "content-type"),
    *("ce_modelcode", "ce_market", "ce_swversion", "ce_bootid", "ce_sequence", "ce_isresend"),
)
WIRE = ("topic", "partition", "received_ms", "key", "body", *HEADERS, "odd_headers")  # what Kafka gets; a header that is null is not sent
ODD_HEADERS = pl.List(pl.Struct({"name": pl.String, "value": pl.Binary}))
PRODUCERS = pl.Series(["librdkafka", "java"])


def complete(plan: Plan, fleet: Fleet, family: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Records of one family: the columns of WIRE, the family's own columns, and the labels of truth; rows in the order given."""
    own = with_bulky(rows, family, plan.report_bytes)
    labelled = _labels(rows, fleet, family).hstack(own)
    wired = labelled.hstack(_headers(labelled, family, plan.format)).with_columns(body=bodies(own, family, plan.format))
    return _broken(wired, family, plan)


def with_bulky(rows: pl.DataFrame, family: str, body_bytes: int) -> pl.DataFrame:
    """The family's own columns, with those that are made only now because they are large."""
    own, bulky = rows.select(columns(rows)), registry()[family].bulky
    return own.hstack(bulky(rows["draw"].to_numpy(), body_bytes)) if bulky else own


def _labels(rows: pl.DataFrame, fleet: Fleet, family: str) -> pl.DataFrame:
    return rows.select(
        family=pl.lit(family),
        event_id="event_id",
        occurred_at=_instant("occurred"),
        received_at=_instant("received"),
        boot_id=pl.col("boot").cast(pl.String),
        sequence="sequence",
        sw_version=pl.Series(SOFTWARE).gather(rows["software"]),
        is_late=pl.col("received") - pl.col("occurred") > LATE_MS,
        is_resend="is_resend",
        is_id_reused="is_id_reused",
        producer=PRODUCERS.gather(rows["producer"]),
        partition="partition",
        fault="fault",
        way="way",
        expected="expected",
        unknown_fields=pl.lit(None, pl.String),
        received_ms="received",
        vehicle="vehicle",
    ).hstack(fleet.columns(rows["vehicle"].to_numpy()))


def _instant(milliseconds: str) -> pl.Expr:
    return (pl.col(milliseconds) * 1000).cast(pl.Datetime("us", "UTC"))


def _headers(labelled: pl.DataFrame, family: str, form: str) -> pl.DataFrame:
    has_boots = registry()[family].has_boots
    local = _local_time(labelled) if has_boots else labelled.select(_text("occurred_at") + "Z").to_series()
    return labelled.select(
        topic=pl.lit(topic(family)),
        key=pl.col("vehicle_key").cast(pl.Binary),
        ce_specversion=pl.lit("1.0"),
        ce_id="event_id",
        ce_source=pl.lit("vehicle" if has_boots else "backend") + "/" + pl.col("market").str.to_lowercase(),
        ce_type=pl.lit(f"fleet.{family}.v1"),
        ce_time=local,
        ce_subject="vehicle_key",
        ce_dataschema=pl.lit(f"urn:fleetlake:{family}:1.0"),
        **{"content-type": pl.lit(f"application/{form}")},
        ce_modelcode="model",
        ce_market="market",
        ce_swversion="sw_version",
        ce_bootid="boot_id",
        ce_sequence=pl.col("sequence").cast(pl.String),
        ce_isresend=pl.when("is_resend").then(pl.lit("true")),
        odd_headers=pl.lit(None, ODD_HEADERS),
    )


def _local_time(labelled: pl.DataFrame) -> pl.Series:
    """RFC 3339 in the local time of the market, as vehicles' clocks have it."""
    hours = pl.col("market").replace_strict({market.code: market.offset_h for market in MARKETS}, return_dtype=pl.Int64)
    suffix = pl.col("market").replace_strict({market.code: f"{market.offset_h:+03d}:00" for market in MARKETS}, return_dtype=pl.String)
    return labelled.select(_text(pl.col("occurred_at") + pl.duration(hours=hours)) + suffix).to_series()


def _text(instant: pl.Expr | str) -> pl.Expr:
    return (pl.col(instant) if isinstance(instant, str) else instant).dt.to_string("%Y-%m-%dT%H:%M:%S%.3f")


def _broken(wired: pl.DataFrame, family: str, plan: Plan) -> pl.DataFrame:
    """Breaks the records that have a way, one by one: they are few."""
    indexed = wired.with_row_index("row")
    odd = indexed.filter(pl.col("way").is_not_null())
    if odd.is_empty():
        return wired
    names = [*WIRE, "unknown_fields"]
    touched = odd.select(*names, max_body_bytes=pl.lit(plan.max_body_bytes)).to_dicts()
    for record, way in zip(touched, odd["way"], strict=True):
        break_record(record, way, family, plan.format)
    changed = odd.with_columns(pl.Series(name, [record[name] for record in touched], dtype=wired.schema[name]) for name in names)
    return pl.concat([indexed.filter(pl.col("way").is_null()), changed]).sort("row").drop("row")


def to_records(wire: pl.DataFrame) -> Iterator[Record]:
    """Records as the sender takes them, in the order of the rows (columns of WIRE)."""
    headers = [wire[name].cast(pl.Binary).to_list() for name in HEADERS]
    rest = [wire[name].to_list() for name in ("topic", "key", "body", "received_ms", "partition", "odd_headers")]
    for topic_name, key, body, received, partition, odd, *values in zip(*rest, *headers, strict=True):
        named: list[tuple[str, bytes | None]] = [(name, value) for name, value in zip(HEADERS, values, strict=True) if value is not None]
        yield Record(topic_name, key, body, named + [(header["name"], header["value"]) for header in odd or ()], received, partition)
