"""The file of a backup: what was written is what is read, or it is refused."""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perennial.backup import file
from perennial.backup.file import About, Reading, Writing
from perennial.backup.programs import address
from perennial.errors import Refused

PARTS = {file.DATABASE: [b"PGDMP", b"rows " * 300], file.SECRET_KEY: [b"key"], file.BOOK: [b""]}
ABOUT = About("2026-03-10T00:00:00Z", "ab12", "0.1.0", "18.6", 18, [("catalog", "0001_initial")], "mark")


def written() -> bytes:
    """A small backup."""
    out = io.BytesIO()
    writing = Writing(out)
    for name, pieces in PARTS.items():
        writing.add(name, pieces)
    writing.finish(ABOUT)
    return out.getvalue()


def read(content: bytes, folder: Path) -> dict[str, bytes]:
    """What a reader takes out of it. Refused: it is damaged."""
    path = folder / "one.backup"
    path.write_bytes(content)
    with Reading(path) as found:
        found.verify()
        assert found.about == About(**{**vars(ABOUT), "parts": found.about.parts})
        return {name: b"".join(found.pieces(name)) for name in PARTS}


def test_what_was_written_is_read_also_by_tar(tmp_path: Path) -> None:
    whole = {name: b"".join(pieces) for name, pieces in PARTS.items()}
    assert read(written(), tmp_path) == whole
    with tarfile.open(tmp_path / "one.backup") as tar:
        assert tar.getnames() == [*PARTS, file.ABOUT, file.SUM]
        assert {member.mode for member in tar} == {0o600}


@settings(max_examples=150)
@given(st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(written())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    found = None
    with suppress(Refused):
        found = read(bytes(content), tmp_path_factory.getbasetemp())
    assert found in (None, {name: b"".join(pieces) for name, pieces in PARTS.items()})


@settings(max_examples=60)
@given(st.data())
def test_a_file_that_was_cut_off_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = written()
    end = content.index(file.SUM.encode())  # what comes behind the last part is filling
    with pytest.raises(Refused, match=r"backup_(damaged|unknown)"):
        read(content[: data.draw(st.integers(0, end))], tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("more", [b"\0", b"\0\n", b"x" * 600])
def test_what_stands_behind_the_end_is_refused(tmp_path: Path, more: bytes) -> None:
    with pytest.raises(Refused, match="backup_longer") as caught:
        read(written() + more, tmp_path)
    assert caught.value.facts["bytes"] == len(more)


def test_no_password_is_told_where_everybody_sees_it() -> None:
    words, environment = address("postgresql://anna:se%20cret@db.example.com/club?sslmode=require")
    assert "cret" not in words
    assert environment["PGPASSWORD"] == "se cret"
    assert "sslmode=require" in words
