"""What a line of the log says: when, how grave, what, and of which request of a page, run, night, or request of a worker, and of whom.

``PERENNIAL_LOG=json``: a JSON object a line, for programs; else text. Who somebody is stands there as the name they sign in by.
What customers are called, where they live and what they pay with is in no line: the database's own words about a row
are cut off.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_about: ContextVar[dict[str, object] | None] = ContextVar("about", default=None)
KNOWN = ("request_id", "person", "request", "run", "night", "job")
"""What a line may be about, in this order. ``request_id``: of a page; ``request``: what a worker was asked for."""
_ROWS = re.compile(r"^\s*(DETAIL|CONTEXT|LINE \d+|HINT|QUERY): .*$\n?", re.MULTILINE)
_SECRET = re.compile(r"(\w+://[^\s:/@]*:)[^\s@]+(@)")
_LINK = re.compile(r"(/k/)[A-Za-z0-9]{8,}")


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """What is logged in here is about this, too."""
    token = _about.set({**(_about.get() or {}), **{name: value for name, value in facts.items() if value is not None}})
    try:
        yield
    finally:
        _about.reset(token)


def note(**facts: object) -> None:
    """From here on, inside the innermost ``about``, lines are about this, too."""
    now = _about.get()
    if now is not None:
        now.update({name: value for name, value in facts.items() if value is not None})


def say(line: str, *, kind: str) -> None:
    """A line for whoever started a process that goes on for long: to programs (``kind`` is json) as a line of the log."""
    if kind == "json":
        logging.getLogger("perennial.process").info("%s", line)
    else:
        print(line, file=sys.stderr, flush=True)


def harmless(words: str) -> str:
    """Words without what the database says of rows, without the password of an address and the token of a customer's link."""
    return _LINK.sub(r"\1…", _SECRET.sub(r"\1…\2", _ROWS.sub("", words))).strip("\n")


class _Line(logging.Formatter):
    def facts(self, record: logging.LogRecord) -> dict[str, object]:
        """What the line is about; a value that was logged with it (``extra``) goes first."""
        now = _about.get() or {}
        found = {name: getattr(record, f"about_{name}", now.get(name)) for name in KNOWN}
        return {name: value for name, value in found.items() if value is not None}

    def formatException(self, ei: object) -> str:
        return harmless(super().formatException(ei))  # type: ignore[arg-type]


def _short(record: logging.LogRecord) -> logging.LogRecord:
    """Of what a library says of a database that is away: a line, without the way to it through the library's own code."""
    if record.name.split(".")[0] not in ("psycopg", "procrastinate"):
        return record
    words = record.getMessage()
    fault = record.exc_info[1] if record.exc_info else None
    if fault is not None and not _is_away(fault):
        return record
    said = " ".join(harmless(f"{words}: {type(fault).__name__}: {fault}" if fault else words).split())
    return logging.makeLogRecord({**record.__dict__, "msg": said, "args": (), "exc_info": None, "exc_text": None})


def _is_away(fault: BaseException | None) -> bool:
    """Is it, or comes it of, a database that cannot be reached or does not answer?"""
    while fault is not None:
        if {one.__name__ for one in type(fault).__mro__} & {"OperationalError", "InterfaceError", "ConnectorException"}:
            return True
        fault = fault.__cause__ or fault.__context__
    return False


class Text(_Line):
    """A line for people; behind it what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        record = _short(record)
        facts = " ".join(f"{name}={value}" for name, value in self.facts(record).items())
        return harmless(super().format(record)) + (f" [{facts}]" if facts else "")


class Json(_Line):
    """A line for programs: ``time``, ``level``, ``from``, ``what``, what it is about, ``values``, ``fault``."""

    def format(self, record: logging.LogRecord) -> str:
        record = _short(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "what": harmless(record.getMessage()),
            **self.facts(record),
        }
        if values := getattr(record, "values", None):
            line["values"] = values
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configuration(kind: str) -> dict[str, object]:
    """Python's logging, as ``PERENNIAL_LOG`` wants it. What goes well is told to programs alone, a line each."""
    as_json = kind == "json"
    text = {"()": "perennial.log.Text", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    quiet = {"handlers": ["stderr"], "level": "ERROR", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "perennial.log.Json"} if as_json else text},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"] if as_json else [], "level": "WARNING"},
        "loggers": {
            "django.request": quiet,
            "perennial": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "perennial.done": {"level": "INFO" if as_json else "WARNING"},
            "procrastinate": quiet,
            "axes": quiet,  # what it counts, we log
            "gunicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }
