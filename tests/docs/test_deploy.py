"""The files for systemd and for proxies are such that they take."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from perennial.cli import commands
from perennial.web.health import PROXIED
from tests.processes import ROOT

DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path, tmp_path: Path) -> None:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(unit.read_text())
    service = found["Service"]
    program, *words = service["ExecStart"].split()
    assert program == "/srv/perennial/.venv/bin/perennial"
    command = commands.find(words)
    assert command is not None
    assert service["KillMode"] == "mixed"
    if shutil.which("systemd-analyze"):
        here = tmp_path / unit.name.replace("@", "@1")
        here.write_text(unit.read_text().replace(program, sys.executable))
        checked = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True)
        ours = [line for line in checked.stderr.splitlines() if unit.name.split("@")[0] in line]
        assert ours == []


def test_proxies_keep_figures_in_and_say_who_asks() -> None:
    nginx, caddy = (DEPLOY / name for name in ("nginx.conf", "Caddyfile"))
    for file in (nginx, caddy):
        text = re.sub(r"#.*", "", file.read_text())
        assert text.count("{") == text.count("}")
        assert "/metrics" in text
        assert "127.0.0.1:8000" in text
    for header in ("Host", *PROXIED[:2]):
        assert f"proxy_set_header {header} " in nginx.read_text()
    assert f"client_max_body_size {settings.PERENNIAL_UPLOAD_MB}m;" in nginx.read_text()
    if shutil.which("caddy"):
        subprocess.run(["caddy", "validate", "--config", caddy, "--adapter", "caddyfile"], check=True)
