"""Each row of a chunk goes to exactly one place."""

import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from spark_jobs.decode import Limits
from spark_jobs.refine.twins import HELD, PLACED
from spark_jobs.refine.work import TWINS, Notes, Outcome, refine
from tests.spark_jobs.refine.events import GIVEN, TOPIC_ID, bronze, record

CONSENTS = contract("silver.consents")


def refined(rows: pa.Table, notes: Notes | None = None) -> tuple[Outcome, Notes]:
    return refine(rows, CONSENTS, notes or Notes(), 7, Limits())


def twins(*offsets: int) -> pl.DataFrame:
    return pl.DataFrame([(TOPIC_ID, 0, offset, 0) for offset in offsets], schema=TWINS, orient="row")


def offsets(rows: pa.Table) -> list[int]:
    return rows["offset"].to_pylist()


def test_an_accepted_row_goes_to_silver_and_a_rejected_one_to_quarantine_with_all_its_bytes():
    outcome, _ = refined(bronze(record(0), record(1, body=b"{")))
    assert offsets(outcome.silver) == [0]
    assert outcome.quarantine.schema == arrow_schema(contract("silver.quarantine"))
    told = outcome.quarantine.to_pylist()[0]
    assert (told["family"], told["reason"], told["contract_version"], told["run"], told["offset"], told["body"]) == (
        "consents",
        "malformed",
        "1.0.0",
        7,
        1,
        b"{",
    )
    assert outcome.duplicates.num_rows == 0


def test_a_duplicate_says_where_the_kept_row_is():
    outcome, _ = refined(bronze(record(0), record(1, id="e0")), Notes(twins(0, 1)))
    assert offsets(outcome.silver) == [0]
    assert outcome.duplicates.select(["offset", "kept_topic_id", "kept_partition", "kept_offset"]).to_pylist() == [
        {"offset": 1, "kept_topic_id": TOPIC_ID, "kept_partition": 0, "kept_offset": 0}
    ]


def test_another_body_is_a_conflict():
    outcome, _ = refined(bronze(record(0), record(1, id="e0", body=GIVEN | {"is_given": False})), Notes(twins(0, 1)))
    assert outcome.quarantine.select(["offset", "reason"]).to_pylist() == [{"offset": 1, "reason": "conflict"}]


def test_a_broken_copy_is_rejected_for_its_own_reason_and_its_good_twin_kept():
    outcome, _ = refined(bronze(record(0, body=b"{"), record(1, id="e0"), record(2, id="e0")), Notes(twins(0, 1, 2)))
    assert (offsets(outcome.silver), offsets(outcome.duplicates)) == ([1], [2])
    assert outcome.quarantine["reason"].to_pylist() == ["malformed"]


def test_what_one_chunk_kept_is_known_in_the_next():
    _, notes = refined(bronze(record(0)), Notes(twins(0, 1)))
    outcome, _ = refined(bronze(record(1, id="e0")), notes)
    assert (offsets(outcome.silver), offsets(outcome.duplicates)) == ([], [1])


def test_a_row_kept_in_another_item_makes_this_one_a_duplicate():
    rows = bronze(record(5))
    kept = pl.DataFrame([[0, rows["body_hash"][0].as_py(), TOPIC_ID, 3, 9]], schema=HELD, orient="row")
    outcome, _ = refined(rows, Notes(twins(5), kept))
    assert outcome.duplicates.select(["kept_partition", "kept_offset"]).to_pylist() == [{"kept_partition": 3, "kept_offset": 9}]


def test_a_row_that_silver_holds_is_left_alone():
    held = pl.DataFrame([(TOPIC_ID, 0, 0), (TOPIC_ID, 1, 1)], schema=PLACED, orient="row")
    outcome, _ = refined(bronze(record(0), record(1)), Notes(refined=held))
    assert (offsets(outcome.silver), offsets(outcome.refined)) == ([1], [0])
