"""Where an installation lives: PERENNIAL_HOME, the database's folder in it, and its socket."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from perennial.db.server import account
from perennial.db.server.account import Account
from perennial.errors import Refused

#: Where root's database lives when the account that runs it cannot reach PERENNIAL_HOME.
SYSTEM_FOLDER = Path("/var/lib/perennial")
#: A socket's path has 108 bytes on Linux and 104 on macOS, its end included.
LONGEST_SOCKET = 100
SOCKET = ".s.PGSQL.5432"
#: pg_ctl hands paths to a shell inside double quotes.
UNSPEAKABLE = frozenset('"$`\\\n')
#: What a list of folders in a PostgreSQL setting takes without quotes.
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@")


def home() -> Path:
    """PERENNIAL_HOME; left out: ``var/`` of a checkout, else a folder of the user's."""
    given = os.environ.get("PERENNIAL_HOME")
    if given:
        return Path(given).expanduser().resolve()
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file() and (checkout / "run").is_file():
        return checkout / "var"
    data = os.environ.get("XDG_DATA_HOME")
    try:
        return (Path(data) if data else Path.home() / ".local" / "share") / "perennial"
    except RuntimeError:
        raise Refused("home_missing") from None


def open_home(folder: Path) -> Path:
    """Make PERENNIAL_HOME if it is not there; refuse one that is not ours to write."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        owner = folder.stat().st_uid
    except OSError as problem:
        raise Refused("home_not_made", folder=str(folder), why=problem.strerror) from None
    if os.geteuid() not in (0, owner):
        raise Refused("home_of_another", folder=str(folder))
    if not os.access(folder, os.W_OK | os.X_OK) or _is_read_only(folder):
        raise Refused("home_unwritable", folder=str(folder))
    return folder


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def give_to_owner(path: Path) -> None:
    """What root makes inside a user's home belongs to that user, or they could not open it later."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def noted(folder: Path, name: str) -> str | None:
    """What an installation has noted of itself under this name, if it has and may be read."""
    try:
        return (folder / name).read_text().strip() or None
    except OSError:
        return None


def secret(folder: Path, name: str) -> str:
    """A random text that is made once for an installation; only its owner can read it."""
    path = open_home(folder) / name
    if not path.exists():
        draft = folder / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            give_to_owner(draft)
            try:
                os.link(draft, path)  # whole or not at all, and never over another's
            except FileExistsError:
                pass
            except OSError:  # no hard links here
                os.rename(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    try:
        return path.read_text()
    except OSError as problem:
        raise Refused("home_file_unreadable", path=str(path), why=problem.strerror) from None


@dataclass(frozen=True)
class Place:
    """The folders of one server. ``folder`` is ours; ``data`` and ``sockets`` belong to ``account``."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def new(self) -> Path:
        return self.folder / "data.new"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def name(self) -> str:
        """A short name of this place; every process of its server carries it in its title."""
        return "pn-" + hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """In the folder, unless the path of the socket gets too long for the kernel or odd for a setting."""
        inside = self.folder / "s"
        if len(os.fsencode(inside / SOCKET)) <= LONGEST_SOCKET and set(str(inside)) <= PLAIN:
            return inside
        return Path("/tmp") / f"{self.name}-{self.account.uid}"

    def make(self) -> None:
        if set(str(self.folder)) & UNSPEAKABLE:
            raise Refused("home_unspeakable", folder=str(self.folder))
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700 if self.account.is_ours else 0o711)
            give_to_owner(self.folder)
        self._make_sockets()
        if not self.log.exists():
            os.close(os.open(self.log, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
            self.account.give(self.log)

    def _make_sockets(self) -> None:
        """A private folder: only its owner can put a socket there, so who answers is our server."""
        try:
            os.mkdir(self.sockets, 0o700)
            self.account.give(self.sockets)
        except FileExistsError:
            found = os.lstat(self.sockets)
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.account.uid:
                raise Refused("database_socket_foreign", folder=str(self.sockets), account=self.account.name) from None
            if stat.S_IMODE(found.st_mode) != 0o700:
                os.chmod(self.sockets, 0o700)
        except OSError as problem:
            raise Refused("database_socket_not_made", folder=str(self.sockets), why=problem.strerror) from None


def _system_folder(home_folder: Path) -> Path:
    return SYSTEM_FOLDER / hashlib.sha256(os.fsencode(home_folder)).hexdigest()[:16]


def has_database(home_folder: Path) -> bool:
    """Whether a database was made for this PERENNIAL_HOME. Asking makes nothing."""
    for folder in (home_folder / "postgres", _system_folder(home_folder)):
        try:
            os.lstat(folder / "data")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # another user's: whoever opens it says so
            pass
        return True
    return False


def place_of(home_folder: Path) -> Place:
    """The database's place: in PERENNIAL_HOME, or in a system folder where root's account cannot get in.

    A database that exists is never left behind for a new, empty one.
    """
    inside = home_folder / "postgres"
    if os.geteuid() != 0:
        _refuse_foreign(inside / "data")
        return Place(inside, account.own())
    system = _system_folder(home_folder)
    if (system / "data").exists():
        return Place(system, account.choose(system / "data"))
    server = account.choose(inside / "data", home_folder)
    if server.can_enter(home_folder):
        return Place(inside, server)
    if (inside / "data").exists():
        raise Refused("home_closed_to_server", folder=str(inside), account=server.name, home=str(home_folder))
    return Place(system, server)


def _refuse_foreign(data: Path) -> None:
    try:
        owner = data.stat().st_uid
    except OSError as problem:
        if problem.errno == errno.ENOENT:
            return
        raise Refused("home_file_unreadable", path=str(data), why=problem.strerror) from None
    if owner != os.geteuid():
        raise Refused("database_of_another", folder=str(data))
