"""Readers never see what no gate passed, never two releases in one answer, and never fail, while releasers work and die."""

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import polars as pl
import pytest
from deltalake import DeltaTable

import fleetlake
from fleetlake.names import table_path
from fleetlake.releases import current_path
from spark_jobs.releases.log import Log
from tests.end_to_end.kills.commands import Marks
from tests.end_to_end.releasing import releaser
from tests.end_to_end.releasing.reader import Reader, reading
from tests.spark_jobs.releases.fabricated import NAMES

SEED = 4
MARKS = 6  # a release has two: before its commit, and before it is told to the readers
LATE_S = 0.1  # about as long as what comes after a mark
LIMIT_S = 240
A_SECOND = 10


@pytest.mark.parametrize(
    ("releases", "kills"), [(8, 3), pytest.param(50, 20, marks=[pytest.mark.drill, pytest.mark.timeout(1200)])], ids=["few", "many"]
)
def test_readers_see_whole_checked_releases_while_releasers_die(lake: str, tmp_path: Path, releases: int, kills: int):
    releaser.main(lake, "first", 1)
    with reading() as reader:
        for number in range(kills):
            killed(lake, f"{SEED}/{number}", tmp_path / f"{number}")
        before = len(Log.open(lake, dry=True).history)
        subprocess.run(command(lake, f"{SEED}/last", max(releases, before + 1)), check=True, timeout=LIMIT_S)
    told(reader, kills, len(Log.open(lake, dry=True).history))
    nothing_was_seen_that_may_not_be(reader, lake)
    assert all(fleetlake.scan(name, candidate=True).select(pl.col("poison").any()).collect().item() for name in NAMES), (
        "poison would be seen"
    )
    if kills > 3:
        assert reader.a_second >= A_SECOND


def command(lake: str, seed: str, upto: int) -> list[str]:
    return [sys.executable, "-m", "tests.end_to_end.releasing.releaser", lake, seed, str(upto)]


def killed(lake: str, seed: str, marks_path: Path) -> None:
    """Starts a releaser and kills it at a seeded moment: so many marks on its way, and a little later."""
    random = Random(seed)
    marks = Marks(marks_path)
    with subprocess.Popen(command(lake, seed, sys.maxsize), env=os.environ | {"FLEET_PHASE_FILE": str(marks_path)}) as running:
        deadline = time.monotonic() + LIMIT_S
        wanted, passed = random.randint(1, MARKS), 0
        while passed < wanted:
            assert running.poll() is None, f"seed {seed}: it ended by itself"
            assert time.monotonic() < deadline, f"seed {seed}: it stands still"
            passed += len(marks.next(0.1))
        delay_s = random.uniform(0, LATE_S)
        time.sleep(delay_s)
        running.kill()
    marks.close()
    print(
        f"seed {seed}: killed after {passed} marks and {delay_s * 1000:.0f} ms; {len(Log.open(lake, dry=True).history)} releases; file {file_is(lake)}"
    )


def file_is(lake: str) -> str:
    """How the file stands to the table after a kill."""
    return (
        "behind"
        if f'"version": {DeltaTable(table_path(lake, "ops.releases")).version()},' not in Path(current_path(lake)).read_text()
        else "whole"
    )


def told(reader: Reader, kills: int, releases: int) -> None:
    print(f"{len(reader.seen):,} reads, {reader.a_second:.0f} a second, while {releases} releases came and {kills} releasers were killed")


def nothing_was_seen_that_may_not_be(reader: Reader, lake: str) -> None:
    assert reader.failures == [], "a read failed"
    assert reader.seen
    assert not any(seen.poison for seen in reader.seen), "an unchecked version was seen"
    assert all(len(seen.generations) == 1 for seen in reader.seen), "two releases were mixed"
    numbers = [seen.release for seen in reader.seen]
    assert numbers == sorted(numbers), "a newer release was seen before an older one"
    assert len(set(numbers)) > 3, "hardly a release came while it read"
    back = {release.number for release in Log.open(lake, dry=True).history if release.is_held}
    generations = {seen.release: max(seen.generations) for seen in reader.seen}
    for (before, old), (after, new) in pairwise(sorted(generations.items())):
        assert new >= old or back & set(range(before + 1, after + 1)), f"time went back from release {before} to {after}"
