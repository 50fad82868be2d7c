"""A lock in an object store: an object that one process makes, renews while it works, and deletes; what is renewed no more may be taken over."""

import json
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from fleetlake.console import ERRORS, Busy

LASTS = timedelta(minutes=2)  # after a kill the next one waits for so long
RENEWED_S = 20.0


class Lease:
    """One process's hold on an object."""

    def __init__(self, place: str, name: str, lasts: timedelta = LASTS) -> None:
        self._store, self._name, self._lasts = obstore.store.from_url(place), name, lasts
        self._mark: Any = None  # the store's word for what we wrote last: nobody else has written since
        self.until, self.is_lost = datetime.now(UTC), False

    def take(self) -> None:
        """Raises Busy where somebody else has it, or takes it first."""
        try:
            self._put("create")
        except AlreadyExistsError:
            self._take_over()

    def renew(self) -> None:
        """Raises Busy where it was lost: this process slept for longer than it lasts."""
        try:
            self._put(self._mark)
        except PreconditionError as error:
            self.is_lost = True
            raise Busy("the lock of builds was lost: somebody else builds now", "say it again: it goes on from what is there") from error

    def give_back(self) -> None:
        """Others may take it at once; one that was lost is theirs already."""
        if not self.is_lost:
            obstore.delete(self._store, self._name)

    def _take_over(self) -> None:
        try:
            held = obstore.get(self._store, self._name)
            told = json.loads(bytes(held.bytes()))
            if datetime.fromisoformat(told["until"]) > datetime.now(UTC):
                raise Busy(
                    f"another build is at work on this lake (process {told['process']} of {told['host']})",
                    "wait until it has ended, or stop it",
                )
            self._put(_as_it_is(held.meta))
        except (FileNotFoundError, PreconditionError) as error:
            raise Busy("another build has just begun or ended", "say it again") from error

    def _put(self, mode: Any) -> None:
        until = datetime.now(UTC) + self._lasts
        told = {"host": socket.gethostname(), "process": os.getpid(), "until": until.isoformat()}
        self._mark = _as_it_is(obstore.put(self._store, self._name, json.dumps(told).encode(), mode=mode))
        self.until = until


def _as_it_is(told: Mapping[str, Any]) -> dict[str, str]:
    """The condition that nobody has written since."""
    return {name: told[name] for name in ("e_tag", "version") if told[name] is not None}


@contextmanager
def held(lease: Lease, every_s: float = RENEWED_S) -> Iterator[None]:
    """Holds a lease while the block runs, which is interrupted should it be lost. Raises Busy where somebody else has it."""
    lease.take()
    is_over = Event()
    keeper = Thread(target=_keep, args=(lease, is_over, every_s), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()
        lease.give_back()


def _keep(lease: Lease, is_over: Event, every_s: float) -> None:
    while not is_over.wait(every_s):
        try:
            lease.renew()
        except (Busy, BaseError) as error:
            if isinstance(error, Busy) or datetime.now(UTC) > lease.until:  # a store that does not answer for once is asked again
                ERRORS.print(f"error: {error}", markup=False, style="red")
                os.kill(os.getpid(), signal.SIGINT)
                return
