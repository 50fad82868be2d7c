"""Logs are moved aside while their services write on."""

import os

from fleetlake.services.logs import KEPT, forget, rotate


def test_a_large_log_is_moved_aside_and_written_on(tmp_path):
    log = tmp_path / "land.log"
    with log.open("a") as service:
        service.write("old " * 10)
        service.flush()
        rotate(tmp_path, 10)
        service.write("new")
    assert log.read_text() == "new"
    assert (tmp_path / "land.log.1").read_text() == "old " * 10


def test_only_the_newest_few_are_kept(tmp_path):
    for number in range(KEPT + 2):
        (tmp_path / "land.log").write_text(f"{number} is more than ten bytes")
        rotate(tmp_path, 10)
    kept = {path.name: path.read_text()[0] for path in tmp_path.iterdir() if path.stat().st_size}
    assert kept == {"land.log.1": "4", "land.log.2": "3", "land.log.3": "2"}


def test_a_small_log_and_sparks_own_stay(tmp_path):
    (tmp_path / "land.log").write_text("short")
    (tmp_path / "spark.log").write_text("longer than ten bytes")
    rotate(tmp_path, 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["land.log", "spark.log"]


def test_logs_of_old_runs_go_with_their_folders_and_those_of_a_dag_stay(tmp_path):
    old, new = (tmp_path / "dag_id=watch" / f"run_id={run}" / "task_id=watch" / "attempt=1.log" for run in ("old", "new"))
    mixed = old.with_name("attempt=2.log").parent.parent / "task_id=other" / "attempt=1.log"
    for path, at in ((old, 100), (mixed, 100), (new, 300)):
        path.parent.mkdir(parents=True)
        path.write_text("said")
        os.utime(path, (at, at))
    assert forget(tmp_path, 200) == 2
    assert [path.name for path in (tmp_path / "dag_id=watch").iterdir()] == ["run_id=new"]
    new.unlink()
    new.write_text("said")
    os.utime(new, (100, 100))
    assert forget(tmp_path, 200) == 1
    assert list(tmp_path.rglob("*")) == [tmp_path / "dag_id=watch"], "the next run of it may be starting"
    assert forget(tmp_path / "never", 200) == 0
