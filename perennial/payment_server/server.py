"""HTTP: the API under ``/v1``, the control under ``/_control``, the pages for customers; and the process around it."""

from __future__ import annotations

import hmac
import json
import random
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perennial.payment_server import page
from perennial.payment_server.api import Api, Reply, new_request, refused, who
from perennial.payment_server.asked import Asked, Problem
from perennial.payment_server.book import Book
from perennial.payment_server.control import Control
from perennial.payment_server.events import Sender
from perennial.payment_server.passing import pass_time
from perennial.payment_server.shapes import VERSION
from perennial.payment_server.trouble import Rule, Speed, Trouble

KEYS = ("sk_test_perennial", "sk_live_perennial")
CONTROL_KEY = "control_perennial"
LONGEST_BODY = 1_000_000
TICK = 0.2


@dataclass(frozen=True)
class Options:
    """Where it listens and keeps its book, and which keys it takes."""

    home: Path
    port: int = 0
    host: str = "127.0.0.1"
    keys: tuple[str, ...] = KEYS
    control_key: str = CONTROL_KEY
    webhook: str | None = None
    webhook_secret: str | None = None

    @classmethod
    def read(cls, home: Path, port: int, environment: Mapping[str, str]) -> Options:
        """What the environment says: other keys, a control key, who is told of events."""
        keys = environment.get("PERENNIAL_PAYMENT_SERVER_KEYS")
        return cls(
            home=home,
            port=port,
            keys=tuple(one.strip() for one in keys.split(",")) if keys else KEYS,
            control_key=environment.get("PERENNIAL_PAYMENT_SERVER_CONTROL_KEY", CONTROL_KEY),
            webhook=environment.get("PERENNIAL_PAYMENT_SERVER_WEBHOOK"),
            webhook_secret=environment.get("PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET"),
        )


class Cut(Exception):
    """The line is cut, without an answer."""


@dataclass
class Server:
    """A payment server that listens, in this process."""

    options: Options
    book: Book = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(self.options.home)
        if self.options.webhook and self.options.webhook_secret:
            with self.book.change():
                self.book.set_endpoint(self.options.webhook, self.options.webhook_secret, ["*"], False)
        self.trouble, self.speed = Trouble(), Speed()
        self.api = Api(self.book)
        self.sender = Sender(self.book)
        self.control = Control(self.book, self.trouble, self.speed, self.sender)
        self.ended = threading.Event()
        self.http = Listener((self.options.host, self.options.port), self)
        self.address = f"http://{self.options.host}:{self.http.server_address[1]}"

    def serve(self) -> None:
        """Answer until ``end``."""
        self.sender.start()
        threading.Thread(target=self._tick, name="clock", daemon=True).start()
        self.http.serve_forever(poll_interval=0.1)

    def end(self) -> None:
        self.ended.set()
        self.sender.ended = True
        self.sender.wake()
        threading.Thread(target=self.http.shutdown, daemon=True).start()

    def _tick(self) -> None:
        """Time passes also while nobody asks."""
        turns = 0
        while not self.ended.wait(TICK):
            with self.book.change():
                done = pass_time(self.book, self.address)
                if turns % 300 == 0:
                    self.book.forget_old_events()
            turns += 1
            if done:
                self.sender.wake()

    # The API, with the trouble that is wanted

    def api_reply(self, method: str, target: str, heads: Mapping[str, str], body: str) -> Reply:
        parts = urlsplit(target)
        request = new_request()
        try:
            if not self.speed.one_more(self.book.setting("per_second")):
                raise too_many()
            live = who(self.options.keys, heads.get("Authorization", ""))
            key = heads.get("Idempotency-Key") if method == "POST" else None
            if key is not None and not 1 <= len(key) <= 255:
                raise Problem(400, "Idempotency keys have 1 to 255 characters.", kept=False, type="idempotency_error")
            given = self.api.read(method, parts.path, parts.query, body)
            asked = Asked(self.book, method, parts.path, given, live=live, base=self.address, request=request, key=key)
            struck = self.trouble.strikes(method, parts.path, key or f"{method} {target} {body}")
            with self.api.in_flight(key, live):
                reply = self._with(struck, asked)
        except Problem as problem:
            reply = refused(problem, request)
        return reply

    def _with(self, struck: list[Rule], asked: Asked) -> Reply:
        for one in struck:
            if one.fault == "latency":
                self.ended.wait(_milliseconds(one, asked.key or asked.request) / 1000)
        trouble = next((one for one in struck if one.fault != "latency"), None)
        fault = trouble.fault if trouble else ""
        if fault == "rate_limit":
            raise too_many()
        if fault in ("unauthorized", "forbidden"):
            raise not_admitted(fault)
        if fault == "error":
            raise broken()
        if trouble and fault in ("lost", "timeout"):
            self.ended.wait(trouble.ms / 1000)
            raise Cut
        reply = self.api.answer(asked)
        self.sender.wake()
        if fault == "error_kept":
            self.api.keep_instead(asked, refused(broken(), asked.request))
        if fault in ("error_after", "error_kept"):
            raise broken()
        if trouble and fault in ("lost_after", "timeout_after"):
            self.ended.wait(trouble.ms / 1000)
            raise Cut
        return reply


