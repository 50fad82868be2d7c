"""Deliveries that wait in a folder."""

from pathlib import Path

from spark_jobs.imports.inbox import deliveries, put_away


def delivered(inbox: Path, *names: str) -> None:
    for name in names:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a\n1\n")


def test_a_folder_is_a_delivery_of_its_kind_and_what_is_hidden_is_none(tmp_path: Path):
    delivered(
        tmp_path, "cost/june/b.csv", "cost/june/a.csv", "recalls/2026/list.csv", "cost/.draft/c.csv", "cost/july/.c.csv", "cost/loose.csv"
    )
    found = [(each.kind, each.folder.name, [file.name for file in each.files]) for each in deliveries(tmp_path)]
    assert found == [("cost", "june", ["a.csv", "b.csv"]), ("recalls", "2026", ["list.csv"])]


def test_what_was_taken_waits_no_more_also_under_a_name_that_came_before(tmp_path: Path):
    for expected in ("june", "june-2"):
        delivered(tmp_path, "cost/june/a.csv")
        (delivery,) = deliveries(tmp_path)
        assert put_away(delivery) == tmp_path / "cost" / "taken" / expected
    assert list(deliveries(tmp_path)) == []
    assert (tmp_path / "cost" / "taken" / "june-2" / "a.csv").exists()
