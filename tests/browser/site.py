"""A page of the desk's components, served to a real browser under the desk's Content-Security-Policy.

The stylesheet, the script, the icons and htmx are the application's own; the test says what the page answers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django_htmx

WEB = Path(__file__).resolve().parent.parent.parent / "perennial/web"
ASSETS = {
    "/static/web/desk.css": (WEB / "static/web/desk.css", "text/css"),
    "/static/web/desk.js": (WEB / "static/web/desk.js", "text/javascript"),
    "/static/django_htmx/htmx-2.min.js": (
        Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js",
        "text/javascript",
    ),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'"
)


def row(number: int, *, product: str = "Lanterns", state: str = "Scheduled", panel: str = "", after: str = "") -> str:
    """One shipment with its detail; ``after`` stands beside what it is about."""
    name, key = f"s-{number}", f"ROM {number}"
    return f"""<tbody data-row id="{name}">
<tr><th scope="row"><button type="button" class="lead" id="{name}-lead" aria-expanded="false" aria-controls="{name}-more"><svg class="i" aria-hidden="true"><use href="#i-open"/></svg>{key}</button></th><td class="d">Mon {number} Mar</td><td>{product}</td><td class="n" data-l="to pay">€28.50</td><td><span class="st wait"><svg class="i" aria-hidden="true"><use href="#i-wait"/></svg>{state}</span></td><td class="d" data-l="change until">today</td></tr>
<tr class="more" id="{name}-more" hidden><td colspan="6"><div class="acts">
<button type="button" class="btn" id="{name}-skip" aria-keyshortcuts="s" aria-label="Skip {key}" data-key-name="skip, restore" hx-post="/skip/{number}" hx-swap="none">Skip <kbd aria-hidden="true">s</kbd></button>
<button type="button" class="btn" id="{name}-date" aria-keyshortcuts="d" aria-label="Date of {key}" data-key-name="date" hx-get="/date/{number}" hx-target="#{name}-panel">Date <kbd aria-hidden="true">d</kbd></button>
</div><div data-panel id="{name}-panel">{panel}</div>
<dl class="kv"><dt>Date</dt><dd><ol class="trail"><li>15th of the month: <b>Sun 15 Mar</b></li><li>no post on Sundays: <b>Mon 16 Mar</b></li></ol></dd></dl>{after}</td></tr></tbody>"""


def swapped(html: str) -> str:
    """The same, to be put where it stands; table sections travel in a template."""
    marked = html.replace("<tbody ", '<tbody hx-swap-oob="true" ', 1)
    return f"<template>{marked}</template>"


def date_form(number: int, value: str = "+7", error: str = "") -> str:
    invalid = ' aria-invalid="true" aria-describedby="date-e"' if error else ""
    return f"""<form class="pane" hx-post="/date/{number}" hx-target="#s-{number}-panel"><input type="hidden" name="key" value="request-1">
<p class="row"><label for="date">ROM {number} ships</label> <input id="date" name="date" value="{value}" size="5"{invalid}></p>
{f'<p class="err" id="date-e">{error}</p>' if error else ""}
<p class="acts"><button class="btn primary">Move</button><button type="button" class="btn ghost" data-close>Leave it</button></p></form>"""


@dataclass
class Request:
    """What the browser asked."""

    method: str
    path: str
    values: dict[str, str]
    headers: dict[str, str]


@dataclass
class Answer:
    """What the page answers; ``lost``: nothing, the connection breaks off."""

    html: str = ""
    status: int = 200
    lost: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a browser asks for everything at once


class Site:
    """The page, its answers, and what it was asked."""

    def __init__(self) -> None:
        icons = (WEB / "templates/web/icons.html").read_text().split("#}", 1)[1]
        page = (Path(__file__).parent / "page.html").read_text()
        self.html = page.replace("<!-- icons -->", icons).replace("<!-- rows -->", "".join(map(row, (4, 5, 6))))
        self.answers: dict[tuple[str, str], Callable[[Request], Answer]] = {}
        self.asked: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer("GET")

            def do_POST(self) -> None:
                self.answer("POST")

            def log_message(self, format: str, *args: object) -> None:
                pass

            def answer(self, method: str) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                sent = parse_qs(url.query if method == "GET" else body, keep_blank_values=True)
                values = {name: all_values[-1] for name, all_values in sent.items()}
                site.send(self, Request(method, url.path, values, dict(self.headers)))

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def on(self, what: str, answer: Answer | Callable[[Request], Answer]) -> None:
        """``site.on("POST /skip/4", Answer(…))``"""
        method, _, path = what.partition(" ")
        self.answers[method, path] = answer if callable(answer) else lambda request: answer

    def times(self, what: str) -> list[Request]:
        """The requests of that kind, in order."""
        return [request for request in self.asked if f"{request.method} {request.path}" == what]

    def send(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        if request.path in ASSETS:
            path, kind = ASSETS[request.path]
            content, status, headers = path.read_bytes(), 200, {"Content-Type": kind}
        else:
            self.asked.append(request)
            chosen = self.answers.get((request.method, request.path))
            answer = chosen(request) if chosen else Answer(self.html if request.method == "GET" else "")
            if answer.lost:
                handler.close_connection = True
                return
            content, status = answer.html.encode(), answer.status
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY, **answer.headers}
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the browser has given the request up

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
