"""fleet status --watch, on a terminal."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from select import select

HASTY = "import sys; from fleetlake.commands import status; status.WATCH_S = 0.2; sys.argv[1:] = ['status', '--watch']; from fleetlake.cli import main; main()"
PATIENCE_S = 60


def test_a_status_is_shown_again_until_ctrl_c_and_leaves_the_terminal_as_it_was(home: Path):
    ours, theirs = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-c", HASTY], stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    )
    os.close(theirs)
    read(ours, until=lambda said: said.count("│ kafka") >= 3)
    watching.send_signal(signal.SIGINT)
    said = read(ours, until=lambda said: said.endswith("\x1b[?25h"))
    assert watching.wait(PATIENCE_S) == 130
    assert "Traceback" not in said + read(ours, until=lambda rest: not rest)
    os.close(ours)


def read(terminal: int, until) -> str:
    """What comes, until that holds of it; a terminal whose other end has closed says nothing more."""
    said, deadline = "", time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            said += os.read(terminal, 4_096).decode(errors="replace") if select([terminal], [], [], 0.1)[0] else ""
        except OSError:
            return said
        if until(said):
            return said
    raise AssertionError(f"waited in vain: {said[-500:]}")
