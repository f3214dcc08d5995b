"""Files that are brought: they go from the request to the folder of files as they come, and to nothing else.

Only who may bring one writes to the disk, and no more than a file may have. What the browser calls the file, and what it
says that it is, chooses nothing. A file that no page takes is gone with the request.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers, StopUpload
from django.http import HttpRequest

from perennial.errors import Refused
from perennial.moving import folder

ADDRESS, PERMISSION = "/setup/moving-in", "move_in"
_FAULT = "fault_of_what_was_brought"


class BroughtFile(UploadedFile):
    """A file in the folder of files; ``take`` keeps it."""

    def __init__(self, kept: str, name: str, size: int) -> None:
        super().__init__(None, name, None, size)
        self._kept: str | None = kept

    def take(self) -> str:
        """Its name in the folder. From now on it stays."""
        assert self._kept is not None
        kept, self._kept = self._kept, None
        return kept

    def close(self) -> None:
        if self._kept is not None:
            folder.remove([self.take()])


class Brought(FileUploadHandler):
    """Writes what is brought to ``/setup/moving-in`` into the folder of files; other addresses have other handlers."""

    _file: BinaryIO | None = None
    _kept = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.request is None or self.request.path != ADDRESS:
            return
        visitor = getattr(self.request, "visitor", None)
        if visitor is None or PERMISSION not in visitor.may or self._kept:
            raise SkipFile
        self._kept, self._file = folder.new_file()
        self._bytes, self._most = 0, folder.most_bytes()
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self._file is None:
            return raw_data
        self._bytes += len(raw_data)
        try:
            if self._bytes > self._most:
                raise Refused("transfer_too_large", most=self._most // 1024**2)
            self._file.write(raw_data)
        except Refused as refused:
            self._let_go(refused)
        except OSError as problem:
            self._let_go(Refused("transfer_not_written", why=problem.strerror))
        return None

    def _let_go(self, refused: Refused) -> None:
        """Keep nothing of the file; the rest is read and let go, or the browser would hear no answer."""
        setattr(self.request, _FAULT, refused)
        self.upload_interrupted()
        raise StopUpload(connection_reset=False)

    def file_complete(self, file_size: int) -> BroughtFile | None:
        if self._file is None:
            return None
        self._file.close()
        self._file = None
        return BroughtFile(self._kept, self.file_name or "", file_size)

    def upload_interrupted(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what could not be written cannot be written now
                self._file.close()
            self._file = None
            folder.remove([self._kept])


def brought(request: HttpRequest, field: str) -> BroughtFile:
    """The file of a form. Refused: none, one that is too large."""
    fault: Refused | None = getattr(request, _FAULT, None)
    if fault is not None:
        raise fault.at(field)
    found = request.FILES.get(field)
    if not isinstance(found, BroughtFile):
        raise Refused("transfer_no_file", field)
    return found
