"""`fleet dashboard` as a person starts it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 60


@contextmanager
def served(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a dashboard over this test's lake, and its process; ended in the end."""
    command = [sys.executable, "-m", "fleetlake.cli", "dashboard", "--json", *words]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())["url"], process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
