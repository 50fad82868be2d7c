"""How far behind the streams are."""

from fleetlake.commands.lags import lags, summed
from spark_jobs.refine.job import refine
from tests.spark_jobs.refine.events import InProcess, bronze, land_rows, record


def test_what_refine_has_not_taken_is_told_also_where_no_kafka_runs(lake):
    land_rows(lake, bronze(record(0), record(1)))
    assert lags()["refine", "bronze.consents"] == 2
    assert list(refine(InProcess(), lake))
    assert lags()["refine", "bronze.consents"] == 0
    assert "land" not in summed(lags()), "nobody knows"


def test_lags_of_a_stream_are_summed():
    assert summed({("land", "fleet.a"): 1, ("land", "fleet.b"): 2, ("refine", "bronze.a"): 0}) == {"land": 3, "refine": 0}
