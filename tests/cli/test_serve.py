"""The web application as it is started: a new installation begins with its first page, and Ctrl-C ends all of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from perennial.cli import installation
from perennial.cli.parser import Parser
from perennial.demo import command
from tests import harness


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_the_demo_goes_on_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[str, int]] = []
    monkeypatch.setattr(command, "run", lambda given: 0)
    monkeypatch.setattr(installation, "_serve", lambda host, port: served.append((host, port)) or 0)
    parser = Parser("demo", "a club")
    run = installation.demo(parser)
    assert run(parser.parse(["--serve", "--host", "0.0.0.0", "--port", "8123"])) == 0
    assert served == [("0.0.0.0", 8123)]


def test_a_new_installation_begins_with_one_form_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    home = harness.open_folder(harness.PREFIX + "serve-")
    env = {**os.environ, "PERENNIAL_HOME": str(home)}
    env.pop("DATABASE_URL", None)
    port = free_port()
    log = (tmp_path / "log").open("w+b")
    serving = [sys.executable, "-m", "perennial.cli.main", "serve", "--port", str(port), "--workers", "1"]
    served = subprocess.Popen(serving, cwd=harness.ROOT, env=env, stdout=log, stderr=log)
    try:
        answer = None
        while answer is None:
            assert served.poll() is None, (tmp_path / "log").read_text()
            try:
                answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        assert answer.url.endswith("/first-run")
        page = answer.read().decode()
        assert "/static/web/desk." in page
        for name in ("css", "js"):  # under names that change with them, kept by the browser for ever
            file = page.split("/static/web/desk.")[1 if name == "css" else 2].split('"')[0]
            kept = urllib.request.urlopen(f"http://127.0.0.1:{port}/static/web/desk.{file}")
            assert "immutable" in kept.headers["Cache-Control"]
        served.send_signal(signal.SIGINT)
        assert served.wait(120) == 0, (tmp_path / "log").read_text()
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert str(home) not in running  # the database ends with it
    finally:
        if served.poll() is None:
            served.kill()
            served.wait()
        subprocess.run([sys.executable, "-m", "perennial.cli.main", "stop"], cwd=harness.ROOT, env=env, check=False)
        harness.remove(home)
