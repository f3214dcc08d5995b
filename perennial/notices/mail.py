"""How mail leaves: by the company's mail server over SMTP, or in training into a folder.

The server and its password come from the environment alone (``PERENNIAL_MAIL_URL``). What a server answers is told
apart by what it means for the message: it was taken, it is to be tried again, it will never be taken, or nobody knows.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings

from perennial.catalog.models import Company
from perennial.db.server import places
from perennial.errors import Refused
from perennial.notices.rendering import Message
from perennial.practice import in_training

SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SECONDS = 60.0
"""How long a server may be silent."""
POLICY = SMTP.clone(cte_type="7bit")
"""Every server takes it so, whatever it can do besides."""
PLAIN_HOSTS = ("localhost", "127.0.0.1", "::1")
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])")


class Temporary(Exception):
    """The server does not take this message now."""


class Permanent(Exception):
    """The server will never take this message."""


class Unsure(Exception):
    """The whole message was handed over, and the answer is lost."""


class Gone(Exception):
    """The connection was lost before the message was handed over."""


class Stopped(Exception):
    """The server takes no message of this sender: it is the set-up that is wrong, not the message."""


class Transport(Protocol):
    """What takes messages."""

    def open(self) -> None:
        """Get ready. Refused: nobody answers, or the password is wrong."""

    def hand_over(self, number: int, sender: str, recipient: str, content: bytes) -> None:
        """Give one message away; what comes of it otherwise is one of the exceptions above."""

    @property
    def is_open(self) -> bool:
        """Can the next message go?"""

    def close(self) -> None:
        """No more messages."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server as ``PERENNIAL_MAIL_URL`` names it."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def server(url: str) -> Server:
    """The mail server of an address such as ``smtp+starttls://user:password@mail.example.com:587``. Refused: it is none;
    a password that would go over the network in the clear.
    """
    try:
        given = urlsplit(url)
        port = given.port
    except ValueError:
        raise Refused("mail_url_malformed") from None
    if given.scheme not in SCHEMES or not given.hostname:
        raise Refused("mail_url_malformed")
    user = unquote(given.username) if given.username else None
    if user is not None and given.scheme == "smtp" and given.hostname not in PLAIN_HOSTS:
        raise Refused("mail_password_in_the_clear", host=given.hostname)
    return Server(
        scheme=given.scheme,
        host=given.hostname,
        port=port or SCHEMES[given.scheme],
        user=user,
        password=unquote(given.password) if given.password is not None else None,
    )


