"""The same job in stock Spark, tuned as well as we know: what `landing.py` measures us against.

Kafka -> bronze Delta with the envelope out of the headers; bronze -> `from_json` -> rules -> exact dedup within the batch
and against what silver holds -> silver Delta, rejects to quarantine. Hashes are Spark's own, which are cheaper than ours.
It is as strict as `from_json` can be: it does not see duplicate keys, NaN, or 3.7 in an integer column.
"""

from collections.abc import Mapping

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from expectations.contract import Contract
from fleetlake.names import table_path

TUNED = {
    "spark.driver.memory": "4g",  # with 1 GB it spends its time collecting garbage, or dies: the batch and its cached form pass through the heap
    "spark.driver.defaultJavaOptions": "-XX:+UseParallelGC",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.hadoop.parquet.compression.codec.zstd.level": "1",
    "spark.hadoop.parquet.enable.dictionary": "false",  # bodies do not repeat: a dictionary only costs
    "spark.databricks.delta.stats.collect": "true",
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
}
HEADERS = (
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_time",
    "ce_subject",
    "ce_dataschema",
    "content-type",
    "ce_modelcode",
    "ce_market",
    "ce_swversion",
    "ce_sequence",
    "ce_bootid",
    "ce_isresend",
)
BRONZE_NAMES = {
    "ce_id": "event_id",
    "ce_source": "source",
    "ce_type": "type",
    "ce_subject": "vehicle_key",
    "ce_dataschema": "dataschema",
    "content-type": "content_type",
    "ce_time": "occurred_at",
}


def land(spark: SparkSession, kafka: Mapping[str, str], topic: str, lake: str) -> None:
    """Everything that the topic holds goes to bronze, once, by the stock sink with its checkpoint."""
    _copy(bronze(_records(spark, kafka, topic, headers=True)), table_path(lake, "bronze.stock"), "received_on")


def land_bare(spark: SparkSession, kafka: Mapping[str, str], topic: str, lake: str) -> None:
    """The same without headers, envelope and hashes: only what the figure of the design counted."""
    records = _records(spark, kafka, topic, headers=False).withColumn("received_on", F.to_date("timestamp"))
    _copy(records, table_path(lake, "bronze.stock_bare"), "received_on")


def refine_bare(spark: SparkSession, lake: str, contract: Contract) -> None:
    """`from_json` from bronze to silver without envelope, rules, dedup and order: only what the figure of the design counted."""
    bodies = spark.readStream.format("delta").load(table_path(lake, "bronze.stock_bare"))
    parsed = bodies.withColumn("decoded", F.from_json(F.col("value").cast("string"), body_ddl(contract)))
    _copy(
        parsed.select("received_on", "partition", "offset", "timestamp", "decoded.*"), table_path(lake, "silver.stock_bare"), "received_on"
    )


def _records(spark: SparkSession, kafka: Mapping[str, str], topic: str, *, headers: bool) -> DataFrame:
    source = spark.readStream.format("kafka").options(**kafka)
    return source.options(subscribe=topic, startingOffsets="earliest", includeHeaders=str(headers).lower()).load()


def _copy(rows: DataFrame, path: str, partition: str) -> None:
    sink = rows.writeStream.format("delta").option("checkpointLocation", f"{path}_checkpoint").partitionBy(partition)
    sink.trigger(availableNow=True).start(path).awaitTermination()


def bronze(records: DataFrame) -> DataFrame:
    """Raw bytes and envelope of each record, as our bronze has them."""
    named = F.map_from_entries(F.transform("headers", lambda header: F.struct(header["key"], F.decode(header["value"], "UTF-8"))))
    wide = (
        records.withColumn("named", named)
        .select("*", *(F.col("named")[name].alias(BRONZE_NAMES[name]) for name in BRONZE_NAMES))
        .drop("named")
    )
    return wide.select(
        "topic",
        "partition",
        "offset",
        F.col("timestamp").alias("received_at"),
        F.to_date("timestamp").alias("received_on"),
        "key",
        F.col("value").alias("body"),
        "headers",
        *BRONZE_NAMES.values(),
        F.to_date(F.try_to_timestamp("occurred_at")).alias("occurred_on"),
        F.xxhash64("vehicle_key", "event_id").alias("event_hash"),
        F.xxhash64("value").alias("body_hash"),
    )


