"""``perennial serve``: tables, static files, then the web server, until Ctrl-C."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections

from perennial import log
from perennial.catalog.actions import initialise
from perennial.db.upgrade import make_tables
from perennial.jobs.recurrences import next_night
from perennial.language import phrase, reader
from perennial.payments import gateways
from perennial.people.actions import anybody
from perennial.people.queries import demo_sign_ins
from perennial.practice import in_training
from perennial.worker.beside import WorkerBeside

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes that answer keep the times of their pages (``metrics``); set before anything imports that."""


def serve(host: str, port: int, *, workers: int = 2, with_worker: bool = True) -> int:
    """Serve until a signal ends it; 0 then. What this command started ends with it: the worker too (``with_worker``)."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="perennial-metrics-")
    prepare()
    if host not in ("0.0.0.0", "::"):
        os.environ["PERENNIAL_HOSTS"] = ",".join([*filter(None, [os.environ.get("PERENNIAL_HOSTS")]), host])
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, host]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    here = f"http://{shown}:{port}"
    if in_training() and not settings.PERENNIAL_URL and shown in settings.LOOPBACK:
        # The worker beside and the processes that answer read it: links of training lead here.
        settings.PERENNIAL_URL = os.environ["PERENNIAL_URL"] = here
    _tell("serving", address=f"{here}/")
    if not anybody():
        _tell("serving_first")
    elif people := demo_sign_ins():
        _tell("serving_demo", people=people, password="demo")
    planned = next_night()
    if planned is None:
        _tell("no_night_planned")
    else:
        _tell("next_night", **planned.facts())
    gateways.current()  # what its library weighs is loaded once, for all processes that answer
    connections.close_all()  # the processes that answer open their own
    owner = os.getpid()
    try:
        with WorkerBeside() if with_worker else nullcontext():
            _server(f"{host}:{port}", workers).run()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    finally:
        if os.getpid() == owner:  # the server's own processes leave by here too
            shutil.rmtree(os.environ[FOLDER], ignore_errors=True)
    return 0


def prepare() -> None:
    """Tables of this version, the company's row, and the static files under names that change with them."""
    make_tables(waiting=lambda: _tell("tables_are_used"))
    initialise()
    shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    settings.STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.WHITENOISE_USE_FINDERS = False
    call_command("collectstatic", verbosity=0, interactive=False)


def _server(bind: str, workers: int) -> Any:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # it has no types
        def load_config(self) -> None:
            for name, value in {
                "bind": bind,
                "workers": workers,
                "threads": 4,
                "worker_class": "gthread",
                "timeout": 120,
                "graceful_timeout": 10,
                "control_socket_disable": True,
                "loglevel": "warning",
                "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
                "preload_app": True,
                "logconfig_dict": settings.LOGGING,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return loaded()

    return Server()


def loaded() -> Any:
    """The application. What was loaded for it stays, so the collector of garbage need not look through it with every page."""
    application = get_wsgi_application()
    gc.collect()
    gc.freeze()
    return application


def _tell(code: str, **facts: object) -> None:
    log.say(phrase("outcome", code, facts, reader()) or code, kind=settings.PERENNIAL_LOG)
