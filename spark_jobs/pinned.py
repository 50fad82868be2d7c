"""One version of a table as Spark reads it: its files and no others."""

from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame, SparkSession


def rows(spark: SparkSession, root: str, columns: Mapping[str, str], files: Iterable[str]) -> DataFrame:
    """A DataFrame of some files of the table at `root` (paths relative to it), with these columns (name: type) in this order, each nullable.

    A column that a file does not have is null. Delta's own reader looks into the log for each table of each query, which for queries over
    little data is most of their work; who has the list of files has done that once.
    """
    schema = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
    paths = [f"{root}/{path}" for path in files]
    if not paths:
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).option("basePath", root).parquet(*paths).select(*(f"`{name}`" for name in columns))
