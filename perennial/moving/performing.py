"""What a worker does with a file that is asked for. An import is one transaction: killed, it simply begins again.

That it is done is noted in the same transaction. Two workers that do the same wait for each other, and the second finds it
done.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from perennial.bundle.export.exporter import export_bundle
from perennial.bundle.load.importer import import_bundle
from perennial.bundle.load.report import Imported
from perennial.bundle.reading.faults import BundleRefused
from perennial.bundle.sheets.fields import KINDS as SHEETS
from perennial.bundle.sheets.load import import_sheet
from perennial.bundle.sheets.mapping import read_mapping
from perennial.bundle.sheets.places import cell_of
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs.at_work import Session, is_stopping
from perennial.jobs.requests import Later, Stopping
from perennial.kernel.reasons import Reason
from perennial.moving import folder, products
from perennial.moving.models import Transfer
from perennial.moving.transfers import PRODUCTS

ONE_WORKER = 0x7472616E
"""With its number, the lock of a transfer that is worked on."""
TELL_SECONDS = 0.5
CARD_NUMBERS = ("sheet_of_card_numbers", "text_with_card_number", "token_is_card_number")


class _Stopped(Exception):
    """A person asked for it to stop."""


def perform(transfer: int) -> None:
    """Do what is asked of a file, as a worker; what has ended is left.

    Raised: ``Stopping`` (this process ends, another begins again), ``Later`` (the file stands on another machine).
    """
    row = _begun(transfer)
    if row is None:
        return
    if row.kind != "export" and not folder.is_there(row.file):
        if row.brought_at < timezone.now() - timedelta(seconds=folder.KEPT_SECONDS):
            _end(row.pk, "refused", refused=Reason("transfer_file_gone"))
            return
        sql.execute("update moving_transfer set status = 'waiting' where id = %s and status = 'running'", [row.pk])
        raise Later
    with Session() as session:
        tell = _Progress(row, session)
        try:
            with transaction.atomic():
                sql.value("select pg_advisory_xact_lock(%s, %s)", [ONE_WORKER, row.pk % 2**31])
                if Transfer.objects.filter(pk=row.pk, status="running").exists():  # else another was quicker
                    (_exported if row.kind == "export" else _imported)(row, tell)
        except _Stopped:
            _end(row.pk, "stopped")
        except BundleRefused as refused:
            _refused(row, refused)
        except Refused as refused:
            _end(row.pk, "refused", refused=Reason.of(refused))
            _without_card_numbers(row, {refused.code})
        else:
            if row.kind != "export" and not row.dry:
                _gone(row)


def failed(transfer: int, error: Exception) -> None:
    """Note that a worker could not do it, by a fault that no rule foresaw."""
    _end(transfer, "failed", refused=Reason("worker_fault", {"kind": type(error).__name__, "text": str(error)[:500]}))


def _begun(transfer: int) -> Transfer | None:
    begun = sql.models(Transfer, BEGIN, [transfer])
    if not begun:
        return None
    if begun[0].stopped_by is not None:
        _end(transfer, "stopped")
        return None
    return begun[0]


BEGIN = """
update moving_transfer
   set status = 'running', started_at = coalesce(started_at, clock_timestamp()), part = null, done = null, selected = null
 where id = %s and status in ('waiting', 'running') returning *
"""


def _end(transfer: int, status: str, *, refused: Reason | None = None, **values: Any) -> None:
    found = Transfer.objects.filter(pk=transfer, status__in=("waiting", "running"))
    found.update(status=status, ended_at=timezone.now(), refused=refused and refused.stored(), **values)


def _imported(row: Transfer, tell: _Progress) -> None:
    by = row.asked_by or row.by
    with folder.open_file(row.file) as file:
        if row.kind in SHEETS:
            mapping = read_mapping((row.mapping or {})["mapping"], row.kind)
            done = import_sheet(file=file, mapping=mapping, by=by, dry_run=row.dry, progress=tell)
        elif of_products := (row.mapping or {}).get(PRODUCTS):
            reason = of_products["reason"]
            done = import_bundle(file=file, by=by, reason=reason, dry_run=row.dry, only_given=True, progress=tell)
        else:
            done = import_bundle(file=file, by=by, dry_run=row.dry, progress=tell)
    _end(row.pk, "done", report=_report(done))


def _report(done: Imported) -> dict[str, Any]:
    """What the page tells of an import."""
    return {
        "document": done.document(),
        "notes": [Reason(one.code, one.facts).stored() for one in done.notes.all()],
        "numbers": done.numbers,
        "following": [
            {"program": one.program, "orders": one.orders, "apply": one.apply, "billing_kept": one.billing_kept}
            for one in done.following
        ],
    }


def _refused(row: Transfer, refused: BundleRefused) -> None:
    columns = tuple((row.mapping or {}).get("columns", ()))
    of_products = (row.mapping or {}).get(PRODUCTS)
    faults = []
    for one in refused.faults:
        why: Reason = Reason.of(one)
        place = {} if of_products is None else products.place(of_products, one.field)
        if row.kind in SHEETS and (cell := cell_of(one.field, columns)):
            place = {"row": cell.row, "column": cell.column, "letter": cell.letter}
            if first := cell_of(str(one.facts.get("first", "")), columns):  # as a spreadsheet calls a cell: B7
                why = Reason(why.code, {**why.facts, "first": f"{cell.letter or ''}{first.row}"})
        faults.append({"path": one.field, **place, "why": why.stored()})
    plain = Jsonb(faults, dumps=partial(json.dumps, default=str))
    sql.execute(
        "update moving_transfer set status = 'refused', ended_at = clock_timestamp(), faults = %s, fault_count = %s"
        " where id = %s and status in ('waiting', 'running')",
        [plain, refused.count, row.pk],
    )
    _without_card_numbers(row, refused.codes)


def _without_card_numbers(row: Transfer, codes: Collection[str]) -> None:
    """A file in which card numbers stand is not kept."""
    if set(codes) & set(CARD_NUMBERS):
        _gone(row)


def _gone(row: Transfer) -> None:
    sql.execute(
        "update moving_transfer set file = '', mapping = case when mapping is null then null"
        " else jsonb_set(mapping, '{first}', '[]') end where id = %s",
        [row.pk],
    )
    folder.remove([row.file])


def _exported(row: Transfer, tell: _Progress) -> None:
    name, file = folder.new_file()
    try:
        with file:
            export_bundle(file, tell)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    except BaseException:
        folder.remove([name])
        raise
    _end(row.pk, "done", file=name, bytes=size)


class _Progress:
    """What is told of a transfer while it is under way, on a session of its own: its transaction shows nothing."""

    def __init__(self, row: Transfer, session: Session) -> None:
        self._row, self._session, self._told, self._part = row, session, 0.0, ""

    def __call__(self, part: str, done: int, of: int) -> None:
        """Raised: ``_Stopped``, ``Stopping``."""
        if part == self._part and time.monotonic() - self._told < TELL_SECONDS:
            return
        self._part, self._told = part, time.monotonic()
        stopped = self._session.execute(
            "update moving_transfer set part = %s, done = %s, selected = %s where id = %s"
            " returning stopped_by is not null",
            [part, done, of or None, self._row.pk],
        ).fetchone()
        if stopped is not None and stopped[0]:
            raise _Stopped
        if is_stopping():
            raise Stopping
