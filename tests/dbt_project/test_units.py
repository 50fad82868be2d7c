"""dbt's unit tests of the models hold, all of them."""

from pathlib import Path

from tests.dbt_project.units import failures


def test_the_unit_tests_of_all_models_hold(spark, home: Path, tmp_path: Path):
    count, wrong = failures(spark, tmp_path)
    assert wrong == []
    assert count >= 40
    assert spark.conf.get("spark.sql.ansi.enabled") == "true", "what does not fit would be null"
