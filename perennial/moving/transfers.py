"""What people ask of a file: to be looked at as it is read, a dry run, to come in, to be stopped; and everything as a bundle.

Asking twice is asking once. A real import is done after a dry run of the same, and once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from perennial.bundle.sheets.fields import KINDS as SHEETS
from perennial.bundle.sheets.file import Sheet
from perennial.bundle.sheets.mapping import SheetMapping, guess, read_mapping
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.reasons import Reason
from perennial.kernel.states import REQUEST_GOES_ON, TRANSFER_KINDS
from perennial.moving import folder
from perennial.moving.models import Transfer

FIRST_ROWS = 5
LONGEST_NAME = 100
PRODUCTS = "products"
"""Of a bundle that was made of a sheet of products, its mapping says so under this word (``moving.products``)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: the ``row``, ``column`` and its ``letter`` of a sheet, or the ``path`` in a bundle."""

    path: str
    row: int | None
    column: str | None
    letter: str | None
    why: Reason


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """A file that came in or goes out, and what became of it."""

    id: int
    kind: str
    name: str
    bytes: int
    is_there: bool
    status: str
    dry: bool
    by: str
    brought_at: datetime
    asked_by: str | None
    started_at: datetime | None
    ended_at: datetime | None
    stopped_by: str | None
    part: str | None
    done: int | None
    selected: int | None
    report: Mapping[str, Any] | None
    refused: Reason | None
    fault_count: int
    mapping: SheetMapping | None
    columns: Sequence[str]
    first_rows: Sequence[Sequence[str]]
    rows: int
    of_products: bool

    @property
    def in_rows(self) -> bool:
        """Is what is wrong told by row and column?"""
        return self.is_sheet or self.of_products

    @property
    def goes_on(self) -> bool:
        """Has no worker ended it?"""
        return self.status in REQUEST_GOES_ON

    @property
    def is_sheet(self) -> bool:
        """Is it a sheet, which has a mapping?"""
        return self.kind in SHEETS

    @property
    def is_in(self) -> bool:
        """Has it come in, really?"""
        return self.status == "done" and not self.dry and self.kind != "export"

    @property
    def was_tried(self) -> bool:
        """Has a dry run shown that it can come in?"""
        return self.status == "done" and self.dry

    @property
    def notes(self) -> tuple[Reason, ...]:
        """What the import has to say that is no fault."""
        found = (Reason.read(one) for one in (self.report or {}).get("notes", ()))
        return tuple(one for one in found if one is not None)

    @property
    def tallies(self) -> tuple[tuple[str, int, int, int], ...]:
        """By kind of things: how many are new, changed, the same; kinds of which there are none are left out."""
        made = (self.report or {}).get("document", {})
        kinds = list(made.get("new", {}))
        rows = ((kind, *(int(made[word][kind]) for word in ("new", "changed", "same"))) for kind in kinds)
        return tuple((kind, new, changed, same) for kind, new, changed, same in rows if new or changed or same)


def bring(
    *,
    kind: str,
    file: str,
    name: str,
    size: int,
    by: str,
    key: str | None = None,
    sheet_of_products: Mapping[str, Any] | None = None,
) -> int:
    """Take in a file that stands in the folder; the number of its transfer. ``key``: of the request; once more, it is the same.
    ``sheet_of_products``: of a bundle that was made of one (``products``).

    Refused, and the file is gone: a kind that is unknown, a file of another kind, a sheet with a column of card numbers.
    """
    folder.remove_old()
    try:
        if kind not in TRANSFER_KINDS or kind == "export":
            raise Refused("unknown_word", "kind", word=kind[:40], known=TRANSFER_KINDS[:-1])
        seen = _looked_at(kind, file)
    except Refused:
        folder.remove([file])
        raise
    named = "".join(c for c in name if c.isprintable())[-LONGEST_NAME:]
    values = {
        "kind": kind,
        "file": file,
        "name": named,
        "bytes": size,
        "mapping": Jsonb(seen) if seen else Jsonb({PRODUCTS: sheet_of_products}) if sheet_of_products else None,
        "by": by,
        "key": key,
    }
    made = sql.value(BROUGHT, values)
    if made is None:
        folder.remove([file])
        made = sql.value("select id from moving_transfer where key = %s", [key])
    return int(made)


BROUGHT = """
insert into moving_transfer(kind, file, name, bytes, mapping, by, key)
values (%(kind)s, %(file)s, %(name)s, %(bytes)s, %(mapping)s, %(by)s, %(key)s)
on conflict (key) do nothing returning id
"""


def _looked_at(kind: str, file: str) -> dict[str, Any] | None:
    """What the page of a sheet shows: how it would be read, its columns, its first rows. Refused: a file of another kind."""
    with folder.open_file(file) as stream:
        if kind not in SHEETS:
            start = stream.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
            if not start:
                raise Refused("file_empty", "file")
            if not start.startswith(b"{"):
                raise Refused("transfer_no_bundle", "file")
            return None
        sheet = Sheet(stream)
        rows = sheet.refuse_card_numbers()
        return _shown(sheet, guess(sheet, kind, _kept(kind)), rows)


def _shown(sheet: Sheet, mapping: SheetMapping, rows: int) -> dict[str, Any]:
    width = len(sheet.columns)
    first = [[limits.short(cell) for cell in cells[:width]] for _, cells in islice(sheet.rows(), FIRST_ROWS)]
    first = [[*cells, *[""] * (width - len(cells))] for cells in first]
    return {"mapping": mapping.document(), "columns": list(sheet.columns), "first": first, "rows": rows}


def _kept(kind: str) -> SheetMapping | None:
    """The mapping of the last sheet of a kind that somebody has settled."""
    last = (
        Transfer.objects.filter(kind=kind, asked_by__isnull=False)
        .order_by("-id")
        .values_list("mapping", flat=True)
        .first()
    )
    return read_mapping(last["mapping"], kind) if last else None


def set_mapping(number: int, document: Mapping[str, Any]) -> bool:
    """Settle how a sheet is read. False: its cells are parted otherwise now, and its columns are to be chosen anew.

    Refused: what is wrong with the mapping; one of a sheet that is under way, or is gone.
    """
    with transaction.atomic():
        row = _locked(number)
        if row.kind not in SHEETS or row.mapping is None:
            raise Refused("transfer_without_mapping")
        mapping = read_mapping(dict(document), row.kind)
        with folder.open_file(row.file) as stream:
            sheet = Sheet(stream, encoding=mapping.encoding, separator=mapping.separator)
            same = tuple(row.mapping["columns"]) == sheet.columns
            if same:
                mapping.refuse(sheet)
            else:
                mapping = replace(guess(sheet, row.kind), dates=mapping.dates, decimals=mapping.decimals)
            seen = _shown(sheet, mapping, row.mapping["rows"] if same else sheet.refuse_card_numbers())
        values = {
            "mapping": seen,
            "status": "brought",
            "report": None,
            "faults": None,
            "fault_count": 0,
            "refused": None,
        }
        Transfer.objects.filter(pk=number).update(**values)
        return same


def ask(number: int, *, dry: bool, by: str) -> bool:
    """Ask for a dry run of a file, or for it to come in. True: it is asked for now, and was not.

    Refused: there is no such file any more; really without a dry run that found no fault.
    """
    with transaction.atomic():
        row = Transfer.objects.select_for_update().filter(pk=number).exclude(kind="export").first()
        if row is None:
            raise Refused("transfer_unknown", "transfer", transfer=number)
        if row.status in REQUEST_GOES_ON or (row.status == "done" and not row.dry):
            return False
        if not row.file:
            raise Refused("transfer_file_gone")
        if not dry and not (row.status == "done" and row.dry):
            raise Refused("transfer_dry_run_first")
        return bool(sql.execute(ASKED, {"id": number, "dry": dry, "by": by}))


ASKED = """
update moving_transfer
   set status = 'waiting', dry = %(dry)s, asked_by = %(by)s, started_at = null, ended_at = null, stopped_by = null,
       part = null, done = null, selected = null, report = null, faults = null, fault_count = 0, refused = null
 where id = %(id)s
