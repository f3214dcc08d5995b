"""A worker: one process that does what is asked, until it is asked to end.

What breaks off (the database was restarted) is begun again, for good. Told to end, it takes nothing new, finishes the chunk
that is under way, and leaves the rest to the other workers, or to the next.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress

from django.conf import settings
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import DjangoApp, connector_params
from procrastinate.worker import Worker

from perennial.jobs.at_work import ask_to_stop
from perennial.worker.queue import QUEUES
from perennial.worker.tasks import tasks

HEARTBEATS = 5
"""So often a worker says that it lives within the time after which it is taken for dead."""
AGAIN_SECONDS = 2
"""So long after something broke off it is begun again."""

_log = logging.getLogger("perennial.worker")


def work(*, ends_with_input: bool = False) -> None:
    """Work until a signal says to end. ``ends_with_input``: also when nobody holds the other end of the standard input."""
    asyncio.run(_Process().run(ends_with_input))


class _Process:
    def __init__(self) -> None:
        self._ending = asyncio.Event()
        self._workers: list[Worker] = []

    async def run(self, ends_with_input: bool) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        if ends_with_input:
            loop.add_reader(sys.stdin.fileno(), self._read)
        while not self._ending.is_set():
            try:
                await self._work()
            except Exception as problem:  # whatever it is, a worker that is gone helps nobody
                _log.warning("begun again after: %s", " ".join(str(problem).split()) or type(problem).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), AGAIN_SECONDS)

    def end(self) -> None:
        """Take nothing new, and end after what is under way."""
        ask_to_stop()
        self._ending.set()
        for worker in self._workers:
            worker.stop()

    def _read(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self.end()

    async def _work(self) -> None:
        """One worker a queue, until all of them have ended: when one does, the others are told to."""
        app = DjangoApp(connector=PsycopgConnector(kwargs=connector_params()))
        app.add_tasks_from(tasks, namespace="")
        async with app.open_async():
            self._workers = [_worker(app, queue) for queue in QUEUES]
            running = [asyncio.create_task(worker.run()) for worker in self._workers]
            if self._ending.is_set():
                self.end()
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for worker in self._workers:
                worker.stop()
            for ended in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(ended, BaseException):
                    raise ended


def _worker(app: DjangoApp, queue: str) -> Worker:
    silence = settings.PERENNIAL_WORKER_SILENCE
    return Worker(
        app,
        queues=[queue],
        name=queue,
        install_signal_handlers=False,
        delete_jobs="successful",
        update_heartbeat_interval=silence / HEARTBEATS,
        stalled_worker_timeout=silence,
        task_middleware=app.worker_defaults["task_middleware"],
    )