@dataclass
class Smtp:
    """A connection to a mail server, for many messages."""

    server: Server
    authorities: str | None = None
    _open: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, encrypt, sign in."""
        try:
            self._open = self._connected()
        except smtplib.SMTPAuthenticationError as problem:
            raise Refused("mail_login_refused", host=self.server.host, said=_said(problem)) from None
        except (OSError, smtplib.SMTPException) as problem:
            raise Refused(
                "mail_server_silent", host=self.server.host, port=self.server.port, said=_said(problem)
            ) from None

    def _connected(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if self.server.scheme == "smtps":
            made: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=self._tls())
        else:
            made = smtplib.SMTP(host, port, timeout=SECONDS)
        try:
            made.ehlo_or_helo_if_needed()
            if self.server.scheme == "smtp+starttls":
                made.starttls(context=self._tls())
                made.ehlo_or_helo_if_needed()
            if self.server.user is not None:
                made.login(self.server.user, self.server.password or "")
        except BaseException:
            made.close()
            raise
        return made

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authorities)

    def hand_over(self, number: int, sender: str, recipient: str, content: bytes) -> None:
        """Give one message to the server, step by step: only behind its last byte nobody can know without an answer."""
        assert self._open is not None
        smtp = self._open
        try:
            _expect(smtp.mail(sender), Stopped)
            _expect(smtp.rcpt(recipient), Permanent)
            _expect(smtp.docmd("data"), Permanent, wanted=3)
            smtp.send(re.sub(rb"(?m)^\.", b"..", content.rstrip(b"\r\n")) + b"\r\n")
        except (smtplib.SMTPServerDisconnected, OSError) as problem:
            raise Gone(_said(problem)) from None
        except (Stopped, Permanent, Temporary):
            self._start_anew()
            raise
        try:
            smtp.send(b".\r\n")
            answer = smtp.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as problem:
            raise Unsure(_said(problem)) from None
        if answer[0] < 0:
            raise Unsure(_words(answer))
        _expect(answer, Permanent)

    def _start_anew(self) -> None:
        """What was begun is forgotten, so that the next message can go."""
        assert self._open is not None
        try:
            self._open.rset()
        except (smtplib.SMTPServerDisconnected, OSError):
            self._open.close()

    @property
    def is_open(self) -> bool:
        """Can the next message go over this connection?"""
        return self._open is not None and self._open.sock is not None

    def close(self) -> None:
        """Say goodbye."""
        if self._open is None:
            return
        try:
            self._open.quit()
        except (smtplib.SMTPException, OSError):
            self._open.close()
        self._open = None


def _expect(answer: tuple[int, bytes], final: type[Exception], wanted: int = 2) -> None:
    """An answer of the wanted hundred is good; 5xx is ``final``; anything else is tried again."""
    if answer[0] // 100 == wanted:
        return
    raise (final if answer[0] // 100 == 5 else Temporary)(_words(answer))


def _words(answer: tuple[int, bytes]) -> str:
    return " ".join(f"{answer[0]} {answer[1].decode(errors='replace')}".split())[:500]


def _said(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        words = problem.smtp_error
        return _words((problem.smtp_code, words if isinstance(words, bytes) else str(words).encode()))
    return " ".join(str(problem).split())[:500] or type(problem).__name__


@dataclass(frozen=True, slots=True)
class Folder:
    """Training: a message is a file, which any mail program opens. The same message is the same file."""

    path: Path

    def open(self) -> None:
        """Make the folder."""
        places.open_home(self.path.parent)
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700)
            places.give_to_owner(self.path)

    def hand_over(self, number: int, sender: str, recipient: str, content: bytes) -> None:
        """Write the file, whole or not at all."""
        file = self.path / f"{number:08d}.eml"
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content)
        places.give_to_owner(draft)
        draft.replace(file)

    @property
    def is_open(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing is open."""


def transport() -> Smtp | Folder:
    """What takes messages in this installation. Refused: no mail server is set."""
    if in_training():
        return Folder(Path(settings.PERENNIAL_HOME) / "mail")
    if not settings.PERENNIAL_MAIL_URL:
        raise Refused("mail_server_not_set")
    return Smtp(server(settings.PERENNIAL_MAIL_URL), settings.PERENNIAL_MAIL_CA)


def sender(company: Company) -> str:
    """The address that messages come from. Refused: there is none, or it is no address."""
    found = settings.PERENNIAL_MAIL_FROM or company.from_email
    if not found:
        raise Refused("mail_sender_not_set")
    mailbox = deliverable(found)
    if mailbox is None:
        raise Refused("mail_sender_wrong", address=found)
    return mailbox


def deliverable(address: str) -> str | None:
    """An address as mail servers take it, its domain in ASCII; None: it is none that mail could go to."""
    local, _, domain = address.strip().rpartition("@")
    try:
        found = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    return found if MAILBOX.fullmatch(found) and ".." not in found else None


def content(
    message: Message,
    *,
    message_id: str,
    sender: str,
    company: str,
    recipient: str,
    customer: str,
    language: str,
    at: datetime,
) -> bytes:
    """A message as it goes over the wire: plain and HTML, with its headers."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address(_line(company), addr_spec=sender)
    mail["To"] = Address(_line(customer), addr_spec=recipient)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id
    mail["Content-Language"] = language
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail.as_bytes()


def _line(words: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())
