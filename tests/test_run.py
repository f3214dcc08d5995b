"""``./run`` makes its environment whole or not at all, whatever happens meanwhile. Without a network: nothing to install."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAIN = """
import sys

def main():
    print("perennial", *sys.argv[1:])
    return 3 if "three" in sys.argv else 0
"""


class Checkout:
    """A checkout with a ``perennial`` of one line and no requirements."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        (folder / "perennial").mkdir(parents=True)
        (folder / "perennial/__init__.py").touch()
        (folder / "perennial/main.py").write_text(MAIN)
        (folder / "pyproject.toml").write_text(
            '[project]\nname = "perennial"\nversion = "1.2.3"\n[project.scripts]\nperennial = "perennial.main:main"\n'
        )
        (folder / "requirements.txt").write_text("# nothing\n")
        (folder / "requirements-dev.txt").write_text("# nothing\n")
        shutil.copy(ROOT / "run", folder / "run")

    def popen(self, *words: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.folder / "run", *words],
            env={**os.environ, **env},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *words: str, **env: str) -> tuple[int, str]:
        process = self.popen(*words, **env)
        out, _ = process.communicate(timeout=300)
        return process.returncode, out

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def assert_whole(self) -> None:
        status, out = self.run("perennial", "a b", "c")
        assert (status, out.splitlines()[-1]) == (0, "perennial a b c"), out
        asked = "from importlib.metadata import version; print(version('perennial'))"
        told = subprocess.run([self.venv / "bin/python", "-c", asked], capture_output=True, text=True, cwd="/")
        assert told.stdout == "1.2.3\n", told.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "check out")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """One with a whole environment, made by two at once, for the tests that leave it whole."""
    checkout = Checkout(tmp_path_factory.mktemp("ready") / "check out")
    both = [checkout.popen("perennial", str(number)) for number in range(2)]
    checkout.said = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], checkout.said
    return checkout


def test_it_goes_on_inside_and_hands_on_words_and_status(ready: Checkout) -> None:
    ready.assert_whole()
    assert ready.run("demo", "--all") == (0, "perennial demo --all\n")
    assert ready.run("perennial", "three")[0] == 3
    assert subprocess.run([ready.venv / "bin/perennial", "x"], capture_output=True, text=True).stdout == "perennial x\n"


def test_without_words_it_says_what_there_is(checkout: Checkout) -> None:
    status, out = checkout.run()
    assert (status, "./run demo" in out, checkout.venv.exists()) == (0, True, False)
    assert checkout.run("dance")[0] == 2


def test_two_at_once_make_one_environment(ready: Checkout) -> None:
    assert sum("run: making the environment in" in text for text in ready.said) == 1


@pytest.mark.patient
def test_killed_then_failing_then_without_its_python(checkout: Checkout) -> None:
    """Three ways to be half made; the next ./run makes it whole each time."""
    killed = checkout.popen("setup")
    time.sleep(random.uniform(0.1, 3.0))
    killed.send_signal(signal.SIGKILL)
    (checkout.folder / "requirements.txt").write_text("rich==15.0.0\n")  # without a hash
    status, out = checkout.run("setup", PIP_NO_INDEX="1")
    assert status == 1
    assert "requirements.txt could not be installed" in out
    (checkout.folder / "requirements.txt").write_text("# nothing\n")
    checkout.assert_whole()
    killed.communicate()
    (checkout.venv / "bin/python").unlink()
    (checkout.venv / "bin/python").symlink_to("/usr/bin/python-that-was-removed")
    checkout.assert_whole()


def test_changed_requirements_are_installed_and_only_they(ready: Checkout) -> None:
    assert "installing" not in ready.run("setup")[1]
    (ready.folder / "requirements.txt").write_text("# nothing, otherwise\n")
    out = ready.run("setup")[1]
    assert "installing requirements.txt" in out
    assert "making the environment in" not in out
    ready.assert_whole()


def test_an_environment_in_use_is_not_renewed(ready: Checkout) -> None:
    main = ready.folder / "perennial/main.py"
    main.write_text(MAIN + "\nimport time; print('up', flush=True); time.sleep(60)\n")
    user = ready.popen("serve")
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"
    main.write_text(MAIN)
    (ready.folder / "requirements.txt").write_text("# nothing else\n")
    status, out = ready.run("setup")
    user.kill()
    user.communicate()
    assert status == 1
    assert "another ./run uses it" in out
    assert ready.run("setup")[0] == 0


def test_it_is_made_anew_in_a_checkout_that_moved(ready: Checkout, tmp_path: Path) -> None:
    moved = Checkout(tmp_path / "moved")
    shutil.copytree(ready.venv, moved.venv, symlinks=True)
    assert "making the environment in" in moved.run("setup")[1]
    moved.assert_whole()


def test_an_environment_of_somebody_elses_is_left_alone(checkout: Checkout) -> None:
    checkout.venv.mkdir()
    (checkout.venv / "mine").touch()
    status, out = checkout.run("setup")
    assert (status, "was not made by ./run" in out) == (1, True)
    assert [path.name for path in checkout.venv.iterdir()] == ["mine"]


def test_without_ensurepip_it_says_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/ensurepip.py").write_text("raise ImportError\n")
    status, out = checkout.run("setup", PYTHONPATH=str(tmp_path / "broken"))
    assert status == 1
    assert "apt-get install -y python3-venv" in out
    assert not checkout.venv.exists()


def test_an_old_python_can_read_why_it_is_too_old() -> None:
    """Its head is plain enough for any Python 3; what comes after is not reached there."""
    head = (ROOT / "run").read_text().split("find_python()\n\n")[0]
    code = (
        "import sys; sys.version_info = (3, 8, 0); import shutil; shutil.which = lambda name: None\n"
        + head
        + "\nfind_python()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Python 3.8" in done.stderr
    assert "3.11 or newer" in done.stderr
