"""Checkpoint folders belong to a process as long as it lives."""

import subprocess
import sys
from contextlib import closing

from spark_jobs.land.checkpoints import Checkpoint
from spark_jobs.land.logs import Place

HELD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from spark_jobs.land.checkpoints import Checkpoint
held = Checkpoint.new(Path(sys.argv[1]))
held.folder.mkdir()
print(held.folder, flush=True)
time.sleep(60)
"""


def test_planned_ends_are_read_from_what_spark_noted(tmp_path):
    noted = 'v1\n{"batchWatermarkMs":0}\n{"fleet.charging":{"0":5,"3":7},"fleet.consents":{"1":0}}'
    with closing(Checkpoint.new(tmp_path)) as checkpoint:
        (checkpoint.folder / "offsets").mkdir(parents=True)
        (checkpoint.folder / "offsets" / "4").write_text(noted)
        found = checkpoint.planned_ends(4)
    assert found == {Place("fleet.charging", 0): 5, Place("fleet.charging", 3): 7, Place("fleet.consents", 1): 0}


def test_the_folder_of_a_living_process_stays_and_that_of_a_killed_one_goes(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HELD_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        folder = tmp_path / other.stdout.readline().strip()
        Checkpoint.new(tmp_path).close()
        assert folder.is_dir()
    finally:
        other.kill()
        other.communicate(timeout=30)
    Checkpoint.new(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_two_starts_never_share_a_folder(tmp_path):
    with closing(Checkpoint.new(tmp_path)) as here, closing(Checkpoint.new(tmp_path)) as there:
        assert here.folder != there.folder
