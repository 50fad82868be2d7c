"""Logs are moved aside while their services write on."""

from fleetlake.services.logs import KEPT, rotate


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
