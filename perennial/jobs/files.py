"""What a person hands in for a job that a worker does: kept under its digest, read when the work list is written."""

from __future__ import annotations

from datetime import date

from perennial.db import sql
from perennial.desk.many.file import File, read_file
from perennial.errors import Refused
from perennial.jobs.models import JobFile

MOST_BYTES = 10 * 2**20


def keep(content: bytes) -> File:
    """Keep a file, once however often it comes. Refused: it is too large, or no file of orders (``read_file``)."""
    if len(content) > MOST_BYTES:
        raise Refused("file_too_large", "file", most=MOST_BYTES // 2**20)
    file = read_file(content)
    JobFile.objects.get_or_create(digest=file.digest, defaults={"content": content})
    return file


def kept(digest: str) -> File:
    """A file that was kept. Refused: it is not there any more."""
    content = JobFile.objects.filter(pk=digest).values_list("content", flat=True).first()
    if content is None:
        raise Refused("file_gone", "file")
    return read_file(bytes(content))


def forget_files(before: date) -> None:
    """Drop the files that are older, unless something that has not ended names them."""
    sql.execute(
        "delete from jobs_jobfile f where f.kept_at < %(before)s and not exists (select from jobs_jobrequest r"
        " where r.status in ('waiting', 'running') and r.arguments->>'file' = f.digest)",
        {"before": before},
    )
