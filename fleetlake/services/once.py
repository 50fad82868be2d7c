"""Services that have to end well once before others begin."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fleetlake.services.service import Service
from fleetlake.settings import settings


def once(
    name: str,
    commands: Callable[[], Sequence[Sequence[str | Path]]],
    environment: Callable[[], Mapping[str, str]],
    needs: tuple[str, ...] = (),
) -> Service:
    """Commands that run one after the other; a file tells that the last one ended well, whoever looks and whenever."""

    def done() -> Path:
        return (settings().home / "services" / name / "done").absolute()

    def command() -> list[str]:
        lines = [shlex.join(map(str, each)) for each in (*commands(), ("touch", done()))]
        return ["/bin/sh", "-c", " && ".join(lines)]

    return Service(
        name,
        command,
        lambda _: done().exists(),
        needs=needs,
        environment=environment,
        prepare=lambda: done().unlink(missing_ok=True),
        ends=True,
    )
