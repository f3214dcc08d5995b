"""The server of an installation, and who uses it: the first starts it, the last may stop it.

Every process that uses the server holds a shared lock on ``users.lock``. One that leaves and finds
itself alone stops the server, if it was started by a command that asked for that (``serve``,
``demo``). The kernel frees the locks of what was killed, so the next one cleans up after it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from perennial.db.server import binaries, locks, places
from perennial.db.server.launcher import Server, say
from perennial.errors import Refused

#: Set next to DATABASE_URL for our children, so that they know that the URL is the embedded server's.
MARK = "PERENNIAL_EMBEDDED_URL"
START_SECONDS = 1200.0


@dataclass
class Installation:
    """One PERENNIAL_HOME. ``throwaway`` makes its server fast and its data worthless (tests)."""

    home: Path
    throwaway: bool = False
    tell: Callable[[str], None] = say
    _users: int | None = field(default=None, init=False)

    @property
    def server(self) -> Server:
        place = places.place_of(self.home)
        programs = binaries.find().reachable_by(place.account)
        return Server(place, programs, throwaway=self.throwaway)

    def join(self, *, stop_when_unused: bool = False) -> str:
        """Start the server if it does not answer, and be counted as a user of it. Gives its URL."""
        places.open_home(self.home)
        with self._alone():
            if self._users is None:
                self._users = locks.open_lock(self.home / "users.lock")
            if not locks.take(self._users, shared=True):
                raise Refused("home_in_use", path=str(self.home / "users.lock"))
            server = self.server
            if server.start(tell=self.tell):
                if server.place.folder.parent != self.home:
                    self.tell(
                        f"the account {server.place.account.name} cannot get into {self.home},"
                        f" so the database lives in {server.place.folder}"
                    )
                if stop_when_unused:
                    self._temporary(server).touch()
                else:
                    self._temporary(server).unlink(missing_ok=True)
                    self.tell("the database was started and stays up for the next command; `perennial stop` ends it")
            return server.url()

    def leave(self) -> bool:
        """Be a user no longer. True when that stopped the server."""
        if self._users is None:
            return False
        users, self._users = self._users, None
        try:
            with self._alone(seconds=20):
                if not locks.take(users):  # others are left
                    return False
                server = self.server
                if not self._temporary(server).exists():
                    return False
                return self._stop(server)
        finally:
            os.close(users)

    def stop(self, *, at_once: bool = False) -> bool:
        """Stop the server, whoever uses it. False when it did not run."""
        if not self.home.is_dir():
            return False
        places.open_home(self.home)
        with self._alone():
            return self._stop(self.server, at_once=at_once)

    def _stop(self, server: Server, *, at_once: bool = False) -> bool:
        stopped = server.stop(at_once=at_once)
        self._temporary(server).unlink(missing_ok=True)
        return stopped

    @staticmethod
    def _temporary(server: Server) -> Path:
        """There while the server is one that its last user stops."""
        return server.place.folder / "stop_when_unused"

    @contextlib.contextmanager
    def _alone(self, seconds: float = START_SECONDS) -> Iterator[None]:
        def waiting() -> None:
            self.tell("waiting for another command that starts or stops the database")

        with locks.exclusive(self.home / "start.lock", seconds=seconds, waiting=waiting):
            yield


_joined: tuple[int, Installation] | None = None


def ensure(*, make: bool = True, stop_when_unused: bool = False, tell: Callable[[str], None] = say) -> str:
    """The URL of the database to use, with a server that answers behind it; sets DATABASE_URL.

    A DATABASE_URL of the user's is taken as it is. Without one the embedded server is started, unless
    it runs. Call it before ``django.setup()``; with ``stop_when_unused`` (``serve``, ``demo``) the
    server that this call starts ends with its last user, else it stays up and one line says so.
    Without ``make`` a PERENNIAL_HOME that has no database yet is refused, and nothing is made in it.
    """
    global _joined
    given = os.environ.get("DATABASE_URL")
    if given and given != os.environ.get(MARK):
        return given
    if _joined is None or _joined[0] != os.getpid():
        home = places.home()
        if not make and not places.has_database(home):
            raise Refused("installation_missing", home=str(home))
        installation = Installation(home, tell=tell)
        url = installation.join(stop_when_unused=stop_when_unused)
        _joined = (os.getpid(), installation)
        atexit.register(leave)
        os.environ["DATABASE_URL"] = os.environ[MARK] = url
    return os.environ["DATABASE_URL"]


def leave() -> None:
    """This process uses the embedded server no longer; at exit, or before a process goes without it."""
    global _joined
    if _joined is not None and _joined[0] == os.getpid():
        joined, _joined = _joined, None
        with contextlib.suppress(Refused, OSError):
            joined[1].leave()


def stop() -> bool:
    """End the embedded server of PERENNIAL_HOME, whoever uses it. False when it did not run."""
    return Installation(places.home()).stop()
