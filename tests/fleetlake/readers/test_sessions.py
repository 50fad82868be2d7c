"""A Spark session reads one release, in schemas that are named by it."""

from pyspark.sql import SparkSession

import fleetlake
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, grown, silver


def test_a_session_reads_the_release_that_it_is_bound_to(spark: SparkSession, lake: str):
    gated(lake, silver(lake))
    release(lake, "silver")
    gated(lake, {"bronze.charging": grown(lake, "bronze.charging", rows=5)})
    release(lake, "bronze")
    bound = fleetlake.spark(spark)
    assert (bound.release.number, bound.schemas) == (2, {"bronze": "bronze_r2", "silver": "silver_r1"})
    gated(lake, silver(lake))
    release(lake, "silver")
    assert spark.sql("select count(*) from silver_r1.charging").first()[0] == 1
    assert [bound.table(name).count() for name in ("silver.charging", "bronze.charging")] == [1, 5]
    newer = fleetlake.spark(spark)
    assert [each.table("silver.charging").count() for each in (bound, newer, fleetlake.spark(spark, as_of=1))] == [1, 2, 1]
    assert {each.name for each in spark.catalog.listTables("silver_r3") if not each.isTemporary} == {"charging", "consents", "navigation"}
    for schema in {*bound.schemas.values(), *newer.schemas.values()}:
        spark.sql(f"drop schema {schema} cascade")  # the session outlives this lake
