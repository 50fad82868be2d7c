"""Notes who reads what, where the lake can be written to: one small file per session, which `fleet maintain` gathers into ops.reads.

A session has no name and no person in it. A lake that cannot be written to is read all the same.
"""

import json
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

FOLDER = "reads"


@dataclass
class Session:
    """What this process has read of a lake since its file was last gathered."""

    began_at: datetime
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    tables: set[str] = field(default_factory=set)


_sessions: dict[tuple[str, int], Session] = {}  # by lake and process: a child that was forked is a session of its own
_lock = Lock()


def note(lake: str, table: str) -> None:
    """Tells that this process reads `layer.table`. Nothing happens for a table that it has told of, in an object store, or without the right to write."""
    if "://" in lake:
        return
    with _lock, suppress(OSError):
        _note(lake, table)


def _note(lake: str, table: str) -> None:
    session = _sessions.get((lake, os.getpid()))
    if session is not None and table in session.tables:
        return
    if session is None or not _path(lake, session).exists():  # gathered: what comes now is another session
        session = _sessions[lake, os.getpid()] = Session(datetime.now(UTC))
    session.tables.add(table)
    path = _path(lake, session)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"session": session.id, "began_at": session.began_at.isoformat(), "tables": sorted(session.tables)}))
    part.replace(path)


def _path(lake: str, session: Session) -> Path:
    return Path(lake, FOLDER, f"{session.id}.json")