def too_many() -> Problem:
    return Problem(
        429,
        "Request rate limit exceeded. Learn more about rate limits in the documentation.",
        code="rate_limit",
        kept=False,
    )


def not_admitted(fault: str) -> Problem:
    if fault == "unauthorized":
        return Problem(401, "Expired API Key provided: sk_test_*******", code="api_key_expired", kept=False)
    return Problem(403, "The provided key does not have the required permissions for this endpoint.", kept=False)


def broken() -> Problem:
    return Problem(500, "An unknown error occurred.", type="api_error", kept=False)


def _milliseconds(rule: Rule, request: str) -> float:
    if rule.to_ms is None:
        return rule.ms
    return random.Random(f"{rule.seed}|{request}").uniform(rule.ms, rule.to_ms)


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], server: Server) -> None:
        self.of = server
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        problem = sys.exc_info()[1]
        if not isinstance(problem, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    server_version = "perennial-payment-server"
    sys_version = ""
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    timeout = 120

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a request says too much."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            self._send(413, b"", {})
            return
        self._answer(self.rfile.read(length))

    do_DELETE = do_POST

    def _answer(self, body: bytes) -> None:
        of = self.server.of
        of.speed.begin()
        try:
            path = urlsplit(self.path).path
            if path.startswith("/_control/"):
                self._control(path.removeprefix("/_control/"), body)
            elif path.startswith("/v1/"):
                self._api(body)
            else:
                reply = page.answer(of.book, of.address, self.command, self.path, body.decode(errors="replace"))
                of.sender.wake()
                self._send(reply.status, reply.text.encode(), reply.heads)
        except Cut:
            self._cut()
        finally:
            of.speed.end()

    def _api(self, body: bytes) -> None:
        reply = self.server.of.api_reply(self.command, self.path, self.headers, body.decode(errors="replace"))  # type: ignore[arg-type]
        heads = {"Content-Type": "application/json", "Stripe-Version": VERSION, **reply.heads}
        self._send(reply.status, reply.text.encode(), heads)

    def _control(self, name: str, body: bytes) -> None:
        of = self.server.of
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if name != "ready" and not hmac.compare_digest(given, of.options.control_key):
            self._send(401, b'{"error": "not the control key"}', {"Content-Type": "application/json"})
            return
        status, answer = of.control.answer(self.command, name, body, of.address)
        self._send(status, json.dumps(answer, ensure_ascii=False).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, heads: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in heads.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _cut(self) -> None:
        """Close the line so that the other side sees a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def run(options: Options, ready: Callable[[str], None], *, ends: Callable[[], object] | None = None) -> int:
    """A process of its own: listen until SIGTERM or Ctrl-C. ``ready`` gets its address when it listens.

    ``ends``: what to wait for besides, such as whoever started it.
    """
    server = Server(options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.end())
    ready(server.address)
    if ends is not None:
        threading.Thread(target=_end_after, args=[server, ends], daemon=True).start()
    server.serve()
    return 0


def _end_after(server: Server, ends: Callable[[], object]) -> None:
    ends()
    server.end()