def refine(spark: SparkSession, lake: str, contract: Contract) -> None:
    """What bronze gained goes to silver or quarantine: a stream with `foreachBatch`, as most teams have it."""
    path = table_path(lake, "bronze.stock")
    stream = spark.readStream.format("delta").load(path)
    sink = stream.writeStream.foreachBatch(lambda batch, number: _refine_batch(batch, lake, contract)).option(
        "checkpointLocation", table_path(lake, "silver.stock") + "_checkpoint"
    )
    sink.trigger(availableNow=True).start().awaitTermination()


def _refine_batch(batch: DataFrame, lake: str, contract: Contract) -> None:
    judged = silver(batch, contract).persist()
    good = (
        judged.where("reason is null")
        .drop("reason", "body", "headers", "key")
        .dropDuplicates(["occurred_on", "event_hash", "vehicle_key", "event_id"])
    )
    fresh = good.join(_held(batch.sparkSession, lake, good), on=["occurred_on", "event_hash"], how="left_anti")
    ordered = fresh.repartition("occurred_on").sortWithinPartitions("vehicle_key", "occurred_at")
    ordered.write.format("delta").mode("append").partitionBy("occurred_on").save(table_path(lake, "silver.stock"))
    judged.where("reason is not null").select("topic", "partition", "offset", "reason", "body", "headers", "key").write.format(
        "delta"
    ).mode("append").save(table_path(lake, "silver.stock_quarantine"))
    judged.unpersist()


def _held(spark: SparkSession, lake: str, good: DataFrame) -> DataFrame:
    """Identities that silver holds on the days of this batch."""
    from delta import DeltaTable

    path = table_path(lake, "silver.stock")
    if not DeltaTable.isDeltaTable(spark, path):
        return good.select("occurred_on", "event_hash").limit(0)
    days = [row.occurred_on for row in good.select("occurred_on").distinct().collect()]
    return spark.read.format("delta").load(path).where(F.col("occurred_on").isin(days)).select("occurred_on", "event_hash")


def silver(batch: DataFrame, contract: Contract) -> DataFrame:
    """Decoded and judged rows: `reason` is null where a row is accepted."""
    text = F.col("body").cast("string")
    options = {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "_corrupt",
        "allowNumericLeadingZeros": "false",
        "allowNonNumericNumbers": "false",
    }
    parsed = batch.withColumn("decoded", F.from_json(text, f"{body_ddl(contract)}, _corrupt string", options))
    header = F.map_from_entries(F.transform("headers", lambda item: F.struct(item["key"], F.decode(item["value"], "UTF-8"))))
    named = parsed.withColumn("named", header).withColumn("reason", _reason(contract))
    return named.select(
        "event_id",
        "vehicle_key",
        F.try_to_timestamp("occurred_at").alias("occurred_at"),
        "occurred_on",
        "received_at",
        (F.unix_timestamp("received_at") - F.unix_timestamp(F.try_to_timestamp("occurred_at")) > 7200).alias("is_late"),
        (F.col("named")["ce_isresend"] == "true").alias("is_resend"),
        F.col("named")["ce_bootid"].alias("boot_id"),
        F.col("named")["ce_sequence"].cast("bigint").alias("sequence"),
        F.col("named")["ce_modelcode"].alias("model"),
        F.col("named")["ce_market"].alias("market"),
        F.col("named")["ce_swversion"].alias("sw_version"),
        *(F.col("decoded")[column.name].alias(column.name) for column in contract.own_columns),
        "event_hash",
        "body_hash",
        "topic",
        "partition",
        "offset",
        *(F.when(F.col("reason").isNotNull(), F.col(name)).alias(name) for name in ("body", "headers", "key")),  # else they would be cached
        "reason",
    )


def body_ddl(contract: Contract) -> str:
    """The body's columns for `from_json`: signals stand in it as a list."""
    listed = {"map<string,double>": "array<struct<path:string,value:double>>"}
    return ", ".join(f"{column.name} {listed.get(column.physical_type, column.physical_type)}" for column in contract.own_columns)


def _reason(contract: Contract) -> SparkColumn:
    """The first broken rule: corrupt, missing, out of range, not allowed."""
    reason = F.when(F.col("decoded").isNull() | F.col("decoded")["_corrupt"].isNotNull(), "malformed")
    for column in contract.own_columns:
        value = F.col("decoded")[column.name]
        if column.required:
            reason = reason.when(value.isNull(), "missing_field")
        if column.minimum is not None:
            reason = reason.when(value < column.minimum, "out_of_range")
        if column.maximum is not None:
            reason = reason.when(value > column.maximum, "out_of_range")
        if column.enum:
            reason = reason.when(~value.isin(list(column.enum)), "not_allowed")
    return reason
