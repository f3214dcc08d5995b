"""What is installed from the wheel: every file that is read at run time, and a command that works.

A checkout has all files, so only an installed wheel shows one that the build leaves out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READ_AT_RUN_TIME = {".sql", ".csv", ".md", ".txt", ".json", ".html", ".po", ".typed"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that a build leaves nothing in the checkout; without any network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    shutil.copytree(ROOT / "perennial", source / "perennial", ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*"):
        if path.is_file():
            shutil.copy(path, source)
    (source / "README.md").touch()  # named by pyproject
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-q",
        "-w",
        folder,
        source,
    ]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and with a view of the libraries that are here."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        f"--python={venv / 'bin/python'}",
        "install",
        "--no-deps",
        "--no-index",
        "-q",
        wheel,
    ]
    subprocess.run([str(part) for part in command], check=True)
    packages = next((venv / "lib").glob("python3.*/site-packages"))
    # Names, not a .pth of the folder: that one leads on to the checkout.
    for found in Path(sysconfig.get_path("purelib")).iterdir():
        if (
            not found.name.startswith(("perennial", "__pycache__"))
            and found.suffix != ".pth"
            and not (packages / found.name).exists()
        ):
            (packages / found.name).symlink_to(found)
    return venv


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "perennial").rglob("*")
        if path.is_file() and path.suffix in READ_AT_RUN_TIME | {".py"} and "__pycache__" not in path.parts
    }
    assert wanted <= held, "missing: " + ", ".join(sorted(wanted - held))


def test_the_command_works_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "PERENNIAL_HOME": str(tmp_path)}
    told = subprocess.run(
        [installed / "bin/perennial", "--help"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "perennial" in told.stdout
    where = "import perennial, perennial.settings; print(perennial.__file__)"
    found = subprocess.run(
        [installed / "bin/python", "-c", where], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert found.stdout.strip().startswith(str(installed)), found.stdout + found.stderr


def test_a_club_lives_from_the_wheel(installed: Path, make_database: Callable[..., str], tmp_path: Path) -> None:
    """From nothing to a night that has shipped, and its export: whatever is read on the way has come along."""
    home = tmp_path / "home"
    env = {"PATH": "/usr/bin:/bin", "PERENNIAL_HOME": str(home), "DATABASE_URL": make_database(empty=True)}

    def say(*words: str) -> str:
        done = subprocess.run(
            [installed / "bin/perennial", *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    say("init")
    say("import", str(ROOT / "docs/examples/book-club.json"), "--on", "2026-03-10")
    night = json.loads(say("night", "--on", "2026-03-20", "--json"))
    counts = {one["job"]: one["counts"] for one in night["jobs"]}
    assert counts["create-child-orders"]["created"] > 0
    assert counts["process-payments"]["authorised"] > 0
    assert json.loads(say("check", "--json"))["ok"]
    first, *_ = json.loads(say("export", "-"))["orders"]
    assert first["number"] in say("show", "order", first["number"], "--why")


def test_the_requirements_name_no_host_and_no_folder() -> None:
    """They are the same for everybody: hashes only, and every package that the inputs name."""
    for name in ("requirements", "requirements-dev"):
        text = (ROOT / f"{name}.txt").read_text()
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text
        pinned = {
            line.split("==")[0].lower() for line in text.splitlines() if "==" in line and not line.startswith(" ")
        }
        for line in (ROOT / f"{name}.in").read_text().splitlines():
            if line and not line.startswith(("-", "#")):
                package = line.split("[")[0].split("=")[0].split("<")[0].split(">")[0].strip().lower()
                assert package in pinned, f"{package} is in {name}.in and not in {name}.txt: compile it again"