"""


def ask_export(*, by: str) -> tuple[int, bool]:
    """Ask for everything as one bundle; what is asked for already and not ended is given again. True: it is new."""
    while True:
        made = sql.value(
            "insert into moving_transfer(kind, file, name, bytes, by, asked_by, status)"
            " values ('export', '', 'perennial.json', 0, %(by)s, %(by)s, 'waiting')"
            " on conflict (kind) where kind = 'export' and status in ('waiting', 'running') do nothing returning id",
            {"by": by},
        )
        if made is not None:
            return int(made), True
        found = Transfer.objects.filter(kind="export", status__in=REQUEST_GOES_ON).order_by("-id").first()
        if found is not None:
            return found.pk, False


def stop(number: int, *, by: str) -> None:
    """Stop what is under way: at once while no worker has it. Nothing of it has come in then."""
    with transaction.atomic():
        row = Transfer.objects.select_for_update().filter(pk=number).first()
        if row is None:
            raise Refused("transfer_unknown", "transfer", transfer=number)
        if row.status in REQUEST_GOES_ON:
            Transfer.objects.filter(pk=number).update(stopped_by=by)
        if row.status == "waiting":
            Transfer.objects.filter(pk=number).update(status="stopped", ended_at=timezone.now())


def drop(number: int) -> None:
    """Take a file away. What has come in stays, and so does what is told of it. Refused: while it is under way."""
    with transaction.atomic():
        row = _locked(number)
        _forget([row])
    folder.remove([row.file])


def _locked(number: int) -> Transfer:
    row = Transfer.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise Refused("transfer_unknown", "transfer", transfer=number)
    if row.status in REQUEST_GOES_ON:
        raise Refused("transfer_under_way")
    return row


def _forget(rows: Sequence[Transfer]) -> None:
    """No file, and nothing of its rows: how it was read is kept for the next one."""
    sql.execute(
        "update moving_transfer set file = '', mapping = case when mapping is null then null"
        " else jsonb_set(mapping, '{first}', '[]') end where id = any(%s)",
        [[row.pk for row in rows]],
    )


def clear_away() -> None:
    """Forget the files that nobody has wanted for a day, and take away what stands here of them."""
    before = timezone.now() - timedelta(seconds=folder.KEPT_SECONDS)
    with transaction.atomic():
        old = Transfer.objects.select_for_update(skip_locked=True).exclude(file="").exclude(status__in=REQUEST_GOES_ON)
        rows = list(old.filter(brought_at__lt=before))
        _forget(rows)
    folder.remove(row.file for row in rows)
    folder.remove_old()


def transfer_status(number: int) -> TransferStatus:
    """A file by its number. Refused: there is none."""
    row = Transfer.objects.defer("faults").filter(pk=number).first()
    if row is None:
        raise Refused("transfer_unknown", "transfer", transfer=number)
    return _read(row)


def exported_file(number: int) -> str:
    """The name of a bundle that has gone out and may be taken away. Refused: it is not done, it is gone."""
    row = Transfer.objects.filter(pk=number, kind="export", status="done").only("file").first()
    if row is None or not row.file:
        raise Refused("transfer_file_gone")
    return row.file


def last_transfers(most: int) -> list[TransferStatus]:
    """The newest files, the newest first."""
    return [_read(row) for row in Transfer.objects.defer("faults").order_by("-id")[:most]]


def faults_of(number: int, *, start: int = 0, size: int) -> tuple[Fault, ...]:
    """Faults of a file in their order, from one on."""
    found = Transfer.objects.filter(pk=number).values_list("faults", flat=True).first() or []
    return tuple(_fault(one) for one in found[start : start + size])


def _fault(stored: Mapping[str, Any]) -> Fault:
    why = Reason.read(stored["why"])
    assert why is not None
    return Fault(stored["path"], stored.get("row"), stored.get("column"), stored.get("letter"), why)


def _read(row: Transfer) -> TransferStatus:
    seen = row.mapping or {}
    return TransferStatus(
        id=row.pk,
        kind=row.kind,
        name=row.name,
        bytes=row.bytes,
        is_there=bool(row.file),
        status=row.status,
        dry=row.dry,
        by=row.by,
        brought_at=row.brought_at,
        asked_by=row.asked_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        stopped_by=row.stopped_by,
        part=row.part,
        done=row.done,
        selected=row.selected,
        report=row.report,
        refused=Reason.read(row.refused),
        fault_count=row.fault_count,
        mapping=read_mapping(seen["mapping"], row.kind) if "mapping" in seen else None,
        columns=seen.get("columns", ()),
        first_rows=seen.get("first", ()),
        rows=seen.get("rows", 0),
        of_products=PRODUCTS in seen,
    )
