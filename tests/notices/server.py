"""A real mail server that does what a test asks of it, and keeps what it took."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

Answer = Callable[["Taken"], str | None]
"""What is answered to a recipient or behind the message; None: it is taken."""


@dataclass
class Taken:
    """What is on the way in: from whom, to whom, and the message once it is there."""

    sender: str
    recipient: str
    content: bytes = b""

    @property
    def mail(self) -> EmailMessage:
        """The message as a mail program reads it."""
        found = email.message_from_bytes(self.content, policy=default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class Postman:
    """The handler of the server."""

    rcpt: Answer = lambda taken: None
    data: Answer = lambda taken: None
    mail: Callable[[str], str | None] = lambda sender: None
    hang_up: bool = False
    stall: bool = False
    taken: list[Taken] = field(default_factory=list)
    seen: list[Taken] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Who sends?"""
        if said := self.mail(address):
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """To whom?"""
        said = self.rcpt(Taken(envelope.mail_from, address))
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The message is there, whole."""
        found = Taken(envelope.mail_from, envelope.rcpt_tos[0], envelope.content)
        self.seen.append(found)
        self.encrypted.append(session.ssl is not None)
        if self.stall:
            await asyncio.Event().wait()
        if self.hang_up:
            server.transport.abort()
            return "250 nobody hears this"
        if said := self.data(found):
            return said
        self.taken.append(found)
        return "250 OK"


@contextmanager
def mail_server(postman: Postman, **given: Any) -> Iterator[int]:
    """The server at work; its port."""
    controller = Controller(postman, hostname="127.0.0.1", port=free_port(), **given)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop(no_assert=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def certificate(folder: Path) -> Path:
    """A self-made certificate for 127.0.0.1, with its key."""
    file = folder / "mail.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [
            *command.split(),
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            file,
            "-out",
            folder / "c",
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + (folder / "c").read_text())
    return file


def tls(file: Path) -> ssl.SSLContext:
    """What a server encrypts with."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


def only(user: str, password: str) -> Callable[..., AuthResult]:
    """A server that lets this one in."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login, given.password) == (user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return check
