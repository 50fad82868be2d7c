"""How released tables are read: polars, DuckDB, Spark. All of them ask `fleetlake.releases.published`, and nothing else, for versions."""
