"""A layer's tables are those that are promised and there."""

import pyarrow as pa

from spark_jobs.layers import tables_of
from spark_jobs.tables import Table


def test_tables_of_a_layer_have_a_contract_and_exist(tmp_path):
    for name in ("silver.charging", "silver.unheard_of", "bronze.unheard_of", "ops.ledger"):
        Table.open(str(tmp_path), name, pa.schema([pa.field("id", pa.int64())]))
    (tmp_path / "silver/consents").mkdir()  # a folder that never became a table
    assert tables_of(str(tmp_path), "silver") == ["silver.charging"]
    assert tables_of(str(tmp_path), "bronze") == ["bronze.unheard_of"]
    assert tables_of(str(tmp_path), "gold") == []
