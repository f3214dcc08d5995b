"""Everything goes out as one bundle: set-up, customers, orders as they stand. What comes in again says the same.

One thing stands on a line, so that a bundle can be searched, compared and cut with a text tool. Things
have a stated order: set-up by its codes, customers and orders as they were made. All is read as it was
at one instant, and never held in memory.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from django.db import connection, transaction

from perennial.bundle.export import programs, setup
from perennial.bundle.export.customers import customers
from perennial.bundle.export.notices import notices
from perennial.bundle.export.orders import orders
from perennial.catalog.queries import company
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.errors import Refused
from perennial.orders.models import SalesOrder

T = TypeVar("T")
TOLD_EVERY = 500


def export_file(path: str) -> None:
    """Write the bundle to a file (``-``: standard output). The file appears when it is whole.

    Of a link what it leads to is written. What is no file, such as a pipe or a device, is written into and stays.
    """
    if path == "-":
        export_bundle(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        found = _found(path)
        if found is None or stat.S_ISREG(found.st_mode):
            _replace(Path(os.path.realpath(path)), found)
        else:
            with open(path, "wb") as file:
                export_bundle(file)
    except OSError as problem:
        raise Refused("file_unwritable", "file", path=path, why=problem.strerror) from None


def _found(path: str) -> os.stat_result | None:
    """What stands there already; None when nothing does. Refused: a folder, a file that may not be written."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise Refused("file_is_folder", "file", path=path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return found


def _replace(target: Path, before: os.stat_result | None) -> None:
    """Write the bundle beside a file, then put it in its place; until then what was there stays."""
    number, name = tempfile.mkstemp(prefix=".perennial-export-", dir=target.parent)
    beside = Path(name)
    try:
        with open(number, "wb") as file:
            export_bundle(file)
            file.flush()
            if before is not None:
                with suppress(PermissionError):  # only root gives a file away
                    os.chown(number, before.st_uid, before.st_gid)
            os.chmod(number, _new_mode() if before is None else stat.S_IMODE(before.st_mode))
            os.fsync(number)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _new_mode() -> int:
    """The permissions of a new file, as the umask has them: it cannot be read without being set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


Progress = Callable[[str, int, int], None]
"""Hears how far an export is: the kind of things, how many of how many are written. What it raises ends it."""


def export_bundle(file: BinaryIO, progress: Progress | None = None) -> None:
    """Write the bundle. ``progress`` hears how far it is."""
    with nullcontext() if connection.in_atomic_block else _one_instant():
        counts = (
            {"customers": Customer.objects.count(), "orders": SalesOrder.objects.filter(parent=None).count()}
            if progress
            else {}
        )
        file.write(b"{")
        for number, (key, value) in enumerate(_sections()):
            file.write(b",\n" if number else b"\n")
            file.write(_text(key) + b": ")
            if isinstance(value, Iterator):
                if progress is not None and key in counts:
                    value = _told(value, key, counts[key], progress)
                _list(file, value)
            else:
                file.write(_text(value))
        file.write(b"\n}\n")


def _one_instant() -> Any:
    return _Snapshot()


class _Snapshot:
    """A transaction that sees everything as it was when it began, and writes nothing."""

    def __enter__(self) -> None:
        self._atomic = transaction.atomic()
        self._atomic.__enter__()
        sql.execute("set transaction isolation level repeatable read, read only")

    def __exit__(self, *raised: Any) -> None:
        self._atomic.__exit__(*raised)


def _sections() -> Iterator[tuple[str, Any]]:
    """The keys of the bundle with their values; lists come one thing at a time."""
    currency = company().currency
    yield "currency", currency
    yield "company", setup.company_document()
    currency = currency or "USD"  # where there is none yet, there are no amounts
    yield "parameters", setup.parameters_document(currency)
    yield "delivery_modes", setup.delivery_modes(currency)
    yield "tax_rates", setup.tax_rates()
    if tariffs := setup.tariffs(currency):
        yield "tariffs", tariffs
    yield "date_intervals", setup.date_intervals()
    yield "payment_schedules", setup.payment_schedules(currency)
    for name, codes in (
        ("source_codes", setup.source_codes),
        ("reason_codes", setup.reason_codes),
        ("hold_codes", setup.hold_codes),
    ):
        if some := list(codes()):
            yield name, some
    yield "products", setup.products(currency)
    yield "programs", programs.programs(currency)
    yield "customers", customers(currency)
    yield "orders", orders()
    yield "notices", notices()
    yield "last_number", sql.value("select case when is_called then last_value else 0 end from parent_order_number")


def _told(things: Iterable[T], kind: str, count: int, progress: Progress) -> Iterator[T]:
    for number, thing in enumerate(things):
        if number % TOLD_EVERY == 0:
            progress(kind, number, count)
        yield thing


def _list(file: BinaryIO, things: Iterable[Any]) -> None:
    file.write(b"[")
    some = False
    for thing in things:
        file.write(b",\n" if some else b"\n")
        file.write(_text(thing))
        some = True
    file.write(b"\n]" if some else b"]")


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
