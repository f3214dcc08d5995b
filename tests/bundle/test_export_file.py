"""An export as a file: whole or not at all, of one instant, of what is no secret."""

from __future__ import annotations

import errno
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from perennial.bundle.export import setup
from perennial.bundle.export.exporter import export_file
from perennial.catalog.models import Company
from perennial.db import sql
from perennial.errors import Refused
from perennial.language import say
from tests.worlds.bundle import counts, empty, example, put, take_out


@pytest.mark.django_db(transaction=True)
def test_a_file_appears_when_it_is_whole(tmp_path, monkeypatch):
    empty()
    put(example())
    path = tmp_path / "all.json"
    export_file(str(path))
    assert path.read_bytes() == take_out()
    text = path.read_text()
    assert len(text.splitlines()) > 20
    assert json.loads(text)["orders"][0]["number"] == "SO-000001"
    monkeypatch.setattr("perennial.bundle.export.exporter.orders", lambda: iter([object()]))
    with pytest.raises(TypeError):
        export_file(str(path))
    assert path.read_text() == text
    assert [p.name for p in tmp_path.iterdir()] == ["all.json"]
    with pytest.raises(Refused, match="file_unwritable"):
        export_file(str(tmp_path / "no" / "all.json"))


@pytest.mark.django_db(transaction=True)
def test_what_stands_there_already_keeps_what_it_is(tmp_path):
    empty()
    put(example())
    bundle = take_out()
    # A file beside it is nobody's business.
    (tmp_path / "all.json.new").write_text("mine")
    # A link leads to the file, with the file's permissions; where it leads nowhere, the file is made.
    (tmp_path / "files").mkdir()
    real, link, ahead = tmp_path / "files" / "real.json", tmp_path / "all.json", tmp_path / "ahead.json"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    ahead.symlink_to(tmp_path / "files" / "new.json")
    mask = os.umask(0o027)
    try:
        export_file(str(link))
        export_file(str(ahead))
        export_file(str(tmp_path / "fresh.json"))
    finally:
        os.umask(mask)
    for path in (link, ahead):
        assert path.is_symlink()
        assert path.read_bytes() == bundle
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "fresh.json").stat().st_mode) == 0o640
    assert (tmp_path / "all.json.new").read_text() == "mine"
    # A pipe is written into, and stays one.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        export_file(str(pipe))
        assert read.result(60) == bundle
    assert pipe.is_fifo()
    names = ["ahead.json", "all.json", "all.json.new", "files", "fresh.json", "pipe"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    assert sorted(p.name for p in (tmp_path / "files").iterdir()) == ["new.json", "real.json"]


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_written_is_refused_and_stays(tmp_path, monkeypatch):
    empty()
    put(example())
    old = tmp_path / "old.json"
    old.write_text("old")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, words in ((tmp_path, "is a folder"), (loop, "cannot be written"), (old / "x", "cannot be written")):
        with pytest.raises(Refused) as refused:
            export_file(str(path))
        assert refused.value.field == "file"
        assert words in say(refused.value)

    def full(_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name, instead, words in (
        ("os.fsync", full, "cannot be written: No space left"),
        ("os.access", lambda *_: False, "cannot be written: Permission denied"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(name, instead)
            with pytest.raises(Refused) as refused:
                export_file(str(old))
        assert refused.value.field == "file"
        assert words in say(refused.value)
    assert old.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["loop", "old.json"]


@pytest.mark.django_db(transaction=True)
def test_an_empty_installation_goes_out_and_in():
    empty()
    before = take_out()
    empty()
    installation = Company.objects.get().installation
    assert counts(put(before)) == {"company": (0, 0, 1), "parameters": (0, 0, 1)}
    assert take_out() == before
    assert Company.objects.get().installation == installation


@pytest.mark.django_db(transaction=True)
def test_the_installation_itself_is_not_carried_over():
    """Keys of charges begin with it: two installations with one id could take each other's answers for theirs."""
    empty()
    assert Company.objects.get().installation.encode() not in take_out()


@pytest.mark.django_db(transaction=True)
def test_the_export_is_of_one_instant(monkeypatch):
    empty()
    put(example())
    seen = []
    document = setup.company_document

    def watched() -> dict[str, Any]:
        seen.append(sql.value("show transaction_isolation"))
        return document()

    monkeypatch.setattr(setup, "company_document", watched)
    take_out()
    assert seen == ["repeatable read"]
